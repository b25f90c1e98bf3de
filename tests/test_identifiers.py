"""Identifiers, each held to its standard at its widest, and marks of damage in texts."""

import json
from pathlib import Path

import pandas as pd
import pytest
from copies import ROOT, edit

import policycase
from policycase.model.identifiers import DOI, country, country_of_two, orcid
from policycase.validation.rules.values import IDENTIFIERS


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("doi", "10.1002/(SICI)1097-0258(19980815/30)17:15/16<1661::AID-SIM968>3.0.CO;2-2"),
        ("doi", "10.1000.10/123"),
        ("doi", "10.35502/JCSWB.256"),
        ("doi", "10.1577/1548-8640(1967)29[18:T]2.0.CO;2"),
        ("doi", "10.12345/été"),
        ("language", "ky-Cyrl"),
        ("language", "zh-min-nan"),
        ("language", "sl-rozaj-biske"),
        ("language", "EN"),
        ("language", "de-x-own"),
        ("wikidata", "Q9361"),
    ],
)
def test_identifier_of_its_standard_is_taken(kind: str, text: str):
    assert IDENTIFIERS[kind][0](text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [("doi", "doi:10.1234/x"), ("doi", "10.123/x"), ("doi", "10.1234/"), ("doi", "10.1234/a b"),
     ("language", "english"), ("language", "en_US"), ("language", "xx"), ("language", "en-"),
     ("wikidata", "Q0"), ("wikidata", "q9361")],
)  # fmt: skip
def test_what_is_no_identifier_is_refused(kind: str, text: str):
    assert not IDENTIFIERS[kind][0](text)


def test_schema_and_code_have_one_pattern_of_a_doi():
    schema = json.loads((ROOT / "schemas/sources.schema.json").read_text(encoding="utf-8"))
    (field,) = [field for field in schema["fields"] if field["name"] == "doi"]

    assert field["constraints"]["pattern"] == f"^{DOI.pattern}$"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("https://orcid.org/0000-0002-1825-0097", "0000-0002-1825-0097"),
        ("http://www.orcid.org/0000-0002-9079-593x/", "0000-0002-9079-593X"),
        ("https://orcid.org/0000-0002-1825-0079", ""),
        ("https://example.org/0000-0002-1825-0097", ""),
    ],
)
def test_orcid_is_held_to_its_check_character(path: str, expected: str):
    assert orcid(path) == expected


def test_countries_are_those_of_today_former_states_and_kosovo():
    assert [country(code).alpha_2 for code in ("KGZ", "XKX", "SUN", "YUG", "DDR")] == ["KG", "XK", "SU", "YU", "DD"]
    assert country_of_two("XK").name == "Kosovo"
    assert (country("ZZZ"), country_of_two("XX")) == (None, None)


def _found(root: Path, table: str, column: str, value: str) -> list[tuple[str, str, str]]:
    file = root / f"data/{table}.csv"
    frame = pd.read_csv(file, dtype=str, keep_default_na=False)
    frame.loc[0, column] = value
    frame.to_csv(file, index=False, lineterminator="\n")
    report = policycase.validate(root)
    return [(found.rule, found.severity, found.message) for found in report.found if found.field == column]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("agencies", "name", "Caf\ufffd"),
        ("agencies", "name", "Caf\ue0e9"),
        ("claims", "statement", "#NAME?"),
        ("goals", "statement", "Lamps #REF! and oil"),
        ("programs", "note", "#N/A"),
        ("programs", "note", "#####"),
        ("programs", "note", "Err:502"),
        ("events", "summary", "Text._x000D_"),
        ("programs", "note", "CafÃ©"),
        ("programs", "note", "lamps &amp; oil"),
        ("passages", "page", "4-Mar"),
        ("passages", "page", "Mar-04"),
        ("passages", "page", "2004-03-04 00:00:00"),
        ("passages", "page", "1.2E+05"),
    ],
)
def test_damaged_text_is_a_finding(lamps: Path, table: str, column: str, value: str):
    assert [rule for rule, *_ in _found(lamps, table, column, value)] == ["text-is-not-damaged"]


@pytest.mark.parametrize(
    "value",
    [
        "Đường Trần Hưng Đạo",
        "Škoda & Søn",
        "À la carte?",
        "Ålesund × 2",
        "“Lamps” – oil",
        "#1 of 3",
        "_x_",
        "AT&T",
        "S34–S35",
        "Мэрия",
    ],
)
def test_text_of_any_language_is_not_damaged(lamps: Path, value: str):
    assert _found(lamps, "programs", "note", value) == []


@pytest.mark.slow
@pytest.mark.parametrize("value", ["NA", "NULL", "None", "nan", "n/a", "-", "unknown"])
def test_word_for_nothing_is_a_warning(lamps: Path, value: str):
    assert [found[:2] for found in _found(lamps, "programs", "name_local", value)] == [
        ("text-is-no-word-for-nothing", "warning")
    ]


@pytest.mark.slow
@pytest.mark.parametrize("value", ["می\u200cخواهم", "क्\u200dष", "ශ්\u200dරී", "മലയാളം"])
def test_character_that_joins_letters_of_its_script_is_text(lamps: Path, value: str):
    assert _found(lamps, "programs", "name_local", value) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "value", ["a\u200db", "می\u200c", "a\U000e0041b", "a\u2800b", "\u3164", "a\u00adb", "a\ufff9b", "a\u2066b"]
)
def test_character_that_shows_nothing_is_a_finding(lamps: Path, value: str):
    assert [found[0] for found in _found(lamps, "programs", "name_local", value)] == [
        "text-has-no-control-or-edge-space"
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("goals", "case_id", "bvt-lamps\u00a0"),
        ("programs", "program_id", "bvt-lamps:lamp-posts\u00a0"),
        ("goals", "holder_agency_id", "bvt-l\u200bamps:lamp-office"),
        ("goals", "goal_type", "reduce-health-harm "),
        ("events", "start", "1999~ "),
    ],
)
def test_space_in_a_cell_is_one_finding_with_all_that_follows(lamps: Path, table: str, column: str, value: str):
    _found(lamps, table, column, value)

    (finding,) = policycase.validate(lamps).found

    assert (finding.rule, finding.field, finding.hint) == ("text-has-no-control-or-edge-space", column, "take it out")


@pytest.mark.slow
@pytest.mark.parametrize(
    "value", ["1e3", "+5", "０１", "1_000", ".5", "5.", "0x10", "١٢", "1,5", "1 000", "½", "Infinity"]
)
def test_number_in_another_form_is_one_finding(lamps: Path, value: str):
    found = _found(lamps, "figures", "value", value)

    assert found == [("cell-has-its-plain-form", "error", f'value is "{value}"; expected a number such as 12 or 0.5')]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("table", "column"), [("goals", "goal_type"), ("events", "start"), ("figures", "value"), ("goals", "goal_id")]
)
def test_message_quotes_the_beginning_of_a_very_long_cell(lamps: Path, table: str, column: str):
    _found(lamps, table, column, "bvt-lamps:" + "1" * 100_000)

    assert {finding.path for finding in policycase.validate(lamps).found}
    assert max(len(str(finding)) for finding in policycase.validate(lamps).found) < 1000


def test_no_hint_suggests_a_malformed_id(lamps: Path):
    _found(lamps, "programs", "program_id", "bvt-lamps:lamp-postsé")

    hints = [finding.hint for finding in policycase.validate(lamps).found]

    assert hints
    assert not any("postsé" in hint for hint in hints)


def test_message_shows_how_texts_that_look_alike_differ(lamps: Path):
    found = _found(lamps, "programs", "name_local", "Fyrva\u030ag")

    assert found == [
        ("text-is-composed", "warning", r"name_local is 'Fyrva\u030ag'; expected 'Fyrv\xe5g'"),
    ]


def test_code_that_differs_only_by_normalization_shows_it(lamps: Path):
    edit(lamps / "data/goals.csv", ",equal-rights,", ",equ\uff41l-rights,")

    (hint,) = {found.hint for found in policycase.validate(lamps).found if found.rule == "code-is-in-vocabulary"}

    assert hint == r"did you mean 'equal-rights'? here it is 'equ\uff41l-rights'"


def test_names_that_differ_only_by_normalization_are_a_finding(lamps: Path):
    edit(lamps / "data/agencies.csv", ",Board of Light,", ",Fyrv\u00e5g,")
    (finding,) = [one for one in _found(lamps, "agencies", "name", "Fyrva\u030ag") if one[0].startswith("equal")]

    assert finding[1:] == ("error", r"name is 'Fyrv\xe5g'; another row has 'Fyrva\u030ag', which looks the same")
