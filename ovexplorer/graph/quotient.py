"""The graph of submodels: a box for each, and what goes between two of them."""

from __future__ import annotations

from dataclasses import dataclass

from ovexplorer.graph.model import Graph
from ovexplorer.text import CleanText


@dataclass(frozen=True)
class Part:
    """One submodel."""

    number: int
    """As the graph numbers it."""
    device: CleanText
    nodes: tuple[int, ...]
    """Keys, constants left out."""
    time_ns: int
    """Sum of its nodes; −1 where none was measured."""


@dataclass(frozen=True)
class Link:
    """All that goes from one submodel to another."""

    source: int
    """Position in `parts`."""
    target: int
    tensors: int
    size_bytes: int
    """Each tensor counted once; 0 when nothing is known."""
    edges: tuple[int, ...]
    """Positions in `graph.edges`."""


@dataclass(frozen=True)
class Quotient:
    """Submodels in the order in which they begin."""

    parts: tuple[Part, ...]
    links: tuple[Link, ...]


def quotient(graph: Graph) -> Quotient:
    """Put the nodes of each submodel together; nodes in no submodel are left out."""
    place: dict[int, int] = {}
    members: list[list[int]] = []
    for node in graph.nodes:
        if node.submodel < 0 or node.role == "constant":
            continue
        if node.submodel not in place:
            place[node.submodel] = len(members)
            members.append([])
        members[place[node.submodel]].append(node.key)
    parts = tuple(_part(graph, number, members[at]) for number, at in place.items())
    crossing: dict[tuple[int, int], list[int]] = {}
    for index, edge in enumerate(graph.edges):
        source, target = graph.nodes[edge.source], graph.nodes[edge.target]
        if source.role != "constant" and target.role != "constant" and source.submodel != target.submodel:
            start, end = place.get(source.submodel), place.get(target.submodel)
            if start is not None and end is not None:
                crossing.setdefault((start, end), []).append(index)
    links = tuple(_link(graph, start, end, found) for (start, end), found in crossing.items())
    return Quotient(parts, links)


def _part(graph: Graph, number: int, keys: list[int]) -> Part:
    timed = [graph.nodes[key].time_ns for key in keys if graph.nodes[key].time_ns >= 0]
    device = next((graph.nodes[key].device for key in keys if graph.nodes[key].device), CleanText(""))
    return Part(number, device, tuple(keys), sum(timed) if timed else -1)


def _link(graph: Graph, start: int, end: int, found: list[int]) -> Link:
    tensors = {(graph.edges[at].source, graph.edges[at].source_port): graph.edges[at].size_bytes for at in found}
    return Link(start, end, len(tensors), sum(tensors.values()), tuple(found))
