"""Generated text, as a pure function of what is authored: bounds, mirrored vocabularies, dictionary, citation."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from policycase import dictionary
from policycase.checks.soundness import refuse_odd_descriptor
from policycase.dates import bounds
from policycase.descriptor import Package, write_json
from policycase.errors import DateError
from policycase.loading import csv_bytes, read_table
from policycase.metadata.citations import CITATION, ZENODO, citation, zenodo
from policycase.paths import DESCRIPTOR, inside, refuse_large
from policycase.profiles import FOLDER, Profile, Table, schema_path
from policycase.writing import write_files

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
    package = Package.read(root)
    refuse_odd_descriptor(package.descriptor)
    made = dict(_schemas(package.profile))
    profile = Profile(package.profile.files | made)
    made[f"{FOLDER}/README.md"] = dictionary.text(profile).encode()
    profile = Profile(profile.files | made)
    made |= dict(_tables(package, profile))
    made |= {CITATION: citation(package.descriptor).encode(), ZENODO: zenodo(package.descriptor)}
    made |= dict(_readme(package, profile, made))
    for example in sorted((root / EXAMPLES).glob(f"*/{DESCRIPTOR}")):
        folder = f"{EXAMPLES}/{example.parent.name}"
        inside(root, f"{folder}/{DESCRIPTOR}")  # no link out of the package
        case = Package.read(example.parent, profile)
        refuse_odd_descriptor(case.descriptor)
        made |= {f"{folder}/{path}": content for path, content in profile.files.items()}
        made |= {f"{folder}/{path}": content for path, content in _tables(case, profile)}
        # an example is deposited with the package around it, so it is cited by itself but has no .zenodo.json
        made[f"{folder}/{CITATION}"] = citation(case.descriptor).encode()
    return made


def changed(root: Path) -> dict[str, bytes]:
    """The outputs that differ from what is on disk."""
    return {
        path: content
        for path, content in outputs(root).items()
        if not inside(root, path).is_file() or (root / path).read_bytes() != content
    }


def render(root: Path) -> list[str]:
    """Write what has changed; the paths that were written."""
    differing = changed(root)
    write_files(root, differing)
    return list(differing)


def _schemas(profile: Profile) -> Iterator[tuple[str, bytes]]:
    """The schemas with `enum` and `categories` mirrored from codes.csv."""
    for name in profile.tables:
        schema = json.loads(profile.files[schema_path(name)])
        for field in schema["fields"]:
            _mirror(field, profile)
        yield schema_path(name), write_json(schema)


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


def _tables(package: Package, profile: Profile) -> Iterator[tuple[str, bytes]]:
    """The tables with the bounds of their dates; what is no allowed date is left for validation to report."""
    for name, table in profile.case_tables.items():
        frame = read_table(package, table)
        yield package.paths[name], csv_bytes(with_bounds(frame, table))


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


def _readme(package: Package, profile: Profile, made: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """The README with the table of contents between its markers, where it has them."""
    file = inside(package.root, README)
    if not file.is_file():
        return
    refuse_large(file)
    before, begin, rest = file.read_bytes().partition(CONTENTS[0].encode())
    _, end, after = rest.partition(CONTENTS[1].encode())
    if not end:
        return
    rows = ["| table | rows | what it holds |", "|---|--:|---|"]
    for table in profile.case_tables.values():
        count = made[package.paths[table.name]].count(b"\n") - 1
        rows.append(f"| [`{table.name}`](data/{table.name}.csv) | {count} | {table.description} |")
    yield README, b"".join([before, begin, "\n".join(["", *rows, ""]).encode(), end, after])
