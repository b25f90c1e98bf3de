"""The records of a report: an index of every row, and a card per record."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import quote

from policycase.model.dates import figure_in_words, in_words
from policycase.model.identifiers import DOI, GEONAMES, WIKIDATA
from policycase.model.profile import Field, Table
from policycase.model.provenance import ATTESTED, OTHER_SOURCE, RECORD
from policycase.model.stack import each_case
from policycase.reporting.timeline import timeline_rows

if TYPE_CHECKING:
    import pandas as pd

    from policycase.model.casebook import Casebook


Row = dict[str, str]
NAMES = ("name", "title", "statement")
WORDS = {("boolean", "true"): "Yes", ("boolean", "false"): "No", ("field", RECORD): "The record as a whole"}
WEB = re.compile(r"https?://[^\s\"'<>]+")
ADDRESSES = {
    "doi": (DOI, "https://doi.org/"),
    "wikidata": (WIKIDATA, "https://www.wikidata.org/wiki/"),
    "geonames": (GEONAMES, "https://www.geonames.org/"),
}
VIEWS = ("coverage", "conflicts", "crosschecks", "timeline")
PARTS = {"p": "paragraph", "fn": "footnote", "h": "heading", "t": "table"}


@dataclass(frozen=True, slots=True)
class Reference:
    """A passage behind a value: where it is, and whether it states the value."""

    field: str
    short: str
    anchor: str
    where: str
    basis: str
    note: str


@dataclass(frozen=True, slots=True)
class Value:
    """A cell as a reader sees it, with what explains it and where it leads."""

    text: str
    hint: str = ""
    anchor: str = ""
    url: str = ""


class Index:
    """Records of a casebook by id, as text, and the views that a page shows; missing cells are left out."""

    def __init__(self, casebook: "Casebook", known: Mapping[str, object] | None = None) -> None:
        """Read the rows; `known` are views of these cases that have been worked out already, by attribute."""
        self.casebook = casebook
        self.profile = casebook.profile
        self.rows = Rows(casebook)
        self.codes = {(row["vocabulary"], row["code"]): row for row in self.rows["codes"]}
        self.code_anchors = _unique("c", self.codes)
        self.labels = {code: row["label"] for code, row in self.codes.items()}
        self.__dict__ |= known or {}

    @cached_property
    def home(self) -> dict[str, Table]:
        """The table of each record."""
        return {row[table.key]: table for table in self.keyed for row in self.rows[table.name]}

    @cached_property
    def record(self) -> dict[str, Row]:
        """The row of each record."""
        return {row[table.key]: row for table in self.keyed for row in self.rows[table.name]}

    @cached_property
    def anchors(self) -> dict[str, str]:
        """Where each record is: a fragment of the page, or, with a slash, an address within the site."""
        return _unique("r", self.record)

    @property
    def keyed(self) -> list[Table]:
        """The case tables whose rows have an id."""
        return [table for table in self.profile.case_tables.values() if table.key]

    @cached_property
    def sizes(self) -> dict[tuple[str, str], tuple[int, int]]:
        """Of each case and table, how many rows the coded sources attest, and how many more only other sources do."""
        found: dict[tuple[str, str], tuple[int, int]] = {}
        for name in self.profile.case_tables:
            every = self.casebook.text[name]["case_id"].value_counts()
            own = self.casebook.coded.text[name]["case_id"].value_counts()
            found |= {
                (str(case_id), name): (int(own.get(case_id, 0)), int(size - own.get(case_id, 0)))
                for case_id, size in every.items()
            }
        return found

    @cached_property
    def counts(self) -> dict[str, tuple[int, int]]:
        """The same of each table, in all cases."""
        sizes = {
            name: [self.sizes.get((case_id, name), (0, 0)) for case_id in self.casebook.case_ids]
            for name in self.profile.case_tables
        }
        return {name: (sum(own for own, _ in each), sum(more for _, more in each)) for name, each in sizes.items()}

    @cached_property
    def titles(self) -> dict[str, str]:
        """The title of each case."""
        return {row["case_id"]: row["title"] for row in self.rows["cases"]}

    @cached_property
    def coverage(self) -> "pd.DataFrame":
        """How much of each table of each case has evidence."""
        return self.casebook.coverage()

    @cached_property
    def conflicts(self) -> "pd.DataFrame":
        """Coded values compared with what other sources say."""
        return self.casebook.conflicts()

    @cached_property
    def crosschecks(self) -> "pd.DataFrame":
        """How many statements are contested, refined or uncontested."""
        return self.casebook.crosschecks()

    @cached_property
    def timeline(self) -> "pd.DataFrame":
        """Programs and events with their dates."""
        return timeline_rows(self.casebook)

    def of_each_case(self) -> "Iterator[Index]":
        """The index of each case by itself; what is linear in the cases has been worked out once for all."""
        parts = {name: dict(list(getattr(self, name).groupby("case_id", sort=False))) for name in VIEWS}
        for book in each_case(self.casebook):
            case_id = book.case_ids[0]
            known = {
                name: of.get(case_id, getattr(self, name).iloc[:0]).reset_index(drop=True) for name, of in parts.items()
            }
            yield Index(book, {**known, "sizes": self.sizes})

    def name(self, record_id: str) -> str:
        """The name of a record; of a link, the names of its parts; of a figure, its number in words; else the id."""
        if record_id not in self.record:
            return record_id
        row, table = self.record[record_id], self.home[record_id]
        if table.id_parts:
            return ", ".join(self.value(table.fields[part], row[part]).text for part in table.id_parts)
        name = next((row[column] for column in NAMES if column in row), local(record_id))
        return f"{figure_in_words(row, self.labels)}: {name}" if table.name == "figures" else name

    def label(self, vocabulary: str, code: str) -> str:
        """The label of a code; the code itself where it has none."""
        return self.codes.get((vocabulary, code), {}).get("label", code)

    def value(self, field: Field, text: str, row: Row | None = None) -> Value:
        """A cell in words: codes by their labels, ids by their names, dates as they are said."""
        if field.vocabulary:
            hint = self.codes.get((field.vocabulary, text), {}).get("definition", "")
            return Value(self.label(field.vocabulary, text), hint, self.code_anchors.get((field.vocabulary, text), ""))
        if text in self.anchors and field.name != "case_id":
            return Value(self.name(text), text, self.anchors[text])
        if field.edtf:
            days = [(row or {}).get(f"{field.name}_{side}", "open") for side in ("earliest", "latest")]
            return Value(in_words(text), f"{text}: {days[0]} to {days[1]}")
        if field.type == "date":
            return Value(in_words(text), text)
        return Value(WORDS.get((field.type, text), WORDS.get((field.name, text), text)), url=_address(field, text))

    @cached_property
    def references(self) -> dict[str, list[Reference]]:
        """The passages behind each record, in their order; `field` is a field's name or `record`."""
        order = {row["passage_id"]: number for number, row in enumerate(self.rows["passages"])}
        found = defaultdict(list)
        for row in sorted(self.rows["evidence"], key=lambda row: order.get(row["passage_id"], len(order))):
            passage = self.record.get(row["passage_id"], {})
            found[row["record_id"]].append(
                Reference(
                    row["field"],
                    local(row["passage_id"]),
                    self.anchors.get(row["passage_id"], ""),
                    where(passage) or row["passage_id"],
                    row.get("basis", ""),
                    row.get("note", ""),
                )
            )
        return found

    def references_of(self, record_id: str, field: str) -> list[Reference]:
        """The passages behind one value of its own, or behind the record as a whole."""
        return [one for one in self.references.get(record_id, ()) if one.field == field]

    @cached_property
    def mentions(self) -> dict[str, list[tuple[Table, str, Row]]]:
        """The rows that name each record, with their table and the column that does."""
        found = defaultdict(list)
        for table in self.keyed:
            if table.kind == "register":
                continue
            columns = [name for name in table.fields if name not in {table.key, "case_id", "source_id"}]
            for row in self.rows[table.name]:
                for column in columns:
                    if row.get(column) in self.record:
                        found[row[column]].append((table, column, row))
        return found

    def only_others(self, record_id: str) -> bool:
        """Whether no passage of a coded source names this entity, only other sources do."""
        return self.record[record_id].get(ATTESTED) == OTHER_SOURCE


def local(record_id: str) -> str:
    """An id without its case's prefix."""
    return record_id.split(":", 1)[-1]


def where(passage: Row) -> str:
    """Page, paragraph, sentence and part of a passage, in words."""
    parts = [f"page {passage['page']}"] if "page" in passage else []
    if "paragraph" in passage:
        kind = re.fullmatch(r"([a-z]+)([0-9]+)", passage["paragraph"])
        parts.append(
            f"{PARTS[kind[1]]} {kind[2]}" if kind and kind[1] in PARTS else f"paragraph {passage['paragraph']}"
        )
    parts += [f"{name} {passage[column]}" for column, name in (("sentence", "sentence"), ("fragment", "part"))
              if column in passage]  # fmt: skip
    return ", ".join(parts)


class Rows(dict[str, list[Row]]):
    """The rows of each table, made when they are asked for: of thousands of cases few tables are shown."""

    def __init__(self, casebook: "Casebook") -> None:
        super().__init__()
        self.casebook = casebook

    def __missing__(self, name: str) -> list[Row]:
        """The rows of a table."""
        frame = self.casebook.text[name]
        names = frame.columns.tolist()
        self[name] = [
            {name: cell for name, cell in zip(names, cells, strict=True) if cell}
            for cells in frame.to_numpy(dtype=object, na_value="").tolist()
        ]
        return self[name]


def _unique(prefix: str, keys: "Iterator[object] | list | dict") -> dict:
    """A fragment for each key, of letters that need no escape, none twice."""
    taken: dict[str, object] = {}
    for key in keys:
        text = "-".join(key) if isinstance(key, tuple) else str(key)
        plain = f"{prefix}-{re.sub(r'[^A-Za-z0-9:_.-]', '_', text)}"
        name, number = plain, 2
        while name in taken:
            name, number = f"{plain}-{number}", number + 1
        taken[name] = key
    return {key: name for name, key in taken.items()}


def _address(field: Field, text: str) -> str:
    """Where an identifier leads; an empty text unless it has the form that its kind has."""
    if field.identifier in ADDRESSES:
        form, base = ADDRESSES[field.identifier]
        return base + quote(text, safe="/:;()._-") if form.fullmatch(text) else ""
    return text if field.identifier == "uri" and WEB.fullmatch(text) else ""


APART = {*NAMES, "case_id", "summary", "note"}  # shown elsewhere in a card than among its values


@dataclass(frozen=True, slots=True)
class Line:
    """One value of a record under its title."""

    title: str
    meaning: str
    value: Value
    references: list[Reference]


@dataclass(frozen=True, slots=True)
class Item:
    """One row that names a record; `own` if it is given in full here, else it links to the place where it is."""

    text: str
    more: str
    anchor: str
    own: bool
    references: list[Reference]


@dataclass(frozen=True, slots=True)
class Card:
    """A record as a reader sees it."""

    record_id: str
    case_id: str
    anchor: str
    name: str
    summary: str
    note: str
    only_others: bool
    references: list[Reference]
    lines: list[Line]
    ties: dict[str, list[Item]]
    evidence: list[tuple[str, Reference]]


def cards(index: Index, table: Table) -> list[Card]:
    """A card for each row of a table, in its order."""
    return [_card(index, table, row) for row in index.rows[table.name]]


def _card(index: Index, table: Table, row: Row) -> Card:
    record_id = row[table.key]
    ties, tied = _ties(index, table, record_id)
    titles = {name: field.title for name, field in table.fields.items()} | {RECORD: "The record as a whole"}
    own = [(titles.get(one.field, one.field), one) for one in index.references.get(record_id, ())]
    return Card(
        record_id=record_id,
        case_id=row["case_id"],
        anchor=index.anchors[record_id],
        name=index.name(record_id),
        summary=row.get("summary", ""),
        note=row.get("note", ""),
        only_others=index.only_others(record_id),
        references=index.references_of(record_id, RECORD),
        lines=[
            Line(field.title, field.description, index.value(field, row[field.name], row),
                 index.references_of(record_id, field.name))
            for field in table.fields.values()
            if field.name in row and _shown(table, field)
        ],
        ties=ties,
        evidence=own + tied,
    )  # fmt: skip


def _shown(table: Table, field: Field) -> bool:
    return field.name not in APART and field.authored and field.name != table.key


def _ties(index: Index, table: Table, record_id: str) -> tuple[dict[str, list[Item]], list[tuple[str, Reference]]]:
    """Rows that name the record, by what they are to it; and the evidence of those given in full here."""
    ties: dict[str, list[Item]] = defaultdict(list)
    evidence = []
    for other, column, row in index.mentions.get(record_id, ()):
        key = row[other.key]
        own = bool(other.id_parts) and other.id_parts[0] == column
        item = Item(
            text=_text(index, other, column, row),
            more=_more(index, other, row) if own else "",
            anchor=index.anchors[key],
            own=own,
            references=index.references.get(key, []) if own else [],
        )
        ties[link_title(index, table, other, column)].append(item)
        evidence += [(item.text, one) for one in item.references]
    return dict(ties), evidence


def link_title(index: Index, table: Table, other: Table, column: str) -> str:
    """What the rows of another table are to a record of this one.

    Of a link: what its other part is, and which way it reads where both parts are of one table. Of any other row:
    its table, and the column where its title says more than which record it is.
    """
    title = other.fields[column].title
    if column not in other.id_parts:
        return other.title if title == table.fields[table.key].title else f"{other.title} ({title.lower()})"
    rest = [part for part in other.id_parts if part != column]
    targets = {key.fields[0]: index.profile.tables[key.table] for key in other.parents}
    far = targets.get(rest[0])
    if far is None:
        return other.fields[rest[0]].title
    if far.name != table.name:
        return far.title
    return f"{far.title} ({'from' if column == other.id_parts[0] else 'to'} this one)"


def _text(index: Index, other: Table, column: str, row: Row) -> str:
    """A link by its other parts, any other row by its name."""
    if not other.id_parts:
        return index.name(row[other.key])
    parts = [part for part in other.id_parts if part != column]
    return ", ".join(index.value(other.fields[part], row[part], row).text for part in parts)


def _more(index: Index, other: Table, row: Row) -> str:
    """What a link row says beyond its parts."""
    fields = [field for field in other.fields.values() if field.name in row and field.name not in other.id_parts]
    stated = [
        f"{field.title.lower()}: {index.value(field, row[field.name], row).text}"
        for field in fields
        if field.name not in {other.key, "case_id", "note"} and field.authored
    ]
    return ". ".join(part for part in ("; ".join(stated), row.get("note", "")) if part)
