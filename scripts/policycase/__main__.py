"""`python -m policycase`."""

import sys

from policycase.cli.main import main

sys.exit(main())
