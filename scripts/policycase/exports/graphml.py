"""GraphML: agencies and programs as two kinds of nodes, each role of an agency in a program as an edge."""

import re
from pathlib import Path

import networkx as nx
import pandas as pd

from policycase.casebook import Casebook
from policycase.errors import UnreadableError
from policycase.exports.about import facts

KINDS = {"agencies": "agency", "programs": "program"}
NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def write(case: Casebook, place: Path) -> None:
    """Write the network.

    Raises
    ------
    UnreadableError
        A text holds a character that XML cannot.
    """
    nx.write_graphml_xml(network(case), place, edge_id_from_attribute="program_agency_id")


def network(case: Casebook) -> nx.MultiGraph:
    """Agencies and programs (`kind`), joined by an edge for each role; every column is an attribute.

    Agencies and programs without an edge are nodes too. A missing cell has no attribute; days are ISO texts.
    """
    graph = nx.MultiGraph(**facts(case, "graphml"))
    for name, kind in KINDS.items():
        key = case.profile.tables[name].key
        for row in _rows(case[name]):
            graph.add_node(row[key], kind=kind, label=row["name"], **row)
    for row in _rows(case["program_agencies"]):
        graph.add_edge(row["agency_id"], row["program_id"], **row)
    return graph


def _rows(frame: pd.DataFrame) -> list[dict[str, object]]:
    """The rows as plain Python values, missing ones left out."""
    days = frame.select_dtypes("datetime").columns
    frame = frame.assign(**{name: frame[name].dt.strftime("%Y-%m-%d") for name in days}).astype(object)
    rows = [{name: value for name, value in row.items() if not pd.isna(value)} for row in frame.to_dict("records")]
    for row in rows:
        for name, value in row.items():
            if isinstance(value, str) and NO_XML.search(value):
                msg = f"{next(iter(row.values()))}: {name} holds a control character · run: policycase validate"
                raise UnreadableError(msg)
    return rows
