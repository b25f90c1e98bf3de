"""Overlaps: what cases share and do not share, to look at before they are stacked."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from policycase.analysis.chronology import spells
from policycase.model.casebook import Casebook
from policycase.model.package import address
from policycase.model.stack import stack
from policycase.storage.csv_files import TEXT

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
                    cases = frame.groupby(field.name, observed=True)["case_id"].agg(set)
                    found += [(name, field.name, code, *of) for code, of in cases.items() if len(of) == 1]
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
