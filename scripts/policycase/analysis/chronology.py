"""Views over time: spells for event-history analysis, a panel, and the order in which things happened."""

from typing import Literal

import numpy as np
import pandas as pd

from policycase.model.casebook import Casebook
from policycase.model.provenance import ATTESTED, RECORD
from policycase.storage.csv_files import TEXT

ACTIVITY = pd.CategoricalDtype(["not", "possibly", "certainly"], ordered=True)
BOUNDS = ["start_earliest", "start_latest", "end_earliest", "end_latest"]
DURATIONS = ["duration_years", "duration_shortest", "duration_longest"]
DAY, YEAR = 86_400, 365.25  # seconds, days
DATED = ["start", *BOUNDS[:2], "end", *BOUNDS[2:]]
OBSERVED = ["observed_until_earliest", "observed_until_latest"]
PLANNED, ONGOING, ENDED, UMBRELLA = "planned", "ongoing", "ended", "umbrella"
UNITS, PARTS, FREQUENCIES = ("program", "place"), ("whole", "leaf", "all"), ("Y", "Q", "M")
DEPTH = 32  # places within places, or umbrellas within umbrellas, are followed so far


def spells(casebook: Casebook, *, others: bool = False) -> pd.DataFrame:
    """Spells of programs: one row for each program and place in which it is known to have begun.

    Parameters
    ----------
    casebook
        One or many cases.
    others
        Also rows that only other sources attest.

    Returns
    -------
    DataFrame
        case_id, country (alpha-3), program_id, program_type, parent_program_id, place_id (missing where no place is
        coded), within_place_id (the nearest place of the same program in which the place lies, missing if there is
        none: without it, areas count twice), status (as stated for the place; the program's where no place is coded,
        or where the program as a whole has ended; missing where not said), start and end (EDTF text, as stated for
        the place; the program's where no place is coded), start_earliest, start_latest, end_earliest, end_latest
        (datetime64[s], missing where open or not said), observed_until_earliest, observed_until_latest
        (datetime64[s]: first and last day on which the source of the status can have been published), left_censored,
        right_censored, interval_censored (boolean), ended (Int64: 1 ended, 0 still running when its source was
        published, missing where neither is said), duration_years, duration_shortest, duration_longest (float64,
        years). In the order of the programs and their places; what is planned is left out.

    Notes
    -----
    A start that is not stated for the place is bounded below by the program's and never set to it; likewise an end is
    bounded above by the program's. Terms are those of event-history analysis (Box-Steffensmeier & Jones 2004, *Event
    History Modeling*, ch. 2; Allison 2014, *Event History and Survival Analysis*). A spell is left-censored if nothing
    bounds its start from below. It is right-censored if it has no end and is stated to be ongoing: it was still running
    when its source was published. Where neither an end nor that it went on is stated, `right_censored` is missing:
    decide for your model. A spell is interval-censored if its start, or its end, is bounded but not to one day; an end
    without a date lies between the start and `observed_until_latest`. It is missing if only an unknown status could
    make it so.
    """
    book = chosen(casebook, others=others)
    rows = _spans(book, places=True)
    ended, ongoing = _ended(rows), rows["status"].eq(ONGOING)
    unsure = ~ended & ~ongoing
    begun_between = rows["start_earliest"].notna() & rows["start_earliest"].ne(rows["start_latest"])
    ended_between = ended & rows["end_earliest"].ne(rows["end_latest"])
    rows["left_censored"] = rows["start_earliest"].isna()
    rows["right_censored"] = (ongoing & ~ended).astype("boolean").mask(unsure)
    rows["interval_censored"] = ended_between.astype("boolean").mask(unsure) | begun_between  # missing | true is true
    rows["ended"] = ended.astype("Int64").mask(unsure)
    rows = rows.assign(**_durations(rows))
    flags = ["left_censored", "right_censored", "interval_censored"]
    columns = ["case_id", "country", "program_id", "program_type", "parent_program_id", "place_id", "within_place_id"]
    shown = rows[[*columns, "status", *DATED, *OBSERVED, *flags, "ended", *DURATIONS]]
    return shown.astype(dict.fromkeys(flags, "boolean"))


def _durations(rows: pd.DataFrame) -> dict[str, pd.Series]:
    """Years from the start to the end, or to when the source was published: from middle to middle, least and most."""
    known, running = rows["ended"].notna(), rows["ended"].eq(0).fillna(value=False).astype("bool")
    undated = known & ~running & rows["end"].isna()
    seen_first, seen_last = (rows[name] for name in OBSERVED)
    first, last = rows["start_earliest"], rows["start_latest"]
    earliest, latest = rows["end_earliest"].mask(running, seen_first), rows["end_latest"].mask(running, seen_last)
    middle = (earliest + (latest - earliest) / 2) - (first + (last - first) / 2)
    least, most = earliest - last, (latest.mask(undated, seen_last) - first).mask(running)
    days = [span.dt.total_seconds() / DAY for span in (middle.mask(undated), least, most)]
    days[1] = days[1].fillna(0)  # what has begun lasts a day
    years = [((span.clip(lower=0) + 1) / YEAR).round(4).where(known) for span in days]
    return dict(zip(DURATIONS, years, strict=True))


def chosen(casebook: Casebook, *, others: bool) -> Casebook:
    """The rows that a view takes: those of the coded sources, or all."""
    return casebook if others else casebook.coded


def _ended(rows: pd.DataFrame) -> pd.Series:
    """Whether an end is stated, with or without a date."""
    return rows[["end", "end_earliest", "end_latest"]].notna().any(axis=1) | rows["status"].eq(ENDED)


def _spans(book: Casebook, *, places: bool) -> pd.DataFrame:
    """Each begun program, or each of its places, with its dates, its status and when its source was published."""
    programs = _begun(book, "programs")
    own = _begun(book, "program_places") if places else book["program_places"].iloc[:0]
    own = own[["program_place_id", "program_id", "place_id", "status", *DATED]]
    rows = programs[["case_id", "country", "program_id", "program_type", "parent_program_id", "status", *DATED]].merge(
        own, on="program_id", how="left", suffixes=("_whole", "")
    )
    alone = rows["place_id"].isna()
    for name in ("status", *DATED):
        rows[name] = rows[name].mask(alone, rows[f"{name}_whole"])
    rows["status"] = rows["status"].mask(rows["status"].isna() & rows["status_whole"].eq(ENDED), ENDED)
    for bound in ("start_earliest", "end_latest"):
        rows[bound] = rows[bound].fillna(rows[f"{bound}_whole"])
    stated = rows["program_place_id"].where(~alone & rows["status"].notna(), rows["program_id"])
    rows = pd.concat([rows, observed(book, rows["case_id"], stated, rows["program_id"])], axis=1)
    return rows.assign(within_place_id=_within(rows, book["places"]))


def _begun(book: Casebook, name: str) -> pd.DataFrame:
    """The rows of a table that are more than planned, with their country; a status that says nothing is missing."""
    frame = book[name]
    frame = frame[frame["status"].ne(PLANNED) | frame["status"].isna()]
    silent = frame["status"].eq(book.profile.tables[name].fields["status"].silent)
    return frame.assign(status=frame["status"].mask(silent)).merge(book["cases"][["case_id", "country"]], how="left")


def observed(book: Casebook, cases: pd.Series, *records: pd.Series) -> pd.DataFrame:
    """When the sources that state the status of a record were published, by its first and last possible day.

    Of several records the first that has such evidence counts; where none has, the sources of the record as a whole;
    else every coded source of the case. Of several sources the latest counts.
    """
    names = ["published_earliest", "published_latest"]
    sources = book["sources"]
    sources = sources.loc[sources["source_use"].eq("coded"), ["case_id", "source_id", *names]]
    behind = book["evidence"][["record_id", "field", "passage_id"]].merge(book["passages"][["passage_id", "source_id"]])
    behind = behind.merge(sources[["source_id", *names]]).groupby(["record_id", "field"])[names].max()
    found = pd.DataFrame(index=cases.index, columns=names, dtype="datetime64[s]")
    for field in ("status", RECORD):
        for ids in records:
            keys = pd.MultiIndex.from_arrays([ids, [field] * len(ids)])
            found = found.fillna(behind.reindex(keys).set_axis(cases.index))
    of_case = sources.groupby("case_id")[names].max().reindex(cases).set_axis(cases.index)
    return found.fillna(of_case).set_axis(OBSERVED, axis=1)


def _within(rows: pd.DataFrame, places: pd.DataFrame) -> pd.Series:
    """The nearest place of the same program in which a place lies, if any."""
    parent = places.drop_duplicates("place_id").set_index("place_id")["parent_place_id"]
    pairs = pd.MultiIndex.from_frame(rows[["program_id", "place_id"]])
    found, above = rows["place_id"].mask(rows["place_id"].notna()), rows["place_id"].map(parent)
    for _ in range(DEPTH):
        if not above.notna().any():
            break
        hit = above.notna() & pd.MultiIndex.from_arrays([rows["program_id"], above]).isin(pairs)
        found = found.mask(hit, above)
        above = above.mask(hit).map(parent)
    return found.astype(TEXT)


def panel(
    casebook: Casebook,
    *,
    unit: Literal["program", "place"] = "program",
    parts: Literal["whole", "leaf", "all"] = "whole",
    freq: Literal["Y", "Q", "M"] = "Y",
    others: bool = False,
) -> pd.DataFrame:
    """Whether each program was at work in each year, quarter or month of its case.

    Parameters
    ----------
    casebook
        One or many cases.
    unit
        `program`: one row for each program and period. `place`: one for each of its places, so that an end in one city
        is seen; see `spells`.
    parts
        `whole`: each program once, without umbrellas and without parts of other programs, so that counting rows counts
        programs. `leaf`: programs without parts. `all`: every program, its parts and umbrellas beside it.
    freq
        Y, Q or M: the length of a period.
    others
        Also rows that only other sources attest.

    Returns
    -------
    DataFrame
        case_id, country (alpha-3), year (Int64), period (text: 1999, 1999Q4 or 1999-12), program_id, program_type,
        parent_program_id, with `place` also place_id and within_place_id, activity (`not` < `possibly` < `certainly`,
        an ordered category; missing where the source does not say). Planned programs are left out. Merge with data of
        countries by `country` and `year`.

    Raises
    ------
    ValueError
        unit, parts or freq is none of those above.

    Notes
    -----
    `certainly`: at work on some day of the period by every reading of the dates. `not`: on no day of it by any reading.
    `possibly`: its start or its end may lie in the period, since a range of dates with both bounds holds it. Else the
    source says nothing of the period, and `activity` is missing. A program that a source reports had begun when the
    source was published, and one that it calls ongoing was at work then; none began after its end.

    The periods of a case run from the first to the last day that is coded for its subject: the case's own start and
    end, the dates of its begun programs, and, of those called ongoing, the first day on which the source can have been
    published. They are the same whatever `unit` and `parts` are.
    """
    for name, value, known in (("unit", unit, UNITS), ("parts", parts, PARTS), ("freq", freq, FREQUENCIES)):
        if value not in known:
            msg = f'{name} is "{value}"; expected {", ".join(known[:-1])} or {known[-1]}'
            raise ValueError(msg)
    book = chosen(casebook, others=others)
    programs = _spans(book, places=False)
    spans = programs if unit == "program" else _spans(book, places=True)
    spans = spans[spans["program_id"].isin(_counted(programs, parts))]
    window = _window(book, programs, freq)
    spans = spans.merge(window, left_on="case_id", right_index=True, how="inner")
    counts = (spans["last"] - spans["first"] + 1).to_numpy()
    rows = spans.loc[spans.index.repeat(counts)].reset_index(drop=True)
    nth = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    number = rows["first"].to_numpy() + nth
    codes = _activity(spans, freq).loc[spans.index.repeat(counts)]
    periods: pd.Series = pd.Series(pd.PeriodIndex.from_ordinals(number, freq=freq), index=rows.index)  # type: ignore[attr-defined] # not in the stubs
    rows = rows.assign(
        period=periods.astype(TEXT),
        year=periods.dt.year.astype("Int64"),
        activity=pd.Categorical.from_codes(_codes(codes, number), dtype=ACTIVITY),
    )
    places = ["place_id", "within_place_id"] if unit == "place" else []
    columns = ["case_id", "country", "year", "period", "program_id", "program_type", "parent_program_id", *places]
    return rows[[*columns, "activity"]]


def _counted(programs: pd.DataFrame, parts: str) -> pd.Series:
    """The ids of the programs that are wholes, or have no parts, or all."""
    ids, parent = programs["program_id"], programs["parent_program_id"]
    if parts == "all":
        return ids
    if parts == "leaf":
        return ids[~ids.isin(parent)]
    umbrella = programs["program_type"].eq(UMBRELLA)
    holding = set(ids[umbrella])
    above, part = parent, pd.Series(data=False, index=programs.index)
    for _ in range(DEPTH):
        part |= above.isin(set(ids) - holding)
        above = above.where(above.isin(holding)).map(dict(zip(ids, parent, strict=True)))
        if not above.notna().any():
            break
    return ids[~part & ~umbrella]


def _numbers(days: pd.Series, freq: str) -> pd.Series:
    """The number of the period in which each day lies; missing where the day is."""
    numbers = days.dt.to_period(freq).array.asi8.astype("float64")
    return pd.Series(numbers, days.index).where(days.notna())


def _window(book: Casebook, programs: pd.DataFrame, freq: str) -> pd.DataFrame:
    """The first and the last period of each case, as numbers, by case_id; cases without any date are left out."""
    running = programs["observed_until_earliest"].where(programs["status"].eq(ONGOING) & ~_ended(programs))
    dated = programs[["case_id", *BOUNDS]].assign(running=running)
    both = pd.concat([dated, book["cases"][["case_id", *BOUNDS]]]).set_index("case_id")
    numbers = both.apply(_numbers, freq=freq)
    first, last = numbers.min(axis=1).groupby("case_id").min(), numbers.max(axis=1).groupby("case_id").max()
    return pd.DataFrame({"first": first, "last": last}).dropna().astype("int64")


def _activity(spans: pd.DataFrame, freq: str) -> pd.DataFrame:
    """What decides each period, as numbers of periods: the first and last possible, and the ranges of both ends."""
    ended = _ended(spans)
    ongoing = spans["status"].eq(ONGOING) & ~ended
    known = ["start_latest", "end_latest", "observed_until_latest"]
    begins = spans[known].min(axis=1)
    ends = spans["end_earliest"].fillna(spans["observed_until_earliest"].where(ongoing))
    ends = pd.concat([ends, spans["start_earliest"]], axis=1).max(axis=1)
    over = spans["end_latest"].fillna(spans["observed_until_latest"].where(ended | ongoing))
    days = {
        "start": spans["start_earliest"],
        "end": spans["end_latest"],
        "begins": begins,
        "ends": ends,
        "over": over.where(ended | ongoing),
    }
    return pd.DataFrame({name: _numbers(each.astype("datetime64[s]"), freq) for name, each in days.items()})


def _codes(decides: pd.DataFrame, number: np.ndarray) -> np.ndarray:
    """The code of `ACTIVITY` for each period; comparisons with what is missing are false."""
    start, end, begins, ends, over = (decides[name].to_numpy() for name in ("start", "end", "begins", "ends", "over"))
    never = (start > number) | (end < number)
    certain = (begins <= number) & (ends >= number)
    within = ((start <= number) & (number <= begins)) | ((ends <= number) & (number <= over))
    return np.select([never, certain, within], [0, 2, 1], default=-1)


def timeline(casebook: Casebook, *, others: bool = False) -> pd.DataFrame:
    """Every dated start, end and point of programs and events, in the order in which they happened.

    Parameters
    ----------
    casebook
        One or many cases.
    others
        Also rows that only other sources attest.

    Returns
    -------
    DataFrame
        case_id, record_id, table, name, what (`start`, `end`, `point`), kind (program or event type), occurrence (of
        events: what is planned or cancelled has a date and did not happen), attested_by, date (EDTF text), earliest,
        latest (datetime64[s], missing where open), narrative (Int64: place of the first passage that reports it among
        the passages of its case; missing for what only other sources report), out_of_order (boolean: the source
        leaves chronological order here, since the dated passage just before reports something that certainly happened
        later; missing where narrative is).

    Notes
    -----
    Two dates have a certain order if the last day of one lies before the first day of the other. The rows are in an
    order that breaks none of these: by first day, then by last day, open to the past before all. So the order of two
    rows next to each other need not be certain: compare `latest` with `earliest`. The order in which a source reports
    things is another one; `out_of_order` marks where the two part.
    """
    book = chosen(casebook, others=others)
    parts = [_dated(book, table, kind) for table, kind in (("programs", "program_type"), ("events", "event_type"))]
    rows = pd.concat(parts, ignore_index=True)
    rows["narrative"] = _narrative(book, rows)
    rows["out_of_order"] = _out_of_order(rows)
    rows = rows.sort_values("latest", kind="stable", na_position="last")
    return rows.sort_values("earliest", kind="stable", na_position="first", ignore_index=True)


def _dated(casebook: Casebook, table: str, kind: str) -> pd.DataFrame:
    """The starts and ends of one table, as rows; an event without an end is a point."""
    frame = casebook[table]
    key = casebook.profile.tables[table].key
    spans = frame["end"].notna() if table == "events" else pd.Series(data=True, index=frame.index)
    parts = []
    for side in ("start", "end"):
        dated = frame[frame[side].notna()]
        part = {
            "case_id": dated["case_id"],
            "record_id": dated[key],
            "table": table,
            "name": dated["name"],
            "what": spans[dated.index].map({True: side, False: "point"}).astype(TEXT),
            "kind": dated[kind].astype(TEXT),
            "occurrence": dated["occurrence"].astype(TEXT) if "occurrence" in dated else None,
            ATTESTED: dated[ATTESTED],
            "date": dated[side],
            "earliest": dated[f"{side}_earliest"],
            "latest": dated[f"{side}_latest"],
        }
        parts.append(pd.DataFrame(part).astype({"table": TEXT, "occurrence": TEXT}))
    return pd.concat(parts)


def _narrative(casebook: Casebook, rows: pd.DataFrame) -> pd.Series:
    """The place of the first passage that reports a date, else of the first that reports the record."""
    passages = casebook["passages"]
    place = passages.groupby("case_id").cumcount().add(1).set_axis(passages["passage_id"])
    place = place[~place.index.duplicated()]
    evidence = casebook["evidence"]
    reported = evidence.assign(place=evidence["passage_id"].map(place)).groupby(["record_id", "field"])["place"].min()
    sides = rows["what"].replace("point", "start")
    own = pd.MultiIndex.from_arrays([rows["record_id"], sides])
    whole = pd.MultiIndex.from_arrays([rows["record_id"], [RECORD] * len(rows)])
    found = reported.reindex(own).set_axis(rows.index)
    every = found.fillna(reported.reindex(whole).set_axis(rows.index))
    return every.astype(object).where(every.notna(), None).astype("Int64")  # whatever pandas takes NaN for


def _out_of_order(rows: pd.DataFrame) -> pd.Series:
    """Whether the passage before, of those that date anything, reports something that certainly happened later."""
    before = rows.groupby(["case_id", "narrative"])["earliest"].max().groupby("case_id").shift()
    keys = pd.MultiIndex.from_frame(rows[["case_id", "narrative"]])
    steps_back = rows["latest"].lt(before.reindex(keys).set_axis(rows.index)).astype("boolean")
    return steps_back.mask(rows["narrative"].isna())
