"""What a site of many cases costs, to write and to open: python tests/benchmarks/sites.py [--sizes 50 200].

Prints for each size, in a process of its own: milliseconds of processor time per case, the highest memory, and the sizes
of the index and of the pages. Then, in headless Chromium, the seconds until the index is loaded, until a filter has
changed what is shown, and until the first search has; skipped where there is no browser. The cases are synthetic.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2] / "scripts")]

from shutil import which

from browsers import NAMES, chromium
from copies import ROOT
from corpora import write_corpus

WRITE = """
import json, pathlib, sys, time
import policycase as pc
paths = sorted(pathlib.Path(sys.argv[1]).iterdir())[: int(sys.argv[3])]
book = pc.stack(paths)
before = time.process_time()
pc.report(book, sys.argv[2])
taken = time.process_time() - before
peak = int(pathlib.Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
print(json.dumps([taken, peak]))
"""
CHANGE = """
const [id, value, done] = arguments;
const before = performance.now();
const box = document.getElementById(id);
box.value = value;
box.dispatchEvent(new Event("input", { bubbles: true }));
requestAnimationFrame(() => setTimeout(() => done((performance.now() - before) / 1000)));
"""
LOADED = "return performance.getEntriesByType('navigation')[0].loadEventEnd / 1000"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sizes", type=int, nargs="+", default=[50, 200])
    sizes = sorted(options.parse_args().sizes)
    with tempfile.TemporaryDirectory() as private:
        folder = Path(private)
        write_corpus(folder / "corpus", sizes[-1])
        sites = {size: folder / f"site-{size}" for size in sizes}
        for size, site in sites.items():
            written(folder / "corpus", site, size)
        if which("chromedriver") and any(map(which, NAMES)):
            for size, site in sites.items():
                opened(site, size)


def written(corpus: Path, site: Path, size: int) -> None:
    """Write a site in a process of its own, and say what it took."""
    command = [sys.executable, "-c", WRITE, str(corpus), str(site), str(size)]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "scripts")}
    begin = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    taken, peak = json.loads(done.stdout)
    pages = [path.stat().st_size / 1e6 for path in (site / "cases").iterdir()]
    index = (site / "index.html").stat().st_size / 1e6
    say(
        f"{size} cases: {1000 * taken / size:.0f} ms of the processor per case, {time.perf_counter() - begin:.0f} s in all"
    )
    say(f"  peak memory {peak / 1024:.0f} MB; index {index:.1f} MB; pages {statistics.median(pages):.1f} MB (median),")
    say(f"  {max(pages):.1f} MB (largest), {sum(pages):.0f} MB (all)")


def opened(site: Path, size: int) -> None:
    """Open the index three times, and say how long it took, in the middle."""
    found: dict[str, list[float]] = {"loaded": [], "filtered": [], "searched": []}
    with chromium() as browser:
        for _ in range(3):
            browser.open(site / "index.html")
            found["loaded"].append(browser.ask(LOADED))
            for what, field, value in (("filtered", "f-country", "KGZ"), ("searched", "q", "needle exchange")):
                found[what].append(browser.driver.execute_async_script(CHANGE, field, value))
    middle = ", ".join(f"{what} in {statistics.median(times):.2f} s" for what, times in found.items())
    say(f"{size} cases in Chromium: {middle}; load of the machine {os.getloadavg()[0]:.1f}")


def say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - a benchmark prints


if __name__ == "__main__":
    main()
