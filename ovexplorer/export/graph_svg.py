"""A graph as SVG from our own layout: no program is needed, and ten thousand nodes take a fraction of a second.

Text stays text, so it can be searched and copied; whole names and all that is known stand in tooltips. Edges that would
span too many layers are told beside both ends instead of being drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ovexplorer.export.graph_looks import cells_of, edge_words, legend_word, markup, told_of
from ovexplorer.export.graph_paper import CELL_X, CELL_Y, HEAD, MARGIN, Beside, Paper, lay_on_paper
from ovexplorer.graph.drawing.layout import Box, Way
from ovexplorer.graph.model import Graph, Node

_CHUNK: Final = 400
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
    paper = lay_on_paper(graph)
    letters = {device: f"d{number}" for number, device in enumerate(paper.looks)}
    style = _STYLE + "".join(
        f".{letters[device]} path{{fill:{look.fill};stroke:{look.border}}}" for device, look in paper.looks.items()
    )
    title = markup(paper.title)
    width, height = paper.width, paper.layout.height * CELL_Y + HEAD + 2 * MARGIN
    frame = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {frame} role="img">',
        f"<title>{title}</title>\n<style>{style}</style>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text class="h" x="{MARGIN}" y="{MARGIN + 11}">{title}</text>',
        *_legend(letters),
        f'<g transform="translate({MARGIN} {MARGIN + HEAD})">',
        *_edges(paper, told_apart=told_apart),
        f'<path class="w" d="{"".join(_arrows(paper.layout.ways))}"/>',
        *_boxes(paper, letters, told_apart=told_apart),
        "</g>\n</svg>\n",
    ]
    return Drawn("\n".join(parts), style)


def _legend(letters: Mapping[str, str]) -> Iterator[str]:
    x, y = MARGIN, MARGIN + 22
    for device, letter in letters.items():
        if device:
            word = legend_word(device)
            yield (
                f'<g class="{letter}"><path d="M{x} {y}h14v12h-14z"/>'
                f'<text x="{x + 19}" y="{y + 10}">{markup(word)}</text></g>'
            )
            x += (cells_of(word) + 5) * CELL_X


# Edges


def _route(way: Way) -> str:
    (start, top), (end, bottom) = way.start, way.end
    x, y = start * CELL_X + 3, top * CELL_Y
    down = (bottom + 1) * CELL_Y
    if start == end:
        return f"M{x} {y}V{down}"
    return f"M{x} {y}V{way.lane * CELL_Y + 7}H{end * CELL_X + 3}V{down}"


def _edges(paper: Paper, *, told_apart: bool) -> Iterator[str]:
    """A path for each edge, with what it carries; many edges in one path where neither is asked for."""
    ways = paper.layout.ways
    yield '<g class="e">'
    if paper.brief and not told_apart:
        for first in range(0, len(ways), _CHUNK):
            yield f'<path d="{"".join(map(_route, ways[first : first + _CHUNK]))}"/>'
    else:
        routes: dict[int, list[str]] = {}
        for way in ways:
            routes.setdefault(way.edge, []).append(_route(way))
        for at, route in routes.items():
            id_ = f' id="e{at}"' if told_apart else ""
            told = "/>" if paper.brief else f"><title>{_carried(paper.graph, at)}</title></path>"
            yield f'<path{id_} d="{"".join(route)}"{told}'
    yield "</g>"


def _carried(graph: Graph, at: int) -> str:
    edge = graph.edges[at]
    ends = f"{graph.nodes[edge.source].name} → {graph.nodes[edge.target].name}"
    return markup("\n".join(part for part in (ends, edge_words(edge)) if part))


def _arrows(ways: Sequence[Way]) -> Iterator[str]:
    for column, row in dict.fromkeys(way.end for way in ways if way.last):
        yield f"M{column * CELL_X + 3} {(row + 1) * CELL_Y}l-3-6h6z"


# Nodes


def _boxes(paper: Paper, letters: Mapping[str, str], *, told_apart: bool) -> Iterator[str]:
    for layer in paper.layout.layers:
        for place, key in enumerate(layer):
            node, box = paper.graph.nodes[key], paper.layout.boxes[key]
            id_ = f' id="n{key}"' if told_apart else ""
            title = _tooltip(node, paper.beside.get(key, ()), brief=paper.brief)
            asides = "".join(
                f'<text class="s" x="{x}" y="{y}">{markup(words)}</text>' for x, y, words in paper.asides(layer, place)
            )
            yield (
                f'<g{id_} class="{letters[str(node.device)]}"><title>{title}</title>'
                f"<path d={_frame(box)}/>{''.join(_words(box, paper.lines[key]))}{asides}</g>"
            )


def _frame(box: Box) -> str:
    x, y, width, height = (
        box.x * CELL_X,
        box.y * CELL_Y,
        (box.width - 1) * CELL_X,
        box.height * CELL_Y,
    )
    return f'"M{x} {y}h{width}v{height}h-{width}z"'


def _words(box: Box, lines: Sequence[str]) -> Iterator[str]:
    x, y = box.x * CELL_X + 5, box.y * CELL_Y + 17
    for number, line in enumerate(lines):
        look = ' class="m"' if number else ""
        yield f'<text{look} x="{x}" y="{y + number * CELL_Y}">{markup(line)}</text>'


def _tooltip(node: Node, beside: Sequence[Beside], *, brief: bool) -> str:
    rows = [str(node.name)]
    told = told_of(node)
    if brief:
        # Type, device and time stand in the box.
        rows += [value for name, value in told if name in ("output", "status")]
    else:
        rows += [f"{name}: {value}" for name, value in told]
    return markup("\n".join((*rows, *(entry.whole for entry in beside))))
