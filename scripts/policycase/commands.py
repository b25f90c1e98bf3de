"""The commands of `policycase`, one function each; what it gives back is whether there is something to mend."""

import hashlib
import sys
from argparse import Namespace
from pathlib import Path

from policycase import (
    packing,
    paths,
    reliability,
    rendering,
    scaffolding,
    screens,
    stacking,
    validation,
    verifying,
)
from policycase.casebook import Casebook, load
from policycase.checks.source import read_source
from policycase.errors import UnknownNameError, UnreadableError
from policycase.loading import as_text, csv_bytes
from policycase.terminal import rows, say, say_json, say_table


def validate(options: Namespace) -> bool:
    """Findings, or the tables and their coverage."""
    report = validation.validate(_chosen(options.package), _sources(options.source))
    if options.json:
        say_json({"valid": report.is_valid, "stages": report.stages, "findings": rows(report.findings)})
        return not report.is_valid
    for finding in report.found:
        say(f"{'warning: ' if finding.severity == 'warning' else ''}{finding}")
    errors = sum(finding.severity == "error" for finding in report.found)
    counts = f"{errors} errors, {len(report.found) - errors} warnings"
    if report.is_valid:
        screens.say_overview(load(_chosen(options.package)))
        say(f"valid: {', '.join(report.stages)} checked; {counts}")
    elif report.stopped:
        say(f"not valid: {counts}; stopped after {report.stages[-1]}: mend this, then run again for the rest")
    else:
        say(f"not valid: {counts}")
    return not report.is_valid


def info(options: Namespace) -> None:
    """What a package is, holds, and how to cite it."""
    case = load(_chosen(options.package))
    if options.json:
        about = {key: case.descriptor.get(key) for key in ("name", "title", "version")}
        say_json(about | {"cases": rows(case.cases), "rows": {name: len(case[name]) for name in case.tables}})
    else:
        screens.say_about(case)
        screens.say_overview(case)
        say("\nCite as:\n" + case.cite())


def show(options: Namespace) -> None:
    """A table, or one record with its passages."""
    case = load(_chosen(options.package))
    if options.what in case.tables:
        frame = case[options.what]
        if options.json:
            say_json(frame)
        elif options.csv:
            sys.stdout.write(csv_bytes(as_text(frame, case.profile.table(options.what))).decode())
        else:
            screens.say_wide(case, options.what)
        return
    record_id = _record_id(case, options.what)
    if options.json:
        table = case.record(record_id).name
        frame = case[table]
        record = rows(frame[frame[case.profile.table(table).key] == record_id])[0]
        say_json({"table": table, "record": record, "evidence": rows(case.evidence_for(record_id))})
    else:
        screens.say_record(case, record_id)


def _record_id(case: Casebook, what: str) -> str:
    """The id that is meant: with or without the case's prefix."""
    if ":" in what or what in case.case_ids:
        return what
    if what in case.profile.vocabularies:
        msg = f'"{what}" is a vocabulary · run: policycase codebook {what}'
        raise UnreadableError(msg)
    for case_id in case.case_ids:
        for table in case.profile.case_tables.values():
            if table.key and f"{case_id}:{what}" in set(case[table.name][table.key]):
                return f"{case_id}:{what}"
    kind = "table or record"
    raise UnknownNameError(kind, what, case.tables)


def codebook(options: Namespace) -> None:
    """What columns or codes mean."""
    meanings = load(_chosen(options.package)).codebook(options.what)
    say_json(meanings) if options.json else say_table(meanings)


def coverage(options: Namespace) -> None:
    """Passages coded, and rows and values with evidence."""
    case = load(_chosen(options.package))
    if options.json:
        say_json({"passages": rows(case.passage_coverage()), "rows": rows(case.coverage())})
    else:
        say_table(case.passage_coverage(), "Passages")
        say("")
        say_table(case.coverage(), "Rows and values")
        say(screens.coverage_line(case))


def conflicts(options: Namespace) -> None:
    """Contested and refined values, or all that was checked; then how many of what status there are."""
    case = load(_chosen(options.package))
    found = case.conflicts()
    if not options.all:
        found = found[found["stance"].isin(["contradicts", "refines"])]
    if options.json:
        say_json({"conflicts": rows(found), "crosschecks": rows(case.crosschecks())})
    else:
        screens.say_conflicts(found)
        say("")
        say_table(
            case.crosschecks().assign(share=lambda frame: (100 * frame["share"]).round(1)), "Checkable statements, %"
        )


def verify(options: Namespace) -> bool:
    """The passages in a reader's own copy."""
    result = verifying.verify(load(_chosen(options.package)), _sources(options.source))
    missing = result.passages[~result.passages["found"]].drop(columns="found")
    if options.json:
        parts = {"passages": rows(result.passages), "affected": rows(result.affected)}
        say_json({"complete": result.is_complete} | parts)
    elif len(missing) == len(result.passages):
        say(f"0 of {len(missing)} passages found · is this a copy of the source?")
    else:
        say(f"{len(result.passages) - len(missing)} of {len(result.passages)} passages found")
        if len(missing):
            say_table(missing, "Not found")
            say("")
            say_table(result.affected, "What rests on them")
    return not result.is_complete


def stack(options: Namespace) -> None:
    """Several cases as one package."""
    book = stacking.stack(options.cases).write(options.output, force=options.force)
    if options.json:
        say_json({"output": options.output, "cases": book.case_ids})
    else:
        screens.say_overview(book)
        say(f"wrote {options.output}")


def agreement(options: Namespace) -> None:
    """How far coders of one source agree."""
    named = [text if "=" in text else f"coder {number}={text}" for number, text in enumerate(options.coders, start=1)]
    result = reliability.agreement({name: load(path) for name, path in _sources(named).items()})
    if options.json:
        parts = {"alpha": result.alpha, "found": result.found, "differences": result.differences}
        say_json({name: rows(frame) for name, frame in parts.items()})
    else:
        say_table(result.alpha.round(3), "Krippendorff's alpha, nominal, on records matched")
        say("")
        say_table(result.found.round(3), "Records found by both of two coders")
        say("")
        say_table(result.differences, "Differences")


def new(options: Namespace) -> None:
    """The folder of a new case."""
    target = scaffolding.new(options.case_id, options.output)
    if options.json:
        say_json({"folder": str(target)})
    else:
        say(f"made {target}: read {target}/CODING.md, fill data/, then run policycase validate {target}")


def passages(options: Namespace) -> None:
    """The sentences of a source: rows of passages, or the text with its ids."""
    text = read_source(Path(options.source))
    if options.text:
        found = [(f"{options.case}:{one.locator}", one.text) for one in scaffolding.sentences(text)]
        if options.json:
            say_json(dict(found))
        for passage_id, sentence in found if not options.json else ():
            say(f"{passage_id}  {sentence}")
        return
    frame = scaffolding.passage_rows(text, options.case, options.source_id or f"{options.case}:source")
    say_json(frame) if options.json else sys.stdout.write(csv_bytes(frame).decode())


def render(options: Namespace) -> bool:
    """Generated files written, or checked."""
    package = _chosen(options.package)
    if package is None:
        msg = f"no {paths.DESCRIPTOR} is in this folder · go to the package, or name it with --package"
        raise UnreadableError(msg)
    with paths.opened(package) as root:
        names = list(rendering.changed(root)) if options.check else rendering.render(root)
    if options.json:
        say_json({"changed": names, "written": not options.check})
    else:
        for name in names:
            say(f"{'out of date' if options.check else 'wrote'}: {name}")
        if not names:
            say("everything generated is up to date")
    return bool(options.check and names)


def pack(options: Namespace) -> None:
    """The package as a zip, and its SHA-256 as sha256sum prints it."""
    target = packing.pack(_chosen(options.package), options.output, force=options.force)
    digest = hashlib.sha256(target.read_bytes()).hexdigest()
    if options.json:
        say_json({"file": str(target), "sha256": digest, "bytes": target.stat().st_size})
    else:
        say(f"{digest}  {target}")


def _chosen(package: str | None) -> str | None:
    """The package that is meant: the one named, else the one in this folder, else the shipped one."""
    return "." if package is None and Path(paths.DESCRIPTOR).is_file() else package


def _sources(given: list[str]) -> dict[str, str]:
    """The file by source_id, or path by name; an empty name where none was said."""
    parts = [("", text) if Path(text).exists() or "=" not in text else text.split("=", 1) for text in given]
    names = [name for name, _ in parts]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        msg = f'two files for "{min(twice)}" · say ID=FILE, each id once'
        raise UnreadableError(msg)
    return dict(parts)
