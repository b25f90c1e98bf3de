"""The page: what the template reads, the HTML it makes, and the file that holds it."""

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from policycase.errors import MissingExtraError
from policycase.model.bibtex import authors_of, title_of, year_of
from policycase.model.casebook import Casebook, load
from policycase.model.columns import row_tuples
from policycase.model.dates import counted_in_words
from policycase.model.package import refuse_invalid_descriptor
from policycase.model.profile import ENTRY_TABLES, Field
from policycase.model.provenance import RECORD
from policycase.model.tables import refuse_invalid_rows
from policycase.publishing.web_metadata import dataset
from policycase.reporting import comparison, figures
from policycase.reporting.charts import ON_DARK
from policycase.reporting.records import Card, Index, Item, Row, Value, cards, link_title, where
from policycase.storage.writing import refuse_taken, write_file

TEMPLATES = Path(__file__).parent / "templates"
TEMPLATE, STYLE, SCRIPT = "report.html", "report.css", "report.js"
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


def report(casebook: Casebook | str | Path | None, output: str | Path, *, force: bool = False) -> Path:
    """One HTML page of a case, or of a stack with its cases side by side.

    Parameters
    ----------
    casebook
        A casebook, or the path of a package. None is the package in this folder, else the
        case that comes with the library.
    output
        The file to write.
    force
        Replace the file if it exists.

    Returns
    -------
    Path
        The file. It needs no network and no script: charts are inline SVG, and each value names its passages.
        It has about half a megabyte and takes about two seconds per case, so it is meant for dozens of cases.

    Raises
    ------
    MissingExtraError
        The extra `report` is not installed.
    UnreadableError
        The file exists and `force` is not set, or the existing file is not a page; or the package cannot be read.
    InvalidPackageError
        A row has no id or no case, or points nowhere; or the descriptor is not valid.
    """
    target = Path(output)
    refuse_taken(target, b"<!doctype html>", force=force)
    book = casebook if isinstance(casebook, Casebook) else load(casebook)
    refuse_invalid_descriptor(book.descriptor)
    refuse_invalid_rows(book.text, book.profile)
    write_file(target, html(book).encode(), force=force)
    return target


def html(casebook: Casebook) -> str:
    """The page as text, with what search engines read of the package as JSON-LD in its head.

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
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
    script = (TEMPLATES / SCRIPT).read_text(encoding="utf-8")
    return environment.get_template(TEMPLATE).render(
        context(casebook),
        metadata=dataset(casebook.descriptor, casebook.profile, casebook.cases),
        style=(TEMPLATES / STYLE).read_text(encoding="utf-8"),
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        on_dark=ON_DARK,
    )


def context(casebook: Casebook) -> dict[str, Any]:
    """Everything that the template shows."""
    index = Index(casebook)
    several = len(casebook.case_ids) > 1
    tables = [table for table in index.keyed if table.kind != "link" and table.name not in {"sources", "passages"}]
    return {
        "title": title_of(casebook.descriptor, casebook.cases),
        "several": several,
        "about": _about(casebook),
        "case_cards": cards(index, index.profile.tables["cases"]),
        "coded": [card for card in cards(index, index.profile.tables["sources"]) if _is_coded(index, card)],
        "bibtex": casebook.cite(),
        "sizes": [counted_in_words(*index.counts[name], name) for name in ENTRY_TABLES],
        "counted": index.counts,
        "passages": casebook.passage_coverage().drop(columns=["case_id", "source_id"]).sum().to_dict(),
        "evidence": casebook.coverage().select_dtypes("number").sum().to_dict(),
        "extents": comparison.extents(index),
        "comparison": comparison.cases(index) if several else None,
        "strip": figures.strip_figure(index) if several else None,
        "counts": comparison.counts(index) if several else [],
        "timelines": list(figures.timeline_figures(index)),
        "networks": list(figures.network_figures(index)),
        "goals": list(figures.goal_figures(index)),
        "places": _places(index),
        "conflicts": _conflicts(index),
        "checked": casebook.crosschecks().groupby("status", sort=False)["statements"].sum().to_dict(),
        "records": [(table, cards(index, table)) for table in tables],
        "entry": ENTRY_TABLES,
        "sources": cards(index, index.profile.tables["sources"]),
        "passage_rows": _passages(index),
        "codebook": list(index.profile.tables.values()),
        "vocabularies": _vocabularies(index),
    }


def _about(casebook: Casebook) -> dict[str, Any]:
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
    frame = index.casebook.conflicts()
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
