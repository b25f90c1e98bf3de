"""What reading takes for granted and validation reports, asked again before a citation, an export or a report is made.

`load` takes a package that is not valid, so that its faults can be looked at. What would break on one says so here.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, NoReturn

import pandas as pd
from jsonschema import Draft202012Validator

from policycase.checks.jsons import duplicate_free, problems
from policycase.errors import InvalidPackageError
from policycase.paths import DESCRIPTOR, shipped_root
from policycase.profiles import PROFILE, Profile

HINT = "mend the package; policycase validate names all that is wrong"


def refuse_odd_descriptor(descriptor: Mapping[str, Any]) -> None:
    """Nothing, if a descriptor says what the profile asks of it.

    Raises
    ------
    InvalidPackageError
        It does not; the message names the first property.
    """
    for finding in problems(_validator(), descriptor, DESCRIPTOR, "descriptor-follows-profile"):
        _refuse(f"{DESCRIPTOR}: {finding.message}")


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(duplicate_free((shipped_root() / PROFILE).read_bytes()))


def refuse_odd_rows(frames: Mapping[str, pd.DataFrame], profile: Profile) -> None:
    """Nothing, if every row can be named and is of a case, and none is named twice.

    Raises
    ------
    InvalidPackageError
        A required cell is empty, a key stands twice, or a foreign key points nowhere.
    """
    for name, table in profile.case_tables.items():
        frame, key = frames[name], list(table.primary_key)
        for field in table.fields.values():
            if field.required and frame[field.name].isna().any():
                _refuse(f"{name}: {field.name} is empty in a row; it is required")
        twice = frame.loc[frame.duplicated(key), key]
        if len(twice):
            _refuse(f"{name}: {', '.join(map(str, twice.iloc[0]))} stands twice")
        for link in table.foreign_keys:
            if len(link.fields) == 1:
                pointers = frame[link.fields[0]].dropna().astype("str")
                lost = pointers[~pointers.isin(frames[link.table][link.to[0]].astype("str"))]
                if len(lost):
                    _refuse(f"{name}: {link.fields[0]} {lost.iloc[0]} is in no row of {link.table}")


def _refuse(problem: str) -> NoReturn:
    raise InvalidPackageError(f"{problem} · {HINT}")
