"""A case coded in a workbook: what a coder gets, what comes back, and what cannot be taken."""

import datetime as dt
import json
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape

import openpyxl
import pandas as pd
import pytest
from copies import ROOT, copy_lamps, copy_package
from hypothesis import given, settings
from hypothesis import strategies as st
from unusual import copy_unusual

import policycase
from policycase.cli.main import main
from policycase.coding.import_case import TAKEN, by_number, check_coding, import_tables
from policycase.coding.workbook_import import fill_coding, read_support, write_support
from policycase.errors import UnreadableError, UnsafePathError
from policycase.model.profile import shipped_profile

DAY = dt.date(1999, 3, 1)
NIGHT = dt.datetime(1999, 3, 1, 21, 30)  # noqa: DTZ001 - Excel knows no zones
CASES = [ROOT, *sorted(path.parent for path in (ROOT / "examples").glob("*/datapackage.json"))]
ONE_QUICK = [pytest.param(path, marks=[] if path.name == "vnm-pmlsa" else pytest.mark.slow) for path in CASES]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workbook of the case, made once."""
    return policycase.export(policycase.load(), "workbook", tmp_path_factory.mktemp("made") / "kgz-leph.xlsx")


def letter_of(sheet, name: str) -> str:
    return next(cell.column_letter for cell in sheet[1] if cell.value == name)


@pytest.fixture
def filled(made: Path, tmp_path: Path):
    """A copy with cells changed, each given as (sheet, column, row) and value; the last cell's name comes with it."""

    def fill(cells: dict[tuple[str, str, int], object]) -> tuple[Path, str]:
        target = tmp_path / "kgz-leph.xlsx"
        book, where = openpyxl.load_workbook(made), ""
        for (name, column, row), value in cells.items():
            letter = letter_of(book[name], column)
            where = f"{name}!{letter}{row}"
            book[name][f"{letter}{row}"].value = value
        book.save(target)
        return target, where

    return fill


def edit_zip(source: Path, target: Path, change: Callable[[str, bytes], bytes]) -> Path:
    """A copy of a zip, each entry changed by its name and content."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return target


def as_ods(workbook: Path, target: Path, cells: dict[str, str] | None = None) -> Path:
    """A workbook as LibreOffice saves it: texts, and long runs of empty cells as one element; `cells` are XML by name."""
    made = ""
    for sheet in openpyxl.load_workbook(workbook):
        made += f'<table:table table:name="{sheet.title}">'
        for row in sheet.iter_rows():
            own = "".join(
                (cells or {}).get(f"{sheet.title}!{cell.coordinate}")
                or (
                    f'<table:table-cell office:value-type="string"><text:p>{escape(str(cell.value))}</text:p></table:table-cell>'
                    if cell.value is not None
                    else "<table:table-cell/>"
                )
                for cell in row
            )
            made += f'<table:table-row>{own}<table:table-cell table:number-columns-repeated="16000"/></table:table-row>'
        made += '<table:table-row table:number-rows-repeated="1040000"><table:table-cell table:number-columns-repeated="16384"/></table:table-row></table:table>'
    kinds = {"office": "office", "table": "table", "text": "text", "style": "style", "number": "datastyle"}
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{kind}:1.0"' for name, kind in kinds.items()
    )
    dates = "".join(
        f'<number:date-style style:name="N{number}">{"".join(f"<number:{part}/>" for part in parts.split())}</number:date-style>'
        f'<style:style style:name="ce{number}" style:family="table-cell" style:data-style-name="N{number}"/>'
        for number, parts in enumerate(["day month year", "month year", "day month"])
    )
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        body = f"<office:body><office:spreadsheet>{made}</office:spreadsheet></office:body>"
        styles = f"<office:automatic-styles>{dates}</office:automatic-styles>"
        archive.writestr("content.xml", f"<office:document-content {spaces}>{styles}{body}</office:document-content>")
    return target


@pytest.mark.parametrize("folder", ONE_QUICK, ids=lambda path: path.name)
def test_case_comes_back_from_its_workbook_byte_for_byte(folder: Path, tmp_path: Path):
    workbook = policycase.export(folder, "workbook", tmp_path / "case.xlsx")

    back = policycase.import_case(workbook, tmp_path / "back")
    again = policycase.import_case(as_ods(workbook, tmp_path / "case.ods"), tmp_path / "again")

    files = sorted(path.name for path in (folder / "data").iterdir())
    assert sorted(path.name for path in (back / "data").iterdir()) == files
    assert [
        name
        for name in files
        for made in (back, again)
        if (made / "data" / name).read_bytes() != (folder / "data" / name).read_bytes()
    ] == []


@pytest.mark.slow
def test_hard_cells_come_back_and_the_case_keeps_what_else_it_has(tmp_path: Path):
    package = copy_unusual(tmp_path / "odd")
    book, before = policycase.load(package), (package / "data/order.csv").read_bytes()
    (package / "data/notes.txt").write_text("mine", encoding="utf-8")
    workbook = policycase.export(book, "workbook", tmp_path / "odd.xlsx")
    (package / "data/order.csv").write_bytes(before.splitlines(keepends=True)[0])

    policycase.import_case(workbook, package, force=True)

    assert (package / "data/order.csv").read_bytes() == before
    assert (package / "data/notes.txt").read_text(encoding="utf-8") == "mine"
    assert policycase.load(package) == book
    assert sorted(path.name for path in tmp_path.iterdir()) == ["odd", "odd.xlsx"]


def test_workbook_has_a_sheet_a_table_with_required_columns_marked_and_described(made: Path):
    book, profile = openpyxl.load_workbook(made), policycase.load().profile
    sheet = book["programs"]
    header = {cell.value: cell for cell in sheet[1]}

    tables = [name for name in profile.case_tables if name not in {"sources", "cases"}]
    typed = [name for name, field in profile.tables["programs"].fields.items() if field.authored and name != "case_id"]
    assert book.sheetnames == ["README", "sources", "cases", *tables, "codebook", "codes", "ids"]
    assert list(header) == [typed[0], "passage", *typed[1:]]
    assert header["passage"].comment.text.startswith("The passages that the row rests on")
    assert header["start"].comment.text.startswith("When the program began.")
    assert header["name"].comment.text.startswith("Must be filled in. Name of the program")
    assert header["name"].fill.fgColor.rgb != header["start"].fill.fgColor.rgb
    assert {cell.number_format for cell in sheet[3] if cell.value} == {"@"}


def test_workbook_offers_codes_and_ids(made: Path):
    book, vocabularies = openpyxl.load_workbook(made), policycase.load().profile.vocabularies
    sheet = book["goals"]
    letters = {cell.value: cell.column_letter for cell in sheet[1]}
    pilot = letter_of(book["programs"], "is_pilot")
    truth = [rule for rule in book["programs"].data_validations.dataValidation if str(rule.sqref).startswith(pilot)]
    rules = {str(rule.sqref).split("2:")[0]: rule for rule in sheet.data_validations.dataValidation}
    codes, first, last = rules[letters["goal_type"]].formula1.replace("$B$", "").replace("!", ":").split(":")

    assert [book[codes][f"B{row}"].value for row in range(int(first), int(last) + 1)] == vocabularies["goal_type"]
    assert rules[
        letters["program_id"]
    ].formula1 == "OFFSET('programs'!$A$2,0,0,MAX(COUNTA('programs'!$A:$A)-1,1),1)".replace("'", "")
    assert not rules[letters["program_id"]].showErrorMessage
    assert rules[letters["passage"]].formula1.startswith("OFFSET(passages!$A$2,")
    assert "statement" not in {name for name, letter in letters.items() if letter in rules}
    assert [rule.formula1 for rule in truth] == ['"true,false"']


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> openpyxl.Workbook:
    """The workbook of a new case, whose source has two sentences."""
    place = tmp_path_factory.mktemp("begun")
    folder = policycase.new("nor-lamps", place / "nor-lamps", text="One is here. Two are there.", language="nb")
    return openpyxl.load_workbook(policycase.export(folder, "workbook", place / "nor-lamps.xlsx"))


def cells_of(sheet, column: str) -> list[object]:
    return [cell.value for cell in sheet[letter_of(sheet, column)][1:]]


def test_new_workbook_has_what_is_known_and_decides_nothing(begun: openpyxl.Workbook):
    asked = [name for name, table in shipped_profile().case_tables.items() if table.needs_evidence and name != "cases"]

    assert cells_of(begun["passages"], "passage_id") == ["p1s1", "p1s2"]
    assert cells_of(begun["passages"], "coding") == [None, None]
    assert cells_of(begun["sources"], "language") == ["nb"]
    assert cells_of(begun["scope"], "table_name") == asked
    assert cells_of(begun["scope"], "extent") == [None] * len(asked)


def test_workbook_says_what_an_empty_cell_becomes(begun: openpyxl.Workbook):
    comments = {
        (name, cell.value): cell.comment.text
        for name in ("claims", "goals", "passages")
        for cell in begun[name][1]
        if cell.comment
    }
    rows = list(begun["codebook"].iter_rows(values_only=True))
    asked = {row[:2]: row[rows[0].index("required")] for row in rows}

    assert comments["claims", "hedge"].startswith("Left empty: none. ")
    assert comments["goals", "position"].startswith("Left empty: the next number. ")
    assert comments["claims", "source_id"].startswith("Left empty: the coded source. ")
    assert comments["passages", "coding"].startswith("Left empty: coded if a row rests on it, else uncoded. ")
    assert comments["claims", "statement"].startswith("Must be filled in. ")
    assert asked["claims", "hedge"] == "no; left empty: none"
    assert asked["claims", "statement"] == "yes"
    assert asked["claims", "object_id"] is None


def test_column_of_passages_shows_how_it_is_written(begun: openpyxl.Workbook):
    sheet = begun["programs"]
    letter = letter_of(sheet, "passage")

    prompts = [rule.prompt for rule in sheet.data_validations.dataValidation if str(rule.sqref).startswith(letter)]

    assert [prompt.partition(";")[0] for prompt in prompts] == ["p6s1 says it"]


def test_list_of_records_has_claims_and_figures_too(made: Path):
    ids = cells_of(openpyxl.load_workbook(made, data_only=True)["ids"], "id")

    case = policycase.load()
    entities = ("programs", "agencies", "events", "goals", "places", "figures", "claims")
    named = pd.concat([case[name].iloc[:, 0] for name in entities]).str.removeprefix("kgz-leph:")
    assert set(filter(None, ids)) == {"kgz-leph", *named}


def test_passage_is_coded_if_something_rests_on_it():
    passages = pd.DataFrame({"passage_id": ["a", "b", "c"], "coding": [None, None, "context"]}, dtype="str")

    fill_coding(passages, pd.Series(["a"]))

    assert passages["coding"].tolist() == ["coded", "uncoded", "context"]


def test_cells_are_in_the_order_of_their_numbers():
    cells = ["x.xlsx events!I10", "x.xlsx events!I2", "x.xlsx claims!A11"]

    assert sorted(cells, key=by_number) == ["x.xlsx claims!A11", "x.xlsx events!I2", "x.xlsx events!I10"]


@pytest.mark.slow
def test_check_of_a_workbook_warns_of_a_date_that_excel_made(filled):
    workbook, where = filled({("programs", "start", 3): DAY})

    found = [finding for finding in check_coding(workbook).found if finding.rule == TAKEN]

    assert [(finding.path, finding.severity, finding.message) for finding in found] == [
        (f"{workbook} {where}", "warning", "start is a date of Excel, read as 1999-03-01")
    ]
    assert found[0].hint == "if the source gives no day, type it as text, such as 2020-08"


@pytest.mark.slow
def test_new_case_can_be_coded_in_its_workbook(capsys, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)

    assert main(["new", "usa-lead", "--workbook"]) == 0
    assert "policycase import usa-lead.xlsx -o usa-lead --force" in capsys.readouterr().out
    book = openpyxl.load_workbook("usa-lead.xlsx")
    cells = {"place_id": "seattle", "name": "Seattle", "place_type": "city"}
    for column, value in cells.items():
        book["places"][f"{letter_of(book['places'], column)}2"] = value
    book.save("usa-lead.xlsx")
    assert main(["import", "usa-lead.xlsx", "-o", "usa-lead", "--force"]) == 0

    assert capsys.readouterr().out.splitlines() == [
        "places: 1 added",
        "cases: 1 added",
        "sources: 1 added",
        "scope: 14 added",
        "wrote 17 rows of 4 tables to usa-lead/data",
        "now run: policycase validate usa-lead, with --source FILE if you have a copy of the source",
    ]
    assert policycase.load("usa-lead").places["name"].tolist() == ["Seattle"]
    assert "usa-lead" in Path("usa-lead/CODING.md").read_text(encoding="utf-8")


def test_new_with_workbook_makes_nothing_where_the_workbook_is_there(
    capsys, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.chdir(tmp_path)
    Path("usa-lead.xlsx").write_bytes(b"mine")

    assert main(["new", "usa-lead", "--workbook"]) == 3

    assert "usa-lead.xlsx exists" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["usa-lead.xlsx"]


def test_bounds_are_worked_out_from_dates(filled, tmp_path: Path):
    workbook, _ = filled({("programs", "start", 3): "2000-02"})

    case = policycase.load(policycase.import_case(workbook, tmp_path / "back"))

    row = case.programs.iloc[1]
    assert (row["program_id"], f"{row['start_earliest']:%Y-%m-%d}", f"{row['start_latest']:%Y-%m-%d}") == (
        "kgz-leph:nsp",
        "2000-02-01",
        "2000-02-29",
    )


@pytest.mark.slow
def test_numbers_that_say_one_thing_are_taken_and_empty_rows_left_out(filled, tmp_path: Path):
    figure = {"figure_id": "f", "record_id": "kgz-leph:nsp", "measure": "clients"}
    numbers = {"value": 123456.789, "start": 1999}
    cells = {("figures", column, 60): value for column, value in (figure | numbers).items()}
    workbook, _ = filled(cells | {("programs", "is_pilot", 2): True})

    case = policycase.load(policycase.import_case(workbook, tmp_path / "back"))

    last = case.figures[["figure_id", "value", "start"]].iloc[-1]
    assert len(case.figures) == len(policycase.load().figures) + 1
    assert last.tolist() == ["kgz-leph:f", 123456.789, "1999"]
    assert case.programs["is_pilot"].iloc[0]


@pytest.mark.slow
@pytest.mark.parametrize(("cell", "value", "message"), [
    (("programs", "start", 3), NIGHT, r"{at}: start is 1999-03-01 21:30:00, which Excel made a date; expected 1999, 1999-05, .*, as text · format the cell as Text"),
    (("goals", "statement", 3), DAY, r"{at}: statement is 1999-03-01, which Excel made a date; expected text · format the cell as Text"),
    (("places", "latitude", 3), "17%", r'{at}: latitude is "17%"; expected a number such as 12 or 0.5'),
    (("places", "latitude", 3), "1,23", r'{at}: latitude is "1,23"; expected a number such as 12 or 0.5'),
    (("places", "latitude", 3), "0,125", r'{at}: latitude is "0,125"; expected a number such as 12 or 0.5'),
    (("programs", "note", 3), 0.5, r"{at}: note is the number 0.5; expected text · format the cell as Text"),
    (("goals", "position", 3), 3.5, r"{at}: position is the number 3.5; expected a whole number such as 12 · format the cell as Text"),
    (("goals", "position", 3), "three", r'{at}: position is "three"; expected a whole number such as 12'),
    (("goals", "statement", 3), "=A1", r"{at}: statement is a formula; expected text · copy the cell and paste its value"),
    (("goals", "statement", 3), "#N/A", r"{at}: statement is an error of Excel such as #N/A; expected text · type it again"),
    (("goals", "statement", 3), "one\ntwo", r"{at}: statement is 'one\\ntwo', with a line break · put it on one line"),
    (("goals", "statement", 3), "\u00a0", r"{at}: statement is blank, but not empty · clear the cell"),
    (("goals", "statement", 3), True, r"{at}: statement is the logical value TRUE; expected text"),
    (("goals", "goal_type", 3), "reduce-crimes", r'{at}: goal_type is "reduce-crimes"; expected a code of goal_type · did you mean "reduce-crime"'),
    (("programs", "start", 3), "03/1999", r'{at}: start: "03/1999" is not an allowed date'),
    (("programs", "name", 1), "nam", r'{at}: no column "nam" in programs · did you mean "name"'),
    (("programs", "name", 1), "start", r'programs!.1: a second column "start" · delete one'),
    (("programs", "name", 1), "start_latest", r'{at}: "start_latest" is worked out from start · delete the column'),
    (("programs", "name", 1), "other", r"programs!1: no column name · add it again, empty if it has no cells"),
    (("programs", "note", 1), None, r"programs!.*: a cell below no header · move or delete it"),
])  # fmt: skip
def test_what_cannot_be_taken_is_named_with_its_cell(filled, tmp_path: Path, cell: tuple, value: object, message: str):
    workbook, where = filled({cell: value})

    with pytest.raises(UnreadableError, match=message.replace("{at}", where)):
        policycase.import_case(workbook, tmp_path / "back")

    assert [path.name for path in tmp_path.iterdir()] == ["kgz-leph.xlsx"]


def test_everything_that_is_wrong_is_told_together_and_nothing_is_written(filled, package: Path):
    workbook, where = filled({("goals", "position", 3): 2.5, ("goals", "statement", 4): "=1+1"})
    book = openpyxl.load_workbook(workbook)
    book["events"].title = "event"
    book.save(workbook)
    before = {path: path.read_bytes() for path in package.rglob("*") if path.is_file()}

    with pytest.raises(UnreadableError) as caught:
        policycase.import_case(workbook, package, force=True)

    position = f"goals!{letter_of(book['goals'], 'position')}3"
    assert str(caught.value).splitlines() == [
        f"{workbook}: 4 things to correct first; other checks follow",
        'sheet "event": no table of a case · did you mean "events"?',
        'sheet "events" is missing · add it again, with its header alone if it has no rows',
        f"{position}: position is the number 2.5; expected a whole number such as 12 · format the cell as Text, then type it again",
        f"{where}: statement is a formula; expected text · copy the cell and paste its value",
    ]
    assert {path: path.read_bytes() for path in package.rglob("*") if path.is_file()} == before


def test_import_refuses_a_folder_that_exists_and_files_that_are_no_workbook(made: Path, tmp_path: Path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/notes.txt").write_text("mine", encoding="utf-8")
    (tmp_path / "text.xlsx").write_text("no zip", encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "empty.xlsx", "w") as archive:
        archive.writestr("x", "x")
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", b"0" * 20_000_000)

    with pytest.raises(UnreadableError, match="exists · choose another folder, or use --force"):
        policycase.import_case(made, tmp_path / "mine")
    with pytest.raises(UnreadableError, match="is not replaced: it is not a package"):
        policycase.import_case(made, tmp_path / "mine", force=True)
    for name in ("missing.xlsx", "mine"):
        with pytest.raises(UnreadableError, match=rf"{name}: (no such file or folder|a folder, not a workbook)"):
            policycase.import_case(tmp_path / name, tmp_path / "back")
    with pytest.raises(UnreadableError, match="not readable as a workbook: File is not a zip file"):
        policycase.import_case(tmp_path / "text.xlsx")
    with pytest.raises(UnreadableError, match=r"empty\.xlsx: holds no workbook of this kind, despite its ending"):
        policycase.import_case(tmp_path / "empty.xlsx")
    with pytest.raises(UnsafePathError, match="bomb"):
        policycase.import_case(tmp_path / "bomb.xlsx")

    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]


def test_workbook_is_for_one_case_and_is_never_replaced(made: Path, tmp_path: Path):
    both = policycase.stack([copy_package(tmp_path / "kgz-leph"), copy_lamps(tmp_path / "bvt-lamps")])
    mine = shutil.copy(made, tmp_path / "mine.xlsx")

    with pytest.raises(UnreadableError, match="a workbook to code in is for one case; here are 2"):
        policycase.export(both, "workbook", tmp_path / "both.xlsx")
    with pytest.raises(UnreadableError, match="is not replaced"):
        policycase.export(policycase.load(), "workbook", mine, force=True)

    assert mine.read_bytes() == made.read_bytes()


@pytest.mark.slow
def test_rows_deleted_in_the_workbook_are_deleted_in_the_tables(made: Path, package: Path, tmp_path: Path):
    book = openpyxl.load_workbook(made)
    book["goals"].delete_rows(3, 2)
    for name in ("event_links", "scope"):
        for row in book[name].iter_rows(min_row=2):
            for cell in row:
                cell.value = None
    book["passages"].delete_rows(2, 100)
    book["places"]["C2"].value = "Kirghizia"
    book.save(tmp_path / "less.xlsx")
    before = policycase.load(package)

    done = import_tables(tmp_path / "less.xlsx", package, force=True)

    after = policycase.load(package)
    changes = done.changes.set_index("table")
    assert changes[changes[["added", "changed", "removed"]].any(axis=1)].to_dict("index") == {
        "goals": {"rows": len(before.goals) - 2, "added": 0, "changed": 0, "removed": 2},
        "event_links": {"rows": 0, "added": 0, "changed": 0, "removed": len(before.event_links)},
        "scope": {"rows": 0, "added": 0, "changed": 0, "removed": len(before.scope)},
        "places": {"rows": len(before.places), "added": 0, "changed": 1, "removed": 0},
        "evidence": {"rows": len(before.evidence) - 7, "added": 0, "changed": 0, "removed": 7},
    }
    assert done.notes == [f"passages: the sheet has no rows, so the {len(before.passages)} rows of the case stay"]
    gone = {*before.goals["goal_id"].iloc[[1, 2]], *before.event_links["event_link_id"]}
    assert before.evidence["record_id"].isin(gone).sum() == 7
    assert after.goals["goal_id"].tolist() == before.goals["goal_id"].drop([1, 2]).tolist()
    assert (len(after.event_links), len(after.scope)) == (0, 0)
    assert after.passages.equals(before.passages)


@pytest.mark.slow
def test_command_says_what_an_import_changes(capsys, made: Path, package: Path, tmp_path: Path):
    book = openpyxl.load_workbook(made)
    book["goals"].delete_rows(3, 2)
    book["programs"][f"{letter_of(book['programs'], 'is_pilot')}2"].value = True
    book.save(tmp_path / "less.xlsx")
    counts = [len(policycase.load(package)[name]) for name in policycase.load().profile.case_tables]
    rows, filled_tables = sum(counts) - 2, sum(map(bool, counts))

    assert main(["import", str(tmp_path / "less.xlsx"), "-o", str(package), "--force"]) == 0

    where = f"programs!{letter_of(book['programs'], 'is_pilot')}2"
    assert capsys.readouterr().out.splitlines() == [
        f"{where}: is_pilot is the logical value TRUE, read as true",
        "programs: 1 changed",
        "goals: 2 removed",
        "evidence: 4 added, 4 removed",
        f"wrote {rows} rows of {filled_tables} tables to {package}/data",
        f"now run: policycase validate {package}, with --source FILE if you have a copy of the source",
    ]


def test_workbook_of_another_case_replaces_nothing(made: Path, lamps: Path):
    before = {path: path.read_bytes() for path in lamps.rglob("*") if path.is_file()}

    with pytest.raises(
        UnreadableError, match=r"is of kgz-leph, and .* holds bvt-lamps · choose the folder of kgz-leph"
    ):
        policycase.import_case(made, lamps, force=True)

    assert {path: path.read_bytes() for path in lamps.rglob("*") if path.is_file()} == before


def test_cells_that_are_plain_are_taken_and_reported(filled, tmp_path: Path):
    figures = {"figure_id": "f", "record_id": "nsp", "measure": "clients"}
    cells = {
        ("figures", column, row): f"{text}{row}" if column == "figure_id" else text
        for column, text in figures.items()
        for row in (2, 3, 4)
    }
    cells |= {("figures", "value", 2): "90,000,000", ("figures", "value", 3): "17%", ("figures", "unit", 3): "%"}
    cells |= {
        ("figures", "value", 4): "1\u202f234.50",
        ("programs", "is_pilot", 2): "FALSE",
        ("programs", "start", 3): DAY,
    }
    workbook, _ = filled(cells)

    done = import_tables(workbook, tmp_path / "back")

    case = policycase.load(done.folder)
    assert case.figures["value"].tolist()[:3] == [90_000_000, 17, 1234.5]
    assert (case.programs["is_pilot"].iloc[0], case.programs["start"].iloc[1]) == (False, "1999-03-01")
    assert sorted(note.partition(": ")[2] for note in done.notes) == [
        'is_pilot is "FALSE", read as false',
        "start is a date of Excel, read as 1999-03-01",
        'value is "17%", read as 17',
        'value is "1\u202f234.50", read as 1234.50',
        'value is "90,000,000", read as 90000000',
    ]
    assert {note.partition("!")[0] for note in done.notes} == {"figures", "programs"}


@pytest.mark.slow
@pytest.mark.parametrize(("form", "expected"), [
    ("yyyy-mm-dd", "2003-09-01"), ("d/m/yy", "2003-09-01"), ("[$-409]d-mmm-yyyy;@", "2003-09-01"),
    ("mmm-yy", "2003-09"), ("yyyy", "2003"), ("d-mmm", None), ("hh:mm", None),
])  # fmt: skip
def test_date_of_excel_is_as_exact_as_its_cell_shows_it(filled, tmp_path: Path, form: str, expected: str | None):
    workbook, where = filled({("programs", "start", 3): dt.date(2003, 9, 1)})
    book = openpyxl.load_workbook(workbook)
    book["programs"][where.partition("!")[2]].number_format = form
    book.save(workbook)

    if expected:
        case = policycase.load(policycase.import_case(workbook, tmp_path / "back"))
        assert case.programs["start"].iloc[1] == expected
    else:
        with pytest.raises(UnreadableError, match=rf"{where}: start is .*2003-09-01.*, which Excel made a date"):
            policycase.import_case(workbook, tmp_path / "back")


@pytest.mark.slow
def test_percentage_of_excel_is_taken_beside_its_unit(filled, tmp_path: Path):
    own = {"figure_id": "f", "record_id": "nsp", "measure": "share"}
    workbook, where = filled({("figures", column, 2): text for column, text in (own | {"value": 0.07}).items()})
    book = openpyxl.load_workbook(workbook)
    book["figures"][where.partition("!")[2]].number_format = "0%"
    book.save(workbook)
    with pytest.raises(
        UnreadableError, match=rf"{where}: value is 7%; expected a number .* · type the number, and % as"
    ):
        policycase.import_case(workbook, tmp_path / "back")
    book["figures"][f"{letter_of(book['figures'], 'unit')}2"].value = "%"
    book.save(workbook)

    done = import_tables(workbook, tmp_path / "back")

    assert policycase.load(done.folder).figures["value"].tolist()[:1] == [7]
    assert done.notes == [f"{where}: value is 7%, read as 7"]


CELL = '<table:table-cell office:value-type="{}" {}><text:p>x</text:p></table:table-cell>'


@pytest.mark.slow
@pytest.mark.parametrize(("column", "cell", "expected"), [
    ("start", CELL.format("date", 'office:date-value="2003-09-01" table:style-name="ce0"'), "2003-09-01"),
    ("start", CELL.format("date", 'office:date-value="2003-09-01"'), "2003-09-01"),
    ("start", CELL.format("date", 'office:date-value="2003-09-01" table:style-name="ce1"'), "2003-09"),
    ("start", CELL.format("date", 'office:date-value="2003-09-01" table:style-name="ce2"'), "start is 2003-09-01, which Excel made a date"),
    ("start", CELL.format("float", 'office:value="1999"'), "1999"),
    ("is_pilot", CELL.format("boolean", 'office:boolean-value="true"'), "true"),
    ("start", CELL.format("float", 'office:value="2" table:formula="of:=1+1"'), "start is a formula"),
    ("start", CELL.format("string", 'calcext:value-type="error" xmlns:calcext="urn:c"'), "start is an error of Excel"),
    ("summary", '<table:table-cell office:value-type="string"><text:p>one</text:p><text:p>two</text:p></table:table-cell>', "summary is 'one.ntwo', with a line break"),
    ("summary", CELL.format("string", 'table:number-columns-repeated="2000"'), "holds a cell right of column ALL"),
])  # fmt: skip
def test_cells_of_open_document_are_taken_like_those_of_excel(
    made: Path, tmp_path: Path, column: str, cell: str, expected: str
):
    where = f"programs!{letter_of(openpyxl.load_workbook(made)['programs'], column)}3"
    workbook = as_ods(made, tmp_path / "case.ods", {where: cell})

    if " " in expected:
        with pytest.raises(UnreadableError, match=expected):
            policycase.import_case(workbook, tmp_path / "back")
    else:
        back = policycase.import_case(workbook, tmp_path / "back")
        assert policycase.load(back).text["programs"][column].iloc[1] == expected


def test_other_kinds_of_workbook_are_refused_in_one_line(capsys, made: Path, tmp_path: Path):
    strict = {
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main": "http://purl.oclc.org/ooxml/spreadsheetml/main"
    }
    ods = as_ods(made, tmp_path / "locked.ods")
    edit_zip(
        made,
        tmp_path / "strict.xlsx",
        lambda _, content: content.replace(*(text.encode() for pair in strict.items() for text in pair)),
    )
    edit_zip(
        ods,
        tmp_path / "secret.ods",
        lambda _, content: content.replace(b"<manifest/>", b"<manifest><encryption-data/></manifest>"),
    )
    for name in ("a.numbers", "a.xlsb", "a.xlsm", "a.zip", "a.docx", "a.ods", "plain"):
        shutil.copy(made, tmp_path / name)
    shutil.copy(ods, tmp_path / "ods.xlsx")
    ole = bytes.fromhex("d0cf11e0a1b11ae1")
    (tmp_path / "old.xlsx").write_bytes(ole + bytes(512))
    (tmp_path / "locked.xlsx").write_bytes(ole + bytes(512) + "EncryptedPackage".encode("utf-16-le"))
    with zipfile.ZipFile(tmp_path / "numbers.xlsx", "w") as archive:
        archive.writestr("Index/Document.iwa", "x")
    expected = {
        "a.numbers": ".numbers is not read · save it as .xlsx (Excel workbook) or .ods",
        "a.xlsb": ".xlsb is not read · save it as .xlsx (Excel workbook) or .ods",
        "a.xlsm": ".xlsm is not read · save it as .xlsx (Excel workbook) or .ods",
        "a.zip": ".zip is not read · save it as .xlsx (Excel workbook) or .ods",
        "a.docx": ".docx is not read · save it as .xlsx (Excel workbook) or .ods",
        "plain": "a file without an ending is not read · save it as .xlsx (Excel workbook) or .ods",
        "a.ods": "holds an Excel workbook, despite its ending · rename it to .xlsx",
        "ods.xlsx": "holds an OpenDocument spreadsheet, despite its ending · rename it to .ods",
        "numbers.xlsx": "holds an Apple Numbers document, despite its ending · save it as .xlsx (Excel workbook) or .ods",
        "strict.xlsx": "is a Strict Open XML workbook, which is not read · save it as .xlsx (Excel workbook)",
        "locked.xlsx": "not readable, since it has a password · take the password off",
        "old.xlsx": "not readable, since it has a password, or is an old .xls · take the password off, or save it as .xlsx (Excel workbook) or .ods",
        "secret.ods": "not readable, since it has a password · take the password off",
    }

    said = {}
    for name in expected:
        assert main(["import", str(tmp_path / name), "-o", str(tmp_path / "back")]) == 3
        said[name] = capsys.readouterr().err

    assert said == {name: f"policycase: {tmp_path / name}: {text}\n" for name, text in expected.items()}
    assert not (tmp_path / "back").exists()


SPOILT = {
    "carriage return": ("sharedStrings.xml", b"Needle exchange program</t>", b"Needle exchange program_x000D_</t>", r"programs!C3: name is 'Needle exchange program.r', with a line break"),
    "cut": ("sharedStrings.xml", b"</sst>", b"", "not readable as a workbook"),
    "document type": ("sharedStrings.xml", b"<sst ", b"<!DOCTYPE x><sst ", "it declares a document type"),
    "no cell": ("sheet2.xml", b' r="A1"', b' r="11"', 'a cell is named "11"'),
    "no text": ("sheet2.xml", b"<v>", b"<v>99999", "not readable as a workbook"),
    "one text many times": ("sharedStrings.xml", b"Needle exchange program</t>", b"x" * 900_000 + b"</t>", "900[0-9]{3,} bytes are too many to read"),
    "wide and high": ("sheet2.xml", b"</sheetData>", b'<row r="900000"><c r="AAA900000"><v>1</v></c></row></sheetData>', "so far out that the sheet has 900000 rows of 703 columns"),
}  # fmt: skip


@pytest.mark.parametrize("kind", SPOILT)
def test_workbook_that_is_spoilt_is_refused_without_harm(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
):
    part, old, new, message = SPOILT[kind]
    if kind == "one text many times":
        monkeypatch.setenv("POLICYCASE_LARGEST_FILE", "800000")

    def change(name: str, content: bytes) -> bytes:
        assert old in content or not name.endswith(part)
        return content.replace(old, new, 1) if name.endswith(part) else content

    workbook = edit_zip(made, tmp_path / "spoilt.xlsx", change)

    with pytest.raises(UnreadableError, match=message):
        policycase.import_case(workbook, tmp_path / "back")
    assert not (tmp_path / "back").exists()


def fill_rows(file: Path, rows: dict[str, list[dict[str, str]]], first: int = 2) -> None:
    """Type rows into the sheets of a workbook, below its header or from a row on."""
    book = openpyxl.load_workbook(file)
    for name, cells in rows.items():
        for number, row in enumerate(cells, start=first):
            for column, value in row.items():
                book[name][f"{letter_of(book[name], column)}{number}"].value = value
    book.save(file)


PROGRAM = {
    "name": "Night patrol",
    "program_type": "other",
    "status": "ongoing",
    "summary": "A patrol.",
    "note": "Short.",
}
AGENCY = {"agency_type": "police", "sector": "interior", "level": "municipal", "is_generic": "false"}


def test_case_is_coded_from_its_source_without_ids_sources_or_evidence_to_type(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.chdir(tmp_path)
    Path("source.txt").write_text("A patrol began in 1999. Police run it. It still goes on.", encoding="utf-8")
    rows = {
        "cases": [{"passage": "p1s1"}],
        "programs": [PROGRAM | {"program_id": "patrol", "passage": "p1s1; p1s3?; p1s1:start", "start": "1999"}],
        "agencies": [AGENCY | {"agency_id": "police", "name": "Police", "passage": "p1s2"}],
        "program_agencies": [{"program_id": "patrol", "agency_id": "police", "role": "lead", "passage": "p1s2?"}] * 2,
        "claims": [
            {
                "claim_id": "claim-on",
                "record_id": "patrol",
                "field": "record",
                "claim_type": "descriptive",
                "hedge": "none",
                "stance": "asserts",
                "statement": "It goes on.",
                "passage": "p1s3",
            }
        ],
    }

    assert main(["new", "usa-lead", "--workbook", "--from", "source.txt"]) == 0
    fill_rows(Path("usa-lead.xlsx"), rows)
    assert main(["import", "usa-lead.xlsx", "-o", "usa-lead", "--force"]) == 0

    case = policycase.load("usa-lead")
    evidence = case.evidence[["record_id", "field", "passage_id", "basis"]].astype(str).agg(" ".join, axis=1)
    assert case.passages[["passage_id", "source_id"]].to_numpy().tolist() == [
        [f"usa-lead:p1s{n}", "usa-lead:source"] for n in (1, 2, 3)
    ]
    assert case.program_agencies["program_agency_id"].tolist() == [
        "usa-lead:patrol--police--lead",
        "usa-lead:patrol--police--lead--2",
    ]
    assert case.claims[["case_id", "record_id", "source_id"]].to_numpy().tolist() == [
        ["usa-lead", "usa-lead:patrol", "usa-lead:source"]
    ]
    assert evidence.str.replace("usa-lead:", "").tolist() == [
        "patrol record p1s1 stated",
        "patrol record p1s3 inferred",
        "patrol start p1s1 stated",
        "patrol status p1s1 stated",
        "patrol status p1s3 inferred",
        "police record p1s2 stated",
        "claim-on record p1s3 stated",
        "claim-on hedge p1s3 stated",
        "patrol--police--lead record p1s2 inferred",
        "patrol--police--lead--2 record p1s2 inferred",
        "usa-lead record p1s1 stated",
    ]
    rules = set(policycase.validate("usa-lead").findings["rule"])
    assert not rules & {
        "record-has-evidence",
        "value-has-evidence",
        "id-has-case-prefix",
        "link-id-is-made-of-its-parts",
    }


@pytest.mark.slow
@pytest.mark.parametrize(("text", "message"), [
    ("p2s9x", 'no passage "p2s9x" is in this case · did you mean'),
    ("p2s2, p2s3", '"p2s2, p2s3" is not a passage · write p2s2, p8s2. if inferred'),
    ("p2s2:begin", "begin is not a column of programs · take :begin out"),
    ("p2s2:end", "end is empty in this row · fill it in, or take :end out"),
    ("p2s2; start?", "join a column to its passage by a colon: p2s2:start, or p2s2.:start if inferred"),
    ("p2s2; p2s2?", "p2s2 is both stated and inferred · choose one"),
])  # fmt: skip
def test_passage_that_cannot_be_taken_is_named_with_its_cell(filled, tmp_path: Path, text: str, message: str):
    workbook, where = filled({("programs", "passage", 3): text})

    with pytest.raises(UnreadableError, match=f"{where}: .*{message}"):
        policycase.import_case(workbook, tmp_path / "back")


def test_source_is_named_where_two_are_coded(filled, tmp_path: Path):
    workbook, _ = filled({("sources", "source_use", 3): "coded", ("sources", "source_use", 4): "coded"})
    passages = letter_of(openpyxl.load_workbook(workbook)["passages"], "source_id")

    with pytest.raises(UnreadableError, match=rf"passages!{passages}2: source_id is empty, and 3 sources are coded"):
        policycase.import_case(workbook, tmp_path / "back")


def test_link_whose_parts_are_empty_is_named_with_its_cell(filled, tmp_path: Path):
    workbook, where = filled({("program_agencies", "agency_id", 3): None})

    with pytest.raises(UnreadableError, match=f"{where}: agency_id is empty; it is required"):
        policycase.import_case(workbook, tmp_path / "back")


def test_evidence_with_a_note_stays_in_its_own_sheet(made: Path, tmp_path: Path):
    book = openpyxl.load_workbook(made)
    evidence, programs = policycase.load().evidence, policycase.load().programs
    noted = set(evidence.loc[evidence["note"].notna(), "record_id"])
    rows = [row[0] for row in book["evidence"].iter_rows(min_row=2, values_only=True)]
    cells = {row[0]: row[1] for row in book["programs"].iter_rows(min_row=2, values_only=True)}

    assert {f"kgz-leph:{row}" for row in rows} == noted
    assert {f"kgz-leph:{name}" for name, cell in cells.items() if cell is None} == noted & set(programs["program_id"])
    del book["evidence"]
    book.save(tmp_path / "less.xlsx")
    back = policycase.load(policycase.import_case(tmp_path / "less.xlsx", tmp_path / "back"))
    assert len(back.evidence) == len(evidence) - len(rows)


NAMES = ["start", "status", "setting", "name"]
SUPPORTS = st.dictionaries(
    st.tuples(st.sampled_from(["record", *NAMES]), st.sampled_from([f"kgz-leph:p1s{n}" for n in range(4)])),
    st.sampled_from(["stated", "inferred"]),
    min_size=1,
)


@settings(deadline=None)
@given(SUPPORTS, st.sets(st.sampled_from(NAMES)))
def test_cell_of_passages_says_any_evidence(support: dict[tuple[str, str], str], filled_fields: set[str]):
    table = shipped_profile().tables["programs"]
    filled_fields |= {name for name, _ in support} - {"record"}
    record = pd.Series({name: "ongoing" if name in filled_fields else None for name in table.fields}, dtype="object")
    wanted = sorted((name, passage, basis) for (name, passage), basis in support.items())

    cell = write_support(wanted, table, record, "kgz-leph")

    assert sorted(read_support(cell, table, record, "kgz-leph")) == wanted
    assert "kgz-leph" not in cell


@pytest.mark.slow
def test_reading_needs_little_memory_whatever_lies_far_out(made: Path, tmp_path: Path):
    far = b'<row r="1048576"><c r="XFD1048576" s="1"/></row></sheetData>'
    workbook = edit_zip(made, tmp_path / "far.xlsx", lambda _, content: content.replace(b"</sheetData>", far))

    back = policycase.import_case(workbook, tmp_path / "back")

    assert policycase.load(back).programs.equals(policycase.load().programs)


def test_sheet_left_empty_never_empties_its_table(tmp_path: Path):
    folder = policycase.new("usa-lead", tmp_path / "mine")
    workbook = policycase.export(folder, "workbook", tmp_path / "mine.xlsx")
    passages = folder / "data/passages.csv"
    passages.write_text(passages.read_text() + "usa-lead:p1s1,usa-lead,usa-lead:source,,p1,1,,5,0,coded,\n")
    before = passages.read_bytes()

    policycase.import_case(workbook, folder, force=True)

    assert passages.read_bytes() == before


@pytest.mark.slow
def test_import_writes_no_file_that_a_table_is_linked_to(lamps: Path, tmp_path: Path):
    workbook = policycase.export(lamps, "workbook", tmp_path / "bvt-lamps.xlsx")
    beside = tmp_path / "goals.csv"
    (lamps / "data/goals.csv").rename(beside)
    (lamps / "data/goals.csv").symlink_to(beside)
    before = beside.read_bytes()

    import_tables(workbook, lamps, force=True)

    assert beside.read_bytes() == before
    assert not (lamps / "data/goals.csv").is_symlink()


@pytest.mark.slow
def test_import_into_a_case_with_a_pipe_in_its_data_says_where(lamps: Path, tmp_path: Path):
    workbook = policycase.export(lamps, "workbook", tmp_path / "bvt-lamps.xlsx")
    os.mkfifo(lamps / "data/more")

    with pytest.raises(UnreadableError, match=r"data/more: cannot be copied"):
        import_tables(workbook, lamps, force=True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"name": "goal"}, "no resource is named goals"),
        ({"path": "data/events.csv"}, "data/events.csv, is that of another table"),
        ({"path": "goals.csv"}, "goals.csv, is not in data/"),
    ],
    ids=str,
)
def test_import_into_a_case_whose_descriptor_points_elsewhere_says_where(
    lamps: Path, tmp_path: Path, change: dict[str, str], problem: str
):
    workbook = policycase.export(lamps, "workbook", tmp_path / "bvt-lamps.xlsx")
    descriptor = json.loads((lamps / "datapackage.json").read_bytes())
    next(one for one in descriptor["resources"] if one["name"] == "goals").update(change)
    (lamps / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")

    with pytest.raises(UnreadableError, match=problem):
        import_tables(workbook, lamps, force=True)


def test_defaults_and_positions_need_no_typing(tmp_path: Path):
    case = policycase.load(copy_lamps(tmp_path / "lamps"))
    policycase.export(case, "workbook", tmp_path / "lamps.xlsx")
    book = openpyxl.load_workbook(tmp_path / "lamps.xlsx")
    for name, column in [("claims", "field"), ("claims", "hedge"), ("goals", "position"), ("programs", "status")]:
        header = [cell.value for cell in book[name][1]]
        empty_column(book[name], header.index(column) + 1, {"record", "none", "1", "unknown"})
    book.save(tmp_path / "less.xlsx")

    back = policycase.load(policycase.import_case(tmp_path / "less.xlsx", tmp_path / "back"))

    assert back.text["claims"].equals(case.text["claims"])
    assert back.text["goals"].equals(case.text["goals"])


def empty_column(sheet, number: int, values: set[str]) -> None:
    """Clear the cells of a column that hold one of some values."""
    for (cell,) in sheet.iter_rows(min_row=2, min_col=number, max_col=number):
        if str(cell.value) in values:
            cell.value = None


def test_finding_names_the_cell_of_the_workbook(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    policycase.export(policycase.load(copy_lamps(tmp_path / "lamps")), "workbook", tmp_path / "lamps.xlsx")
    book = openpyxl.load_workbook(tmp_path / "lamps.xlsx")
    header = [cell.value for cell in book["programs"][1]]
    cell = book["programs"].cell(2, header.index("name") + 1)
    cell.value = None
    book.save(tmp_path / "less.xlsx")

    code = main(["validate", str(tmp_path / "less.xlsx")])

    assert code == 1
    assert f"less.xlsx programs!{cell.coordinate}: name is empty; it is required" in capsys.readouterr().out


@pytest.mark.slow
def test_finding_on_evidence_names_the_cell_it_was_written_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    policycase.export(policycase.load(copy_lamps(tmp_path / "lamps")), "workbook", tmp_path / "lamps.xlsx")
    book = openpyxl.load_workbook(tmp_path / "lamps.xlsx")
    header = [cell.value for cell in book["figures"][1]]
    key, passage = (book["figures"].cell(2, header.index(name) + 1) for name in ("figure_id", "passage"))
    key.value = "Lamp Posts"
    evidence = book.create_sheet("evidence")
    evidence.append(["record_id", "field", "passage_id", "basis", "note"])
    evidence.append(["nobody", "record", "p1s2", "stated", "Typed into the sheet."])
    book.save(tmp_path / "wrong.xlsx")

    code = main(["validate", str(tmp_path / "wrong.xlsx"), "--exact"])

    said = capsys.readouterr().out
    assert code == 1
    assert f"wrong.xlsx figures!{key.coordinate}" in said
    assert f"wrong.xlsx figures!{passage.coordinate}" in said
    assert "wrong.xlsx evidence!A2" in said
    assert "data/" not in said
