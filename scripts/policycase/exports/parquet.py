"""Parquet: typed columns with categories, one file a table, or one file a table and case for a stack."""

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from policycase.exports.export import facts, readme
from policycase.model.casebook import Casebook
from policycase.model.profile import Table
from policycase.storage.locations import inside

NOTES = """\
One case: <table>.parquet. Several cases: <table>/case_id=<case>/part-0.parquet, where case_id is read from the folder.
pandas: pandas.read_parquet("programs.parquet") or pandas.read_parquet("programs").
DuckDB: select * from read_parquet('programs/*/*.parquet', hive_partitioning = true).
Vocabulary columns are dictionaries; their whole vocabulary is in codes.parquet, and in the field's metadata."""


def write(case: Casebook, place: Path) -> None:
    """Write the folder."""
    place.mkdir()
    split = len(case.case_ids) > 1
    for name, table in case.profile.tables.items():
        for file, frame in _parts(case, name, split=split and name in case.profile.case_tables):
            target = inside(place, file)
            target.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(_arrow(frame, table, case), target)
    readme(case, "parquet", place, NOTES)


def write_view(case: Casebook, name: str, frame: pd.DataFrame, place: Path) -> None:
    """Write one view; where it comes from, its licence and how to cite it are in the metadata of the file."""
    arrow = pa.Table.from_pandas(frame, preserve_index=False)
    pq.write_table(arrow.replace_schema_metadata({**(arrow.schema.metadata or {}), **facts(case, name)}), place)


def _parts(case: Casebook, name: str, *, split: bool) -> list[tuple[str, pd.DataFrame]]:
    """Files of a table with their rows; a table without rows keeps its columns in a file of its own."""
    frame = case[name]
    if not split:
        return [(f"{name}.parquet", frame)]
    groups = frame.groupby("case_id") if len(frame) else [(case.case_ids[0], frame)]
    return [(f"{name}/case_id={case_id}/part-0.parquet", part.drop(columns="case_id")) for case_id, part in groups]


def _arrow(frame: pd.DataFrame, table: Table, case: Casebook) -> pa.Table:
    """The rows, with each column's description and vocabulary in its metadata."""
    arrow = pa.Table.from_pandas(frame, preserve_index=False)
    fields = []
    for column in arrow.schema:
        field = table.fields[column.name]
        codes = case.profile.vocabularies[field.vocabulary] if field.vocabulary else None
        known = {"description": field.description} | ({"codes": json.dumps(codes)} if codes else {})
        fields.append(column.with_metadata(known))
    return arrow.cast(pa.schema(fields, arrow.schema.metadata))
