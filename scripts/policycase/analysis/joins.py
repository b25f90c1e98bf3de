"""Joins: records with uncertain dates, beside a series of another data set, by day, month, quarter or year."""

from typing import Literal

import numpy as np
import pandas as pd
import pycountry

from policycase.analysis.chronology import ONGOING
from policycase.errors import DateError, UnknownNameError
from policycase.model.casebook import Casebook
from policycase.model.dates import FIRST_YEAR, bounds
from policycase.storage.csv_files import TEXT

MATCH = pd.CategoricalDtype(["possible", "certain"], ordered=True)
STARTS, ENDS = ["start_earliest", "start_latest"], ["end_earliest", "end_latest"]
UNTIL = ["observed_until_earliest", "observed_until_latest"]
PLACE_CODE = "iso_3166_2"
LINKS = {"event_id": "event_places", "program_id": "program_places"}  # where the places of records are
SPAN = 2**22  # more than there are days from the year 1000 to 2100, so that a key and a day make one number
FIRST, LAST = 0, SPAN - 1  # the days of bounds that are open
EPOCH = np.datetime64(f"{FIRST_YEAR}-01-01", "D")
DEPTH = 32  # places within places are followed so far
UNMATCHED = "unmatched"


def join_dates(
    records: pd.DataFrame,
    series: pd.DataFrame,
    on: str = "country",
    date: str = "date",
    *,
    freq: Literal["D", "M", "Q", "Y"] | None = None,
    casebook: Casebook | None = None,
) -> pd.DataFrame:
    """Records beside each period of a series in which they happened, or went on, certainly or possibly.

    Parameters
    ----------
    records
        Rows with the bounds of their dates: events, programs, program_places, `spells`, or some rows of one of them.
    series
        Another table with a key, a date and values; it may hold several rows for a key and date.
    on
        The key, a column of both. `country` (alpha-3) need not be in the records: their case_id begins with it.
        `iso_3166_2`, where the records lack it, is that of their places, and needs `casebook`.
    date
        The column of the series that says which period a row is of: days (datetime64, or text as 2020-03-25), months
        (2020-03), years (2020, text or whole number), any other EDTF date without an open bound, or pandas periods.
    freq
        D, M, Q or Y: the length of the periods, where days stand for something longer, such as the first of a month.
    casebook
        The one that the records are of, for their places.

    Returns
    -------
    DataFrame
        One row for each record and row of the series that match: the columns of the records, `place_id` where places
        are joined and the records lack it, the other columns of the series (with `_series` behind a name that the
        records have too), and `match` (`possible` < `certain`, an ordered category). In the order of the records, then
        of the dates. What does not match has no row. `attrs["unmatched"]` counts the records without any, by reason:
        `undated` (no date is stated), `no key` (no country, or no place with a code), `no series` (the series has no
        row for the key), `another time`.

    Raises
    ------
    UnknownNameError
        A column is missing.
    ValueError
        A date of the series cannot be read, or has an open bound; or `casebook` is needed.

    Notes
    -----
    A match is `certain` if by every reading of its dates the record happened, or went on, on some day of the period;
    `possible` if by some reading and not by all. So an event of "2020" certainly matches a year, and each day of 2020
    possibly. No middle of a range is taken. An open bound is open: an event "2002 or later" possibly matches every
    later period. An event without an end is one moment, as is a record of a table without ends; elsewhere a missing
    end is not stated, and may be any later day. For `spells` nothing is said of days after their source was published,
    and one that is stated to be ongoing went on until then. Planned and cancelled events have dates too: see
    `occurrence`.

    A place matches certainly if it is, or lies in, the place of the series; possibly if that lies in it, as a district
    in a country, since what holds in some part of a place may not hold in all of it. A match of place and time is as
    sure as the less sure of the two.
    """
    _refuse_missing(series, [on, date], "series")
    _refuse_missing(records, STARTS, "records")
    names = [name for name in series.columns if name != on]
    clash = {name: f"{name}_series" for name in names if name in records.columns or name in {"place_id", "match"}}
    given = series.rename(columns=clash).reset_index(drop=True)
    periods = _periods(series[date].reset_index(drop=True), freq)
    periods["key"] = series[on].to_numpy()[periods.index]
    rows = records.reset_index(drop=True)
    keyed = _keyed(rows, on, casebook, periods["key"])
    dated = _readings(rows)
    wanted = keyed[keyed["key"].notna() & dated["dated"].to_numpy()[keyed["row"]]]
    left, right, certain = _overlaps(dated.iloc[wanted["row"]], wanted["key"], periods)
    whose = wanted["row"].to_numpy()[left]
    order = np.lexsort((right, periods["first"][right], whose))
    left, right, whose = left[order], right[order], whose[order]
    sure = certain[order] & wanted["sure"].to_numpy()[left]
    of_records = rows.iloc[whose].reset_index(drop=True)
    if "place_id" in wanted and "place_id" not in of_records:
        of_records["place_id"] = wanted["place_id"].iloc[left].to_numpy()
    if on not in of_records:
        of_records[on] = series[on].iloc[right].to_numpy()
    of_series = given.drop(columns=on).iloc[right].reset_index(drop=True)
    joined = pd.concat([of_records, of_series], axis=1)
    joined["match"] = pd.Categorical.from_codes(sure.astype("int8"), dtype=MATCH)
    joined.attrs[UNMATCHED] = _unmatched(rows, keyed, dated, periods["key"], whose)
    return joined


def _refuse_missing(frame: pd.DataFrame, names: list[str], what: str) -> None:
    for name in names:
        if name not in frame.columns:
            kind = f"column of the {what}"
            raise UnknownNameError(kind, name, map(str, frame.columns))


def _days(days: pd.Series, missing: int) -> np.ndarray:
    """The number of each day, from the first of the first year; what is given where it is missing."""
    numbers = (days.to_numpy().astype("datetime64[D]") - EPOCH).astype("int64")
    return np.where(days.isna(), missing, numbers.clip(FIRST, LAST))


def _periods(dates: pd.Series, freq: str | None) -> pd.DataFrame:
    """The first and last day of each date of a series, as numbers; a row without a date is left out."""
    known = dates.dropna()
    if isinstance(known.dtype, pd.PeriodDtype):
        spans = known.dt
    elif pd.api.types.is_datetime64_any_dtype(known.dtype):
        spans = known.dt.to_period(freq or "D").dt
    else:
        return _read(known, freq)
    return pd.DataFrame({"first": _days(spans.start_time, FIRST), "last": _days(spans.end_time, LAST)}, known.index)


def _read(dates: pd.Series, freq: str | None) -> pd.DataFrame:
    """The same of dates as text, as whole numbers, or as Python dates; each distinct one is read once."""
    numbers, distinct = pd.factorize(dates)
    ends = []
    for value in distinct.tolist():
        text = f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value)
        try:
            found = bounds(text)
        except DateError as error:
            hint = " · a number such as 20200325 needs pd.to_datetime(..., format='%Y%m%d')" if text.isdigit() else ""
            msg = f"a date of the series cannot be read: {error}{hint}"
            raise ValueError(msg) from error
        if found.earliest is None or found.latest is None:
            msg = f'a date of the series has an open bound: "{text}"'
            raise ValueError(msg)
        ends.append((found.earliest, found.latest))
    both = np.array(ends, dtype="datetime64[D]").reshape(-1, 2)
    if freq:
        longer = pd.PeriodIndex(pd.to_datetime(both[:, 0]), freq=freq)
        both = np.column_stack([longer.start_time, longer.end_time]).astype("datetime64[D]")
    days = (both - EPOCH).astype("int64")
    return pd.DataFrame(days[numbers], dates.index, ["first", "last"])


def _readings(rows: pd.DataFrame) -> pd.DataFrame:
    """Of each record the first and last day on which it can have gone on, and the two that all readings share.

    `first` to `last` holds every reading. Each reading has begun by `begun`, and has not ended before `ending`; for a
    moment these are the last and the first day that it can be. `dated`: whether any bound is stated.
    """
    bound = {
        name: rows[name] if name in rows.columns else pd.Series(pd.NaT, rows.index, "datetime64[s]")
        for name in [*STARTS, *ENDS, *UNTIL]
    }
    stated = pd.DataFrame({name: bound[name].notna() for name in [*STARTS, *ENDS]})
    ended = stated[ENDS].any(axis=1)
    if "end" in rows.columns:
        ended |= rows["end"].notna()
    first = _days(bound["start_earliest"], FIRST)
    start = _days(bound["start_latest"], LAST)
    moments = "event_type" in rows.columns or not {"end", *ENDS} & set(rows.columns)
    moment = ~ended.to_numpy() & moments
    seen_first, seen_last = _days(bound[UNTIL[0]], FIRST), _days(bound[UNTIL[1]], LAST)
    last = np.where(moment, start, np.minimum(_days(bound["end_latest"], LAST), seen_last))
    status = rows["status"] if "status" in rows.columns else pd.Series(pd.NA, rows.index)
    ongoing = status.eq(ONGOING).fillna(value=False).to_numpy(dtype=bool) & ~ended.to_numpy()
    ending = np.where(moment, first, np.where(ongoing, seen_first, _days(bound["end_earliest"], FIRST)))
    return pd.DataFrame(
        {
            "first": first,
            "last": last,
            "begun": np.minimum(start, last),
            "ending": np.maximum(ending, first),
            "dated": stated.any(axis=1).to_numpy(),
        }
    )


def _overlaps(records: pd.DataFrame, keys: pd.Series, periods: pd.DataFrame) -> tuple[np.ndarray, ...]:
    """Which records and rows of the series overlap, by their positions, and whether they do by every reading.

    Rows of the series are put in order of key and first day. Those that can overlap a record are a run of them: from
    the first that may end late enough, up to the last that begins early enough; both are looked up, not searched for.
    """
    codes, known = pd.factorize(periods["key"])
    order = np.lexsort((periods["last"], periods["first"], codes))
    order = order[codes[order] >= 0]
    begins = codes[order] * SPAN + periods["first"].to_numpy()[order]
    ends = codes[order] * SPAN + periods["last"].to_numpy()[order]
    reach = np.maximum.accumulate(ends) if len(ends) else ends
    key = pd.Index(known).get_indexer(pd.Index(keys))
    lo = np.searchsorted(reach, key * SPAN + records["first"].to_numpy(), side="left")
    hi = np.searchsorted(begins, key * SPAN + records["last"].to_numpy(), side="right")
    counts = np.where(key < 0, 0, np.maximum(hi - lo, 0))
    left = np.repeat(np.arange(len(records)), counts)
    nth = np.arange(len(left)) - np.repeat(np.cumsum(counts) - counts, counts)
    right = order[np.repeat(lo, counts) + nth]
    first, last = periods["first"].to_numpy()[right], periods["last"].to_numpy()[right]
    some = last >= records["first"].to_numpy()[left]  # where rows of a key have periods of several lengths
    left, right, first, last = left[some], right[some], first[some], last[some]
    certain = (records["begun"].to_numpy()[left] <= last) & (records["ending"].to_numpy()[left] >= first)
    return left, periods.index.to_numpy()[right], certain


def _keyed(rows: pd.DataFrame, on: str, casebook: Casebook | None, known: pd.Series) -> pd.DataFrame:
    """The keys of each record: `row`, its position; key, missing where it has none; whether it is sure."""
    if on in rows.columns:
        keys = rows[on].astype("object")
    elif on == PLACE_CODE:
        return _places(rows, casebook, known)
    elif on == "country" and "case_id" in rows.columns:
        keys = rows["case_id"].str[:3].str.upper().astype("object")
    else:
        _refuse_missing(rows, [on], "records")
    return pd.DataFrame({"row": np.arange(len(rows)), "key": keys, "sure": True})


def _places(rows: pd.DataFrame, casebook: Casebook | None, known: pd.Series) -> pd.DataFrame:
    """The codes of the series that each record's places lie in, or that lie in one of them."""
    if casebook is None:
        msg = "the places of the records are in their casebook · write casebook=case"
        raise ValueError(msg)
    at = rows.assign(row=np.arange(len(rows)))
    if "place_id" not in rows.columns:
        key = next((name for name in LINKS if name in rows.columns), None)
        if key is None:
            kind = "column of the records"
            raise UnknownNameError(kind, "place_id", map(str, rows.columns))
        links = casebook[LINKS[key]][[key, "place_id"]].drop_duplicates()
        at = at[["row", key]].merge(links, on=key, how="left")
    at = at[["row", "place_id"]]
    areas = _areas(casebook["places"], known.dropna().astype(TEXT).unique().tolist())
    found = at.merge(areas, on="place_id", how="left")
    found["sure"] = found["sure"].eq(other=True)
    return found


def _areas(places: pd.DataFrame, codes: list[str]) -> pd.DataFrame:
    """Each place with the codes that it lies in (sure), and those that lie in it (not sure)."""
    parent = places.drop_duplicates("place_id").set_index("place_id")["parent_place_id"]
    code = places.drop_duplicates("place_id").set_index("place_id")[PLACE_CODE]
    parts, own = [], code
    above = parent
    for _ in range(DEPTH):  # the code of a place, then of each larger one
        parts.append(own.dropna())
        if not above.notna().any():
            break
        own = above.map(code)
        above = above.map(parent)
    near = pd.concat(parts).reset_index().set_axis(["place_id", "key"], axis=1).drop_duplicates("place_id")
    within = {text: _larger(text) for text in dict.fromkeys([*codes, *near["key"]])}
    lies_in = pd.DataFrame([(text, large) for text in within for large in (text, *within[text])], columns=["key", "in"])
    lies_in = lies_in.astype(TEXT)
    up = pd.concat(parts).reset_index().set_axis(["place_id", "key"], axis=1)
    up = up.merge(lies_in, on="key")[["place_id", "in"]].set_axis(["place_id", "key"], axis=1).assign(sure=True)
    down = lies_in[lies_in["key"].isin(codes)].set_axis(["of", "key"], axis=1)
    down = near.merge(down, on="key")[["place_id", "of"]].set_axis(["place_id", "key"], axis=1).assign(sure=False)
    return pd.concat([up, down]).drop_duplicates(["place_id", "key"])


def _larger(code: str) -> list[str]:
    """The codes of the subdivisions that a subdivision lies in, and of its country, by ISO 3166-2."""
    found: list[str] = []
    subdivision = pycountry.subdivisions.get(code=code)
    while subdivision is not None and subdivision.parent_code:
        found.append(subdivision.parent_code)
        subdivision = pycountry.subdivisions.get(code=subdivision.parent_code)
    return [*found, code[:2]] if len(code) > len("KG") else found


def _unmatched(
    rows: pd.DataFrame, keyed: pd.DataFrame, dated: pd.DataFrame, known: pd.Series, matched: np.ndarray
) -> dict[str, int]:
    """How many records have no row in the join, by reason."""
    count = len(rows)
    without_date = ~dated["dated"].to_numpy()
    has_key = np.isin(np.arange(count), keyed.loc[keyed["key"].notna(), "row"])
    in_series = np.isin(np.arange(count), keyed.loc[keyed["key"].isin(known.dropna()), "row"])
    reasons = [without_date, ~has_key, ~in_series, ~np.isin(np.arange(count), matched)]
    names = ["undated", "no key", "no series", "another time"]
    why = np.select(reasons, range(len(names)), default=len(names))
    return {name: int((why == number).sum()) for number, name in enumerate(names)}
