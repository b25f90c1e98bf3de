"""Damaged packages by the thousand: each input damages one thing of a small case and reads it once.

Judging a whole package takes a second, so an input goes through one stage, one rule or one method of a casebook.
What comes back must be a result, findings or a PolicyCaseError, and every word of it must be printable.
"""

import copy
import io
import json
import shutil
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path

import pandas as pd
from copies import ROOT, copy_lamps
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

import policycase
from policycase.cli.main import main
from policycase.cli.terminal import printable
from policycase.coding.render import CONTENTS
from policycase.errors import PolicyCaseError
from policycase.exports.formats import FORMS
from policycase.findings import Finding
from policycase.model.casebook import Casebook
from policycase.model.columns import typed
from policycase.model.package import Folder, Package
from policycase.model.profile import Profile
from policycase.model.tables import Tables, read_tables
from policycase.publishing.pack import files as files_of
from policycase.publishing.pack import zipped
from policycase.storage.csv_files import text_frame
from policycase.storage.locations import DESCRIPTOR, opened
from policycase.validation import cell_checks, package_checks
from policycase.validation.rules import RULES

BYTES = [
    b"",
    b"\0",
    b"\r",
    b"\n",
    b'"',
    b",",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"{",
    b"[" * 3000,
    b"NaN",
    b"x" * 200_000,
]
VALUES = [None, True, 0, -1, 10**400, 1e308, "", " ", "x" * 2000, "../x", "/x", "~", "a\0b", "data/\ud800.csv", "https://127.0.0.1:9/x", "http://[", "{name}", "\x1b[2J", [], {}, [[]], [None], {"": None}, {"name": {}}, ["a", 1]]  # fmt: skip
CELLS = ["", " ", "\x1b[2J", "{case_id}", "{", "}", "{0}", "%s", "%(a)s", "=1+1", "NA", "nan", "None", "inf", "1e400", "-0", "1_0", "٣", "１", "9" * 400, "true", "record", "case_id", "bvt-lamps", "bvt-lamps:", ":", "::", "--", "a--b", "kgz-leph:nsp", "bvt-lamps:night-watch", "bvt-lamps:lamp-office", "2020-02-30", "0000", "9999-12-31", "[..]", "[2001..2000]", "[..2000]", "[2000..]", "XXXX", "199X", "1999?~%", "Y-1E9", "http://[", "https://doi.org/", "10.1/x(", "Q0", "\u202e", "\ufeff", "e\u0301", "🏮", "\ud800", "x" * 5000, "(a+)+$", "\\", "'", '"', "@", "<b>", "&"]  # fmt: skip
CELL = st.one_of(st.sampled_from(CELLS), st.text("0123456789X?~%[]{}.,-/:E ", max_size=14), st.text(max_size=8))
COMMANDS = [
    ["render", "--package", "IN"],
    ["render", "--package", "IN"],
    ["info", "IN"],
    ["info", "IN", "--json"],
    ["show", "agencies", "--package", "IN"],
    ["show", "lamp-office", "--package", "IN"],
    ["codebook", "--package", "IN"],
    ["stack", "IN", str(ROOT / "examples/vnm-pmlsa"), "-o", "OUT"],
    ["stack", "IN", "-o", "OUT"],
    ["diff", "IN", str(ROOT / "examples/vnm-pmlsa")],
    ["report", "--package", "IN", "-o", "OUT"],
    ["export", "--to", "csv", "--package", "IN", "-o", "OUT"],
]
VIEWS = ("spells", "panel", "timeline", "ties", "co_ties", "incidence", "goal_matrix", "conditions")


class Fuzz:
    """One small package, in a private folder and in memory, and what an input may do to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = copy_lamps(folder / "package")
        (self.root / "README.md").write_text("# Lamps\n\n{}\n{}\n".format(*CONTENTS), encoding="utf-8")
        package = Package.read(self.root)
        self.written = (self.root / DESCRIPTOR).read_bytes()
        self.descriptor, self.profile = package.descriptor, package.profile
        self.text = read_tables(package)
        self.zip = zipped(files_of(self.root))
        self.methods = dict(_methods(self.profile.tables, folder))

    def descriptors(self, data: st.DataObject) -> None:
        """A damaged descriptor, read, judged by the stages that read it, and loaded as far as the tables."""
        with self._damaged(DESCRIPTOR, data):
            found = _kept(lambda: package_checks.check_files(Folder(self.root)))
            if not found:
                _kept(lambda: package_checks.check_profile(Package.read(self.root)))
            _kept(lambda: Package.read(self.root).paths)
            _kept(lambda: policycase.pack(self.root, self.folder / "out.zip") if found else None)

    def profiles(self, data: st.DataObject) -> None:
        """A damaged file of schemas/: reported, and obeyed by nothing."""
        path = data.draw(st.sampled_from(sorted(self.profile.files)), label="file")
        with self._damaged(path, data):
            found = _kept(lambda: list(package_checks._difference(self.profile, Profile.read(self.root))))
            content = (self.root / path).read_bytes().replace(b"\r\n", b"\n")
            mark = b"\xef\xbb\xbf" if path.endswith(".csv") else b""
            same = content.removeprefix(mark) == self.profile.files[path]
            assert found is None or bool(found) != same, "a profile of a stranger passes for ours"
            name = path.removeprefix("schemas/").removesuffix(".schema.json")
            _kept(lambda: self._typed(Profile.read(self.root), name if name in self.text.frames else "programs"))

    def tables(self, data: st.DataObject) -> None:
        """A damaged CSV file, judged and loaded."""
        name = data.draw(st.sampled_from(sorted(self.profile.case_tables)), label="table")
        path = f"data/{name}.csv"
        with self._damaged(path, data):
            folder = Folder(self.root, keeps=True)
            sound = not any(
                found.severity == "error" for found in _kept(lambda: package_checks.check_files(folder)) or ()
            )
            if sound and not _kept(lambda: list(package_checks._headers(folder, self.profile))):
                _kept(lambda: cell_checks.check_cells(Package(folder, self.descriptor, self.profile)))
            _kept(lambda: text_frame(folder.table(path)))

    def rules(self, data: st.DataObject) -> None:
        """Damaged cells under one rule."""
        text = Tables(self._cells(data, self.text.frames), self.profile, self.text.paths)
        rule = data.draw(st.sampled_from(sorted(RULES)), label="rule")
        _kept(lambda: list(RULES[rule].findings(text)))

    def casebooks(self, data: st.DataObject) -> None:
        """Damaged cells that load all the same, under one method: a user may read what is not valid."""
        changed = Tables(self._cells(data, self.text.frames), self.profile, self.text.paths)
        kept = {
            name: text
            if text is self.text[name] or _kept(lambda name=name: typed(changed, name)) is not None
            else self.text[name]
            for name, text in changed.frames.items()
        }
        method = data.draw(st.sampled_from(sorted(self.methods)), label="method")
        descriptor = self._descriptor(data) if data.draw(st.booleans(), label="descriptor too") else self.descriptor
        _kept(lambda: self.methods[method](Casebook(replace(changed, frames=kept), descriptor)))

    def archives(self, data: st.DataObject) -> None:
        """A damaged zip, unpacked and judged."""
        place = self.folder / "case.zip"
        place.write_bytes(
            _damaged_zip(self.zip, data) if data.draw(st.booleans(), label="entry") else _spoilt(self.zip, data)
        )
        with warnings.catch_warnings(action="ignore"):
            _kept(lambda: self._unpacked(place))

    def packages(self, data: st.DataObject) -> None:
        """A package with one damaged file, through all of `validate` and `load`."""
        names = [DESCRIPTOR, *sorted(self.profile.files), *(f"data/{name}.csv" for name in self.profile.case_tables)]
        with self._damaged(data.draw(st.sampled_from(names), label="file"), data):
            _kept(lambda: policycase.validate(self.root).found)
            _kept(lambda: policycase.load(self.root))

    def commands(self, data: st.DataObject) -> None:
        """A copy of the package with one damaged file, under one command that takes what is not valid."""
        names = [
            *[DESCRIPTOR] * 20,
            "README.md",
            *self.profile.files,
            *(f"data/{n}.csv" for n in self.profile.case_tables),
        ]
        command = data.draw(st.sampled_from(COMMANDS), label="command")
        with self._damaged(data.draw(st.sampled_from(names), label="file"), data):
            copy_ = shutil.copytree(self.root, _free(self.folder, ""))
        places = {"IN": str(copy_), "OUT": str(_free(self.folder, ".html"))}
        with io.StringIO() as said, redirect_stdout(said), redirect_stderr(said):
            code = main([places.get(word, word) for word in command])
            assert code in {0, 1, 3}, said.getvalue()
            assert said.getvalue() == printable(said.getvalue())

    def _descriptor(self, data: st.DataObject) -> dict:
        """A damaged descriptor that loads all the same."""
        (self.root / DESCRIPTOR).write_bytes(_damaged_json(self.written, data))
        package = _kept(lambda: Package.read(self.root))
        (self.root / DESCRIPTOR).write_bytes(self.written)
        loads = package and package.paths.keys() >= self.text.frames.keys()
        return package.descriptor if loads else self.descriptor

    def _unpacked(self, place: Path) -> list[Finding]:
        with opened(place) as root:
            return package_checks.check_files(Folder(root))

    def _typed(self, theirs: Profile, name: str) -> None:
        """One table as `load` types it, by the schema that a stranger gave."""
        table = theirs.tables.get(name)
        if table and list(self.text[name].columns) == list(table.fields):
            typed(Tables({name: self.text[name]}, theirs, self.text.paths), name)

    @contextmanager
    def _damaged(self, path: str, data: st.DataObject) -> Iterator[None]:
        file = self.root / path
        before = file.read_bytes()
        changes = [_spoilt]
        if path.endswith(".json"):
            changes.append(_damaged_json)
        if path.endswith(".csv"):
            changes.append(_damaged_csv)
        file.write_bytes(data.draw(st.sampled_from(changes), label="how")(before, data))
        try:
            yield
        finally:
            file.write_bytes(before)

    def _cells(self, data: st.DataObject, frames: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
        """Some cells, and some rows, of some tables are others."""
        changed = dict(frames)
        for _ in range(data.draw(st.integers(1, 6), label="changes")):
            name = data.draw(st.sampled_from(sorted(self.profile.case_tables)), label="table")
            frame = changed[name]
            kind = data.draw(st.sampled_from(["cell"] * 6 + ["twice", "gone", "empty"]), label="change")
            if kind == "empty" or frame.empty:
                changed[name] = frame.iloc[:0]
                continue
            row = data.draw(st.integers(0, len(frame) - 1), label="row")
            if kind == "twice":
                changed[name] = frame.iloc[[*range(len(frame)), row]]
            elif kind == "gone":
                changed[name] = frame.drop(frame.index[row])
            else:
                column = data.draw(st.integers(0, frame.shape[1] - 1), label="column")
                changed[name] = _with(frame, row, column, data.draw(CELL, label="cell"))
        return changed


def _methods(tables: dict, folder: Path) -> Iterator[tuple[str, Callable[[Casebook], object]]]:
    """What a user asks of a casebook."""
    whole = policycase.load(folder / "package")
    for name in (
        "__repr__",
        "_repr_html_",
        "codebook",
        "coverage",
        "passage_coverage",
        "conflicts",
        "crosschecks",
        "cite",
        "files",
    ):
        yield name, lambda case, name=name: getattr(case, name)()
    for name in tables:
        yield f"join {name}", lambda case, name=name: case.join(name)
    for name in VIEWS:
        yield name, lambda case, name=name: getattr(policycase, name)(case)
    for name in ("bvt-lamps:night-watch", "bvt-lamps:lamp-office", "bvt-lamps"):
        yield f"record {name}", lambda case, name=name: (case.record(name), case.evidence_for(name))
    for form in ("csv", "sqlite", "graphml", "excel"):
        yield f"export {form}", lambda case, form=form: policycase.export(case, form, _free(folder, FORMS[form].ending))
    for name in ("plot_timeline", "plot_network", "plot_goals"):
        yield name, lambda case, name=name: getattr(policycase, name)(case)
    yield "agreement", lambda case: policycase.agreement({"one": case, "two": whole})
    yield "report", lambda case: policycase.report(case, _free(folder, ".html"))
    yield "diff", lambda case: (policycase.diff(whole, case), policycase.diff(case, whole))
    yield "overlap", lambda case: policycase.overlap([case, policycase.load()]).entities
    yield "stack", lambda case: policycase.stack([case, case])
    yield "unstack", policycase.unstack


def _free(folder: Path, ending: str) -> Path:
    """A new place to write at."""
    return Path(tempfile.mkdtemp(dir=folder)) / f"out{ending}"


def _with(frame: pd.DataFrame, row: int, column: int, cell: str) -> pd.DataFrame:
    """The frame with another cell, as `read_csv` would give it: the empty cell is missing."""
    values = frame.iloc[:, column].tolist()
    values[row] = cell.encode("utf-8", "replace").decode() or None
    return frame.assign(**{frame.columns[column]: pd.Series(values, index=frame.index, dtype="str")})


def _spoilt(content: bytes, data: st.DataObject) -> bytes:
    """Bytes with a run of them gone, and something else in its place."""
    start = data.draw(st.integers(0, len(content)), label="start")
    length = data.draw(st.sampled_from([0, 1, 1, 2, 20, 500, len(content)]), label="length")
    new = data.draw(st.one_of(st.sampled_from(BYTES), st.binary(max_size=6)), label="bytes")
    return content[:start] + new + content[start + length :]


def _damaged_json(content: bytes, data: st.DataObject) -> bytes:
    """A JSON document with one value changed, gone, or under another key."""
    document = json.loads(content)
    places = list(_places(document))
    where = data.draw(st.integers(0, len(places) - 1), label="place")
    kind = data.draw(st.sampled_from(["value", "gone", "key", "twice"]), label="change")
    holder, key = places[where]
    value = copy.deepcopy(data.draw(st.sampled_from(VALUES), label="value"))
    if kind == "value":
        holder[key] = value
    elif kind == "gone":
        del holder[key]
    elif isinstance(holder, list):
        holder.append(copy.deepcopy(holder[key]))
    else:
        holder[str(value)[:50]] = holder.pop(key)
    return json.dumps(document).encode()


def _places(document: object) -> Iterator[tuple]:
    keys = document.keys() if isinstance(document, dict) else range(len(document)) if isinstance(document, list) else ()
    for key in list(keys):
        yield document, key
        yield from _places(document[key])


def _damaged_csv(content: bytes, data: st.DataObject) -> bytes:
    """A CSV file with one cell, of the header too, changed without quoting."""
    lines = content.split(b"\n")
    row = data.draw(st.integers(0, len(lines) - 1), label="row")
    cells = lines[row].split(b",")
    column = data.draw(st.integers(0, len(cells) - 1), label="column")
    cells[column] = data.draw(CELL, label="cell").encode("utf-8", "surrogatepass")
    lines[row] = b",".join(cells)
    return b"\n".join(lines)


def _damaged_zip(content: bytes, data: st.DataObject) -> bytes:
    """A zip with one more entry."""
    buffer = io.BytesIO(content)
    names = [
        "x",
        "datapackage.json",
        "../x",
        "/x",
        "data",
        "data/",
        "schemas/x/",
        "a" * 300,
        "con",
        "é",
        "a//b",
        "./a",
        "a:b",
        "data/goals.csv/x",
    ]
    info = zipfile.ZipInfo("x")
    info.filename = data.draw(st.one_of(st.sampled_from(names), st.text(min_size=1, max_size=6)), label="name")
    info.external_attr = (
        data.draw(st.sampled_from([0, 0o120777, 0o40755, 0o10644, 0o100000, 0o20666]), label="mode") << 16
    )
    info.compress_type = data.draw(
        st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
    )
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(buffer, "a") as archive:
        try:
            archive.writestr(info, b"x" * data.draw(st.sampled_from([0, 1, 5_000_000]), label="size"))
        except (UnicodeEncodeError, ValueError):  # no zip can hold such a name
            return content
    return buffer.getvalue()


def _kept(read: Callable[[], object]) -> object:
    """What was read, or None where it was refused; its words must be printable."""
    try:
        result = read()
    except PolicyCaseError as error:
        printable(str(error)).encode()
        return None
    for finding in result if isinstance(result, list | tuple) else ():
        printable(str(finding)).encode()
    return result


SHARES = {
    "descriptors": 0.2,
    "profiles": 0.1,
    "tables": 0.28,
    "rules": 0.14,
    "casebooks": 0.1,
    "archives": 0.158,
    "packages": 0.002,
    "commands": 0.02,
}


def run(target: str, inputs: int, start: int | None = None) -> int:
    """How many inputs of one target were tried; the first that breaks it is raised, made small.

    The inputs are the same at each run; with `start` they are others, of that seed.
    """
    folder = Path(tempfile.mkdtemp(prefix="policycase-fuzz-"))
    fuzz, tried = Fuzz(folder), 0

    @settings(
        max_examples=max(1, round(inputs * SHARES[target])),
        derandomize=start is None,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def one(data: st.DataObject) -> None:
        nonlocal tried
        tried += 1
        getattr(fuzz, target)(data)

    try:
        one() if start is None else seed(start)(one)()
    finally:
        shutil.rmtree(folder)
    return tried
