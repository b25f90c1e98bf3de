"""Whether a corpus needs more memory as it grows: python tests/benchmarks/out_of_memory.py [--sizes 1000 10000].

Prints the peak memory of writing a corpus at each size and their ratio, then that of three questions to the largest: by
DuckDB, by Dask, and by a casebook of ten cases. Each is a process of its own; its peak is what Linux reports (VmHWM).
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2] / "scripts")]

from copies import ROOT
from corpora import write_case

WRITE = "pc.write_corpus(sorted(pathlib.Path({packages!r}).iterdir())[:{size}], {corpus!r})"
QUESTIONS = {
    "DuckDB: events of each type": "pc.open_corpus({corpus!r}).events.aggregate('event_type, count(*)', 'event_type').df()",
    "Dask: the same": "dask.dataframe.read_parquet({corpus!r} + '/events', columns=['event_type'])['event_type'].value_counts().compute()",
    "casebook of 10 cases: panel": "(c := pc.open_corpus({corpus!r})) and pc.panel(c.select(c.case_ids[:10]))",
}  # fmt: skip
START = "import pathlib, policycase as pc, policycase.exports.corpus, policycase.validation, pyarrow.parquet, duckdb"
PEAK = "print(pathlib.Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sizes", type=int, nargs="+", default=[1000, 10000])
    options.add_argument("--packages", type=Path, help="a folder that keeps the synthetic packages for a further run")
    options.add_argument("--at-once", type=int, default=100, help="cases of a part")
    given = options.parse_args()
    sizes = sorted(given.sizes)
    with tempfile.TemporaryDirectory() as folder:
        packages = given.packages or Path(folder) / "packages"
        for number in range(sizes[-1]):
            if not (packages / f"{number:05d}").exists():
                write_case(packages / f"{number:05d}", number)
        corpora = {size: str(Path(folder) / f"corpus-{size}") for size in sizes}
        begin, _ = peak("pass")
        say(f"imports alone: {begin:.0f} MB")
        peaks = {}
        for size, corpus in corpora.items():
            code = WRITE.format(packages=str(packages), size=size, corpus=corpus)
            peaks[size], took = peak(code, f"pc.exports.corpus.AT_ONCE = {given.at_once}")
            say(f"write {size:,} cases: peak {peaks[size]:.0f} MB, {took:.0f} s, {1000 * took / size:.0f} ms per case")
        say(f"ratio of the peaks, {sizes[-1]:,} to {sizes[0]:,}: {peaks[sizes[-1]] / peaks[sizes[0]]:.2f} ×")
        for what, code in QUESTIONS.items():
            used, took = peak(code.format(corpus=corpora[sizes[-1]]), "import dask.dataframe" if "dask" in code else "")
            say(f"{what}, {sizes[-1]:,} cases: peak {used:.0f} MB, {took:.1f} s")


def peak(code: str, more: str = "") -> tuple[float, float]:
    """Megabytes at the highest of a process that runs the code, and its seconds, imports included."""
    before = time.perf_counter()
    command = [sys.executable, "-c", "\n".join([START, more, code, PEAK])]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "scripts")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return int(done.stdout.splitlines()[-1]) / 1000, time.perf_counter() - before


def say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - a benchmark prints


if __name__ == "__main__":
    main()
