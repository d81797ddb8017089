"""Ways through a graph: the order in which things run, what is around a node, the critical path."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from msgspec.structs import replace

from ovexplorer.graph.model import Graph


def running_order(graph: Graph, *, last_first: bool = False) -> tuple[int, ...]:
    """Keys so that producers come before consumers, and among equals in the order of the graph.

    A graph whose keys are in such an order already keeps it. Circles begin with their first node.

    Args:
        graph: Any graph.
        last_first: Whether the graph names consumers before producers, as dumps do.
    """
    count = len(graph.nodes)
    sign = -1 if last_first else 1
    waiting = [0] * count
    for edge in graph.edges:
        waiting[edge.target] += edge.source != edge.target
    ready = [sign * key for key, left in enumerate(waiting) if not left]
    heapify(ready)
    order: list[int] = []
    done = [False] * count
    rest = iter(range(count - 1, -1, -1) if last_first else range(count))
    while len(order) < count:
        if not ready:
            # Only circles are left.
            heappush(ready, sign * next(key for key in rest if not done[key]))
        key = sign * heappop(ready)
        if done[key]:
            continue
        done[key] = True
        order.append(key)
        for at in graph.outgoing[key]:
            target = graph.edges[at].target
            if target != key:
                waiting[target] -= 1
                if not waiting[target] and not done[target]:
                    heappush(ready, sign * target)
    return tuple(order)


def in_order(graph: Graph, order: Sequence[int]) -> Graph:
    """The same graph, its nodes numbered in this order."""
    if all(key == at for at, key in enumerate(order)):
        return graph
    place = {key: at for at, key in enumerate(order)}
    nodes = tuple(replace(graph.nodes[key], key=at) for at, key in enumerate(order))
    edges = tuple(replace(edge, source=place[edge.source], target=place[edge.target]) for edge in graph.edges)
    return Graph(graph.kind, graph.title, nodes, edges, graph.problems)


@dataclass(frozen=True)
class Neighbourhood:
    """What is around one node."""

    centre: int
    nodes: tuple[int, ...]
    """Keys, the centre included, in order."""
    above: int
    """Edges that come in from outside."""
    below: int
    """Edges that leave."""
    cut_off: int
    """Nodes within the hops that were left out because there are too many."""


def neighbourhood(graph: Graph, centre: int, hops: int, most: int = 300) -> Neighbourhood:
    """Nodes up to so many edges away, nearest first, at most `most`."""
    found = {centre: 0}
    todo = deque([centre])
    left_out: set[int] = set()
    while todo:
        key = todo.popleft()
        if found[key] == hops:
            continue
        for near in neighbours(graph, key):
            if near in found:
                continue
            if len(found) >= most:
                left_out.add(near)
                continue
            found[near] = found[key] + 1
            todo.append(near)
    above = sum(graph.edges[at].source not in found for key in found for at in graph.incoming[key])
    below = sum(graph.edges[at].target not in found for key in found for at in graph.outgoing[key])
    return Neighbourhood(centre, tuple(sorted(found)), above, below, len(left_out))


def neighbours(graph: Graph, key: int) -> tuple[int, ...]:
    """Producers, then consumers, each once."""
    before = (graph.edges[at].source for at in graph.incoming[key])
    after = (graph.edges[at].target for at in graph.outgoing[key])
    return tuple(dict.fromkeys((*before, *after)))


@dataclass(frozen=True)
class CriticalPath:
    """The longest way through a node."""

    nodes: tuple[int, ...]
    """From an input to an output."""
    time_ns: int
    """Sum of what was measured on it; 0 where nothing was."""


def critical_path(graph: Graph, through: int) -> CriticalPath:
    """The way through a node on which the most time is spent; the most nodes where no time is known."""
    order = running_order(graph)
    place = {key: at for at, key in enumerate(order)}
    weight = [(max(node.time_ns, 0), 1) for node in graph.nodes]
    back = _longest(graph, order, place, weight, forward=False)
    ahead = _longest(graph, tuple(reversed(order)), place, weight, forward=True)
    nodes = [*reversed(_walk(back, through)[1:]), through, *_walk(ahead, through)[1:]]
    return CriticalPath(tuple(nodes), sum(max(graph.nodes[key].time_ns, 0) for key in nodes))


def _longest(
    graph: Graph,
    order: Sequence[int],
    place: dict[int, int],
    weight: Sequence[tuple[int, int]],
    *,
    forward: bool,
) -> list[int]:
    """The next node of the longest way from each, towards outputs or inputs; −1 at the end of it."""
    best = list(weight)
    following = [-1] * len(graph.nodes)
    for key in order:
        for at in graph.outgoing[key] if forward else graph.incoming[key]:
            other = graph.edges[at].target if forward else graph.edges[at].source
            # An edge that closes a circle leads nowhere.
            if (place[other] > place[key]) != forward or other == key:
                continue
            length = (best[other][0] + weight[key][0], best[other][1] + weight[key][1])
            if length > best[key]:
                best[key], following[key] = length, other
    return following


def _walk(following: Sequence[int], start: int) -> list[int]:
    way = [start]
    while following[way[-1]] >= 0:
        way.append(following[way[-1]])
    return way


def device_changes(graph: Graph) -> tuple[int, ...]:
    """Nodes that run on another device, or in another submodel, than the node before them in running order.

    Nodes that are in none, such as the inputs of a dump, are passed over.
    """
    found: list[int] = []
    before: tuple[str, int] | None = None
    for key in running_order(graph):
        node = graph.nodes[key]
        if node.role == "constant" or (not node.device and node.submodel < 0):
            continue
        now = (str(node.device), node.submodel)
        if before is not None and now != before:
            found.append(key)
        before = now
    return tuple(found)
