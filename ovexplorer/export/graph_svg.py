"""A graph as SVG from our own layout: no program is needed, and ten thousand nodes take a fraction of a second.

Text stays text, so it can be searched and copied; whole names and all that is known stand in tooltips. Edges that would
span too many layers are told beside both ends instead of being drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ovexplorer.export.graph_looks import (
    WIDEST,
    Look,
    cells_of,
    edge_words,
    headline_of,
    lines_of,
    looks_of,
    markup,
    told_of,
)
from ovexplorer.graph.drawing.layers import LONGEST
from ovexplorer.graph.drawing.layout import Box, Layout, Stub, Way, lay_out
from ovexplorer.graph.model import Graph, Node
from ovexplorer.text import cut_middle

BRIEF_FROM = 1_500
"""Nodes from which boxes have two lines and tooltips only what matters most."""

_LONGEST: Final = 40
"""Layers that an edge may span in a small graph: paper has more room than a terminal."""
_CELL_X: Final = 7
_CELL_Y: Final = 14
_MARGIN: Final = 21
_HEAD: Final = 56
_ASIDE: Final = 24
"""Cells to the right of everything for what is said of edges that are not drawn."""
_CHUNK = 400
"""Edges in one path, where they are not told apart."""

_STYLE: Final = (
    "text{font:11px ui-monospace,Menlo,Consolas,monospace;fill:#1a1a1a;white-space:pre}"
    ".h{font-weight:bold}.m{fill:#555}.s{font-size:9px;fill:#555}"
    ".e{fill:none;stroke:#6b6b6b}.w{fill:#6b6b6b}"
)


@dataclass(frozen=True)
class Drawn:
    """A drawing."""

    text: str
    """The `svg` element."""
    style: str
    """What is in its `style` element."""


def graph_svg(graph: Graph) -> str:
    """A whole SVG document."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{draw_svg(graph).text}'


def draw_svg(graph: Graph, *, told_apart: bool = False) -> Drawn:
    """Draw a graph.

    Args:
        graph: All of it is drawn.
        told_apart: Whether nodes and edges have ids, `n5` and `e7`, by their positions in the graph.
    """
    brief = len(graph.nodes) > BRIEF_FROM
    lines = [lines_of(node, brief=brief) for node in graph.nodes]
    layout = lay_out(graph, lambda node: _size(lines[node.key]), longest=LONGEST if brief else _LONGEST)
    looks = looks_of(graph)
    letters = {device: f"d{number}" for number, device in enumerate(looks)}
    style = _STYLE + "".join(
        f".{letters[device]} path{{fill:{look.fill};stroke:{look.border}}}" for device, look in looks.items()
    )
    title = headline_of(graph)
    columns = layout.width + (_ASIDE if layout.stubs else 0)
    width = max(columns * _CELL_X, cells_of(title) * _CELL_X, _legend_width(looks)) + 2 * _MARGIN
    height = layout.height * _CELL_Y + _HEAD + 2 * _MARGIN
    stubs = _stubs_by_node(graph, layout.stubs)
    frame = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {frame} role="img">',
        f"<title>{markup(title)}</title>\n<style>{style}</style>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text class="h" x="{_MARGIN}" y="{_MARGIN + 11}">{markup(title)}</text>',
        *_legend(looks, letters),
        f'<g transform="translate({_MARGIN} {_MARGIN + _HEAD})">',
        *_edges(graph, layout.ways, brief=brief, told_apart=told_apart),
        f'<path class="w" d="{"".join(_arrows(layout.ways))}"/>',
        *(_boxes(graph, layout, lines, letters, stubs, brief=brief, told_apart=told_apart)),
        "</g>\n</svg>\n",
    ]
    return Drawn("\n".join(parts), style)


def _size(lines: Sequence[str]) -> tuple[int, int]:
    return max(min(max(map(cells_of, lines)), WIDEST), 6) + 2, len(lines) + 1


# Legend


def _legend_width(looks: Mapping[str, Look]) -> int:
    return sum((cells_of(device) + 5) * _CELL_X for device in looks if device)


def _legend(looks: Mapping[str, Look], letters: Mapping[str, str]) -> Iterator[str]:
    x, y = _MARGIN, _MARGIN + 22
    for device in looks:
        if device:
            yield (
                f'<g class="{letters[device]}"><path d="M{x} {y}h14v12h-14z"/>'
                f'<text x="{x + 19}" y="{y + 10}">{markup(device)}</text></g>'
            )
            x += (cells_of(device) + 5) * _CELL_X


# Edges


def _route(way: Way) -> str:
    (start, top), (end, bottom) = way.start, way.end
    x, y = start * _CELL_X + 3, top * _CELL_Y
    down = (bottom + 1) * _CELL_Y
    if start == end:
        return f"M{x} {y}V{down}"
    return f"M{x} {y}V{way.lane * _CELL_Y + 7}H{end * _CELL_X + 3}V{down}"


def _edges(graph: Graph, ways: Sequence[Way], *, brief: bool, told_apart: bool) -> Iterator[str]:
    """A path for each edge, with what it carries; many edges in one path where neither is asked for."""
    yield '<g class="e">'
    if brief and not told_apart:
        for first in range(0, len(ways), _CHUNK):
            yield f'<path d="{"".join(map(_route, ways[first : first + _CHUNK]))}"/>'
    else:
        routes: dict[int, list[str]] = {}
        for way in ways:
            routes.setdefault(way.edge, []).append(_route(way))
        for at, route in routes.items():
            id_ = f' id="e{at}"' if told_apart else ""
            yield f'<path{id_} d="{"".join(route)}"{"/>" if brief else f"><title>{_carried(graph, at)}</title></path>"}'
    yield "</g>"


def _carried(graph: Graph, at: int) -> str:
    edge = graph.edges[at]
    ends = f"{graph.nodes[edge.source].name} → {graph.nodes[edge.target].name}"
    return markup("\n".join(part for part in (ends, edge_words(edge)) if part))


def _arrows(ways: Sequence[Way]) -> Iterator[str]:
    for column, row in dict.fromkeys(way.end for way in ways if way.last):
        yield f"M{column * _CELL_X + 3} {(row + 1) * _CELL_Y}l-3-6h6z"


# Nodes


@dataclass(frozen=True)
class _Beside:
    """What is said of edges that are not drawn."""

    short: str
    whole: str


def _stubs_by_node(graph: Graph, stubs: Sequence[Stub]) -> dict[int, list[_Beside]]:
    far: dict[tuple[int, bool], dict[int, None]] = {}
    for stub in stubs:
        far.setdefault((stub.node, stub.down), {})[stub.far] = None
    found: dict[int, list[_Beside]] = {}
    for (node, down), others in far.items():
        names = [str(graph.nodes[key].name) for key in others]
        sign = "↓" if down else "↑"
        more = f" +{len(names) - 1:,}" if len(names) > 1 else ""
        shown = ", ".join(names[:20]) + (f" and {len(names) - 20:,} more" if len(names) > 20 else "")
        beside = _Beside(f"{sign}{cut_middle(names[0], 24)}{more}", f"{'to' if down else 'from'} {shown} (not drawn)")
        found.setdefault(node, []).append(beside)
    return found


def _boxes(
    graph: Graph,
    layout: Layout,
    lines: Sequence[Sequence[str]],
    letters: Mapping[str, str],
    stubs: Mapping[int, Sequence[_Beside]],
    *,
    brief: bool,
    told_apart: bool,
) -> Iterator[str]:
    for layer in layout.layers:
        for place, key in enumerate(layer):
            node, box = graph.nodes[key], layout.boxes[key]
            id_ = f' id="n{key}"' if told_apart else ""
            beside = stubs.get(key, ())
            yield (
                f'<g{id_} class="{letters[str(node.device)]}"><title>{_tooltip(node, beside, brief=brief)}</title>'
                f"<path d={_frame(box)}/>{''.join(_words(box, lines[key]))}{_aside(layout, layer, place, beside)}</g>"
            )


def _frame(box: Box) -> str:
    x, y, width, height = (
        box.x * _CELL_X,
        box.y * _CELL_Y,
        (box.width - 1) * _CELL_X,
        box.height * _CELL_Y,
    )
    return f'"M{x} {y}h{width}v{height}h-{width}z"'


def _words(box: Box, lines: Sequence[str]) -> Iterator[str]:
    x, y = box.x * _CELL_X + 5, box.y * _CELL_Y + 17
    for number, line in enumerate(lines):
        look = ' class="m"' if number else ""
        yield f'<text{look} x="{x}" y="{y + number * _CELL_Y}">{markup(line)}</text>'


def _tooltip(node: Node, beside: Sequence[_Beside], *, brief: bool) -> str:
    rows = [str(node.name)]
    told = told_of(node)
    if brief:
        # Type, device and time stand in the box.
        rows += [value for name, value in told if name in ("output", "status")]
    else:
        rows += [f"{name}: {value}" for name, value in told]
    return markup("\n".join((*rows, *(entry.whole for entry in beside))))


def _aside(layout: Layout, layer: Sequence[int], place: int, beside: Sequence[_Beside]) -> str:
    """Edges that are not drawn, in words to the right where there is room."""
    if not beside:
        return ""
    box = layout.boxes[layer[place]]
    end = layout.boxes[layer[place + 1]].x if place + 1 < len(layer) else layout.width + _ASIDE
    x = (box.x + box.width) * _CELL_X
    room = (end * _CELL_X - x) // 6 - 1
    if room < 4:
        return ""
    first = box.y * _CELL_Y + 9
    return "".join(
        f'<text class="s" x="{x}" y="{first + number * 11}">{markup(cut_middle(entry.short, room))}</text>'
        for number, entry in enumerate(beside)
    )
