"""Stage 3: the descriptor says what the profile relies on."""

import json
from collections.abc import Iterator
from functools import lru_cache

from jsonschema import Draft202012Validator

from policycase.checks.jsons import duplicate_free, problems
from policycase.descriptor import Package
from policycase.errors import did_you_mean
from policycase.findings import Finding
from policycase.paths import DESCRIPTOR
from policycase.profiles import DATA, FOLDER, PROFILE, schema_path


def check(package: Package) -> list[Finding]:
    """Problems of datapackage.json against schemas/profile.json and the tables of the profile."""
    try:
        descriptor = duplicate_free((package.root / DESCRIPTOR).read_bytes())
    except ValueError as error:
        return [Finding("descriptor-is-json", str(error), path=DESCRIPTOR)]
    validator = _validator(package.profile.files[PROFILE])  # the shipped one, byte for byte: stage 2 saw to that
    found = [*problems(validator, descriptor, DESCRIPTOR, "descriptor-follows-profile")]
    return found or [*_resources(package)]


def is_followed(package: Package) -> bool:
    """Whether `check` finds nothing, if no key of the descriptor stands twice; equal resources are looked at once."""
    profile, resources = package.profile.files[PROFILE], package.descriptor.get("resources")
    if not isinstance(resources, list) or not _are_resources(profile, json.dumps(resources)):
        return False
    few = package.descriptor | {"resources": resources[:1]}  # each is judged by itself, so these stand for all
    return _validator(profile).is_valid(few) and not any(_resources(package))


@lru_cache(maxsize=64)
def _are_resources(profile: bytes, resources: str) -> bool:
    """Whether every entry of a list, as JSON, has the form of a resource."""
    form = {"$ref": "#/$defs/resource", "$defs": duplicate_free(profile)["$defs"]}
    return all(map(Draft202012Validator(form).is_valid, json.loads(resources)))


@lru_cache(maxsize=8)
def _validator(content: bytes) -> Draft202012Validator:
    return Draft202012Validator(duplicate_free(content))


def _resources(package: Package) -> Iterator[Finding]:
    """Each table of the profile is one resource, under one stem everywhere."""
    resources = package.descriptor["resources"]
    names = [resource["name"] for resource in resources]
    for name in package.profile.tables:
        if names.count(name) != 1:
            yield Finding(
                "resource-is-there-once",
                f"resource {name} stands {names.count(name)} times; expected once",
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
