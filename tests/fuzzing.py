"""Damage of any kind to a package: whatever it is, the answer is a finding or a PolicyCaseError, never a traceback."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from copies import copy_lamps
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

import policycase
from policycase.checks import files, profile, schemas, standard
from policycase.descriptor import Package
from policycase.errors import PolicyCaseError
from policycase.packing import files as packed_files
from policycase.packing import zipped

POOL = [
    b"", b"\0", b"\r", b"\n", b'"', b",", b"\xff", b"\xef\xbb\xbf", b"{", b"}", b"[", b"null", b"NaN", b"1e999", b"-1", b"../", b"://",
    "\u202e".encode(), b"\\ud800", b"PK\x01\x02", b"PK\x05\x06", b"\xff\xff\xff\xff", b"9" * 40, b"[" * 2000, b"true", b'"":', b"$ref",
]  # fmt: skip
WHOLE = 50  # one input in so many goes through every rule as well
EDIT = st.tuples(
    st.sampled_from(["cut", "insert", "overwrite", "repeat"]),
    st.floats(0, 1),
    st.integers(1, 300),
    st.sampled_from(POOL) | st.binary(max_size=6),
)


def damaged(content: bytes, edits: list[tuple[str, float, int, bytes]]) -> bytes:
    """The bytes after some edits, each at a place from 0 (the beginning) to 1."""
    for kind, where, length, new in edits:
        place = int(where * len(content))
        before, cut, rest = content[:place], content[place : place + length], content[place + length :]
        content = {
            "cut": before + rest,
            "insert": before + new + cut + rest,
            "overwrite": before + new + content[place + len(new) :],
            "repeat": before + cut + cut + rest,
        }[kind]
    return content


def answer(package: Path, *, whole: bool) -> str:
    """What reading says: the stage that found something, or the error, or that it loads."""
    if whole:
        policycase.validate(package)
    if not files.check(package) and not schemas.check(package) and not profile.check(Package.read(package)):
        standard.check(Package.read(package))
    try:
        policycase.load(package)
    except PolicyCaseError as error:
        return type(error).__name__
    return "loads"


def fuzz(count: int, start: int, tell: Callable[[str], None] = lambda _answer: None) -> int:
    """The number of inputs tried, each a package with one damaged file, or a damaged zip; an odd failure is raised."""
    tried = 0
    with tempfile.TemporaryDirectory() as folder:
        package = copy_lamps(Path(folder) / "lamps")
        names = sorted(
            str(path.relative_to(package)) for path in package.rglob("*") if path.suffix in {".json", ".csv"}
        )
        content = {name: (package / name).read_bytes() for name in names}
        archive = zipped(packed_files(package))
        target = st.sampled_from(["datapackage.json"] * 20 + ["zip"] * 20 + names)

        @seed(start)
        @settings(
            max_examples=count,
            phases=[Phase.generate, Phase.shrink],
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(target, st.lists(EDIT, min_size=1, max_size=3))
        def one(name: str, edits: list[tuple[str, float, int, bytes]]) -> None:
            nonlocal tried
            tried += 1
            if name == "zip":
                place = Path(folder) / "damaged.zip"
                place.write_bytes(damaged(archive, edits))
                try:
                    policycase.load(place)
                except PolicyCaseError as error:
                    tell(type(error).__name__)
                else:
                    tell("loads")
                return
            try:
                (package / name).write_bytes(damaged(content[name], edits))
                tell(answer(package, whole=tried % WHOLE == 0))
            finally:
                (package / name).write_bytes(content[name])

        one()
    return tried
