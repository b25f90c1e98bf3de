"""EDTF dates: their first and last day, and in words."""

import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import pandas as pd

from policycase.errors import DateError

FIRST_YEAR, LAST_YEAR = 1000, 2100
_DAY = r"[0-9]{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12][0-9]|3[01]))?)?"
_SINGLE = re.compile(rf"(?:{_DAY}|[0-9]{{3}}X)[?~]?")
_RANGE = re.compile(rf"\[(?P<first>{_DAY})?\.\.(?P<last>{_DAY})?\]")
PATTERN = f"^(?:{_SINGLE.pattern}|{_RANGE.pattern})$".replace("?P<first>", "?:").replace("?P<last>", "?:")
_SEASON = re.compile(r"[0-9]{4}-(?:2[1-9]|3[0-2])|.*\b(?:spring|summer|autumn|fall|winter)\b.*", re.IGNORECASE)
_QUARTER = re.compile(r"[0-9]{4}-(?:3[3-9]|4[01])|.*\b(?:quarter|trimester|semester|half|[qh][1-4])\b.*", re.IGNORECASE)
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
    msg = f'"{text}" is not an allowed date; {_instead(text)}'
    raise DateError(msg)


def _instead(text: str) -> str:
    """What to write in place of what is not a date; a season and a part of a year are their months."""
    if _SEASON.fullmatch(text):
        return "for a season write its months at that place: spring 2018 in the north is [2018-03..2018-05]"
    if _QUARTER.fullmatch(text):
        return "for a part of a year write its months: the first quarter of 2018 is [2018-01..2018-03]"
    return f"expected {FORMS}"


def _parsed(text: str) -> Bounds:
    plain = text.rstrip("?~")  # strictly, how sure a date is does not move its bounds
    try:
        first, last = _of_edtf(text) if "X" in plain else _of_calendar(plain)
    except ValueError as error:
        msg = f'"{text}" is not a day of the calendar; expected {FORMS}'
        raise DateError(msg) from error
    if not FIRST_YEAR <= first.year <= last.year <= LAST_YEAR:
        msg = f'"{text}" lies outside the years {FIRST_YEAR} to {LAST_YEAR}'
        raise DateError(msg)
    return Bounds(first, last)


def _of_calendar(text: str) -> tuple[date, date]:
    """First and last day of a year, a month or a day."""
    year, *rest = (int(part) for part in text.split("-"))
    first_month, last_month = rest[:1] * 2 or (1, 12)
    first_day, last_day = rest[1:] * 2 or (1, monthrange(year, last_month)[1])
    return date(year, first_month, first_day), date(year, last_month, last_day)


def _of_edtf(text: str) -> tuple[date, date]:
    import edtf  # noqa: PLC0415 - heavy, and only needed for few dates

    try:
        parsed = edtf.parse_edtf(text)
    except edtf.parser.EDTFParseException as error:
        raise ValueError(text) from error
    return date(*parsed.lower_strict()[:3]), date(*parsed.upper_strict()[:3])


MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ANY_RANGE = re.compile(r"\[(?P<first>[^.\]]*)\.\.(?P<last>[^.\]]*)\]")
_PARTS = re.compile(r"(?P<year>[0-9]{4})(?:-(?P<month>0[1-9]|1[0-2])(?:-(?P<day>[0-9]{2}))?)?(?P<doubt>[?~]?)")


def in_words(text: str) -> str:
    """An EDTF date in plain words; any other text comes back unchanged.

    Examples
    --------
    >>> in_words("2020-03-25"), in_words("1999~"), in_words("199X")
    ('25 Mar 2020', 'about 1999', '1990s')
    >>> in_words("[2000..2001]"), in_words("[2002..]"), in_words("[..2020-03-25]")
    ('between 2000 and 2001', '2002 or later', '25 Mar 2020 or earlier')
    """
    one_of = _ANY_RANGE.fullmatch(text)
    if not one_of:
        return _single(text)
    first, last = one_of["first"], one_of["last"]
    if first and last:
        start, end = _single(first), _single(last)
        return f"between {_without_year(start, end)} and {end}"
    return f"{_single(first)} or later" if first else f"{_single(last)} or earlier"


def span_in_words(start: Any, end: Any) -> str:
    """From a start to an end, either of which may be missing; an empty text if both are.

    Examples
    --------
    >>> span_in_words("2020-03-25", "2020-05-10"), span_in_words("1999", None), span_in_words(None, "2016")
    ('25 Mar to 10 May 2020', 'start 1999', 'end 2016')
    """
    first = "" if pd.isna(start) else in_words(str(start))
    last = "" if pd.isna(end) else in_words(str(end))
    if first and last:
        plain = not (_ANY_RANGE.search(str(start)) or _ANY_RANGE.search(str(end)))
        return f"{_without_year(first, last)} to {last}" if plain else f"start {first}, end {last}"
    return f"start {first}" if first else f"end {last}" if last else ""


def day_in_words(day: date) -> str:
    """One day of the calendar, as `in_words` says it."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def figure_in_words(row: Mapping[str, str], labels: Mapping[tuple[str, str], str]) -> str:
    """A figure with its qualifier, number, unit, period and date.

    Parameters
    ----------
    row
        A row of figures as text; missing cells are not in it.
    labels
        Labels by vocabulary and code.

    Examples
    --------
    >>> labels = {("qualifier", "about"): "About", ("measure", "visits"): "Visits", ("measure", "funding"): "Funding"}
    >>> visits = {"measure": "visits", "value": "24000", "unit": "1", "qualifier": "about", "period": "year"}
    >>> figure_in_words(visits | {"start": "2019", "end": "2019"}, labels)
    'about 24,000 visits a year, 2019'
    >>> figure_in_words({"measure": "funding", "value": "1250.5", "value_max": "2000", "unit": "NOK"}, labels)
    '1,250.5 to 2,000 NOK of funding'
    """

    def label(name: str) -> str:
        return labels.get((name, row[name]), row[name]).lower() if name in row else ""

    number = " to ".join(_grouped(row[name]) for name in ("value", "value_max") if name in row)
    unit = row.get("unit", "1")
    what = label("measure") if unit == "1" else unit if unit == "%" else f"{unit} of {label('measure')}"
    per = f"a {label('period')}" if "period" in row else ""
    start, end = row.get("start"), row.get("end")
    when = in_words(start) if start and end in {None, start} else f"by {in_words(end)}" if end and not start else ""
    when = when or span_in_words(start, end)
    words = " ".join(part for part in (label("qualifier"), number, what, per) if part)
    return f"{words}, {when}" if when else words


def _grouped(number: str) -> str:
    """A number with its thousands set apart; what is none comes back as it is."""
    whole, point, rest = number.partition(".")
    return f"{int(whole):,}{point}{rest}" if re.fullmatch(r"-?[0-9]{1,30}", whole) else number


def counted_in_words(own: int, more: int, noun: str) -> str:
    """How many rows the coded source attests, and how many more only other sources name.

    Examples
    --------
    >>> counted_in_words(23, 10, "events"), counted_in_words(14, 0, "programs"), counted_in_words(1, 0, "agencies")
    ('23 events, 10 more named only by other sources', '14 programs', '1 agency')
    """
    one = f"{noun.removesuffix('ies')}y" if noun.endswith("ies") else noun.removesuffix("s")
    counted = f"{own:,} {one if own == 1 else noun}"
    return f"{counted}, {more:,} more named only by other sources" if more else counted


def _single(text: str) -> str:
    if re.fullmatch(r"[0-9]{3}X[?~]?", text):
        return f"{text[:3]}0s"
    parts = _PARTS.fullmatch(text)
    if not parts:
        return text
    words = parts["year"]
    if parts["month"]:
        words = f"{MONTHS[int(parts['month']) - 1]} {words}"
    if parts["day"]:
        words = f"{int(parts['day'])} {words}"
    return {"~": f"about {words}", "?": f"{words} (uncertain)", "": words}[parts["doubt"]]


def _without_year(first: str, last: str) -> str:
    """The first date without its year, where the last has the same one and both name more than it."""
    year = last[-4:]
    return first[:-5] if first.endswith(f" {year}") and last.endswith(f" {year}") else first
