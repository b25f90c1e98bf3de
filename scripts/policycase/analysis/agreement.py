"""How far coders of one source agree: records matched, then alpha by field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import combinations

import numpy as np
import pandas as pd

from policycase.errors import MissingExtraError, StackError
from policycase.model.casebook import Casebook
from policycase.model.profile import Table
from policycase.model.provenance import ASSERTS, RECORD, crosscheck_only
from policycase.storage.csv_files import TEXT

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
    the Jaccard index of what it is linked to, and how near the rows are in their tables' order, which
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
    import networkx as nx  # noqa: PLC0415 - heavy

    graph: nx.Graph[tuple[str, str]] = nx.Graph()
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


EMPTY = "(empty)"


@dataclass(frozen=True)
class Agreement:
    """Result of `agreement`.

    Attributes
    ----------
    alpha
        One row per field: table, field, pairs (of values, over all pairs of coders), agreed (share of those
        pairs), alpha (missing where one value alone occurs, since alpha is not defined then).
    found
        One row per table: table, records (mean over coders), found_by_both (share, mean over pairs of coders).
    differences
        One row per difference: table, record_id (of the first coder who has the record), field, and a column
        a coder with the value, `(empty)` for an empty cell and missing where the coder has no such record.
    """

    alpha: pd.DataFrame
    found: pd.DataFrame
    differences: pd.DataFrame


def agreement(books: Mapping[str, Casebook]) -> Agreement:
    """How far coders of one source agree.

    Parameters
    ----------
    books
        Casebook by coder's name: two or more, of one case and one profile.

    Raises
    ------
    StackError
        There are fewer than two coders, or their profiles or cases differ.
    MissingExtraError
        The package krippendorff is not installed.

    Notes
    -----
    Records are matched as `matches` says. Since type and start help to match, alpha on them
    is somewhat high; a record that the other coder has not is in `found`, not in alpha. Alpha is nominal
    (Krippendorff 2019, Content Analysis, ch. 12); an empty cell is a value, since leaving it empty is a decision.
    """
    _refuse(books)
    books = {name: _coded_part(book) for name, book in books.items()}
    names = list(books)
    units: dict[str, list[dict[str, str]]] = {}
    found: dict[str, list[float]] = {}
    profile = books[names[0]].profile
    pairs = {pair: matches(books[pair[0]], books[pair[1]]) for pair in combinations(names, 2)}
    tables = [table for table in profile.case_tables.values() if table.name in MATCHED or table.kind == "link"]
    for table in tables:
        units[table.name] = _united(table, books, pairs)
        for one, other in combinations(names, 2):
            total = len(books[one][table.name]) + len(books[other][table.name])
            both = sum(one in unit and other in unit for unit in units[table.name])
            found.setdefault(table.name, []).append(2 * both / total if total else np.nan)
    values = pd.concat([_values(table, books, units[table.name]) for table in tables], ignore_index=True)
    shares = pd.DataFrame(
        [
            (name, float(np.mean([len(book[name]) for book in books.values()])), float(np.mean(share)))
            for name, share in found.items()
        ],
        columns=["table", "records", "found_by_both"],
    )
    return Agreement(_alpha(values, names), shares, _differences(values, names))


def _refuse(books: Mapping[str, Casebook]) -> None:
    first = next(iter(books.values()), None)
    if first is None or len(books) < 2:  # noqa: PLR2004 - agreement is between two
        msg = "agreement needs two coders or more"
        raise StackError(msg)
    for name, book in books.items():
        if book.case_ids != first.case_ids or book.profile.vocabularies != first.profile.vocabularies:
            msg = f"{name} codes another case, or with another codebook · give packages of one case and profile"
            raise StackError(msg)


def _coded_part(book: Casebook) -> Casebook:
    """The casebook without what only other sources say."""
    others = set(book.claims["claim_id"]) - set(book.claims.loc[book.claims["stance"] == ASSERTS, "claim_id"])
    others |= crosscheck_only(book.text) - set(book.evidence["record_id"])
    frames = {
        name: book.text[name][~book.text[name][table.key].isin(others)] if table.key else book.text[name]
        for name, table in book.profile.tables.items()
    }
    return Casebook(replace(book.text, frames=frames), book.descriptor)


def _united(table: Table, books: Mapping[str, Casebook], pairs: Mapping) -> list[dict[str, str]]:
    """Records that are one, as record id by coder: each coder's rows join the unit of an earlier coder's match."""
    names = list(books)
    units: list[dict[str, str]] = []
    for number, name in enumerate(names):
        back = {
            earlier: {right: left for left, right in pairs[earlier, name][table.name].items()}
            for earlier in names[:number]
        }
        for record in books[name][table.name][table.key]:
            home = next(
                (
                    unit
                    for earlier in names[:number]
                    for unit in units
                    if name not in unit and unit.get(earlier) == back[earlier].get(record, "")
                ),
                None,
            )
            if home is None:
                units.append({name: record})
            else:
                home[name] = record
    return units


def _values(table: Table, books: Mapping[str, Casebook], units: Sequence[Mapping[str, str]]) -> pd.DataFrame:
    """Table, record_id, field and a value a coder, for every vocabulary, boolean and date field."""
    fields = [
        field.name
        for field in table.fields.values()
        if field.vocabulary or field.type == "boolean" or field.edtf or field.name == "position"
    ]
    rows = {name: book[table.name].drop_duplicates(table.key).set_index(table.key) for name, book in books.items()}
    lines = []
    for unit in units:
        record = next(iter(unit.values()))
        coded = {name: rows[name].loc[key] for name, key in unit.items()}
        for field in fields:
            values = {name: EMPTY if pd.isna(row[field]) else str(row[field]) for name, row in coded.items()}
            lines.append({"table": table.name, "record_id": record, "field": field} | values)
        if not fields:
            lines.append({"table": table.name, "record_id": record, "field": RECORD} | dict.fromkeys(unit, "found"))
    return pd.DataFrame(lines, columns=["table", "record_id", "field", *books], dtype=TEXT)


def _alpha(values: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    try:
        import krippendorff  # noqa: PLC0415 - an extra
    except ImportError as error:
        package, extra = "krippendorff", "agreement"
        raise MissingExtraError(package, extra) from error
    rows = []
    for (table, field), group in values[values["field"] != RECORD].groupby(["table", "field"], sort=False):
        coded = [(row[a], row[b]) for row in group[names].to_dict("records") for a, b in combinations(names, 2)]
        coded = [(a, b) for a, b in coded if isinstance(a, str) and isinstance(b, str)]
        kinds = sorted({value for pair in coded for value in pair})
        if not coded:
            continue
        alpha = np.nan
        if len(kinds) > 1:
            codes = {value: number for number, value in enumerate(kinds)}
            data = np.array([[codes.get(value, np.nan) for value in group[name]] for name in names], dtype=float)
            alpha = krippendorff.alpha(reliability_data=data, level_of_measurement="nominal")
        rows.append((table, field, len(coded), sum(a == b for a, b in coded) / len(coded), alpha))
    frame = pd.DataFrame(rows, columns=["table", "field", "pairs", "agreed", "alpha"])
    return frame.astype({"table": TEXT, "field": TEXT, "pairs": "Int64", "agreed": "float64", "alpha": "float64"})


def _differences(values: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    coded = values[names]
    differs = coded.nunique(axis=1).gt(1)
    by_one = coded.isna().any(axis=1) & ~values.duplicated(["table", "record_id"])
    once = values[by_one & ~differs].assign(field=RECORD)
    once[names] = once[names].where(once[names].isna(), "found")
    return pd.concat([values[differs], once]).sort_values(["table", "record_id"], kind="stable", ignore_index=True)
