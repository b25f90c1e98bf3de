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
    "MOST_FINDINGS",
    "LARGEST_DOWNLOAD",
    "LONGEST_DOWNLOAD",
]
DEFAULTS: dict[Name, int] = {
    "LARGEST_ARCHIVE": 512 * 2**20,  # bytes of all files of a zip together, unpacked
    "LARGEST_RATIO": 200,  # unpacked bytes for one packed byte; CSV reaches about 20
    "MOST_ENTRIES": 10_000,  # files in a zip
    "LARGEST_FILE": 64 * 2**20,  # bytes of one table, schema or descriptor; a table has some 100 a row
    "LARGEST_SOURCE": 256 * 2**20,  # bytes of a reader's own copy of a source
    "MOST_FINDINGS": 10_000,  # of one rule in one table, or of one table's types, constraints and keys
    "LARGEST_DOWNLOAD": 512 * 2**20,  # bytes
    "LONGEST_DOWNLOAD": 600,  # seconds for the whole of it
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
