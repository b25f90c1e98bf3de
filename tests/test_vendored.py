"""Libraries that pages carry: each is listed, has its license, is in the wheel's metadata, and is the registry's own file."""

import hashlib
import json
import shutil
import subprocess
import tarfile
import tomllib
from pathlib import Path

import pytest
from copies import ROOT

from policycase.coding.coding_page import LIBRARIES
from policycase.reporting.site import SEARCH

FOLDERS = sorted((ROOT / "scripts").glob("**/vendor"))
LISTED = {folder: json.loads((folder / "vendored.json").read_text(encoding="utf-8")) for folder in FOLDERS}
PACKAGES = sorted({(one["package"], one["version"]) for listed in LISTED.values() for one in listed.values()})


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_every_vendored_file_is_listed_with_its_license(folder: Path):
    listed = LISTED[folder]

    assert {path.name for path in folder.iterdir()} - {"vendored.json"} == set(listed)
    packages = {one["package"] for one in listed.values()}
    assert {one["package"] for name, one in listed.items() if name.endswith(".LICENSE")} == packages


def test_every_library_of_a_page_is_vendored():
    files = {name for listed in LISTED.values() for name in listed}

    assert {*LIBRARIES, Path(SEARCH[0]).name} <= files


def test_every_license_is_in_the_metadata_of_the_wheel():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    named = {path for pattern in project["license-files"] for path in ROOT.glob(pattern)}
    assert {path for folder in FOLDERS for path in folder.glob("*.LICENSE")} <= named


@pytest.mark.slow
@pytest.mark.parametrize("package", PACKAGES)
def test_vendored_files_are_those_of_the_registry(package: tuple[str, str], tmp_path: Path):
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    name, version = package

    done = subprocess.run(
        [npm, "pack", "--silent", f"{name}@{version}"], cwd=tmp_path, capture_output=True, check=False
    )

    if done.returncode:
        pytest.skip(f"no registry was reached: {done.stderr.decode()[-200:]}")
    with tarfile.open(next(tmp_path.glob("*.tgz"))) as packed:
        for folder, listed in LISTED.items():
            for file, origin in listed.items():
                if origin["package"] == name:
                    theirs = packed.extractfile(f"package/{origin['path']}").read()
                    ours = (folder / file).read_bytes()
                    assert hashlib.sha256(ours).hexdigest() == hashlib.sha256(theirs).hexdigest(), file
