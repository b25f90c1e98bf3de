"""CITATION.cff and .zenodo.json, from the descriptor and the cases."""

import html
import re
from collections.abc import Iterator
from typing import Any

import yaml

from policycase.model.package import Author, Descriptor, doi, filled, write_json

CITATION = "CITATION.cff"
ZENODO = ".zenodo.json"
NAME = r"[^,&()]+, [^\W\d_]\.(?:[ -]?[^\W\d_]\.)*"  # Family, G. G.
REFERENCE = re.compile(
    rf"(?P<authors>{NAME}(?:, {NAME})*(?:,? & {NAME})?) \((?P<year>[0-9]{{4}})\)\. (?P<title>.+?)(?:\. (?P<rest>.+))?",
    re.DOTALL,
)


def citation(descriptor: Descriptor) -> str:
    """CITATION.cff of a package, in the Citation File Format 1.2.0.

    Notes
    -----
    The format asks for the authors of each reference. A source is one where its title is a citation that says
    them, as `Family, G., & Family, G. (2022). Title. Journal.`; `Casebook.cite` has them all.
    """
    identifier = descriptor.get("id", "")
    fields = {
        "cff-version": "1.2.0",
        "message": "Please cite this data package, and the sources that it was coded from.",
        "type": "dataset",
        "title": descriptor["title"],
        "abstract": descriptor["description"],
        "authors": [_cff_author(author) for author in Author.all_of(descriptor)],
        "version": descriptor["version"],
        "date-released": descriptor["created"][:10],
        "doi": doi(identifier),
        "identifiers": [_cff_identifier(identifier)] if identifier and not doi(identifier) else [],
        "url": descriptor.get("homepage"),
        "license": descriptor["licenses"][0]["name"],
        "keywords": list(dict.fromkeys(descriptor.get("keywords", []))),
        "references": list(_cff_references(descriptor)),
    }
    return yaml.safe_dump(filled(fields), allow_unicode=True, sort_keys=False)


def _cff_author(author: Author) -> dict[str, str]:
    names = {"family-names": author.family, "given-names": author.given} if author.family else {"name": author.name}
    orcid = f"https://orcid.org/{author.orcid}" if author.orcid else ""
    return filled(names | {"affiliation": author.affiliation if author.family else "", "orcid": orcid})


def _cff_identifier(identifier: str) -> dict[str, str]:
    return {"type": "url" if identifier.startswith(("http://", "https://")) else "other", "value": identifier}


def _cff_references(descriptor: Descriptor) -> Iterator[dict[str, Any]]:
    for source in descriptor.get("sources", []):
        if match := REFERENCE.fullmatch(source["title"].rstrip(".")):
            path = source.get("path", "")
            yield filled(
                {
                    "type": "generic",
                    "title": match["title"],
                    "authors": [
                        dict(zip(("family-names", "given-names"), name.strip(" ").split(", "), strict=True))
                        for name in re.findall(NAME, match["authors"])
                    ],
                    "year": int(match["year"]),
                    "notes": match["rest"],
                    "doi": doi(path),
                    "url": "" if doi(path) else path,
                }
            )


def zenodo(descriptor: Descriptor) -> bytes:
    """.zenodo.json of a package: what Zenodo takes for a deposit, also from a release of a repository.

    Notes
    -----
    Field names are those of Zenodo's deposit metadata. Its licences are SPDX ids in lower case, its descriptions are
    HTML, and it tells what kind an identifier is by its form.
    """
    fields = {
        "upload_type": "dataset",
        "title": descriptor["title"],
        "description": f"<p>{html.escape(descriptor['description'], quote=False)}</p>",
        "version": descriptor["version"],
        "publication_date": descriptor["created"][:10],
        "creators": [
            filled(
                {
                    "name": f"{author.family}, {author.given}".removesuffix(", ") if author.family else author.name,
                    "affiliation": author.affiliation,
                    "orcid": author.orcid,
                }
            )
            for author in Author.all_of(descriptor)
        ],
        "license": descriptor["licenses"][0]["name"].lower(),
        "keywords": descriptor.get("keywords", []),
        "related_identifiers": [
            {"identifier": doi(source["path"]) or source["path"], "relation": "isDerivedFrom"}
            for source in descriptor.get("sources", [])
            if source.get("path")
        ],
    }
    return write_json(filled(fields))
