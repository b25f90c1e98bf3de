"""Parquet: typed columns with categories, one file a table, or one file a table and case for a stack."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from policycase.exports.export import facts, readme
from policycase.model.casebook import Casebook
from policycase.storage.locations import inside

FILE = "part-0.parquet"
NOTES = """\
One case: <table>.parquet. Several cases: <table>/case_id=<case>/part-0.parquet, where case_id is read from the folder.
pandas: pandas.read_parquet("programs.parquet") or pandas.read_parquet("programs").
DuckDB: select * from read_parquet('programs/*/*.parquet', hive_partitioning = true).
Vocabulary columns are dictionaries; their whole vocabulary is in codes.parquet, and in the field's metadata."""


def write(case: Casebook, place: Path) -> None:
    """Write the folder."""
    place.mkdir()
    split = len(case.case_ids) > 1
    for name in case.profile.tables:
        own = split and name in case.profile.case_tables
        for file, arrow in partitions(case, name).items() if own else [(f"{name}.parquet", described(case, name))]:
            target = inside(place, file)
            target.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(arrow, target)
    readme(case, "parquet", place, NOTES)


def write_view(case: Casebook, name: str, frame: pd.DataFrame, place: Path) -> None:
    """Write one view; where it comes from, its licence and how to cite it are in the metadata of the file."""
    arrow = pa.Table.from_pandas(frame, preserve_index=False)
    pq.write_table(arrow.replace_schema_metadata({**(arrow.schema.metadata or {}), **facts(case, name)}), place)


def partitions(case: Casebook, name: str, *, notes: bool = True) -> dict[str, pa.Table]:
    """Files of a table by case, with their rows; a table without rows keeps its columns in a file of the first case.

    The whole table is converted once, and cut. Without `notes` the columns have no descriptions and vocabularies.
    """
    arrow = described(case, name, without=["case_id"], notes=notes)
    rows = {case_id: case.text.rows_with(name, "case_id", case_id) for case_id in case.case_ids}
    known = {case_id: numbers for case_id, numbers in rows.items() if len(numbers)}
    known = known or {case.case_ids[0]: np.array([], dtype="int64")}
    return {f"{name}/case_id={case_id}/{FILE}": _cut(arrow, numbers) for case_id, numbers in known.items()}


def _cut(arrow: pa.Table, rows: np.ndarray) -> pa.Table:
    """Rows of a table; a run of them is a slice, which copies nothing."""
    run = len(rows) and rows[-1] - rows[0] + 1 == len(rows)
    return arrow.slice(rows[0], len(rows)) if run else arrow.take(rows)


def described(case: Casebook, name: str, *, without: Sequence[str] = (), notes: bool = True) -> pa.Table:
    """A table, with each column's description and vocabulary in its metadata."""
    table = case.profile.tables[name]
    arrow = pa.Table.from_pandas(case[name].drop(columns=list(without)), preserve_index=False)
    if not notes:
        return arrow
    fields = []
    for column in arrow.schema:
        field = table.fields[column.name]
        codes = case.profile.vocabularies[field.vocabulary] if field.vocabulary else None
        known = {"description": field.description} | ({"codes": json.dumps(codes)} if codes else {})
        fields.append(column.with_metadata(known))
    return arrow.cast(pa.schema(fields, arrow.schema.metadata))
