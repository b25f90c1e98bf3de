"""Charts of a case and of a stack: what is drawn, and how sure it looks."""

from dataclasses import replace

import pandas as pd
import pytest
from books import CASE, SIX

import policycase
from policycase.reporting import charts, timeline
from policycase.reporting import grid as grid_module
from policycase.reporting.timeline import timeline_rows

ROWS = timeline_rows(CASE).set_index("record_id")
AXIS = (pd.Timestamp("1991-01-01"), pd.Timestamp("2023-01-01"))
PLOTS = [policycase.plot_timeline, policycase.plot_network, policycase.plot_goals]


def drawn(record_id: str) -> list[str]:
    """The marks of one record in words: kind, first day, last day, side."""
    rows = ROWS.loc[[f"kgz-leph:{record_id}"]].assign(y=0.0)
    marks = timeline.drawn(rows, AXIS, 1_000_000)  # so wide that no bar is widened to be seen
    return [
        " ".join([kind, *(f"{day:%Y-%m-%d}" for day in (mark["x"], mark["x2"]) if pd.notna(day)), mark["side"]]).strip()
        for kind, each in marks.items()
        for mark in each
    ]


def rows_of(part: object) -> list[dict]:
    """Every row that a chart draws."""
    if isinstance(part, list):
        return [row for one in part for row in rows_of(one)]
    if not isinstance(part, dict):
        return []
    return [*part.get("data", {}).get("values", []), *rows_of([one for name, one in part.items() if name != "data"])]


@pytest.mark.parametrize("plot", PLOTS)
@pytest.mark.parametrize("book", [CASE, pytest.param(SIX, marks=pytest.mark.slow)], ids=["case", "stack"])
def test_plot_is_a_valid_chart_of_a_case_and_of_a_stack(plot, book: policycase.Casebook):
    chart = plot(book).to_dict()

    assert chart["$schema"].startswith("https://vega.github.io/schema/vega-lite/")
    assert len(chart.get("vconcat", [chart])) == len(book.case_ids)


@pytest.mark.parametrize("plot", PLOTS)
def test_plot_of_a_case_without_rows_is_empty(plot):
    frames = {name: text if name in {"cases", "codes"} else text.iloc[:0] for name, text in CASE.text.frames.items()}

    chart = plot(policycase.Casebook(replace(CASE.text, frames=frames), CASE.descriptor)).to_dict()

    assert rows_of(chart) == []


def test_timeline_has_a_row_for_each_program_and_event():
    records = pd.concat([CASE.programs.set_index("program_id"), CASE.events.set_index("event_id")])
    rows = ROWS[ROWS["kind"].ne("place")]

    assert sorted(rows.index) == sorted(records.index)
    undated = records.index[records[["start", "end"]].isna().all(axis=1)]
    assert set(rows.index[rows["panel"].eq("undated")]) == set(undated)
    assert len(undated) > 0


def test_timeline_draws_the_places_of_a_program_where_their_fates_differ():
    places = ROWS[ROWS["kind"].eq("place")]

    # both programs are ongoing in the country alone: of the cities and the regions the source says no more than the start
    assert places[["name", "words"]].to_numpy().tolist() == [
        ["Needle exchange program: Bishkek", "start 1999"],
        ["Needle exchange program: Osh", "start 1999"],
        ["Needle exchange program: Kyrgyzstan", "start 1999, ongoing"],
        ["Methadone maintenance therapy program: Kyrgyzstan", "start 2002, ongoing"],
        ["Methadone maintenance therapy program: All large regions of Kyrgyzstan (not named)", "start 2002 or later"],
    ]
    order = ROWS.index.tolist()
    assert order.index(places.index[0]) == order.index("kgz-leph:nsp") + 1


def test_day_is_a_point_and_year_is_as_wide_as_the_year():
    assert drawn("decree") == ["points 2020-03-24"]
    assert drawn("nsp-launch") == ["ranges 1999-01-01 2000-01-01"]
    assert drawn("nsp-prisons-launch") == ["ranges 2000-01-01 2002-01-01"]


def test_open_bound_runs_to_the_edge_with_an_arrow():
    assert drawn("mmt-expansion") == ["open 2002-01-01 2023-01-01", "ends 2023-01-01 right"]
    assert drawn("humanitarian-aid") == ["open 1991-01-01 2020-03-25", "ends 1991-01-01 left"]


def test_program_is_sure_only_from_its_latest_start_to_its_earliest_end():
    assert drawn("emergency-regime") == ["sure 2020-03-25 2020-05-11"]
    assert drawn("nsp-prisons") == ["ranges 2000-01-01 2002-01-01"]


def test_ongoing_program_is_drawn_to_the_day_on_which_its_source_was_published():
    assert drawn("nsp") == ["ranges 1999-01-01 2000-01-01", "sure 2000-01-01 2021-12-31", "ends 2022-01-01 right"]


def test_undated_row_has_no_mark():
    assert drawn("training-sessions") == []
    assert ROWS.loc["kgz-leph:training-sessions", "sentence"].startswith(
        "Training sessions for officers: no date in the "
    )


def test_what_did_not_occur_is_hollow_and_says_so():
    rows = timeline_rows(SIX).set_index("record_id")
    unconfirmed = rows[rows["unconfirmed"]]

    assert unconfirmed["words"].str.extract(r"(planned|cancelled|not stated)$")[0].notna().all()
    assert rows.loc[rows["struck"], "name"].tolist() == ["Closure planned and not carried out"]
    expected = SIX.events["occurrence"].ne("occurred").sum() + SIX.programs["status"].eq("planned").sum()
    assert len(unconfirmed) == expected


def test_what_only_other_sources_name_is_gray():
    others = ROWS[ROWS["tone"].eq("other")].index

    assert "kgz-leph:decree-up-55" in others
    assert "kgz-leph:decree" not in others
    assert len(others) == CASE.events["attested_by"].eq("other-source").sum()


def test_closer_look_is_at_the_emergency():
    close = timeline.cluster(timeline_rows(CASE))

    first, last = timeline.extent(close)
    assert (f"{first:%Y-%m-%d}", f"{last:%Y-%m-%d}") == ("2020-03-22", "2020-05-10")
    assert len(close) == 16


def test_network_has_a_chip_for_each_role_and_tells_lead_and_abstain_apart():
    grid = grid_module.network(CASE, "kgz-leph")

    assert sorted(grid.chips["id"]) == sorted(CASE.program_agencies["program_agency_id"])
    roles = CASE.program_agencies["role"].value_counts()
    counted = grid.chips.groupby("style").size().to_dict()
    assert counted == {
        "dashed": roles["abstain"],
        "solid": roles["lead"],
        "tint": len(grid.chips) - roles[["abstain", "lead"]].sum(),
    }
    assert grid.rows["group"].unique().tolist() == [
        "Health", "Interior", "Justice", "Social", "Executive", "Municipal", "Civil society",
    ]  # fmt: skip


def test_role_in_a_planned_program_is_an_outline_under_a_name_that_says_so():
    grid = grid_module.network(SIX, "gbr-svru")

    planned = SIX.programs.query("status == 'planned'")
    outlined = grid.chips[grid.chips["style"].eq("outline")]
    assert set(outlined["column"]) == set(planned["program_id"])
    assert grid.columns["name"].str.endswith("(planned)").sum() == 2


def test_charts_show_what_the_views_hold():
    rows = timeline_rows(SIX)
    rows = rows[rows["kind"].ne("place")]
    expected = policycase.timeline(SIX, others=True)
    chips = pd.concat([grid_module.network(SIX, case_id).chips for case_id in SIX.case_ids])
    aims = pd.concat([grid_module.goals(SIX, case_id).chips for case_id in SIX.case_ids])
    matrix = policycase.goal_matrix(SIX, others=True)

    assert set(rows.loc[rows["dated"], "record_id"]) == set(expected["record_id"])
    assert rows[["start", "end"]].notna().sum().sum() == len(expected)
    assert chips["style"].ne("outline").sum() == len(policycase.ties(SIX))
    assert (
        aims["column"].value_counts().to_dict() == matrix.groupby("goal_type", observed=True)["goals"].sum().to_dict()
    )


def test_goals_stand_with_whoever_holds_them():
    grid = grid_module.goals(CASE, "kgz-leph")
    rows = grid.rows.set_index("name")

    assert len(grid.chips) == 17
    assert rows.loc["Commandant's offices", "group"] == "Within: State of emergency of 2020"
    assert rows.loc["Needle exchange program", "group"] == "Programs"
    second = grid.chips[grid.chips["style"].eq("dashed")]
    assert second[["column", "text"]].to_numpy().tolist() == [["equal-rights", "2"]]


LONG = "Interministerial Coordinating Council on Questions of Public Health, Community Safety and Well-Being of the Country"


@pytest.mark.slow
@pytest.mark.parametrize("plot", PLOTS)
def test_label_is_never_cut(plot):
    frames = dict(CASE.text.frames)
    for name in ("programs", "agencies", "events", "cases"):
        column = "title" if name == "cases" else "name"
        frames[name] = frames[name].assign(**{column: frames[name][column] + f" {LONG}"})

    book = policycase.Casebook(replace(CASE.text, frames=frames), CASE.descriptor)

    chart = plot(book).to_dict()

    grids = [grid_of(book, "kgz-leph") for grid_of in (grid_module.network, grid_module.goals)]
    shown = [timeline_rows(book), *(frame for grid in grids for frame in (grid.rows, grid.columns))]
    names = {name for frame in shown for name in frame["name"]}
    labels = [row["lines"] for row in rows_of(chart) if "lines" in row]
    assert sum("\n" in label for label in labels) > 8
    assert {" ".join(label.split()) for label in labels} <= names
    assert "…" not in str(chart)
    assert "'limit'" not in str(chart)


@pytest.mark.parametrize(
    "text", ["Drug Users' Union", "W" * 90, "Многопрофильные бригады при мэрии", "一二三四五六七八九十" * 5, ""]
)
@pytest.mark.parametrize("room", [60, 300])
def test_wrapped_text_fits_its_room_and_keeps_every_letter(text: str, room: int):
    lines = charts.wrapped(text, room, 11.5)

    assert all(charts.pixels(line, 11.5) <= room for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_grids_mark_what_only_other_sources_name():
    frames = dict(CASE.text.frames)
    for name, key in (("agencies", "moh"), ("goals", "patrols-goal-spread")):
        frame = frames[name]
        frames[name] = frame.assign(
            attested_by=frame["attested_by"].mask(frame.iloc[:, 0].eq(f"kgz-leph:{key}"), "other-source")
        )
    book = policycase.Casebook(replace(CASE.text, frames=frames), CASE.descriptor)

    links, aims = grid_module.network(book, "kgz-leph"), grid_module.goals(book, "kgz-leph")

    marked = links.rows[links.rows["name"].str.endswith("(other sources)")]
    assert marked["row"].tolist() == ["kgz-leph:moh"]
    assert set(links.chips.loc[links.chips["hue"].eq(charts.OTHER), "row"]) == {"kgz-leph:moh"}
    assert aims.chips.loc[aims.chips["hue"].eq(charts.OTHER), "id"].tolist() == ["kgz-leph:patrols-goal-spread"]
