"""Which layer each node is in, which edges are drawn, and the order inside the layers.

Layers go down: an edge leads from a layer to a lower one. Edges that close a circle, or that span more layers than can
be followed with the eye, are not drawn: both ends get a stub that names the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median_low

from ovexplorer.graph.model import Graph
from ovexplorer.graph.paths import running_order

LONGEST = 12
"""Layers that an edge may span; graphs with longer ones are drawn with stubs."""

SWEEPS = 6
"""Passes up and down that look for a better order."""

_COUNTED = 4_000
"""Edges up to which crossings are counted and the best order is kept."""


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
    return Layered(_ordered(layers, links), tuple(links), tuple(sorted(stubs)))


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


def _ordered(layers: list[list[int]], links: Sequence[tuple[int, int, int]]) -> tuple[tuple[int, ...], ...]:
    up: dict[int, list[int]] = {}
    down: dict[int, list[int]] = {}
    for upper, lower, _ in links:
        up.setdefault(lower, []).append(upper)
        down.setdefault(upper, []).append(lower)
    best, fewest = [list(layer) for layer in layers], None
    for sweep in range(SWEEPS):
        downwards = sweep % 2 == 0
        near = up if downwards else down
        for at in range(1, len(layers)) if downwards else range(len(layers) - 2, -1, -1):
            _by_medians(layers[at], layers[at - 1] if downwards else layers[at + 1], near)
        if len(links) <= _COUNTED:
            crossings = count_crossings(layers, down)
            if fewest is None or crossings < fewest:
                best, fewest = [list(layer) for layer in layers], crossings
            if not crossings:
                break
        else:
            best = layers
    return tuple(tuple(layer) for layer in best)


def _by_medians(layer: list[int], fixed: Sequence[int], near: dict[int, list[int]]) -> None:
    """Order a layer by the median place of what each slot is linked to; slots without links keep their place."""
    place = {slot: at for at, slot in enumerate(fixed)}
    wanted = {slot: median_low([place[other] for other in near[slot]]) if slot in near else None for slot in layer}
    moving = sorted((slot for slot in layer if wanted[slot] is not None), key=lambda slot: wanted[slot] or 0)
    rest = iter(moving)
    layer[:] = [slot if wanted[slot] is None else next(rest) for slot in layer]


def count_crossings(layers: Sequence[Sequence[int]], down: dict[int, list[int]]) -> int:
    """Pairs of links that cross, over all layers; by a tree of counters, n log n."""
    total = 0
    for upper, lower in pairwise(layers):
        place = {slot: at for at, slot in enumerate(lower)}
        ends = [end for slot in upper for end in sorted(place[other] for other in down.get(slot, ()) if other in place)]
        tree = [0] * (len(lower) + 1)
        for count, end in enumerate(ends):
            index, before = end + 1, 0
            while index > 0:
                before += tree[index]
                index -= index & -index
            total += count - before
            index = end + 1
            while index <= len(lower):
                tree[index] += 1
                index += index & -index
    return total
