"""BibTeX of a package and of the sources that its rows rest on."""

import re
from typing import TYPE_CHECKING, Any

import pandas as pd

from policycase.errors import UnknownNameError
from policycase.model.package import refuse_odd_descriptor

if TYPE_CHECKING:
    from policycase.model.casebook import Casebook


ENTRY_TYPES = {"journal-article": "article", "book": "book", "report": "techreport"}
SPECIAL = str.maketrans({c: f"\\{c}" for c in "&%$#_{}"} | {"\\": r"\textbackslash{}"})


def bibtex(casebook: "Casebook", rows: pd.DataFrame | None = None) -> str:
    """BibTeX entries: the package first, then the sources.

    Parameters
    ----------
    casebook
        The casebook that is cited.
    rows
        Rows of one of its tables: the sources of the passages and claims behind them are cited.
        None: every coded source.

    Raises
    ------
    UnknownNameError
        The rows have no column of ids.
    InvalidPackageError
        The descriptor lacks what a citation needs.
    """
    refuse_odd_descriptor(casebook.descriptor)
    sources = casebook["sources"]
    if rows is None:
        wanted = set(sources.loc[sources["source_use"] == "coded", "source_id"])
    else:
        wanted = _sources_behind(casebook, rows)
    cited = sources[sources["source_id"].isin(wanted)]
    return "\n".join(
        [
            package_entry(casebook.descriptor, casebook["cases"]),
            *(_source(row._asdict()) for row in cited.itertuples(index=False)),
        ]
    )


def _sources_behind(casebook: "Casebook", rows: pd.DataFrame) -> set[str]:
    if "source_id" in rows:
        return set(rows["source_id"].dropna())
    passages = casebook["passages"].set_index("passage_id")["source_id"]
    if "passage_id" in rows:
        return set(rows["passage_id"].map(passages).dropna())
    keys = [table.key for table in casebook.profile.case_tables.values() if table.key]
    column = next((name for name in rows.columns if name in keys), None)
    if column is None:
        kind = "id column among"
        raise UnknownNameError(kind, ", ".join(rows.columns), keys)
    records = set(rows[column].dropna())
    evidence = casebook["evidence"]
    found = set(evidence.loc[evidence["record_id"].isin(records), "passage_id"].map(passages).dropna())
    for name in ("claims", "figures"):
        found |= set(casebook[name].loc[casebook[name]["record_id"].isin(records), "source_id"].dropna())
    return found


def title_of(descriptor: dict[str, Any], cases: pd.DataFrame) -> str:
    """What a package is called: the title of its one case, else that of the package."""
    return str(cases["title"].iloc[0] if len(cases) == 1 else descriptor["title"])


def authors_of(cases: pd.DataFrame) -> list[str]:
    """Who coded the cases, each once."""
    return cases["coded_by"].dropna().astype("str").unique().tolist()


def year_of(cases: pd.DataFrame) -> str:
    """The year in which the last of the cases was coded; an empty text where none says so."""
    last = cases["coded_on"].max()
    return "" if pd.isna(last) else str(pd.Timestamp(last).year)


def package_entry(descriptor: dict[str, Any], cases: pd.DataFrame) -> str:
    """The BibTeX entry of a package, from its cases; its name and version from the descriptor."""
    return _entry(
        "misc",
        descriptor["name"],
        {
            "title": f"{{{_escaped(title_of(descriptor, cases))}}}",
            "author": " and ".join(f"{{{_escaped(name)}}}" for name in authors_of(cases)),
            "year": year_of(cases),
            "version": descriptor.get("version", ""),
            "note": "Frictionless data package",
        },
    )


def _source(row: dict) -> str:
    text = {name: "" if pd.isna(value) else str(value) for name, value in row.items()}
    kind = ENTRY_TYPES.get(text["source_type"], "misc")
    return _entry(
        kind,
        re.sub(r"[^a-z0-9-]", "-", text["source_id"]),
        {
            "title": f"{{{_escaped(text['title'])}}}",
            "author": _escaped(text["authors"]).replace("; ", " and "),
            "journal" if kind == "article" else "howpublished": _escaped(text["container"]),
            "year": _year(text),
            "doi": text["doi"],
            "url": text["url"],
            "urldate": text["accessed_on"][:10],
        },
    )


def _year(text: dict[str, str]) -> str:
    """The year of publication, if its earliest and latest day have the same one."""
    first, last = text["published_earliest"][:4], text["published_latest"][:4]
    return first if first == last else ""


def _entry(kind: str, key: str, fields: dict[str, str]) -> str:
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value and value != "{}"]
    return "\n".join([f"@{kind}{{{key},", *lines, "}"])


def _escaped(text: str) -> str:
    return text.translate(SPECIAL)
