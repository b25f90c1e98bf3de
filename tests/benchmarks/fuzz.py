"""Tries damaged packages and prints how many and what they met: python tests/benchmarks/fuzz.py --count 20000."""

import argparse
import sys
from collections import Counter
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[2] / "scripts")]

from fuzzing import fuzz

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    answers: Counter[str] = Counter()
    tried = fuzz(options.count, options.seed, lambda answer: answers.update([answer]))
    sys.stdout.write(f"{tried} damaged packages tried, no traceback: {dict(answers)}\n")
