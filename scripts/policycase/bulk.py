"""Many packages read at once: the bytes of one table joined, then one read, with the outcome of reading each.

A stray quote or a long row shifts cells silently where bytes are joined. So each file passes a gate first: its
header's bytes, no carriage return or NUL, a final line end, quotes only around whole cells, no line break in a cell,
no line longer than a cell may be, and in each line as many cells as in the header. A file that does not pass is read
by itself, and joins the others as it would be written.
"""

import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from math import inf

import numpy as np
import pandas as pd

from policycase.descriptor import Package
from policycase.limits import limit
from policycase.loading import csv_bytes, parsed, parsed_quickly, read_table
from policycase.paths import read_bytes, regular_files
from policycase.profiles import DATA, Table
from policycase.tables import Tables, places
from policycase.texts import LONGEST_CELL

COMMA, LINE, QUOTE = b',\n"'
MARKS = bytes(byte if byte in b',\n"' else 0 for byte in range(256))  # what parts cells and stands around quotes
AT_ONCE = 2**20  # bytes that pass the gate together: few enough to stay in the processor's cache


def read_many(
    packages: Mapping[str, Package], names: Collection[str] | None = None, *, to_keep: bool = False
) -> Tables:
    """The tables of packages under one profile as text, one package after the other; each path behind its prefix.

    Parameters
    ----------
    packages
        Packages by the prefix that is put before their paths, in the order of the rows.
    names
        The tables that are wanted; None is all. Vocabularies are the first package's.
    to_keep
        Whether the texts are to be kept, as `str`, rather than looked up by rules; it is quicker.

    Raises
    ------
    UnreadableError
        A table is missing, its header differs from its schema, or it cannot be read.
    """
    profile = next(iter(packages.values())).profile
    each = list(packages.values())
    sizes = [regular_files(package.root, DATA) for package in each]
    frames, paths = {}, {}
    for name, table in profile.tables.items():
        if names is not None and name not in names:
            continue
        if table.kind == "vocabulary":
            frames[name] = read_table(each[0], table)
        else:
            bodies = _bodies(each, sizes, table)
            for number, body in enumerate(bodies):
                if body is None:
                    bodies[number] = csv_bytes(read_table(each[number], table)).split(b"\n", 1)[1]
            frames[name] = _joined(bodies, table, to_keep=to_keep)
        paths[name] = [prefix + package.paths[name] for prefix, package in packages.items()]
    return Tables(frames, profile, paths)


def read_plain(packages: Sequence[Package]) -> tuple[Tables, set[int]]:
    """The tables of packages under one profile, but for packages with a file that fails the gate; and their numbers.

    The path of a table is that in its package, behind the number of the package and a slash.
    """
    profile = packages[0].profile
    sizes = [regular_files(package.root, DATA) for package in packages]
    frames, odd = {}, set()
    for name, table in profile.tables.items():
        if table.kind == "vocabulary":
            frames[name] = read_table(packages[0], table)
            continue
        bodies = _bodies(packages, sizes, table)
        odd |= {number for number, body in enumerate(bodies) if body is None}
        frames[name] = _joined([body or b"" for body in bodies], table)
    paths = {name: [f"{number}/{one.paths[name]}" for number, one in enumerate(packages)] for name in frames}
    tables = Tables(frames, profile, paths)
    return tables.of(set(range(len(packages))) - odd) if odd else tables, odd


def _bodies(packages: Sequence[Package], sizes: Sequence[Mapping[str, int]], table: Table) -> list[bytes | None]:
    """What follows the header in the file of each package; None where it is not plain enough to be joined."""
    header = _header(table)
    contents = [_content(package, known, table) for package, known in zip(packages, sizes, strict=True)]
    bodies = [content[len(header) :] if content.startswith(header) else None for content in contents]
    passed = gate(bodies, len(table.fields))
    return [body if passes else None for body, passes in zip(bodies, passed, strict=True)]


def _content(package: Package, sizes: Mapping[str, int], table: Table) -> bytes:
    """The bytes of a table's file; none where it is no file of the package's data folder, or too large."""
    path = package.paths.get(table.name, "")
    if sizes.get(path, inf) > limit("LARGEST_FILE"):
        return b""
    try:
        return read_bytes(package.root, path)
    except OSError:
        return b""


def _joined(bodies: Sequence[bytes], table: Table, *, to_keep: bool = False) -> pd.DataFrame:
    content = io.BytesIO(b"".join([_header(table), *bodies]))
    frame = parsed_quickly(content) if to_keep else parsed(content, table.name)
    return frame.set_axis(places([body.count(b"\n") for body in bodies]), axis=0)


def _header(table: Table) -> bytes:
    return (",".join(table.fields) + "\n").encode()


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
