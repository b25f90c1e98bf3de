"""DuckDB: every table with explicit types, and enums in the order of their vocabulary."""

import shutil
import tempfile
from pathlib import Path

import duckdb
import pandas as pd

from policycase.exports.export import MARK, facts
from policycase.exports.sqlite_file import literal, quoted
from policycase.model.casebook import Casebook
from policycase.model.profile import Field, Table
from policycase.model.tables import refuse_invalid_rows
from policycase.storage.csv_files import TEXT

FAILURES = (duckdb.Error,)
TYPES = {"integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN", "date": "DATE"}
STORAGE = "v1.0.0"  # the oldest version of DuckDB that opens the file


def write(case: Casebook, place: Path) -> None:
    """Write the database, for DuckDB 1.0 and later.

    Raises
    ------
    InvalidPackageError
        A row breaks a key.

    Notes
    -----
    A vocabulary is an ENUM, which sorts in the order of the vocabulary; beside a text, as in `status < 'ended'`, it
    compares as text, unless both sides are cast: `status < 'ended'::status`. Keys are checked here and named in the
    comment of each table: DuckDB 1.0 opens no file in which 1.5 or later has written a key (measured with 1.5.6,
    2.0.0 and 2.0.1), whatever storage version is asked for.
    """
    text = case.text
    refuse_invalid_rows(text, case.profile)
    with tempfile.TemporaryDirectory(prefix="policycase-") as folder:
        made = Path(folder) / "case.duckdb"  # a plain name: DuckDB takes what follows a ? in a path for options
        with duckdb.connect() as database:
            database.execute(f"ATTACH {literal(str(made))} AS made (STORAGE_VERSION {literal(STORAGE)})")
            database.execute("USE made")
            for name, codes in case.profile.vocabularies.items():
                database.execute(f"CREATE TYPE {quoted(name)} AS ENUM ({', '.join(map(literal, codes))})")
            for table in case.profile.tables.values():
                columns = [
                    f"{quoted(field.name)} {_type(field)}{' NOT NULL' if field.required else ''}"
                    for field in table.fields.values()
                ]
                _fill(database, table.name, columns, text[table.name])
                _describe(database, table)
            for name, frame in (("codebook", case.codebook()), ("about", _about(case))):
                _fill(database, name, [f"{quoted(column)} VARCHAR" for column in frame.columns], frame)
            database.execute(
                f"COMMENT ON TABLE about IS {literal(MARK)}"
            )  # which no compression hides from `is_export`
            database.execute("CHECKPOINT")
        shutil.move(made, place)


def _type(field: Field) -> str:
    return quoted(field.vocabulary) if field.vocabulary else TYPES.get(field.type, "VARCHAR")


def _fill(database: duckdb.DuckDBPyConnection, name: str, columns: list[str], text: pd.DataFrame) -> None:
    """Make a table of a frame of text, each cell cast to the type of its column."""
    database.execute(f"CREATE TABLE {quoted(name)} ({', '.join(columns)})")
    cells = text.astype(object).where(text.notna(), None)
    if len(cells):  # DuckDB finds no type for a column of a frame without rows
        database.register("cells", cells)
        database.execute(f"INSERT INTO {quoted(name)} SELECT * FROM temp.cells")  # noqa: S608 - quoted
        database.unregister("cells")


def _describe(database: duckdb.DuckDBPyConnection, table: Table) -> None:
    keys = [f"Primary key: {', '.join(table.primary_key)}."]
    keys += [f"{', '.join(key.fields)} points to {key.table} ({', '.join(key.to)})." for key in table.foreign_keys]
    about = "\n".join([table.description, *keys])
    database.execute(f"COMMENT ON TABLE {quoted(table.name)} IS {literal(about)}")
    for field in table.fields.values():
        column = f"{quoted(table.name)}.{quoted(field.name)}"
        database.execute(f"COMMENT ON COLUMN {column} IS {literal(field.description)}")


def _about(case: Casebook) -> pd.DataFrame:
    return pd.DataFrame(facts(case, "duckdb").items(), columns=["fact", "value"], dtype=TEXT)
