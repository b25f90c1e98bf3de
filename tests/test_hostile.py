"""Hostile packages: each meets what the table says, and nothing outside is read, called or written."""

import html
import json
import os
import re
import shutil
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import duckdb
import networkx as nx
import openpyxl
import pytest
from copies import ROOT, copy_lamps, edit, rewritten
from hostile.table import table
from hostile.threats import GOAL, HIDDEN, PAYLOADS, THREATS, Payload, Threat, outside
from hostile.watching import watched

import policycase
from policycase.cli.main import main
from policycase.coding.workbook_import import read_workbook
from policycase.errors import PolicyCaseError
from policycase.model.profile import Field

pytestmark = pytest.mark.slow

GOOD = str(ROOT / "examples/vnm-pmlsa")
PRIVATE = "/policycase-"  # the folder that a zip is unpacked in: no message names it
OUTSIDE = re.compile(r"/[^/]+/outside\b")


@pytest.mark.parametrize("threat", THREATS, ids=lambda threat: threat.name)
def test_hostile_package_meets_what_the_table_says(threat: Threat, tmp_path: Path, monkeypatch, capsys):
    target = made_hostile(threat, tmp_path / "one")
    beside = tmp_path / "one/outside"
    before = {path: path.read_bytes() for path in beside.rglob("*") if path.is_file()}
    for name, value in threat.environment.items():
        monkeypatch.setenv(name, value)

    with watched() as heard:
        outcome = tried(threat, target)
        main(["validate", str(target)])

    assert outcome == (threat.found, threat.error, threat.loads)
    assert reached_outside(heard, tmp_path) == []
    assert {path: path.read_bytes() for path in beside.rglob("*") if path.is_file()} == before
    assert not Path("/slip-of-policycase.txt").exists()
    shown = "".join(capsys.readouterr())
    assert HIDDEN not in shown
    assert "Traceback" not in shown
    assert "\x1b" not in shown
    assert PRIVATE not in shown


def made_hostile(threat: Threat, folder: Path) -> Path:
    """A threat's package in a folder of its own."""
    folder.mkdir()
    package = copy_lamps(folder / "package")
    outside(package).mkdir()
    (outside(package) / "secret.csv").write_text(HIDDEN)
    return threat.make(package) or package


@pytest.mark.parametrize(
    "environment", [{}, *(threat.environment for threat in THREATS if threat.environment)], ids=str
)
def test_hostile_packages_judged_beside_a_good_one_change_nothing_for_it(
    tmp_path: Path, monkeypatch, capsys, environment
):
    threats = [threat for threat in THREATS if threat.environment == environment]
    targets = {str(made_hostile(threat, tmp_path / str(at))): threat for at, threat in enumerate(threats)}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    with watched() as heard:
        code = main(["validate", *targets, GOOD, "--json"])

    reports = {line["package"]: line for line in map(json.loads, capsys.readouterr().out.splitlines())}
    assert (code, reports[GOOD]["valid"]) == (1, True)
    assert [one["rule"] for one in reports[GOOD]["findings"]] == [one.rule for one in policycase.validate(GOOD).found]
    for target, threat in targets.items():
        found = {finding["rule"] for finding in reports[target]["findings"]}
        assert found == (threat.found or {"package-can-be-read"}), threat.name
        assert not any(PRIVATE in finding["message"] for finding in reports[target]["findings"]), threat.name
    assert reached_outside(heard, tmp_path) == []


@pytest.mark.parametrize("threat", THREATS, ids=lambda threat: threat.name)
def test_hostile_package_stacked_with_a_good_one_is_refused_or_plain(threat: Threat, tmp_path: Path, monkeypatch):
    target = made_hostile(threat, tmp_path / "one")
    for name, value in threat.environment.items():
        monkeypatch.setenv(name, value)

    with watched() as heard:
        try:
            found = policycase.stack([target, GOOD]).case_ids
        except PolicyCaseError as error:
            found = str(error)

    assert threat.loads or isinstance(found, str)
    assert PRIVATE not in str(found)
    assert HIDDEN not in str(found)
    assert reached_outside(heard, tmp_path) == []


def reached_outside(heard: list[tuple[str, str]], folder: Path) -> list[str]:
    """What was called, or opened in a folder beside a package."""
    return [
        what for event, what in heard if event.startswith("socket") or OUTSIDE.match(what.removeprefix(str(folder)))
    ]


def tried(threat: Threat, target: Path) -> tuple[frozenset[str], str, bool]:
    """The rules that report it, the error that refuses it, and whether it loads."""
    try:
        found, error = frozenset(policycase.validate(target).findings["rule"]), ""
    except PolicyCaseError as refused:
        name, _, text = threat.error.partition(": ")
        fits = type(refused).__name__ == name and text in str(refused) and PRIVATE not in str(refused)
        found, error = frozenset(), threat.error if fits else f"{type(refused).__name__}: {refused}"
    try:
        policycase.load(target)
    except PolicyCaseError:
        return found, error, False
    return found, error, True


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: payload.name)
def test_text_that_could_be_obeyed_further_on_is_kept_as_text(payload: Payload, tmp_path: Path):
    package = copy_lamps(tmp_path / "package")
    table, old = ("agencies", "Lamp Office") if payload.form == "graphml" else ("goals", GOAL)
    quoted = '"' + payload.text.replace('"', '""') + '"'
    edit(package / f"data/{table}.csv", f",{old},", f",{quoted},")
    target = tmp_path / {"excel": "out.xlsx", "report": "out.html"}.get(payload.form, "out")

    if payload.form == "report":
        policycase.report(package, target)
    else:
        policycase.export(package, payload.form, target)

    assert payload.text in kept(payload.form, target)


OBEYED = {
    "excel": "=cmd|' /C calc'!A0",
    "workbook": '=HYPERLINK("http://127.0.0.1:9","x")',
    "sqlite": "'); DROP TABLE goals; --\"x",
    "duckdb": "'); DROP TABLE goals; --\"x",
    "graphml": '"/></data><node id="x"/>]]>&lt;!--',
}


@pytest.mark.parametrize("form", OBEYED)
def test_text_in_every_cell_that_holds_any_is_kept_as_text(form: str, tmp_path: Path):
    def spoilt(cell: str, field: Field) -> str:
        own = "bvt-lamps" in cell or field.name.endswith("_id") or field.name == "field"
        own |= field.edtf and form == "workbook"  # an import takes no other date
        free = field.type == "string" and not (field.vocabulary or own)
        return OBEYED[form] if free else cell.replace("bvt-lamps", f"{OBEYED[form]}bvt-lamps")

    case = policycase.load(rewritten(tmp_path / "package", spoilt))
    target = policycase.export(case, form, tmp_path / {"excel": "out.xlsx", "workbook": "out.xlsx"}.get(form, "out"))

    wanted, found = texts_of(case, form), texts_in(form, target, case)
    assert sum(text.startswith(OBEYED[form]) for text in wanted) > (5 if form == "graphml" else 200)
    assert sorted(found) == sorted(wanted)


def texts_of(case: policycase.Casebook, form: str) -> list[str]:
    """The texts of a casebook that a form is to hold."""
    if form == "graphml":
        return [*case.agencies["name"], *case.programs["name"]]
    names = case.tables if form != "workbook" else case.profile.case_tables
    strings = {
        name: [
            f.name
            for f in case.profile.tables[name].fields.values()
            if f.type == "string" and (form != "workbook" or f.authored)
        ]
        for name in names
    }
    return [text for name in names for column in strings[name] for text in case[name][column].dropna().astype("str")]


def texts_in(form: str, target: Path, case: policycase.Casebook) -> list[str]:
    """The texts of an export, as another program reads them."""
    columns = {
        name: [field.name for field in table.fields.values() if field.type == "string"]
        for name, table in case.profile.tables.items()
        if form != "workbook" or name in case.profile.case_tables
    }
    if form == "graphml":
        return [label for _, label in nx.read_graphml(target, force_multigraph=True).nodes(data="label")]
    if form in {"excel", "workbook"}:
        with zipfile.ZipFile(target) as parts:
            sheets = b"".join(parts.read(name) for name in parts.namelist() if "worksheets/sheet" in name)
        formulas = re.findall(b"<f>(.*?)</f>", sheets)
        assert not formulas or form == "workbook"
        assert not any(b"HYPERLINK" in formula for formula in formulas)
        assert b"<hyperlink" not in sheets
        book = openpyxl.load_workbook(target)
        there = [name for name in columns if name in book.sheetnames]
        cells = [column for name in there for column in book[name].iter_cols() if column[0].value in columns[name]]
        assert {cell.data_type for column in cells for cell in column if cell.value is not None} == {"s"}
        if form == "workbook":  # it leaves out what its import makes again
            tables = read_workbook(target, case.profile, "").tables
            return [
                text
                for name in columns
                for column in columns[name]
                if column in tables[name]
                for text in tables[name][column].dropna()
            ]
        return [cell.value for column in cells for cell in column[1:] if cell.value is not None]
    connect = duckdb.connect if form == "duckdb" else sqlite3.connect
    with closing(connect(target)) as database:
        queries = [f'SELECT "{column}" FROM "{name}"' for name in columns for column in columns[name]]  # noqa: S608
        rows = [row for query in queries for row in database.execute(query).fetchall()]
    return [text for (text,) in rows if text is not None]


def kept(form: str, target: Path) -> list[str] | str:
    """The texts as another program reads them."""
    if form == "excel":
        sheet = openpyxl.load_workbook(target)["goals"]
        return [cell.value for row in sheet.iter_rows() for cell in row if cell.data_type == "s"]
    if form == "sqlite":
        with closing(sqlite3.connect(target)) as database:
            return [text for (text,) in database.execute("SELECT statement FROM goals")]
    if form == "duckdb":
        with duckdb.connect(target, read_only=True) as database:
            return [text for (text,) in database.execute("SELECT statement FROM goals").fetchall()]
    if form == "graphml":
        return [label for _, label in nx.read_graphml(target, force_multigraph=True).nodes(data="label")]
    page = target.read_text(encoding="utf-8")
    assert not re.search(r"<img|<script>alert", page)
    return html.unescape(page)


def test_security_page_holds_the_table():
    page = (ROOT / "SECURITY.md").read_text(encoding="utf-8")

    held = re.search(r"<!-- threats -->\n(.*?)<!-- /threats -->", page, re.DOTALL)

    assert held[1] == table()


BRACES = "{0.__class__}{x:>99999999}{%s%n{"


def test_braces_in_any_cell_are_no_template(tmp_path: Path):
    def braced(cell: str, field: Field) -> str:
        return BRACES if field.name in {"field", "relation", "value", "note", "hedge", "stance"} and cell else cell

    package = rewritten(tmp_path / "package", braced)
    shutil.rmtree(package / "schemas")
    shutil.copytree(ROOT / "schemas", package / "schemas")

    reports = policycase.validate_many([package, GOOD])

    messages = reports[str(package)].findings["message"]
    assert messages.str.contains(f'has no field "{BRACES}"', regex=False).any()
    assert messages.str.len().max() < 1000
    assert reports[GOOD].is_valid


def test_braces_in_a_circle_of_events_are_no_template(lamps: Path):
    links = lamps / "data/event_links.csv"
    header, *rows = links.read_text(encoding="utf-8").splitlines()
    first = rows[0].split(",")
    there, back = [*first], [*first]
    there[4] = back[4] = BRACES
    back[0], back[2], back[3] = f"{first[0]}-back", first[3], first[2]
    links.write_text("\n".join([header, *rows, ",".join(there).replace(first[0], "x", 1), ",".join(back), ""]))

    found = policycase.validate(lamps).findings

    assert f'"{BRACES}" leads from' in " ".join(found["message"])


def test_control_character_in_a_title_leaves_graphml_whole(lamps: Path, tmp_path: Path):
    edit(lamps / "datapackage.json", '"title": "Lamp posts', '"title": "\\u0001Lamp posts')

    policycase.export(lamps, "graphml", tmp_path / "out")

    assert "Lamp posts" in nx.read_graphml(tmp_path / "out", force_multigraph=True).graph["title"]


@pytest.mark.parametrize("kind", ["pipe", "device", "huge file", "folder"])
@pytest.mark.parametrize("name", ["source.txt", "source.pdf"])
def test_source_that_is_no_file_is_refused_at_once(kind: str, name: str, lamps: Path, tmp_path: Path):
    source = tmp_path / name
    make = {"pipe": os.mkfifo, "device": lambda path: path.symlink_to("/dev/zero"), "folder": Path.mkdir}
    if kind == "huge file":
        with source.open("wb") as file:
            file.truncate(2**40)
    else:
        make[kind](source)

    with pytest.raises(PolicyCaseError, match=name):
        policycase.validate(lamps, {"": source})
