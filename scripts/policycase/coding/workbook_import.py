"""The tables of a case from a workbook."""

import datetime as dt
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pandas as pd

from policycase.analysis.changes import row_changes
from policycase.coding import new_case
from policycase.coding.render import with_bounds
from policycase.coding.spreadsheets import DAY, ERROR, FORMULA, MONTH, PERCENT, YEAR, Cell, Rows, letters, read_sheets
from policycase.errors import DateError, UnreadableError, did_you_mean
from policycase.model.columns import EXPECTED, FORMS, TRUTH
from policycase.model.dates import FORMS as DATES
from policycase.model.dates import bounds
from policycase.model.package import Package
from policycase.model.profile import DATA, Field, Profile, Table, shipped_profile
from policycase.model.tables import read_table
from policycase.storage.csv_files import csv_bytes
from policycase.storage.locations import DESCRIPTOR, inside
from policycase.storage.writing import put_back, staged, write_folder

BESIDE = ("README", "codebook", "codes")  # sheets of the workbook that are no tables of the case
EXACT = 10**15  # Excel keeps 15 digits
SHOWN = 40  # problems that a message names
GROUPED = re.compile(
    r"-?[1-9][0-9]{0,2}(?:(?P<mark>[,\u0020\u00a0\u2009\u202f'’])[0-9]{3})(?:(?P=mark)[0-9]{3})*(?:\.[0-9]+)?"
)
SHARE = re.compile(r"-?[0-9]+(?:\.[0-9]+)? ?%")
NUMBERS = {"integer", "number"}
UNIT = "%"  # of a share, in a cell of its own
LENGTHS = {DAY: 10, MONTH: 7, YEAR: 4}  # of an ISO date, by what of it a cell shows


@dataclass(frozen=True, slots=True)
class Reading:
    """What a workbook holds."""

    tables: dict[str, pd.DataFrame]
    notes: list[str]


def read_workbook(file: Path, profile: Profile) -> Reading:
    """The tables of a workbook that `policycase new --workbook` or `export --to workbook` made, and a coder filled in.

    Returns
    -------
    Reading
        `tables`: a text frame for each table of a case, with the authored columns of its schema (bounds of dates are
        derived), in its order; empty cells are missing, rows without a cell left out. `notes`: the cells whose text is
        not what was in the cell, such as a date of Excel, each with what it was taken for.

    Raises
    ------
    UnreadableError
        It is no workbook, or cells, columns or sheets cannot be taken; the message names each.
    MissingExtraError
        The package python-calamine is not installed.
    """
    sheets = read_sheets(file)
    problems = list(_wrong_sheets(sheets, profile))
    frames: dict[str, pd.DataFrame] = {}
    notes: list[str] = []
    for table in profile.case_tables.values():
        frames[table.name], found, taken = _frame(table, sheets.get(table.name, []), profile)
        problems += found if table.name in sheets else []
        notes += taken
    if problems:
        count = f"{len(problems)} thing{'s' * (len(problems) != 1)} to correct; nothing was written"
        more = [f"… and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
        raise UnreadableError("\n".join([f"{file}: {count}", *problems[:SHOWN], *more]))
    return Reading(frames, notes)


def _wrong_sheets(sheets: Iterable[str], profile: Profile) -> Iterator[str]:
    for name in sheets:
        if name not in profile.case_tables and name not in BESIDE:
            hint = did_you_mean(name, [one for one in profile.case_tables if one not in sheets])
            yield f'sheet "{name}": no table of a case · {hint or "delete it, or move it to another workbook"}'
    for name in profile.case_tables:
        if name not in sheets:
            yield f'sheet "{name}" is missing · add it again, with its header alone if it has no rows'


def _frame(table: Table, rows: Rows, profile: Profile) -> tuple[pd.DataFrame, list[str], list[str]]:
    """The text of a sheet, what cannot be taken of it, and what is taken for something else."""
    fields = {field.name: field for field in table.fields.values() if not field.bound}
    header, *below = rows or [{}]
    columns, problems = _columns(table, fields, header)
    lines, notes = [], []
    for number, row in enumerate(below, start=2):
        cells: dict[str, str] = {}
        is_share = any(cell.value == UNIT for cell in row.values())
        for index, cell in row.items():
            where = f"{table.name}!{letters(index)}{number}"
            if index not in columns:
                if index not in header:
                    problems.append(f"{where}: a cell below no header · move or delete it")
                continue
            field = fields[columns[index]]
            text, note = _taken(cell, field, is_share=is_share)
            wrong = _refused(cell, field) if text is None else _wrong(text, field, profile)
            problems += [f"{where}: {field.name}{wrong}"] if wrong else []
            notes += [f"{where}: {field.name} is {note}, read as {text}"] if note and not wrong else []
            cells[field.name] = text or ""
        if cells:
            lines.append(cells)
    return pd.DataFrame(lines, columns=list(fields), dtype="str"), problems, notes


def _columns(table: Table, fields: dict[str, Field], header: dict[int, Cell]) -> tuple[dict[int, str], list[str]]:
    """The field of each column by its place, and what is wrong with the header."""
    columns: dict[int, str] = {}
    problems = []
    for index, cell in header.items():
        name, where = str(cell.value), f"{table.name}!{letters(index)}1"
        if name in table.fields and table.fields[name].bound:
            problems.append(f'{where}: "{name}" is worked out from {table.fields[name].of} · delete the column')
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


Taken = tuple[str | None, str]  # a text, and what the cell holds if that is something else; None: it is not plain


def _taken(cell: Cell, field: Field, *, is_share: bool) -> Taken:
    """The text that a cell plainly means; `is_share` says that its row has the unit %."""
    value = cell.value
    if cell.kind in {FORMULA, ERROR}:
        return None, ""
    if isinstance(value, bool):
        return (
            (str(value).lower(), f"the logical value {str(value).upper()}") if field.type == "boolean" else (None, "")
        )
    if isinstance(value, dt.date):
        return _of_day(value, cell.kind, field)
    if isinstance(value, float):
        return _of_number(value, field, is_percent=cell.kind == PERCENT, is_share=is_share)
    return _of_text(value, field, is_share=is_share) if isinstance(value, str) else (None, "")


def _of_day(day: dt.date, kind: str, field: Field) -> Taken:
    wanted = field.edtf or (field.type == "date" and kind == DAY)
    is_midnight = not isinstance(day, dt.datetime) or day.time() == dt.time()
    if not (wanted and is_midnight and kind in LENGTHS):
        return None, ""
    return day.isoformat()[: LENGTHS[kind]], "a date of Excel"


def _of_number(number: float, field: Field, *, is_percent: bool, is_share: bool) -> Taken:
    if abs(number) >= EXACT:
        return None, ""
    exact = Decimal(repr(number))
    if is_percent:
        share = _plain(exact * 100)
        return (share, f"{share}%") if field.type in NUMBERS and is_share else (None, "")
    return (_plain(exact) if number.is_integer() or field.type == "number" else None), ""


def _of_text(text: str, field: Field, *, is_share: bool) -> Taken:
    plain = text
    if field.type == "boolean" and text.lower() in TRUTH:
        plain = text.lower()
    elif field.type in NUMBERS and GROUPED.fullmatch(text):
        plain = re.sub(r"[^-0-9.]", "", text)
    elif field.type in NUMBERS and is_share and SHARE.fullmatch(text):
        plain = text.rstrip("% ")
    return plain, f'"{text}"' if plain != text else ""


def _plain(number: Decimal) -> str:
    """A number without an exponent and without a decimal part that is 0."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _refused(cell: Cell, field: Field) -> str:
    """What was found in a cell that is not plain, what was expected, and what to do."""
    expected = _expected(field)
    if cell.kind == FORMULA:
        return f" is a formula; expected {expected} · copy the cell and paste its value"
    if cell.kind == ERROR:
        return f" is an error of Excel such as #N/A; expected {expected} · type it again"
    how = (
        "type the number, and % as its unit" if cell.kind == PERCENT else "format the cell as Text, then type it again"
    )
    return f" is {_found(cell)}; expected {expected} · {how}"


def _found(cell: Cell) -> str:
    value = cell.value
    if isinstance(value, dt.date | dt.time | dt.timedelta):
        return f"{str(value).removesuffix(' 00:00:00')}, which Excel made a date"
    if isinstance(value, bool):
        return f"the logical value {str(value).upper()}"
    if cell.kind == PERCENT and isinstance(value, float):
        return f"{_plain(Decimal(repr(value)) * 100)}%"
    return f"the number {_plain(Decimal(repr(value)))}"


def _wrong(text: str, field: Field, profile: Profile) -> str:
    """What is wrong with a text, by its form alone; rules are for `policycase validate`."""
    shown, expected = f'"{text[:60]}"', _expected(field)
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


KEPT = "passages"  # the table that a sheet left empty does not empty: a command makes it, nobody types it


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import has written.

    `changes` has a row per table: table, rows, added, changed, removed. `notes` name the cells that were taken for
    something else than what was in them.
    """

    folder: Path
    changes: pd.DataFrame
    notes: list[str]


def import_workbook(workbook: str | Path, folder: str | Path | None = None, *, force: bool = False) -> Path:
    """The folder of the case whose tables a workbook holds; see `import_tables`."""
    return import_tables(workbook, folder, force=force).folder


def import_tables(workbook: str | Path, folder: str | Path | None = None, *, force: bool = False) -> Imported:
    """Write the tables that a workbook holds, and say what that has changed.

    Parameters
    ----------
    workbook
        An .xlsx or .ods that `policycase new --workbook` or `export --to workbook` made, filled in.
    folder
        Where to write; default: the workbook's name without its ending. If there is no such folder, a new case is made.
    force
        Replace the tables of the case in that folder: a row that is not in the workbook goes. Only `passages` stays as
        it is if its sheet has no rows. The descriptor, schemas and other files stay.

    Raises
    ------
    UnreadableError
        A cell, column or sheet cannot be taken; the message names each, and nothing is written. Or the folder exists,
        or holds another case than the workbook.
    MissingExtraError
        The package python-calamine is not installed.

    Notes
    -----
    Cells are taken as they stand, and bounds of dates are worked out, so a case that was written as a workbook comes
    back byte for byte.
    """
    file = Path(workbook)
    target = Path(folder or file.stem)
    if target.exists() and not force:
        msg = f"{target} exists · choose another folder, or use --force to replace its tables"
        raise UnreadableError(msg)
    package = Package.read(target) if (target / DESCRIPTOR).is_file() else None
    profile = package.profile if package else shipped_profile()
    reading = read_workbook(file, profile)
    before = _before(package, profile)
    _refuse_other_case(file, target, before, reading.tables)
    frames = {name: with_bounds(frame, profile.tables[name]) for name, frame in reading.tables.items()}
    notes = reading.notes
    if KEPT in frames and frames[KEPT].empty and len(before[KEPT]):
        frames[KEPT] = before[KEPT]
        notes = [*notes, f"{KEPT}: the sheet has no rows, so the {len(before[KEPT])} rows of the case stay"]
    tables = {name: csv_bytes(frame) for name, frame in frames.items() if frame is not before[name]}
    if package:
        _replace(package, tables)
    else:
        ids = frames["cases"]["case_id"].dropna().tolist()
        files = new_case.files(ids[0] if ids else target.name)
        write_folder(target, files | {f"{DATA}/{name}.csv": content for name, content in tables.items()}, force=force)
    rows = [_counts(profile.tables[name], before[name], frame) for name, frame in frames.items()]
    return Imported(target, pd.DataFrame(rows), notes)


def _before(package: Package | None, profile: Profile) -> dict[str, pd.DataFrame]:
    """The tables that are there; one that cannot be read counts as empty, since it is replaced."""
    frames = {}
    for name, table in profile.case_tables.items():
        frames[name] = pd.DataFrame(columns=list(table.fields), dtype="str")
        if package:
            try:
                frames[name] = read_table(package, table)
            except (UnreadableError, OSError):
                if name == KEPT:
                    raise
    return frames


def _refuse_other_case(
    file: Path, target: Path, before: dict[str, pd.DataFrame], after: dict[str, pd.DataFrame]
) -> None:
    """Raise where a workbook of one case would replace the tables of another."""
    here, there = (set(frames["cases"]["case_id"].dropna()) for frames in (before, after))
    if here and there and not here & there:
        msg = f"{file} is of {min(there)}, and {target} holds {min(here)} · choose the folder of {min(there)}"
        raise UnreadableError(msg)


def _counts(table: Table, before: pd.DataFrame, after: pd.DataFrame) -> dict[str, str | int]:
    typed = [field.name for field in table.fields.values() if not field.bound]
    changes = row_changes(table, before[typed], after[typed])
    kinds = Counter(kind for _, kind in {(key, kind) for _, key, kind, *_ in changes})
    return {"table": table.name, "rows": len(after)} | {kind: kinds[kind] for kind in ("added", "changed", "removed")}


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
