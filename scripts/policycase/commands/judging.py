"""The commands that judge; each gives back whether there is something to mend."""

import os
from argparse import Namespace
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, closing

from policycase import reliability, screens, validation, verifying
from policycase.casebook import load
from policycase.commands.arguments import chosen, sources_of, spread
from policycase.errors import UnreadableError
from policycase.terminal import progress, rows, say, say_json, say_table


def validate(options: Namespace) -> bool:
    """Findings, or the tables and their coverage; of several packages a summary."""
    packages = spread(options.packages)
    if len(packages) > 1 or packages != options.packages:
        return _validate_many(packages, options)
    package = chosen(packages[0] if packages else None)
    report = validation.validate(package, sources_of(options.source), exact=options.exact)
    if options.json:
        say_json({"valid": report.is_valid, "stages": report.stages, "findings": rows(report.findings)})
        return not report.is_valid
    for finding in report.found:
        say(f"{'warning: ' if finding.severity == 'warning' else ''}{finding}")
    errors = sum(finding.severity == "error" for finding in report.found)
    counts = f"{errors} errors, {len(report.found) - errors} warnings"
    if report.is_valid:
        screens.say_overview(load(package))
        say(f"valid: {', '.join(report.stages)} checked; {counts}")
    elif report.stopped:
        say(f"not valid: {counts}; stopped after {report.stages[-1]}: mend this, then run again for the rest")
    else:
        say(f"not valid: {counts}")
    return not report.is_valid


def _validate_many(packages: list[str], options: Namespace) -> bool:
    if options.source or options.exact:
        msg = "--source and --exact take one package · name one"
        raise UnreadableError(msg)
    jobs = options.jobs or os.cpu_count() or 1
    size = max(1, min(validation.AT_ONCE, -(-len(packages) // (2 * jobs))))
    seen: dict[str, validation.Report] = {}
    with ExitStack() as stack:
        executor = stack.enter_context(ProcessPoolExecutor(jobs)) if jobs > 1 and len(packages) > size else None
        parts = stack.enter_context(closing(validation.validate_in_parts(packages, executor, size)))
        advance = stack.enter_context(progress(len(packages), "packages"))
        for part in parts:
            for package, report in part.items():
                screens.say_report(package, report, as_json=options.json)
            advance(len(part))
            seen |= part
    if not options.json:
        screens.say_reports(seen)
    return not all(report.is_valid for report in seen.values())


def coverage(options: Namespace) -> None:
    """Passages coded, and rows and values with evidence."""
    case = load(chosen(options.package))
    if options.json:
        say_json({"passages": rows(case.passage_coverage()), "rows": rows(case.coverage())})
    else:
        say_table(case.passage_coverage(), "Passages")
        say("")
        say_table(case.coverage(), "Rows and values")
        say(screens.coverage_line(case))


def conflicts(options: Namespace) -> None:
    """Contested and refined values, or all that was checked; then how many of what status there are."""
    case = load(chosen(options.package))
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
    result = verifying.verify(load(chosen(options.package)), sources_of(options.source))
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


def agreement(options: Namespace) -> None:
    """How far coders of one source agree."""
    named = [text if "=" in text else f"coder {number}={text}" for number, text in enumerate(options.coders, start=1)]
    result = reliability.agreement({name: load(path) for name, path in sources_of(named).items()})
    if options.json:
        parts = {"alpha": result.alpha, "found": result.found, "differences": result.differences}
        say_json({name: rows(frame) for name, frame in parts.items()})
    else:
        say_table(result.alpha.round(3), "Krippendorff's alpha, nominal, on records matched")
        say("")
        say_table(result.found.round(3), "Records found by both of two coders")
        say("")
        say_table(result.differences, "Differences")
