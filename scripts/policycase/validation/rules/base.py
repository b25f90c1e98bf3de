"""What a rule is: a function over the tables of one or many cases, its name the id, its docstring the rule."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd

from policycase.errors import did_you_mean
from policycase.findings import Finding, Severity
from policycase.model.tables import Tables, files_of
from policycase.storage.limits import how_to_raise, limit


def few(found: Iterable[Finding], path: str) -> Iterator[Finding]:
    """As many findings of a file as are told, and a last one if there are more: a table can have millions."""
    each = iter(found)
    yield from islice(each, limit("MOST_FINDINGS"))
    for following in each:
        yield Finding(
            following.rule,
            f"there are more than {limit('MOST_FINDINGS')} findings, which are not told",
            f"mend these first; else {how_to_raise('MOST_FINDINGS')}",
            following.severity,
            path,
            field=following.field,
        )
        return


CODE = re.compile(r"\[(no [a-z ]+)\]")  # in a note: what a rule asks for, and the source does not have
MOST_HINTS = 50  # rows of a file for which the nearest name is looked for, which takes long among many
Check = Callable[[Tables], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule with its id, its text for readers and its severity."""

    id: str
    text: str
    severity: Severity
    check: Check

    def findings(self, tables: Tables) -> Iterator[Finding]:
        """What the rule finds, under its id and severity."""
        for finding in self.check(tables):
            yield replace(finding, rule=self.id, severity=self.severity)


RULES: dict[str, Rule] = {}


def rule(check: Check, severity: Severity = "error") -> Check:
    """Register a function as a rule."""
    name = check.__name__.replace("_", "-")
    RULES[name] = Rule(name, (check.__doc__ or "").split("\n")[0], severity, check)
    return check


def warning(check: Check) -> Check:
    """Register a function as a rule that only warns."""
    return rule(check, "warning")


def at(tables: Tables, name: str, rows: pd.DataFrame, field: str, message: str, hint: str = "") -> Iterator[Finding]:
    """A finding for each of some rows of a table; message and hint are templates over the row's columns."""
    for number, some in rows.groupby(files_of(rows.index)) if len(rows) else ():  # nearly always there is none
        path = tables.paths[name][number]
        yield from few(_told(tables, name, some, field, message, hint), path)


def _told(tables: Tables, name: str, rows: pd.DataFrame, field: str, message: str, hint: str) -> Iterator[Finding]:
    key = tables.profile.tables[name].key or "record_id"
    for place, values in zip(rows.index, rows.itertuples(index=False, name=None), strict=True):
        row = dict(zip(rows.columns, values, strict=True))
        path, line = tables.place(name, place)
        yield Finding(
            rule="",
            message=_filled(message, row),
            hint=_filled(hint, row),
            path=path,
            line=line,
            field=field,
            record_id=_text(row.get(key)),
        )


def _filled(template: str, row: Mapping[str, Any]) -> str:
    return template.format_map({name: _text(value) for name, value in row.items()})


def _text(value: object) -> str:
    return "" if pd.isna(value) else str(value)


def noted(frame: pd.DataFrame, code: str) -> pd.Series:
    """Whether the note of each row has a code, such as `[no place]`; no other note silences a rule."""
    return frame["note"].str.contains(f"[{code}]", regex=False).eq(True)


def where(frame: pd.DataFrame, flags: Iterable[object]) -> pd.DataFrame:
    """The rows whose flag is true, by place; none of a frame without rows."""
    given = flags.to_numpy() if isinstance(flags, pd.Series) else flags
    is_array = isinstance(given, np.ndarray) and given.dtype == bool
    chosen = given if is_array else np.array([bool(flag) for flag in given], dtype=bool)
    return frame[chosen] if chosen.any() else frame.iloc[:0]  # choosing no row of many columns takes long


def with_cells(frame: pd.DataFrame, column: str, wrong: Collection[str]) -> pd.DataFrame:
    """The rows in which a column has one of some texts; nearly always none is given."""
    return frame[frame[column].isin(list(wrong))] if wrong else frame.iloc[:0]


def nearest(lost: pd.DataFrame, column: str, known: pd.DataFrame, key: str, otherwise: str) -> list[str]:
    """A hint for each row whose id is not there: the nearest one of its own case."""
    ids = {case_id: rows[key].dropna().tolist() for case_id, rows in known.groupby("case_id")} if len(lost) else {}
    return [
        (hinted and did_you_mean(value, ids.get(case_id, ()))) or otherwise
        for value, case_id, hinted in zip(lost[column], lost["case_id"], first(lost), strict=True)
    ]


def first(rows: pd.DataFrame) -> list[bool]:
    """Whether each row is one of the first of its file, so that it gets a hint, alone or among many packages."""
    return rows.groupby(files_of(rows.index)).cumcount().lt(MOST_HINTS).tolist()


def strangers(tables: Tables, name: str, column: str, known: pd.Index) -> pd.DataFrame:
    """The rows of a table whose cell in a column is filled, and is in their own case none of the known keys."""
    lost = (tables.distinct(name, column).numbers >= 0) & (known.get_indexer(tables.keys(name, column)) < 0)
    return where(tables[name], lost)


def pairs(frame: pd.DataFrame, column: str) -> pd.Series:
    """The case_id and the column of each row as one text, to compare keys case by case."""
    return frame["case_id"] + " " + frame[column]
