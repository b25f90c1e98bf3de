"""What a rule is: a function over the tables of one or many cases, its name the id, its docstring the rule."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from string import Formatter
from typing import Any

import numpy as np
import pandas as pd

from policycase.errors import nearest_of
from policycase.findings import Finding, Severity, quoted
from policycase.model.tables import Tables, files_of
from policycase.storage.limits import few

CODE = re.compile(r"\[(no [a-z ]+)\]")  # in a note: what a rule asks for, and the source does not have
WELL_FORMED = re.compile(r"[a-z]{3}(?:-[a-z0-9]+)+(?::[a-z0-9]+(?:-{1,2}[a-z0-9]+)*)?")  # no other id is suggested
MOST_HINTS = 50  # rows of a file for which the nearest name is looked for, which takes long among many
Check = Callable[[Tables], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule with its id, its text for readers and its severity; `todo` where it asks for what is not done yet."""

    id: str
    text: str
    severity: Severity
    check: Check
    todo: bool = False

    def findings(self, tables: Tables) -> Iterator[Finding]:
        """What the rule finds, under its id and severity."""
        for finding in self.check(tables):
            yield replace(finding, rule=self.id, severity=self.severity)


RULES: dict[str, Rule] = {}


def rule(check: Check, severity: Severity = "error", *, todo: bool = False) -> Check:
    """Register a function as a rule."""
    name = check.__name__.replace("_", "-")
    RULES[name] = Rule(name, (check.__doc__ or "").split("\n")[0], severity, check, todo)
    return check


def todo(check: Check) -> Check:
    """Register a function as a rule that asks for what is not done yet, such as evidence to add."""
    return rule(check, todo=True)


def warning(check: Check) -> Check:
    """Register a function as a rule that only warns."""
    return rule(check, "warning")


def at(  # noqa: PLR0913 - a table, its rows, and what is said of them
    tables: Tables, name: str, rows: pd.DataFrame, field: str, message: str, hint: str = "", *, missing: str = ""
) -> Iterator[Finding]:
    """A finding for each of some rows of a table; message and hint are templates over the row's columns.

    A template is written in the code and never holds a cell: `str.format` would obey its content. `missing` is
    the column whose cell names a row that does not exist.
    """
    files: Iterable[tuple[Any, pd.DataFrame]] = rows.groupby(files_of(rows.index)) if len(rows) else ()
    for number, some in files:
        path = tables.paths[name][number]
        yield from few(_findings(tables, name, some, field, message, hint, missing), path)


def _findings(  # noqa: PLR0913, PLR0917 - as above
    tables: Tables, name: str, rows: pd.DataFrame, field: str, message: str, hint: str, missing: str
) -> Iterator[Finding]:
    key = tables.profile.tables[name].key or "record_id"
    parts = {part for template in (message, hint) for _, part, _, _ in Formatter().parse(template) if part is not None}
    columns = [column for column in rows.columns if column in {*parts, key, missing}]
    for place, *values in zip(rows.index, *(rows[column] for column in columns), strict=True):
        row = {column: _text(value) for column, value in zip(columns, values, strict=True)}
        shown = {column: value if column == "hint" else quoted(value) for column, value in row.items()}
        path, line = tables.place(name, place)
        yield Finding(
            rule="",
            message=message.format_map(shown),
            hint=hint.format_map(shown),
            path=path,
            line=line,
            field=field,
            record_id=row.get(key, ""),
            missing=row.get(missing, ""),
        )


def _text(value: Any) -> str:
    return "" if pd.isna(value) else str(value)


def noted(frame: pd.DataFrame, code: str) -> pd.Series:
    """Whether the note of each row has a code, such as `[no place]`; no other note silences a rule."""
    return frame["note"].str.contains(f"[{code}]", regex=False).eq(True)


def where(frame: pd.DataFrame, flags: Iterable[object]) -> pd.DataFrame:
    """The rows whose flag is true, by place; none of a frame without rows."""
    given = flags.to_numpy() if isinstance(flags, pd.Series) else flags
    if not (isinstance(given, np.ndarray) and given.dtype == bool):
        given = np.array([bool(flag) for flag in given], dtype=bool)
    return frame[given] if given.any() else frame.iloc[:0]  # choosing no row of many columns takes long


def with_cells(frame: pd.DataFrame, column: str, wrong: Collection[str]) -> pd.DataFrame:
    """The rows in which a column has one of some texts; nearly always none is given."""
    return frame[frame[column].isin(list(wrong))] if wrong else frame.iloc[:0]


def nearest(lost: pd.DataFrame, column: str, known: pd.DataFrame, key: str, otherwise: str) -> list[str]:
    """A hint for each row whose id is not there: the nearest one of its own case."""
    ids = {case_id: _by_local(rows[key]) for case_id, rows in known.groupby("case_id")} if len(lost) else {}
    return [
        (hinted and _like(value, ids.get(case_id, {}))) or otherwise
        for value, case_id, hinted in zip(lost[column], lost["case_id"], first(lost), strict=True)
    ]


def _by_local(ids: pd.Series) -> dict[str, str]:
    """The well-formed ids by their local names: prefixes make all ids of a case alike."""
    return {one.rpartition(":")[2]: one for one in ids.dropna() if WELL_FORMED.fullmatch(one)}


def _like(record_id: str, known: Mapping[str, str]) -> str:
    """A hint at the nearest id."""
    near = nearest_of(record_id.rpartition(":")[2], known, 0.75)
    return f'did you mean "{known[near]}"?' if near else ""


def first(rows: pd.DataFrame) -> list[bool]:
    """Whether each row is one of the first of its file, so that it gets a hint, alone or among many packages."""
    return rows.groupby(files_of(rows.index)).cumcount().lt(MOST_HINTS).tolist()


def unknown_ids(tables: Tables, name: str, column: str, known: pd.Index) -> pd.DataFrame:
    """The rows of a table whose cell in a column is filled, and is in their own case not one of the known keys.

    Where there is no such case, that is the one thing that is wrong, and is the finding of `case_id`.
    """
    lost = (tables.distinct(name, column).numbers >= 0) & (known.get_indexer(pd.Index(tables.keys(name, column))) < 0)
    rows = where(tables[name], lost)
    return (
        rows
        if column == "case_id" or rows.empty
        else rows[rows["case_id"].isin(tables.distinct("cases", "case_id").texts)]
    )


def pairs(frame: pd.DataFrame, column: str) -> pd.Series:
    """The case_id and the column of each row as one text, to compare keys case by case."""
    return frame["case_id"] + " " + frame[column]
