"""Chains folded into bands: what does not fit below goes on beside, as text does in columns.

A band is a stretch of layers, drawn as any graph is. Edges to the next band leave at the right side of a box and go
through the gutter between the two; those that lead further become stubs.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Final

from ovexplorer.graph.drawing.layers import put_in_layers
from ovexplorer.graph.drawing.layout import Box, Layout, Line, Stub, Way, lay_out
from ovexplorer.graph.drawing.routing import Net, choose_lanes
from ovexplorer.graph.fold import keep_only
from ovexplorer.graph.model import Graph, Node

GUTTER: Final = 5
"""Cells between two bands at least."""

Size = Callable[[Node], tuple[int, int]]


def lay_out_bands(graph: Graph, size_of: Size, room: tuple[int, int], looks: Sequence[Hashable] = ()) -> Layout:
    """Draw a graph in bands that are as high as the room; in one band if it fits.

    Args:
        graph: Best a chain, or nearly one: the graph of submodels.
        size_of: Width and height of a node's box in cells.
        room: Width and height in cells; the drawing may get wider than that, not higher if it can be helped.
        looks: What tells nodes apart, by key, for finding blocks that repeat: each band then holds whole ones.
    """
    if not graph.nodes:
        return lay_out(graph, size_of)
    count = len(graph.nodes)
    layers = [[slot for slot in layer if slot < count] for layer in put_in_layers(graph).layers]
    whole = lay_out(graph, size_of)
    if whole.height <= room[1]:
        return whole
    period = repeated(["".join(sorted(str(looks[key]) for key in layer)) for layer in layers] if looks else [])
    bands = [_Band.of(graph, keys, size_of) for keys in _cut(layers, whole, room, period)]
    return _beside(graph, bands)


def repeated(signs: Sequence[str]) -> int:
    """Layers of a block that comes again and again, at least through half of the list; 0 for none."""
    count = len(signs)
    for period in range(2, count // 2 + 1):
        alike = sum(signs[at] == signs[at + period] for at in range(count - period))
        # What begins and ends a model is not like its blocks.
        if alike * 4 >= 3 * (count - period) and len(set(signs)) > 1:
            return period
    return 0


def _cut(layers: Sequence[Sequence[int]], whole: Layout, room: tuple[int, int], period: int) -> list[list[int]]:
    """Keys of each band: whole blocks if there are any and one fits, else as many layers as fit."""
    tops = [min(whole.boxes[key].y for key in layer) for layer in layers]
    bottoms = [max(whole.boxes[key].y + whole.boxes[key].height for key in layer) for layer in layers]
    # Layers from each one on that fit below one another.
    most = [max(1, bisect_right(bottoms, top + room[1]) - start) for start, top in enumerate(tops)]
    inner = min((fit for start, fit in enumerate(most) if start + fit < len(layers)), default=len(layers))
    if period and period <= inner:
        width = max(box.width for box in whole.boxes) + GUTTER
        fit = inner // period
        blocks = next((n for n in range(1, fit + 1) if -(-len(layers) // (n * period)) * width <= room[0]), fit)
        starts = list(range(0, len(layers), blocks * period))
    else:
        starts = [0]
        while starts[-1] + most[starts[-1]] < len(layers):
            starts.append(starts[-1] + most[starts[-1]])
    return [
        [key for layer in layers[start:end] for key in layer] for start, end in zip(starts, [*starts[1:], len(layers)])
    ]


@dataclass
class _Band:
    keys: tuple[int, ...]
    """In the whole graph, by key in the band."""
    edges: tuple[int, ...]
    """Positions in the whole graph, by position in the band."""
    layout: Layout
    x: int = 0

    @classmethod
    def of(cls, graph: Graph, keys: Sequence[int], size_of: Size) -> _Band:
        inside = set(keys)
        edges = tuple(at for at, edge in enumerate(graph.edges) if edge.source in inside and edge.target in inside)
        return cls(tuple(sorted(keys)), edges, lay_out(keep_only(graph, keys), size_of))


def _beside(graph: Graph, bands: Sequence[_Band]) -> Layout:
    """Put bands beside one another and lead edges from each to the next."""
    band_of = {key: number for number, band in enumerate(bands) for key in band.keys}
    boxes = [Box(0, 0, 0, 0)] * len(graph.nodes)
    for band in bands:
        for box, key in zip(band.layout.boxes, band.keys):
            boxes[key] = box
    gutters: list[list[int]] = [[] for _ in bands]
    stubs: list[Stub] = []
    for at, edge in enumerate(graph.edges):
        start, end = band_of[edge.source], band_of[edge.target]
        if end == start + 1 and _free(edge.source, bands[start], 1) and _free(edge.target, bands[end], -1):
            gutters[start].append(at)
        elif end != start:
            stubs += [Stub(at, edge.source, edge.target, True), Stub(at, edge.target, edge.source, False)]
    lines: list[Line] = []
    x = 0
    for number, band in enumerate(bands):
        band.x = x
        for key in band.keys:
            boxes[key] = boxes[key]._replace(x=boxes[key].x + x)
        x += band.layout.width
        if number + 1 < len(bands):
            nets = _nets(graph, gutters[number], boxes)
            width = max(GUTTER, choose_lanes(tuple(nets.values())) + 3)
            lines += _lines(nets, graph, boxes, x, (width, bands[number + 1]))
            x += width
    return _joined(bands, boxes, tuple(lines), stubs, x)


def _free(key: int, band: _Band, side: int) -> bool:
    """Whether no box of its band is between a box and the gutter at one side."""
    boxes = band.layout.boxes
    box = boxes[band.keys.index(key)]
    row = _row(box)
    return not any(other.y <= row < other.y + other.height and (other.x - box.x) * side > 0 for other in boxes)


def _row(box: Box) -> int:
    """Where edges leave a box sideways."""
    return box.y + box.height // 2


def _nets(graph: Graph, edges: Sequence[int], boxes: Sequence[Box]) -> dict[int, Net]:
    """All ways through a gutter, by node that they leave; rows stand for the columns of a channel."""
    into: dict[int, list[int]] = {}
    for at in edges:
        into.setdefault(graph.edges[at].target, []).append(at)
    nets: dict[int, Net] = {}
    for target, found in into.items():
        box = boxes[target]
        for at in sorted(found, key=lambda at: boxes[graph.edges[at].source].y):
            source = graph.edges[at].source
            start = _row(boxes[source])
            # Straight where it can be; else above or below that, from where it comes.
            row = min(max(_row(box) + (start > _row(box)) - (start < _row(box)), box.y + 1), box.y + box.height - 2)
            net = nets.setdefault(source, Net(start))
            net.add(max(box.y, row), at, arrives=True)
    return nets


def _lines(
    nets: dict[int, Net], graph: Graph, boxes: Sequence[Box], left: int, gutter: tuple[int, _Band]
) -> list[Line]:
    width, band = gutter
    found: list[Line] = []
    for source, net in nets.items():
        box = boxes[source]
        lane, start = left + 1 + net.lane, (box.x + box.width - 1, net.start)
        for row, edge, _ in net.ends:
            # Boxes of the next band have not been moved yet.
            end = (left + width + band.layout.boxes[band.keys.index(graph.edges[edge].target)].x - 1, row)
            if row == net.start:
                found.append(Line(edge, (start, end), (left, row - 1)))
            else:
                corners = (start, (lane, net.start), (lane, row), end)
                found.append(Line(edge, corners, (left, net.start + (1 if row < net.start else -1))))
    return found


def _joined(
    bands: Sequence[_Band], boxes: Sequence[Box], lines: tuple[Line, ...], stubs: list[Stub], width: int
) -> Layout:
    ways: list[Way] = []
    rows: list[list[int]] = []
    for band in bands:
        for way in band.layout.ways:
            (start, top), (end, bottom) = way.start, way.end
            start, end = start + band.x, end + band.x
            ways.append(way._replace(edge=band.edges[way.edge], start=(start, top), end=(end, bottom)))
        stubs += [
            Stub(band.edges[stub.edge], band.keys[stub.node], band.keys[stub.far], stub.down)
            for stub in band.layout.stubs
        ]
        for number, layer in enumerate(band.layout.layers):
            if number == len(rows):
                rows.append([])
            rows[number] += [band.keys[key] for key in layer]
    height = max(band.layout.height for band in bands)
    return Layout(tuple(boxes), tuple(ways), tuple(stubs), tuple(map(tuple, rows)), width, height, lines)
