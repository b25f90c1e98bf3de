"""The page: what the template reads, and the HTML it makes."""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from policycase.errors import MissingExtraError
from policycase.model.bibtex import authors_of, title_of, year_of
from policycase.model.casebook import Casebook
from policycase.model.columns import row_tuples
from policycase.model.dates import counted_in_words
from policycase.model.profile import ENTRY_TABLES, Field
from policycase.model.provenance import RECORD
from policycase.publishing.web_metadata import dataset
from policycase.reporting import figures
from policycase.reporting.charts import ON_DARK, href
from policycase.reporting.records import Card, Index, Item, Row, Value, cards, link_title, where

if TYPE_CHECKING:
    import jinja2

TEMPLATES = Path(__file__).parent / "templates"
TEMPLATE, STYLE, SCRIPT = "report.html", "report.css", "report.js"
SOURCE_MAP = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)
DIFFERING = ("contradicts", "qualifies", "refines")


@dataclass(frozen=True, slots=True)
class Conflict:
    """A coded value beside what other sources say of it."""

    what: Value
    field: str
    coded: str
    status: str
    groups: int
    rivals: list[Row]


def html(casebook: Casebook) -> str:
    """The page as text, with what search engines read of the package as JSON-LD in its head.

    Raises
    ------
    MissingExtraError
        The extra `report` is not installed.
    """
    templates()
    return page(Index(casebook))


def page(index: Index, up: Value | None = None) -> str:
    """The page of a case or of several, as text; `up` leads to the page of all cases."""
    book = index.casebook
    shown = context(index) | {"metadata": dataset(book.descriptor, book.profile, book.cases), "up": up, "data": None}
    return filled(TEMPLATE, shown, [SCRIPT])


def filled(template: str, shown: Mapping[str, Any], scripts: Sequence[str], styles: Sequence[str] = (STYLE,)) -> str:
    """A template with what it shows; it has its styles, and only its own scripts may run."""
    texts = [SOURCE_MAP.sub("", _asset(name)) for name in scripts]
    return (
        templates()
        .get_template(template)
        .render(
            shown,
            style="\n".join(map(_asset, styles)),
            scripts=[{"text": text, "digest": _digest(text)} for text in texts],
            on_dark=ON_DARK,
        )
    )


def _asset(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


@cache
def templates() -> "jinja2.Environment":
    """The templates, each compiled once.

    Raises
    ------
    MissingExtraError
        The extra `report` is not installed.
    """
    try:
        import jinja2  # noqa: PLC0415 - an extra
    except ImportError as error:
        package, extra = "jinja2", "report"
        raise MissingExtraError(package, extra) from error
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["href"] = href
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
    return environment


def context(index: Index) -> dict[str, Any]:
    """Everything that the template shows."""
    casebook = index.casebook
    several = len(casebook.case_ids) > 1
    tables = [table for table in index.keyed if table.kind != "link" and table.name not in {"sources", "passages"}]
    return {
        "title": title_of(casebook.descriptor, casebook.cases),
        "several": several,
        "about": about(casebook),
        "case_cards": cards(index, index.profile.tables["cases"]),
        "coded": [card for card in cards(index, index.profile.tables["sources"]) if _is_coded(index, card)],
        "bibtex": casebook.cite(),
        "sizes": [counted_in_words(*index.counts[name], name) for name in ENTRY_TABLES],
        "counted": index.counts,
        "passages": casebook.passage_coverage().drop(columns=["case_id", "source_id"]).sum().to_dict(),
        "evidence": index.coverage.select_dtypes("number").sum().to_dict(),
        "extents": figures.extents(index),
        "comparison": figures.comparison(index) if several else None,
        "strip": figures.strip_figure(index) if several else None,
        "counts": figures.counts(index) if several else [],
        "timelines": list(figures.timeline_figures(index)),
        "networks": list(figures.network_figures(index)),
        "goals": list(figures.goal_figures(index)),
        "places": _places(index),
        "conflicts": _conflicts(index),
        "checked": index.crosschecks.groupby("status", sort=False)["statements"].sum().to_dict(),
        "records": [(table, cards(index, table)) for table in tables],
        "entry": ENTRY_TABLES,
        "sources": cards(index, index.profile.tables["sources"]),
        "passage_rows": _passages(index),
        "codebook": list(index.profile.tables.values()),
        "vocabularies": _vocabularies(index),
    }


def about(casebook: Casebook) -> dict[str, Any]:
    """What the package is: its title, authors and year from its cases, the rest from the descriptor."""
    descriptor = casebook.descriptor
    return {
        **{key: str(descriptor.get(key, "")) for key in ("name", "description", "version")},
        "title": title_of(descriptor, casebook.cases),
        "year": year_of(casebook.cases),
        "authors": authors_of(casebook.cases),
        "licenses": [str(entry.get("name", "")) for entry in descriptor.get("licenses", [])],
        "profile": casebook.profile.version,
    }


def _is_coded(index: Index, card: Card) -> bool:
    return index.record[card.record_id].get("source_use") == "coded"


def _places(index: Index) -> list[tuple[Card, list[Item]]]:
    """Each place with the programs that ran and the events that happened there."""
    places = index.profile.tables["places"]
    titles = [link_title(index, places, table, places.key) for table in index.keyed if places.key in table.id_parts]
    return [(card, [item for title in titles for item in card.ties.get(title, ())]) for card in cards(index, places)]


def _conflicts(index: Index) -> list[Conflict]:
    """Contested and refined values, each with its rivals, in the order of `conflicts`."""
    frame = index.conflicts
    frame = frame[frame["stance"].isin(DIFFERING)]
    found = []
    for key, rows in frame.groupby(["record_id", "field"], sort=False):
        record_id, name = map(str, key)
        table = index.home.get(record_id)
        field = table.fields.get(name) if table else None
        first = rows.iloc[0]
        found.append(
            Conflict(
                what=Value(index.name(record_id), record_id, index.anchors.get(record_id, "")),
                field="" if name == RECORD else field.title if field else name,
                coded=_cell(index, field, first["coded_value"]),
                status=first["status"],
                groups=int(first["groups_for_coded"]),
                rivals=[
                    {
                        "stance": index.label("stance", row.stance),
                        "value": _cell(index, field, row.rival_value),
                        "statement": row.statement,
                        "sources": row.sources,
                        "groups": str(row.groups_for_rival),
                    }
                    for row in row_tuples(rows)
                ],
            )
        )
    return found


def _cell(index: Index, field: Field | None, cell: Any) -> str:
    if pd.isna(cell):
        return ""
    return index.value(field, str(cell)).text if field else str(cell)


def _passages(index: Index) -> list[tuple[Row, str, str, list[Value]]]:
    """Each passage with the records that rest on it."""
    resting: dict[str, dict[str, Value]] = {}
    for row in index.rows["evidence"]:
        record_id = row["record_id"]
        if record_id in index.anchors:
            resting.setdefault(row["passage_id"], {})[record_id] = Value(
                index.name(record_id), record_id, index.anchors[record_id]
            )
    return [
        (row, where(row), index.anchors[row["passage_id"]], list(resting.get(row["passage_id"], {}).values()))
        for row in index.rows["passages"]
    ]


def _vocabularies(index: Index) -> dict[str, list[tuple[str, Row]]]:
    found: dict[str, list[tuple[str, Row]]] = {}
    for row in index.rows["codes"]:
        found.setdefault(row["vocabulary"], []).append((index.code_anchors[row["vocabulary"], row["code"]], row))
    return found
