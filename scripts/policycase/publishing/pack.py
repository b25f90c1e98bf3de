"""Packing: a package as one reproducible zip, with the size and hash of every table."""

import hashlib
import io
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from string import Template

import pandas as pd

from policycase.errors import InvalidPackageError
from policycase.model.bibtex import package_entry, title_of
from policycase.model.package import GIT_ATTRIBUTES, UNSAID, Descriptor, Package, read_descriptor, write_json
from policycase.model.profile import FOLDER, Profile
from policycase.model.tables import read_table
from policycase.publishing.citation_files import CITATION
from policycase.publishing.web_metadata import CROISSANT, croissant
from policycase.storage.locations import DESCRIPTOR, opened, read_bytes
from policycase.storage.writing import refuse_taken, write_file
from policycase.validation.report import validate

BESIDE = ("LICENSE-DATA", CITATION, "CODING.md")
README, OWN_README = "README.md", "ABOUT.md"
OF_A_CHECKOUT = b"<!-- contents: written by policycase render -->"  # such a README is about the repository, not the zip
TEMPLATES = Path(__file__).parent / "templates"
FILES = {
    DESCRIPTOR: "title, licences, contributors, and each table with its size and hash",
    f"{FOLDER}/README.md": "the data dictionary, with every column and code",
    CITATION: "how to cite the package",
    "LICENSE-DATA": "the licence of the data",
    "CODING.md": "the rules for coders",
    OWN_README: "notes of the authors",
    CROISSANT: "the same description for dataset search and machine learning",
}
EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can name; so the same content gives the same bytes


def pack(path: str | Path | None = None, output: str | Path | None = None, *, force: bool = False) -> Path:
    """The zip of a valid package, as `<name>-<version>.zip` beside where you are, or at `output`.

    Returns
    -------
    Path
        The zip: descriptor with `bytes` and `hash` (SHA-256), data, schemas, croissant.json, a README that needs
        nothing but the zip, and LICENSE-DATA, CITATION.cff and CODING.md where the package has them. A README of the
        package's own becomes ABOUT.md, unless it is that of a repository. The same content gives the same bytes.

    Raises
    ------
    InvalidPackageError
        The package has errors, or its descriptor does not say yet what it is.
    UnreadableError
        The zip exists and `force` is not set, or the existing file is not a zip.
    """
    validate(path).raise_for_findings()
    with opened(path) as root:
        descriptor = read_descriptor(root)
        if descriptor["description"] == UNSAID:
            msg = f"{DESCRIPTOR}: title, description and contributors are still those of a new case · describe the case"
            raise InvalidPackageError(msg)
        target = Path(output or f"{descriptor['name']}-{descriptor['version']}.zip")
        refuse_taken(target, b"PK", force=force)
        write_file(target, zipped(files(root)), force=force)
    return target


def files(root: Path) -> dict[str, bytes]:
    """The files of a package's zip, by path.

    Notes
    -----
    croissant.json is made here, as `bytes` and `hash` are: it holds the hash of every file that is packed.
    """
    descriptor = read_descriptor(root)
    contents = {}
    for resource in descriptor["resources"]:
        content = read_bytes(root, resource["path"])
        resource["bytes"] = len(content)
        resource["hash"] = f"sha256:{hashlib.sha256(content).hexdigest()}"
        contents[resource["path"]] = content
    profile = Profile.read(root)
    cases = read_table(Package.read(root), profile.tables["cases"])
    contents = {**GIT_ATTRIBUTES, **profile.files, **contents}
    for name in BESIDE:
        with suppress(FileNotFoundError):
            contents[name] = read_bytes(root, name)
    with suppress(FileNotFoundError):
        own = read_bytes(root, README)
        if OF_A_CHECKOUT not in own:
            contents[OWN_README] = own
    contents[README] = readme(descriptor, profile, contents, cases).encode()
    contents[CROISSANT] = write_json(croissant(descriptor, profile, cases))
    return {DESCRIPTOR: write_json(descriptor), **dict(sorted(contents.items()))}


def readme(descriptor: Descriptor, profile: Profile, contents: Mapping[str, bytes], cases: pd.DataFrame) -> str:
    """What the zip is and how to use it with nothing but what is in it, as Markdown."""
    resources = {resource["name"]: resource["path"] for resource in descriptor["resources"]}
    rows = [
        (resources[table.name], contents[resources[table.name]].count(b"\n") - 1, table.description)
        for table in profile.tables.values()
    ]
    beside = [(name, what) for name, what in FILES.items() if name in contents or name in {DESCRIPTOR, CROISSANT}]
    return Template((TEMPLATES / "release.md").read_text(encoding="utf-8")).substitute(
        title=title_of(descriptor, cases),
        description=descriptor["description"],
        version=descriptor["version"],
        date=descriptor["created"][:10],
        licences=", ".join(entry["name"] for entry in descriptor["licenses"]),
        tables="\n".join(f"| `{path}` | {count} | {what} |" for path, count, what in rows),
        beside="\n".join(f"- `{name}`: {what}" for name, what in beside),
        citation=package_entry(descriptor, cases),
    )


def zipped(contents: dict[str, bytes]) -> bytes:
    """A zip of the contents whose bytes depend on nothing else."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in contents.items():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = 0o100644 << 16
            entry.create_system = 3
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED, 9)
    return buffer.getvalue()
