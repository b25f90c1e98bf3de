"""Views as R reads them, by the packages that its users take: survival, QCA, igraph, haven, readr."""

import io
import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from books import SIX
from copies import ROOT

import policycase

pytestmark = pytest.mark.slow

REQUIRED = os.environ.get("POLICYCASE_R", "").split()


PACKAGES = {"qca": "QCA", "readr_views": "readr", "ties": "igraph"}


@cache
def is_installed(package: str) -> bool:
    return (
        bool(shutil.which("Rscript"))
        and not subprocess.run(
            ["Rscript", "-e", f'find.package("{package}")'], capture_output=True, check=False
        ).returncode
    )


def r(script: str, file: Path) -> str:
    """What a script of tests/r prints of a file; skipped without its package, or failed where CI has installed it."""
    package = PACKAGES.get(script, script)
    if not is_installed(package):
        (pytest.fail if package in REQUIRED else pytest.skip)(f"R or its package {package} is not installed")
    command = ["Rscript", str(ROOT / "tests/r" / f"{script}.R"), str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_survival_takes_the_spells_as_they_are(tmp_path: Path):
    found = r("survival", policycase.export(SIX, "spells", tmp_path / "spells.csv"))

    spells = policycase.spells(SIX)
    middle = spells.dropna(subset=["duration_years", "ended"])
    between = spells.dropna(subset=["duration_shortest"])
    exact = between["duration_shortest"].eq(between["duration_longest"]).sum()
    running = between["duration_longest"].isna().sum()
    kinds = [running, exact, 0, len(between) - running - exact]
    assert [float(number) for number in found.split()] == [
        len(middle), middle["ended"].sum(), *kinds, len(between)
    ]  # fmt: skip
    assert 0 < exact < len(between) - running


def test_qca_makes_a_truth_table_of_the_cases_that_are_known(tmp_path: Path):
    left_out, configurations = r("qca", policycase.export(SIX, "conditions", tmp_path / "conditions.csv")).splitlines()

    chosen = policycase.conditions(SIX).set_index("case_id")[["sector_interior", "sector_health", "event_launch"]]
    known = chosen.dropna()
    assert left_out.split() == [case for case in chosen.index if case not in known.index]
    assert sorted(configurations.replace(",", " ").split()) == sorted(known.index)
    assert len(known) > 1


def test_igraph_reads_missing_truth_as_missing_and_ids_as_names(tmp_path: Path):
    counts, label = r("igraph", policycase.export(SIX, "graphml", tmp_path / "six.graphml")).splitlines()

    generic = SIX.agencies["is_generic"]
    others = len(SIX.programs) + generic.isna().sum()
    sizes = [len(SIX.agencies) + len(SIX.programs), len(SIX.program_agencies)]
    assert [int(number) for number in counts.split()] == [*sizes, generic.sum(), (~generic).sum(), others]
    assert label.strip() == SIX.programs.set_index("program_id")["name"]["kgz-leph:nsp"]


def test_igraph_counts_the_ties_of_each_agency_and_program(tmp_path: Path):
    counts, *rows = r("ties", policycase.export(SIX, "ties", tmp_path / "ties.csv")).splitlines()

    ties = policycase.ties(SIX)
    known = pd.concat([ties["agency_id"], ties["program_id"]]).value_counts()
    assert [int(number) for number in counts.split()] == [
        len(known), len(ties), ties["program_id"].nunique(), ties["is_generic"].sum()
    ]  # fmt: skip
    assert dict(row.rsplit(",", 1) for row in rows[1:]) == {name: str(number) for name, number in known.items()}


@pytest.mark.parametrize("name", ["spells", "panel", "ties", "conditions"])
def test_haven_reads_a_view_in_stata_with_its_labels(tmp_path: Path, name: str):
    found = pd.read_csv(io.StringIO(r("haven", policycase.export(SIX, name, tmp_path / f"{name}.dta"))), dtype="str")

    view = getattr(policycase, name)(SIX)
    labels = SIX.codes.set_index(["vocabulary", "code"])["label"]
    tables = reversed(SIX.profile.tables.values())  # of fields with one name, that of the first table
    fields = {name: field for table in tables for name, field in table.fields.items()}
    for column in view.select_dtypes("category"):
        if column in fields:
            codes = labels[fields[column].vocabulary]
            view[column] = view[column].astype("str").map(codes)
    for column in view.select_dtypes("boolean"):
        view[column] = view[column].map({True: "true", False: "false"})
    longer = {short: column for short, column in zip(found, view, strict=True) if len(column) > 32}  # Stata's limit
    found = found.rename(columns=longer)
    written = pd.read_csv(io.StringIO(view.to_csv(index=False)), dtype="str")
    numbers = list(view.select_dtypes("number"))
    pd.testing.assert_frame_equal(found.drop(columns=numbers), written.drop(columns=numbers))
    pd.testing.assert_frame_equal(found[numbers].astype("float64"), written[numbers].astype("float64"))


@pytest.mark.parametrize("name", ["spells", "panel", "timeline", "ties", "event_ties", "goal_matrix", "conditions"])
def test_readr_finds_the_types_of_a_view_and_writes_it_back_the_same(tmp_path: Path, name: str):
    file = policycase.export(SIX, name, tmp_path / f"{name}.csv")

    assert r("readr_views", file) == file.read_text(encoding="utf-8")


def test_page_on_qca_shows_what_the_test_runs():
    page = (ROOT / "docs/how-to/qca.md").read_text(encoding="utf-8")
    script = (ROOT / "tests/r/qca.R").read_text(encoding="utf-8")

    (shown,) = re.findall(r"```r\n(.*?)```", page, re.DOTALL)
    steps = [
        line.removeprefix("result <- ")
        for line in script.replace("commandArgs(TRUE)[1]", '"conditions.csv"').splitlines()
    ]
    assert [line for line in shown.splitlines() if line not in steps] == []
