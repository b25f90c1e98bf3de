"""Stage 2: schemas/ is the profile that this library knows, byte for byte, and the headers follow it.

What a package brings as its profile is never used to judge it: it is compared with the shipped one, and a
difference stops the run. So no schema of a stranger is obeyed, and no address in one is fetched.
"""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from policycase.checks import authoring
from policycase.descriptor import read_descriptor
from policycase.errors import UnreadableError, did_you_mean
from policycase.findings import Finding
from policycase.paths import inside
from policycase.profiles import FOLDER, PROFILE, Profile, shipped_profile


def check(root: Path) -> list[Finding]:
    """Problems of schemas/ and of the headers; with any, no later stage can be trusted."""
    ours = shipped_profile()
    try:
        theirs = Profile.read(root)
    except UnreadableError as error:
        return [Finding("schema-equals-profile", str(error).removeprefix(f"{root}/"), path=FOLDER)]
    return [*_difference(ours, theirs)] or [*_of_profile()] or [*_headers(root, ours)]


def is_ours(profile: Profile) -> bool:
    """Whether a package carries the files of the profile that this library knows, and nothing is wrong with them."""
    return profile.files == shipped_profile().files and not _of_profile()


@lru_cache
def _of_profile() -> tuple[Finding, ...]:
    """What is wrong with the profile itself: asked once, not for each of ten thousand cases."""
    return tuple(authoring.check(shipped_profile()))


def _difference(ours: Profile, theirs: Profile) -> Iterator[Finding]:
    """Files of schemas/ are byte-equal to those of the profile version that they name."""
    if ours.files == theirs.files:
        return
    try:
        stated = theirs.version
    except UnreadableError:
        stated = ours.version
    if stated != ours.version:
        message = f"profile {stated}; this policycase knows {ours.version}"
        yield Finding("profile-version-is-known", message, "install the policycase of that version", path=PROFILE)
        return
    for path in sorted(theirs.files.keys() | ours.files.keys()):
        if theirs.files.get(path) != ours.files.get(path):
            differs = "is missing" if path not in theirs.files else f"is not the file of profile {ours.version}"
            hint = f"take {FOLDER}/ unchanged from the profile"
            yield Finding("schema-equals-profile", f"{path.removeprefix(f'{FOLDER}/')} {differs}", hint, path=path)


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
        return f'no column is named "{unknown[0]}" in the schema', did_you_mean(unknown[0], missing or wanted)
    if missing:
        return f"the column {', '.join(missing)} is missing", "write every column of the schema, if only its name"
    return "the columns stand twice or in another order than the schema's", f"expected {','.join(wanted)}"
