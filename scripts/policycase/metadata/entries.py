"""What every form of metadata reads in a descriptor: who made the package, and DOIs."""

import re
from dataclasses import dataclass
from typing import Any, Self

from policycase.merging import Descriptor, address

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
