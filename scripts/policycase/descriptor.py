"""A package on disk: its descriptor and the profile that it carries."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from policycase.errors import UnreadableError
from policycase.paths import DESCRIPTOR, inside, refuse_large
from policycase.profiles import Profile
from policycase.texts import sound_json

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
