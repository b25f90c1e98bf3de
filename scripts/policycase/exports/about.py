"""What every export says of itself, and how an export is known again before it is replaced."""

import zipfile
from importlib.metadata import version
from pathlib import Path

from policycase.casebook import Casebook

MARK = "Exported by policycase"
README = "README.txt"
FILES = "\nFiles:\n"
MISSING = "An empty cell means that the source does not say. It is never a zero or a no."


def facts(case: Casebook, form: str) -> dict[str, str]:
    """What a reader of an export must know, by a short name: origin, content, licence, citation."""
    about = case.descriptor
    return {
        "made_by": f"{MARK} {version('policycase')} as {form}",
        "title": f"{about['title']}, version {about['version']}",
        "cases": "\n".join(f"{row.case_id}: {row.title} ({row.country})" for row in case.cases.itertuples()),
        "licence": "\n".join(f"{one['name']} {one.get('path', '')}".strip() for one in about["licenses"]),
        "missing": MISSING,
        "cite": case.cite().strip(),
    }


def readme(case: Casebook, form: str, folder: Path, notes: str) -> None:
    """Write the README of a folder: the facts, notes of the form, and the list of its files."""
    told = facts(case, form)
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    parts = [told["made_by"], told["title"], told["cases"], f"Licence: {told['licence']}", told["missing"], notes]
    text = "\n\n".join([*parts, f"Cite as\n\n{told['cite']}"]) + "\n" + FILES + "\n".join(files) + "\n"
    (folder / README).write_text(text, encoding="utf-8", newline="\n")


def is_export(path: Path) -> bool:
    """Whether a file, or a folder with all that it holds, was written by an export."""
    if path.is_dir():
        return _is_folder(path)
    content = path.read_bytes()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as workbook:
            core = "docProps/core.xml"
            return core in workbook.namelist() and MARK.encode() in workbook.read(core)
    known = content.startswith((b"SQLite format 3\0", b"<?xml")) or content[8:12] == b"DUCK"
    return known and MARK.encode() in content


def _is_folder(folder: Path) -> bool:
    listing = folder / README
    if not listing.is_file():
        return False
    text = listing.read_text(encoding="utf-8", errors="replace")
    own = {README, *text.rpartition(FILES)[2].splitlines()}
    held = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    return text.startswith(MARK) and held <= own
