"""Whether small inputs that once took minutes are linear: python tests/benchmarks/commands.py.

Single packages and stacks, each at a quarter of its size and at its size; the factor says how many times as dear a unit
is in the whole as in the quarter, 1 being linear. One process, one run of each, in seconds of the processor. What is
asked of large stacks is in views.py, what a report costs in sites.py.
"""

import csv
import io
import sys
import tempfile
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2] / "scripts")]

from copies import copy_lamps
from corpora import write_corpus
from measuring import load, say, seconds

import policycase
from policycase.cli.main import main as command
from policycase.model.profile import Profile

PLACES, CODES, CELLS, CASES, DIFFERENT = 32_000, 6_000_000, 300_000, 400, 100


def main() -> None:
    say(f"{load()}; one run of each")
    with tempfile.TemporaryDirectory() as folder:
        slow(Path(folder))


def slow(folder: Path) -> None:
    """Small inputs that took minutes, at a quarter of their size and whole."""
    say(f"\n{'seconds':44}{'a quarter':>10}{'whole':>10}{'factor':>10}")
    makers: dict[str, tuple[int, Callable[[Path, int], Callable[[], object]]]] = {
        f"{PLACES:,} places, two in a circle": (PLACES, circle),
        f"{CODES / 1e6:.0f} MB of unknown codes": (CODES, unknown_codes),
        f"{CELLS:,} short wrong cells": (CELLS, wrong_cells),
        f"{CELLS:,} cells that point nowhere": (CELLS, lost),
        f"diff of a stack of {DIFFERENT} with itself": (DIFFERENT, same),
        f"show of an unknown id in a stack of {CASES}": (CASES, unknown_id),
    }
    for name, (size, make) in makers.items():
        each = []
        for part in (size // 4, size):
            target = folder / f"slow-{len(list(folder.iterdir()))}"
            target.mkdir()
            each.append(seconds(make(target, part)))
        say(f"{name:44}{each[0]:10.2f}{each[1]:10.2f}{each[1] / each[0] / 4:10.2f}")


def circle(folder: Path, count: int) -> Callable[[], object]:
    """Places in a row of ever smaller ones, of which the first two lie in each other."""
    rows = [
        {"place_id": f"bvt-lamps:p{at}", "parent_place_id": f"bvt-lamps:p{at - 1 if at else 1}"} for at in range(count)
    ]
    return judged(folder, "places", rows)


def unknown_codes(folder: Path, size: int) -> Callable[[], object]:
    """Agencies whose type is a different word in each row, near to a code."""
    rows = [
        {"agency_id": f"bvt-lamps:a{at}", "agency_type": f"health-ministry-of-region-{at:07}-and-all-of-its-parts"}
        for at in range(size // 100)
    ]
    return judged(folder, "agencies", rows)


def wrong_cells(folder: Path, count: int) -> Callable[[], object]:
    """Events of which every cell is one wrong character."""
    columns = list(Profile.read(Path(__file__).parents[2]).tables["events"].fields)
    return judged(folder, "events", [dict.fromkeys(columns, "?")] * (count // len(columns)))


def lost(folder: Path, count: int) -> Callable[[], object]:
    """Links between agencies and events that are in no table, each of another name."""
    rows = [
        {
            "event_agency_id": f"bvt-lamps:l{at}",
            "event_id": f"bvt-lamps:e{at}",
            "agency_id": f"bvt-lamps:lamp-offic{at}",
        }
        for at in range(count // 3)
    ]
    return judged(folder, "event_agencies", rows)


def judged(folder: Path, table: str, rows: list[dict[str, str]]) -> Callable[[], object]:
    """The made-up case with other rows in one table, and its validation."""
    package = copy_lamps(folder / "package")
    file = package / f"data/{table}.csv"
    with file.open(encoding="utf-8", newline="") as old:
        header = next(csv.reader(old))
    with file.open("w", encoding="utf-8", newline="") as new:
        writer = csv.DictWriter(new, header, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows({"case_id": "bvt-lamps", **row} for row in rows)
    return lambda: policycase.validate(package)


def same(folder: Path, count: int) -> Callable[[], object]:
    paths = write_corpus(folder / "corpus", count)
    one, other = policycase.stack(paths), policycase.stack(paths)
    return lambda: policycase.diff(one, other)


def unknown_id(folder: Path, count: int) -> Callable[[], object]:
    paths = write_corpus(folder / "corpus", count)
    policycase.stack(paths).write(folder / "stack")
    return lambda: quiet(["show", "kgz-c00000:no-such-recrod", str(folder / "stack")])


def quiet(words: list[str]) -> None:
    """A command whose words go nowhere."""
    nowhere = io.StringIO()
    with redirect_stdout(nowhere), redirect_stderr(nowhere), suppress(SystemExit):
        command(words)


if __name__ == "__main__":
    main()
