"""Cases side by side: what each holds, and how often each code occurs in it."""

from dataclasses import dataclass

import pandas as pd

from policycase.model.columns import row_tuples
from policycase.model.dates import span_in_words
from policycase.model.profile import ENTRY_TABLES
from policycase.reporting.figures import Sheet
from policycase.reporting.records import Index, Value
from policycase.storage.csv_files import TEXT

COMPARED = (("programs", "program_type"), ("program_agencies", "role"), ("agencies", "sector"), ("goals", "goal_type"))


@dataclass(frozen=True, slots=True)
class Counts:
    """How often each code of a field occurs in each case; None where the case has no row in the table.

    `extents` says for each case how much of what its sources say the table holds.
    """

    caption: str
    cases: list[Value]
    rows: list[tuple[Value, list[int | None]]]
    most: int
    extents: list[Value]


def cases(index: Index) -> Sheet:
    """The cases: country, time, how much each holds, and how it was coded."""
    fields = index.profile.tables["cases"].fields
    country, review = fields["country"], fields["review_status"]
    table = index.casebook.cases
    sizes = {name: _sizes(index, name) for name in (*ENTRY_TABLES, "passages")}
    return Sheet(
        "The cases and how much each holds",
        ["Case", country.title, "Time", *(name.capitalize() for name in sizes), review.title],
        [
            [
                Value(row.title, row.case_id, index.anchors[row.case_id]),
                Value(row.country),
                Value(span_in_words(row.start, row.end)),
                *(Value(size.get(row.case_id, "0")) for size in sizes.values()),
                index.value(review, row.review_status),
            ]
            for row in row_tuples(table)
        ],
    )


def _sizes(index: Index, name: str) -> dict[str, str]:
    """By case: how many rows of a table the coded sources attest, and how many more only other sources do."""
    own, every = (book[name].groupby("case_id").size() for book in (index.casebook.coded, index.casebook))
    more = every.sub(own, fill_value=0).astype("int64")
    texts = [f"{count - n} (+ {n} of other sources)" if n else str(count) for count, n in zip(every, more, strict=True)]
    return dict(zip(map(str, every.index), texts, strict=True))


def counts(index: Index) -> list[Counts]:
    """One table of counts for each field that is compared, of what the coded sources say; unused codes are left out."""
    case_ids = index.casebook.case_ids
    extents = _extents(index)
    cases = [Value(case_id, index.name(case_id), index.anchors[case_id]) for case_id in case_ids]
    found: list[Counts] = []
    for name, column in COMPARED:
        frame, table = index.casebook.coded[name], index.profile.tables[name]
        field = table.fields[column]
        crossed = pd.crosstab(frame[column].astype(TEXT), frame["case_id"]).reindex(columns=case_ids)
        rows = [
            (index.value(field, code), [None if pd.isna(count) else int(count) for count in crossed.T[code]])
            for code in index.profile.vocabularies[field.vocabulary]
            if code in crossed.index
        ]
        if rows:
            most = max(count or 0 for _, counted in rows for count in counted)
            held = [extents[case_id, name] for case_id in case_ids]
            found.append(Counts(f"{table.title}: {field.title.lower()}", cases, rows, most, held))
    return found


def extents(index: Index) -> Sheet:
    """Each table of each case: its rows, those of other sources, how much has evidence, and its extent."""
    held, coded = _extents(index), index.casebook.coded
    own = {
        (case, name): size
        for name in coded.profile.case_tables
        for case, size in coded[name]["case_id"].value_counts().items()
    }
    heads = ["Table", "Rows", "Of other sources", "Rows with evidence", "Values with evidence", "Extent"]
    several = len(index.casebook.case_ids) > 1
    rows = [
        [
            Value(index.profile.tables[row.table].title),
            *([Value(row.case_id)] if several else []),
            Value(str(own.get((row.case_id, row.table), 0))),
            Value(str(row.rows - own.get((row.case_id, row.table), 0))),
            Value(_share(row.rows_with_evidence, row.rows_needing_evidence)),
            Value(_share(row.values_with_evidence, row.values_needing_evidence)),
            held[row.case_id, row.table],
        ]
        for row in row_tuples(index.casebook.coverage())
    ]
    return Sheet("Every table, and how much of it rests on passages", [heads[0], *["Case"] * several, *heads[1:]], rows)


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole}" if whole else ""


def _extents(index: Index) -> dict[tuple[str, str], Value]:
    """What each table of each case holds of what its sources say, with the coder's remark."""
    remarks = {(row["case_id"], row["table_name"]): row.get("note", "") for row in index.rows["scope"]}
    return {
        (row.case_id, row.table): Value(
            "not said" if pd.isna(row.extent) else index.label("extent", row.extent).lower(),
            remarks.get((row.case_id, row.table), ""),
        )
        for row in row_tuples(index.casebook.coverage())
    }
