"""Private copies of packages, one a test."""

from pathlib import Path

import pytest
from copies import copy_lamps, copy_package


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A private copy of the Kyrgyzstan package."""
    return copy_package(tmp_path / "kgz-leph")


@pytest.fixture
def lamps(tmp_path: Path) -> Path:
    """A private copy of the made-up case."""
    return copy_lamps(tmp_path / "bvt-lamps")
