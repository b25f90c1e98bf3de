"""Several cases as one casebook, and back; tables are concatenated, descriptors and licences merged."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from policycase.errors import InvalidPackageError, StackError, UnreadableError
from policycase.model import licences
from policycase.model.casebook import Casebook, load
from policycase.model.columns import refuse_wrong_cells
from policycase.model.package import Descriptor, Package, address, refuse_invalid_descriptor
from policycase.model.profile import Profile, Table, refuse_other_profile
from policycase.model.tables import Tables, files_of, read_many
from policycase.storage.downloads import pinned
from policycase.storage.locations import DESCRIPTOR, opened


def merged(parts: Sequence[Descriptor], of: Sequence[list[str]]) -> Descriptor:
    """The descriptor of a stack; it depends on the cases, not on their order or on how they were grouped.

    Parameters
    ----------
    parts
        Descriptors of packages under one profile.
    of
        The cases in each.

    Notes
    -----
    =======================================  ===========================================================

    `$schema`, `profile`, `policycase`,      the same in all, by the profile
    `resources`
    `name`, `title`, `description`           say how many cases, and which; where licences differ, the description says
                                             what they ask together, and whether they fit together
    `version`, `created`                     the highest, the latest
    `keywords`                               all, sorted
    `licenses`                               all, most restrictive first, each with its `cases`
    `contributors`, `sources`                all; two entries are one if they share a DOI or web address, or,
                                             where they have none, the title
    `id`, `homepage`, others                 left out: they are of one package
    =======================================  ==================================================================
    """
    case_ids = sorted({case_id for ids in of for case_id in ids})
    licensed = [
        {"licenses": [{**entry, "cases": entry.get("cases", ids)} for entry in part.get("licenses", [])]}
        for part, ids in zip(parts, of, strict=True)
    ]
    entries = {entry["name"]: entry for entry in united(licensed, "licenses", "name")}
    names = licences.by_restriction(entries)
    count = len(case_ids)
    text = f"Policy cases as data, stacked: {', '.join(case_ids)}. Each case keeps its ids and sources."
    if len(names) > 1:
        text += f" {licences.together(names)}"
    return {
        "$schema": parts[0]["$schema"],
        "profile": parts[0]["profile"],
        "name": f"stack-of-{count}-cases",
        "title": f"Stack of {count} policy cases",
        "description": text,
        "version": max((part["version"] for part in parts), key=lambda version: [int(n) for n in version.split(".")]),
        "created": max(part["created"] for part in parts),
        "keywords": sorted({word for part in parts for word in part.get("keywords", [])}),
        "licenses": [entries[name] for name in names],
        "contributors": united(parts, "contributors", "title"),
        "sources": united(parts, "sources", "title"),
        "policycase": parts[0]["policycase"],
        "resources": parts[0]["resources"],
    }


def united(parts: Iterable[Descriptor], key: str, name: str) -> list[Descriptor]:
    """The entries of one property of all parts, each once, sorted by name."""
    groups: dict[str, list[Descriptor]] = {}
    for part in parts:
        for entry in part.get(key, []):
            known = address(entry.get("path", "")) if key != "licenses" else ""
            groups.setdefault(known or entry[name], []).append(entry)
    return sorted((_one(entries) for entries in groups.values()), key=lambda entry: (entry[name], str(entry)))


def _one(entries: list[Descriptor]) -> Descriptor:
    """One entry for several of the same: lists joined, else the first value by the alphabet, whatever the order."""
    found = {}
    for key in dict.fromkeys(key for entry in entries for key in entry):
        values = [entry[key] for entry in entries if key in entry]
        lists = isinstance(values[0], list)
        found[key] = sorted({item for value in values for item in value}) if lists else min(values)
    return found


def gather(cases: Sequence[Casebook | str | Path]) -> Casebook | None:
    """What `stack` gives, where it is plain: paths of two or more packages, one case each, all ids and profiles clear.

    Returns
    -------
    Casebook or None
        None where anything else is given; then cases have to be compared one by one, or an error reported.

    Raises
    ------
    UnreadableError
        A path cannot be read, or a cell is not of its column's type.
    """
    paths = [case for case in cases if isinstance(case, str | Path)]
    if len(paths) < 2 or len(paths) < len(cases):  # noqa: PLR2004 - one is not a stack
        return None
    with ExitStack() as stack:
        packages = [Package.read(stack.enter_context(opened(pinned(path, None)))) for path in paths]
        profile = packages[0].profile
        if any(package.profile is not profile and package.profile != profile for package in packages):
            return None
        try:
            refuse_other_profile(profile)
            ids = _case_ids(packages)
        except UnreadableError:
            return None  # reading one by one shows which
        if ids is None:
            return None
        order = sorted(range(len(ids)), key=ids.__getitem__)
        tables = read_many({f"{_spelled(paths[place])}/": packages[place] for place in order}, to_keep=True)
        refuse_wrong_cells(tables)
    try:
        descriptor = merged([package.descriptor for package in packages], [[case_id] for case_id in ids])
    except (AttributeError, KeyError, TypeError, ValueError):
        return None  # merging one by one shows which
    return Casebook(tables, descriptor)


def _spelled(case: str | Path) -> str:
    """A path as text that any file can hold, whatever bytes its name has."""
    return os.fsencode(case).decode("utf-8", "backslashreplace")


def _case_ids(packages: Sequence[Package]) -> list[str] | None:
    """The case of each package; None where one has no case or several, or a case appears in two packages."""
    cases = read_many({f"{number}/": package for number, package in enumerate(packages)}, ["cases"])["cases"]
    ids = cases["case_id"]
    own = len(set(files_of(cases.index))) == len(packages) == len(cases) == ids.nunique()
    return ids.tolist() if own else None


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
    depend on the order of the cases. The descriptor is made by the rule of `policycase.model.stack.merged`.
    """
    if isinstance(cases, str | Path | Casebook):
        msg = "stack takes a list of cases · write stack([one, other])"
        raise StackError(msg)
    given = list(cases)
    together = gather(given)
    if together:
        return together
    books = [case if isinstance(case, Casebook) else load(case) for case in given]
    if not books:
        msg = "no case to stack · give one or more"
        raise StackError(msg)
    profile = books[0].profile
    for book in books:
        _refuse_other_profile(profile, book.profile)
    case_ids = [case_id for book in books for case_id in book.case_ids]
    if case_ids and len(set(case_ids)) == len(case_ids):
        return Casebook(Tables(_together(books, sorted(case_ids)), profile, {}), _descriptor(books, sorted(case_ids)))
    chosen: dict[str, Tables] = {}
    for book in books:
        for case_id, tables in _parts(book).items():
            if case_id in chosen:
                _refuse_other_content(profile, case_id, chosen[case_id], tables)
            chosen[case_id] = tables
    if not chosen:
        msg = "no case is in what was given: every table `cases` is empty"
        raise StackError(msg)
    ordered = [chosen[case_id] for case_id in sorted(chosen)]
    frames = {
        name: pd.concat([part[name] for part in ordered], ignore_index=True)
        if name in profile.case_tables
        else books[0].text[name]
        for name in profile.tables
    }
    return Casebook(Tables(frames, profile, {}), _descriptor(books, sorted(chosen)))


def _together(books: Sequence[Casebook], case_ids: list[str]) -> dict[str, pd.DataFrame]:
    """The rows of books that share no case, in the order of the cases; within a case as they were."""
    frames = {}
    ids = [book.case_ids for book in books]
    for name, table in books[0].profile.tables.items():
        if table.kind == "vocabulary":
            frames[name] = books[0].text[name]
            continue
        parts, of = [], []
        for book, own in zip(books, ids, strict=True):
            part = book.text[name]
            parts.append(part)
            # in a book of one case every row is the case's
            of.append(np.repeat(own, len(part)) if len(own) == 1 else part["case_id"].to_numpy(dtype="object"))
        rank = pd.Index(case_ids).get_indexer(pd.Index(np.concatenate(of), dtype="object"))
        order = np.argsort(rank, kind="stable")
        frames[name] = pd.concat(parts, ignore_index=True).iloc[order[rank[order] >= 0]]
    return frames


def unstack(casebook: Casebook) -> dict[str, Frames]:
    """The case tables of each case, by case_id, typed, each with a RangeIndex."""
    parts: dict[str, dict[str, pd.DataFrame]] = {case_id: {} for case_id in casebook.case_ids}
    for name in casebook.profile.case_tables:
        frame = casebook[name]  # typed once for all, since types do not depend on the rows
        for case_id, own in parts.items():
            own[name] = _taken(frame, casebook.text.rows_with(name, "case_id", case_id))
            own[name].index = pd.RangeIndex(len(own[name]))  # `reset_index` would copy every column
    return dict(parts)


def each_case(casebook: Casebook) -> Iterator[Casebook]:
    """Each case of a stack as a casebook of its own, under a descriptor that says only what is true of that case.

    Notes
    -----
    A stack keeps no descriptor of a case. So name, title, description, contributors and sources are those of the case's
    own tables, licences are those that name the case; version and the day of creation are those of the stack.
    """
    if len(casebook.case_ids) == 1:
        yield casebook
        return
    for case_id, tables in _parts(casebook).items():
        row = tables["cases"].iloc[0]
        coded = tables["sources"][tables["sources"]["source_use"].eq("coded")]
        own = {
            "name": case_id,
            "title": row["title"],
            "description": row["summary"],
            "licenses": [
                {key: value for key, value in entry.items() if key != "cases"}
                for entry in casebook.descriptor.get("licenses", [])
                if case_id in entry.get("cases", [case_id])
            ],
            "contributors": [{"title": row["coded_by"], "roles": ["author"]}],
            "sources": [
                {"title": source["title"], "path": f"https://doi.org/{source['doi']}" if filled else source["url"]}
                for source, filled in zip(coded.to_dict("records"), coded["doi"].notna(), strict=True)
                if filled or pd.notna(source["url"])
            ],
        }
        kept = {key: value for key, value in casebook.descriptor.items() if key not in {"id", "homepage", "keywords"}}
        yield Casebook(tables, kept | own)


def _taken(frame: pd.DataFrame, rows: np.ndarray) -> pd.DataFrame:
    """Rows of a frame by their numbers; a run of them is a slice, which copies nothing."""
    run = len(rows) and rows[-1] - rows[0] + 1 == len(rows)
    return frame.iloc[rows[0] : rows[-1] + 1] if run else frame.iloc[rows]


def _parts(casebook: Casebook) -> dict[str, Tables]:
    """The tables of each case as text, by case_id."""
    text, own = casebook.text, casebook.profile.case_tables
    if len(casebook.case_ids) == 1:
        return {casebook.case_ids[0]: text}
    return {
        case_id: replace(
            text,
            frames={
                name: _taken(frame, text.rows_with(name, "case_id", case_id)) if name in own else frame
                for name, frame in text.frames.items()
            },
        )
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


def _refuse_other_content(profile: Profile, case_id: str, ours: Tables, theirs: Tables) -> None:
    for name, table in profile.case_tables.items():
        one, other = (part[name].reset_index(drop=True) for part in (ours, theirs))
        if not one.equals(other):
            msg = f"{case_id} is given twice with other content: {_difference(table, one, other)}"
            raise StackError(f"{msg} · leave one of them out")


def _difference(table: Table, ours: pd.DataFrame, theirs: pd.DataFrame) -> str:
    """The first row and field in which two versions of a table differ."""
    key = list(table.primary_key)
    one, other = ours.set_index(key), theirs.set_index(key)
    unique_to = one.index.symmetric_difference(other.index)
    if len(unique_to):
        return f"{table.name} has the row {unique_to[0]} in one of them only"
    other = other.loc[one.index]
    for column in one.columns:
        differs = ~(one[column].eq(other[column]) | (one[column].isna() & other[column].isna())).fillna(value=False)
        if differs.any():
            row = one.index[int(differs.to_numpy().argmax())]
            return f"{table.name} {row}: {column} is {one.loc[row, column]} and {other.loc[row, column]}"
    return f"the rows of {table.name} are in a different order"


def _descriptor(books: list[Casebook], case_ids: list[str]) -> dict[str, Any]:
    """A book's own descriptor where it holds the one case; else one that depends on the cases alone."""
    if len(case_ids) == 1:
        return next(book.descriptor for book in books if book.case_ids == case_ids)
    try:
        return merged([book.descriptor for book in books], [book.case_ids for book in books])
    except (AttributeError, KeyError, TypeError, ValueError) as error:  # so a thousand good ones need no check
        for book in books:
            refuse_invalid_descriptor(book.descriptor)
        msg = f"a {DESCRIPTOR} cannot be merged: {error!r} · policycase validate names what is wrong in each"
        raise InvalidPackageError(msg) from error
