"""Cards: each record with its values, the rows that name it, and the passages behind all of them."""

from collections import defaultdict
from dataclasses import dataclass

from policycase.coverage import RECORD
from policycase.profiles import Field, Table
from policycase.reporting.indexes import NAMES, Index, Reference, Row, Value

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
    """One row that names a record; `own` if it stands in full here, else it leads to where it does."""

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
    return field.name not in APART and not field.bound and field.name != table.key


def _ties(index: Index, table: Table, record_id: str) -> tuple[dict[str, list[Item]], list[tuple[str, Reference]]]:
    """Rows that name the record, by what they are to it; and the evidence of those that stand in full here."""
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
    said = [
        f"{field.title.lower()}: {index.value(field, row[field.name], row).text}"
        for field in fields
        if field.name not in {other.key, "case_id", "note"} and not field.bound
    ]
    return ". ".join(part for part in ("; ".join(said), row.get("note", "")) if part)
