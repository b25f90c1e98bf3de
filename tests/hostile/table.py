"""Prints every threat that was tried, with what it met: python tests/hostile/table.py."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE), str(HERE.parents[1] / "scripts")]

from threats import PAYLOADS, THREATS  # noqa: E402 - the path is set first, so that it runs by itself


def table() -> str:
    """The threats as a Markdown table; tests/test_hostile.py tries each and holds it to its outcome."""
    rows = [f"| {threat.area} | {threat.name} | {threat.outcome} |" for threat in [*THREATS, *PAYLOADS]]
    return "\n".join(["| area | what is tried | what it meets |", "|---|---|---|", *rows]) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table())
