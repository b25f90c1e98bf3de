"""Rules on ids, keys and whether a row is used at all."""

import re
from collections.abc import Iterator

import pandas as pd

from policycase.findings import Finding
from policycase.model.tables import Tables
from policycase.validation.rules.base import at, nearest, rule, unknown_ids, warning, where


@rule
def id_has_case_prefix(tables: Tables) -> Iterator[Finding]:
    """The prefix of every id equals the row's case_id."""
    for table in tables.profile.case_tables.values():
        if table.key and table.key != "case_id":
            frame = tables[table.name]
            wrong = where(
                frame,
                (
                    isinstance(key, str) and isinstance(case_id, str) and key.partition(":")[0] != case_id.strip()
                    for key, case_id in zip(frame[table.key].to_numpy(), frame["case_id"].to_numpy(), strict=True)
                ),
            )
            yield from at(
                tables,
                table.name,
                wrong,
                table.key,
                f'{table.key} "{{{table.key}}}" is not of case {{case_id}}',
                "begin it with {case_id}:",
            )


@rule
def id_is_unique_over_tables(tables: Tables) -> Iterator[Finding]:
    """No two rows of any tables share an id."""
    records = tables.records.dropna(subset=["record_id"])
    again = records[records["record_id"].duplicated()]
    first = records.drop_duplicates("record_id").set_index("record_id")["table"]
    again = again.assign(first=again["record_id"].map(first))
    for name, rows in again.groupby("table"):
        table = tables.profile.tables[str(name)]
        rows = rows.assign(**{table.key: rows["record_id"]})  # noqa: PLW2901 - the same rows, under their key's name
        yield from at(
            tables,
            table.name,
            rows,
            table.key,
            f'{table.key} "{{record_id}}" is already the id of a row of {{first}}',
            "give this row an id of its own",
        )


@warning
def record_is_coded_once(tables: Tables) -> Iterator[Finding]:
    """No two rows of a table and case have the same name and type, nor differ in their id, position and note alone."""
    for name, table in tables.profile.case_tables.items():
        if table.kind not in {"entity", "statement"}:
            continue
        frame = tables[name]
        apart = {table.key, "position", "note"}
        content = [field.name for field in table.fields.values() if field.authored and field.name not in apart]
        again = frame.duplicated(content)
        if "name" in table.fields:
            kinds = [field.name for field in table.fields.values() if field.required and field.vocabulary]
            again |= frame.assign(name=frame["name"].str.casefold()).duplicated(["case_id", "name", *kinds])
        message = f"another row of {name} has the same content as {{{table.key}}}"
        yield from at(tables, name, where(frame, again), table.key, message, "keep one, or state how they differ")


@rule
def link_id_is_made_of_its_parts(tables: Tables) -> Iterator[Finding]:
    """A link's id is its parts joined by `--`; a further spell of the same parts adds `--2`, `--3`."""
    for table in tables.profile.case_tables.values():
        if table.id_parts:
            frame = tables[table.name]
            filled = frame[[table.key, "case_id", *table.id_parts]].notna().all(axis=1).to_numpy()
            for link in table.parents:
                if link.fields[0] in table.id_parts:  # a part that is not a record is reported on its own
                    filled = filled & (tables.table_of.index.get_indexer(pd.Index(frame[link.fields[0]])) >= 0)
            frame = frame[filled]
            parts = zip(*(frame[part].to_numpy() for part in table.id_parts), strict=True)
            local = ("--".join(part.rpartition(":")[2] for part in row) for row in parts)
            expected = [f"{case_id}:{name}" for case_id, name in zip(frame["case_id"].to_numpy(), local, strict=True)]
            keys = frame[table.key].to_numpy()
            here = set(keys)
            wrong = where(
                frame.assign(expected=expected),
                (not _is_spell(key, wanted, here) for key, wanted in zip(keys, expected, strict=True)),
            )
            yield from at(
                tables, table.name, wrong, table.key, f'{table.key} is "{{{table.key}}}"; its parts give "{{expected}}"'
            )


def _is_spell(key: str, wanted: str, here: set[str]) -> bool:
    """Whether an id is that of its parts, or of a further spell of them that follows the one before."""
    if key == wanted:
        return True
    base, _, number = key.rpartition("--")
    if base != wanted or not re.fullmatch(r"[2-9]|[1-9][0-9]+", number):
        return False
    return (wanted if number == "2" else f"{wanted}--{int(number) - 1}") in here


@rule
def passage_id_is_its_locator(tables: Tables) -> Iterator[Finding]:
    """A passage's id is its paragraph, sentence and fragment, such as p6s2a."""
    table = tables.profile.tables["passages"]
    frame = tables["passages"].dropna(subset=["passage_id", "paragraph", "sentence"])
    locator = frame["paragraph"] + "s" + frame["sentence"] + frame["fragment"].fillna("")
    local = frame["passage_id"].str.split(":").str[-1]
    fits = [
        name == place or name.endswith(f"-{place}") for name, place in zip(local, locator, strict=True)
    ]  # a case with several coded sources puts the source's short name before the locator
    wrong = where(frame.assign(locator=locator), (not fit for fit in fits))
    yield from at(
        tables, table.name, wrong, "passage_id", 'passage_id is "{passage_id}"; its place in the source gives {locator}'
    )


@rule
def case_id_begins_with_its_country(tables: Tables) -> Iterator[Finding]:
    """A case_id begins with its country's alpha-3 code in lower case."""
    frame = tables["cases"].dropna(subset=["case_id", "country"])
    wrong = where(frame, frame["case_id"].str[:3].ne(frame["country"].str.lower()))
    yield from at(tables, "cases", wrong, "country", "country is {country}; case_id is {case_id}")


@rule
def foreign_key_stays_in_case(tables: Tables) -> Iterator[Finding]:
    """A foreign key names a row of the same case."""
    for table in tables.profile.case_tables.values():
        for link in table.foreign_keys:
            (column,), (key,) = link.fields, link.to
            parents = tables[link.table]
            lost = unknown_ids(tables, table.name, column, pd.Index(tables.keys(link.table, key)).unique())
            if lost.empty:
                continue
            hints = nearest(lost, column, parents, key, f"add it to {link.table}.csv, or correct the id")
            yield from at(
                tables,
                table.name,
                lost.assign(hint=hints),
                column,
                f'{column} "{{{column}}}" is not a row of {link.table} in this case',
                "{hint}",
                missing=column,
            )


@rule
def agency_is_used(tables: Tables) -> Iterator[Finding]:
    """Every agency is in a link, holds a goal, has a claim, or is tied to another agency."""
    yield from _unused(tables, "agencies", {("claims", "record_id"), ("claims", "object_id")})


@rule
def source_is_used(tables: Tables) -> Iterator[Finding]:
    """Every source has passages, claims or figures; an identifier source needs an identifier in its case."""
    frame = tables["sources"]
    places = tables["places"]
    identified = places[["iso_3166_2", "geonames_id", "wikidata_id", "latitude"]].notna().any(axis=1)
    cases = {*places.loc[identified, "case_id"], *tables["agencies"].dropna(subset=["same_as"])["case_id"]}
    gives_ids = frame["source_use"].eq("identifier") & frame["case_id"].isin(cases)
    yield from _unused(tables, "sources", set(), spared=gives_ids)


def _unused(
    tables: Tables, name: str, more: set[tuple[str, str]], spared: pd.Series | None = None
) -> Iterator[Finding]:
    table = tables.profile.tables[name]
    columns = more | {
        (other.name, link.fields[0])
        for other in tables.profile.case_tables.values()
        for link in other.foreign_keys
        if link.table == name
    }
    used = set(pd.concat([tables[other][column] for other, column in columns]).to_numpy())
    if name == "agencies":  # being somebody's child or predecessor ties both ends
        tied = tables[name][["parent_agency_id", "successor_agency_id"]].notna().any(axis=1)
        used |= set(tables[name].loc[tied, table.key])
    idle = ~tables[name][table.key].isin(used) & tables[name][table.key].notna()
    if spared is not None:
        idle &= ~spared
    yield from at(
        tables,
        table.name,
        tables[name][idle],
        table.key,
        f'nothing uses "{{{table.key}}}"',
        "link it to what it did, or take the row out",
    )
