"""A page to code in: one HTML file with the sentences of a source and the forms of the profile."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from policycase.coding.coding_file import CASE, FINGERPRINTS, PASSAGES, coded_tables, composed, fingerprints, key_of
from policycase.coding.coding_schema import MEANINGS, REGISTERS
from policycase.coding.new_case import refuse_case_id
from policycase.coding.sentences import named, passage_rows, sentences
from policycase.coding.shorthand import SOURCES, is_id, local, whole
from policycase.model.columns import EXPECTED, FORMS
from policycase.model.dates import FORMS as DATES
from policycase.model.dates import PATTERN
from policycase.model.passages import fingerprint, skeleton
from policycase.model.profile import ENTRY_TABLES, Field, Profile, Table, shipped_profile
from policycase.model.source_texts import read_source
from policycase.storage.locations import read_given
from policycase.storage.writing import refuse_taken, write_file

ASSETS = Path(__file__).parent / "page"
TEMPLATE, STYLE = "page.html", "page.css"
LIBRARIES = ("preact.umd.js", "hooks.umd.js", "htm.umd.js", "js-yaml.umd.min.js")
SCRIPTS = ("coding.js", "page.js")
SOURCE = "source"  # the short name of the source, as policycase new gives it
MARK = re.compile(r"\{\{([a-z]+)\}\}")
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
        "source_fingerprint": fingerprint(skeleton(text)),
        "sentences": [
            {"id": local(name, case_id), "text": " ".join(one.text.split())}
            for one, name in named(found, case_id, whole_id, several=several)
        ],
        FINGERPRINTS: {name: ({"source_id": short} if several else {}) | print_ for name, print_ in prints.items()},
        "profile": described(profile),
    }


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
        "tables": {name: _table(profile.tables[name]) for name in names},
        "codes": codes,
        "kinds": {
            "edtf": {"pattern": PATTERN, "expected": DATES},
            **{kind: {"pattern": f"^(?:{form.pattern})$", "expected": EXPECTED[kind]} for kind, form in FORMS.items()},
        },
        "meanings": {name: MEANINGS[name] for name in ("stated", "inferred", "elsewhere", "supports", PASSAGES, CASE)},
        "coding": codes["coding"],
    }


def _table(table: Table) -> dict[str, Any]:
    own = {table.key, "case_id"} if table.key else {"case_id", key_of(table)}
    return {
        "title": table.title,
        "description": table.description,
        "key": table.key,
        "parts": list(table.id_parts),
        "fields": [_field(table, one) for one in table.fields.values() if one.authored and one.name not in own],
    }


def _field(table: Table, field: Field) -> dict[str, Any]:
    """A field of a form; what is empty or false is left out."""
    to = [key.table for key in table.parents if key.fields == (field.name,)]
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
        "refers": (to[0] if to else "any") if is_id(field) else "",
    }
    return {name: value for name, value in said.items() if value}


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
