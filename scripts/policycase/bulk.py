"""Many packages read at once: the bytes of one table joined, then one read, with the outcome of reading each.

A stray quote or a long row shifts cells silently where bytes are joined. So each file passes a gate first: its
header's bytes, no carriage return or NUL, a final line end, quotes only around whole cells, no line break in a cell,
and in each line as many cells as in the header. A file that does not pass is read by itself.
"""

import io
from collections.abc import Collection, Mapping, Sequence
from itertools import groupby

import numpy as np
import pandas as pd

from policycase.descriptor import Package
from policycase.errors import UnreadableError
from policycase.loading import parsed, read_table
from policycase.paths import refuse_large
from policycase.profiles import Table
from policycase.tables import WHERE, Tables

COMMA, LINE, QUOTE = b',\n"'
CELL_ENDS = np.isin(np.arange(256), list(b',\n"'))  # what may stand on the outer side of a quote


def read_many(packages: Mapping[str, Package], names: Collection[str] | None = None) -> Tables:
    """The tables of packages under one profile as text, as `combined` gives them; each path behind its prefix.

    Parameters
    ----------
    packages
        Packages by the prefix that is put before the paths in the index, in the order of the rows.
    names
        The tables that are wanted; None is all.

    Raises
    ------
    UnreadableError
        A table is missing, its header differs from its schema, or it cannot be read.
    """
    profile = next(iter(packages.values())).profile
    first = next(iter(packages.items()))
    frames = {
        name: _read(packages, table) if table.kind != "vocabulary" else read_table(first[1], table, first[0])
        for name, table in profile.tables.items()
        if names is None or name in names
    }
    return Tables(frames, profile)


def _read(packages: Mapping[str, Package], table: Table) -> pd.DataFrame:
    """One table of all packages: runs of files that pass the gate joined, the others each by itself."""
    header = (",".join(table.fields) + "\n").encode()
    contents = [_content(package, table) for package in packages.values()]
    bodies = [content[len(header) :] if content.startswith(header) else None for content in contents]
    passed = gate(bodies, len(table.fields))
    parts = []
    for joinable, run in groupby(zip(packages.items(), bodies, passed, strict=True), key=lambda one: one[2]):
        if joinable:
            parts.append(_joined([(prefix, package, body) for (prefix, package), body, _ in run], table, header))
        else:
            parts += [read_table(package, table, prefix) for (prefix, package), _, _ in run]
    filled = [part for part in parts if len(part)] or parts[:1]
    return pd.concat(filled) if len(filled) > 1 else filled[0]


def _content(package: Package, table: Table) -> bytes:
    try:
        file = package.file(table.name)
        refuse_large(file)
        return file.read_bytes()
    except (KeyError, OSError, UnreadableError):
        return b""  # does not pass, so that reading it by itself says what is wrong


def _joined(run: Sequence[tuple[str, Package, bytes]], table: Table, header: bytes) -> pd.DataFrame:
    paths = [prefix + package.paths[table.name] for prefix, package, _ in run]
    counts = [body.count(b"\n") for *_, body in run]
    frame = parsed(io.BytesIO(header + b"".join(body for *_, body in run)), table.name)
    numbers = np.concatenate([np.arange(count) for count in counts])
    lines = pd.RangeIndex(2, max(counts) + 2)
    codes = [np.repeat(np.arange(len(paths)), counts), numbers]
    return frame.set_axis(pd.MultiIndex([paths, lines], codes, names=WHERE, verify_integrity=False), axis=0)


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
    joined = b"".join(body for body, plain in zip(bodies, passed, strict=True) if plain and body)
    if not joined:
        return passed
    letters = np.frombuffer(joined, np.uint8)
    lines, quotes = np.flatnonzero(letters == LINE), np.flatnonzero(letters == QUOTE)
    commas = np.flatnonzero(letters == COMMA)
    starts = np.concatenate([[0], lines[:-1] + 1])
    quotes_before = np.searchsorted(quotes, starts)  # the count of quotes up to each line
    quotes_within = np.diff(np.append(quotes_before, len(quotes)))
    in_quotes = (np.arange(len(quotes)) - np.repeat(quotes_before, quotes_within)) % 2  # 0 opens, 1 closes
    outer = np.where(in_quotes == 0, letters[quotes - 1], letters[(quotes + 1) % len(letters)])
    stray = ~CELL_ENDS[outer]
    line_of = np.searchsorted(lines, quotes)
    wrong = quotes_within % 2 == 1
    wrong[line_of[stray]] = True
    place = np.searchsorted(quotes, commas)
    of_line = np.searchsorted(lines, commas)
    apart = (place - quotes_before[of_line]) % 2 == 0  # commas within quotes part no cells
    wrong |= np.bincount(of_line[apart], minlength=len(lines)) != width - 1
    ends = np.cumsum([len(body) if plain and body else 0 for body, plain in zip(bodies, passed, strict=True)])
    bad = set(np.searchsorted(ends, lines[wrong], side="right").tolist())
    return [plain and number not in bad for number, plain in enumerate(passed)]


def _is_plain(body: bytes) -> bool:
    """Whether the bytes are UTF-8 text with LF line ends, the last one included."""
    if b"\r" in body or b"\0" in body or (body and not body.endswith(b"\n")):
        return False
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
