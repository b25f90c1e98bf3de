"""Stata: a .dta file a table, format 118 (Stata 14 and later), with variable and value labels."""

from pathlib import Path

import pandas as pd
import pyreadstat

from policycase.exports.export import readme
from policycase.exports.labels import Labelled, labelled, labelled_view
from policycase.model.casebook import Casebook

FAILURES = (pyreadstat.ReadstatError,)
STATA = 14  # writes format 118, the first that holds text beyond Latin
LONGEST_NAME = 32
BEGINNING = pd.Timestamp("1960-01-01")  # Stata counts days from here
RESERVED = {f"str{length}" for length in range(1, 2046)} | {
    *("byte", "double", "float", "if", "in", "int", "long", "strl", "using", "with"),
    *("_all", "_b", "_coef", "_cons", "_n", "_pi", "_pred", "_rc", "_se", "_skip"),
}
NOTES = """\
Each table is a .dta file for Stata 14 and later. A vocabulary column holds the position of its code in the vocabulary,
from 1, the same number in every case; its value label is the code's label, and codes.dta has number, code and label.
A column named like a Stata keyword, or too long, has another name; codebook.dta says which (variable).
    use programs, clear
    merge 1:m program_id using goals"""


def write(case: Casebook, place: Path) -> None:
    """Write the folder."""
    place.mkdir()
    for table in labelled(case, RESERVED, LONGEST_NAME):
        _write(table, place / f"{table.name}.dta")
    readme(case, "stata", place, NOTES)


def write_view(case: Casebook, name: str, frame: pd.DataFrame, place: Path) -> None:
    """Write one view."""
    _write(labelled_view(case, name, frame, RESERVED, LONGEST_NAME), place)


def _write(table: Labelled, file: Path) -> None:
    """Write one file; pandas could, but it renames `end` and other words that only Mata reserves."""
    frame = table.frame.copy()
    texts = [name for name in frame.columns if isinstance(frame[name].dtype, pd.StringDtype)]
    frame[texts] = frame[texts].fillna("")  # Stata's missing text is the empty one
    days = list(frame.select_dtypes("datetime").columns)
    for name in days:
        frame[name] = (frame[name] - BEGINNING).dt.days
    pyreadstat.write_dta(
        frame,
        file,
        version=STATA,
        file_label=table.label,
        column_labels={**table.labels},
        variable_value_labels=table.codes,
        variable_format=dict.fromkeys(days, "%td"),
    )
