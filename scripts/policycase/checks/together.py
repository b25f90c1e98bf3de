"""The rules over many packages at once, each finding given back to its package.

Rules cost the same for one package and for a hundred, so packages go through them together, each row keyed by the
number of its file. A package whose ids could be taken for another's, or which lacks ids, goes through them alone.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from policycase.checks import rules
from policycase.findings import Finding
from policycase.profiles import Table
from policycase.tables import Tables, files_of

POINTERS = {"record_id", "object_id"}  # columns that name records of any table


def run(tables: Tables) -> dict[int, list[Finding]]:
    """What the rules find in each package, by its number among the files of `tables`; paths are those of the package.

    Parameters
    ----------
    tables
        Read with the number of each package, and a slash, before its paths.
    """
    count = len(tables.paths["cases"])
    apart = entangled(tables) if count > 1 else set()
    found: dict[int, list[Finding]] = {number: [] for number in range(count)}
    parts = [tables.of({number}) for number in sorted(apart)]
    if len(apart) < count:
        parts.append(tables.of(found.keys() - apart) if apart else tables)
    for part in parts:
        for finding in rules.run(part):
            number, _, path = finding.path.partition("/")
            found[int(number)].append(replace(finding, path=path))
    return found


def entangled(tables: Tables) -> set[int]:
    """Numbers of packages that rules could mix up with others: an id is missing, or of a case not theirs alone."""
    cases = tables["cases"]
    owners = pd.DataFrame({"case_id": cases["case_id"].to_numpy(), "owner": files_of(cases.index)}).drop_duplicates()
    shared = owners[owners["case_id"].duplicated(keep=False)]
    alone = owners.drop(shared.index).dropna().set_index("case_id")["owner"].to_dict()
    mixed = set(shared["owner"])
    for table in tables.profile.case_tables.values():
        owner = files_of(tables[table.name].index)
        for column in _id_columns(table):
            ids = tables.distinct(table.name, column)
            owned = np.array([*(alone.get(text.split(":", 1)[0], -1) for text in ids.texts), -1])[ids.numbers]
            strange = (ids.numbers >= 0) & (owned != owner)
            if column == "case_id" or column in table.primary_key:
                strange |= ids.numbers < 0
            mixed |= set(owner[strange].tolist())
    return mixed


def _id_columns(table: Table) -> set[str]:
    linked = {column for link in table.foreign_keys for column in link.fields}
    key = {table.key} if table.key else set()
    return {"case_id"} | linked | key | (POINTERS & table.fields.keys())
