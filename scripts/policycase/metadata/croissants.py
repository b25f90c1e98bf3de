"""A packed package in Croissant, the metadata that loaders for machine learning read."""

from typing import Any

from policycase.citing import package_entry
from policycase.merging import Descriptor
from policycase.metadata.datasets import SCHEMA_ORG, about
from policycase.metadata.entries import filled
from policycase.profiles import Field, Profile, Table

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


def croissant(descriptor: Descriptor, profile: Profile) -> dict[str, Any]:
    """A packed package in Croissant 1.0: its files with their hashes, its tables with types and keys.

    Parameters
    ----------
    descriptor
        Its descriptor, with the `bytes` and `hash` that `policycase.packing.files` fills in.
    profile
        Its profile.

    Notes
    -----
    Foreign keys stay in datapackage.json: the reference reader, mlcroissant 1.1, joins what `references` names when it
    loads a table, and then loses rows or fails where a table points to itself or to several others.
    """
    fields = {
        "@context": CONTEXT,
        **about(descriptor),
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "citeAs": package_entry(descriptor),
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
