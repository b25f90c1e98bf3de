"""Packages of strangers: nothing outside is read, fetched or lost, and every failure says what it is."""

import csv
import http.server
import json
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest
from books import CASE
from copies import ROOT, copy_lamps, edit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import policycase
from policycase.cli.main import main
from policycase.coding.render import render
from policycase.errors import PolicyCaseError, UnreadableError


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

    with pytest.raises(PolicyCaseError, match="appears more than once"):
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


@pytest.mark.slow
@given(CELLS, CELLS)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_valid_can_be_loaded(tmp_path_factory, position: str, value: str):
    lamps = copy_lamps(tmp_path_factory.mktemp("lamps"))
    edit(lamps / "data/goals.csv", "lamp-office,2,social-inclusion", f"lamp-office,{position},social-inclusion")
    edit(lamps / "data/figures.csv", "funding,1250.5,,NOK", f"funding,{value},,NOK")

    report = policycase.validate(lamps)

    if report.is_valid:
        assert len(policycase.load(lamps).goals) == 4
    else:
        assert report.found


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

    with pytest.raises(UnreadableError, match='the vocabulary "wishes", which'):
        policycase.load(lamps)


def test_unknown_id_is_told_beside_a_case_that_has_no_id(lamps: Path):
    edit(lamps / "data/cases.csv", "\nbvt-lamps,", "\n,")

    with pytest.raises(policycase.UnknownNameError, match='no record "bvt-lamps"'):
        policycase.load(lamps).record("bvt-lamps")


def test_join_refuses_an_id_that_stands_twice(lamps: Path):
    agencies = lamps / "data/agencies.csv"
    agencies.write_bytes(agencies.read_bytes() + agencies.read_bytes().splitlines(keepends=True)[1])

    with pytest.raises(policycase.InvalidPackageError, match=r"agencies: bvt-lamps:\S+ appears more than once"):
        policycase.load(lamps).join("program_agencies")


@pytest.mark.parametrize(
    "ask",
    [
        lambda case, _: case.cite(),
        lambda case, _: policycase.stack([CASE, case]),
        lambda case, folder: policycase.export(case, "csv", folder / "out"),
        lambda case, folder: policycase.report(case, folder / "out.html"),
    ],
    ids=["cite", "stack", "export", "report"],
)
@pytest.mark.parametrize("key", ["contributors", "created"])  # what each of them needs; a stack makes its own title
def test_what_a_descriptor_does_not_say_is_refused_and_not_written(lamps: Path, tmp_path: Path, ask, key: str):
    descriptor = json.loads((lamps / "datapackage.json").read_text(encoding="utf-8"))
    descriptor[key] = 7
    (lamps / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")
    case = policycase.load(lamps)

    with pytest.raises(policycase.InvalidPackageError, match=f"datapackage.json: {key} must be "):
        ask(case, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["bvt-lamps"]


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("agencies", "\nbvt-lamps:lamp-office,", "\n,", "agency_id is empty"),
        ("agencies", "\nbvt-lamps:lamp-office,bvt-lamps,", "\nbvt-lamps:lamp-office,,", "case_id is empty"),
        ("goals", "\nbvt-lamps:council-goal-equal,", "\nbvt-lamps:posts-goal-walks,", "appears more than once"),
        (
            "program_agencies",
            ",bvt-lamps:lamp-office,",
            ",bvt-lamps:nobody,",
            "bvt-lamps:nobody is in no row of agencies",
        ),
    ],
)
def test_report_refuses_rows_that_cannot_be_told_apart(
    lamps: Path, tmp_path: Path, file: str, old: str, new: str, message: str
):
    content = (lamps / f"data/{file}.csv").read_text(encoding="utf-8")
    assert old in content
    (lamps / f"data/{file}.csv").write_text(content.replace(old, new, 1), encoding="utf-8")

    with pytest.raises(policycase.InvalidPackageError, match=message):
        policycase.report(lamps, tmp_path / "out.html")


CONTROLS = "\x1b[2J\x9b2J\u202e"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["validate"], 1),
        (["validate", "--json"], 1),
        (["info"], 3),
        (["info", "--json"], 3),
        (["show", CONTROLS, "--package"], 3),
    ],
    ids=lambda value: value[0] + "".join(value[1:2]) if isinstance(value, list) else str(value),
)
def test_no_command_writes_control_characters_of_a_cell(lamps: Path, capsys, arguments: list[str], code: int):
    edit(lamps / "data/goals.csv", "lamp-office,2,social-inclusion", f"lamp-office,{CONTROLS},social-inclusion")

    found = main([*arguments, str(lamps)])

    shown = "".join(capsys.readouterr())
    assert found == code
    assert "2J" in shown
    assert not set(shown) & set(CONTROLS) - set("[2J")


@pytest.mark.parametrize(
    "arguments",
    [
        ["show", "agencies", "--json", "--package"],
        ["diff", "--markdown", "shipped"],
        ["show", "bvt-lamps:lamp-office", "--package"],
    ],
    ids=lambda words: words[0],
)
def test_controls_of_a_cell_that_loads_are_shown_not_obeyed(lamps: Path, tmp_path: Path, capsys, arguments: list[str]):
    before = copy_lamps(tmp_path / "before")
    edit(lamps / "data/agencies.csv", "Lamp Office", f"Lamp {CONTROLS}Office")

    main([str(before) if word == "shipped" else word for word in arguments] + [str(lamps)])

    shown = "".join(capsys.readouterr())
    assert "2J" in shown
    assert not set(shown) & set(CONTROLS) - set("[2J")


def test_json_with_shown_controls_still_says_the_cell(lamps: Path, capsys):
    edit(lamps / "data/agencies.csv", "Lamp Office", f"Lamp {CONTROLS}Office")

    main(["show", "agencies", "--json", "--package", str(lamps)])

    assert f"Lamp {CONTROLS}Office" in [row["name"] for row in json.loads(capsys.readouterr().out)]


@pytest.mark.slow
def test_control_character_in_a_name_does_not_end_the_process_in_a_chart(lamps: Path, tmp_path: Path):
    edit(lamps / "data/agencies.csv", "Lamp Office", "Lamp \x03\x1bOffice")  # of such a name the chart's library aborts

    done = subprocess.run(
        [sys.executable, "-m", "policycase", "report", "--package", lamps, "-o", tmp_path / "out.html"],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT / "scripts")},
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, "")
    assert "Lamp \ufffd\ufffdOffice" in (tmp_path / "out.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("is_loaded", [False, True])
def test_longest_cell_is_the_same_whatever_was_imported_before(lamps: Path, is_loaded: bool):
    edit(lamps / "data/goals.csv", "by falling in the dark.", "x" * 140_000)
    before = csv.field_size_limit(2**31 - 1 if is_loaded else 2**17)  # frictionless moves it for the whole process

    found = policycase.validate(lamps).findings["rule"].tolist()

    csv.field_size_limit(before)
    assert found == ["row-is-csv"]


@pytest.mark.parametrize("created", ["soon", "0000-00-00", "9" * 50])
def test_export_to_excel_takes_any_text_as_the_day_of_the_package(lamps: Path, tmp_path: Path, created: str):
    edit(lamps / "datapackage.json", json.loads((lamps / "datapackage.json").read_text())["created"], created)

    policycase.export(lamps, "excel", tmp_path / "out.xlsx")

    assert (tmp_path / "out.xlsx").is_file()


@pytest.mark.parametrize("name", ["data/goals.csv", "datapackage.json", "schemas/goals.schema.json"])
def test_file_of_a_terabyte_is_refused_unread(lamps: Path, name: str):
    os.truncate(lamps / name, 2**40)  # it takes no room on the disk

    report = policycase.validate(lamps)

    assert "1099511627776 bytes are too many to read" in report.found[0].message
    assert "set POLICYCASE_LARGEST_FILE to more than" in report.found[0].message
    with pytest.raises(PolicyCaseError, match="too many to read"):
        policycase.load(lamps)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["data", "README.md", "CITATION.cff"])
def test_command_that_writes_into_a_package_follows_no_link_out_of_it(lamps: Path, tmp_path: Path, name: str):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / name).mkdir() if name == "data" else (outside / name).write_text(
        "<!-- contents: written by policycase render -->"
    )
    if name == "data":
        policycase.export(lamps, "workbook", tmp_path / "bvt-lamps.xlsx")
        shutil.copytree(lamps / name, outside / name, dirs_exist_ok=True)
        shutil.rmtree(lamps / name)
    else:
        (lamps / name).unlink(missing_ok=True)
    (lamps / name).symlink_to(outside / name)
    before = {path: path.read_bytes() for path in outside.rglob("*") if path.is_file()}

    with pytest.raises(PolicyCaseError, match="leaves the package"):
        policycase.import_case(tmp_path / "bvt-lamps.xlsx", lamps, force=True) if name == "data" else render(lamps)

    assert {path: path.read_bytes() for path in outside.rglob("*") if path.is_file()} == before


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
