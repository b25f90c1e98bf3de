"""What users' own programs do to files: read as it was meant, or refused with the true reason."""

import csv
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from copies import ROOT, edit

import policycase
from policycase.cli.main import main
from policycase.errors import UnreadableError, UnsafePathError
from policycase.model.package import Package
from policycase.validation import cell_checks

LITTER = (
    *(".DS_Store", "._codes.csv", "Thumbs.db", "desktop.ini", ".~lock.codes.csv#", "~$codes.xlsx", "codes.csv~"),
    *(".codes.csv.swp", "#codes.csv#", "codes (1).csv", "codes - Copy.csv", "codes 2.csv", "codes.csv.bak"),
    *("goals.schema (1).json", "goals.schema.json.orig", "Icon\r"),
)


def each_table(package: Path, change: Callable[[bytes], bytes]) -> None:
    for file in (package / "data").glob("*.csv"):
        file.write_bytes(change(file.read_bytes()))


def rewrite(file: Path, **dialect) -> None:
    rows = list(csv.reader(file.read_text(encoding="utf-8").splitlines()))
    with file.open("w", newline="", encoding="utf-8") as target:
        csv.writer(target, **{"lineterminator": "\n"} | dialect).writerows(rows)


def quote_every_cell(package: Path) -> None:
    for file in (package / "data").glob("*.csv"):
        rewrite(file, quoting=csv.QUOTE_ALL)


def quote_one_name(package: Path) -> None:
    edit(package / "data/programs.csv", "program_id,case_id", '"program_id",case_id')


def put_spaces_around_a_name(package: Path) -> None:
    edit(package / "data/programs.csv", "program_id,case_id", "program_id , case_id")


@pytest.mark.slow
@pytest.mark.parametrize("change", [quote_every_cell, quote_one_name, put_spaces_around_a_name])
def test_header_is_the_same_with_quotes_or_spaces(lamps: Path, change):
    before = policycase.load(lamps)

    change(lamps)

    assert policycase.validate(lamps).findings.empty
    assert policycase.validate_many([lamps, ROOT])[str(lamps)].findings.empty
    assert policycase.load(lamps) == before
    assert cell_checks.check_cells_exactly(Package.read(lamps)) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda content: b"\xef\xbb\xbf" + content, "file-has-no-bom"),
        (lambda content: content.replace(b"\n", b"\r\n"), "file-has-lf-line-ends"),
        (lambda content: content.removesuffix(b"\n"), "file-ends-with-newline"),
    ],
)
def test_bytes_that_every_reader_takes_are_a_warning_and_render_writes_them_anew(lamps: Path, change, rule: str):
    before = policycase.load(lamps)
    each_table(lamps, change)

    report = policycase.validate(lamps)

    assert report.is_valid
    assert set(report.findings["rule"]) == {rule}
    assert report.findings["path"].is_unique
    assert policycase.load(lamps) == before
    assert cell_checks.check_cells_exactly(Package.read(lamps)) == []
    assert main(["render", "--package", str(lamps)]) == 0
    assert policycase.validate(lamps).findings.empty


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"goal_id;case_id\na;b\n", "separated by semicolons"),
        (b'"goal_id";"case_id"\n"a";"b"\n', "separated by semicolons"),
        (b"goal_id\tcase_id\na\tb\n", "separated by tabs"),
        (b"goal_id|case_id\na|b\n", "separated by vertical bars"),
        (b"sep=;\ngoal_id;case_id\n", "a line that only Excel reads"),
        ("goal_id\tcase_id\na\tb\n".encode("utf-16"), "UTF-16"),
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf\r\n \n", "the file is empty"),
        (b"PK\x03\x04\x14\0", "a workbook or an archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "a workbook or an archive"),
        (b"<!DOCTYPE html>\n<html>\n", "a web page"),
        (b"\n <HTML><table>", "a web page"),
        (b"\x1f\x8b\x08\0", "a compressed file"),
        (b"%PDF-1.7\n%\xe2\xe3", "a file of another program"),
        (b"SQLite format 3\0", "a file of another program"),
        (b'<?xml version="1.0"?>\n<x/>\n', "XML or JSON"),
        (b'[{"goal_id": "a"}]\n', "XML or JSON"),
        ("goal_id,case_id\na,b\n".encode("utf-32"), "UTF-32"),
        ("goal_id,case_id\na,b\n".encode("utf-16-be"), "UTF-16"),
        ("goal_id，case_id\na，b\n".encode(), 'separated by "，"'),
        (b"goal_id case_id\na b\n", "separated by spaces"),
        (b"# by R\ngoal_id,case_id,note\na,b,c\nd,e,f\n", "the first line has 1 cell; every line below has 3"),
        (b"\ngoal_id,case_id\na,b\n", "the first line has 0 cells; every line below has 2"),
        (b"goal_id,case_id\n1,a,b\n2,c,d\n", "every row begins with its number, which has no column"),
        (b"goal_id,case_id\na,b,\nc,d,\n", "every row below the header ends with a comma too many"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "a Git LFS pointer"),
        (b"goal_id,case_id\ra,b\r", "a carriage return without a line feed"),
    ],
)
def test_file_that_is_no_csv_has_one_finding_with_the_true_reason(lamps: Path, content: bytes, message: str):
    (lamps / "data/goals.csv").write_bytes(content)

    (finding,) = policycase.validate(lamps).found

    assert (finding.path, finding.severity) == ("data/goals.csv", "error")
    assert message in finding.message
    assert finding.hint
    with pytest.raises(UnreadableError, match=message):
        policycase.load(lamps)


@pytest.mark.parametrize(
    ("header", "message", "hint"),
    [
        (b"GOAL_ID", 'no column is named "GOAL_ID"', 'did you mean "goal_id"?'),
        (b"Goal Id", 'no column is named "Goal Id"', 'did you mean "goal_id"?'),
        (b'"",goal_id', "the first column has no name", "in R row.names = FALSE"),
        (b"case_id", 'the column "case_id" appears more than once', "write the name of the other"),
    ],
)
def test_header_of_another_program_says_what_is_wrong(lamps: Path, header: bytes, message: str, hint: str):
    goals = lamps / "data/goals.csv"
    number = b"1," if b'""' in header else b""
    first, *rest = goals.read_bytes().split(b"\n")
    rows = [number + row if row else row for row in rest]
    goals.write_bytes(b"\n".join([first.replace(b"goal_id", header, 1), *rows]))

    (finding,) = policycase.validate(lamps).found

    assert message in finding.message
    assert hint in finding.hint


@pytest.mark.parametrize(
    ("end", "message", "hint"),
    [
        (b"   \n", "1 cell; the header has 11 columns", "delete the line"),
        (b"\x1a", "1 cell; the header has 11 columns", "delete the line"),
        (b"a,b\n", "2 cells; the header has 11 columns", "write a comma for each empty cell"),
    ],
)
def test_line_with_too_few_cells_says_what_to_do(lamps: Path, end: bytes, message: str, hint: str):
    goals = lamps / "data/goals.csv"
    goals.write_bytes(goals.read_bytes() + end)

    *_, finding = policycase.validate(lamps).found

    assert (finding.line, finding.message, finding.hint) == (6, message, hint)


def test_quote_that_is_not_closed_is_reported_where_it_opens(lamps: Path):
    edit(lamps / "data/goals.csv", ",Fewer people", ',"Fewer people')

    (finding,) = policycase.validate(lamps).found

    assert (finding.rule, finding.line) == ("row-is-csv", 2)


def test_marks_of_a_merge_conflict_are_named(lamps: Path):
    goals = lamps / "data/goals.csv"
    header, first, rest = goals.read_bytes().split(b"\n", 2)
    marks = [b"<<<<<<< HEAD", first, b"||||||| base", b"=======", first, b">>>>>>> other"]
    goals.write_bytes(b"\n".join([header, *marks, rest]))

    report = policycase.validate(lamps)

    assert [finding.line for finding in report.found] == [2, 4, 5, 7]
    assert all("merge conflict in Git" in finding.message for finding in report.found)


@pytest.mark.slow
def test_empty_row_has_a_text_as_frictionless_finds_it(lamps: Path):
    scope = lamps / "data/scope.csv"
    scope.write_bytes(scope.read_bytes() + b",,,\n")

    found = cell_checks.check_cells(Package.read(lamps))

    assert [str(finding) for finding in found if finding.rule == "blank-row"] == [
        "data/scope.csv:3: every cell of the row is empty; delete the line  [blank-row]"
    ]
    assert sorted(map(str, found)) == sorted(map(str, cell_checks.check_cells_exactly(Package.read(lamps))))


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["schemas", "data"])
def test_litter_of_other_programs_changes_nothing(lamps: Path, tmp_path: Path, folder: str):
    before = policycase.load(lamps)
    for name in LITTER:
        (lamps / folder / name).write_bytes(b"\0\0\0\1Bud1")
    (lamps / folder / "__pycache__").mkdir()
    (lamps / folder / ".#codes.csv").symlink_to("user@host.1")  # as Emacs locks a file

    assert policycase.validate(lamps).findings.empty
    assert policycase.load(lamps) == before
    assert policycase.stack([lamps, ROOT]) == policycase.stack([before, policycase.load()])
    with zipfile.ZipFile(policycase.pack(lamps, tmp_path / "case.zip")) as archive:
        assert not [name for name in archive.namelist() if name.rpartition("/")[2] in {*LITTER, ".#codes.csv"}]


@pytest.mark.slow
def test_line_ends_of_schemas_are_one_warning_and_no_other_profile(lamps: Path):
    for file in (lamps / "schemas").glob("*"):
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))

    report = policycase.validate(lamps)

    assert report.is_valid
    assert [finding.rule for finding in report.found] == ["schema-has-lf-line-ends"]
    assert "28 files" in report.found[0].message
    assert policycase.stack([lamps, ROOT]).case_ids == ["bvt-lamps", "kgz-leph"]
    assert policycase.stack([policycase.load(lamps), ROOT]).case_ids == ["bvt-lamps", "kgz-leph"]
    assert main(["render", "--package", str(lamps)]) == 0
    assert policycase.validate(lamps).findings.empty


@pytest.mark.slow
@pytest.mark.parametrize("name", ["codes.csv", "goals.schema.json", "profile.json"])
def test_byte_order_mark_of_a_schema_is_a_warning_that_render_removes(lamps: Path, name: str):
    file = lamps / "schemas" / name
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())

    report = policycase.validate(lamps)

    assert [finding.rule for finding in report.found] == ["schema-has-lf-line-ends"]
    assert policycase.stack([lamps, ROOT]).case_ids == ["bvt-lamps", "kgz-leph"]
    assert main(["render", "--package", str(lamps)]) == 0
    assert policycase.validate(lamps).findings.empty


@pytest.mark.parametrize("content", [b"", b"vocabulary;code\na;b\n", "vocabulary,code\n".encode("utf-16")])
def test_damaged_table_of_the_profile_is_to_be_taken_from_it(lamps: Path, content: bytes):
    (lamps / "schemas/codes.csv").write_bytes(content)

    (finding,) = policycase.validate(lamps).found

    assert finding.path == "schemas/codes.csv"
    assert finding.hint == "take schemas/ unchanged from the profile, as policycase new writes it"


def test_changed_schema_with_other_line_ends_is_still_another_profile(lamps: Path):
    schema = lamps / "schemas/goals.schema.json"
    schema.write_bytes(schema.read_bytes().replace(b"\n", b"\r\n").replace(b"stated goal", b"said goal"))

    assert "schema-equals-profile" in set(policycase.validate(lamps).findings["rule"])


def made_new(folder: Path) -> None:
    policycase.new("kgz-demo", folder)


def made_by_stack(folder: Path) -> None:
    policycase.stack([ROOT, ROOT / "examples/can-insite"]).write(folder)


def made_by_pack(folder: Path) -> None:
    with zipfile.ZipFile(policycase.pack(output=folder.with_suffix(".zip"))) as archive:
        archive.extractall(folder)


@pytest.mark.slow
@pytest.mark.parametrize("make", [made_new, made_by_stack, made_by_pack])
def test_package_in_git_stays_as_it_is_on_windows(tmp_path: Path, make):
    make(tmp_path / "a")
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "init.defaultBranch=main"]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "x"]):
        subprocess.run([*git, *command], cwd=tmp_path / "a", check=True, capture_output=True)

    subprocess.run([*git, "-c", "core.autocrlf=true", "clone", "-q", "a", "b"], cwd=tmp_path, check=True)

    assert policycase.validate(tmp_path / "b").findings.empty
    for file in ("datapackage.json", "schemas/README.md", "data/programs.csv"):
        assert (tmp_path / "b" / file).read_bytes() == (tmp_path / "a" / file).read_bytes()


def test_attributes_for_git_are_those_of_this_repository(tmp_path: Path):
    written = (policycase.new("kgz-demo", tmp_path / "a") / ".gitattributes").read_text(encoding="utf-8")

    assert (ROOT / ".gitattributes").read_text(encoding="utf-8").startswith(written)


def zipped(package: Path, archive: Path, top: str, *beside: str) -> Path:
    with zipfile.ZipFile(archive, "w") as target:
        for file in sorted(package.rglob("*")):
            if file.is_file():
                target.write(file, top + file.relative_to(package).as_posix())
        for name in beside:
            target.writestr(name, b"\0\5\x16\7")
    return archive


@pytest.mark.slow
@pytest.mark.parametrize(
    ("top", "beside"),
    [
        ("", ()),
        ("", ("__MACOSX/._data", "__MACOSX/data/._goals.csv")),
        ("lamps-main/", ()),
        ("lamps-main/", ("__MACOSX/._lamps-main", "__MACOSX/lamps-main/data/._goals.csv", ".DS_Store")),
        ("lamps/", ("Thumbs.db", "desktop.ini")),
        ("lamps/lamps/", ("lamps/.DS_Store",)),
    ],
)
def test_zip_with_folders_around_the_package_is_opened(lamps: Path, tmp_path: Path, top: str, beside: tuple[str, ...]):
    archive = zipped(lamps, tmp_path / "a.zip", top, *beside)

    assert policycase.validate(archive).findings.empty
    assert policycase.load(archive) == policycase.load(lamps)


@pytest.mark.parametrize(
    ("top", "beside", "message"),
    [
        ("one/", ("two/x",), "no datapackage.json is at the top of this zip · did you mean its folder one/"),
        ("one/two/", ("three/x",), "no datapackage.json is at the top of this zip$"),
    ],
)
def test_zip_that_is_no_package_says_where_one_is(
    lamps: Path, tmp_path: Path, top: str, beside: tuple[str, ...], message: str
):
    archive = zipped(lamps, tmp_path / "a.zip", top, *beside)

    with pytest.raises(UnreadableError, match=message) as raised:
        policycase.validate(archive)

    assert str(raised.value).startswith(f"{archive}: ")


def test_folder_around_a_package_says_where_it_is(lamps: Path):
    with pytest.raises(UnreadableError, match="did you mean its folder bvt-lamps/"):
        policycase.load(lamps.parent)


def test_zip_with_backslashes_says_so(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "w.zip", "w") as archive:
        entry = zipfile.ZipInfo("x")
        entry.filename = "data\\programs.csv"
        archive.writestr(entry, "x")

    with pytest.raises(UnsafePathError, match="has backslashes where folders have"):
        policycase.load(tmp_path / "w.zip")


@pytest.mark.parametrize(
    ("encoding", "message"), [("utf-8-sig", "byte order mark"), ("utf-16", "UTF-16"), ("utf-16-le", "UTF-16")]
)
def test_descriptor_in_another_encoding_says_how_to_save_it(lamps: Path, encoding: str, message: str):
    descriptor = lamps / "datapackage.json"
    descriptor.write_bytes(descriptor.read_text(encoding="utf-8").encode(encoding))

    (finding,) = policycase.validate(lamps).found

    assert (finding.rule, finding.path) == ("descriptor-is-json", "datapackage.json")
    assert message in finding.message
    assert "save it as UTF-8 without BOM" in str(finding)
    with pytest.raises(UnreadableError, match="save it as UTF-8 without BOM"):
        policycase.load(lamps)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"<!DOCTYPE html>\n", "it is a web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "run: git lfs pull"),
        (b'{\n<<<<<<< HEAD\n"a": 1\n=======\n', "line 2 is a mark of a merge conflict in Git"),
        ("{}".encode("utf-32"), "the file is UTF-32"),
    ],
)
def test_descriptor_that_is_no_json_says_what_it_is(lamps: Path, content: bytes, message: str):
    (lamps / "datapackage.json").write_bytes(content)

    (finding,) = policycase.validate(lamps).found

    assert message in finding.message


def test_inline_schema_and_resource_that_is_no_table_are_said_to_be_such(lamps: Path):
    descriptor = json.loads((lamps / "datapackage.json").read_bytes())
    descriptor["resources"][0]["schema"] = {"fields": []}
    descriptor["resources"].append({"name": "codebook", "path": "README.md", "mediatype": "text/markdown"})
    (lamps / "datapackage.json").write_text(json.dumps(descriptor), encoding="utf-8")
    (lamps / "README.md").write_text('a,b\n"', encoding="utf-8")

    found = policycase.validate(lamps).found

    assert [(finding.rule, finding.path) for finding in found] == [
        ("resource-is-a-table", "datapackage.json"),
        ("schema-is-a-file", "datapackage.json"),
    ]
    assert "inline schema" in found[1].message
    assert '"codebook" is not a table' in found[0].message


def leave_as_it_is(_package: Path) -> None:
    """A package without a fault."""


def add_a_bad_cell(package: Path) -> None:
    edit(package / "data/goals.csv", ",3,reduce-crime,", ",x,reduce-crime,")


def add_a_long_row(package: Path) -> None:
    scope = package / "data/scope.csv"
    scope.write_bytes(scope.read_bytes() + b",,,,,\n")


OPENED = """
import collections, os, sys
opened = collections.Counter()
def hook(event, arguments):
    if event == "open" and str(arguments[0]).endswith(".csv"):
        opened[os.path.basename(str(arguments[0]))] += 1
from policycase.cli.main import main
from policycase.model.profile import shipped_profile
shipped_profile().codes
sys.addaudithook(hook)
main(["validate", sys.argv[1]])
print(max(opened.values()), len(opened))
"""


@pytest.mark.slow
@pytest.mark.parametrize("change", [leave_as_it_is, quote_every_cell, add_a_bad_cell, add_a_long_row])
def test_validate_opens_each_table_once(package: Path, change):
    change(package)

    done = subprocess.run(
        [sys.executable, "-c", OPENED, str(package)], capture_output=True, text=True, check=True, cwd=package
    )

    assert done.stdout.splitlines()[-1] == "1 23"


def test_validate_of_an_empty_case_says_what_to_do_next(capsys, tmp_path: Path):
    policycase.new("kgz-demo", tmp_path / "a")

    code = main(["validate", str(tmp_path / "a")])

    lines = capsys.readouterr().out.splitlines()
    assert code == 0
    assert not [line for line in lines if line.startswith("valid")]
    assert lines[-1].startswith("next: policycase passages SOURCE")
