"""What comes before the tables: the files of a package, its schemas, its descriptor and profile."""

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator

from policycase.errors import PolicyCaseError, TooLargeError, UnreadableError, did_you_mean
from policycase.findings import Finding
from policycase.model.identifiers import is_at_orcid, orcid
from policycase.model.licences import meant
from policycase.model.package import Folder, Package, read_descriptor
from policycase.model.profile import DATA, FOLDER, PROFILE, Profile, schema_path, shipped_profile
from policycase.storage.csv_files import NO_NUMBERS
from policycase.storage.json_files import duplicate_free, problems
from policycase.storage.locations import DESCRIPTOR, inside


def check_authoring(profile: Profile) -> list[Finding]:
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
                yield Finding("schema-keys-exist", f'a key names "{column}", which is not a field', path=path)
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


UNCHANGED = f"take {FOLDER}/ unchanged from the profile, as policycase new writes it"
NO_TABLE = "a policy case lists tables alone; take it out of resources, and leave the file beside the others"


def check_files(folder: Folder) -> list[Finding]:
    """Problems of the descriptor's and the tables' files; with an error, no later stage can be trusted."""
    try:
        descriptor = read_descriptor(folder)
    except PolicyCaseError as error:
        message = str(error).removeprefix(f"{folder.root}/").removeprefix(f"{DESCRIPTOR}: ")
        return [Finding("descriptor-is-json", message, path=DESCRIPTOR)]
    resources = descriptor.get("resources")
    if not isinstance(resources, list) or not resources:
        return [Finding("descriptor-lists-resources", "resources is missing or empty", path=DESCRIPTOR)]
    return [found for number, resource in enumerate(resources) for found in _resource(folder, number, resource)]


def _resource(folder: Folder, number: int, resource: Any) -> Iterator[Finding]:
    where = f"resources[{number}]"
    if not isinstance(resource, dict) or not all(isinstance(resource.get(key), str) for key in ("name", "path")):
        yield Finding("descriptor-lists-resources", f"{where} has no name and path as text", path=DESCRIPTOR)
        return
    schema = resource.get("schema", "schemas")
    if isinstance(schema, dict):
        wanted = schema_path(resource["name"])
        message = f"{where}.schema is an inline schema; expected the path of a file"
        yield Finding("schema-is-a-file", message, f"write {wanted}, and keep the schema there", "error", DESCRIPTOR)
        return
    if not isinstance(schema, str):
        message = f"{where}.schema is not a relative path"
        yield Finding("path-stays-in-package", message, path=DESCRIPTOR, field="schema")
        return
    try:
        inside(folder.root, resource["path"])
        inside(folder.root, schema)
        if not _is_table(resource):
            yield Finding(
                "resource-is-a-table", f'{where}: "{resource["name"]}" is not a table', NO_TABLE, path=DESCRIPTOR
            )
            return
        of_profile = resource["path"].startswith(f"{FOLDER}/")
        for finding in folder.table(resource["path"]).findings:
            yield replace(finding, hint=UNCHANGED) if of_profile and finding.severity == "error" else finding
    except TooLargeError as error:
        yield Finding("file-is-not-too-large", str(error), path=resource["path"])
    except PolicyCaseError as error:
        yield Finding("path-stays-in-package", f"{where}: {error}", path=DESCRIPTOR, field="path")
    except OSError as error:
        message = f"{where}: cannot read {resource['path']}: {error.strerror}"
        yield Finding("file-exists", message, "add the file, or correct the path", path=DESCRIPTOR, field="path")


def _is_table(resource: dict[str, Any]) -> bool:
    """Whether a resource is described as a table, or its file is named as one."""
    defaults = {"type": "table", "profile": "tabular-data-resource", "format": "csv", "mediatype": "text/csv"}
    stated = any(resource.get(key) == value for key, value in defaults.items())
    return stated or "schema" in resource or resource["path"].lower().endswith((".csv", ".tsv", ".txt"))


CHANGES = {
    "1.0.0": "code it again under 2.0.0 (policycase new): sources.year became published; attested_by, legal_form, "
    "value_max, source_extent, a status for each place of a program and the tables program_links, coders and "
    "reliability are new; agencies.level may be empty; roles, stances and other vocabularies grew"
}


def check_schemas(folder: Folder) -> list[Finding]:
    """Problems of schemas/ and of the headers; with an error, no later stage can be trusted."""
    ours = shipped_profile()
    try:
        theirs = folder.profile
    except UnreadableError as error:
        return [Finding("schema-equals-profile", str(error).removeprefix(f"{folder.root}/"), path=FOLDER)]
    wrong = [*_difference(ours, theirs)] or [*_of_profile()] or [*_headers(folder, ours)]
    return [*wrong, *_line_ends(theirs)]


def is_ours(profile: Profile) -> bool:
    """Whether a package carries the files of the profile that this library knows, and nothing is wrong with them."""
    return profile.files == shipped_profile().files and not profile.converted and not _of_profile()


@lru_cache
def _of_profile() -> tuple[Finding, ...]:
    """What is wrong with the profile itself: asked once, not for each of ten thousand cases."""
    return tuple(check_authoring(shipped_profile()))


def _difference(ours: Profile, theirs: Profile) -> Iterator[Finding]:
    """Files of schemas/ are byte-equal to those of the profile version that they name."""
    if ours.files == theirs.files:
        return
    try:
        stated = theirs.version
    except UnreadableError:
        stated = ours.version
    if stated != ours.version:
        message = f"profile {stated}; this policycase reads {ours.version}"
        hint = CHANGES.get(stated, "install the policycase of that version")
        yield Finding("profile-version-is-known", message, hint, path=PROFILE)
        return
    for path in sorted(theirs.files.keys() | ours.files.keys()):
        if theirs.files.get(path) != ours.files.get(path):
            differs = "is missing" if path not in theirs.files else f"is not the file of profile {ours.version}"
            yield Finding("schema-equals-profile", f"{path.removeprefix(f'{FOLDER}/')} {differs}", UNCHANGED, path=path)


def _line_ends(theirs: Profile) -> Iterator[Finding]:
    """Line ends never make another profile."""
    if theirs.converted:
        first, count = theirs.converted[0].removeprefix(f"{FOLDER}/"), len(theirs.converted)
        what = first if count == 1 else f"{count} files, {first} among them,"
        message = f"{what} differ{'s' * (count == 1)} from the profile in line ends or byte order mark alone"
        hint = "run: policycase render; a .gitattributes with the line schemas/* -text keeps Git from converting them"
        yield Finding("schema-has-lf-line-ends", message, hint, "warning", FOLDER)


def _headers(folder: Folder, profile: Profile) -> Iterator[Finding]:
    """Each table's header is its schema's fields, in their order."""
    for resource in read_descriptor(folder)["resources"]:
        if resource["name"] not in profile.tables:
            continue  # the next stage reports it
        wanted = list(profile.tables[resource["name"]].fields)
        found = folder.table(resource["path"]).header
        if found != wanted:
            message, hint = _difference_of_header(found, wanted)
            yield Finding("header-equals-schema", message, hint, path=resource["path"], line=1)


def _difference_of_header(found: list[str], wanted: list[str]) -> tuple[str, str]:
    unknown = [name for name in found if name not in wanted]
    twice = [name for name in found if found.count(name) > 1]
    if "" in unknown:
        place = "the first column" if not found[0] else "a column"
        return f"{place} has no name", "delete a column that is empty; " + NO_NUMBERS.replace("them", "row numbers")
    if twice:
        return f'the column "{twice[0]}" appears more than once', "keep one, and write the name of the other"
    missing = [name for name in wanted if name not in found]
    if unknown:
        return f'no column is named "{unknown[0]}" in the schema', did_you_mean(unknown[0], missing or wanted)
    if missing:
        return f"the column {', '.join(missing)} is missing", "write every column of the schema, if only its name"
    return "columns are duplicated or out of order", f"expected {','.join(wanted)}"


def check_profile(package: Package) -> list[Finding]:
    """Problems of datapackage.json against schemas/profile.json and the tables of the profile."""
    try:
        descriptor = duplicate_free(package.folder.read(DESCRIPTOR))
    except ValueError as error:
        return [Finding("descriptor-is-json", str(error), path=DESCRIPTOR)]
    validator = _validator(package.profile.files[PROFILE])  # the shipped one, byte for byte: stage 2 saw to that
    found = [*problems(validator, descriptor, DESCRIPTOR, "descriptor-follows-profile")]
    return found or [*_own(package)]


def is_followed(package: Package) -> bool:
    """Whether `check` finds nothing, if no key of the descriptor is repeated; equal resources are read once."""
    profile, resources = package.profile.files[PROFILE], package.descriptor.get("resources")
    if not isinstance(resources, list) or not _are_resources(profile, json.dumps(resources)):
        return False
    few = package.descriptor | {"resources": resources[:1]}  # each is judged by itself, so these stand for all
    return _validator(profile).is_valid(few) and not any(
        (*_licences(package), *_contributors(package), *_resources(package))
    )


@lru_cache(maxsize=64)
def _are_resources(profile: bytes, resources: str) -> bool:
    """Whether every entry of a list, as JSON, has the form of a resource."""
    form = {"$ref": "#/$defs/resource", "$defs": duplicate_free(profile)["$defs"]}
    return all(map(Draft202012Validator(form).is_valid, json.loads(resources)))


@lru_cache(maxsize=8)
def _validator(content: bytes) -> Draft202012Validator:
    return Draft202012Validator(duplicate_free(content))


def _own(package: Package) -> Iterator[Finding]:
    """What a JSON Schema cannot ask of a descriptor."""
    yield from _licences(package)
    yield from _contributors(package)
    yield from _resources(package)


def _licences(package: Package) -> Iterator[Finding]:
    """Each licence is named by its SPDX id, or has a path to its text."""
    for number, entry in enumerate(package.descriptor["licenses"]):
        name, place = entry["name"], f"licenses[{number}].name"
        wanted = meant(name)
        if wanted == name or (not wanted and entry.get("path")):
            continue
        hint = (
            f'did you mean "{wanted}"?'
            if wanted
            else "write the SPDX id, such as CC-BY-4.0, or add the path of its text"
        )
        message = f'{place} is "{name}"; expected an id from the SPDX list of licences'
        yield Finding("licence-has-spdx-id-or-path", message, hint, path=DESCRIPTOR, field=place)


def _contributors(package: Package) -> Iterator[Finding]:
    """Each address at orcid.org is an ORCID whose last character is the check of the others."""
    for number, person in enumerate(package.descriptor["contributors"]):
        path, place = person.get("path", ""), f"contributors[{number}].path"
        if is_at_orcid(path) and not orcid(path):
            message = f'{place} is "{path}"; expected an ORCID such as https://orcid.org/0000-0002-1825-0097'
            hint = "copy it from the person's page there: its last character checks the others, so a digit may be wrong"
            yield Finding("orcid-has-its-check", message, hint, path=DESCRIPTOR, field=place)


def _resources(package: Package) -> Iterator[Finding]:
    """Each table of the profile is one resource, under one stem everywhere."""
    resources = package.descriptor["resources"]
    names = [resource["name"] for resource in resources]
    for name in package.profile.tables:
        if names.count(name) != 1:
            yield Finding(
                "resource-is-there-once",
                f"resource {name} appears {names.count(name)} times; expected once",
                "every case has every table, if only its header",
                path=DESCRIPTOR,
                field="resources",
            )
    for number, resource in enumerate(resources):
        place, name = f"resources[{number}]", resource["name"]
        if name not in package.profile.tables:
            hint = did_you_mean(name, package.profile.tables)
            yield Finding("resource-is-there-once", f'{place}: no table "{name}"', hint, path=DESCRIPTOR, field=place)
            continue
        folder = FOLDER if package.profile.tables[name].kind == "vocabulary" else DATA
        for key, wanted in (("path", f"{folder}/{name}.csv"), ("schema", schema_path(name))):
            if resource[key] != wanted:
                yield Finding(
                    "resource-has-one-stem",
                    f'{place}.{key} is "{resource[key]}"; expected "{wanted}"',
                    path=DESCRIPTOR,
                    field=f"{place}.{key}",
                )
    stated, carried = package.descriptor["policycase"]["profile_version"], package.profile.version
    if stated != carried:
        yield Finding(
            "descriptor-names-its-profile",
            f"profile_version is {stated}; schemas/profile.json is {carried}",
            path=DESCRIPTOR,
            field="policycase.profile_version",
        )
