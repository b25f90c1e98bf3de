"""A case coded in a workbook: what a coder gets, what comes back, and what cannot be taken."""

import datetime as dt
import shutil
import zipfile
from pathlib import Path

import openpyxl
import pytest
from copies import ROOT, copy_lamps, copy_package
from odd import copy_odd

import policycase
from policycase.cli.main import main
from policycase.errors import UnreadableError, UnsafePathError

DAY = dt.date(1999, 3, 1)
CASES = [ROOT, *sorted(path.parent for path in (ROOT / "examples").glob("*/datapackage.json"))]


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


@pytest.mark.parametrize("folder", CASES, ids=lambda path: path.name)
def test_case_comes_back_from_its_workbook_byte_for_byte(folder: Path, tmp_path: Path):
    workbook = policycase.export(folder, "workbook", tmp_path / "case.xlsx")

    back = policycase.import_workbook(workbook, tmp_path / "back")

    files = sorted(path.name for path in (folder / "data").iterdir())
    assert sorted(path.name for path in (back / "data").iterdir()) == files
    assert [
        name for name in files if (back / "data" / name).read_bytes() != (folder / "data" / name).read_bytes()
    ] == []


def test_hard_cells_come_back_and_the_case_keeps_what_else_it_has(tmp_path: Path):
    package = copy_odd(tmp_path / "odd")
    book, before = policycase.load(package), (package / "data/order.csv").read_bytes()
    (package / "data/notes.txt").write_text("mine", encoding="utf-8")
    workbook = policycase.export(book, "workbook", tmp_path / "odd.xlsx")
    (package / "data/order.csv").write_bytes(before.splitlines(keepends=True)[0])

    policycase.import_workbook(workbook, package, force=True)

    assert (package / "data/order.csv").read_bytes() == before
    assert (package / "data/notes.txt").read_text(encoding="utf-8") == "mine"
    assert policycase.load(package) == book
    assert sorted(path.name for path in tmp_path.iterdir()) == ["odd", "odd.xlsx"]


def test_workbook_has_a_sheet_a_table_with_required_columns_marked_and_described(made: Path):
    book, profile = openpyxl.load_workbook(made), policycase.load().profile
    sheet = book["programs"]
    header = {cell.value: cell for cell in sheet[1]}

    assert book.sheetnames == ["README", *profile.case_tables, "codebook", "codes"]
    assert list(header) == [name for name, field in profile.tables["programs"].fields.items() if field.authored]
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
    assert "statement" not in {name for name, letter in letters.items() if letter in rules}
    assert [rule.formula1 for rule in truth] == ['"true,false"']


def test_new_case_can_be_coded_in_its_workbook(capsys, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)

    assert main(["new", "usa-lead", "--workbook"]) == 0
    assert "policycase import usa-lead.xlsx -o usa-lead --force" in capsys.readouterr().out
    book = openpyxl.load_workbook("usa-lead.xlsx")
    cells = {"place_id": "usa-lead:seattle", "case_id": "usa-lead", "name": "Seattle", "place_type": "city"}
    for column, value in cells.items():
        book["places"][f"{letter_of(book['places'], column)}2"] = value
    book.save("usa-lead.xlsx")
    assert main(["import", "usa-lead.xlsx", "-o", "usa-lead", "--force"]) == 0

    assert (
        capsys.readouterr().out == "wrote 1 rows of 1 tables to usa-lead/data\nnow run: policycase validate usa-lead\n"
    )
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

    case = policycase.load(policycase.import_workbook(workbook, tmp_path / "back"))

    row = case.programs.iloc[1]
    assert (row["program_id"], f"{row['start_earliest']:%Y-%m-%d}", f"{row['start_latest']:%Y-%m-%d}") == (
        "kgz-leph:nsp",
        "2000-02-01",
        "2000-02-29",
    )


def test_numbers_that_say_one_thing_are_taken_and_empty_rows_left_out(filled, tmp_path: Path):
    figure = {"figure_id": "kgz-leph:f", "case_id": "kgz-leph", "record_id": "kgz-leph:nsp", "measure": "clients"}
    numbers = {"value": 123456.789, "start": 1999}
    cells = {("figures", column, 60): value for column, value in (figure | numbers).items()}
    workbook, _ = filled(cells | {("programs", "is_pilot", 2): True})

    case = policycase.load(policycase.import_workbook(workbook, tmp_path / "back"))

    last = case.figures[["figure_id", "value", "start"]].iloc[-1]
    assert len(case.figures) == len(policycase.load().figures) + 1
    assert last.tolist() == ["kgz-leph:f", 123456.789, "1999"]
    assert case.programs["is_pilot"].iloc[0]


@pytest.mark.parametrize(("cell", "value", "message"), [
    (("programs", "start", 3), DAY, r"{at}: start is 1999-03-01, which Excel made a date; expected 1999, 1999-05, .*, as text · format the cell as Text"),
    (("goals", "position", 3), 3.5, r"{at}: position is the number 3.5; expected a whole number such as 12 · format the cell as Text"),
    (("goals", "position", 3), "three", r'{at}: position is "three"; expected a whole number such as 12'),
    (("goals", "statement", 3), "=A1", r"{at}: statement is a formula; expected text · copy the cell and paste its value"),
    (("goals", "statement", 3), "#N/A", r"{at}: statement is the error #N/A; expected text"),
    (("goals", "statement", 3), "one\ntwo", r"{at}: statement is 'one\\ntwo', with a line break · put it on one line"),
    (("goals", "statement", 3), "  ", r"{at}: statement is blank, but not empty · clear the cell"),
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
        policycase.import_workbook(workbook, tmp_path / "back")

    assert [path.name for path in tmp_path.iterdir()] == ["kgz-leph.xlsx"]


def test_everything_that_is_wrong_is_told_together_and_nothing_is_written(filled, package: Path):
    workbook, where = filled({("goals", "position", 3): 2.5, ("goals", "statement", 4): "=1+1"})
    book = openpyxl.load_workbook(workbook)
    book["events"].title = "event"
    book.save(workbook)
    before = {path: path.read_bytes() for path in package.rglob("*") if path.is_file()}

    with pytest.raises(UnreadableError) as caught:
        policycase.import_workbook(workbook, package, force=True)

    position = f"goals!{letter_of(book['goals'], 'position')}3"
    assert str(caught.value).splitlines() == [
        f"{workbook}: 4 things to mend; nothing was written",
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

    with pytest.raises(UnreadableError, match="exists · choose another folder, or say --force"):
        policycase.import_workbook(made, tmp_path / "mine")
    with pytest.raises(UnreadableError, match="is not replaced: it is no package"):
        policycase.import_workbook(made, tmp_path / "mine", force=True)
    for name in ("missing.xlsx", "mine"):
        with pytest.raises(UnreadableError, match=rf"{name}: (nothing is there|a folder, no workbook)"):
            policycase.import_workbook(tmp_path / name, tmp_path / "back")
    for name in ("text.xlsx", "empty.xlsx"):
        with pytest.raises(UnreadableError, match="not readable as a workbook"):
            policycase.import_workbook(tmp_path / name)
    with pytest.raises(UnsafePathError, match="bomb"):
        policycase.import_workbook(tmp_path / "bomb.xlsx")

    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]


def test_workbook_is_for_one_case_and_is_never_replaced(made: Path, tmp_path: Path):
    both = policycase.stack([copy_package(tmp_path / "kgz-leph"), copy_lamps(tmp_path / "bvt-lamps")])
    mine = shutil.copy(made, tmp_path / "mine.xlsx")

    with pytest.raises(UnreadableError, match="a workbook to code in is for one case; here are 2"):
        policycase.export(both, "workbook", tmp_path / "both.xlsx")
    with pytest.raises(UnreadableError, match="is not replaced"):
        policycase.export(policycase.load(), "workbook", mine, force=True)

    assert mine.read_bytes() == made.read_bytes()


def test_sheet_left_empty_never_empties_its_table(tmp_path: Path):
    folder = policycase.new("usa-lead", tmp_path / "mine")
    workbook = policycase.export(folder, "workbook", tmp_path / "mine.xlsx")
    passages = folder / "data/passages.csv"
    passages.write_text(passages.read_text() + "usa-lead:p1s1,usa-lead,usa-lead:source,,p1,1,,5,0,coded,\n")
    before = passages.read_bytes()

    policycase.import_workbook(workbook, folder, force=True)

    assert passages.read_bytes() == before
