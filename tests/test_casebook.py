"""What a researcher asks of a casebook."""

import pickle
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from books import CASE
from copies import edit

import policycase
from policycase.errors import UnknownNameError


def test_start_of_needle_exchange_rests_on_one_sentence():
    evidence = CASE.evidence_for("kgz-leph:nsp", "start")

    assert evidence["passage_id"].tolist() == ["kgz-leph:p3s3"]
    assert evidence[["page", "paragraph", "sentence", "basis"]].to_numpy().tolist() == [["S34", "p3", 3, "stated"]]


def test_evidence_without_a_field_is_all_of_the_record():
    fields = CASE.evidence_for("kgz-leph:emergency-regime")["field"].unique().tolist()

    assert fields == ["end", "parent_program_id", "record", "setting", "start", "status"]


def test_evidence_of_a_record_without_any_has_no_rows_and_the_same_columns():
    none = CASE.evidence_for("kgz-leph:geonames")

    assert none.empty
    assert list(none) == list(CASE.evidence_for("kgz-leph:nsp"))


def test_evidence_of_the_case_itself_goes_by_its_case_id():
    assert "kgz-leph:p3s3" in CASE.evidence_for("kgz-leph", "start")["passage_id"].tolist()


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: CASE["program"], 'no table "program" · did you mean "programs"'),
        (lambda: CASE.agencys, 'no table "agencys" · did you mean "agencies"'),
        (lambda: CASE.codebook("goal_typ"), 'did you mean "goal_type"'),
        (lambda: CASE.evidence_for("kgz-leph:nps"), 'no record "kgz-leph:nps" · did you mean "kgz-leph:nsp"'),
        (lambda: CASE.evidence_for("kgz-leph:nsp", "strat"), 'no field of programs "strat" · did you mean "start"'),
        (lambda: CASE.record("kgz-leph:mo"), 'no record "kgz-leph:mo"'),
        (lambda: CASE.join("programme"), 'did you mean "programs"'),
    ],
)
def test_unknown_name_names_the_nearest(ask, message: str):
    with pytest.raises(UnknownNameError, match=message):
        ask()


def test_tables_lead_with_the_four_that_a_reader_meets_first():
    assert CASE.tables[:4] == ["programs", "agencies", "events", "goals"]
    assert set(CASE.tables) <= set(dir(CASE))


def test_join_follows_keys_one_row_in_one_row_out():
    joined = CASE.join("program_agencies")

    assert joined["program_agency_id"].tolist() == CASE.program_agencies["program_agency_id"].tolist()
    row = joined.set_index("program_agency_id").loc["kgz-leph:mmt-pilot--osh-narcology-center--lead"]
    assert row[["program_name", "agency_name", "place_name"]].tolist() == [
        "Methadone pilot",
        "Osh Interregional Narcology Center",
        "Osh",
    ]
    assert row["program_type"] == "opioid-agonist-therapy"


@pytest.mark.parametrize("name", CASE.tables)
def test_join_works_for_every_table_without_two_columns_of_one_name(name: str):
    joined = CASE.join(name)

    assert len(joined) == len(CASE[name])
    assert joined.columns.is_unique


def test_codebook_tells_fields_and_codes():
    fields = CASE.codebook("programs").set_index("field")

    assert fields.loc["program_type", "codes"].startswith("needle-syringe-program, ")
    assert fields.loc["start", "description"].startswith("When the program began.")
    assert CASE.codebook("hedge")["code"].tolist() == ["none", "probable", "possible"]


def test_cite_names_the_package_and_the_article():
    text = CASE.cite()

    assert text.startswith("@misc{kgz-leph,")
    assert "@article{kgz-leph-article," in text
    assert "author = {Iriskulbekov, Erkinbek and Sadykov, Ilimbek}" in text
    assert "doi = {10.35502/jcswb.256}" in text


def test_cite_of_rows_leaves_out_sources_that_they_do_not_rest_on():
    assert "@article" in CASE.cite(CASE.goals)
    assert "@article" not in CASE.cite(CASE.goals.iloc[:0])


def test_repr_tells_what_is_there_and_what_to_try():
    assert repr(CASE).splitlines()[0] == "Casebook of 1 case"
    more = len(CASE.events) - len(CASE.coded.events)
    assert f"{len(CASE.coded.events)} events, {more} more named only by other sources" in repr(CASE)
    assert "evidence_for" in repr(CASE)
    assert "<table" in CASE._repr_html_()


def test_coverage_is_whole():
    rows, passages = CASE.coverage(), CASE.passage_coverage()

    assert (rows["rows_with_evidence"] == rows["rows_needing_evidence"]).all()
    assert (rows["values_with_evidence"] == rows["values_needing_evidence"]).all()
    assert rows["values_needing_evidence"].sum() > 100
    assert passages["passages"].tolist() == [46]
    assert passages["uncoded"].tolist() <= [12]


def test_coverage_tells_none_from_not_coded(lamps: Path):
    edit(lamps / "data/scope.csv", "note\n", "note\nbvt-lamps,claims,not-coded,\nbvt-lamps,goals,complete,\n")
    (lamps / "data/claims.csv").write_text((lamps / "data/claims.csv").read_text().split("\n")[0] + "\n")

    both = policycase.stack([CASE, lamps]).coverage().set_index(["case_id", "table"])["extent"]

    assert both["kgz-leph", "figures"] == "none"  # all its figures are other sources'
    assert both["bvt-lamps", "program_links"] == "none"
    assert both["bvt-lamps", "claims"] == "not-coded"
    assert both["bvt-lamps", "goals"] == "complete"
    assert pd.isna(both["bvt-lamps", "figures"])  # nothing is complete unless a row says so
    assert both.dtype == CASE.scope["extent"].dtype


def test_coverage_falls_when_evidence_goes():
    evidence = CASE.text["evidence"]
    frames = {**CASE.text.frames, "evidence": evidence[evidence["record_id"] != "kgz-leph:nsp"]}
    thinner = policycase.Casebook(replace(CASE.text, frames=frames), CASE.descriptor)

    programs = thinner.coverage().set_index("table").loc["programs"]

    assert programs["rows_needing_evidence"] - programs["rows_with_evidence"] == 1
    assert programs["values_needing_evidence"] - programs["values_with_evidence"] == 3


def test_casebook_can_be_pickled():
    assert pickle.loads(pickle.dumps(CASE)) == CASE  # noqa: S301 - our own bytes
