"""The commands that give a case away in other forms."""

from argparse import Namespace

from policycase.commands.arguments import chosen
from policycase.reporting import pages
from policycase.terminal import say, say_json


def report(options: Namespace) -> None:
    """One HTML page."""
    target = pages.report(chosen(options.package), options.output, force=options.force)
    if options.json:
        say_json({"file": str(target), "bytes": target.stat().st_size})
    else:
        say(f"wrote {target}, {target.stat().st_size / 1024:,.0f} KB: open it in a browser")
