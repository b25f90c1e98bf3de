"""How far coders of one source agree: records matched, then alpha by field."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from difflib import SequenceMatcher
from itertools import combinations, compress
from pathlib import Path

import numpy as np
import pandas as pd

from policycase.errors import MissingExtraError, StackError, UnreadableError
from policycase.model.casebook import Casebook
from policycase.model.package import Package
from policycase.model.profile import Table
from policycase.model.provenance import ASSERTS, RECORD, crosscheck_only
from policycase.model.tables import read_table
from policycase.storage.csv_files import TEXT, csv_bytes
from policycase.storage.writing import write_files

MATCHED = ("places", "agencies", "programs", "events", "goals", "claims")
THRESHOLD = 0.4
EXAMPLE_CASE, EXAMPLE_PASSAGES = "bvt-lamps", ("p2s1", "p2s4")  # what the instructions of a coder show as coded
RELIABILITY = "reliability"
WEIGHTS = {"passages": 3.0, "name": 2.0, "type": 1.0, "dates": 1.0, "linked": 1.0, "order": 0.5}


def matches(one: Casebook, other: Casebook) -> dict[str, dict[str, str]]:
    """Records of the other coder by those of the one, for each table.

    Notes
    -----
    The matching of each table has the greatest sum of scores, each at least `THRESHOLD`. A score is the
    weighted mean (`WEIGHTS`) of: the Jaccard index of the passages that support the record, the likeness
    of the names (of places and agencies, whose names are the source's), the same type, the same start,
    the Jaccard index of what it is linked to, and how near the rows are in the order of their case, which
    follows the source. Records are matched case by case. Link rows match when they join matched records, those
    with the same role first.
    """
    found: dict[str, dict[str, str]] = {}
    cases = dict(zip(one.case_ids, other.case_ids, strict=True))
    same = dict(cases)  # records matched so far, over tables
    for name in MATCHED:
        ours, theirs = _features(name, one, same), _features(name, other, {})
        found[name] = {}
        for case_id, as_other in cases.items():
            found[name] |= _best(_scores(ours.get(case_id, []), theirs.get(as_other, [])))
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


def _scores(ours: list[dict], theirs: list[dict]) -> dict[tuple[str, str], float]:
    return {(left["id"], right["id"]): _score(left, right) for left in ours for right in theirs}


def _features(name: str, book: Casebook, same: Mapping[str, str]) -> dict[str, list[dict]]:
    """What the records of each case are matched by; links are named by the other coder's ids where those are known."""
    table, evidence = book.profile.tables[name], book["evidence"]
    kind = next((column for column, field in table.fields.items() if field.vocabulary), "")
    passages: defaultdict[str, set[str]] = defaultdict(set)
    linked: defaultdict[str, set[str]] = defaultdict(set)
    _add(passages, evidence[evidence["field"].eq(RECORD)], "record_id", "passage_id")
    for column in [*(key.fields[0] for key in table.parents), *({"record_id", "object_id"} & table.fields.keys())]:
        _add(linked, book[name], table.key, column)
    for link in book.profile.case_tables.values():
        if link.kind == "link" and table.key in link.fields:
            for key in link.parents:
                if key.fields[0] not in {table.key, "place_id"}:
                    _add(linked, book[link.name], table.key, key.fields[0])
    found: dict[str, list[dict]] = {}
    for case_id, rows in book[name].groupby("case_id", sort=False):
        found[str(case_id)] = [
            {
                "id": row[table.key],
                "name": str(row["name"]).casefold() if name in {"places", "agencies"} else "",
                "passages": passages[row[table.key]],
                "type": row[kind],
                "dates": row.get("start"),
                "order": number / len(rows),
                "linked": {same.get(value, value) for value in linked[row[table.key]]},
            }
            for number, row in enumerate(rows.to_dict("records"))
        ]
    return found


def _add(found: defaultdict[str, set[str]], frame: pd.DataFrame, key: str, column: str) -> None:
    """Add the cells of a column to the set of what is in the key's."""
    for record_id, value in frame[[key, column]].dropna().itertuples(index=False, name=None):
        found[record_id].add(value)


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
        One row per field: table, field, pairs (of values, over all pairs of coders), agreed (how many of those
        are equal), alpha (missing where one value alone occurs, since alpha is not defined then).
    found
        One row per table: table, records (mean over coders), found_by_both (share, mean over pairs of coders), rows
        (that either coder of a pair has, over all pairs), both (those of them that both have).
    differences
        One row per difference: table, record_id (of the first coder who has the record), field, and a column
        a coder with the value, `(empty)` for an empty cell and missing where the coder has no such record.
    left_out
        Records that count nowhere, since the instructions show how they are coded: table, record_id (of the first
        coder who has the record).
    coders
        The names of the coders.
    case_ids
        What they coded.
    """

    alpha: pd.DataFrame
    found: pd.DataFrame
    differences: pd.DataFrame
    left_out: pd.DataFrame
    coders: tuple[str, ...]
    case_ids: tuple[str, ...]


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
    The instructions of a coder show a few passages of one case, coded. If this case is compared, the records that
    rest on these passages are left out, since nobody had to decide them.
    """
    _refuse(books)
    books = {name: _coded_part(book) for name, book in books.items()}
    names = list(books)
    units: dict[str, list[dict[str, str]]] = {}
    found: dict[str, list[tuple[int, int]]] = {}
    left_out: list[tuple[str, str]] = []
    profile = books[names[0]].profile
    pairs = {pair: matches(books[pair[0]], books[pair[1]]) for pair in combinations(names, 2)}
    tables = [table for table in profile.case_tables.values() if table.name in MATCHED or table.kind == "link"]
    shown = {name: _shown(book) for name, book in books.items()}
    for table in tables:
        every = _united(table, books, pairs)
        given = [any(record in shown[name] for name, record in unit.items()) for unit in every]
        left_out += [(table.name, next(iter(unit.values()))) for unit in compress(every, given)]
        units[table.name] = [unit for unit, is_given in zip(every, given, strict=True) if not is_given]
        for one, other in combinations(names, 2):
            either = sum(one in unit or other in unit for unit in units[table.name])
            both = sum(one in unit and other in unit for unit in units[table.name])
            found.setdefault(table.name, []).append((either, both))
    values = pd.concat([_values(table, books, units[table.name]) for table in tables], ignore_index=True)
    return Agreement(
        _alpha(values, names),
        pd.DataFrame([_found(name, units[name], names, pairs) for name, pairs in found.items()]),
        _differences(values, names),
        pd.DataFrame(left_out, columns=["table", "record_id"], dtype=TEXT),
        tuple(names),
        tuple(books[names[0]].case_ids),
    )


def _shown(book: Casebook) -> set[str]:
    """The records that rest on passages which the instructions show as coded."""
    passages = [f"{EXAMPLE_CASE}:{passage}" for passage in EXAMPLE_PASSAGES]
    evidence = book.evidence
    return set(evidence.loc[evidence["field"].eq(RECORD) & evidence["passage_id"].isin(passages), "record_id"])


def _found(table: str, units: list[dict[str, str]], names: list[str], pairs: list[tuple[int, int]]) -> dict:
    shares = [2 * both / (either + both) if either else np.nan for either, both in pairs]
    return {
        "table": table,
        "records": float(np.mean([sum(name in unit for unit in units) for name in names])),
        "found_by_both": float(np.mean(shares)),
        "rows": sum(either for either, _ in pairs),
        "both": sum(both for _, both in pairs),
    }


def save(result: Agreement, root: Path) -> int:
    """Add a round to the table `reliability` of a package; the number of the round.

    A row per field that coders decide, and one per table for whether both have the row. What is in the table stays.

    Raises
    ------
    UnreadableError
        The package does not hold the case that was compared, or it cannot be read.
    StackError
        Several cases were compared.
    """
    if len(result.case_ids) != 1:
        msg = f"agreement is saved case by case; here are {len(result.case_ids)} · compare one case"
        raise StackError(msg)
    package = Package.read(root)
    case_id, table = result.case_ids[0], package.profile.tables[RELIABILITY]
    here = read_table(package, package.profile.tables["cases"])["case_id"].dropna().tolist()
    if case_id not in here:
        msg = f"{root} holds {', '.join(here) or 'no case'}, and {case_id} was compared · name the package of {case_id}"
        raise UnreadableError(msg)
    before = read_table(package, table)
    rounds = pd.to_numeric(before.loc[before["case_id"].eq(case_id), "round"], errors="coerce")
    number = int(rounds.max()) + 1 if rounds.notna().any() else 1
    same = {
        "case_id": case_id,
        "round": str(number),
        "coders": str(len(result.coders)),
        "measured_on": f"{datetime.now(UTC):%Y-%m-%d}",
    }
    rows = pd.DataFrame([same | row for row in _rows(result)], columns=list(table.fields), dtype=TEXT)
    write_files(package.root, {package.paths[RELIABILITY]: csv_bytes(pd.concat([before, rows], ignore_index=True))})
    return number


def _rows(result: Agreement) -> list[dict[str, str]]:
    """What a round adds to the table, by field in the order of the schemas, then whether rows were found."""
    made: list[dict[str, str]] = []
    for table, field, pairs, agreed, alpha in result.alpha.to_numpy().tolist():
        row = {"table_name": table, "field": field, "pairs": str(pairs), "agreed": str(agreed)}
        made.append(row | ({} if pd.isna(alpha) else {"alpha": f"{round(alpha, 3) + 0:g}"}))
    columns = ["table", "rows", "both"]
    made += [
        {"table_name": table, "field": RECORD, "pairs": str(either), "agreed": str(both)}
        for table, either, both in result.found[columns].to_numpy().tolist()
        if either
    ]
    left = Counter(result.left_out["table"])
    for row in made:
        count = left[row["table_name"]]
        if count:
            row["note"] = f"Without {count} row{'s' * (count > 1)} that the instructions show coded."
    return made


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
    homes: dict[tuple[str, str], dict[str, str]] = {}  # the unit of each coder's record
    for number, name in enumerate(names):
        back = {
            earlier: {right: left for left, right in pairs[earlier, name][table.name].items()}
            for earlier in names[:number]
        }
        for record in books[name][table.name][table.key]:
            known = (homes.get((earlier, back[earlier].get(record, ""))) for earlier in names[:number])
            home = next((unit for unit in known if unit is not None and name not in unit), None)
            if home is None:
                home = {}
                units.append(home)
            home[name] = record
            homes.setdefault((name, record), home)
    return units


def _values(table: Table, books: Mapping[str, Casebook], units: Sequence[Mapping[str, str]]) -> pd.DataFrame:
    """Table, record_id, field and a value a coder, for every vocabulary, boolean and date field that coders decide."""
    fields = [
        field.name
        for field in table.fields.values()
        if field.authored and (field.vocabulary or field.type == "boolean" or field.edtf or field.name == "position")
    ]
    rows = {
        name: book[table.name].drop_duplicates(table.key).set_index(table.key, drop=False)[fields].to_dict("index")
        for name, book in books.items()
    }
    lines = []
    for unit in units:
        record = next(iter(unit.values()))
        coded = {name: rows[name][key] for name, key in unit.items()}
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
        rows.append((table, field, len(coded), sum(a == b for a, b in coded), alpha))
    frame = pd.DataFrame(rows, columns=["table", "field", "pairs", "agreed", "alpha"])
    return frame.astype({"table": TEXT, "field": TEXT, "pairs": "Int64", "agreed": "Int64", "alpha": "float64"})


def _differences(values: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    coded = values[names]
    differs = coded.nunique(axis=1).gt(1)
    by_one = coded.isna().any(axis=1) & ~values.duplicated(["table", "record_id"])
    once = values[by_one & ~differs].assign(field=RECORD)
    once[names] = once[names].where(once[names].isna(), "found")
    return pd.concat([values[differs], once]).sort_values(["table", "record_id"], kind="stable", ignore_index=True)
