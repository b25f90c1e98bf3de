"""The charts and tables of the page: each chart drawn for a wide and for a narrow page, with the same as a table."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from policycase.model.columns import row_tuples
from policycase.model.dates import span_in_words
from policycase.model.profile import ENTRY_TABLES
from policycase.reporting import grid as grid_module
from policycase.reporting import timeline
from policycase.reporting.charts import Spec, drawing
from policycase.reporting.grid import Grid
from policycase.reporting.records import Index, Value
from policycase.reporting.timeline import KINDS
from policycase.storage.csv_files import TEXT

BELOW = "The table below the image says the same."
AXIS_LEFT = {"left": timeline.WIDE.labels, "right": timeline.WIDE.dates, "top": 26, "bottom": 6}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of the page: a caption, heads, and rows of which the first cell heads the row."""

    caption: str
    heads: list[str]
    rows: list[list[Value]]


@dataclass(frozen=True, slots=True)
class Words:
    """What a chart is called: in ids, as a title, and in a description."""

    ident: str
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart: its case, what it is, two drawings, the same as a table, and what it could not draw."""

    case_id: str
    title: str
    wide: str
    narrow: str
    sheet: Sheet
    left_out: list[Value]


def timeline_figures(index: Index) -> Iterator[Figure]:
    """A timeline for each case, all on one axis; and a closer look where many dates lie close together."""
    rows = index.timeline
    axis = timeline.time_window(rows)
    for number, case_id in enumerate(index.casebook.case_ids):
        ours = rows[rows["case_id"].eq(case_id)]
        if ours.empty:
            continue
        dated = ours[ours["dated"]]
        undated = [
            Value(f"{row.name} ({row.words})" if row.words else row.name, anchor=index.anchors[row.record_id])
            for row in row_tuples(ours[~ours["dated"]])
        ]
        title = _title(index, case_id, "Programs and events")
        yield _timeline(index, dated, axis, f"timeline-{number}", title, undated)
        close = timeline.cluster(dated)
        if len(close):
            first, last = timeline.extent(close)
            near = _title(index, case_id, f"Closer look, {span_in_words(_month(first), _month(last))}")
            yield _timeline(index, close, timeline.time_window(close), f"closer-{number}", near, [])


def strip_figure(index: Index) -> Figure:
    """All cases on one axis, two lanes each."""
    rows = index.timeline
    axis = timeline.time_window(rows)
    titles = {case_id: index.name(case_id) for case_id in index.casebook.case_ids}
    words = Words(
        "strip",
        "All cases on one axis",
        f"Programs and events of {len(titles)} cases, {_years(rows)}, two lanes per case. {BELOW}",
    )
    wide, narrow = (timeline.strip(rows, titles, axis, layout) for layout in (timeline.WIDE, timeline.NARROW))
    sheet = Sheet(
        f"{words.title}, as a table",
        ["Case", "Programs with a date", "Events with a date", "First day", "Last day"],
        [
            [
                Value(titles[case_id], anchor=index.anchors[case_id]),
                *(Value(str(int(part["kind"].eq(kind).sum()))) for kind in ("program", "event")),
                *_days(*timeline.extent(part)),
            ]
            for case_id, part in ((str(key), part) for key, part in rows[rows["dated"]].groupby("case_id"))
        ],
    )
    return Figure("", words.title, *_drawings(index, words, _on_axis(wide), narrow), sheet, [])


def _timeline(
    index: Index, rows: pd.DataFrame, axis: timeline.Window, ident: str, title: str, undated: list[Value]
) -> Figure:
    counts = rows["kind"].value_counts()
    words = Words(
        ident,
        title,
        f"{counts.get('program', 0)} programs and {counts.get('event', 0)} events with a date, {_years(rows)}. "
        f"{len(undated)} have no date and no mark. {BELOW}",
    )
    wide, narrow = (timeline.case_timeline(rows, axis, layout) for layout in (timeline.WIDE, timeline.NARROW))
    sheet = Sheet(
        f"{title}, as a table",
        [
            "Name",
            "Kind",
            "Date",
            "Start, first day",
            "Start, last day",
            "End, first day",
            "End, last day",
            "Mentioned in",
        ],
        [
            [
                Value(row.name, anchor=index.anchors[row.record_id]),
                Value(KINDS[row.kind]),
                Value(row.words),
                *_days(row.start_earliest, row.start_latest),
                *_days(row.end_earliest, row.end_latest),
                _telling(row),
            ]
            for row in row_tuples(rows)
        ],
    )
    return Figure(
        rows["case_id"].iloc[0] if len(rows) else "",
        title,
        *_drawings(index, words, _on_axis(wide), narrow),
        sheet,
        undated,
    )


def network_figures(index: Index) -> Iterator[Figure]:
    """Who had which role in which program, for each case that has such links."""
    for number, case_id in enumerate(index.casebook.case_ids):
        grid = grid_module.network(index.casebook, case_id)
        words = Words(
            f"network-{number}",
            _title(index, case_id, "Agencies and programs"),
            f"{len(grid.rows)} agencies by sector, {len(grid.columns)} programs, {len(grid.chips)} roles. {BELOW}",
        )
        agencies = index.casebook.agencies
        idle = agencies[agencies["case_id"].eq(case_id) & ~agencies["agency_id"].isin(grid.rows["row"])]
        without = [Value(row.name, anchor=index.anchors[row.agency_id]) for row in row_tuples(idle)]
        yield from _grid(index, grid, words, ["Agency", "Program", "Role"], without)


def goal_figures(index: Index) -> Iterator[Figure]:
    """Which goal was whose, for each case that has goals."""
    for number, case_id in enumerate(index.casebook.case_ids):
        grid = grid_module.goals(index.casebook, case_id)
        words = Words(
            f"goals-{number}",
            _title(index, case_id, "Goals by type"),
            f"{grid.chips['id'].nunique()} goals of {len(grid.rows)} programs and agencies by type. {BELOW}",
        )
        yield from _grid(index, grid, words, ["Whose goal", "Type", "Place in the order"], [])


def _grid(index: Index, grid: Grid, words: Words, heads: list[str], left_out: list[Value]) -> Iterator[Figure]:
    if grid.chips.empty:
        return
    rows, columns = (frame.set_index(frame.columns[0])["name"] for frame in (grid.rows, grid.columns))
    sheet = Sheet(
        f"{words.title}, as a table",
        heads,
        [
            [Value(rows[chip.row], anchor=index.anchors[chip.id]), Value(columns[chip.column]), Value(chip.text)]
            for chip in row_tuples(grid.chips)
        ],
    )
    wide = grid_module.wide(grid) | {"autosize": "none", "padding": grid_module.margins(grid)}
    yield Figure(
        index.record[grid.chips["id"].iloc[0]]["case_id"],
        words.title,
        *_drawings(index, words, wide, grid_module.narrow(grid)),
        sheet,
        left_out,
    )


def _drawings(index: Index, words: Words, wide: Spec, narrow: Spec) -> tuple[str, str]:
    """The chart for a wide and for a narrow page."""
    return (
        drawing(wide, f"{words.ident}-wide", words.title, words.description, index.anchors),
        drawing(narrow, f"{words.ident}-narrow", words.title, words.description, index.anchors),
    )


def _on_axis(chart: Spec) -> Spec:
    """A wide timeline whose axis is where that of every other one is."""
    return chart | {"autosize": "none", "padding": AXIS_LEFT}


def _title(index: Index, case_id: str, what: str) -> str:
    """What a chart shows; of which case, where there are several."""
    return what if len(index.casebook.case_ids) == 1 else f"{index.name(case_id)}: {what[0].lower()}{what[1:]}"


def _years(rows: pd.DataFrame) -> str:
    first, last = timeline.extent(rows)
    if pd.isna(first):
        return "no date"
    return str(first.year) if first.year == last.year else f"{first.year} to {last.year}"


def _month(day: pd.Timestamp) -> str:
    return day.strftime("%Y-%m")


def _telling(row: Any) -> Value:
    """Which passage of the coded source gives the date, counted from the first, and if out of chronological order."""
    if row.tone == "other":
        return Value("other sources only")
    if pd.isna(row.narrative):
        return Value("")
    back = pd.notna(row.out_of_order) and row.out_of_order
    return Value(f"passage {row.narrative}{', out of chronological order' if back else ''}")


def _days(*bounds: pd.Timestamp) -> list[Value]:
    """First and last day, open where a date has no bound, empty where there is no date."""
    if all(pd.isna(day) for day in bounds):
        return [Value("")] * len(bounds)
    return [Value("open" if pd.isna(day) else day.strftime("%Y-%m-%d")) for day in bounds]


COMPARED = (("programs", "program_type"), ("program_agencies", "role"), ("agencies", "sector"), ("goals", "goal_type"))


@dataclass(frozen=True, slots=True)
class Counts:
    """How often each code of a field occurs in each case; None where the case has no row in the table.

    `extents` says for each case how much of what its sources say the table holds.
    """

    caption: str
    cases: list[Value]
    rows: list[tuple[Value, list[int | None]]]
    most: int
    extents: list[Value]


def comparison(index: Index) -> Sheet:
    """The cases: country, time, how much each holds, and how it was coded."""
    fields = index.profile.tables["cases"].fields
    country, review = fields["country"], fields["review_status"]
    table = index.casebook.cases
    sized = (*ENTRY_TABLES, "passages")
    return Sheet(
        "The cases and how much each holds",
        ["Case", country.title, "Time", *(name.capitalize() for name in sized), review.title],
        [
            [
                Value(row.title, row.case_id, index.anchors[row.case_id]),
                Value(row.country),
                Value(span_in_words(row.start, row.end)),
                *(Value(_size(index, row.case_id, name)) for name in sized),
                index.value(review, row.review_status),
            ]
            for row in row_tuples(table)
        ],
    )


def _size(index: Index, case_id: str, name: str) -> str:
    """How many rows of a table the coded sources of a case attest, and how many more only other sources do."""
    own, more = index.sizes.get((case_id, name), (0, 0))
    return f"{own} (+ {more} of other sources)" if more else str(own)


def counts(index: Index) -> list[Counts]:
    """One table of counts for each field that is compared, of what the coded sources say; unused codes are left out."""
    case_ids = index.casebook.case_ids
    extents_of = _extents(index)
    cases = [Value(case_id, index.name(case_id), index.anchors[case_id]) for case_id in case_ids]
    found: list[Counts] = []
    for name, column in COMPARED:
        frame, table = index.casebook.coded[name], index.profile.tables[name]
        field = table.fields[column]
        crossed = pd.crosstab(frame[column].astype(TEXT), frame["case_id"]).reindex(columns=case_ids)
        rows = [
            (index.value(field, code), [None if pd.isna(count) else int(count) for count in crossed.T[code]])
            for code in index.profile.vocabularies[field.vocabulary]
            if code in crossed.index
        ]
        if rows:
            most = max(count or 0 for _, counted in rows for count in counted)
            held = [extents_of[case_id, name] for case_id in case_ids]
            found.append(Counts(f"{table.title}: {field.title.lower()}", cases, rows, most, held))
    return found


def extents(index: Index) -> Sheet:
    """Each table of each case: its rows, those of other sources, how much has evidence, and its extent."""
    held = _extents(index)
    heads = ["Table", "Rows", "Of other sources", "Rows with evidence", "Values with evidence", "Extent"]
    several = len(index.casebook.case_ids) > 1
    rows = [
        [
            Value(index.profile.tables[row.table].title),
            *([Value(row.case_id)] if several else []),
            *(Value(str(size)) for size in index.sizes.get((row.case_id, row.table), (0, 0))),
            Value(_share(row.rows_with_evidence, row.rows_needing_evidence)),
            Value(_share(row.values_with_evidence, row.values_needing_evidence)),
            held[row.case_id, row.table],
        ]
        for row in row_tuples(index.coverage)
    ]
    return Sheet("Every table, and how much of it rests on passages", [heads[0], *["Case"] * several, *heads[1:]], rows)


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole}" if whole else ""


def _extents(index: Index) -> dict[tuple[str, str], Value]:
    """What each table of each case holds of what its sources say, with the coder's remark."""
    remarks = {(row["case_id"], row["table_name"]): row.get("note", "") for row in index.rows["scope"]}
    return {
        (row.case_id, row.table): Value(
            "not said" if pd.isna(row.extent) else index.label("extent", row.extent).lower(),
            remarks.get((row.case_id, row.table), ""),
        )
        for row in row_tuples(index.coverage)
    }
