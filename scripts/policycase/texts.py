"""Text before anything else reads it: what would shift the cells of a table, what no JSON or XML can hold."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from policycase.errors import UnreadableError
from policycase.findings import Finding
from policycase.paths import refuse_large

LONGEST_CELL = 131_072  # characters
NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # what neither SVG nor GraphML can hold


def sound_text(file: Path, path: str) -> str:
    """The text of a table, with LF line ends, if every row of it is one line with as many cells as the header.

    Raises
    ------
    UnreadableError
        It is not UTF-8, holds a NUL or a lone carriage return, or a row is cut or runs into the next.
    """
    try:
        refuse_large(file)
        text = file.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
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


def sound_json(content: bytes, **hooks: Callable) -> Any:
    r"""What JSON says, read with the hooks of `json.loads`, if it can be written again.

    Raises
    ------
    ValueError
        It is not UTF-8, not JSON, nested too deep, or names half a character, as "\\ud800" does.
    """
    try:
        document = json.loads(content.decode("utf-8"), **hooks)
        if b"\\u" in content:
            json.dumps(document, ensure_ascii=False).encode()
    except RecursionError as error:
        msg = "nested too deep"
        raise ValueError(msg) from error
    return document


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
