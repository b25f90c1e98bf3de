"""Views for analysis, against answers worked out by hand from the tables."""

from pathlib import Path

import networkx as nx
import pandas as pd
import pytest
from copies import ROOT, edit

import policycase

KGZ = policycase.load()
SIX = policycase.stack([KGZ, *sorted((ROOT / "examples").iterdir())])
FRAMES = {
    "spells": policycase.spells,
    "panel": policycase.panel,
    "timeline": policycase.timeline,
    "ties": policycase.ties,
    "event_ties": policycase.event_ties,
    "goal_matrix": policycase.goal_matrix,
}


def rows(frame: pd.DataFrame, *columns: str) -> list[list[object]]:
    """The columns as plain lists: missing is None, days are text."""
    days = {name: frame[name].dt.strftime("%Y-%m-%d") for name in frame.select_dtypes("datetime").columns}
    plain = frame.assign(**days)[list(columns)].astype(object)
    return plain.where(plain.notna(), None).to_numpy().tolist()


@pytest.mark.parametrize("name", FRAMES)
def test_view_of_a_stack_holds_the_view_of_each_case(name: str):
    view = FRAMES[name]

    whole, own = view(SIX), view(KGZ)
    part = whole[whole["case_id"].eq("kgz-leph")].reset_index(drop=True)

    pd.testing.assert_frame_equal(part, own)
    without = {"usa-lead"} if name == "event_ties" else set()  # its source names no agency of an event
    assert set(whole["case_id"]) == set(SIX.case_ids) - without


@pytest.mark.parametrize("name", FRAMES)
def test_view_of_a_case_without_rows_has_its_columns_and_types(name: str, tmp_path: Path):
    empty = policycase.load(policycase.new("usa-lead", tmp_path / "empty"))

    found, full = FRAMES[name](empty), FRAMES[name](KGZ)

    assert len(found) == 0
    assert list(found) == list(full)
    assert (found.dtypes == full.dtypes).all()


def test_spells_of_needle_exchange_and_of_the_emergency():
    found = policycase.spells(KGZ).set_index("program_id").loc[["kgz-leph:nsp", "kgz-leph:emergency-regime"]]

    columns = ["place_id", "start_earliest", "start_latest", "end_earliest", "end_latest", "observed_until"]
    assert rows(found, *columns) == [
        ["kgz-leph:bishkek", "1999-01-01", "1999-12-31", None, None, "2021-12-31"],
        ["kgz-leph:osh", "1999-01-01", "1999-12-31", None, None, "2021-12-31"],
        ["kgz-leph:emergency-territories", "2020-03-25", "2020-03-25", "2020-05-10", "2020-05-10", "2021-12-31"],
    ]
    assert rows(found, "left_censored", "right_censored", "interval_censored") == [
        [False, True, True],
        [False, True, True],
        [False, False, False],
    ]


def test_spells_take_the_date_of_the_place_and_keep_a_program_without_one():
    found = policycase.spells(KGZ)

    assert len(found) == 17
    spread = found[found["place_id"].eq("kgz-leph:large-regions")]
    assert rows(spread, "program_id", "start", "start_latest") == [["kgz-leph:mmt", "[2002..]", None]]
    training = found[found["program_id"].eq("kgz-leph:police-training")]
    assert rows(training, "place_id", "left_censored", "right_censored", "interval_censored") == [
        [None, True, None, None]
    ]


def test_spells_say_how_each_is_censored():
    found = policycase.spells(KGZ)

    flags = ["left_censored", "right_censored", "interval_censored"]
    assert rows(found, "program_id", "place_id", *flags) == [
        [f"kgz-leph:{program}", place and f"kgz-leph:{place}", *censored]
        for program, place, *censored in [
            ("drug-initiative", "kyrgyzstan", True, True, False),
            ("nsp", "bishkek", False, True, True),
            ("nsp", "osh", False, True, True),
            ("nsp-prisons", "kyrgyzstan", False, None, True),
            ("mmt", "kyrgyzstan", False, True, True),
            ("mmt", "large-regions", False, True, True),
            ("mmt-pilot", "bishkek", False, None, True),
            ("mmt-pilot", "osh", False, None, True),
            ("mmt-pretrial", "kyrgyzstan", False, None, True),
            ("mmt-prisons", "kyrgyzstan", False, None, True),
            ("police-training", None, True, None, None),
            ("joint-regulation", None, True, None, None),
            ("covid-response", "kyrgyzstan", True, None, None),
            ("emergency-regime", "emergency-territories", False, False, False),
            ("dv-teams", "bishkek", False, None, True),
            ("joint-patrols", None, True, None, None),
            ("humanitarian-aid", None, True, None, None),
        ]
    ]


def test_spell_of_unknown_status_is_not_said_to_have_gone_on():
    found = policycase.spells(KGZ).set_index("program_id")

    flags = ["left_censored", "right_censored", "interval_censored"]
    assert rows(found.loc[["kgz-leph:nsp-prisons"]], "start", *flags) == [["[2000..2001]", False, None, True]]
    assert rows(found.loc[["kgz-leph:drug-initiative"]], "start", *flags) == [[None, True, True, False]]


def test_spell_with_a_start_open_to_the_past_is_left_censored_alone():
    found = policycase.spells(KGZ).query("program_id == 'kgz-leph:humanitarian-aid'")

    assert rows(found, "start", "left_censored", "interval_censored") == [["[..2020-03-25]", True, None]]


def test_spell_that_ended_without_a_date_is_interval_censored(package: Path):
    text = (package / "data/programs.csv").read_text()
    line = next(line for line in text.splitlines() if line.startswith("kgz-leph:nsp,"))
    edit(package / "data/programs.csv", line, line.replace(",ongoing,", ",ended,"))

    found = policycase.spells(policycase.load(package)).query("program_id == 'kgz-leph:nsp'")

    assert rows(found, "right_censored", "interval_censored") == [[False, True], [False, True]]


def test_planned_programs_have_no_spell_no_panel_and_no_tie():
    planned = {"gbr-svru:local-vrus", "gbr-svru:west-midlands-vru"}

    for name in ("spells", "panel", "ties"):
        assert set(FRAMES[name](SIX)["program_id"]) & planned == set()
    assert set(policycase.incidence(SIX).columns) & planned == set()


@pytest.mark.parametrize(
    ("program", "year", "activity"),
    [
        ("nsp", 1998, "not"),
        ("nsp", 1999, "certainly"),
        ("nsp", 2021, "certainly"),
        ("nsp-prisons", 1999, "not"),
        ("nsp-prisons", 2000, "possibly"),
        ("nsp-prisons", 2001, "possibly"),
        ("nsp-prisons", 2010, "possibly"),
        ("mmt-pilot", 2002, "certainly"),
        ("mmt-pilot", 2003, "possibly"),
        ("emergency-regime", 2019, "not"),
        ("emergency-regime", 2020, "certainly"),
        ("emergency-regime", 2021, "not"),
        ("police-training", 1991, "possibly"),
        ("drug-initiative", 2020, "possibly"),
        ("drug-initiative", 2021, "certainly"),
    ],
)
def test_panel_says_how_sure_a_year_is(program: str, year: int, activity: str):
    found = policycase.panel(KGZ).set_index(["program_id", "year"])["activity"]

    assert found[f"kgz-leph:{program}", year] == activity


def test_panel_knows_that_nothing_began_after_its_end(package: Path):
    edit(
        package / "data/programs.csv",
        ",police-training,,,,,,,,,unknown,",
        ",police-training,,,,,,2005,2005-01-01,2005-12-31,ended,",
    )

    years = policycase.panel(policycase.load(package)).query("program_id == 'kgz-leph:police-training'")

    assert rows(years[years["year"].between(2004, 2006)], "year", "activity") == [
        [2004, "possibly"],
        [2005, "certainly"],
        [2006, "not"],
    ]


def test_panel_by_quarter_is_active_in_the_two_that_the_emergency_touches():
    quarters = policycase.panel(KGZ, "Q").query("program_id == 'kgz-leph:emergency-regime'")

    active = quarters[quarters["activity"].eq("certainly")]
    assert [str(period) for period in active["period"]] == ["2020Q1", "2020Q2"]
    # from the third quarter of 1991 to the last of 2021
    assert len(quarters) == 2 + 30 * 4


def test_panel_has_a_row_for_each_program_and_year_of_the_case():
    found = policycase.panel(KGZ)

    assert len(found) == 14 * 31
    assert (found["year"].min(), found["year"].max()) == (1991, 2021)
    assert found["country"].unique().tolist() == ["KGZ"]
    assert found["activity"].dtype.ordered


def test_panel_by_month_knows_the_weeks_of_the_emergency():
    months = policycase.panel(KGZ, "M").query("program_id == 'kgz-leph:emergency-regime'")

    active = months[months["activity"].eq("certainly")]
    assert [str(period) for period in active["period"]] == ["2020-03", "2020-04", "2020-05"]
    assert set(months["activity"]) == {"not", "certainly"}


def test_panel_refuses_another_frequency():
    with pytest.raises(ValueError, match='freq is "W"; expected Y, Q or M'):
        policycase.panel(KGZ, "W")


def test_timeline_breaks_no_certain_order():
    found = policycase.timeline(SIX)

    seen = pd.Timestamp.min.as_unit("s")
    for row in found.itertuples(index=False):
        assert not row.latest < seen
        seen = max(seen, row.earliest) if row.earliest is not pd.NaT else seen
    assert len(found) == sum(
        SIX[table][side].notna().sum() for table in ("programs", "events") for side in ("start", "end")
    )


def test_timeline_holds_the_launch_and_both_ends_of_the_emergency():
    found = policycase.timeline(KGZ)

    chosen = found[found["record_id"].isin(["kgz-leph:nsp-launch", "kgz-leph:emergency-regime"])]
    assert rows(chosen, "record_id", "what", "kind", "occurrence", "date", "narrative") == [
        ["kgz-leph:nsp-launch", "point", "launch", "occurred", "1999", 13],
        ["kgz-leph:emergency-regime", "start", "emergency-regime", None, "2020-03-25", 29],
        ["kgz-leph:emergency-regime", "end", "emergency-regime", None, "2020-05-10", 29],
    ]


def test_timeline_marks_where_the_source_steps_back_in_time():
    found = policycase.timeline(KGZ)

    # p1s1 tells of 2021 and p1s2 of 1991; the emergency is told before the decree of the day before it
    assert rows(found[found["out_of_order"].fillna(value=False)], "record_id") == [
        ["kgz-leph:independence"],
        ["kgz-leph:decree"],
    ]


def test_timeline_of_what_only_other_sources_tell_has_no_place_in_the_narrative():
    found = policycase.timeline(KGZ).set_index("record_id")

    assert found.loc["kgz-leph:joint-order-2014", ["narrative", "out_of_order"]].tolist() == [pd.NA, pd.NA]


def test_ties_keep_the_promise_not_to_interfere():
    found = policycase.ties(KGZ)

    police = found[found["agency_id"].eq("kgz-leph:law-enforcement")]
    assert len(found) == 33
    assert "abstain" in set(police["role"])
    assert police["sector"].unique().tolist() == ["interior"]


def test_ties_of_the_police():
    found = policycase.ties(KGZ).query("agency_id == 'kgz-leph:law-enforcement'")

    assert rows(found, "agency_name", "agency_type", "program_name", "role") == [
        ["Law enforcement agencies", "police", program, role]
        for program, role in [
            ("Joint initiative on illegal drugs", "partner"),
            ("Needle exchange program", "refer"),
            ("Needle exchange program", "abstain"),
            ("Methadone maintenance therapy program", "refer"),
            ("Methadone maintenance therapy program", "abstain"),
            ("Training of law enforcement officers", "trainee"),
            ("Joint response to COVID-19", "partner"),
            ("State of emergency of 2020", "enforce"),
            ("Multidisciplinary mobile teams", "staff"),
            ("Joint patrols and prevention work", "implement"),
        ]
    ]


def test_incidence_counts_roles_and_co_ties_programs():
    matrix, shared = policycase.incidence(KGZ), policycase.co_ties(KGZ)

    assert matrix.shape == (24, 14)
    assert matrix.to_numpy().sum() == 33
    assert matrix.loc["kgz-leph:state-drug-control-service"].sum() == 0
    # the interior ministry takes part in needle exchange, in the joint rules and in the emergency: three programs
    assert shared.loc["kgz-leph:moi", "kgz-leph:moi"] == matrix.loc["kgz-leph:moi"].gt(0).sum() == 3
    assert shared.loc["kgz-leph:moi", "kgz-leph:moj"] == 1
    assert (shared == shared.T).to_numpy().all()


def test_matrices_of_a_stack_hold_those_of_each_case():
    agencies, programs = KGZ["agencies"]["agency_id"], policycase.incidence(KGZ).columns

    matrix, shared = policycase.incidence(SIX), policycase.co_ties(SIX)

    pd.testing.assert_frame_equal(matrix.loc[agencies, programs], policycase.incidence(KGZ))
    pd.testing.assert_frame_equal(shared.loc[agencies, agencies], policycase.co_ties(KGZ), check_names=False)
    assert matrix.loc[agencies].drop(columns=programs).to_numpy().sum() == 0


def test_network_of_a_stack_holds_that_of_each_case():
    whole, own = policycase.to_networkx(SIX), policycase.to_networkx(KGZ)

    part = whole.subgraph(own.nodes)

    assert nx.utils.graphs_equal(part, own)
    assert whole.number_of_nodes() == len(SIX["agencies"]) + len(SIX["programs"])


def test_network_holds_every_agency_program_and_role():
    graph = policycase.to_networkx(KGZ)

    assert nx.is_bipartite(graph)
    assert (graph.number_of_nodes(), graph.number_of_edges()) == (24 + 14, 33)
    assert graph.degree("kgz-leph:state-drug-control-service") == 0
    assert graph.nodes["kgz-leph:nsp"]["label"] == "Needle exchange program"


def test_goal_matrix_of_needle_exchange():
    found = policycase.goal_matrix(KGZ).query("program_id == 'kgz-leph:nsp'")

    columns = ["goal_type", "goals", "first_named", "program_who_pwid", "program_cofog", "goal_sdg"]
    assert rows(found, *columns) == [
        ["reduce-infection", 1, 1, "1", "07.4", "3.3"],
        ["social-inclusion", 1, 1, "1", "07.4", None],
        ["equal-rights", 1, 0, "1", "07.4", None],
        ["reduce-crime", 1, 1, "1", "07.4", None],
    ]


def test_goal_matrix_says_whose_goal_it_is():
    found = policycase.goal_matrix(KGZ)

    held = found[found["police_held"].gt(0)]
    assert rows(held, "program_id", "goal_type", "goals", "police_held", "health_held") == [
        ["kgz-leph:emergency-regime", "public-order", 1, 1, 0],
        ["kgz-leph:emergency-regime", "enforce-compliance", 2, 2, 0],
        [None, "reduce-drug-use", 1, 1, 0],
    ]


def test_goal_matrix_knows_a_goal_of_health(package: Path):
    edit(
        package / "data/goals.csv",
        "kgz-leph:regulation-goal-basis,kgz-leph,kgz-leph:joint-regulation,,",
        "kgz-leph:regulation-goal-basis,kgz-leph,kgz-leph:joint-regulation,kgz-leph:moh,",
    )

    found = policycase.goal_matrix(policycase.load(package)).query("health_held > 0")

    assert rows(found, "program_id", "goal_type", "health_held") == [["kgz-leph:joint-regulation", "legal-basis", 1]]


def test_goal_matrix_counts_every_aim():
    goals = SIX["goals"]

    assert policycase.goal_matrix(SIX)["goals"].sum() == len(goals) + goals["goal_type_2"].notna().sum()


def test_conditions_score_presence_and_absence_from_no_silence():
    found = policycase.conditions(SIX).set_index("case_id")

    assert found.loc["kgz-leph", ["role_abstain", "program_needle_syringe_program"]].tolist() == [1, 1]
    assert found["role_abstain"].isna().sum() == 5
    # the planned closure of the Vancouver site did not come; that of the Seattle pilot is only planned
    assert found.loc["can-insite", "event_termination"] == 0
    assert found.loc["usa-lead", "event_termination"] is pd.NA
    assert found.drop(columns="country").isin([0, 1]).sum().sum() == found.drop(columns="country").notna().sum().sum()
    assert [name for name in found if not name.isidentifier()] == []


def test_conditions_of_a_stack_are_those_of_the_case_beside_columns_of_others():
    whole, own = policycase.conditions(SIX), policycase.conditions(KGZ)

    part = whole[whole["case_id"].eq("kgz-leph")].reset_index(drop=True)

    pd.testing.assert_frame_equal(part[list(own)], own)
    assert part.drop(columns=list(own)).isna().all(axis=None)
    assert own.drop(columns=["case_id", "country"]).eq(1).all(axis=None)


def test_conditions_of_the_case():
    found = policycase.conditions(KGZ)

    present = {
        "program": "umbrella needle-syringe-program opioid-agonist-therapy police-training joint-regulation"
        " emergency-regime crisis-team patrol-and-outreach humanitarian-aid",
        "event": "sovereignty anniversary launch setting-expansion pilot place-expansion site-opening study-visit training"
        " legal-act emergency-start emergency-end body-created joint-operation continuity shortage",
        "goal": "reduce-drug-use other reduce-infection social-inclusion equal-rights reduce-crime reduce-health-harm"
        " reduce-social-harm build-partnership program-support legal-basis enforce-compliance public-order"
        " epidemic-control",
        "role": "partner refer abstain host lead train trainee regulate decree coordinate enforce staff implement mobilize",
        "sector": "interior health justice executive municipal social civil-society",
        "setting": "community prison pre-trial-detention nationwide subnational household",
        "population": "people-who-use-drugs people-who-inject-drugs people-in-prison police-officers general-public"
        " domestic-violence-victims marginalized-populations",
    }
    expected = {f"{kind}_{code.replace('-', '_')}" for kind, codes in present.items() for code in codes.split()}
    assert set(found) == {"case_id", "country", *expected}
    assert set(found[sorted(expected)].to_numpy().ravel()) == {1}


def test_condition_is_present_where_one_such_event_occurred_beside_a_cancelled_one(package: Path):
    edit(package / "data/events.csv", ",launch,occurred,kgz-leph:mmt,", ",launch,cancelled,kgz-leph:mmt,")

    found = policycase.conditions(policycase.load(package))

    assert found["event_launch"].tolist() == [1]


def test_spells_last_from_the_least_to_the_most_that_their_dates_allow():
    found = policycase.spells(SIX).set_index("program_id")
    columns = ["ended", "duration_years", "duration_shortest", "duration_longest"]

    days = {  # from middle to middle, least, most: with the first and the last day
        "kgz-leph:emergency-regime": (1, 47, 47, 47),  # 25 March to 10 May 2020
        "vnm-pmlsa:pmlsa": (1, 731.5, 367, 1096),  # 2018 to 2020
        "can-insite:insite": (0, 5221.5, 5207, None),  # September 2003, still running on the last day of 2017
        "kgz-leph:drug-initiative": (0, None, 1, None),  # running, start unknown
        "kgz-leph:nsp-prisons": (None, None, None, None),  # whether it ended is not known
    }
    assert {program: rows(found.loc[[program]], *columns)[0] for program in days} == {
        program: [ended, *(None if number is None else round(number / 365.25, 4) for number in spans)]
        for program, (ended, *spans) in days.items()
    }


def test_spell_that_ended_without_a_date_has_ended_and_lasted_at_least_a_day(package: Path):
    text = (package / "data/programs.csv").read_text()
    line = next(line for line in text.splitlines() if line.startswith("kgz-leph:nsp,"))
    edit(package / "data/programs.csv", line, line.replace(",ongoing,", ",ended,"))

    found = policycase.spells(policycase.load(package)).query("program_id == 'kgz-leph:nsp'")

    longest = round((pd.Timestamp("2021-12-31") - pd.Timestamp("1999-01-01")).days / 365.25 + 1 / 365.25, 4)
    columns = ["ended", "duration_years", "duration_shortest", "duration_longest"]
    assert rows(found, *columns) == [[1, None, round(1 / 365.25, 4), longest]] * 2


@pytest.mark.parametrize(
    ("freq", "period"), [("Y", ["1991", "1992"]), ("Q", ["1991Q3", "1991Q4"]), ("M", ["1991-08", "1991-09"])]
)
def test_panel_has_periods_that_stata_takes(tmp_path: Path, freq: str, period: list[str]):
    panel = policycase.panel(KGZ, freq)

    panel.to_stata(tmp_path / "panel.dta", write_index=False)

    assert pd.read_stata(tmp_path / "panel.dta")["period"].head(2).tolist() == period


def test_event_ties_name_each_role_of_an_agency_in_an_event():
    found = policycase.event_ties(KGZ)

    assert found["event_id"].tolist() == KGZ.event_agencies["event_id"].tolist()
    decree = found[found["event_id"].eq("kgz-leph:decree")]
    assert rows(decree, "agency_id", "role") == rows(
        KGZ.event_agencies.query("event_id == 'kgz-leph:decree'"), "agency_id", "role"
    )
    assert set(decree["event_type"]) == {KGZ.events.set_index("event_id")["event_type"]["kgz-leph:decree"]}
    assert found["agency_name"].notna().all()


def test_co_ties_of_a_case_without_rows_are_empty(tmp_path: Path):
    empty = policycase.load(policycase.new("usa-lead", tmp_path / "empty"))

    assert policycase.co_ties(empty).shape == (0, 0)
