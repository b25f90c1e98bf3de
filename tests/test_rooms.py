"""The rooms of the library: folders import downwards, none bears a public name, the import is light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from copies import ROOT

import policycase

CODE = ROOT / "scripts" / "policycase"
FLOORS = [
    {"storage"},
    {"model"},
    {"validation"},
    {"analysis"},
    {"coding", "exports", "publishing", "reporting"},
    {"cli"},
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}


def imports(path: Path) -> set[str]:
    """The modules that a module imports when it runs; what type checkers alone see is left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            node.body = []
    nodes = list(ast.walk(tree))
    named = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    return named | {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}


def test_folders_are_the_rooms():
    assert {path.parent.name for path in CODE.glob("*/__init__.py")} == set(FLOOR)


@pytest.mark.parametrize("room", sorted(FLOOR))
def test_folders_import_downwards(room: str):
    named = {name for path in (CODE / room).rglob("*.py") for name in imports(path) if name.startswith("policycase.")}

    above = {name for name in named if FLOOR.get(name.split(".")[1], -1) > FLOOR[room]}

    assert above == set()


def test_no_folder_bears_a_public_name():
    folders = {path.parent.name for path in CODE.rglob("__init__.py")}

    assert folders & set(policycase.__all__) == set()


def test_only_cell_checks_import_frictionless():
    users = {
        path.stem for path in CODE.rglob("*.py") if any(name.split(".")[0] == "frictionless" for name in imports(path))
    }

    assert users == {"cell_checks"}


def test_import_is_light():
    code = "import sys, policycase; sys.exit(bool({'pandas', 'frictionless', 'numpy', 'rich', 'pooch', 'requests'} & sys.modules.keys()))"

    done = subprocess.run([sys.executable, "-c", code], check=False, env={"PYTHONPATH": str(CODE.parent)})

    assert done.returncode == 0


def test_every_public_name_exists_and_is_described():
    for name in policycase.__all__:
        assert getattr(policycase, name).__doc__, name
    with pytest.raises(AttributeError, match='did you mean "validate"'):
        policycase.validat  # noqa: B018 - asking is the test


def test_version_is_the_one_of_the_descriptor():
    assert f'"version": "{policycase.__version__}"' in (ROOT / "datapackage.json").read_text(encoding="utf-8")
