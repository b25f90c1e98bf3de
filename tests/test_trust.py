"""Packages of strangers: nothing outside is read, fetched or lost, and every failure says what it is."""

import http.server
import json
import os
import threading
import zipfile
from pathlib import Path

import pytest
from copies import copy_lamps, edit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import policycase
from policycase.errors import PolicyCaseError, UnreadableError

CASE = policycase.load()


@pytest.fixture
def server():
    """An address that counts who asks it."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}", asked
        listening.shutdown()


def test_no_address_of_a_package_is_fetched(package: Path, server):
    address, asked = server
    for path, change in {
        "schemas/profile.json": lambda text: text.replace(
            '"fields"', f'"allOf": [{{"$ref": "{address}/evil.json"}}], "fields"', 1
        ),
        "datapackage.json": lambda text: text.replace('"schemas/goals.schema.json"', f'"{address}/goals.json"'),
        "schemas/goals.schema.json": lambda text: text.replace(
            "https://datapackage.org/profiles/2.0/tableschema.json", f"{address}/s.json"
        ),
    }.items():
        (package / path).write_text(change((package / path).read_text(encoding="utf-8")), encoding="utf-8")

        assert not policycase.validate(package).is_valid

    assert asked == []


def test_path_that_leaves_the_package_by_a_link_is_refused(package: Path, tmp_path: Path):
    secret = tmp_path / "secret.csv"
    secret.write_bytes((package / "data/goals.csv").read_bytes())
    (package / "data/goals.csv").unlink()
    (package / "data/goals.csv").symlink_to(secret)

    assert policycase.validate(package).findings["rule"].tolist() == ["path-stays-in-package"]
    with pytest.raises(PolicyCaseError, match="leaves the package"):
        policycase.load(package)


def test_pack_puts_nothing_from_outside_into_the_zip(package: Path, tmp_path: Path):
    (tmp_path / "secret.md").write_text("secret")
    (package / "README.md").symlink_to(tmp_path / "secret.md")

    with pytest.raises(PolicyCaseError, match="leaves the package"):
        policycase.pack(package, tmp_path / "case.zip")
    assert not (tmp_path / "case.zip").exists()


@pytest.mark.parametrize(
    "path", ["x" * 300, "data/\\ud800.csv", "data/circle.csv", "", "C:\\\\x", "http://127.0.0.1/x.csv", 7, None, ["a"]]
)
def test_odd_paths_are_findings(package: Path, path: object):
    (package / "data/circle.csv").symlink_to(package / "data/circle.csv")
    descriptor = json.loads((package / "datapackage.json").read_text(encoding="utf-8"))
    descriptor["resources"][0]["path"] = path.encode().decode("unicode_escape") if isinstance(path, str) else path
    (package / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")

    assert not policycase.validate(package).is_valid
    with pytest.raises(PolicyCaseError):
        policycase.load(package)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{",
        b'{"resources": 7}',
        b'{"resources": [7]}',
        b'{"resources": [{}]}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a": NaN}',
    ],
)
def test_odd_descriptors_are_findings(package: Path, content: bytes):
    (package / "datapackage.json").write_bytes(content)

    assert not policycase.validate(package).is_valid
    with pytest.raises(PolicyCaseError):
        policycase.load(package)


@pytest.mark.parametrize(
    "key", ["title", "name", "version", "licenses", "contributors", "policycase", "resources", "$schema"]
)
def test_descriptor_without_a_key_is_a_finding(package: Path, key: str):
    descriptor = json.loads((package / "datapackage.json").read_text(encoding="utf-8"))
    del descriptor[key]
    (package / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")

    assert not policycase.validate(package).is_valid


@pytest.mark.parametrize("cut", [30, 2000, -40])
def test_damaged_zip_is_unreadable(tmp_path: Path, cut: int):
    whole = policycase.pack(output=tmp_path / "case.zip").read_bytes()
    broken = tmp_path / "broken.zip"
    broken.write_bytes(whole[:cut] + b"\0" * 20 + whole[cut + 20 :])

    try:
        case = policycase.load(broken)
    except PolicyCaseError:
        return
    assert case == CASE  # the damage fell on bytes that nothing reads


def test_zip_with_a_name_twice_is_refused(tmp_path: Path):
    archive = tmp_path / "twice.zip"
    with zipfile.ZipFile(archive, "w") as writer:
        writer.writestr("datapackage.json", "{}")
        with pytest.warns(UserWarning, match="Duplicate"):
            writer.writestr("datapackage.json", "{}")

    with pytest.raises(PolicyCaseError, match="stands twice"):
        policycase.load(archive)


def test_force_replaces_a_package(tmp_path: Path):
    CASE.write(tmp_path / "out")

    CASE.write(tmp_path / "out", force=True)

    assert policycase.load(tmp_path / "out") == CASE
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize(
    "kind", ["a folder with other files", "a package with a file of its own", "a file", "the current folder"]
)
def test_force_never_replaces_what_is_no_package(tmp_path: Path, monkeypatch, kind: str):
    target = tmp_path / "out"
    if kind == "a file":
        target.write_text("mine")
    else:
        CASE.write(target)
    if kind == "a folder with other files":
        (target / "datapackage.json").unlink()
    if kind == "a package with a file of its own":
        (target / "mine.txt").write_text("mine")
    if kind == "the current folder":
        monkeypatch.chdir(target)
    before = sorted(path for path in tmp_path.rglob("*"))

    with pytest.raises(UnreadableError, match="is not replaced"):
        CASE.write("." if kind == "the current folder" else target, force=True)

    assert sorted(path for path in tmp_path.rglob("*")) == before


CELLS = st.sampled_from(
    [
        "",
        "1_2",
        "+3",
        "1e400",
        "NaN",
        "inf",
        "0x1",
        "１",
        "2020-1-1",
        "true",
        "1",
        "2.50",
        "-0",
        "99999999999999999999",
        "x",
    ]
)


@given(CELLS, CELLS)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_valid_can_be_loaded(tmp_path_factory, position: str, value: str):
    lamps = copy_lamps(tmp_path_factory.mktemp("lamps"))
    edit(lamps / "data/goals.csv", "lamp-office,2,social-inclusion", f"lamp-office,{position},social-inclusion")
    edit(lamps / "data/figures.csv", "funding,1250.5,NOK", f"funding,{value},NOK")

    if policycase.validate(lamps).is_valid:
        assert len(policycase.load(lamps).goals) == 4
    else:
        assert policycase.validate(lamps).found


def test_zip_written_again_is_valid(lamps: Path, tmp_path: Path):
    edit(
        lamps / "data/goals.csv", "bvt-lamps:council-goal-equal,bvt-lamps,", 'bvt-lamps:council-goal-equal,"bvt-lamps",'
    )
    archive = policycase.pack(lamps, tmp_path / "lamps.zip")

    policycase.load(archive).write(tmp_path / "again")

    assert policycase.validate(tmp_path / "again").findings.empty


def test_row_with_too_many_cells_is_refused_where_pandas_would_drop_them(lamps: Path):
    edit(lamps / "data/goals.csv", "by falling in the dark.,", "by falling, in the dark.,x")

    with pytest.raises(UnreadableError, match=r"data/goals\.csv:\d: .* cells; the header has"):
        policycase.load(lamps)


def test_load_refuses_a_schema_with_a_vocabulary_that_has_no_codes(lamps: Path):
    schema = lamps / "schemas/goals.schema.json"
    schema.write_bytes(schema.read_bytes().replace(b'"vocabulary": "goal_type"', b'"vocabulary": "wishes"'))

    with pytest.raises(UnreadableError, match='the vocabulary "wishes", which has no codes'):
        policycase.load(lamps)


def test_unknown_id_is_told_beside_a_case_that_has_no_id(lamps: Path):
    edit(lamps / "data/cases.csv", "\nbvt-lamps,", "\n,")

    with pytest.raises(policycase.UnknownNameError, match='no record "bvt-lamps"'):
        policycase.load(lamps).record("bvt-lamps")


def test_join_refuses_an_id_that_stands_twice(lamps: Path):
    agencies = lamps / "data/agencies.csv"
    agencies.write_bytes(agencies.read_bytes() + agencies.read_bytes().splitlines(keepends=True)[1])

    with pytest.raises(policycase.InvalidPackageError, match=r"agencies: bvt-lamps:\S+ stands twice"):
        policycase.load(lamps).join("program_agencies")


def test_stack_refuses_a_path_by_itself():
    with pytest.raises(PolicyCaseError, match="a list of cases"):
        policycase.stack(os.fspath(Path.cwd()))


def test_casebook_reads_as_a_mapping_of_tables():
    assert "programs" in CASE
    assert "programme" not in CASE
    assert list(CASE) == CASE.tables
    assert len(CASE) == len(CASE.tables)


def test_cite_takes_rows_of_any_table_with_ids():
    assert "@article" in CASE.cite(CASE.passages)
    assert "@article" in CASE.cite(CASE.sources[CASE.sources["source_use"] == "coded"])
    with pytest.raises(PolicyCaseError, match="no id column"):
        CASE.cite(CASE.programs[["name"]])
