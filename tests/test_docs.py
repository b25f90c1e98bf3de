"""README and docs cannot lie: their snippets run and print what the pages say, and nothing public is left out."""

import csv
import re
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import polars as pl
import pytest
from books import CASE
from copies import ROOT
from faults import FAULTS
from update_docs import BLOCK, PAGES, RULES_PAGE, finding, rules_page, runs, workplace

import policycase
from policycase.cli.main import parser
from policycase.cli.reference import KINDS, pages
from policycase.coding.render import REFERENCE
from policycase.exports.formats import FORMS, VIEW_FORMS, VIEWS
from policycase.model.profile import Profile

TEXTS = {str(page.relative_to(ROOT)): page.read_text(encoding="utf-8") for page in PAGES}
README, EXPORT = TEXTS["README.md"], TEXTS["docs/how-to/other-programs.md"]
WITH_SNIPPETS = [
    pytest.param(
        name, marks=[pytest.mark.slow] if any(word in name for word in ("how-to", "six-cases", "code-a-case")) else []
    )
    for name, text in TEXTS.items()
    if BLOCK.search(text)
]  # what a first reader runs is quick; the others run R, write every format, or stack all cases
SIX = [ROOT, *sorted(path for path in (ROOT / "examples").iterdir() if path.is_dir())]
TABLES = list(CASE.profile.case_tables)


@pytest.mark.parametrize("name", WITH_SNIPPETS)
def test_snippets_print_what_the_page_says(name: str, tmp_path: Path):
    blocks = list(runs(ROOT / name, workplace(tmp_path / "case")))

    for language, code, output, printed in blocks:
        shown = output if output is not None or language != "python" else ""  # what Python prints is always shown
        assert shown is None or printed in (shown, None), code


def test_readme_is_short():
    assert len(README.encode()) <= 9000


def test_pages_of_the_reference_are_up_to_date():
    made = pages(Profile.read(ROOT))
    found = {str(path.relative_to(ROOT)) for path in (ROOT / REFERENCE).rglob("*.md")} - {
        str(RULES_PAGE.relative_to(ROOT))
    }

    assert found == set(made)
    assert {path: (ROOT / path).read_bytes() for path in made} == made


def test_page_of_rules_has_every_rule_with_its_edit():
    shown = re.split(r"^## (.+)\n", TEXTS["docs/reference/rules.md"], flags=re.MULTILINE)[1:]
    findings = {
        rule: re.search(r"```text\n(.*)\n```", text)[1] for rule, text in zip(shown[::2], shown[1::2], strict=True)
    }

    assert list(findings) == list(FAULTS)
    assert [rule for rule, text in findings.items() if not text.endswith(f"[{rule}]")] == []
    assert rules_page(lambda rule, _fault: findings[rule]) == TEXTS["docs/reference/rules.md"]


@pytest.mark.slow
def test_page_of_rules_shows_the_finding_of_each_edit():
    assert rules_page(finding) == TEXTS["docs/reference/rules.md"]


def test_every_public_name_is_in_the_reference():
    assert {name for names in KINDS.values() for name in names} <= set(policycase.__all__)
    assert [name for name in policycase.__all__ if f".{name}\n" not in TEXTS["docs/reference/python.md"]] == []


def test_every_command_in_a_page_exists():
    known = set(next(action.choices for action in parser()._actions if action.choices))
    named = {
        word for text in TEXTS.values() for word in re.findall(r"^(?:.*&& )?policycase ([a-z]+)", text, re.MULTILINE)
    }

    assert named <= known


def cells(name: str) -> list[list[str]]:
    """The cells of a table of all six cases, one after the other."""
    found = []
    for root in SIX:
        with (root / f"data/{name}.csv").open(encoding="utf-8", newline="") as file:
            found += list(csv.reader(file))[1:]
    return found


@pytest.mark.parametrize("name", TABLES)
def test_recipe_for_pandas_keeps_every_cell_of_six_cases(name: str):
    namespace = {"pd": pd}
    exec(re.search(r"def read\(.*?\n\n", EXPORT, re.DOTALL)[0], namespace)  # noqa: S102 - the page's own lines

    six = pd.concat([namespace["read"](root / f"data/{name}.csv") for root in SIX])

    assert set(six.dtypes.astype(str)) == {"str"}
    assert six.fillna("").to_numpy().tolist() == cells(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", TABLES)
def test_recipe_for_polars_keeps_every_cell_of_six_cases(name: str):
    assert "`pl.read_csv(path, infer_schema=False)`" in EXPORT

    six = pl.concat([pl.read_csv(root / f"data/{name}.csv", infer_schema=False) for root in SIX])

    assert set(six.dtypes) == {pl.String}
    assert [list(row) for row in six.fill_null("").iter_rows()] == cells(name)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
def test_recipe_for_readr_keeps_every_cell_of_six_cases(tmp_path: Path):
    if subprocess.run(["Rscript", "-e", "library(readr)"], capture_output=True, check=False).returncode:
        pytest.skip("the R package readr is not installed")
    (read,) = re.findall(r"^read <- .*$", EXPORT, re.MULTILINE)
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


def test_every_form_of_export_is_in_the_docs_with_its_extra():
    lines = EXPORT.splitlines()

    for name, form in FORMS.items():
        extra = f"`{form.extra}`" if form.extra else ""
        assert f"| `{name}` | {form.what} | {extra} |".replace("|  |", "| |") in lines


def test_every_view_and_its_formats_are_in_the_docs():
    about = EXPORT[EXPORT.index("Views are exported too") :].split("\n\n")

    assert re.findall(r"`(\.[a-z]+)`", about[0]) == list(VIEW_FORMS)
    assert re.findall(r"`([a-z_]+)`", about[2].split(". ")[0]) == list(VIEWS)


def test_set_up_commands_are_those_of_ci():
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    commands = re.findall(r"^python3 -m venv .*$", README, re.MULTILINE)

    assert len(commands) == 2
    assert [command for command in commands if command not in ci.splitlines()] == []


def test_version_in_the_pages_is_the_one_of_the_package():
    version = re.search(r'^  "version": "(.+)"', (ROOT / "datapackage.json").read_text(encoding="utf-8"), re.MULTILINE)

    assert set(re.findall(r"kgz-leph-(\d\S*?)\.zip", "".join(TEXTS.values()))) == {version[1]}


def test_counts_in_prose_are_those_of_the_data():
    six = policycase.stack(SIX)
    own = six.coded
    counts = {name: int(own[name]["case_id"].eq("kgz-leph").sum()) for name in ("claims", "events", "figures")}
    agreed = {}
    for name in ("can-insite", "vnm-pmlsa"):
        rows = six["reliability"][six["reliability"]["case_id"].eq(name)]
        for is_record, of in rows.groupby(rows["field"].eq("record")):
            agreed[name, bool(is_record)] = (int(of["agreed"].sum()), int(of["pairs"].sum()))

    assert counts == {"claims": 38, "events": 23, "figures": 0}
    assert not policycase.conditions(six).select_dtypes("Int64").eq(0).any(axis=None)
    assert agreed == {
        ("can-insite", False): (260, 266),
        ("can-insite", True): (74, 89),
        ("vnm-pmlsa", False): (142, 147),
        ("vnm-pmlsa", True): (35, 43),
    }
    assert "260 of 266 pairs of cells, and 74 of the 89 rows" in TEXTS["docs/explanation/agreement.md"]
    assert "142 of 147 cells and 35 of 43 rows" in TEXTS["docs/explanation/agreement.md"]
    assert "`kgz-leph`, 38 claims and 23 events remain" in TEXTS["docs/tutorials/compare-six-cases.md"]
    assert "In the six cases here no cell is 0" in TEXTS["docs/how-to/qca.md"]
