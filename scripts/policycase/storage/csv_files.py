"""The reader and writer of CSV: every cell is text, and a problem has its line."""

import csv
import io
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd

from policycase.errors import UnreadableError
from policycase.findings import Finding
from policycase.storage.locations import read_bytes

LONGEST_CELL = 131_072  # characters


def sound_text(root: Path, path: str) -> str:
    """The text of a table, with LF line ends, if every row of it is one line with as many cells as the header.

    Raises
    ------
    UnreadableError
        It is not UTF-8, holds a NUL or a lone carriage return, or a row is cut or runs into the next.
    """
    try:
        text = read_bytes(root, path).decode("utf-8-sig").replace("\r\n", "\n")
    except (OSError, ValueError) as error:
        msg = f"{path}: cannot be read as CSV in UTF-8: {error} · run: policycase validate"
        raise UnreadableError(msg) from error
    for character, name in (("\0", "a NUL"), ("\r", "a lone carriage return")):
        if character in text:
            msg = f"{path}: holds {name} · run: policycase validate"
            raise UnreadableError(msg)
    for problem in row_problems(path, text):
        msg = f"{problem.path}:{problem.line}: {problem.message} · {problem.hint}"
        raise UnreadableError(msg)
    return text


def row_problems(path: str, text: str) -> Iterator[Finding]:
    """Rows of a CSV text that are not one line with as many cells as the header."""
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    width = 0
    try:
        for number, row in enumerate(rows, start=1):
            width = width or len(row)
            if any(
                len(cell) > LONGEST_CELL for cell in row
            ):  # csv's own limit is for the whole process, and others lift it
                message = f"a cell of more than {LONGEST_CELL} characters"
                yield Finding("row-is-csv", message, "write a shorter text", path=path, line=number)
                return
            if rows.line_num != number:
                yield Finding(
                    "row-is-one-line",
                    "a cell holds a line break, or a quote is not closed",
                    "write the cell on one line",
                    path=path,
                    line=number,
                )
                return
            if len(row) != width:
                found = f"{len(row)} cells" if row else "an empty line"
                yield Finding(
                    "row-has-every-cell",
                    f"{found}; the header has {width} columns",
                    "quote cells that hold a comma; take empty lines out",
                    path=path,
                    line=number,
                )
    except csv.Error as error:
        message = f"not readable as CSV: {error}"
        yield Finding("row-is-csv", message, "close the quote", path=path, line=rows.line_num)


CELLS = pd.StringDtype("python", na_value=np.nan)  # rules look cells up in sets, slow with Arrow's strings
TEXT = pd.StringDtype(na_value=np.nan)  # what pandas calls "str", whatever its options say
HAS_ARROW = find_spec("pyarrow") is not None


def read_csv(root: Path, path: str) -> pd.DataFrame:
    """A CSV file of a package with every cell as text, if no row of it would shift cells."""
    return parsed(io.BytesIO(sound_text(root, path).encode()), path)


def parsed(content: BinaryIO, path: str) -> pd.DataFrame:
    """CSV with every cell as text; only the empty cell is missing, so that `NA` stays a word."""
    try:
        return pd.read_csv(content, dtype=CELLS, keep_default_na=False, na_values=[""], index_col=False)
    except ValueError as error:  # pandas' ParserError is one
        msg = f"{path}: cannot be read as CSV in UTF-8: {error} · run: policycase validate"
        raise UnreadableError(msg) from error


def parsed_quickly(content: BinaryIO) -> pd.DataFrame:
    """CSV of which each line is one row with all its cells: the same texts, as `str`, which Arrow keeps if it is there.

    pyarrow's parser needs a third of the time of pandas' own and the conversion.
    """
    engine = "pyarrow" if HAS_ARROW else "c"
    return pd.read_csv(content, dtype=TEXT, keep_default_na=False, na_values=[""], engine=engine)


def csv_bytes(text: pd.DataFrame) -> bytes:
    """A text frame as the bytes of its file: comma, UTF-8, LF, missing cells empty."""
    return text.to_csv(index=False, lineterminator="\n").encode()


COMMA, LINE, QUOTE = b',\n"'
MARKS = bytes(byte if byte in b',\n"' else 0 for byte in range(256))  # what parts cells and stands around quotes
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
    for quoted in (False, True):  # most tables have no quote, and are looked at in half the time
        some = [number for number, body in enumerate(bodies) if passed[number] and body and (b'"' in body) == quoted]
        for numbers in _parts(some, bodies):
            for place in _with_odd_lines([bodies[number] for number in numbers], width):
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


def _with_odd_lines(bodies: Sequence[bytes], width: int) -> set[int]:
    """The numbers of files with a line that is too long, has too many or few cells, or a quote within one."""
    letters = np.frombuffer(b"".join(bodies).translate(MARKS), np.uint8)  # 0 but for commas, line ends and quotes
    places = np.flatnonzero(letters != 0)  # three times as quick as of the letters themselves
    marks = letters[places]
    ends = np.flatnonzero(marks == LINE)
    quotes = marks == QUOTE
    cells = np.diff(ends, prepend=-1)  # each line, where no comma is in quotes
    odd = np.diff(places[ends], prepend=-1) > LONGEST_CELL
    if quotes.any():
        line = np.repeat(np.arange(len(ends)), cells)  # of each mark
        quotes_so_far = np.cumsum(quotes)
        quotes_before = np.concatenate([[0], quotes_so_far[ends][:-1]])  # each line
        within = (quotes_so_far - quotes_before[line]) % 2 == 1  # whether what follows the mark is in quotes
        cells = np.diff(np.cumsum((marks == COMMA) & ~within)[ends], prepend=0) + 1
        of_quotes = places[quotes]
        outer = np.where(within[quotes], letters[of_quotes - 1], letters[(of_quotes + 1) % len(letters)])
        odd |= within[ends]
        odd[line[quotes][outer == 0]] = True
    file_ends = np.cumsum([len(body) for body in bodies])
    return set(np.searchsorted(file_ends, places[ends][odd | (cells != width)], side="right").tolist())
