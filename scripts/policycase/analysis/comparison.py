"""Cases beside each other: goals and conditions as matrices, and what the cases share before they are stacked."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from policycase.analysis.chronology import PLANNED, chosen, spells
from policycase.model.casebook import Casebook
from policycase.model.package import address
from policycase.model.stack import stack
from policycase.storage.csv_files import TEXT

PRESENT, ABSENT, MISSING = 1, 0, -1
OCCURRED, CANCELLED = "occurred", "cancelled"
HELD_BY = {"police_held": "interior", "health_held": "health"}
PREFIXES = {"program_type": "program", "goal_type": "goal"}


def goal_matrix(
    casebook: Casebook, *, match: Collection[str] = ("exact", "close"), others: bool = False
) -> pd.DataFrame:
    """What each program was for: one row for each program and type of goal that it has.

    Parameters
    ----------
    casebook
        One or many cases.
    match
        How near a code of another scheme must be: codes of the vocabulary `match`.
    others
        Also rows that only other sources attest.

    Returns
    -------
    DataFrame
        case_id, program_id (missing for goals of an agency outside any program), program_name, program_type, goal_type,
        goals (Int64: how many stated goals name the type, as first or second aim), first_named (Int64: as first),
        police_held, health_held (Int64: how many of them are stated to be the goal of an agency of the sector interior,
        or health; 0 only where every one of them has a holder of another sector, missing where the source does not
        say), then for each scheme of the crosswalks `program_<scheme>` and `goal_<scheme>`: its codes for the program's
        and the goal's type, joined by `; `, each followed by `_match`: how near each code is, in the same order;
        missing where there are none. In the order of programs and of the vocabulary. For a matrix:
        `.pivot(index="program_id", columns="goal_type", values="goals")`.

    Raises
    ------
    ValueError
        match holds a code that the vocabulary lacks.
    """
    book = chosen(casebook, others=others)
    goals = book["goals"].merge(
        book["agencies"][["agency_id", "sector"]], left_on="holder_agency_id", right_on="agency_id", how="left"
    )
    second = goals[goals["goal_type_2"].notna()]
    second = second.assign(goal_type=second["goal_type_2"].astype(goals["goal_type"].dtype))
    aims = pd.concat([goals.assign(first=True), second.assign(first=False)])
    aims = aims.assign(unheld=aims["sector"].isna(), **{name: aims["sector"].eq(of) for name, of in HELD_BY.items()})
    counts = {name: (name, "sum") for name in ("unheld", *HELD_BY)}
    grouped = aims.groupby(["case_id", "program_id", "goal_type"], observed=True, dropna=False)
    counted = grouped.agg(goals=("first", "size"), first_named=("first", "sum"), **counts).astype("Int64").reset_index()
    for name in HELD_BY:
        counted[name] = counted[name].mask(counted[name].eq(0) & counted["unheld"].gt(0))
    programs = book["programs"][["program_id", "name", "program_type"]].rename(columns={"name": "program_name"})
    rank = {program: number for number, program in enumerate(programs["program_id"])}
    counted = counted.merge(programs, on="program_id", how="left")
    counted["rank"] = counted["program_id"].map(rank).fillna(len(rank))
    rows = counted.sort_values(["rank", "case_id", "goal_type"], kind="stable", ignore_index=True)
    columns = ["case_id", "program_id", "program_name", "program_type", "goal_type", "goals", "first_named", *HELD_BY]
    return pd.concat([rows[columns], *_crosswalked(book, rows, match)], axis=1)


def _crosswalked(book: Casebook, rows: pd.DataFrame, match: Collection[str]) -> Iterator[pd.Series]:
    """The codes of other schemes for the program type and the goal type of each row, and how near they are."""
    walks = book["crosswalks"].astype(TEXT)
    known = book.profile.vocabularies["match"]
    for code in match:
        if code not in known:
            msg = f'match is "{code}"; expected some of {", ".join(known)}'
            raise ValueError(msg)
    for scheme, of_scheme in walks.groupby("scheme", sort=False):
        for vocabulary, prefix in PREFIXES.items():
            walk = of_scheme[of_scheme["vocabulary"].eq(vocabulary)]
            if walk.empty:
                continue
            near = walk[walk["match"].isin(list(match))].groupby("code")
            for column, suffix in (("scheme_code", ""), ("match", "_match")):
                joined = near[column].agg("; ".join)
                name = f"{prefix}_{str(scheme).replace('-', '_')}{suffix}"
                yield rows[vocabulary].astype(TEXT).map(joined).astype(TEXT).rename(name)


def conditions(casebook: Casebook, *, others: bool = False) -> pd.DataFrame:
    """Cases by conditions, for qualitative comparative analysis: one row per case.

    Parameters
    ----------
    casebook
        One or many cases.
    others
        Also rows that only other sources attest.

    Returns
    -------
    DataFrame
        case_id, country, then a column (Int64) for each condition that a case has or is said not to have: `program_`
        (program type), `event_` (event type), `form_` (legal form), `goal_`, `role_`, `sector_`, `agency_` (agency
        type), `setting_` and `population_`, each followed by a code with underscores, in the order of the
        vocabularies. 1: coded. 0: the source says that it did not come about. Missing: the source does not say.

    Notes
    -----
    A condition is crisp (Rihoux & Ragin 2009, *Configurational Comparative Methods*). Roles, sectors and types of
    agencies are those of links to programs and to events alike. Absence is never scored from silence: 0 is used only
    where every event of the type was cancelled. What is planned, or not said to have happened, is neither, with all
    that is linked to it; nor is a table whose scope is `none`, since there a source was read and is silent. The columns
    are those that some case of the casebook has: a stack has those of all its cases. `write.csv` and the R package QCA
    read the frame as it is; recode what is missing by what you know.
    """
    book = chosen(casebook, others=others)
    cases, events = book["cases"][["case_id", "country"]], book["events"]
    occurred = events[events["occurrence"].eq(OCCURRED)]
    cancelled = events.loc[events["occurrence"].eq(CANCELLED), ["case_id", "event_type"]].drop_duplicates()
    open_ = events.loc[events["occurrence"].ne(CANCELLED), ["case_id", "event_type"]].drop_duplicates()
    absent = pd.concat([cancelled, open_, open_]).drop_duplicates(keep=False)  # cancelled, and nothing else
    parts = []
    for prefix, pairs in _present(book, occurred).items():
        scores = _scored(cases["case_id"], pairs, PRESENT)
        if prefix == "event":
            scores = np.maximum(scores, _scored(cases["case_id"], absent.astype(pairs.dtypes), ABSENT))
        codes = pairs.iloc[:, 1].cat.categories
        parts += [
            pd.Series(pd.arrays.IntegerArray(column, column == MISSING), cases.index).rename(
                f"{prefix}_{code.replace('-', '_')}"
            )
            for code, column in zip(codes, scores.T.copy(), strict=True)
            if (column != MISSING).any()
        ]
    return pd.concat([cases, *parts], axis=1)


def _present(book: Casebook, occurred: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """What each case has: by the prefix of its columns, case_id and a code."""
    programs, goals, places = book["programs"], book["goals"], book["program_places"]
    begun = programs[programs["status"].ne(PLANNED)]
    goals = goals[~goals["program_id"].isin(programs.loc[programs["status"].eq(PLANNED), "program_id"])]
    places = places[places["status"].ne(PLANNED) | places["status"].isna()].merge(begun["program_id"])
    links = pd.concat(
        [book["program_agencies"].merge(begun["program_id"]), book["event_agencies"].merge(occurred["event_id"])]
    )
    links = links[["case_id", "agency_id", "role"]].merge(book["agencies"][["agency_id", "sector", "agency_type"]])
    return {
        "program": begun[["case_id", "program_type"]],
        "event": occurred[["case_id", "event_type"]],
        "form": occurred[["case_id", "legal_form"]],
        "goal": _together(goals[["case_id", "goal_type"]], goals[["case_id", "goal_type_2"]]),
        "role": links[["case_id", "role"]],
        "sector": links[["case_id", "sector"]],
        "agency": links[["case_id", "agency_type"]],
        "setting": _together(begun[["case_id", "setting"]], places[["case_id", "setting"]]),
        "population": book["program_populations"].merge(begun["program_id"])[["case_id", "population"]],
    }


def _together(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Pairs of case and code of one vocabulary, from two tables."""
    return pd.concat([first, second.set_axis(first.columns, axis=1).astype(first.dtypes)])


def _scored(cases: pd.Series, pairs: pd.DataFrame, score: int) -> np.ndarray:
    """Cases by codes of the vocabulary: the score where the case has the code, else MISSING."""
    codes = pairs.iloc[:, 1].cat
    scores = np.full((len(cases), len(codes.categories)), MISSING)
    coded = codes.codes.to_numpy() >= 0
    scores[pd.Index(cases).get_indexer(pairs["case_id"])[coded], codes.codes.to_numpy()[coded]] = score
    return scores


LARGEST = {"country", "former-country", "world-region"}  # what data on countries describe, and more than it
IDENTIFIERS = {"places": ["iso_3166_2", "geonames_id", "wikidata_id"], "agencies": ["same_as"]}


@dataclass(frozen=True)
class Overlap:
    """What several cases share.

    Attributes
    ----------
    rows
        Rows of each table (index, in the tables' order) by case (columns); Int64.
    extents
        Tables without rows: case_id, table, extent (what `scope` says of it; missing where it says nothing).
    unique_to
        Tables and codes that one case alone uses, where there are several: table, field, code, case_id; `field` and
        `code` are missing where the whole table is meant.
    sources
        Sources of several cases with one DOI or web address: address, source_id, case_id, source_use, title.
    entities
        Places and agencies of several cases that may be one, by a shared identifier: table, identifier, value,
        record_id, case_id, name. It is a hint: `same_as` of the agencies is where a coder says so.
    below_country
        Cases of which merging with country-year data hides that programs are in a part of the country only: case_id,
        country, programs (Int64: those with a place), smaller (Int64: those of them without a place as large as a
        country), places (text: the places of these, each with its type). Planned programs do not count.
    """

    rows: pd.DataFrame
    extents: pd.DataFrame
    unique_to: pd.DataFrame
    sources: pd.DataFrame
    entities: pd.DataFrame
    below_country: pd.DataFrame


def overlap(cases: Iterable[Casebook | str | Path]) -> Overlap:
    """What the cases share, table by table, without writing anything.

    Raises
    ------
    StackError
        The cases cannot be stacked; the message says why.
    """
    book = stack(cases)
    coverage = book.coverage()
    rows = coverage.pivot_table(index="table", columns="case_id", values="rows", sort=False, aggfunc="sum")
    empty = coverage[coverage["rows"].eq(0) & coverage["table"].isin(_coded_tables(book))]
    return Overlap(
        rows=rows.rename_axis(index="table", columns=None).astype("Int64"),
        extents=empty[["case_id", "table", "extent"]].reset_index(drop=True),
        unique_to=_unique_to(book),
        sources=_shared_sources(book),
        entities=_same_entities(book),
        below_country=_below_country(book),
    )


def _coded_tables(book: Casebook) -> list[str]:
    return [table.name for table in book.profile.case_tables.values() if table.kind != "register"]


def _unique_to(book: Casebook) -> pd.DataFrame:
    found = []
    if len(book.case_ids) > 1:
        for name in _coded_tables(book):
            frame = book[name]
            users = frame["case_id"].unique()
            if len(users) == 1:
                found.append((name, None, None, users[0]))
                continue
            for field in book.profile.tables[name].fields.values():
                if field.vocabulary:
                    pairs = frame[[field.name, "case_id"]].dropna().drop_duplicates()
                    alone = pairs[~pairs[field.name].duplicated(keep=False)].sort_values(field.name)
                    found += [(name, field.name, *pair) for pair in alone.itertuples(index=False, name=None)]
    return pd.DataFrame(found, columns=["table", "field", "code", "case_id"], dtype=TEXT)


def _shared_sources(book: Casebook) -> pd.DataFrame:
    sources = book["sources"]
    known = sources["doi"].fillna(sources["url"]).map(address, na_action="ignore")
    shared = _of_several(sources.assign(address=known), "address")
    columns = ["address", "source_id", "case_id", "source_use", "title"]
    return shared[columns].sort_values(["address", "source_id"], ignore_index=True)


def _same_entities(book: Casebook) -> pd.DataFrame:
    columns = ["table", "identifier", "value", "record_id", "case_id", "name"]
    parts = []
    for name, identifiers in IDENTIFIERS.items():
        key = book.profile.tables[name].key
        for identifier in identifiers:
            frame = book[name].rename(columns={key: "record_id"})
            shared = _of_several(frame.assign(value=frame[identifier].astype(TEXT)), "value")
            parts.append(shared.assign(table=name, identifier=identifier)[columns])
    return pd.concat(parts).sort_values(columns[:4], kind="stable", ignore_index=True).astype(TEXT)


def _of_several(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """The rows whose value is in more than one case."""
    cases = frame.groupby(column)["case_id"].transform("nunique")
    return frame[cases.gt(1)]


def _below_country(book: Casebook) -> pd.DataFrame:
    places = book["places"][["place_id", "name", "place_type"]].astype(TEXT)
    at = spells(book, others=True)[["case_id", "country", "program_id", "place_id"]].merge(places, on="place_id")
    at["large"] = at["place_type"].isin(LARGEST)
    at["small"] = ~at.groupby("program_id")["large"].transform("any")
    at["shown"] = at["name"] + " (" + at["place_type"].str.replace("-", " ") + ")"
    small = at[at["small"]]
    found = at.groupby(["case_id", "country"], observed=True)["program_id"].nunique().rename("programs").reset_index()
    counts = small.groupby("case_id")["program_id"].nunique()
    named = small.drop_duplicates(["case_id", "place_id"]).groupby("case_id")["shown"].agg("; ".join)
    found = found.assign(smaller=found["case_id"].map(counts), places=found["case_id"].map(named))
    found = found.dropna(subset=["smaller"]).reset_index(drop=True)
    return found.astype({"case_id": TEXT, "country": TEXT, "programs": "Int64", "smaller": "Int64", "places": TEXT})
