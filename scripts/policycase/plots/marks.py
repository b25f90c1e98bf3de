"""What a timeline draws: a row a record, and for each row the marks that say how sure its dates are."""

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from policycase.coverage import crosscheck_only
from policycase.wording import in_words, span_in_words

if TYPE_CHECKING:
    from policycase.casebook import Casebook

Window = tuple[pd.Timestamp, pd.Timestamp]
DAY = pd.Timedelta(days=1)
BOUNDS = ["start_earliest", "start_latest", "end_earliest", "end_latest"]
KINDS = {"program": "Program", "event": "Event"}
HEADS = {"program": "Programs", "event": "Events", "undated": "No date in the source"}
LINE = 54  # characters that fit the narrow chart
CLUSTER = (6, 60 * DAY, 8)  # rows, longest gap, and how much longer the whole is, for a closer look
SHAPE = {
    "y": "float64", "tone": "str", "hollow": "bool", "struck": "bool", "told": "str",
    "x": "datetime64[s]", "x2": "datetime64[s]", "side": "str",
}  # fmt: skip
THIN = 5  # pixels that a bar needs to be seen


def timeline_rows(casebook: "Casebook") -> pd.DataFrame:
    """Programs and events with their dates, in the order of a timeline.

    Returns
    -------
    DataFrame
        case_id, record_id, name, kind (program, event), panel (program, event, undated), tone (program, event, other:
        only other sources name it), hollow (it did not occur, or the source does not say), struck (it was cancelled),
        ongoing, dated, the four bounds (datetime64, missing where open or not said), point (no duration is meant),
        words (the dates as text), told (all of it as one sentence), until (the last day that the case speaks of: what
        is ongoing is known to that day); programs first, each panel by first possible day.
    """
    parts = [_programs(casebook), _events(casebook)]
    rows = pd.concat(parts, ignore_index=True)
    others = crosscheck_only(casebook.text) - set(casebook.evidence["record_id"])
    rows["tone"] = rows["kind"].mask(rows["record_id"].isin(others), "other")
    rows["dated"] = rows[BOUNDS].notna().any(axis=1)
    rows.loc[~rows["dated"], "panel"] = "undated"
    rows["told"] = [_told(row) for row in rows.itertuples()]
    order = pd.Categorical(rows["panel"], list(HEADS))
    first = rows["start_earliest"].fillna(rows["start_latest"]).fillna(rows["end_earliest"]).fillna(rows["end_latest"])
    rows["until"] = rows["case_id"].map(_ends(casebook, rows).to_dict())
    by = ["case_id", "order", "first", "start_latest"]
    rows = rows.assign(order=order, first=first).sort_values(by, kind="stable")
    return rows.drop(columns=["order", "first"]).reset_index(drop=True)


def _programs(casebook: "Casebook") -> pd.DataFrame:
    programs = casebook.programs
    labels = _labels(casebook, "status")
    ongoing = programs["status"].eq("ongoing").fillna(value=False)
    said = [labels[status] if status in {"ongoing", "planned"} else "" for status in programs["status"].astype("str")]
    return _rows(programs, "program", said).assign(
        point=False, ongoing=ongoing.to_numpy(), hollow=programs["status"].eq("planned").to_numpy(), struck=False
    )


def _events(casebook: "Casebook") -> pd.DataFrame:
    events = casebook.events
    labels = _labels(casebook, "occurrence")
    said = ["" if code == "occurred" else labels[code] for code in events["occurrence"].astype("str")]
    said = [f"occurrence {text.lower()}" if text.startswith("Not") else text for text in said]
    return _rows(events, "event", said).assign(
        point=events["end"].isna().to_numpy(), ongoing=False, hollow=[bool(text) for text in said],
        struck=events["occurrence"].eq("cancelled").to_numpy(),
    )  # fmt: skip


def _rows(frame: pd.DataFrame, panel: str, said: list[str]) -> pd.DataFrame:
    key = frame.columns[0]
    dates = [
        span_in_words(start, end) if panel == "program" or pd.notna(end) else "" if pd.isna(start) else in_words(start)
        for start, end in frame[["start", "end"]].itertuples(index=False, name=None)
    ]
    words = [", ".join(part for part in (date, more.lower()) if part) for date, more in zip(dates, said, strict=True)]
    chosen = frame[["case_id", key, "name", *BOUNDS]].rename(columns={key: "record_id"})
    return chosen.assign(kind=panel, panel=panel, words=words)


def _labels(casebook: "Casebook", vocabulary: str) -> dict[str, str]:
    codes = casebook.codes
    chosen = codes[codes["vocabulary"].eq(vocabulary)]
    return dict(zip(chosen["code"], chosen["label"], strict=True))


def _ends(casebook: "Casebook", rows: pd.DataFrame) -> pd.Series:
    """The last day that each case speaks of: the end of the case, else its last known date."""
    days = [rows[["case_id", bound]].set_axis(["case_id", "day"], axis=1) for bound in BOUNDS]
    last = pd.concat(days).groupby("case_id")["day"].max()
    return casebook.cases.set_index("case_id")["end_latest"].combine_first(last)


def _told(row: tuple) -> str:
    other = " (named only by other sources)" if row.tone == "other" else ""
    return f"{row.name}: {row.words or 'no date in the source'}{other} · {row.record_id}"


def window(rows: pd.DataFrame) -> Window:
    """First and last day of an axis that holds every known bound, with a little room."""
    if not rows[BOUNDS].notna().any(axis=None):
        return pd.Timestamp("2000-01-01"), pd.Timestamp("2001-01-01")
    first, last = extent(rows)
    room = max((last - first) * 0.03, 5 * DAY)
    return first - room, last + room


def extent(rows: pd.DataFrame) -> Window:
    """First and last known bound of the rows, which must have one."""
    return rows[BOUNDS].min().min(), rows[BOUNDS].max().max()


def cluster(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows that a closer look would part: many in a short time, by far shorter than the whole; else none."""
    many, gap, times = CLUSTER
    dated = rows[(rows["start_latest"] - rows["start_earliest"]).le(gap)].sort_values("start_earliest")
    groups = dated["start_earliest"].diff().gt(gap).cumsum()
    found = [group for _, group in dated.groupby(groups) if len(group) >= many]
    if not found:
        return rows.iloc[:0]
    densest = max(found, key=len)
    (start, end), (first, last) = window(rows), window(densest)
    return rows.loc[sorted(densest.index)] if (end - start) > times * (last - first) else rows.iloc[:0]


def placed(rows: pd.DataFrame, heights: list[int]) -> tuple[pd.DataFrame, pd.DataFrame, float]:
    """Rows with the place y of their marks, the heads of the panels with theirs, and the height of all."""
    at, places, heads = 0.0, [], []
    for panel, part in rows.assign(tall=heights).groupby("panel", sort=False):
        heads.append((HEADS[str(panel)], at + 14))
        at += 28
        for tall in part["tall"]:
            at += tall
            places.append(at - 10)
        at += 6
    return rows.assign(y=places), pd.DataFrame(heads, columns=["head", "y"]), max(at, 20.0)


def drawn(rows: pd.DataFrame, window: Window, pixels: int) -> dict[str, pd.DataFrame]:
    """Marks of each kind: ranges (somewhere within), sure (throughout), open (to an unknown day), ends, points."""
    found: dict[str, list[dict]] = {"ranges": [], "sure": [], "open": [], "ends": [], "points": []}
    least = THIN * (window[1] - window[0]) / pixels
    for row in rows[rows["dated"]].itertuples():
        base = {name: getattr(row, name) for name in ("y", "tone", "hollow", "struck", "told")}
        base |= {"x2": pd.NaT, "side": ""}
        for kind, shape in _marks(row, window, least):
            found[kind].append(base | _wide(shape, least) if kind in {"ranges", "sure"} else base | shape)
    return {kind: pd.DataFrame(shapes, columns=list(SHAPE)).astype(SHAPE) for kind, shapes in found.items()}


def _marks(row: tuple, window: Window, least: pd.Timedelta) -> Iterator[tuple[str, dict]]:
    begun, ended = row.start_latest, row.end_earliest
    lasting = pd.notna(begun) and pd.notna(ended) and ended > begun
    starts = _moment(row.start_earliest, begun, window)
    yield from (one for one in starts if not (lasting and one[0] == "points"))
    if row.point:
        return
    yield from (one for one in _moment(ended, row.end_latest, window) if not (lasting and one[0] == "points"))
    if lasting:
        yield "sure", {"x": begun, "x2": ended + DAY}
    elif row.ongoing and pd.notna(begun) and row.until > begun:
        yield "sure", {"x": begun + DAY, "x2": row.until - least}
        yield "ends", {"x": row.until, "side": "right"}


def _moment(earliest: pd.Timestamp, latest: pd.Timestamp, window: Window) -> Iterator[tuple[str, dict]]:
    """A day as a point, a range as a band, an open side as a line with an arrow."""
    if pd.notna(earliest) and earliest == latest:
        yield "points", {"x": earliest}
    elif pd.notna(earliest) and pd.notna(latest):
        yield "ranges", {"x": earliest, "x2": latest + DAY}
    elif pd.notna(earliest):
        yield "open", {"x": earliest, "x2": window[1]}
        yield "ends", {"x": window[1], "side": "right"}
    elif pd.notna(latest):
        yield "open", {"x": window[0], "x2": latest}
        yield "ends", {"x": window[0], "side": "left"}


def _wide(shape: dict, least: pd.Timedelta) -> dict:
    """The shape, widened on both sides where it would be too thin to be seen."""
    lacking = max(least - (shape["x2"] - shape["x"]), pd.Timedelta(0)) / 2
    return {"x": shape["x"] - lacking, "x2": shape["x2"] + lacking}


def wrapped(row: tuple) -> list[str]:
    """Name and dates of a row: on one line if they fit, else the dates on a line of their own."""
    one = f"{row.name} · {row.words}" if row.words else str(row.name)
    return [one] if len(one) <= LINE else [textwrap.shorten(str(row.name), LINE, placeholder=" …"), row.words]
