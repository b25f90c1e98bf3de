"""Rules on dates and on the order of events."""

from collections.abc import Iterator
from datetime import date

import networkx as nx
import pandas as pd

from policycase.errors import DateError
from policycase.findings import Finding
from policycase.model.dates import Bounds, bounds
from policycase.model.tables import Tables
from policycase.validation.rules.base import at, rule, warning, where, with_cells

OPERATING = {"launch", "pilot", "place-expansion", "setting-expansion", "site-opening", "termination"}
UNKNOWN = Bounds(None, None)


def _bounds(column: pd.Series) -> list[Bounds]:
    """The bounds of each date of a column; dates that are missing or not allowed are open on both sides."""
    return [_bounds_or_unknown(text) if isinstance(text, str) else UNKNOWN for text in column.to_numpy()]


def _bounds_or_unknown(text: str) -> Bounds:
    try:
        return bounds(text)
    except DateError:
        return UNKNOWN


def _certainly_after(first: Bounds, second: Bounds) -> bool:
    """Whether no reading puts the first date before, or on, the second."""
    return (first.earliest or date.min) > (second.latest or date.max)


@rule
def date_is_edtf(tables: Tables) -> Iterator[Finding]:
    """A date is one of the allowed EDTF forms and a day of the calendar between 1000 and 2100."""
    for name, field in tables.profile.fields(edtf=True):
        problems = {text: problem for text in tables.distinct(name, field.name).texts if (problem := _problem(text))}
        wrong = with_cells(tables[name], field.name, problems.keys())
        told = wrong.assign(problem=[problems[text] for text in wrong[field.name]])
        yield from at(tables, name, told, field.name, f"{field.name} {{problem}}")


def _problem(text: str) -> str:
    try:
        bounds(text)
    except DateError as error:
        return str(error)
    return ""


@rule
def bounds_equal_edtf(tables: Tables) -> Iterator[Finding]:
    """The derived bounds of a date equal what the date gives."""
    for name, table in tables.profile.case_tables.items():
        for field in table.fields.values():
            if field.bound:
                frame = tables[name]
                day_of = {text: _bound(text, field.bound) for text in tables.distinct(name, field.of).texts}
                expected = [day_of.get(text, "") for text in frame[field.of].to_numpy()]
                cells = frame[field.name].fillna("").to_numpy()
                differs = [
                    day is not None and day != cell  # None: of what is no date, told by date-is-edtf
                    for day, cell in zip(expected, cells, strict=True)
                ]
                if not any(differs):
                    continue
                yield from at(
                    tables,
                    name,
                    where(frame.assign(expected=expected), differs),
                    field.name,
                    f'{field.name} is "{{{field.name}}}"; {field.of} "{{{field.of}}}" gives "{{expected}}"',
                    f"check {field.of}; if it is right, run: policycase render",
                )


def _bound(text: str, side: str) -> str | None:
    """The first or last day of a date; empty where it is open on that side, None where the text is no date."""
    try:
        day = getattr(bounds(text), side)
    except DateError:
        return None
    return day.isoformat() if day else ""


@rule
def start_is_not_after_end(tables: Tables) -> Iterator[Finding]:
    """No reading of its dates may put a record's end before its start."""
    for name, field in tables.profile.fields(edtf=True, name="end"):
        frame = tables[name]
        wrong = where(frame, map(_certainly_after, _bounds(frame["start"]), _bounds(frame["end"])))
        yield from at(tables, name, wrong, field.name, "end {end} lies before start {start}", "check both dates")


@rule
def operating_event_lies_in_its_program(tables: Tables) -> Iterator[Finding]:
    """A launch, pilot, expansion, opening or termination lies within its program's dates, if any reading fits."""
    events = tables["events"]
    events = events[events["event_type"].isin(OPERATING) & events["occurrence"].eq("occurred")]
    programs = tables["programs"].drop_duplicates("program_id").set_index("program_id")[["start", "end"]]
    joined = events.join(programs.add_prefix("program_"), on="program_id").dropna(subset=["start", "program_id"])
    outside = [
        _certainly_after(start, event) or _certainly_after(event, end)
        for event, start, end in zip(
            _bounds(joined["start"]), _bounds(joined["program_start"]), _bounds(joined["program_end"]), strict=True
        )
    ]
    wrong = where(joined, outside)
    yield from at(
        tables,
        "events",
        wrong,
        "start",
        "{event_type} of {start} lies outside {program_id}, {program_start} to {program_end}",
        "check both rows",
    )


@rule
def operating_event_names_its_program(tables: Tables) -> Iterator[Finding]:
    """A launch, pilot, expansion, opening or continuity names its program; where it does not, its note says why."""
    events = tables["events"]
    bare = events["program_id"].isna() & events["note"].isna()
    yield from at(
        tables,
        "events",
        events[bare & events["event_type"].isin(OPERATING - {"termination"} | {"continuity"})],
        "program_id",
        "{event_id}, a {event_type}, names no program",
        "fill program_id, or say in the note why not",
    )


@warning
def launch_agrees_with_its_program(tables: Tables) -> Iterator[Finding]:
    """A launch that occurred has a date in common with the start of its program."""
    events = tables["events"]
    launches = events[events["event_type"].eq("launch") & events["occurrence"].eq("occurred")]
    starts = tables["programs"].drop_duplicates("program_id").set_index("program_id")["start"].rename("program_start")
    joined = launches.join(starts, on="program_id").dropna(subset=["start", "program_start"])
    apart = [
        _certainly_after(event, start)
        for event, start in zip(_bounds(joined["start"]), _bounds(joined["program_start"]), strict=True)
    ]  # a launch before its program is an error of operating-event-lies-in-its-program
    yield from at(
        tables,
        "events",
        where(joined, apart),
        "start",
        "launch of {start}, and {program_id} starts {program_start}",
        "check both dates against the passage",
    )


@rule
def event_chain_has_no_cycle(tables: Tables) -> Iterator[Finding]:
    """Links of one relation never lead from an event back to itself."""
    links = tables["event_links"].dropna(subset=["event_id", "to_event_id"])
    for _, rows in links.groupby("relation"):
        circle = in_a_cycle(rows, "event_id", "to_event_id")
        yield from at(
            tables,
            "event_links",
            rows[circle],
            "to_event_id",
            '"{relation}" leads from {event_id} in a circle back to itself',
            "take one link of the circle out",
        )


def in_a_cycle(rows: pd.DataFrame, start: str, end: str) -> pd.Series:
    """Whether each row, as an edge from one column to the other, lies on a cycle."""
    inner = rows[[start, end]]
    for _ in range(3):  # an edge on a cycle goes on at both ends; hardly any other is left then
        inner = inner[inner[start].isin(inner[end]) & inner[end].isin(inner[start])]
    graph = nx.DiGraph(inner.itertuples(index=False, name=None))
    component = {node: i for i, nodes in enumerate(nx.strongly_connected_components(graph)) for node in nodes}
    on_cycle = inner[start].map(component).eq(inner[end].map(component))
    return on_cycle.reindex(rows.index, fill_value=False)
