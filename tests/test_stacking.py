"""Several cases as one."""

import json
from pathlib import Path

import pytest
from copies import edit

import policycase
from policycase.errors import StackError
from policycase.model.licences import together


def test_stack_concatenates_and_is_a_valid_package(package: Path, lamps: Path, tmp_path: Path):
    kgz, bvt = policycase.load(package), policycase.load(lamps)

    both = policycase.stack([kgz, bvt]).write(tmp_path / "both")

    assert both.case_ids == ["bvt-lamps", "kgz-leph"]
    for name in kgz.profile.case_tables:
        assert len(both[name]) == len(kgz[name]) + len(bvt[name]), name
        assert (both[name].dtypes == kgz[name].dtypes).all(), name
    assert len(both.codes) == len(kgz.codes)
    assert policycase.validate(tmp_path / "both").findings.empty
    assert policycase.load(tmp_path / "both") == both


def test_stack_does_not_depend_on_order_and_takes_a_case_once(package: Path, lamps: Path):
    kgz, bvt = policycase.load(package), policycase.load(lamps)
    both = policycase.stack([kgz, bvt])

    for again in (policycase.stack([bvt, kgz]), policycase.stack([both, kgz]), policycase.stack([both])):
        assert again == both
        assert again.descriptor == both.descriptor
    assert policycase.stack([kgz, kgz]) == kgz


def test_unstack_gives_back_each_case(package: Path, lamps: Path):
    books = {"kgz-leph": policycase.load(package), "bvt-lamps": policycase.load(lamps)}

    for case_id, frames in policycase.unstack(policycase.stack(books.values())).items():
        for name, frame in frames.items():
            assert frame.equals(books[case_id][name]), (case_id, name)


def test_stack_refuses_one_case_id_with_other_content(package: Path):
    edit(package / "data/goals.csv", ",3,reduce-crime,", ",3,public-order,")

    with pytest.raises(StackError, match="goals kgz-leph:nsp-goal-crime: goal_type is reduce-crime and public-order"):
        policycase.stack([policycase.load(), package])


def test_stack_refuses_another_schema_and_names_the_field(package: Path):
    edit(package / "schemas/goals.schema.json", "Place of the goal in the source's order", "Place of the goal")

    with pytest.raises(StackError, match=r"schemas/goals.schema.json differs between the cases, in position"):
        policycase.stack([policycase.load(), package])


def test_stack_refuses_another_major_version(package: Path):
    edit(package / "schemas/profile.json", '"version": "2.0.0"', '"version": "3.0.0"')

    with pytest.raises(StackError, match=r"profile 3.0.0 does not stack on profile 2.0.0"):
        policycase.stack([policycase.load(), package])


def test_stack_of_nothing_is_refused():
    with pytest.raises(StackError, match="no case to stack"):
        policycase.stack([])


def test_stack_merges_descriptors_field_by_field(package: Path, lamps: Path):
    edit(lamps / "datapackage.json", '"name": "CC-BY-4.0"', '"name": "CC-BY-NC-4.0"')
    sources = {"title": "The same article, said otherwise", "path": "http://dx.doi.org/10.35502/JCSWB.256/"}
    document = json.loads((lamps / "datapackage.json").read_text())
    document |= {"sources": [sources], "homepage": "https://example.org", "created": "2030-01-01T00:00:00Z"}
    (lamps / "datapackage.json").write_text(json.dumps(document))

    merged = policycase.stack([package, lamps]).descriptor

    assert merged["title"] == "Stack of 2 policy cases"
    licences = {entry["name"]: entry["cases"] for entry in merged["licenses"]}
    assert licences == {"CC-BY-NC-4.0": ["bvt-lamps"], "CC-BY-4.0": ["kgz-leph"]}
    assert list(licences) == ["CC-BY-NC-4.0", "CC-BY-4.0"]
    assert merged["description"].endswith(together(["CC-BY-NC-4.0", "CC-BY-4.0"]))
    assert merged["created"] == "2030-01-01T00:00:00Z"
    assert len(merged["sources"]) == 1
    assert [entry["title"] for entry in merged["contributors"]].count("policycase contributors") == 1
    assert "homepage" not in merged
