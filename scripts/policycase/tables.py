"""Tables of one or many cases as text: what rules read, each row knowing its file and line."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count
from typing import Self

import numpy as np
import pandas as pd

from policycase.profiles import Profile

SPAN = 2**32  # more than a file has lines, and all tables have distinct texts: two numbers make one


@dataclass(frozen=True, slots=True)
class Distinct:
    """The texts of a column, each once, and the number of each row's text; -1 where the cell is missing."""

    numbers: np.ndarray
    texts: list[str]


@dataclass(frozen=True)
class Tables:
    """Text frames by table, over one or many cases, under one profile.

    Each frame has every column of its schema as `str` with missing cells. Its index says where a row stands, whatever
    was taken out or put together since; `place` reads it. `paths` are the files of each table, one a package.
    """

    frames: Mapping[str, pd.DataFrame]
    profile: Profile
    paths: Mapping[str, Sequence[str]]

    def __getitem__(self, name: str) -> pd.DataFrame:
        """One text frame."""
        return self.frames[name]

    def place(self, name: str, number: int) -> tuple[str, int]:
        """The path and line of a row of a table, by its number in the index."""
        file, line = divmod(int(number), SPAN)
        return self.paths[name][file], line

    def distinct(self, name: str, column: str) -> Distinct:
        """The texts of a column; found once, however many rules ask."""
        if (name, column) not in self._distinct:
            numbers, texts = pd.factorize(self[name][column].to_numpy())
            self._distinct[name, column] = Distinct(numbers, texts.tolist())
        return self._distinct[name, column]

    @cached_property
    def _distinct(self) -> dict[tuple[str, str], Distinct]:
        return {}

    def keys(self, name: str, column: str) -> np.ndarray:
        """A number for each row of a table, equal where case and cell are equal; -1 where one is missing."""
        return self.pairs(name, "case_id", column)

    def pairs(self, name: str, one: str, other: str) -> np.ndarray:
        """A number for each row of a table, equal where the cells of two columns are; -1 where one is missing."""
        return _paired(self.numbers(name, one), self.numbers(name, other))

    def paired(self, name: str, column: str, text: str) -> np.ndarray:
        """What `pairs` gives of rows with the cell of a column, and a text."""
        return _paired(self.numbers(name, column), np.array(self._number_of[text]))

    def numbers(self, name: str, column: str) -> np.ndarray:
        """A number for each row, the same for the same text in whatever column; -1 where the cell is missing."""
        if (name, column) not in self._numbers:
            found = self.distinct(name, column)
            number_of = map(self._number_of.__getitem__, found.texts)
            self._numbers[name, column] = np.array([*number_of, -1])[found.numbers]
        return self._numbers[name, column]

    @cached_property
    def _numbers(self) -> dict[tuple[str, str], np.ndarray]:
        return {}

    @cached_property
    def _number_of(self) -> dict[str, int]:
        return defaultdict(count().__next__)

    @cached_property
    def record_keys(self) -> pd.Index:
        """The `keys` of every row that has an id of its own, each once."""
        tables = [table for table in self.profile.case_tables.values() if table.key]
        keys = np.concatenate([self.keys(table.name, table.key) for table in tables])
        return pd.Index(keys[keys >= 0]).unique()

    @cached_property
    def records(self) -> pd.DataFrame:
        """Every row that has an id of its own: record_id, case_id, table, indexed as the tables are."""
        parts = []
        for table in self.profile.case_tables.values():
            if table.key:
                ids = self[table.name][[table.key, "case_id"]].set_axis(["record_id", "case_id"], axis=1)
                parts.append(ids.assign(table=pd.Series(table.name, ids.index, ids["case_id"].dtype)))
        return pd.concat(parts)

    @cached_property
    def table_of(self) -> pd.Series:
        """The table of each record, by its id; where an id stands twice, the later one's."""
        records = self.records.dropna(subset=["record_id"])
        return records.drop_duplicates("record_id", keep="last").set_index("record_id")["table"]

    def of(self, numbers: Collection[int]) -> Self:
        """The rows of some of the packages, by the numbers of their files."""
        some = np.array(sorted(numbers), dtype="int64")
        own = {
            name: frame[np.isin(files_of(frame.index), some)]
            for name, frame in self.frames.items()
            if name in self.profile.case_tables
        }
        return replace(self, frames={**self.frames, **own})


def _paired(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.where((one < 0) | (other < 0), -1, one * SPAN + other)


def places(counts: Sequence[int]) -> pd.Index:
    """The index that `Tables` needs, of the rows of several files; those of a file begin on line 2."""
    if len(counts) == 1:
        return pd.RangeIndex(2, counts[0] + 2)
    files = np.repeat(np.arange(len(counts)), counts)
    firsts = np.cumsum(counts) - counts
    return pd.Index(files * SPAN + np.arange(len(files)) - firsts[files] + 2)


def files_of(index: pd.Index) -> np.ndarray:
    """The number of the file in which each row stands."""
    return index.to_numpy() // SPAN
