"""SQLite: every table with types, checks, primary and foreign keys; days as ISO text, truth as 0 and 1."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pandas as pd

from policycase.errors import InvalidPackageError
from policycase.exports.export import facts
from policycase.model.casebook import Casebook
from policycase.model.profile import Field, ForeignKey, Profile, Table
from policycase.storage.csv_files import TEXT

FAILURES = (sqlite3.OperationalError,)
TYPES = {"integer": "INTEGER", "number": "REAL", "boolean": "INTEGER"}


def write(case: Casebook, place: Path) -> None:
    """Write the database.

    Raises
    ------
    InvalidPackageError
        A row breaks a key or a check.
    """
    with closing(sqlite3.connect(place)) as database:
        for table in case.profile.tables.values():
            database.execute(create(table, lambda field: _column(field, case.profile), table.foreign_keys))
            _fill(database, table, case[table.name])
        _refuse_broken_keys(database, case)
        for name, frame in (("codebook", case.codebook()), ("about", _about(case))):
            columns = ", ".join(f"{quoted(column)} TEXT" for column in frame.columns)
            database.execute(f"CREATE TABLE {quoted(name)} ({columns})")
            _insert(database, name, frame)
        database.commit()


def _column(field: Field, profile: Profile) -> str:
    """The type, as old versions of SQLite know it too (STRICT needs 3.37), so that checks do the rest."""
    name = quoted(field.name)
    checks = {"boolean": f" CHECK ({name} IN (0, 1))", "date": f" CHECK ({name} IS date({name}, '+0 days'))"}
    check = checks.get(field.type, "")
    if field.vocabulary:
        check = f" CHECK ({name} IN ({', '.join(map(literal, profile.vocabularies[field.vocabulary]))}))"
    return TYPES.get(field.type, "TEXT") + check


def _fill(database: sqlite3.Connection, table: Table, frame: pd.DataFrame) -> None:
    try:
        _insert(database, table.name, frame)
    except sqlite3.IntegrityError as error:
        msg = f"{table.name}: no database can hold a row: {error} · run: policycase validate"
        raise InvalidPackageError(msg) from error


def _insert(database: sqlite3.Connection, name: str, frame: pd.DataFrame) -> None:
    marks = ", ".join("?" * len(frame.columns))
    database.executemany(f"INSERT INTO {quoted(name)} VALUES ({marks})", _rows(frame))  # noqa: S608 - quoted


def _rows(frame: pd.DataFrame) -> Iterator[tuple[object, ...]]:
    """The rows as SQLite takes them: text, int, float, None."""
    columns = [_plain(frame[name]) for name in frame]
    return zip(*columns, strict=True)


def _plain(column: pd.Series) -> list[object]:
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        column = column.dt.strftime("%Y-%m-%d")
    elif pd.api.types.is_bool_dtype(column.dtype):
        column = column.astype("Int64")
    values = column.astype(object)
    return values.where(column.notna(), None).tolist()


def _refuse_broken_keys(database: sqlite3.Connection, case: Casebook) -> None:
    broken = database.execute("PRAGMA foreign_key_check").fetchone()
    if broken:
        name, row, parent, _ = broken
        key = case.profile.tables[name].primary_key
        record = "--".join(str(value) for value in case[name].loc[row - 1, list(key)])
        msg = f"{name} {record} points to a row of {parent} that does not exist · run: policycase validate"
        raise InvalidPackageError(msg)


def _about(case: Casebook) -> pd.DataFrame:
    return pd.DataFrame(facts(case, "sqlite").items(), columns=["fact", "value"], dtype=TEXT)


def quoted(name: str) -> str:
    """A name as SQL takes it, whatever word it is.

    Examples
    --------
    >>> quoted("order")
    '"order"'
    """
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL takes it.

    Examples
    --------
    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def create(table: Table, column: Callable[[Field], str], foreign_keys: tuple[ForeignKey, ...]) -> str:
    """CREATE TABLE for a table; `column` gives the type of a field, with checks if any."""
    lines = [
        f"{quoted(field.name)} {column(field)}{' NOT NULL' if field.required else ''}"
        for field in table.fields.values()
    ]
    lines.append(f"PRIMARY KEY ({_names(table.primary_key)})")
    lines += [
        f"FOREIGN KEY ({_names(key.fields)}) REFERENCES {quoted(key.table)} ({_names(key.to)})" for key in foreign_keys
    ]
    return f"CREATE TABLE {quoted(table.name)} (\n  " + ",\n  ".join(lines) + "\n)"


def _names(fields: tuple[str, ...]) -> str:
    return ", ".join(quoted(name) for name in fields)
