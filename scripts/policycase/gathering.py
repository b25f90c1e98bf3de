"""Gathering: many packages of one case each as one casebook, read table by table instead of case by case."""

import os
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from policycase.bulk import read_many
from policycase.casebook import Casebook
from policycase.checks.soundness import refuse_other_profile
from policycase.descriptor import Package
from policycase.downloading import pinned
from policycase.errors import UnreadableError
from policycase.loading import typed
from policycase.merging import merged
from policycase.paths import opened
from policycase.tables import files_of


def gather(cases: Sequence[Casebook | str | Path]) -> Casebook | None:
    """What `stack` gives, where it is plain: paths of two or more packages, one case each, all ids and profiles clear.

    Returns
    -------
    Casebook or None
        None where anything else is given; then cases have to be compared one by one, or an error told.

    Raises
    ------
    UnreadableError
        A path cannot be read, or a cell is not of its column's type.
    """
    if len(cases) < 2 or not all(isinstance(case, str | Path) for case in cases):  # noqa: PLR2004 - one is no stack
        return None
    with ExitStack() as stack:
        packages = [Package.read(stack.enter_context(opened(pinned(case, None)))) for case in cases]
        profile = packages[0].profile
        if any(package.profile is not profile and package.profile != profile for package in packages):
            return None
        try:
            refuse_other_profile(profile)
            ids = _case_ids(packages)
        except UnreadableError:
            return None  # reading one by one tells which
        if ids is None:
            return None
        order = sorted(range(len(ids)), key=ids.__getitem__)
        tables = read_many({f"{_spelled(cases[place])}/": packages[place] for place in order}, to_keep=True)
        frames = {name: typed(tables, name) for name in profile.tables}
    try:
        descriptor = merged([package.descriptor for package in packages], sorted(ids))
    except (AttributeError, KeyError, TypeError, ValueError):
        return None  # merging one by one tells which
    return Casebook(frames, profile, descriptor)


def _spelled(case: str | Path) -> str:
    """A path as text that any file can hold, whatever bytes its name has."""
    return os.fsencode(case).decode("utf-8", "backslashreplace")


def _case_ids(packages: Sequence[Package]) -> list[str] | None:
    """The case of each package; None where one has no case or several, or a case stands in two."""
    cases = read_many({f"{number}/": package for number, package in enumerate(packages)}, ["cases"])["cases"]
    ids = cases["case_id"]
    own = len(set(files_of(cases.index))) == len(packages) == len(cases) == ids.nunique()
    return ids.tolist() if own else None
