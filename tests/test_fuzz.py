"""A bounded fuzz run; tests/benchmarks/fuzz.py tries ten times as many."""

from collections import Counter

from fuzzing import fuzz

INPUTS = 2000


def test_two_thousand_damaged_packages_end_in_no_traceback(capsys):
    answers = Counter()

    tried = fuzz(INPUTS, 1, lambda answer: answers.update([answer]))

    with capsys.disabled():
        print(f"\n{tried} damaged packages tried: {dict(answers)}")  # noqa: T201 - the number is the result
    assert tried >= INPUTS
    assert {"loads", "UnreadableError"} <= set(answers)
