"""Records with uncertain dates beside a series of another data set."""

import json
from datetime import date, timedelta
from itertools import product
from pathlib import Path

import frictionless
import pandas as pd
import pytest
from copies import ROOT
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import policycase
from policycase.errors import UnknownNameError

OXCGRT = ROOT / "docs/data/oxcgrt"
DAY_ONE = date(2020, 1, 1)
WINDOW = range(-25, 35)  # an open bound is tried so far; periods lie within 0 to 12


@pytest.fixture(scope="module")
def stringency() -> pd.DataFrame:
    return pd.read_csv(OXCGRT / "stringency.csv", parse_dates=["date"])


def case() -> policycase.Casebook:
    return policycase.load(ROOT)


def record(*bounds: str | None, **others: object) -> pd.DataFrame:
    """One record of Kyrgyzstan with the bounds of its start and its end."""
    names = ["start_earliest", "start_latest", "end_earliest", "end_latest"]
    dates = {name: pd.to_datetime([day]) for name, day in zip(names, bounds, strict=False)}
    return pd.DataFrame({"case_id": ["kgz-x"], **dates, **others})


def yearly(*dates: object) -> pd.DataFrame:
    return pd.DataFrame({"country": "KGZ", "date": list(dates), "value": range(len(dates))})


def matches(joined: pd.DataFrame) -> dict[object, str]:
    return dict(zip(joined["date"], joined["match"], strict=True))


# -- the shipped data ------------------------------------------------------------------------------------------------


def test_oxcgrt_is_a_valid_package_with_licence_and_credit():
    about = json.loads((OXCGRT / "datapackage.json").read_text(encoding="utf-8"))

    report = frictionless.Package(str(OXCGRT / "datapackage.json")).validate()

    assert report.valid
    assert report.tasks[0].stats["rows"] == 2196
    assert [one["name"] for one in about["licenses"]] == ["CC-BY-4.0"]
    assert "10.1038/s41562-021-01079-8" in about["sources"][0]["path"]


def test_oxcgrt_has_the_days_of_2020_of_the_six_countries(stringency: pd.DataFrame):
    countries = {case_id[:3].upper() for case_id in ("kgz-leph", *(path.name for path in ROOT.glob("examples/*-*")))}

    counts = stringency.groupby("country").size()

    assert counts.to_dict() == dict.fromkeys(countries, 366)


# -- by hand ---------------------------------------------------------------------------------------------------------


def test_emergency_is_47_days_and_the_index_moves_at_both_ends(stringency: pd.DataFrame):
    joined = policycase.join_dates(policycase.spells(case()), stringency)

    emergency = joined[joined["program_id"].eq("kgz-leph:emergency-regime")]
    index = stringency[stringency["country"].eq("KGZ")].set_index("date")["stringency"]
    assert len(emergency) == 47
    assert set(emergency["match"]) == {"certain"}
    assert [str(day.date()) for day in emergency["date"].iloc[[0, -1]]] == ["2020-03-25", "2020-05-10"]
    assert index.loc["2020-03-24":"2020-03-25"].tolist() == [69.44, 92.13]
    assert index.loc["2020-05-10":"2020-05-11"].tolist() == [85.65, 81.94]


def test_event_of_one_day_matches_that_day(stringency: pd.DataFrame):
    joined = policycase.join_dates(case().events, stringency)

    begins = joined[joined["event_id"].eq("kgz-leph:emergency-begins")]
    assert begins[["stringency", "match"]].to_numpy().tolist() == [[92.13, "certain"]]


def test_event_within_the_emergency_possibly_matches_each_of_its_days(stringency: pd.DataFrame):
    joined = policycase.join_dates(case().events, stringency)

    created = joined[joined["event_id"].eq("kgz-leph:teams-created")]
    assert len(created) == 47
    assert set(created["match"]) == {"possible"}


def test_records_without_a_match_are_counted(stringency: pd.DataFrame):
    events = case().events

    joined = policycase.join_dates(events, stringency)

    counts = joined.attrs["unmatched"]
    assert counts == {"undated": 2, "no key": 0, "no series": 0, "another time": 9}
    assert joined["event_id"].nunique() + sum(counts.values()) == len(events)


def test_two_districts_of_hanoi_match_the_years_of_their_country():
    spells = policycase.spells(policycase.load(ROOT / "examples/vnm-pmlsa"))
    series = pd.DataFrame({"country": "VNM", "date": range(2016, 2023)})

    joined = policycase.join_dates(spells, series)

    assert matches(joined) == {2018: "certain", 2019: "certain", 2020: "certain"}


def test_month_of_a_site_in_vancouver_is_certain_and_its_days_are_not():
    events = policycase.load(ROOT / "examples/can-insite").events
    opening = events[events["start"].eq("2003-09")].head(1)
    days = pd.date_range("2003-08-30", "2003-10-02")
    monthly = policycase.join_dates(
        opening, pd.DataFrame({"country": "CAN", "date": ["2003-08", "2003-09", "2003-10"]})
    )
    daily = policycase.join_dates(opening, pd.DataFrame({"country": "CAN", "date": days}))

    found = matches(monthly), daily["match"].value_counts().to_dict()

    assert found == ({"2003-09": "certain"}, {"possible": 30, "certain": 0})


def test_spell_that_goes_on_matches_until_its_source_was_published():
    book = case()
    spells = policycase.spells(book)
    ongoing = spells[spells["program_id"].eq("kgz-leph:mmt") & spells["status"].eq("ongoing")]
    published = ongoing["observed_until_latest"].dt.year.iloc[0]

    joined = policycase.join_dates(ongoing, yearly(*range(2000, 2030)))

    years = [year for year, match in matches(joined).items() if match == "certain"]
    assert years == list(range(2002, published + 1))
    assert joined["date"].max() == published


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        (("2001-01-01", None), {2001: "possible", 2002: "possible"}),
        ((None, "2000-12-31"), {1999: "possible", 2000: "possible"}),
        ((None, None), {}),
        (("2000-05-01", "2001-05-01"), {2000: "possible", 2001: "possible"}),
        (("2000-05-01", "2000-06-01"), {2000: "certain"}),
        (("2000-05-01", "2000-06-01", None, None), {2000: "certain", 2001: "possible", 2002: "possible"}),
        ((None, None, "2001-02-01", "2001-03-01"), {1999: "possible", 2000: "possible", 2001: "certain"}),
        (("1999-06-01", "2000-06-01", "2001-06-01", "2002-06-01"), {1999: "possible", 2000: "certain", 2001: "certain", 2002: "possible"}),
    ],
)  # fmt: skip
def test_open_and_uncertain_bounds_match_by_every_reading(bounds: tuple, expected: dict):
    joined = policycase.join_dates(record(*bounds), yearly(1999, 2000, 2001, 2002))

    assert matches(joined) == expected
    assert joined.attrs["unmatched"]["undated"] == (not any(bounds))


# -- the series ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dates", "freq", "count"),
    [
        ([1999, 2000], None, 1),
        ([1999.0, None, 2000.0], None, 1),
        (["1999", "2000"], None, 1),
        (["199X", "200X"], None, 1),
        ([date(2000, 5, 1), date(2000, 5, 2)], None, 1),
        (pd.to_datetime(["2000-05-01", "2000-06-01"]), None, 1),
        (pd.to_datetime(["2000-05-01", "2000-06-01"]), "M", 2),
        (["2000-01-01", "2001-01-01"], "Y", 1),
        (pd.PeriodIndex(["2000Q1", "2000Q2", "2000Q3"], freq="Q"), None, 1),
    ],
)
def test_periods_are_read_as_they_are_written(dates: list, freq: str | None, count: int):
    series = pd.DataFrame({"country": "KGZ", "date": dates})

    joined = policycase.join_dates(record("2000-05-02", "2000-06-15"), series, freq=freq)

    assert len(joined) == count


@pytest.mark.parametrize(
    ("dates", "message"),
    [([20200325], "format='%Y%m%d'"), (["[2000..]"], "open bound"), (["25/03/2020"], "cannot be read")],
)
def test_dates_that_cannot_be_read_are_named(dates: list, message: str):
    with pytest.raises(ValueError, match=message):
        policycase.join_dates(record("2000-05-01", "2000-06-15"), yearly(*dates))


def test_columns_that_are_missing_are_named():
    with pytest.raises(UnknownNameError, match='no column of the series "country"'):
        policycase.join_dates(record("2000-05-01", "2000-06-15"), yearly(2000).rename(columns={"country": "iso3"}))


def test_columns_of_both_keep_both_values():
    joined = policycase.join_dates(record("2000-05-01", "2000-06-15", value=["own"]), yearly(2000))

    assert joined[["value", "value_series", "country"]].to_numpy().tolist() == [["own", 0, "KGZ"]]


def test_join_of_nothing_has_the_same_columns(stringency: pd.DataFrame):
    events = case().events

    none, some = (policycase.join_dates(rows, stringency) for rows in (events.iloc[:0], events))

    assert len(none) == 0
    assert list(none) == list(some)
    assert none["match"].dtype == some["match"].dtype


# -- places ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def places() -> pd.DataFrame:
    codes = ["KG", "KG-GB", "KG-GO", "KG-O", "VN-HN"]
    return pd.DataFrame({"iso_3166_2": codes, "date": 2020})


def test_event_in_a_city_matches_the_city_and_its_country_and_no_other_city(places: pd.DataFrame):
    book = case()
    event = book.events[book.events["event_id"].eq("kgz-leph:teams-created")]

    joined = policycase.join_dates(event, places, on="iso_3166_2", casebook=book)

    assert dict(zip(joined["iso_3166_2"], joined["match"], strict=True)) == {"KG": "certain", "KG-GB": "certain"}
    assert set(joined["place_id"]) == {"kgz-leph:bishkek"}


def test_spell_in_unnamed_territories_possibly_matches_each_region(places: pd.DataFrame):
    book = case()
    spells = policycase.spells(book)
    emergency = spells[spells["program_id"].eq("kgz-leph:emergency-regime")]

    joined = policycase.join_dates(emergency, places, on="iso_3166_2", casebook=book)

    assert dict(zip(joined["iso_3166_2"], joined["match"], strict=True)) == {
        "KG": "certain", "KG-GB": "possible", "KG-GO": "possible", "KG-O": "possible",
    }  # fmt: skip


def test_records_without_a_place_are_counted(places: pd.DataFrame):
    book = case()

    joined = policycase.join_dates(book.programs, places, on="iso_3166_2", casebook=book)

    assert joined.attrs["unmatched"] == {"undated": 2, "no key": 2, "no series": 0, "another time": 0}


def test_places_need_their_casebook(places: pd.DataFrame):
    with pytest.raises(ValueError, match="casebook=case"):
        policycase.join_dates(case().events, places, on="iso_3166_2")


# -- against the plain definition ------------------------------------------------------------------------------------

BOUND = st.none() | st.integers(0, 12)
RECORD = st.tuples(BOUND, BOUND, BOUND, BOUND, st.booleans(), st.sampled_from(["KGZ", "PRT"]))
PERIOD = st.tuples(st.integers(0, 12), st.integers(0, 4), st.sampled_from(["KGZ", "PRT", None]))


def readings(s1: int | None, s2: int | None, e1: int | None, e2: int | None, moment: bool) -> list[tuple[int, int]]:
    """Every first and last day that the bounds allow."""
    starts = [day for day in WINDOW if (s1 is None or day >= s1) and (s2 is None or day <= s2)]
    if moment:
        return [(day, day) for day in starts]
    ends = [day for day in WINDOW if (e1 is None or day >= e1) and (e2 is None or day <= e2)]
    return [(start, end) for start, end in product(starts, ends) if start <= end]


def day(number: int | None) -> pd.Timestamp:
    return pd.NaT if number is None else pd.Timestamp(DAY_ONE + timedelta(number))


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.lists(RECORD, min_size=1, max_size=4), st.lists(PERIOD, max_size=6))
def test_join_is_what_every_reading_gives(records: list, spans: list):
    rows = []
    for s1, s2, e1, e2, is_event, country in records:
        moment = is_event and e1 is None and e2 is None
        every = readings(s1, s2, e1, e2, moment)
        assume(every)
        rows.append((every, any(bound is not None for bound in (s1, s2, e1, e2)), country))
    expected = {}
    for place, (every, dated, country) in enumerate(rows):
        for number, (first, length, key) in enumerate(spans):
            met = [start <= first + length and end >= first for start, end in every]
            if dated and key == country and any(met):
                expected[place, number] = "certain" if all(met) else "possible"
    names = ["start_earliest", "start_latest", "end_earliest", "end_latest"]
    found = {}
    for kind in (True, False):  # events, whose missing end makes a moment, and others
        chosen = [place for place, one in enumerate(records) if one[4] is kind]
        frame = pd.DataFrame(
            {
                name: pd.Series([day(records[place][at]) for place in chosen], dtype="datetime64[s]")
                for at, name in enumerate(names)
            }
        ).assign(
            place=chosen, country=[records[place][5] for place in chosen], **({"event_type": "launch"} if kind else {})
        )
        periods = pd.DataFrame(
            {
                "country": pd.Series([key for *_, key in spans], dtype="object"),
                "date": pd.Series([f"[{DAY_ONE + timedelta(first)}..{DAY_ONE + timedelta(first + length)}]" for first, length, _ in spans], dtype="str"),
                "number": range(len(spans)),
            }
        )  # fmt: skip

        joined = policycase.join_dates(frame, periods)

        found |= dict(zip(zip(joined["place"], joined["number"], strict=True), joined["match"], strict=True))
        assert len(joined) == len(set(zip(joined["place"], joined["number"], strict=True)))
    assert found == expected


def test_frame_given_is_not_changed(stringency: pd.DataFrame):
    events, before = case().events, case().events

    policycase.join_dates(events, stringency)

    pd.testing.assert_frame_equal(events, before)


def test_reference_data_are_no_case():
    assert not list(Path(ROOT / "examples").glob("*oxcgrt*"))
    assert policycase.validate(OXCGRT).is_valid is False
