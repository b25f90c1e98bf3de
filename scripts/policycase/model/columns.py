"""Columns: the text of a cell as the type that its schema states."""

import re
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from policycase.errors import UnreadableError
from policycase.model.profile import Field, Table
from policycase.model.tables import Tables
from policycase.storage.csv_files import TEXT, CsvFile

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


def text_frame(file: CsvFile) -> pd.DataFrame:
    """A CSV file as a frame of text; only the empty cell is missing, so that `NA` stays a word.

    Raises
    ------
    UnreadableError
        The cells cannot be trusted; the message names the first line.
    """
    file.refuse_errors()
    columns = {}
    for number, cells in enumerate(file.columns):
        texts = np.array(cells, dtype=object)
        texts[texts == ""] = np.nan
        columns[number] = pd.array(texts, dtype=TEXT)
    return pd.DataFrame(columns, index=pd.RangeIndex(len(file.rows))).set_axis(file.header, axis=1)


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
    columns = {}
    for field in tables.profile.tables[name].fields.values():
        cells = tables[name][field.name]
        codes = tables.profile.vocabularies[field.vocabulary] if field.vocabulary else None
        try:
            columns[field.name] = _typed(cells, field.type, codes)
        except _OddCellError as error:
            number = cells.index[cells.eq(error.args[0]).to_numpy().argmax()]
            path, line = tables.place(name, number)
            expected = f"a code of {field.vocabulary}" if codes else EXPECTED[field.type]
            msg = f'{path}:{line}: {field.name} is "{error.args[0]}"; expected {expected} · run: policycase validate'
            raise UnreadableError(msg) from error
    return pd.DataFrame(columns)


class _OddCellError(ValueError):
    """A text that is not of its column's type."""


def _typed(cells: pd.Series, kind: str, codes: Sequence[str] | None) -> pd.Series:
    """A column of text under its type; each distinct text is read once."""
    if codes is None and kind not in FORMS:
        return cells.astype("str").reset_index(drop=True)
    numbers, texts = pd.factorize(cells)
    distinct = texts.tolist()
    for text in distinct:
        if text not in codes if codes else not FORMS[kind].fullmatch(text):
            raise _OddCellError(text)
    if codes:
        place_of = np.array([codes.index(text) for text in distinct] + [-1])  # the last is for missing cells
        return pd.Series(pd.Categorical.from_codes(place_of[numbers], codes))
    values = CONVERTERS[kind](pd.Series(distinct, dtype=TEXT))
    if values.isna().any():  # such as a thirtieth of February
        raise _OddCellError(distinct[values.isna().to_numpy().argmax()])
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


def as_text(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """A typed frame as the text that stands in its file; reading that text gives the frame again."""
    return pd.DataFrame({name: _as_text(frame[name], field) for name, field in table.fields.items()})


def _as_text(column: pd.Series, field: Field) -> pd.Series:
    if field.type == "date":
        return column.dt.strftime("%Y-%m-%d").astype("str")
    if field.type == "boolean":
        return column.map({True: "true", False: "false"}).astype("str")
    if field.type == "number":
        return column.map(lambda value: repr(value).removesuffix(".0"), na_action="ignore").astype("str")
    return column.astype("str") if field.type == "string" else column.astype("string").astype("str")
