"""What a coder gets: whole, in one text, with no example from the case to be coded."""

import json
import re
from pathlib import Path

import pytest
import yaml
from copies import ROOT, copy_lamps

import policycase
from policycase.analysis.agreement import EXAMPLE_PASSAGES
from policycase.cli.main import main
from policycase.coding.coding_file import coded_tables, coding_text, names_in_order
from policycase.coding.instructions import TEMPLATES, instructions
from policycase.errors import UnknownNameError
from policycase.model.profile import Profile
from policycase.storage.locations import SHIPPED, shipped_cases

PROFILE = Profile.read(ROOT)
IN_RULES = {"Scotland", "Vancouver", "British Columbia", "Canada"}  # named by a rule or a definition itself
CODED = [PROFILE.tables["cases"], *coded_tables(PROFILE)]


def test_instructions_hold_every_field_and_code_that_a_coder_decides():
    text = instructions(PROFILE, "fra-example")

    fields = {name for table in CODED for name in names_in_order(table)}
    used = {table.fields[name].vocabulary for table in CODED for name in names_in_order(table)} - {""}
    assert {table.name for table in CODED} <= set(re.findall(r"^### (\w+)$", text, re.MULTILINE))
    assert fields <= set(re.findall(r"^- `(\w+)`", text, re.MULTILINE))
    for row in PROFILE.codes:
        if row["vocabulary"] in used:
            assert f"| `{row['code']}` | {row['definition']} | {row['use_when']} | {row['not_when']} |" in text


def test_instructions_hold_the_rules_and_no_figures_of_other_coders():
    text = instructions(PROFILE, "fra-example")

    sections = (ROOT / "CODING.md").read_text(encoding="utf-8").split("\n## ")[1:]
    kept = [section for section in sections if not section.startswith("Second coders")]
    assert len(sections) == len(kept) + 1
    assert [section for section in kept if section.strip() not in text] == []
    assert "Round 3" not in text
    assert "schemas/coding.schema.json" in text


def test_example_is_how_the_invented_case_is_coded(tmp_path: Path):
    coded = yaml.safe_load(coding_text(policycase.load(copy_lamps(tmp_path / "lamps"))))["passages"]

    shown = yaml.safe_load((TEMPLATES / "example.yaml").read_text(encoding="utf-8"))["passages"]

    for passage in EXAMPLE_PASSAGES:  # a role rests on the passage of its link, so that support of its own is no help
        of_roles = [one for one in coded[passage].get("supports", ()) if ":role" in one]
        assert shown[passage] == coded[passage] | (
            {"supports": [one for one in coded[passage]["supports"] if one not in of_roles]} if of_roles else {}
        )


@pytest.mark.parametrize("case_id", shipped_cases())
def test_no_example_is_from_the_case_to_be_coded(case_id: str):
    case = policycase.load(case_id)

    text = instructions(PROFILE, case_id).partition("\n")[2]

    intro = "Names such as `usa-lead` are\nexample cases."
    text = text.replace(intro, "")
    names = {*case.places["name"], *case.programs["name"], case_id}
    assert {name for name in names if name in text} <= IN_RULES
    assert ("The Seattle pilot" in text) == (case_id == SHIPPED)
    assert "bvt-lamps" in text


def test_invented_case_gets_an_example_of_another_case():
    text = instructions(PROFILE, "bvt-lamps").partition("\n")[2]

    assert "bvt-lamps" not in text
    assert "Police Mediated Legal and Social Assistance" in text


def test_tables_can_be_chosen():
    text = instructions(PROFILE, "fra-example", ["goals"])

    tables = text.partition("## Tables and fields")[2].partition("## The form")[0]
    assert "Code these tables alone: `goals`." in text
    assert re.findall(r"^### (.+)$", tables, re.MULTILINE) == [
        "goals",
        *(f"Vocabulary {name}" for name in PROFILE.vocabularies if name in {"goal_type", "population"}),
    ]


def test_table_that_nobody_codes_is_refused():
    with pytest.raises(UnknownNameError, match="passages"):
        instructions(PROFILE, "fra-example", ["passages"])


@pytest.mark.parametrize(
    ("arguments", "case_id", "scope"),
    [
        (["examples/usa-lead", "--instructions"], "usa-lead", "every table"),
        (["goals", "examples/usa-lead", "--instructions"], "usa-lead", "`goals`"),
        (["--case", "fra-example", "--instructions", "goals", "events"], "fra-example", "`goals`, `events`"),
        (["examples/usa-lead", "--case", "fra-example", "--instructions"], "fra-example", "every table"),
    ],
)
def test_package_and_case_are_taken_as_elsewhere(
    arguments: list[str], case_id: str, scope: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(ROOT)

    code = main(["codebook", "--json", *arguments])

    found = json.loads(capsys.readouterr().out)
    assert code == 0
    assert found["case_id"] == case_id
    assert scope in found["instructions"].partition("## Rules")[0]
    assert found["schema"] == "schemas/coding.schema.json"


def test_without_a_package_no_case_is_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)

    code = main(["codebook", "--instructions"])

    assert code == 0
    assert capsys.readouterr().out.startswith("# Instructions for a coder: any case\n")
