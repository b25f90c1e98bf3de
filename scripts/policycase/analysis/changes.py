"""Differing: what changed between two versions of a package, cell by cell and by id."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from policycase.model.casebook import Casebook, load
from policycase.model.columns import row_tuples
from policycase.model.profile import Table
from policycase.storage.csv_files import TEXT
from policycase.storage.locations import DESCRIPTOR

COLUMNS = ["table", "record_id", "change", "field", "old", "new"]
Change = tuple[str, str, str, str | None, str | None, str | None]


def diff(old: Casebook | str | Path | None, new: Casebook | str | Path | None) -> pd.DataFrame:
    """The cells that differ between two versions.

    Returns
    -------
    DataFrame
        table, record_id (the key's values, joined by a space where it has several), change (`added`, `removed`,
        `changed`, `moved`), field, old, new: one row per changed cell, as text, missing where a cell is empty. An added
        or removed row is one row without a field. `moved` means that rows which both have are in a different order.
        Properties of the descriptor come first, under its name as table. Bounds are left out where their date differs.

    Raises
    ------
    UnreadableError
        A package cannot be read.

    Examples
    --------
    >>> len(diff(None, None))
    0
    """
    before, after = (case if isinstance(case, Casebook) else load(case) for case in (old, new))
    changes = [*_of_descriptor(before, after), *_of_tables(before, after)]
    return pd.DataFrame(changes, columns=COLUMNS, dtype=TEXT)


def _of_descriptor(before: Casebook, after: Casebook) -> Iterator[Change]:
    one, other = before.descriptor, after.descriptor
    for key in dict.fromkeys([*one, *other]):
        if key != "resources" and one.get(key) != other.get(key):
            before_text, after_text = (str(part[key]) if key in part else None for part in (one, other))
            yield DESCRIPTOR, DESCRIPTOR, "changed", key, before_text, after_text


def _of_tables(before: Casebook, after: Casebook) -> Iterator[Change]:
    one, other = before.text, after.text
    for name, table in (before.profile.tables | after.profile.tables).items():
        frames = [text[name] if name in text.frames else pd.DataFrame() for text in (one, other)]
        yield from row_changes(table, *frames)


def row_changes(table: Table, one: pd.DataFrame, other: pd.DataFrame) -> Iterator[Change]:
    """The changes from one text frame of a table to another, as `diff` has them."""
    yield from _of_table(table, *(_keyed(frame, table) if len(frame.columns) else frame for frame in (one, other)))


def _keyed(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """The frame by its key; a repeated key is numbered, so that no row is lost."""
    keys, *rest = (frame[name].fillna("") for name in table.primary_key)
    for cells in rest:
        keys = keys + " " + cells
    if keys.duplicated().any():
        again = keys.groupby(keys).cumcount()
        keys = keys.mask(again.gt(0), keys + " (" + again.add(1).astype(TEXT) + ")")
    return frame.set_axis(pd.Index(keys, dtype=TEXT), axis=0)


def _of_table(table: Table, one: pd.DataFrame, other: pd.DataFrame) -> Iterator[Change]:
    name = table.name
    removed, added = one.index.difference(other.index, sort=False), other.index.difference(one.index, sort=False)
    yield from ((name, record_id, "removed", None, None, None) for record_id in removed)
    yield from ((name, record_id, "added", None, None, None) for record_id in added)
    both = one.index.intersection(other.index, sort=False)
    columns = list(dict.fromkeys([*one.columns, *other.columns]))
    left, right = (frame.loc[both].reindex(columns=columns) for frame in (one, other))
    differs = ~(left.eq(right) | (left.isna() & right.isna()))
    left, right, differs = (frame[differs.any(axis=1)] for frame in (left, right, differs))
    for record_id, old, new, flags in zip(left.index, *map(row_tuples, (left, right, differs)), strict=True):
        changed = [field for field, flag in zip(columns, flags, strict=True) if flag]
        for field, before, after in zip(columns, old, new, strict=True):
            if field in changed and not (field in table.fields and table.fields[field].of in changed):
                yield name, record_id, "changed", field, _cell(before), _cell(after)
    if not other.index.intersection(both, sort=False).equals(both):
        yield name, "", "moved", None, None, None


def _cell(value: Any) -> str | None:
    return None if pd.isna(value) else str(value)


def as_markdown(changes: pd.DataFrame) -> str:
    """The changes as lines for a changelog, one a changed row: "- events `kgz-leph:nsp-launch`: start 1998 → 1999"."""
    lines = []
    for (table, record_id), rows in changes.groupby(["table", "record_id"], sort=False):
        what = "; ".join(worded(row) for row in rows.itertuples(index=False))
        lines.append(f"- {table} `{record_id}`: {what}" if record_id else f"- {table}: {what}")
    return "".join(f"{line}\n" for line in lines)


def worded(row: Any) -> str:
    """One change, a row of `diff`, in words: "start 1998 → 1999"."""
    if row.change != "changed":
        return "rows are in a different order" if row.change == "moved" else row.change
    before, after = ("(empty)" if pd.isna(value) else value for value in (row.old, row.new))
    return f"{row.field} {before} → {after}"
