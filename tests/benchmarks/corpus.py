"""How fast a corpus is read, stacked and judged: python tests/benchmarks/corpus.py [--sizes 10 1000 10000].

Prints each bar with its ratio: medians of interleaved runs in one process, of made-up cases that are drawn by seed from
the six (tests/corpora.py). frictionless and reading one file at a time are timed on a sample and scaled linearly,
which both are. Files are read once before, so that a disk is not measured. "Bytes" are those that have to be read:
descriptor, schemas and tables of each package; beside them, the tables' alone.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2] / "scripts")]

import pandas as pd
from copies import ROOT
from corpora import PROFILE, write_case, write_corpus
from measuring import environment, peak, say

import policycase
from policycase.findings import Finding
from policycase.model.package import Folder, Package
from policycase.validation import cell_checks
from policycase.validation.cell_checks import screened
from policycase.validation.report import Report

SAMPLE = 12  # packages on which the slow ways are timed
NAMES = list(PROFILE.case_tables)
START = "import policycase, policycase.model.stack, policycase.validation"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sizes", type=int, nargs="+", default=[10, 1000, 10000])
    options.add_argument("--rows", type=int, default=100_000, help="rows of the one large package")
    options.add_argument("--runs", type=int, default=3)
    given = options.parse_args()
    say(f"{os.cpu_count()} cores, pandas {pd.__version__}; medians of {given.runs} interleaved runs")
    with tempfile.TemporaryDirectory() as folder:
        paths = write_corpus(Path(folder) / "corpus", max(given.sizes))
        bytes_of(paths)
        refuse_faults(policycase.validate_many(paths))
        each = {}
        for size in given.sizes:
            each[size] = corpus(paths[:size], given.runs if size <= 1000 else 1)
        for kind in ("stack", "validate"):
            costs = ", ".join(f"{size:,}: {1000 * times[kind]:.1f}" for size, times in each.items())
            least, most = min(given.sizes), max(given.sizes)
            ratio = each[most][kind] / each[least][kind]
            say(f"4. {kind}, ms a case by number of cases: {costs}; {ratio:.2f} × from {least:,} to {most:,} (bar 1)")
        memory(paths[: min(1000, max(given.sizes))])
        large(Path(folder) / "large", given.rows, given.runs)
    start(given.runs)


def corpus(paths: list[Path], runs: int) -> dict[str, float]:
    """Seconds a case of stacking and judging; prints both beside the other ways."""
    count, sample = len(paths), paths[:SAMPLE]
    some = paths[: min(count, 100)]
    ways = {
        "bytes": (paths, lambda: bytes_of(paths)),
        "bytes of tables": (paths, lambda: bytes_of_tables(paths)),
        "stack": (paths, lambda: policycase.stack(paths)),
        "one by one": (some, lambda: one_by_one(some, {})),
        "one by one, typed": (some, lambda: one_by_one(some, HOW)),
        "validate": (paths, lambda: policycase.validate_many(paths)),
        "frictionless": (sample, lambda: [cell_checks.check_cells_exactly(Package.read(path)) for path in sample]),
    }
    taken = interleaved({name: call for name, (_, call) in ways.items()}, runs)
    each = {name: taken[name] / len(over) for name, (over, _) in ways.items()}
    told = ", ".join(f"{name} {1000 * cost:.2f}" for name, cost in each.items())
    say(f"\n{count:,} cases, ms a case: {told} (frictionless on {len(sample)}, one by one on {len(some)}, scaled)")
    say(f"1. stack / reading the bytes: {each['stack'] / each['bytes']:.1f} × (bar 4 at most)")
    say(f"1. stack / reading the bytes of the tables alone: {each['stack'] / each['bytes of tables']:.1f} ×")
    say(f"1. read_csv per file and concat / stack: {each['one by one'] / each['stack']:.0f} × (bar 30 at 1,000)")
    say(f"1. the same with the types that stack gives / stack: {each['one by one, typed'] / each['stack']:.0f} ×")
    say(f"2. frictionless in a loop / validate: {each['frictionless'] / each['validate']:.0f} × (bar 100 at 1,000)")
    return each


def large(folder: Path, rows: int, runs: int) -> None:
    """One package of many rows: our check of the tables, and all stages, beside frictionless; peaks of memory."""
    once = len_of(write_case(folder / "one", 0, copies=1))
    path = write_case(folder / "many", 0, copies=max(1, rows // once))
    faulty = write_case(folder / "faulty", 0, copies=max(1, rows // once))
    goals = faulty / "data/goals.csv"
    goals.write_text(goals.read_text(encoding="utf-8").replace("reduce-crime", "reduce-crimes", 1), encoding="utf-8")
    count = len_of(path)
    refuse_faults({"many": policycase.validate(path)})
    taken = interleaved(
        {
            "check": lambda: screened({"": Folder(path)}),
            "check with a fault": lambda: checked(faulty),
            "validate": lambda: policycase.validate(path),
            "frictionless": lambda: cell_checks.check_cells_exactly(Package.read(path)),
        },
        runs,
    )
    say(f"\none package of {count:,} rows, s: " + ", ".join(f"{name} {cost:.1f}" for name, cost in taken.items()))
    say(f"3. frictionless / our check of files and tables: {taken['frictionless'] / taken['check']:.1f} × (bar 10)")
    say(f"3. the same where one cell is wrong: {taken['frictionless'] / taken['check with a fault']:.1f} ×")
    say(f"3. frictionless / all stages and rules: {taken['frictionless'] / taken['validate']:.1f} ×")
    peaks = {
        name: peak(f"{START}\n{code}({str(path)!r})")[0]
        for name, code in (
            ("validate", "policycase.validate"),
            ("load", "policycase.load"),
            ("nothing", "len"),
        )
    }
    told = ", ".join(f"{name} {size - peaks['nothing']:.0f}" for name, size in peaks.items() if name != "nothing")
    say(f"3. peak memory above that of starting, MB: {told}")


def memory(paths: list[Path]) -> None:
    """The peak of stacking beside the size of its result."""
    book = policycase.stack(paths)
    size = sum(book[name].memory_usage(deep=True).sum() for name in book.tables) / 1e6
    code = f"policycase.stack(sorted(pathlib.Path({str(paths[0].parent)!r}).iterdir())[:{len(paths)}])"
    used = peak(f"{START}\n{code}")[0] - peak(START)[0]
    say(f"\n6. stack of {len(paths):,}: peak {used:.0f} MB, result {size:.0f} MB: {used / size:.1f} ×")


def start(runs: int) -> None:
    """How long starting takes beside bare Python, and judging this case beside frictionless alone."""
    ours = [sys.executable, "-m", "policycase"]
    alone = "import frictionless, sys; frictionless.Package(sys.argv[1]).validate()"
    commands = {
        "python": [sys.executable, "-c", "pass"],
        "import": [sys.executable, "-c", "import policycase"],
        "--help": [*ours, "--help"],
        "validate": [*ours, "validate", str(ROOT)],
        "frictionless": [sys.executable, "-c", alone, str(ROOT / "datapackage.json")],
        "command": [sys.executable, "-m", "frictionless", "validate", str(ROOT / "datapackage.json")],
    }
    ms = {
        name: 1000 * cost
        for name, cost in interleaved({n: lambda c=c: run(c) for n, c in commands.items()}, runs).items()
    }
    say(f"\n5. import policycase: {ms['import'] - ms['python']:.0f} ms above bare Python (bar 60)")
    say(f"5. policycase --help: {ms['--help'] - ms['python']:.0f} ms above bare Python (bar 150)")
    say(f"5. policycase validate: {ms['validate']:.0f} ms; frictionless alone: {ms['frictionless']:.0f} ms")
    say(f"5. policycase validate / frictionless validate: {ms['validate'] / ms['command']:.2f} × (bar 0.85)")


def interleaved(calls: dict[str, Callable[[], object]], runs: int) -> dict[str, float]:
    """The median seconds of each call, after one call that is not counted where there are several runs."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(runs + (runs > 1)):
        for name, call in calls.items():
            before = time.perf_counter()
            call()
            if number or runs == 1:
                taken[name].append(time.perf_counter() - before)
    return {name: median(times) for name, times in taken.items()}


def checked(path: Path) -> list[Finding]:
    """What the screen and then the check of the tables that it stops find."""
    return cell_checks.check_cells(Package.read(path), screened({"": Folder(path)}).suspects[""])


def refuse_faults(reports: Mapping[str, Report]) -> None:
    """Nothing, if all packages are sound: a speed counts only for a judgement that is right."""
    found = [str(finding) for report in reports.values() for finding in report.found if finding.severity == "error"]
    if found:
        sys.exit(f"a made-up case is not sound: {found[0]}")


def bytes_of(paths: list[Path]) -> int:
    others = ["datapackage.json", *PROFILE.files]
    return sum(len((path / name).read_bytes()) for path in paths for name in others) + bytes_of_tables(paths)


def bytes_of_tables(paths: list[Path]) -> int:
    return sum(len((path / f"data/{name}.csv").read_bytes()) for path in paths for name in NAMES)


def len_of(path: Path) -> int:
    return sum((path / f"data/{name}.csv").read_bytes().count(b"\n") - 1 for name in NAMES)


def how(name: str) -> dict[str, Any]:
    """What `read_csv` is told to give the types that `stack` gives."""
    fields = PROFILE.tables[name].fields.values()
    types = {field.name: PANDAS[field.type] for field in fields if field.type != "date"}
    types |= {
        field.name: pd.CategoricalDtype(PROFILE.vocabularies[field.vocabulary]) for field in fields if field.vocabulary
    }
    days = [field.name for field in fields if field.type == "date"]
    return {"dtype": types, "parse_dates": days, "keep_default_na": False, "na_values": [""]}


PANDAS = {"string": "str", "integer": "Int64", "number": "float64", "boolean": "boolean"}
HOW = {name: how(name) for name in NAMES}


def one_by_one(paths: list[Path], said: Mapping[str, dict[str, Any]]) -> dict[str, pd.DataFrame]:
    return {
        name: pd.concat([pd.read_csv(path / f"data/{name}.csv", **said.get(name, {})) for path in paths])
        for name in NAMES
    }


def run(command: list[str]) -> None:
    subprocess.run(command, env=environment(), capture_output=True, check=False)


if __name__ == "__main__":
    main()
