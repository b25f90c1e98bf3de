"""Excel: one workbook with a README, a codebook and one sheet per table; no cell that Excel would run or change."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from policycase.errors import UnreadableError
from policycase.exports.excel_cells import (
    INERT,
    NARROWEST,
    WIDEST,
    created,
    formats,
    frame_sheet,
    inert_book,
    put_pairs,
    put_text,
)
from policycase.exports.export import facts
from policycase.model.casebook import Casebook

FIRST_DAY = pd.Timestamp("1900-03-01")  # Excel knows a 29 February 1900, and no day before that year
MOST_ROWS, MOST_COLUMNS = 1_048_575, 16_384  # below the header
EXACT = 10**15  # Excel keeps 15 digits


def write(case: Casebook, place: Path) -> None:
    """Write the workbook.

    Raises
    ------
    UnreadableError
        A cell or a table is longer than Excel takes.
    """
    about = facts(case, "excel")
    with inert_book(place) as book:
        book.set_properties({"title": about["title"], "comments": about["made_by"], "created": created(case)})
        styles = formats(book)
        put_pairs(book.add_worksheet("README"), _readme(about, case), styles["prose"])
        _put_table(book.add_worksheet("codebook"), case.codebook(), styles)
        for name in case.tables:
            _put_table(book.add_worksheet(name), case[name], styles)


def write_view(case: Casebook, name: str, frame: pd.DataFrame, place: Path) -> None:
    """Write one view, on the first sheet.

    Raises
    ------
    UnreadableError
        A cell or the view is longer than Excel takes.
    """
    about = facts(case, name)
    with xlsxwriter.Workbook(place, INERT) as book:
        book.set_properties({"title": about["title"], "comments": about["made_by"], "created": created(case)})
        styles = formats(book)
        _put_table(book.add_worksheet(name), frame, styles)
        put_pairs(book.add_worksheet("README"), list(about.items()), styles["prose"])


def _readme(about: dict[str, str], case: Casebook) -> list[tuple[str, str]]:
    return [
        *about.items(),
        ("days", "Days before March 1900, which Excel does not know, make their whole column text."),
        ("text", "Cells of text stay text: nothing in them is run, turned into a number or into a date."),
        ("", ""),
        ("sheet", "what it holds"),
        ("codebook", "What each column means."),
        *((table.name, table.description) for table in case.profile.tables.values()),
    ]


def _put_table(sheet: Worksheet, frame: pd.DataFrame, styles: dict[str, Format]) -> None:
    if len(frame) > MOST_ROWS or len(frame.columns) > MOST_COLUMNS:
        size = f"{len(frame):,} rows and {len(frame.columns):,} columns"
        msg = f"{sheet.get_name()} has {size}; a sheet holds {MOST_ROWS:,} and {MOST_COLUMNS:,} · use CSV or Parquet"
        raise UnreadableError(msg)
    for column, header in enumerate(frame.columns):
        put_text(sheet, 0, column, header, styles["header"])
        widest, style = _put_column(sheet, column, frame[header], styles)
        sheet.set_column(column, column, min(max(widest, len(header) + 4, NARROWEST), WIDEST), style)
    frame_sheet(sheet, len(frame), len(frame.columns))


def _put_column(
    sheet: Worksheet, column: int, values: pd.Series, styles: dict[str, Format]
) -> tuple[int, Format | None]:
    """Write the cells of a column, missing ones left out; the length of the longest, and the format of the column."""
    put, shown, style = _kind(sheet, values)
    longest = 0
    for row, value in enumerate(values, start=1):
        if not pd.isna(value):
            put(row, column, shown(value), styles.get(style))
            longest = max(longest, len(str(value)) if style != "day" else len("2020-03-25"))
    return longest, styles.get(style)


def _kind(sheet: Worksheet, values: pd.Series) -> tuple[Callable, Callable, str]:
    """How cells of a column are written: the method, what makes the cell of a value, the format."""

    def text(row: int, column: int, cell: str, form: Format) -> None:
        put_text(sheet, row, column, cell, form)

    kind = values.dtype
    if pd.api.types.is_datetime64_any_dtype(kind):
        if values.lt(FIRST_DAY).any():
            return text, lambda day: f"{day:%Y-%m-%d}", "text"
        return sheet.write_datetime, lambda day: day.to_pydatetime(), "day"
    if pd.api.types.is_bool_dtype(kind):
        return sheet.write_boolean, bool, ""
    if pd.api.types.is_numeric_dtype(kind) and not values.abs().ge(EXACT).any():
        return sheet.write_number, lambda number: number, ""
    return text, str, "text"
