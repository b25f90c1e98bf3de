"""The marks of a timeline: for each row those that say how sure its dates are, and where they stand."""

import textwrap
from collections.abc import Iterator

import pandas as pd

from policycase.plots.chronicle import BOUNDS

Window = tuple[pd.Timestamp, pd.Timestamp]
DAY = pd.Timedelta(days=1)
HEADS = {"program": "Programs", "event": "Events", "undated": "No date in the source"}
LINE = 54  # characters that fit the narrow chart
CLUSTER = (6, 60 * DAY, 8)  # rows, longest gap, and how much longer the whole is, for a closer look
SHAPE = {
    "y": "float64", "tone": "str", "hollow": "bool", "struck": "bool", "told": "str",
    "x": "datetime64[s]", "x2": "datetime64[s]", "side": "str",
}  # fmt: skip
THIN = 5  # pixels that a bar needs to be seen


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
