"""The commands of `policycase`, a function each, which imports what it alone needs: most of it is heavy."""

import glob
import hashlib
import os
import shutil
import sys
from argparse import Namespace
from contextlib import ExitStack, closing, nullcontext
from dataclasses import asdict
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING

import pandas as pd

from policycase.cli import screens
from policycase.cli.terminal import printable, progress, rows, say, say_csv, say_json, say_table, tell
from policycase.errors import PolicyCaseError, UnknownNameError, UnreadableError
from policycase.model.casebook import Casebook, load
from policycase.model.package import read_descriptor
from policycase.model.profile import CODING_SCHEMA, DATA, shipped_profile
from policycase.storage import locations

if TYPE_CHECKING:
    from policycase.analysis.comparison import Overlap
    from policycase.coding.sentences import Block

CODED = (".yaml", ".yml", ".json", ".xlsx", ".ods")  # endings of files that a case is coded in


def chosen(options: Namespace) -> str | None:
    """The package that is meant, as `locations.opened` takes it; on stderr which, if that is unclear."""
    package = options.package or options.named
    if package is not None:
        return package
    if not locations.is_here():
        tell(f"no {locations.DESCRIPTOR} is in this folder, so this is {locations.origin(None)}")
        return None
    if _is_other_version(Path()):
        tell(f"this is the {locations.SHIPPED} in this folder; it differs from the one that came with policycase")
    return "."


def _is_other_version(root: Path) -> bool:
    """Whether a folder holds the case that came with policycase, with other content."""
    ours = locations.shipped_root()
    try:
        descriptor = read_descriptor(root)
        if descriptor.get("name") != locations.SHIPPED:
            return False
        return descriptor != read_descriptor(ours) or locations.read_folder(root, DATA) != locations.read_folder(
            ours, DATA
        )
    except PolicyCaseError:  # reading it reports it
        return False


def book(options: Namespace) -> Casebook:
    """The package that is meant as a casebook; of several packages their stack."""
    from policycase.model.stack import stack

    packages = spread(getattr(options, "packages", []))
    if len(packages) > 1:
        return stack(packages)
    options.package = options.package or next(iter(packages), None)
    return load(chosen(options))


def spread(given: list[str]) -> list[str]:
    """The paths that are meant: a pattern with a star stands for the packages that match it, by name."""
    found = []
    for text in given:
        is_one = locations.is_address(text) or not glob.has_magic(text) or Path(text).exists()
        named = [text] if is_one else sorted(glob.glob(text))  # noqa: PTH207 - given as text
        if not named:
            msg = f"{text}: nothing matches · check the folder"
            raise UnreadableError(msg)
        found += named
    return found


def sources_of(given: list[str]) -> dict[str, str]:
    """The file by source_id, or path by name; an empty name where none was given."""
    parts = [("", text) if Path(text).exists() or "=" not in text else text.partition("=")[::2] for text in given]
    names = [name for name, _ in parts]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        msg = f'two files for "{min(twice)}" · write ID=FILE, each id once'
        raise UnreadableError(msg)
    return dict(parts)


def run_validate(options: Namespace) -> bool:
    """Findings, or the tables and their coverage; of several packages a summary."""
    from policycase.validation.report import validate

    packages = spread(options.packages)
    if len(packages) > 1 or packages != options.packages:
        return _validate_many(packages, options)
    options.package = next(iter(packages), None)
    package = chosen(options)
    if package and _is_coding(package):
        from policycase.coding.import_case import check_coding

        report = check_coding(package, sources_of(options.source), exact=options.exact, also=options.also)
    else:
        report = validate(package, sources_of(options.source), exact=options.exact, also=options.also)
    if options.json:
        say_json({"valid": report.is_valid, "stages": report.stages, "findings": rows(report.findings)})
        return not report.is_valid
    if options.format != "text":
        screens.say_for_ci({package or "": report}, options.format)
        return not report.is_valid
    screens.say_findings(report, apart=options.todo)
    errors = sum(finding.severity == "error" for finding in report.found)
    warnings = len(report.found) - errors
    counts = f"{errors} error{'s' * (errors != 1)}, {warnings} warning{'s' * (warnings != 1)}"
    if report.is_valid and report.is_empty:
        say(f"empty: nothing is coded yet; {', '.join(report.stages)} checked; {counts}")
        say("next: policycase passages SOURCE --case CASE_ID > data/passages.csv; the steps are in CODING.md")
    elif report.is_valid:
        if report.tables:
            screens.say_overview(report.tables)
        say(f"valid: {', '.join(report.stages)} checked; {counts}")
    elif report.stopped:
        say(f"not valid: {counts}; stopped after {report.stages[-1]}: fix this, then run again for the rest")
    else:
        say(f"not valid: {counts}")
    return not report.is_valid


def _is_coding(path: str) -> bool:
    """Whether a path is that of a coding file; asked without importing what reads one."""
    return Path(path).suffix in CODED and Path(path).name != locations.DESCRIPTOR


def _validate_many(packages: list[str], options: Namespace) -> bool:
    from concurrent.futures import ProcessPoolExecutor

    from policycase.validation.report import AT_ONCE, Report, validate_in_parts

    if options.source or options.exact or options.also:
        msg = "--source, --exact and --also take one package · name one"
        raise UnreadableError(msg)
    jobs = options.jobs or os.cpu_count() or 1
    size = max(1, min(AT_ONCE, -(-len(packages) // (2 * jobs))))
    seen: dict[str, Report] = {}
    with ExitStack() as stack:
        executor = stack.enter_context(ProcessPoolExecutor(jobs)) if jobs > 1 and len(packages) > size else None
        parts = stack.enter_context(closing(validate_in_parts(packages, executor, size)))
        advance = stack.enter_context(progress(len(packages), "packages"))
        for part in parts:
            for package, report in part.items() if options.format == "text" else ():
                screens.say_report(package, report, as_json=options.json)
            advance(len(part))
            seen |= part
    if options.format != "text":
        screens.say_for_ci(seen, options.format)
    elif not options.json:
        screens.say_reports(seen)
    return not all(report.is_valid for report in seen.values())


def run_rules(options: Namespace) -> None:
    """The rules of validate: each with its text and severity."""
    from policycase.validation.rules import RULES

    known = [options.what] if options.what in RULES else list(RULES)
    if options.what and options.what not in RULES:
        kind = "rule"
        raise UnknownNameError(kind, options.what, RULES)
    frame = pd.DataFrame([(one.id, one.severity, one.text) for one in map(RULES.get, known) if one])
    frame.columns = ["rule", "severity", "what it asks"]
    say_json(frame) if options.json else say_table(frame)


def run_coverage(options: Namespace) -> None:
    """Passages coded, and rows and values with evidence."""
    case = book(options)
    if options.json:
        say_json({"passages": rows(case.passage_coverage()), "rows": rows(case.coverage())})
    else:
        screens.say_coverage(case)


def run_conflicts(options: Namespace) -> None:
    """Contested and refined values, or all that was checked; then how many of what status there are."""
    case = book(options)
    found = case.conflicts()
    if not options.all:
        found = found[found["stance"].isin(["contradicts", "qualifies", "refines"])]
    if options.json:
        say_json({"conflicts": rows(found), "crosschecks": rows(case.crosschecks())})
    else:
        screens.say_conflicts(found)
        say("")
        say_table(
            case.crosschecks().assign(share=lambda frame: (100 * frame["share"]).round(1)), "Checkable statements, %"
        )


def run_verify(options: Namespace) -> bool:
    """The passages in a reader's own copy."""
    from policycase.validation.source_checks import verify

    result = verify(book(options), sources_of(options.source))
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


def run_agreement(options: Namespace) -> None:
    """How far coders of one source agree."""
    from policycase.analysis import agreement

    named = [text if "=" in text else f"coder {number}={text}" for number, text in enumerate(options.coders, start=1)]
    target = _target(options.save) if options.save is not None else None
    result = agreement.agreement({name: _coder(path) for name, path in sources_of(named).items()})
    number = agreement.save(result, target) if target else None
    if options.json:
        names = ("alpha", "found", "differences", "left_out")
        say_json({name: rows(getattr(result, name)) for name in names} | ({"round": number} if number else {}))
    else:
        say_table(result.alpha.round(3), "Krippendorff's alpha, nominal, on records matched")
        say("")
        say_table(result.found.round(3), "Records found by both of two coders")
        say("")
        say_table(result.differences, "Differences")
        if len(result.left_out):
            say(f"\n{len(result.left_out)} records were left out: the instructions show how they are coded")
        if number:
            say(f"\nadded round {number} to {target}/{DATA}/{agreement.RELIABILITY}.csv")


def _coder(path: str) -> Casebook:
    """What a coder handed in: a package, or a coding file."""
    if not _is_coding(path):
        return load(path)
    from policycase.coding.import_case import casebook

    return casebook(path)


def _target(package: str) -> Path:
    """The folder of a package that a table is written into; without a name the package in this folder."""
    if not package and not locations.is_here():
        msg = f"no {locations.DESCRIPTOR} is in this folder · name the package: --save FOLDER"
        raise UnreadableError(msg)
    folder = Path(package or ".")
    folder = folder.parent if folder.name == locations.DESCRIPTOR else folder
    if not folder.is_dir():
        msg = f"{folder}: no folder to write into · name the folder of the package, last"
        raise UnreadableError(msg)
    return folder


def run_info(options: Namespace) -> None:
    """What a package is, holds, and how to cite it."""
    from policycase.model.bibtex import title_of

    case = book(options)
    if options.json:
        about = {key: case.descriptor.get(key) for key in ("name", "title", "version")}
        counts = {name: dict(case.counts[name].astype("object")) for name in case.counts}
        say_json(about | {"title": title_of(case.descriptor, case.cases), "cases": rows(case.cases), **counts})
    else:
        screens.say_about(case)
        screens.say_overview(case.text)
        say("\nCite as:\n" + case.cite())


def run_show(options: Namespace) -> None:
    """A table, or one record with its passages."""
    from policycase.storage.csv_files import csv_bytes

    case = book(options)
    if options.what in case.tables:
        frame = case[options.what]
        if options.json:
            say_json(frame)
        elif options.csv:
            say_csv(csv_bytes(case.text[options.what]))
        else:
            screens.say_wide(case, options.what)
        return
    record_id = _record_id(case, options.what)
    if options.json:
        table = str(case.record(record_id).name)
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
        if f"{case_id}:{what}" in case.text.table_of.index:
            return f"{case_id}:{what}"
    kind = "table or record"
    raise UnknownNameError(kind, what, case.tables)


def run_codebook(options: Namespace) -> None:
    """What columns or codes mean; what a coder gets; or the codes as a file for qualitative software."""
    if options.instructions is not None:
        _say_instructions(options)
        return
    if options.to:
        _write_codes(options)
        return
    meanings = book(options).codebook(options.what)
    say_json(meanings) if options.json else say_table(meanings)


def _say_instructions(options: Namespace) -> None:
    """The instructions for a coder of the package that is meant."""
    from policycase.coding.instructions import instructions

    case = _first_may_be_package(options)
    is_named = (options.package or options.named) is not None or locations.is_here()
    case_id = options.case or (case.case_ids[0] if is_named and len(case.case_ids) == 1 else "")
    tables = [options.what] * bool(options.what) + options.instructions
    text = instructions(case.profile, case_id, tables)
    if options.json:
        say_json({"case_id": case_id, "instructions": text, "schema": CODING_SCHEMA})
    else:
        say(text)


def _first_may_be_package(options: Namespace) -> Casebook:
    """The package that is meant: what is named first, if that is neither a table nor a vocabulary."""
    known = shipped_profile()
    if options.what and options.package is None and options.what not in [*known.tables, *known.vocabularies]:
        options.what, options.package = None, options.what
    return book(options)


def _write_codes(options: Namespace) -> None:
    """The codes of every vocabulary, or of one, as a codebook of REFI-QDA."""
    from policycase.exports.refi_qda import write

    if options.output is None:
        msg = "no output file given · use -o codebook.qdc"
        raise UnreadableError(msg)
    profile = _first_may_be_package(options).profile
    count = write(profile, Path(options.output), options.what or "", force=options.force)
    if options.json:
        say_json({"output": options.output, "to": options.to, "codes": count})
    else:
        say(f"wrote {options.output}: {count} codes, as a codebook of REFI-QDA")


def run_stack(options: Namespace) -> None:
    """Several cases as one package, or what they share."""
    from policycase.analysis.comparison import overlap
    from policycase.model.stack import stack

    cases = spread(options.cases)
    if options.dry_run:
        _say_overlap(overlap(cases), as_json=options.json)
        return
    if options.output is None:
        msg = "no output folder given · use -o FOLDER, or --dry-run to look first"
        raise UnreadableError(msg)
    if options.to:
        _stack_in_parts(cases, options)
        return
    book = stack(cases).write(options.output, force=options.force)
    if options.json:
        say_json({"output": options.output, "cases": book.case_ids})
    else:
        screens.say_overview(book.text)
        say(f"wrote {options.output}")
        say(f"as typed Parquet: policycase export {options.output} --to parquet -o OUT")


def _stack_in_parts(cases: list[str], options: Namespace) -> None:
    """Many cases as one corpus of Parquet files."""
    from concurrent.futures import ProcessPoolExecutor

    from policycase.exports.corpus import write_corpus

    jobs = options.jobs or os.cpu_count() or 1
    with ExitStack() as closing_later:
        executor = closing_later.enter_context(ProcessPoolExecutor(jobs)) if jobs > 1 else None
        made = write_corpus(cases, options.output, executor, skip_invalid=options.skip_invalid)
    if options.json:
        say_json({"output": options.output, "cases": made.case_ids, "left_out": made.left_out})
        return
    for path, why in made.left_out.items():
        tell(f"left out: {path}: {why}")
    say(f"wrote {options.output}: {len(made.case_ids):,} cases, {len(made.left_out):,} packages left out")
    say(f'read it: pc.open_corpus("{options.output}"), DuckDB, Dask or Spark')


def _say_overlap(found: "Overlap", *, as_json: bool) -> None:
    counts = found.rows.reset_index()
    parts = {
        "Rows of each table": counts,
        "Tables without rows, and why": found.extents,
        "Tables and codes that one case alone uses": found.unique_to,
        "Sources of several cases": found.sources,
        "Places and agencies that may be one": found.entities,
        "Programs in a part of their country only, which country-year data hide": found.below_country,
    }
    if as_json:
        names = ("rows", "extents", "unique_to", "sources", "entities", "below_country")
        say_json({name: rows(frame) for name, frame in zip(names, parts.values(), strict=True)})
        return
    codes = found.unique_to.fillna({"field": "", "code": "every row"})  # on the screen one line for each field and case
    parts["Tables and codes that one case alone uses"] = (
        codes.groupby(["table", "field", "case_id"], sort=False)["code"].agg(", ".join).reset_index(name="codes")
    )
    for title, frame in parts.items():
        say_table(frame, title) if len(frame) else say(f"{title}: none")
        say("")
    say("nothing was written · use -o FOLDER without --dry-run to stack them")


def run_diff(options: Namespace) -> bool:
    """What changed between two versions."""
    from policycase.analysis.changes import as_markdown, diff

    changes = diff(options.old, options.new)
    if options.json:
        say_json(changes)
    elif options.markdown:
        sys.stdout.write(printable(as_markdown(changes)))
    elif len(changes):
        screens.say_changes(changes)
    else:
        say("no difference")
    return bool(len(changes))


def run_export(options: Namespace) -> None:
    """The tables of a package, or a view of them, in another format."""
    from policycase.exports import export

    case = book(options)
    target = export.export(case, options.to, options.output, force=options.force)
    if options.json:
        views = {options.to: export.view(case, options.to)} if options.to in export.VIEWS else case
        rows = {name: len(views[name]) for name in views}
        say_json({"output": str(target), "to": options.to, "cases": case.case_ids, "rows": rows})
    else:
        what = export.VIEWS.get(options.to) or export.FORMS[options.to].what
        say(f"wrote {target}: {what}")


def run_report(options: Namespace) -> None:
    """One HTML page, or a site."""
    from policycase.reporting.site import FEW, report

    case = book(options)
    many = len(case.case_ids)
    with progress(many, "pages") if many > FEW else nullcontext() as advance:
        target = report(case, options.output, force=options.force, advance=advance)
    if target.is_dir():
        files = [path for path in target.rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in files)
        if options.json:
            say_json({"folder": str(target), "cases": many, "files": len(files), "bytes": size})
        else:
            cases = f"{many:,} case{'s' * (many != 1)}"
            say(f"wrote {target}: {cases}, {size / 1024:,.0f} KB: open {target / 'index.html'} in a browser")
        return
    size = target.stat().st_size
    if options.json:
        say_json({"file": str(target), "bytes": size})
    else:
        say(f"wrote {target}, {size / 1024:,.0f} KB: open it in a browser")
    if many > FEW:
        tell(f"{many} cases are much for one page; -o {target.with_suffix('')} writes a site with search and filters")


def run_new(options: Namespace) -> None:
    """The folder of a new case, and a workbook or a coding file to code it in."""
    from policycase.coding import new_case, sentences
    from policycase.exports.export import export
    from policycase.model.source_texts import read_source
    from policycase.storage.writing import write_files

    ending = ".xlsx" if options.workbook else ".yaml" if options.source else ""
    to_fill = Path(options.output or options.case_id).parent / f"{options.case_id}{ending}"
    if ending and to_fill.exists() and (ending == ".yaml" or not options.force):
        how = "move it away, since it may hold your work" if ending == ".yaml" else "use --force to overwrite it"
        msg = f"{to_fill} exists · {how}, or choose another folder"
        raise UnreadableError(msg)
    text = read_source(Path(options.source)) if options.source else ""
    choices = sentences.read_choices(Path(options.choices)) if options.choices else {}
    language = options.language or (_default_language() if text else "en")
    target = new_case.new(
        options.case_id, options.output, text=text, language=language, choices=choices, force=options.force
    )
    if text:
        _tell_kinds(sentences.blocks(text, choices), choices)
    try:
        if ending == ".xlsx":
            export(target, "workbook", to_fill, force=options.force)
        elif ending:
            made = new_case.skeleton(options.case_id, text, target.name, to_fill.name, language, choices)
            write_files(to_fill.parent, {to_fill.name: made.encode()})
    except BaseException:
        shutil.rmtree(target)
        raise
    if options.json:
        kind = {".xlsx": "workbook", ".yaml": "coding"}
        say_json({"folder": str(target)} | ({kind[ending]: str(to_fill)} if ending else {}))
    elif ending:
        what = "fill in the workbook" if ending == ".xlsx" else "write under each sentence what it says"
        say(f"made {target} and {to_fill}: {what}, then run")
        say(f"  policycase import {to_fill} -o {target} --force")
    else:
        say(f"made {target}: read {target}/CODING.md, fill data/, then run policycase validate {target}")


def run_code(options: Namespace) -> None:
    """One HTML page to code a source in."""
    from policycase.coding import coding_page, sentences
    from policycase.model.source_texts import read_source

    choices = sentences.read_choices(Path(options.choices)) if options.choices else {}
    target = coding_page.coding_page(
        options.what,
        options.case,
        options.output,
        resume=options.resume,
        language=options.language or _default_language(),
        choices=choices,
        source_id=options.source_id,
        force=options.force,
    )
    _tell_kinds(sentences.blocks(read_source(Path(options.what)), choices), choices)
    tell("the page holds the text of the source: it is not for publication")
    if options.json:
        say_json({"file": str(target), "bytes": target.stat().st_size})
    else:
        say(f"wrote {target}: open it in a browser, code, and save {options.case}.yaml; then run")
        say(f"  policycase import {options.case}.yaml")


def run_import_case(options: Namespace) -> bool:
    """The tables of a coding file or a workbook as a case, or highlights as the beginning of a coding file."""
    from policycase.coding.import_case import import_tables
    from policycase.coding.workbook_import import SHOWN

    if options.origin:
        return _begin_from_highlights(options)
    done = import_tables(options.file, options.output, force=options.force)
    target, changes = done.folder, done.changes
    if options.json:
        counted = dict(zip(changes["table"], changes["rows"].tolist(), strict=True))
        say_json({"folder": str(target), "rows": counted, "changes": rows(changes), "notes": done.notes})
        return False
    for note in done.notes[:SHOWN]:
        say(note)
    if len(done.notes) > SHOWN:
        say(f"… and {len(done.notes) - SHOWN} more cells read by their evident meaning")
    counts = ["added", "changed", "removed"]
    for row in changes[changes[counts].any(axis=1)].to_dict("records"):
        what = ", ".join(f"{row[name]} {name}" for name in counts if row[name])
        say(f"{row['table']}: {what}")
    say(f"wrote {changes['rows'].sum()} rows of {changes['rows'].astype(bool).sum()} tables to {target}/data")
    say(f"now run: policycase validate {target}, with --source FILE if you have a copy of the source")
    return False


def _begin_from_highlights(options: Namespace) -> bool:
    """A coding file with the beginning of a record for each highlight; whether one became none."""
    from policycase.coding import highlights, new_case, sentences
    from policycase.model.source_texts import read_source
    from policycase.storage.writing import refuse_taken, write_file

    if not (options.source and options.case):
        msg = "--from needs the source that was highlighted and the case · use --source FILE --case CASE-ID"
        raise UnreadableError(msg)
    target = Path(options.output or f"{options.case}.yaml")
    if not _is_coding(str(target)):
        msg = f"{target}: a coding file ends in {', '.join(CODED)}, for example {options.case}.yaml"
        raise UnreadableError(msg)
    new_case.refuse_case_id(options.case)
    refuse_taken(target, new_case.BEGINNING, force=options.force)
    text = read_source(Path(options.source))
    choices = sentences.read_choices(Path(options.choices)) if options.choices else {}
    language = options.language or _default_language()
    empty = new_case.skeleton(options.case, text, options.case, target.name, language, choices)
    passages = {one.locator: one.text for one in sentences.sentences(text, language, choices)}
    made = highlights.draft(Path(options.file), options.origin, passages, empty)
    _tell_kinds(sentences.blocks(text, choices), choices)
    write_file(target, made.text.encode(), force=options.force)
    for problem in made.problems:
        tell(problem)
    if options.json:
        say_json({"file": str(target), "records": made.records, "problems": made.problems})
    else:
        say(f"wrote {target} with {made.records} record{'s' * (made.records != 1)} to complete")
        say(f"then run: policycase import {target} -o {options.case} --force")
    return bool(made.problems)


def run_passages(options: Namespace) -> None:
    """The sentences of a source: rows of passages, the text with its ids, or the blocks and their kinds."""
    from policycase.coding import sentences
    from policycase.model.source_texts import read_source
    from policycase.storage.csv_files import csv_bytes

    text = read_source(Path(options.what))
    choices = sentences.read_choices(Path(options.choices)) if options.choices else {}
    blocks = sentences.blocks(text, choices)
    if options.blocks:
        say_json([asdict(block) for block in blocks]) if options.json else _say_blocks(blocks)
        return
    source_id = options.source_id or f"{options.case}:source"
    sources = _coded_sources(options.package or options.named, options.case)
    language = options.language or sources.get(source_id) or _default_language()
    several = options.several or bool(sources.keys() - {source_id})
    if options.text:
        each = sentences.sentences(text, language, choices)
        found = [(name, one.text) for one, name in sentences.named(each, options.case, source_id, several=several)]
        if options.json:
            say_json(dict(found))
        for passage_id, sentence in found if not options.json else ():
            say(f"{passage_id}  {sentence}")
    else:
        frame = sentences.passage_rows(text, options.case, source_id, language, choices, several=several)
        say_json(frame) if options.json else say_csv(csv_bytes(frame))
    _tell_kinds(blocks, choices)


def _say_blocks(blocks: list["Block"]) -> None:
    """A file of choices: a line for each block, with its beginning as a remark."""
    for block in blocks:
        say(f"{block.number} {block.kind} {block.page}".ljust(24) + f" # {block.text[:40]}")


def _tell_kinds(blocks: list["Block"], choices: dict[int, tuple[str, str]]) -> None:
    """Say what was taken for something else than body, unless the coder chose it."""
    from policycase.coding.sentences import KINDS, title_like

    for block in title_like(blocks):
        if block.number not in choices:
            what = f"block {block.number} “{shorten(block.text, 60, placeholder='…')}”"
            how = f"if it is one, write {block.number} furniture into a file for --choices"
            tell(f"looks like a title, but is taken for body: {what} · {how}")
    for kind in KINDS[1:]:
        numbers = [str(block.number) for block in blocks if block.kind == kind and block.number not in choices]
        if numbers:
            how = "look with policycase passages --blocks, correct with --choices FILE"
            tell(f"taken for {kind}: block {', '.join(numbers)} · {how}")
    if not any(block.kind in {"body", "footnote", "continues"} for block in blocks):
        tell("no block was taken for body, so there is not a passage · name them with --choices FILE")


def _default_language() -> str:
    tell("the language was not given, so sentences end as in English (en) · set it with --language TAG, such as ky")
    return "en"


def _coded_sources(package: str | None, case_id: str) -> dict[str, str]:
    """The language of each coded source of a case in a package, named or in this folder; empty where it has none."""
    if package is None and not Path(locations.DESCRIPTOR).is_file():
        return {}
    sources = load(package or ".").text["sources"]
    coded = sources[sources["source_use"].eq("coded") & sources["case_id"].eq(case_id)]
    return dict(zip(coded["source_id"], coded["language"].fillna(""), strict=True))


def run_render(options: Namespace) -> bool:
    """Generated files written, or checked."""
    from policycase.cli import reference
    from policycase.coding import render

    package = chosen(options)
    if package is None:
        msg = f"no {locations.DESCRIPTOR} is in this folder · go to the package, or name it"
        raise UnreadableError(msg)
    if not (options.check or Path(package).is_dir() or Path(package).name == locations.DESCRIPTOR):
        msg = f"{package}: no folder to write into · unpack it, and name its folder"
        raise UnreadableError(msg)
    with locations.opened(package) as root:
        make = render.changed if options.check else render.render
        names = list(make(root, reference.pages))
    if options.json:
        say_json({"changed": names, "written": not options.check})
    else:
        for name in names:
            say(f"{'out of date' if options.check else 'wrote'}: {name}")
        if not names:
            say("everything generated is up to date")
    return bool(options.check and names)


def run_pack(options: Namespace) -> None:
    """The package as a zip, and its SHA-256 as sha256sum prints it."""
    from policycase.publishing.pack import pack

    target = pack(chosen(options), options.output, force=options.force)
    digest = hashlib.sha256(target.read_bytes()).hexdigest()
    if options.json:
        say_json({"file": str(target), "sha256": digest, "bytes": target.stat().st_size})
    else:
        say(f"{digest}  {target}")
