"""The beginning of a case."""

import csv
import io
from pathlib import Path

import pytest

import policycase
from policycase.cli.main import main
from policycase.errors import UnreadableError


def test_new_case_is_valid_and_empty(tmp_path: Path):
    folder = policycase.new("usa-lead", tmp_path / "mine")

    case = policycase.load(folder)

    assert policycase.validate(folder).findings.empty
    assert all(len(case[name]) == 0 for name in case.profile.case_tables)
    assert (case.programs.dtypes == policycase.load().programs.dtypes).all()


@pytest.mark.parametrize("case_id", ["lead", "USA-lead", "usa", "zzz-lead", "usa_lead", "../usa-lead", "rom-police"])
def test_new_refuses_what_is_no_case_id(tmp_path: Path, case_id: str):
    with pytest.raises(UnreadableError, match="is not a case id"):
        policycase.new(case_id, tmp_path / "mine")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("case_id", ["xkx-drugs", "ddr-police", "sun-health", "yug-police"])
def test_new_case_can_be_of_kosovo_or_a_former_state(case_id: str, tmp_path: Path):
    folder = policycase.new(case_id, tmp_path / "mine")

    assert policycase.validate(folder).is_valid


def test_new_leaves_an_existing_folder_alone(tmp_path: Path):
    with pytest.raises(UnreadableError, match="exists"):
        policycase.new("usa-lead", tmp_path)


def test_passages_command_prints_rows_or_the_text(capsys, tmp_path: Path):
    source = tmp_path / "source.txt"
    source.write_text("First words here. Second words there.", encoding="utf-8")

    assert main(["passages", str(source), "--case", "usa-lead"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert main(["passages", str(source), "--case", "usa-lead", "--text"]) == 0

    assert [(row["passage_id"], row["source_id"]) for row in rows] == [
        ("usa-lead:p1s1", "usa-lead:source"),
        ("usa-lead:p1s2", "usa-lead:source"),
    ]
    assert capsys.readouterr().out == "usa-lead:p1s1  First words here.\nusa-lead:p1s2  Second words there.\n"


def test_new_case_comes_with_the_same_guide_for_coders(tmp_path: Path):
    guide = policycase.new("usa-lead", tmp_path / "mine") / "CODING.md"

    assert guide.read_bytes() == (Path(__file__).parents[1] / "CODING.md").read_bytes()
