"""Stage 4: types, constraints and keys, as frictionless finds them; the only module that imports it.

`check` parses each file once and reads each distinct cell once, with frictionless' own cell readers. `check_exactly`
is frictionless itself, which takes some hundred times as long; tests hold both to the same findings.
"""

import csv
import hashlib
import io
import json
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property, lru_cache
from itertools import chain, islice
from typing import Any

from frictionless import Error, Field, FrictionlessException, Schema
from frictionless import Package as FrictionlessPackage
from frictionless.table import Header

from policycase.descriptor import Package
from policycase.findings import Finding, few
from policycase.limits import limit
from policycase.paths import DESCRIPTOR
from policycase.profiles import FOLDER, Profile, schema_path

DIALECT = {"delimiter": ",", "quoteChar": '"', "skipInitialSpace": False, "header": True}  # left unsaid, it is guessed
MOST_CELLS = 10_000  # distinct cells of a field that are remembered from one package to the next
NO_KEY = 'cells composing the primary keys are all "None"'

Key = tuple[Any, ...]


class Cells(dict[str | None, tuple[Any, dict[str, str] | None]]):
    """What frictionless makes of each distinct cell of a field: its value, and what is wrong with it.

    Fields with one `demand` make the same of every cell.
    """

    def __init__(self, field: Field) -> None:
        self.name, self.unique = field.name, bool(field.constraints.get("unique"))
        self.demand = repr((field.type, field.format, field.constraints))
        free = field.type == "string" and field.format == "default" and not field.constraints.keys() - {"required"}
        self.takes_any_text = free
        self.read = field.create_cell_reader()

    def __missing__(self, cell: str | None) -> tuple[Any, dict[str, str] | None]:
        found = self[cell] = self.read(cell)
        return found


@lru_cache(maxsize=256)
def _schema(content: bytes) -> tuple[Schema, tuple[Cells, ...]]:
    schema = Schema.from_descriptor(json.loads(content))
    return schema, tuple(Cells(field) for field in schema.fields)


class Table:
    """A file as frictionless sees it: each row cut or filled up to the width of the header."""

    def __init__(self, path: str, content: bytes, schema: bytes) -> None:
        self.path, self.content = path, content
        self.schema, self.cells = _schema(schema)
        for cells in self.cells:
            if len(cells) > MOST_CELLS:
                cells.clear()
        lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
        self.labels, self.rows = [label.strip() for label in lines[0]] if lines else [], lines[1:]
        self.header: list[Error] = []
        if self.labels != self.schema.field_names:
            header = Header(self.labels, fields=self.schema.fields, row_numbers=[1])
            self.header = header.errors
            self.cells = tuple(Cells(field) for field in header.get_expected_fields())
        self.place = {cells.name: number for number, cells in enumerate(self.cells)}
        width = len(self.cells)
        self.ragged = {number: row for number, row in enumerate(self.rows) if len(row) != width}
        for number, row in self.ragged.items():
            self.rows[number] = [*row, *[None] * width][:width]
        self.blank = {number for number, row in enumerate(self.rows) if not any(row)}

    @cached_property
    def columns(self) -> list[tuple[str | None, ...]]:
        """The cells by column."""
        return list(zip(*self.rows, strict=True)) if self.rows else [()] * len(self.cells)

    def keys(self, names: list[str]) -> list[Key]:
        """The values of some fields, row by row; None for a field that the file lacks."""
        places = [self.place.get(name) for name in names]
        values = [
            [None] * len(self.rows) if place is None else [self.cells[place][cell][0] for cell in self.columns[place]]
            for place in places
        ]
        return list(zip(*values, strict=True))


_shared = lru_cache(maxsize=8)(Table)  # the vocabularies are the same bytes in every package


class Opened(dict[str, Table]):
    """The tables of a package by name, each read once it is asked for."""

    def __init__(self, package: Package) -> None:
        self.package = package

    def __missing__(self, name: str) -> Table:
        package = self.package
        read = _shared if package.profile.tables[name].kind == "vocabulary" else Table
        content, schema = package.file(name).read_bytes(), package.profile.files[schema_path(name)]
        table = self[name] = read(package.paths[name], content, schema)
        return table


def check(package: Package, names: Collection[str] | None = None) -> list[Finding]:
    """Problems of the named tables, None being all, against their Table Schemas: what frictionless finds."""
    found = of_descriptor(package)
    if found:
        return found
    tables = Opened(package)
    for resource in package.descriptor["resources"]:
        name = resource["name"]
        if names is None or name in names:
            found += _header(tables[name])
            some = sorted(islice(_rows(name, tables), limit("MOST_FINDINGS") + 1), key=lambda pair: pair[0])
            found += few((finding for _, finding in some), tables[name].path)
            found += _file(resource, tables[name])
    return found


def of_descriptor(package: Package) -> list[Finding]:
    """The problems of a descriptor, its resources aside."""
    bare = package.descriptor | {"resources": []}
    return [Finding(error.type, error.note, path=DESCRIPTOR) for error in FrictionlessPackage.metadata_validate(bare)]


def of_vocabularies(profile: Profile) -> list[Finding]:
    """The problems of the tables that every package of a profile shares."""
    tables = {
        name: _shared(f"{FOLDER}/{name}.csv", profile.files[f"{FOLDER}/{name}.csv"], profile.files[schema_path(name)])
        for name, table in profile.tables.items()
        if table.kind == "vocabulary"
    }
    return [finding for name in tables for _, finding in _rows(name, tables)]


def cells_of(schema: bytes) -> list[Cells]:
    """For each field of a schema, what frictionless makes of its cells."""
    return [Cells(field) for field in _schema(schema)[0].fields]


def _header(table: Table) -> Iterator[Finding]:
    if not table.labels and not table.rows:
        yield _told("source-error", "the source is empty", table.path)
    for error in table.header:
        yield _told(error.type, error.note, table.path, field=getattr(error, "field_name", ""))


def _rows(name: str, tables: Mapping[str, Table]) -> Iterator[tuple[int, Finding]]:
    """The problems of a table's rows, each with the number of its row; those of one row in frictionless' order."""
    table = tables[name]
    yield from (pair for pair in chain(_cells(table), _widths(table)) if pair[0] not in table.blank)
    yield from ((number, _told("blank-row", "", table.path, number)) for number in table.blank)
    for cells in table.cells:
        values = table.keys([cells.name]) if cells.unique else []
        for number, note in _repeated(values):
            yield number, _told("unique-error", note, table.path, number, cells.name, str(values[number][0]))
    yield from _keys(table, tables)


def _cells(table: Table) -> Iterator[tuple[int, Finding]]:
    for cells, column in zip(table.cells, table.columns, strict=True):
        wrong = {cell: notes for cell in set(column) if (notes := cells[cell][1])}
        for number, cell in enumerate(column) if wrong else ():
            for kind, note in wrong.get(cell, {}).items():
                code = "type-error" if kind == "type" else "constraint-error"
                yield number, _told(code, note, table.path, number, cells.name, str(cell))


def _widths(table: Table) -> Iterator[tuple[int, Finding]]:
    for number, row in table.ragged.items():
        for cell in row[len(table.cells) :]:
            yield number, _told("extra-cell", "", table.path, number, "", cell)
        for cells in table.cells[len(row) :]:
            yield number, _told("missing-cell", "", table.path, number, cells.name)


def _keys(table: Table, tables: Mapping[str, Table]) -> Iterator[tuple[int, Finding]]:
    primary = table.schema.primary_key
    if primary and table.place.keys() >= set(primary):
        keys = table.keys(primary)
        for number, key in enumerate(keys):
            if set(key) == {None}:
                yield number, _told("primary-key", NO_KEY, table.path, number, primary[0])
        for number, note in _repeated(keys):
            yield number, _told("primary-key", note, table.path, number, primary[0])
    for link in table.schema.foreign_keys:
        names, to, parent = link["fields"], link["reference"]["fields"], link["reference"]["resource"]
        if table.place.keys() >= set(names):
            known = set((tables[parent] if parent else table).keys(to))
            for number, key in enumerate(table.keys(names)):
                if set(key) != {None} and key not in known:
                    values = ", ".join(str(value) for value in key)
                    note = (
                        f'for "{", ".join(names)}": values "{values}" not found in the lookup table '
                        f'"{parent}" as "{", ".join(to)}"'
                    )
                    yield number, _told("foreign-key", note, table.path, number, names[0])


def _repeated(keys: list[Key]) -> Iterator[tuple[int, str]]:
    """The rows whose key is that of an earlier one, with the last place where it stood."""
    seen: dict[Key, int] = {}
    for number, key in enumerate(keys):
        if set(key) != {None}:
            if key in seen:
                yield number, f"the same as in the row at position {seen[key] + 2}"
            seen[key] = number


def _file(resource: Mapping[str, Any], table: Table) -> Iterator[Finding]:
    """What the descriptor says of the file's bytes, if it does."""
    size, (_, digest) = resource.get("bytes"), resource.get("hash", ":").split(":", 1)
    told = [("hash-count", digest, hashlib.sha256(table.content).hexdigest() if digest else "")]
    for code, expected, actual in [*told, ("byte-count", size, len(table.content))]:
        if expected and expected != actual:
            yield _told(code, f'expected is "{expected}" and actual is "{actual}"', table.path)


def _told(code: str, note: str, path: str, number: int | None = None, field: str = "", cell: str = "") -> Finding:
    """A finding in frictionless' words, with the field and the cell that it speaks of."""
    shown = f'{field} "{cell}": ' if cell else f"{field}: " if field else ""
    return Finding(code, shown + note, path=path, line=None if number is None else number + 2, field=field)


def check_exactly(package: Package) -> list[Finding]:
    """The same from frictionless itself, with no limit to what it reports."""
    resources = [resource | {"dialect": dict(DIALECT)} for resource in package.descriptor["resources"]]
    try:
        told = FrictionlessPackage.from_descriptor(
            package.descriptor | {"resources": resources}, basepath=str(package.root)
        )
        report = told.validate(limit_errors=0)  # 0 is no limit
    except FrictionlessException as error:
        return [Finding(reason.type, reason.note, path=DESCRIPTOR) for reason in error.to_errors()]
    of_package = [Finding(error.type, error.note, path=DESCRIPTOR) for error in report.errors]
    of_tables = [_finding(package, task.name, error) for task in report.tasks for error in task.errors]
    return of_package + of_tables


def _finding(package: Package, table: str, error: Error) -> Finding:
    fields = getattr(error, "field_names", None) or [getattr(error, "field_name", "")]
    if error.type == "primary-key":
        fields = list(package.profile.tables[table].primary_key)
    row = getattr(error, "row_number", None)
    number = None if row is None else row - 2
    return _told(error.type, error.note, package.paths[table], number, fields[0] or "", getattr(error, "cell", ""))
