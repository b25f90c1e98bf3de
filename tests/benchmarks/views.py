"""What each view and export costs a case, as a stack grows: python tests/benchmarks/views.py [--sizes 100 1000].

Prints one table: milliseconds of processor time a case at each size, and how many times dearer a case is at the largest than at the
smallest. The cases are synthetic (tests/corpora.py); the stack is read once, and typed columns are made before a view is
timed, so that a row is the cost of the view alone. Each row is the least of `--runs` runs. Above `--most` cases the rows
named in `DEAR` are left out: exports that write a file a case or draw a page.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2] / "scripts")]

import pandas as pd
from copies import ROOT
from corpora import write_corpus

import policycase
from policycase.exports.formats import FORMS
from policycase.model.casebook import Casebook

DEAR = {"report", "excel", "spss", "stata", "graphml", "parquet", "duckdb", "to_networkx"}
ENDINGS = {"excel": ".xlsx", "sqlite": ".db", "duckdb": ".duckdb", "graphml": ".graphml"}
ONE_ID, CALLS = "evidence_for of one id, ms per call", 50


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sizes", type=int, nargs="+", default=[100, 1000])
    options.add_argument("--runs", type=int, default=1)
    options.add_argument("--most", type=int, default=1000, help="cases up to which dear rows are run")
    options.add_argument("--only", nargs="+", help="the rows to run")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = write_corpus(Path(folder) / "corpus", max(given.sizes))
        table(paths, sorted(given.sizes), given.runs, given.most, given.only)


def table(paths: list[Path], sizes: list[int], runs: int, most: int, only: list[str] | None = None) -> None:
    """Print the table, a row each as it is measured."""
    with tempfile.TemporaryDirectory() as folder:
        books = {size: warm(policycase.stack(paths[:size])) for size in sizes}
        rows = {size: calls(book, paths[:size], Path(folder)) for size, book in books.items()}
        say("| ms per case | " + " | ".join(f"{size:,}" for size in sizes) + " | growth |")
        say("|---|" + "--:|" * (len(sizes) + 1))
        for name in rows[sizes[0]]:
            if only and name not in only:
                continue
            costs = {}
            for size in sizes:
                if size <= most or name not in DEAR:
                    costs[size] = 1000 * min(taken(rows[size][name]) for _ in range(runs)) / units(name, size)
            growth = costs[max(costs)] / costs[min(costs)]
            shown = " | ".join(f"{costs[size]:.2f}" if size in costs else "" for size in sizes)
            say(f"| {name} | {shown} | {growth:.2f} × |")


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
    other = pc.Casebook(book.text, book.descriptor)
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
        ONE_ID: lambda: [book.evidence_for(one) for one in programs.iloc[:CALLS]],
        "cite": lambda: book.cite(),
        "cite rows": lambda: book.cite(book.events),
        "overlap": lambda: pc.overlap([book]),
        "diff": lambda: pc.diff(book, other),
        "stack": lambda: combine(paths),
        "unstack": lambda: divide(book),
        "write": lambda: book.write(folder / "written", force=True),
        "report": lambda: pc.report(book, folder / "report", force=True),
    }  # fmt: skip
    forms = [name for name in FORMS if name != "workbook"]
    for name in forms:
        target = folder / f"{name}{ENDINGS.get(name, '')}"
        made[name] = lambda name=name, target=target: pc.export(book, name, target, force=True)
    return made


def units(name: str, size: int) -> int:
    return CALLS if name == ONE_ID else size


def taken(call: Callable[[], object]) -> float:
    before = time.process_time()
    call()
    return time.process_time() - before


def say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - a benchmark prints


if __name__ == "__main__":
    main()
