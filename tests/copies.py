"""Private copies of the real package and of a made-up case, for tests that change them."""

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[1]
FIXTURES = Path(__file__).parent / "fixtures"
LAMPS_SOURCE = FIXTURES / "lamps.txt"
PACKAGE = ("datapackage.json", "data", "schemas")


def copy_package(target: Path) -> Path:
    """The package of this repository, copied without its code."""
    return copy_case(ROOT, target)


def copy_case(root: Path, target: Path) -> Path:
    """A package, copied without what lies beside it."""
    target.mkdir(exist_ok=True)
    for name in PACKAGE:
        copy = shutil.copytree if (root / name).is_dir() else shutil.copy
        copy(root / name, target / name)
    return target


def copy_lamps(target: Path) -> Path:
    """The made-up case, made whole with the schemas of the profile."""
    shutil.copytree(FIXTURES / "bvt-lamps", target, dirs_exist_ok=True)
    shutil.copytree(ROOT / "schemas", target / "schemas")
    return target


def edit(file: Path, old: str, new: str | bytes) -> None:
    """Replace a text that stands exactly once in a file."""
    content = file.read_bytes()
    assert content.count(old.encode()) == 1, f"{old!r} stands {content.count(old.encode())} times in {file.name}"
    file.write_bytes(content.replace(old.encode(), new if isinstance(new, bytes) else new.encode()))
