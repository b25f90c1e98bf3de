"""What cases share, before they are stacked."""

from pathlib import Path

import pytest
from copies import ROOT, edit

import policycase
from policycase.cli.main import main
from policycase.errors import StackError


def test_overlap_counts_rows_and_says_why_a_table_is_empty(lamps: Path):
    found = policycase.overlap([policycase.load(), lamps])

    assert found.rows.loc["programs"].to_dict() == {"bvt-lamps": 4, "kgz-leph": 14}
    assert found.rows.loc["figures"].to_dict() == {"bvt-lamps": 5, "kgz-leph": 40}
    assert found.extents.to_numpy().tolist() == [["bvt-lamps", "program_links", "none"]]
    assert found.sources.empty
    assert found.entities.empty


def test_overlap_names_what_one_case_alone_uses(lamps: Path):
    unique_to = policycase.overlap([policycase.load(), lamps]).unique_to

    assert unique_to[unique_to["field"].isna()].to_numpy().tolist()[0][::3] == ["program_links", "kgz-leph"]
    of_lamps = unique_to[unique_to["table"].eq("programs") & unique_to["case_id"].eq("bvt-lamps")]
    assert of_lamps[["field", "code"]].to_numpy().tolist() == [["program_type", "other"]]


def test_overlap_of_one_case_has_no_lone_user():
    assert policycase.overlap([policycase.load()]).unique_to.empty


def test_overlap_finds_one_source_and_one_place_under_two_names(package: Path, lamps: Path):
    edit(lamps / "data/sources.csv", "10.5555/bvt-lamps", "10.35502/JCSWB.256")
    edit(
        lamps / "data/places.csv",
        "bvt-lamps:bouvet,bvt-lamps,Bouvet Island,,country,,BV",
        "bvt-lamps:bouvet,bvt-lamps,Kirghizia,,country,,KG",
    )

    found = policycase.overlap([lamps, package])

    assert found.sources[["address", "source_id"]].to_numpy().tolist() == [
        ["10.35502/jcswb.256", "bvt-lamps:study"],
        ["10.35502/jcswb.256", "kgz-leph:article"],
    ]
    assert found.entities.to_numpy().tolist() == [
        ["places", "iso_3166_2", "KG", "bvt-lamps:bouvet", "bvt-lamps", "Kirghizia"],
        ["places", "iso_3166_2", "KG", "kgz-leph:kyrgyzstan", "kgz-leph", "Kyrgyzstan"],
    ]


def test_overlap_names_cases_that_country_year_data_hide():
    cases = [ROOT / "examples" / name for name in ("can-insite", "prt-dissuasion", "vnm-pmlsa")]

    found = policycase.overlap(cases).below_country

    assert found.to_numpy().tolist() == [
        ["can-insite", "CAN", 1, 1, "Downtown Eastside (neighborhood)"],
        ["vnm-pmlsa", "VNM", 1, 1, "Two districts of Hanoi (not named) (unnamed area)"],
    ]


def test_overlap_counts_programs_in_a_part_of_their_country_beside_those_in_all_of_it():
    (row,) = policycase.overlap([ROOT]).below_country.itertuples()

    assert 0 < row.smaller < row.programs
    assert "Bishkek (city)" in row.places


def test_overlap_refuses_what_cannot_be_stacked(package: Path):
    edit(package / "data/goals.csv", ",3,reduce-crime,", ",3,public-order,")

    with pytest.raises(StackError, match="given twice with other content"):
        policycase.overlap([policycase.load(), package])


def test_dry_run_writes_nothing(capsys, tmp_path: Path):
    code = main(["stack", str(ROOT), str(ROOT / "examples/can-insite"), "--dry-run", "-o", str(tmp_path / "both")])

    out = capsys.readouterr().out
    assert code == 0
    assert "kgz-leph" in out
    assert "nothing was written" in out
    assert "Downtown" in out[out.index("which country-year data hide") :]
    assert list(tmp_path.iterdir()) == []
