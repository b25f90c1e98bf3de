"""The timeline of a case: its rows, the marks that show how certain each date is, and the drawing."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pandas as pd

from policycase.analysis.chronology import observed, timeline
from policycase.errors import MissingExtraError
from policycase.model.columns import row_tuples
from policycase.model.dates import in_words, span_in_words
from policycase.model.provenance import ATTESTED, OTHER_SOURCE
from policycase.model.tables import refuse_invalid_rows
from policycase.reporting.theme import EVENT, FAINT, INK, MUTED, OTHER, PAPER, PROGRAM, library, themed, wrapped
from policycase.storage.csv_files import TEXT
from policycase.storage.json_files import NOT_XML

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
    labels = dict(casebook.codes.set_index(["vocabulary", "code"])["label"])
    rows["words"] = [_words(row, labels) for row in row_tuples(rows)]
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


def _words(row: Any, labels: dict[tuple[str, str], str]) -> str:
    """The dates, and whatever else than "it was" there is to say."""
    date = "" if pd.isna(row.start) or not row.point else in_words(row.start)
    label = labels.get((STATES[row.kind], row.state), str(row.state)).lower()
    if label.startswith("not "):
        label = f"{STATES[row.kind]} {label}"
    stated = label if row.unconfirmed or row.ongoing or (row.state == "ended" and pd.isna(row.end)) else ""
    return ", ".join(part for part in (date or span_in_words(row.start, row.end), stated) if part)


def _sentence(row: Any) -> str:
    other = " (named only by other sources)" if row.tone == "other" else ""
    return f"{row.name}: {row.words or 'no date in the source'}{other} · {row.record_id}"


NAMESPACE = "http://www.w3.org/2000/svg"
KEPT = {
    "viewBox", "width", "height", "d", "x", "y", "x2", "y2", "x1", "y1", "transform", "dy", "dx", "r", "cx", "cy", "id",
    "text-anchor", "font-size", "font-weight", "fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray",
    "stroke-opacity", "stroke-miterlimit", "clip-path",
}  # fmt: skip
LONG_NUMBER = re.compile(r"-?\d+\.\d{2,}(?:e-?\d+)?")
SEPARATOR = " · "  # between what a mark tells and the id of its record


def drawing(
    chart: "altair.TopLevelMixin", ident: str, title: str, description: str, links: Mapping[str, str] | None = None
) -> str:
    """A chart as an SVG element for a page.

    Parameters
    ----------
    chart
        The chart, without theme.
    ident
        What every id in the element begins with; unique in the page.
    title, description
        What the image is, and what it says, for those who do not see it.
    links
        The fragment of each record id: its marks lead there and carry `data-record`.

    Raises
    ------
    MissingExtraError
        vl-convert-python is not installed.
    """
    try:
        import vl_convert  # noqa: PLC0415 - an extra, and heavy
    except ImportError as error:
        package, extra = "vl-convert-python", "report"
        raise MissingExtraError(package, extra) from error
    spec = _written(themed(chart).to_dict(validate=False))  # the schema is left to the tests
    text = vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])
    root = ET.fromstring(text)  # noqa: S314 - made here from plain values, never read
    _plain(root, links or {})
    _own_ids(root, ident)
    root.attrib = {
        "viewBox": root.get("viewBox", ""),
        "width": root.get("width", ""),
        "height": root.get("height", ""),
        "role": "img",
        "aria-labelledby": f"{ident}-title {ident}-desc",
    }
    for place, (name, words) in enumerate((("title", title), ("desc", description))):
        element = ET.Element(f"{{{NAMESPACE}}}{name}", {"id": f"{ident}-{name}"})
        element.text = NOT_XML.sub("\ufffd", words)
        root.insert(place, element)
    ET.register_namespace("", NAMESPACE)
    return ET.tostring(root, encoding="unicode")


def _written(value: Any) -> Any:
    """A specification without the characters that no XML can hold: one of them would abort the whole process."""
    if isinstance(value, str):
        return NOT_XML.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_written(key): _written(item) for key, item in value.items()}
    return [_written(item) for item in value] if isinstance(value, list) else value


def _plain(element: ET.Element, links: Mapping[str, str]) -> None:
    """Drop what is not seen and what only a script would use; give each mark its words and its link."""
    for child in list(element):
        if _unseen(child):
            element.remove(child)
            continue
        sentence = child.get("aria-label")
        _plain(child, links)
        child.attrib = {name: _short(value) for name, value in child.attrib.items() if name in KEPT}
        if not len(child) and not (child.text or "").strip() and child.tag.endswith("}g"):
            element.remove(child)
        elif sentence and SEPARATOR in sentence and sentence.rsplit(SEPARATOR, 1)[1] in links:
            _linked(element, child, sentence, links)


def _unseen(element: ET.Element) -> bool:
    name = element.tag.rsplit("}", 1)[-1]
    whole = name == "rect" and element.get("fill") == PAPER and "d" not in element.attrib and "x" not in element.attrib
    empty = name == "path" and not element.get("d")
    frame = element.get("class") in {"background", "foreground"}
    return whole or empty or frame or element.get("display") == "none" or element.get("opacity") == "0"


def _linked(parent: ET.Element, mark: ET.Element, sentence: str, links: Mapping[str, str]) -> None:
    """The mark inside a link to its record; not a stop of the keyboard, since the table below has the same links."""
    record = sentence.rsplit(SEPARATOR, 1)[1]
    link = ET.Element(
        f"{{{NAMESPACE}}}a", {"href": f"#{links[record]}", "tabindex": "-1", "data-record": record, "class": "mark"}
    )
    words = ET.SubElement(link, f"{{{NAMESPACE}}}title")
    words.text = sentence
    place = list(parent).index(mark)
    parent.remove(mark)
    link.append(mark)
    parent.insert(place, link)


def _own_ids(root: ET.Element, ident: str) -> None:
    for element in root.iter():
        if "id" in element.attrib:
            element.set("id", f"{ident}-{element.get('id')}")
        if "clip-path" in element.attrib:
            element.set("clip-path", element.get("clip-path", "").replace("url(#", f"url(#{ident}-"))


def _short(value: str) -> str:
    return LONG_NUMBER.sub(lambda found: f"{float(found[0]):.1f}".removesuffix(".0"), value)


Window = tuple[pd.Timestamp, pd.Timestamp]
DAY = pd.Timedelta(days=1)
HEADS = {"program": "Programs", "event": "Events", "undated": "No date in the source"}
CLUSTER = (6, 60 * DAY, 8)  # rows, longest gap, and how much longer the whole is, for a closer look
SHAPE: dict[str, Any] = {
    "y": "float64", "tone": TEXT, "unconfirmed": "bool", "struck": "bool", "sentence": TEXT,
    "x": "datetime64[s]", "x2": "datetime64[s]", "side": TEXT,
}  # fmt: skip
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


def drawn(rows: pd.DataFrame, window: Window, pixels: int) -> dict[str, pd.DataFrame]:
    """Marks of each kind: ranges (somewhere within), sure (throughout), open (to an unknown day), ends, points."""
    found: dict[str, list[dict]] = {"ranges": [], "sure": [], "open": [], "ends": [], "points": []}
    least = THIN * (window[1] - window[0]) / pixels
    for row in row_tuples(rows[rows["dated"]]):
        base = {name: getattr(row, name) for name in ("y", "tone", "unconfirmed", "struck", "sentence")}
        base |= {"x2": pd.NaT, "side": ""}
        for kind, shape in _marks(row, window, least):
            found[kind].append(base | _wide(shape, least) if kind in {"ranges", "sure"} else base | shape)
    return {kind: pd.DataFrame(shapes, columns=list(SHAPE)).astype(SHAPE) for kind, shapes in found.items()}


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
    alt = library()
    refuse_invalid_rows(casebook.text, casebook.profile)
    rows = timeline_rows(casebook)
    window = time_window(rows)
    titles = casebook.cases.set_index("case_id")["title"]
    charts = [
        case_timeline(rows[rows["case_id"].eq(case_id)], window).properties(title=titles[case_id])
        for case_id in casebook.case_ids
    ]
    return themed(charts[0] if len(charts) == 1 else alt.vconcat(*charts, spacing=28))


def case_timeline(rows: pd.DataFrame, window: Window, layout: Layout = WIDE) -> "altair.LayerChart":
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


def strip(rows: pd.DataFrame, titles: dict[str, str], window: Window, layout: Layout = WIDE) -> "altair.LayerChart":
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
    rows: pd.DataFrame, labels: list, window: Window, layout: Layout, height: float, opacity: float = 1
) -> "altair.LayerChart":
    """The marks of rows that have their place, with their labels."""
    alt = library()
    parts = drawn(rows, window, layout.axis)
    x = alt.X("x:T", scale=alt.Scale(domain=[_text(day) for day in window]), axis=_axis(alt, layout))
    down = alt.Scale(domain=[0, height], reverse=True, nice=False)
    y = alt.Y("y:Q", scale=down, axis=None)
    tone = alt.Scale(domain=list(TONES), range=list(TONES.values()))
    fill, stroke = (alt.Color("tone:N", scale=tone, legend=None), alt.Stroke("tone:N", scale=tone, legend=None))
    sentence = alt.Description("sentence:N")
    tip = alt.Tooltip("sentence:N", title=" ")
    across = {"x": alt.value(0), "x2": alt.value(layout.axis)}

    def band(frame: pd.DataFrame, **look: object) -> "altair.Chart":
        tall = 4.5
        frame = frame.assign(top=frame["y"] - tall, bottom=frame["y"] + tall)
        return alt.Chart(frame).mark_rect(cornerRadius=4.5, **look).encode(
            x=x, x2="x2:T", y=alt.Y("top:Q", scale=down, axis=None), y2="bottom:Q", description=sentence, tooltip=tip
        )  # fmt: skip

    ranges, sure, open_, ends, points = (parts[name] for name in ("ranges", "sure", "open", "ends", "points"))
    layers = [
        alt.Chart(rows[rows["dated"]]).mark_rule(color=FAINT, strokeDash=[1, 4]).encode(y=y, **across),
        alt.Chart(open_).mark_rule(strokeDash=[2, 3], strokeWidth=1.6, strokeOpacity=opacity).encode(
            x=x, x2="x2:T", y=y, stroke=stroke, description=sentence, tooltip=tip
        ),
        band(ranges[~ranges["unconfirmed"]], fillOpacity=0.3 * opacity, strokeWidth=1)
        .encode(color=fill, stroke=stroke),
        band(ranges[ranges["unconfirmed"]], fill=PAPER, strokeWidth=1.2, strokeDash=[3, 2]).encode(stroke=stroke),
        band(sure[~sure["unconfirmed"]], strokeWidth=0, fillOpacity=opacity).encode(color=fill),
        band(sure[sure["unconfirmed"]], fill=PAPER, strokeWidth=1.4).encode(stroke=stroke),
        *(
            alt.Chart(ends[ends["side"].eq(side) & ends["unconfirmed"].eq(unconfirmed)])
            .mark_point(shape=shape, size=90, **look)
            .encode(x=x, y=y, description=sentence, tooltip=tip, **colors)
            for side, shape in ARROWS.items()
            for unconfirmed, look, colors in (
                (False, {"filled": True, "opacity": 1}, {"color": fill}),
                (True, {"fill": PAPER, "strokeWidth": 1.4, "opacity": 1}, {"stroke": stroke}),
            )
        ),
        alt.Chart(points[~points["unconfirmed"]])
        .mark_point(shape=CIRCLE, filled=True, size=62, opacity=opacity)
        .encode(x=x, y=y, color=fill, description=sentence, tooltip=tip),
        alt.Chart(points[points["unconfirmed"]])
        .mark_point(shape=CIRCLE, fill=PAPER, size=56, strokeWidth=1.6, opacity=1)
        .encode(x=x, y=y, stroke=stroke, description=sentence, tooltip=tip),
        alt.Chart(points[points["struck"]]).mark_point(shape=CROSS, size=26, strokeWidth=1.6, opacity=1).encode(
            x=x, y=y, stroke=stroke
        ),
        *labels,
    ]  # fmt: skip
    filled = [layer for layer in layers if len(layer.data)] or layers[:1]
    return alt.layer(*filled).properties(width=layout.axis, height=height)


def _titles(names: pd.DataFrame, layout: Layout) -> list["altair.Chart"]:
    """Titles of cases left of their lanes, or above them."""
    alt = library()
    across, shift = (0, 14) if layout.above else (-12, 22)
    names = names.assign(y=names["y"] + shift)
    return [
        alt.Chart(names).mark_text(
            align="left" if layout.above else "right", lineBreak="\n", lineHeight=LINE_HEIGHT, color=INK,
            fontSize=layout.size, aria=False,
        ).encode(x=alt.value(across), y=alt.Y("y:Q", axis=None), text="lines:N")
    ]  # fmt: skip


def _labels(rows: pd.DataFrame, heads: pd.DataFrame, layout: Layout) -> list["altair.Chart"]:
    """Names left of the axis and dates right of it; or both above the marks."""
    alt = library()
    y = alt.Y("y:Q", axis=None)
    look = {"fontSize": layout.size, "baseline": "middle", "aria": False}
    if layout.above:
        return [
            alt.Chart(rows).mark_text(
                align="left", lineBreak="\n", lineHeight=LINE_HEIGHT, color=INK, **look | {"baseline": "alphabetic"}
            ).encode(x=alt.value(0), y=alt.Y("lines_y:Q", axis=None), text="lines:N"),
            alt.Chart(heads).mark_text(align="left", fontWeight="bold", color=INK, **look).encode(
                x=alt.value(0), y=y, text="head:N"
            ),
        ]  # fmt: skip
    return [
        alt.Chart(rows).mark_text(align="right", color=INK, lineBreak="\n", lineHeight=LINE_HEIGHT, **look).encode(
            x=alt.value(-12), y=alt.Y("lines_y:Q", axis=None), text="lines:N"
        ),
        alt.Chart(rows).mark_text(align="left", color=MUTED, lineBreak="\n", lineHeight=LINE_HEIGHT, **look).encode(
            x=alt.value(layout.axis + 12), y=alt.Y("date_lines_y:Q", axis=None), text="date_lines:N"
        ),
        alt.Chart(heads).mark_text(align="right", fontWeight="bold", color=INK, **look).encode(
            x=alt.value(-12), y=y, text="head:N"
        ),
    ]  # fmt: skip


def _axis(alt: Any, layout: Layout) -> "altair.Axis":
    ticks = 5 if layout.above else 9
    return alt.Axis(title=None, orient="top", tickCount=ticks, labelOverlap=True, labelSeparation=10, domain=False)


def _text(day: pd.Timestamp) -> str:
    return day.strftime("%Y-%m-%dT00:00:00")
