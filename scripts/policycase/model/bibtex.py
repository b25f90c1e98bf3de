"""BibTeX of a package and of the sources that its rows rest on."""

import re
import unicodedata
from typing import TYPE_CHECKING, Any

import pandas as pd

from policycase.errors import UnknownNameError
from policycase.model.package import refuse_invalid_descriptor
from policycase.storage.csv_files import TEXT

if TYPE_CHECKING:
    from policycase.model.casebook import Casebook


ENTRY_TYPES = {"journal-article": "article", "book": "book", "report": "techreport"}
SPECIAL = str.maketrans(
    {c: f"\\{c}" for c in "&%$#_"}
    | {"\\": r"\textbackslash{}", "{": r"\textbraceleft{}", "}": r"\textbraceright{}"}
    | {"~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
)  # BibTeX counts braces whether or not a backslash precedes them, so a brace of a cell becomes a word
CONTROLS = {"Cc", "Cs", "Zl", "Zp"}  # what joins letters in Persian or Hindi is of another category, and stays
IN_ADDRESS = str.maketrans({"{": "%7B", "}": "%7D", "\\": "%5C", " ": "%20"})


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
    refuse_invalid_descriptor(casebook.descriptor)
    sources = casebook["sources"]
    if rows is None:
        wanted = set(sources.loc[sources["source_use"] == "coded", "source_id"])
    else:
        wanted = _sources_behind(casebook, rows)
    cited = sources[sources["source_id"].isin(wanted)]
    return "\n".join(
        [
            package_entry(casebook.descriptor, casebook["cases"]),
            *(_source(row) for row in cited.to_dict("records")),
        ]
    )


def _sources_behind(casebook: "Casebook", rows: pd.DataFrame) -> set[str]:
    if "source_id" in rows:
        return set(rows["source_id"].dropna())
    passages = casebook["passages"].drop_duplicates("passage_id").set_index("passage_id")["source_id"]
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
    return cases["coded_by"].dropna().astype(TEXT).unique().tolist()


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
            "title": _braced(title_of(descriptor, cases)),
            "author": " and ".join(_braced(name) for name in authors_of(cases)),
            "year": _escaped(year_of(cases)),
            "version": _escaped(descriptor.get("version", "")),
            "note": "Frictionless data package",
        },
    )


def _source(row: dict) -> str:
    text = {name: "" if pd.isna(value) else str(value) for name, value in row.items()}
    kind = ENTRY_TYPES.get(text["source_type"], "misc")
    return _entry(
        kind,
        text["source_id"],
        {
            "title": _braced(text["title"]),
            "author": " and ".join(_author(name) for name in text["authors"].split(";") if name.strip()),
            "journal" if kind == "article" else "howpublished": _escaped(text["container"]),
            "year": _escaped(_year(text)),
            "doi": _address(text["doi"]),
            "url": _address(text["url"]),
            "urldate": _escaped(text["accessed_on"][:10]),
        },
    )


def _author(name: str) -> str:
    """A person as `Family, Given`; all else, such as a ministry, in braces, so that it stays one name."""
    name = _on_one_line(name)
    is_person = name.count(",") == 1 and not re.search(r"\band\b|^,|,$", name, re.IGNORECASE)
    return _escaped(name) if is_person else _braced(name)


def _year(text: dict[str, str]) -> str:
    """The year of publication, if its earliest and latest day have the same one."""
    first, last = text["published_earliest"][:4], text["published_latest"][:4]
    return first if first == last else ""


def _entry(kind: str, key: str, fields: dict[str, str]) -> str:
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@{kind}{{{re.sub(r'[^A-Za-z0-9-]', '-', key)},", *lines, "}"])


def _braced(text: str) -> str:
    return f"{{{escaped}}}" if (escaped := _escaped(text)) else ""


def _escaped(text: str) -> str:
    """Text as LaTeX shows it, on one line, without control characters."""
    return _on_one_line(text).translate(SPECIAL)


def _address(text: str) -> str:
    """A DOI or web address; what could end the field is percent-encoded, as addresses have it."""
    return _on_one_line(text).translate(IN_ADDRESS)


def _on_one_line(text: str) -> str:
    return " ".join("".join(" " if unicodedata.category(c) in CONTROLS else c for c in text).split())
