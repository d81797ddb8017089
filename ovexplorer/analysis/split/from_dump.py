"""A dump on its own: without the model, the operations are those that the dump names."""

from __future__ import annotations

from ovexplorer.graph.model import Graph, Node
from ovexplorer.graph.paths import running_order
from ovexplorer.schema.topology import Operation, Topology


def topology_of_graph(graph: Graph) -> Topology:
    """The operations of a graph in an order in which producers come first.

    What goes round in circles, as a damaged dump may tell, is put behind the rest in the order of the file. Sizes are
    those of the edges, where the file has them.
    """
    order = running_order(graph)
    place = {key: at for at, key in enumerate(order)}
    return Topology(
        model=graph.title,
        operations=tuple(_operation(graph, graph.nodes[key], at, place) for at, key in enumerate(order)),
    )


def devices_of_graph(graph: Graph) -> tuple[str, ...]:
    """The devices that a graph names, in the order of the file."""
    return tuple(dict.fromkeys(str(node.device) for node in graph.nodes if node.device))


def placed_of_graph(graph: Graph, topology: Topology) -> tuple[str, ...]:
    """The device of each operation of `topology_of_graph`; constants that have none follow their consumer."""
    named = {str(node.raw_name): str(node.device) for node in graph.nodes if node.device}
    placed = [named.get(entry.raw_name, "") for entry in topology.operations]
    for entry in reversed(topology.operations):
        for producer, _ in entry.inputs:
            if not placed[producer]:
                placed[producer] = placed[entry.key]
    return tuple(placed)


def _operation(graph: Graph, node: Node, at: int, place: dict[int, int]) -> Operation:
    edges = [graph.edges[index] for index in graph.outgoing[node.key]]
    ports = 1 + max((edge.source_port for edge in edges), default=0)
    shapes, types, sizes = [str(node.shape)] * ports, [str(node.precision)] * ports, [0] * ports
    for edge in edges:
        shapes[edge.source_port] = str(edge.shape) or shapes[edge.source_port]
        types[edge.source_port] = str(edge.precision) or types[edge.source_port]
        sizes[edge.source_port] = edge.size_bytes or sizes[edge.source_port]
    inputs = [
        (place[graph.edges[index].source], graph.edges[index].source_port)
        for index in graph.incoming[node.key]
        # A circle has no order: the edge that closes it is left out.
        if place[graph.edges[index].source] < at
    ]
    return Operation(
        key=at,
        name=node.name,
        raw_name=node.raw_name,
        type=node.type,
        role=node.role,
        inputs=tuple(inputs),
        shapes=tuple(shapes),
        types=tuple(types),
        sizes=tuple(sizes),
        block=node.block,
    )
