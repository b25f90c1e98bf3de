"""Programs and events as a timeline shows them: one row a record, its dates from `pc.timeline`, in words and bounds."""

from typing import TYPE_CHECKING

import pandas as pd

from policycase.coverage import crosscheck_only
from policycase.views.chronology import timeline
from policycase.wording import in_words, span_in_words

if TYPE_CHECKING:
    from policycase.casebook import Casebook

BOUNDS = ["start_earliest", "start_latest", "end_earliest", "end_latest"]
KINDS = {"program": "Program", "event": "Event"}
STATES = {"program": "status", "event": "occurrence"}


def timeline_rows(casebook: "Casebook") -> pd.DataFrame:
    """Programs and events with their dates, in the order of a timeline.

    Returns
    -------
    DataFrame
        case_id, record_id, name, state (status or occurrence), kind (program, event), start and end (EDTF text), the
        four bounds (datetime64, missing where open or not said), point (no duration is meant), narrative (Int64) and
        out_of_order as in `pc.timeline`, dated, panel (program, event, undated), tone (program, event, other: only
        other sources name it), hollow (it did not occur, or the source does not say), struck (it was cancelled),
        ongoing, until (the last day that the case speaks of: what is ongoing is known to that day), words (the dates
        as text), told (all of it as one sentence); programs first, each panel in the order of `pc.timeline`.
    """
    rows = _dated(casebook)
    others = crosscheck_only(casebook.text) - set(casebook.evidence["record_id"])
    rows["dated"] = rows[["start", "end"]].notna().any(axis=1)
    rows["panel"] = rows["kind"].where(rows["dated"], "undated")
    rows["tone"] = rows["kind"].mask(rows["record_id"].isin(others), "other")
    rows["ongoing"] = rows["state"].eq("ongoing")
    rows["struck"] = rows["state"].eq("cancelled")
    event = rows["kind"].eq("event")
    rows["hollow"] = event & rows["state"].ne("occurred") | rows["state"].eq("planned")
    rows["until"] = rows["case_id"].map(_ends(casebook, rows).to_dict())
    labels = dict(casebook.codes.set_index(["vocabulary", "code"])["label"])
    rows["words"] = [_words(row, labels) for row in rows.itertuples()]
    rows["told"] = [_told(row) for row in rows.itertuples()]
    panels = pd.Categorical(rows["panel"], [*KINDS, "undated"])
    return rows.assign(order=panels).sort_values(["case_id", "order", "place"], kind="stable").drop(
        columns=["order", "place"]
    ).reset_index(drop=True)  # fmt: skip


def _dated(casebook: "Casebook") -> pd.DataFrame:
    """Every program and event, with what `pc.timeline` says of its start and its end; `place` is its place there."""
    parts = []
    for (kind, state), frame in zip(STATES.items(), (casebook.programs, casebook.events), strict=True):
        part = frame[["case_id", frame.columns[0], "name", state]].astype({state: "str"})
        parts.append(part.set_axis(["case_id", "record_id", "name", "state"], axis=1).assign(kind=kind))
    rows = pd.concat(parts, ignore_index=True)
    seen = timeline(casebook).assign(place=lambda told: range(len(told)))
    ends = seen["what"].eq("end")
    for side, told in (("start", seen[~ends]), ("end", seen[ends])):
        found = told.drop_duplicates("record_id").set_index("record_id").reindex(rows["record_id"])
        found = found.set_axis(rows.index)
        rows[side] = found["date"]
        rows[f"{side}_earliest"], rows[f"{side}_latest"] = found["earliest"], found["latest"]
    first = seen.drop_duplicates("record_id").set_index("record_id").reindex(rows["record_id"]).set_axis(rows.index)
    rows["point"] = first["what"].eq("point").fillna(value=False)
    return rows.assign(narrative=first["narrative"], out_of_order=first["out_of_order"], place=first["place"])


def _ends(casebook: "Casebook", rows: pd.DataFrame) -> pd.Series:
    """The last day that each case speaks of: the end of the case, else its last known date."""
    days = [rows[["case_id", bound]].set_axis(["case_id", "day"], axis=1) for bound in BOUNDS]
    last = pd.concat(days).groupby("case_id")["day"].max()
    return casebook.cases.set_index("case_id")["end_latest"].combine_first(last)


def _words(row: tuple, labels: dict[tuple[str, str], str]) -> str:
    """The dates, and whatever else than "it was" there is to say."""
    date = "" if pd.isna(row.start) or not row.point else in_words(row.start)
    label = labels.get((STATES[row.kind], row.state), str(row.state)).lower()
    if label.startswith("not "):
        label = f"{STATES[row.kind]} {label}"
    said = label if row.hollow or row.ongoing else ""
    return ", ".join(part for part in (date or span_in_words(row.start, row.end), said) if part)


def _told(row: tuple) -> str:
    other = " (named only by other sources)" if row.tone == "other" else ""
    return f"{row.name}: {row.words or 'no date in the source'}{other} · {row.record_id}"
