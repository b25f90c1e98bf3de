"""Views for analysis, against answers worked out by hand from the tables, and against every coded row of many cases."""

from collections.abc import Iterator
from pathlib import Path

import networkx as nx
import pandas as pd
import pytest
from books import CASE as KGZ
from books import SIX
from copies import copy_lamps, edit
from corpora import write_corpus

import policycase

VIEWS = {
    "spells": policycase.spells,
    "panel": policycase.panel,
    "timeline": policycase.timeline,
    "ties": policycase.ties,
    "event_ties": policycase.event_ties,
    "incidence": policycase.incidence,
    "co_ties": policycase.co_ties,
    "goal_matrix": policycase.goal_matrix,
}
FLAGS = ["left_censored", "right_censored", "interval_censored"]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> policycase.Casebook:
    """The made-up case of the fixtures."""
    return policycase.load(copy_lamps(tmp_path_factory.mktemp("lamps") / "bvt-lamps"))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> list[policycase.Casebook]:
    """Synthetic cases, made of all six."""
    return [policycase.load(folder) for folder in write_corpus(tmp_path_factory.mktemp("corpus"), 12)]


def rows(frame: pd.DataFrame, *columns: str) -> list[list[object]]:
    """The columns as plain lists: missing is None, days are text, ids have no prefix."""
    days = {name: frame[name].dt.strftime("%Y-%m-%d") for name in frame.select_dtypes("datetime").columns}
    plain = frame.assign(**days)[list(columns)].astype(object)
    listed = plain.where(plain.notna(), None).to_numpy().tolist()
    return [[cell.split(":", 1)[-1] if isinstance(cell, str) else cell for cell in row] for row in listed]


def record(frame: pd.DataFrame, local: str, column: str = "program_id") -> pd.DataFrame:
    """The rows of one record, by its id without the prefix."""
    return frame[frame[column].str.endswith(f":{local}")]


def activities(panel: pd.DataFrame, program: str) -> list[list[object]]:
    """The runs of equal activity of a program: first year, last year, activity."""
    found: list[list[object]] = []
    for year, activity in rows(record(panel, program), "year", "activity"):
        if found and found[-1][2] == activity:
            found[-1][1] = year
        else:
            found.append([year, year, activity])
    return found


# every view


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("others", [False, True])
def test_view_of_a_stack_holds_the_view_of_each_case(name: str, others: bool):
    view = VIEWS[name]

    whole, own = view(SIX, others=others), view(KGZ, others=others)
    part = whole[whole["case_id"].eq("kgz-leph")].reset_index(drop=True)

    pd.testing.assert_frame_equal(part, own)
    without = {"usa-lead"} if name == "event_ties" else set()  # its source names no agency of an event
    assert set(whole["case_id"]) == set(SIX.case_ids) - without


@pytest.mark.slow
@pytest.mark.parametrize("name", [*VIEWS, "conditions"])
def test_view_of_a_case_without_rows_has_its_columns_and_types(name: str, tmp_path: Path):
    empty = policycase.load(policycase.new("usa-lead", tmp_path / "empty"))
    view = getattr(policycase, name)

    found, full = view(empty), view(KGZ)

    assert len(found) == 0
    assert list(found) == (["case_id", "country"] if name == "conditions" else list(full))
    assert (found.dtypes == full.dtypes[list(found)]).all()


def test_planned_programs_have_no_spell_no_panel_and_no_tie():
    planned = set(SIX.programs.query("status == 'planned'")["program_id"])

    assert len(planned) == 2
    for name in ("spells", "panel", "ties", "incidence"):
        assert set(VIEWS[name](SIX)["program_id"]) & planned == set()


# what the coded source itself says


def test_coded_keeps_the_rows_of_the_coded_source():
    coded, events = KGZ.coded, KGZ.events

    assert coded.events["event_id"].tolist() == events.query("attested_by == 'coded-source'")["event_id"].tolist()
    assert 0 < len(coded.events) < len(events)
    assert set(coded.claims["source_id"].dropna()) == {"kgz-leph:article"}
    assert set(coded.sources["source_use"]) == {"coded", "identifier"}
    assert coded.coded == coded


@pytest.mark.slow
def test_coded_rows_point_at_nothing_that_is_left_out(corpus: list[policycase.Casebook]):
    for book in [SIX, *corpus]:
        coded = book.coded
        ids = {one for table in book.profile.case_tables.values() if table.key for one in coded[table.name][table.key]}
        gone = {
            one for table in book.profile.case_tables.values() if table.key for one in book[table.name][table.key]
        } - ids
        cells = {
            cell
            for name in coded.profile.case_tables
            for column in coded[name]
            for cell in coded[name][column].astype("str")
        }
        assert cells & gone == set()


def test_coded_row_loses_its_reference_to_a_row_of_other_sources(lamps: Path):
    edit(lamps / "data/events.csv", "cancelled,bvt-lamps:night-watch,", "cancelled,bvt-lamps:door-lamps,")
    line = next(one for one in (lamps / "data/programs.csv").read_text().splitlines() if ":door-lamps," in one)
    edit(lamps / "data/programs.csv", line, line.replace("coded-source", "other-source"))

    coded = policycase.load(lamps).coded

    assert "bvt-lamps:door-lamps" not in set(coded.programs["program_id"])
    assert rows(record(coded.events, "ball", "event_id"), "event_id", "program_id") == [["ball", None]]
    assert set(coded.evidence.query("record_id == 'bvt-lamps:ball'")["field"]) & {"program_id"} == set()


# spells


def test_spells_of_the_made_up_case(book: policycase.Casebook):
    found = policycase.spells(book)

    columns = ["program_id", "place_id", "status", "start", "start_earliest", "start_latest", "end", "end_latest"]
    assert rows(found, *columns, *FLAGS) == [
        ["lamp-posts", "fyrvag", None, None, "1999-01-01", None, None, None, False, None, True],
        ["lamp-posts", "windward-shore", None, "1999~", "1999-01-01", "1999-12-31", None, None, False, None, True],
        ["night-watch", "fyrvag", "ended", None, "2001-03-01", None, None, "2008-12-31", False, False, True],
        ["quay-watch", "fyrvag", None, None, "2003-01-01", None, None, None, False, None, True],
        ["door-lamps", None, None, None, None, None, None, None, True, None, None],
    ]
    assert found["observed_until_earliest"].eq(pd.Timestamp("2012-01-01")).all()
    assert found["observed_until_latest"].eq(pd.Timestamp("2012-12-31")).all()


def test_spells_of_the_case():
    found = policycase.spells(KGZ)

    columns = ["place_id", "within_place_id", "status", "start", "start_latest", "end", "observed_until_latest"]
    assert rows(record(found, "mmt"), *columns, *FLAGS) == [
        ["kyrgyzstan", None, "ongoing", "2002", "2002-12-31", None, "2022-12-31", False, True, True],
        ["large-regions", "kyrgyzstan", None, "[2002..]", None, None, "2022-12-31", False, None, True],
    ]
    assert rows(record(found, "emergency-regime"), *columns, *FLAGS) == [
        ["emergency-territories", None, "ended", "2020-03-25", "2020-03-25", "2020-05-10", "2022-12-31", *[False] * 3]
    ]
    assert rows(record(found, "police-training"), *columns, *FLAGS) == [[*[None] * 6, "2022-12-31", True, None, None]]


def test_spell_that_goes_on_in_one_place_and_ended_in_another(lamps: Path):
    for place, status in (("fyrvag", "ended"), ("windward-shore", "ongoing")):
        line = next(
            one
            for one in (lamps / "data/program_places.csv").read_text().splitlines()
            if one.startswith(f"bvt-lamps:lamp-posts--{place},")
        )
        edit(lamps / "data/program_places.csv", line, f"{line[:-1]}{status},")
    case = policycase.load(lamps)

    found = record(policycase.spells(case), "lamp-posts")
    years = policycase.panel(case, unit="place").query("year == 2012")

    assert rows(found, "place_id", "status", *FLAGS) == [
        ["fyrvag", "ended", False, False, True],
        ["windward-shore", "ongoing", False, True, True],
    ]
    assert rows(record(years, "lamp-posts"), "place_id", "activity") == [
        ["fyrvag", "possibly"],
        ["windward-shore", "certainly"],
    ]


def test_status_holds_when_the_source_that_states_it_was_published():
    found = policycase.spells(SIX).set_index("program_id")["observed_until_latest"]

    published = SIX.sources.set_index("source_id")["published_latest"]
    assert found["kgz-leph:mmt-pilot"].eq(published["kgz-leph:article"]).all()
    # of the sources of another case, the one whose passages report the program
    assert found["gbr-svru:cirv"] == published["gbr-svru:wikipedia"]


# panel


def test_panel_of_the_made_up_case(book: policycase.Casebook):
    found = policycase.panel(book)

    assert found["program_id"].unique().tolist() == [
        f"bvt-lamps:{name}" for name in ("lamp-posts", "night-watch", "door-lamps")
    ]
    # the case begins somewhere in the 1990s; the lamp posts were at work when the source was published, in 2012
    assert activities(found, "lamp-posts") == [[1990, 1998, "not"], [1999, 2012, "certainly"]]
    assert activities(found, "night-watch") == [[1990, 2000, "not"], [2001, 2008, "certainly"], [2009, 2012, "not"]]
    assert activities(found, "door-lamps") == [[1990, 2012, None]]


def test_panel_of_the_parts_of_the_made_up_case(book: policycase.Casebook):
    leaf, every = policycase.panel(book, parts="leaf"), policycase.panel(book, parts="all")

    assert set(leaf["program_id"]) == {f"bvt-lamps:{name}" for name in ("lamp-posts", "quay-watch", "door-lamps")}
    assert every["program_id"].nunique() == 4
    # the source gives no end of the post on the quays
    assert activities(leaf, "quay-watch") == [[1990, 2002, "not"], [2003, 2004, "possibly"], [2005, 2012, None]]
    assert rows(record(leaf, "quay-watch").head(1), "parent_program_id") == [["night-watch"]]


def test_panel_of_places_of_the_made_up_case(book: policycase.Casebook):
    found = policycase.panel(book, unit="place")

    # the rounds have their dates from the program: when they began and ended in the town is not stated
    assert activities(found, "night-watch") == [[1990, 2000, "not"], [2001, 2008, "possibly"], [2009, 2012, "not"]]
    assert rows(found.query("year == 2005"), "program_id", "place_id") == [
        ["lamp-posts", "fyrvag"],
        ["lamp-posts", "windward-shore"],
        ["night-watch", "fyrvag"],
        ["door-lamps", None],
    ]


def test_panel_of_the_case():
    found = policycase.panel(KGZ)

    assert activities(found, "nsp") == [[1999, 2022, "certainly"]]
    assert activities(found, "mmt") == [[1999, 2001, "not"], [2002, 2022, "certainly"]]
    assert activities(found, "emergency-regime") == [
        [1999, 2019, "not"],
        [2020, 2020, "certainly"],
        [2021, 2022, "not"],
    ]
    assert activities(found, "joint-patrols") == [[1999, 2019, "not"], [2020, 2022, "possibly"]]
    assert activities(found, "police-training") == [[1999, 2022, None]]
    assert found["activity"].dtype.ordered


def test_panel_counts_each_program_once():
    found = policycase.panel(SIX)
    programs = SIX.programs.set_index("program_id")

    assert not found.duplicated(["program_id", "period"]).any()
    assert set(found["program_type"]) & {"umbrella"} == set()
    inside = found["parent_program_id"].dropna()
    assert set(programs.loc[inside, "program_type"]) == {"umbrella"}
    ours = found.query("case_id == 'kgz-leph' and year == 2020")
    assert sorted(program for (program,) in rows(ours, "program_id")) == [
        "dv-teams", "emergency-regime", "humanitarian-aid", "joint-patrols", "joint-regulation", "mmt", "nsp", "police-training",
    ]  # fmt: skip


def test_nothing_of_the_response_to_the_epidemic_is_possible_before_it():
    found = policycase.panel(KGZ, parts="all")
    response = [
        "kgz-leph:covid-response",
        *KGZ.programs.query("parent_program_id == 'kgz-leph:covid-response'")["program_id"],
    ]

    before = found[found["program_id"].isin(response) & found["year"].lt(2020)]

    assert len(response) == 4
    assert set(before["activity"]) == {"not"}


def test_panel_knows_that_nothing_began_after_its_end(lamps: Path):
    edit(lamps / "data/programs.csv", "household,,,,,,,,unknown,", "household,,,,,2005,2005-01-01,2005-12-31,ended,")

    found = policycase.panel(policycase.load(lamps))

    assert activities(found, "door-lamps") == [[1990, 2004, None], [2005, 2005, "certainly"], [2006, 2012, "not"]]


def test_panel_by_month_and_quarter_knows_the_weeks_of_the_emergency():
    months, quarters = (record(policycase.panel(KGZ, freq=freq), "emergency-regime") for freq in ("M", "Q"))

    active = {
        each: [str(period) for period in frame[frame["activity"].eq("certainly")]["period"]]
        for each, frame in (("M", months), ("Q", quarters))
    }
    assert active == {"M": ["2020-03", "2020-04", "2020-05"], "Q": ["2020Q1", "2020Q2"]}
    assert set(months["activity"]) == {"not", "certainly"}


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"freq": "W"}, 'freq is "W"; expected Y, Q or M'),
        ({"unit": "city"}, 'unit is "city"; expected program or place'),
        ({"parts": "half"}, 'parts is "half"; expected whole, leaf or all'),
    ],
)
def test_panel_refuses_what_it_does_not_know(choice: dict[str, str], message: str):
    with pytest.raises(ValueError, match=message):
        policycase.panel(KGZ, **choice)


# timeline


def test_timeline_breaks_no_certain_order():
    found = policycase.timeline(SIX, others=True)

    seen = pd.Timestamp.min.as_unit("s")
    for row in found.itertuples(index=False):
        assert not row.latest < seen
        seen = max(seen, row.earliest) if row.earliest is not pd.NaT else seen
    assert len(found) == sum(
        SIX[table][side].notna().sum() for table in ("programs", "events") for side in ("start", "end")
    )


def test_timeline_of_the_made_up_case(book: policycase.Casebook):
    found = policycase.timeline(book)

    assert rows(found, "record_id", "what", "date", "occurrence")[:5] == [
        ["lamp-posts", "start", "1999~", None],
        ["posts-raised", "point", "1999~", "occurred"],
        ["night-watch", "start", "2001-03-01", None],
        ["watch-charter", "point", "2001-03-01", "occurred"],
        ["watch-launch", "point", "2001-03-01", "occurred"],
    ]
    assert rows(found, "record_id", "what", "date", "occurrence")[-2:] == [
        ["ball", "point", "2011-06", "cancelled"],
        ["posts-2031", "point", "2031", "planned"],
    ]


def test_timeline_holds_the_launch_and_both_ends_of_the_emergency():
    found = policycase.timeline(KGZ)

    chosen = found[found["record_id"].isin(["kgz-leph:nsp-launch", "kgz-leph:emergency-regime"])]
    assert rows(chosen, "record_id", "what", "kind", "occurrence", "date") == [
        ["nsp-launch", "point", "launch", "occurred", "1999"],
        ["emergency-regime", "start", "emergency-regime", None, "2020-03-25"],
        ["emergency-regime", "end", "emergency-regime", None, "2020-05-10"],
    ]
    backwards = found[found["out_of_order"].fillna(value=False)]
    # p1s1 speaks of 2021 and p1s2 of 1991
    assert ["independence"] in rows(backwards, "record_id")


def test_timeline_has_what_only_other_sources_report_when_asked():
    own, every = policycase.timeline(KGZ), policycase.timeline(KGZ, others=True).set_index("record_id")

    assert set(own["attested_by"]) == {"coded-source"}
    assert every.loc["kgz-leph:joint-order-2014", ["attested_by", "narrative", "out_of_order"]].tolist() == [
        "other-source",
        pd.NA,
        pd.NA,
    ]
    assert len(every) > len(own)


# networks


def test_ties_of_the_police():
    found = policycase.ties(KGZ).query("agency_id == 'kgz-leph:law-enforcement'")

    assert [tuple(pair) for pair in rows(found, "program_id", "role")] == [
        ("drug-initiative", "partner"),
        ("nsp", "refer"),
        ("nsp", "abstain"),
        ("mmt", "refer"),
        ("mmt", "abstain"),
        ("police-training", "trainee"),
        ("covid-response", "partner"),
        ("emergency-regime", "enforce"),
        ("dv-teams", "staff"),
        ("joint-patrols", "implement"),
    ]


def test_ties_without_generic_agencies():
    named = policycase.ties(KGZ, generic=False)

    assert rows(record(named, "nsp"), "agency_id", "role") == [
        ["moh", "partner"],
        ["moj", "partner"],
        ["moi", "partner"],
    ]
    assert not named["is_generic"].any()
    assert len(named) < len(policycase.ties(KGZ)) / 2


def test_incidence_and_co_ties_of_the_made_up_case(book: policycase.Casebook):
    found, shared = policycase.incidence(book), policycase.co_ties(book)

    assert rows(found, "agency_id", "program_id", "roles") == [
        ["lamp-office", "lamp-posts", 1],
        ["watch-force", "night-watch", 1],
        ["council", "night-watch", 1],
        ["na", "night-watch", 2],
        ["watch-force", "quay-watch", 1],
        ["light-board", "lamp-posts", 1],
    ]
    assert rows(shared, "agency_id", "other_agency_id", "programs") == [
        ["lamp-office", "light-board", 1],
        ["watch-force", "council", 1],
        ["watch-force", "na", 1],
        ["council", "na", 1],
    ]


def test_incidence_and_co_ties_of_the_case():
    found, shared = policycase.incidence(KGZ), policycase.co_ties(KGZ)

    assert found["roles"].sum() == len(policycase.ties(KGZ))
    assert rows(record(found, "moi", "agency_id"), "program_id") == [["nsp"], ["joint-regulation"]]
    # both ministries take part in needle exchange and in the joint rules
    pair = shared.query("agency_id == 'kgz-leph:moh' and other_agency_id == 'kgz-leph:moi'")
    assert rows(pair, "programs") == [[2]]
    assert found["roles"].gt(0).all()


def test_network_of_a_stack_holds_that_of_each_case():
    whole, own = policycase.to_networkx(SIX), policycase.to_networkx(KGZ)

    part = whole.subgraph(own.nodes)

    assert nx.utils.graphs_equal(part, own)
    assert whole.number_of_nodes() == len(SIX.coded["agencies"]) + len(SIX.coded["programs"])


def test_network_holds_every_agency_program_and_role():
    graph, every = policycase.to_networkx(KGZ), policycase.to_networkx(KGZ, others=True)

    assert nx.is_bipartite(graph)
    assert graph.number_of_nodes() == len(KGZ.coded.agencies) + len(KGZ.coded.programs)
    assert graph.number_of_edges() == len(KGZ.program_agencies)
    assert graph.nodes["kgz-leph:nsp"]["label"] == "Needle exchange program"
    assert every.degree("kgz-leph:state-drug-control-service") == 0
    assert "kgz-leph:state-drug-control-service" not in graph


# goals


def test_goal_matrix_of_the_made_up_case(book: policycase.Casebook):
    found = policycase.goal_matrix(book)

    columns = ["program_id", "goal_type", "goals", "first_named", "police_held", "health_held"]
    assert rows(found, *columns) == [
        ["lamp-posts", "reduce-health-harm", 1, 1, 0, 0],
        ["lamp-posts", "social-inclusion", 1, 1, 0, 0],
        ["night-watch", "reduce-crime", 1, 0, 0, 0],
        ["night-watch", "public-order", 1, 1, 0, 0],
        [None, "equal-rights", 1, 1, 0, 0],
    ]


def test_goal_matrix_of_the_case():
    found = policycase.goal_matrix(KGZ)

    columns = ["goal_type", "goals", "first_named", "police_held", "health_held"]
    assert rows(record(found, "nsp"), *columns) == [
        ["reduce-infection", 1, 1, None, None],
        ["social-inclusion", 1, 1, None, None],
        ["equal-rights", 1, 0, None, None],
        ["reduce-crime", 1, 1, None, None],
    ]
    assert rows(record(found, "emergency-regime"), *columns)[0] == ["public-order", 1, 1, 1, 0]


def test_goal_without_a_holder_beside_one_with_a_holder_is_no_zero(lamps: Path):
    text = (lamps / "data/goals.csv").read_text()
    line = next(one for one in text.splitlines() if "posts-goal-walks" in one)
    edit(
        lamps / "data/goals.csv",
        line,
        line.replace("lamp-office", "watch-force").replace("social-inclusion", "reduce-health-harm"),
    )
    both = policycase.goal_matrix(policycase.load(lamps)).head(1)
    line = line.replace("lamp-office", "watch-force").replace("social-inclusion", "reduce-health-harm")
    edit(lamps / "data/goals.csv", line, line.replace("bvt-lamps:watch-force", ""))
    one = policycase.goal_matrix(policycase.load(lamps)).head(1)

    assert rows(both, "goals", "police_held", "health_held") == [[2, 1, 0]]
    assert rows(one, "goals", "police_held", "health_held") == [[2, None, None]]


@pytest.mark.parametrize("match", [("exact", "close"), ("broad",), ("exact", "close", "broad", "narrow")])
def test_crosswalk_gives_only_codes_as_near_as_asked_and_how_near_they_are(match: tuple[str, ...]):
    found = policycase.goal_matrix(SIX, match=match)

    walks = SIX.crosswalks.astype("str")
    for scheme in walks["scheme"].unique():
        for vocabulary, prefix in (("program_type", "program"), ("goal_type", "goal")):
            near = walks[walks["scheme"].eq(scheme) & walks["vocabulary"].eq(vocabulary) & walks["match"].isin(match)]
            name = f"{prefix}_{scheme.replace('-', '_')}"
            for code, cell, how in found[[vocabulary, name, f"{name}_match"]].astype(object).itertuples(index=False):
                wanted = near[near["code"].eq(str(code))]
                assert ("" if pd.isna(cell) else cell) == "; ".join(wanted["scheme_code"])
                assert ("" if pd.isna(how) else how) == "; ".join(wanted["match"])
    assert found.filter(regex="_match$").notna().any(axis=None)


def test_goal_matrix_refuses_an_unknown_match():
    with pytest.raises(ValueError, match='match is "near"; expected some of exact, close, broad, narrow'):
        policycase.goal_matrix(KGZ, match=["near"])


def test_goal_matrix_counts_every_aim():
    goals = SIX.coded["goals"]

    assert policycase.goal_matrix(SIX)["goals"].sum() == len(goals) + goals["goal_type_2"].notna().sum()


# conditions


def test_conditions_of_the_made_up_case(book: policycase.Casebook):
    found = policycase.conditions(book).drop(columns=["case_id", "country"]).iloc[0].to_dict()

    present = {
        "program": "patrol-and-outreach other",
        "event": "launch legal-act place-expansion shortage termination body-created",
        "form": "order",
        "goal": "reduce-health-harm social-inclusion equal-rights reduce-crime public-order",
        "role": "implement partner decree deliver",
        "sector": "executive interior legislative civil-society",
        "agency": "government-agency legislature police ngo community-group",
        "setting": "community household",
    }
    expected = {f"{kind}_{code.replace('-', '_')}": 1 for kind, codes in present.items() for code in codes.split()}
    # the ball was called off; more posts are only planned
    expected["event_anniversary"] = 0
    assert {name: score for name, score in found.items() if not name.startswith("population_")} == expected


def test_conditions_read_the_links_of_events_too():
    found = policycase.conditions(SIX).set_index("case_id")

    assert (
        found.loc["can-insite", ["role_adjudicate", "role_litigate", "sector_judicial", "agency_court"]].tolist()
        == [1] * 4
    )
    assert found.loc["kgz-leph", ["role_abstain", "role_visit", "role_adopt", "sector_foreign"]].tolist() == [1] * 4
    assert found.loc["gbr-svru", "role_receive"] == 1
    assert found["role_abstain"].isna().sum() == 5
    assert [name for name in found if not name.isidentifier()] == []


def test_conditions_take_no_zero_from_another_source_unless_asked():
    own, every = (policycase.conditions(SIX, others=others).set_index("case_id") for others in (False, True))

    # only a crosscheck source speaks of the closure that was called off
    assert "event_termination" not in own
    assert every.loc["can-insite", "event_termination"] == 0
    assert every.loc["usa-lead", "event_termination"] is pd.NA
    assert "event_entry_into_force" not in own
    assert every.loc["prt-dissuasion", "event_entry_into_force"] == 1


def test_conditions_of_a_stack_are_those_of_the_case_beside_columns_of_others():
    whole, own = policycase.conditions(SIX), policycase.conditions(KGZ)

    part = whole[whole["case_id"].eq("kgz-leph")].reset_index(drop=True)

    pd.testing.assert_frame_equal(part[list(own)], own)
    assert part.drop(columns=list(own)).isna().all(axis=None)


def test_condition_is_present_where_one_such_event_occurred_beside_a_cancelled_one(lamps: Path):
    edit(lamps / "data/events.csv", ",launch,occurred,bvt-lamps:lamp-posts,", ",launch,cancelled,bvt-lamps:lamp-posts,")

    assert policycase.conditions(policycase.load(lamps))["event_launch"].tolist() == [1]


# no view says more than a coded row: every view of many synthetic cases, against a plain reading of their rows


Rows = dict[str, dict[str, str]]


def coded(book: policycase.Casebook) -> dict[str, Rows]:
    """The rows of each table that the coded sources attest, as text, by their key; an empty cell is an empty text."""
    text = book.text
    return {
        name: {
            row[table.key]: row
            for row in text[name].fillna("").to_dict("records")
            if row.get("attested_by") != "other-source"
        }
        for name, table in book.profile.case_tables.items()
        if table.key
    }


def published(sources: Rows) -> list[tuple[str, str]]:
    """When each coded source can have been published."""
    coded = [row for row in sources.values() if row["source_use"] == "coded"]
    return [(row["published_earliest"], row["published_latest"]) for row in coded]


def test_spells_last_from_the_least_to_the_most_that_their_dates_allow():
    found = policycase.spells(SIX).set_index("program_id")
    columns = ["ended", "duration_years", "duration_shortest", "duration_longest"]

    days = {  # from middle to middle, least, most: with the first and the last day
        "kgz-leph:emergency-regime": (1, 47, 47, 47),  # 25 March to 10 May 2020
        "vnm-pmlsa:pmlsa": (1, 731.5, 367, 1096),  # 2018 to 2020
        "kgz-leph:nsp-prisons": (None, None, None, None),  # whether it ended is not known
    }
    assert {program: rows(found.loc[[program]], *columns)[0] for program in days} == {
        program: [ended, *(None if number is None else round(number / 365.25, 4) for number in spans)]
        for program, (ended, *spans) in days.items()
    }


@pytest.mark.parametrize(
    ("freq", "period"), [("Y", ["1999", "2000"]), ("Q", ["1999Q1", "1999Q2"]), ("M", ["1999-01", "1999-02"])]
)
def test_panel_has_periods_that_stata_takes(tmp_path: Path, freq: str, period: list[str]):
    panel = policycase.panel(KGZ, freq=freq)

    panel.to_stata(tmp_path / "panel.dta", write_index=False)

    assert pd.read_stata(tmp_path / "panel.dta")["period"].head(2).tolist() == period


def test_event_ties_name_each_role_of_an_agency_in_an_event():
    found = policycase.event_ties(KGZ)

    assert found["event_id"].tolist() == KGZ.coded.event_agencies["event_id"].tolist()
    decree = found[found["event_id"].eq("kgz-leph:decree")]
    assert rows(decree, "agency_id", "role") == rows(
        KGZ.event_agencies.query("event_id == 'kgz-leph:decree'"), "agency_id", "role"
    )
    assert set(decree["event_type"]) == {KGZ.events.set_index("event_id")["event_type"]["kgz-leph:decree"]}
    assert found["agency_name"].notna().all()


def test_co_ties_of_a_case_without_rows_are_empty(tmp_path: Path):
    empty = policycase.load(policycase.new("usa-lead", tmp_path / "empty"))

    assert len(policycase.co_ties(empty)) == 0


@pytest.mark.slow
def test_no_spell_says_more_than_its_rows(corpus: list[policycase.Casebook]):
    for book in corpus:
        tables = coded(book)
        programs, sources = tables["programs"], published(tables["sources"])
        places = {(row["program_id"], row["place_id"]): row for row in tables["program_places"].values()}
        seen = set()
        for row in rows_of(policycase.spells(book)):
            whole = programs[row["program_id"]]
            own = places[row["program_id"], row["place_id"]] if row["place_id"] else whole
            seen.add((row["program_id"], row["place_id"]))
            for name in ("start", "end", "start_latest", "end_earliest"):
                assert row[name] == own[name]
            for name in ("start_earliest", "end_latest"):
                assert row[name] in {own[name], whole[name]}
                assert not own[name] or row[name] == own[name]
            assert row["status"] in {own["status"], ""} or row["status"] == whole["status"] == "ended"
            assert row["status"] != "unknown"
            assert not row["observed_until_earliest"] or row["observed_until_earliest"] in dict(sources)
            assert row["right_censored"] != "True" or row["status"] == "ongoing"
        begun = {program for program, row in programs.items() if row["status"] != "planned"}
        assert {program for program, _ in seen} == begun


@pytest.mark.slow
def test_no_panel_says_more_than_its_rows(corpus: list[policycase.Casebook]):
    for book in corpus:
        tables = coded(book)
        programs, sources = tables["programs"], published(tables["sources"])
        begun = {one: row for one, row in programs.items() if row["status"] != "planned"}
        last_of_source = max((last for _, last in sources), default="")
        found = rows_of(policycase.panel(book))
        days = [row[name] for row in [*begun.values(), *tables["cases"].values()] for name in BOUNDS if row[name]]
        days += [first for first, _ in sources if first]
        for row in found:
            year, own = row["year"], begun[row["program_id"]]
            first, last = f"{year}-01-01", f"{year}-12-31"
            assert min(days)[:4] <= year <= max(days)[:4]
            ends_after = own["end_earliest"] or max(
                [own["start_earliest"], *(one for one, _ in sources if own["status"] == "ongoing")]
            )
            begins_before = own["start_latest"] or own["end_latest"] or last_of_source
            if row["activity"] == "certainly":
                assert begins_before <= last
                assert ends_after >= first
            elif row["activity"] == "not":
                assert own["start_earliest"] > last or (own["end_latest"] and own["end_latest"] < first)
            elif row["activity"] == "possibly":
                assert own["start_earliest"]
                assert not own["end_latest"] or own["end_latest"] >= first
        wholes = {one for one in begun if is_whole(begun, one)}
        assert {row["program_id"] for row in found} == wholes
        for year in {row["year"] for row in found}:
            assert sum(row["year"] == year for row in found) == len(wholes)


BOUNDS = ("start_earliest", "start_latest", "end_earliest", "end_latest")


def is_whole(begun: dict[str, dict[str, str]], program: str) -> bool:
    """Whether a program is no umbrella and lies in umbrellas alone."""
    if begun[program]["program_type"] == "umbrella":
        return False
    above = begun[program]["parent_program_id"]
    while above in begun:
        if begun[above]["program_type"] != "umbrella":
            return False
        above = begun[above]["parent_program_id"]
    return True


def test_no_condition_is_scored_without_a_row(corpus: list[policycase.Casebook]):
    for book in corpus:
        scores = dict(scored(book))
        found = policycase.conditions(book).drop(columns=["case_id", "country"]).iloc[0].to_dict()
        assert found == scores


def scored(book: policycase.Casebook) -> Iterator[tuple[str, int]]:
    """Each condition that a plain reading of the rows finds, with its score."""
    tables = coded(book)
    programs, events, agencies, goals = (tables[name] for name in ("programs", "events", "agencies", "goals"))
    begun = {one for one, row in programs.items() if row["status"] != "planned"}
    happened = {one for one, row in events.items() if row["occurrence"] == "occurred"}
    links = [row for row in tables["program_agencies"].values() if row["program_id"] in begun]
    links += [row for row in tables["event_agencies"].values() if row["event_id"] in happened]
    aims = [row for row in goals.values() if not row["program_id"] or row["program_id"] in begun]
    there = [
        row for row in tables["program_places"].values() if row["program_id"] in begun and row["status"] != "planned"
    ]
    people = [row for row in tables["program_populations"].values() if row["program_id"] in begun]
    present = {
        "program": [programs[one]["program_type"] for one in begun],
        "event": [events[one]["event_type"] for one in happened],
        "form": [events[one]["legal_form"] for one in happened],
        "goal": [row[name] for row in aims for name in ("goal_type", "goal_type_2")],
        "role": [row["role"] for row in links],
        "sector": [agencies[row["agency_id"]]["sector"] for row in links],
        "agency": [agencies[row["agency_id"]]["agency_type"] for row in links],
        "setting": [programs[one]["setting"] for one in begun] + [row["setting"] for row in there],
        "population": [row["population"] for row in people],
    }
    for row in events.values():
        alike = {one["occurrence"] for one in events.values() if one["event_type"] == row["event_type"]}
        if alike == {"cancelled"}:
            yield f"event_{row['event_type'].replace('-', '_')}", 0
    for prefix, codes in present.items():
        yield from ((f"{prefix}_{code.replace('-', '_')}", 1) for code in codes if code)


@pytest.mark.slow
def test_no_goal_is_counted_as_nobodys(corpus: list[policycase.Casebook]):
    zeros = 0
    for book in corpus:
        goals = coded(book)["goals"].values()
        for row in rows_of(policycase.goal_matrix(book)):
            alike = [
                one
                for one in goals
                if one["program_id"] == row["program_id"] and row["goal_type"] in (one["goal_type"], one["goal_type_2"])
            ]
            for name in ("police_held", "health_held"):
                zeros += row[name] == "0"
                assert row[name] != "0" or all(one["holder_agency_id"] for one in alike)
    assert zeros


@pytest.mark.slow
def test_no_view_names_a_row_of_another_source(corpus: list[policycase.Casebook]):
    for book in [SIX, *corpus]:
        tables = [table for table in book.profile.case_tables.values() if "attested_by" in table.fields]
        outside = {
            one for table in tables for one in book[table.name].query("attested_by == 'other-source'")[table.key]
        }
        for view in VIEWS.values():
            frame = view(book)
            assert {cell for name in frame.select_dtypes("str") for cell in frame[name].dropna()} & outside == set()
        assert set(policycase.to_networkx(book).nodes) & outside == set()


def rows_of(frame: pd.DataFrame) -> list[dict[str, str]]:
    """The rows as text, days as ISO text, a missing cell as an empty text."""
    days = {name: frame[name].dt.strftime("%Y-%m-%d") for name in frame.select_dtypes("datetime").columns}
    plain = frame.assign(**days).astype(object)
    return plain.where(plain.notna(), "").astype("str").to_dict("records")
