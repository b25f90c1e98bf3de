"""Whether a package is valid: its files, its cells, its rules, its sources."""
