"""Stage 1: the files are there, are text, and every row has as many cells as the header."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from policycase.descriptor import read_descriptor
from policycase.errors import PolicyCaseError, UnsafePathError
from policycase.findings import Finding, few
from policycase.paths import DESCRIPTOR, inside, refuse_large
from policycase.texts import row_problems

BOM = b"\xef\xbb\xbf"


def check(root: Path) -> list[Finding]:
    """Problems of the descriptor's and the tables' files; with any, no later stage can be trusted."""
    try:
        descriptor = read_descriptor(root)
    except PolicyCaseError as error:
        return [Finding("descriptor-is-json", str(error).removeprefix(f"{root}/"), path=DESCRIPTOR)]
    resources = descriptor.get("resources")
    if not isinstance(resources, list) or not resources:
        return [Finding("descriptor-lists-resources", "resources is missing or empty", path=DESCRIPTOR)]
    return [found for number, resource in enumerate(resources) for found in _resource(root, number, resource)]


def _resource(root: Path, number: int, resource: Any) -> Iterator[Finding]:
    where = f"resources[{number}]"
    if not isinstance(resource, dict) or not all(isinstance(resource.get(key), str) for key in ("name", "path")):
        yield Finding("descriptor-lists-resources", f"{where} has no name and path as text", path=DESCRIPTOR)
        return
    for key in ("path", "schema"):
        if not isinstance(resource.get(key, ""), str):
            message = f"{where}.{key} is not a relative path"
            yield Finding("path-stays-in-package", message, path=DESCRIPTOR, field=key)
            return
    try:
        file = inside(root, resource["path"])
        inside(root, resource.get("schema", "schemas"))
    except PolicyCaseError as error:
        yield Finding("path-stays-in-package", f"{where}: {error}", path=DESCRIPTOR, field="path")
        return
    if not file.is_file():
        yield Finding(
            "file-exists",
            f"{where}: no file is at {resource['path']}",
            "add the file, or mend the path",
            path=DESCRIPTOR,
            field="path",
        )
        return
    try:
        refuse_large(file)
        content = file.read_bytes()
    except UnsafePathError as error:
        yield Finding("file-is-not-too-large", str(error), path=resource["path"])
        return
    except OSError as error:
        yield Finding("file-exists", f"{where}: cannot be read: {error.strerror}", path=DESCRIPTOR, field="path")
        return
    yield from _text(resource["path"], content)


def _text(path: str, content: bytes) -> Iterator[Finding]:
    """Problems of one CSV file's bytes."""
    if content.startswith(BOM):
        yield Finding("file-has-no-bom", "begins with a byte order mark", "save it as UTF-8 without BOM", path=path)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        yield Finding("file-is-utf-8", f"byte {error.start} is not UTF-8", "save it as UTF-8", path=path, line=line)
        return
    for character, rule, message in (
        ("\r", "file-has-lf-line-ends", "a carriage return; lines end with LF alone"),
        ("\0", "file-has-no-nul", "a NUL character"),
    ):
        if character in text:
            line = text.count("\n", 0, text.index(character)) + 1
            yield Finding(rule, message, "save it as plain UTF-8 text with LF line ends", path=path, line=line)
            return
    if not text.endswith("\n"):
        yield Finding("file-ends-with-newline", "does not end with a line end", "add one", path=path)
    yield from few(row_problems(path, text), path)
