"""Excel: one workbook with a README, a codebook and a sheet a table; no cell that Excel would run or change."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from policycase.casebook import Casebook
from policycase.errors import UnreadableError
from policycase.exports.about import facts

FIRST_DAY = pd.Timestamp("1900-03-01")  # Excel knows a 29 February 1900, and no day before that year
LONGEST_CELL = 32_767  # characters
MOST_ROWS = 1_048_575  # below the header
EXACT = 10**15  # Excel keeps 15 digits
WIDEST, NARROWEST = 60, 10  # characters
INERT = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def write(case: Casebook, place: Path) -> None:
    """Write the workbook.

    Raises
    ------
    UnreadableError
        A cell or a table is longer than Excel takes.
    """
    told = facts(case, "excel")
    with xlsxwriter.Workbook(place, INERT) as book:
        book.set_properties({"title": told["title"], "comments": told["made_by"], "created": _created(case)})
        formats = {
            "header": book.add_format({"bold": True, "bottom": 1, "bg_color": "#E8EEF4"}),
            "text": book.add_format({"num_format": "@"}),  # Excel leaves text alone, edited or not
            "day": book.add_format({"num_format": "yyyy-mm-dd", "align": "left"}),
            "prose": book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"}),
        }
        _say_readme(book.add_worksheet("README"), told, case, formats)
        _say_table(book.add_worksheet("codebook"), "codebook", case.codebook(), formats)
        for name in case.tables:
            _say_table(book.add_worksheet(name), name, case[name], formats)


def _created(case: Casebook) -> pd.Timestamp:
    """The moment that the package names, so that the same case gives the same bytes."""
    return pd.Timestamp(case.descriptor["created"]).tz_localize(None).to_pydatetime()


def _say_readme(sheet: Worksheet, told: dict[str, str], case: Casebook, formats: dict[str, Format]) -> None:
    sheet.set_column(0, 0, 18, formats["prose"])
    sheet.set_column(1, 1, 110, formats["prose"])
    sheets = [("codebook", "What each column means."), *((t.name, t.description) for t in case.profile.tables.values())]
    lines = [
        *told.items(),
        ("days", "Days before March 1900, which Excel does not know, make their whole column text."),
        ("text", "Cells of text stay text: nothing in them is run, turned into a number or into a date."),
        ("", ""),
        ("sheet", "what it holds"),
        *sheets,
    ]
    for row, (name, text) in enumerate(lines):
        sheet.write_string(row, 0, name, formats["prose"])
        sheet.write_string(row, 1, text, formats["prose"])


def _say_table(sheet: Worksheet, name: str, frame: pd.DataFrame, formats: dict[str, Format]) -> None:
    if len(frame) > MOST_ROWS:
        msg = f"{name} has {len(frame):,} rows; a sheet holds {MOST_ROWS:,} · use --to parquet, sqlite or duckdb"
        raise UnreadableError(msg)
    for column, header in enumerate(frame):
        sheet.write_string(0, column, header, formats["header"])
        widest = _say_column(sheet, column, frame[header], formats)
        sheet.set_column(column, column, min(max(widest, len(header) + 4, NARROWEST), WIDEST), formats["text"])
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, len(frame), len(frame.columns) - 1)
    sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{len(frame) + 1}"})


def _say_column(sheet: Worksheet, column: int, values: pd.Series, formats: dict[str, Format]) -> int:
    """Write the cells of a column, missing ones left out; the length of the longest."""
    put, shown, style = _kind(sheet, values)
    longest = 0
    for row, value in enumerate(values, start=1):
        if not pd.isna(value):
            cell = shown(value)
            if isinstance(cell, str) and len(cell) > LONGEST_CELL:
                where = f"{sheet.get_name()}!{xl_rowcol_to_cell(row, column)}, {values.name}"
                msg = f"{where}: {len(cell):,} characters; a cell of Excel holds {LONGEST_CELL:,}"
                raise UnreadableError(msg)
            put(row, column, cell, formats.get(style))
            longest = max(longest, len(str(cell)) if style != "day" else 10)
    return longest


def _kind(sheet: Worksheet, values: pd.Series) -> tuple[Callable, Callable, str]:
    """How cells of a column are written: the method, what makes the cell of a value, the format."""
    kind = values.dtype
    if pd.api.types.is_datetime64_any_dtype(kind):
        if values.lt(FIRST_DAY).any():
            return sheet.write_string, lambda day: f"{day:%Y-%m-%d}", "text"
        return sheet.write_datetime, lambda day: day.to_pydatetime(), "day"
    if pd.api.types.is_bool_dtype(kind):
        return sheet.write_boolean, bool, ""
    if pd.api.types.is_numeric_dtype(kind) and not values.abs().ge(EXACT).any():
        return sheet.write_number, lambda number: number, ""
    return sheet.write_string, str, "text"
