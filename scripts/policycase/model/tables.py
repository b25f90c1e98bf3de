"""The tables of one or many cases as text, each row with its file and line."""

import io
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, wraps
from importlib.util import find_spec
from typing import Any, BinaryIO, Literal, Self, TypeVar

import numpy as np
import pandas as pd

from policycase.errors import PolicyCaseError, UnreadableError
from policycase.model.package import Package, _refuse
from policycase.model.profile import Profile, Table
from policycase.storage.csv_files import CELLS, TEXT, csv_bytes, gate, refuse_cells, text_frame


def refuse_invalid_rows(tables: "Tables", profile: Profile) -> None:
    """Raise unless every row has an id and a case, and no id appears more than once.

    Raises
    ------
    InvalidPackageError
        A required cell is empty, a key appears more than once, or a foreign key points nowhere.
    """
    for name, table in profile.case_tables.items():
        frame, key = tables[name], list(table.primary_key)
        for field in table.fields.values():
            if field.required and frame[field.name].isna().any():
                _refuse(f"{name}: {field.name} is empty in a row; it is required")
        refuse_repeats(frame, name, key)
        for link in table.foreign_keys:
            if len(link.fields) == 1:
                pointers = frame[link.fields[0]].dropna().astype(TEXT)
                lost = pointers[~among(pointers, tables[link.table][link.to[0]])]
                if len(lost):
                    _refuse(f"{name}: {link.fields[0]} {lost.iloc[0]} is in no row of {link.table}")


def refuse_repeats(frame: pd.DataFrame, name: str, key: list[str]) -> None:
    """Raise unless every row of a table has a key of its own.

    Raises
    ------
    InvalidPackageError
        Two have; the message names the key.
    """
    twice = frame.loc[frame.duplicated(key), key]
    if len(twice):
        _refuse(f"{name}: {', '.join(map(str, twice.iloc[0]))} appears more than once")


def among(cells: pd.Series, ids: pd.Series | pd.Index | Collection[str]) -> np.ndarray:
    """Whether each cell is one of many ids; `isin` would make an Arrow scalar of each of them, for every column."""
    if isinstance(ids, pd.Index):
        known = ids
    else:
        known = pd.Index(ids.to_numpy(dtype="object") if isinstance(ids, pd.Series) else list(ids), dtype="object")
    return (known if known.is_unique else known.unique()).get_indexer(pd.Index(cells, dtype="object")) >= 0


T = TypeVar("T")
SPAN = 2**32  # more than a file has lines, and all tables have distinct texts: two numbers make one


@dataclass(frozen=True, slots=True)
class Distinct:
    """The texts of a column, each once, and the number of each row's text; -1 where the cell is missing."""

    numbers: np.ndarray
    texts: list[str]


class _Numbers(dict[str, int]):
    """The next number for each text that is asked for the first time; a plain class, so that it can be pickled."""

    def __missing__(self, text: str) -> int:
        self[text] = len(self)
        return self[text]


@dataclass(frozen=True)
class Tables:
    """Text frames by table, over one or many cases, under one profile.

    Each frame has every column of its schema as `str` with missing cells. Its index gives the place of a row, whatever
    was taken out or put together since; `place` reads it. `paths` are the files of each table, one a package.
    """

    frames: Mapping[str, pd.DataFrame]
    profile: Profile
    paths: Mapping[str, Sequence[str]]

    def __getitem__(self, name: str) -> pd.DataFrame:
        """One text frame."""
        return self.frames[name]

    def place(self, name: str, number: int) -> tuple[str, int]:
        """The path and line of a row of a table, by its number in the index."""
        file, line = divmod(int(number), SPAN)
        return self.paths[name][file], line

    def distinct(self, name: str, column: str) -> Distinct:
        """The texts of a column; found once, however many rules ask."""
        if (name, column) not in self._distinct:
            numbers, texts = pd.factorize(self[name][column].to_numpy())
            self._distinct[name, column] = Distinct(numbers, texts.tolist())
        return self._distinct[name, column]

    @cached_property
    def _distinct(self) -> dict[tuple[str, str], Distinct]:
        return {}

    def keys(self, name: str, column: str) -> np.ndarray:
        """A number for each row of a table, equal where case and cell are equal; -1 where one is missing."""
        return self.pairs(name, "case_id", column)

    def pairs(self, name: str, one: str, other: str) -> np.ndarray:
        """A number for each row of a table, equal where the cells of two columns are; -1 where one is missing."""
        return _paired(self.numbers(name, one), self.numbers(name, other))

    def paired(self, name: str, column: str, text: str) -> np.ndarray:
        """What `pairs` gives of rows with the cell of a column, and a text."""
        return _paired(self.numbers(name, column), np.array(self._number_of[text]))

    def numbers(self, name: str, column: str) -> np.ndarray:
        """A number for each row, the same for the same text in whatever column; -1 where the cell is missing."""
        if (name, column) not in self._numbers:
            found = self.distinct(name, column)
            number_of = map(self._number_of.__getitem__, found.texts)
            self._numbers[name, column] = np.array([*number_of, -1])[found.numbers]
        return self._numbers[name, column]

    @cached_property
    def _numbers(self) -> dict[tuple[str, str], np.ndarray]:
        return {}

    @cached_property
    def _number_of(self) -> dict[str, int]:
        return _Numbers()

    @cached_property
    def record_keys(self) -> pd.Index:
        """The `keys` of every row that has an id of its own, each once."""
        tables = [table for table in self.profile.case_tables.values() if table.key]
        keys = np.concatenate([self.keys(table.name, table.key) for table in tables])
        return pd.Index(keys[keys >= 0]).unique()

    def rows_with(self, name: str, column: str, text: str) -> np.ndarray:
        """The numbers, from 0, of the rows of a table whose cell in a column is a text; looked up, not searched."""
        if (name, column) not in self._rows_with:
            found = self.distinct(name, column)
            order = np.argsort(found.numbers, kind="stable")
            edges = np.searchsorted(found.numbers[order], np.arange(len(found.texts) + 1))
            number_of = {text: number for number, text in enumerate(found.texts)}
            self._rows_with[name, column] = (number_of, order, edges)
        number_of, order, edges = self._rows_with[name, column]
        number = number_of.get(text)
        return order[:0] if number is None else order[edges[number] : edges[number + 1]]

    @cached_property
    def _rows_with(self) -> dict[tuple[str, str], tuple[dict[str, int], np.ndarray, np.ndarray]]:
        return {}

    @cached_property
    def records(self) -> pd.DataFrame:
        """Every row that has an id of its own: record_id, case_id, table, indexed as the tables are."""
        parts = []
        for table in self.profile.case_tables.values():
            if table.key:
                ids = self[table.name][[table.key, "case_id"]].set_axis(["record_id", "case_id"], axis=1)
                parts.append(ids.assign(table=pd.Series(table.name, ids.index, ids["case_id"].dtype)))
        return pd.concat(parts)

    @cached_property
    def table_of(self) -> pd.Series:
        """The table of each record, by its id; where an id appears more than once, the later one's."""
        records = self.records.dropna(subset=["record_id"])
        return records.drop_duplicates("record_id", keep="last").set_index("record_id")["table"]

    @cached_property
    def _known(self) -> dict[str, Any]:
        return {}

    def under(self, paths: Mapping[str, Sequence[str]]) -> Self:
        """The same tables under other paths; what was found out about them is not found out again."""
        same = replace(self, paths=paths)
        for name, value in vars(self).items():  # the cached properties among them
            vars(same).setdefault(name, value)
        return same

    def of(self, numbers: Collection[int]) -> Self:
        """The rows of some of the packages, by the numbers of their files."""
        some = np.array(sorted(numbers), dtype="int64")
        own = {
            name: frame[np.isin(files_of(frame.index), some)]
            for name, frame in self.frames.items()
            if name in self.profile.case_tables
        }
        return replace(self, frames={**self.frames, **own})


def once(function: Callable[[Tables], T]) -> Callable[[Tables], T]:
    """A function of tables that is asked once of each, and gives the same object again; nobody changes it."""

    @wraps(function)
    def known(tables: Tables) -> T:
        if function.__qualname__ not in tables._known:  # by name, so that a casebook can be pickled
            tables._known[function.__qualname__] = function(tables)
        return tables._known[function.__qualname__]

    return known


def _paired(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.where((one < 0) | (other < 0), -1, one * SPAN + other)


def places(counts: Sequence[int]) -> pd.Index:
    """The index that `Tables` needs, of the rows of several files; those of a file begin on line 2."""
    if len(counts) == 1:
        return pd.RangeIndex(2, counts[0] + 2)
    files = np.repeat(np.arange(len(counts)), counts)
    firsts = np.cumsum(counts) - counts
    return pd.Index(files * SPAN + np.arange(len(files)) - firsts[files] + 2)


def files_of(index: pd.Index) -> np.ndarray:
    """The number of the file that holds each row."""
    return index.to_numpy() // SPAN


def read_tables(package: Package) -> Tables:
    """Every table of a package as text, the shared vocabularies included.

    Raises
    ------
    UnreadableError
        A table is missing, its header differs from its schema, or a row has too many cells.
    """
    frames = {name: read_table(package, table) for name, table in package.profile.tables.items()}
    return Tables(frames, package.profile, {name: [path] for name, path in package.paths.items()})


def read_table(package: Package, table: Table) -> pd.DataFrame:
    """One table of a package as text; see `read_tables`."""
    if table.name not in package.paths:
        msg = f"datapackage.json: no resource is named {table.name} · run: policycase validate"
        raise UnreadableError(msg)
    try:
        file = package.table(table.name)
    except OSError as error:
        msg = f"{package.paths[table.name]}: cannot be read: {error.strerror} · run: policycase validate"
        raise UnreadableError(msg) from error
    frame = text_frame(file)
    if file.header != list(table.fields):
        msg = f"{file.path}:1: the header differs from {table.name}.schema.json · run: policycase validate"
        raise UnreadableError(msg)
    return frame.set_axis(places([len(frame)]), axis=0)


HAS_ARROW = find_spec("pyarrow") is not None


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
    frames, paths = {}, {}
    for name, table in profile.tables.items():
        if names is not None and name not in names:
            continue
        if table.kind == "vocabulary":
            frames[name] = read_table(each[0], table)
        else:
            bodies = [
                csv_bytes(read_table(package, table)).split(b"\n", 1)[1] if body is None else body
                for package, body in zip(each, _bodies(each, table), strict=True)
            ]
            frames[name] = _joined(bodies, table, to_keep=to_keep)
        paths[name] = [prefix + package.paths[name] for prefix, package in packages.items()]
    return Tables(frames, profile, paths)


def read_plain(packages: Sequence[Package]) -> tuple[Tables, set[int]]:
    """The tables of packages under one profile, but for packages with a file that fails the gate; and their numbers.

    The path of a table is that in its package, behind the number of the package and a slash.
    """
    profile = packages[0].profile
    frames, suspect = {}, set()
    for name, table in profile.tables.items():
        if table.kind == "vocabulary":
            frames[name] = read_table(packages[0], table)
            continue
        bodies = _bodies(packages, table)
        suspect |= {number for number, body in enumerate(bodies) if body is None}
        frames[name] = _joined([body or b"" for body in bodies], table)
    paths = {name: [f"{number}/{one.paths[name]}" for number, one in enumerate(packages)] for name in frames}
    tables = Tables(frames, profile, paths)
    return tables.of(set(range(len(packages))) - suspect) if suspect else tables, suspect


def _bodies(packages: Sequence[Package], table: Table) -> list[bytes | None]:
    """What follows the header in the file of each package; None where it is not plain enough to be joined."""
    header = _header(table)
    contents = [_content(package, table) for package in packages]
    bodies = [content[len(header) :] if content.startswith(header) else None for content in contents]
    passed = gate(bodies, len(table.fields))
    return [body if passes else None for body, passes in zip(bodies, passed, strict=True)]


def _content(package: Package, table: Table) -> bytes:
    """The bytes of a table's file; none where it cannot be read, or is too large."""
    try:
        content = package.folder.read(package.paths.get(table.name, ""))
        refuse_cells(content, table.name)
    except (OSError, PolicyCaseError):
        return b""
    return content


def _joined(bodies: Sequence[bytes], table: Table, *, to_keep: bool = False) -> pd.DataFrame:
    content = io.BytesIO(b"".join([_header(table), *bodies]))
    frame = _parsed_quickly(content) if to_keep else _parsed(content, table.name)
    return frame.set_axis(places([body.count(b"\n") for body in bodies]), axis=0)


def _parsed(content: BinaryIO, path: str) -> pd.DataFrame:
    """CSV with every cell as text; only the empty cell is missing, so that `NA` stays a word."""
    try:
        return pd.read_csv(content, dtype=CELLS, keep_default_na=False, na_values=[""], index_col=False)
    except ValueError as error:  # pandas' ParserError is one
        msg = f"{path}: cannot be read as CSV in UTF-8: {error} · run: policycase validate"
        raise UnreadableError(msg) from error


def _parsed_quickly(content: BinaryIO) -> pd.DataFrame:
    """CSV of which each line is one row with all its cells: the same texts, as `str`, which Arrow keeps if it is there.

    pyarrow's parser needs a third of the time of pandas' own and the conversion.
    """
    engine: Literal["pyarrow", "c"] = "pyarrow" if HAS_ARROW else "c"
    return pd.read_csv(content, dtype=TEXT, keep_default_na=False, na_values=[""], engine=engine)


def _header(table: Table) -> bytes:
    return (",".join(table.fields) + "\n").encode()
