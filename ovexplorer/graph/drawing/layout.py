"""Where everything of a graph is drawn, in cells: boxes, ways of edges, stubs. Deterministic, n log n."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ovexplorer.graph.drawing.layers import LONGEST, Layered, put_in_layers
from ovexplorer.graph.drawing.placing import columns_of
from ovexplorer.graph.drawing.routing import Net, choose_lanes
from ovexplorer.graph.model import Graph, Node


class Box(NamedTuple):
    """One node."""

    x: int
    y: int
    width: int
    height: int


class Way(NamedTuple):
    """Part of an edge between two layers: down from a point, along a lane, down to a point."""

    edge: int
    """Position in `graph.edges`."""
    start: tuple[int, int]
    """Column and first row below the upper layer."""
    lane: int
    """Row of the lane; the first row where it is straight."""
    end: tuple[int, int]
    """Column and last row above the lower layer."""
    last: bool
    """Whether it arrives at the node, not at another part."""


class Line(NamedTuple):
    """A whole edge with any number of corners."""

    edge: int
    """Position in `graph.edges`."""
    points: tuple[tuple[int, int], ...]
    """Corners, at least two. The first lies in the border of the box it leaves, the last before the box it enters."""
    label: tuple[int, int] | None = None
    """First cell for words about it."""


class Stub(NamedTuple):
    """The end of an edge that is not drawn."""

    edge: int
    node: int
    """The node it stands at."""
    far: int
    """The node at the other end."""
    down: bool
    """Whether the other end is below: the edge leaves here."""


@dataclass(frozen=True)
class Layout:
    """A drawing."""

    boxes: tuple[Box, ...]
    """By node key."""
    ways: tuple[Way, ...]
    stubs: tuple[Stub, ...]
    layers: tuple[tuple[int, ...], ...]
    """Keys of the nodes of each layer from left to right, dummies left out."""
    width: int
    height: int
    lines: tuple[Line, ...] = ()
    """Edges that are not made of ways."""


def lay_out(graph: Graph, size_of: Callable[[Node], tuple[int, int]], *, longest: int = LONGEST) -> Layout:
    """Draw a graph from top to bottom.

    Args:
        graph: Any: circles, repeated edges and parts that hang together nowhere are fine.
        size_of: Width and height of a node's box in cells.
        longest: Layers that an edge may span before it becomes two stubs.
    """
    layered = put_in_layers(graph, longest)
    count = len(graph.nodes)
    sizes = [size_of(node) for node in graph.nodes]
    slots = 1 + max((slot for layer in layered.layers for slot in layer), default=count - 1)
    widths = [*(width for width, _ in sizes), *([1] * (slots - count))]
    left, width = columns_of(layered, widths)
    boxes: list[Box] = [Box(0, 0, 0, 0)] * count
    ways: list[Way] = []
    channels = _channels(layered, left, widths, count)
    stubs = tuple(_stubs(graph, layered.stubs))
    # Words about edges that come from below into the first layer need a row above it; the same below the last one.
    y = int(any(not stub.down and stub.node in layered.layers[0] for stub in stubs))
    for number, layer in enumerate(layered.layers):
        height = max((sizes[slot][1] for slot in layer if slot < count), default=1)
        for slot in layer:
            if slot < count:
                boxes[slot] = Box(left[slot], y, sizes[slot][0], sizes[slot][1])
        if number < len(channels):
            bottom = {slot: y + sizes[slot][1] if slot < count else y for slot in layer}
            y = _draw_channel(channels[number], bottom, y + height, ways)
        else:
            y += height
    y += any(stub.down and stub.node in layered.layers[-1] for stub in stubs)
    layers = tuple(tuple(slot for slot in layer if slot < count) for layer in layered.layers)
    return Layout(tuple(boxes), tuple(ways), stubs, layers, width, y)


def _channels(layered: Layered, left: Sequence[int], widths: Sequence[int], count: int) -> list[dict[int, Net]]:
    """The nets between each layer and the next, by upper slot."""
    channels: list[dict[int, Net]] = [{} for _ in layered.layers[1:]]
    place = {slot: number for number, layer in enumerate(layered.layers) for slot in layer}
    middle = [at + width // 2 for at, width in zip(left, widths)]
    into: dict[int, list[tuple[int, int, int]]] = {}
    for upper, lower, edge in layered.links:
        into.setdefault(lower, []).append((middle[upper], edge, upper))
    for lower, sources in into.items():
        if len(sources) > 1:
            sources.sort()
        nets = channels[place[lower] - 1]
        for number, (start, edge, upper) in enumerate(sources):
            net = nets.get(upper)
            if net is None:
                net = nets[upper] = Net(start)
            net.add(_port(left[lower], widths[lower], number, len(sources)), edge, arrives=lower < count)
    return channels


def _port(left: int, width: int, number: int, count: int) -> int:
    """Columns of the inputs of a box, spread over it without its corners."""
    if width < 3 or count == 1:
        return left + width // 2
    room = width - 2
    return left + 1 + (2 * number + 1) * room // (2 * count)


def _draw_channel(nets: Mapping[int, Net], bottom: Mapping[int, int], y: int, ways: list[Way]) -> int:
    """Add the ways of a channel that begins at a row; gives the first row of the next layer."""
    lanes = choose_lanes(tuple(nets.values()))
    last = y + (lanes + 1 if lanes else 1)
    for slot, net in nets.items():
        lane, start = (y if net.straight else y + net.lane), (net.start, bottom[slot])
        for column, edge, arrives in net.ends:
            ways.append(Way(edge, start, lane, (column, last - 1), arrives))
    return last


def _stubs(graph: Graph, edges: Sequence[int]) -> list[Stub]:
    found: list[Stub] = []
    for at in edges:
        edge = graph.edges[at]
        found += [Stub(at, edge.source, edge.target, True), Stub(at, edge.target, edge.source, False)]
    return found
