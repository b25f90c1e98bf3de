"""A bounded fuzz run, the same each time; tests/benchmarks/fuzz.py tries more."""

import sys

import pytest
from fuzzing import SHARES, run

pytestmark = pytest.mark.slow

INPUTS = 2_000


@pytest.mark.parametrize("target", SHARES)
def test_no_damaged_input_ends_in_a_traceback(capsys, target: str):
    wanted = round(INPUTS * SHARES[target])

    tried = run(target, INPUTS)

    with capsys.disabled():
        sys.stdout.write(f"\n{target}: {tried} damaged inputs tried\n")
    assert tried >= 0.8 * wanted  # fewer would say that the inputs repeat themselves
