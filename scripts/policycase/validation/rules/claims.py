"""Rules of claims, and of what other sources say."""

import re
from collections.abc import Iterator
from typing import Any

import pandas as pd

from policycase.errors import DateError, did_you_mean
from policycase.findings import Finding
from policycase.model.columns import EXPECTED, FORMS
from policycase.model.dates import Bounds, bounds
from policycase.model.profile import Field, Profile
from policycase.model.provenance import ASSERTS, RECORD, crosscheck_only, rivals
from policycase.model.tables import Tables
from policycase.validation.rules.base import at, first, nearest, noted, rule, unknown_ids, warning, where
from policycase.validation.rules.dates import NEVER, last_published

FIGURED = {"programs", "events", "agencies", "places"}
NAMED = FIGURED | {"goals"}


@rule
def claim_points_to_a_record(tables: Tables) -> Iterator[Finding]:
    """A claim or figure is about a record of its case, a claim about a field of it; its object exists too."""
    for name, column in (("claims", "record_id"), ("claims", "object_id"), ("figures", "record_id")):
        frame = tables[name]
        lost = unknown_ids(tables, name, column, tables.record_keys)
        hints = nearest(lost, column, tables.records, "record_id", "add the row, or correct the id")
        yield from at(
            tables,
            name,
            lost.assign(hint=hints),
            column,
            f'no record "{{{column}}}" is in this case',
            "{hint}",
            missing=column,
        )
        yield from _wrong_kind(tables, name, column, frame)
    table = tables.profile.tables["claims"]
    claims = tables["claims"].assign(table=tables["claims"]["record_id"].map(tables.table_of))
    for (owner, field), rows in claims[claims["field"].ne(RECORD)].groupby(["table", "field"]):
        fields = tables.profile.tables[str(owner)].fields
        if field not in fields:
            hinted = rows.assign(hint=did_you_mean(str(field), fields))
            yield from at(tables, table.name, hinted, "field", '{table} has no field "{field}"', "{hint}")


def tables_meant(profile: Profile, name: str, column: str) -> set[str]:
    """The tables whose rows a claim or figure can be about, or a claim can name besides; empty: any, the case too."""
    links = {table.name for table in profile.case_tables.values() if table.kind == "link"}
    return {("claims", "object_id"): NAMED, ("figures", "record_id"): FIGURED | links}.get((name, column), set())


def _wrong_kind(tables: Tables, name: str, column: str, frame: pd.DataFrame) -> Iterator[Finding]:
    """Objects and records of figures that are rows of a table which is not meant."""
    allowed = tables_meant(tables.profile, name, column)
    if allowed:
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
        claims[asserts & claims["source_use"].ne("coded") & claims["source_use"].notna()],
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
            problems = rows["value"].map({value: _problem(value, field, tables) for value in set(rows["value"])})
            wrong = where(rows.assign(problem=problems), problems)
            codes = tables.profile.vocabularies[field.vocabulary] if field.vocabulary else []
            hints = [
                f" · {did_you_mean(value, codes)}" if hinted and codes else ""
                for value, hinted in zip(wrong["value"], first(wrong), strict=True)
            ]
            wrong = wrong.assign(problem=wrong["problem"] + hints) if hints else wrong
            yield from at(tables, table.name, wrong, "value", 'value "{value}" of {field}: {problem}')


def _problem(value: str, field: Field, tables: Tables) -> str:
    if field.vocabulary:
        codes = tables.profile.vocabularies[field.vocabulary]
        return "" if value in codes else f"no code of {field.vocabulary}"
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


# dates, times and years, and what a number only names: an act, an article, a page
PLAIN = re.compile(
    r"\b\d{1,2} (?:January|February|March|April|May|June|July|August|September|October|November|December)(?: \d{4})?"
    r"|\b(?:1\d|20|21)\d{2}(?:[–/-]\d{1,4})?s?\b|\b\d{1,2}:\d{2}\b|\bCOVID-19\b"
    r"|\b(?:Order|Decree|Decree-Law|Law|Act|Instruction|Colony|docket|page|article|section)s?(?: No\.)? \d[\w/()-]*"
    r"(?: and \d[\w/()-]*)*|\bNo\. ?\d[\w/()-]*",
    re.IGNORECASE,
)
NUMBER = re.compile(r"\d")
EXPECTED_FORM = {  # of a stance beside the coded value; qualifies and adds ask for nothing
    "contradicts": "nothing in common with it",
    "refines": "something in common with it, and not the same",
    "confirms": "the same",
}


@rule
def rival_value_fits_its_stance(tables: Tables) -> Iterator[Finding]:
    """A contradicting value differs from the coded one, a confirming one equals it, a refining one overlaps it."""
    claims = tables["claims"]
    claims = claims[rivals(tables) & claims["field"].ne(RECORD) & claims["stance"].isin(EXPECTED_FORM)]
    claims = claims.dropna(subset=["value", "field", "record_id"])
    claims = claims.assign(table=claims["record_id"].map(tables.table_of))
    for (owner, name), rows in claims.groupby(["table", "field"]):
        table = tables.profile.tables[str(owner)]
        if name not in table.fields:
            continue
        cells = tables[table.name].drop_duplicates(table.key).set_index(table.key)[str(name)]
        coded = rows["record_id"].map(cells)
        beside = [", which adds to an empty cell" if pd.isna(cell) else f' beside the coded "{cell}"' for cell in coded]
        reported = rows.assign(coded=coded, beside=beside, expected=rows["stance"].map(EXPECTED_FORM))
        misfit = (
            not _fits(stance, coded, value, is_date=table.fields[str(name)].edtf)
            for stance, coded, value in zip(reported["stance"], reported["coded"], reported["value"], strict=True)
        )
        yield from at(
            tables,
            "claims",
            where(reported, misfit),
            "value",
            'stance is "{stance}", and value "{value}"{beside}; expected {expected}',
            "another stance, or another value",
        )


def _fits(stance: str, coded: Any, value: str, *, is_date: bool) -> bool:
    if pd.isna(coded):
        return False  # where the coded cell is empty, a source adds
    if is_date:
        try:
            one, other = bounds(str(coded)), bounds(value)
        except DateError:
            return True  # reported by the rules on dates
        if stance == "contradicts":
            return not _overlap(one, other)
        return one == other if stance == "confirms" else _overlap(one, other) and str(coded) != value
    return (coded == value) == (stance == "confirms")


def _overlap(one: Bounds, other: Bounds) -> bool:
    if one.latest and other.earliest and other.earliest > one.latest:
        return False
    return not (other.latest and one.earliest and one.earliest > other.latest)


@rule
def confirmation_is_not_after_its_source(tables: Tables) -> Iterator[Finding]:
    """A source confirms what the coded source says of its own time; what came later adds to it."""
    published = last_published(tables)
    claims = tables["claims"]
    claims = claims[claims["stance"].eq("confirms")]
    claims = claims.assign(published=[published.get(case_id, NEVER) for case_id in claims["case_id"].to_numpy()])
    for column in ("start", "as_of"):
        days = zip(claims[f"{column}_earliest"].to_numpy(), claims["published"].to_numpy(), strict=True)
        yield from at(
            tables,
            "claims",
            where(claims, [isinstance(day, str) and day > last for day, last in days]),
            column,
            f"{column} is {{{column}}}, and the coded source is of {{published}} at the latest, so it confirms nothing",
            "the stance is adds",
        )


@warning
def number_is_no_prose(tables: Tables) -> Iterator[Finding]:
    """A number that a claim states in words is a figure, unless its note says [no measure]."""
    claims = tables["claims"]
    numbered = [
        isinstance(text, str) and bool(NUMBER.search(PLAIN.sub(" ", text))) for text in claims["statement"].to_numpy()
    ]
    yield from at(
        tables,
        "claims",
        where(claims, pd.Series(numbered, claims.index, dtype=bool) & ~noted(claims, "no measure")),
        "statement",
        "{claim_id} has a number in its statement",
        "move it to figures, with its unit and date; dates and numbers of acts may stay",
    )


@warning
def shared_author_is_one_group(tables: Tables) -> Iterator[Finding]:
    """Sources of one case that name an author of the same family name are of one independence group."""
    sources = tables["sources"].dropna(subset=["case_id", "authors", "independence_group"])
    first: dict[tuple[str, str], str] = {}
    others = []
    for case_id, authors, group in zip(
        sources["case_id"], sources["authors"], sources["independence_group"], strict=True
    ):
        names = {name.split(",")[0].strip().casefold() for name in authors.split(";")}
        known = [first.setdefault((case_id, name), group) for name in sorted(names)]
        others.append(next((other for other in known if other != group), ""))
    yield from at(
        tables,
        "sources",
        where(sources.assign(first=others), others),
        "independence_group",
        "{source_id} shares an author with a source of group {first}, and is of group {independence_group}",
        "give both one group, unless two people have that name",
    )
