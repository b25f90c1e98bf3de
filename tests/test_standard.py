"""The fast check of tables finds what frictionless finds; thousands of faults: tests/benchmarks/differences.py."""

from collections import Counter
from pathlib import Path

import pytest
from copies import copy_lamps, edit
from damage import KINDS, damage

import policycase
from policycase.model.package import Package
from policycase.validation import cell_checks
from policycase.validation import cell_checks as standard
from policycase.validation.cell_checks import screened


@pytest.mark.parametrize("seed", range(-(-len(KINDS) // 2)))  # each kind once, and hundreds more: half a minute
def test_standard_finds_what_frictionless_finds(seed: int, tmp_path: Path):
    damage(tmp_path / "package", seed)

    found = cell_checks.check_cells(Package.read(tmp_path / "package"))

    assert Counter(found) == Counter(cell_checks.check_cells_exactly(Package.read(tmp_path / "package")))
    assert {finding.path for finding in found} <= looked_at(tmp_path / "package")


def looked_at(root: Path) -> set[str]:
    """The files in which the screen lets the standard stage look."""
    screen = screened({"": root})
    paths = Package.read(root).paths
    names = screen.suspects.get("", set()) if screen.packages else set(paths)
    return {"datapackage.json", *(paths[name] for name in names)} if names else set()


def test_standard_finds_a_value_that_must_be_unique_twice(tmp_path: Path):
    lamps = copy_lamps(tmp_path / "lamps")
    schema = lamps / "schemas/places.schema.json"
    edit(
        schema,
        'true\n      },\n      "example": "Fyrvåg"',
        'true, "unique": true\n      },\n      "example": "Fyrvåg"',
    )
    edit(lamps / "data/places.csv", "bvt-lamps:isodden,bvt-lamps,Isodden,", "bvt-lamps:isodden,bvt-lamps,Fyrvåg,")

    found = cell_checks.check_cells(Package.read(lamps))

    assert [str(finding) for finding in found] == [
        'data/places.csv:5: name "Fyrvåg": the same as in the row at position 3  [unique-error]'
    ]
    assert found == cell_checks.check_cells_exactly(Package.read(lamps))


def test_standard_forgets_cells_and_finds_the_same(package: Path, monkeypatch):
    edit(package / "data/goals.csv", ",3,reduce-crime,", ",0,reduce-crimes,")
    before = cell_checks.check_cells(Package.read(package))
    monkeypatch.setattr(standard, "MOST_CELLS", 1)

    assert cell_checks.check_cells(Package.read(package)) == before
    assert len(before) == 2


@pytest.mark.parametrize("exact", [False, True])
def test_validate_says_where_the_descriptor_is_wrong_for_frictionless(package: Path, exact: bool):
    edit(package / "datapackage.json", "2026-11-24T00:00:00Z", "2026-99-24T00:00:00Z")

    report = policycase.validate(package, exact=exact)

    assert [str(finding) for finding in report.found] == [
        'datapackage.json: property "created" is not valid "datetime"  [package-error]'
    ]
