"""Generated files: date bounds, dictionary, citation, copies of the schemas, each from what is written by hand."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from policycase.coding.coding_schema import coding_schema
from policycase.errors import DateError
from policycase.model.dates import bounds
from policycase.model.package import Package, refuse_invalid_descriptor, write_json
from policycase.model.profile import (
    CODING_SCHEMA,
    DICTIONARY,
    ENTRY_TABLES,
    Field,
    Profile,
    Table,
    refuse_other_profile,
    schema_path,
)
from policycase.model.provenance import ATTESTED, OTHER_SOURCE, attestations, in_source_order
from policycase.model.tables import Tables, read_table
from policycase.publishing.citation_files import CITATION, ZENODO, citation, zenodo
from policycase.storage.csv_files import CsvFile, csv_bytes, text_frame
from policycase.storage.locations import DESCRIPTOR, inside, read_bytes
from policycase.storage.writing import write_files

SAID_ONCE = {"case_id", "note"}
CONVENTIONS = (
    "- An empty cell means that the source does not say. A required field is never empty.",
    "- An id is `case_id:local-name`, unique over all tables of all cases and never reused. `case_id` is the case that",
    "  a row belongs to, and the prefix of every id in it. A link's id is its parts joined by `--`, then `--2`, `--3`",
    "  for further spells of the same parts.",
    "- A date is EDTF (ISO 8601-2): year, month, day, decade `199X`, a trailing `?` or `~`, or one of a range",
    "  `[2000..2001]`, `[2002..]`, `[..2020-03-25]`. Each date `x` has two more columns, `x_earliest` and `x_latest`:",
    "  the first and last day that it can mean, empty where the date is open on that side.",
    "- Derived columns are filled by `policycase render`: these bounds, and `attested_by`.",
    "- `note` is a remark of the coder. Notes, statements and summaries are in our own words.",
)


def text(profile: Profile) -> str:
    """The dictionary: diagram, tables with their fields, vocabularies with their codes."""
    return "\n".join(_lines(profile)) + "\n"


def _lines(profile: Profile) -> Iterator[str]:
    yield "# Data dictionary"
    yield ""
    yield f"Profile {profile.version}. Written by `policycase render` from the schemas and codes.csv; do not edit."
    yield ""
    yield f"Start with four tables, usable on their own: {', '.join(f'[{name}](#{name})' for name in ENTRY_TABLES)}."
    yield "The others link them, or say where their values come from."
    yield ""
    yield from CONVENTIONS
    yield ""
    yield from _diagram(profile)
    yield ""
    yield "# Tables"
    for table in profile.tables.values():
        yield ""
        yield from _table(table)
    yield ""
    yield "# Vocabularies"
    for vocabulary in profile.vocabularies:
        yield ""
        yield from vocabulary_section(profile, vocabulary)


def _diagram(profile: Profile) -> Iterator[str]:
    """Mermaid: an edge for each foreign key, the case's own left out; every table points to cases."""
    yield "```mermaid"
    yield "erDiagram"
    for table in profile.case_tables.values():
        for link in table.parents:
            yield f'    {link.table} ||--o{{ {table.name} : "{link.fields[0]}"'
    yield '    claims }o--|| programs : "record_id, any row"'
    yield '    evidence }o--|| programs : "record_id, any row"'
    yield "```"


def _table(table: Table) -> Iterator[str]:
    yield f"## {table.name}"
    yield ""
    key = ", ".join(f"`{name}`" for name in table.primary_key)
    made = f" The id is `{'--'.join(table.id_parts)}`, local names only." if table.id_parts else ""
    yield f"{table.description} Key: {key}.{made}"
    yield ""
    yield "| field | type | required | meaning |"
    yield "|---|---|---|---|"
    targets = {link.fields[0]: link.table for link in table.foreign_keys}
    for field in table.fields.values():
        if not field.bound and field.name not in SAID_ONCE:
            required = "yes" if field.required else ""
            yield f"| `{field.name}` | {_type(field, targets)} | {required} | {field.description} |"


def _type(field: Field, targets: dict[str, str]) -> str:
    if field.vocabulary:
        return f"[{field.vocabulary}](#vocabulary-{field.vocabulary})"
    if field.name in targets:
        return f"id of [{targets[field.name]}](#{targets[field.name]})"
    return "date (EDTF)" if field.edtf else field.type


def vocabulary_section(profile: Profile, vocabulary: str) -> Iterator[str]:
    """The section of a vocabulary in the dictionary: its codes with their definitions."""
    yield f"## Vocabulary {vocabulary}"
    yield ""
    yield "| code | definition | use when | not when |"
    yield "|---|---|---|---|"
    for row in profile.codes:
        if row["vocabulary"] == vocabulary:
            yield f"| `{row['code']}` | {row['definition']} | {row['use_when']} | {row['not_when']} |"


README = "README.md"
REFERENCE = "docs/reference"
WRITTEN = "<!-- written by policycase render; do not edit -->"
EXAMPLES = "examples"
CONTENTS = ("<!-- contents: written by policycase render -->", "<!-- /contents -->")


Pages = Callable[[Profile], dict[str, bytes]]


def outputs(root: Path, reference: Pages | None = None) -> dict[str, bytes]:
    """Every generated file of a package, as path and content; nothing is written.

    Pages of the reference are among them only where the package already has the first of them, as this repository does.

    Raises
    ------
    UnreadableError
        An authored file cannot be read, or the schemas lack a table or a column that is read here.
    InvalidPackageError
        A descriptor is not valid.
    """
    package = Package.read(root)
    refuse_other_profile(package.profile)
    refuse_invalid_descriptor(package.descriptor)
    made = package.profile.files | dict(_schemas(package.profile))  # the authored ones too, for their line ends
    profile = Profile(made.copy())
    made[DICTIONARY] = text(profile).encode()
    made[CODING_SCHEMA] = write_json(coding_schema(profile))
    profile = Profile(profile.files | made)
    made |= dict(_tables(package, profile))
    made |= {CITATION: citation(package.descriptor).encode(), ZENODO: zenodo(package.descriptor)}
    made |= dict(_readme(package, profile, made))
    if reference and (_present(root, f"{REFERENCE}/tables/index.md") or b"").startswith(WRITTEN.encode()):
        made |= reference(profile)
    for example in sorted((root / EXAMPLES).glob(f"*/{DESCRIPTOR}")):
        folder = f"{EXAMPLES}/{example.parent.name}"
        inside(root, f"{folder}/{DESCRIPTOR}")  # no link out of the package
        case = Package.read(example.parent, profile)
        refuse_invalid_descriptor(case.descriptor)
        made |= {f"{folder}/{path}": content for path, content in profile.files.items()}
        made |= {f"{folder}/{path}": content for path, content in _tables(case, profile)}
        # an example is deposited with the package around it, so it is cited by itself but has no .zenodo.json
        made[f"{folder}/{CITATION}"] = citation(case.descriptor).encode()
    return made


def changed(root: Path, reference: Pages | None = None) -> dict[str, bytes]:
    """The outputs that differ from what is on disk."""
    return {path: content for path, content in outputs(root, reference).items() if _present(root, path) != content}


def _present(root: Path, path: str) -> bytes | None:
    """The bytes of a file; None if it does not exist."""
    try:
        return read_bytes(root, path)
    except FileNotFoundError:
        return None


def render(root: Path, reference: Pages | None = None) -> list[str]:
    """Write what has changed; the paths that were written."""
    differing = changed(root, reference)
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
    rest: dict[str, Any] = {key: field.pop(key) for key in ("example", "policycase") if key in field}
    if vocabulary:
        constraints["enum"] = profile.vocabularies[vocabulary]
        rest["categories"] = [
            {"value": row["code"], "label": row["label"]} for row in profile.codes if row["vocabulary"] == vocabulary
        ]
    field |= ({"constraints": constraints} if constraints else {}) | rest


def _tables(package: Package, profile: Profile) -> Iterator[tuple[str, bytes]]:
    """The tables with their derived columns, in the order of the source.

    Dates that are not allowed are left for validation to report.
    """
    frames = {name: read_table(package, table) for name, table in profile.case_tables.items()}
    frames = in_source_order(frames, profile)
    for name, frame in derived(frames, profile).items():
        yield package.paths[name], csv_bytes(frame)


def derived(frames: Mapping[str, pd.DataFrame], profile: Profile) -> dict[str, pd.DataFrame]:
    """The text frames of a case with every derived column worked out, in the order of the schemas."""
    tables = Tables(frames, profile, {})
    said_by = attestations(tables)
    return {
        name: _derived(frames[name], table, {ATTESTED: said_by[name]} if name in said_by else {})
        for name, table in profile.case_tables.items()
    }


def _derived(frame: pd.DataFrame, table: Table, more: dict[str, list[str]]) -> pd.DataFrame:
    found = {
        field.name: frame[field.of].map(lambda text, side=field.bound: _bound(text, side))
        for field in table.fields.values()
        if field.bound
    }
    return frame.assign(**found, **more)[list(table.fields)]


def _bound(text: object, side: str) -> str:
    try:
        day = getattr(bounds(text), side) if isinstance(text, str) else None
    except DateError:
        day = None
    return day.isoformat() if day else ""


def _readme(package: Package, profile: Profile, made: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """The README with its entry tables, and how many others there are, between its markers, where it has them."""
    before, begin, rest = (_present(package.root, README) or b"").partition(CONTENTS[0].encode())
    _, end, after = rest.partition(CONTENTS[1].encode())
    if not end:
        return
    rows = [
        "| table | rows from the coded source | rows from other sources only | what it holds |",
        "|---|--:|--:|---|",
    ]
    for name in ENTRY_TABLES:
        attested = text_frame(CsvFile.of(made[package.paths[name]], package.paths[name]))[ATTESTED]
        more = int(attested.eq(OTHER_SOURCE).sum())
        about = profile.tables[name].description
        rows.append(f"| [`{name}`](data/{name}.csv) | {len(attested) - more} | {more} | {about} |")
    further = len(profile.case_tables) - len(ENTRY_TABLES)
    others = f"{further} further tables of the case link these or say where values come from."
    yield README, b"".join([before, begin, "\n".join(["", *rows, "", others, ""]).encode(), end, after])
