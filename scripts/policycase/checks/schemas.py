"""Stage 2: every schema has known keys only, describes every field, and agrees with the vocabularies."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from policycase.checks.jsons import duplicate_free, problems
from policycase.descriptor import read_descriptor
from policycase.errors import UnreadableError, did_you_mean
from policycase.findings import Finding
from policycase.paths import inside, shipped_root
from policycase.profiles import FOLDER, PROFILE, Profile, schema_path


def check(root: Path) -> list[Finding]:
    """Problems of schemas/; with any, no later stage can be trusted."""
    try:
        profile = Profile.read(root)
        meta = duplicate_free(profile.files[PROFILE])
        validator = Draft202012Validator({"$ref": "#/$defs/table", "$defs": meta["$defs"]})
    except (UnreadableError, KeyError, ValueError) as error:
        return [Finding("profile-is-readable", f"profile.json or schemas/ cannot be read: {error}", path=PROFILE)]
    found = [finding for name in meta["tables"] for finding in _schema(root, name, validator)]
    if not found:
        found = [*_agreement(profile)]
    if not found:
        found = [*_headers(root, profile)]
    return found or [*_difference(profile)]


def _schema(root: Path, name: str, validator: Draft202012Validator) -> Iterator[Finding]:
    path = schema_path(name)
    try:
        schema = duplicate_free(inside(root, path).read_bytes())
    except OSError:
        hint = "a package carries the schema of each of its tables"
        yield Finding("schema-exists", f"no schema is at {path}", hint, path=path)
        return
    except ValueError as error:
        yield Finding("schema-is-json", f"not readable as JSON in UTF-8: {error}", path=path)
        return
    yield from problems(validator, schema, path, "schema-follows-profile")


def _agreement(profile: Profile) -> Iterator[Finding]:
    """Keys name fields that exist; enum and categories mirror the vocabulary."""
    for name, table in profile.tables.items():
        path = schema_path(name)
        if table.name != name:
            yield Finding("schema-keys-exist", f'name is "{table.name}"; the file says {name}', path=path)
        for column in (*table.primary_key, *table.id_parts):
            if column not in table.fields:
                yield Finding("schema-keys-exist", f'a key names "{column}", which is no field', path=path)
        for link in table.foreign_keys:
            to = profile.tables.get(link.table)
            if to is None or not set(link.to) <= set(to.fields) or not set(link.fields) <= set(table.fields):
                message = f'the foreign key on {", ".join(link.fields)} names no field of "{link.table}"'
                yield Finding("schema-keys-exist", message, path=path)
        for raw in json.loads(profile.files[path])["fields"]:
            yield from _mirror(profile, path, raw)


def _mirror(profile: Profile, path: str, raw: dict[str, Any]) -> Iterator[Finding]:
    vocabulary = raw.get("policycase", {}).get("vocabulary")
    if vocabulary and vocabulary not in profile.vocabularies:
        message = f'vocabulary "{vocabulary}" is not in codes.csv'
        yield Finding("schema-mirrors-codes", message, path=path, field=raw["name"])
        return
    rows = [row for row in profile.codes if row["vocabulary"] == vocabulary] if vocabulary else []
    wanted = {
        "enum": [row["code"] for row in rows],
        "categories": [{"value": row["code"], "label": row["label"]} for row in rows],
    }
    found = {"enum": raw.get("constraints", {}).get("enum", []), "categories": raw.get("categories", [])}
    for key, mirrored in wanted.items():
        if found[key] != mirrored:
            yield Finding(
                "schema-mirrors-codes",
                f"{key} of {raw['name']} differs from codes.csv",
                "run: policycase render",
                path=path,
                field=raw["name"],
            )


def _headers(root: Path, profile: Profile) -> Iterator[Finding]:
    """Each table's header is its schema's fields, in their order."""
    for resource in read_descriptor(root)["resources"]:
        if resource["name"] not in profile.tables:
            continue  # the next stage says so
        first = inside(root, resource["path"]).read_text(encoding="utf-8").split("\n", 1)[0]
        wanted = list(profile.tables[resource["name"]].fields)
        found = first.split(",")
        if found != wanted:
            message, hint = _difference_of_header(found, wanted)
            yield Finding("header-equals-schema", message, hint, path=resource["path"], line=1)


def _difference_of_header(found: list[str], wanted: list[str]) -> tuple[str, str]:
    unknown = [name for name in found if name not in wanted]
    missing = [name for name in wanted if name not in found]
    if unknown:
        hint = did_you_mean(unknown[0], missing or wanted).removeprefix(" · ")
        return f'no column is named "{unknown[0]}" in the schema', hint
    if missing:
        return f"the column {', '.join(missing)} is missing", "write every column of the schema, if only its name"
    return "the columns stand twice or in another order than the schema's", f"expected {','.join(wanted)}"


def _difference(profile: Profile) -> Iterator[Finding]:
    """Files of schemas/ are byte-equal to those of the profile version that they name."""
    ours = Profile.read(shipped_root())
    if profile.version.split(".")[0] != ours.version.split(".")[0]:
        message = f"profile {profile.version}; this policycase knows {ours.version}"
        yield Finding("profile-version-is-known", message, "install the policycase of that version", path=PROFILE)
    elif profile.version == ours.version:
        for path in sorted(profile.files.keys() | ours.files.keys()):
            if profile.files.get(path) != ours.files.get(path):
                yield Finding(
                    "schema-equals-profile",
                    f"differs from the file of profile {ours.version}",
                    f"take {FOLDER}/ from the profile unchanged",
                    path=path,
                )
