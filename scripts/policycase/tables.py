"""Tables of one or many cases as text: what rules read, each row knowing its file and line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from policycase.profiles import Profile

MOST_LINES = 2**32  # of a file; its number and a line make one number


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
        file, line = divmod(int(number), MOST_LINES)
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
        case, own = self._numbers(name, "case_id"), self._numbers(name, column)
        return np.where((case < 0) | (own < 0), -1, case * MOST_LINES + own)

    def _numbers(self, name: str, column: str) -> np.ndarray:
        """A number for each row, the same for the same text in whatever column; -1 where the cell is missing."""
        found = self.distinct(name, column)
        known = [self._number_of.setdefault(text, len(self._number_of)) for text in found.texts]
        return np.array([*known, -1])[found.numbers]

    @cached_property
    def _number_of(self) -> dict[str, int]:
        return {}

    @cached_property
    def record_keys(self) -> np.ndarray:
        """The `keys` of every row that has an id of its own."""
        return np.concatenate(
            [self.keys(table.name, table.key) for table in self.profile.case_tables.values() if table.key]
        )

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


def places(counts: Sequence[int]) -> pd.Index:
    """The index that `Tables` needs, of the rows of several files; those of a file begin on line 2."""
    if len(counts) == 1:
        return pd.RangeIndex(2, counts[0] + 2)
    files = np.repeat(np.arange(len(counts)), counts)
    firsts = np.cumsum(counts) - counts
    return pd.Index(files * MOST_LINES + np.arange(len(files)) - firsts[files] + 2)


def files_of(index: pd.Index) -> np.ndarray:
    """The number of the file in which each row stands."""
    return index.to_numpy() // MOST_LINES
