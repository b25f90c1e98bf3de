"""GraphML: agencies and programs as two kinds of nodes, each role of an agency in a program as an edge."""

from pathlib import Path

import networkx as nx

from policycase.analysis.network import to_networkx
from policycase.errors import UnreadableError
from policycase.exports.export import facts
from policycase.model.casebook import Casebook
from policycase.storage.json_files import NOT_XML


def write(case: Casebook, place: Path) -> None:
    """Write the network.

    Raises
    ------
    UnreadableError
        A text holds a character that XML cannot.
    """
    graph = to_networkx(case, others=True)
    graph.graph.update(facts(case, "graphml"))
    for record_id, attributes in graph.nodes(data=True):
        _refuse_controls(record_id, attributes)
    for *_, attributes in graph.edges(data=True):
        _refuse_controls(attributes["program_agency_id"], attributes)
    nx.write_graphml_xml(graph, place, edge_id_from_attribute="program_agency_id")


def _refuse_controls(record_id: str, attributes: dict[str, object]) -> None:
    for name, value in attributes.items():
        if isinstance(value, str) and NOT_XML.search(value):
            msg = f"{record_id}: {name} holds a control character · run: policycase validate"
            raise UnreadableError(msg)
