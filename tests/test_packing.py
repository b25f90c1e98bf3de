"""The zip that people download."""

import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from copies import edit

import policycase
from policycase.errors import InvalidPackageError, UnreadableError, UnsafePathError


def test_pack_gives_the_same_bytes_twice(tmp_path: Path):
    first = policycase.pack(output=tmp_path / "first.zip")
    second = policycase.pack(output=tmp_path / "second.zip")

    assert first.read_bytes() == second.read_bytes()


def test_zip_holds_the_package_with_sizes_and_hashes(tmp_path: Path):
    with zipfile.ZipFile(policycase.pack(output=tmp_path / "case.zip")) as archive:
        names = archive.namelist()
        descriptor = json.loads(archive.read("datapackage.json"))
        for resource in descriptor["resources"]:
            content = archive.read(resource["path"])
            assert resource["bytes"] == len(content)
            assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"

    beside = {
        "README.md",
        "LICENSE-DATA",
        "CITATION.cff",
        "croissant.json",
        "schemas/README.md",
        "schemas/profile.json",
        ".gitattributes",
    }
    assert beside <= set(names)
    assert not [name for name in names if name.startswith(("scripts", "tests"))]


def test_zip_loads_and_validates_as_the_package_does(tmp_path: Path):
    archive = policycase.pack(output=tmp_path / "case.zip")

    assert policycase.load(archive) == policycase.load()
    assert policycase.validate(archive).findings.empty


def test_frictionless_finds_the_package_and_its_zip_valid(tmp_path: Path):
    archive = policycase.pack(output=tmp_path / "case.zip")
    command = [sys.executable, "-m", "frictionless", "validate"]

    for target in (Path(__file__).parents[1] / "datapackage.json", archive):
        done = subprocess.run([*command, str(target)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
        assert "INVALID" not in done.stdout


def test_pack_refuses_an_invalid_package_and_writes_nothing(package: Path, tmp_path: Path):
    edit(package / "data/goals.csv", ",3,reduce-crime,", ",4,reduce-crime,")

    with pytest.raises(InvalidPackageError, match="goal-positions-have-no-gap"):
        policycase.pack(package, tmp_path / "case.zip")

    assert not (tmp_path / "case.zip").exists()


def test_pack_refuses_to_overwrite_unless_forced(tmp_path: Path):
    target = policycase.pack(output=tmp_path / "case.zip")

    with pytest.raises(UnreadableError, match="--force"):
        policycase.pack(output=target)

    assert policycase.pack(output=target, force=True) == target


@pytest.mark.parametrize("name", ["../outside.csv", "/etc/passwd", "data\\..\\..\\x", "C:/x"])
def test_zip_that_leaves_its_folder_is_refused(tmp_path: Path, name: str):
    archive = tmp_path / "evil.zip"
    with zipfile.ZipFile(archive, "w") as writer:
        writer.writestr(zipfile.ZipInfo(name), "x")

    with pytest.raises(UnsafePathError, match="refused"):
        policycase.load(archive)


def test_zip_bomb_is_refused(tmp_path: Path):
    archive = tmp_path / "bomb.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as writer:
        writer.writestr("datapackage.json", b"0" * 20_000_000)

    with pytest.raises(UnsafePathError, match="bomb"):
        policycase.load(archive)


def test_pack_refuses_a_case_that_does_not_say_what_it_is(tmp_path: Path):
    folder = policycase.new("usa-lead", tmp_path / "mine")

    with pytest.raises(InvalidPackageError, match="still those of a new case"):
        policycase.pack(folder, tmp_path / "case.zip")

    assert not (tmp_path / "case.zip").exists()
