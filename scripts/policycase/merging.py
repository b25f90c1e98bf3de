"""Merging: the descriptor of a stack from those of its cases, by one rule for each property."""

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

LICENSES = (
    "CC0-1.0",
    "PDDL-1.0",
    "CC-BY-3.0",
    "CC-BY-4.0",
    "ODC-By-1.0",
    "CC-BY-SA-4.0",
    "ODbL-1.0",
    "CC-BY-NC-4.0",
    "CC-BY-NC-SA-4.0",
    "CC-BY-ND-4.0",
    "CC-BY-NC-ND-4.0",
)  # each asks more of a user than the one before; one that is not here is taken to ask the most
RESOLVERS = ("doi.org", "dx.doi.org")

Descriptor = dict[str, Any]


def merged(parts: Sequence[Descriptor], case_ids: list[str]) -> Descriptor:
    """The descriptor of a stack; it depends on the cases, not on their order or on how they were grouped.

    Parameters
    ----------
    parts
        Descriptors of packages under one profile.
    case_ids
        The cases in the stack, sorted.

    Notes
    -----
    =======================================  ==================================================================
    `$schema`, `profile`, `policycase`,      the same in all, by the profile
    `resources`
    `name`, `title`, `description`           say how many cases, and which; the description names the licence
                                             that asks the most where there are several
    `version`, `created`                     the highest, the latest
    `keywords`                               all, sorted
    `licenses`                               all, the one that asks the most first
    `contributors`, `sources`                all; two entries are one if they share a DOI or web address, or,
                                             where they have none, the title
    `id`, `homepage`, others                 left out: they are of one package
    =======================================  ==================================================================
    """
    licenses = by_restriction(united(parts, "licenses", "name"))
    count = len(case_ids)
    text = f"Policy cases as data, stacked: {', '.join(case_ids)}. Each case keeps its ids and sources."
    if len(licenses) > 1:
        text += f" The licences differ; {licenses[0]['name']} asks the most and holds for the whole."
    return {
        "$schema": parts[0]["$schema"],
        "profile": parts[0]["profile"],
        "name": f"stack-of-{count}-cases",
        "title": f"Stack of {count} policy cases",
        "description": text,
        "version": max((part["version"] for part in parts), key=lambda version: [int(n) for n in version.split(".")]),
        "created": max(part["created"] for part in parts),
        "keywords": sorted({word for part in parts for word in part.get("keywords", [])}),
        "licenses": licenses,
        "contributors": united(parts, "contributors", "title"),
        "sources": united(parts, "sources", "title"),
        "policycase": parts[0]["policycase"],
        "resources": parts[0]["resources"],
    }


def by_restriction(licenses: Iterable[Descriptor]) -> list[Descriptor]:
    """Licences, the one that asks the most of a user first; one that is not in `LICENSES` comes before all."""
    return sorted(licenses, key=lambda entry: (-_asks(entry["name"]), entry["name"]))


def _asks(name: str) -> int:
    return LICENSES.index(name) if name in LICENSES else len(LICENSES)


def united(parts: Iterable[Descriptor], key: str, name: str) -> list[Descriptor]:
    """The entries of one property of all parts, each once, sorted by name."""
    groups: dict[str, list[Descriptor]] = {}
    for part in parts:
        for entry in part.get(key, []):
            known = address(entry.get("path", "")) if key != "licenses" else ""
            groups.setdefault(known or entry[name], []).append(entry)
    return sorted((_one(entries) for entries in groups.values()), key=lambda entry: (entry[name], str(entry)))


def _one(entries: list[Descriptor]) -> Descriptor:
    """One entry for several of the same: lists joined, else the first value by the alphabet, whatever the order."""
    found = {}
    for key in dict.fromkeys(key for entry in entries for key in entry):
        values = [entry[key] for entry in entries if key in entry]
        lists = isinstance(values[0], list)
        found[key] = sorted({item for value in values for item in value}) if lists else min(values)
    return found


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
