"""What nobody types: prefixes, ids of links, the case, the one coded source; and how it is made."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd

from policycase.errors import DateError, did_you_mean
from policycase.model.columns import EXPECTED, FORMS
from policycase.model.dates import FORMS as DATES
from policycase.model.dates import bounds
from policycase.model.profile import Field, Profile, Table
from policycase.model.provenance import ASSERTS
from policycase.storage.csv_files import TEXT

SOURCES = "sources"
CASE_ID = re.compile(r"(?P<country>[a-z]{3})(?:-[a-z0-9]+)+")
STATED, INFERRED = "stated", "inferred"

Support = tuple[str, str, str]  # field, passage_id, basis


def authored(table: Table) -> list[Field]:
    """The columns that are authored; the others are derived."""
    return [field for field in table.fields.values() if field.authored]


def is_made(table: Table, field: Field) -> bool:
    """Whether an import can make a whole column: the case of a row, the id of a link."""
    return (field.name == "case_id" and table.key != "case_id") or (bool(table.id_parts) and field.name == table.key)


def filled_with(field: Field) -> str:
    """What an import fills an empty cell of a column with, in words; empty if it stays empty."""
    made = {"position": "the next number", "coding": "coded if a row rests on it, else uncoded"}
    return field.default or made.get(field.name, "")


def is_id(field: Field) -> bool:
    """Whether a column holds ids of records of the case, whose prefix nobody types."""
    return field.name.endswith("_id") and field.name != "case_id" and field.type == "string" and not field.identifier


def local(text: str, case_id: str) -> str:
    """An id without the prefix that an import puts before it.

    Examples
    --------
    >>> local("kgz-leph:nsp", "kgz-leph"), local("kgz-leph", "kgz-leph"), local("usa-lead:x", "kgz-leph")
    ('nsp', 'kgz-leph', 'usa-lead:x')
    """
    rest = text.removeprefix(f"{case_id}:")
    return text if not rest or ":" in rest or rest == case_id else rest


def whole(text: str, case_id: str) -> str:
    """An id with its prefix.

    Examples
    --------
    >>> whole("nsp", "kgz-leph"), whole("kgz-leph", "kgz-leph")
    ('kgz-leph:nsp', 'kgz-leph')
    """
    return text if ":" in text or text == case_id else f"{case_id}:{text}"


def link_ids(table: Table, frame: pd.DataFrame, case_id: str) -> list[str]:
    """The ids of links, made of their parts; a further row of the same parts adds --2, --3."""
    counts: Counter[str] = Counter()
    made = []
    for parts in frame[list(table.id_parts)].fillna("").itertuples(index=False):
        name = link_name(parts, case_id)
        counts[name] += 1
        made.append(name if counts[name] == 1 else f"{name}--{counts[name]}")
    return made


def link_name(parts: Iterable[str], case_id: str) -> str:
    """The id of a link that is the first of its parts."""
    return f"{case_id}:{'--'.join(part.rpartition(':')[2] for part in parts)}"


def takes_the_source(table: Table, frame: pd.DataFrame) -> dict[str, pd.Series]:
    """The columns that name a source, and the rows in which an empty cell means the one coded source."""
    return {
        link.fields[0]: frame["stance"].eq(ASSERTS)
        if "stance" in frame
        else pd.Series(table.fields[link.fields[0]].required, frame.index)
        for link in table.parents
        if link.table == SOURCES and table.name != SOURCES
    }


def coded_sources(sources: pd.DataFrame) -> list[str]:
    """The ids of the sources that were coded."""
    return sources.loc[sources["source_use"].eq("coded"), "source_id"].dropna().tolist()


def mapped(cells: pd.Series, change: Callable[[str, str], str], case_id: str) -> pd.Series:
    """Ids with or without their prefix; `map` would make numbers of a column that has none."""
    return pd.Series([text if pd.isna(text) else change(text, case_id) for text in cells], cells.index, dtype=TEXT)


def without_prefix(cells: pd.Series, case_id: str) -> pd.Series:
    """The ids of a column as `local` has them."""
    return mapped(cells, local, case_id)


def inheriting(table: Table, record: Mapping[Any, Any] | pd.Series) -> list[str]:
    """The fields of a row that rest on its passages unless a passage names them: filled, and in need of evidence."""
    return [
        field.name
        for field in table.fields.values()
        if field.evidence
        and field.name not in table.id_parts
        and not pd.isna(record[field.name])
        and record[field.name] != field.silent
    ]


def problem_of(text: str, field: Field, profile: Profile) -> str:
    """What is wrong with a text, by its form alone; rules are for `policycase validate`."""
    shown, expected = f'"{text[:60]}"', expected_of(field)
    if not text.strip():
        return " is blank, but not empty · clear the cell"
    if re.search(r"[\r\n]", text):
        return f" is {text[:60]!a}, with a line break · put it on one line"
    if field.vocabulary:
        codes = profile.vocabularies[field.vocabulary]
        hint = did_you_mean(text, codes) or "choose from the list"
        return "" if text in codes else f" is {shown}; expected {expected} · {hint}"
    if field.edtf:
        try:
            bounds(text)
        except DateError as error:
            return f": {error}"
    if field.type in FORMS and not FORMS[field.type].fullmatch(text):
        return f" is {shown}; expected {expected} · type it again"
    return ""


def expected_of(field: Field) -> str:
    """What a cell of a column must be, in words."""
    if field.vocabulary:
        return f"a code of {field.vocabulary}"
    return f"{DATES}, as text" if field.edtf else EXPECTED.get(field.type, "text")


def positions(goals: pd.DataFrame) -> list[str]:
    """The position of each goal: as given, else one after the last of the same program, or of the same holder."""
    last: Counter[tuple[object, ...]] = Counter()
    made = []
    for program, holder, position in zip(
        goals["program_id"], goals["holder_agency_id"], goals["position"], strict=True
    ):
        group = (program,) if not pd.isna(program) else (None, holder)
        text = str(last[group] + 1) if pd.isna(position) else position
        last[group] = int(text) if text.isdecimal() else last[group]
        made.append(text)
    return made
