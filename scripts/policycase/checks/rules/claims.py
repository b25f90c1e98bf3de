"""Rules on claims and figures: what they are about, and who says so."""

from collections.abc import Iterator

import pandas as pd

from policycase.checks.rules.base import at, pairs, rule
from policycase.coverage import ASSERTS, RECORD, crosscheck_only
from policycase.errors import did_you_mean
from policycase.findings import Finding
from policycase.tables import Tables

FIGURED = {"programs", "events"}
NAMED = {"places", "agencies", "events"}


@rule
def claim_points_to_a_record(tables: Tables) -> Iterator[Finding]:
    """A claim or figure is about a record of its case, a claim about a field of it; its object is there too."""
    records = tables.records.dropna(subset=["record_id", "case_id"])
    known = pd.MultiIndex.from_frame(records[["case_id", "record_id"]])
    for name, column in (("claims", "record_id"), ("claims", "object_id"), ("figures", "record_id")):
        frame = tables[name].dropna(subset=[column])
        lost = frame[~pairs(frame, column).isin(known)]
        hints = [did_you_mean(value, records["record_id"]).removeprefix(" · ") for value in lost[column]]
        yield from at(
            tables.profile.tables[name],
            lost.assign(hint=hints),
            column,
            f'no record "{{{column}}}" is in this case',
            "{hint}",
        )
        yield from _wrong_kind(tables, name, column, frame)
    table = tables.profile.tables["claims"]
    claims = tables["claims"].assign(table=tables["claims"]["record_id"].map(tables.table_of))
    for (owner, field), rows in claims[claims["field"].ne(RECORD)].groupby(["table", "field"]):
        fields = tables.profile.tables[str(owner)].fields
        if field not in fields:
            hint = did_you_mean(str(field), fields).removeprefix(" · ")
            yield from at(table, rows, "field", f'{owner} has no field "{field}"', hint)


def _wrong_kind(tables: Tables, name: str, column: str, frame: pd.DataFrame) -> Iterator[Finding]:
    """Objects that are no place, agency or event; figures about no program, event or link."""
    links = {table.name for table in tables.profile.case_tables.values() if table.kind == "link"}
    allowed = {"object_id": NAMED, "record_id": FIGURED | links}[column]
    if (name, column) != ("claims", "record_id"):
        owner = frame[column].map(tables.table_of)
        wrong = frame.assign(owner=owner)[owner.notna() & ~owner.isin(allowed)]
        yield from at(
            tables.profile.tables[name],
            wrong,
            column,
            f"{column} {{{column}}} is a row of {{owner}}; expected one of {', '.join(sorted(allowed))}",
        )


@rule
def crosscheck_claim_names_an_independent_source(tables: Tables) -> Iterator[Finding]:
    """The coded source asserts; every other stance is a crosscheck source's, with its independence group."""
    table = tables.profile.tables["claims"]
    sources = tables["sources"].drop_duplicates("source_id").set_index("source_id")
    claims = tables["claims"].join(sources[["source_use", "independence_group"]], on="source_id")
    asserts, crosscheck = claims["stance"].eq(ASSERTS), claims["source_use"].eq("crosscheck")
    yield from at(
        table,
        claims[asserts & claims["source_use"].ne("coded")],
        "stance",
        'stance is "asserts", and {source_id} is not the coded source',
        "name the coded source, or change the stance",
    )
    checks = claims[~asserts & claims["stance"].notna()]
    yield from at(
        table,
        checks[checks["source_id"].notna() & ~crosscheck.loc[checks.index]],
        "stance",
        'stance is "{stance}", and {source_id} is not a crosscheck source',
        "a source cannot check itself",
    )
    ungrouped = checks[crosscheck.loc[checks.index] & checks["independence_group"].isna()]
    yield from at(
        table,
        ungrouped,
        "source_id",
        "{source_id} has no independence_group",
        "fill it in sources, so that sources that share a report or author count once",
    )
    silent = checks["source_id"].isna()
    yield from at(
        table, checks[silent & checks["stance"].ne("not-found")], "source_id", 'stance "{stance}" needs a source'
    )
    yield from at(
        table,
        checks[silent & checks["stance"].eq("not-found") & checks["note"].isna()],
        "note",
        "not-found without a note",
        "say in the note what was searched",
    )


@rule
def crosscheck_row_is_in_no_program(tables: Tables) -> Iterator[Finding]:
    """A row that only crosschecks name is in no link of a program or event."""
    evidence = set(tables["evidence"]["record_id"])
    outside = crosscheck_only(tables) - evidence
    for table in tables.profile.case_tables.values():
        if table.kind == "link":
            frame = tables[table.name]
            for link in table.parents:
                (column,) = link.fields
                yield from at(
                    table,
                    frame[frame[column].isin(outside)],
                    column,
                    f"only crosschecks name {{{column}}}; it cannot be part of the coded case",
                    "give it evidence of the coded source, or take the link out",
                )
