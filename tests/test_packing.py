"""The zip that people download."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from copies import LAMPS_SOURCE, ROOT, edit

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


@pytest.mark.slow
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


@pytest.mark.slow
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


def unpacked(package: Path, folder: Path) -> Path:
    with zipfile.ZipFile(policycase.pack(package, folder / "case.zip")) as archive:
        archive.extractall(folder / "alone")
    return folder / "alone"


def snippets(folder: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (folder / "README.md").read_text(encoding="utf-8"), re.DOTALL)


def ran(folder: Path, *command: str) -> str:
    """What a command prints in a folder, on a machine that has the programs of this one but not this library."""
    there = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    there["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{there['PATH']}"
    done = subprocess.run(command, cwd=folder, env=there, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.slow
def test_readme_of_the_zip_loads_types_and_parquet_without_this_library(tmp_path: Path):
    alone = unpacked(ROOT, tmp_path)
    load, to_parquet, _ = snippets(alone, "python")

    printed = ran(alone, sys.executable, "-c", load + to_parquet)

    case = policycase.load()
    assert "kgz-leph:nsp" in printed
    assert "policycase" not in load + to_parquet
    for name in case.tables:
        typed, ours = pd.read_parquet(alone / f"{name}.parquet"), case[name]
        assert typed.isna().equals(ours.isna()), name
        same = ours.astype({column: "str" for column in ours if isinstance(ours[column].dtype, pd.CategoricalDtype)})
        pd.testing.assert_frame_equal(typed.astype(same.dtypes.to_dict()), same)
        assert typed.dtypes.map(lambda kind: kind.kind).equals(same.dtypes.map(lambda kind: kind.kind)), name


@pytest.mark.slow
def test_readme_of_the_zip_checks_it_with_frictionless(tmp_path: Path):
    alone = unpacked(ROOT, tmp_path)
    (command,) = snippets(alone, "sh")

    assert "VALID" in ran(alone, *command.split())
    edit(alone / "data/goals.csv", "A better crime situation", "A worse crime situation")
    assert (
        "INVALID"
        in subprocess.run(
            [sys.executable, "-m", *command.split()], cwd=alone, capture_output=True, text=True, check=False
        ).stdout
    )


def test_readme_of_the_zip_finds_the_passages_in_a_copy_of_the_source(lamps: Path, tmp_path: Path):
    alone = unpacked(lamps, tmp_path)
    shutil.copy(LAMPS_SOURCE, alone / "my-copy.txt")
    verify = snippets(alone, "python")[-1]
    passages = pd.read_csv(alone / "data/passages.csv", dtype=str)["passage_id"]

    found = ran(alone, sys.executable, "-c", verify)
    (alone / "my-copy.txt").write_text("Another text.", encoding="utf-8")
    lost = ran(alone, sys.executable, "-c", verify)

    assert found.splitlines() == [f"{passage_id} found" for passage_id in passages]
    assert lost.splitlines() == [f"{passage_id} not found" for passage_id in passages]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
def test_readme_of_the_zip_loads_text_in_r(tmp_path: Path):
    if subprocess.run(["Rscript", "-e", "library(readr)"], capture_output=True, check=False).returncode:
        pytest.skip("the R package readr is not installed")
    alone = unpacked(ROOT, tmp_path)
    (load,) = snippets(alone, "r")

    assert ran(alone, "Rscript", "-e", load + "cat(dim(programs), all(sapply(programs, is.character)))").split() == [
        *map(str, policycase.load().programs.shape),
        "TRUE",
    ]


def test_readme_of_an_author_is_packed_under_another_name(lamps: Path, tmp_path: Path):
    (lamps / "README.md").write_text("Notes of ours.\n", encoding="utf-8")

    alone = unpacked(lamps, tmp_path)

    assert (alone / "ABOUT.md").read_text(encoding="utf-8") == "Notes of ours.\n"
    assert "- `ABOUT.md`: notes of the authors" in (alone / "README.md").read_text(encoding="utf-8")


def test_readme_of_the_zip_takes_no_text_of_the_package_for_a_template(lamps: Path, tmp_path: Path):
    edit(lamps / "datapackage.json", '"description": "', '"description": "$title {0} ${citation} $$ ')

    assert "$title {0} ${citation} $$ " in (unpacked(lamps, tmp_path) / "README.md").read_text(encoding="utf-8")
