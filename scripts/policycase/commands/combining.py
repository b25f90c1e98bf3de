"""The commands over several cases."""

import sys
from argparse import Namespace

from policycase import differing, overlaps, screens, stacking
from policycase.errors import UnreadableError
from policycase.terminal import printable, rows, say, say_json, say_table


def stack(options: Namespace) -> None:
    """Several cases as one package, or what they share."""
    if options.dry_run:
        _say_overlap(overlaps.overlap(options.cases), as_json=options.json)
        return
    if options.output is None:
        msg = "no folder is named to write · say -o FOLDER, or --dry-run to look first"
        raise UnreadableError(msg)
    book = stacking.stack(options.cases).write(options.output, force=options.force)
    if options.json:
        say_json({"output": options.output, "cases": book.case_ids})
    else:
        screens.say_overview(book)
        say(f"wrote {options.output}")


def _say_overlap(found: overlaps.Overlap, *, as_json: bool) -> None:
    counts = found.rows.reset_index()
    parts = {
        "Rows of each table": counts,
        "Tables without rows, and why": found.extents,
        "Tables and codes that one case alone uses": found.lone,
        "Sources of several cases": found.sources,
        "Places and agencies that may be one": found.entities,
    }
    if as_json:
        names = ("rows", "extents", "lone", "sources", "entities")
        say_json({name: rows(frame) for name, frame in zip(names, parts.values(), strict=True)})
        return
    codes = found.lone.fillna({"field": "", "code": "every row"})  # on the screen one line for each field and case
    parts["Tables and codes that one case alone uses"] = (
        codes.groupby(["table", "field", "case_id"], sort=False)["code"].agg(", ".join).reset_index(name="codes")
    )
    for title, frame in parts.items():
        say_table(frame, title) if len(frame) else say(f"{title}: none")
        say("")
    say("nothing was written · say -o FOLDER without --dry-run to stack them")


def diff(options: Namespace) -> bool:
    """What changed between two versions."""
    changes = differing.diff(options.old, options.new)
    if options.json:
        say_json(changes)
    elif options.markdown:
        sys.stdout.write(printable(differing.as_markdown(changes)))
    elif len(changes):
        say_table(changes)
    else:
        say("no difference")
    return bool(len(changes))
