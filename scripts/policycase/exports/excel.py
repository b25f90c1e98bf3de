"""Excel: one workbook with a README, a codebook and one sheet per table; no cell that Excel would run or change."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pandas as pd
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from policycase.errors import UnreadableError
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
    with inert_book(place) as book:
        book.set_properties({"title": about["title"], "comments": about["made_by"], "created": created(case)})
        styles = formats(book)
        _put_table(book.add_worksheet(name), frame, styles)
        put_pairs(book.add_worksheet("README"), list(_pairs(about)), styles["prose"])


def _readme(about: dict[str, str], case: Casebook) -> list[tuple[str, str]]:
    return [
        *_pairs(about),
        ("days", "Days before March 1900, which Excel does not know, make their whole column text."),
        ("text", "Cells of text stay text: nothing in them is run, turned into a number or into a date."),
        ("", ""),
        ("sheet", "what it holds"),
        ("codebook", "What each column means."),
        *((table.name, table.description) for table in case.profile.tables.values()),
    ]


def _pairs(about: dict[str, str]) -> Iterator[tuple[str, str]]:
    """The facts; one that no cell holds, as of a thousand cases, is a line per row."""
    for name, text in about.items():
        lines = [text] if len(text) <= LONGEST_CELL else text.split("\n")
        yield from zip([name, *[""] * len(lines)], lines, strict=False)


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


INERT = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
LONGEST_CELL = 32_767  # characters
WIDEST, NARROWEST, PROSE = 60, 10, 110  # characters
LINE = 15  # points


@contextmanager
def inert_book(place: Path) -> Iterator[Workbook]:
    """A workbook in which no text becomes anything else; it is written at once, so that a full disk is one error."""
    content = io.BytesIO()
    with Workbook(content, INERT) as book:
        yield book
    place.write_bytes(content.getvalue())


def created(case: Casebook) -> datetime:
    """The moment that the package names, if it is one, so that the same case gives the same bytes."""
    moment = pd.to_datetime(case.descriptor["created"], errors="coerce", utc=True)
    return (pd.Timestamp("1980-01-01") if pd.isna(moment) else moment.tz_localize(None)).to_pydatetime()


def formats(book: Workbook) -> dict[str, Format]:
    """The formats of cells by name; in those with `@` Excel leaves what is typed as it is."""
    header = {"bold": True, "bottom": 1, "valign": "top"}
    return {
        "header": book.add_format(header | {"bg_color": "#E8EEF4"}),
        "required": book.add_format(header | {"bg_color": "#1F4E79", "font_color": "#FFFFFF"}),
        "text": book.add_format({"num_format": "@"}),
        "day": book.add_format({"num_format": "yyyy-mm-dd", "align": "left"}),
        "prose": book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"}),
    }


def put_text(sheet: Worksheet, row: int, column: int, text: str, form: Format) -> None:
    """Write a cell of text, whatever it begins with.

    Raises
    ------
    UnreadableError
        It is longer than a cell holds.
    """
    if len(text) > LONGEST_CELL:
        where = f"{sheet.get_name()}!{xl_rowcol_to_cell(row, column)}"
        msg = f"{where}: {len(text):,} characters; a cell of Excel holds {LONGEST_CELL:,}"
        raise UnreadableError(msg)
    sheet.write_string(row, column, text, form)


def put_pairs(sheet: Worksheet, pairs: list[tuple[str, str]], form: Format) -> None:
    """Write a sheet of names and texts, wrapped."""
    sheet.set_column(0, 0, 18, form)
    sheet.set_column(1, 1, PROSE, form)
    for row, (name, text) in enumerate(pairs):
        put_text(sheet, row, 0, name, form)
        put_text(sheet, row, 1, text, form)
        sheet.set_row(row, LINE * lines(text, PROSE))


def lines(text: str, width: int) -> int:
    r"""How many lines a text takes in a cell that wraps; not every program works it out.

    Examples
    --------
    >>> lines("one\ntwo", 60), lines("x" * 70, 60)
    (2, 2)
    """
    return sum(-(-len(line) // width) or 1 for line in text.split("\n"))


def frame_sheet(sheet: Worksheet, rows: int, columns: int) -> None:
    """Keep header and first column in sight, add filters, and spare numbers kept as text Excel's marks."""
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, rows, columns - 1)
    sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
