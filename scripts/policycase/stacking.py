"""Stacking: several cases as one casebook, without changing a cell or an id."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from policycase import gathering
from policycase.casebook import Casebook, load
from policycase.checks.soundness import refuse_odd_descriptor
from policycase.errors import InvalidPackageError, StackError
from policycase.merging import merged
from policycase.paths import DESCRIPTOR
from policycase.profiles import Profile, Table

Frames = Mapping[str, pd.DataFrame]


def stack(cases: Iterable[Casebook | str | Path]) -> Casebook:
    """Several cases as one casebook, sorted by case_id.

    Parameters
    ----------
    cases
        Casebooks, or paths of packages; each may itself be a stack. The same case given twice counts once.

    Raises
    ------
    StackError
        No case is given; two cases have one case_id and other content; or a case has another profile.
        The message names the table, the row and the field that differ.
    InvalidPackageError
        A descriptor is not valid, so that none can be made for the stack.
    UnreadableError
        A path cannot be read.

    Notes
    -----
    Stacking is concatenation: ids carry their case's prefix, so none is rewritten. The result does not
    depend on the order of the cases. The descriptor is made by the rule of `policycase.merging.merged`.
    """
    if isinstance(cases, str | Path | Casebook):
        msg = "stack takes a list of cases · write stack([one, other])"
        raise StackError(msg)
    given = list(cases)
    together = gathering.gather(given)
    if together:
        return together
    books = [case if isinstance(case, Casebook) else load(case) for case in given]
    if not books:
        msg = "no case to stack · give one or more"
        raise StackError(msg)
    profile = books[0].profile
    chosen: dict[str, Frames] = {}
    for book in books:
        _refuse_other_profile(profile, book.profile)
        for case_id, frames in unstack(book).items():
            if case_id in chosen:
                _refuse_other_content(profile, case_id, chosen[case_id], frames)
            chosen[case_id] = frames
    if not chosen:
        msg = "no case is in what was given: every table `cases` is empty"
        raise StackError(msg)
    ordered = [chosen[case_id] for case_id in sorted(chosen)]
    frames = {
        name: pd.concat([part[name] for part in ordered], ignore_index=True)
        if name in profile.case_tables
        else books[0][name]
        for name in profile.tables
    }
    return Casebook(frames, profile, _descriptor(books, sorted(chosen)))


def unstack(casebook: Casebook) -> dict[str, Frames]:
    """The case tables of each case, by case_id, each with a RangeIndex."""
    names = casebook.profile.case_tables
    if len(casebook.case_ids) == 1:
        return {casebook.case_ids[0]: {name: casebook[name] for name in names}}
    groups = {name: dict(list(casebook[name].groupby("case_id"))) for name in names}
    empty = {name: casebook[name].iloc[:0] for name in names}
    return {
        case_id: {name: groups[name].get(case_id, empty[name]).reset_index(drop=True) for name in names}
        for case_id in casebook.case_ids
    }


def _refuse_other_profile(ours: Profile, theirs: Profile) -> None:
    if ours.files == theirs.files:
        return
    if ours.version.split(".")[0] != theirs.version.split(".")[0]:
        msg = f"profile {theirs.version} does not stack on profile {ours.version} · code both under one version"
        raise StackError(msg)
    for name in sorted(ours.files.keys() | theirs.files.keys()):
        if ours.files.get(name) != theirs.files.get(name):
            fields = _changed_fields(ours, theirs, name)
            msg = f"{name} differs between the cases{fields} · give both the schemas of one profile version"
            raise StackError(msg)


def _changed_fields(ours: Profile, theirs: Profile, path: str) -> str:
    tables = [table for table in ours.tables if path.endswith(f"/{table}.schema.json")]
    if not tables or tables[0] not in theirs.tables:
        return ""
    one, other = ours.tables[tables[0]].fields, theirs.tables[tables[0]].fields
    changed = [name for name in one | other if one.get(name) != other.get(name)]
    return f", in {', '.join(changed)}" if changed else ""


def _refuse_other_content(profile: Profile, case_id: str, ours: Frames, theirs: Frames) -> None:
    for name, table in profile.case_tables.items():
        if not ours[name].equals(theirs[name]):
            msg = f"{case_id} is given twice with other content: {_difference(table, ours[name], theirs[name])}"
            raise StackError(f"{msg} · leave one of them out")


def _difference(table: Table, ours: pd.DataFrame, theirs: pd.DataFrame) -> str:
    """The first row and field in which two versions of a table differ."""
    key = list(table.primary_key)
    one, other = ours.set_index(key), theirs.set_index(key)
    lone = one.index.symmetric_difference(other.index)
    if len(lone):
        return f"{table.name} has the row {lone[0]} in one of them only"
    other = other.loc[one.index]
    for column in one:
        differs = ~(one[column].eq(other[column]) | (one[column].isna() & other[column].isna())).fillna(value=False)
        if differs.any():
            row = one.index[differs.to_numpy().argmax()]
            return f"{table.name} {row}: {column} is {one.loc[row, column]} and {other.loc[row, column]}"
    return f"the rows of {table.name} stand in another order"


def _descriptor(books: list[Casebook], case_ids: list[str]) -> dict[str, Any]:
    """A book's own descriptor where it holds the one case; else one that depends on the cases alone."""
    if len(case_ids) == 1:
        return next(book.descriptor for book in books if book.case_ids == case_ids)
    try:
        return merged([book.descriptor for book in books], case_ids)
    except (AttributeError, KeyError, TypeError, ValueError) as error:  # so a thousand good ones need no check
        for book in books:
            refuse_odd_descriptor(book.descriptor)
        msg = f"a {DESCRIPTOR} cannot be merged: {error!r} · policycase validate names what is wrong in each"
        raise InvalidPackageError(msg) from error
