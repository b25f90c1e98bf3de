"""The reader and writer of CSV: every cell is text, and a problem has its line."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd

from policycase.errors import TooLargeError, UnreadableError
from policycase.findings import Finding
from policycase.storage.limits import few, how_to_raise, limit

LONGEST_CELL = 131_072  # characters
AS_CSV = 'save it as "CSV UTF-8 (comma delimited)"'
BOM = b"\xef\xbb\xbf"
NO_TABLES = {
    (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"): ("a workbook or an archive", f"open it and {AS_CSV}"),
    (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!"): ("a compressed file", "unpack it"),
    (b"%PDF-", b"{\\rtf", b"PAR1", b"SQLite format 3\0"): ("a file of another program", f"open it there and {AS_CSV}"),
    (b"<!doctype", b"<html"): ("a web page", "download the file itself, not the page that shows it"),
    (b"<?xml", b"[{", b'{"'): ("XML or JSON", "write the table as CSV"),
    (b"version https://git-lfs",): ("a Git LFS pointer; the file itself was not downloaded", "run: git lfs pull"),
}  # what a file in the place of a table is, by how it begins
LONGEST_SIGN = 64  # bytes, with what may be before a sign
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars", " ": "spaces"}
SEPARATED = re.compile(r"""\W*\w+"?([^\w",.:-])"?\w""")  # two names, and what is between them
NO_NUMBERS = "write the table without them: in R row.names = FALSE, in pandas index=False"
CONFLICT = ("<<<<<<< ", "||||||| ", "=======", ">>>>>>> ")


@dataclass(frozen=True, eq=False)
class CsvFile:
    """A CSV file as text: every cell, and what is wrong with the form of the file.

    Attributes
    ----------
    path
        Where it is in its package.
    content
        Its bytes.
    header
        The names of the columns, without quotes and without spaces around them.
    rows
        The cells below the header, row by row. Where there is no error, row `n` is on line `n + 2` and has as
        many cells as the header.
    findings
        Errors where the cells cannot be trusted; warnings where they can, though other programs may stumble.
    """

    path: str
    content: bytes
    header: list[str]
    rows: list[list[str]]
    findings: tuple[Finding, ...]

    @classmethod
    def of(cls, content: bytes, path: str) -> Self:
        """The file of some bytes."""
        text, found = _decoded(content, path)
        if text is None:
            return cls(path, content, [], [], tuple(found))
        rows, of_rows = _rows(text, path)
        stopped = any(finding.severity == "error" for finding in found)
        header = [name.strip() for name in rows[0]] if rows else []
        return cls(path, content, header, rows[1:], (*found, *([] if stopped else few(of_rows, path))))

    @cached_property
    def columns(self) -> list[tuple[str, ...]]:
        """The cells column by column, of rows that all have as many cells as the header."""
        return list(zip(*self.rows, strict=True)) if self.rows else [()] * len(self.header)

    def refuse_errors(self) -> None:
        """Raise unless every cell can be trusted.

        Raises
        ------
        UnreadableError
            The file has an error; the message names the first.
        """
        for finding in self.findings:
            if finding.severity == "error":
                raise UnreadableError(str(finding).replace(f"  [{finding.rule}]", " · run: policycase validate"))


def refuse_cells(content: bytes, path: str) -> None:
    """Raise unless a table has few enough cells to be read: short ones take much more memory than their bytes.

    Raises
    ------
    TooLargeError
        There are more than the limit; a comma within a cell is counted as one more.
    """
    cells = content.count(b",") + content.count(b"\n")
    if cells > limit("MOST_CELLS"):
        msg = f"{path}: {cells} cells are too many to read · {how_to_raise('MOST_CELLS')}"
        raise TooLargeError(msg)


def _decoded(content: bytes, path: str) -> tuple[str | None, list[Finding]]:
    """The text of a CSV file, if it is one, and what is wrong with its bytes."""
    if not content.removeprefix(BOM).strip():
        hint = "write the header line; a table without rows is its header alone"
        return None, [Finding("file-is-not-empty", "the file is empty", hint, path=path)]
    if wide := wide_encoding(content):
        return None, [Finding("file-is-utf-8", f"the file is {wide}; expected UTF-8", AS_CSV, path=path)]
    beginning = content[:LONGEST_SIGN].removeprefix(BOM).lstrip().lower()
    for signs, (what, hint) in NO_TABLES.items():
        if beginning.startswith(tuple(sign.lower() for sign in signs)):
            return None, [Finding("file-is-csv", f"not a CSV file but {what}", hint, path=path)]
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return None, [Finding("file-is-utf-8", f"byte {error.start} is not UTF-8", AS_CSV, path=path, line=line)]
    wrong = [*_separator(text, path), *_characters(text, path)]
    return text, wrong or [*_habits(content, text, path)]


def _separator(text: str, path: str) -> Iterator[Finding]:
    """Cells that are not separated by commas."""
    first, second = [*text.split("\n", 2), ""][:2]
    if first.lower().startswith("sep="):
        message, hint = f'begins with "{first.strip()}", a line that only Excel reads', "delete the line"
        yield Finding("file-has-commas", message, hint, path=path, line=1)
        return
    separated = SEPARATED.match(first) if "," not in first else None
    if separated and (separated[1] in ";\t|" or "," not in second):  # else the first line is a remark
        name = SEPARATORS.get(separated[1], f'"{separated[1]}"')
        hint = f"{AS_CSV}; if Excel still writes {name}, save it with LibreOffice and a comma as field delimiter"
        message = f"the cells are separated by {name}; expected commas"
        yield Finding("file-has-commas", message, hint, path=path, line=1)


def _characters(text: str, path: str) -> Iterator[Finding]:
    """A character that no table holds, the first of each kind."""
    bare = re.search("\r(?!\n)", text)
    nul = text.find("\0")
    for place, rule, message in (
        (bare.start() if bare else -1, "line-ends-are-whole", "a carriage return without a line feed"),
        (nul, "file-has-no-nul", "a NUL character"),
    ):
        if place >= 0:
            yield Finding(rule, message, AS_CSV, path=path, line=text.count("\n", 0, place) + 1)
            return


def _habits(content: bytes, text: str, path: str) -> Iterator[Finding]:
    """What programs add or leave out, and every reader here takes."""
    for is_so, rule, message in (
        (content.startswith(BOM), "file-has-no-bom", "begins with a byte order mark"),
        ("\r" in text, "file-has-lf-line-ends", "lines end with CR and LF; here files have LF alone"),
        (not text.endswith("\n"), "file-ends-with-newline", "does not end with a line end"),
    ):
        if is_so:
            yield Finding(rule, message, "to write it anew, run: policycase render", "warning", path)


def _rows(text: str, path: str) -> tuple[list[list[str]], list[Finding]]:
    """The rows of a CSV text, the header among them, and those that are not one line with as many cells as it."""
    rows: list[list[str]] = []
    found: list[Finding] = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    shifted = False  # whether line and row numbers differ from here on
    try:
        for row in reader:
            rows.append(row)
            if not shifted:
                problem = _problem(row, len(rows[0]), len(rows), reader.line_num, path)
                found += [problem] if problem else []
                shifted = problem is not None and problem.rule != "row-has-every-cell"
    except csv.Error as error:
        message, hint = f"not readable as CSV: {error}", "close its quote; a quote within a cell is written twice"
        if not shifted:
            found.append(Finding("row-is-csv", message, hint, path=path, line=len(rows) + 1))
        rows = _lenient(text)
    of_all = None if shifted else _of_every_row(rows, path)
    return rows, [of_all] if of_all else found


def _of_every_row(rows: list[list[str]], path: str) -> Finding | None:
    """What is wrong with the width of every row alike, which is one fault of the program that wrote the file."""
    header, below = (rows or [[]])[0], rows[1:]
    width = len(below[0]) if below else 0
    if width <= len(header) or any(len(row) != width for row in below):
        return None
    numbers = [row[0] for row in below]
    if width == len(header) + 1 and numbers in [list(map(str, range(start, len(below) + start))) for start in (0, 1)]:
        message, hint = "every row begins with its number, which has no column", NO_NUMBERS
    elif width == len(header) + 1 and not any(row[-1] for row in below):
        message, hint = "every row below the header ends with a comma too many", "delete it"
    elif len(header) * 2 < width:
        message = f"the first line has {_cells(len(header))}; every line below has {width}"
        hint = "the first line is the header: delete what is above it"
    else:
        return None
    return Finding("row-has-every-cell", message, hint, path=path, line=1)


def _cells(count: int) -> str:
    return f"{count} cell{'s' * (count != 1)}"


def _problem(row: list[str], width: int, number: int, line: int, path: str) -> Finding | None:
    """What is wrong with the form of one row."""
    longest = max(map(len, row), default=0)
    if longest > LONGEST_CELL:  # csv's own limit is for the whole process, and others lift it
        message = f"a cell of more than {LONGEST_CELL} characters"
        return Finding("row-is-csv", message, "write a shorter text", path=path, line=number)
    if line != number:
        message = "a cell holds a line break, or a quote is not closed"
        return Finding("row-is-one-line", message, "write the cell on one line", path=path, line=number)
    if len(row) == width:
        return None
    message = _cells(len(row)) if row else "an empty line"
    message += f"; the header has {width} column{'s' * (width != 1)}"
    hint = "quote cells that hold a comma" if len(row) > width else "write a comma for each empty cell"
    if not "".join(row).strip(" \t\x1a"):  # Ctrl-Z, with which DOS ends a file
        hint = "delete the line"
    if row and row[0].startswith(CONFLICT):
        message, hint = "a mark of a merge conflict in Git", "resolve the conflict and delete its marks"
    return Finding("row-has-every-cell", message, hint, path=path, line=number)


def _lenient(text: str) -> list[list[str]]:
    """The rows of a text that is not strict CSV, as other programs read it, as far as they do."""
    rows: list[list[str]] = []
    with suppress(csv.Error):
        rows.extend(csv.reader(io.StringIO(text, newline="")))
    return rows


def wide_encoding(content: bytes) -> str:
    """UTF-16, the text that Excel calls Unicode and older PowerShell writes, or UTF-32; empty where bytes are neither.

    Either may begin with its mark or not.
    """
    for name, marks, width in (
        ("UTF-32", (b"\xff\xfe\0\0", b"\0\0\xfe\xff"), 4),
        ("UTF-16", (b"\xff\xfe", b"\xfe\xff"), 2),
    ):
        if content.startswith(marks) or (len(content) >= width and content[:width].count(0) == width - 1):
            return name
    return ""


CELLS = pd.StringDtype("python", na_value=np.nan)  # rules look cells up in sets, slow with Arrow's strings
TEXT = pd.StringDtype(na_value=np.nan)  # what pandas calls "str", whatever its options say


def text_frame(file: CsvFile) -> pd.DataFrame:
    """A CSV file as a frame of text; only the empty cell is missing, so that `NA` stays a word.

    Raises
    ------
    UnreadableError
        The cells cannot be trusted; the message names the first line.
    """
    file.refuse_errors()
    columns = {}
    for number, cells in enumerate(file.columns):
        texts = np.array(cells, dtype=object)
        texts[texts == ""] = np.nan
        columns[number] = pd.array(texts, dtype=CELLS)
    return pd.DataFrame(columns, index=pd.RangeIndex(len(file.rows))).set_axis(file.header, axis=1)


def csv_bytes(text: pd.DataFrame) -> bytes:
    """A text frame as the bytes of its file: comma, UTF-8, LF, missing cells empty."""
    return text.to_csv(index=False, lineterminator="\n").encode()


COMMA, LINE, QUOTE = b',\n"'
MARKS = bytes(byte if byte in b',\n"' else 0 for byte in range(256))  # what separates cells and surrounds quotes
AT_ONCE = 2**20  # bytes that pass the gate together: few enough to stay in the processor's cache


def gate(bodies: Sequence[bytes | None], width: int) -> list[bool]:
    """Whether each file's rows can be joined with others without a cell of theirs moving.

    Parameters
    ----------
    bodies
        The bytes after each header; None for a file whose header is another one.
    width
        Cells in each row.
    """
    passed = [body is not None and _is_plain(body) for body in bodies]
    texts = [body or b"" for body in bodies]
    for quoted in (False, True):  # most tables have no quote, and are looked at in half the time
        some = [number for number, body in enumerate(bodies) if passed[number] and body and (b'"' in body) == quoted]
        for numbers in _parts(some, texts):
            for place in _with_irregular_lines([texts[number] for number in numbers], width):
                passed[numbers[place]] = False
    return passed


def _parts(numbers: Sequence[int], bodies: Sequence[bytes]) -> Iterator[list[int]]:
    """The numbers in parts of some `AT_ONCE` bytes."""
    part: list[int] = []
    size = 0
    for number in numbers:
        part.append(number)
        size += len(bodies[number])
        if size > AT_ONCE:
            yield part
            part, size = [], 0
    if part:
        yield part


def _is_plain(body: bytes) -> bool:
    """Whether the bytes are UTF-8 text with LF line ends, the last one included."""
    if b"\r" in body or b"\0" in body or (body and not body.endswith(b"\n")):
        return False
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _with_irregular_lines(bodies: Sequence[bytes], width: int) -> set[int]:
    """The numbers of files with a line that is too long, has too many or few cells, or a quote within one."""
    letters = np.frombuffer(b"".join(bodies).translate(MARKS), np.uint8)  # 0 but for commas, line ends and quotes
    places = np.flatnonzero(letters != 0)  # three times as quick as of the letters themselves
    marks = letters[places]
    ends = np.flatnonzero(marks == LINE)
    quotes = marks == QUOTE
    cells = np.diff(ends, prepend=-1)  # each line, where no comma is in quotes
    irregular = np.diff(places[ends], prepend=-1) > LONGEST_CELL
    if quotes.any():
        line = np.repeat(np.arange(len(ends)), cells)  # of each mark
        quotes_so_far = np.cumsum(quotes)
        quotes_before = np.concatenate([[0], quotes_so_far[ends][:-1]])  # each line
        within = (quotes_so_far - quotes_before[line]) % 2 == 1  # whether what follows the mark is in quotes
        cells = np.diff(np.cumsum((marks == COMMA) & ~within)[ends], prepend=0) + 1
        of_quotes = places[quotes]
        outer = np.where(within[quotes], letters[of_quotes - 1], letters[(of_quotes + 1) % len(letters)])
        irregular |= within[ends]
        irregular[line[quotes][outer == 0]] = True
    file_ends = np.cumsum([len(body) for body in bodies])
    return set(np.searchsorted(file_ends, places[ends][irregular | (cells != width)], side="right").tolist())
