"""Rules on evidence: every value rests on a passage, and every passage is accounted for."""

from collections.abc import Iterator

import pandas as pd

from policycase.errors import did_you_mean
from policycase.findings import Finding
from policycase.model.provenance import ATTESTED, RECORD, attestations, rows_needing_evidence, values_needing_evidence
from policycase.model.tables import Tables
from policycase.validation.rules.base import at, nearest, rule, todo, unknown_ids, where


@todo
def record_has_evidence(tables: Tables) -> Iterator[Finding]:
    """Every coded row rests on a passage; only rows that other sources alone name do not."""
    rows = rows_needing_evidence(tables)
    for name, bare in rows[~rows["found"]].groupby("table"):
        table = tables.profile.tables[str(name)]
        yield from at(
            tables,
            table.name,
            bare.assign(**{table.key: bare["record_id"]}),
            table.key,
            "no passage supports {record_id}",
            "add a row to evidence.csv: {record_id},record,<passage_id>,{case_id},stated,",
        )


@todo
def value_has_evidence(tables: Tables) -> Iterator[Finding]:
    """Every date, role, status, setting, pilot flag, legal reference, goal, hedge and figure has its own evidence."""
    values = values_needing_evidence(tables)
    for (name, field), bare in values[~values["found"]].groupby(["table", "field"]):
        table = tables.profile.tables[str(name)]
        yield from at(
            tables,
            table.name,
            bare.assign(**{table.key: bare["record_id"]}),
            str(field),
            "no passage supports {field} of {record_id}",
            "add a row to evidence.csv: {record_id},{field},<passage_id>,{case_id},stated,",
        )


@rule
def evidence_points_to_a_record_and_field(tables: Tables) -> Iterator[Finding]:
    """An evidence row names a record of its case, and a field of it that is filled."""
    table = tables.profile.tables["evidence"]
    evidence = tables["evidence"].dropna(subset=["record_id", "field", "case_id"])
    lost = unknown_ids(tables, "evidence", "record_id", tables.record_keys).dropna(subset=["field", "case_id"])
    hints = nearest(lost, "record_id", tables.records, "record_id", "add the row, or correct the id")
    yield from at(
        tables,
        table.name,
        lost.assign(hint=hints),
        "record_id",
        'no record "{record_id}" is in this case',
        "{hint}",
        missing="record_id",
    )
    rest = evidence[~evidence.index.isin(lost.index) & evidence["field"].ne(RECORD)]
    rest = rest.assign(table=rest["record_id"].map(tables.table_of))
    for (name, field), rows in rest.groupby(["table", "field"]):
        owner = tables.profile.tables[str(name)]
        if field not in owner.fields:
            hinted = rows.assign(hint=did_you_mean(str(field), owner.fields))
            yield from at(tables, table.name, hinted, "field", '{table} has no field "{field}"', "{hint}")
        else:
            frame = tables[owner.name]
            empty = frame.loc[frame[str(field)].isna(), owner.key]
            yield from at(
                tables,
                table.name,
                where(rows, rows["record_id"].isin(empty)),
                "field",
                "{field} of {record_id} is empty",
                "fill the value, or take the evidence out",
            )


@todo
def sentence_is_accounted_for(tables: Tables) -> Iterator[Finding]:
    """Every sentence of a coded source is a passage: coded with evidence, context, or uncoded with a reason."""
    table = tables.profile.tables["passages"]
    passages = tables["passages"].dropna(subset=["passage_id"])
    used = passages["passage_id"].isin(tables["evidence"]["passage_id"])
    coded = passages["coding"].eq("coded")
    yield from at(
        tables,
        table.name,
        passages[coded & ~used],
        "coding",
        "{passage_id} is coded, and no evidence rests on it",
        "add the evidence, or code it context or uncoded",
    )
    yield from at(
        tables,
        table.name,
        passages[~coded & used & passages["coding"].notna()],
        "coding",
        "{passage_id} is {coding}, and evidence rests on it",
        "code it coded, or take the evidence out",
    )
    bare = passages[passages["coding"].eq("uncoded") & passages["note"].isna()]
    yield from at(tables, table.name, bare, "note", "{passage_id} is uncoded without a reason", "say why in the note")
    yield from at(
        tables,
        table.name,
        _after_a_gap(passages),
        "passage_id",
        "the passage before {passage_id} is missing",
        "every sentence has a row; add the missing one",
    )


def _after_a_gap(passages: pd.DataFrame) -> pd.DataFrame:
    """Passages whose place in the source does not continue the one before."""
    located = passages.dropna(subset=["case_id", "source_id", "paragraph", "sentence"])
    if located.empty:
        return located
    parts = located["paragraph"].str.extract(r"^(?P<kind>p|fn)(?P<number>\d+)")
    order = pd.DataFrame(
        {
            "source": located["case_id"] + " " + located["source_id"],
            "kind": parts["kind"],
            "number": pd.to_numeric(parts["number"], errors="coerce"),
            "sentence": pd.to_numeric(located["sentence"], errors="coerce"),
            "fragment": located["fragment"].fillna("").map(lambda letter: ord(letter) - 96 if len(letter) == 1 else 0),
        }
    ).dropna()
    order = order.sort_values(["source", "kind", "number", "sentence", "fragment"])
    before = order.groupby(["source", "kind"], sort=False)[["number", "sentence", "fragment"]].shift()
    step = order[["number", "sentence", "fragment"]] - before.fillna(0)
    first_of_paragraph = step["number"].eq(1) & order["sentence"].eq(1) & order["fragment"].le(1)
    next_sentence = step["number"].eq(0) & step["sentence"].eq(1) & order["fragment"].le(1)
    next_fragment = step["number"].eq(0) & step["sentence"].eq(0) & step["fragment"].eq(1) & order["fragment"].gt(1)
    fits = first_of_paragraph | next_sentence | next_fragment
    return located.loc[order.index[~fits]]


@rule
def passage_and_figure_have_a_fitting_source(tables: Tables) -> Iterator[Finding]:
    """Passages come from a coded source, figures from a coded source or another one that says them."""
    sources = tables["sources"]
    use = sources.drop_duplicates("source_id").set_index("source_id")["source_use"]
    for name, allowed, hint in (
        ("passages", ["coded"], "put what it says into claims and figures"),
        ("figures", ["coded", "crosscheck"], "name the source that gives the number"),
    ):
        frame = tables[name].assign(use=tables[name]["source_id"].map(use))
        wrong = frame[frame["use"].notna() & ~frame["use"].isin(allowed)]
        yield from at(
            tables,
            name,
            wrong,
            "source_id",
            f"the source_use of {{source_id}} is {{use}}; expected {' or '.join(allowed)}",
            hint,
        )


@rule
def attested_by_equals_evidence(tables: Tables) -> Iterator[Finding]:
    """The derived `attested_by` says other-source of the rows that only other sources name, and of no other row."""
    for name, expected in attestations(tables).items():
        frame = tables[name]
        wrong = where(frame.assign(expected=expected), frame[ATTESTED].fillna("").to_numpy() != expected)
        yield from at(
            tables,
            name,
            wrong,
            ATTESTED,
            f'{ATTESTED} is "{{{ATTESTED}}}"; evidence, claims and sources give "{{expected}}"',
            "check the evidence of the row; if it is right, run: policycase render",
        )


@rule
def case_has_a_coded_source_with_passages(tables: Tables) -> Iterator[Finding]:
    """Every case has a coded source, and every coded source has passages."""
    sources = tables["sources"]
    coded = sources[sources["source_use"].eq("coded")]
    cases = tables["cases"]
    bare = cases[cases["case_id"].notna() & ~cases["case_id"].isin(coded["case_id"])]
    yield from at(
        tables,
        "cases",
        bare,
        "case_id",
        "{case_id} has no coded source",
        "add the source to sources.csv, with source_use coded",
    )
    silent = coded[coded["source_id"].notna() & ~coded["source_id"].isin(tables["passages"]["source_id"])]
    yield from at(
        tables,
        "sources",
        silent,
        "source_id",
        "{source_id} has no passages",
        "add a row to passages.csv for each of its sentences",
    )
