"""DuckDB: every table with explicit types, enums in the order of their vocabulary, primary and foreign keys."""

import tempfile
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb
import pandas as pd

from policycase.errors import InvalidPackageError
from policycase.exports.export import facts
from policycase.exports.sql import create, literal, quoted
from policycase.model.casebook import Casebook
from policycase.model.profile import Field, ForeignKey, Table
from policycase.storage.csv_files import TEXT, csv_bytes

FAILURES = (duckdb.Error,)
TYPES = {"integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN", "date": "DATE"}


def write(case: Casebook, place: Path) -> None:
    """Write the database.

    Raises
    ------
    InvalidPackageError
        A row breaks a key.

    Notes
    -----
    A vocabulary is an ENUM, which sorts as the vocabulary stands; beside a text, as in `status < 'ended'`, it compares
    as text, unless both sides are cast: `status < 'ended'::status`. DuckDB takes a row only after those that it points
    to, so a table that points to itself is filled parents first; one whose rows point to each other in a circle (a
    body's successor is also its part) keeps those columns without a key.
    """
    text = case.text
    with duckdb.connect(str(place)) as database, tempfile.TemporaryDirectory(prefix="policycase-") as folder:
        for name, codes in case.profile.vocabularies.items():
            database.execute(f"CREATE TYPE {quoted(name)} AS ENUM ({', '.join(map(literal, codes))})")
        for name in _parents_first(case):
            table = case.profile.tables[name]
            generations = _generations(table, text[name])
            database.execute(create(table, _type, _keys(table, resolved=generations is not None)))
            for frame in generations or [text[name]]:
                file = Path(folder) / "rows.csv"
                file.write_bytes(csv_bytes(frame))
                _fill(database, table, file)
            _describe(database, table)
        for name, frame in (("codebook", case.codebook()), ("about", _about(case))):
            database.execute(
                f"CREATE TABLE {quoted(name)} ({', '.join(f'{quoted(column)} VARCHAR' for column in frame)})"
            )
            rows = frame.astype(object).where(frame.notna(), None).to_numpy().tolist()
            marks = ", ".join("?" * len(frame.columns))
            database.executemany(f"INSERT INTO {quoted(name)} VALUES ({marks})", rows)  # noqa: S608 - quoted
        database.execute("CHECKPOINT")


def _type(field: Field) -> str:
    return quoted(field.vocabulary) if field.vocabulary else TYPES.get(field.type, "VARCHAR")


def _parents_first(case: Casebook) -> list[str]:
    """The names of the tables, each after those that it points to."""
    graph = {
        table.name: {key.table for key in table.foreign_keys} - {table.name} for table in case.profile.tables.values()
    }
    return list(TopologicalSorter(graph).static_order())


def _own(table: Table) -> list[ForeignKey]:
    return [key for key in table.foreign_keys if key.table == table.name]


def _keys(table: Table, *, resolved: bool) -> tuple[ForeignKey, ...]:
    return table.foreign_keys if resolved else tuple(key for key in table.foreign_keys if key.table != table.name)


def _generations(table: Table, frame: pd.DataFrame) -> list[pd.DataFrame] | None:
    """The rows in groups, each pointing to rows of earlier groups alone; None if they point in a circle."""
    links = [key.fields[0] for key in _own(table)]
    waiting, groups = frame, []
    while links and len(waiting):
        ready = ~waiting[links].isin(set(waiting[table.key])).any(axis="columns")
        if not ready.any():
            return None
        groups.append(waiting[ready])
        waiting = waiting[~ready]
    return groups or [frame]


def _fill(database: duckdb.DuckDBPyConnection, table: Table, file: Path) -> None:
    """Copy the rows of a CSV file, every type said: what is left to DuckDB it guesses from the cells."""
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in table.fields)
    cells = ", ".join(f"CAST({quoted(field.name)} AS {_type(field)})" for field in table.fields.values())
    source = (
        f"read_csv({literal(str(file))}, auto_detect = false, header = true, delim = ',', quote = '\"', "
        f"escape = '\"', nullstr = '', columns = {{{columns}}})"
    )
    try:
        database.execute(f"INSERT INTO {quoted(table.name)} SELECT {cells} FROM {source}")  # noqa: S608 - quoted
    except duckdb.ConstraintException as error:
        msg = f"{table.name}: no database can hold a row: {error} · run: policycase validate"
        raise InvalidPackageError(msg) from error


def _describe(database: duckdb.DuckDBPyConnection, table: Table) -> None:
    database.execute(f"COMMENT ON TABLE {quoted(table.name)} IS {literal(table.description)}")
    for field in table.fields.values():
        column = f"{quoted(table.name)}.{quoted(field.name)}"
        database.execute(f"COMMENT ON COLUMN {column} IS {literal(field.description)}")


def _about(case: Casebook) -> pd.DataFrame:
    return pd.DataFrame(facts(case, "duckdb").items(), columns=["fact", "value"], dtype=TEXT)
