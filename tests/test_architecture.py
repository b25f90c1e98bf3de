"""The rooms of the library: imports point down, modules stay small, the public names exist."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from copies import ROOT

import policycase

CODE = ROOT / "scripts" / "policycase"
LAYERS = [
    {"errors", "exports.forms"},
    {"limits"},
    {"downloading", "findings"},
    {"paths", "dates", "fingerprints"},
    {"texts", "writing"},
    {"profiles"},
    {"descriptor", "tables"},
    {"loading", "coverage", "checks.jsons"},
    {"bulk"},
    {"checks.rules.base"},
    {"checks.rules.chronology", "checks.rules.claims", "checks.rules.crosschecks", "checks.rules.extent", "checks.rules.identity", "checks.rules.provenance", "checks.rules.values"},
    {"checks.rules.structure"},
    {"checks.rules"},
    {"checks.authoring", "checks.soundness"},
    {"checks.files", "checks.schemas", "checks.profile", "checks.standard", "checks.source", "checks.together"},
    {"checks.screening", "checks"},
    {"tracing", "citing", "workbooks", "conflicts", "dictionary", "merging", "validation"},
    {"metadata.entries", "metadata"},
    {"metadata.citations", "metadata.datasets"},
    {"metadata.croissants"},
    {"casebook", "rendering", "packing", "scaffolding"},
    {"views.chronology", "views.comparison", "views.network", "views"},
    {"differing", "gathering", "importing", "matching", "verifying", "terminal"},
    {"stacking"},
    {"overlaps"},
    {"exports.about", "exports.ddl", "exports.labelled", "exports.sheets", "exports"},
    {"exports.duck", "exports.excel", "exports.graphml", "exports.parquet", "exports.plain", "exports.spss", "exports.sqlite", "exports.stata", "exports.workbook"},
    {"exporting"},
    {"reliability", "screens"},
    {"plots", "plots.themes", "wording"},
    {"plots.chronicle", "plots.drawings", "plots.grids"},
    {"plots.marks"},
    {"plots.goals", "plots.networks", "plots.timelines"},
    {"reporting", "reporting.indexes"},
    {"reporting.cards", "reporting.figures"},
    {"reporting.comparisons"},
    {"reporting.pages"},
    {"commands.arguments"},
    {"commands.judging", "commands.reading", "commands.making", "commands.combining", "commands.giving", "commands"},
    {"cli"},
    {"__main__", ""},
]  # fmt: skip
LAYER = {name: number for number, names in enumerate(LAYERS) for name in names}
MODULES = {
    ".".join(path.relative_to(CODE).with_suffix("").parts).removesuffix("__init__").removesuffix("."): path
    for path in CODE.rglob("*.py")
}


def imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            node.body = []
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("policycase"):
            home = (node.module or "").removeprefix("policycase").removeprefix(".")
            inside = {f"{home}.{alias.name}".removeprefix(".") for alias in node.names}
            found |= {name if name in MODULES else home for name in inside}
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name == "frictionless"}
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "frictionless":
            found.add("frictionless")
    return found


def test_every_module_has_its_layer():
    assert set(MODULES) == set(LAYER)


@pytest.mark.parametrize("name", sorted(set(MODULES) - {"", "__main__"}))
def test_imports_point_down(name: str):
    upward = {other for other in imports(MODULES[name]) & LAYER.keys() if LAYER[other] >= LAYER[name]}

    assert upward == set()


def test_only_the_standard_stage_imports_frictionless():
    assert [name for name, path in MODULES.items() if "frictionless" in imports(path)] == ["checks.standard"]


def test_import_is_light():
    code = "import sys, policycase; sys.exit(bool({'pandas', 'frictionless', 'numpy', 'rich', 'pooch', 'requests'} & sys.modules.keys()))"

    done = subprocess.run([sys.executable, "-c", code], check=False, env={"PYTHONPATH": str(CODE.parent)})

    assert done.returncode == 0


@pytest.mark.parametrize("name", sorted(MODULES))
def test_no_module_is_long(name: str):
    assert len(MODULES[name].read_text(encoding="utf-8").splitlines()) <= 260


def test_every_public_name_exists_and_is_described():
    for name in policycase.__all__:
        assert getattr(policycase, name).__doc__, name
    with pytest.raises(AttributeError, match='did you mean "validate"'):
        policycase.validat  # noqa: B018 - asking is the test


def test_version_is_the_one_of_the_descriptor():
    assert f'"version": "{policycase.__version__}"' in (ROOT / "datapackage.json").read_text(encoding="utf-8")
