"""Packing: a package as one reproducible zip, with the size and hash of every table."""

import hashlib
import io
import zipfile
from pathlib import Path

from policycase.errors import InvalidPackageError
from policycase.model.casebook import load
from policycase.model.package import UNSAID, read_descriptor, write_json
from policycase.model.profile import FOLDER, Profile
from policycase.publishing.citation_files import CITATION
from policycase.publishing.web_metadata import CROISSANT, croissant
from policycase.storage.locations import DESCRIPTOR, inside, opened, refuse_large
from policycase.storage.writing import refuse_taken, write_file
from policycase.validation.report import validate

BESIDE = ("README.md", "LICENSE-DATA", CITATION, "CODING.md")
EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can name; so the same content gives the same bytes


def pack(path: str | Path | None = None, output: str | Path | None = None, *, force: bool = False) -> Path:
    """The zip of a valid package, as `<name>-<version>.zip` beside where you are, or at `output`.

    Returns
    -------
    Path
        The zip: descriptor with `bytes` and `hash` (SHA-256), data, schemas, croissant.json, and README,
        LICENSE-DATA and CITATION.cff where the package has them. The same content gives the same bytes.

    Raises
    ------
    InvalidPackageError
        The package has errors, or its descriptor does not say yet what it is.
    UnreadableError
        The zip exists and `force` is not set, or what is there is no zip.
    """
    validate(path).raise_for_findings()
    with opened(path) as root:
        descriptor = read_descriptor(root)
        if descriptor["description"] == UNSAID:
            msg = f"{DESCRIPTOR}: title, description and contributors are still those of a new case · say what it is"
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
        content = _content(inside(root, resource["path"]))
        resource["bytes"] = len(content)
        resource["hash"] = f"sha256:{hashlib.sha256(content).hexdigest()}"
        contents[resource["path"]] = content
    schemas = [f"{FOLDER}/{file.name}" for file in (root / FOLDER).glob("*")]
    for name in [*schemas, *BESIDE]:
        file = inside(root, name)
        if file.is_file():
            contents[name] = _content(file)
    contents[CROISSANT] = write_json(croissant(descriptor, Profile.read(root), load(root).cases))
    return {DESCRIPTOR: write_json(descriptor), **dict(sorted(contents.items()))}


def _content(file: Path) -> bytes:
    refuse_large(file)
    return file.read_bytes()


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
