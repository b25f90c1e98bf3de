"""A released zip is never changed: what `pack` makes of a released version has the hash that was published."""

import hashlib
from pathlib import Path

from copies import ROOT

import policycase

LISTING = ROOT / ".ci/releases.sha256"  # a line a release, as sha256sum prints it; none before the first


def changed(listing: str, packed: Path) -> list[str]:
    """The releases whose name the packed zip has, and whose hash it has not."""
    published = [line.split("  ") for line in listing.splitlines() if line]
    digest = hashlib.sha256(packed.read_bytes()).hexdigest()
    return [name for known, name in published if name == packed.name and known != digest]


def packed(folder: Path) -> Path:
    name, version = (policycase.load().descriptor[key] for key in ("name", "version"))
    return policycase.pack(ROOT, folder / f"{name}-{version}.zip")


def test_released_version_is_what_was_published(tmp_path: Path):
    assert changed(LISTING.read_text(encoding="utf-8"), packed(tmp_path)) == []


def test_change_without_a_new_version_is_seen(tmp_path: Path):
    zipped = packed(tmp_path)

    assert changed(f"{'0' * 64}  {zipped.name}\n", zipped) == [zipped.name]
