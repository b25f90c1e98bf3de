"""The commands that show what a package holds."""

from argparse import Namespace

from policycase import screens
from policycase.casebook import Casebook, load
from policycase.commands.arguments import chosen
from policycase.errors import UnknownNameError, UnreadableError
from policycase.loading import as_text, csv_bytes
from policycase.terminal import rows, say, say_csv, say_json, say_table


def info(options: Namespace) -> None:
    """What a package is, holds, and how to cite it."""
    case = load(chosen(options.package))
    if options.json:
        about = {key: case.descriptor.get(key) for key in ("name", "title", "version")}
        say_json(about | {"cases": rows(case.cases), "rows": {name: len(case[name]) for name in case.tables}})
    else:
        screens.say_about(case)
        screens.say_overview(case)
        say("\nCite as:\n" + case.cite())


def show(options: Namespace) -> None:
    """A table, or one record with its passages."""
    case = load(chosen(options.package))
    if options.what in case.tables:
        frame = case[options.what]
        if options.json:
            say_json(frame)
        elif options.csv:
            say_csv(csv_bytes(as_text(frame, case.profile.table(options.what))))
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
    meanings = load(chosen(options.package)).codebook(options.what)
    say_json(meanings) if options.json else say_table(meanings)
