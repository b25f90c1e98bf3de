"""Tables in other forms: read back by another reader, each equals the tables cell for cell."""

import csv
import os
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import dask.dataframe as dd
import duckdb
import networkx as nx
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pyreadstat
import pytest
from copies import ROOT, edit
from unusual import LONG_NAME, copy_unusual

import policycase
from policycase.cli.main import main
from policycase.errors import InvalidPackageError, MissingExtraError, UnknownNameError, UnreadableError
from policycase.exports import export as export_module
from policycase.exports.formats import FORMS, VIEW_FORMS, VIEWS
from policycase.model.casebook import Casebook
from policycase.model.profile import Field

SPOKEN = {"long": "long_field", "with": "with_field", "to": "to_field"}  # what Stata or SPSS does not take


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Casebook]:
    """The case, a stack of all six, and the case with a table that is hard on other programs."""
    case = policycase.load()
    examples = sorted(path.parent for path in (ROOT / "examples").glob("*/datapackage.json"))
    unusual = policycase.load(copy_unusual(tmp_path_factory.mktemp("unusual") / "kgz-leph"))
    return {"one": case, "stack": policycase.stack([case, *examples]), "unusual": unusual}


def from_csv(path: Path, _book: Casebook, name: str) -> pd.DataFrame:
    with (path / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    return pd.DataFrame(rows, columns=header)


def from_parquet_by_pandas(path: Path, book: Casebook, name: str) -> pd.DataFrame:
    partitioned = len(book.case_ids) > 1 and name in book.profile.case_tables
    return pd.read_parquet(path / name if partitioned else path / f"{name}.parquet")


def from_parquet_by_dask(path: Path, book: Casebook, name: str) -> pd.DataFrame:
    partitioned = len(book.case_ids) > 1 and name in book.profile.case_tables
    return dd.read_parquet(path / name if partitioned else path / f"{name}.parquet").compute()


def from_parquet_by_duckdb(path: Path, book: Casebook, name: str) -> pd.DataFrame:
    partitioned = len(book.case_ids) > 1 and name in book.profile.case_tables
    files = f"{path}/{name}/*/*.parquet" if partitioned else f"{path}/{name}.parquet"
    return as_objects(duckdb.sql(f"from read_parquet('{files}', hive_partitioning = {partitioned})"))


def as_objects(relation) -> pd.DataFrame:
    return pd.DataFrame(relation.fetchall(), columns=[column[0] for column in relation.description], dtype=object)


def from_sqlite(path: Path, _book: Casebook, name: str) -> pd.DataFrame:
    database = sqlite3.connect(path)
    try:
        return as_objects(database.execute(f'select * from "{name}"'))  # noqa: S608 - a table of the profile
    finally:
        database.close()


def from_duckdb(path: Path, _book: Casebook, name: str) -> pd.DataFrame:
    with duckdb.connect(str(path), read_only=True) as database:
        return as_objects(database.execute(f'select * from "{name}"'))  # noqa: S608 - a table of the profile


def from_excel(path: Path, _book: Casebook, name: str) -> pd.DataFrame:
    workbook = openpyxl.load_workbook(path, read_only=True)
    header, *rows = workbook[name].iter_rows(values_only=True)
    workbook.close()
    return pd.DataFrame(rows, columns=list(header), dtype=object)


def from_stata_by_pandas(path: Path, book: Casebook, name: str) -> pd.DataFrame:
    return decoded(pd.read_stata(path / f"{name}.dta", convert_categoricals=False), book, name)


def from_stata(path: Path, book: Casebook, name: str) -> pd.DataFrame:
    return decoded(pyreadstat.read_dta(path / f"{name}.dta")[0], book, name)


def from_spss(path: Path, book: Casebook, name: str) -> pd.DataFrame:
    return decoded(pyreadstat.read_sav(path / f"{name}.sav")[0], book, name)


def decoded(frame: pd.DataFrame, book: Casebook, name: str) -> pd.DataFrame:
    """The frame with its own column names, and with codes for their positions."""
    fields = book.profile.tables[name].fields
    frame = frame.set_axis(list(fields), axis="columns")
    for field in fields.values():
        if field.vocabulary:
            codes = book.codes[book.codes["vocabulary"] == field.vocabulary].set_index("position")["code"]
            frame[field.name] = frame[field.name].map(lambda number, codes=codes: codes[number], na_action="ignore")
    return frame


READERS = [
    ("csv", from_csv),
    ("parquet", from_parquet_by_pandas),
    ("parquet", from_parquet_by_dask),
    ("parquet", from_parquet_by_duckdb),
    ("sqlite", from_sqlite),
    ("excel", from_excel),
    ("stata", from_stata_by_pandas),
    ("stata", from_stata),
    ("spss", from_spss),
    ("duckdb", from_duckdb),
]


@pytest.fixture(scope="module")
def exported(books: dict[str, Casebook], tmp_path_factory: pytest.TempPathFactory):
    """What gives the export of a book in a form, made once."""
    folder, made = tmp_path_factory.mktemp("exports"), {}

    def export(book: str, form: str) -> Path:
        if (book, form) not in made:
            target = folder / f"{book}-{form}{FORMS[form].ending}"
            made[book, form] = policycase.export(books[book], form, target)
        return made[book, form]

    return export


def as_text(value: object, field: Field) -> str | None:
    """A cell as the CSV of the package has it, from whatever type a reader gives."""
    if pd.isna(value) or value == "":
        return None
    if field.type == "date":
        return str(value)[:10]
    if field.type == "boolean":
        return {"1": "true", "1.0": "true", "0": "false", "0.0": "false"}.get(str(value), str(value).lower())
    if field.type == "integer":
        return str(int(value))
    return repr(float(value)).removesuffix(".0") if field.type == "number" else str(value)


def rows_of(frame: pd.DataFrame, book: Casebook, name: str) -> list[tuple]:
    table = book.profile.tables[name]
    columns = [[as_text(value, field) for value in frame[field.name]] for field in table.fields.values()]
    return sorted(zip(*columns, strict=True), key=str)


@pytest.mark.parametrize(("form", "reader"), READERS, ids=[reader.__name__ for _, reader in READERS])
@pytest.mark.parametrize(
    "which", ["one", *(pytest.param(name, marks=pytest.mark.slow) for name in ("stack", "unusual"))]
)
def test_export_equals_the_tables_cell_for_cell(books, exported, which: str, form: str, reader):
    book = books[which]
    text = book.text

    path = exported(which, form)

    for name in book.tables:
        assert rows_of(reader(path, book, name), book, name) == rows_of(text[name], book, name), name


def test_books_that_are_tested_have_figures_and_hard_cells(books):
    assert len(books["stack"].figures) > 0
    assert books["unusual"]["order"]["select"].tolist()[0] == "=1+1"


def test_csv_tells_every_field_and_code(books, exported):
    folder = exported("one", "csv")

    codebook = pd.read_csv(folder / "codebook.csv")
    assert len(codebook) == sum(len(table.fields) for table in books["one"].profile.tables.values())
    assert len(pd.read_csv(folder / "codes.csv")) == len(books["one"].codes)
    assert (folder / "programs.csv").read_bytes() == (ROOT / "data/programs.csv").read_bytes()


def test_folder_tells_origin_licence_and_citation(exported):
    text = (exported("stack", "csv") / "README.txt").read_text(encoding="utf-8")

    assert "prt-dissuasion: " in text
    assert "CC-BY-4.0" in text
    assert "@article{kgz-leph-article," in text


def test_parquet_keeps_categories_and_parts_a_stack_by_case(books, exported):
    folder, book = exported("stack", "parquet"), books["stack"]

    programs = pd.read_parquet(folder / "programs")

    assert sorted(path.name for path in (folder / "programs").iterdir()) == [f"case_id={one}" for one in book.case_ids]
    assert programs["program_type"].dtype == book.programs["program_type"].dtype
    assert programs["is_pilot"].dtype == "boolean"
    assert programs["start_earliest"].dtype.kind == "M"
    assert "case_id" not in pq.ParquetFile(next(folder.glob("programs/*/*.parquet"))).schema.names


def test_sqlite_has_keys_that_hold(exported):
    database = sqlite3.connect(exported("stack", "sqlite"))

    database.execute("pragma foreign_keys = on")
    keys = {(row[2], row[3], row[4]) for row in database.execute("pragma foreign_key_list(goals)")}

    assert database.execute("pragma foreign_key_check").fetchall() == []
    assert database.execute("pragma integrity_check").fetchone() == ("ok",)
    assert ("programs", "program_id", "program_id") in keys
    for change in (
        "update goals set program_id = 'nowhere'",
        "update goals set goal_type = 'no-goal'",
        "update programs set is_pilot = 2",
        "update programs set start_earliest = '1999-02-30'",
        "update programs set name = null",
        "insert into goals select * from goals limit 1",
    ):
        with pytest.raises(sqlite3.IntegrityError):
            database.execute(change)
    database.close()


@pytest.mark.slow
def test_duckdb_has_types_enums_in_their_order_and_names_its_keys(books, exported):
    codes = books["stack"].profile.vocabularies["goal_type"]
    with duckdb.connect(str(exported("stack", "duckdb")), read_only=True) as database:
        types = dict(
            database.execute(
                "select column_name, data_type from duckdb_columns() where table_name = 'programs'"
            ).fetchall()
        )
        comment = database.execute("select comment from duckdb_tables() where table_name = 'programs'").fetchone()[0]
        in_order = [
            row[0] for row in database.execute("select distinct goal_type from goals order by goal_type").fetchall()
        ]

    assert types["start_earliest"] == "DATE"
    assert types["is_pilot"] == "BOOLEAN"
    assert types["program_type"].startswith("ENUM('needle-syringe-program', ")
    assert comment.splitlines()[1] == "Primary key: program_id."
    assert "parent_program_id points to programs (program_id)." in comment.splitlines()
    assert in_order == [code for code in codes if code in in_order]


def test_duckdb_writes_nothing_that_its_version_1_0_does_not_read(exported):
    with duckdb.connect() as database:
        database.execute(f"ATTACH '{exported('stack', 'duckdb')}' AS made (READ_ONLY)")

        tags = database.execute("select tags from duckdb_databases() where database_name = 'made'").fetchone()[0]
        indexed = "select * from duckdb_constraints() where constraint_type in ('PRIMARY KEY', 'FOREIGN KEY', 'UNIQUE')"
        assert "v1.0.0" in tags["storage_version"]
        assert database.execute(indexed).fetchall() == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["it's [1] 100 %.duckdb", 'Кыргыз "é" #;.duckdb', "a?b=c&d.duckdb", "*{x}$HOME.duckdb"]
)
def test_duckdb_is_written_to_a_path_of_any_characters(books, tmp_path: Path, name: str):
    folder = tmp_path / name.removesuffix(".duckdb")

    path = policycase.export(books["one"], "duckdb", folder / name)

    copy = tmp_path / "plain.duckdb"
    copy.write_bytes(path.read_bytes())
    with duckdb.connect(str(copy), read_only=True) as database:
        assert database.execute("select count(*) from programs").fetchone() == (len(books["one"].programs),)
    assert [one.name for one in folder.iterdir()] == [name]


@pytest.mark.slow
def test_duckdb_takes_rows_that_point_to_each_other_in_a_circle(package: Path, tmp_path: Path):
    edit(package / "data/programs.csv", "on illegal drugs,,umbrella,,,", "on illegal drugs,,umbrella,,kgz-leph:nsp,")
    book = policycase.load(package)

    path = policycase.export(book, "duckdb", tmp_path / "circle.duckdb")

    assert rows_of(from_duckdb(path, book, "programs"), book, "programs") == rows_of(
        book.text["programs"], book, "programs"
    )


def test_excel_runs_no_cell_and_opens_on_its_readme(books, exported):
    workbook = openpyxl.load_workbook(exported("unusual", "excel"))
    kinds = {cell.data_type for sheet in workbook for row in sheet.iter_rows() for cell in row}
    sheet = workbook["order"]
    starts = next(column for column in workbook["programs"].columns if column[0].value == "start_earliest")

    assert workbook.sheetnames == ["README", "codebook", *books["unusual"].tables]
    assert "f" not in kinds
    assert (sheet["D2"].value, sheet["D2"].data_type, sheet["D2"].number_format) == ("=1+1", "s", "@")
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("B2", "A1:L6")
    assert [sheet["I2"].value, sheet["I5"].value] == ["1999-12-31", "1700-01-01"]  # one day before 1900: all are text
    assert {cell.is_date for cell in starts[1:] if cell.value} == {True}


def test_stata_has_labels_and_numbers_that_mean_the_same_in_every_case(books, exported):
    one = pyreadstat.read_dta(exported("one", "stata") / "goals.dta")[1]
    stack = pyreadstat.read_dta(exported("stack", "stata") / "goals.dta")[1]
    labels = pd.read_stata(exported("one", "stata") / "goals.dta")["goal_type"].tolist()
    types = books["one"].codes[books["one"].codes["vocabulary"] == "goal_type"]

    assert one.variable_value_labels["goal_type"] == dict(zip(types["position"], types["label"], strict=True))
    assert stack.variable_value_labels == one.variable_value_labels
    assert one.column_names_to_labels["goal_type"] == "Type"
    assert labels[:1] == [types.set_index("code").loc[books["one"].goals["goal_type"].iloc[0], "label"]]
    assert (exported("one", "stata") / "goals.dta").read_bytes().startswith(b"<stata_dta><header><release>118")


def test_stata_and_spss_rename_what_they_do_not_take_and_say_so(exported):
    stata, spss = exported("unusual", "stata"), exported("unusual", "spss")
    names = list(pd.read_stata(stata / "order.dta"))
    codebook = pd.read_stata(stata / "codebook.dta")
    spoken = codebook[codebook["table"] == "order"].set_index("field")["variable"]

    assert [names[5], names[6]] == ["long_field", "with_field"]
    assert names[10:] == [LONG_NAME[:32], f"{LONG_NAME[:30]}_2"]
    assert spoken.tolist() == names
    assert list(pyreadstat.read_sav(spss / "order.sav")[0])[5:8] == ["long", "with_field", "to_field"]


def test_spss_has_days_and_measure_levels(exported):
    _, about = pyreadstat.read_sav(exported("one", "spss") / "programs.sav")

    levels = [about.variable_measure[name] for name in ("name", "program_type", "is_pilot", "start_earliest")]
    assert levels == ["nominal", "nominal", "nominal", "scale"]
    assert about.original_variable_types["start_earliest"] == "SDATE10"
    assert about.variable_value_labels["is_pilot"] == {0: "false", 1: "true"}


def test_spss_gives_ids_one_width_so_that_files_match(exported):
    widths = {
        pyreadstat.read_sav(exported("one", "spss") / f"{name}.sav")[1].variable_storage_width["program_id"]
        for name in ("programs", "goals", "program_agencies")
    }

    assert len(widths) == 1


def test_graphml_holds_agencies_programs_and_roles(books, exported):
    book, graph = books["stack"], nx.read_graphml(exported("stack", "graphml"))
    edges = {
        key: ({one, other}, row["role"], row.get("note")) for one, other, key, row in graph.edges(keys=True, data=True)
    }

    assert sorted(graph.nodes) == sorted([*book.agencies["agency_id"], *book.programs["program_id"]])
    assert edges == {
        row.program_agency_id: ({row.agency_id, row.program_id}, row.role, None if pd.isna(row.note) else row.note)
        for row in book.program_agencies.itertuples()
    }
    assert graph.nodes["kgz-leph:nsp"]["kind"] == "program"
    assert graph.nodes["kgz-leph:nsp"]["start_earliest"] == "1999-01-01"
    assert "end" not in graph.nodes["kgz-leph:nsp"]
    assert graph.nodes["kgz-leph:law-enforcement"]["is_generic"] == "true"
    assert "is_pilot" not in graph.nodes["kgz-leph:nsp"]
    assert {key: row["name"] for key, row in graph.nodes(data=True)} == {key: key for key in graph.nodes}
    assert graph.nodes["kgz-leph:nsp"]["label"] == "Needle exchange program"


def test_graphml_shows_a_control_character_of_the_descriptor_and_stays_readable(package: Path, tmp_path: Path):
    case = policycase.load(package)
    descriptor = case.descriptor | {"licenses": [{"name": "CC-BY-4.0", "path": "https://example.org/\x01"}]}

    policycase.export(policycase.Casebook(case.text, descriptor), "graphml", tmp_path / "out.graphml")

    assert "\ufffd" in nx.read_graphml(tmp_path / "out.graphml").graph["licence"]


@pytest.mark.slow
@pytest.mark.parametrize("form", [name for name in FORMS if name not in {"coding", "workbook"}])
def test_export_refuses_to_overwrite_and_replaces_only_what_it_wrote(books, tmp_path: Path, form: str):
    target = tmp_path / f"out{FORMS[form].ending}"
    policycase.export(books["stack"], form, target)

    with pytest.raises(UnreadableError, match="exists · choose another name, or use --force"):
        policycase.export(books["one"], form, target)
    policycase.export(books["one"], form, target, force=True)

    fresh = policycase.export(books["one"], form, tmp_path / f"fresh{FORMS[form].ending}")
    assert names_below(target) == names_below(fresh)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([target.name, fresh.name])


def names_below(path: Path) -> list[str]:
    return sorted(str(one.relative_to(path)) for one in path.rglob("*"))


def test_export_never_replaces_what_others_wrote(books, package: Path, tmp_path: Path):
    thesis = tmp_path / "thesis.xlsx"
    openpyxl.Workbook().save(thesis)
    mixed = policycase.export(books["one"], "csv", tmp_path / "mixed")
    (mixed / "notes.txt").write_text("mine", encoding="utf-8")
    damaged = tmp_path / "damaged.xlsx"
    damaged.write_bytes(b"PK\x03\x04" + thesis.read_bytes()[400:])
    before = {path: path.read_bytes() for path in (thesis, damaged, mixed / "notes.txt", package / "data/goals.csv")}

    for form, target in (
        ("excel", thesis),
        ("excel", damaged),
        ("csv", mixed),
        ("csv", package),
        ("sqlite", package / "data/goals.csv"),
    ):
        with pytest.raises(UnreadableError, match="is not replaced"):
            policycase.export(books["one"], form, target, force=True)

    assert {path: path.read_bytes() for path in before} == before


def test_export_that_fails_leaves_nothing_and_keeps_the_old(books, package: Path, tmp_path: Path):
    edit(
        package / "data/goals.csv",
        "kgz-leph:initiative-goal-models,kgz-leph,kgz-leph:drug-initiative",
        "kgz-leph:initiative-goal-models,kgz-leph,kgz-leph:nowhere",
    )
    target = policycase.export(books["one"], "sqlite", tmp_path / "out.sqlite")
    before = target.read_bytes()

    with pytest.raises(
        InvalidPackageError, match=r"goals kgz-leph:initiative-goal-models points to a row of programs that does not"
    ):
        policycase.export(package, "sqlite", target, force=True)
    with pytest.raises(InvalidPackageError, match=r"goals: program_id kgz-leph:nowhere is in no row of programs"):
        policycase.export(package, "duckdb", tmp_path / "out.duckdb")

    assert target.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kgz-leph", "out.sqlite"]


def test_excel_formats_columns_of_numbers_truth_and_days_as_such(exported):
    workbook = openpyxl.load_workbook(exported("one", "excel"))
    formats = {
        (sheet.title, column[0].value): {
            (cell.data_type, cell.number_format) for cell in column[1:] if cell.value is not None
        }
        for sheet in workbook
        for column in sheet.columns
    }

    assert formats["agencies", "is_generic"] == {("b", "General")}
    assert formats["codes", "position"] == {("n", "General")}
    assert formats["programs", "start_earliest"] == {("d", "yyyy-mm-dd")}
    assert formats["programs", "program_id"] == formats["programs", "start"] == {("s", "@")}


VIEW_READERS = {
    ".csv": lambda path: pd.read_csv(path, dtype="str"),
    ".parquet": pd.read_parquet,
    ".xlsx": lambda path: pd.read_excel(path, engine="openpyxl", dtype=object),
    ".dta": lambda path: pyreadstat.read_dta(path, apply_value_formats=False)[0],
    ".sav": lambda path: pyreadstat.read_sav(path, apply_value_formats=False)[0],
}


def plain_column(column: pd.Series, kind: pd.Series) -> list[object]:
    """The cells: missing ones None, days as text, truth and numbers as float, codes as their number from 1."""
    cells = column.astype(object)
    if isinstance(kind.dtype, pd.CategoricalDtype):
        numbers = {code: number for number, code in enumerate(kind.cat.categories, start=1)}
        cells = cells.map(lambda cell: float(numbers.get(cell, cell)), "ignore")
    elif pd.api.types.is_datetime64_any_dtype(kind.dtype):
        cells = pd.to_datetime(column).dt.strftime("%Y-%m-%d").astype(object)
    elif pd.api.types.is_bool_dtype(kind.dtype):
        cells = cells.map(lambda cell: float({"TRUE": 1, "FALSE": 0}.get(cell, cell)), "ignore")
    elif pd.api.types.is_numeric_dtype(kind.dtype):
        cells = cells.map(float, "ignore")
    cells = cells.astype(object)
    return cells.where(cells.notna() & cells.ne(""), None).tolist()


def plain_columns(frame: pd.DataFrame, kinds: pd.DataFrame) -> dict[str, list[object]]:
    assert len(frame.columns) == len(kinds.columns)
    return {name: plain_column(frame.iloc[:, place], kinds[name]) for place, name in enumerate(kinds)}


@pytest.mark.parametrize("ending", VIEW_FORMS)
@pytest.mark.parametrize(
    "name", ["spells", *(pytest.param(name, marks=pytest.mark.slow) for name in VIEWS if name != "spells")]
)
def test_view_reads_back_equal_from_every_format(books, tmp_path: Path, name: str, ending: str):
    view = export_module.view(books["stack"], name)

    path = policycase.export(books["stack"], name, tmp_path / f"out{ending}")

    assert plain_columns(VIEW_READERS[ending](path), view) == plain_columns(view, view)
    assert policycase.export(books["stack"], name, path, force=True) == path


@pytest.mark.parametrize("ending", VIEW_FORMS)
def test_view_replaces_only_what_an_export_wrote(books, tmp_path: Path, ending: str):
    target = tmp_path / f"mine{ending}"
    target.write_text("case_id,country\nmine,too\n")

    with pytest.raises(UnreadableError, match=r"is not replaced"):
        policycase.export(books["one"], "spells", target, force=True)

    assert target.read_text() == "case_id,country\nmine,too\n"


def test_spss_refuses_days_before_its_calendar(package: Path, tmp_path: Path):
    edit(
        package / "data/events.csv",
        "kgz-leph:nsp,1999,1999-01-01,1999-12-31",
        "kgz-leph:nsp,1199,1199-01-01,1199-12-31",
    )

    with pytest.raises(
        UnreadableError, match=r"events.start_earliest is 1199-01-01; SPSS has no day before 1582-10-15"
    ):
        policycase.export(package, "spss", tmp_path / "out")


def test_excel_refuses_a_cell_that_it_cannot_hold(package: Path, tmp_path: Path):
    edit(package / "data/goals.csv", "A better crime situation", "x" * 32_768)

    with pytest.raises(UnreadableError, match=r"goals![A-Z]6: 32,784 characters; a cell of Excel holds 32,767"):
        policycase.export(package, "excel", tmp_path / "out.xlsx")


@pytest.mark.parametrize(("to", "output", "error", "message"), [
    ("exel", "out", UnknownNameError, 'no form or view to export "exel" · did you mean "excel"'),
    ("spels", "out.csv", UnknownNameError, 'no form or view to export "spels" · did you mean "spells"'),
    ("spells", "out.txt", UnreadableError, r"out.txt must end in .csv, .parquet, .xlsx, .dta, .sav, for example out.csv"),
    ("excel", "out.csv", UnreadableError, r"out.csv must end in .xlsx, for example .*out.xlsx"),
])  # fmt: skip
def test_export_says_what_it_does_not_take(books, tmp_path: Path, to: str, output: str, error: type, message: str):
    with pytest.raises(error, match=message):
        policycase.export(books["one"], to, tmp_path / output)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", [name for name, form in FORMS.items() if form.package])
def test_missing_extra_is_named(books, tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(__import__("sys").modules, FORMS[form].package, None)  # as Python marks what cannot be imported

    with pytest.raises(
        MissingExtraError,
        match=rf"{FORMS[form].package} is not installed · run: pip install 'policycase\[{FORMS[form].extra}\]'",
    ):
        policycase.export(books["one"], form, tmp_path / f"out{FORMS[form].ending}")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_case_without_rows_exports_to_every_form(tmp_path: Path):
    book = policycase.load(policycase.new("usa-lead", tmp_path / "usa-lead"))

    for form in FORMS.keys() - {"coding"}:  # which is of one case
        assert policycase.export(book, form, tmp_path / f"{form}{FORMS[form].ending}").exists()
    for view in VIEWS:
        for ending in VIEW_FORMS:
            assert policycase.export(book, view, tmp_path / f"{view}{ending}").exists()


def test_export_command_says_what_it_wrote(capsys, tmp_path: Path):
    target = tmp_path / "case.sqlite"

    assert main(["export", "--to", "sqlite", "-o", str(target), "--json"]) == 0
    assert '"kgz-leph"' in capsys.readouterr().out
    assert main(["export", "--to", "sqlite", "-o", str(target)]) == 3
    assert "exists" in capsys.readouterr().err
    assert main(["export", "--to", "sqlite", "-o", str(target), "--force"]) == 0
    assert capsys.readouterr().out == f"wrote {target}: one SQLite database with keys and checks\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "ending"),
    [
        *((f"export --to {form}", FORMS[form].ending) for form in FORMS),
        *(("export --to ties", ending) for ending in VIEW_FORMS),
        ("stack usa-lead can-insite", ""),
        ("stack usa-lead can-insite --to parquet", ""),
    ],
)
def test_output_that_finds_the_disk_full_is_one_error_with_its_path(command: str, ending: str, tmp_path: Path):
    target = tmp_path / f"out{ending}"
    code = (
        "import resource, signal, sys; from policycase.cli.main import main; "
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)); "
        "sys.exit(main(sys.argv[1:]))"
    )
    words = [sys.executable, "-W", "ignore", "-c", code, *command.split(), "-o", str(target)]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "scripts"), "PYTHONDONTWRITEBYTECODE": "1"}

    done = subprocess.run(words, capture_output=True, text=True, check=False, env=environment, cwd=ROOT)

    assert done.returncode == 3, done.stderr
    assert done.stderr.startswith(f"policycase: {target}: cannot be written: ")
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
    assert list(tmp_path.iterdir()) == []


def test_excel_readme_of_many_cases_has_a_line_per_row(books, tmp_path: Path):
    book = books["stack"]
    cases = book.text["cases"]
    long = {**book.text.frames, "cases": cases.assign(title=cases["title"] + " x" * 15_000)}

    policycase.export(Casebook(replace(book.text, frames=long), book.descriptor), "excel", tmp_path / "x.xlsx")

    rows = pd.read_excel(tmp_path / "x.xlsx", sheet_name="README", header=None, dtype=str, engine="openpyxl")
    first = rows[0].tolist().index("cases")
    assert [text.split(":")[0] for text in rows[1][first : first + len(cases)]] == book.case_ids
