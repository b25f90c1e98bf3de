"""The tables of a case from a workbook."""

import datetime as dt
import re
import shutil
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import pandas as pd

from policycase.coding import new_case
from policycase.coding.render import derived
from policycase.errors import DateError, MissingExtraError, UnreadableError, did_you_mean
from policycase.model.columns import EXPECTED, FORMS
from policycase.model.dates import FORMS as DATES
from policycase.model.dates import bounds
from policycase.model.package import Package
from policycase.model.profile import DATA, Field, Profile, Table, shipped_profile
from policycase.model.tables import read_table
from policycase.storage.csv_files import csv_bytes
from policycase.storage.locations import DESCRIPTOR, inside, refuse_unsafe
from policycase.storage.writing import put_back, staged, write_folder

BESIDE = ("README", "codebook", "codes")  # sheets of the workbook that are no tables of the case
EXACT = 10**15  # Excel keeps 15 digits
SHOWN = 40  # problems that a message names
MOST_ROWS, MOST_COLUMNS = 1_048_576, 1000  # of a sheet that is read; ours have some fifty columns
BROKEN = (zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, OSError, EOFError, ParseError)


def read_workbook(file: Path, profile: Profile) -> dict[str, pd.DataFrame]:
    """The tables of a workbook that `policycase new --workbook` or `export --to workbook` made, and a coder filled in.

    Returns
    -------
    dict
        A text frame for each table of a case, with the authored columns of its schema,
        in its order; empty cells are missing. Rows without a cell are left out.

    Raises
    ------
    UnreadableError
        It is no workbook, or cells, columns or sheets cannot be taken; the message names each.
    MissingExtraError
        The package openpyxl is not installed.
    """
    sheets = dict(_sheets(file))
    problems = list(_wrong_sheets(sheets, profile))
    frames = {}
    for table in profile.case_tables.values():
        frames[table.name], found = _frame(table, sheets.get(table.name, []), profile)
        problems += found if table.name in sheets else []
    if problems:
        count = f"{len(problems)} thing{'s' * (len(problems) != 1)} to mend; nothing was written"
        more = [f"… and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
        raise UnreadableError("\n".join([f"{file}: {count}", *problems[:SHOWN], *more]))
    return frames


def _sheets(file: Path) -> Iterator[tuple[str, list[tuple]]]:
    """The cells of each sheet by row."""
    try:
        import openpyxl  # noqa: PLC0415 - an extra
    except ImportError as error:
        package, extra = "openpyxl", "excel"
        raise MissingExtraError(package, extra) from error
    if not file.is_file():
        msg = f"{file}: nothing is there" if not file.exists() else f"{file}: a folder, no workbook"
        raise UnreadableError(msg)
    try:
        with zipfile.ZipFile(file) as archive:
            refuse_unsafe(file, archive.infolist())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of lists to choose from, which it drops
            book = openpyxl.load_workbook(file, read_only=True)
            for sheet in book.worksheets:
                sheet.reset_dimensions()  # what a file says of its size may be wrong
                yield sheet.title, _rows(sheet, file)
            book.close()
    except BROKEN as error:
        msg = f"{file}: not readable as a workbook: {error} · save it as .xlsx (Excel workbook)"
        raise UnreadableError(msg) from error


def _rows(sheet: Any, file: Path) -> list[tuple]:
    """The rows of a sheet; a cell far out would make a million empty ones of a few bytes, and is refused."""
    rows: list[tuple] = []
    for row in sheet.iter_rows():
        if len(rows) > MOST_ROWS or any(cell.value is not None for cell in row[MOST_COLUMNS:]):
            far = f"right of column {_letters(MOST_COLUMNS - 1)} or below row {MOST_ROWS}"
            msg = f'{file}: sheet "{sheet.title}" holds a cell {far} · delete what lies far from the table'
            raise UnreadableError(msg)
        rows.append(row[:MOST_COLUMNS])
    return rows


def _wrong_sheets(sheets: Iterable[str], profile: Profile) -> Iterator[str]:
    for name in sheets:
        if name not in profile.case_tables and name not in BESIDE:
            hint = did_you_mean(name, [one for one in profile.case_tables if one not in sheets])
            yield f'sheet "{name}": no table of a case · {hint or "delete it, or move it to another workbook"}'
    for name in profile.case_tables:
        if name not in sheets:
            yield f'sheet "{name}" is missing · add it again, with its header alone if it has no rows'


def _frame(table: Table, rows: list[tuple], profile: Profile) -> tuple[pd.DataFrame, list[str]]:
    """The text of a sheet, and what cannot be taken of it."""
    fields = {field.name: field for field in table.fields.values() if field.authored}
    header, *below = rows or [()]
    columns, problems = _columns(table, fields, header)
    lines = []
    for number, row in enumerate(below, start=2):
        cells: dict[str, str] = {}
        for index, cell in enumerate(row):
            if cell.value is None:
                continue
            where = f"{table.name}!{_letters(index)}{number}"
            if index not in columns:
                if index >= len(header) or header[index].value is None:
                    problems.append(f"{where}: a cell below no header · move or delete it")
                continue
            field = fields[columns[index]]
            text, wrong = _text(cell, field, profile)
            problems += [f"{where}: {field.name}{wrong}"] if wrong else []
            cells[field.name] = text
        if cells:
            lines.append(cells)
    return pd.DataFrame(lines, columns=list(fields), dtype="str"), problems


def _columns(table: Table, fields: dict[str, Field], header: tuple) -> tuple[dict[int, str], list[str]]:
    """The field of each column by its place, and what is wrong with the header."""
    columns: dict[int, str] = {}
    problems = []
    for index, cell in enumerate(header):
        if cell.value is None:
            continue
        name, where = str(cell.value), f"{table.name}!{_letters(index)}1"
        if name in table.fields and not table.fields[name].authored:
            origin = table.fields[name].of or "other tables"
            problems.append(f'{where}: "{name}" is worked out from {origin} · delete the column')
        elif name not in fields:
            hint = did_you_mean(name, [one for one in fields if one not in columns.values()])
            problems.append(f'{where}: no column "{name[:80]}" in {table.name} · {hint or "delete it"}')
        elif name in columns.values():
            problems.append(f'{where}: a second column "{name}" · delete one')
        else:
            columns[index] = name
    missing = [name for name in fields if name not in columns.values()]
    if missing:
        problems.append(f"{table.name}!1: no column {', '.join(missing)} · add it again, empty if it has no cells")
    return columns, problems


def _text(cell: Any, field: Field, profile: Profile) -> tuple[str, str]:
    """What a cell says as text; else what was found, what was expected, and what to do."""
    value = cell.value
    expected = _expected(field)
    if cell.data_type == "f":
        return "", f" is a formula; expected {expected} · copy the cell and paste its value"
    if cell.data_type == "e":
        return "", f" is the error {value}; expected {expected} · type it again"
    if isinstance(value, bool) and field.type == "boolean":
        return str(value).lower(), ""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < EXACT:
        value = str(value)
    if isinstance(value, float) and field.type == "number" and abs(value) < EXACT:
        value = f"{Decimal(repr(value)):f}".removesuffix(".0")
    if not isinstance(value, str):
        return "", f" is {_found(value)}; expected {expected} · format the cell as Text, then type it again"
    return value, _wrong(value, field, expected, profile)


def _found(value: object) -> str:
    if isinstance(value, dt.date | dt.time | dt.timedelta):
        return f"{str(value).removesuffix(' 00:00:00')}, which Excel made a date"
    if isinstance(value, bool):
        return f"the logical value {str(value).upper()}"
    return f"the number {value}"


def _wrong(text: str, field: Field, expected: str, profile: Profile) -> str:
    """What is wrong with a text, by its form alone; rules are for `policycase validate`."""
    shown = f'"{text[:60]}"'
    if not text.strip():
        return " is blank, but not empty · clear the cell"
    if re.search(r"[\r\n]", text):
        return f" is {text[:60]!a}, with a line break · put it on one line"
    if field.vocabulary:
        codes = profile.vocabularies[field.vocabulary]
        hint = did_you_mean(text, codes) or "choose from the list"
        return "" if text in codes else f" is {shown}; expected {expected} · {hint}"
    if field.edtf:
        try:
            bounds(text)
        except DateError as error:
            return f": {error}"
    if field.type in FORMS and not FORMS[field.type].fullmatch(text):
        return f" is {shown}; expected {expected} · type it again"
    return ""


def _expected(field: Field) -> str:
    if field.vocabulary:
        return f"a code of {field.vocabulary}"
    return f"{DATES}, as text" if field.edtf else EXPECTED.get(field.type, "text")


def _letters(index: int) -> str:
    """The letters of a column by its place from 0.

    Examples
    --------
    >>> _letters(0), _letters(25), _letters(26)
    ('A', 'Z', 'AA')
    """
    letters = ""
    while index >= 0:
        index, rest = divmod(index, 26)
        letters, index = chr(ord("A") + rest) + letters, index - 1
    return letters


def import_workbook(workbook: str | Path, folder: str | Path | None = None, *, force: bool = False) -> Path:
    """The folder of the case whose tables a workbook holds.

    Parameters
    ----------
    workbook
        An .xlsx that `policycase new --workbook` or `export --to workbook` made, filled in.
    folder
        Where to write; the workbook's name without its ending if not said. If nothing is there, a new case is made.
    force
        Replace the tables of a case that is there. The descriptor, schemas and other files stay.

    Raises
    ------
    UnreadableError
        A cell, column or sheet cannot be taken; the message names each, and nothing is written. Or the folder exists.
    MissingExtraError
        The package openpyxl is not installed.

    Notes
    -----
    Cells are taken as they stand, and bounds of dates are worked out, so a case that was written as a workbook comes
    back byte for byte.
    """
    file = Path(workbook)
    target = Path(folder or file.stem)
    if target.exists() and not force:
        msg = f"{target} exists · choose another folder, or say --force to replace its tables"
        raise UnreadableError(msg)
    package = Package.read(target) if (target / DESCRIPTOR).is_file() else None
    profile = package.profile if package else shipped_profile()
    frames = read_workbook(file, profile)
    if package:  # a sheet left empty never empties a table
        frames |= {name: read_table(package, profile.tables[name]) for name, frame in frames.items() if frame.empty}
    tables = {name: csv_bytes(frame) for name, frame in derived(frames, profile).items()}
    if package:
        _replace(package, tables)
    else:
        ids = frames["cases"]["case_id"].dropna().tolist()
        files = new_case.files(ids[0] if ids else target.name)
        write_folder(target, files | {f"{DATA}/{name}.csv": content for name, content in tables.items()}, force=force)
    return target


def _replace(package: Package, tables: dict[str, bytes]) -> None:
    """Put the tables into a package, all of them or none; what else lies beside them stays."""
    paths = {name: Path(package.paths[name]) for name in tables}
    elsewhere = [str(path) for path in paths.values() if path.parent != Path(DATA)]
    if elsewhere:
        msg = f"{package.root / DESCRIPTOR}: {elsewhere[0]} is not in {DATA}/ · run: policycase validate"
        raise UnreadableError(msg)
    put_back(package.root / DATA)
    with staged(inside(package.root, DATA).resolve(), force=True) as place:
        shutil.copytree(package.root / DATA, place, symlinks=True)
        for name, content in tables.items():
            (place / paths[name].name).write_bytes(content)
