"""The same as `policycase validate`, from a fresh clone: python scripts/validate_package.py [PATH]."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from policycase.cli.main import main

if __name__ == "__main__":
    sys.exit(main(["validate", *(sys.argv[1:] or [str(Path(__file__).resolve().parents[1])])]))
