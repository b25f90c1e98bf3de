"""The tables of a case from a workbook."""

import datetime as dt
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pandas as pd

from policycase.analysis.changes import row_changes
from policycase.coding import new_case
from policycase.coding.render import derived
from policycase.coding.spreadsheets import DAY, ERROR, FORMULA, MONTH, PERCENT, YEAR, Cell, Rows, letters, read_sheets
from policycase.errors import DateError, UnreadableError, did_you_mean
from policycase.model.columns import EXPECTED, FORMS, TRUTH
from policycase.model.dates import FORMS as DATES
from policycase.model.dates import bounds
from policycase.model.package import Package
from policycase.model.profile import DATA, Field, Profile, Table, refuse_other_profile, shipped_profile
from policycase.model.provenance import ASSERTS, RECORD, in_order
from policycase.model.tables import read_table
from policycase.storage.csv_files import TEXT, csv_bytes
from policycase.storage.locations import DESCRIPTOR, inside
from policycase.storage.writing import put_back, staged, write_folder

BESIDE = ("README", "codebook", "codes", "ids")  # sheets of the workbook that are not tables of the case
EXACT = 10**15  # Excel keeps 15 digits
SHOWN = 40  # problems that a message names
GROUPED = re.compile(
    r"-?[1-9][0-9]{0,2}(?:(?P<mark>[,\u0020\u00a0\u2009\u202f'’])[0-9]{3})(?:(?P=mark)[0-9]{3})*(?:\.[0-9]+)?"
)
SHARE = re.compile(r"-?[0-9]+(?:\.[0-9]+)? ?%")
NUMBERS = {"integer", "number"}
UNIT = "%"  # of a share, in a cell of its own
LENGTHS = {DAY: 10, MONTH: 7, YEAR: 4}  # of an ISO date, by what of it a cell shows
PASSAGE, PASSAGES, EVIDENCE, SOURCES = "passage", "passages", "evidence", "sources"
STATED, INFERRED = "stated", "inferred"
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
    """What a workbook holds."""

    tables: dict[str, pd.DataFrame]
    notes: list[str]


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
    if not problems:
        problems += _complete(sheets, profile, case_id, set(passages))
    if problems:
        count = f"{len(problems)} thing{'s' * (len(problems) != 1)} to correct; nothing was written"
        more = [f"… and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
        raise UnreadableError("\n".join([f"{file}: {count}", *problems[:SHOWN], *more]))
    return Reading({name: sheet.frame for name, sheet in sheets.items()}, notes)


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
            wrong = _refused(cell, field) if text is None else _wrong(text, field, profile)
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


def authored(table: Table) -> list[Field]:
    """The columns that are authored; the others are derived."""
    return [field for field in table.fields.values() if field.authored]


def is_made(table: Table, field: Field) -> bool:
    """Whether an import can make a whole column: the case of a row, the id of a link."""
    return (field.name == "case_id" and table.key != "case_id") or (bool(table.id_parts) and field.name == table.key)


def is_id(field: Field) -> bool:
    """Whether a column holds ids of records of the case, whose prefix nobody types."""
    return field.name.endswith("_id") and field.name != "case_id" and field.type == "string" and not field.identifier


def local(text: str, case_id: str) -> str:
    """An id without the prefix that an import puts before it.

    Examples
    --------
    >>> local("kgz-leph:nsp", "kgz-leph"), local("kgz-leph", "kgz-leph"), local("usa-lead:x", "kgz-leph")
    ('nsp', 'kgz-leph', 'usa-lead:x')
    """
    rest = text.removeprefix(f"{case_id}:")
    return text if not rest or ":" in rest or rest == case_id else rest


def whole(text: str, case_id: str) -> str:
    """An id with its prefix.

    Examples
    --------
    >>> whole("nsp", "kgz-leph"), whole("kgz-leph", "kgz-leph")
    ('kgz-leph:nsp', 'kgz-leph')
    """
    return text if ":" in text or text == case_id else f"{case_id}:{text}"


def link_ids(table: Table, frame: pd.DataFrame, case_id: str) -> list[str]:
    """The ids of links, made of their parts; a further row of the same parts adds --2, --3."""
    counts: Counter[str] = Counter()
    made = []
    for parts in frame[list(table.id_parts)].fillna("").itertuples(index=False):
        name = f"{case_id}:{'--'.join(part.rpartition(':')[2] for part in parts)}"
        counts[name] += 1
        made.append(name if counts[name] == 1 else f"{name}--{counts[name]}")
    return made


def takes_the_source(table: Table, frame: pd.DataFrame) -> dict[str, pd.Series]:
    """The columns that name a source, and the rows in which an empty cell means the one coded source."""
    return {
        link.fields[0]: frame["stance"].eq(ASSERTS)
        if "stance" in frame
        else pd.Series(table.fields[link.fields[0]].required, frame.index)
        for link in table.parents
        if link.table == SOURCES and table.name != SOURCES
    }


def coded_sources(sources: pd.DataFrame) -> list[str]:
    """The ids of the sources that were coded."""
    return sources.loc[sources["source_use"].eq("coded"), "source_id"].dropna().tolist()


def _complete(sheets: dict[str, _Sheet], profile: Profile, case_id: str, passages: set[str]) -> list[str]:
    """Fill in the generated cells; yield what cannot be generated from the cells given."""
    cases = sheets["cases"].frame["case_id"]
    if len(cases) > 1 or cases.isna().any():
        row = 1 if len(cases) > 1 else 0
        return [f"{sheets['cases'].where('case_id', row)}: a workbook is of one case, which its case_id names"]
    case_id = next(iter(cases), case_id)
    for sheet in sheets.values():
        frame = sheet.frame
        for field in authored(sheet.table):
            if is_id(field):
                frame[field.name] = _mapped(frame[field.name], whole, case_id)
        if "case_id" in frame:
            frame["case_id"] = frame["case_id"].fillna(case_id)
    problems = [problem for sheet in sheets.values() for problem in _make_ids(sheet, case_id)]
    sources = coded_sources(sheets[SOURCES].frame) if SOURCES in sheets else []
    problems += [problem for sheet in sheets.values() for problem in _make_sources(sheet, sources)]
    if PASSAGES in sheets and EVIDENCE in sheets:
        known = set(sheets[PASSAGES].frame["passage_id"].dropna()) or passages
        rows: list[dict[str, str]] = []
        for sheet in sheets.values():
            problems += _make_evidence(sheet, case_id, known, rows)
        frame = sheets[EVIDENCE].frame
        made = pd.DataFrame(rows, columns=list(frame), dtype=TEXT)
        keys = list(profile.tables[EVIDENCE].primary_key)
        both = pd.concat([frame, made], ignore_index=True).drop_duplicates(keys) if rows else frame
        frames = {name: sheet.frame for name, sheet in sheets.items()} | {EVIDENCE: both}
        sheets[EVIDENCE].frame = in_order(frames, profile)
    return problems


def _mapped(cells: pd.Series, change: Callable[[str, str], str], case_id: str) -> pd.Series:
    """Ids with or without their prefix; `map` would make numbers of a column that has none."""
    return pd.Series([text if pd.isna(text) else change(text, case_id) for text in cells], cells.index, dtype=TEXT)


def without_prefix(cells: pd.Series, case_id: str) -> pd.Series:
    """The ids of a column as `local` has them."""
    return _mapped(cells, local, case_id)


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


def _make_evidence(sheet: _Sheet, case_id: str, known: set[str], rows: list[dict[str, str]]) -> Iterator[str]:
    """Add the rows of evidence that the passages of a sheet give."""
    table = sheet.table
    for row, text in enumerate(sheet.passages):
        if text is None:
            continue
        record = sheet.frame.iloc[row]
        try:
            found = read_support(text, table, record, case_id)
        except _UnsupportedError as error:
            yield f'{sheet.where(PASSAGE, row)}: passage is "{text[:60]}"; {error}'
            continue
        for passage in dict.fromkeys(passage for _, passage, _ in found if passage not in known):
            hint = did_you_mean(local(passage, case_id), (local(one, case_id) for one in known))
            what = f'no passage "{local(passage, case_id)}" is in this case'
            yield f"{sheet.where(PASSAGE, row)}: {what} · {hint or 'see the sheet passages'}"
        own = {"record_id": record[table.key], "case_id": case_id}
        rows += [own | {"field": name, "passage_id": passage, "basis": basis} for name, passage, basis in found]


class _UnsupportedError(ValueError):
    """A cell of passages that cannot be read."""


Support = tuple[str, str, str]  # field, passage_id, basis


def inheriting(table: Table, record: pd.Series) -> list[str]:
    """The fields of a row that rest on its passages unless a passage names them: filled, and in need of evidence."""
    return [
        field.name
        for field in table.fields.values()
        if field.evidence
        and field.name not in table.id_parts
        and not pd.isna(record[field.name])
        and record[field.name] != field.silent
    ]


def read_support(text: str, table: Table, record: pd.Series, case_id: str) -> list[Support]:
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
                why = "is empty" if name in table.fields else f"is not a column of {table.name}"
                msg = f"{name} {why} · take :{name} out"
                raise _UnsupportedError(msg)
            passage = whole(match["passage"], case_id)
            if named.setdefault(name, {}).setdefault(passage, basis) != basis:
                msg = f"{match['passage']} is both stated and inferred · choose one"
                raise _UnsupportedError(msg)
    plain = named.pop("", {})
    support = {RECORD: plain | named.pop(RECORD, {})}
    support |= dict.fromkeys(inheriting(table, record), plain) | named
    return [(name, passage, basis) for name, of in support.items() for passage, basis in of.items()]


def write_support(support: list[Support], table: Table, record: pd.Series, case_id: str) -> str:
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


KEPT = PASSAGES  # the table that a sheet left empty does not empty: a command makes it, nobody types it


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
        Where to write; default: the workbook's name without its ending. A folder that does not exist is made.
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
    refuse_other_profile(profile)
    before = _before(package, profile)
    case_id = str(package.descriptor.get("name", "")) if package else target.name
    reading = read_workbook(file, profile, case_id, before[KEPT]["passage_id"].dropna())
    _refuse_other_case(file, target, before, reading.tables)
    frames, notes = dict(reading.tables), reading.notes
    if KEPT in frames and frames[KEPT].empty and len(before[KEPT]):
        frames[KEPT] = before[KEPT]
        notes = [*notes, f"{KEPT}: the sheet has no rows, so the {len(before[KEPT])} rows of the case stay"]
    frames = derived(frames, profile)
    tables = {name: csv_bytes(frame) for name, frame in frames.items()}
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
        frames[name] = pd.DataFrame(columns=list(table.fields), dtype=TEXT)
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
    typed = [field.name for field in table.fields.values() if field.authored]
    changes = row_changes(table, before[typed], after[typed])
    kinds = Counter(kind for _, kind in {(key, kind) for _, key, kind, *_ in changes})
    return {"table": table.name, "rows": len(after), **{kind: kinds[kind] for kind in ("added", "changed", "removed")}}


def _replace(package: Package, tables: dict[str, bytes]) -> None:
    """Put the tables into a package, all of them or none; what else lies beside them stays."""
    paths = {name: Path(package.paths.get(name, "")) for name in tables}
    given = list(paths.values())
    wrong = [
        f"no resource is named {name}" if name not in package.paths else f"the path of {name}, {path}, {why}"
        for name, path in paths.items()
        for why in [f"is not in {DATA}/" if path.parent != Path(DATA) else "is that of another table"]
        if path.parent != Path(DATA) or given.count(path) > 1
    ]
    if wrong:
        msg = f"{package.root / DESCRIPTOR}: {wrong[0]} · run: policycase validate"
        raise UnreadableError(msg)
    put_back(package.root / DATA)
    with staged(inside(package.root, DATA).resolve(), force=True) as place:
        try:
            shutil.copytree(package.root / DATA, place, symlinks=True)
        except shutil.Error as error:  # a pipe, a device, or what may not be read: each with its reason
            source, _, why = error.args[0][0]
            msg = f"{source}: cannot be copied: {why} · take it out of {DATA}/"
            raise UnreadableError(msg) from error
        for name, content in tables.items():
            (place / paths[name].name).unlink(missing_ok=True)  # a link would lead the writing out of the package
            (place / paths[name].name).write_bytes(content)
