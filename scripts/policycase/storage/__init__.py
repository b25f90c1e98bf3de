"""Bytes, safely: locations, downloads, limits, CSV, JSON, writing. Knows nothing of policy."""
