"""Metadata for search engines and machine learning: schema.org JSON-LD and croissant.json."""

from typing import Any

import pandas as pd

from policycase.model.bibtex import package_entry
from policycase.model.identifiers import country
from policycase.model.licences import spdx
from policycase.model.package import Author, Descriptor, doi, filled
from policycase.model.profile import ENTRY_TABLES, Field, Profile, Table

SCHEMA_ORG = "https://schema.org/"


def dataset(descriptor: Descriptor, profile: Profile, cases: pd.DataFrame) -> dict[str, Any]:
    """A package as a schema.org Dataset in JSON-LD, for the head of a page.

    Parameters
    ----------
    descriptor
        Its descriptor.
    profile
        Its profile: the fields of the four tables that a reader meets first are what it measures.
    cases
        Its table `cases`, which says where and when. A case without an end leaves the time open.
    """
    paths = {resource["name"]: resource["path"] for resource in descriptor["resources"]}
    fields = {
        "@context": {"@vocab": SCHEMA_ORG},
        **about(descriptor),
        "temporalCoverage": _interval(cases),
        "spatialCoverage": [
            {"@type": "Country", "name": country_name(code), "identifier": code}
            for code in sorted(cases["country"].dropna().unique())
        ],
        "variableMeasured": [
            {
                "@type": "PropertyValue",
                "name": f"{table.title}: {field.title}",
                "propertyID": f"{table.name}.{field.name}",
                "description": field.description,
            }
            for table in (profile.tables[name] for name in ENTRY_TABLES)
            for field in table.fields.values()
            if field.authored and field.name not in {"case_id", table.key}
        ],
        "distribution": [
            {
                "@type": "DataDownload",
                "name": paths[table.name],
                "description": table.description,
                "encodingFormat": "text/csv",
            }
            for table in profile.tables.values()
        ],
    }
    return filled(fields)


def about(descriptor: Descriptor) -> dict[str, Any]:
    """What schema.org and Croissant both say of a package as a whole."""
    licenses = [_licence(entry) for entry in descriptor.get("licenses", [])]
    return {
        "@type": "Dataset",
        "name": descriptor.get("title"),
        "alternateName": descriptor.get("name"),
        "description": descriptor.get("description"),
        "identifier": descriptor.get("id"),
        "url": descriptor.get("homepage"),
        "version": descriptor.get("version"),
        "datePublished": descriptor.get("created", "")[:10],
        "license": licenses[0] if len(licenses) == 1 else licenses,
        "keywords": descriptor.get("keywords"),
        "creator": [_creator(author) for author in Author.all_of(descriptor)],
        "isBasedOn": [_work(source) for source in descriptor.get("sources", [])],
    }


def _licence(entry: Descriptor) -> str:
    """The address of a licence: its own, else that of its SPDX id; its name where it has neither."""
    path, listed = entry.get("path", ""), spdx(entry["name"])
    return path if path.startswith("http") else f"https://spdx.org/licenses/{listed}" if listed else entry["name"]


def _creator(author: Author) -> dict[str, Any]:
    return filled(
        {
            "@type": "Person" if author.family else "Organization",
            "name": author.name,
            "familyName": author.family,
            "givenName": author.given,
            "affiliation": {"@type": "Organization", "name": author.affiliation} if author.affiliation else None,
            "sameAs": f"https://orcid.org/{author.orcid}" if author.orcid else None,
        }
    )


def _work(source: Descriptor) -> dict[str, str]:
    path = source.get("path", "")
    url = f"https://doi.org/{doi(path)}" if doi(path) else path
    identifier = f"doi:{doi(path)}" if doi(path) else ""
    return filled({"@type": "CreativeWork", "name": source["title"], "url": url, "identifier": identifier})


def country_name(code: str) -> str:
    """The name of a country by its code of three letters; the code itself where there is none."""
    found = country(code)
    return getattr(found, "common_name", found.name) if found else code


def _interval(cases: pd.DataFrame) -> str:
    """From the first start to the last end as an ISO 8601 interval; empty where no case has a start."""
    start, ends = cases["start_earliest"].min(), cases["end_latest"]
    if pd.isna(start):
        return ""
    return f"{start:%Y-%m-%d}/{'..' if ends.isna().any() else f'{ends.max():%Y-%m-%d}'}"


CROISSANT = "croissant.json"
CONTEXT = {
    "@language": "en",
    "@vocab": SCHEMA_ORG,
    "sc": SCHEMA_ORG,
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
} | {
    term: f"cr:{term}"
    for term in (
        *("citeAs", "column", "equivalentProperty", "extract", "field", "fileProperty", "fileObject", "fileSet"),
        *("format", "includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet"),
        *("references", "regex", "repeated", "replace", "samplingRate", "separator", "source", "subField", "transform"),
    )
}  # the context that the specification recommends; readers warn of any other
DATA_TYPES = {"integer": "sc:Integer", "number": "sc:Float", "boolean": "sc:Boolean", "date": "sc:Date"}


def croissant(descriptor: Descriptor, profile: Profile, cases: pd.DataFrame) -> dict[str, Any]:
    """A packed package in Croissant 1.0: its files with their hashes, its tables with types and keys.

    Parameters
    ----------
    descriptor
        Its descriptor, with the `bytes` and `hash` that `policycase.publishing.pack.files` fills in.
    profile
        Its profile.
    cases
        Its table of cases, typed.

    Notes
    -----
    Foreign keys stay in datapackage.json: the reference reader, mlcroissant 1.1, joins what `references` names when it
    loads a table, and then loses rows or fails where a table points to itself or to several others.
    """
    fields = {
        "@context": CONTEXT,
        **about(descriptor),
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "citeAs": package_entry(descriptor, cases),
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": resource["path"],
                "name": resource["path"].rpartition("/")[2],
                "description": profile.tables[resource["name"]].description,
                "contentUrl": resource["path"],
                "contentSize": f"{resource['bytes']} B",
                "encodingFormat": resource["mediatype"],
                "sha256": resource["hash"].removeprefix("sha256:"),
            }
            for resource in descriptor["resources"]
        ],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": table.name,
                "name": table.name,
                "description": table.description,
                "key": [{"@id": f"{table.name}/{name}"} for name in table.primary_key],
                "field": [_column(table, field, resource["path"]) for field in table.fields.values()],
            }
            for resource in descriptor["resources"]
            for table in [profile.tables[resource["name"]]]
        ],
    }
    return filled(fields)


def _column(table: Table, field: Field, path: str) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"{table.name}/{field.name}",
        "name": field.name,
        "description": field.description,
        "dataType": DATA_TYPES.get(field.type, "sc:Text"),
        "source": {"fileObject": {"@id": path}, "extract": {"column": field.name}},
    }
