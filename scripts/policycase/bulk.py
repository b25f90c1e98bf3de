"""Many packages read at once: the bytes of one table joined, then one read, with the outcome of reading each.

A stray quote or a long row shifts cells silently where bytes are joined. So each file passes a gate first: its
header's bytes, no carriage return or NUL, a final line end, quotes only around whole cells, no line break in a cell,
no line longer than a cell may be, and in each line as many cells as in the header. A file that does not pass is read
by itself, and joins the others as it would be written.
"""

import io
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from policycase.descriptor import Package
from policycase.errors import UnreadableError
from policycase.loading import csv_bytes, parsed, read_table
from policycase.paths import refuse_large
from policycase.profiles import Table
from policycase.tables import Tables, places
from policycase.texts import LONGEST_CELL

COMMA, LINE, QUOTE = b',\n"'
MARKS = np.isin(np.arange(256), list(b',\n"'))  # what parts cells, and what may stand on the outer side of a quote
AT_ONCE = 2**20  # bytes that pass the gate together: few enough to stay in the processor's cache


def read_many(packages: Mapping[str, Package], names: Collection[str] | None = None) -> Tables:
    """The tables of packages under one profile as text, one package after the other; each path behind its prefix.

    Parameters
    ----------
    packages
        Packages by the prefix that is put before their paths, in the order of the rows.
    names
        The tables that are wanted; None is all. Vocabularies are the first package's.

    Raises
    ------
    UnreadableError
        A table is missing, its header differs from its schema, or it cannot be read.
    """
    profile = next(iter(packages.values())).profile
    frames, paths = {}, {}
    for name, table in profile.tables.items():
        if names is None or name in names:
            holders = packages if table.kind != "vocabulary" else dict([next(iter(packages.items()))])
            frames[name] = _read(list(holders.values()), table)
            paths[name] = [prefix + package.paths[name] for prefix, package in holders.items()]
    return Tables(frames, profile, paths)


def _read(packages: Sequence[Package], table: Table) -> pd.DataFrame:
    """One table of all packages."""
    header = (",".join(table.fields) + "\n").encode()
    contents = [_content(package, table) for package in packages]
    bodies = [content[len(header) :] if content.startswith(header) else None for content in contents]
    for number, passes in enumerate(gate(bodies, len(table.fields))):
        if not passes:
            bodies[number] = csv_bytes(read_table(packages[number], table))[len(header) :]
    frame = parsed(io.BytesIO(b"".join([header, *bodies])), table.name)
    return frame.set_axis(places([body.count(b"\n") for body in bodies]), axis=0)


def _content(package: Package, table: Table) -> bytes:
    try:
        file = package.file(table.name)
        refuse_large(file)
        return file.read_bytes()
    except (KeyError, OSError, UnreadableError):
        return b""  # does not pass, so that reading it by itself says what is wrong


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
    some: list[int] = []
    size = 0
    for number, body in enumerate(bodies):
        if passed[number] and body:
            some.append(number)
            size += len(body)
        if some and (size > AT_ONCE or number == len(bodies) - 1):
            for place in _with_odd_lines([bodies[place] for place in some], width):
                passed[some[place]] = False
            some, size = [], 0
    return passed


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
    letters = np.frombuffer(b"".join(bodies), np.uint8)
    places = np.flatnonzero(MARKS[letters])
    marks = letters[places]
    ends, quotes = marks == LINE, marks == QUOTE
    line = np.cumsum(ends) - ends  # of each mark
    quotes_so_far = np.cumsum(quotes)
    quotes_before = np.concatenate([[0], quotes_so_far[ends][:-1]])  # each line
    within = (quotes_so_far - quotes_before[line]) % 2 == 1  # whether what follows the mark is in quotes
    commas = np.diff(np.cumsum((marks == COMMA) & ~within)[ends], prepend=0)
    odd = (commas != width - 1) | within[ends] | (np.diff(places[ends], prepend=-1) > LONGEST_CELL)
    outer = np.where(within, letters[places - 1], letters[(places + 1) % len(letters)])
    odd[line[quotes & ~MARKS[outer]]] = True
    file_ends = np.cumsum([len(body) for body in bodies])
    return set(np.searchsorted(file_ends, places[ends][odd], side="right").tolist())
