"""Where values come from: the passages behind a record or a field, and how much has evidence."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import numpy as np
import pandas as pd

from policycase.errors import UnknownNameError
from policycase.model.profile import Profile
from policycase.model.tables import Tables, among, once
from policycase.storage.csv_files import TEXT

Frames = Mapping[str, pd.DataFrame]
ASSERTS = "asserts"
RECORD = "record"
ATTESTED = "attested_by"
CODED_SOURCE, OTHER_SOURCE = "coded-source", "other-source"


def rivals(tables: Tables | Frames) -> pd.Series:
    """Whether each claim sets a source beside the coded value: a crosscheck's, or a further coded source's."""
    return tables["claims"]["stance"].ne(ASSERTS)


def crosschecks(tables: Tables | Frames) -> pd.Series:
    """Whether each claim is a crosscheck source's, so that no passage can support it."""
    sources, claims = tables["sources"], tables["claims"]
    coded = sources.loc[sources["source_use"].eq("coded"), "source_id"]
    return rivals(tables) & ~claims["source_id"].isin(coded)


def other_figures(tables: Tables) -> pd.Series:
    """Whether each figure is another source's, so that no passage can support it."""
    sources, figures = tables["sources"], tables["figures"]
    return figures["source_id"].isin(sources.loc[sources["source_use"].eq("crosscheck"), "source_id"])


@once
def crosscheck_only(tables: Tables) -> frozenset[str]:
    """Ids of records that are objects of other sources' claims, with their ancestors.

    Such a row may have no evidence of the coded source: only other sources name it.
    """
    claims = tables["claims"]
    named = claims[crosschecks(tables) & claims["stance"].ne("not-found")]
    known = set(named["object_id"].dropna())
    parents: dict[str, str] = {}
    for table in tables.profile.case_tables.values():
        for link in table.parents:
            if link.table == table.name and link.fields[0].startswith("parent_"):
                pairs = tables[table.name][[table.key, link.fields[0]]].dropna()
                parents.update(pairs.itertuples(index=False, name=None))
    climbing = set(known)
    while climbing := {parents[record] for record in climbing if record in parents} - known:
        known |= climbing
    return frozenset(known)


def attestations(tables: Tables) -> dict[str, list[str]]:
    """What `attested_by` of each row is, by the tables that have it: other-source where only other sources name it."""
    evidence = tables["evidence"]
    supported = evidence.loc[evidence["field"].eq(RECORD), "record_id"]
    outside = crosscheck_only(tables).difference(supported)
    found = {}
    for name, _ in tables.profile.fields(name=ATTESTED):
        key = tables.profile.tables[name].key
        other = other_figures(tables) if name == "figures" else tables[name][key].isin(outside)
        found[name] = [OTHER_SOURCE if flag else CODED_SOURCE for flag in other]
    return found


def has_no_address(sources: pd.DataFrame) -> pd.Series:
    """Whether each source has neither a DOI nor a web address, so that nobody can find it again."""
    return sources["doi"].isna() & sources["url"].isna()


def has_no_title(sources: pd.DataFrame) -> pd.Series:
    """Whether each source has words of our own, in brackets, in place of its title."""
    return sources["title"].str.startswith("[").eq(True)


def coded_rows(frames: Frames, profile: Profile) -> dict[str, pd.DataFrame]:
    """What the coded sources themselves say: the frames, text or typed, without what only other sources say.

    Left out are rows that only other sources attest, their claims and figures, and every row that needs one of these.
    A reference that a row can do without is emptied instead. The indexes stay.
    """
    sources = frames["sources"]
    kept = dict(frames) | {"claims": frames["claims"][~crosschecks(frames)]}
    kept["sources"] = sources[sources["source_use"].ne("crosscheck")]
    for name, table in profile.case_tables.items():
        if ATTESTED in table.fields:
            kept[name] = kept[name][kept[name][ATTESTED].ne(OTHER_SOURCE)]
    keyed = [(name, table.key) for name, table in profile.case_tables.items() if table.key]
    gone = pd.Index([], dtype="object")
    while True:
        left_out = [frames[name][key].drop(kept[name].index).to_numpy(dtype="object") for name, key in keyed]
        before, gone = gone, pd.Index(np.concatenate(left_out), dtype="object").unique()
        more = gone[before.get_indexer(gone) < 0]
        if not len(more):
            break
        for name, table in profile.case_tables.items():
            needed = [link.fields[0] for link in table.parents if table.fields[link.fields[0]].required]
            for column in [*needed, *({"record_id"} & set(table.fields))]:
                kept[name] = kept[name][~among(kept[name][column], more)]
    emptied = [pd.MultiIndex.from_arrays([[], []])]
    for name, table in profile.case_tables.items():
        loose = {link.fields[0] for link in table.parents} | ({"object_id"} & set(table.fields))
        for column in sorted(loose):
            lost = among(kept[name][column], gone)
            if lost.any():
                kept[name] = kept[name].assign(**{column: kept[name][column].mask(lost)})
                emptied.append(pd.MultiIndex.from_product([kept[name].loc[lost, table.key], [column]]))
    of = pd.MultiIndex.from_frame(kept["evidence"][["record_id", "field"]])
    kept["evidence"] = kept["evidence"][~of.isin(emptied[0].append(emptied[1:]))]
    return kept


def counts(tables: Tables) -> pd.DataFrame:
    """Rows of each table that the coded sources attest, and how many more only other sources do; see `coded_rows`."""
    own = coded_rows(tables.frames, tables.profile)
    rows = {name: (len(own[name]), len(frame) - len(own[name])) for name, frame in tables.frames.items()}
    return pd.DataFrame.from_dict(rows, "index", columns=["rows", "others"]).astype("Int64")


@once
def rows_needing_evidence(tables: Tables) -> pd.DataFrame:
    """Records that must rest on a passage: record_id, case_id, table, found; indexed as the tables are.

    `found` says whether evidence for the record as a whole is there. Claims and figures of other sources, and rows
    that only other sources name, need none.
    """
    wanted = {table.name for table in tables.profile.case_tables.values() if table.needs_evidence}
    records = tables.records[tables.records["table"].isin(wanted)]
    others = {
        *tables["claims"].loc[crosschecks(tables), "claim_id"],
        *tables["figures"].loc[other_figures(tables), "figure_id"],
    }
    evidence = tables["evidence"]
    supported = pd.Index(evidence.loc[evidence["field"].eq(RECORD), "record_id"].dropna().unique(), dtype="object")
    ids = pd.Index(records["record_id"], dtype="object")
    found, other, named = (among(ids, some) for some in (supported, _index(others), _index(crosscheck_only(tables))))
    wanted_rows = records["record_id"].notna().to_numpy() & ~other & (found | ~named)
    return records.assign(found=found)[wanted_rows]


def _index(ids: AbstractSet[str]) -> pd.Index:
    return pd.Index([one for one in ids if isinstance(one, str)], dtype="object")


@once
def values_needing_evidence(tables: Tables) -> pd.DataFrame:
    """Values that must rest on a passage of their own: record_id, case_id, table, field, found.

    They are the non-empty cells of fields whose schema says so, in rows that need evidence, but for
    codes that only say "not known". Evidence for a link row as a whole counts for its role.
    """
    rows = rows_needing_evidence(tables)
    supported = pd.Index(tables.pairs("evidence", "record_id", "field")).unique()
    needing = {str(name): some.index for name, some in rows.groupby("table")}
    parts = []
    for name, table in tables.profile.case_tables.items():
        fields = [field for field in table.fields.values() if field.evidence]
        if not fields:
            continue
        frame = tables[name]
        needs = frame.index.isin(needing.get(name, ()))
        whole = supported.get_indexer(tables.paired(name, table.key, RECORD)) >= 0
        places, found = [], []
        for field in fields:
            cells = tables.distinct(name, field.name)
            says = np.array([*(text != field.silent for text in cells.texts), False])  # the last is a missing cell
            places.append(np.flatnonzero(needs & says[cells.numbers]))
            own = supported.get_indexer(tables.paired(name, table.key, field.name)) >= 0
            found.append((own | whole if field.name in table.id_parts else own)[places[-1]])
        names = np.repeat([field.name for field in fields], [len(some) for some in places])
        part = frame[[table.key, "case_id"]].set_axis(["record_id", "case_id"], axis=1).iloc[np.concatenate(places)]
        parts.append(part.assign(table=name, field=names, found=np.concatenate(found)))
    return pd.concat(parts)


def in_order(frames: Mapping[str, pd.DataFrame], profile: Profile) -> pd.DataFrame:
    """The rows of evidence in the order of what they support: by table, row, field, and passage.

    Rows of a record, field or passage that is not there come last of their kind, as they were.
    """
    evidence = frames["evidence"]
    tables = [table for table in profile.case_tables.values() if table.key]
    records = pd.concat([frames[table.name][table.key] for table in tables], ignore_index=True)
    owners = [table.name for table in tables for _ in range(len(frames[table.name]))]
    owner_of = dict(zip(records, owners, strict=True))
    place_of = {record: number for number, record in enumerate(records)}
    fields = {(table.name, name): number for table in tables for number, name in enumerate([RECORD, *table.fields])}
    passage_of = {passage: number for number, passage in enumerate(frames["passages"]["passage_id"])}
    last = len(place_of) + len(fields) + len(passage_of)
    keys = [
        (
            place_of.get(record, last),
            fields.get((owner_of.get(record, ""), name), last),
            passage_of.get(passage, last),
        )
        for record, name, passage in zip(evidence["record_id"], evidence["field"], evidence["passage_id"], strict=True)
    ]
    return evidence.iloc[sorted(range(len(keys)), key=keys.__getitem__)].set_axis(evidence.index, axis=0)


def in_source_order(frames: Mapping[str, pd.DataFrame], profile: Profile) -> dict[str, pd.DataFrame]:
    """The tables with rows in the order of the source: each where its first passage is, then as they were.

    Sources that were coded come before the others. Claims and figures of other sources come after those that rest on a
    passage, source by source; rows that rest on no passage come last. Evidence follows; see `in_order`.
    """
    sources = frames["sources"]
    use = sources["source_use"].ne("coded")
    made = dict(frames) | {"sources": _by_case(frames, sources, use.tolist())}
    place_of = {source: number for number, source in enumerate(made["sources"]["source_id"])}
    other = {*made["sources"].loc[made["sources"]["source_use"].ne("coded"), "source_id"]}
    passage_of = {passage: number for number, passage in enumerate(frames["passages"]["passage_id"])}
    evidence = frames["evidence"]
    whole = evidence[evidence["field"].eq(RECORD)]
    first: dict[str, int] = {}
    for record, passage in zip(whole["record_id"], whole["passage_id"], strict=True):
        if passage in passage_of:
            first[record] = min(first.get(record, len(passage_of)), passage_of[passage])
    for table in profile.case_tables.values():
        if not table.needs_evidence or table.key == "case_id":
            continue
        frame = frames[table.name]
        of = frame["source_id"] if "source_id" in frame else [None] * len(frame)
        keys = [
            (0, first[record]) if record in first else (1, place_of[source]) if source in other else (2, 0)
            for record, source in zip(frame[table.key], of, strict=True)
        ]
        made[table.name] = _by_case(frames, frame, keys)
    made["evidence"] = in_order(made, profile)
    return made


def _by_case(frames: Frames, frame: pd.DataFrame, keys: list[Any]) -> pd.DataFrame:
    """A table in the order of the cases, then of keys; the index counts the rows as before."""
    case_of = {case: number for number, case in enumerate(frames["cases"]["case_id"])}
    cases = [case_of.get(case, len(case_of)) for case in frame["case_id"]]
    order = sorted(range(len(frame)), key=lambda number: (cases[number], keys[number]))
    return frame.iloc[order].set_axis(frame.index, axis=0)


def row_coverage(tables: Tables) -> pd.DataFrame:
    """Rows and values with evidence, by case and table.

    Returns
    -------
    DataFrame
        case_id, table, rows (all), rows_needing_evidence, rows_with_evidence, values_needing_evidence,
        values_with_evidence, extent; one row for each case and case table. `extent` is the code that the table `scope`
        gives, missing where it says nothing: no table is complete unless a row says so.
    """
    cases = tables["cases"]["case_id"].tolist()
    grid = pd.MultiIndex.from_product([cases, list(tables.profile.case_tables)], names=["case_id", "table"])
    rows = rows_needing_evidence(tables)
    values = values_needing_evidence(tables)
    everything = pd.concat([tables[name][["case_id"]].assign(table=name) for name in tables.profile.case_tables])
    counts = {
        "rows": everything,
        "rows_needing_evidence": rows,
        "rows_with_evidence": rows[rows["found"]],
        "values_needing_evidence": values,
        "values_with_evidence": values[values["found"]],
    }
    sizes = {
        name: frame.groupby(["case_id", "table"]).size().reindex(grid, fill_value=0).astype("Int64")
        for name, frame in counts.items()
    }
    codes = pd.CategoricalDtype(tables.profile.vocabularies["extent"])
    frame = pd.DataFrame(sizes).assign(extent=extents(tables).reindex(grid).astype(codes))
    return frame.reset_index().astype({"case_id": TEXT, "table": TEXT})


def extents(tables: Tables) -> pd.Series:
    """What `scope` says of the tables of each case: a code of `extent` by (case_id, table)."""
    text = tables["scope"].dropna(subset=["case_id", "table_name"]).drop_duplicates(["case_id", "table_name"])
    return text.set_index(["case_id", "table_name"])["extent"].astype(TEXT)


def passage_coverage(tables: Tables) -> pd.DataFrame:
    """Passages of each coded source by what was done with them.

    Returns
    -------
    DataFrame
        case_id, source_id, passages, then one count a code of the vocabulary `coding`.
    """
    codings = tables.profile.vocabularies["coding"]
    passages = tables["passages"]
    keys = [passages["case_id"], passages["source_id"]]
    counts = pd.crosstab(keys, passages["coding"]).reindex(columns=codings, fill_value=0)
    counts.insert(0, "passages", counts.sum(axis=1))
    return counts.rename_axis(columns=None).reset_index()


EVIDENCE = ["field", "passage_id", "page", "paragraph", "sentence", "fragment", "basis", "note"]


def table_of(tables: Tables, record_id: str) -> str:
    """The name of the table that has a record.

    Raises
    ------
    UnknownNameError
        No record has the id; the message names the nearest one.
    """
    name = tables.table_of.get(record_id)
    if name is None:
        kind = "record"
        raise UnknownNameError(kind, record_id, tables.table_of.index)
    return str(name)


def record(tables: Tables, frames: Frames, record_id: str) -> pd.Series:
    """One row by its id, from any table; the name of the Series is that table."""
    name = table_of(tables, record_id)
    number = tables.rows_with(name, tables.profile.tables[name].key, record_id)[0]
    return frames[name].iloc[number].rename(name)


def evidence_for(tables: Tables, frames: Frames, record_id: str, field: str | None = None) -> pd.DataFrame:
    """The passages that a record, or one field of it, rests on.

    A filled field without evidence of its own rests on the passages of the record as a whole; the column
    `field` then says `record`. An empty cell, or a code that only says "not known", rests on none.

    Parameters
    ----------
    tables
        The tables as text.
    frames
        The same tables by name, typed.
    record_id
        Id of any row, or a case_id.
    field
        A field's name: the passages for that value. None: all of the record.

    Returns
    -------
    DataFrame
        field, passage_id, page, paragraph, sentence, fragment, basis, note, source_id, source_title;
        one row per passage and field, in the order of the passages. No rows where there is no evidence.

    Raises
    ------
    UnknownNameError
        No record has the id, or its table has no such field.
    """
    table = tables.profile.tables[table_of(tables, record_id)]
    if field is not None and field not in {*table.fields, RECORD}:
        kind = f"field of {table.name}"
        raise UnknownNameError(kind, field, table.fields)
    found = tables.rows_with("evidence", "record_id", record_id).tolist()
    fields = {number: _cell(tables, "evidence", "field", number) for number in found}
    if field is not None:
        own = [number for number in found if fields[number] == field]
        row = int(tables.rows_with(table.name, table.key, record_id)[0])
        value = RECORD if field == RECORD else _cell(tables, table.name, field, row)
        says_nothing = value is None or (field != RECORD and value == table.fields[field].silent)
        found = own if own or says_nothing else [number for number in found if fields[number] == RECORD]
    last = len(frames["passages"])
    rows = sorted(
        (str(fields[number]), last if passage is None else passage, number, passage, source)
        for number in found
        for passage in _numbers(tables, "passages", "passage_id", _cell(tables, "evidence", "passage_id", number))
        for source in _numbers(tables, "sources", "source_id", _cell(tables, "passages", "source_id", passage))
    )
    columns = _taken(
        frames["evidence"], ["field", "passage_id", "basis", "note"], [number for _, _, number, *_ in rows]
    )
    places = ["page", "paragraph", "sentence", "fragment", "source_id"]
    columns |= _taken(frames["passages"], places, [passage for *_, passage, _ in rows])
    columns["source_title"] = _taken(frames["sources"], ["title"], [source for *_, source in rows])["title"]
    return pd.DataFrame({name: columns[name] for name in [*EVIDENCE, "source_id", "source_title"]})


def _numbers(tables: Tables, name: str, column: str, text: str | None) -> list[int] | list[None]:
    """The numbers of the rows with a text, as `Tables.rows_with` gives them; a single None where there are none."""
    numbers = [] if text is None else tables.rows_with(name, column, text).tolist()
    return numbers or [None]


def _cell(tables: Tables, name: str, column: str, row: int | None) -> str | None:
    found = tables.distinct(name, column)
    number = -1 if row is None else found.numbers[row]
    return found.texts[number] if number >= 0 else None


def _taken(frame: pd.DataFrame, names: list[str], rows: Sequence[int | None]) -> dict[str, Any]:
    """Cells of a few rows by their numbers, missing where the number is; Arrow's `take` looks through every chunk."""
    columns = {name: frame[name].array for name in names}
    return {
        name: pd.array([None if row is None else cells[row] for row in rows], dtype=cells.dtype)
        for name, cells in columns.items()
    }
