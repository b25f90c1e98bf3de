"""Screening: many packages looked at as one, so that only those with something odd are judged one by one.

A package that passes has no finding of the stages files, schemas, profile and standard: a test holds both ways to
the same verdict. One that does not pass may be sound all the same; the stages decide that, file by file.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from policycase.bulk import read_plain
from policycase.checks import profile, schemas, standard
from policycase.checks.jsons import duplicate_free
from policycase.descriptor import Package
from policycase.errors import UnreadableError
from policycase.paths import DESCRIPTOR, inside, refuse_large
from policycase.profiles import Profile, Table, schema_path
from policycase.tables import SPAN, Distinct, Tables, files_of


@dataclass(frozen=True)
class Screened:
    """Packages whose files, schemas and descriptor are sound, with their tables.

    Attributes
    ----------
    packages
        By the key of each.
    numbers
        The number of each package among the files of `tables`, by its key.
    tables
        The tables of all of them; None where there is no package.
    suspects
        Tables in which the standard stage may find something, of the packages in which it may.
    """

    packages: dict[str, Package]
    numbers: dict[str, int]
    tables: Tables | None
    suspects: dict[str, set[str]]


@dataclass(frozen=True)
class Demand:
    """What several fields ask of their cells alike, so that each text is read once for all of them."""

    cells: standard.Cells
    read: set[str] = field(default_factory=set)
    odd: set[str] = field(default_factory=set)

    def refuses(self, distinct: Distinct) -> np.ndarray:
        """Whether the cell of each row is one that frictionless reports."""
        if not self.cells.takes_any_text:
            fresh = set(distinct.texts) - self.read
            self.odd.update(text for text in fresh if self.cells.read(text)[1])
            self.read.update(fresh)
        refused = np.zeros(len(distinct.texts) + 1, dtype=bool)
        if self.odd:
            refused[:-1] = [text in self.odd for text in distinct.texts]
        refused[-1] = bool(self.cells.read(None)[1])  # the last is that of a missing cell
        return refused[distinct.numbers]


def screened(roots: Mapping[str, Path]) -> Screened:
    """What is plain in the packages of some folders; a package with anything odd is left out."""
    described = {key: package for key, root in roots.items() if (package := _described(root))}
    if described and standard.of_vocabularies(next(iter(described.values())).profile):
        described = {}  # what all share is odd, so nobody is plain
    tables, odd = read_plain(list(described.values())) if described else (None, set())
    numbers = {key: number for number, key in enumerate(described) if number not in odd}
    wrong = _suspects(tables) if numbers else {}
    suspects = {}
    for key, number in numbers.items():
        names = set(described[key].paths) if _is_oddly_described(described[key]) else wrong.get(number)
        if names:
            suspects[key] = names
    return Screened({key: described[key] for key in numbers}, numbers, tables if numbers else None, suspects)


def _described(root: Path) -> Package | None:
    """The package in a folder, if nothing is to be found in its schemas and descriptor."""
    try:
        refuse_large(inside(root, DESCRIPTOR))
        carried = Profile.read(root)
        package = Package(root, duplicate_free((root / DESCRIPTOR).read_bytes()), carried)
        is_plain = schemas.is_ours(carried) and profile.is_followed(package)
    except (OSError, ValueError, RecursionError, UnreadableError):
        return None
    return package if is_plain else None


def _is_oddly_described(package: Package) -> bool:
    """Whether frictionless finds something in the descriptor, or the size or hash of a file is to be checked."""
    stated = any("bytes" in resource or "hash" in resource for resource in package.descriptor["resources"])
    return stated or bool(standard.of_descriptor(package))


def _suspects(tables: Tables) -> dict[int, set[str]]:
    """Tables with a cell, key or reference that frictionless would report, by the number of their package."""
    suspects: dict[int, set[str]] = defaultdict(set)
    demands: dict[str, Demand] = {}
    for table in tables.profile.case_tables.values():
        files = files_of(tables[table.name].index)
        wrong = _repeated(tables, table, files)
        for cells in standard.cells_of(tables.profile.files[schema_path(table.name)]):
            wrong |= demands.setdefault(cells.demand, Demand(cells)).refuses(tables.distinct(table.name, cells.name))
        for link in table.foreign_keys:
            (column,), (key,) = link.fields, link.to
            parents = pd.Index(_scoped(tables.numbers(link.table, key), files_of(tables[link.table].index))).unique()
            numbers = tables.numbers(table.name, column)
            wrong |= (numbers >= 0) & (parents.get_indexer(_scoped(numbers, files)) < 0)
        for number in np.unique(files[wrong]).tolist():
            suspects[number].add(table.name)
    return suspects


def _repeated(tables: Tables, table: Table, files: np.ndarray) -> np.ndarray:
    """Whether a row's primary key is empty, or is there before in the same package."""
    keys = pd.DataFrame({name: tables.distinct(table.name, name).numbers for name in table.primary_key})
    return keys.lt(0).all(axis=1).to_numpy() | keys.assign(file=files).duplicated().to_numpy()


def _scoped(numbers: np.ndarray, files: np.ndarray) -> np.ndarray:
    """One number for a cell in a package."""
    return np.where(numbers < 0, -1, files * SPAN + numbers)
