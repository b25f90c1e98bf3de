"""The JSON Schema of a coding file, which an editor completes and explains from, and a language model answers in."""

from typing import Any

from policycase.coding.coding_file import (
    CASE,
    ELSEWHERE,
    EXTENT,
    FINGERPRINTS,
    LOOSE,
    NOTE,
    OTHERS,
    PACKAGE,
    PASSAGES,
    SCOPE,
    SUPPORTS,
    coded_tables,
    key_of,
    names_in_order,
)
from policycase.coding.shorthand import INFERRED, SOURCES, STATED
from policycase.model.dates import FORMS as DATES
from policycase.model.dates import PATTERN
from policycase.model.profile import Field, Profile, Table

JSON_SCHEMA = "https://json-schema.org/draft/2020-12/schema"
TEXT = {"type": ["string", "number", "boolean", "null"]}  # as an editor types what is unquoted
REGISTERS = ("scope", "coders", "reliability")
MEANINGS = {
    STATED: "The passage says it.",
    INFERRED: "A step of reasoning lies between the passage and the value.",
    ELSEWHERE: "The value rests on other passages, which name it below supports; or on none yet.",
    NOTE: "A remark on why the passage supports the value.",
    SUPPORTS: "What else this passage supports: night-watch for a record, night-watch? if inferred, "
    "night-watch:start for one field of it.",
    "coding": "Left out: coded if anything rests on the passage, else uncoded.",
    PASSAGES: "The sentences of the coded source. Each record is under the first passage that says it.",
    OTHERS: "Sources that are not coded, with what they say: claims and figures.",
    LOOSE: "Records that rest on no passage: those that only other sources name, or that still lack one.",
    FINGERPRINTS: "Length and fingerprint of each passage; policycase passages makes them.",
    PACKAGE: "What datapackage.json says of the case: title, description, version, licenses, contributors.",
    CASE: "The case itself.",
}


def coding_schema(profile: Profile) -> dict[str, Any]:
    """The schema, with the labels and definitions of a profile."""
    tables = {table.name: table for table in coded_tables(profile)}
    records = {name: {"$ref": f"#/$defs/{name}"} for name in tables}
    sources, cases = profile.tables[SOURCES], profile.tables["cases"]
    passage = _mapping(
        {"coding": _field(profile.tables[PASSAGES].fields["coding"], MEANINGS["coding"])}
        | {NOTE: {"$ref": "#/$defs/text"}, CASE: _record(cases), **records, SUPPORTS: {"$ref": "#/$defs/supports"}}
    )
    of_others = {name: records[name] for name in ("claims", "figures")}
    case = _record(cases)
    case["properties"] = {"case_id": _field(cases.fields["case_id"])} | case["properties"]
    top = {
        CASE: case,
        SOURCES: _by_id(_record(sources), sources.description),
        PASSAGES: _by_id(passage | {"type": ["object", "null"]}, MEANINGS[PASSAGES]),
        OTHERS: _by_id(_record(sources, of_others), MEANINGS[OTHERS]),
        LOOSE: _mapping(records) | {"description": MEANINGS[LOOSE]},
        **{name: _register(profile.tables[name]) for name in REGISTERS},
        SCOPE: _scope(profile.tables[SCOPE]),
        FINGERPRINTS: _by_id(_record(profile.tables[PASSAGES]), MEANINGS[FINGERPRINTS]),
        PACKAGE: {"type": "object", "description": MEANINGS[PACKAGE]},
    }
    kinds = {
        "text": TEXT,
        "date": {
            "type": ["string", "integer", "null"],
            "pattern": PATTERN,
            "patternErrorMessage": f"expected a date such as {DATES}",  # which editors show
        },
        **{f"code.{name}": _codes(profile, name) for name in profile.vocabularies},
    }
    return {
        "$schema": JSON_SCHEMA,
        "title": f"Coding file of profile {profile.version}",
        "description": "A policy case in one file, sentence by sentence. Written by policycase render; do not edit.",
        **_mapping(top),
        "$defs": {
            **kinds,
            **{f"value.{kind}": _value(kind) for kind in kinds},
            "supports": _supports(),
            **{name: _records(table) for name, table in tables.items()},
        },
    }


def _mapping(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _by_id(record: dict[str, Any], description: str) -> dict[str, Any]:
    return {"type": "object", "description": description, "additionalProperties": record}


def _records(table: Table) -> dict[str, Any]:
    """The rows of a table: records by their ids, or links as a list."""
    record = _record(table)
    if not table.id_parts:
        return _by_id(record | {"type": ["object", "null"]}, table.description)
    key = {table.key: {"$ref": "#/$defs/text", "description": "Only to add to a link that is above."}}
    record["properties"] = record["properties"] | key
    record["anyOf"] = [{"required": list(table.id_parts)}, {"required": [table.key]}]
    return {"type": "array", "description": table.description, "items": record}


def _register(table: Table) -> dict[str, Any]:
    if key_of(table):
        return _by_id(_record(table), table.description)
    return {"type": "array", "description": table.description, "items": _record(table)}


def _scope(table: Table) -> dict[str, Any]:
    """How much of each table was coded: a code, or a code with a note."""
    extent = {"$ref": f"#/$defs/{_kind(table.fields[EXTENT])}"}
    return _by_id({"anyOf": [extent, _record(table)]}, table.description)


def _record(table: Table, more: dict[str, Any] | None = None) -> dict[str, Any]:
    fields = {name: table.fields[name] for name in names_in_order(table)}
    return _mapping({name: _field(field) for name, field in fields.items()} | (more or {}))


def _field(field: Field, more: str = "") -> dict[str, Any]:
    asked = f"Left out: {field.default}." if field.default else "Required." if field.required else ""
    described = " ".join(filter(None, [field.description, asked, more]))
    return {"title": field.title, "description": described, "$ref": f"#/$defs/value.{_kind(field)}"}


def _value(kind: str) -> dict[str, Any]:
    """A value, or a value with how it rests on its passage."""
    plain = {"$ref": f"#/$defs/{kind}"}
    marked = _mapping({mark: plain | {"description": MEANINGS[mark]} for mark in (STATED, INFERRED, ELSEWHERE)})
    marked["properties"][NOTE] = {"$ref": "#/$defs/text", "description": MEANINGS[NOTE]}
    return {"anyOf": [plain, marked | {"minProperties": 1}]}


def _kind(field: Field) -> str:
    if field.vocabulary:
        return f"code.{field.vocabulary}"
    return "date" if field.edtf else "text"


def _codes(profile: Profile, vocabulary: str) -> dict[str, Any]:
    """The codes of a vocabulary, each with its definition."""
    rows = [row for row in profile.codes if row["vocabulary"] == vocabulary]
    return {
        "oneOf": [
            {
                "const": row["code"],
                "title": row["label"],
                "description": " ".join(
                    [row["definition"]]
                    + ([f"Use when: {row['use_when']}"] if row["use_when"] else [])
                    + ([f"Not when: {row['not_when']}"] if row["not_when"] else [])
                ),
            }
            for row in rows
        ]
    }


def _supports() -> dict[str, Any]:
    noted = {"type": "object", "additionalProperties": {"$ref": "#/$defs/text"}, "maxProperties": 1}
    return {
        "type": "array",
        "description": MEANINGS[SUPPORTS],
        "items": {"anyOf": [{"type": "string"}, noted]},
    }
