"""Plain CSV: the tables with their codes and a codebook, for those who want no data package."""

from pathlib import Path

import pandas as pd

from policycase.exports.export import readme
from policycase.model.casebook import Casebook
from policycase.storage.csv_files import csv_bytes

NOTES = """\
Each table is a CSV file in UTF-8 with commas, a header and LF line ends. codebook.csv tells what each column means,
codes.csv what each code means. Cells are written as they are, so open the files in statistics software or an editor;
for Excel there is: policycase export --to excel."""


def write(case: Casebook, place: Path) -> None:
    """Write the folder."""
    place.mkdir()
    text = case.text
    for name in case.tables:
        (place / f"{name}.csv").write_bytes(csv_bytes(text[name]))
    (place / "codebook.csv").write_bytes(csv_bytes(case.codebook()))
    readme(case, "csv", place, NOTES)


def write_view(_case: Casebook, _name: str, frame: pd.DataFrame, place: Path) -> None:
    """Write one view: days as 2020-03-25, truth as TRUE and FALSE, which R reads too, missing cells empty."""
    days = {name: frame[name].dt.strftime("%Y-%m-%d") for name in frame.select_dtypes("datetime").columns}
    truth = {
        name: frame[name].map({True: "TRUE", False: "FALSE"})
        for name in frame.select_dtypes(["bool", "boolean"]).columns
    }
    place.write_bytes(csv_bytes(frame.assign(**days, **truth)))
