"""The command `policycase`: results on stdout, progress and errors on stderr.

Exit codes: 0 valid or done, 1 findings, 2 wrong usage, 3 cannot be read.
"""

import argparse
import os
import sys
from pathlib import Path

from policycase.errors import InvalidPackageError, MissingExtraError, PolicyCaseError, StackError, UnknownNameError
from policycase.paths import DESCRIPTOR

VALID, FINDINGS, USAGE, UNREADABLE = 0, 1, 2, 3


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit code."""
    options = parser().parse_args(arguments)
    try:
        return options.run(options)
    except PolicyCaseError as error:
        sys.stderr.write(f"policycase: {error}\n")
        if isinstance(error, InvalidPackageError | StackError):
            return FINDINGS
        return USAGE if isinstance(error, UnknownNameError | MissingExtraError) else UNREADABLE
    except BrokenPipeError:  # the reader, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return VALID


def parser() -> argparse.ArgumentParser:
    """Every command with its options."""
    top = argparse.ArgumentParser(
        prog="policycase",
        description="Policy case studies as data: validate, read, trace and stack them.",
        epilog="PATH is a folder, its datapackage.json or a .zip; without one, the package in this folder, "
        "else the case that comes with policycase. Exit codes: 0 valid, 1 findings, 2 wrong usage, 3 unreadable.",
    )
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, run, summary: str, *, path: bool = True) -> argparse.ArgumentParser:  # noqa: ANN001
        command = commands.add_parser(name, help=summary, description=summary)
        command.set_defaults(run=run)
        command.add_argument("--json", action="store_true", help="write the result as JSON")
        if path:
            command.add_argument("--package", metavar="PATH", help="the package to use")
        return command

    validate = add("validate", _validate, "check a package: files, schemas, profile, tables, rules", path=False)
    validate.add_argument("package", nargs="?", metavar="PATH", help="the package to check")
    validate.add_argument(
        "--source", action="append", default=[], metavar="[ID=]FILE", help="your copy of a coded source, to check"
    )
    info = add("info", _info, "what a package holds", path=False)
    info.add_argument("package", nargs="?", metavar="PATH", help="the package to describe")
    show = add("show", _show, "print a table, or one record with the passages it rests on")
    show.add_argument("what", metavar="TABLE|ID", help="a table, or the id of a record")
    show.add_argument("--csv", action="store_true", help="write the table as CSV")
    codebook = add("codebook", _codebook, "what the columns of a table, or the codes of a vocabulary, mean")
    codebook.add_argument("what", nargs="?", metavar="TABLE|VOCABULARY", help="without one, every table")
    add("coverage", _coverage, "passages coded, and rows and values with evidence")
    verify = add("verify", _verify, "look for the passages in your own copy of the source")
    verify.add_argument("--source", action="append", required=True, metavar="[ID=]FILE", help=".txt, or .pdf")
    stack = add("stack", _stack, "write several cases as one package", path=False)
    stack.add_argument("cases", nargs="+", metavar="PATH", help="the packages to stack")
    stack.add_argument("-o", "--output", required=True, metavar="FOLDER", help="the folder to write")
    stack.add_argument("--force", action="store_true", help="replace the folder if it exists")
    agreement = add("agreement", _agreement, "how far coders of one source agree", path=False)
    agreement.add_argument("coders", nargs="+", metavar="[NAME=]PATH", help="the coders' packages, two or more")
    render = add("render", _render, "write bounds, mirrored codes, dictionary and citation from what is authored")
    render.add_argument("--check", action="store_true", help="write nothing; exit 1 if something is out of date")
    pack = add("pack", _pack, "write the package as a reproducible zip")
    pack.add_argument("-o", "--output", metavar="FILE", help="the zip to write")
    pack.add_argument("--force", action="store_true", help="replace the zip if it exists")
    return top


def _chosen(package: str | None) -> str | None:
    """The package that is meant: the one named, else the one in this folder, else the shipped one."""
    return "." if package is None and Path(DESCRIPTOR).is_file() else package


def _sources(given: list[str]) -> dict[str, str]:
    """The file by source_id; an empty id where none was said."""
    parts = [text.partition("=") for text in given]
    return {source: file for source, _, file in (part if part[1] else ("", "", part[0]) for part in parts)}


def _validate(options: argparse.Namespace) -> int:
    from policycase import casebook, screens, terminal, validation  # noqa: PLC0415 - heavy, and not every command needs them

    report = validation.validate(_chosen(options.package), _sources(options.source))
    if options.json:
        result = {"valid": report.is_valid, "stages": report.stages, "findings": terminal.rows(report.findings)}
        terminal.say_json(result)
        return VALID if report.is_valid else FINDINGS
    for finding in report.found:
        mark = "warning: " if finding.severity == "warning" else ""
        terminal.say(f"{mark}{finding}")
    errors = sum(finding.severity == "error" for finding in report.found)
    warnings = len(report.found) - errors
    if not report.is_valid:
        stopped = "" if len(report.stages) > 3 else f"; stopped after {report.stages[-1]}"  # noqa: PLR2004
        terminal.say(f"not valid: {errors} errors, {warnings} warnings{stopped}")
        return FINDINGS
    screens.say_overview(casebook.load(_chosen(options.package)))
    terminal.say(f"valid: {', '.join(report.stages)} checked; {warnings} warnings")
    return VALID


def _info(options: argparse.Namespace) -> int:
    from policycase import casebook, screens, terminal  # noqa: PLC0415

    case = casebook.load(_chosen(options.package))
    if options.json:
        terminal.say_json(
            {
                "name": case.descriptor["name"],
                "title": case.descriptor["title"],
                "version": case.descriptor["version"],
                "cases": terminal.rows(case.cases),
                "rows": {name: len(case[name]) for name in case.tables},
            }
        )
        return VALID
    screens.say_about(case)
    screens.say_overview(case)
    terminal.say("\nCite as:\n" + case.cite())
    return VALID


def _show(options: argparse.Namespace) -> int:
    from policycase import casebook, loading, screens, terminal  # noqa: PLC0415

    case = casebook.load(_chosen(options.package))
    if ":" in options.what or options.what in case.case_ids:
        record = case.record(options.what)
        if options.json:
            evidence = terminal.rows(case.evidence_for(options.what))
            terminal.say_json({"record": terminal.rows(record.to_frame().T)[0], "evidence": evidence})
        else:
            screens.say_record(case, record, options.what)
        return VALID
    frame = case[options.what]
    if options.json:
        terminal.say_json(frame)
    elif options.csv:
        sys.stdout.write(loading.csv_bytes(loading.as_text(frame, case.profile.table(options.what))).decode())
    else:
        screens.say_wide(case, options.what)
    return VALID


def _codebook(options: argparse.Namespace) -> int:
    from policycase import casebook, terminal  # noqa: PLC0415

    meanings = casebook.load(_chosen(options.package)).codebook(options.what)
    terminal.say_json(meanings) if options.json else terminal.say_table(meanings)
    return VALID


def _coverage(options: argparse.Namespace) -> int:
    from policycase import casebook, screens, terminal  # noqa: PLC0415

    case = casebook.load(_chosen(options.package))
    if options.json:
        passages, rows = terminal.rows(case.passage_coverage()), terminal.rows(case.coverage())
        terminal.say_json({"passages": passages, "rows": rows})
    else:
        terminal.say_table(case.passage_coverage(), "Passages")
        terminal.say("")
        terminal.say_table(case.coverage(), "Rows and values")
        terminal.say(screens.coverage_line(case))
    return VALID


def _verify(options: argparse.Namespace) -> int:
    from policycase import casebook, terminal, verifying  # noqa: PLC0415

    result = verifying.verify(casebook.load(_chosen(options.package)), _sources(options.source))
    missing = result.passages[~result.passages["found"]].drop(columns="found")
    if options.json:
        passages, affected = terminal.rows(result.passages), terminal.rows(result.affected)
        terminal.say_json({"complete": result.is_complete, "passages": passages, "affected": affected})
    else:
        terminal.say(f"{len(result.passages) - len(missing)} of {len(result.passages)} passages found")
        if len(missing):
            terminal.say_table(missing, "Not found")
            terminal.say("")
            terminal.say_table(result.affected, "What rests on them")
    return VALID if result.is_complete else FINDINGS


def _stack(options: argparse.Namespace) -> int:
    from policycase import screens, stacking, terminal  # noqa: PLC0415

    book = stacking.stack(options.cases).write(options.output, force=options.force)
    if options.json:
        terminal.say_json({"output": options.output, "cases": book.case_ids})
    else:
        screens.say_overview(book)
        terminal.say(f"wrote {options.output}")
    return VALID


def _agreement(options: argparse.Namespace) -> int:
    from policycase import casebook, reliability, terminal  # noqa: PLC0415

    named = [text if "=" in text else f"coder {number}={text}" for number, text in enumerate(options.coders, start=1)]
    result = reliability.agreement({name: casebook.load(path) for name, path in _sources(named).items()})
    parts = {"alpha": result.alpha, "found": result.found, "differences": result.differences}
    if options.json:
        terminal.say_json({name: terminal.rows(frame) for name, frame in parts.items()})
    else:
        terminal.say_table(result.alpha.round(3), "Krippendorff's alpha, nominal, on records matched")
        terminal.say("")
        terminal.say_table(result.found.round(3), "Records found by both of two coders")
        terminal.say("")
        terminal.say_table(result.differences, "Differences")
    return VALID


def _render(options: argparse.Namespace) -> int:
    from policycase import paths, rendering, terminal  # noqa: PLC0415

    with paths.opened(_chosen(options.package)) as root:
        names = list(rendering.changed(root)) if options.check else rendering.render(root)
    if options.json:
        terminal.say_json({"changed": names, "written": not options.check})
    else:
        for name in names:
            terminal.say(f"{'out of date' if options.check else 'wrote'}: {name}")
        if not names:
            terminal.say("everything generated is up to date")
    return FINDINGS if options.check and names else VALID


def _pack(options: argparse.Namespace) -> int:
    import hashlib  # noqa: PLC0415

    from policycase import packing, terminal  # noqa: PLC0415

    target = packing.pack(_chosen(options.package), options.output, force=options.force)
    digest = hashlib.sha256(target.read_bytes()).hexdigest()
    if options.json:
        terminal.say_json({"file": str(target), "sha256": digest, "bytes": target.stat().st_size})
    else:
        terminal.say(f"{digest}  {target}")
    return VALID
