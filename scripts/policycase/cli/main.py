"""The command `policycase`: results on stdout, progress and errors on stderr.

Exit codes: 0 valid or done, 1 findings, 2 wrong usage, 3 cannot be read.
"""

import argparse
import io
import json
import os
import sys
import warnings
from collections.abc import Callable
from importlib import import_module
from typing import NoReturn

from policycase.errors import InvalidPackageError, MissingExtraError, PolicyCaseError, StackError, UnknownNameError
from policycase.exports.forms import FORMS

VALID, FINDINGS, USAGE, UNREADABLE = 0, 1, 2, 3
STOPPED = 130  # as a shell says of a command that was stopped with Ctrl-C


class Parser(argparse.ArgumentParser):
    """Tells of wrong usage without obeying what is in an argument, which may be the name of a stranger's file."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and leave, as `argparse` does."""
        super().error("".join(c if c.isprintable() else ascii(c)[1:-1] for c in message))


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a letter that the terminal's encoding lacks ends no command
            stream.reconfigure(errors="backslashreplace")
    options = parser().parse_args(arguments)
    with warnings.catch_warnings():
        warnings.showwarning = _warn
        return _run(options)


def _run(options: argparse.Namespace) -> int:
    try:
        commands = import_module("policycase.cli.commands")  # heavy, so --help and wrong usage do without it
        return FINDINGS if getattr(commands, f"run_{options.command}")(options) else VALID
    except PolicyCaseError as error:
        if options.json:
            sys.stdout.write(json.dumps({"error": str(error)}) + "\n")
        _tell(f"policycase: {error}")
        if isinstance(error, InvalidPackageError | StackError):
            return FINDINGS
        return USAGE if isinstance(error, UnknownNameError | MissingExtraError) else UNREADABLE
    except BrokenPipeError:  # the reader, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return VALID
    except KeyboardInterrupt:
        _tell("policycase: stopped")
        return STOPPED
    except (OSError, MemoryError) as error:
        is_full = isinstance(error, MemoryError)
        _tell("policycase: the memory is full" if is_full else f"policycase: {error.filename}: {error.strerror}")
        return UNREADABLE


def _warn(message: Warning | str, *_where: object) -> None:
    """A warning as one line on stderr, without the line of code it came from."""
    _tell(f"policycase: warning: {message}")


def _tell(text: str) -> None:
    """A line on stderr; it may quote a cell, so its control characters are shown, not obeyed."""
    import_module("policycase.cli.terminal").tell(text)  # heavy, so --help does without it


def parser() -> argparse.ArgumentParser:
    """Every command with its options."""
    top = Parser(
        prog="policycase",
        description="Policy case studies as data: validate, read, trace and stack them.",
        epilog="PATH is a folder, its datapackage.json, a .zip, the https address of one followed by #sha256= and its "
        "hash, or the id of a case that came with policycase, such as kgz-leph; without one, the package in this "
        "folder, else kgz-leph. Exit codes: 0 valid, 1 findings, 2 wrong usage, 3 unreadable.",
    )
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, summary: str, *, path: bool = True) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=summary, description=summary)
        command.set_defaults(command=name)
        command.add_argument("--json", action="store_true", help="write the result as JSON")
        if path:
            command.add_argument("--package", metavar="PATH", help="the package to use")
        return command

    validate = add("validate", "check a package: files, schemas, profile, tables, rules", path=False)
    validate.add_argument("packages", nargs="*", metavar="PATH", help="the package to check, or several, or 'folder/*'")
    validate.add_argument(
        "--jobs", type=int, default=1, metavar="N", help="processes that share several packages; 0 is one a core"
    )
    validate.add_argument(
        "--source", action="append", default=[], metavar="[ID=]FILE", help="your copy of a coded source, to check"
    )
    validate.add_argument(
        "--exact", action="store_true", help="check the tables with frictionless itself: slow, the same findings"
    )
    info = add("info", "what a package holds", path=False)
    info.add_argument("package", nargs="?", metavar="PATH", help="the package to describe")
    show = add("show", "print a table, or one record with the passages it rests on")
    show.add_argument("what", metavar="TABLE|ID", help="a table, or the id of a record")
    show.add_argument("--csv", action="store_true", help="write the table as CSV")
    codebook = add("codebook", "what the columns of a table, or the codes of a vocabulary, mean")
    codebook.add_argument("what", nargs="?", metavar="TABLE|VOCABULARY", help="without one, every table")
    add("coverage", "passages coded, and rows and values with evidence")
    conflicts = add("conflicts", "coded values beside what other sources say of them")
    conflicts.add_argument("--all", action="store_true", help="also what is uncontested or unchecked")
    verify = add("verify", "look for the passages in your own copy of the source")
    verify.add_argument("--source", action="append", required=True, metavar="[ID=]FILE", help=".txt, or .pdf")
    stack = add("stack", "write several cases as one package", path=False)
    stack.add_argument("cases", nargs="+", metavar="PATH", help="the packages to stack")
    stack.add_argument("-o", "--output", metavar="FOLDER", help="the folder to write")
    stack.add_argument("--dry-run", action="store_true", help="write nothing; print what the cases share")
    stack.add_argument("--force", action="store_true", help="replace the folder if it exists")
    export = add("export", "write the tables in another form: CSV, Excel, Stata, a database …")
    export.add_argument("--to", required=True, choices=list(FORMS), metavar="FORM", help=", ".join(FORMS))
    export.add_argument("-o", "--output", required=True, metavar="OUT", help="the file or folder to write")
    export.add_argument("--force", action="store_true", help="replace an earlier export")
    report = add("report", "write one HTML page of a case or a stack, that needs no network and no script")
    report.add_argument("-o", "--output", required=True, metavar="FILE", help="the page to write")
    report.add_argument("--force", action="store_true", help="replace the page if it exists")
    diff = add("diff", "what changed between two versions; exit 1 if anything did", path=False)
    diff.add_argument("old", metavar="OLD", help="the package as it was")
    diff.add_argument("new", metavar="NEW", help="the package as it is")
    diff.add_argument("--markdown", action="store_true", help="write lines for a changelog")
    agreement = add("agreement", "how far coders of one source agree", path=False)
    agreement.add_argument("coders", nargs="+", metavar="[NAME=]PATH", help="the coders' packages, two or more")
    _add_making(add)
    return top


def _add_making(add: Callable[..., argparse.ArgumentParser]) -> None:
    """The commands that make a case."""
    new = add("new", "make the folder of a new, empty case", path=False)
    new.add_argument("case_id", metavar="CASE-ID", help="such as kgz-leph: alpha-3 code of the country, short name")
    new.add_argument("-o", "--output", metavar="FOLDER", help="the folder to make; the case id if not said")
    new.add_argument("--workbook", action="store_true", help="also make CASE-ID.xlsx, to code in with Excel")
    new.add_argument(
        "--from", dest="source", metavar="FILE", help="your copy of the source, whose passages are filled in"
    )
    imports = add("import", "make the tables of a case from a workbook that was coded in", path=False)
    imports.set_defaults(command="import_workbook")
    imports.add_argument(
        "workbook", metavar="WORKBOOK", help="the .xlsx or .ods, made by new --workbook or export --to workbook"
    )
    imports.add_argument("-o", "--output", metavar="FOLDER", help="the case's folder; default: the workbook's name")
    imports.add_argument(
        "--force", action="store_true", help="replace the tables of a case that is there; rows not in the workbook go"
    )
    passages = add("passages", "number the sentences of a source, as fingerprints", path=False)
    passages.add_argument("source", metavar="FILE", help="your copy of the source: .txt, or .pdf")
    passages.add_argument("--case", required=True, metavar="CASE-ID", help="the case that the ids begin with")
    passages.add_argument("--source-id", metavar="ID", help="the source; CASE-ID:source if not said")
    passages.add_argument("--text", action="store_true", help="show each sentence with its id, for your eyes only")
    render = add("render", "write bounds, mirrored codes, dictionary and citation from what is authored")
    render.add_argument("--check", action="store_true", help="write nothing; exit 1 if something is out of date")
    pack = add("pack", "write the package as a reproducible zip")
    pack.add_argument("-o", "--output", metavar="FILE", help="the zip to write")
    pack.add_argument("--force", action="store_true", help="replace the zip if it exists")
