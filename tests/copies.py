"""Private copies of the real package and of a made-up case, for tests that change them."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd

from policycase.model.profile import Field, Profile

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
    """Replace a text that is exactly once in a file."""
    content = file.read_bytes()
    assert content.count(old.encode()) == 1, f"{old!r} appears {content.count(old.encode())} times in {file.name}"
    file.write_bytes(content.replace(old.encode(), new if isinstance(new, bytes) else new.encode()))


def rewritten(folder: Path, new: Callable[[str, Field], str]) -> Path:
    """The made-up case with every cell, and every code of the vocabularies, made new from its text and its field."""
    copy_lamps(folder)
    profile = Profile.read(folder)
    for table in profile.case_tables.values():
        file = folder / f"data/{table.name}.csv"
        frame = pd.read_csv(file, dtype=str, keep_default_na=False)
        for field in table.fields.values():
            frame[field.name] = [new(cell, field) for cell in frame[field.name]]
        frame.to_csv(file, index=False, lineterminator="\n")
    codes = pd.read_csv(folder / "schemas/codes.csv", dtype=str, keep_default_na=False)
    named = [replace(profile.tables["codes"].fields["code"], vocabulary=name) for name in codes["vocabulary"]]
    codes["code"] = [new(cell, field) for cell, field in zip(codes["code"], named, strict=True)]
    codes.to_csv(folder / "schemas/codes.csv", index=False, lineterminator="\n")
    return folder
