"""Cells, keys and references by frictionless, each distinct cell once; the only module that imports it."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from frictionless import Error, Field, FrictionlessException, Schema, fields
from frictionless import Package as FrictionlessPackage
from frictionless.table import Header

from policycase.errors import UnreadableError
from policycase.findings import Finding, quoted
from policycase.model.package import Folder, Package
from policycase.model.profile import FOLDER, Profile, Table, schema_path, shipped_profile
from policycase.model.tables import SPAN, Distinct, Tables, files_of, read_plain
from policycase.storage.csv_files import CsvFile
from policycase.storage.json_files import duplicate_free
from policycase.storage.limits import few, limit
from policycase.storage.locations import DESCRIPTOR
from policycase.storage.writing import write_files
from policycase.validation import package_checks

DIALECT = {"delimiter": ",", "quoteChar": '"', "skipInitialSpace": False, "header": True}  # left unsaid, it is guessed
MOST_CELLS = 10_000  # distinct cells of a field that are remembered from one package to the next
NO_KEY = 'cells composing the primary keys are all "None"'
NOTES = {
    "blank-row": "every cell of the row is empty; delete the line",
    "extra-cell": "the row has more cells than the header",
    "missing-cell": "the row has fewer cells than the header",
}  # of what frictionless gives no note
FIELDS = {kind.type: kind for kind in vars(fields).values() if isinstance(kind, type) and issubclass(kind, Field)}
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
    schema = _made(json.loads(content))
    return schema, tuple(Cells(field) for field in schema.fields)


def _made(described: Mapping[str, Any]) -> Schema:
    """A schema that follows the profile, as frictionless has it.

    `Schema.from_descriptor` gives the same, but loads all plugins for the classes of fields, and checks once more.
    """
    schema = Schema.metadata_import({key: value for key, value in described.items() if key != "fields"})
    for one in described["fields"]:
        schema.add_field(FIELDS[one["type"]].metadata_import(dict(one)))
    return schema


class CheckedTable:
    """A file as frictionless sees it: each row cut or filled up to the width of the header."""

    def __init__(self, file: CsvFile, schema: bytes) -> None:
        self.path, self.content = file.path, file.content
        self.schema, self.cells = _schema(schema)
        for cells in self.cells:
            if len(cells) > MOST_CELLS:
                cells.clear()
        self.labels = file.header
        self.rows: list[Sequence[str | None]] = list(file.rows)
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


@lru_cache(maxsize=8)
def _shared(path: str, content: bytes, schema: bytes) -> CheckedTable:
    """A vocabulary, which is the same bytes in every package."""
    return CheckedTable(CsvFile.of(content, path), schema)


class Opened(dict[str, CheckedTable]):
    """The tables of a package by name, each read once it is asked for."""

    def __init__(self, package: Package) -> None:
        self.package = package

    def __missing__(self, name: str) -> CheckedTable:
        package = self.package
        path, schema = package.paths[name], package.profile.files[schema_path(name)]
        if package.profile.tables[name].kind == "vocabulary":
            table = self[name] = _shared(path, package.folder.read(path), schema)
        else:
            table = self[name] = CheckedTable(package.table(name), schema)
        return table


def check_cells(package: Package, names: Collection[str] | None = None) -> list[Finding]:
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


def cells_of(profile: Profile) -> dict[str, dict[str, Cells]]:
    """What frictionless makes of the cells of each column, by table and column."""
    contents = {name: profile.files[schema_path(name)] for name in profile.case_tables}
    return dict(zip(contents, _cells_of(tuple(contents.values())), strict=True))


@lru_cache(maxsize=8)
def _cells_of(schemas: tuple[bytes, ...]) -> list[dict[str, Cells]]:
    """The same of the fields of some schemas; those that ask the same share one, since making it takes long."""
    described = [json.loads(schema) for schema in schemas]
    of_schema = [json.dumps({key: schema.get(key) for key in ("$schema", "missingValues")}) for schema in described]
    asked: dict[str, dict[str, str]] = {}  # for each kind of schema: the name of the field that stands for all alike
    for kind, schema in zip(of_schema, described, strict=True):
        for one in schema["fields"]:
            names = asked.setdefault(kind, {})
            names.setdefault(_demand(one), f"field-{len(names)}")
    made = {}
    for kind, names in asked.items():
        schema = _made(
            {**json.loads(kind), "fields": [{"name": name, **json.loads(demand)} for demand, name in names.items()]}
        )
        made[kind] = {demand: Cells(field) for demand, field in zip(names, schema.fields, strict=True)}
    return [
        {one["name"]: made[kind][_demand(one)] for one in schema["fields"]}
        for kind, schema in zip(of_schema, described, strict=True)
    ]


def _demand(described: Mapping[str, Any]) -> str:
    """What a field asks of its cells, as JSON: how it is described, without its words."""
    words = {"name", "title", "description", "example", "categories", "policycase"}
    return json.dumps({key: value for key, value in described.items() if key not in words}, sort_keys=True)


def _header(table: CheckedTable) -> Iterator[Finding]:
    if not table.labels and not table.rows:
        yield _worded("source-error", "the source is empty", table.path)
    for error in table.header:
        yield _worded(error.type, error.note, table.path, field=getattr(error, "field_name", ""))


def _rows(name: str, tables: Mapping[str, CheckedTable]) -> Iterator[tuple[int, Finding]]:
    """The problems of a table's rows, each with the number of its row; those of one row in frictionless' order."""
    table = tables[name]
    yield from (pair for pair in chain(_cells(table), _widths(table)) if pair[0] not in table.blank)
    yield from ((number, _worded("blank-row", "", table.path, number)) for number in table.blank)
    for cells in table.cells:
        values = table.keys([cells.name]) if cells.unique else []
        for number, note in _repeated(values):
            yield number, _worded("unique-error", note, table.path, number, cells.name, str(values[number][0]))
    yield from _keys(table, tables)


def _cells(table: CheckedTable) -> Iterator[tuple[int, Finding]]:
    primary = table.schema.primary_key
    for cells, column in zip(table.cells, table.columns, strict=True):
        wrong = {cell: notes for cell in set(column) if (notes := cells[cell][1])}
        for number, cell in enumerate(column) if wrong else ():
            for kind, note in wrong.get(cell, {}).items():
                code = "type-error" if kind == "type" else "constraint-error"
                finding = _worded(code, note, table.path, number, cells.name, str(cell or ""))
                yield number, replace(finding, record_id=cell or "") if cells.name in primary else finding


def _widths(table: CheckedTable) -> Iterator[tuple[int, Finding]]:
    for number, row in table.ragged.items():
        for cell in row[len(table.cells) :]:
            yield number, _worded("extra-cell", "", table.path, number, "", cell or "")
        for cells in table.cells[len(row) :]:
            yield number, _worded("missing-cell", "", table.path, number, cells.name)


def _keys(table: CheckedTable, tables: Mapping[str, CheckedTable]) -> Iterator[tuple[int, Finding]]:
    primary = table.schema.primary_key
    if primary and table.place.keys() >= set(primary):
        keys = table.keys(primary)
        for number, key in enumerate(keys):
            if set(key) == {None}:
                yield number, _worded("primary-key", NO_KEY, table.path, number, primary[0])
        for number, note in _repeated(keys):
            yield number, _worded("primary-key", note, table.path, number, primary[0])
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
                    yield number, _worded("foreign-key", note, table.path, number, names[0])


def _repeated(keys: list[Key]) -> Iterator[tuple[int, str]]:
    """The rows whose key is that of an earlier one, with the last place where it stood."""
    seen: dict[Key, int] = {}
    for number, key in enumerate(keys):
        if set(key) != {None}:
            if key in seen:
                yield number, f"the same as in the row at position {seen[key] + 2}"
            seen[key] = number


def _file(resource: Mapping[str, Any], table: CheckedTable) -> Iterator[Finding]:
    """What the descriptor says of the file's bytes, if it does."""
    size, (_, digest) = resource.get("bytes"), resource.get("hash", ":").split(":", 1)
    reported = [("hash-count", digest, hashlib.sha256(table.content).hexdigest() if digest else "")]
    for code, expected, actual in [*reported, ("byte-count", size, len(table.content))]:
        if expected and expected != actual:
            yield _worded(code, f'expected is "{expected}" and actual is "{actual}"', table.path)


def lacking(field: str) -> str:
    """What is said of a required cell that is empty."""
    return f"{field} is empty; it is required"


def _worded(code: str, note: str, path: str, number: int | None = None, field: str = "", cell: str = "") -> Finding:
    """A finding in frictionless' words, but for the commonest, with the field and the cell that it is about."""
    note, cell = quoted(note), quoted(cell)
    shown = f'{field} "{cell}": ' if cell else f"{field}: " if field else ""
    message, hint = shown + (note or NOTES.get(code, "")), ""
    if note.startswith('constraint "required"'):
        message, hint = lacking(field), to_fill(Path(path).stem, field)
    elif note.startswith('constraint "pattern"'):
        message = f'{field} "{cell}" is malformed'
        hint = f"policycase codebook {Path(path).stem} shows what {field} allows"
    return Finding(code, message, hint, path=path, line=None if number is None else number + 2, field=field)


def to_fill(table: str, name: str) -> str:
    """What to write into an empty cell: its codes if they are few, else where they are."""
    tables, few = shipped_profile().tables, 8
    field = tables[table].fields.get(name) if table in tables else None
    if field is None or not field.vocabulary:
        return "fill it in"
    codes = shipped_profile().vocabularies[field.vocabulary]
    if len(codes) <= few:
        return f"fill it in: {', '.join(codes)}"
    return f"fill it in; policycase codebook {field.vocabulary} lists its codes"


def check_cells_exactly(package: Package) -> list[Finding]:
    """The same from frictionless itself, with no limit to what it reports."""
    resources = [resource | {"dialect": dict(DIALECT)} for resource in package.descriptor["resources"]]
    described = package.descriptor | {"resources": resources}
    contents = package.profile.files | {
        path: package.folder.read(package.paths[name]) for name, path in package.paths.items()
    }
    try:
        with TemporaryDirectory(prefix="policycase-") as folder:  # frictionless would follow links
            write_files(Path(folder), contents)
            judged = FrictionlessPackage.from_descriptor(described, basepath=folder)
            report = judged.validate(limit_errors=0)  # 0 is no limit
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
    cell, primary = getattr(error, "cell", ""), package.profile.tables[table].primary_key
    finding = _worded(error.type, error.note, package.paths[table], number, fields[0] or "", cell)
    is_of_id = error.type == "constraint-error" and finding.field in primary and "is empty" not in finding.message
    return replace(finding, record_id=cell or "") if is_of_id else finding


@dataclass(frozen=True)
class Screened:
    """Packages whose files, schemas and descriptor are valid, with their tables.

    Attributes
    ----------
    packages
        By the key of each.
    numbers
        The number of each package among the files of `tables`, by its key.
    tables
        The tables of all of them; None where there is no package.
    suspects
        Tables in which the standard stage may find something, of the packages in which it may.
    """

    packages: dict[str, Package]
    numbers: dict[str, int]
    tables: Tables | None
    suspects: dict[str, set[str]]


@dataclass(frozen=True)
class Demand:
    """What several fields ask of their cells alike, so that each text is read once for all of them."""

    cells: Cells
    read: set[str] = field(default_factory=set)
    suspect: set[str] = field(default_factory=set)

    def refuses(self, distinct: Distinct) -> np.ndarray:
        """Whether the cell of each row is one that frictionless reports."""
        if not self.cells.takes_any_text:
            fresh = set(distinct.texts) - self.read
            self.suspect.update(text for text in fresh if self.cells.read(text)[1])
            self.read.update(fresh)
        refused = np.zeros(len(distinct.texts) + 1, dtype=bool)
        if self.suspect:
            refused[:-1] = [text in self.suspect for text in distinct.texts]
        refused[-1] = bool(self.cells.read(None)[1])  # the last is that of a missing cell
        return refused[distinct.numbers]


def screened(folders: Mapping[str, Folder]) -> Screened:
    """What is plain in the packages of some folders; a suspect package is left out."""
    described = {key: package for key, folder in folders.items() if (package := _described(folder))}
    if described and of_vocabularies(next(iter(described.values())).profile):
        described = {}  # what all share is suspect, so no package is plain
    tables, suspect = read_plain(list(described.values())) if described else (None, set())
    numbers = {key: number for number, key in enumerate(described) if number not in suspect}
    wrong = _suspects(tables) if tables and numbers else {}
    suspects = {}
    for key, number in numbers.items():
        names = set(described[key].paths) if _is_described_otherwise(described[key]) else wrong.get(number)
        if names:
            suspects[key] = names
    return Screened({key: described[key] for key in numbers}, numbers, tables if numbers else None, suspects)


def _described(folder: Folder) -> Package | None:
    """The package in a folder, if nothing is to be found in its schemas and descriptor."""
    try:
        package = Package(folder, duplicate_free(folder.read(DESCRIPTOR)), folder.profile)
        is_plain = package_checks.is_ours(package.profile) and package_checks.is_followed(package)
    except (OSError, ValueError, RecursionError, UnreadableError):
        return None
    return package if is_plain else None


def _is_described_otherwise(package: Package) -> bool:
    """Whether frictionless finds something in the descriptor, or the size or hash of a file is to be checked."""
    stated = any("bytes" in resource or "hash" in resource for resource in package.descriptor["resources"])
    return stated or bool(of_descriptor(package))


def _suspects(tables: Tables) -> dict[int, set[str]]:
    """Tables with a cell, key or reference that frictionless would report, by the number of their package."""
    suspects: dict[int, set[str]] = defaultdict(set)
    demands: dict[str, Demand] = {}
    readers = cells_of(tables.profile)
    for table in tables.profile.case_tables.values():
        files = files_of(tables[table.name].index)
        wrong = _repeated_keys(tables, table, files)
        for column, cells in readers[table.name].items():
            wrong |= demands.setdefault(cells.demand, Demand(cells)).refuses(tables.distinct(table.name, column))
        for link in table.foreign_keys:
            (column,), (key,) = link.fields, link.to
            parents = pd.Index(_scoped(tables.numbers(link.table, key), files_of(tables[link.table].index))).unique()
            numbers = tables.numbers(table.name, column)
            wrong |= (numbers >= 0) & (parents.get_indexer(_scoped(numbers, files)) < 0)
        for number in np.unique(files[wrong]).tolist():
            suspects[number].add(table.name)
    return suspects


def _repeated_keys(tables: Tables, table: Table, files: np.ndarray) -> np.ndarray:
    """Whether a row's primary key is empty, or is there before in the same package."""
    keys = pd.DataFrame({name: tables.distinct(table.name, name).numbers for name in table.primary_key})
    return keys.lt(0).all(axis=1).to_numpy() | keys.assign(file=files).duplicated().to_numpy()


def _scoped(numbers: np.ndarray, files: np.ndarray) -> np.ndarray:
    """One number for a cell in a package."""
    return np.where(numbers < 0, -1, files * SPAN + numbers)
