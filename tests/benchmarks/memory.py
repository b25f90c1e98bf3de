"""How much memory one table at the limit takes: python tests/benchmarks/memory.py [--kinds same distinct long].

Fills the table `evidence` of the made-up case with as many cells as `POLICYCASE_MOST_CELLS` allows, and validates it in
a process of its own: cells of one letter, all alike; short numbers, no two alike; and numbers, no two alike, as long as
`POLICYCASE_LARGEST_FILE` allows. Every cell is wrong, and so is every row, which is the worst. Linux only.
"""

import argparse
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2] / "scripts")]

from copies import copy_lamps
from measuring import peak, say

from policycase.storage.limits import limit

ANSWER = "len(policycase.validate({package!r}).found)"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument(
        "--kinds", nargs="+", choices=("same", "distinct", "long"), default=["same", "distinct", "long"]
    )
    for kind in options.parse_args().kinds:
        with tempfile.TemporaryDirectory() as folder:
            package = copy_lamps(Path(folder) / "package")
            table = package / "data/evidence.csv"
            cells = fill(table, kind)
            size = table.stat().st_size / 1e6
            megabytes, _, found = peak("import policycase", ANSWER.format(package=str(package)))
        gigabytes = megabytes / 1000
        say(
            f"{kind}: {cells:,} cells, {size:.0f} MB: peak {gigabytes:.1f} GB, {megabytes / size:.0f} ×; {found:,} findings"
        )


def fill(table: Path, kind: str) -> int:
    """How many cells were written."""
    header = table.read_text(encoding="utf-8").split("\n", 1)[0]
    columns = header.count(",") + 1
    rows = limit("MOST_CELLS") // columns - 10
    width = limit("LARGEST_FILE") // (rows * columns) - 2 if kind == "long" else 0
    with table.open("w", encoding="utf-8", newline="") as file:
        file.write(header + "\n")
        for row in range(rows):
            cells = ["a"] * columns if kind == "same" else [f"{row * columns + at:0{width}}" for at in range(columns)]
            file.write(",".join(cells) + "\n")
    return rows * columns


if __name__ == "__main__":
    main()
