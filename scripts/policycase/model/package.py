"""A package on disk: its descriptor, the files of its tables."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn, Self
from urllib.parse import urlsplit

from policycase.errors import InvalidPackageError, UnreadableError
from policycase.model.profile import Profile
from policycase.storage.json_files import sound_json
from policycase.storage.locations import DESCRIPTOR, inside, refuse_large

RESOLVERS = ("doi.org", "dx.doi.org")
Descriptor = dict[str, Any]


def address(path: str) -> str:
    """A web address or DOI in the one form by which two are compared; empty for what is neither.

    Examples
    --------
    >>> address("http://dx.doi.org/10.35502/JCSWB.256"), address("https://example.org/a/")
    ('10.35502/jcswb.256', 'example.org/a')
    """
    if path.startswith("10."):
        return path.lower()
    try:
        parts = urlsplit(path)
    except ValueError:  # such as a bracket that opens an address and is not closed
        return ""
    if parts.netloc.lower() in RESOLVERS:
        return parts.path.strip("/").lower()
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.netloc.lower()}{parts.path.rstrip('/')}{query}" if parts.netloc else ""


UNSAID = "A policy case as data, being coded."  # the description of a new case, until somebody says what it is


@dataclass(frozen=True)
class Package:
    """A folder with a descriptor, tables and schemas."""

    root: Path
    descriptor: dict[str, Any]
    profile: Profile

    @classmethod
    def read(cls, root: Path, profile: Profile | None = None) -> Self:
        """The package in a folder, under its own profile or the one given; its tables are not read yet.

        Raises
        ------
        UnreadableError
            The descriptor or the profile is missing or is not JSON.
        """
        descriptor = read_descriptor(root)
        resources = descriptor.get("resources")
        if not isinstance(resources, list) or not all(_is_resource(entry) for entry in resources):
            msg = (
                f"{root / DESCRIPTOR}: resources is no list of tables with a name and a path · run: policycase validate"
            )
            raise UnreadableError(msg)
        return cls(root, descriptor, profile or Profile.read(root))

    @cached_property
    def paths(self) -> dict[str, str]:
        """Path of each table's file, relative to the package."""
        return {resource["name"]: resource["path"] for resource in self.descriptor["resources"]}

    def file(self, table: str) -> Path:
        """The file of a table.

        Raises
        ------
        UnsafePathError
            Its path leaves the package.
        """
        return inside(self.root, self.paths[table])


def _is_resource(entry: object) -> bool:
    return isinstance(entry, dict) and all(isinstance(entry.get(key), str) for key in ("name", "path"))


def read_descriptor(root: Path) -> dict[str, Any]:
    """The descriptor of a package, as JSON.

    Raises
    ------
    UnreadableError
        It is missing, a link out of the package, not UTF-8, not JSON or not an object.
    """
    path = root / DESCRIPTOR
    try:
        refuse_large(inside(root, DESCRIPTOR))
        descriptor = sound_json(path.read_bytes())
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror} · a package has its {DESCRIPTOR} at its top"
        raise UnreadableError(msg) from error
    except ValueError as error:
        msg = f"{path}: not readable as JSON in UTF-8: {error}"
        raise UnreadableError(msg) from error
    if not isinstance(descriptor, dict):
        msg = f"{path}: a JSON object was expected, found {type(descriptor).__name__}"
        raise UnreadableError(msg)
    return descriptor


def write_json(content: object) -> bytes:
    """JSON as this project writes it: two spaces, UTF-8, a final newline."""
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()


TEXTS = ("$schema", "profile", "name", "title", "version", "created")
LISTS = {"licenses": "name", "contributors": "title"}
HINT = "mend the package; policycase validate names all that is wrong"


def refuse_odd_descriptor(descriptor: Mapping[str, Any]) -> None:
    """Nothing, if a descriptor has the texts and lists that are read from it.

    Raises
    ------
    InvalidPackageError
        It has not; the message names the first.
    """
    for name in TEXTS:
        if not isinstance(descriptor.get(name), str):
            _refuse(f"{DESCRIPTOR}: {name} is no text")
    for name, key in LISTS.items():
        entries = descriptor.get(name)
        if not isinstance(entries, list) or not all(_has_text(entry, key) for entry in entries):
            _refuse(f"{DESCRIPTOR}: {name} is no list of entries, each with a {key}")


def _has_text(entry: object, key: str) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get(key), str)


def _refuse(problem: str) -> NoReturn:
    raise InvalidPackageError(f"{problem} · {HINT}")


DOI = re.compile(r"10\.[0-9]{4,9}(?:\.[0-9]+)?/\S+")
ORCID = re.compile(r"https?://orcid\.org/(?P<id>[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X])/?")


@dataclass(frozen=True, slots=True)
class Author:
    """Whom a citation names: a person where the descriptor parts the name, else an organization."""

    name: str
    family: str = ""
    given: str = ""
    affiliation: str = ""
    orcid: str = ""

    @classmethod
    def all_of(cls, descriptor: Descriptor) -> list[Self]:
        """The contributors who are author or creator; all, where nobody is."""
        people = descriptor.get("contributors", [])
        chosen = [person for person in people if {"author", "creator"} & set(person.get("roles", ()))]
        return [
            cls(
                person["title"],
                person.get("familyName", ""),
                person.get("givenName", ""),
                person.get("organization", ""),
                match["id"] if (match := ORCID.fullmatch(person.get("path", ""))) else "",
            )
            for person in chosen or people
        ]


def doi(path: str) -> str:
    """The bare DOI of a DOI or its web address; empty for another address.

    Examples
    --------
    >>> doi("https://doi.org/10.35502/jcswb.256"), doi("https://en.wikipedia.org/wiki/Insite")
    ('10.35502/jcswb.256', '')
    """
    bare = address(path.removeprefix("doi:"))
    return bare if DOI.fullmatch(bare) else ""


def filled(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields that say something."""
    return {key: value for key, value in fields.items() if value not in (None, "", [], {})}
