"""`python -m policycase`."""

import sys

from policycase.cli import main

sys.exit(main())
