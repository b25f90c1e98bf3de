"""What each view and export costs a case, as a stack grows: python tests/benchmarks/views.py [--sizes 100 1000 10000].

Prints one table: milliseconds of processor time a case at each size, and how many times dearer a case is at the largest
than at the smallest, 1 being linear. A row in ms per call does not divide by the cases. The cases are synthetic
(tests/corpora.py); the stack is read once, and typed columns are made before a view is timed, so that a row is the cost
of the view alone. Each row is the least of `--runs` runs. Rows in `MOST` are run up to as many cases as it says: they
write a file per case, or one that no program opens.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2] / "scripts")]

import pandas as pd
from copies import ROOT
from corpora import write_case
from measuring import load, say, seconds

import policycase
from policycase.exports.formats import FORMS
from policycase.model.casebook import Casebook

MOST = {"report": 50, "excel": 1000, "spss": 1000, "stata": 1000, "graphml": 1000}
ENDINGS = {"excel": ".xlsx", "sqlite": ".db", "duckdb": ".duckdb", "graphml": ".graphml"}
CALLS = 50


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sizes", type=int, nargs="+", default=[100, 1000])
    options.add_argument("--runs", type=int, default=1)
    options.add_argument("--packages", type=Path, help="a folder that keeps the synthetic packages for a further run")
    options.add_argument("--only", nargs="+", help="the rows to run")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = [(given.packages or Path(folder)) / f"{number:05d}" for number in range(max(given.sizes))]
        for number, path in enumerate(paths):
            if not path.exists():
                write_case(path, number)
        say(f"{load()}, pandas {pd.__version__}; the least of {given.runs}")
        table(paths, sorted(given.sizes), given.runs, given.only)


def table(paths: list[Path], sizes: list[int], runs: int, only: list[str] | None = None) -> None:
    """Print the table, a row each as it is measured."""
    with tempfile.TemporaryDirectory() as folder:
        books = {size: warm(policycase.stack(paths[:size])) for size in sizes}
        rows = {size: calls(book, paths[:size], Path(folder)) for size, book in books.items()}
        say("| ms per case | " + " | ".join(f"{size:,}" for size in sizes) + " | growth |")
        say("|---|" + "--:|" * (len(sizes) + 1))
        for name in only or rows[sizes[0]]:
            few = [size for size in sizes if size <= MOST.get(name, size)]
            each = {size: CALLS if name.endswith("per call") else size for size in few}
            costs = {size: 1000 * min(seconds(rows[size][name]) for _ in range(runs)) / each[size] for size in few}
            shown = " | ".join(f"{costs[size]:.2f}" if size in costs else "" for size in sizes)
            growth = f"{costs[few[-1]] / costs[few[0]]:.2f} ×" if len(few) > 1 else ""
            say(f"| {name} | {shown} | {growth} |")


def warm(book: Casebook) -> Casebook:
    """The stack, with its typed columns made, those of `coded` too."""
    book.evidence_for(book["programs"]["program_id"].iloc[0])  # makes what finds the rows of a record
    for one in (book, book.coded):
        for name in one.tables:
            one[name]
    return book


def calls(book: Casebook, paths: list[Path], folder: Path) -> dict[str, Callable[[], object]]:
    """What is measured, by its name."""
    pc = policycase
    combine, divide = pc.stack, pc.unstack
    stringency = pd.read_csv(ROOT / "docs/data/oxcgrt/stringency.csv", parse_dates=["date"])
    yearly = stringency.assign(year=stringency["date"].dt.year).groupby(["country", "year"], as_index=False).first()
    programs = book["programs"]["program_id"]
    some = programs.iloc[:CALLS]
    fresh, older = pc.Casebook(book.text, book.descriptor), aged(book)
    made: dict[str, Callable[[], object]] = {
        "load table by table": lambda: [pc.Casebook(book.text, book.descriptor)[name] for name in book.tables],
        "coded": lambda: pc.Casebook(book.text, book.descriptor).coded,
        "counts": lambda: book.counts,
        "repr": lambda: repr(book),
        "spells": lambda: pc.spells(book),
        "panel": lambda: pc.panel(book),
        "panel, places": lambda: pc.panel(book, unit="place", parts="all"),
        "timeline": lambda: pc.timeline(book),
        "ties": lambda: pc.ties(book),
        "event_ties": lambda: pc.event_ties(book),
        "incidence": lambda: pc.incidence(book),
        "co_ties": lambda: pc.co_ties(book),
        "to_networkx": lambda: pc.to_networkx(book),
        "goal_matrix": lambda: pc.goal_matrix(book),
        "conditions": lambda: pc.conditions(book),
        "join_dates, years": lambda: pc.join_dates(book.events, yearly, date="year"),
        "join": lambda: book.join("program_agencies"),
        "conflicts": lambda: book.conflicts(),
        "crosschecks": lambda: book.crosschecks(),
        "coverage": lambda: book.coverage(),
        "passage_coverage": lambda: book.passage_coverage(),
        "index of evidence": lambda: pc.Casebook(book.text, book.descriptor).evidence_for(programs.iloc[0]),
        "evidence_for, ms per call": lambda: [book.evidence_for(one) for one in some],
        "record, ms per call": lambda: [book.record(one) for one in some],
        "cite": lambda: book.cite(),
        "cite rows": lambda: book.cite(book.events),
        "overlap": lambda: pc.overlap([book]),
        "diff with itself": lambda: pc.diff(book, fresh),
        "diff with an older": lambda: pc.diff(older, book),
        "stack": lambda: combine(paths),
        "unstack": lambda: divide(book),
        "write": lambda: book.write(folder / "written", force=True),
        "report": lambda: pc.report(book, folder / "report", force=True),
    }  # fmt: skip
    for name in [name for name in FORMS if name not in {"coding", "workbook"}]:  # these hold one case
        target = folder / f"{name}{ENDINGS.get(name, '')}"
        made[name] = lambda name=name, target=target: pc.export(book, name, target, force=True)
    return made


def aged(book: Casebook) -> Casebook:
    """The stack with another name for every tenth event."""
    frames = dict(book.text.frames)
    events = frames["events"]
    tenth = pd.Series(range(len(events)), index=events.index).mod(10).eq(0)
    frames["events"] = events.assign(name=events["name"].mask(tenth, "An older name"))
    return Casebook(type(book.text)(frames, book.profile, book.text.paths), book.descriptor)


if __name__ == "__main__":
    main()
