"""Charts as inline SVG: one image with a title and a description, no script, no request, ids of its own."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from policycase.errors import MissingExtraError
from policycase.plots.themes import PAPER, themed
from policycase.texts import NOT_XML

if TYPE_CHECKING:
    import altair

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


def _written(value: object) -> object:
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
        told = child.get("aria-label")
        _plain(child, links)
        child.attrib = {name: _short(value) for name, value in child.attrib.items() if name in KEPT}
        if not len(child) and not (child.text or "").strip() and child.tag.endswith("}g"):
            element.remove(child)
        elif told and SEPARATOR in told and told.rsplit(SEPARATOR, 1)[1] in links:
            _linked(element, child, told, links)


def _unseen(element: ET.Element) -> bool:
    name = element.tag.rsplit("}", 1)[-1]
    whole = name == "rect" and element.get("fill") == PAPER and "d" not in element.attrib and "x" not in element.attrib
    empty = name == "path" and not element.get("d")
    frame = element.get("class") in {"background", "foreground"}
    return whole or empty or frame or element.get("display") == "none" or element.get("opacity") == "0"


def _linked(parent: ET.Element, mark: ET.Element, told: str, links: Mapping[str, str]) -> None:
    """The mark inside a link to its record; not a stop of the keyboard, since the table below has the same links."""
    record = told.rsplit(SEPARATOR, 1)[1]
    link = ET.Element(
        f"{{{NAMESPACE}}}a", {"href": f"#{links[record]}", "tabindex": "-1", "data-record": record, "class": "mark"}
    )
    words = ET.SubElement(link, f"{{{NAMESPACE}}}title")
    words.text = told
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
