"""Checks of the profile itself, for whoever changes it: known keys, described fields, mirrored vocabularies."""

import json
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator

from policycase.checks.jsons import duplicate_free, problems
from policycase.errors import UnreadableError
from policycase.findings import Finding
from policycase.profiles import PROFILE, Profile, schema_path


def check(profile: Profile) -> list[Finding]:
    """Problems of a profile's files."""
    try:
        meta = duplicate_free(profile.files[PROFILE])
        validator = Draft202012Validator({"$ref": "#/$defs/table", "$defs": meta["$defs"]})
        names = meta["tables"]
    except (KeyError, ValueError) as error:
        return [Finding("profile-is-readable", f"profile.json cannot be used: {error}", path=PROFILE)]
    found = [finding for name in names for finding in _schema(profile, name, validator)]
    try:
        return found or [*_agreement(profile)]
    except UnreadableError as error:
        return [Finding("profile-is-readable", str(error), path=PROFILE)]


def _schema(profile: Profile, name: str, validator: Draft202012Validator) -> Iterator[Finding]:
    path = schema_path(name)
    if path not in profile.files:
        yield Finding("schema-exists", f"no schema is at {path}", "each table of the profile has one", path=path)
        return
    try:
        schema = duplicate_free(profile.files[path])
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
            message = f"{key} of {raw['name']} differs from codes.csv"
            yield Finding("schema-mirrors-codes", message, "run: policycase render", path=path, field=raw["name"])
