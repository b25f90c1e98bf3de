"""What the arguments of commands mean."""

from pathlib import Path

from policycase import paths
from policycase.errors import UnreadableError


def chosen(package: str | None) -> str | None:
    """The package that is meant: the one named, else the one in this folder, else the shipped one."""
    return "." if package is None and Path(paths.DESCRIPTOR).is_file() else package


def sources_of(given: list[str]) -> dict[str, str]:
    """The file by source_id, or path by name; an empty name where none was said."""
    parts = [("", text) if Path(text).exists() or "=" not in text else text.split("=", 1) for text in given]
    names = [name for name, _ in parts]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        msg = f'two files for "{min(twice)}" · say ID=FILE, each id once'
        raise UnreadableError(msg)
    return dict(parts)
