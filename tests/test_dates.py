"""EDTF dates and their bounds."""

from datetime import date, timedelta

import edtf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policycase.errors import DateError
from policycase.model.dates import Bounds, bounds

DAYS = st.dates(date(1000, 1, 1), date(2100, 12, 31))


@pytest.mark.parametrize(
    ("text", "earliest", "latest"),
    [
        ("1999", "1999-01-01", "1999-12-31"),
        ("1999-02", "1999-02-01", "1999-02-28"),
        ("2020-02", "2020-02-01", "2020-02-29"),
        ("2020-03-25", "2020-03-25", "2020-03-25"),
        ("199X", "1990-01-01", "1999-12-31"),
        ("1999~", "1999-01-01", "1999-12-31"),
        ("2020-05?", "2020-05-01", "2020-05-31"),
        ("[2000..2001]", "2000-01-01", "2001-12-31"),
        ("[2020-03-25..2020-05]", "2020-03-25", "2020-05-31"),
        ("[2002..]", "2002-01-01", None),
        ("[..2020-03-25]", None, "2020-03-25"),
    ],
)
def test_bounds_are_the_first_and_last_day(text: str, earliest: str | None, latest: str | None):
    found = bounds(text)

    assert found == Bounds(*(day and date.fromisoformat(day) for day in (earliest, latest)))


@pytest.mark.parametrize(
    "text",
    [
        "", "1999/2000", "2003/", "[1999, 2001]", "{1999..2001}", "19XX", "1999-XX", "99", "1999-13", "1999-21", "2020-02-30",
        "2021-02-29", "0999", "2101", "Y19999", "[2001..2000]", "[..]", "1999-1-1", "unknown", "1999 ", "1999?~", "[199X..2001]",
    ],
)  # fmt: skip
def test_other_forms_are_refused_with_what_was_expected(text: str):
    with pytest.raises(DateError, match=r"expected 1999|reversed|outside the years|write its months"):
        bounds(text)


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        *[
            (text, "[2018-03..2018-05]")
            for text in ("2018-21", "2018-24", "2018-32", "late spring 2018", "Fall of 2018")
        ],
        *[(text, "[2018-01..2018-03]") for text in ("2018-33", "2018-41", "Q3 2018", "first half of 2018")],
        *[(text, "expected 1999") for text in ("2018-13", "2018-20", "2018-42", "May 2018", "springfield")],
    ],
)
def test_season_or_part_of_a_year_is_refused_with_how_to_write_its_months(text: str, instead: str):
    with pytest.raises(DateError) as error:
        bounds(text)

    assert instead in str(error.value)


@given(DAYS)
@settings(max_examples=30, deadline=None)
def test_day_means_itself(day: date):
    assert bounds(day.isoformat()) == Bounds(day, day)


@given(DAYS)
@settings(max_examples=30, deadline=None)
def test_month_ends_the_day_before_the_next(day: date):
    found = bounds(f"{day:%Y-%m}")

    assert found.earliest == day.replace(day=1)
    assert (found.latest.year, found.latest.month) == (day.year, day.month)
    assert (found.latest + timedelta(days=1)).day == 1


@pytest.mark.slow
@given(DAYS, st.sampled_from(["%Y", "%Y-%m", "%Y-%m-%d"]), st.sampled_from(["", "?", "~"]))
@settings(max_examples=100, deadline=None)
def test_date_of_the_calendar_has_the_bounds_that_edtf_gives(day: date, form: str, mark: str):
    text = day.strftime(form) + mark
    parsed = edtf.parse_edtf(text)

    found = bounds(text)

    assert found == Bounds(date(*parsed.lower_strict()[:3]), date(*parsed.upper_strict()[:3]))


@pytest.mark.parametrize("month", range(13))
@pytest.mark.parametrize("day", [0, 1, 28, 29, 30, 31])
@pytest.mark.parametrize("year", [1900, 1999, 2000, 2100])
def test_day_exists_where_edtf_finds_it(year: int, month: int, day: int):
    text = f"{year}-{month:02}-{day:02}"

    try:
        expected = date(*edtf.parse_edtf(text).lower_strict()[:3])
    except (edtf.parser.EDTFParseException, ValueError):
        with pytest.raises(DateError):
            bounds(text)
    else:
        assert bounds(text) == Bounds(expected, expected)


@given(DAYS, DAYS)
@settings(max_examples=30, deadline=None)
def test_range_runs_from_its_first_to_its_last_or_is_refused(first: date, last: date):
    text = f"[{first.isoformat()}..{last.isoformat()}]"

    if first <= last:
        assert bounds(text) == Bounds(first, last)
    else:
        with pytest.raises(DateError, match="reversed"):
            bounds(text)


@given(st.text(alphabet="0123456789X-?~[].,/ ", max_size=14))
@settings(max_examples=200, deadline=None)
def test_any_text_gives_bounds_in_order_or_a_date_error(text: str):
    try:
        found = bounds(text)
    except DateError:
        return
    assert found.earliest or found.latest
    assert (found.earliest or date.min) <= (found.latest or date.max)
