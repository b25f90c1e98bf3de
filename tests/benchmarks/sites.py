"""What a site of many cases costs, to write and to open: python tests/benchmarks/sites.py [--sizes 50 200].

Prints for each size, in a process of its own: milliseconds of processor time per case, the highest memory, and the sizes
of the index and of the pages. Then, in headless Chromium, the seconds until the index is loaded, until a filter has
changed what is shown, and until the first search has; skipped where there is no browser. The cases are synthetic.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path
from shutil import which

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2] / "scripts")]

from browsers import NAMES, chromium
from corpora import write_corpus
from measuring import load, peak, say

WRITE = """
import time
import policycase as pc
book = pc.stack(sorted(pathlib.Path({corpus!r}).iterdir())[:{size}])
before = time.process_time()
pc.report(book, {site!r})
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
    code = WRITE.format(corpus=str(corpus), site=str(site), size=size)
    most, _, taken = peak(code, "time.process_time() - before")
    pages = [path.stat().st_size / 1e6 for path in (site / "cases").iterdir()]
    index = (site / "index.html").stat().st_size / 1e6
    say(f"{size} cases: {1000 * taken / size:.0f} ms of the processor per case; peak memory {most:.0f} MB; {load()}")
    say(f"  index {index:.1f} MB; pages {statistics.median(pages):.1f} MB (median), {max(pages):.1f} MB (largest)")


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
    say(f"{size} cases in Chromium: {middle}; {load()}")


if __name__ == "__main__":
    main()
