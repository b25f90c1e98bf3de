"""The command `policycase`: results on stdout, progress and errors on stderr.

Exit codes: 0 valid or done, 1 findings, 2 wrong usage, 3 cannot be read.
"""

import argparse
import gc
import io
import json
import os
import sys
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any, Literal, NoReturn

from policycase.errors import (
    InvalidPackageError,
    MissingExtraError,
    PolicyCaseError,
    StackError,
    UnknownNameError,
    did_you_mean,
)
from policycase.exports.formats import FORMS, VIEW_FORMS, VIEWS, form_of

VALID, FINDINGS, USAGE, UNREADABLE = 0, 1, 2, 3
STOPPED = 130  # as a shell says of a command that was stopped with Ctrl-C
EXIT_CODES = {
    VALID: "valid, or done",
    FINDINGS: "findings: not valid, versions differ, a passage was not found, or cases do not combine",
    USAGE: "wrong usage: no such command, option, table or id, or an extra that is not installed",
    UNREADABLE: "a package or file cannot be read or written",
    STOPPED: "stopped with Ctrl-C",
}


class Parser(argparse.ArgumentParser):
    """Reports wrong usage with the nearest right one, and obeys nothing in an argument, such as a file's name."""

    def parse_known_args(  # type: ignore[override] # the overloads differ in the type of the namespace only
        self, args: Any = None, namespace: Any = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """As `argparse` does; an option that a command lacks is an error here, where its own options are known."""
        known, rest = super().parse_known_args(args, namespace)
        unknown = [text for text in rest if text.startswith("-")]
        if unknown:
            options = self._option_string_actions.items()
            shown = [name for name, option in options if name[1] == "-" and option.help != argparse.SUPPRESS]
            hint = did_you_mean(unknown[0].split("=")[0], shown)
            self.error(f'no option "{unknown[0]}"' + (f" · {hint}" if hint else ""))
        return known, rest

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            hint = did_you_mean(str(value), action.choices)
            raise argparse.ArgumentError(action, f'"{value}" is not known' + (f" · {hint}" if hint else ""))

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and leave, as `argparse` does."""
        super().error("".join(c if c.isprintable() else ascii(c)[1:-1] for c in message))


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit code."""
    _open_closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a letter that the terminal's encoding lacks ends no command
            stream.reconfigure(errors="backslashreplace")
    try:
        try:
            options = parser().parse_args(arguments)
            if options.version:
                sys.stdout.write(f"policycase {import_module('importlib.metadata').version('policycase')}\n")
                return VALID
            if "command" not in options:
                parser().error("name a command; policycase --help lists them")
            with warnings.catch_warnings():
                warnings.showwarning = _warn
                return _run(options)
        finally:
            sys.stdout.flush()  # Python would do so at its end, and show what fails as an error of its own
    except OSError as error:
        return _failed(error)


def _open_closed() -> None:
    """Give the null device the place of each standard stream that is closed; else the next open file would take it."""
    for number, (name, mode) in enumerate({"stdin": "r", "stdout": "w", "stderr": "w"}.items()):
        if getattr(sys, name) is None:
            while (handle := os.open(os.devnull, os.O_RDWR)) < number:
                pass
            setattr(sys, name, open(handle, mode, encoding="utf-8"))  # noqa: SIM115, PTH123 - open for good


def _run(options: argparse.Namespace) -> int:
    try:
        commands = _commands()
        with import_module("policycase.cli.terminal").sign_of_life(options.command):
            return FINDINGS if getattr(commands, f"run_{options.command}")(options) else VALID
    except PolicyCaseError as error:
        if options.json:
            sys.stdout.write(json.dumps({"error": str(error)}) + "\n")
        _tell(f"policycase: {error}")
        if isinstance(error, InvalidPackageError | StackError):
            return FINDINGS
        return USAGE if isinstance(error, UnknownNameError | MissingExtraError) else UNREADABLE
    except KeyboardInterrupt:
        _tell("policycase: stopped")
        return STOPPED
    except MemoryError:
        _tell("policycase: the memory is full")
        return UNREADABLE


@cache  # what is frozen is never freed, so once
def _commands() -> ModuleType:
    """The module of the commands; heavy, so --help and wrong usage do without it.

    What its imports make stays to the end: the garbage collector, which costs a short command a sixth of its time, is
    kept from looking through it.
    """
    gc.disable()
    try:
        return import_module("policycase.cli.commands")
    finally:
        gc.freeze()
        gc.enable()


def _failed(error: OSError) -> int:
    """What to say of a file that cannot be read or written, or of a standard output that is full or gone."""
    if error.filename is None:  # a file has a name, so it was standard output; what is left goes nowhere
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):  # the reader, such as head, has seen enough
        return VALID
    _tell(f"policycase: {error.filename or 'standard output'}: {error.strerror or error}")
    return UNREADABLE


def _warn(message: Warning | str, *_where: Any, **_more: Any) -> None:
    """A warning as one line on stderr, without the line of code it came from."""
    _tell(f"policycase: warning: {message}")


def _tell(text: str) -> None:
    """A line on stderr; it may quote a cell, so its control characters are shown, not obeyed."""
    with suppress(OSError):  # no stream is left to report that stderr is full
        import_module("policycase.cli.terminal").tell(text)  # heavy, so --help does without it


def parser() -> Parser:
    """Every command with its options."""
    top = Parser(
        prog="policycase",
        description="Policy case studies as data: validate, read, trace and stack them.",
        epilog="PATH is a folder, its datapackage.json, a .zip, the https address of one followed by #sha256= and its "
        "hash, or the id of a case that came with policycase, such as kgz-leph; without one, the package in this "
        "folder, else kgz-leph. Exit codes: 0 valid, 1 findings, 2 wrong usage, 3 unreadable.",
    )
    top.add_argument("--version", action="store_true", help="print the version of policycase")
    commands = top.add_subparsers(metavar="COMMAND")

    def add(name: str, summary: str, *, after: str = "", package: Literal["one", "some", "none"] = "one") -> Parser:
        """A command; `after` is the argument that stands before its packages, an optional one with a question mark."""
        command = commands.add_parser(name, help=summary, description=summary)
        command.set_defaults(command=name, package=None)
        command.add_argument("--json", action="store_true", help="write the result as JSON")
        if after:
            command.add_argument("what", metavar=after.rstrip("?"), nargs="?" if after.endswith("?") else None)
        if package == "one":
            command.add_argument("package", nargs="?", metavar="PATH", help="the package")
        elif package == "some":
            command.add_argument("packages", nargs="*", metavar="PATH", help="the package, or several, or 'folder/*'")
        if package != "none":  # as scripts named the package before it was an argument
            command.add_argument("--package", dest="named", metavar="PATH", help=argparse.SUPPRESS)
        return command

    validate = add("validate", "check a package: files, schemas, profile, tables, rules", package="some")
    validate.add_argument(
        "--jobs", type=int, default=1, metavar="N", help="processes that share several packages; 0 is one per core"
    )
    validate.add_argument(
        "--source", action="append", default=[], metavar="[ID=]FILE", help="your copy of a coded source, to check"
    )
    validate.add_argument(
        "--also",
        action="extend",
        nargs="+",
        default=[],
        metavar="FILE",
        help="with --source: more files to search for its words, such as $(git ls-files)",
    )
    validate.add_argument(
        "--exact", action="store_true", help="check the tables with frictionless itself: slow, the same findings"
    )
    validate.add_argument(
        "--format",
        choices=("text", "github", "junit"),
        default="text",
        help="text; github: annotations of a workflow run; junit: XML for other CI systems",
    )
    validate.add_argument("--todo", action="store_true", help="list what is only not done yet apart from what is wrong")
    rules = add("rules", "the rules of validate, each with its text and severity", package="none")
    rules.add_argument("what", nargs="?", metavar="RULE", help="one rule")
    add("info", "what a package holds", package="some")
    show = add("show", "print a table, or one record with the passages it rests on", after="TABLE|ID")
    show.add_argument("--csv", action="store_true", help="write the table as CSV")
    codebook = add(
        "codebook", "what the columns of a table, or the codes of a vocabulary, mean", after="TABLE|VOCABULARY?"
    )
    codebook.add_argument(
        "--instructions",
        nargs="*",
        metavar="TABLE",
        help="print what a coder gets, person or language model: task, rules, definitions, form of the answer; for all "
        "tables, or for those named; the package, if any, comes before this option",
    )
    codebook.add_argument(
        "--case", metavar="CASE-ID", help="with --instructions: the case to be coded, which no example is taken from"
    )
    codebook.add_argument("--to", choices=("qdc",), help="write the codes for qualitative software, as REFI-QDA (.qdc)")
    codebook.add_argument("-o", "--output", metavar="FILE", help="with --to: the file to write")
    codebook.add_argument("--force", action="store_true", help="with --to: replace an earlier file")
    add("coverage", "passages coded, and rows and values with evidence", package="some")
    conflicts = add("conflicts", "coded values compared with what other sources say", package="some")
    conflicts.add_argument("--all", action="store_true", help="also what is uncontested or unchecked")
    verify = add("verify", "look for the passages in your own copy of the source")
    verify.add_argument(
        "--source", action="append", required=True, metavar="[ID=]FILE", help=".txt, .md, .html, .docx or .pdf"
    )
    _add_combining(add)
    _add_making(add)
    return top


def _add_combining(add: Callable[..., Parser]) -> None:
    """The commands that combine and compare cases, and give them away."""
    stack = add("stack", "write several cases as one package", package="none")
    stack.add_argument("cases", nargs="+", metavar="PATH", help="the packages to stack")
    stack.add_argument("-o", "--output", metavar="FOLDER", help="the folder to write")
    stack.add_argument("--dry-run", action="store_true", help="write nothing; print what the cases share")
    stack.add_argument("--force", action="store_true", help="replace the folder if it exists")
    stack.add_argument(
        "--to", choices=["parquet"], help="write a corpus larger than memory: in parts, partitioned by case"
    )
    stack.add_argument(
        "--skip-invalid", action="store_true", help="with --to: leave invalid packages out, and name them"
    )
    stack.add_argument("--jobs", type=int, default=1, metavar="N", help="with --to: processes; 0 is one per core")
    export = add("export", "write the tables, or a view, in another format: CSV, Excel, Stata …", package="some")
    export.add_argument(
        "--to",
        required=True,
        type=form_of,
        choices=[*FORMS, *VIEWS],
        metavar="FORMAT|VIEW",
        help=f"every table as {', '.join(FORMS)}; or one view: {', '.join(VIEWS)}",
    )
    export.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="OUT",
        help=f"the file or folder to write; a view is one file that ends in {', '.join(VIEW_FORMS)}",
    )
    export.add_argument("--force", action="store_true", help="replace an earlier export")
    report = add("report", "write a case as an HTML page, many cases as a site; works offline", package="some")
    report.add_argument(
        "-o",
        "--output",
        metavar="OUT",
        help="a file that ends in .html: one page; any other name: the folder of a site with an index, search and a "
        "page per case; default: NAME.html, or for more than 12 cases the folder NAME-site",
    )
    report.add_argument("--force", action="store_true", help="replace an earlier report")
    diff = add("diff", "what changed between two versions; exit 1 if anything did", package="none")
    diff.add_argument("old", metavar="OLD", help="the package as it was")
    diff.add_argument("new", metavar="NEW", help="the package as it is")
    diff.add_argument("--markdown", action="store_true", help="write lines for a changelog")
    agreement = add("agreement", "how far coders of one source agree", package="none")
    agreement.add_argument("coders", nargs="+", metavar="[NAME=]PATH", help="packages or coding files, two or more")
    agreement.add_argument(
        "--save",
        nargs="?",
        const="",
        metavar="FOLDER",
        help="add the figures to the table reliability of this package; default: the package in this folder",
    )


def _add_making(add: Callable[..., Parser]) -> None:
    """The commands that make a case."""
    new = add("new", "make the folder of a new, empty case", package="none")
    new.add_argument("case_id", metavar="CASE-ID", help="such as kgz-leph: alpha-3 code of the country, short name")
    new.add_argument("-o", "--output", metavar="FOLDER", help="the folder to make; default: the case id")
    new.add_argument("--force", action="store_true", help="overwrite the folder of an existing case")
    new.add_argument("--workbook", action="store_true", help="also make CASE-ID.xlsx, for coding in Excel")
    new.add_argument(
        "--from", dest="source", metavar="FILE", help="your copy of the source, whose passages are filled in"
    )
    new.add_argument("--language", metavar="TAG", help="with --from: its language, such as ky; default: en")
    new.add_argument(
        "--choices", metavar="FILE", help="with --from: what each block is, as passages --blocks writes it"
    )
    code = add(
        "code", "make one offline page in which a person codes a source in a browser", after="FILE", package="none"
    )
    code.add_argument("--case", required=True, metavar="CASE-ID", help="the case, such as kgz-leph")
    code.add_argument(
        "-o", "--output", required=True, metavar="FILE", help="the page to write; it holds the source's text"
    )
    code.add_argument("--resume", metavar="FILE", help="a coding file to go on with")
    code.add_argument("--source-id", default="", metavar="ID", help="its short name, if the case has several: clinic")
    code.add_argument("--language", metavar="TAG", help="the source's language, such as ky; default: en")
    code.add_argument("--choices", metavar="FILE", help="what each block is, as policycase passages --blocks writes it")
    code.add_argument("--force", action="store_true", help="replace the page if it exists")
    imports = add("import", "make the tables of a case from a coding file or a workbook", package="none")
    imports.set_defaults(command="import_case")
    imports.add_argument(
        "file", metavar="FILE", help="a coding file (.yaml) or a workbook (.xlsx, .ods), as new or export makes them"
    )
    imports.add_argument(
        "-o",
        "--output",
        metavar="FOLDER",
        help="the case's folder; default: the file's name; with --from the coding file to write; default: CASE-ID.yaml",
    )
    imports.add_argument(
        "--from",
        dest="origin",
        choices=("taguette", "hypothesis"),
        help="FILE has highlights, which begin a coding file: highlights.csv of Taguette, or JSON of Hypothesis' API",
    )
    imports.add_argument("--source", metavar="FILE", help="with --from: your copy of the source that was highlighted")
    imports.add_argument("--case", metavar="CASE-ID", help="with --from: the case to be coded, such as kgz-leph")
    imports.add_argument(
        "--force",
        action="store_true",
        help="overwrite the tables of an existing case; rows not in the file are deleted",
    )
    imports.add_argument("--language", metavar="TAG", help="with --from: the language of the source; default: en")
    imports.add_argument(
        "--choices", metavar="FILE", help="with --from: what each block is, as passages --blocks writes it"
    )
    passages = add("passages", "number the sentences of a source, as fingerprints", after="FILE")
    passages.add_argument("--case", required=True, metavar="CASE-ID", help="the case that the ids begin with")
    passages.add_argument("--source-id", metavar="ID", help="the source; default: CASE-ID:source")
    passages.add_argument("--language", metavar="TAG", help="its language, such as ky; default: that in sources.csv")
    passages.add_argument("--several", action="store_true", help="begin each locator with the source: clinic-p1s1")
    passages.add_argument("--choices", metavar="FILE", help="what each block is, as --blocks writes it")
    passages.add_argument("--blocks", action="store_true", help="show what each block is taken for, for your eyes only")
    passages.add_argument("--text", action="store_true", help="show each sentence with its id, for your eyes only")
    render = add("render", "write date bounds, dictionary, citation and schema copies from the hand-written files")
    render.add_argument("--check", action="store_true", help="write nothing; exit 1 if something is out of date")
    pack = add("pack", "write the package as a reproducible zip")
    pack.add_argument("-o", "--output", metavar="FILE", help="the zip to write")
    pack.add_argument("--force", action="store_true", help="replace the zip if it exists")
