"""Rules on claims and figures: what they are about, and who says so."""

from collections.abc import Iterator

import pandas as pd

from policycase.checks.rules.base import at, nearest, rule, strangers, where
from policycase.coverage import ASSERTS, RECORD, crosscheck_only
from policycase.dates import bounds
from policycase.errors import DateError, did_you_mean
from policycase.findings import Finding
from policycase.loading import EXPECTED, FORMS
from policycase.profiles import Field
from policycase.tables import Tables

FIGURED = {"programs", "events", "agencies", "places"}
NAMED = {"places", "agencies", "events", "programs"}


@rule
def claim_points_to_a_record(tables: Tables) -> Iterator[Finding]:
    """A claim or figure is about a record of its case, a claim about a field of it; its object is there too."""
    for name, column in (("claims", "record_id"), ("claims", "object_id"), ("figures", "record_id")):
        frame = tables[name]
        lost = strangers(tables, name, column, tables.record_keys)
        hints = nearest(lost, column, tables.records, "record_id", "add the row, or mend the id")
        yield from at(
            tables,
            name,
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
            hint = did_you_mean(str(field), fields)
            yield from at(tables, table.name, rows, "field", f'{owner} has no field "{field}"', hint)


def _wrong_kind(tables: Tables, name: str, column: str, frame: pd.DataFrame) -> Iterator[Finding]:
    """Objects that are no place, agency, program or event; figures about no program, event, agency, place or link."""
    links = {table.name for table in tables.profile.case_tables.values() if table.kind == "link"}
    allowed = {"object_id": NAMED, "record_id": FIGURED | links}[column]
    if (name, column) != ("claims", "record_id"):
        owner = frame[column].map(tables.table_of)
        wrong = where(frame.assign(owner=owner), owner.notna() & ~owner.isin(allowed))
        yield from at(
            tables,
            name,
            wrong,
            column,
            f"{column} {{{column}}} is a row of {{owner}}; expected one of {', '.join(sorted(allowed))}",
        )


@rule
def crosscheck_claim_names_an_independent_source(tables: Tables) -> Iterator[Finding]:
    """The coded source asserts; every other stance is a crosscheck source's, with its independence group."""
    table = tables.profile.tables["claims"]
    sources = tables["sources"].drop_duplicates("source_id")
    coded = sources[sources["source_use"].eq("coded")]
    first = coded.drop_duplicates("case_id")  # where coded sources disagree, the first listed is coded
    groups = first.set_index("case_id")["independence_group"]
    claims = tables["claims"].join(sources.set_index("source_id")[["source_use", "independence_group"]], on="source_id")
    asserts, crosscheck = claims["stance"].eq(ASSERTS), claims["source_use"].eq("crosscheck")
    yield from at(
        tables,
        table.name,
        claims[asserts & claims["source_use"].ne("coded")],
        "stance",
        'stance is "asserts", and {source_id} is not a coded source',
        "name the coded source, or change the stance",
    )
    checks = claims[~asserts & claims["stance"].notna()]
    itself = checks["source_id"].isin(first["source_id"]) | checks["source_use"].eq("identifier")
    yield from at(
        tables,
        table.name,
        checks[itself],
        "stance",
        'stance is "{stance}", and {source_id} is the coded source or gives only identifiers',
        "a source cannot check itself",
    )
    own = checks["independence_group"].notna() & checks["independence_group"].eq(checks["case_id"].map(groups))
    yield from at(
        tables,
        table.name,
        checks[own & checks["stance"].eq("confirms") & ~itself],
        "stance",
        "{source_id} is of the coded source's independence group, so it confirms nothing",
        "a report cannot confirm itself; say adds or refines if it does",
    )
    ungrouped = checks[crosscheck.loc[checks.index] & checks["independence_group"].isna()]
    yield from at(
        tables,
        table.name,
        ungrouped,
        "source_id",
        "{source_id} has no independence_group",
        "fill it in sources, so that sources that share a report or author count once",
    )
    silent = checks["source_id"].isna()
    yield from at(
        tables,
        table.name,
        checks[silent & checks["stance"].ne("not-found")],
        "source_id",
        'stance "{stance}" needs a source',
    )
    yield from at(
        tables,
        table.name,
        checks[silent & checks["stance"].eq("not-found") & checks["note"].isna()],
        "note",
        "not-found without a note",
        "say in the note what was searched",
    )


@rule
def claim_value_has_the_form_of_its_field(tables: Tables) -> Iterator[Finding]:
    """A claim's value has the form of the field it is about: a code, a date, a number, an id of the case."""
    table = tables.profile.tables["claims"]
    claims = tables["claims"].dropna(subset=["value"])
    whole = claims[claims["field"].eq(RECORD)]
    yield from at(
        tables, table.name, whole, "value", "value is given, and field is record", "name the field that the value is of"
    )
    claims = claims.assign(table=claims["record_id"].map(tables.table_of))
    for (owner, name), rows in claims.groupby(["table", "field"]):
        field = tables.profile.tables[str(owner)].fields.get(str(name))
        if field is not None:
            problems = [_problem(value, field, tables) for value in rows["value"]]
            wrong = where(rows.assign(problem=problems), problems)
            yield from at(tables, table.name, wrong, "value", f'value "{{value}}" of {name}: {{problem}}')


def _problem(value: str, field: Field, tables: Tables) -> str:
    if field.vocabulary:
        codes = tables.profile.vocabularies[field.vocabulary]
        return "" if value in codes else f"no code of {field.vocabulary} · {did_you_mean(value, codes)}"
    if field.edtf:
        try:
            bounds(value)
        except DateError as error:
            return str(error)
    form = FORMS.get(field.type)
    return "" if form is None or form.fullmatch(value) else f"expected {EXPECTED[field.type]}"


@rule
def crosscheck_row_is_in_no_program(tables: Tables) -> Iterator[Finding]:
    """A row that only crosschecks name is in no link of a program or event."""
    outside = crosscheck_only(tables).difference(tables.distinct("evidence", "record_id").texts)
    for table in tables.profile.case_tables.values():
        if table.kind == "link":
            frame = tables[table.name]
            for link in table.parents:
                (column,) = link.fields
                yield from at(
                    tables,
                    table.name,
                    frame[frame[column].isin(outside)],
                    column,
                    f"only crosschecks name {{{column}}}; it cannot be part of the coded case",
                    "give it evidence of the coded source, or take the link out",
                )
