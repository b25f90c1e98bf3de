"""The commands that make a case: its folder, its passages, its generated files, its zip."""

import hashlib
import shutil
from argparse import Namespace
from pathlib import Path

from policycase import exporting, importing, packing, paths, rendering, scaffolding
from policycase.casebook import load
from policycase.checks.source import read_source
from policycase.commands.arguments import chosen
from policycase.errors import UnreadableError
from policycase.loading import csv_bytes
from policycase.terminal import say, say_csv, say_json


def new(options: Namespace) -> None:
    """The folder of a new case, and a workbook to code it in."""
    workbook = Path(options.output or options.case_id).parent / f"{options.case_id}.xlsx" if options.workbook else None
    if workbook and workbook.exists():
        msg = f"{workbook} exists · move it, or choose another folder"
        raise UnreadableError(msg)
    target = scaffolding.new(options.case_id, options.output)
    if workbook:
        try:
            exporting.export(target, "workbook", workbook)
        except BaseException:
            shutil.rmtree(target)
            raise
    if options.json:
        say_json({"folder": str(target)} | ({"workbook": str(workbook)} if workbook else {}))
    elif workbook:
        say(f"made {target} and {workbook}: fill in the workbook, then run")
        say(f"  policycase import {workbook} -o {target} --force")
    else:
        say(f"made {target}: read {target}/CODING.md, fill data/, then run policycase validate {target}")


def import_workbook(options: Namespace) -> None:
    """The tables of a workbook as a case."""
    target = importing.import_workbook(options.workbook, options.output, force=options.force)
    case = load(target)
    rows = {name: len(case[name]) for name in case.profile.case_tables}
    if options.json:
        say_json({"folder": str(target), "rows": rows})
    else:
        say(f"wrote {sum(rows.values())} rows of {sum(map(bool, rows.values()))} tables to {target}/data")
        say(f"now run: policycase validate {target}")


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
    say_json(frame) if options.json else say_csv(csv_bytes(frame))


def render(options: Namespace) -> bool:
    """Generated files written, or checked."""
    package = chosen(options.package)
    if package is None:
        msg = f"no {paths.DESCRIPTOR} is in this folder · go to the package, or name it with --package"
        raise UnreadableError(msg)
    if not (options.check or Path(package).is_dir() or Path(package).name == paths.DESCRIPTOR):
        msg = f"{package}: no folder to write into · unpack it, and name its folder"
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
    target = packing.pack(chosen(options.package), options.output, force=options.force)
    digest = hashlib.sha256(target.read_bytes()).hexdigest()
    if options.json:
        say_json({"file": str(target), "sha256": digest, "bytes": target.stat().st_size})
    else:
        say(f"{digest}  {target}")
