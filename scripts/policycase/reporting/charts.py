"""Charts as Vega-Lite: colors, type and sizes that all share, their layers as plain values, and the SVG of a page."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width
from xml.etree import ElementTree as ET

import pandas as pd

from policycase.errors import MissingExtraError
from policycase.storage.json_files import NOT_XML

if TYPE_CHECKING:
    import altair

    from policycase.model.casebook import Casebook


FONT = "Arial, Helvetica, 'Liberation Sans', sans-serif"
PAPER, INK, MUTED, FAINT = "#ffffff", "#1c2126", "#57606a", "#d5dbe1"
PROGRAM, EVENT, OTHER = "#0a62a3", "#b8480a", "#6b747d"
# Hues that stay apart for the common kinds of color blindness as far as thirteen can; position and name say the same.
HUES = (
    "#007a5a", "#0b68ad", "#7d4aa0", "#8a5a1a", "#b23a70", "#c24a0b",
    "#66700a", "#a06800", "#007b88", "#5b6b8c", "#9c3030",
    "#43661f", "#4a4f55",
)  # fmt: skip
HUES_ON_DARK = (
    "#4cc7a0", "#69b4f2", "#c39be0", "#d9a760", "#f08ab4", "#ff9a63",
    "#bfca55", "#e5b04a", "#4fc6d4", "#a9b8d6", "#f49a94",
    "#a3cf7d", "#bcc2c9",
)  # fmt: skip
# widths of letters as shares of the size
_WIDTHS = (
    dict.fromkeys("iIjl.,:;'|! ", 0.36) | dict.fromkeys("frt()[]-/\"", 0.46) | dict.fromkeys("mwMW@%—…", 1.0)
    | dict.fromkeys("ABCDEFGHJKLNOPQRSTUVXYZ", 0.79)
)  # fmt: skip
_OTHER, _WIDE = 0.66, 1.05
ON_DARK = {
    PAPER: "#15181b",
    INK: "#e7eaed",
    MUTED: "#a7b0b9",
    FAINT: "#3a4149",
    PROGRAM: "#6fb3ea",
    EVENT: "#f0935a",
    OTHER: "#98a2ac",
} | dict(zip(HUES, HUES_ON_DARK, strict=True))


def pixels(text: str, size: float) -> float:
    """How wide a text is at most, in whatever sans-serif font a reader has; that of DejaVu Sans, which is wide."""
    return size * sum(_WIDE if east_asian_width(letter) in "WF" else _WIDTHS.get(letter, _OTHER) for letter in text)


def wrapped(text: str, room: float, size: float) -> list[str]:
    """A text on as many lines as it needs to fit the room, in pixels; nothing is cut, and a long word is broken."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if pixels(longer, size) <= room:
            lines[-1] = longer
            continue
        lines.append("")
        for letter in word:
            if pixels(lines[-1] + letter, size) > room:
                lines.append("")
            lines[-1] += letter
    return [line for line in lines if line] or [""]


def hue(code: object, vocabulary: list[str]) -> str:
    """The color of a code, the same in every chart: by its place in the vocabulary."""
    return HUES[vocabulary.index(str(code)) % len(HUES)] if str(code) in vocabulary else OTHER


def labels(casebook: "Casebook") -> dict[tuple[str, str], str]:
    """The label of each code, by its vocabulary and itself."""
    codes = casebook.text["codes"]
    return dict(zip(zip(codes["vocabulary"], codes["code"], strict=True), codes["label"], strict=True))


Spec = dict[str, Any]
CONFIG: Spec = {
    "font": FONT,
    "background": PAPER,
    "view": {"stroke": None},
    "axis": {
        "labelColor": MUTED, "titleColor": MUTED, "gridColor": FAINT, "domainColor": FAINT, "tickColor": FAINT,
        "labelFontSize": 11,
    },
    "title": {"color": INK, "fontSize": 13, "fontWeight": "bold", "anchor": "start", "frame": "group"},
    "text": {"color": INK, "fontSize": 11.5},
}  # fmt: skip
KINDS_OF_FIELD = {"Q": "quantitative", "T": "temporal", "N": "nominal"}


def field(name: str, **more: Any) -> Spec:
    """A channel that shows a column, written `column:Q`, `column:T` or `column:N` as in Altair, or only its name."""
    column, _, kind = name.partition(":")
    return {"field": column, **({"type": KINDS_OF_FIELD[kind]} if kind else {}), **more}


def layer(rows: pd.DataFrame | Sequence[Mapping[Any, Any]], mark: str, look: Spec, **channels: Spec) -> Spec:
    """One mark for each row, with the columns that its channels show.

    Specifications are written as plain values: the objects of Altair cost ten times as much as the drawing.
    """
    used = list(dict.fromkeys(channel["field"] for channel in channels.values() if "field" in channel))
    given = rows[used].to_dict("records") if isinstance(rows, pd.DataFrame) else rows
    values = [{name: _plain_value(row[name]) for name in used} for row in given]
    return {"data": {"values": values}, "mark": {"type": mark, **look}, "encoding": channels}


def _plain_value(cell: Any) -> Any:
    """A cell as JSON has it: a day as text, None where it is missing."""
    if isinstance(cell, str):
        return cell
    if pd.isna(cell):
        return None
    return cell.strftime("%Y-%m-%dT%H:%M:%S") if isinstance(cell, pd.Timestamp) else cell


def layered(layers: Sequence[Spec], width: float, height: float) -> Spec:
    """The layers that have rows, one on the other."""
    filled = [one for one in layers if one["data"]["values"]] or list(layers[:1])
    return {"layer": filled, "width": width, "height": height}


def as_altair(specs: Sequence[Spec], spacing: int) -> "altair.TopLevelMixin":
    """The one chart, or all below each other, as an object of Altair.

    Raises
    ------
    MissingExtraError
        Altair is not installed.
    """
    try:
        import altair  # noqa: PLC0415 - an extra, and heavy
    except ImportError as error:
        package, extra = "altair", "report"
        raise MissingExtraError(package, extra) from error
    whole = specs[0] if len(specs) == 1 else {"vconcat": list(specs), "spacing": spacing}
    return altair.Chart.from_dict(whole | {"config": CONFIG})


NAMESPACE = "http://www.w3.org/2000/svg"
KEPT = {
    "viewBox", "width", "height", "d", "x", "y", "x2", "y2", "x1", "y1", "transform", "dy", "dx", "r", "cx", "cy", "id",
    "text-anchor", "font-size", "font-weight", "fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray",
    "stroke-opacity", "stroke-miterlimit", "clip-path",
}  # fmt: skip
LONG_NUMBER = re.compile(r"-?\d+\.\d{2,}(?:e-?\d+)?")
SEPARATOR = " · "  # between what a mark tells and the id of its record


def drawing(chart: Spec, ident: str, title: str, description: str, links: Mapping[str, str] | None = None) -> str:
    """A chart as an SVG element for a page.

    Parameters
    ----------
    chart
        The chart as Vega-Lite, without `config`.
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
    spec = _written(chart | {"config": CONFIG})  # the schema is left to the tests
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
        f"{{{NAMESPACE}}}a", {"href": href(links[record]), "tabindex": "-1", "data-record": record, "class": "mark"}
    )
    words = ET.SubElement(link, f"{{{NAMESPACE}}}title")
    words.text = sentence
    place = list(parent).index(mark)
    parent.remove(mark)
    link.append(mark)
    parent.insert(place, link)


def href(anchor: str) -> str:
    """Where an anchor leads: to a fragment of the page, or, if it has a slash, to another page of the site."""
    return anchor if "/" in anchor else f"#{anchor}"


def _own_ids(root: ET.Element, ident: str) -> None:
    for element in root.iter():
        if "id" in element.attrib:
            element.set("id", f"{ident}-{element.get('id')}")
        if "clip-path" in element.attrib:
            element.set("clip-path", element.get("clip-path", "").replace("url(#", f"url(#{ident}-"))


def _short(value: str) -> str:
    return LONG_NUMBER.sub(lambda found: f"{float(found[0]):.1f}".removesuffix(".0"), value)
