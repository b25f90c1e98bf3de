"""A workbook to code in: a sheet a table, with lists to choose from; `policycase import` makes the tables of it."""

from pathlib import Path

import pandas as pd
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import quote_sheetname, xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from policycase.errors import UnreadableError
from policycase.exports.excel_cells import (
    INERT,
    LINE,
    NARROWEST,
    created,
    formats,
    frame_sheet,
    lines,
    put_pairs,
    put_text,
)
from policycase.model.casebook import Casebook
from policycase.model.profile import Field, Profile, Table

WIDTH = 36  # of a column of prose
ROWS = 5000  # rows that have lists to choose from
STEPS = """\
One row is one record. An empty cell means that the source does not say; leave it empty, and write no "unknown" but \
where a list of codes has it.
Columns with a dark header must be filled in. Point at a header to read what the column means; the sheet codebook has \
all of them, the sheet codes says when to use which code.
Cells with an arrow take the codes of their list, or the ids of another sheet. Fill in that sheet first.
An id is the case, a colon and a short name of your own, such as {case}:night-patrol. Never change one that is in use.
Dates are text: 1999, 2020-03, 2020-03-25, [2000..2001] for one moment within, [2002..] for some time after. The first \
and last day that they can mean are worked out for you, so there are no columns for them.
Begin with sources and cases. Passages need no typing here: policycase passages source.txt --case {case} > \
{case}/data/passages.csv puts them into the folder of the case. A sheet that is left empty never empties its table.
Then programs, agencies, events and goals; then claims, figures and places, then the sheets that link them. Write a \
row of evidence for each row that you code (field: record) and for each date, role, status, setting, pilot flag, \
legal reference, goal statement, hedge and figure.
Change no header and no name of a sheet, and add no sheets. Formulas are not taken: paste values.
Save as .xlsx, then run: policycase import {case}.xlsx -o {case} --force. It names each \
cell that it cannot take. Then run: policycase validate {case}
No sentence of the source enters this workbook: use your own words."""


def write(case: Casebook, place: Path) -> None:
    """Write the workbook of one case.

    Raises
    ------
    UnreadableError
        There are several cases, or a cell is longer than Excel takes.
    """
    if len(case.case_ids) > 1:
        msg = f"a workbook to code in is for one case; here are {len(case.case_ids)} · choose one of them"
        raise UnreadableError(msg)
    case_id = case.case_ids[0] if case.case_ids else case.descriptor["name"]
    text = case.text
    with xlsxwriter.Workbook(place, INERT) as book:
        book.set_properties({"title": f"{case_id}: coding workbook", "created": created(case)})
        styles = formats(book)
        put_pairs(book.add_worksheet("README"), _steps(case_id), styles["prose"])
        sheets = {name: book.add_worksheet(name) for name in case.profile.case_tables}
        codes = case["codes"].sort_values("vocabulary", kind="stable")
        for name, sheet in sheets.items():
            _put_table(sheet, case.profile, name, text[name], styles)
            _add_lists(sheet, case.profile, name, codes["vocabulary"])
        _put_plain(book.add_worksheet("codebook"), _meanings(case), styles)
        _put_plain(book.add_worksheet("codes"), codes.drop(columns="position"), styles)


def columns(table: Table) -> list[Field]:
    """The columns of a table's sheet: all that are authored."""
    return [field for field in table.fields.values() if field.authored]


def _steps(case_id: str) -> list[tuple[str, str]]:
    steps = STEPS.format(case=case_id).splitlines()
    return [("", f"Coding {case_id}"), *((f"Step {number}", step) for number, step in enumerate(steps, start=1))]


def _put_table(sheet: Worksheet, profile: Profile, name: str, text: pd.DataFrame, styles: dict[str, Format]) -> None:
    fields = columns(profile.tables[name])
    for column, field in enumerate(fields):
        put_text(sheet, 0, column, field.name, styles["required" if field.required else "header"])
        must = "Must be filled in. " if field.required else ""
        sheet.write_comment(0, column, f"{must}{field.description}", {"x_scale": 2.5, "y_scale": 1.5})
        longest = 0
        for row, cell in enumerate(text[field.name], start=1):
            if not pd.isna(cell):
                put_text(sheet, row, column, cell, styles["text"])
                longest = max(longest, len(cell))
        sheet.set_column(column, column, min(max(longest, len(field.name) + 4, NARROWEST), WIDTH), styles["text"])
    frame_sheet(sheet, len(text), len(fields))


def _add_lists(sheet: Worksheet, profile: Profile, name: str, vocabularies: pd.Series) -> None:
    """Lists to choose from: codes of vocabularies (nothing else is taken), true or false, ids of other sheets."""
    table = profile.tables[name]
    parents = {key.fields[0]: key for key in table.foreign_keys if len(key.fields) == 1}
    places = pd.Series(range(2, len(vocabularies) + 2), index=vocabularies.to_numpy())
    for column, field in enumerate(columns(table)):
        rule = {"validate": "list", "error_title": "Not in the list"}
        if field.vocabulary:
            rows = places.loc[[field.vocabulary]]
            rule |= {"source": f"=codes!$B${rows.min()}:$B${rows.max()}"}
            rule |= {"error_message": f"Take a code of {field.vocabulary}; the sheet codes says when to use which."}
        elif field.type == "boolean":
            rule |= {"source": ["true", "false"], "error_message": "Take true or false, or leave the cell empty."}
        elif field.name in parents:
            key = parents[field.name]
            rule |= {"source": _ids(profile.tables[key.table], key.to[0]), "error_type": "warning"}
            rule |= {"error_message": f"No row of the sheet {key.table} has this id yet."}
        else:
            continue
        sheet.data_validation(1, column, ROWS, column, rule)


def _ids(parent: Table, key: str) -> str:
    """The ids of a sheet, as many as there are, as a formula."""
    letter = xl_col_to_name([field.name for field in columns(parent)].index(key))
    sheet = quote_sheetname(parent.name)
    return f"=OFFSET({sheet}!${letter}$2,0,0,MAX(COUNTA({sheet}!${letter}:${letter})-1,1),1)"


def _meanings(case: Casebook) -> pd.DataFrame:
    """The codebook of the columns that the workbook has."""
    shown = {(table.name, field.name): field for table in case.profile.case_tables.values() for field in columns(table)}
    codebook = case.codebook()
    here = [(row.table, row.field) in shown for row in codebook.itertuples()]
    required = [
        "yes" if shown[key].required else None
        for key in zip(codebook["table"], codebook["field"], strict=True)
        if key in shown
    ]
    return codebook[here].assign(required=pd.array(required, dtype="str"))


def _put_plain(sheet: Worksheet, frame: pd.DataFrame, styles: dict[str, Format]) -> None:
    """Write a sheet to read: wrapped, rows as high as their longest cell."""
    heights = [1] * len(frame)
    for column, name in enumerate(frame):
        put_text(sheet, 0, column, name, styles["header"])
        width = WIDTH if frame[name].str.len().max() > WIDTH else NARROWEST * 2
        sheet.set_column(column, column, width, styles["prose"])
        for row, cell in enumerate(frame[name]):
            if not pd.isna(cell):
                put_text(sheet, row + 1, column, cell, styles["prose"])
                heights[row] = max(heights[row], lines(cell, width - 2))
    for row, height in enumerate(heights, start=1):
        sheet.set_row(row, LINE * height)
    frame_sheet(sheet, len(frame), len(frame.columns))
