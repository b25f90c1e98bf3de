"""What commands show of a casebook: overview, one record with its passages, one table."""

import pandas as pd

from policycase.casebook import Casebook
from policycase.coverage import RECORD
from policycase.terminal import say, say_table, tell


def say_about(casebook: Casebook) -> None:
    """Title, version, licences and the cases."""
    descriptor = casebook.descriptor
    licenses = ", ".join(entry["name"] for entry in descriptor["licenses"])
    say(f"{descriptor['title']}\n{descriptor['name']} {descriptor['version']}, {licenses}\n")
    say(f"{descriptor['description']}\n")
    for row in casebook.cases.itertuples(index=False):
        say(f"{row.case_id}: {row.title} ({row.country}, {row.start} to {row.end}); {row.review_status}")
    say("")


def say_overview(casebook: Casebook) -> None:
    """Rows of each table, the four that a reader meets first on top, and the coverage."""
    tables = casebook.profile.tables.values()
    rows = [(table.name, len(casebook[table.name]), table.description) for table in tables]
    say_table(pd.DataFrame(rows, columns=["table", "rows", "what it holds"]))
    say("")
    say(coverage_line(casebook))


def coverage_line(casebook: Casebook) -> str:
    """Passages accounted for, and rows and values with evidence, in one line."""
    passages, rows = casebook.passage_coverage(), casebook.coverage()
    counts = ", ".join(f"{passages[code].sum()} {code}" for code in casebook.profile.vocabularies["coding"])
    total = passages["passages"].sum()
    accounted = passages[casebook.profile.vocabularies["coding"]].to_numpy().sum()
    shares = [
        f"{name} with evidence {_share(rows[f'{name}_with_evidence'].sum(), rows[f'{name}_needing_evidence'].sum())}"
        for name in ("rows", "values")
    ]
    return f"coverage: passages {accounted}/{total} ({counts}); {'; '.join(shares)}"


def _share(part: int, whole: int) -> str:
    return f"{part}/{whole} ({100 * part / whole:.0f} %)" if whole else "0/0"


def say_record(casebook: Casebook, record: pd.Series, record_id: str) -> None:
    """One record, field by field, each with the passages it rests on; then what is claimed of it."""
    evidence = casebook.evidence_for(record_id)
    where = evidence.groupby("field", sort=False).apply(_passages).to_dict() if len(evidence) else {}
    derived = {name for name, field in casebook.profile.tables[record.name].fields.items() if field.bound}
    filled = record.drop(labels=[*derived, "case_id"] if record.name != "cases" else list(derived)).dropna()
    lines = [(name, str(value), where.get(name, "")) for name, value in filled.items()]
    lines.append(("record as a whole", "", where.get(RECORD, "" if len(evidence) else "no passage of a coded source")))
    say_table(pd.DataFrame(lines, columns=["field", "value", "rests on"]), f"{record_id} in {record.name}")
    for title in evidence["source_title"].dropna().unique():
        say(f"source: {title}")
    claims = casebook.claims.query("record_id == @record_id or object_id == @record_id")
    if len(claims):
        say("")
        say_table(claims[["claim_id", "claim_type", "hedge", "stance", "statement"]], "Claims about it")


def _passages(rows: pd.DataFrame) -> str:
    places = [
        f"{row.passage_id.split(':')[1]}{f' (p. {row.page})' if pd.notna(row.page) else ''}"
        f"{' inferred' if row.basis == 'inferred' else ''}"
        for row in rows.itertuples(index=False)
    ]
    return ", ".join(places)


def say_wide(casebook: Casebook, name: str) -> None:
    """A table without its derived, empty and constant columns; stderr says which were left out."""
    frame = casebook[name]
    fields = casebook.profile.table(name).fields
    hidden = [column for column in frame if fields[column].bound or frame[column].isna().all()]
    if len(casebook.case_ids) == 1 and name != "cases":
        hidden.append("case_id")
    say_table(frame.drop(columns=[column for column in hidden if len(frame)]))
    if hidden and len(frame):
        columns = ", ".join(hidden)
        tell(f"left out, derived, empty or the same in every row: {columns}; --csv and --json have every column")
