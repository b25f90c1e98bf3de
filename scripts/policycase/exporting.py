"""Exporting: the tables of one or many cases in a form that other programs read."""

from importlib import import_module
from pathlib import Path

from policycase.casebook import Casebook, load
from policycase.checks.soundness import refuse_odd_descriptor
from policycase.errors import MissingExtraError, UnknownNameError, UnreadableError
from policycase.exports.about import is_export
from policycase.exports.forms import FORMS, Form
from policycase.writing import staged


def export(case: Casebook | str | Path | None, to: str, output: str | Path, *, force: bool = False) -> Path:
    """The file or folder that holds the tables in another form; it is written whole or not at all.

    Parameters
    ----------
    case
        A casebook, which may be a stack; or the path of a package. None is the case that comes with the library.
    to
        csv, parquet, sqlite, excel, stata, spss, graphml, duckdb; or workbook, one case to code in.
    output
        The file or folder to write.
    force
        Replace what stands there, if an export wrote it.

    Raises
    ------
    UnknownNameError
        There is no such form.
    MissingExtraError
        The package that writes the form is not installed; the message names the extra.
    UnreadableError
        The output exists, or the form cannot hold a value; the message says which.
    InvalidPackageError
        The descriptor is not valid; or a row breaks a key, so that no database can hold it.
    """
    if to not in FORMS:
        kind = "form of export"
        raise UnknownNameError(kind, to, FORMS)
    form = FORMS[to]
    book = case if isinstance(case, Casebook) else load(case)
    refuse_odd_descriptor(book.descriptor)
    target = Path(output)
    _refuse_ending(target, form)
    _refuse_replacing(target, force=force)
    writer = _writer(form)
    with staged(target.resolve(), force=force) as place:
        writer.write(book, place)
    return target


def _writer(form: Form) -> object:
    """The module of a form; it imports the optional package at its top, so that one is looked for first."""
    if form.package:
        try:
            import_module(form.package)
        except ImportError as error:
            raise MissingExtraError(form.package, form.extra) from error
    return import_module(f"policycase.exports.{form.module}")


def _refuse_ending(target: Path, form: Form) -> None:
    if form.ending and target.suffix.lower() != form.ending:
        msg = f"{target} has another ending than {form.ending} · say --output {target.with_suffix(form.ending)}"
        raise UnreadableError(msg)


def _refuse_replacing(target: Path, *, force: bool) -> None:
    if not (target.exists() or target.is_symlink()):
        return
    if not force:
        msg = f"{target} exists · choose another name, or say --force to replace it"
        raise UnreadableError(msg)
    if not target.exists() or not is_export(target) or Path.cwd().is_relative_to(target.resolve()):
        msg = f"{target} is not replaced: policycase export did not write it, or not all of it · choose another name"
        raise UnreadableError(msg)
