"""Dates as a reader says them, no more certain than they are."""

import re
from datetime import date

import pandas as pd

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_RANGE = re.compile(r"\[(?P<first>[^.\]]*)\.\.(?P<last>[^.\]]*)\]")
_PARTS = re.compile(r"(?P<year>[0-9]{4})(?:-(?P<month>0[1-9]|1[0-2])(?:-(?P<day>[0-9]{2}))?)?(?P<doubt>[?~]?)")


def in_words(text: str) -> str:
    """An EDTF date in plain words; a text that is none comes back as it is.

    Examples
    --------
    >>> in_words("2020-03-25"), in_words("1999~"), in_words("199X")
    ('25 Mar 2020', 'about 1999', '1990s')
    >>> in_words("[2000..2001]"), in_words("[2002..]"), in_words("[..2020-03-25]")
    ('between 2000 and 2001', '2002 or later', '25 Mar 2020 or earlier')
    """
    one_of = _RANGE.fullmatch(text)
    if not one_of:
        return _single(text)
    first, last = one_of["first"], one_of["last"]
    if first and last:
        start, end = _single(first), _single(last)
        return f"between {_without_year(start, end)} and {end}"
    return f"{_single(first)} or later" if first else f"{_single(last)} or earlier"


def span_in_words(start: object, end: object) -> str:
    """From a start to an end, either of which may be missing; an empty text if both are.

    Examples
    --------
    >>> span_in_words("2020-03-25", "2020-05-10"), span_in_words("1999", None), span_in_words(None, "2016")
    ('25 Mar to 10 May 2020', 'start 1999', 'end 2016')
    """
    first = "" if pd.isna(start) else in_words(str(start))
    last = "" if pd.isna(end) else in_words(str(end))
    if first and last:
        plain = not (_RANGE.search(str(start)) or _RANGE.search(str(end)))
        return f"{_without_year(first, last)} to {last}" if plain else f"start {first}, end {last}"
    return f"start {first}" if first else f"end {last}" if last else ""


def day_in_words(day: date) -> str:
    """One day of the calendar, as `in_words` says it."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


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
