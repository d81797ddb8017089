"""The operations of a model as a graph: node keys are those of the topology."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ovexplorer.graph.model import Edge, Graph, Node
from ovexplorer.schema.topology import Operation, Topology
from ovexplorer.text import CleanText, RawName, clean

_NOTHING = CleanText("")


def graph_of_topology(
    topology: Topology, placed: Sequence[str] = (), submodel: Mapping[int, int] | None = None
) -> Graph:
    """Draw the operations of a model.

    Args:
        topology: The model.
        placed: Device of each operation by key; empty when nothing is known.
        submodel: Index of the submodel by key; operations without one are in none.
    """
    parts = submodel or {}
    devices: dict[str, CleanText] = {name: clean(name, 80) for name in set(placed)}
    nodes = tuple(
        _node(entry, devices[placed[entry.key]] if placed else _NOTHING, parts.get(entry.key, -1))
        for entry in topology.operations
    )
    edges = tuple(
        _edge(topology.operations[producer], entry, port, taken)
        for entry in topology.operations
        for taken, (producer, port) in enumerate(entry.inputs)
    )
    return Graph("model", topology.model, nodes, edges)


def _node(entry: Operation, device: CleanText, submodel: int) -> Node:
    details = ((clean("state"), entry.variable),) if entry.variable else ()
    if entry.bodies:
        details = (*details, (clean("bodies"), clean(f"{entry.bodies}, not shown")))
    return Node(
        key=entry.key,
        name=entry.name,
        raw_name=entry.raw_name,
        id=RawName(entry.raw_name),
        type=entry.type,
        role=entry.role,
        device=device,
        submodel=submodel,
        shape=clean(entry.shapes[0], 80) if entry.shapes else _NOTHING,
        precision=clean(entry.types[0], 20) if entry.types else _NOTHING,
        block=entry.block,
        details=details,
    )


def _edge(producer: Operation, consumer: Operation, port: int, taken: int) -> Edge:
    known = port < len(producer.shapes)
    return Edge(
        source=producer.key,
        target=consumer.key,
        source_port=port,
        target_port=taken,
        shape=clean(producer.shapes[port], 80) if known else _NOTHING,
        precision=clean(producer.types[port], 20) if known else _NOTHING,
        size_bytes=producer.sizes[port] if known else 0,
    )
