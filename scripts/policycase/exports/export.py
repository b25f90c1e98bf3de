"""Exporting: the tables of one or many cases in a format that other programs read."""

import csv
import io
import zipfile
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from policycase.errors import MissingExtraError, TooLargeError, UnknownNameError, UnreadableError
from policycase.exports.formats import FORMS, VIEW_FORMS, VIEWS, Form, form_of
from policycase.model.casebook import Casebook, load
from policycase.model.licences import of_cases
from policycase.model.package import refuse_invalid_descriptor
from policycase.storage.locations import UNPACKING, read_given
from policycase.storage.writing import staged, unwritable

MARK = "Exported by policycase"
README = "README.txt"
BEGINNINGS = (b"SQLite format 3\0", b"<?xml", b"<stata_dta>", b"$FL2", b"PAR1", b"# Exported by policycase")
FILES = "\nFiles:\n"
LONGEST_CORE = 2**20  # bytes of the properties of a workbook; a few hundred are usual
MISSING = "An empty cell means that the source does not say. It is never a zero or a no."


def facts(case: Casebook, form: str) -> dict[str, str]:
    """What a reader of an export must know, by a short name: origin, content, licence, citation."""
    about = case.descriptor
    return {
        "made_by": f"{MARK} {version('policycase')} as {form}",
        "title": f"{about['title']}, version {about['version']}",
        "cases": "\n".join(f"{row.case_id}: {row.title} ({row.country})" for row in case.cases.itertuples()),
        "licence": "\n".join(f"{of_cases(one)} {one.get('path', '')}".strip() for one in about["licenses"]),
        "missing": MISSING,
        "cite": case.cite().strip(),
    }


def readme(case: Casebook, form: str, folder: Path, notes: str) -> None:
    """Write the README of a folder: the facts, notes of the form, and the list of its files."""
    pairs = facts(case, form)
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    parts = [pairs["made_by"], pairs["title"], pairs["cases"], f"Licence: {pairs['licence']}", pairs["missing"], notes]
    text = "\n\n".join([*parts, f"Cite as\n\n{pairs['cite']}"]) + "\n" + FILES + "\n".join(files) + "\n"
    (folder / README).write_text(text, encoding="utf-8", newline="\n")


def is_export(path: Path, header: Sequence[str] = ()) -> bool:
    """Whether a file, or a folder with all that it holds, was written by an export; a view in CSV has its header."""
    if path.is_dir():
        return _is_folder(path)
    try:
        content = read_given(path, "LARGEST_ARCHIVE")
    except (OSError, TooLargeError):  # no export is a pipe
        return False
    if zipfile.is_zipfile(io.BytesIO(content)):
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as workbook, workbook.open("docProps/core.xml") as core:
                return MARK.encode() in core.read(LONGEST_CORE)
        except (KeyError, *UNPACKING):  # another zip, or a damaged one
            return False
    if path.suffix.lower() == ".csv":
        return bool(header) and next(csv.reader(io.StringIO(content.decode(errors="replace"))), []) == list(header)
    return (content.startswith(BEGINNINGS) or content[8:12] == b"DUCK") and MARK.encode() in content


def _is_folder(folder: Path) -> bool:
    listing = folder / README
    if not listing.is_file():
        return False
    text = listing.read_text(encoding="utf-8", errors="replace")
    own = {README, *text.rpartition(FILES)[2].splitlines()}
    held = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    return text.startswith(MARK) and held <= own


def export(case: Casebook | str | Path | None, to: str, output: str | Path, *, force: bool = False) -> Path:
    """The file or folder that holds the tables, or one view, in another format; it is written whole or not at all.

    Parameters
    ----------
    case
        A casebook, which may be a stack; or the path of a package. None is the package in this folder, else the
        case that comes with the library.
    to
        csv, parquet, sqlite, excel, stata, spss, graphml, duckdb; or coding or workbook, one case to code in. The
        endings xlsx, dta, sav and db are understood too. Or a view: spells, panel, timeline, ties, event_ties,
        incidence, co_ties, goal_matrix, conditions.
    output
        The file or folder to write. A view is one file, in the format of its ending: .csv, .parquet, .dta, .sav, .xlsx.
    force
        Replace an earlier export.

    Raises
    ------
    UnknownNameError
        There is no such form or view.
    MissingExtraError
        The package that writes the form is not installed; the message names the extra.
    UnreadableError
        The output exists or cannot be written, or the form cannot hold a value; the message says which.
    InvalidPackageError
        The descriptor is not valid; or a row breaks a key, so that no database can hold it.
    """
    target = Path(output)
    form = _form(form_of(to), target)
    book = case if isinstance(case, Casebook) else load(case)
    refuse_invalid_descriptor(book.descriptor)
    writer = _writer(form)
    frame = view(book, to) if to in VIEWS else None
    refuse_replacing(target, [] if frame is None else list(frame.columns), force=force)
    with staged(target.resolve(), force=force) as place:
        try:
            if frame is None:
                writer.write(book, place)
            else:
                writer.write_view(book, to, frame, place)
        except getattr(writer, "FAILURES", ()) as error:  # what its library raises where others raise an OSError
            raise unwritable(target, str(error).replace(str(place), target.name)) from error
    return target


def view(case: Casebook, name: str) -> pd.DataFrame:
    """A view as a file has it: ids that name its rows are its first column."""
    frame = getattr(import_module("policycase"), name)(case)
    return frame if frame.index.name is None else frame.rename_axis(columns=None).reset_index()


def _form(to: str, target: Path) -> Form:
    """The form to write, which for a view follows from the ending of the output."""
    if to not in FORMS and to not in VIEWS:
        kind = "form or view to export"
        raise UnknownNameError(kind, to, [*FORMS, *VIEWS])
    if to in VIEWS:
        endings = ", ".join(VIEW_FORMS)
        if target.suffix.lower() not in VIEW_FORMS:
            msg = f"{target} must end in {endings}, for example {target.stem or to}.csv"
            raise UnreadableError(msg)
        return VIEW_FORMS[target.suffix.lower()]
    form = FORMS[to]
    if form.ending and target.suffix.lower() != form.ending:
        msg = f"{target} must end in {form.ending}, for example {target.parent / (target.stem or to)}{form.ending}"
        raise UnreadableError(msg)
    return form


def _writer(form: Form) -> Any:
    """The module of a form; it imports the optional package at its top, so that one is looked for first."""
    if form.package:
        try:
            import_module(form.package)
        except ImportError as error:
            raise MissingExtraError(form.package, form.extra) from error
    return import_module(f"policycase.{form.module}")


def refuse_replacing(target: Path, header: Sequence[str] = (), *, force: bool) -> None:
    """Raise unless the target may be written: it does not exist, or `force` is set and it is an earlier export.

    Raises
    ------
    UnreadableError
        The target exists and `force` is not set; or something in it was not written by policycase.
    """
    if not (target.exists() or target.is_symlink()):
        return
    if not force:
        msg = f"{target} exists · choose another name, or use --force (Python: force=True) to overwrite"
        raise UnreadableError(msg)
    if not target.exists() or not is_export(target, header) or Path.cwd().is_relative_to(target.resolve()):
        msg = f"{target} is not replaced: policycase export did not write it, or not all of it · choose another name"
        raise UnreadableError(msg)
