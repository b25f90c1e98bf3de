"""Generated text."""

import json
from pathlib import Path

import pytest
import yaml
from copies import ROOT, edit

import policycase
from policycase.coding import render
from policycase.errors import InvalidPackageError
from policycase.model.package import read_descriptor


def test_everything_generated_is_up_to_date():
    assert list(render.changed(ROOT)) == []


def test_render_fills_bounds_and_then_changes_nothing(package: Path):
    edit(package / "data/events.csv", "kgz-leph:nsp,1999,1999-01-01,1999-12-31", "kgz-leph:nsp,1999-05,,")

    written = render.render(package)

    assert written == ["data/events.csv", "CITATION.cff", ".zenodo.json"]
    assert "kgz-leph:nsp,1999-05,1999-05-01,1999-05-31" in (package / "data/events.csv").read_text(encoding="utf-8")
    assert render.render(package) == []


def test_render_puts_evidence_in_the_order_of_what_it_supports(package: Path):
    file = package / "data/evidence.csv"
    before = file.read_text(encoding="utf-8")
    header, *rows = before.splitlines(keepends=True)
    file.write_text("".join([header, *reversed(rows)]), encoding="utf-8", newline="")

    render.render(package)

    assert file.read_text(encoding="utf-8") == before


def test_render_mirrors_a_new_code(package: Path):
    edit(
        package / "schemas/codes.csv",
        "hedge,possible,",
        "hedge,doubtful,Doubtful,Said with doubt.,,,4\nhedge,possible,",
    )

    written = render.render(package)

    assert "schemas/claims.schema.json" in written
    assert '"value": "doubtful"' in (package / "schemas/claims.schema.json").read_text(encoding="utf-8")
    assert "Said with doubt." in (package / "schemas/README.md").read_text(encoding="utf-8")


def test_render_leaves_a_bad_date_for_validation_to_report(package: Path):
    edit(package / "data/events.csv", "kgz-leph:nsp,1999,1999-01-01,1999-12-31", "kgz-leph:nsp,1999-13,,")

    render.render(package)

    assert "kgz-leph:nsp,1999-13,,," in (package / "data/events.csv").read_text(encoding="utf-8")


def test_citation_follows_the_descriptor():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    descriptor = read_descriptor(ROOT)

    assert citation["title"] == descriptor["title"]
    assert citation["version"] == descriptor["version"]
    assert citation["authors"] == [{"name": "policycase contributors"}]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"licenses": []}, "licenses"),
        ({"description": None}, "description"),
        ({"homepage": 7}, "homepage"),
        ({"keywords": {"a": 1}}, "keywords"),
        ({"sources": [{"title": "A", "path": []}]}, r"sources\[0\]\.path"),
        ({"contributors": [{"title": "A"}, {"title": "B", "roles": 7}]}, r"contributors\[1\]\.roles"),
        ({"contributors": [{"title": "A", "path": {}}]}, r"contributors\[0\]\.path"),
    ],
    ids=str,
)
def test_an_odd_descriptor_is_refused_by_render_and_report_with_the_place(lamps: Path, tmp_path: Path, change, place):
    descriptor = json.loads((lamps / "datapackage.json").read_bytes())
    (lamps / "datapackage.json").write_text(json.dumps(descriptor | change), encoding="utf-8")

    with pytest.raises(InvalidPackageError, match=f"datapackage.json: {place} must be"):
        render.changed(lamps)
    with pytest.raises(InvalidPackageError, match=f"datapackage.json: {place} must be"):
        policycase.report(lamps, tmp_path / "report.html")
