"""Views over time: spells for event-history analysis, a panel, and the order in which things happened."""

from typing import Literal

import pandas as pd

from policycase.model.casebook import Casebook
from policycase.model.provenance import RECORD
from policycase.storage.csv_files import TEXT

ACTIVITY = pd.CategoricalDtype(["not", "possibly", "certainly"], ordered=True)
BOUNDS = ["start_earliest", "start_latest", "end_earliest", "end_latest"]
DURATIONS = ["duration_years", "duration_shortest", "duration_longest"]
DAY, YEAR = 86_400, 365.25  # seconds, days
DATED = ["start", *BOUNDS[:2], "end", *BOUNDS[2:]]


def spells(casebook: Casebook) -> pd.DataFrame:
    """Spells of programs: one row for each program and place that it is known to have begun in.

    Returns
    -------
    DataFrame
        case_id, country (alpha-3), program_id, program_type, status, place_id (missing where no place is coded), start
        and end as EDTF text, start_earliest, start_latest, end_earliest, end_latest (datetime64[s], missing where open
        or not said), observed_until (datetime64[s], last day of the case), left_censored, right_censored,
        interval_censored (boolean), ended (Int64: 1 ended, 0 still running at `observed_until`, missing where neither
        is known), duration_years, duration_shortest, duration_longest (float64, years). In the order of the programs
        and their places; planned programs are left out.

    Notes
    -----
    Dates are the place's own where it has them, else the program's. Terms are those of event-history analysis
    (Box-Steffensmeier & Jones 2004, *Event History Modeling*, ch. 2; Allison 2014, *Event History and Survival
    Analysis*). A spell is left-censored if nothing bounds its start from below. It is right-censored if no end is told
    and the program is said to be ongoing: it was still running at `observed_until`. Where neither an end nor that it
    went on is told (status `unknown`), it may have ended unseen or not, and `right_censored` is missing: decide for
    your model. A spell is interval-censored if its start, or its end, is bounded but not to one day; an end that came
    without a date lies between the start and `observed_until`. Missing if only that unknown status could make it so.
    """
    programs = _begun(casebook)
    places = casebook["program_places"][["program_id", "place_id", *DATED]]
    rows = programs.drop(columns="place_id", errors="ignore").merge(
        places, on="program_id", how="left", suffixes=("", "_place")
    )
    for side in ("start", "end"):
        own = rows[f"{side}_place"].notna()
        for name in [name for name in DATED if name.startswith(side)]:
            rows[name] = rows[f"{name}_place"].where(own, rows[name])
    untold = rows["end"].isna()
    unsure = untold & ~rows["status"].isin(["ongoing", "ended"])
    rows["left_censored"] = rows["start_earliest"].isna()
    rows["right_censored"] = (untold & rows["status"].eq("ongoing")).astype("boolean").mask(unsure)
    begun_between = rows["start_earliest"].notna() & rows["start_earliest"].ne(rows["start_latest"])
    ended_between = rows["end_earliest"].ne(rows["end_latest"]) & ~untold
    unseen = (untold & rows["status"].eq("ended")).astype("boolean").mask(unsure)
    rows["interval_censored"] = unseen | begun_between | ended_between  # true | missing is true
    rows["ended"] = rows["end"].notna().astype("Int64").mask(untold & rows["status"].eq("ended"), 1).mask(unsure)
    rows = rows.assign(**_durations(rows))
    flags = ["left_censored", "right_censored", "interval_censored"]
    columns = ["case_id", "country", "program_id", "program_type", "status", "place_id", *DATED, "observed_until"]
    return rows[[*columns, *flags, "ended", *DURATIONS]].astype(dict.fromkeys(flags, "boolean"))


def _durations(rows: pd.DataFrame) -> dict[str, pd.Series]:
    """Years from the start to the end, or to the last day that is observed: from middle to middle, least and most."""
    known, running = rows["ended"].notna(), rows["ended"].eq(0).fillna(value=False)
    undated = known & ~running & rows["end"].isna()
    seen, first, last = rows["observed_until"], rows["start_earliest"], rows["start_latest"]
    earliest, latest = rows["end_earliest"].mask(running, seen), rows["end_latest"].mask(running, seen)
    middle = (earliest + (latest - earliest) / 2) - (first + (last - first) / 2)
    least, most = earliest - last, (latest.mask(undated, seen) - first).mask(running)
    days = [span.dt.total_seconds() / DAY for span in (middle, least, most)]
    days[1] = days[1].fillna(0)  # what has begun lasts a day
    years = [((span.clip(lower=0) + 1) / YEAR).round(4).where(known) for span in days]
    return dict(zip(DURATIONS, years, strict=True))


def _begun(casebook: Casebook) -> pd.DataFrame:
    """The programs that are more than planned, with country and last day of their case."""
    cases = casebook["cases"][["case_id", "country", "start_earliest", "end_earliest", "end_latest"]]
    cases.columns = ["case_id", "country", "observed_from", "told_by", "observed_until"]
    programs = casebook["programs"]
    return programs[programs["status"].ne("planned")].merge(cases, on="case_id", how="left")


def panel(casebook: Casebook, freq: Literal["Y", "Q", "M"] = "Y") -> pd.DataFrame:
    """Whether each program was at work in each year, quarter or month of its case.

    Parameters
    ----------
    casebook
        One or many cases.
    freq
        Y, Q or M: the length of a period.

    Returns
    -------
    DataFrame
        case_id, country (alpha-3), year (Int64), period (text: 1999, 1999Q4 or 1999-12), program_id, program_type,
        activity (`not` < `possibly` < `certainly`, an ordered category). One row for each program and period between
        the first and the last day of its case, in that order; planned programs are left out. Merge with data of
        countries by `country` and `year`.

    Notes
    -----
    `certainly`: at work on some day of the period by every reading of the dates. `not`: on no day of it by any reading.
    `possibly`: the rest, so silence is never `not`. A program that a source tells of had begun by the end of its case,
    and one that it calls ongoing was at work then; none began after its end; one without an end may have ended on its
    first day or never. A case whose own dates are open is bounded by the dates of its programs.
    """
    if freq not in {"Y", "Q", "M"}:
        msg = f'freq is "{freq}"; expected Y, Q or M'
        raise ValueError(msg)
    programs = _begun(casebook)
    days = casebook["programs"].groupby("case_id")[BOUNDS].agg(["min", "max"])
    for name, own, extreme in (("first", "observed_from", "min"), ("last", "observed_until", "max")):
        told = days.xs(extreme, axis=1, level=1).agg(extreme, axis=1)
        programs[name] = programs[own].fillna(programs["case_id"].map(told).astype("datetime64[s]"))
    programs = programs.dropna(subset=["first", "last"])
    begins = programs["start_latest"].fillna(programs["last"])
    begins = begins.mask(begins.gt(programs["end_latest"]), programs["end_latest"])
    ongoing = programs["told_by"].where(programs["status"].eq("ongoing"))
    ends = programs["end_earliest"].fillna(ongoing).fillna(programs["start_earliest"])
    ends = ends.where(ends.isna() | ~ends.lt(programs["start_earliest"]), programs["start_earliest"])
    programs = programs.assign(begins=begins, ends=ends)
    programs["period"] = [
        list(pd.period_range(row.first, row.last, freq=freq)) for row in programs.itertuples(index=False)
    ]
    rows = programs.explode("period", ignore_index=True)
    periods = pd.Series(pd.PeriodIndex(rows["period"], freq=freq), index=rows.index)
    opens, closes = periods.dt.start_time.astype("datetime64[s]"), periods.dt.end_time.dt.normalize()
    possible = ~rows["start_earliest"].gt(closes) & ~rows["end_latest"].lt(opens)
    certain = rows["begins"].le(closes) & rows["ends"].ge(opens)
    codes = possible.astype("int64") + (possible & certain).astype("int64")
    rows = rows.assign(
        period=periods.astype(TEXT),
        year=periods.dt.year.astype("Int64"),
        activity=pd.Categorical.from_codes(codes.to_numpy(), dtype=ACTIVITY),
    )
    return rows[["case_id", "country", "year", "period", "program_id", "program_type", "activity"]]


def timeline(casebook: Casebook) -> pd.DataFrame:
    """Every dated start, end and point of programs and events, in the order in which they happened.

    Returns
    -------
    DataFrame
        case_id, record_id, table, name, what (`start`, `end`, `point`), kind (program or event type), occurrence (of
        events), date (EDTF text), earliest, latest (datetime64[s], missing where open), narrative (Int64: place of the
        first passage that tells it among the passages of its case; missing for what only other sources tell),
        out_of_order (boolean: the source steps back in time here, since the dated passage just before tells of
        something that certainly happened later; missing where narrative is).

    Notes
    -----
    Two dates have a certain order if the last day of one lies before the first day of the other. The rows are in an
    order that breaks none of these: by first day, then by last day, open to the past before all. So the order of two
    rows next to each other need not be certain: compare `latest` with `earliest`. The order in which a source tells
    things is another one; `out_of_order` marks where the two part.
    """
    parts = [_dated(casebook, table, kind) for table, kind in (("programs", "program_type"), ("events", "event_type"))]
    rows = pd.concat(parts, ignore_index=True)
    rows["narrative"] = _narrative(casebook, rows)
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
            "date": dated[side],
            "earliest": dated[f"{side}_earliest"],
            "latest": dated[f"{side}_latest"],
        }
        parts.append(pd.DataFrame(part).astype({"table": TEXT, "occurrence": TEXT}))
    return pd.concat(parts)


def _narrative(casebook: Casebook, rows: pd.DataFrame) -> pd.Series:
    """The place of the first passage that tells a date, else of the first that tells the record."""
    passages = casebook["passages"]
    place = passages.groupby("case_id").cumcount().add(1).set_axis(passages["passage_id"])
    evidence = casebook["evidence"]
    told = evidence.assign(place=evidence["passage_id"].map(place)).groupby(["record_id", "field"])["place"].min()
    sides = rows["what"].replace("point", "start")
    own = pd.MultiIndex.from_arrays([rows["record_id"], sides])
    whole = pd.MultiIndex.from_arrays([rows["record_id"], [RECORD] * len(rows)])
    found = told.reindex(own).set_axis(rows.index)
    return found.fillna(told.reindex(whole).set_axis(rows.index)).astype("Int64")


def _out_of_order(rows: pd.DataFrame) -> pd.Series:
    """Whether the passage before, of those that date anything, tells of something that certainly happened later."""
    before = rows.groupby(["case_id", "narrative"])["earliest"].max().groupby("case_id").shift()
    keys = pd.MultiIndex.from_frame(rows[["case_id", "narrative"]])
    steps_back = rows["latest"].lt(before.reindex(keys).set_axis(rows.index)).astype("boolean")
    return steps_back.mask(rows["narrative"].isna())
