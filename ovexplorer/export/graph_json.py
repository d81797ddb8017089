"""A graph as `ovexplorer.graph/1`: JSON with a node a line. `graph.own_json` reads it back.

The text is ASCII: whatever a name holds, no terminal obeys it and no reader of JSON stumbles.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from ovexplorer.graph.model import Edge, Graph, Node
from ovexplorer.graph.quotient import quotient

SCHEMA = "ovexplorer.graph/1"

Document = dict[str, object]


def graph_json(graph: Graph, more: Mapping[str, object] | None = None) -> str:
    """Write a graph.

    Args:
        graph: All of it is written.
        more: Further keys of the document.
    """
    head: Document = {"schema": SCHEMA, "kind": graph.kind, "title": str(graph.title), **(more or {})}
    ids = [node.id for node in graph.nodes]
    lists: tuple[tuple[str, Iterator[object]], ...] = (
        ("nodes", map(_node, graph.nodes)),
        ("edges", ([ids[edge.source], ids[edge.target]] for edge in graph.edges)),
        ("edge_details", map(_edge, graph.edges)),
        ("submodels", iter(submodels_document(graph))),
        ("problems", map(str, graph.problems)),
    )
    lines = [f" {json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    lines += [f" {json.dumps(key)}: {_list(values)}" for key, values in lists]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def submodels_document(graph: Graph) -> Sequence[Document]:
    """The submodels in the order in which they begin."""
    return [
        {
            "index": part.number,
            "device": str(part.device),
            "operations": len(part.nodes),
            "time_us": _us(part.time_ns),
        }
        for part in quotient(graph).parts
    ]


def _list(values: Iterator[object]) -> str:
    lines = ",\n".join(f"  {json.dumps(value)}" for value in values)
    return f"[\n{lines}\n ]" if lines else "[]"


def _node(node: Node) -> Document:
    return {
        "id": node.id,
        "name": node.raw_name,
        "type": str(node.type),
        "role": node.role,
        "device": str(node.device),
        "submodel": node.submodel if node.submodel >= 0 else None,
        "shape": str(node.shape),
        "precision": str(node.precision),
        "layout": str(node.layout),
        "time_us": _us(node.time_ns),
        "status": str(node.status),
        "block": str(node.block),
        "details": [[str(name), str(value)] for name, value in node.details],
    }


def _edge(edge: Edge) -> Document:
    return {
        "from_port": edge.source_port,
        "to_port": edge.target_port,
        "shape": str(edge.shape),
        "precision": str(edge.precision),
        "bytes": edge.size_bytes or None,
    }


def _us(time_ns: int) -> float | None:
    return time_ns / 1e3 if time_ns >= 0 else None
