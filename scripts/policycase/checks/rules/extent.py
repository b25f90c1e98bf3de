"""Rules on scope: an empty table says whether there is nothing, or nobody looked."""

from collections.abc import Iterator

import pandas as pd

from policycase.checks.rules.base import at, pairs, rule
from policycase.errors import did_you_mean
from policycase.findings import Finding
from policycase.tables import Tables

EMPTY = {"none", "not-coded"}


def _coded(tables: Tables) -> dict[str, set[str]]:
    """The cases that have rows, by each table that can be empty."""
    return {
        table.name: set(tables.distinct(table.name, "case_id").texts)
        for table in tables.profile.case_tables.values()
        if table.kind != "register"
    }


@rule
def empty_table_is_accounted_for(tables: Tables) -> Iterator[Finding]:
    """Where a case has no row of a table, its scope says whether the sources have nothing or nobody coded it."""
    cases = tables["cases"].dropna(subset=["case_id"])
    said = set(pairs(tables["scope"].dropna(subset=["case_id", "table_name"]), "table_name"))
    coded = _coded(tables)
    bare = [
        [name for name, having in coded.items() if case not in having and f"{case} {name}" not in said]
        for case in cases["case_id"]
    ]
    listed = cases.assign(bare=[", ".join(names) for names in bare])
    yield from at(
        tables,
        "cases",
        listed[listed["bare"].ne("")],
        "case_id",
        "{case_id} has no row in {bare}, and scope does not say why",
        "code it, or add to scope.csv: {case_id},<table>,none, or {case_id},<table>,not-coded,",
    )


@rule
def scope_fits_its_table(tables: Tables) -> Iterator[Finding]:
    """A row of scope names a table of the case: `none` and `not-coded` an empty one, the others one with rows."""
    table, coded = tables.profile.tables["scope"], _coded(tables)
    scope = tables["scope"].dropna(subset=["case_id", "table_name", "extent"])
    known = scope["table_name"].isin(coded)
    hints = [did_you_mean(name, coded) for name in scope.loc[~known, "table_name"]]
    yield from at(
        tables,
        table.name,
        scope[~known].assign(hint=hints),
        "table_name",
        'no table "{table_name}" can be empty',
        "{hint}",
    )
    rest = scope[known]
    filled = [case in coded[name] for case, name in zip(rest["case_id"], rest["table_name"], strict=True)]
    wrong = rest[pd.Series(filled, index=rest.index, dtype=bool) == rest["extent"].isin(EMPTY)]
    found = ["rows" if extent in EMPTY else "no row" for extent in wrong["extent"]]
    yield from at(
        tables,
        table.name,
        wrong.assign(found=found),
        "extent",
        "extent is {extent}; {case_id} has {found} in {table_name}",
        "say complete or partial of a table with rows, none or not-coded of an empty one",
    )
