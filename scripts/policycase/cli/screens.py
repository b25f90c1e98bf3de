"""What commands show of a casebook: overview, one record with its passages, one table."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from xml.etree import ElementTree

import pandas as pd

from policycase.analysis.changes import worded
from policycase.cli.terminal import fits, say, say_blocks, say_json_line, say_table, say_wrapped, tell
from policycase.findings import Finding
from policycase.model import provenance
from policycase.model.bibtex import title_of
from policycase.model.casebook import Casebook
from policycase.model.columns import row_tuples
from policycase.model.dates import counted_in_words, figure_in_words
from policycase.model.licences import of_cases
from policycase.model.package import refuse_invalid_descriptor
from policycase.model.profile import ENTRY_TABLES, Table
from policycase.model.provenance import RECORD
from policycase.model.tables import Tables
from policycase.storage.csv_files import TEXT
from policycase.storage.json_files import NOT_XML
from policycase.validation.cell_checks import lacking
from policycase.validation.report import Report
from policycase.validation.rules import RULES

MOST = 20  # findings of one package that are printed where there are many


def say_about(casebook: Casebook) -> None:
    """Title, version, licences and the cases."""
    descriptor = casebook.descriptor
    refuse_invalid_descriptor(descriptor)
    licenses = ", ".join(map(of_cases, descriptor["licenses"]))
    say(f"{title_of(descriptor, casebook.cases)}\n{descriptor['name']} {descriptor['version']}, {licenses}\n")
    say(f"{descriptor.get('description', '')}\n")
    for row in row_tuples(casebook.cases):
        say(f"{row.case_id}: {row.title} ({row.country}, {row.start} to {row.end}); {row.review_status}")
    say("")


def say_overview(tables: Tables) -> None:
    """Rows of each table, what only other sources say apart, and the coverage."""
    counts = provenance.counts(tables)
    for name in ENTRY_TABLES:
        say(counted_in_words(counts["rows"][name], counts["others"][name], name))
    say("")
    about = [tables.profile.tables[name].description for name in counts.index]
    say_table(counts.rename_axis("table").reset_index().assign(**{"what it holds": about}))
    say("")
    say_wrapped(coverage_line(tables))


def coverage_line(tables: Tables) -> str:
    """Passages accounted for, and rows and values with evidence, in one line."""
    passages, rows = provenance.passage_coverage(tables), provenance.row_coverage(tables)
    codes = tables.profile.vocabularies["coding"]
    counts = ", ".join(f"{passages[code].sum()} {code}" for code in codes)
    total = passages["passages"].sum()
    accounted = passages[codes].to_numpy().sum()
    shares = [
        f"{name} with evidence {_share(rows[f'{name}_with_evidence'].sum(), rows[f'{name}_needing_evidence'].sum())}"
        for name in ("rows", "values")
    ]
    return f"coverage: passages {accounted}/{total} ({counts}); {'; '.join(shares)}"


def _share(part: float, whole: float) -> str:
    return f"{part:.0f}/{whole:.0f} ({100 * part / whole:.0f} %)" if whole else "0/0"


def say_coverage(casebook: Casebook) -> None:
    """Passages by coding, then rows and values of each table with evidence, of those that need it."""
    say_table(casebook.passage_coverage().drop(columns="case_id"), "Passages")  # source_id begins with it
    say("")
    found = casebook.coverage()
    shares = {
        name: found[f"{name}_with_evidence"].astype(TEXT) + "/" + found[f"{name}_needing_evidence"].astype(TEXT)
        for name in ("rows", "values")
    }
    names = {"rows": "for rows", "values": "for values"}
    counted = pd.DataFrame(shares).mask(lambda cells: cells.eq("0/0"), "–").rename(columns=names)
    say_table(
        pd.concat([found[["case_id", "table", "rows"]], counted, found["extent"]], axis=1),
        "Evidence found, of what needs it",
    )
    say_wrapped(coverage_line(casebook.text))


def say_changes(changes: pd.DataFrame) -> None:
    """What `diff` found, record by record: each changed cell on a line of its own; then how many records there are."""
    for (table, record_id), rows in changes.groupby(["table", "record_id"], sort=False):
        what = f"{table} {record_id}".strip()
        whole = rows["change"].ne("changed")
        for row in row_tuples(rows[whole]):
            say_wrapped(f"{what}: {worded(row)}")
        if not whole.all():
            say(what)
        for row in row_tuples(rows[~whole]):
            say_wrapped(f"    {worded(row)}")
    counts = changes.drop_duplicates(["table", "record_id", "change"])["change"].value_counts()
    say(f"records: {', '.join(f'{count} {change}' for change, count in counts.items())}")


def say_record(casebook: Casebook, record_id: str) -> None:
    """One record, field by field, each with the passages it rests on; then what is tied to it."""
    name = str(casebook.record(record_id).name)
    table = casebook.profile.tables[name]
    text = casebook.text[name].iloc[casebook.text.rows_with(name, table.key, record_id)[0]].dropna()
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
    for row in row_tuples(evidence.dropna(subset=["note"])):
        say(f"note on {row.field}, {str(row.passage_id).split(':')[-1]}: {row.note}")
    if not whole and table.needs_evidence:
        say("no passage of a coded source supports it: only other sources name it")
    for source in row_tuples(casebook["sources"].merge(evidence["source_id"].drop_duplicates())):
        address = f"https://doi.org/{source.doi}" if pd.notna(source.doi) else source.url
        say(f"source: {source.title}" + (f" · {address}" if pd.notna(address) else ""))
    _say_tied(casebook, table, record_id)


def _texts(casebook: Casebook, name: str, frame: pd.DataFrame) -> list[dict[str, str]]:
    """Rows of a table as text, without their missing cells."""
    text = casebook.text[name].iloc[frame.index]
    return [{str(field): cell for field, cell in row.dropna().items()} for _, row in text.iterrows()]


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
        for row in row_tuples(rows)
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
    """Each value with its rivals, worded as in a footnote."""
    for (record_id, field), rows in found.groupby(["record_id", "field"], sort=False):
        first = rows.iloc[0]
        what = record_id if field == RECORD else f"{record_id}, {field}"
        coded = "(empty)" if pd.isna(first["coded_value"]) else first["coded_value"]
        say_wrapped(f"{what}: {coded}  [{first['status']}; {first['groups_for_coded']} for it]")
        for row in row_tuples(rows):
            rival = f" {row.rival_value}" if pd.notna(row.rival_value) else ""
            say_wrapped(f"    {row.stance}{rival} [{row.groups_for_rival}]: {row.statement} ({row.sources})")


def say_wide(casebook: Casebook, name: str) -> None:
    """A table, or one block per row where the terminal is too narrow; stderr says which columns are not shown."""
    frame = casebook[name]
    fields = casebook.profile.table(name).fields
    hidden = [column for column in frame.columns if fields[column].bound or frame[column].isna().all()]
    if len(casebook.case_ids) == 1 and name not in {"cases", "codes", "crosswalks"}:
        hidden.append("case_id")
    shown = frame.drop(columns=hidden) if len(frame) else frame
    say_table(shown) if fits(shown) else say_blocks(shown)
    if len(frame) and hidden:
        tell(f"columns not shown (derived, or empty in every row, or the one case): {', '.join(hidden)} · use --csv")


def say_findings(report: Report, *, apart: bool = False) -> None:
    """The findings of one package; what is only not done yet after what is wrong, if asked for."""
    wrong = [finding for finding in report.found if not (apart and is_todo(finding))]
    todo = [finding for finding in report.found if apart and is_todo(finding)]
    for title, findings in (("Wrong:", wrong), ("Not done yet:", todo)):
        if apart and findings:
            say(title)
        for finding in findings:
            say(f"{'warning: ' if finding.severity == 'warning' else ''}{finding}")


def is_todo(finding: Finding) -> bool:
    """Whether a finding says that something is not done yet, rather than that something is wrong."""
    return finding.message == lacking(finding.field) or (finding.rule in RULES and RULES[finding.rule].todo)


def say_for_ci(reports: Mapping[str, Report], form: str) -> None:
    """The findings of packages as annotations of a GitHub workflow run, or as JUnit XML."""
    if form == "junit":
        say(_junit(reports))
        return
    for package, report in reports.items():
        for finding in report.found:
            where = f"file={_github(_file(package, finding))},line={finding.line or 1},title={_github(finding.rule)}"
            text = f"{finding.message} · {finding.hint}" if finding.hint else finding.message
            say(f"::{finding.severity} {where}::{_github(text)}")


def _file(package: str, finding: Finding) -> str:
    return f"{package}/{finding.path}" if package not in {"", "."} else finding.path


def _github(text: str) -> str:
    """A text that ends no annotation and begins no other."""
    for mark, escaped in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A"), (":", "%3A"), (",", "%2C")):
        text = text.replace(mark, escaped)
    return text


def _junit(reports: Mapping[str, Report]) -> str:
    suites = ElementTree.Element("testsuites")
    for package, report in reports.items():
        count = str(max(len(report.found), 1))
        errors = [finding for finding in report.found if finding.severity == "error"]
        suite = ElementTree.SubElement(
            suites, "testsuite", name=package or "package", tests=count, failures=str(len(errors))
        )
        for finding in report.found:
            place = f"{_file(package, finding)}:{finding.line or 1}"
            case = ElementTree.SubElement(suite, "testcase", classname=finding.rule, name=NOT_XML.sub("?", place))
            kind = "failure" if finding.severity == "error" else "system-out"
            ElementTree.SubElement(case, kind).text = NOT_XML.sub("?", str(finding))
        if not report.found:
            ElementTree.SubElement(suite, "testcase", classname="policycase", name="valid")
    ElementTree.indent(suites)
    return ElementTree.tostring(suites, encoding="unicode")


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
        say_table(counted.reset_index().sort_values("packages", ascending=False, kind="stable"))
        say("")
    stopped = sum(report.stopped for report in reports.values())
    valid = sum(report.is_valid for report in reports.values())
    more = f"; the tables of {stopped} could not be judged" if stopped else ""
    say(f"{valid:,} of {len(reports):,} packages valid{more}")
