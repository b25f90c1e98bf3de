"""A page to code in: one HTML file with the sentences of a source and the forms of the profile."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pycountry
from langcodes.data_dicts import ALL_SCRIPTS, VALIDITY
from langcodes.tag_parser import EXCEPTIONS
from markdown_it import MarkdownIt

from policycase.coding.coding_file import CASE, FINGERPRINTS, PASSAGES, coded_tables, composed, fingerprints, key_of
from policycase.coding.coding_schema import MEANINGS, REGISTERS
from policycase.coding.instructions import rules
from policycase.coding.new_case import refuse_case_id
from policycase.coding.sentences import named, passage_rows, sentences
from policycase.coding.shorthand import SOURCES, is_id, local, whole
from policycase.model.columns import EXPECTED, FORMS
from policycase.model.dates import FIRST_YEAR, LAST_YEAR, PATTERN
from policycase.model.dates import FORMS as DATES
from policycase.model.identifiers import COUNTRY, countries
from policycase.model.passages import SHARED_RUN, fingerprint, skeleton
from policycase.model.profile import ENTRY_TABLES, Field, Profile, Table, shipped_profile
from policycase.model.source_texts import read_source
from policycase.storage.locations import read_given
from policycase.storage.writing import refuse_taken, write_file
from policycase.validation.rules.claims import tables_meant
from policycase.validation.rules.dates import OF_PROGRAMS
from policycase.validation.rules.structure import LARGEST
from policycase.validation.rules.values import IDENTIFIERS
from policycase.validation.source_checks import LONGEST_NAME

ASSETS = Path(__file__).parent / "page"
TEMPLATE, STYLE = "page.html", "page.css"
LIBRARIES = ("preact.umd.js", "hooks.umd.js", "htm.umd.js", "js-yaml.umd.min.js")
SCRIPTS = ("coding.js", "page.js")
SOURCE = "source"  # the short name of the source, as policycase new gives it
LISTS = {  # what is offered in a field that is no vocabulary, and has to be in the list but for a unit
    ("cases", "country"): "countries",
    ("places", "iso_3166_2"): "parts",
    ("sources", "language"): "languages",
    ("figures", "unit"): "units",
}
EXPECTED_IN = {  # a field with a form of its own, which no identifier and no type has
    "countries": COUNTRY,
    "parts": "a code of ISO 3166 such as KG for a country, KG-GB for a part of one",
    "units": "1 for a count, % for a share, or a currency such as KGS",
    "independence_group": "small letters, digits and single hyphens, such as lamp-office",
    "field": "a field of the record, or record for the row as a whole",
}
LIMITS = {"minimum", "maximum"}
AT_ONCE = {  # fields that decide what a record is although they may be left empty: shown without unfolding the form
    "agencies": {"is_generic", "level"},
    "goals": {"population"},
    "claims": {"claim_type", "object_id"},
}
ASKED: list[dict[str, Any]] = [  # what rules ask of a record, unless a code in its note says that the source is silent
    {"table": "programs", "code": "no agency", "link": "program_agencies"},
    {"table": "programs", "code": "no place", "link": "program_places"},
    {"table": "programs", "code": "no start", "fields": ["start"]},
    {"table": "events", "code": "no program", "fields": ["program_id"], "if": ["event_type", sorted(OF_PROGRAMS)]},
    {
        "table": "places",
        "code": "no larger place",
        "fields": ["parent_place_id"],
        "unless": ["place_type", sorted(LARGEST)],
    },
    {"table": "sources", "code": "no address", "fields": ["url", "doi"]},
    {"table": "goals", "fields": ["program_id", "holder_agency_id"]},
]
MARK = re.compile(r"\{\{([a-z]+)\}\}")
LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")  # of Markdown; the page leads nowhere
SOURCE_MAP = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)


def coding_page(  # noqa: PLR0913 - what it takes is what the command takes
    source: str | Path,
    case_id: str,
    output: str | Path,
    *,
    resume: str | Path | None = None,
    language: str = "en",
    choices: Mapping[int, tuple[str, str]] | None = None,
    source_id: str = "",
    force: bool = False,
) -> Path:
    """One HTML page in which a person codes a source with nothing but a browser.

    Parameters
    ----------
    source
        Your copy of the source: .txt, .md, .html, .docx or .pdf.
    case_id
        The case, such as kgz-leph.
    output
        The file to write.
    resume
        A coding file to go on with.
    language
        BCP 47 tag of the source's language, by which its sentences are split.
    choices
        What the blocks of the source are; see `policycase passages --blocks`.
    source_id
        The short name of the source, such as clinic, if the case has several coded sources: the ids of its sentences
        begin with it. Default: there is one, and its name is source.
    force
        Replace the file if it exists.

    Returns
    -------
    Path
        The file. It needs no network and no server. It holds the text of the source, so it is not for publication;
        the coding file that it saves holds none, and `import_case` takes it.

    Raises
    ------
    UnreadableError
        The file exists and `force` is not set, or the existing file is not a page; the case id is not one; or the
        source or the coding file cannot be read.
    """
    target = Path(output)
    refuse_taken(target, b"<!doctype html>", force=force)
    refuse_case_id(case_id)
    text = read_source(Path(source))
    given = ""
    if resume is not None:
        composed(Path(resume))  # what is not YAML is refused here, and not in the browser
        given = read_given(Path(resume), "LARGEST_FILE").decode("utf-8-sig")
    content = page_data(text, case_id, language, choices, source_id) | {"resume": given}
    write_file(target, _html(case_id, content).encode(), force=force)
    return target


def page_data(
    text: str,
    case_id: str,
    language: str = "en",
    choices: Mapping[int, tuple[str, str]] | None = None,
    source_id: str = "",
) -> dict[str, Any]:
    """What the scripts of the page read: the sentences, their fingerprints, and the profile."""
    profile = shipped_profile()
    short, several = local(source_id, case_id) or SOURCE, bool(source_id)
    whole_id = whole(short, case_id)
    found = sentences(text, language, choices)
    rows = passage_rows(text, case_id, whole_id, language, choices, several=several)
    prints = fingerprints(rows, profile, case_id)
    return {
        "case_id": case_id,
        "source": short,
        "language": language,
        "source_fingerprint": fingerprint(skeleton(text)),
        "sentences": [
            {"id": local(name, case_id), "text": " ".join(one.text.split())}
            for one, name in named(found, case_id, whole_id, several=several)
        ],
        FINGERPRINTS: {name: ({"source_id": short} if several else {}) | print_ for name, print_ in prints.items()},
        "profile": described(profile),
        "lists": offered(case_id),
    }


def offered(case_id: str) -> dict[str, Any]:
    """Codes that no vocabulary of the profile has, as `policycase validate` knows them, with their names.

    Of the parts of countries, those of the case's own have names, and `parts_of` has the codes of all.
    """
    nations = [
        {"code": one.alpha_3, "two": getattr(one, "alpha_2", ""), "label": getattr(one, "common_name", one.name)}
        | _meaning(one)
        for one in countries()
    ]
    two = {one["two"] for one in nations if one["code"] == case_id[:3].upper()}
    parts: dict[str, list[str]] = {}
    for one in pycountry.subdivisions:
        parts.setdefault(one.country_code, []).append(one.code.partition("-")[2])
    return {
        "countries": sorted(nations, key=lambda one: one["label"]),
        "parts": [
            {"code": one.code, "label": one.name, "definition": one.type}
            for one in sorted(pycountry.subdivisions, key=lambda one: str(one.code))
            if one.country_code in two
        ],
        "parts_of": {country: " ".join(sorted(codes)) for country, codes in parts.items()},
        "languages": sorted(
            ({"code": one.alpha_2, "label": one.name} for one in pycountry.languages if hasattr(one, "alpha_2")),
            key=lambda one: str(one["label"]),
        ),
        "subtags": {
            "pattern": VALIDITY.pattern,
            "scripts": " ".join(sorted(ALL_SCRIPTS)),
            "whole": " ".join(sorted(EXCEPTIONS)),
        },
        "units": [
            {"code": "1", "label": "A count"},
            {"code": "%", "label": "A share, in percent"},
            *({"code": one.alpha_3, "label": one.name} for one in pycountry.currencies),
        ],
    }


def _meaning(country: Any) -> dict[str, str]:
    """What is said of a country beside its name: the official one, or until when it was one."""
    until = getattr(country, "withdrawal_date", "")
    said = f"A former state, until {until[:4]}." if until else getattr(country, "official_name", "")
    return {"definition": said} if said else {}


def described(profile: Profile) -> dict[str, Any]:
    """The profile as the page reads it: tables and fields with their meanings, codes with their definitions."""
    coded = coded_tables(profile)
    names = ["cases", SOURCES, *(table.name for table in coded), *REGISTERS]
    codes: dict[str, list[dict[str, str]]] = {}
    for row in profile.codes:
        said = {name: row.get(name, "") for name in ("code", "label", "definition", "use_when", "not_when")}
        codes.setdefault(row["vocabulary"], []).append({name: one for name, one in said.items() if one})
    return {
        "version": profile.version,
        "entry": list(ENTRY_TABLES),
        "coded": [table.name for table in coded],
        "registers": list(REGISTERS),
        "tables": {name: _table(profile, profile.tables[name]) for name in names},
        "codes": codes,
        "kinds": {
            "edtf": {"pattern": PATTERN, "expected": DATES},
            **{kind: {"pattern": f"^(?:{form.pattern})$", "expected": EXPECTED[kind]} for kind, form in FORMS.items()},
        },
        "asked": ASKED,
        "shared_run": SHARED_RUN,
        "longest_name": LONGEST_NAME,
        "proper": {
            name: proper
            for name in names
            if (proper := [one.name for one in profile.tables[name].fields.values() if one.proper])
        },
        "years": [FIRST_YEAR, LAST_YEAR],
        "meanings": {name: MEANINGS[name] for name in ("stated", "inferred", "elsewhere", "supports", PASSAGES, CASE)},
        "coding": codes["coding"],
    }


def _table(profile: Profile, table: Table) -> dict[str, Any]:
    own = {table.key, "case_id"} if table.key else {"case_id", key_of(table)}
    return {
        "title": table.title,
        "description": table.description,
        "key": table.key,
        "parts": list(table.id_parts),
        "fields": [
            _field(profile, table, one) for one in table.fields.values() if one.authored and one.name not in own
        ],
    }


def _field(profile: Profile, table: Table, field: Field) -> dict[str, Any]:
    """A field of a form; what is empty or false is left out."""
    to = [key.table for key in table.parents if key.fields == (field.name,)]
    listed = LISTS.get((table.name, field.name), "")
    expected = IDENTIFIERS[field.identifier][1] if field.identifier else EXPECTED_IN.get(listed or field.name, "")
    said = {
        "name": field.name,
        "title": field.title,
        "description": field.description,
        "required": field.required,
        "default": field.default,
        "vocabulary": field.vocabulary,
        "kind": "edtf" if field.edtf else field.type if field.type in FORMS else "",
        "evidence": field.evidence,
        "silent": field.silent,
        "identifier": field.identifier,
        "pattern": "" if is_id(field) else field.pattern,
        "minimum": field.minimum,
        "maximum": field.maximum,
        "expected": expected,
        "list": listed,
        "refers": (to[0] if to else "any") if is_id(field) else "",
        "meant": sorted(tables_meant(profile, table.name, field.name)),
        "at_once": field.name in AT_ONCE.get(table.name, ()),
    }
    return {name: value for name, value in said.items() if value or (name in LIMITS and value is not None)}


def _html(case_id: str, content: dict[str, Any]) -> str:
    """The template with its parts put in; nothing in a part is read as a mark."""
    vendored = [SOURCE_MAP.sub("", _asset(f"vendor/{name}")) for name in LIBRARIES]
    scripts = [*vendored, *map(_asset, SCRIPTS)]
    licenses = "\n\n".join(
        f"{path.stem}\n\n{path.read_text(encoding='utf-8').strip()}" for path in sorted(ASSETS.glob("vendor/*.LICENSE"))
    )
    parts = {
        "case": case_id,
        "hashes": " ".join(f"'sha256-{_digest(script)}'" for script in scripts),
        "style": _asset(STYLE),
        "scripts": "\n".join(f"<script>{script}</script>" for script in scripts),
        "data": _embedded(content),
        "rules": MarkdownIt("commonmark").enable("table").render(LINK.sub(r"\1", rules(case_id))),
        "licenses": licenses.replace("&", "&amp;").replace("<", "&lt;"),
    }
    return MARK.sub(lambda mark: parts[mark[1]], _asset(TEMPLATE))


def _asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _embedded(content: dict[str, Any]) -> str:
    """JSON in which no text can end the element that holds it."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
