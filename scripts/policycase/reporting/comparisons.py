"""Cases side by side: what each holds, and how often each code occurs in it."""

from dataclasses import dataclass

import pandas as pd

from policycase.profiles import ENTRY_TABLES
from policycase.reporting.figures import Sheet
from policycase.reporting.indexes import Index, Value
from policycase.wording import span_in_words

COMPARED = (("programs", "program_type"), ("program_agencies", "role"), ("agencies", "sector"), ("goals", "goal_type"))


@dataclass(frozen=True, slots=True)
class Counts:
    """How often each code of a field occurs in each case; None where the case has no row in the table."""

    caption: str
    cases: list[Value]
    rows: list[tuple[Value, list[int | None]]]
    most: int


def cases(index: Index) -> Sheet:
    """The cases: country, time, how much each holds, and how it was coded."""
    fields = index.profile.tables["cases"].fields
    country, review = fields["country"], fields["review_status"]
    table = index.casebook.cases
    sizes = {name: index.casebook[name].groupby("case_id").size() for name in (*ENTRY_TABLES, "passages")}
    return Sheet(
        "The cases and how much each holds",
        ["Case", country.title, "Time", *(name.capitalize() for name in sizes), review.title],
        [
            [
                Value(row.title, row.case_id, index.anchors[row.case_id]),
                Value(row.country),
                Value(span_in_words(row.start, row.end)),
                *(Value(str(size.get(row.case_id, 0))) for size in sizes.values()),
                index.value(review, row.review_status),
            ]
            for row in table.itertuples()
        ],
    )


def counts(index: Index) -> list[Counts]:
    """One table of counts for each field that is compared; codes that no case has are left out."""
    case_ids = index.casebook.case_ids
    cases = [Value(case_id, index.name(case_id), index.anchors[case_id]) for case_id in case_ids]
    found = []
    for name, column in COMPARED:
        frame, table = index.casebook[name], index.profile.tables[name]
        field = table.fields[column]
        crossed = pd.crosstab(frame[column].astype("str"), frame["case_id"]).reindex(columns=case_ids)
        rows = [
            (index.value(field, code), [None if pd.isna(count) else int(count) for count in crossed.loc[code]])
            for code in index.profile.vocabularies[field.vocabulary]
            if code in crossed.index
        ]
        if rows:
            most = max(count or 0 for _, counted in rows for count in counted)
            found.append(Counts(f"{table.title}: {field.title.lower()}", cases, rows, most))
    return found
