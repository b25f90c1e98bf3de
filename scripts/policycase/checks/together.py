"""The rules over many packages at once, each finding given back to its package.

Rules cost the same for one package and for a hundred, so packages go through them together, keyed by the prefix of
their paths. A package whose ids could be taken for another's, or which lacks ids, goes through them alone.
"""

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from policycase.bulk import read_many
from policycase.checks import rules
from policycase.descriptor import Package
from policycase.findings import Finding
from policycase.profiles import Table
from policycase.tables import Tables

POINTERS = {"record_id", "object_id"}  # columns that name records of any table


def run(packages: Mapping[str, Package]) -> dict[str, list[Finding]]:
    """What the rules find in each package, by the key that it was given under; paths are those of the package."""
    found: dict[str, list[Finding]] = {key: [] for key in packages}
    keys = list(packages)
    prefixes = {f"{number}/": package for number, package in enumerate(packages.values())}
    tables = read_many(prefixes)
    apart = entangled(tables) if len(packages) > 1 else set()
    for prefix in apart:
        key = keys[int(prefix.removesuffix("/"))]
        found[key] = run({key: packages[key]})[key]
    if apart:
        tables = read_many({prefix: package for prefix, package in prefixes.items() if prefix not in apart})
    for finding in rules.run(tables) if len(apart) < len(packages) else ():
        number, _, path = finding.path.partition("/")
        found[keys[int(number)]].append(replace(finding, path=path))
    return found


def entangled(tables: Tables) -> set[str]:
    """Prefixes of packages that rules could mix up with others: an id is missing, or of a case not theirs alone."""
    cases = tables["cases"]
    owners = pd.DataFrame({"case_id": cases["case_id"].to_numpy(), "owner": _owner(cases)}).drop_duplicates()
    shared = owners[owners["case_id"].duplicated(keep=False)]
    alone = owners.drop(shared.index).dropna().set_index("case_id")["owner"].to_dict()
    mixed = set(shared["owner"])
    for table in tables.profile.case_tables.values():
        frame = tables[table.name]
        owner = pd.Series(_owner(frame), frame.index)
        for column in _id_columns(table):
            ids = frame[column]
            owned = {text: alone.get(text.split(":", 1)[0], "") for text in ids.dropna().unique()}
            strange = ids.notna() & ids.map(owned).astype(object).ne(owner.astype(object))
            if column == "case_id" or column in table.primary_key:
                strange |= ids.isna()
            mixed |= set(owner[strange])
    return mixed


def _owner(frame: pd.DataFrame) -> pd.Index:
    """The prefix of the package that each row is of."""
    paths = frame.index.levels[0].str.split("/", n=1).str[0] + "/"
    return paths.take(frame.index.codes[0])


def _id_columns(table: Table) -> set[str]:
    linked = {column for link in table.foreign_keys for column in link.fields}
    key = {table.key} if table.key else set()
    return {"case_id"} | linked | key | (POINTERS & table.fields.keys())
