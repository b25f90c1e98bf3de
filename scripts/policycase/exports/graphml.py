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

    Notes
    -----
    igraph takes `name` for the key of a node, so that is the id, and the record's name is `label`. It also reads a
    missing truth as false, so truth is text, `true` or `false`, and empty there where it is missing.
    """
    graph = to_networkx(case, others=True)
    graph.graph.update({name: NOT_XML.sub("\ufffd", text) for name, text in facts(case, "graphml").items()})
    nodes = [(record_id, attributes) for record_id, attributes in graph.nodes(data=True)]
    edges = [(attributes["program_agency_id"], attributes) for *_, attributes in graph.edges(data=True)]
    for record_id, attributes in nodes:
        attributes["name"] = record_id
    for where, attributes in [*nodes, *edges]:
        for name, value in attributes.items():
            attributes[name] = _sound(where, name, value)
    nx.write_graphml_xml(graph, place, edge_id_from_attribute="program_agency_id")


def _sound(where: str, name: str, value: object) -> object:
    """The value as GraphML has it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and NOT_XML.search(value):
        msg = f"{where}: {name} holds a control character · run: policycase validate"
        raise UnreadableError(msg)
    return value
