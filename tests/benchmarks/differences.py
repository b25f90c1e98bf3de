"""Whether the fast check of tables finds what frictionless finds: python tests/benchmarks/differences.py [--count 3000].

Thousands of faults of every kind, drawn by seed, are worked into copies of the six cases, the made-up case and generated
ones; each copy is checked twice, and the findings are compared in whole: code, file, line, field, words. The screen,
which lets sound tables pass unchecked, must stop every table with a finding.
Prints the faults by kind, the findings by code, and every difference.
"""

import argparse
import sys
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2] / "scripts")]

from damage import damage

from policycase.findings import Finding
from policycase.model.package import Folder, Package
from policycase.validation import cell_checks
from policycase.validation.cell_checks import screened


def compared(seed: int) -> tuple[int, list[str], list[Finding], list[Finding]]:
    """The seed, the kinds of fault, and what each of the two finds."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "package"
        kinds = damage(root, seed)
        package, screen = Package.read(root), screened({"": Folder(root)})
        looked_at = screen.suspects.get("", ()) if screen.packages else None
        ours = [] if looked_at == () else cell_checks.check_cells(package, looked_at)
        return seed, kinds, ours, cell_checks.check_cells_exactly(package)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=3000, help="how many faults at least")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--jobs", type=int, default=2)
    given = options.parse_args()
    faults, codes, packages, different = Counter(), Counter(), 0, 0
    with ProcessPoolExecutor(given.jobs) as executor:
        seeds = iter(range(given.seed, given.seed + given.count))
        while faults.total() < given.count:
            for seed, kinds, ours, theirs in executor.map(compared, [next(seeds) for _ in range(8 * given.jobs)]):
                packages += 1
                faults.update(kinds)
                codes.update(finding.rule for finding in theirs)
                if Counter(ours) != Counter(theirs):
                    different += 1
                    print(f"seed {seed}: {kinds}")  # noqa: T201 - a benchmark prints
                    for only, found in ((ours, "ours alone"), (theirs, "frictionless alone")):
                        other = theirs if only is ours else ours
                        for finding in list((Counter(only) - Counter(other)).elements())[:5]:
                            print(f"    {found}: {finding}")  # noqa: T201
    print("faults:", ", ".join(f"{kind} {count}" for kind, count in sorted(faults.items())))  # noqa: T201
    print("findings:", ", ".join(f"{code} {count}" for code, count in codes.most_common()))  # noqa: T201
    print(  # noqa: T201
        f"{faults.total():,} faults in {packages:,} packages; {codes.total():,} findings of frictionless; "
        f"{different} packages with a difference"
    )


if __name__ == "__main__":
    main()
