"""Views of who works with whom: ties of agencies to programs, their matrix, and the network."""

import networkx as nx
import pandas as pd

from policycase.model.casebook import Casebook
from policycase.model.tables import refuse_odd_rows

AGENCY, PROGRAM = "agency", "program"
AGENCY_COLUMNS = ["agency_type", "sector", "level", "is_generic"]


def ties(casebook: Casebook) -> pd.DataFrame:
    """Ties of agencies to programs, one row for each role of an agency in a program.

    Returns
    -------
    DataFrame
        case_id, agency_id, agency_name, agency_type, sector, level, is_generic, program_id, program_name, program_type,
        role, place_id, start, end (EDTF text). In the order of the table program_agencies; planned programs are left
        out. To `abstain` from interfering is a tie like every other role.
    """
    rows = _tied(casebook, "program_agencies", "program", "program_type", "status")
    columns = [*_columns("program", "program_type"), "place_id", "start", "end"]
    return rows.loc[rows["status"].ne("planned"), columns].reset_index(drop=True)


def event_ties(casebook: Casebook) -> pd.DataFrame:
    """Ties of agencies to events, one row for each role of an agency in an event.

    Returns
    -------
    DataFrame
        case_id, agency_id, agency_name, agency_type, sector, level, is_generic, event_id, event_name, event_type, role,
        occurrence, start, end (EDTF text, of the event). In the order of the table event_agencies. Events that were
        only planned, or were cancelled, are there too: see `occurrence`.
    """
    rows = _tied(casebook, "event_agencies", "event", "event_type", "occurrence", "start", "end")
    return rows[[*_columns("event", "event_type"), "occurrence", "start", "end"]]


def _tied(casebook: Casebook, links: str, what: str, *columns: str) -> pd.DataFrame:
    """The rows of a table of links, with the names and some columns of the agency and of what it is tied to."""
    agencies = casebook["agencies"][["agency_id", "name", *AGENCY_COLUMNS]].rename(columns={"name": "agency_name"})
    others = casebook[f"{what}s"][[f"{what}_id", "name", *columns]].rename(columns={"name": f"{what}_name"})
    rows = casebook[links].merge(agencies, on="agency_id", how="left")
    return rows.merge(others, on=f"{what}_id", how="left")


def _columns(what: str, kind: str) -> list[str]:
    return ["case_id", "agency_id", "agency_name", *AGENCY_COLUMNS, f"{what}_id", f"{what}_name", kind, "role"]


def incidence(casebook: Casebook) -> pd.DataFrame:
    """Agencies by programs: how many roles each agency has in each program.

    Returns
    -------
    DataFrame
        Int64, 0 where no tie is coded; index agency_id, columns program_id, all of them in the order of their tables,
        planned programs left out. No tie coded is not the same as no tie: sources name whom they name.
    """
    found = ties(casebook)
    programs = casebook["programs"]
    wanted = programs.loc[programs["status"].ne("planned"), "program_id"]
    counts = pd.crosstab(found["agency_id"], found["program_id"])
    matrix = counts.reindex(index=casebook["agencies"]["agency_id"], columns=wanted, fill_value=0)
    return matrix.astype("Int64")


def co_ties(casebook: Casebook) -> pd.DataFrame:
    """Agencies by agencies: in how many programs both have a tie; on the diagonal, in how many one has.

    Returns
    -------
    DataFrame
        Int64; index and columns agency_id, in the order of the table.

    Notes
    -----
    The projection B Bᵀ of the two-mode network on its agencies, B being the incidence matrix with 1 for any tie
    (Breiger 1974, *The Duality of Persons and Groups*).
    """
    tied = incidence(casebook).gt(0)
    matrix = tied.to_numpy(dtype="int64")
    agencies = tied.index.rename("agency_id")
    return pd.DataFrame(matrix @ matrix.T, agencies, agencies, dtype="Int64")


def to_networkx(casebook: Casebook) -> nx.MultiGraph:
    """The two-mode network of agencies and programs, for networkx.

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
    refuse_odd_rows(casebook, casebook.profile)
    graph = nx.MultiGraph()
    for side, (table, kind) in enumerate((("agencies", AGENCY), ("programs", PROGRAM))):
        key = casebook.profile.tables[table].key
        for row in _rows(casebook[table]):
            graph.add_node(row[key])
            graph.nodes[row[key]].update(row | {"kind": kind, "label": row["name"], "bipartite": side})
    for row in _rows(casebook["program_agencies"]):
        ends = row["agency_id"], row["program_id"]
        graph.edges[*ends, graph.add_edge(*ends)].update(row)
    return graph


def _rows(frame: pd.DataFrame) -> list[dict[str, object]]:
    """The rows as plain Python values, missing ones left out."""
    days = frame.select_dtypes("datetime").columns
    plain = frame.assign(**{name: frame[name].dt.strftime("%Y-%m-%d") for name in days}).astype(object)
    return [{name: value for name, value in row.items() if not pd.isna(value)} for row in plain.to_dict("records")]
