"""The Kyrgyzstan case: the passages where a careless coder goes wrong."""

import os
from pathlib import Path

import pytest
from books import CASE

import policycase

PROGRAMS = CASE.programs.set_index("program_id")
EVENTS = CASE.events.set_index("event_id")
AGENCIES = CASE.agencies.set_index("agency_id")


def test_decree_is_the_day_before_the_emergency():
    assert EVENTS.loc["kgz-leph:decree", "start"] == "2020-03-24"
    assert EVENTS.loc["kgz-leph:emergency-begins", "start"] == "2020-03-25"
    assert PROGRAMS.loc["kgz-leph:emergency-regime", ["start", "end"]].tolist() == ["2020-03-25", "2020-05-10"]


def test_prisons_are_one_moment_between_two_years():
    row = PROGRAMS.loc["kgz-leph:nsp-prisons"]

    assert (row["start"], f"{row['start_earliest']:%F}", f"{row['start_latest']:%F}") == (
        "[2000..2001]",
        "2000-01-01",
        "2001-12-31",
    )


def test_expansion_has_an_order_and_no_date():
    for event in ("mmt-expansion", "mmt-sites", "mmt-pretrial-start", "mmt-prisons-start"):
        evidence = CASE.evidence_for(f"kgz-leph:{event}", "start")

        assert EVENTS.loc[f"kgz-leph:{event}", "start"] == "[2002..]"
        assert set(evidence["basis"]) == {"inferred"}


def test_undated_things_stay_undated():
    for event in ("training-sessions", "regulations-issued"):
        assert EVENTS.loc[[f"kgz-leph:{event}"], "start"].isna().all()


def test_what_answers_the_epidemic_is_not_older_than_it():
    response = PROGRAMS[PROGRAMS["parent_program_id"].eq("kgz-leph:covid-response")]

    assert len(response) == 3
    assert response["start_earliest"].ge("2020-01-01").all()
    assert EVENTS.loc[["kgz-leph:patrols", "kgz-leph:shortage"], "start"].tolist() == ["[2020..]"] * 2


def test_rows_of_other_sources_are_marked_and_in_no_program():
    others = EVENTS[EVENTS["attested_by"].eq("other-source")]

    assert EVENTS["attested_by"].value_counts().to_dict() == {"coded-source": 23, "other-source": 11}
    assert others["program_id"].isna().all()
    assert CASE.figures["attested_by"].eq("other-source").all()


def test_window_of_the_case_is_that_of_its_subject():
    assert CASE.cases[["start", "end"]].iloc[0].tolist() == ["1999", "2020-05-10"]


def test_police_both_refer_and_abstain():
    links = CASE.program_agencies
    police = links[(links["program_id"] == "kgz-leph:mmt") & (links["agency_id"] == "kgz-leph:law-enforcement")]

    assert set(police["role"]) == {"refer", "abstain"}


def test_generic_actors_are_no_ministries():
    generic = AGENCIES[AGENCIES["is_generic"]]

    assert {"kgz-leph:law-enforcement", "kgz-leph:public-health", "kgz-leph:health-experts-activists"} <= set(
        generic.index
    )
    assert "ministry" not in set(generic["agency_type"])
    assert AGENCIES["parent_agency_id"].isna().all()


def test_unnamed_places_stay_unnamed():
    unnamed = CASE.places[CASE.places["place_type"] == "unnamed-area"]

    assert unnamed[["iso_3166_2", "geonames_id", "wikidata_id"]].isna().all().all()
    assert {"kgz-leph:large-regions", "kgz-leph:emergency-territories"} <= set(unnamed["place_id"])


def test_footnote_qualifies_the_comparison_within_the_cis_only():
    def rests_on(claim: str) -> set[str]:
        return set(CASE.evidence_for(f"kgz-leph:{claim}")["passage_id"])

    assert "kgz-leph:fn1s1" in rests_on("claim-only-in-cis")
    assert "kgz-leph:fn1s1" not in rests_on("claim-only-in-central-asia")


def test_goals_are_in_the_order_of_the_article():
    goals = CASE.goals.set_index("program_id")["goal_type"]

    assert goals.loc["kgz-leph:nsp"].tolist() == ["reduce-infection", "social-inclusion", "reduce-crime"]
    assert goals.loc["kgz-leph:mmt"].tolist() == ["reduce-drug-use", "reduce-health-harm", "reduce-social-harm"]


def test_police_goal_has_a_holder_and_no_program():
    goal = CASE.goals.set_index("goal_id").loc["kgz-leph:police-goal-prevention"]

    assert goal["holder_agency_id"] == "kgz-leph:law-enforcement"
    assert goal.isna()["program_id"]


def test_what_ifs_keep_their_hedge():
    claims = CASE.claims.set_index("claim_id")

    assert claims.loc["kgz-leph:claim-not-stabilized", ["claim_type", "hedge"]].tolist() == [
        "counterfactual",
        "possible",
    ]
    assert claims.loc["kgz-leph:claim-worse-consequences", ["claim_type", "hedge"]].tolist() == [
        "counterfactual",
        "probable",
    ]


@pytest.mark.skipif("POLICYCASE_SOURCE" not in os.environ, reason="POLICYCASE_SOURCE names no copy of the article")
def test_article_holds_every_passage_and_the_package_none_of_its_words():
    source = Path(os.environ["POLICYCASE_SOURCE"])

    assert policycase.verify(CASE, {"": source}).passages["found"].sum() == 46
    assert policycase.validate(Path(__file__).parents[1], {"": source}).findings.empty
