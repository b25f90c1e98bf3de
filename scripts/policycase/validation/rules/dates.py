"""Rules on dates and on the order of events."""

from collections.abc import Iterator
from datetime import date

import pandas as pd

from policycase.errors import DateError
from policycase.findings import Finding
from policycase.model.dates import Bounds, bounds
from policycase.model.provenance import ATTESTED, OTHER_SOURCE
from policycase.model.tables import Tables
from policycase.storage.csv_files import TEXT
from policycase.validation.rules.base import at, noted, rule, warning, where, with_cells

OPERATING = {"launch", "pilot", "place-expansion", "setting-expansion", "site-opening", "termination"}
ENDING = {"termination", "place-withdrawal"}
CREATES = "creates"
NEVER = "9999-12-31"
TOLD_APART = {"cases", "claims", "figures"}  # they speak of plans and forecasts too
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
        reported = wrong.assign(problem=[problems[text] for text in wrong[field.name]])
        yield from at(tables, name, reported, field.name, f"{field.name} {{problem}}")


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
                    day is not None and day != cell  # None: of a text that is not a date, reported by date-is-edtf
                    for day, cell in zip(expected, cells, strict=True)
                ]
                if not any(differs):
                    continue
                yield from at(
                    tables,
                    name,
                    where(frame.assign(expected=pd.Series(expected, frame.index, dtype=TEXT)), differs),
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


OF_PROGRAMS = OPERATING - {"termination"} | {"continuity"}  # types of events that are of a program


@rule
def operating_event_names_its_program(tables: Tables) -> Iterator[Finding]:
    """A launch, pilot, expansion, opening or continuity names its program, or its note says [no program]."""
    events = tables["events"]
    bare = events["program_id"].isna() & ~noted(events, "no program")
    yield from at(
        tables,
        "events",
        events[bare & events["event_type"].isin(OF_PROGRAMS)],
        "program_id",
        "{event_id} ({event_type}) names no program",
        "fill program_id, or write [no program] into the note",
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
def event_link_has_its_direction(tables: Tables) -> Iterator[Finding]:
    """A link reads from the later event to the earlier one; `creates` reads from the act to what it brings about."""
    starts = tables["events"].drop_duplicates("event_id").set_index("event_id")["start"]
    links = tables["event_links"]
    links = links.assign(one=links["event_id"].map(starts), other=links["to_event_id"].map(starts))
    pairs = zip(links["relation"], _bounds(links["one"]), _bounds(links["other"]), strict=True)
    wrong = [
        _certainly_after(one, other) if relation == CREATES else _certainly_after(other, one)
        for relation, one, other in pairs
    ]
    yield from at(
        tables,
        "event_links",
        where(links, wrong),
        "relation",
        "{relation} leads from {event_id} ({one}) to {to_event_id} ({other}); the dates have the other order",
        "swap the two events, or check their dates",
    )


@rule
def ongoing_has_no_end(tables: Tables) -> Iterator[Finding]:
    """What is ongoing has no end."""
    for name, _ in tables.profile.fields(name="status"):
        frame = tables[name]
        wrong = frame[frame["status"].eq("ongoing") & frame["end"].notna()]
        yield from at(tables, name, wrong, "end", "end is {end}, and status is ongoing", "correct one of the two")


@rule
def place_of_a_program_is_not_before_it(tables: Tables) -> Iterator[Finding]:
    """A program begins at no place before it begins as a whole."""
    places = tables["program_places"]
    starts = tables["programs"].drop_duplicates("program_id").set_index("program_id")["start"]
    joined = places.assign(whole=places["program_id"].map(starts))
    wrong = map(_certainly_after, _bounds(joined["whole"]), _bounds(joined["start"]))
    yield from at(
        tables,
        "program_places",
        where(joined, wrong),
        "start",
        "start is {start}, and {program_id} starts {whole}",
        "check both dates against the passage",
    )


@rule
def end_agrees_with_its_event(tables: Tables) -> Iterator[Finding]:
    """A program that ended, as a whole or at a place, has an end that can be the day of the event."""
    events = tables["events"]
    ends = events[events["event_type"].isin(ENDING) & events["occurrence"].eq("occurred")]
    ends = ends.dropna(subset=["program_id", "start"]).rename(columns={"start": "day"})[
        ["event_id", "program_id", "day"]
    ]
    at_places = tables["event_places"][["event_id", "place_id"]]
    local = ends.merge(at_places, on="event_id")
    whole = ends[~ends["event_id"].isin(at_places["event_id"])]
    for name, keys, days in (
        ("programs", ["program_id"], whole),
        ("program_places", ["program_id", "place_id"], local),
    ):
        frame = tables[name]
        joined = frame.reset_index(names="row").merge(days, on=keys).set_index("row")
        joined = joined.rename_axis(None)
        pairs = zip(joined["end"], _bounds(joined["end"]), _bounds(joined["day"]), strict=True)
        wrong = [
            pd.isna(end) or _certainly_after(one, other) or _certainly_after(other, one) for end, one, other in pairs
        ]
        yield from at(
            tables,
            name,
            where(joined, wrong),
            "end",
            'end is "{end}", and {event_id} ended it {day}',
            "check both dates against the passage",
        )


@rule
def date_is_not_after_its_source(tables: Tables) -> Iterator[Finding]:
    """Nothing happened or ended after its source was published, or after the case was coded."""
    published = last_published(tables)
    coded_on = tables["cases"].dropna(subset=["case_id", "coded_on"]).set_index("case_id")["coded_on"].to_dict()
    for name in sorted({name for name, _ in tables.profile.fields(edtf=True, name="end")} - TOLD_APART):
        frame = tables[name]
        others = frame["attested_by"].eq(OTHER_SOURCE) if ATTESTED in frame else [False] * len(frame)
        planned = pd.Series(False, frame.index)
        for column, happened in (("occurrence", {"occurred"}), ("status", {"ongoing", "ended", "unknown"})):
            if column in frame:
                planned |= frame[column].notna() & ~frame[column].isin(happened)
        limit = [
            min(NEVER if other else published.get(case_id, NEVER), coded_on.get(case_id, NEVER))
            for case_id, other in zip(frame["case_id"].to_numpy(), others, strict=True)
        ]
        for column in ("start", "end"):
            late = [
                isinstance(day, str) and day > last
                for day, last in zip(frame[f"{column}_earliest"].to_numpy(), limit, strict=True)
            ]
            yield from at(
                tables,
                name,
                where(frame.assign(limit=limit), pd.Series(late, frame.index, dtype=bool) & ~planned),
                column,
                f"{column} is {{{column}}}, after {{limit}}, when the source was published or the case coded",
                "check the date; what was only planned has the occurrence or status planned",
            )


def last_published(tables: Tables) -> dict[str, str]:
    """The last day on which the coded sources of each case can have been published; far off if one has no date."""
    sources = tables["sources"]
    coded = sources[sources["source_use"].eq("coded")].dropna(subset=["case_id"])
    days: dict[str, str] = {}
    for case_id, day in zip(coded["case_id"], coded["published_latest"], strict=True):
        days[case_id] = max(days.get(case_id, ""), day if isinstance(day, str) else NEVER)
    return days


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
    if inner.empty:
        return pd.Series(False, rows.index)
    import networkx as nx  # noqa: PLC0415 - heavy, and hardly ever needed

    graph: nx.DiGraph[str] = nx.DiGraph(inner.itertuples(index=False, name=None))
    component = {node: i for i, nodes in enumerate(nx.strongly_connected_components(graph)) for node in nodes}
    on_cycle = inner[start].map(component).eq(inner[end].map(component))
    return on_cycle.reindex(rows.index, fill_value=False)
