"""What every workbook needs: cells that Excel neither runs nor changes, and headers that stay in sight."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pandas as pd
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from policycase.errors import UnreadableError
from policycase.model.casebook import Casebook

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
