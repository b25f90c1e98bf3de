"""A cell is text and stays its text, whatever the options of pandas are."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest
from copies import ROOT, copy_package
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import policycase

NUMBERS = ["0.00005", "-0.00001", "0.10", "007", "02022", "1.0"]
OPTIONS = {
    "future.infer_string": (True, False),
    "future.distinguish_nan_and_na": (True, False),
    "future.python_scalars": (True,),
    "mode.string_storage": ("python", "pyarrow", "auto"),
    "compute.use_bottleneck": (False,),
    "compute.use_numexpr": (False,),
}
USE = """
import sys
import pandas as pd
import policycase
name, value, case, other, out = sys.argv[1:]
pd.set_option(name, eval(value))
book = policycase.load(case)
book.write(out + "/written")
policycase.stack([case, other]).write(out + "/stacked")
policycase.timeline(book), policycase.conditions(book)
policycase.export(book, "csv", out + "/csv")
for to, name in {"stata": "dta", "spss": "sav", "excel": "a.xlsx", "coding": "a.yaml", "duckdb": "a.duckdb"}.items():
    policycase.export(book, to, out + "/" + name)
for view in ("panel", "spells", "ties"):
    policycase.export(book, view, out + "/" + view + ".csv")
policycase.report(book, out + "/report.html")
"""


def with_value(folder: Path, text: str) -> Path:
    """A copy of the package in which the first place has a latitude of that text."""
    path = copy_package(folder) / "data/places.csv"
    rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
    rows[1][rows[0].index("latitude")] = text
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    return folder


def tables_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "data").glob("*.csv"))}


def cells_of(path: Path) -> set[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return {cell for row in csv.reader(file) for cell in row}


@pytest.mark.slow
@pytest.mark.parametrize("number", NUMBERS)
def test_number_is_written_and_stacked_as_it_stands(tmp_path: Path, number: str):
    case = with_value(tmp_path / "case", number)
    other = ROOT / "examples/can-insite"

    policycase.load(case).write(tmp_path / "written")
    policycase.stack([case, other]).write(tmp_path / "stacked")

    assert tables_of(tmp_path / "written") == tables_of(case)
    assert number in policycase.load(tmp_path / "stacked").text["places"]["latitude"].tolist()


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.from_regex(r"\A-?[0-9]{1,2}(\.[0-9]{1,8})?\Z"))
def test_any_number_is_written_as_it_stands(tmp_path_factory: pytest.TempPathFactory, number: str):
    folder = tmp_path_factory.mktemp("case")
    case = with_value(folder / "case", number)

    policycase.load(case).write(folder / "written")

    assert tables_of(folder / "written") == tables_of(case)


@pytest.mark.slow
@pytest.mark.parametrize(("option", "value"), [(name, value) for name, values in OPTIONS.items() for value in values])
def test_option_of_pandas_changes_nothing(tmp_path: Path, option: str, value: object):
    other = ROOT / "examples/can-insite"
    command = [sys.executable, "-c", USE, option, repr(value), str(ROOT), str(other), str(tmp_path)]

    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)

    assert done.returncode == 0, done.stderr
    assert tables_of(tmp_path / "written") == tables_of(ROOT)
    written = [*tmp_path.glob("*.csv"), *(tmp_path / "csv").rglob("*.csv"), *(tmp_path / "stacked/data").glob("*.csv")]
    given = {
        cell for path in [*(ROOT / "data").glob("*.csv"), *(ROOT / "schemas").glob("*.csv")] for cell in cells_of(path)
    }
    cells = {cell for path in written for cell in cells_of(path)}
    assert (cells - given) & {"nan", "NaN", "None", "<NA>", "NaT"} == set()


def test_table_of_more_cells_than_the_limit_is_refused(tmp_path: Path, monkeypatch):
    case = copy_package(tmp_path / "case")
    monkeypatch.setenv("POLICYCASE_MOST_CELLS", "3000")

    report = policycase.validate(case)

    assert {finding.rule for finding in report.found} == {"file-is-not-too-large"}
