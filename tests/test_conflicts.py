"""What other sources say, beside the coded values."""

from pathlib import Path

import pytest
from books import CASE
from copies import edit

import policycase

CONFLICTS = CASE.conflicts()


def rivals(record: str, field: str) -> dict[str, str]:
    rows = CONFLICTS[(CONFLICTS["record_id"] == f"kgz-leph:{record}") & (CONFLICTS["field"] == field)]
    return dict(zip(rows["rival_value"], rows["stance"], strict=True))


def test_prison_needle_exchange_has_three_rival_dates():
    assert rivals("nsp-prisons", "start") == {"2000": "refines", "2002-10": "contradicts", "2002": "contradicts"}


@pytest.mark.parametrize(
    ("record", "field", "rival", "coded_groups", "rival_groups", "status"),
    [
        ("nsp", "start", "2000", 2, 1, "qualified"),
        ("mmt", "start", "2001", 3, 1, "contested"),
        ("nsp-prisons", "start", "2002", 1, 1, "contested"),
        ("emergency-regime", "end", "2020-05-10", 4, 3, "uncontested"),
        ("decree", "legal_reference", "Decree UP No. 55", 1, 1, "refined"),
        ("independence", "start", "1991-08-31", 2, 1, "uncontested"),
    ],
)
def test_groups_are_counted_once_on_each_side(record, field, rival, coded_groups, rival_groups, status):
    rows = CONFLICTS[CONFLICTS["record_id"].eq(f"kgz-leph:{record}") & CONFLICTS["rival_value"].eq(rival)]
    row = rows[rows["field"] == field].iloc[0]

    assert (row["groups_for_coded"], row["groups_for_rival"], row["status"]) == (coded_groups, rival_groups, status)


def test_coauthor_of_the_article_counts_for_no_rival():
    row = CONFLICTS.set_index("record_id").loc["kgz-leph:claim-no-repression"]

    assert (row["stance"], row["status"], row["groups_for_rival"]) == ("qualifies", "qualified", 0)


def test_source_that_cannot_be_found_again_counts_for_nothing(package: Path):
    edit(package / "data/sources.csv", "10.36922/ghes.2536,https://doi.org/10.36922/ghes.2536,", ",,")

    found = policycase.load(package).conflicts().set_index(["record_id", "field", "rival_value"])
    row = found.loc[("kgz-leph:mmt", "start", "2001")]

    assert (row["stance"], row["status"], row["groups_for_rival"]) == ("contradicts", "uncontested", 0)


def test_not_found_is_not_taken_for_confirmed():
    sought = CONFLICTS[CONFLICTS["record_id"].eq("kgz-leph:study-visits") & CONFLICTS["stance"].eq("not-found")]

    assert sought["status"].tolist() == ["unchecked"]
    assert sought["sources"].tolist() == [""]


def test_coded_values_stay_what_the_article_says():
    programs = CASE.programs.set_index("program_id")["start"]

    assert programs[["kgz-leph:nsp", "kgz-leph:nsp-prisons", "kgz-leph:mmt"]].tolist() == [
        "1999",
        "[2000..2001]",
        "2002",
    ]


def test_rows_that_only_others_name_are_in_no_link():
    others = {
        "kgz-leph:naryn",
        "kgz-leph:at-bashi-district",
        "kgz-leph:decree-80",
        "kgz-leph:state-drug-control-service",
    }

    for table in CASE.profile.case_tables.values():
        if table.kind == "link":
            assert not others & set(CASE[table.name].to_numpy().ravel()), table.name


def test_territories_change_with_the_period():
    claims = CASE.claims[CASE.claims["record_id"] == "kgz-leph:emergency-regime--emergency-territories"]
    by_end = claims.groupby("end")["object_id"].agg(lambda ids: {one.split(":")[1] for one in ids})

    first = {"bishkek", "osh", "jalal-abad", "nookat-district", "kara-suu-district", "suzak-district"}
    assert by_end["2020-04-15"] == first
    assert by_end["2020-04-30"] == first | {"naryn", "at-bashi-district"}
    assert by_end["2020-05-10"] == {"bishkek", "osh", "jalal-abad", "at-bashi-district"}


def test_shares_add_up_and_follow_the_claims(package: Path):
    shares = CASE.crosschecks().set_index("status")

    assert shares["share"].sum() == pytest.approx(1)
    assert shares["statements"].ge(0).all()

    edit(
        package / "data/claims.csv",
        "kgz-leph:mmt,start,2001,,,,,,,,descriptive,none,contradicts",
        "kgz-leph:mmt,start,,,,,,,,,descriptive,none,adds",
    )
    changed = policycase.load(package).crosschecks().set_index("status")

    assert changed["statements"]["contested"] == shares["statements"]["contested"] - 1
    assert changed["statements"]["uncontested"] == shares["statements"]["uncontested"] + 1


def test_case_without_crosschecks_has_no_conflicts(package: Path):
    for name in ("claims", "sources"):
        file = package / "data" / f"{name}.csv"
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        file.write_text("".join(line for line in lines if ":check-" not in line), encoding="utf-8")

    case = policycase.load(package)

    assert case.conflicts().empty
    assert list(case.conflicts()) == list(CONFLICTS)
    assert case.crosschecks().set_index("status")["share"]["unchecked"] == 1
