"""Packages of strangers, made by code: what each tries, and what it must meet."""

import json
import os
import stat
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from policycase.publishing.pack import files, zipped

GOALS = "data/goals.csv"
HIDDEN = "not for your eyes"
GOAL = "Fewer people hurt their feet by falling in the dark."


@dataclass(frozen=True)
class Threat:
    """A package made hostile. `make` damages the folder and gives back what is to be opened."""

    area: str
    name: str
    make: Callable[[Path], Path | None]
    found: frozenset[str] = frozenset()  # rules of `validate`
    error: str = ""  # what `validate` raises, as class: text; else `load` alone raises or not
    loads: bool = False  # whether `load` takes the package all the same, as plain text
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def outcome(self) -> str:
        """What a reader of the table sees."""
        if self.error:
            return f"refused: {self.error}"
        return f"reported: {', '.join(sorted(self.found))}" if self.found else "kept as text"


def outside(package: Path) -> Path:
    """The folder beside the package that nothing may read or write."""
    return package.parent / "outside"


def descriptor(package: Path, change: Callable[[dict], None]) -> None:
    path = package / "datapackage.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    change(document)
    path.write_text(json.dumps(document), encoding="utf-8")


def pointed(target: str, key: str = "path") -> Callable[[Path], None]:
    """The first table's file, or schema, is somewhere else."""

    def make(package: Path) -> None:
        place = target.format(outside=outside(package))
        descriptor(package, lambda document: document["resources"][0].update({key: place}))

    return make


def linked(name: str) -> Callable[[Path], None]:
    """A file or folder of the package is a link to the same thing outside."""

    def make(package: Path) -> None:
        target = outside(package) / Path(name).name
        (package / name).rename(target)
        (package / name).symlink_to(target)

    return make


def replaced(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    """The bytes of one file are others."""

    def make(package: Path) -> None:
        before = (package / name).read_bytes()
        (package / name).write_bytes(change(before))
        assert (package / name).read_bytes() != before, name

    return make


def swapped(name: str, old: str, new: str) -> Callable[[Path], None]:
    """A text that stands in one file is another."""
    return replaced(name, lambda content: content.replace(old.encode(), new.encode()))


def made(kind: Callable[[Path], None]) -> Callable[[Path], None]:
    """The file of the goals is something else than a file."""

    def make(package: Path) -> None:
        (package / "data/goals.csv").unlink()
        kind(package / "data/goals.csv")

    return make


def archive(write: Callable[[zipfile.ZipFile, dict[str, bytes]], None]) -> Callable[[Path], Path]:
    """A zip of the package, with something more."""

    def make(package: Path) -> Path:
        target = package.parent / "hostile.zip"
        contents = files(package)
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as writer:
            for name, content in contents.items():
                writer.writestr(name, content)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that a name appears more than once
                write(writer, contents)
        return target

    return make


def entry(name: str, content: bytes = b"x", mode: int = 0) -> Callable[[zipfile.ZipFile, dict[str, bytes]], None]:
    """One more entry of a zip."""

    def write(writer: zipfile.ZipFile, _contents: dict[str, bytes]) -> None:
        info = zipfile.ZipInfo(name)
        info.filename = name  # ZipInfo would mend some names
        info.external_attr = mode << 16
        writer.writestr(info, content, zipfile.ZIP_DEFLATED)

    return write


def encrypted(package: Path) -> Path:
    target = package.parent / "hostile.zip"
    content = bytearray(zipped(files(package)))
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.find(mark)
        while place >= 0:
            content[place + flags] |= 1
            place = content.find(mark, place + 4)
    target.write_bytes(content)
    return target


def truncated(package: Path) -> Path:
    target = package.parent / "hostile.zip"
    target.write_bytes(zipped(files(package))[:-400])
    return target


def lying(package: Path) -> Path:
    """A zip whose entry is larger than it says."""
    target = package.parent / "hostile.zip"
    large = 2**25 + 12_345_678  # a size whose bytes are nowhere else in the zip
    content = zipped(files(package) | {GOALS: bytes(large)})
    size = large.to_bytes(4, "little")
    assert content.count(size) == 2  # beside the entry, and in the directory
    target.write_bytes(content.replace(size, (1000).to_bytes(4, "little")))
    return target


def nested(package: Path) -> Path:
    target = package.parent / "hostile.zip"
    target.write_bytes(zipped({"inner.zip": zipped(files(package))}))
    return target


def without_stance(package: Path) -> None:
    """Schema and table agree with each other, but their column has another name than the code knows."""
    for name, old, new in (
        ("schemas/claims.schema.json", '"name": "stance"', '"name": "stand"'),
        ("data/claims.csv", ",stance,", ",stand,"),
    ):
        swapped(name, old, new)(package)


def without_scope(package: Path) -> None:
    """Profile, descriptor and files agree that there is no table `scope`."""
    profile = package / "schemas/profile.json"
    document = json.loads(profile.read_bytes())
    document["tables"].remove("scope")
    profile.write_text(json.dumps(document), encoding="utf-8")
    (package / "schemas/scope.schema.json").unlink()
    descriptor(
        package,
        lambda about: about["resources"].remove(next(one for one in about["resources"] if one["name"] == "scope")),
    )


def only(*rules: str) -> frozenset[str]:
    return frozenset(rules)


PATHS = [
    Threat("paths", "a table at ../outside", pointed("../outside/secret.csv"), only("path-stays-in-package")),
    Threat("paths", "a table at an absolute path", pointed("{outside}/secret.csv"), only("path-stays-in-package")),
    Threat("paths", "a table on a drive of Windows", pointed("C:\\secret.csv"), only("path-stays-in-package")),
    Threat("paths", "a table on a share of Windows", pointed("\\\\host\\share\\x.csv"), only("path-stays-in-package")),
    Threat("paths", "a table on a device of Windows", pointed("data/NUL.csv"), only("path-stays-in-package")),
    Threat("paths", "a table on a device of Windows, spelt with a space", pointed("data/CON .csv"), only("path-stays-in-package")),
    Threat("paths", "a table on a port of Windows, spelt with a raised digit", pointed("data/COM\u00b9.csv"), only("path-stays-in-package")),
    Threat("paths", "a table in a folder that Windows takes for the one above", pointed(".. /outside/secret.csv"), only("path-stays-in-package")),
    Threat("paths", "a table in the home folder", pointed("~/secret.csv"), only("path-stays-in-package")),
    Threat("paths", "a table at a file: address", pointed("file://{outside}/secret.csv"), only("path-stays-in-package")),
    Threat("paths", "a table at a web address", pointed("https://127.0.0.1:9/x.csv"), only("path-stays-in-package")),
    Threat("paths", "a schema at ../outside", pointed("../outside/secret.csv", "schema"), only("path-stays-in-package"), loads=True),
    Threat("paths", "a schema at a web address", pointed("http://127.0.0.1:9/s.json", "schema"), only("path-stays-in-package"), loads=True),
    Threat("paths", "a profile at a web address", lambda package: descriptor(package, lambda document: document.update(profile="http://127.0.0.1:9/p.json")), only("descriptor-follows-profile"), loads=True),
    Threat("paths", "a $schema at a web address", lambda package: descriptor(package, lambda document: document.update({"$schema": "http://127.0.0.1:9/p.json"})), only("descriptor-follows-profile"), loads=True),
    Threat("paths", "a table that is a link out of the package", linked("data/goals.csv"), only("path-stays-in-package")),
    Threat("paths", "a data folder that is a link out of the package", linked("data"), only("path-stays-in-package")),
    Threat("paths", "a schema that is a link out of the package", linked("schemas/goals.schema.json"), only("path-stays-in-package")),
    Threat("paths", "a descriptor that is a link out of the package", linked("datapackage.json"), only("descriptor-is-json")),
    Threat("paths", "a table that is a circle of links", made(lambda path: path.symlink_to(path)), only("path-stays-in-package")),
    Threat("paths", "a table that is a pipe, which would never end", made(os.mkfifo), only("file-exists")),
    Threat("paths", "a table that is a folder", made(Path.mkdir), only("file-exists")),
    Threat("paths", "a table whose path differs by case alone", pointed("data/Programs.csv"), only("file-exists")),
]  # fmt: skip
ARCHIVES = [
    Threat("archives", "an entry that climbs out (zip slip)", archive(entry("../outside/slip.txt")), error="UnsafePathError: leaves the package"),
    Threat("archives", "an entry at an absolute path", archive(entry("/slip-of-policycase.txt")), error="UnsafePathError: leaves the package"),
    Threat("archives", "an entry with backslashes", archive(entry("..\\outside\\slip.txt")), error="UnsafePathError: has backslashes"),
    Threat("archives", "an entry that is a device of Windows", archive(entry("data/con.csv")), error="UnsafePathError: leaves the package"),
    Threat("archives", "an entry that is a link", archive(entry("data/link.csv", b"../../outside/secret.csv", stat.S_IFLNK | 0o777)), error="UnsafePathError: is a link"),
    Threat("archives", "a name that appears more than once, but for case", archive(entry("DATA/goals.csv")), error="UnsafePathError: appears more than once"),
    Threat("archives", "a name that appears more than once, byte for byte", archive(entry("data/goals.csv")), error="UnsafePathError: appears more than once"),
    Threat("archives", "a name that appears more than once, but for how its accent is written", archive(lambda writer, _contents: [writer.writestr(name, b"") for name in ("\u00e9.csv", "e\u0301.csv")]), error="UnsafePathError: appears more than once"),
    Threat("archives", "a second name of a file, with a dot", archive(entry("./data/goals.csv")), error="UnsafePathError: appears more than once"),
    Threat("archives", "a second name of a file, with two slashes", archive(entry("data//goals.csv")), error="UnsafePathError: appears more than once"),
    Threat("archives", "a folder with the name of a file", archive(entry("data/goals.csv/")), error="UnsafePathError: appears more than once"),
    Threat("archives", "a file in a file's place for a folder", archive(entry("data/goals.csv/goals.csv")), error="UnreadableError: cannot be unpacked"),
    Threat("archives", "an entry in a thousand folders", archive(entry("x/" * 1000 + "x")), error="UnsafePathError: lies too deep"),
    Threat("archives", "an entry packed by LZMA, which could fill the memory", archive(lambda writer, _contents: writer.writestr("x", b"x", zipfile.ZIP_LZMA)), error="UnsafePathError: not packed by deflate"),
    Threat("archives", "a bomb: very much from very little", archive(entry("bomb", b"0" * 2**26)), error="UnsafePathError: zip bomb"),
    Threat("archives", "a bomb: more than fits in all", archive(entry("bomb", os.urandom(2**19).hex().encode())), error="UnsafePathError: zip bomb", environment={"POLICYCASE_LARGEST_ARCHIVE": "1000000"}),
    Threat("archives", "a bomb: an entry that says it is small", lying, error="UnreadableError: cannot be unpacked"),
    Threat("archives", "a bomb: very many files", archive(lambda writer, _contents: [writer.writestr(str(number), b"") for number in range(10_001)]), error="UnsafePathError: holds"),
    Threat("archives", "a zip in a zip", nested, error="UnreadableError: no datapackage.json is at the top of this zip"),
    Threat("archives", "an encrypted zip", encrypted, error="UnreadableError: cannot be unpacked"),
    Threat("archives", "a zip that breaks off", truncated, error="UnreadableError: neither a folder"),
]  # fmt: skip
NAMELESS = {
    "foreign-key-stays-in-case",
    "claim-points-to-a-record",
    "evidence-points-to-a-record-and-field",
    "record-has-evidence",
    "value-has-evidence",
    "program-has-agency-place-and-start-or-note",
}  # what follows where nothing names a row any more
TEXT = [
    Threat("text", "bytes that are not UTF-8", replaced(GOALS, lambda content: content.replace(b"feet", b"f\xffet")), only("file-is-utf-8")),
    Threat("text", "UTF-16", replaced(GOALS, lambda content: content.decode().encode("utf-16")), only("file-is-utf-8")),
    Threat("text", "a byte order mark", replaced(GOALS, lambda content: b"\xef\xbb\xbf" + content), only("file-has-no-bom"), loads=True),
    Threat("text", "a NUL", swapped(GOALS, "feet", "f\0et"), only("file-has-no-nul")),
    Threat("text", "a lone carriage return", swapped(GOALS, "feet", "f\ret"), only("line-ends-are-whole")),
    Threat("text", "a quote that is never closed", swapped(GOALS, f",{GOAL}", f',"{GOAL}'), only("row-is-csv")),
    Threat("text", "a cell of 10 MB", swapped(GOALS, GOAL, "x" * 10_000_000), only("row-is-csv")),
    Threat("text", "ten thousand columns", replaced(GOALS, lambda content: content.replace(b"\n", b"," * 10_000 + b"\n")), only("header-equals-schema")),
    Threat("text", "a table larger than the limit", swapped(GOALS, GOAL, "x" * 2_000_000), only("file-is-not-too-large"), environment={"POLICYCASE_LARGEST_FILE": "1000000"}),
    Threat("text", "bidirectional controls in a name", swapped("data/agencies.csv", "Lamp Office", "Lamp \u202eeciffO"), only("text-has-no-control-or-edge-space"), loads=True),
    Threat("text", "a look-alike letter in an id", swapped("data/programs.csv", "bvt-lamps:night-watch,", "bvt-lamps:night-w\u0430tch,"), only("constraint-error", "claim-points-to-a-record"), loads=True),
    Threat("text", "a hundred thousand empty lines", replaced(GOALS, lambda content: content + b"\n" * 100_000), only("row-has-every-cell")),
    Threat("text", "half a character in JSON", swapped("datapackage.json", '"title": "', '"title": "\\ud800'), only("descriptor-is-json")),
    Threat("text", "half a character in a schema", swapped("schemas/goals.schema.json", '"title": "Goal', '"title": "\\ud800Goal'), only("schema-equals-profile")),
    Threat("text", "JSON with a hundred thousand keys, one of them twice", replaced("datapackage.json", lambda _content: b"{" + b"".join(b'"%d":1,' % number for number in range(100_000)) + b'"7":1}'), only("descriptor-lists-resources")),
    Threat("text", "a number in JSON that no machine holds", swapped("datapackage.json", '"name": "bvt-lamps"', '"name": 1e999'), only("descriptor-follows-profile"), loads=True),
    Threat("text", "licences and contributors that are no lists", lambda package: descriptor(package, lambda document: document.update(licenses=7, contributors=["x"])), only("descriptor-follows-profile"), loads=True),
    Threat("text", "terminal escape codes", swapped("data/agencies.csv", "Lamp Office", "Lamp \x1b[2J\x1b]0;owned\x07Office"), only("text-has-no-control-or-edge-space"), loads=True),
    Threat("text", "JSON nested a hundred thousand deep", replaced("datapackage.json", lambda _content: b"[" * 100_000), only("descriptor-is-json")),
    Threat("text", "a JSON key that appears more than once", swapped("datapackage.json", '"name": "bvt-lamps"', '"name": "other", "name": "bvt-lamps"'), only("descriptor-is-json"), loads=True),
    Threat("text", "NaN in JSON", swapped("datapackage.json", '"name": "bvt-lamps"', '"name": NaN'), only("descriptor-is-json"), loads=True),
    Threat("text", "a number of ten thousand digits in JSON", swapped("datapackage.json", '"name": "bvt-lamps"', f'"name": {"9" * 10_000}'), only("descriptor-is-json")),
    Threat("text", "a schema whose regex would run for years", replaced("schemas/goals.schema.json", lambda content: content.replace(b'"pattern": "^', b'"pattern": "^(a+)+$|^', 1)), only("schema-equals-profile"), loads=True),
    Threat("text", "a schema that asks for another address", swapped("schemas/goals.schema.json", "https://datapackage.org/profiles/2.0/tableschema.json", "http://127.0.0.1:9/s.json"), only("schema-equals-profile"), loads=True),
    Threat("text", "a profile without a column that is read, and a table without it too", without_stance, only("schema-equals-profile")),
    Threat("text", "a profile without a table that is read", without_scope, only("schema-equals-profile")),
    Threat("text", "a profile of its own making", swapped("schemas/profile.json", '"additionalProperties": false', '"additionalProperties": true'), only("schema-equals-profile"), loads=True),
]  # fmt: skip
THREATS = [*PATHS, *ARCHIVES, *TEXT]


@dataclass(frozen=True)
class Payload:
    """A text that a program further on could obey: where it is sent, and what must come out of it again."""

    name: str
    form: str
    text: str
    area: str = "output"
    outcome: str = "kept as text"


PAYLOADS = [
    Payload("a formula, exported to Excel", "excel", '=HYPERLINK("http://127.0.0.1:9";"open")'),
    Payload("a formula behind a sign, exported to Excel", "excel", "+1+cmd|' /C calc'!A0"),
    Payload("a statement of SQL, exported to SQLite", "sqlite", "'); DROP TABLE goals; --"),
    Payload("a statement of SQL, exported to DuckDB", "duckdb", "'); DROP TABLE goals; --"),
    Payload("markup, exported to GraphML", "graphml", '</data></node>]]>&amp;<node id="x"/>'),
    Payload("a script, in the report", "report", "</td><script>alert(1)</script><img src=x onerror=alert(1)>"),
]
