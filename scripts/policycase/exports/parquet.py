"""Parquet: typed columns with categories, one file a table, or one file a table and case for a stack."""

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
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
        if split and name in case.profile.case_tables:
            write_by_case(case, name, place)
        else:
            pq.write_table(described(case, name), place / f"{name}.parquet")
    readme(case, "parquet", place, NOTES)


def write_view(case: Casebook, name: str, frame: pd.DataFrame, place: Path) -> None:
    """Write one view; where it comes from, its licence and how to cite it are in the metadata of the file."""
    arrow = pa.Table.from_pandas(frame, preserve_index=False)
    pq.write_table(arrow.replace_schema_metadata({**(arrow.schema.metadata or {}), **facts(case, name)}), place)


def write_by_case(case: Casebook, name: str, place: Path, *, notes: bool = True) -> None:
    """Write a table, a file per case; a table without rows keeps its columns in a file of the first case.

    The whole table is converted once. Without `notes` the columns have no descriptions and vocabularies.
    """
    arrow = described(case, name, notes=notes)
    if not len(arrow):
        target = inside(place, f"{name}/case_id={case.case_ids[0]}/{FILE}")
        target.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(arrow.drop_columns("case_id"), target)
        return
    ds.write_dataset(
        arrow,
        place / name,
        format="parquet",
        basename_template=FILE.replace("0", "{i}"),
        partitioning=ds.partitioning(pa.schema([("case_id", pa.string())]), flavor="hive"),
        max_partitions=len(case.case_ids),
        max_open_files=len(case.case_ids),  # so that no case is in two files
        use_threads=False,  # so that rows keep their order
    )


def described(case: Casebook, name: str, *, notes: bool = True) -> pa.Table:
    """A table, with each column's description and vocabulary in its metadata."""
    table = case.profile.tables[name]
    arrow = pa.Table.from_pandas(case[name], preserve_index=False)
    if not notes:
        return arrow
    fields = []
    for column in arrow.schema:
        field = table.fields[column.name]
        codes = case.profile.vocabularies[field.vocabulary] if field.vocabulary else None
        known = {"description": field.description} | ({"codes": json.dumps(codes)} if codes else {})
        fields.append(column.with_metadata(known))
    return arrow.cast(pa.schema(fields, arrow.schema.metadata))
