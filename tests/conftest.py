"""Private copies of packages, one a test."""

from pathlib import Path

import pytest
from books import CASE, SIX
from copies import copy_lamps, copy_package

import policycase


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A private copy of the Kyrgyzstan package."""
    return copy_package(tmp_path / "kgz-leph")


@pytest.fixture
def lamps(tmp_path: Path) -> Path:
    """A private copy of the made-up case."""
    return copy_lamps(tmp_path / "bvt-lamps")


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The report of the case and that of the stack of all cases, made once."""
    folder = tmp_path_factory.mktemp("reports")
    books = {"case": CASE, "six": SIX}
    return {name: policycase.report(book, folder / f"{name}.html") for name, book in books.items()}
