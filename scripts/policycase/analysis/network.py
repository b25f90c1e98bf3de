"""Views of who works with whom: ties of agencies to programs, their matrix, and the network."""

from typing import TYPE_CHECKING, Any

import pandas as pd

from policycase.analysis.chronology import PLANNED, chosen
from policycase.model.casebook import Casebook
from policycase.model.tables import refuse_invalid_rows

if TYPE_CHECKING:
    import networkx as nx

AGENCY, PROGRAM = "agency", "program"
AGENCY_COLUMNS = ["agency_type", "sector", "level", "is_generic"]


def ties(casebook: Casebook, *, generic: bool = True, others: bool = False) -> pd.DataFrame:
    """Ties of agencies to programs: one row for each role of an agency in a program.

    Parameters
    ----------
    casebook
        One or many cases.
    generic
        Also ties of generic agencies, such as "the police": most ties are theirs, and two of them need not be of one
        body.
    others
        Also rows that only other sources attest.

    Returns
    -------
    DataFrame
        case_id, agency_id, agency_name, agency_type, sector, level, is_generic, program_id, program_name, program_type,
        parent_program_id, role, place_id, start, end (EDTF text). In the order of the table program_agencies; planned
        programs are left out. To `abstain` from interfering is a tie like every other role.
    """
    rows = _tied(
        chosen(casebook, others=others), "program_agencies", "program", "program_type", "parent_program_id", "status"
    )
    wanted = rows["status"].ne(PLANNED)
    if not generic:
        wanted &= ~rows["is_generic"].fillna(value=False).astype("bool")
    columns = [*_columns("program", "program_type", "parent_program_id"), "place_id", "start", "end"]
    return rows.loc[wanted, columns].reset_index(drop=True)


def event_ties(casebook: Casebook, *, generic: bool = True, others: bool = False) -> pd.DataFrame:
    """Ties of agencies to events, one row for each role of an agency in an event.

    Parameters
    ----------
    casebook, generic, others
        As in `ties`.

    Returns
    -------
    DataFrame
        case_id, agency_id, agency_name, agency_type, sector, level, is_generic, event_id, event_name, event_type, role,
        occurrence, start, end (EDTF text, of the event). In the order of the table event_agencies. Events that were
        only planned, or were cancelled, are there too: see `occurrence`.
    """
    book = chosen(casebook, others=others)
    rows = _tied(book, "event_agencies", "event", "event_type", "occurrence", "start", "end")
    wanted = pd.Series(True, rows.index) if generic else ~rows["is_generic"].fillna(value=False).astype("bool")
    return rows.loc[wanted, [*_columns("event", "event_type"), "occurrence", "start", "end"]].reset_index(drop=True)


def _tied(book: Casebook, links: str, what: str, *columns: str) -> pd.DataFrame:
    """The rows of a table of links, with the names and some columns of the agency and of what it is tied to."""
    agencies = book["agencies"][["agency_id", "name", *AGENCY_COLUMNS]].rename(columns={"name": "agency_name"})
    others = book[f"{what}s"][[f"{what}_id", "name", *columns]].rename(columns={"name": f"{what}_name"})
    rows = book[links].merge(agencies, on="agency_id", how="left")
    return rows.merge(others, on=f"{what}_id", how="left")


def _columns(what: str, *kinds: str) -> list[str]:
    return ["case_id", "agency_id", "agency_name", *AGENCY_COLUMNS, f"{what}_id", f"{what}_name", *kinds, "role"]


def incidence(casebook: Casebook, *, generic: bool = True, others: bool = False) -> pd.DataFrame:
    """Agencies by programs, in long form: how many roles an agency has in a program.

    Parameters
    ----------
    casebook, generic, others
        As in `ties`.

    Returns
    -------
    DataFrame
        case_id, agency_id, program_id, roles (Int64), one row for each pair with a tie, in the order of the ties. Pairs
        without one have no row: that no tie is coded does not mean that there was none, since sources name whom they
        name. For the matrix of a case: `.pivot(index="agency_id", columns="program_id", values="roles")`.
    """
    pairs = ties(casebook, generic=generic, others=others).groupby(["case_id", "agency_id", "program_id"], sort=False)
    return pairs.size().astype("Int64").rename("roles").reset_index()


def co_ties(casebook: Casebook, *, generic: bool = True, others: bool = False) -> pd.DataFrame:
    """Pairs of agencies, in long form: in how many programs both have a tie.

    Parameters
    ----------
    casebook, generic, others
        As in `ties`.

    Returns
    -------
    DataFrame
        case_id, agency_id, other_agency_id, programs (Int64), one row for each pair that shares a program, the agency
        whose tie comes first in front. Pairs that share none have no row.

    Notes
    -----
    The projection B Bᵀ of the two-mode network on its agencies, B being the incidence matrix with 1 for any tie
    (Breiger 1974, *The Duality of Persons and Groups*), above the diagonal.
    """
    pairs = incidence(casebook, generic=generic, others=others)
    pairs["rank"] = pd.factorize(pairs["agency_id"])[0]
    both = pairs.merge(pairs[["program_id", "agency_id", "rank"]], on="program_id", suffixes=("", "_other"))
    both = both[both["rank"].lt(both["rank_other"])].rename(columns={"agency_id_other": "other_agency_id"})
    shared = both.groupby(["rank", "rank_other", "case_id", "agency_id", "other_agency_id"]).size().astype("Int64")
    return shared.rename("programs").reset_index().drop(columns=["rank", "rank_other"])


def to_networkx(casebook: Casebook, *, others: bool = False) -> "nx.MultiGraph":
    """The two-mode network of agencies and programs, for networkx.

    Parameters
    ----------
    casebook
        One or many cases; those of a stack are not connected.
    others
        Also rows that only other sources attest.

    Returns
    -------
    MultiGraph
        A node for each agency and each program, with and without ties (`kind` is `agency` or `program`, `label` its
        name; `bipartite` 0 or 1), an edge for each role. Attributes are the columns of the tables, missing cells left
        out and days as ISO texts. Planned programs are nodes too; their `status` says so.

    Raises
    ------
    InvalidPackageError
        A row has no id or no case, or points nowhere.
    """
    import networkx as nx  # noqa: PLC0415 - heavy

    refuse_invalid_rows(casebook.text, casebook.profile)
    book = chosen(casebook, others=others)
    graph: nx.MultiGraph[str] = nx.MultiGraph()
    for side, (table, kind) in enumerate((("agencies", AGENCY), ("programs", PROGRAM))):
        key = book.profile.tables[table].key
        for row in _rows(book[table]):
            graph.add_node(row[key])
            graph.nodes[row[key]].update(row | {"kind": kind, "label": row["name"], "bipartite": side})
    for row in _rows(book["program_agencies"]):
        ends = row["agency_id"], row["program_id"]
        graph.edges[*ends, graph.add_edge(*ends)].update(row)
    return graph


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as plain Python values, missing ones left out."""
    days = frame.select_dtypes("datetime").columns
    plain = frame.assign(**{name: frame[name].dt.strftime("%Y-%m-%d") for name in days}).astype(object)
    return [{str(name): value for name, value in row.items() if not pd.isna(value)} for row in plain.to_dict("records")]
