"""The rules over many packages at once, each finding given back to its package.

Rules cost the same for one package and for a hundred, so packages go through them together, keyed by the prefix of
their paths. A package whose ids could be taken for another's, or which lacks ids, goes through them alone.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from policycase.bulk import read_many
from policycase.checks import rules
from policycase.descriptor import Package
from policycase.findings import Finding
from policycase.profiles import Table
from policycase.tables import Tables, files_of

POINTERS = {"record_id", "object_id"}  # columns that name records of any table


def run(packages: Mapping[str, Package]) -> dict[str, list[Finding]]:
    """What the rules find in each package, by the key that it was given under; paths are those of the package."""
    keys = list(packages)
    found: dict[str, list[Finding]] = {key: [] for key in keys}
    tables = read_many(_numbered(packages))
    apart = {keys[number] for number in entangled(tables)} if len(keys) > 1 else set()
    for key in apart:
        found |= run({key: packages[key]})
    if apart:
        keys = [key for key in keys if key not in apart]
        tables = read_many(_numbered({key: packages[key] for key in keys})) if keys else None
    for finding in rules.run(tables) if tables else ():
        number, _, path = finding.path.partition("/")
        found[keys[int(number)]].append(replace(finding, path=path))
    return found


def _numbered(packages: Mapping[str, Package]) -> dict[str, Package]:
    return {f"{number}/": package for number, package in enumerate(packages.values())}


def entangled(tables: Tables) -> set[int]:
    """Numbers of packages that rules could mix up with others: an id is missing, or of a case not theirs alone."""
    cases = tables["cases"]
    owners = pd.DataFrame({"case_id": cases["case_id"].to_numpy(), "owner": files_of(cases.index)}).drop_duplicates()
    shared = owners[owners["case_id"].duplicated(keep=False)]
    alone = owners.drop(shared.index).dropna().set_index("case_id")["owner"].to_dict()
    mixed = set(shared["owner"])
    for table in tables.profile.case_tables.values():
        frame = tables[table.name]
        owner = files_of(frame.index)
        for column in _id_columns(table):
            numbers, ids = pd.factorize(frame[column].to_numpy())
            owned = np.array([alone.get(text.split(":", 1)[0], -1) for text in ids] + [-1])[numbers]
            strange = (numbers >= 0) & (owned != owner)
            if column == "case_id" or column in table.primary_key:
                strange |= numbers < 0
            mixed |= set(owner[strange].tolist())
    return mixed


def _id_columns(table: Table) -> set[str]:
    linked = {column for link in table.foreign_keys for column in link.fields}
    key = {table.key} if table.key else set()
    return {"case_id"} | linked | key | (POINTERS & table.fields.keys())
