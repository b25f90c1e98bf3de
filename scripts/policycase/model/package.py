"""A package on disk: its descriptor, the files of its tables."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn, Self
from urllib.parse import unquote, urlsplit

from policycase.errors import InvalidPackageError, UnreadableError
from policycase.model.identifiers import is_doi, orcid
from policycase.model.profile import Profile
from policycase.storage.csv_files import CsvFile, refuse_cells
from policycase.storage.json_files import sound_json
from policycase.storage.locations import DESCRIPTOR, read_bytes

RESOLVERS = ("doi.org", "dx.doi.org", "www.doi.org")
Descriptor = dict[str, Any]


def address(path: str) -> str:
    """A web address or DOI in the one form by which two are compared; empty for what is neither.

    Examples
    --------
    >>> address("http://dx.doi.org/10.35502/JCSWB.256"), address("https://example.org/a/")
    ('10.35502/jcswb.256', 'example.org/a')
    """
    if is_doi(path):
        return path.lower()
    try:
        parts = urlsplit(path)
    except ValueError:  # such as a bracket that opens an address and is not closed
        return ""
    if parts.netloc.lower() in RESOLVERS:
        return unquote(path.partition(parts.netloc)[2]).strip("/").lower()
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.netloc.lower()}{parts.path.rstrip('/')}{query}" if parts.netloc else ""


GIT_ATTRIBUTES = {
    ".gitattributes": b"data/*.csv -text\nschemas/* -text\ndatapackage.json -text\n"
}  # in each package that is written: Git on Windows would change the line ends, and with them every hash
UNSAID = "A policy case as data, being coded."  # the description of a new case, until somebody says what it is


class Folder:
    """The folder of a package, out of which nothing is read.

    Parameters
    ----------
    root
        Where it is.
    keeps
        Whether each file is read once and kept, for as long as several stages ask for it.
    """

    def __init__(self, root: Path, *, keeps: bool = False) -> None:
        self.root, self.keeps = root, keeps
        self._contents: dict[str, bytes] = {}
        self._tables: dict[str, CsvFile] = {}

    @cached_property
    def profile(self) -> Profile:
        """The profile in it; see `Profile.read`."""
        profile = Profile.read(self.root)
        if self.keeps:
            self._contents |= profile.files
        return profile

    def read(self, path: str) -> bytes:
        """The bytes of a file; see `policycase.storage.locations.read_bytes`."""
        content = self._contents.get(path)
        if content is None:
            content = read_bytes(self.root, path)
            if self.keeps:
                self._contents[path] = content
        return content

    def table(self, path: str) -> CsvFile:
        """A file as CSV."""
        table = self._tables.get(path)
        if table is None:
            content = self.read(path)
            refuse_cells(content, path)
            table = CsvFile.of(content, path)
            if self.keeps:
                self._tables[path] = table
        return table

    def forget_tables(self) -> None:
        """Keep the bytes alone: the cells take many times as much memory."""
        self._tables.clear()


@dataclass(frozen=True)
class Package:
    """A folder with a descriptor, tables and schemas."""

    folder: Folder
    descriptor: dict[str, Any]
    profile: Profile

    @classmethod
    def read(cls, folder: Folder | Path, profile: Profile | None = None) -> Self:
        """The package in a folder, under its own profile or the one given; its tables are not read yet.

        Raises
        ------
        UnreadableError
            The descriptor or the profile is missing or is not JSON.
        """
        folder = folder if isinstance(folder, Folder) else Folder(folder)
        root, descriptor = folder.root, read_descriptor(folder)
        resources = descriptor.get("resources")
        if not isinstance(resources, list) or not all(_is_resource(entry) for entry in resources):
            problem = "resources must be a list of tables, each with name and path"
            msg = f"{root / DESCRIPTOR}: {problem} · run: policycase validate"
            raise UnreadableError(msg)
        return cls(folder, descriptor, profile or folder.profile)

    @property
    def root(self) -> Path:
        """Where its folder is."""
        return self.folder.root

    @cached_property
    def paths(self) -> dict[str, str]:
        """Path of each table's file, relative to the package."""
        return {resource["name"]: resource["path"] for resource in self.descriptor["resources"]}

    def table(self, name: str) -> CsvFile:
        """The file of a table; see `Folder.read`."""
        return self.folder.table(self.paths[name])


def _is_resource(entry: object) -> bool:
    return isinstance(entry, dict) and all(isinstance(entry.get(key), str) for key in ("name", "path"))


def read_descriptor(folder: Folder | Path) -> dict[str, Any]:
    """The descriptor of a package, as JSON.

    Raises
    ------
    UnreadableError
        It is missing, a link out of the package, not UTF-8, not JSON or not an object.
    """
    folder = folder if isinstance(folder, Folder) else Folder(folder)
    path = folder.root / DESCRIPTOR
    try:
        descriptor = sound_json(folder.read(DESCRIPTOR))
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


TEXTS = ("$schema", "profile", "name", "title", "description", "version", "created")
MORE_TEXTS = ("id", "homepage")  # that it may have
LISTS = {"licenses": "name", "contributors": "title", "sources": "title"}  # of entries, and what each must have
NEEDED = {"licenses", "contributors"}
OF_TEXTS = {"roles", "cases"}  # of a contributor, of a licence in a stack; all else in an entry is text
HINT = "fix the package; policycase validate lists everything that is wrong"


def refuse_invalid_descriptor(descriptor: Mapping[str, Any]) -> None:
    """Raise unless a descriptor has the texts and lists that are read from it.

    Raises
    ------
    InvalidPackageError
        It has not; the message names the first.
    """
    for name in (*TEXTS, *(one for one in MORE_TEXTS if one in descriptor)):
        if not isinstance(descriptor.get(name), str):
            _refuse(f"{DESCRIPTOR}: {name} must be text")
    for name, key in LISTS.items():
        entries = descriptor.get(name, None if name in NEEDED else [])
        of_entries = isinstance(entries, list) and all(_has_text(entry, key) for entry in entries)
        if not of_entries or (name in NEEDED and not entries):
            _refuse(f"{DESCRIPTOR}: {name} must be a list of entries, each with a {key}")
        for number, entry in enumerate(entries):
            for part, value in entry.items():
                kind = "a list of texts" if part in OF_TEXTS else "text"
                if not (_are_texts(value) if part in OF_TEXTS else isinstance(value, str)):
                    _refuse(f"{DESCRIPTOR}: {name}[{number}].{part} must be {kind}")
    if not _are_texts(descriptor.get("keywords", [])):
        _refuse(f"{DESCRIPTOR}: keywords must be a list of texts")


def _has_text(entry: object, key: str) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get(key), str)


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _refuse(problem: str) -> NoReturn:
    raise InvalidPackageError(f"{problem} · {HINT}")


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
                orcid(person.get("path", "")),
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
    return bare if is_doi(bare) else ""


def filled(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields that say something."""
    return {key: value for key, value in fields.items() if value not in (None, "", [], {})}
