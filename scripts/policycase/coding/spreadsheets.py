"""Cells of an .xlsx or .ods: python-calamine reads them, once a look at the XML has found them bounded and sound.

The look also finds what python-calamine does not give: formulas, errors, percentages, and how much of a date is shown.
"""

import datetime as dt
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers.expat import ExpatError, ParserCreate

from policycase.errors import MissingExtraError, UnreadableError
from policycase.storage.locations import read_given, refuse_bytes, refuse_unsafe

ENDINGS = (".xlsx", ".ods")
MOST_ROWS, MOST_COLUMNS = 1_048_576, 1000  # of a sheet that is read; ours have some thirty columns
MOST_CELLS = 4_000_000  # of a sheet from its first to its last cell, empty ones included: some 200 MB
OLE = bytes.fromhex("d0cf11e0a1b11ae1")  # how old .xls files begin, and workbooks with a password
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
STRICT = b"http://purl.oclc.org/ooxml/"
SAVE = "save it as .xlsx (Excel workbook) or .ods"
BROKEN = (zipfile.BadZipFile, ExpatError, KeyError, ValueError, IndexError, EOFError, OSError, RuntimeError)
PERCENT, FORMULA, ERROR = "percent", "formula", "error"
DAY, MONTH, YEAR, UNCLEAR = "day", "month", "year", "unclear"  # how much of a date its cell shows
BUILT_IN = {9: PERCENT, 10: PERCENT, 14: DAY, 15: DAY, 16: UNCLEAR, 17: MONTH, 22: DAY}  # number formats of Excel
DATE_PARTS = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')  # of a number format, what is not part of a date
Value = str | float | bool | dt.date | dt.time | dt.timedelta


@dataclass(frozen=True, slots=True)
class Cell:
    """What a filled cell holds; `kind` says what the value alone does not: see the constants of this module."""

    value: Value
    kind: str = ""


Rows = list[dict[int, Cell]]


def read_sheets(file: Path) -> dict[str, Rows]:
    """The filled cells of each sheet by column, a dict per row; numbers are floats, days dates.

    Raises
    ------
    UnreadableError
        It is no .xlsx or .ods, has a password, is damaged, or a cell lies far from the table.
    UnsafePathError
        It unpacks to more than `policycase.storage.limits` allows.
    MissingExtraError
        The package python-calamine is not installed.
    """
    try:
        from python_calamine import CalamineWorkbook  # noqa: PLC0415 - an extra
    except ImportError as error:
        package, extra = "python-calamine", "excel"
        raise MissingExtraError(package, extra) from error
    content = _content(file)
    kinds = _looked(file, content)
    with _named(file), CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
        return {
            name: _rows(book.get_sheet_by_name(name).to_python(skip_empty_area=False), kinds.get(name, {}))
            for name in book.sheet_names
        }


@contextmanager
def _named(file: Path) -> Iterator[None]:
    """Any fault of the reader becomes an error that names the file; in Rust it may panic."""
    try:
        yield
    except BaseException as error:
        if isinstance(error, UnreadableError) or not (isinstance(error, Exception) or "Panic" in type(error).__name__):
            raise
        raise _unreadable(file, error) from error


def _unreadable(file: Path, error: BaseException) -> UnreadableError:
    why = (str(error).splitlines() or [type(error).__name__])[0]
    return UnreadableError(f"{file}: not readable as a workbook: {why[:200]} · {SAVE}")


def _rows(values: list[list[Value]], kinds: dict[tuple[int, int], str]) -> Rows:
    rows: Rows = [
        {
            column: Cell(value, kinds.get((row, column), ""))
            for column, value in enumerate(cells)
            if value != "" or (row, column) in kinds
        }
        for row, cells in enumerate(values)
    ]
    for (row, column), kind in kinds.items():  # errors and formulas without a value are empty to calamine
        rows += [{} for _ in range(row + 1 - len(rows))]
        rows[row].setdefault(column, Cell("", kind))
    return rows


def _content(file: Path) -> bytes:
    """The bytes of a workbook, if it is one by its ending and by its beginning."""
    if not file.is_file():
        msg = f"{file}: no such file or folder" if not file.exists() else f"{file}: a folder, not a workbook"
        raise UnreadableError(msg)
    if file.suffix.lower() not in ENDINGS:
        msg = f"{file}: {file.suffix or 'a file without an ending'} is not read · {SAVE}"
        raise UnreadableError(msg)
    content = read_given(file, "LARGEST_ARCHIVE")
    if content.startswith(OLE):
        locked = ENCRYPTED in content
        why = "has a password" if locked else "has a password, or is an old .xls"
        how = "take the password off" if locked else f"take the password off, or {SAVE}"
        msg = f"{file}: not readable, since it {why} · {how}"
        raise UnreadableError(msg)
    return content


def _looked(file: Path, content: bytes) -> dict[str, dict[tuple[int, int], str]]:
    """What there is to know of the cells of each sheet, by row and column from 0, once all of it is bounded."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            refuse_unsafe(file, archive.infolist())
            names = set(archive.namelist())
            if "xl/workbook.xml" in names and file.suffix.lower() == ".xlsx":
                return _of_excel(file, {name: archive.read(name) for name in names})
            if "content.xml" in names and file.suffix.lower() == ".ods":
                return _of_open_document(file, {name: archive.read(name) for name in names})
    except UnreadableError:
        raise
    except BROKEN as error:
        raise _unreadable(file, error) from error
    others = {
        "xl/workbook.xml": ("an Excel workbook", "rename it to .xlsx"),
        "content.xml": ("an OpenDocument spreadsheet", "rename it to .ods"),
        "Index/Document.iwa": ("an Apple Numbers document", SAVE),
    }
    what, hint = next((others[name] for name in others if name in names), ("no workbook of this kind", SAVE))
    msg = f"{file}: holds {what}, despite its ending · {hint}"
    raise UnreadableError(msg)


@dataclass
class _Sheet:
    """The extent of a sheet as it is looked at, and what there is to know of its cells."""

    file: Path
    name: str
    kinds: dict[tuple[int, int], str] = field(default_factory=dict)
    bottom: int = 0
    right: int = 0
    characters: int = 0

    def add(self, row: int, column: int, kind: str, characters: int, times: tuple[int, int] = (1, 1)) -> None:
        """One filled cell, or as many as one element stands for, downwards and to the right."""
        self.bottom, self.right = max(self.bottom, row + times[0]), max(self.right, column + times[1])
        if self.bottom > MOST_ROWS or self.right > MOST_COLUMNS or self.bottom * self.right > MOST_CELLS:
            far = f"right of column {letters(MOST_COLUMNS - 1)} or below row {MOST_ROWS}"
            if self.bottom <= MOST_ROWS and self.right <= MOST_COLUMNS:
                far = f"so far out that the sheet has {self.bottom} rows of {self.right} columns"
            msg = f'{self.file}: sheet "{self.name}" holds a cell {far} · delete what lies far from the table'
            raise UnreadableError(msg)
        self.characters += characters * times[0] * times[1]
        refuse_bytes(f'{self.file}: sheet "{self.name}"', self.characters)
        if kind:
            for down in range(times[0]):
                for along in range(times[1]):
                    self.kinds[row + down, column + along] = kind


Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], object]
Text = Callable[[str], object]


def _parse(content: bytes, start: Start, end: End = lambda _: None, text: Text = lambda _: None) -> None:
    """Call back for each element by its local name, and each piece of text; no document type is taken."""
    parser = ParserCreate()
    parser.buffer_text = True

    def refuse(*_: object) -> None:
        msg = "it declares a document type"
        raise ValueError(msg)

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda name, given: start(
        name.rpartition(":")[2], {key.rpartition(":")[2]: value for key, value in given.items()}
    )
    parser.EndElementHandler = lambda name: end(name.rpartition(":")[2])
    parser.CharacterDataHandler = text
    parser.Parse(content, True)


class _RootFoundError(Exception):
    """The first element of a document."""


def _root(content: bytes) -> str:
    """The name of the first element, which says what part of a workbook it is; empty if it is not XML."""

    def start(name: str, _: dict[str, str]) -> None:
        raise _RootFoundError(name)

    try:
        _parse(content, start)
    except _RootFoundError as error:
        return str(error)
    except ExpatError:
        if b"sheetData" in content:  # another parser may forgive what this one does not
            raise
    return ""


def _of_excel(file: Path, parts: dict[str, bytes]) -> dict[str, dict[tuple[int, int], str]]:
    if STRICT in parts["xl/workbook.xml"]:
        msg = f"{file}: is a Strict Open XML workbook, which is not read · save it as .xlsx (Excel workbook)"
        raise UnreadableError(msg)
    by_root: dict[str, list[str]] = {}
    for path, content in parts.items():
        by_root.setdefault(_root(content), []).append(path)
    names = _names(parts)
    texts = [size for path in by_root.get("sst", ()) for size in _sizes(parts[path])]
    styles = [kind for path in by_root.get("styleSheet", ()) for kind in _styles(parts[path])]
    found = {}
    for path in by_root.get("worksheet", ()):
        name = names.get(path, path)
        look = _Worksheet(_Sheet(file, name), texts, styles)
        _parse(parts[path], look.start, look.end, look.text)
        found[name] = look.sheet.kinds
    return found


def _names(parts: dict[str, bytes]) -> dict[str, str]:
    """The name of each sheet by the path of its part."""
    ids: dict[str, str] = {}
    targets: dict[str, str] = {}

    def start(name: str, given: dict[str, str]) -> None:
        if name == "sheet":
            ids[given["id"]] = given["name"]
        if name == "Relationship":
            targets[given["Id"]] = given["Target"]

    _parse(parts["xl/workbook.xml"], start)
    _parse(parts["xl/_rels/workbook.xml.rels"], start)
    paths = {key: target[1:] if target.startswith("/") else f"xl/{target}" for key, target in targets.items()}
    return {paths[key]: name for key, name in ids.items() if key in paths}


def _sizes(content: bytes) -> list[int]:
    """The characters of each shared text, which many cells may repeat."""
    sizes: list[int] = []

    def start(name: str, _: dict[str, str]) -> None:
        if name == "si":
            sizes.append(0)

    def text(piece: str) -> None:
        if sizes:
            sizes[-1] += len(piece)

    _parse(content, start, text=text)
    return sizes


def _styles(content: bytes) -> list[str]:
    """What each format of cells shows: a percentage, how much of a date, or nothing to know."""
    own: dict[str, str] = {}
    styles: list[str] = []
    inside: list[str] = []

    def start(name: str, given: dict[str, str]) -> None:
        inside.append(name)
        if name == "numFmt" and "numFmts" in inside:
            own[given["numFmtId"]] = _shown(given["formatCode"])
        if name == "xf" and "cellXfs" in inside:
            number = given.get("numFmtId", "0")
            styles.append(own.get(number, "") if number in own else BUILT_IN.get(int(number), ""))

    _parse(content, start, lambda _: inside.pop())
    return styles


def _shown(code: str) -> str:
    """What a number format shows.

    Examples
    --------
    >>> _shown("0.0%"), _shown("yyyy-mm-dd"), _shown("mmm-yy"), _shown("d-mmm"), _shown("0.00")
    ('percent', 'day', 'month', 'unclear', '')
    """
    plain = DATE_PARTS.sub("", code.partition(";")[0]).lower()
    if "%" in plain:
        return PERCENT
    if not set(plain) & set("ydm") or "general" in plain:
        return ""
    if "y" not in plain:
        return UNCLEAR
    return DAY if "d" in plain and "m" in plain else MONTH if "m" in plain else YEAR


class _Worksheet:
    """A look at the XML of one sheet of an .xlsx."""

    def __init__(self, sheet: _Sheet, texts: list[int], styles: list[str]) -> None:
        self.sheet, self.texts, self.styles = sheet, texts, styles
        self.row, self.column = -1, -1
        self.kind, self.type, self.value, self.filled = "", "", "", False

    def start(self, name: str, given: dict[str, str]) -> None:
        """Read an element."""
        if name == "row":
            self.row, self.column = int(given["r"]) - 1 if "r" in given else self.row + 1, -1
        elif name == "c":
            self.row, self.column = _place(given["r"]) if "r" in given else (self.row, self.column + 1)
            self.type, self.value, self.filled = given.get("t", "n"), "", False
            self.kind = ERROR if self.type == "e" else self._shown(int(given.get("s", 0)))
        elif name == "f":
            self.kind, self.filled = FORMULA, True
        elif name in {"v", "is"}:
            self.filled = True

    def _shown(self, style: int) -> str:
        return self.styles[style] if self.type in {"n", "d"} and style < len(self.styles) else ""

    def text(self, piece: str) -> None:
        """Take what a cell holds: a value, or the number of a shared text."""
        if self.filled:
            self.value += piece

    def end(self, name: str) -> None:
        """Take a cell into account."""
        if name == "c" and self.filled:
            shared = self.type == "s" and self.value.strip().isdecimal()
            number = int(self.value) if shared else len(self.texts)
            size = self.texts[number] if number < len(self.texts) else len(self.value)
            self.sheet.add(self.row, self.column, self.kind, size)
            self.filled = False


def _place(name: str) -> tuple[int, int]:
    """Row and column from 0 of a cell's name.

    Examples
    --------
    >>> _place("A1"), _place("AB12")
    ((0, 0), (11, 27))
    """
    found = re.fullmatch(r"\$?([A-Za-z]{1,7})\$?([0-9]{1,10})", name)
    if not found:
        msg = f'a cell is named "{name[:20]}"'
        raise ValueError(msg)
    column = 0
    for letter in found[1].upper():
        column = column * 26 + ord(letter) - 64
    return int(found[2]) - 1, column - 1


def _of_open_document(file: Path, parts: dict[str, bytes]) -> dict[str, dict[tuple[int, int], str]]:
    if b"encryption-data" in parts.get("META-INF/manifest.xml", b""):
        msg = f"{file}: not readable, since it has a password · take the password off"
        raise UnreadableError(msg)
    look = _OpenDocument(file)
    for path in ("styles.xml", "content.xml"):
        if path in parts:
            _parse(parts[path], look.start, look.end, look.text)
    return look.found


class _OpenDocument:
    """A look at the XML of an .ods, where one element may stand for many rows or cells."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.found: dict[str, dict[tuple[int, int], str]] = {}
        self.formats: dict[str, set[str]] = {}  # of dates: the parts that are shown
        self.styles: dict[str, str] = {}  # of cells: the format
        self.format = ""
        self.sheet: _Sheet | None = None
        self.defaults: list[str] = []  # the style of each column
        self.row, self.rows, self.column = 0, 1, 0
        self.cell: dict[str, str] | None = None
        self.characters = 0

    def start(self, name: str, given: dict[str, str]) -> None:
        """Read an element."""
        if name == "date-style":
            self.format = given.get("name", "")
            self.formats[self.format] = set()
        elif name in {"year", "month", "day"} and self.format:
            self.formats[self.format].add(name)
        elif name == "style" and "data-style-name" in given:
            self.styles[given.get("name", "")] = given["data-style-name"]
        elif name == "table" and "name" in given:
            self.sheet = _Sheet(self.file, given["name"])
            self.found[given["name"]] = self.sheet.kinds
            self.defaults, self.row = [], 0
        elif name == "table-column":
            room = MOST_COLUMNS - len(self.defaults)
            self.defaults += [given.get("default-cell-style-name", "")] * min(_repeats(given, "columns"), room)
        elif name == "table-row":
            self.rows, self.column = _repeats(given, "rows"), 0
        elif name in {"table-cell", "covered-table-cell"}:
            self.cell, self.characters = given, 0

    def text(self, piece: str) -> None:
        """Count what a cell shows."""
        self.characters += len(piece) * (self.cell is not None)

    def end(self, name: str) -> None:
        """Take what has ended into account."""
        if name == "date-style":
            self.format = ""
        elif name == "table-row":
            self.row += self.rows
        elif name in {"table-cell", "covered-table-cell"} and self.cell is not None:
            times = _repeats(self.cell, "columns")
            if self.sheet and ("value-type" in self.cell or "formula" in self.cell or self.characters):
                size = self.characters + len(self.cell.get("string-value", ""))
                self.sheet.add(self.row, self.column, self._kind(), size, (self.rows, times))
            self.column += times
            self.cell = None

    def _kind(self) -> str:
        given = self.cell or {}
        if "formula" in given:
            return FORMULA
        if given.get("value-type") == "error":
            return ERROR
        if given.get("value-type") == "percentage":
            return PERCENT
        if given.get("value-type") != "date":
            return ""
        default = self.defaults[self.column] if self.column < len(self.defaults) else ""
        shown = self.formats.get(self.styles.get(given.get("style-name", default), ""), {"year", "month", "day"})
        return {3: DAY, 2: MONTH, 1: YEAR}.get(len(shown), UNCLEAR) if "year" in shown else UNCLEAR


def _repeats(given: dict[str, str], of: str) -> int:
    return max(int(given.get(f"number-{of}-repeated", 1)), 1)


def letters(index: int) -> str:
    """The letters of a column by its place from 0.

    Examples
    --------
    >>> letters(0), letters(25), letters(26)
    ('A', 'Z', 'AA')
    """
    found = ""
    while index >= 0:
        index, rest = divmod(index, 26)
        found, index = chr(ord("A") + rest) + found, index - 1
    return found
