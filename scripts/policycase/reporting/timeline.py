"""The timeline of a case: its rows, the marks that show how certain each date is, and the drawing."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from policycase.analysis.chronology import observed, timeline
from policycase.model.columns import row_tuples
from policycase.model.dates import in_words, span_in_words
from policycase.model.provenance import ATTESTED, OTHER_SOURCE
from policycase.model.tables import refuse_invalid_rows
from policycase.reporting.charts import (
    EVENT,
    FAINT,
    INK,
    MUTED,
    OTHER,
    PAPER,
    PROGRAM,
    Spec,
    as_altair,
    field,
    labels,
    layer,
    layered,
    wrapped,
)
from policycase.storage.csv_files import TEXT

if TYPE_CHECKING:
    import altair

    from policycase.model.casebook import Casebook


BOUNDS = ["start_earliest", "start_latest", "end_earliest", "end_latest"]
KINDS = {"program": "Program", "place": "Place of a program", "event": "Event"}
STATES = {"program": "status", "place": "status", "event": "occurrence"}


def timeline_rows(casebook: "Casebook") -> pd.DataFrame:
    """Programs and events with their dates, in the order of a timeline.

    The places of a program follow it where their dates or their status differ.

    Returns
    -------
    DataFrame
        case_id, record_id, name, state (status or occurrence), kind (program, place, event), start and end (EDTF
        text), the four bounds (datetime64, missing where open or not said), point (no duration is meant), narrative
        (Int64) and out_of_order as in `pc.timeline`, dated, panel (program, event, undated), tone (program, event,
        other: only other sources name it), hollow (it did not occur, or the source does not say), struck (it was
        cancelled), ongoing, until (the first day on which its source can have been published: what is ongoing is known
        to that day), words (the dates as text), sentence (all of it as one sentence); programs first, each panel in the
        order of `pc.timeline`.
    """
    rows = _dated(casebook)
    rows = pd.concat([rows, _differing(casebook, rows)], ignore_index=True).astype(rows.dtypes)
    rows["dated"] = rows[["start", "end"]].notna().any(axis=1)
    tone = rows["kind"].replace("place", "program")
    rows["panel"] = tone.where(rows["dated"], "undated")
    rows["tone"] = tone.mask(rows.pop(ATTESTED).eq(OTHER_SOURCE), "other")
    rows["ongoing"] = rows["state"].eq("ongoing")
    rows["struck"] = rows["state"].eq("cancelled")
    event = rows["kind"].eq("event")
    rows["unconfirmed"] = event & rows["state"].ne("occurred") | rows["state"].eq("planned")
    rows["until"] = observed(casebook, rows["case_id"], rows["record_id"])["observed_until_earliest"]
    codes = labels(casebook)
    rows["words"] = [_words(row, codes) for row in row_tuples(rows)]
    rows["sentence"] = [_sentence(row) for row in row_tuples(rows)]
    panels = pd.Categorical(rows["panel"], ["program", "event", "undated"])
    return rows.assign(order=panels).sort_values(["case_id", "order", "place"], kind="stable").drop(
        columns=["order", "place"]
    ).reset_index(drop=True)  # fmt: skip


def _dated(casebook: "Casebook") -> pd.DataFrame:
    """Every program and event, with what `pc.timeline` says of its start and its end; `place` is its place there."""
    parts = []
    for kind, frame in (("program", casebook.programs), ("event", casebook.events)):
        part = frame[["case_id", frame.columns[0], "name", STATES[kind], ATTESTED]].astype({STATES[kind]: TEXT})
        parts.append(part.set_axis(["case_id", "record_id", "name", "state", ATTESTED], axis=1).assign(kind=kind))
    rows = pd.concat(parts, ignore_index=True)
    seen = timeline(casebook, others=True).assign(place=lambda frame: [float(number) for number in range(len(frame))])
    ends = seen["what"].eq("end")
    for side, part in (("start", seen[~ends]), ("end", seen[ends])):
        found = part.drop_duplicates("record_id").set_index("record_id").reindex(rows["record_id"])
        found = found.set_axis(rows.index)
        rows[side] = found["date"]
        rows[f"{side}_earliest"], rows[f"{side}_latest"] = found["earliest"], found["latest"]
    first = seen.drop_duplicates("record_id").set_index("record_id").reindex(rows["record_id"]).set_axis(rows.index)
    rows["point"] = first["what"].eq("point").fillna(value=False)
    return rows.assign(narrative=first["narrative"], out_of_order=first["out_of_order"], place=first["place"])


def _differing(casebook: "Casebook", rows: pd.DataFrame) -> pd.DataFrame:
    """The places of programs whose dates or status differ from place to place, each after its program."""
    places = casebook.program_places
    fates = places.groupby("program_id")[["start", "end", "status"]].nunique(dropna=False)
    places = places[places["program_id"].isin(fates.index[fates.gt(1).any(axis=1)])].reset_index(drop=True)
    program = rows.set_index("record_id").reindex(places["program_id"]).set_axis(places.index)
    name = casebook.places.set_index("place_id")["name"].reindex(places["place_id"]).set_axis(places.index)
    return pd.DataFrame(
        {
            "case_id": places["case_id"],
            "record_id": places["program_place_id"],
            "name": program["name"].str.cat(name, sep=": "),
            "state": places["status"].astype(TEXT),
            ATTESTED: program[ATTESTED],
            "kind": "place",
            **{column: places[column] for column in ("start", "end", *BOUNDS)},
            "point": False,
            "narrative": pd.array([pd.NA] * len(places), dtype="Int64"),
            "out_of_order": pd.array([pd.NA] * len(places), dtype="boolean"),
            "place": program["place"] + (places.groupby("program_id").cumcount() + 1) / 1000,
        }
    )


def _words(row: Any, codes: dict[tuple[str, str], str]) -> str:
    """The dates, and whatever else than "it was" there is to say."""
    date = "" if pd.isna(row.start) or not row.point else in_words(row.start)
    label = codes.get((STATES[row.kind], row.state), str(row.state)).lower()
    if label.startswith("not "):
        label = f"{STATES[row.kind]} {label}"
    stated = label if row.unconfirmed or row.ongoing or (row.state == "ended" and pd.isna(row.end)) else ""
    return ", ".join(part for part in (date or span_in_words(row.start, row.end), stated) if part)


def _sentence(row: Any) -> str:
    other = " (named only by other sources)" if row.tone == "other" else ""
    return f"{row.name}: {row.words or 'no date in the source'}{other} · {row.record_id}"


Window = tuple[pd.Timestamp, pd.Timestamp]
DAY = pd.Timedelta(days=1)
HEADS = {"program": "Programs", "event": "Events", "undated": "No date in the source"}
CLUSTER = (6, 60 * DAY, 8)  # rows, longest gap, and how much longer the whole is, for a closer look
Mark = dict[str, Any]  # y, tone, unconfirmed, struck, sentence, x, x2, side
THIN = 5  # pixels that a bar needs to be seen


def time_window(rows: pd.DataFrame) -> Window:
    """First and last day of an axis that holds every known bound, with a little room."""
    if pd.isna(extent(rows)[0]):
        return pd.Timestamp("2000-01-01"), pd.Timestamp("2001-01-01")
    first, last = extent(rows)
    room = max((last - first) * 0.03, 5 * DAY)
    return first - room, last + room


def extent(rows: pd.DataFrame) -> Window:
    """First and last known day of the rows; missing if there is none."""
    days = rows[BOUNDS].assign(until=rows["until"].where(rows["ongoing"] & rows["dated"]))
    return days.min().min(), days.max().max()


def cluster(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows that a closer look would part: many in a short time, by far shorter than the whole; else none."""
    many, gap, times = CLUSTER
    dated = rows[(rows["start_latest"] - rows["start_earliest"]).le(gap)].sort_values("start_earliest")
    groups = dated["start_earliest"].diff().gt(gap).cumsum()
    found = [group for _, group in dated.groupby(groups) if len(group) >= many]
    if not found:
        return rows.iloc[:0]
    densest = max(found, key=len)
    (start, end), (first, last) = time_window(rows), time_window(densest)
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


def drawn(rows: pd.DataFrame, window: Window, pixels: int) -> dict[str, list[Mark]]:
    """Marks of each kind: ranges (somewhere within), sure (throughout), open (to an unknown day), ends, points."""
    found: dict[str, list[Mark]] = {"ranges": [], "sure": [], "open": [], "ends": [], "points": []}
    least = THIN * (window[1] - window[0]) / pixels
    for row in row_tuples(rows[rows["dated"]]):
        base = {name: getattr(row, name) for name in ("y", "tone", "unconfirmed", "struck", "sentence")}
        base |= {"x2": pd.NaT, "side": ""}
        for kind, shape in _marks(row, window, least):
            found[kind].append(base | (_wide(shape, least) if kind in {"ranges", "sure"} else shape))
    return found


def _marks(row: Any, window: Window, least: pd.Timedelta) -> Iterator[tuple[str, dict]]:
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


def labelled(row: Any, pixels: float, size: float) -> list[str]:
    """Name and dates of a row: on one line if they fit, else the dates on lines of their own."""
    one = f"{row.name} · {row.words}" if row.words else str(row.name)
    whole = wrapped(one, pixels, size)
    return whole if len(whole) == 1 else [*wrapped(str(row.name), pixels, size), *wrapped(row.words, pixels, size)]


TONES = {"program": PROGRAM, "event": EVENT, "other": OTHER}
ARROWS = {"left": "M1,-1L-1,0L1,1Z", "right": "M-1,-1L1,0L-1,1Z"}
CROSS = "M-1,-1L1,1M1,-1L-1,1"
CIRCLE = "circle"


@dataclass(frozen=True, slots=True)
class Layout:
    """Sizes in pixels: labels left of the axis, or, where they are 0 wide, above each mark."""

    labels: int
    axis: int
    dates: int
    row: int
    size: float = 11.5

    @property
    def above(self) -> bool:
        """Whether labels stand above the marks."""
        return self.labels == 0


WIDE = Layout(labels=316, axis=480, dates=226, row=20)
NARROW = Layout(labels=0, axis=318, dates=0, row=34)
LINE_HEIGHT, LANES = 14, 40
LABEL: Spec = {"color": INK, "lineBreak": "\n", "lineHeight": LINE_HEIGHT, "aria": False}


def plot_timeline(casebook: "Casebook") -> "altair.TopLevelMixin":
    """A timeline of programs and events, one chart per case, all on one axis.

    A day that is known is a dot, a moment somewhere within a range is a pale band over the range, and an open bound
    is a dotted line that ends in an arrow. What did not occur is hollow and says so; what only other sources
    name is gray; what has no date has no mark.

    Raises
    ------
    MissingExtraError
        Altair is not installed.
    InvalidPackageError
        A row has no id or no case, or points nowhere.
    """
    refuse_invalid_rows(casebook.text, casebook.profile)
    rows = timeline_rows(casebook)
    window = time_window(rows)
    titles = casebook.cases.set_index("case_id")["title"]
    charts = [
        case_timeline(rows[rows["case_id"].eq(case_id)], window) | {"title": titles[case_id]}
        for case_id in casebook.case_ids
    ]
    return as_altair(charts, spacing=28)


def case_timeline(rows: pd.DataFrame, window: Window, layout: Layout = WIDE) -> Spec:
    """One case's rows within a window of time, without theme; rows as `timeline_rows` gives them."""
    if layout.above:
        names = [labelled(row, layout.axis, layout.size) for row in row_tuples(rows)]
        dates = [[""] for _ in names]
    else:
        names = [wrapped(str(name), layout.labels - 16, layout.size) for name in rows["name"]]
        dates = [wrapped(words, layout.dates - 14, layout.size) for words in rows["words"]]
    more = [LINE_HEIGHT * (max(map(len, pair)) - 1) for pair in zip(names, dates, strict=True)]
    rows, heads, height = placed(rows, [layout.row + each for each in more])
    if not layout.above:
        rows["y"] -= [each / 2 for each in more]  # the marks stand in the middle of their labels, else below them
    for column, texts in (("lines", names), ("date_lines", dates)):
        rows[column] = ["\n".join(each) for each in texts]
        lift = [LINE_HEIGHT * (len(each) - 1) * (1 if layout.above else 0.5) + 11 * layout.above for each in texts]
        rows[f"{column}_y"] = rows["y"] - lift
    return _drawn(rows, _labels(rows, heads, layout), window, layout, height)


def strip(rows: pd.DataFrame, titles: dict[str, str], window: Window, layout: Layout = WIDE) -> Spec:
    """All cases on one axis, two lanes each: programs above, events below; without theme."""
    room = layout.axis if layout.above else layout.labels - 16
    names = {case_id: wrapped(title, room, layout.size) for case_id, title in titles.items()}
    most = LINE_HEIGHT * max(map(len, names.values()), default=1)
    tall = LANES + most if layout.above else max(LANES + 8, most + 22)
    top = {case_id: number * tall for number, case_id in enumerate(titles)}
    lanes = {"program": tall - 27.0, "event": tall - 10.0}
    rows = rows[rows["dated"] & rows["kind"].isin(list(lanes))]
    rows = rows.assign(y=rows["case_id"].map(top) + rows["kind"].map(lanes))
    heads = pd.DataFrame({"lines": ["\n".join(each) for each in names.values()], "y": list(top.values())})
    return _drawn(rows, _titles(heads, layout), window, layout, tall * len(titles), opacity=0.6)


def _drawn(
    rows: pd.DataFrame, labels: list[Spec], window: Window, layout: Layout, height: float, opacity: float = 1
) -> Spec:
    """The marks of rows that have their place, with their labels."""
    parts = drawn(rows, window, layout.axis)
    x = field("x:T", scale={"domain": [_text(day) for day in window]}, axis=_axis(layout))
    down = {"domain": [0, height], "reverse": True, "nice": False}
    y = field("y:Q", scale=down, axis=None)
    tone = {"domain": list(TONES), "range": list(TONES.values())}
    fill = stroke = field("tone:N", scale=tone, legend=None)
    said = {"description": field("sentence:N"), "tooltip": field("sentence:N", title=" ")}
    x2 = field("x2")

    def those(kind: str, **wanted: object) -> list[Mark]:
        return [mark for mark in parts[kind] if all(mark[name] == value for name, value in wanted.items())]

    def band(marks: list[Mark], look: Spec, **colors: Spec) -> Spec:
        tall = 4.5
        marks = [mark | {"top": mark["y"] - tall, "bottom": mark["y"] + tall} for mark in marks]
        top = field("top:Q", scale=down, axis=None)
        look = {"cornerRadius": 4.5, **look}
        return layer(marks, "rect", look, x=x, x2=x2, y=top, y2=field("bottom"), **said, **colors)

    across = {"x": {"value": 0}, "x2": {"value": layout.axis}}
    dotted = {"strokeDash": [2, 3], "strokeWidth": 1.6, "strokeOpacity": opacity}
    disc = {"shape": CIRCLE, "filled": True, "size": 62, "opacity": opacity}
    ring = {"shape": CIRCLE, "fill": PAPER, "size": 56, "strokeWidth": 1.6, "opacity": 1}
    pale = {"fillOpacity": 0.3 * opacity, "strokeWidth": 1}
    unsure = {"fill": PAPER, "strokeWidth": 1.2, "strokeDash": [3, 2]}
    layers = [
        layer(rows[rows["dated"]], "rule", {"color": FAINT, "strokeDash": [1, 4]}, y=y, **across),
        layer(parts["open"], "rule", dotted, x=x, x2=x2, y=y, stroke=stroke, **said),
        band(those("ranges", unconfirmed=False), pale, color=fill, stroke=stroke),
        band(those("ranges", unconfirmed=True), unsure, stroke=stroke),
        band(those("sure", unconfirmed=False), {"strokeWidth": 0, "fillOpacity": opacity}, color=fill),
        band(those("sure", unconfirmed=True), {"fill": PAPER, "strokeWidth": 1.4}, stroke=stroke),
        *(
            layer(
                those("ends", side=side, unconfirmed=unconfirmed),
                "point",
                {"shape": shape, "size": 90, **look},
                x=x, y=y, **said, **colors,
            )
            for side, shape in ARROWS.items()
            for unconfirmed, look, colors in (
                (False, {"filled": True, "opacity": 1}, {"color": fill}),
                (True, {"fill": PAPER, "strokeWidth": 1.4, "opacity": 1}, {"stroke": stroke}),
            )
        ),
        layer(those("points", unconfirmed=False), "point", disc, x=x, y=y, color=fill, **said),
        layer(those("points", unconfirmed=True), "point", ring, x=x, y=y, stroke=stroke, **said),
        layer(
            those("points", struck=True),
            "point",
            {"shape": CROSS, "size": 26, "strokeWidth": 1.6, "opacity": 1},
            x=x, y=y, stroke=stroke,
        ),
        *labels,
    ]  # fmt: skip
    return layered(layers, layout.axis, height)


def _titles(names: pd.DataFrame, layout: Layout) -> list[Spec]:
    """Titles of cases left of their lanes, or above them."""
    across, shift = (0, 14) if layout.above else (-12, 22)
    look = LABEL | {"align": "left" if layout.above else "right", "fontSize": layout.size}
    y = field("y:Q", axis=None)
    return [layer(names.assign(y=names["y"] + shift), "text", look, x={"value": across}, y=y, text=field("lines:N"))]


def _labels(rows: pd.DataFrame, heads: pd.DataFrame, layout: Layout) -> list[Spec]:
    """Names left of the axis and dates right of it; or both above the marks."""
    look = LABEL | {"fontSize": layout.size, "baseline": "middle"}
    head = {name: look[name] for name in ("color", "aria", "fontSize", "baseline")} | {"fontWeight": "bold"}

    def at(frame: pd.DataFrame, text: str, x: float, look: Spec) -> Spec:
        y = "y" if text == "head" else f"{text}_y"
        return layer(frame, "text", look, x={"value": x}, y=field(f"{y}:Q", axis=None), text=field(f"{text}:N"))

    if layout.above:
        return [
            at(rows, "lines", 0, look | {"align": "left", "baseline": "alphabetic"}),
            at(heads, "head", 0, head | {"align": "left"}),
        ]
    return [
        at(rows, "lines", -12, look | {"align": "right"}),
        at(rows, "date_lines", layout.axis + 12, look | {"align": "left", "color": MUTED}),
        at(heads, "head", -12, head | {"align": "right"}),
    ]


def _axis(layout: Layout) -> Spec:
    ticks = 5 if layout.above else 9
    return {
        "title": None, "orient": "top", "tickCount": ticks, "labelOverlap": True, "labelSeparation": 10,
        "domain": False,
    }  # fmt: skip


def _text(day: pd.Timestamp) -> str:
    return day.strftime("%Y-%m-%dT00:00:00")
