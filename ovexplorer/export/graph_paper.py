"""A graph laid out for paper: what the drawings that we make ourselves share, SVG and PDF."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ovexplorer.export.graph_looks import WIDEST, Look, cells_of, headline_of, legend_word, lines_of, looks_of
from ovexplorer.graph.drawing.layers import LONGEST
from ovexplorer.graph.drawing.layout import Layout, Stub, lay_out
from ovexplorer.graph.model import Graph
from ovexplorer.text import cut_middle

BRIEF_FROM: Final = 1_500
"""Nodes from which boxes have two lines, tooltips only what matters most, and long edges are not drawn."""

CELL_X: Final = 7
CELL_Y: Final = 14
"""Size of a cell of the layout in pixels or points."""

MARGIN: Final = 21
HEAD: Final = 56
"""Height of title and legend."""

_ASIDE: Final = 24
"""Cells to the right of everything for what is said of edges that are not drawn."""

_LONGEST: Final = 40
"""Layers that an edge may span in a small graph: paper has more room than a terminal."""

_MOST_TOLD: Final = 20
_SMALL_X: Final = 6
_LEAST_ROOM: Final = 4


@dataclass(frozen=True)
class Beside:
    """What is said of edges that are not drawn, beside one of their ends."""

    short: str
    whole: str


@dataclass(frozen=True)
class Paper:
    """A graph with its layout; places are in cells."""

    graph: Graph
    title: str
    layout: Layout
    lines: Sequence[Sequence[str]]
    """What each box says, by node key."""
    looks: Mapping[str, Look]
    """Colours by device."""
    beside: Mapping[int, Sequence[Beside]]
    """By node key."""
    brief: bool

    @property
    def width(self) -> int:
        """Of the whole in pixels, margins included."""
        columns = self.layout.width + (_ASIDE if self.layout.stubs else 0)
        legend = sum(cells_of(legend_word(device)) + 5 for device in self.looks if device)
        return max(columns, cells_of(self.title), legend) * CELL_X + 2 * MARGIN

    def asides(self, layer: Sequence[int], place: int) -> list[tuple[int, int, str]]:
        """Column, height and words of what is said beside a node; nothing where there is no room."""
        said = self.beside.get(layer[place], ())
        if not said:
            return []
        box = self.layout.boxes[layer[place]]
        last = place + 1 == len(layer)
        end = self.layout.width + _ASIDE if last else self.layout.boxes[layer[place + 1]].x
        x = (box.x + box.width) * CELL_X
        room = (end * CELL_X - x) // _SMALL_X - 1
        if room < _LEAST_ROOM:
            return []
        top = box.y * CELL_Y + 9
        return [(x, top + number * 11, cut_middle(entry.short, room)) for number, entry in enumerate(said)]


def lay_on_paper(graph: Graph) -> Paper:
    """Lay a graph out."""
    brief = len(graph.nodes) > BRIEF_FROM
    lines = [lines_of(node, brief=brief) for node in graph.nodes]
    layout = lay_out(graph, lambda node: _size(lines[node.key]), longest=LONGEST if brief else _LONGEST)
    return Paper(graph, headline_of(graph), layout, lines, looks_of(graph), _beside(graph, layout.stubs), brief)


def _size(lines: Sequence[str]) -> tuple[int, int]:
    return max(min(max(map(cells_of, lines)), WIDEST), 6) + 2, len(lines) + 1


def _beside(graph: Graph, stubs: Sequence[Stub]) -> dict[int, list[Beside]]:
    far: dict[tuple[int, bool], dict[int, None]] = {}
    for stub in stubs:
        far.setdefault((stub.node, stub.down), {})[stub.far] = None
    found: dict[int, list[Beside]] = {}
    for (node, down), others in far.items():
        names = [str(graph.nodes[key].name) for key in others]
        more = f" +{len(names) - 1:,}" if len(names) > 1 else ""
        shown = ", ".join(names[:_MOST_TOLD])
        shown += f" and {len(names) - _MOST_TOLD:,} more" if len(names) > _MOST_TOLD else ""
        short = f"{'to' if down else 'from'} {cut_middle(names[0], 24)}{more}"
        found.setdefault(node, []).append(Beside(short, f"{'to' if down else 'from'} {shown} (not drawn)"))
    return found
