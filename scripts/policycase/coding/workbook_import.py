"""The tables of a case from a workbook."""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd

from policycase.coding.shorthand import (
    INFERRED,
    SOURCES,
    STATED,
    Support,
    authored,
    coded_sources,
    expected_of,
    inheriting,
    is_id,
    is_made,
    link_ids,
    local,
    mapped,
    positions,
    problem_of,
    takes_the_source,
    whole,
)
from policycase.coding.spreadsheets import DAY, ERROR, FORMULA, MONTH, PERCENT, YEAR, Cell, Rows, letters, read_sheets
from policycase.errors import UnreadableError, did_you_mean
from policycase.model.columns import TRUTH
from policycase.model.profile import Field, Profile, Table
from policycase.model.provenance import RECORD, in_order
from policycase.storage.csv_files import TEXT

BESIDE = ("README", "codebook", "codes", "ids")  # sheets of the workbook that are not tables of the case
EXACT = 10**15  # Excel keeps 15 digits
SHOWN = 40  # problems that a message names
GROUPED = re.compile(
    r"-?[1-9][0-9]{0,2}(?:(?P<mark>[,\u0020\u00a0\u2009\u202f'’])[0-9]{3})(?:(?P=mark)[0-9]{3})*(?:\.[0-9]+)?"
)
SHARE = re.compile(r"-?[0-9]+(?:\.[0-9]+)? ?%")
NUMBERS = {"integer", "number"}
DATE = "a date of Excel"
UNIT = "%"  # of a share, in a cell of its own
LENGTHS = {DAY: 10, MONTH: 7, YEAR: 4}  # of an ISO date, by what of it a cell shows
AT = "at"  # beside the rows of evidence: the cell that each comes from
PASSAGE, PASSAGES, EVIDENCE = "passage", "passages", "evidence"
SUPPORT = Field(
    PASSAGE,
    "Passage",
    "The passages that the row rests on, several separated by ;\n"
    "p2s2 says it, p8s2? means that a step of reasoning lies between (inferred).\n"
    "The row and its dates, status, setting, statement, hedge and the like rest on them all; "
    "p2s2:start or p2s2:start,end supports these columns alone, which then rest on nothing else; "
    "p2s2:record supports the row but none of its columns.",
    "string",
)
TOKEN = re.compile(r"(?P<passage>[^\s:?;]+)(?P<before>\?)?(?::(?P<fields>[a-z0-9_]+(?:, ?[a-z0-9_]+)*)(?P<after>\?)?)?")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a workbook holds; `places` are its cells, by table, row and column, with the row itself as ""."""

    tables: dict[str, pd.DataFrame]
    notes: list[str]
    places: dict[tuple[str, int, str], str]


def read_workbook(file: Path, profile: Profile, case_id: str, passages: Iterable[str] = ()) -> Reading:
    """The tables of a workbook that `policycase new --workbook` or `export --to workbook` made, and a coder filled in.

    Parameters
    ----------
    file
        The workbook.
    profile
        What tables and columns there are.
    case_id
        The case, if the sheet `cases` has no row.
    passages
        Ids of the passages of the case, if the sheet `passages` has no row.

    Returns
    -------
    Reading
        `tables`: a text frame for each table of a case, with the authored columns of its schema (bounds of dates are
        derived), in its order; empty cells are missing, rows without a cell left out. What a sheet leaves to be made
        is made: `case_id`, the prefix of ids, the ids of links, the one coded source, evidence (see `Support`).
        `notes`: the cells whose text is not what was in the cell, such as a date of Excel, each with what it was
        taken for.

    Raises
    ------
    UnreadableError
        It is not a workbook, or cells, columns or sheets cannot be taken; the message names each.
    MissingExtraError
        The package python-calamine is not installed.
    """
    found = read_sheets(file)
    problems = list(_wrong_sheets(found, profile))
    sheets: dict[str, _Sheet] = {}
    notes: list[str] = []
    for table in profile.case_tables.values():
        has_evidence = EVIDENCE in found
        sheets[table.name], wrong, taken = _read(table, found.get(table.name, []), profile, has_evidence=has_evidence)
        problems += wrong if table.name in found else []
        notes += taken
    places: dict[tuple[str, int, str], str] = {}
    if not problems:
        problems += _complete(sheets, profile, case_id, list(passages), places)
    if problems:
        count = f"{len(problems)} thing{'s' * (len(problems) != 1)} to correct first; other checks follow"
        more = [f"… and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
        raise UnreadableError("\n".join([f"{file}: {count}", *problems[:SHOWN], *more]))
    places |= {
        (name, row, column): sheet.where(column, row)
        for name, sheet in sheets.items()
        if name != EVIDENCE
        for row in range(len(sheet.frame))
        for column in ["", *sheet.letters]
    }
    return Reading({name: sheet.frame for name, sheet in sheets.items()}, notes, places)


@dataclass
class _Sheet:
    """A sheet as text, and where its cells are."""

    table: Table
    frame: pd.DataFrame
    passages: list[str | None]
    letters: dict[str, str]
    numbers: list[int]

    def where(self, name: str, row: int) -> str:
        return f"{self.table.name}!{self.letters.get(name, '')}{self.numbers[row]}"


def _wrong_sheets(sheets: Iterable[str], profile: Profile) -> Iterator[str]:
    for name in sheets:
        if name not in profile.case_tables and name not in BESIDE:
            hint = did_you_mean(name, [one for one in profile.case_tables if one not in sheets])
            yield f'sheet "{name}": no table of a case · {hint or "delete it, or move it to another workbook"}'
    for name in profile.case_tables:
        if name not in sheets and name != EVIDENCE:
            yield f'sheet "{name}" is missing · add it again, with its header alone if it has no rows'


def _read(table: Table, rows: Rows, profile: Profile, *, has_evidence: bool) -> tuple[_Sheet, list[str], list[str]]:
    """The text of a sheet, what cannot be taken of it, and what is taken for something else."""
    fields = {field.name: field for field in authored(table)}
    header, *below = rows or [{}]
    optional = {name for name in fields if is_made(table, fields[name])} | ({PASSAGE} if has_evidence else set())
    columns, problems = _columns(table, fields | ({PASSAGE: SUPPORT} if table.needs_evidence else {}), optional, header)
    lines, numbers, notes = [], [], []
    for number, row in enumerate(below, start=2):
        cells: dict[str, str] = {}
        is_share = any(cell.value == UNIT for cell in row.values())
        for index, cell in row.items():
            where = f"{table.name}!{letters(index)}{number}"
            if index not in columns:
                if index not in header:
                    problems.append(f"{where}: a cell below no header · move or delete it")
                continue
            field = fields.get(columns[index], SUPPORT)
            text, note = _taken(cell, field, is_share=is_share)
            wrong = _refused(cell, field) if text is None else problem_of(text, field, profile)
            problems += [f"{where}: {field.name}{wrong}"] if wrong else []
            notes += [f"{where}: {field.name} is {note}, read as {text}"] if note and not wrong else []
            cells[field.name] = text or ""
        if cells:
            lines.append(cells)
            numbers.append(number)
    frame = pd.DataFrame(lines, columns=list(fields), dtype=TEXT)
    places = {name: letters(index) for index, name in columns.items()}
    return _Sheet(table, frame, [cells.get(PASSAGE) for cells in lines], places, numbers), problems, notes


def _columns(
    table: Table, fields: dict[str, Field], optional: set[str], header: dict[int, Cell]
) -> tuple[dict[int, str], list[str]]:
    """The field of each column by its place, and what is wrong with the header."""
    columns: dict[int, str] = {}
    problems = []
    for index, cell in header.items():
        name, where = str(cell.value), f"{table.name}!{letters(index)}1"
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
    missing = [name for name in fields if name not in columns.values() and name not in optional]
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
    return day.isoformat()[: LENGTHS[kind]], DATE


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
    expected = expected_of(field)
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


def _complete(
    sheets: dict[str, _Sheet],
    profile: Profile,
    case_id: str,
    passages: list[str],
    places: dict[tuple[str, int, str], str],
) -> list[str]:
    """Fill in the generated cells, and say where those of evidence are; return what cannot be generated."""
    cases = sheets["cases"].frame["case_id"]
    if len(cases) > 1 or cases.isna().any():
        row = 1 if len(cases) > 1 else 0
        return [f"{sheets['cases'].where('case_id', row)}: a workbook is of one case, which its case_id names"]
    case_id = next(iter(cases), case_id)
    for sheet in sheets.values():
        frame = sheet.frame
        for field in authored(sheet.table):
            if is_id(field):
                frame[field.name] = mapped(frame[field.name], whole, case_id)
        if "case_id" in frame:
            frame["case_id"] = frame["case_id"].fillna(case_id)
        _fill_defaults(sheet)
    problems = [problem for sheet in sheets.values() for problem in _make_ids(sheet, case_id)]
    sources = coded_sources(sheets[SOURCES].frame) if SOURCES in sheets else []
    problems += [problem for sheet in sheets.values() for problem in _make_sources(sheet, sources)]
    if PASSAGES in sheets and EVIDENCE in sheets:
        known = list(dict.fromkeys(sheets[PASSAGES].frame["passage_id"].dropna())) or passages
        rows: list[dict[str, str]] = []
        for sheet in sheets.values():
            problems += _make_evidence(sheet, case_id, known, rows)
        own = sheets[EVIDENCE]
        frame = own.frame.assign(**{AT: [own.where("", row) for row in range(len(own.frame))]})
        keys = list(profile.tables[EVIDENCE].primary_key)
        made = pd.DataFrame(rows, columns=list(frame), dtype=TEXT)
        both = pd.concat([frame, made], ignore_index=True).drop_duplicates(keys) if rows else frame
        ordered = in_order({name: sheet.frame for name, sheet in sheets.items()} | {EVIDENCE: both}, profile)
        for row, place in enumerate(ordered[AT]):
            sheet_name, _, number = place.partition("!")
            typed = own.letters.items() if sheet_name == EVIDENCE else ()
            places |= {(EVIDENCE, row, column): f"{EVIDENCE}!{letter}{number}" for column, letter in typed}
            places[EVIDENCE, row, ""] = place
        sheets[EVIDENCE].frame = ordered.drop(columns=AT)
        fill_coding(sheets[PASSAGES].frame, ordered["passage_id"])
    return problems


def fill_coding(passages: pd.DataFrame, used: pd.Series) -> None:
    """What a coding file need not say either: a passage is coded if something rests on it, else uncoded."""
    made = ["coded" if passage else "uncoded" for passage in passages["passage_id"].isin(used)]
    passages["coding"] = passages["coding"].fillna(pd.Series(made, passages.index, dtype=TEXT))


def _fill_defaults(sheet: _Sheet) -> None:
    """What a coding file need not say either: defaults, in rows of the coded source, and the position of a goal."""
    frame = sheet.frame
    for field in authored(sheet.table):
        if field.default:
            own = frame["source_id"].isna() if field.name == "stance" else pd.Series(True, frame.index)
            frame[field.name] = frame[field.name].mask(frame[field.name].isna() & own, field.default)
    if "position" in sheet.table.fields and len(frame):
        frame["position"] = pd.Series(positions(frame), frame.index, dtype=TEXT)


def _make_ids(sheet: _Sheet, case_id: str) -> Iterator[str]:
    table, frame = sheet.table, sheet.frame
    if not table.id_parts:
        return
    empty = frame[table.key].isna()
    for part in table.id_parts:
        for row in range(len(frame)):
            if empty.iloc[row] and pd.isna(frame[part].iloc[row]):
                yield f"{sheet.where(part, row)}: {part} is empty; it is required · fill it, or delete the row"
    frame[table.key] = frame[table.key].fillna(pd.Series(link_ids(table, frame, case_id), frame.index, dtype=TEXT))


def _make_sources(sheet: _Sheet, sources: list[str]) -> Iterator[str]:
    for name, rows in takes_the_source(sheet.table, sheet.frame).items():
        empty = sheet.frame[name].isna() & rows
        if len(sources) == 1:
            sheet.frame[name] = sheet.frame[name].mask(empty, sources[0])
        elif sources:
            for row in empty.to_numpy().nonzero()[0]:
                yield f"{sheet.where(name, int(row))}: {name} is empty, and {len(sources)} sources are coded · name one"


def _make_evidence(sheet: _Sheet, case_id: str, known: list[str], rows: list[dict[str, str]]) -> Iterator[str]:
    """Add the rows of evidence that the passages of a sheet give."""
    table, there = sheet.table, set(known)
    for row, text in enumerate(sheet.passages):
        if text is None:
            continue
        record = sheet.frame.iloc[row]
        try:
            found = read_support(text, table, record, case_id)
        except _UnsupportedError as error:
            yield f'{sheet.where(PASSAGE, row)}: passage is "{text[:60]}"; {error}'
            continue
        for passage in dict.fromkeys(passage for _, passage, _ in found if passage not in there):
            name = local(passage, case_id)
            hint = did_you_mean(name, (local(one, case_id) for one in known))
            if name in {*table.fields, RECORD}:
                hint = f"join a column to its passage by a colon: p2s2:{name}, or p2s2?:{name} if inferred"
            what = f'no passage "{name}" is in this case'
            yield f"{sheet.where(PASSAGE, row)}: {what} · {hint or 'see the sheet passages'}"
        own = {"record_id": record[table.key], "case_id": case_id, AT: sheet.where(PASSAGE, row)}
        rows += [own | {"field": name, "passage_id": passage, "basis": basis} for name, passage, basis in found]


class _UnsupportedError(ValueError):
    """A cell of passages that cannot be read."""


def read_support(text: str, table: Table, record: Mapping[Any, Any] | pd.Series, case_id: str) -> list[Support]:
    """What a cell of passages says of its row; see `SUPPORT` for how it is written."""
    named: dict[str, dict[str, str]] = {}
    for token in filter(None, (part.strip() for part in text.split(";"))):
        match = TOKEN.fullmatch(token)
        if not match:
            msg = f'"{token}" is not a passage · write p2s2, p8s2? if inferred, p2s2:start for a column; separate by ;'
            raise _UnsupportedError(msg)
        basis = INFERRED if match["before"] or match["after"] else STATED
        for name in re.split(r", ?", match["fields"]) if match["fields"] else [""]:
            if name not in {"", RECORD} and (name not in table.fields or pd.isna(record[name])):
                why = "is empty in this row" if name in table.fields else f"is not a column of {table.name}"
                msg = f"{name} {why} · {'fill it in, or ' * (name in table.fields)}take :{name} out"
                raise _UnsupportedError(msg)
            passage = whole(match["passage"], case_id)
            if named.setdefault(name, {}).setdefault(passage, basis) != basis:
                msg = f"{match['passage']} is both stated and inferred · choose one"
                raise _UnsupportedError(msg)
    plain = named.pop("", {})
    support = {RECORD: plain | named.pop(RECORD, {})}
    support |= dict.fromkeys(inheriting(table, record), plain) | named
    return [(name, passage, basis) for name, of in support.items() for passage, basis in of.items()]


def write_support(support: list[Support], table: Table, record: Mapping[Any, Any] | pd.Series, case_id: str) -> str:
    """The cell of passages that `read_support` reads as this support."""
    by_field: dict[str, dict[str, str]] = {RECORD: {}}
    for name, passage, basis in support:
        by_field.setdefault(name, {})[passage] = basis
    of_row = by_field.pop(RECORD)
    heirs = inheriting(table, record)
    inherits = all(by_field.get(name) for name in heirs)
    own = {name: of for name, of in by_field.items() if not (inherits and name in heirs and of == of_row)}
    tokens: dict[str, list[str]] = {}
    for name, of in [("" if inherits else RECORD, of_row), *own.items()]:
        for passage, basis in of.items():
            tokens.setdefault(f"{local(passage, case_id)}{'?' * (basis == INFERRED)}", []).append(name)
    cells = []
    for passage, names in tokens.items():
        cells += [passage] if "" in names else []
        cells += [f"{passage}:{','.join(name for name in names if name)}"] if any(names) else []
    return "; ".join(cells)
