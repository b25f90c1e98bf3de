"""Errors of a caller's mistake; problems of the data are findings instead."""

import difflib
from collections.abc import Iterable
from itertools import islice
from unicodedata import normalize

MOST_NAMES = 5_000  # that a name is compared with: a tenth of a second
LONGEST_NAME = 200  # characters of a name that is compared: two long texts take as long as a thousand short ones


class PolicyCaseError(Exception):
    """Base of every error that policycase raises on purpose."""


class UnreadableError(PolicyCaseError):
    """A package, table or file that cannot be read at all."""


class UnsafePathError(UnreadableError):
    """A path that leaves its package, or an archive that cannot be trusted."""


class TooLargeError(UnsafePathError):
    """A file with more bytes than `policycase.storage.limits` allows."""


class UnknownNameError(PolicyCaseError, LookupError, AttributeError):
    """A table, field, code or id that does not exist."""

    def __init__(self, kind: str, name: object, known: Iterable[str]) -> None:
        hint = did_you_mean(str(name), known)
        super().__init__(f'no {kind} "{name}"' + (f" · {hint}" if hint else ""))


class InvalidPackageError(PolicyCaseError):
    """A package with error findings, where a valid one is needed."""


class StackError(PolicyCaseError):
    """Cases that cannot be combined as they are."""


class DateError(PolicyCaseError, ValueError):
    """A date that is not one of the allowed EDTF forms."""


class MissingExtraError(PolicyCaseError, ImportError):
    """An optional dependency that is not installed."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"{package} is not installed · run: pip install 'policycase[{extra}]'")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint for a message: the nearest known name, or all of them if they are few, or nothing.

    Examples
    --------
    >>> did_you_mean("goal", ["programs", "agencies", "goals"])
    'did you mean "goals"?'
    >>> did_you_mean("zzz", ["yes", "no"])
    'one of: yes, no'
    """
    names = [text for text in known if isinstance(text, str)]  # a record may have no id
    near = nearest_of(name, names, 0.6)
    if near and normalize("NFKC", near) == normalize("NFKC", name):
        return f"did you mean {near!a}? here it is {name!a}"
    if near:
        return f'did you mean "{near}"?'
    few = 20
    return f"one of: {', '.join(names)}" if names and len(names) <= few else ""


def nearest_of(name: str, known: Iterable[str], cutoff: float) -> str:
    """The known name that is nearest to another, at least as near as the cutoff; empty where none is.

    Every search for a near name goes through here; a long name has none, and more than `MOST_NAMES` are not compared.
    """
    if len(name) > LONGEST_NAME:
        return ""
    some = [text for text in islice(known, MOST_NAMES) if len(text) <= LONGEST_NAME]
    near = difflib.get_close_matches(name, some, n=1, cutoff=cutoff)
    if not near and name != name.lower():  # as GOAL_ID and Goal Id are written for goal_id
        lower = {text.lower(): text for text in some}
        near = [lower[text] for text in difflib.get_close_matches(name.lower(), lower, n=1, cutoff=cutoff)]
    return next(iter(near), "")
