"""Conflicts: coded values compared with what other sources say, and how many independent groups say it."""

from typing import Any

import pandas as pd

from policycase.model.columns import row_tuples
from policycase.model.profile import Table
from policycase.model.provenance import RECORD, has_no_address, rivals, rows_needing_evidence, values_needing_evidence
from policycase.model.tables import Tables
from policycase.storage.csv_files import TEXT

STATUSES = ("contested", "qualified", "refined", "uncontested", "unchecked")
STATUS_OF = {"contradicts": "contested", "qualifies": "qualified", "refines": "refined", "confirms": "uncontested"}
KEY = ["case_id", "record_id", "field"]
NAMES = ("name", "title", "statement")


def of_values(tables: Tables) -> pd.DataFrame:
    """Each checked value beside what another source says of it.

    Returns
    -------
    DataFrame
        case_id, record_id, field, coded_value (the cell; for `record` the row's name; missing where the cell is
        empty), stance, rival_value (missing where the claim gives none), status, groups_for_coded,
        groups_for_rival (Int64), sources, statement. One row for each value, stance and rival value; contested
        values first, then in the order of the claims.

    Notes
    -----
    Sources of one independence group count once. The coded side counts the coded source's group and every
    group that confirms; the coded source's group never counts for a rival. A value is contested if another
    source contradicts it, else qualified if one limits what it may be taken to mean, else refined if one refines
    it, else uncontested if one confirms it, else unchecked: what was only added to, or looked for and not found,
    is not taken for confirmed. A source with neither an address nor a DOI cannot be found again: what it says is
    listed, and counts neither as a group nor for the status.
    """
    claims = tables["claims"][rivals(tables)]
    sources = tables["sources"].drop_duplicates("source_id").set_index("source_id")
    shown = sources["container"].fillna(sources["title"])
    claims = claims.assign(
        group=claims["source_id"].map(_counted(sources)),
        source=claims["source_id"].map(shown),
        own=claims["case_id"].map(_own_groups(tables)),
    )
    status = _statuses(claims, sources).to_dict()
    confirms = claims[claims["stance"].eq("confirms")].dropna(subset=["group"])
    confirming = confirms.groupby(["record_id", "field"])["group"].agg(set).to_dict()
    alike: dict[tuple[str, ...], list[Any]] = {}
    some = claims.dropna(subset=[*KEY, "stance"]).fillna({"value": "", "start": "", "end": ""})
    for row in row_tuples(some):
        alike.setdefault((row.case_id, row.record_id, row.field, row.stance, row.value), []).append(row)
    records = _records(tables, {*claims["record_id"].dropna(), *claims["object_id"].dropna()})
    lines = []
    for (case_id, record_id, field, stance, value), rows in alike.items():
        own = {row.own if isinstance(row.own, str) else None for row in rows}
        lines.append(
            {
                "case_id": case_id,
                "record_id": record_id,
                "field": field,
                "coded_value": _coded(records, record_id, field),
                "stance": stance,
                "rival_value": value or None,
                "status": status.get((case_id, record_id, field), "unchecked"),
                "groups_for_coded": len(own | confirming.get((record_id, field), set())),
                "groups_for_rival": len({row.group for row in rows if isinstance(row.group, str)} - own),
                "sources": "; ".join(dict.fromkeys(row.source for row in rows if isinstance(row.source, str))),
                "statement": _statement(records, rows),
            }
        )
    columns = [*KEY, "coded_value", "stance", "rival_value", "status", "groups_for_coded", "groups_for_rival",
               "sources", "statement"]  # fmt: skip
    frame = pd.DataFrame(lines, columns=columns)
    counts: dict[str, Any] = {"groups_for_coded": "Int64", "groups_for_rival": "Int64"}
    frame = frame.astype(dict.fromkeys(columns, TEXT) | counts)
    rank = frame["status"].map(STATUSES.index) if len(frame) else frame["status"]
    return frame.iloc[rank.argsort(kind="stable")].reset_index(drop=True)


def shares(tables: Tables) -> pd.DataFrame:
    """How many checkable statements have which status.

    Returns
    -------
    DataFrame
        case_id, status (of the five, in their order), statements (Int64), share. A checkable statement is
        a coded row as a whole, or a coded value that has evidence of its own, or what a crosscheck is about.
    """
    claims = tables["claims"][rivals(tables)]
    rows = rows_needing_evidence(tables)
    values = values_needing_evidence(tables)
    statements = pd.concat([rows.assign(field=RECORD)[KEY], values[KEY], claims[KEY]]).drop_duplicates()
    status = _statuses(claims, tables["sources"].drop_duplicates("source_id").set_index("source_id"))
    found = statements.merge(status.reset_index(name="status"), "left", KEY)["status"].fillna("unchecked")
    counts = pd.crosstab(statements["case_id"].to_numpy(), pd.Categorical(found, STATUSES), dropna=False)
    counts = counts.rename_axis(index="case_id", columns=None).reset_index()
    frame = counts.melt("case_id", var_name="status", value_name="statements")
    frame = frame.sort_values("case_id", kind="stable", ignore_index=True)
    frame["share"] = frame["statements"] / frame.groupby("case_id")["statements"].transform("sum")
    return frame.astype({"case_id": TEXT, "status": TEXT, "statements": "Int64"})


def _own_groups(tables: Tables) -> pd.Series:
    """The independence group of each case's coded source; the first listed, where there are several."""
    coded = tables["sources"][tables["sources"]["source_use"].eq("coded")]
    return coded.drop_duplicates("case_id").set_index("case_id")["independence_group"]


def _counted(sources: pd.DataFrame) -> pd.Series:
    """The independence group of each source that can be found again, by its id."""
    return sources.loc[~has_no_address(sources), "independence_group"]


def _statuses(claims: pd.DataFrame, sources: pd.DataFrame) -> pd.Series:
    """The status of each value that a claim is about: that of the first of `STATUS_OF` that one of its claims takes."""
    counted = claims[claims["source_id"].isin(_counted(sources).index)]
    rank = counted["stance"].astype(object).map({stance: number for number, stance in enumerate(STATUS_OF)})
    status = dict(enumerate([*STATUS_OF.values(), "unchecked"]))
    return rank.fillna(len(STATUS_OF)).groupby([counted[name] for name in KEY]).min().map(status).astype(TEXT)


Records = dict[str, tuple[Table, dict[str, Any]]]


def _records(tables: Tables, ids: set[str]) -> Records:
    """The table and the row of each record, and of the parts of a link; every table is looked through once."""
    found: Records = {}
    for more in range(2):  # the records, then the parts of those that are links
        wanted = tables.table_of.reindex(sorted(ids - found.keys())).dropna()
        for name, some in wanted.groupby(wanted):
            table, frame = tables.profile.tables[str(name)], tables[str(name)]
            rows = frame[frame[table.key].isin(some.index)].drop_duplicates(table.key).to_dict("records")
            found |= {row[table.key]: (table, row) for row in rows}
            ids = ids | {row[part] for row in rows for part in table.id_parts if isinstance(row[part], str)}
        if more or ids == found.keys():
            break
    return found


def _statement(records: Records, rows: list[Any]) -> str:
    """The statements, each once, with the places, agencies or events it names and the time it holds for."""
    named: dict[tuple[str, str, str], list[str]] = {}
    for row in rows:
        if isinstance(row.statement, str):
            objects = named.setdefault((row.statement, row.start, row.end), [])
            objects += [_name(records, row.object_id)] if isinstance(row.object_id, str) else []
    text = []
    for (statement, start, end), names in named.items():
        times = " to ".join(time for time in (start, end) if time)
        more = "; ".join(part for part in (", ".join(names), times) if part)
        text.append(f"{statement} [{more}]" if more else statement)
    return " ".join(text)


def _name(records: Records, record_id: str, *, of_part: bool = False) -> str:
    """The name of a record; of a link, the names of its parts, none of which is a link in a valid package."""
    if record_id not in records:
        return record_id
    table, row = records[record_id]
    if table.id_parts:
        parts = [row[part] for part in table.id_parts if isinstance(row[part], str)]
        return record_id if of_part else ", ".join(_name(records, part, of_part=True) for part in parts)
    return next((row[column] for column in NAMES if isinstance(row.get(column), str)), record_id)


def _coded(records: Records, record_id: str, field: str) -> str | None:
    """The coded cell; for the record as a whole, its name."""
    if record_id not in records:
        return None
    return _name(records, record_id) if field == RECORD else records[record_id][1].get(field)
