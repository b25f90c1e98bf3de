"""Tables of one or many cases as text: what rules read, each row knowing its file and line."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from policycase.profiles import Profile

WHERE = ["path", "line"]


@dataclass(frozen=True)
class Tables:
    """Text frames by table, over one or many cases, under one profile.

    Each frame has every column of its schema as `str` with missing cells, and an index of
    (path, line), so that a row tells where it stands whatever was concatenated before.
    """

    frames: Mapping[str, pd.DataFrame]
    profile: Profile

    def __getitem__(self, name: str) -> pd.DataFrame:
        """One text frame."""
        return self.frames[name]

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


def placed(frame: pd.DataFrame, path: str) -> pd.DataFrame:
    """The frame with the index that `Tables` needs: rows of a file begin on line 2."""
    lines = range(2, len(frame) + 2)
    return frame.set_axis(pd.MultiIndex.from_product([[path], lines], names=WHERE), axis=0)


def combined(parts: Iterable[Tables]) -> Tables:
    """The tables of several packages as one, in the order given; vocabularies and profile are the first's.

    The paths of the packages must differ: read each with a prefix of its own.
    """
    several = list(parts)
    profile = several[0].profile
    shared = {name: several[0][name] for name in profile.tables if name not in profile.case_tables}
    joined = {name: pd.concat([part[name] for part in several]) for name in profile.case_tables}
    return Tables(joined | shared, profile)
