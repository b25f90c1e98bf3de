"""What a coder gets: the JSON Schema of a coding file, the instructions as text, the vocabularies for REFI-QDA."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from string import Template
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree

import yaml

from policycase.analysis.agreement import EXAMPLE_CASE
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
    coding_text,
    dumped,
    key_of,
    names_in_order,
)
from policycase.coding.new_case import GUIDE
from policycase.coding.shorthand import INFERRED, SOURCES, STATED
from policycase.errors import UnknownNameError
from policycase.model.casebook import load
from policycase.model.dates import FORMS as DATES
from policycase.model.dates import PATTERN
from policycase.model.profile import CODING_SCHEMA, Field, Profile, Table
from policycase.storage.json_files import NOT_XML
from policycase.storage.locations import SHIPPED, shipped_cases, shipped_root
from policycase.storage.writing import refuse_taken, write_file

JSON_SCHEMA = "https://json-schema.org/draft/2020-12/schema"
TEXT = {"type": ["string", "number", "boolean", "null"]}  # as an editor types what stands unquoted
REGISTERS = ("scope", "coders", "reliability")
MEANINGS = {
    STATED: "The passage says it.",
    INFERRED: "A step of reasoning lies between the passage and the value.",
    ELSEWHERE: "The value rests on other passages, which name it below supports; or on none yet.",
    NOTE: "A remark on why the passage supports the value.",
    SUPPORTS: "What else this passage supports: night-watch for a record, night-watch? if inferred, "
    "night-watch:start for one field of it.",
    "coding": "Left out: coded if anything rests on the passage, else uncoded.",
    PASSAGES: "The sentences of the coded source. Each record stands under the first passage that says it.",
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
    key = {table.key: {"$ref": "#/$defs/text", "description": "Only to add to a link that stands above."}}
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


TEMPLATES = Path(__file__).parent / "templates"
NOT_FOR_CODERS = "Second coders and agreement"  # it has the figures of earlier coders
EXAMPLE = re.compile(
    r"\n- \*(?!\*)[^*]+\*(?=\n- |\n\n|\Z)"  # an item that is an example as a whole
    r"|(?P<rule>\*\*[^*]+\*\*|- \*[^*]+\*|\*[^*\s]+\*|\*[^*]+:\*)"  # emphasis, or a label before a rule
    r"|(?P<colon>:?)\s*(?:\(\*[^*]+\*\)|\*[^*\s]+\s[^*]*[^*:]\*|\(`[a-z]{3}-[a-z-]+`\))"
)
OTHER_EXAMPLE = "vnm-pmlsa", 2  # the case, and how many of its passages, where the invented example is what is coded


def instructions(profile: Profile, case_id: str = "", tables: Iterable[str] = ()) -> str:
    """The instructions in one text, as Markdown.

    Parameters
    ----------
    profile
        What tables, fields and codes there are.
    case_id
        The case that is to be coded: no example is taken from it.
    tables
        The tables to code; default: all whose rows rest on passages.

    Raises
    ------
    UnknownNameError
        A coder codes no table of that name.
    """
    known = {table.name: table for table in [profile.tables["cases"], *coded_tables(profile)]}
    named = list(dict.fromkeys(tables))
    for name in named:
        if name not in known:
            kind = "table of coded rows"
            raise UnknownNameError(kind, name, known)
    chosen = [known[name] for name in named or known]
    scope = f"Code these tables alone: {', '.join(f'`{name}`' for name in named)}." if named else ""
    template = Template((TEMPLATES / "instructions.md").read_text(encoding="utf-8"))
    return template.substitute(
        case=case_id or "any case",
        version=profile.version,
        scope=scope or "Code every table below.",
        rules=_rules(case_id),
        tables="\n\n".join("\n".join(_table(table)) for table in chosen),
        codes="\n\n".join(
            "\n".join(["#" + line for line in [first]] + rest) for first, *rest in _sections(chosen, profile)
        ),
        schema=CODING_SCHEMA,
        marks="\n".join(f"  - `{{{mark}: 1999}}`: {MEANINGS[mark]}" for mark in (STATED, INFERRED, ELSEWHERE))
        + f"\n  - `{NOTE}` beside the mark: {MEANINGS[NOTE]}\n- `{SUPPORTS}`: {MEANINGS[SUPPORTS]}",
        example=_example(case_id),
    )


def _rules(case_id: str) -> str:
    """The sections of CODING.md; for a case from which its examples come, without these."""
    about, *sections = (shipped_root() / GUIDE).read_text(encoding="utf-8").split("\n## ")
    intro = about.partition("\n")[2].strip()
    kept = [section for section in sections if not section.startswith(NOT_FOR_CODERS)]
    rules = "\n\n".join([intro, *(f"### {section.strip()}" for section in kept)])
    return _without_examples(rules) if case_id in shipped_cases().keys() - {SHIPPED} else rules


def _without_examples(rules: str) -> str:
    """The rules alone: examples stand in italics behind them, or are a case in brackets."""
    return EXAMPLE.sub(lambda found: found["rule"] or ("." if found["colon"] else ""), rules)


def _table(table: Table) -> Iterator[str]:
    yield f"### {table.name}"
    yield ""
    yield f"{table.description}{_key(table)}"
    yield ""
    for name in names_in_order(table):
        yield f"- `{name}` ({_form(table, table.fields[name])}): {table.fields[name].description}"


def _key(table: Table) -> str:
    return (
        f" One item of a list for each {', '.join(f'`{part}`' for part in table.id_parts)}." if table.id_parts else ""
    )


def _form(table: Table, field: Field) -> str:
    """What is written into a field, in a few words."""
    targets = {link.fields[0]: link.table for link in table.parents}
    if field.vocabulary:
        kind = f"code of {field.vocabulary}"
    elif field.name in targets:
        kind = f"id of {targets[field.name]}"
    else:
        kind = "date" if field.edtf else field.type
    more = "; required" * (field.required and not field.default) + (
        f"; left out: {field.default}" * bool(field.default)
    )
    return kind + more


def _sections(tables: list[Table], profile: Profile) -> Iterator[list[str]]:
    """The section of each vocabulary that a field of the tables takes its codes from."""
    used = {table.fields[name].vocabulary for table in tables for name in names_in_order(table)}
    for vocabulary in profile.vocabularies:
        if vocabulary in used:
            yield list(vocabulary_section(profile, vocabulary))


def vocabulary_section(profile: Profile, vocabulary: str) -> Iterator[str]:
    """The section of a vocabulary in the dictionary: its codes with their definitions."""
    yield f"## Vocabulary {vocabulary}"
    yield ""
    yield "| code | definition | use when | not when |"
    yield "|---|---|---|---|"
    for row in profile.codes:
        if row["vocabulary"] == vocabulary:
            yield f"| `{row['code']}` | {row['definition']} | {row['use_when']} | {row['not_when']} |"


def _example(case_id: str) -> str:
    """A few passages of another case than the one to be coded, as a coder would write them."""
    if case_id != EXAMPLE_CASE:
        about = f"An example from `{EXAMPLE_CASE}`, which is invented; `council` and `fyrvag` stand further up:"
        text = (TEMPLATES / "example.yaml").read_text(encoding="utf-8")
    else:
        other, count = OTHER_EXAMPLE
        about = f"An example from `{other}`, whose sentences are not printed here:"
        passages: dict[str, Any] = yaml.safe_load(coding_text(load(other)))[PASSAGES]
        text = dumped({PASSAGES: dict(list(passages.items())[:count])})
    return f"{about}\n\n```yaml\n{text.strip()}\n```"


NAMESPACE = "urn:QDA-XML:codebook:1.0"
ORIGIN = "policycase"
BASE = uuid5(NAMESPACE_URL, f"urn:{ORIGIN}:codes")
BEGINNING = b"<?xml version='1.0' encoding='utf-8'?>\n<CodeBook xmlns=\"urn:QDA-XML:codebook:1.0\" origin=\"policycase"


def write_refi_qda(profile: Profile, target: Path, vocabulary: str = "", *, force: bool = False) -> int:
    """Write the codebook of all vocabularies, or of one; the number of codes.

    Raises
    ------
    UnknownNameError
        There is no such vocabulary.
    UnreadableError
        The file exists and `force` is not set, or it was not written by this command.
    """
    if vocabulary and vocabulary not in profile.vocabularies:
        kind = "vocabulary"
        raise UnknownNameError(kind, vocabulary, profile.vocabularies)
    refuse_taken(target, BEGINNING, force=force)
    names = [vocabulary] if vocabulary else list(profile.vocabularies)
    write_file(target, refi_qda(profile, names), force=force)
    return sum(len(profile.vocabularies[name]) for name in names)


def refi_qda(profile: Profile, vocabularies: list[str]) -> bytes:
    """A code for each vocabulary, not to be used itself, and below it its codes with their definitions.

    The GUIDs follow from the names, so that a later version of the codebook updates the codes of an earlier one.
    """
    ElementTree.register_namespace("", NAMESPACE)
    root = ElementTree.Element(_tag("CodeBook"), {"origin": f"{ORIGIN}, profile {profile.version}"})
    codes = ElementTree.SubElement(root, _tag("Codes"))
    for name in vocabularies:
        used = [f"{table}.{field.name}" for table, field in profile.fields(vocabulary=name)]
        about = f"Codes of {', '.join(used)}." if used else ""
        parent = _code(codes, name, name, about, is_codable=False)
        for row in profile.codes:
            if row["vocabulary"] == name:
                _code(parent, f"{name}:{row['code']}", row["code"], _description(row), is_codable=True)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _code(parent: ElementTree.Element, path: str, name: str, about: str, *, is_codable: bool) -> ElementTree.Element:
    guid = str(uuid5(BASE, path))
    code = ElementTree.SubElement(
        parent, _tag("Code"), {"guid": guid, "name": NOT_XML.sub("\ufffd", name), "isCodable": str(is_codable).lower()}
    )
    if about:
        ElementTree.SubElement(code, _tag("Description")).text = NOT_XML.sub("\ufffd", about)
    return code


def _description(row: dict[str, str]) -> str:
    """Label, definition, and when to use it and when not, a line for each."""
    lines = {row["label"]: row["definition"], "Use when": row["use_when"], "Not when": row["not_when"]}
    return "\n".join(f"{key}: {text}" for key, text in lines.items() if text)
