"""The commands over several cases."""

from argparse import Namespace

from policycase import screens, stacking
from policycase.terminal import say, say_json


def stack(options: Namespace) -> None:
    """Several cases as one package."""
    book = stacking.stack(options.cases).write(options.output, force=options.force)
    if options.json:
        say_json({"output": options.output, "cases": book.case_ids})
    else:
        screens.say_overview(book)
        say(f"wrote {options.output}")
