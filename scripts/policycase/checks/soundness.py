"""What reading takes for granted and validation reports, asked again before a citation, an export or a report is made.

`load` takes a package that is not valid, so that its faults can be looked at. What would break on one says so here.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NoReturn

import pandas as pd

from policycase.errors import InvalidPackageError, UnreadableError
from policycase.paths import DESCRIPTOR
from policycase.profiles import Profile, schema_path, shipped_profile

TEXTS = ("$schema", "profile", "name", "title", "version", "created")
LISTS = {"licenses": "name", "contributors": "title"}
HINT = "mend the package; policycase validate names all that is wrong"


def refuse_other_profile(profile: Profile) -> None:
    """Nothing, if a profile has the tables and columns that are read here, alike but for their words; it may have more.

    Raises
    ------
    UnreadableError
        It lacks one, or has another under its name; the message names the first.
    """
    ours = shipped_profile()
    for name, table in ours.tables.items() if profile.files != ours.files else ():
        theirs = profile.tables.get(name)
        shape = (table.kind, table.primary_key, table.foreign_keys)
        if theirs is None or (theirs.kind, theirs.primary_key, theirs.foreign_keys) != shape:
            _refuse_schema(name, "the table")
        for field in table.fields.values():
            other = theirs.fields.get(field.name)
            if other is None or replace(other, title=field.title, description=field.description) != field:
                _refuse_schema(name, f"the column {field.name}")


def _refuse_schema(table: str, what: str) -> NoReturn:
    msg = f"{schema_path(table)}: {what} is not there, or is another than policycase reads · run: policycase validate"
    raise UnreadableError(msg)


def refuse_odd_descriptor(descriptor: Mapping[str, Any]) -> None:
    """Nothing, if a descriptor has the texts and lists that are read from it.

    Raises
    ------
    InvalidPackageError
        It has not; the message names the first.
    """
    for name in TEXTS:
        if not isinstance(descriptor.get(name), str):
            _refuse(f"{DESCRIPTOR}: {name} is no text")
    for name, key in LISTS.items():
        entries = descriptor.get(name)
        if not isinstance(entries, list) or not all(_has_text(entry, key) for entry in entries):
            _refuse(f"{DESCRIPTOR}: {name} is no list of entries, each with a {key}")


def _has_text(entry: object, key: str) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get(key), str)


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
        refuse_repeats(frame, name, key)
        for link in table.foreign_keys:
            if len(link.fields) == 1:
                pointers = frame[link.fields[0]].dropna().astype("str")
                lost = pointers[~pointers.isin(frames[link.table][link.to[0]].astype("str"))]
                if len(lost):
                    _refuse(f"{name}: {link.fields[0]} {lost.iloc[0]} is in no row of {link.table}")


def refuse_repeats(frame: pd.DataFrame, name: str, key: list[str]) -> None:
    """Nothing, if no two rows of a table have one key.

    Raises
    ------
    InvalidPackageError
        Two have; the message names the key.
    """
    twice = frame.loc[frame.duplicated(key), key]
    if len(twice):
        _refuse(f"{name}: {', '.join(map(str, twice.iloc[0]))} stands twice")


def _refuse(problem: str) -> NoReturn:
    raise InvalidPackageError(f"{problem} · {HINT}")
