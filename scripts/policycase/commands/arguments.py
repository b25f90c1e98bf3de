"""What the arguments of commands mean."""

import glob
from pathlib import Path

from policycase import paths
from policycase.errors import UnreadableError
from policycase.terminal import tell


def chosen(package: str | None) -> str | None:
    """The package that is meant: the one named, else the one in this folder, else the shipped one."""
    if package is None and Path(paths.DESCRIPTOR).is_file():
        return "."
    if package is None:
        tell(f"no {paths.DESCRIPTOR} is in this folder, so this is {paths.SHIPPED}, which came with policycase")
    return package


def spread(given: list[str]) -> list[str]:
    """The paths that are meant: a pattern with a star stands for the packages that match it, by name."""
    found = []
    for text in given:
        named = [text] if Path(text).exists() or not glob.has_magic(text) else sorted(glob.glob(text))  # noqa: PTH207 - given as text
        if not named:
            msg = f"{text}: nothing matches · check the folder"
            raise UnreadableError(msg)
        found += named
    return found


def sources_of(given: list[str]) -> dict[str, str]:
    """The file by source_id, or path by name; an empty name where none was said."""
    parts = [("", text) if Path(text).exists() or "=" not in text else text.split("=", 1) for text in given]
    names = [name for name, _ in parts]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        msg = f'two files for "{min(twice)}" · say ID=FILE, each id once'
        raise UnreadableError(msg)
    return dict(parts)
