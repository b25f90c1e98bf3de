"""A corpus larger than memory: cases as Parquet, partitioned by case, written in parts and read by what is asked."""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from policycase.errors import (
    InvalidPackageError,
    MissingExtraError,
    StackError,
    UnknownNameError,
    UnreadableError,
    UnsafePathError,
)
from policycase.model.casebook import Casebook
from policycase.model.package import Descriptor, Package
from policycase.model.profile import FOLDER, Profile
from policycase.model.stack import merged, stack
from policycase.model.tables import Tables, read_table
from policycase.storage.csv_files import TEXT
from policycase.storage.downloads import pinned
from policycase.storage.json_files import sound_json
from policycase.storage.locations import DESCRIPTOR, opened, read_bytes
from policycase.storage.writing import unwritable, write_file
from policycase.validation.report import validate_many

if TYPE_CHECKING:
    import duckdb

AT_ONCE = 100  # packages of a part: more are hardly quicker, and take more memory
ABOUT, PARTS = "corpus.json", ".parts"
DESCRIPTORS, TEXTS = "descriptors", "texts"  # a file per case: what describes it; cells that a number does not give
CASE_ID = re.compile(r"[a-z]{3}(?:-[a-z0-9]+)+")


@dataclass(frozen=True)
class Part:
    """What is known of a part: what it was made from, its cases, packages left out, and whether all is in place."""

    made_from: str
    cases: list[str]
    left_out: dict[str, str]
    profile: str = ""
    done: bool = False


def write_corpus(
    paths: Iterable[str | Path],
    folder: str | Path,
    executor: Executor | None = None,
    *,
    skip_invalid: bool = False,
) -> "Corpus":
    """Write many packages as one corpus of Parquet files, partitioned by case, part by part.

    Parameters
    ----------
    paths
        Packages of one profile version; each case once.
    folder
        The folder to write. If it holds a corpus, parts whose packages have not changed since are kept, so a run that
        was stopped goes on where it stopped, and what is no longer given is removed.
    executor
        Anything with `submit` as in `concurrent.futures`, such as a ProcessPoolExecutor or a Dask client. It checks and
        converts the parts; None does so here.
    skip_invalid
        Leave invalid packages out, rather than to stop at the first part that has one; `left_out` names them.

    Returns
    -------
    Corpus
        As `open_corpus` gives it.

    Raises
    ------
    InvalidPackageError
        A package is not valid; the message names each one of its part. Parts done so far stay.
    StackError
        A case is in two packages, or packages differ in their profile.
    UnreadableError
        The folder holds something else, or cannot be written.

    Notes
    -----
    The layout is that of a stack exported to Parquet, `<table>/case_id=<case>/part-0.parquet`, so DuckDB, Dask, Spark
    and pandas read it as it is. Beside it are the schemas, the vocabularies (`codes.parquet`, `crosswalks.parquet`) and
    the descriptor of each package. A case without rows in a table has no file there. A part is made aside, moved into
    place and then marked as done. `corpus.json` is written last: without it the corpus is not whole.
    """
    _refuse_missing_extra("pyarrow", "parquet")
    target = Path(folder).resolve()
    if target.exists() and (not target.is_dir() or (any(target.iterdir()) and not (target / PARTS).is_dir())):
        msg = f"{folder} is not replaced: it holds something other than a corpus · choose another name"
        raise UnreadableError(msg)
    each = list(dict.fromkeys(os.fspath(path) for path in paths))
    wanted = {number: each[start : start + AT_ONCE] for number, start in enumerate(range(0, len(each), AT_ONCE))}
    if not wanted:
        msg = "no case to write · give one or more"
        raise StackError(msg)
    signed = {number: _signature(part, skip_invalid=skip_invalid) for number, part in wanted.items()}
    with _into(target):
        _write(target, wanted, signed, executor, skip_invalid=skip_invalid)
    return open_corpus(folder)


@contextmanager
def _into(target: Path) -> Iterator[None]:
    """A folder that is written part by part; one that was made for it is removed where no part of it is done."""
    is_new = not target.exists()
    try:
        yield
    except BaseException as error:
        marks = (mark.read_text(encoding="utf-8") for mark in (target / PARTS).glob("*.json"))
        if is_new and not any(json.loads(mark).get("done") for mark in marks):
            shutil.rmtree(target, ignore_errors=True)
        if isinstance(error, OSError) and Path(os.fsdecode(error.filename or target)).is_relative_to(target):
            raise unwritable(target, error.strerror or str(error)) from error
        raise


def _write(
    target: Path,
    wanted: Mapping[int, list[str]],
    signed: Mapping[int, str],
    executor: Executor | None,
    *,
    skip_invalid: bool,
) -> None:
    """Write the parts of a corpus that are not there yet, and then what it is."""
    (target / PARTS).mkdir(parents=True, exist_ok=True)
    (target / ABOUT).unlink(missing_ok=True)
    kept = dict(_kept(target, signed))
    if not kept and (target / FOLDER).exists():
        shutil.rmtree(target / FOLDER)
    todo = {number: part for number, part in wanted.items() if number not in kept}
    owners = {case_id: number for number, part in kept.items() for case_id in part.cases}
    for number, made in _made(todo, target / PARTS, executor, skip_invalid=skip_invalid):
        part = Part(signed[number], made.cases, made.left_out, made.profile)
        _refuse_clashes(part, kept, owners, skip_invalid=skip_invalid)
        _put(target, number, part)
        kept[number] = part
        owners |= dict.fromkeys(part.cases, number)
    if not owners:
        msg = f"no package is valid: {_listed({k: v for part in kept.values() for k, v in part.left_out.items()})}"
        raise InvalidPackageError(msg)
    _finish(target, kept)


def _refuse_missing_extra(package: str, extra: str) -> None:
    try:
        import_module(package)
    except ImportError as error:
        raise MissingExtraError(package, extra) from error


def _signature(paths: list[str], *, skip_invalid: bool) -> str:
    """A hash of the size and time of each file of some packages, by which a change shows without reading them."""
    digest = hashlib.sha256(repr([paths, skip_invalid]).encode())
    for path in map(Path, paths):
        root = path.parent if path.name == DESCRIPTOR else path
        files = [root]
        if root.is_dir():
            files = [root / DESCRIPTOR, *sorted((root / "data").glob("*")), *sorted((root / "schemas").glob("*"))]
        stats = [(file.name, file.stat()) for file in files if file.is_file()]
        digest.update(repr([(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats]).encode())
    return digest.hexdigest()


def _kept(target: Path, signed: Mapping[int, str]) -> Iterator[tuple[int, Part]]:
    """The parts that are done and made from what is given; all others are removed, whole or not."""
    for mark in sorted((target / PARTS).glob("*.json")):
        part, number = Part(**json.loads(mark.read_text(encoding="utf-8"))), int(mark.stem)
        if part.done and part.made_from == signed.get(number):
            yield number, part
            continue
        for case_id in _named(part.cases):
            for place in target.glob(f"*/case_id={case_id}"):
                shutil.rmtree(place)
            for folder in (DESCRIPTORS, TEXTS):
                (target / folder / f"{case_id}.json").unlink(missing_ok=True)
        mark.unlink()
    for stage in (target / PARTS).iterdir():
        if stage.is_dir():
            shutil.rmtree(stage)


def _named(case_ids: list[str]) -> list[str]:
    """The ids, as parts of paths: a corpus may come from anywhere.

    Raises
    ------
    UnsafePathError
        One is no case_id.
    """
    wrong = [case_id for case_id in case_ids if not CASE_ID.fullmatch(case_id)]
    if wrong:
        msg = f"{wrong[0]!a} is not a case_id, so no file is looked for under it"
        raise UnsafePathError(msg)
    return case_ids


def _made(
    todo: Mapping[int, list[str]], parts: Path, executor: Executor | None, *, skip_invalid: bool
) -> Iterator[tuple[int, Part]]:
    """The parts, made aside, in their order."""
    if executor is None:
        for number, paths in todo.items():
            yield number, _make(paths, parts / str(number), skip_invalid)
        return
    futures = {
        number: executor.submit(_make, paths, parts / str(number), skip_invalid) for number, paths in todo.items()
    }
    try:
        for number in todo:
            yield number, futures.pop(number).result()
    finally:
        for future in futures.values():
            future.cancel()


def _make(paths: list[str], stage: Path, skip_invalid: bool) -> Part:
    """Check some packages, and write their cases into a folder of their own."""
    from policycase.exports.parquet import write_by_case  # noqa: PLC0415 - imports pyarrow

    reports = validate_many(paths)
    left_out = {
        path: next(str(finding) for finding in report.found if finding.severity == "error")
        for path, report in reports.items()
        if not report.is_valid
    }
    valid = [path for path in paths if path not in left_out]
    if not valid or (left_out and not skip_invalid):
        return Part("", [], left_out)
    book = stack(valid)
    for name in book.profile.case_tables:
        if len(book.text[name]):
            write_by_case(book, name, stage, notes=False)
    _write_each(stage / DESCRIPTORS, _descriptors(valid, book.profile))
    _write_each(stage / TEXTS, _texts(book))
    for path, content in book.profile.files.items():
        (stage / path).parent.mkdir(parents=True, exist_ok=True)
        (stage / path).write_bytes(content)
    digest = hashlib.sha256(b"".join(book.profile.files[path] for path in sorted(book.profile.files))).hexdigest()
    return Part("", book.case_ids, left_out, f"{book.profile.version} ({digest[:12]})")


def _write_each(folder: Path, contents: Mapping[str, Any]) -> None:
    """Write a file of JSON for each case."""
    folder.mkdir()
    for case_id, content in contents.items():
        (folder / f"{case_id}.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def _descriptors(paths: list[str], profile: Profile) -> dict[str, Descriptor]:
    """The descriptor of the package that each case is in."""
    found: dict[str, Descriptor] = {}
    for path in paths:
        with opened(pinned(path, None)) as root:
            package = Package.read(root, profile)
            found |= dict.fromkeys(read_table(package, profile.tables["cases"])["case_id"], package.descriptor)
    return found


def _texts(book: Casebook) -> dict[str, dict[str, dict[str, dict[str, str]]]]:
    """Cells whose text is not what their number gives, such as 1.50: by case, table, column, and number of the row."""
    found: dict[str, dict[str, dict[str, dict[str, str]]]] = {}
    for name, table in book.profile.case_tables.items():
        frame, values = book.text[name], book[name]
        for column in table.fields.values():
            if column.type not in {"number", "integer"}:
                continue
            cells = zip(frame[column.name].astype(object), values[column.name].astype(object), strict=True)
            differ = [place for place, (text, value) in enumerate(cells) if not pd.isna(text) and text != _text(value)]
            for place in differ:
                case_id = frame["case_id"].iloc[place]
                row = str(book.text.rows_with(name, "case_id", case_id).tolist().index(place))
                of_table = found.setdefault(case_id, {}).setdefault(name, {})
                of_table.setdefault(column.name, {})[row] = frame[column.name].iloc[place]
    return found


def _text(value: Any) -> str | None:
    """A value as the text of a cell."""
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if hasattr(value, "isoformat"):
        return str(value.isoformat())[:10]
    return f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value)


def _refuse_clashes(part: Part, kept: Mapping[int, Part], owners: Mapping[str, int], *, skip_invalid: bool) -> None:
    if part.left_out and not skip_invalid:
        msg = f"{_listed(part.left_out)} · fix it, or leave it out with --skip-invalid (Python: skip_invalid=True)"
        raise InvalidPackageError(msg)
    twice = [case_id for case_id in part.cases if case_id in owners]
    if twice:
        msg = f"{twice[0]} is in two packages · give each case once"
        raise StackError(msg)
    versions = {one.profile for one in [part, *kept.values()] if one.profile}
    if len(versions) > 1:
        msg = f"profile {min(versions)} and profile {max(versions)} differ · write a corpus of packages of one profile"
        raise StackError(msg)


def _listed(left_out: Mapping[str, str]) -> str:
    return "; ".join(f"{path} is not valid: {why}" for path, why in left_out.items())


def _put(target: Path, number: int, part: Part) -> None:
    """Move a part into place; the mark says which cases it has, before and after."""
    stage, mark = target / PARTS / str(number), target / PARTS / f"{number}.json"
    _write_json(mark, vars(part))
    for place in stage.glob("*/case_id=*"):
        to = target / place.relative_to(stage)
        to.parent.mkdir(exist_ok=True)
        place.rename(to)
    for folder in (DESCRIPTORS, TEXTS):
        (target / folder).mkdir(exist_ok=True)
        for place in (stage / folder).glob("*.json"):
            place.rename(target / folder / place.name)
    if not (target / FOLDER).exists() and (stage / FOLDER).exists():
        (stage / FOLDER).rename(target / FOLDER)
    shutil.rmtree(stage, ignore_errors=True)
    _write_json(mark, vars(part) | {"done": True})


def _write_json(path: Path, content: Any) -> None:
    write_file(path, (json.dumps(content, ensure_ascii=False) + "\n").encode(), force=True)


def _finish(target: Path, parts: Mapping[int, Part]) -> None:
    """Write the vocabularies, a file for each table without any row, and what the corpus is."""
    import pyarrow.parquet as pq  # noqa: PLC0415 - optional

    from policycase.exports.parquet import described, write_by_case  # noqa: PLC0415 - imports pyarrow

    cases = sorted(case_id for part in parts.values() for case_id in part.cases)
    one = _selected(target, cases[:1])
    for name, table in one.profile.tables.items():
        if table.kind == "vocabulary":
            pq.write_table(described(one, name), target / f"{name}.parquet")
        elif not next((target / name).glob("*/*.parquet"), None):
            write_by_case(one, name, target, notes=False)
    about = {
        "made_by": f"policycase {version('policycase')}",
        "profile_version": one.profile.version,
        "cases": cases,
        "left_out": {path: why for part in parts.values() for path, why in part.left_out.items()},
    }
    _write_json(target / ABOUT, about)


@dataclass(frozen=True)
class Corpus:
    """A corpus on disk. Nothing is read before it is asked for.

    A table is an attribute or an item: a DuckDB relation with the columns of its schema. `.df()` makes a DataFrame of
    it, `.arrow()` an Arrow table; `filter`, `aggregate` and SQL narrow it down before anything is read. Dask and Spark
    read the folder of a table by themselves.

    Attributes
    ----------
    folder
        Where it is.
    case_ids
        Ids of the cases, sorted.
    left_out
        Packages that were not valid and left out, each with its first finding.
    """

    folder: Path
    case_ids: list[str] = field(repr=False)
    left_out: dict[str, str]

    @cached_property
    def profile(self) -> Profile:
        """What every case shares: tables and vocabularies."""
        return Profile.read(self.folder)

    @property
    def tables(self) -> list[str]:
        """Names of the tables."""
        return list(self.profile.tables)

    @cached_property
    def _database(self) -> "duckdb.DuckDBPyConnection":
        _refuse_missing_extra("duckdb", "duckdb")
        import duckdb  # noqa: PLC0415 - optional

        return duckdb.connect()

    def __getitem__(self, name: str) -> "duckdb.DuckDBPyRelation":
        """One table, as a DuckDB relation."""
        if name not in self.profile.tables:
            raise UnknownNameError("table", name, self.profile.tables)
        own = name in self.profile.case_tables
        files = str(self.folder / name / "*" / "*.parquet") if own else str(self.folder / f"{name}.parquet")
        columns = ", ".join(f'"{column}"' for column in self.profile.tables[name].fields)
        types = ", hive_partitioning = true, hive_types = {'case_id': VARCHAR}" if own else ""
        quoted = files.replace("'", "''")
        return self._database.sql(f"SELECT {columns} FROM read_parquet('{quoted}'{types})")  # noqa: S608 - quoted

    def __getattr__(self, name: str) -> "duckdb.DuckDBPyRelation":
        """One table, as a DuckDB relation."""
        if name.startswith("_"):
            raise AttributeError(name)
        return self[name]

    def select(self, case_ids: Iterable[str]) -> Casebook:
        """Some cases as a casebook, so that every view works on them; only their files are read.

        Raises
        ------
        UnknownNameError
            A case is not in the corpus.
        """
        wanted = sorted(set(case_ids))
        known = set(self.case_ids)
        for case_id in wanted:
            if case_id not in known:
                raise UnknownNameError("case", case_id, self.case_ids)
        if not wanted:
            msg = "no case is selected · give one or more"
            raise StackError(msg)
        return _selected(self.folder, wanted)


def open_corpus(folder: str | Path) -> Corpus:
    """A corpus that `write_corpus` wrote; nothing is read but its list of cases.

    Raises
    ------
    UnreadableError
        The folder holds no corpus, or one that is not whole.
    """
    root = Path(folder)
    if not (root / ABOUT).is_file():
        begun = (root / PARTS).is_dir()
        why = "is not whole yet · write it again, and it goes on" if begun else "holds no corpus · write one first"
        msg = f"{folder} {why}"
        raise UnreadableError(msg)
    try:
        about = sound_json(read_bytes(root, ABOUT))
        return Corpus(root, _named(about["cases"]), about["left_out"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = f"{root / ABOUT}: is not the list of a corpus · write the corpus again"
        raise UnreadableError(msg) from error


def _selected(root: Path, case_ids: Collection[str]) -> Casebook:
    """The casebook of some cases, cell for cell as it was stacked."""
    profile = Profile.read(root)
    texts = dict(_read_each(root / TEXTS, case_ids))
    frames = {}
    for name, table in profile.tables.items():
        if table.kind == "vocabulary":
            frames[name] = _vocabulary(profile, name)
            continue
        columns: dict[str, list[str | None]] = {column: [] for column in table.fields}
        for case_id in case_ids:
            file = root / name / f"case_id={case_id}" / "part-0.parquet"
            _read(file, case_id, texts.get(case_id, {}).get(name, {}), columns)
        frames[name] = pd.DataFrame(columns, dtype=TEXT)
    descriptors = [content for _, content in _read_each(root / DESCRIPTORS, case_ids)]
    descriptor = descriptors[0] if len(case_ids) == 1 else merged(descriptors, [[case_id] for case_id in case_ids])
    return Casebook(Tables(frames, profile, {}), descriptor)


def _vocabulary(profile: Profile, name: str) -> pd.DataFrame:
    content = BytesIO(profile.files[f"{FOLDER}/{name}.csv"])
    return pd.read_csv(content, dtype=TEXT, keep_default_na=False, na_values=[""])


def _read_each(folder: Path, case_ids: Collection[str]) -> Iterator[tuple[str, Any]]:
    """What is known of each case, where there is a file for it."""
    for case_id in case_ids:
        file = folder / f"{case_id}.json"
        if file.is_file():
            yield case_id, sound_json(read_bytes(folder, file.name))


def _read(
    file: Path, case_id: str, texts: Mapping[str, Mapping[str, str]], columns: dict[str, list[str | None]]
) -> None:
    """Add the rows of a file, as text, to columns."""
    import pyarrow.parquet as pq  # noqa: PLC0415 - optional

    if not file.is_file():
        return
    arrow = pq.ParquetFile(file).read()
    for name, cells in columns.items():
        if name == "case_id":
            cells.extend([case_id] * arrow.num_rows)
            continue
        own = [_text(value) for value in arrow.column(name).to_pylist()]
        for number, text in texts.get(name, {}).items():
            own[int(number)] = text
        cells.extend(own)
