"""Rules on what other sources say: that it fits its stance, and whose word it is."""

from collections.abc import Iterator

import pandas as pd

from policycase.checks.rules.base import at, rule, warning, where
from policycase.coverage import RECORD, rivals
from policycase.dates import Bounds, bounds
from policycase.errors import DateError
from policycase.findings import Finding
from policycase.tables import Tables

EXPECTED = {
    "contradicts": "nothing in common with it",
    "refines": "something in common with it, and not the same",
    "confirms": "the same",
}


@rule
def rival_value_fits_its_stance(tables: Tables) -> Iterator[Finding]:
    """A contradicting value differs from the coded one, a confirming one equals it, a refining one overlaps it."""
    claims = tables["claims"]
    claims = claims[rivals(tables) & claims["field"].ne(RECORD) & claims["stance"].isin(EXPECTED)]
    claims = claims.dropna(subset=["value", "field", "record_id"])
    claims = claims.assign(table=claims["record_id"].map(tables.table_of))
    for (owner, name), rows in claims.groupby(["table", "field"]):
        table = tables.profile.tables[str(owner)]
        if name not in table.fields:
            continue
        cells = tables[table.name].drop_duplicates(table.key).set_index(table.key)[str(name)]
        told = rows.assign(coded=rows["record_id"].map(cells), expected=rows["stance"].map(EXPECTED))
        misfit = (
            not _fits(stance, coded, value, is_date=table.fields[str(name)].edtf)
            for stance, coded, value in zip(told["stance"], told["coded"], told["value"], strict=True)
        )
        yield from at(
            tables,
            "claims",
            where(told, misfit),
            "value",
            'stance is "{stance}", and value "{value}" beside the coded "{coded}"; expected {expected}',
            "another stance, or another value",
        )


def _fits(stance: str, coded: object, value: str, *, is_date: bool) -> bool:
    if pd.isna(coded):
        return False  # where the coded cell is empty, a source adds
    if is_date:
        try:
            one, other = bounds(str(coded)), bounds(value)
        except DateError:
            return True  # told by the rules on dates
        if stance == "contradicts":
            return not _overlap(one, other)
        return one == other if stance == "confirms" else _overlap(one, other) and str(coded) != value
    return (coded == value) == (stance == "confirms")


def _overlap(one: Bounds, other: Bounds) -> bool:
    if one.latest and other.earliest and other.earliest > one.latest:
        return False
    return not (other.latest and one.earliest and one.earliest > other.latest)


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
