"""SPSS: a .sav file a table, with variable and value labels, days and measure levels."""

from pathlib import Path

import pandas as pd
import pyreadstat

from policycase.errors import UnreadableError
from policycase.exports.export import readme
from policycase.exports.labels import Labelled, labelled, labelled_view
from policycase.model.casebook import Casebook

FAILURES = (pyreadstat.ReadstatError,)
LONGEST_NAME = 64
LONGEST_TEXT = 32767  # bytes
RESERVED = {"all", "and", "by", "eq", "ge", "gt", "le", "lt", "ne", "not", "or", "to", "with"}
BEGINNING = pd.Timestamp("1582-10-14")  # SPSS counts seconds from here
NOTES = """\
Each table is a .sav file in UTF-8. A vocabulary column holds the position of its code in the vocabulary, from 1, the
same number in every case; its value label is the code's label, and codes.sav has number, code and label. A column
named like an SPSS keyword has another name; codebook.sav says which (variable)."""


def write(case: Casebook, place: Path) -> None:
    """Write the folder.

    Raises
    ------
    UnreadableError
        A day lies before SPSS's calendar begins, or a text is longer than SPSS takes.
    """
    place.mkdir()
    tables = list(labelled(case, RESERVED, LONGEST_NAME))
    width = max(_bytes(table.frame[name]) for table in tables for name in _ids(table.frame))
    for table in tables:
        _write(table, place / f"{table.name}.sav", width)
    readme(case, "spss", place, NOTES)


def write_view(case: Casebook, name: str, frame: pd.DataFrame, place: Path) -> None:
    """Write one view.

    Raises
    ------
    UnreadableError
        A day lies before SPSS's calendar begins, or a text is longer than SPSS takes.
    """
    view = labelled_view(case, name, frame, RESERVED, LONGEST_NAME)
    _write(view, place, max((_bytes(view.frame[id_]) for id_ in _ids(view.frame)), default=0))


def _write(table: Labelled, file: Path, width: int) -> None:
    """Write one file; ids are as wide in each, since SPSS matches no keys of two widths, and pads with blanks."""
    frame = table.frame.copy()
    days = list(frame.select_dtypes("datetime").columns)
    for name in days:
        if frame[name].le(BEGINNING).any():
            msg = f"{table.name}.{name} is {frame[name].min():%Y-%m-%d}; SPSS has no day before 1582-10-15"
            raise UnreadableError(msg)
        frame[name] = (frame[name] - BEGINNING).dt.total_seconds()
    texts = [name for name in frame.columns if isinstance(frame[name].dtype, pd.StringDtype)]
    for name in texts:
        if _bytes(frame[name]) > LONGEST_TEXT:
            msg = f"{table.name}.{name} holds a text of more than {LONGEST_TEXT} bytes, which SPSS does not take"
            raise UnreadableError(msg)
    for name in _ids(frame):
        frame[name] = frame[name].str.ljust(width)  # ids are ASCII
    pyreadstat.write_sav(
        frame,
        file,
        file_label=table.label[:64],
        column_labels={**table.labels},
        variable_value_labels=table.codes,
        variable_measure={name: _measure(name, table, texts) for name in frame.columns},
        variable_format=dict.fromkeys(days, "SDATE10") | dict.fromkeys(frame.select_dtypes("integer").columns, "F8.0"),
    )


def _measure(name: str, table: Labelled, texts: list[str]) -> str:
    return "nominal" if name in table.codes or name in texts else "scale"


def _ids(frame: pd.DataFrame) -> list[str]:
    return [name for name in frame.columns if name.endswith("_id") and isinstance(frame[name].dtype, pd.StringDtype)]


def _bytes(column: pd.Series) -> int:
    """Bytes of the longest text of a column."""
    return max((len(text.encode()) for text in column.dropna()), default=0)
