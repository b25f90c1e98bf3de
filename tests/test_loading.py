"""Typed tables: the same types with or without missing cells, and nothing guessed."""

from pathlib import Path

import pandas as pd
import pytest
from books import CASE
from copies import ROOT, edit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import policycase
from policycase.cli.main import main
from policycase.errors import UnreadableError
from policycase.model.columns import typed
from policycase.model.tables import Tables
from policycase.storage.csv_files import CsvFile, csv_bytes, text_frame

KINDS = {"string": "str", "integer": "Int64", "number": "float64", "boolean": "boolean", "date": "datetime64[s]"}


@pytest.mark.parametrize("name", CASE.tables)
def test_every_column_has_the_type_of_its_schema(name: str):
    fields = CASE.profile.tables[name].fields

    for column, dtype in CASE[name].dtypes.items():
        field = fields[column]
        if field.vocabulary:
            assert dtype == pd.CategoricalDtype(CASE.profile.vocabularies[field.vocabulary]), column
        else:
            assert str(dtype) == KINDS[field.type], column


@pytest.mark.parametrize("name", CASE.tables)
def test_types_are_the_same_without_rows(name: str):
    empty = CASE.text[name].iloc[:0]

    assert (typed(Tables({name: empty}, CASE.profile, {name: [""]}), name).dtypes == CASE[name].dtypes).all()


def test_table_of_a_case_without_rows_keeps_its_types():
    case = policycase.load(ROOT / "examples/usa-lead")

    assert len(case.reliability) == 0
    assert str(case.reliability["alpha"].dtype) == "float64"
    assert str(case.reliability["measured_on"].dtype) == "datetime64[s]"


def test_na_is_a_word(lamps: Path):
    agencies = policycase.load(lamps).agencies

    assert "NA" in agencies["name"].tolist()


def test_table_is_a_fresh_copy():
    programs = CASE.programs
    programs["name"] = "changed"

    assert "changed" not in CASE.programs["name"].tolist()


@pytest.mark.parametrize("which", ["package", "lamps"])
def test_write_gives_the_same_files_and_loads_to_the_same_casebook(which: str, tmp_path: Path, request):
    folder = request.getfixturevalue(which)
    case = policycase.load(folder)

    case.write(tmp_path / "again")

    assert policycase.load(tmp_path / "again") == case
    for file in [*folder.glob("data/*.csv"), folder / "datapackage.json"]:
        assert (tmp_path / "again" / file.relative_to(folder)).read_bytes() == file.read_bytes(), file.name


def test_write_refuses_an_existing_folder_and_leaves_it_alone(tmp_path: Path):
    (tmp_path / "mine.txt").write_text("mine")

    with pytest.raises(UnreadableError, match="exists"):
        CASE.write(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("data/goals.csv", ",3,reduce-crime", ",3,reduce-crimes", r'goals.csv:6: goal_type is "reduce-crimes"; expected a code'),
        ("data/goals.csv", ",3,reduce-crime", ",three,reduce-crime", r'goals.csv:6: position is "three"; expected a whole number'),
        ("data/agencies.csv", "Ministry of Health,,ministry,health,national,false", "Ministry of Health,,ministry,health,national,no",
         r'agencies.csv:5: is_generic is "no"; expected true or false'),
        ("data/events.csv", "kgz-leph:nsp,1999,1999-01-01", "kgz-leph:nsp,1999,1999-1-1x", r'start_earliest is "1999-1-1x"; expected a day'),
        ("data/goals.csv", "goal_id,case_id", "goal,case_id", r"goals.csv:1: the header differs"),
        ("datapackage.json", '"name": "kgz-leph",', '"name": "kgz-leph"', "not readable as JSON"),
    ],
)  # fmt: skip
def test_bad_cell_is_an_error_that_names_it(package: Path, file: str, old: str, new: str, message: str):
    edit(package / file, old, new)

    with pytest.raises(UnreadableError, match=message):
        policycase.load(package)


def test_nothing_at_a_path_is_said_plainly(tmp_path: Path):
    with pytest.raises(UnreadableError, match="no such file or folder"):
        policycase.load(tmp_path / "no-such-case")


CELLS = st.one_of(
    st.just(""), st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), min_size=1, max_size=12)
)


@given(st.lists(CELLS, min_size=1, max_size=6))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_survives_writing_and_reading(tmp_path: Path, cells: list[str]):
    frame = pd.DataFrame({"key": [str(i) for i in range(len(cells))], "text": cells}, dtype="str")
    frame["text"] = frame["text"].where(frame["text"] != "")
    file = tmp_path / "table.csv"
    file.write_bytes(csv_bytes(frame))

    pd.testing.assert_frame_equal(text_frame(CsvFile.of(file.read_bytes(), "table.csv")).astype("str"), frame)


def test_case_that_came_with_the_library_is_known_by_its_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)

    both = policycase.stack(["kgz-leph", "vnm-pmlsa"])

    assert both.case_ids == ["kgz-leph", "vnm-pmlsa"]


def test_folder_goes_before_a_case_of_the_same_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    policycase.new("vnm-pmlsa")

    assert len(policycase.load("vnm-pmlsa").programs) == 0


def test_load_without_a_path_takes_the_package_in_this_folder_as_the_command_does(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
):
    edit(package / "data/goals.csv", "A better crime situation", "A much better crime situation")
    (tmp_path / "elsewhere").mkdir()

    monkeypatch.chdir(package)
    here = policycase.load()
    main(["show", "goals", "--csv"])
    shown = capsys.readouterr().out
    report, archive = policycase.validate(), policycase.pack(output=tmp_path / "here.zip")
    monkeypatch.chdir(tmp_path / "elsewhere")
    installed = policycase.load()

    assert here["goals"]["statement"].str.contains("much better").any()
    assert "much better" in shown
    assert report.is_valid
    assert policycase.load(archive) == here
    assert here != installed
    assert "read from: this folder" in repr(here)
    assert "read from: kgz-leph, which came with policycase" in repr(installed)
