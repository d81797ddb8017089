"""Which layer each node is in, and which edges are drawn.

Layers go down: an edge leads from a layer to a lower one. Edges that close a circle, or that span more layers than can
be followed with the eye, are not drawn: both ends get a stub that names the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ovexplorer.graph.drawing.ordering import order_layers
from ovexplorer.graph.model import Graph
from ovexplorer.graph.paths import running_order

LONGEST = 12
"""Layers that an edge may span; graphs with longer ones are drawn with stubs."""


@dataclass(frozen=True)
class Layered:
    """Nodes and dummies in layers. Slots are nodes (by key) and dummies (from the number of nodes on)."""

    layers: tuple[tuple[int, ...], ...]
    """Slots from left to right."""
    links: tuple[tuple[int, int, int], ...]
    """Upper slot, lower slot, position of the edge; always from one layer to the next."""
    stubs: tuple[int, ...]
    """Positions of edges that are not drawn."""


def put_in_layers(graph: Graph, longest: int = LONGEST) -> Layered:
    """Choose layers by the longest way from an input, and order them so that few edges cross."""
    order = running_order(graph)
    place = {key: at for at, key in enumerate(order)}
    forward, stubs = _sort_edges(graph, place)
    layer = _longest_ways(graph, order, forward)
    links: list[tuple[int, int, int]] = []
    layers: list[list[int]] = [[] for _ in range(max(layer, default=-1) + 1)]
    for key in order:
        layers[layer[key]].append(key)
    dummies = len(graph.nodes)
    seen: set[tuple[int, int]] = set()
    for at in forward:
        edge = graph.edges[at]
        span = layer[edge.target] - layer[edge.source]
        if span > longest:
            stubs.append(at)
            continue
        if (edge.source, edge.target) in seen:
            continue
        seen.add((edge.source, edge.target))
        above = edge.source
        for step in range(1, span):
            layers[layer[edge.source] + step].append(dummies)
            links.append((above, dummies, at))
            above, dummies = dummies, dummies + 1
        links.append((above, edge.target, at))
    return Layered(order_layers(layers, links), tuple(links), tuple(sorted(stubs)))


def _sort_edges(graph: Graph, place: dict[int, int]) -> tuple[list[int], list[int]]:
    """Edges that lead on, and those that close a circle or lead to their own node."""
    forward: list[int] = []
    back: list[int] = []
    for at, edge in enumerate(graph.edges):
        (forward if place[edge.source] < place[edge.target] else back).append(at)
    return forward, back


def _longest_ways(graph: Graph, order: Sequence[int], forward: Sequence[int]) -> list[int]:
    into: list[list[int]] = [[] for _ in graph.nodes]
    for at in forward:
        into[graph.edges[at].target].append(graph.edges[at].source)
    layer = [0] * len(graph.nodes)
    for key in order:
        layer[key] = max((layer[source] + 1 for source in into[key]), default=0)
    # An input that is needed far below stands right above what needs it first.
    lowest = [len(graph.nodes)] * len(graph.nodes)
    for at in forward:
        edge = graph.edges[at]
        lowest[edge.source] = min(lowest[edge.source], layer[edge.target] - 1)
    return [
        max(layer[key], lowest[key]) if not into[key] and lowest[key] < len(graph.nodes) else layer[key]
        for key in range(len(graph.nodes))
    ]
