"""Tracing: from an id to its row, and from a value to the passages it rests on."""

from collections.abc import Mapping

import pandas as pd

from policycase.coverage import RECORD
from policycase.errors import UnknownNameError
from policycase.profiles import Profile

Frames = Mapping[str, pd.DataFrame]
EVIDENCE = ["field", "passage_id", "page", "paragraph", "sentence", "fragment", "basis", "note"]


def table_of(frames: Frames, profile: Profile, record_id: str) -> str:
    """The name of the table that has a record.

    Raises
    ------
    UnknownNameError
        No record has the id; the message names the nearest one.
    """
    owners = {
        record: table.name
        for table in profile.case_tables.values()
        if table.key
        for record in frames[table.name][table.key]
    }
    if record_id not in owners:
        kind = "record"
        raise UnknownNameError(kind, record_id, owners)
    return owners[record_id]


def record(frames: Frames, profile: Profile, record_id: str) -> pd.Series:
    """One row by its id, from whatever table; the name of the Series is that table."""
    name = table_of(frames, profile, record_id)
    frame = frames[name]
    return frame[frame[profile.tables[name].key] == record_id].iloc[0].rename(name)


def evidence_for(frames: Frames, profile: Profile, record_id: str, field: str | None = None) -> pd.DataFrame:
    """The passages that a record, or one field of it, rests on.

    A filled field without evidence of its own rests on the passages of the record as a whole; the column
    `field` then says `record`. An empty cell, or a code that only says "not known", rests on none.

    Parameters
    ----------
    frames
        Typed tables by name.
    profile
        The profile that the tables follow.
    record_id
        Id of any row, or a case_id.
    field
        A field's name: the passages for that value. None: all of the record.

    Returns
    -------
    DataFrame
        field, passage_id, page, paragraph, sentence, fragment, basis, note, source_id, source_title;
        one row a passage and field, in the order of the passages. No rows where there is no evidence.

    Raises
    ------
    UnknownNameError
        No record has the id, or its table has no such field.
    """
    table = profile.tables[table_of(frames, profile, record_id)]
    if field is not None and field not in {*table.fields, RECORD}:
        kind = f"field of {table.name}"
        raise UnknownNameError(kind, field, table.fields)
    evidence = frames["evidence"]
    found = evidence[evidence["record_id"].eq(record_id)]
    if field is not None:
        own = found[found["field"].eq(field)]
        value = RECORD if field == RECORD else record(frames, profile, record_id)[field]
        says_nothing = pd.isna(value) or (field != RECORD and value == table.fields[field].silent)
        found = own if len(own) or says_nothing else found[found["field"].eq(RECORD)]
    passages = frames["passages"].drop(columns=["case_id", "note"])
    passages = passages.assign(order=range(len(passages)))
    sources = frames["sources"][["source_id", "title"]].rename(columns={"title": "source_title"})
    rows = found.merge(passages, on="passage_id", how="left").merge(sources, on="source_id", how="left")
    return rows.sort_values(["field", "order"], ignore_index=True)[[*EVIDENCE, "source_id", "source_title"]]
