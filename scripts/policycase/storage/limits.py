"""Limits on what is read from untrusted packages; each can be raised by an environment variable."""

import os
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Literal

from policycase.errors import UnreadableError
from policycase.findings import Finding

Name = Literal[
    "LARGEST_ARCHIVE",
    "LARGEST_RATIO",
    "MOST_ENTRIES",
    "LARGEST_FILE",
    "LARGEST_SOURCE",
    "MOST_CELLS",
    "MOST_FINDINGS",
    "LARGEST_DOWNLOAD",
    "LONGEST_DOWNLOAD",
]
DEFAULTS: dict[Name, int] = {
    "LARGEST_ARCHIVE": 512 * 2**20,
    "LARGEST_RATIO": 200,  # CSV reaches about 20
    "MOST_ENTRIES": 10_000,
    "LARGEST_FILE": 64 * 2**20,  # a table has some 100 bytes per row
    "LARGEST_SOURCE": 256 * 2**20,
    "MOST_CELLS": 5_000_000,
    "MOST_FINDINGS": 10_000,
    "LARGEST_DOWNLOAD": 512 * 2**20,
    "LONGEST_DOWNLOAD": 600,
}
MEANINGS: dict[Name, str] = {
    "LARGEST_ARCHIVE": "bytes of a zip, packed, and of all its files together, unpacked",
    "LARGEST_RATIO": "unpacked bytes per packed byte of a zip",
    "MOST_ENTRIES": "files in a zip",
    "LARGEST_FILE": "bytes of one table, schema or descriptor, and of all schemas together",
    "LARGEST_SOURCE": "bytes of your own copy of a source",
    "MOST_CELLS": "cells of one table",
    "MOST_FINDINGS": "findings of one rule in one table, or of the types, constraints and keys of one table",
    "LARGEST_DOWNLOAD": "bytes of a download",
    "LONGEST_DOWNLOAD": "seconds that a whole download may take",
}


def limit(name: Name) -> int:
    """The limit in force: that of the environment variable POLICYCASE_<name>, else the default.

    Raises
    ------
    UnreadableError
        The variable is not a whole number.
    """
    text = os.environ.get(f"POLICYCASE_{name}", "")
    if text and not text.isdecimal():
        msg = f'POLICYCASE_{name} is "{text}"; expected a whole number such as {DEFAULTS[name]}'
        raise UnreadableError(msg)
    return int(text) if text else DEFAULTS[name]


def how_to_raise(name: Name) -> str:
    """The end of a message that refuses something for its size."""
    return f"if you trust it, set POLICYCASE_{name} to more than {limit(name)}"


def few(found: Iterable[Finding], path: str) -> Iterator[Finding]:
    """The first findings of a file, and a last one if there are more: a table can have millions."""
    each = iter(found)
    yield from islice(each, limit("MOST_FINDINGS"))
    for following in each:
        yield Finding(
            following.rule,
            f"more than {limit('MOST_FINDINGS'):,} findings; the rest are not shown",
            f"fix these first; else {how_to_raise('MOST_FINDINGS')}",
            following.severity,
            path,
            field=following.field,
        )
        return
