"""EDTF dates (ISO 8601-2) and the first and last day that each can mean."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from functools import cache

from policycase.errors import DateError

FIRST_YEAR, LAST_YEAR = 1000, 2100
_DAY = r"[0-9]{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12][0-9]|3[01]))?)?"
_SINGLE = re.compile(rf"(?:{_DAY}|[0-9]{{3}}X)[?~]?")
_RANGE = re.compile(rf"\[(?P<first>{_DAY})?\.\.(?P<last>{_DAY})?\]")
FORMS = "1999, 1999-05, 1999-05-17, 199X, 1999?, 1999~, [2000..2001], [2002..] or [..2020-03-25]"


@dataclass(frozen=True, slots=True)
class Bounds:
    """First and last day that a date can mean; None is open on that side."""

    earliest: date | None
    latest: date | None


@cache
def bounds(text: str) -> Bounds:
    """The first and last day of an EDTF date, strictly: `1999~` gives the year 1999 and no more.

    Raises
    ------
    DateError
        The text is not one of the allowed forms, the day does not exist, a range is reversed,
        or a year lies outside 1000 to 2100.

    Notes
    -----
    Years, months and days are read by the standard library, as a parse by the `edtf` package costs 3 to 60 ms;
    tests hold both to the same bounds. Other forms are parsed by `edtf`. Each text is read once.

    Examples
    --------
    >>> bounds("1999")
    Bounds(earliest=datetime.date(1999, 1, 1), latest=datetime.date(1999, 12, 31))
    >>> bounds("[2002..]")
    Bounds(earliest=datetime.date(2002, 1, 1), latest=None)
    """
    one_of = _RANGE.fullmatch(text)
    if one_of and (one_of["first"] or one_of["last"]):
        first, last = one_of["first"], one_of["last"]
        found = Bounds(_parsed(first).earliest if first else None, _parsed(last).latest if last else None)
        if found.earliest and found.latest and found.earliest > found.latest:
            msg = f'"{text}" is reversed: its first date lies after its last'
            raise DateError(msg)
        return found
    if _SINGLE.fullmatch(text):
        return _parsed(text)
    msg = f'"{text}" is not an allowed date; expected {FORMS}'
    raise DateError(msg)


def _parsed(text: str) -> Bounds:
    plain = text.rstrip("?~")  # strictly, how sure a date is does not move its bounds
    try:
        found = _of_edtf(text) if "X" in plain else _of_calendar(plain)
    except ValueError as error:
        msg = f'"{text}" is not a day of the calendar; expected {FORMS}'
        raise DateError(msg) from error
    if not FIRST_YEAR <= found.earliest.year <= found.latest.year <= LAST_YEAR:
        msg = f'"{text}" lies outside the years {FIRST_YEAR} to {LAST_YEAR}'
        raise DateError(msg)
    return found


def _of_calendar(text: str) -> Bounds:
    """The bounds of a year, a month or a day."""
    year, *rest = (int(part) for part in text.split("-"))
    first_month, last_month = rest[:1] * 2 or (1, 12)
    first_day, last_day = rest[1:] * 2 or (1, monthrange(year, last_month)[1])
    return Bounds(date(year, first_month, first_day), date(year, last_month, last_day))


def _of_edtf(text: str) -> Bounds:
    import edtf  # noqa: PLC0415 - heavy, and only needed for few dates

    try:
        parsed = edtf.parse_edtf(text)
    except edtf.parser.EDTFParseException as error:
        raise ValueError(text) from error
    return Bounds(date(*parsed.lower_strict()[:3]), date(*parsed.upper_strict()[:3]))
