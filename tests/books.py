"""The casebooks of this repository, loaded once for all tests of a process; no test changes them."""

from copies import ROOT

import policycase

CASE = policycase.load()
BOOKS = [CASE, *map(policycase.load, sorted(path for path in (ROOT / "examples").iterdir() if path.is_dir()))]
SIX = policycase.stack(BOOKS)
