"""The README cannot lie: its snippets run and print what it says, its commands are those that CI runs."""

import csv
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import polars as pl
import pytest
from copies import ROOT

import policycase
from policycase.cli.main import parser
from policycase.exports.forms import FORMS, VIEW_FORMS, VIEWS

README = (ROOT / "README.md").read_text(encoding="utf-8")
IN_R = re.search(r"```r\n(library\(readr\).*?)```\n\n```text\n(.*?)```", README, re.DOTALL)
SNIPPETS = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize(("code", "output"), SNIPPETS)
def test_snippet_prints_what_the_readme_says(code: str, output: str):
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.stdout, done.stderr) == (output, "")


def test_every_python_block_has_its_output():
    assert len(SNIPPETS) == README.count("```python")


def test_snippet_in_r_is_the_file_that_is_run():
    assert IN_R[1] == (ROOT / "tests/r/readr.R").read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
def test_snippet_in_r_prints_what_the_readme_says():
    if subprocess.run(["Rscript", "-e", "library(readr)"], capture_output=True, check=False).returncode:
        pytest.skip("the R package readr is not installed")

    done = subprocess.run(["Rscript", "tests/r/readr.R"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.stdout, done.stderr) == (IN_R[2], "")


SIX = [ROOT, *sorted(path for path in (ROOT / "examples").iterdir() if path.is_dir())]
TABLES = list(policycase.load(ROOT).profile.case_tables)


def cells(name: str) -> list[list[str]]:
    """The cells of a table of all six cases, one after the other."""
    found = []
    for root in SIX:
        with (root / f"data/{name}.csv").open(encoding="utf-8", newline="") as file:
            found += list(csv.reader(file))[1:]
    return found


@pytest.mark.parametrize("name", TABLES)
def test_recipe_for_pandas_keeps_every_cell_of_six_cases(name: str):
    (definition,) = {code for code, _ in SNIPPETS if "pd.read_csv" in code}
    namespace = {"pd": pd}
    exec(re.search(r"def read\(.*?\n\n", definition, re.DOTALL)[0], namespace)  # noqa: S102 - the README's own lines

    six = pd.concat([namespace["read"](root / f"data/{name}.csv") for root in SIX])

    assert set(six.dtypes.astype(str)) == {"str"}
    assert six.fillna("").to_numpy().tolist() == cells(name)


@pytest.mark.parametrize("name", TABLES)
def test_recipe_for_polars_keeps_every_cell_of_six_cases(name: str):
    assert "`pl.read_csv(path, infer_schema=False)`" in README

    six = pl.concat([pl.read_csv(root / f"data/{name}.csv", infer_schema=False) for root in SIX])

    assert set(six.dtypes) == {pl.String}
    assert [list(row) for row in six.fill_null("").iter_rows()] == cells(name)


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
def test_recipe_for_readr_keeps_every_cell_of_six_cases(tmp_path: Path):
    if subprocess.run(["Rscript", "-e", "library(readr)"], capture_output=True, check=False).returncode:
        pytest.skip("the R package readr is not installed")
    (read,) = re.findall(r"^read <- .*$", IN_R[1], re.MULTILINE)
    script = f"""
library(readr)
{read}
given <- commandArgs(trailingOnly = TRUE)
for (name in strsplit(given[1], ",")[[1]]) {{
    six <- do.call(rbind, lapply(given[-1], function(root) read(file.path(root, "data", paste0(name, ".csv")))))
    stopifnot(all(sapply(six, is.character)))
    write_csv(six, paste0(name, ".csv"), na = "")
}}"""
    (tmp_path / "six.R").write_text(script, encoding="utf-8")

    command = ["Rscript", "six.R", ",".join(TABLES), *map(str, SIX)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    for name in TABLES:
        with (tmp_path / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            assert list(csv.reader(file))[1:] == cells(name), name


def test_guessed_types_differ_from_case_to_case():
    assert len({str(pd.read_csv(root / "data/programs.csv")["start"].dtype) for root in SIX}) > 1


def test_every_form_of_export_is_in_the_readme_with_its_extra():
    lines = README.splitlines()

    for name, form in FORMS.items():
        extra = f"`{form.extra}`" if form.extra else ""
        assert f"| `{name}` | {form.what} | {extra} |".replace("|  |", "| |") in lines


def test_every_view_and_its_formats_are_in_the_readme():
    about = README[README.index("Views are exported too") :].split("\n\n")

    assert re.findall(r"`(\.[a-z]+)`", about[0]) == list(VIEW_FORMS)
    assert re.findall(r"`([a-z_]+)`", about[2].split(". ")[0]) == list(VIEWS)


def test_set_up_commands_are_those_of_ci():
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    commands = re.findall(r"^python3 -m venv .*$", README, re.MULTILINE)

    assert len(commands) == 2
    assert [command for command in commands if command not in ci.splitlines()] == []


def test_every_command_is_in_the_readme():
    commands = next(action.choices for action in parser()._actions if action.choices)

    assert [name for name in commands if not re.search(rf"`{name}\b", README)] == []


def test_version_in_the_readme_is_the_one_of_the_package():
    version = re.search(r'^  "version": "(.+)"', (ROOT / "datapackage.json").read_text(encoding="utf-8"), re.MULTILINE)

    assert set(re.findall(r"kgz-leph-(\d\S*)\.zip", README)) == {version[1]}
