"""Generated text, as a pure function of what is authored: bounds, mirrored vocabularies, dictionary, citation."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from policycase import dictionary
from policycase.dates import bounds
from policycase.descriptor import read_descriptor, write_json
from policycase.errors import DateError, UnreadableError
from policycase.loading import csv_bytes, read_csv
from policycase.metadata.citations import CITATION, ZENODO, citation, zenodo
from policycase.paths import DESCRIPTOR, inside
from policycase.profiles import FOLDER, PROFILE, Profile, Table, schema_path
from policycase.writing import write_whole

README = "README.md"
EXAMPLES = "examples"
CONTENTS = ("<!-- contents: written by policycase render -->", "<!-- /contents -->")


def outputs(root: Path) -> dict[str, bytes]:
    """Every generated file of a package, as path and content; nothing is written.

    Raises
    ------
    UnreadableError
        An authored file cannot be read.
    """
    made = dict(_schemas(Profile.read(root)))
    profile = Profile(Profile.read(root).files | made)
    made[f"{FOLDER}/README.md"] = dictionary.text(profile).encode()
    profile = Profile(profile.files | made)
    made |= dict(_tables(root, profile))
    descriptor = read_descriptor(root)
    made |= {CITATION: citation(descriptor).encode(), ZENODO: zenodo(descriptor)}
    readme = inside(root, README)
    if readme.is_file() and CONTENTS[0] in readme.read_text(encoding="utf-8"):
        made[README] = _readme(readme.read_text(encoding="utf-8"), profile, made).encode()
    for example in sorted((root / EXAMPLES).glob(f"*/{DESCRIPTOR}")):
        folder = f"{EXAMPLES}/{example.parent.name}"
        inside(root, f"{folder}/{DESCRIPTOR}")  # no link out of the package
        made |= {f"{folder}/{path}": content for path, content in profile.files.items()}
        made |= {f"{folder}/{path}": content for path, content in _tables(example.parent, profile)}
        # an example is deposited with the package around it, so it is cited by itself but has no .zenodo.json
        made[f"{folder}/{CITATION}"] = citation(read_descriptor(example.parent)).encode()
    return made


def changed(root: Path) -> dict[str, bytes]:
    """The outputs that differ from what is on disk."""
    return {
        path: content
        for path, content in outputs(root).items()
        if not (root / path).is_file() or (root / path).read_bytes() != content
    }


def render(root: Path) -> list[str]:
    """Write what has changed; the paths that were written."""
    differing = changed(root)
    for path, content in differing.items():
        write_whole(inside(root, path), content)
    return list(differing)


def _schemas(profile: Profile) -> Iterator[tuple[str, bytes]]:
    """The schemas with `enum` and `categories` mirrored from codes.csv."""
    for path, content in profile.files.items():
        if path.endswith(".json") and path != PROFILE:
            schema = json.loads(content)
            for field in schema["fields"]:
                _mirror(field, profile)
            yield path, write_json(schema)


def _mirror(field: dict[str, Any], profile: Profile) -> None:
    vocabulary = field.get("policycase", {}).get("vocabulary")
    constraints = {key: value for key, value in field.pop("constraints", {}).items() if key != "enum"}
    field.pop("categories", None)
    rest = {key: field.pop(key) for key in ("example", "policycase") if key in field}
    if vocabulary:
        constraints["enum"] = profile.vocabularies[vocabulary]
        rest["categories"] = [
            {"value": row["code"], "label": row["label"]} for row in profile.codes if row["vocabulary"] == vocabulary
        ]
    field |= ({"constraints": constraints} if constraints else {}) | rest


def _tables(root: Path, profile: Profile) -> Iterator[tuple[str, bytes]]:
    """The tables with the bounds of their dates; what is no allowed date is left for validation to report."""
    for resource in read_descriptor(root)["resources"]:
        table = profile.table(resource["name"])
        if table.kind == "vocabulary":
            continue
        frame = read_csv(inside(root, resource["path"]), resource["path"])
        if list(frame.columns) != list(table.fields):
            msg = f"{resource['path']}:1: the header differs from {schema_path(table.name)}"
            raise UnreadableError(msg)
        yield resource["path"], csv_bytes(with_bounds(frame, table))


def with_bounds(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """The text frame with every bound worked out from its date, in the order of the schema."""
    derived = {
        field.name: frame[field.of].map(lambda text, side=field.bound: _bound(text, side))
        for field in table.fields.values()
        if field.bound
    }
    return frame.assign(**derived)[list(table.fields)]


def _bound(text: object, side: str) -> str:
    try:
        day = getattr(bounds(text), side) if isinstance(text, str) else None
    except DateError:
        day = None
    return day.isoformat() if day else ""


def _readme(text: str, profile: Profile, made: dict[str, bytes]) -> str:
    """The README with the table of contents between its markers."""
    rows = ["| table | rows | what it holds |", "|---|--:|---|"]
    for table in profile.case_tables.values():
        count = made[f"data/{table.name}.csv"].count(b"\n") - 1
        rows.append(f"| [`{table.name}`](data/{table.name}.csv) | {count} | {table.description} |")
    before, rest = text.split(CONTENTS[0])
    after = rest.split(CONTENTS[1])[1]
    return before + "\n".join([CONTENTS[0], *rows, CONTENTS[1]]) + after
