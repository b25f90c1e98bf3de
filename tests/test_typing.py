"""What editors and type checkers see of the library: every public name, with its type."""

import ast
import inspect
import subprocess
import sys

import pytest

import policycase

SEEN = """\
import policycase as pc

case = pc.load()
reveal_type(case.programs)
reveal_type(case["programs"])
reveal_type(case.program_agencies)
reveal_type(pc.panel(case))
reveal_type(pc.validate("case").is_valid)
reveal_type(pc.stack([case, "other"]))
reveal_type(pc.__version__)
"""
TYPES = [
    "pandas.DataFrame",
    "pandas.DataFrame",
    "pandas.DataFrame",
    "pandas.DataFrame",
    "bool",
    "policycase.model.casebook.Casebook",
    "str",
]


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What mypy says of a user's file that asks for types, and for every public name, one that is none, and a table that is none."""
    folder = tmp_path_factory.mktemp("typing")
    names = "".join(f"pc.{name}\n" for name in [*policycase.__all__, "__version__", "validat"])
    (folder / "user.py").write_text(f"{SEEN}case.progams\n{names}", encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--no-color-output", "user.py"]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder).stdout.splitlines()


@pytest.mark.slow
def test_editors_see_the_types_of_public_names(said: list[str]):
    revealed = [line.split('"')[1].replace("core.frame.", "") for line in said if "Revealed type" in line]

    assert revealed == TYPES, said


@pytest.mark.slow
def test_editors_resolve_every_public_name_and_no_other(said: list[str]):
    errors = [line for line in said if "error:" in line]

    assert len(errors) == 2, said
    assert 'has no attribute "progams"' in errors[0]
    assert 'no attribute "validat"' in errors[1]


def test_tables_that_editors_complete_are_those_of_the_profile():
    (described,) = ast.parse(inspect.getsource(policycase.Casebook)).body
    typed = next(node.body for node in described.body if isinstance(node, ast.If))

    tables = {node.target.id: ast.unparse(node.annotation) for node in typed}

    assert tables == dict.fromkeys(policycase.load().tables, "pd.DataFrame")
    assert set(tables) <= set(dir(policycase.load()))
