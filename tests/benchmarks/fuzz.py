"""Fuzzing at length: python tests/benchmarks/fuzz.py [INPUTS [SEED]]; 20,000 inputs if not said.

Prints, for each target, how many damaged inputs were tried, and the smallest input of each defect.
"""

import sys
import time
import traceback
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[2] / "scripts")]

from fuzzing import SHARES, run


def main(inputs: int = 20_000, seed: int = 1) -> int:
    """Try every target; how many have a defect."""
    broken = total = 0
    for target in SHARES:
        begun = time.perf_counter()
        try:
            tried = run(target, inputs, seed)
        except Exception:  # whatever it is, it is the defect that is looked for
            broken += 1
            sys.stdout.write(f"{target}: DEFECT\n{traceback.format_exc()}\n")
            continue
        total += tried
        sys.stdout.write(f"{target}: {tried} inputs, {time.perf_counter() - begun:.0f} s\n")
        sys.stdout.flush()
    sys.stdout.write(f"{total} inputs tried; {broken} targets with a defect\n")
    return broken


if __name__ == "__main__":
    sys.exit(main(*(int(text) for text in sys.argv[1:])))
