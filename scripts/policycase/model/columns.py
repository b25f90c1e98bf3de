"""Columns: the text of a cell as the type that its schema states."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from policycase.errors import UnreadableError
from policycase.model.profile import Field
from policycase.model.tables import Tables
from policycase.storage.csv_files import CELLS, TEXT

TRUTH = {"true": True, "false": False}
EXPECTED = {
    "integer": "a whole number such as 12",
    "number": "a number such as 12 or 0.5",
    "boolean": "true or false",
    "date": "a day such as 2020-03-25",
}
FORMS = {
    "integer": re.compile(r"-?[0-9]{1,18}"),
    "number": re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?"),
    "boolean": re.compile(r"true|false"),
    "date": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
}


def typed(tables: Tables, name: str) -> pd.DataFrame:
    """A table with the types of its schema, the same whether or not cells are missing or rows exist.

    Returns
    -------
    DataFrame
        Every column of the schema, in its order, with a RangeIndex: `str`; `category` with the
        whole vocabulary in its order; `boolean`; `Int64`; `float64`; `datetime64[s]`. Missing stays missing.

    Raises
    ------
    UnreadableError
        A cell is not of its column's type or not in its vocabulary; the message names the cell.
    """
    fields = tables.profile.tables[name].fields.values()
    return pd.DataFrame({field.name: _column(tables, name, field) for field in fields})


def _column(tables: Tables, name: str, field: Field) -> pd.Series:
    cells = tables[name][field.name]
    codes = tables.profile.vocabularies[field.vocabulary] if field.vocabulary else None
    try:
        return _typed(cells, field.type, codes)
    except _WrongCellError as error:
        number = cells.index[int(cells.eq(error.args[0]).to_numpy().argmax())]
        path, line = tables.place(name, number)
        expected = f"a code of {field.vocabulary}" if codes else EXPECTED[field.type]
        msg = f'{path}:{line}: {field.name} is "{error.args[0]}"; expected {expected} · run: policycase validate'
        raise UnreadableError(msg) from error


class _WrongCellError(ValueError):
    """A text that is not of its column's type."""


def _typed(cells: pd.Series, kind: str, codes: Sequence[str] | None) -> pd.Series:
    """A column of text under its type; each distinct text is read once."""
    if codes is None and kind not in FORMS:
        return cells.astype(TEXT).reset_index(drop=True)
    numbers, texts = pd.factorize(cells)
    distinct = texts.tolist()
    for text in distinct:
        if text not in codes if codes else not FORMS[kind].fullmatch(text):
            raise _WrongCellError(text)
    if codes:
        place_of = np.array([codes.index(text) for text in distinct] + [-1])  # the last is for missing cells
        return pd.Series(pd.Categorical.from_codes(place_of[numbers], pd.Index(codes)))
    values = CONVERTERS[kind](pd.Series(distinct, dtype=CELLS))
    if values.isna().any():  # such as a thirtieth of February
        raise _WrongCellError(distinct[values.isna().to_numpy().argmax()])
    return values.reindex(numbers).reset_index(drop=True)  # a missing cell has the number -1, which is in no index


def _whole(texts: pd.Series) -> pd.Series:
    return pd.to_numeric(texts, errors="coerce").astype("Int64")


def _number(texts: pd.Series) -> pd.Series:
    return pd.to_numeric(texts, errors="coerce").astype("float64")


def _truth(texts: pd.Series) -> pd.Series:
    return texts.map(TRUTH).astype("boolean")


def _day(texts: pd.Series) -> pd.Series:
    return pd.to_datetime(texts, format="%Y-%m-%d", errors="coerce").astype("datetime64[s]")


CONVERTERS: dict[str, Callable[[pd.Series], pd.Series]] = {
    "integer": _whole,
    "number": _number,
    "boolean": _truth,
    "date": _day,
}


def row_tuples(frame: pd.DataFrame) -> Iterator[Any]:
    """The rows as named tuples; a cell has the type of its column, which a type checker cannot know."""
    return frame.itertuples(index=False)


class TypedFrames(Mapping[str, pd.DataFrame]):
    """The tables by name, each typed when it is first asked for."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._typed: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        """One table, not copied."""
        if name not in self._typed:
            self._typed[name] = typed(self._tables, name)
        return self._typed[name]

    def __iter__(self) -> Iterator[str]:
        """The names of the tables."""
        return iter(self._tables.frames)

    def __len__(self) -> int:
        """How many tables there are."""
        return len(self._tables.frames)


def refuse_wrong_cells(tables: Tables) -> None:
    """Raise unless every cell is of its column's type.

    Raises
    ------
    UnreadableError
        A cell is not of its column's type or not in its vocabulary; the message names the cell.
    """
    for name, table in tables.profile.tables.items():
        for field in table.fields.values():
            if field.vocabulary or field.type in FORMS:
                _column(tables, name, field)
