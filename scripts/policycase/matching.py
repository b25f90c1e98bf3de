"""Matching: which records of two coders of one source are the same, by a written rule."""

from collections.abc import Mapping
from difflib import SequenceMatcher

import networkx as nx
import pandas as pd

from policycase.casebook import Casebook
from policycase.coverage import RECORD
from policycase.profiles import Table

MATCHED = ("places", "agencies", "programs", "events", "goals", "claims")
THRESHOLD = 0.4
WEIGHTS = {"passages": 3.0, "name": 2.0, "type": 1.0, "dates": 1.0, "linked": 1.0, "order": 0.5}


def matches(one: Casebook, other: Casebook) -> dict[str, dict[str, str]]:
    """Records of the other coder by those of the one, for each table.

    Notes
    -----
    The matching of each table has the greatest sum of scores, each at least `THRESHOLD`. A score is the
    weighted mean (`WEIGHTS`) of: the Jaccard index of the passages that support the record, the likeness
    of the names (of places and agencies, whose names are the source's), the same type, the same start,
    the Jaccard index of what it is linked to, and how near the rows stand in their tables' order, which
    follows the source. Link rows match when they join matched records, those with the
    same role first.
    """
    found: dict[str, dict[str, str]] = {}
    same = dict(zip(one.case_ids, other.case_ids, strict=True))  # records matched so far, over tables
    for name in MATCHED:
        found[name] = _best(_scores(name, one, other, same))
        same |= found[name]
    for table in one.profile.case_tables.values():
        if table.kind == "link":
            found[table.name] = _linked(table, one, other, same)
    return found


def _best(scores: dict[tuple[str, str], float]) -> dict[str, str]:
    """The matching of greatest total score; every pair in it reaches the threshold."""
    graph = nx.Graph()
    for (left, right), score in sorted(scores.items()):
        if score >= THRESHOLD:
            graph.add_edge(("one", left), ("other", right), weight=score)
    chosen = (sorted(edge) for edge in nx.max_weight_matching(graph))
    return {left[1]: right[1] for left, right in chosen}


def _scores(name: str, one: Casebook, other: Casebook, same: Mapping[str, str]) -> dict[tuple[str, str], float]:
    table = one.profile.tables[name]
    ours = [_features(table, one, row, same) for row in _numbered(one[name])]
    theirs = [_features(table, other, row, {}) for row in _numbered(other[name])]
    return {(left["id"], right["id"]): _score(left, right) for left in ours for right in theirs}


def _numbered(frame: pd.DataFrame) -> list[dict]:
    """The rows, each with its place in the table from 0 to 1."""
    return frame.assign(order=[number / len(frame) for number in range(len(frame))]).to_dict("records")


def _features(table: Table, book: Casebook, row: dict, same: Mapping[str, str]) -> dict:
    """What a record is matched by; links are named by the other coder's ids where those are known."""
    record_id = row[table.key]
    evidence = book.evidence_for(record_id, RECORD)["passage_id"]
    kind = next((name for name, field in table.fields.items() if field.vocabulary), "")
    linked = {row[key.fields[0]] for key in table.parents} | {row.get("record_id"), row.get("object_id")}
    for link in book.profile.case_tables.values():
        if link.kind == "link" and table.key in link.fields:
            partners = [key.fields[0] for key in link.parents if key.fields[0] not in {table.key, "place_id"}]
            rows = book[link.name]
            linked |= set(rows.loc[rows[table.key] == record_id, partners].to_numpy().ravel())
    return {
        "id": record_id,
        "name": str(row["name"]).casefold() if table.name in {"places", "agencies"} else "",
        "passages": set(evidence),
        "type": row[kind],
        "dates": row.get("start"),
        "order": row["order"],
        "linked": {same.get(value, value) for value in linked if isinstance(value, str)},
    }


def _score(left: dict, right: dict) -> float:
    parts = {
        "passages": _jaccard(left["passages"], right["passages"]),
        "type": float(left["type"] == right["type"]),
        "dates": float(left["dates"] == right["dates"] or (pd.isna(left["dates"]) and pd.isna(right["dates"]))),
        "linked": _jaccard(left["linked"], right["linked"]),
        "order": 1 - abs(left["order"] - right["order"]),
    }
    if left["name"] or right["name"]:
        parts["name"] = SequenceMatcher(None, left["name"], right["name"]).ratio()
    weight = sum(WEIGHTS[part] for part in parts)
    return sum(WEIGHTS[part] * score for part, score in parts.items()) / weight


def _jaccard(left: set, right: set) -> float:
    return len(left & right) / len(left | right) if left | right else 1.0


def _linked(table: Table, one: Casebook, other: Casebook, same: Mapping[str, str]) -> dict[str, str]:
    """Link rows that join matched records: those with the same role first, then those without."""
    ends = [part for part in table.id_parts if not table.fields[part].vocabulary]
    ours, theirs = one[table.name], other[table.name]
    found: dict[str, str] = {}
    for keys in (list(table.id_parts), ends if ends != [ends[0]] else list(table.id_parts)):
        free = theirs[~theirs[table.key].isin(found.values())]
        by_key: dict[tuple, list[str]] = {}
        for row in free.to_dict("records"):
            by_key.setdefault(tuple(row[key] for key in keys), []).append(row[table.key])
        for row in ours[~ours[table.key].isin(found)].to_dict("records"):
            key = tuple(same.get(row[part], row[part]) if part in ends else row[part] for part in keys)
            if by_key.get(key):
                found[row[table.key]] = by_key[key].pop(0)
    return found
