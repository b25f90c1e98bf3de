"""Whether each command is linear in its input: python tests/benchmarks/commands.py [--sizes 100 1000].

The first table times what is asked of a stack of synthetic cases (tests/corpora.py), in ms per case, at each size; the
factor says how many times as dear a case is in the largest stack as in the smallest, 1 being linear. A row in ms per
call does not divide by the cases. The second table times single packages and stacks that were slow: each at a quarter
of its size and at its size; 1 is linear there too. One process, one run
of each, in seconds of the processor.
With --sizes 100 1000 10000 it takes about ten times as long.
What a report costs is in sites.py.
"""

import argparse
import csv
import io
import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2] / "scripts")]

import pandas as pd
from copies import copy_lamps
from corpora import write_corpus

import policycase
from policycase.cli.main import main as command
from policycase.model.casebook import Casebook
from policycase.model.profile import Profile

VIEWS = ("spells", "panel", "timeline", "ties", "event_ties", "incidence", "co_ties", "goal_matrix", "conditions")
PLACES, CODES, CELLS, CASES, DIFFERENT = 32_000, 6_000_000, 300_000, 400, 100


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sizes", type=int, nargs="+", default=[100, 1000], help="cases of the stacks")
    options.add_argument("--only", choices=("stacks", "slow"), help="one of the two tables")
    given = options.parse_args()
    say(f"{os.cpu_count()} cores, pandas {pd.__version__}; one run of each")
    with tempfile.TemporaryDirectory() as folder:
        if given.only != "slow":
            stacks(Path(folder), sorted(given.sizes))
        if given.only != "stacks":
            slow(Path(folder))


def stacks(folder: Path, sizes: list[int]) -> None:
    """What is asked of a stack, in ms per case or per call, at each size."""
    paths = write_corpus(folder / "corpus", max(sizes))
    say(f"\n{'ms per case':24}" + "".join(f"{size:>10,}" for size in sizes) + f"{'factor':>10}")
    taken = {size: asked(paths[:size], folder) for size in sizes}
    for name, each in taken[sizes[0]].items():
        by_call = name.endswith("per call")
        ms = [1000 * taken[size][name] / (1 if by_call else size) for size in sizes]
        bar = " (bar 5)" if ms[-1] > 5 else ""
        say(f"{name:24}" + "".join(f"{value:10.2f}" for value in ms) + f"{ms[-1] / ms[0] if each else 1:10.2f}{bar}")


def asked(paths: list[Path], folder: Path) -> dict[str, float]:
    """Seconds of everything that is asked of a stack, by name."""
    book = policycase.stack(paths)
    older = aged(book)
    calls: dict[str, Callable[[], object]] = {
        "stack": lambda: policycase.stack(paths),
        "types": lambda: [book[name] for name in book],
        "coded": lambda: [book.coded[name] for name in book.coded],
        "table of each id": lambda: book.text.table_of,
        "conflicts": book.conflicts,
        "crosschecks": book.crosschecks,
        "coverage": book.coverage,
        "passage_coverage": book.passage_coverage,
        "cite": book.cite,
        "cite of rows": lambda: book.cite(book.goals),
        "overlap": lambda: policycase.overlap(paths),
        "diff with itself": lambda: policycase.diff(book, fresh(book)),
        "diff with an older": lambda: policycase.diff(older, book),
        "join": lambda: book.join("program_agencies"),
        "info": lambda: (repr(book), book.counts),
        "csv": lambda: policycase.export(book, "csv", folder / f"csv-{len(book.case_ids)}"),
        **{name: lambda name=name: getattr(policycase, name)(book) for name in VIEWS},
    }
    found = {name: seconds(call) for name, call in calls.items()}
    ids = book.text["events"]["event_id"].dropna().iloc[:: max(1, len(book.text["events"]) // 200)].tolist()
    book.evidence_for(ids[0])  # what is kept for every id is made at the first
    found["first evidence_for, per call"] = seconds(lambda: fresh(book).evidence_for(ids[0]))
    found["evidence_for, per call"] = seconds(lambda: [book.evidence_for(one) for one in ids]) / len(ids)
    found["record, per call"] = seconds(lambda: [book.record(one) for one in ids]) / len(ids)
    return found


def fresh(book: Casebook) -> Casebook:
    """The same tables, with nothing kept of what was asked before."""
    return Casebook(book.text, book.descriptor)


def aged(book: Casebook) -> Casebook:
    """The stack with another name for every tenth event."""
    frames = dict(book.text.frames)
    events = frames["events"]
    tenth = pd.Series(range(len(events)), index=events.index).mod(10).eq(0)
    frames["events"] = events.assign(name=events["name"].mask(tenth, "An older name"))
    return Casebook(type(book.text)(frames, book.profile, book.text.paths), book.descriptor)


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


def seconds(call: Callable[[], object]) -> float:
    """Seconds of the processor, so that what else runs on the machine hardly counts."""
    before = time.process_time()
    call()
    return time.process_time() - before


def say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - a benchmark prints


if __name__ == "__main__":
    main()
