"""The commands that give cases away in other forms."""

from argparse import Namespace

from policycase import exporting
from policycase.casebook import load
from policycase.commands.arguments import chosen
from policycase.reporting import pages
from policycase.terminal import say, say_json


def export(options: Namespace) -> None:
    """The tables of a package in another form."""
    case = load(chosen(options.package))
    target = exporting.export(case, options.to, options.output, force=options.force)
    if options.json:
        rows = {name: len(case[name]) for name in case.tables}
        say_json({"output": str(target), "to": options.to, "cases": case.case_ids, "rows": rows})
    else:
        say(f"wrote {target}: {exporting.FORMS[options.to].what}")


def report(options: Namespace) -> None:
    """One HTML page."""
    target = pages.report(chosen(options.package), options.output, force=options.force)
    if options.json:
        say_json({"file": str(target), "bytes": target.stat().st_size})
    else:
        say(f"wrote {target}, {target.stat().st_size / 1024:,.0f} KB: open it in a browser")
