"""What editors and type checkers see of the library: every public name, with its type."""

import subprocess
import sys

import pytest

import policycase

pytestmark = pytest.mark.slow

SEEN = """\
import policycase as pc

case = pc.load()
reveal_type(case.programs)
reveal_type(case["programs"])
reveal_type(pc.panel(case))
reveal_type(pc.validate("case").is_valid)
reveal_type(pc.stack([case, "other"]))
reveal_type(pc.__version__)
"""
TYPES = [
    "pandas.DataFrame",
    "pandas.DataFrame",
    "pandas.DataFrame",
    "bool",
    "policycase.model.casebook.Casebook",
    "str",
]


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What mypy says of a user's file that asks for types, and for every public name and one that is none."""
    folder = tmp_path_factory.mktemp("typing")
    names = "".join(f"pc.{name}\n" for name in [*policycase.__all__, "__version__", "validat"])
    (folder / "user.py").write_text(SEEN + names, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--no-color-output", "user.py"]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder).stdout.splitlines()


def test_editors_see_the_types_of_public_names(said: list[str]):
    revealed = [line.split('"')[1].replace("core.frame.", "") for line in said if "Revealed type" in line]

    assert revealed == TYPES, said


def test_editors_resolve_every_public_name_and_no_other(said: list[str]):
    errors = [line for line in said if "error:" in line]

    assert len(errors) == 1, said
    assert 'no attribute "validat"' in errors[0]
