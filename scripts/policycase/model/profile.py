"""The profile: what every case shares, read from a package's schemas/ folder."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NoReturn, Self

from policycase.errors import UnknownNameError, UnreadableError
from policycase.storage.csv_files import BOM, CsvFile
from policycase.storage.json_files import sound_json
from policycase.storage.locations import read_bytes, read_folder, shipped_root

FOLDER, DATA = "schemas", "data"
PROFILE = f"{FOLDER}/profile.json"
DICTIONARY = f"{FOLDER}/README.md"
CODING_SCHEMA = f"{FOLDER}/coding.schema.json"
SCHEMA_ENDING = ".schema.json"
KINDS = {"entity", "statement", "link", "register", "vocabulary"}
ENTRY_TABLES = ("programs", "agencies", "events", "goals")


@dataclass(frozen=True, slots=True)
class Field:
    """One column, as its schema describes it."""

    name: str
    title: str
    description: str
    type: str
    required: bool = False
    vocabulary: str = ""
    edtf: bool = False
    bound: str = ""
    of: str = ""
    derived: bool = False
    evidence: bool = False
    silent: str = ""
    default: str = ""
    identifier: str = ""
    proper: bool = False
    pattern: str = ""
    minimum: float | None = None
    maximum: float | None = None

    @property
    def authored(self) -> bool:
        """Whether a coder fills the column; bounds of dates and `attested_by` are worked out."""
        return not self.bound and not self.derived

    @classmethod
    def of_schema(cls, field: dict[str, Any]) -> Self:
        """The field of one entry in a schema's `fields`."""
        described = {name: field[name] for name in ("name", "title", "description", "type")}
        stated = {**described, **field.get("policycase", {})}
        invalid = [name for name, value in stated.items() if not isinstance(value, str | bool)]
        if invalid:
            msg = f"{invalid[0]} of a field is neither text nor true or false"
            raise TypeError(msg)
        constraints = field.get("constraints", {})
        limits = {name: constraints[name] for name in ("pattern", "minimum", "maximum") if name in constraints}
        return cls(**described, required=bool(constraints.get("required")), **limits, **field.get("policycase", {}))


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Columns of one table that point to columns of another."""

    fields: tuple[str, ...]
    table: str
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """One table, as its schema describes it."""

    name: str
    title: str
    description: str
    kind: str
    fields: dict[str, Field]
    primary_key: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...]
    id_parts: tuple[str, ...] = ()
    needs_evidence: bool = False

    @property
    def key(self) -> str:
        """The single column that names a record; an empty string where the key has several."""
        return self.primary_key[0] if len(self.primary_key) == 1 else ""

    @property
    def parents(self) -> list[ForeignKey]:
        """The foreign keys that can be followed to one row, the case aside."""
        return [key for key in self.foreign_keys if key.fields not in {("case_id",), ("vocabulary", "code")}]

    @classmethod
    def of_schema(cls, schema: dict[str, Any]) -> Self:
        """The table of one Table Schema."""
        own = schema["policycase"]
        return cls(
            name=schema["name"],
            title=schema["title"],
            description=schema["description"],
            kind=own["kind"],
            fields={field["name"]: Field.of_schema(field) for field in schema["fields"]},
            primary_key=tuple(schema["primaryKey"]),
            foreign_keys=tuple(
                ForeignKey(
                    tuple(key["fields"]),
                    key["reference"]["resource"] or schema["name"],
                    tuple(key["reference"]["fields"]),
                )
                for key in schema.get("foreignKeys", [])
            ),
            id_parts=tuple(own.get("id_parts", ())),
            needs_evidence=bool(own.get("evidence")),
        )


@dataclass(frozen=True)
class Profile:
    """Tables and vocabularies of one profile version, with the files that state them.

    Attributes
    ----------
    files
        What its files hold, by their paths, with LF line ends. Only files that profile.json names are among them:
        what file managers and office programs leave beside them is not part of a profile.
    converted
        Paths of the files that a package has with other line ends, as Git makes them on Windows, or with a BOM.
    """

    files: dict[str, bytes]
    converted: tuple[str, ...] = attribute(default=(), compare=False)

    @staticmethod
    def read(root: Path) -> "Profile":
        """The profile that a package carries.

        Raises
        ------
        UnreadableError
            The package has no schemas/ folder, or a file in it cannot be read.
        """
        carried = _carried(root)
        if not carried:
            msg = f"{root / FOLDER}: there are no schemas · a package carries the schemas of its profile"
            raise UnreadableError(msg)
        known = _known(tuple((path, len(content)) for path, content in carried.items()))
        if known and known[0].files == carried:  # so that ten thousand profiles are compared, and not looked through
            return known[0]
        files = {path: _plain(content) for path, content in carried.items()}
        if not known or known[0].files != files:
            converted = tuple(path for path, content in files.items() if content != carried[path])
            known[:] = [Profile(files, converted)]
        return known[0]

    @cached_property
    def version(self) -> str:
        """Version of the profile, from profile.json."""
        return str(self._json(PROFILE).get("version"))

    @cached_property
    def tables(self) -> dict[str, Table]:
        """Every table by name, in the order of profile.json: the four that a reader meets first, then the others."""
        names = self._json(PROFILE).get("tables") or ()
        if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
            msg = f"{PROFILE}: tables must be a list of names · run: policycase validate"
            raise UnreadableError(msg)
        return {name: self._table(name) for name in dict.fromkeys(names)}

    @cached_property
    def codes(self) -> tuple[dict[str, str], ...]:
        """Rows of codes.csv, in their order."""
        path = f"{FOLDER}/codes.csv"
        table = CsvFile.of(self._bytes(path), path)
        table.refuse_errors()
        if not {"vocabulary", "code", "label"} <= set(table.header):
            msg = f"{path}: has no column vocabulary, code or label · run: policycase validate"
            raise UnreadableError(msg)
        return tuple(dict(zip(table.header, row, strict=True)) for row in table.rows)

    @cached_property
    def vocabularies(self) -> dict[str, list[str]]:
        """Codes of each vocabulary, in their order."""
        found: dict[str, list[str]] = {}
        for row in self.codes:
            found.setdefault(row["vocabulary"], []).append(row["code"])
        return found

    @property
    def case_tables(self) -> dict[str, Table]:
        """The tables that belong to a case; the vocabularies are shared."""
        return {name: table for name, table in self.tables.items() if table.kind != "vocabulary"}

    def table(self, name: str) -> Table:
        """One table.

        Raises
        ------
        UnknownNameError
            There is no table of that name.
        """
        if name not in self.tables:
            raise UnknownNameError("table", name, self.tables)
        return self.tables[name]

    def fields(self, **wanted: object) -> Iterator[tuple[str, Field]]:
        """Every (table, field) of the case tables whose attributes equal those given."""
        for table in self.case_tables.values():
            for field in table.fields.values():
                if all(getattr(field, name) == value for name, value in wanted.items()):
                    yield table.name, field

    def _table(self, name: str) -> Table:
        path = schema_path(name)
        try:
            table = Table.of_schema(self._json(path))
            broken = self._broken(name, table)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            msg = f"{path}: not a schema of this profile: {error} · run: policycase validate"
            raise UnreadableError(msg) from error
        if broken:
            msg = f"{path}: {broken} · run: policycase validate"
            raise UnreadableError(msg)
        return table

    def _broken(self, name: str, table: Table) -> str:
        """What of a schema points to nothing; such a schema describes no table that could be read."""
        if table.name != name or table.kind not in KINDS:
            return f'names itself "{table.name}", of the kind "{table.kind}"'
        lacking = {*table.primary_key, *table.id_parts, *(one for key in table.foreign_keys for one in key.fields)}
        lacking |= {field.of for field in table.fields.values() if field.of}
        for column in sorted(lacking - set(table.fields)):
            return f'no field is named "{column}"'
        for key in table.foreign_keys:
            if key.table not in self._json(PROFILE)["tables"]:
                return f'a foreign key points to "{key.table}", which is not a table'
        for field in table.fields.values():
            if field.vocabulary and field.vocabulary not in self.vocabularies:
                return f'the field {field.name} names the vocabulary "{field.vocabulary}", which codes.csv lacks'
            if field.bound not in {"", "earliest", "latest"}:
                return f'the field {field.name} is the bound "{field.bound}"; expected earliest or latest'
        return ""

    def _bytes(self, path: str) -> bytes:
        if path not in self.files:
            msg = f"{path} is missing · a package carries the schemas of its profile"
            raise UnreadableError(msg)
        return self.files[path]

    def _json(self, path: str) -> dict[str, Any]:
        try:
            content = sound_json(self._bytes(path))
        except ValueError as error:
            msg = f"{path}: not readable as JSON: {error}"
            raise UnreadableError(msg) from error
        if not isinstance(content, dict):
            msg = f"{path}: a JSON object was expected"
            raise UnreadableError(msg)
        return content


def _carried(root: Path) -> dict[str, bytes]:
    """The files of the profile that a package carries; all files beside a profile.json that cannot be read."""
    named: frozenset[str] = frozenset()
    with suppress(OSError):
        named = _named(read_bytes(root, PROFILE))
    return read_folder(root, FOLDER, lambda path: not named or path in named)


@lru_cache(maxsize=8)
def _named(profile: bytes) -> frozenset[str]:
    """The paths of a profile's files, by what its profile.json says; none if it says nothing."""
    try:
        tables = [name for name in sound_json(profile)["tables"] if isinstance(name, str)]
    except (KeyError, TypeError, ValueError):
        return frozenset()
    return frozenset(
        [PROFILE, DICTIONARY, CODING_SCHEMA, *map(schema_path, tables), *(f"{FOLDER}/{name}.csv" for name in tables)]
    )


def _plain(content: bytes) -> bytes:
    """A file of a profile with LF line ends, and without the mark before it."""
    plain = content.replace(b"\r\n", b"\n") if b"\r\n" in content else content
    return plain.removeprefix(BOM)


@lru_cache(maxsize=8)
def _known(_sizes: tuple[tuple[str, int], ...]) -> list[Profile]:
    """Room for the last profile whose files had these sizes, so that ten thousand cases parse their schemas once."""
    return []


@lru_cache
def shipped_profile() -> Profile:
    """The profile that came with the library."""
    return Profile.read(shipped_root())


def schema_path(table: str) -> str:
    """The path of a table's schema in every package."""
    return f"{FOLDER}/{table}{SCHEMA_ENDING}"


def refuse_other_profile(profile: Profile) -> None:
    """Raise unless a profile has the tables and columns that are read here; words may differ, and it may have more.

    Raises
    ------
    UnreadableError
        It lacks one, or has another under its name; the message names the first.
    """
    ours = shipped_profile()
    for name, table in ours.tables.items() if profile.files != ours.files else ():
        theirs = profile.tables.get(name)
        shape = (table.kind, table.primary_key, table.foreign_keys)
        if theirs is None or (theirs.kind, theirs.primary_key, theirs.foreign_keys) != shape:
            _refuse_schema(name, "the table", profile.version)
        for field in table.fields.values():
            other = theirs.fields.get(field.name)
            # words and patterns may differ: `validate` reports it, and no pattern of a package is ever run
            alike = other and replace(other, title=field.title, description=field.description, pattern=field.pattern)
            if alike != field:
                _refuse_schema(name, f"the column {field.name}", profile.version)


def _refuse_schema(table: str, what: str, version: str) -> NoReturn:
    ours = shipped_profile().version
    problem = f"{what} is missing or differs from what policycase expects"
    if version != ours:
        problem = f"the package follows profile {version}; this policycase reads {ours}"
    msg = f"{schema_path(table)}: {problem} · run: policycase validate"
    raise UnreadableError(msg)
