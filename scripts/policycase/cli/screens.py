"""What commands show of a casebook: overview, one record with its passages, one table."""

from collections.abc import Mapping
from dataclasses import asdict, replace

import pandas as pd

from policycase.cli.terminal import fits, say, say_blocks, say_json_line, say_table, tell
from policycase.model.bibtex import title_of
from policycase.model.casebook import Casebook
from policycase.model.columns import as_text
from policycase.model.dates import counted_in_words, figure_in_words
from policycase.model.package import refuse_odd_descriptor
from policycase.model.profile import ENTRY_TABLES, Table
from policycase.model.provenance import RECORD
from policycase.validation.report import Report

MOST = 20  # findings of one package that are printed where there are many


def say_about(casebook: Casebook) -> None:
    """Title, version, licences and the cases."""
    descriptor = casebook.descriptor
    refuse_odd_descriptor(descriptor)
    licenses = ", ".join(entry["name"] for entry in descriptor["licenses"])
    say(f"{title_of(descriptor, casebook.cases)}\n{descriptor['name']} {descriptor['version']}, {licenses}\n")
    say(f"{descriptor.get('description', '')}\n")
    for row in casebook.cases.itertuples(index=False):
        say(f"{row.case_id}: {row.title} ({row.country}, {row.start} to {row.end}); {row.review_status}")
    say("")


def say_overview(casebook: Casebook) -> None:
    """Rows of each table, what only other sources say apart, and the coverage."""
    counts = casebook.counts
    for name in ENTRY_TABLES:
        say(counted_in_words(*counts.loc[name], name))
    say("")
    about = [casebook.profile.tables[name].description for name in counts.index]
    say_table(counts.rename_axis("table").reset_index().assign(**{"what it holds": about}))
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


def say_record(casebook: Casebook, record_id: str) -> None:
    """One record, field by field, each with the passages it rests on; then what is tied to it."""
    name = str(casebook.record(record_id).name)
    table = casebook.profile.tables[name]
    frame = casebook[name]
    text = as_text(frame[frame[table.key] == record_id], table).iloc[0].dropna()
    evidence = casebook.evidence_for(record_id)
    where = {field: _passages(rows) for field, rows in evidence.groupby("field", sort=False)}
    whole = where.get(RECORD, "")
    lines = [
        (field.name, _shown(text, table, field.name), where.get(field.name, ""))
        for field in table.fields.values()
        if field.name in text and (field.authored or field.derived) and (field.name != "case_id" or name == "cases")
    ]
    say_table(pd.DataFrame(lines, columns=["field", "value", "rests on"]), f"{record_id} in {name}")
    if name == "figures":
        say(f"in words: {figure_in_words(text.to_dict(), _labels(casebook))}")
    if whole:
        say(f"the record as a whole, and every field without a passage of its own, rests on: {whole}")
    elif table.needs_evidence:
        say("no passage of a coded source supports it: only other sources name it")
    for title in evidence["source_title"].dropna().unique():
        say(f"source: {title}")
    _say_tied(casebook, table, record_id)


def _texts(casebook: Casebook, name: str, frame: pd.DataFrame) -> list[dict[str, str]]:
    """Rows of a table as text, without their missing cells."""
    text = as_text(frame, casebook.profile.tables[name])
    return [row.dropna().to_dict() for _, row in text.iterrows()]


def _labels(casebook: Casebook) -> dict[tuple[str, str], str]:
    return dict(casebook.codes.set_index(["vocabulary", "code"])["label"])


def _shown(text: pd.Series, table: Table, name: str) -> str:
    """The cell, a date with the first and last day that it can mean."""
    if not table.fields[name].edtf:
        return text[name]
    days = [text.get(f"{name}_{side}", "open") for side in ("earliest", "latest")]
    return text[name] if days == [text[name]] * 2 else f"{text[name]}  ({days[0]} to {days[1]})"


def _passages(rows: pd.DataFrame) -> str:
    places = [
        f"{str(row.passage_id).split(':')[-1]}{f' (p. {row.page})' if pd.notna(row.page) else ''}"
        f"{' inferred' if row.basis == 'inferred' else ''}"
        for row in rows.itertuples(index=False)
    ]
    return ", ".join(places)


def _say_tied(casebook: Casebook, table: Table, record_id: str) -> None:
    """Claims about a record, and every row of another table that names it."""
    claims = casebook.claims.query("record_id == @record_id or object_id == @record_id")
    if len(claims):
        say("")
        say_table(claims[["claim_id", "claim_type", "hedge", "stance", "statement"]], "Claims about it")
    figures = casebook.figures.query("record_id == @record_id")
    if len(figures):
        say("")
        words = [figure_in_words(row, _labels(casebook)) for row in _texts(casebook, "figures", figures)]
        say_table(figures[["figure_id"]].assign(figure=words, statement=figures["statement"]), "Figures about it")
    tied = [
        (other.name, link.fields[0], row)
        for other in casebook.profile.case_tables.values()
        for link in other.parents
        if link.table == table.name
        for row in casebook[other.name].loc[casebook[other.name][link.fields[0]] == record_id, other.primary_key[0]]
    ]
    if tied and table.name != "sources":
        lines = pd.DataFrame(tied, columns=["table", "as", "row"])
        counted = lines.groupby(["table", "as"], sort=False)["row"].agg(lambda ids: "\n".join(dict.fromkeys(ids)))
        say("")
        say_table(counted.reset_index(), "Rows that name it")


def say_conflicts(found: pd.DataFrame) -> None:
    """Each value with its rivals: as a footnote would say it."""
    for (record_id, field), rows in found.groupby(["record_id", "field"], sort=False):
        first = rows.iloc[0]
        what = record_id if field == RECORD else f"{record_id}, {field}"
        coded = "(empty)" if pd.isna(first["coded_value"]) else first["coded_value"]
        say(f"{what}: {coded}  [{first['status']}; {first['groups_for_coded']} for it]")
        for row in rows.itertuples(index=False):
            rival = f" {row.rival_value}" if pd.notna(row.rival_value) else ""
            say(f"    {row.stance}{rival} [{row.groups_for_rival}]: {row.statement} ({row.sources})")


def say_wide(casebook: Casebook, name: str) -> None:
    """A table, or one block a row where the terminal is too narrow; stderr says which columns are not shown."""
    frame = casebook[name]
    fields = casebook.profile.table(name).fields
    hidden = [column for column in frame if fields[column].bound or frame[column].isna().all()]
    if len(casebook.case_ids) == 1 and name not in {"cases", "codes", "crosswalks"}:
        hidden.append("case_id")
    shown = frame.drop(columns=hidden) if len(frame) else frame
    say_table(shown) if fits(shown) else say_blocks(shown)
    if len(frame) and hidden:
        tell(f"columns not shown (derived, or empty in every row, or the one case): {', '.join(hidden)} · use --csv")


def say_report(package: str, report: Report, *, as_json: bool) -> None:
    """The findings of one package of many: a line each, the first of a wild one; or all as one line of JSON."""
    if as_json:
        findings = [asdict(finding) for finding in report.found]
        say_json_line({"package": package, "valid": report.is_valid, "stages": report.stages, "findings": findings})
        return
    for finding in report.found[:MOST]:
        placed = replace(finding, path=f"{package}/{finding.path}") if finding.path else finding
        say(f"{'warning: ' if finding.severity == 'warning' else ''}{placed}")
    if len(report.found) > MOST:
        say(f"{package}: … and {len(report.found) - MOST} more · run: policycase validate {package}")


def say_reports(reports: Mapping[str, Report]) -> None:
    """What was found in many packages by rule, then how many of them are valid."""
    rows = [
        (finding.rule, finding.severity, package) for package, report in reports.items() for finding in report.found
    ]
    found = pd.DataFrame(rows, columns=["rule", "severity", "package"])
    if rows:
        counted = found.groupby(["rule", "severity"])["package"].agg(findings="size", packages="nunique")
        say("")
        say_table(counted.sort_values("packages", ascending=False, kind="stable").reset_index())
        say("")
    stopped = sum(report.stopped for report in reports.values())
    valid = sum(report.is_valid for report in reports.values())
    more = f"; the tables of {stopped} could not be judged" if stopped else ""
    say(f"{valid:,} of {len(reports):,} packages valid{more}")
