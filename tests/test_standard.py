"""The fast check of tables finds what frictionless finds; thousands of faults: tests/benchmarks/differences.py."""

import json
from collections import Counter
from functools import cache
from importlib.metadata import distribution
from pathlib import Path

import pytest
from copies import ROOT, copy_lamps, edit
from damage import KINDS, damage
from jsonschema import Draft7Validator

import policycase
from policycase.model.package import Folder, Package
from policycase.validation import cell_checks
from policycase.validation import cell_checks as standard
from policycase.validation.cell_checks import screened

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("seed", range(-(-len(KINDS) // 2)))  # each kind once, and hundreds more: half a minute
def test_standard_finds_what_frictionless_finds(seed: int, tmp_path: Path):
    damage(tmp_path / "package", seed)

    found = cell_checks.check_cells(Package.read(tmp_path / "package"))

    assert Counter(found) == Counter(cell_checks.check_cells_exactly(Package.read(tmp_path / "package")))
    assert {finding.path for finding in found} <= looked_at(tmp_path / "package")


def looked_at(root: Path) -> set[str]:
    """The files in which the screen lets the standard stage look."""
    screen = screened({"": Folder(root)})
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


@cache
def official(profile: str) -> Draft7Validator:
    """The validator of an official profile, of which dplib carries a copy; it fetches it from the web when asked for it."""
    address = profile.removeprefix("https://datapackage.org/profiles/")
    path = Path(distribution("dplib-py").locate_file(f"dplib/profiles/{address}"))
    return Draft7Validator(json.loads(path.read_text(encoding="utf-8")))


DECLARED = [
    path.relative_to(ROOT).as_posix()
    for pattern in ("datapackage.json", "examples/*/datapackage.json", "schemas/*.schema.json")
    for path in sorted(ROOT.glob(pattern))
    if path.name != "coding.schema.json"  # of a coding file, not of a table
]


@pytest.mark.parametrize("path", DECLARED)
def test_descriptor_and_schemas_are_valid_under_the_official_profile_that_they_declare(path: str):
    document = json.loads((ROOT / path).read_text(encoding="utf-8"))

    assert [error.message for error in official(document["$schema"]).iter_errors(document)] == []


def test_stack_is_valid_under_the_official_profile_that_it_declares(tmp_path: Path):
    policycase.stack([ROOT, ROOT / "examples/can-insite"]).write(tmp_path / "stack")
    document = json.loads((tmp_path / "stack/datapackage.json").read_text(encoding="utf-8"))

    assert [error.message for error in official(document["$schema"]).iter_errors(document)] == []
