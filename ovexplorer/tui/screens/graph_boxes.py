"""Submodels as boxes with what goes between them, folded into bands. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from ovexplorer.analysis.split.model import Cut, Split, Submodel
from ovexplorer.graph.drawing.bands import lay_out_bands
from ovexplorer.graph.drawing.layout import Layout
from ovexplorer.graph.drawing.picture import EdgeLabel, Face, Picture, Text
from ovexplorer.graph.model import Edge, Graph, Node
from ovexplorer.schema.topology import Topology
from ovexplorer.text import RawName, clean
from ovexplorer.tui.screens import graph_words as says
from ovexplorer.tui.screens.graph_faces import DEVICE_ROLES, HEAT_ROLES
from ovexplorer.tui.widgets.cells import cellwise, cut_cells
from ovexplorer.tui.widgets.table_model import heat

MOST_DETAIL: Final = 3
"""1: one line a box; 2: three lines; 3: its first operations too."""

MOST_AT_ONCE: Final = 150
"""Submodels up to which boxes are shown without being asked for, if they fit."""

_FEW: Final = 4
"""One edge in so many may be a stub before the list says more than boxes."""

_NAMES: Final = 4
"""Operations that a box names at the highest detail."""

_WIDTHS: Final = (13, 17, 22)


@dataclass(frozen=True)
class SubmodelBoxes:
    """A laid-out graph of submodels."""

    graph: Graph
    submodels: tuple[Submodel, ...]
    """By node key."""
    cuts: tuple[tuple[int, ...], ...]
    """Positions in `split.cuts` by position of the edge."""
    layout: Layout
    detail: int

    def key_of(self, index: int | None) -> int | None:
        """Node of a submodel."""
        return next((key for key, entry in enumerate(self.submodels) if entry.index == index), None)

    def edge_of(self, cut: int | None) -> frozenset[int]:
        """The edge that a cut is part of."""
        return frozenset(at for at, cuts in enumerate(self.cuts) if cut in cuts)


@dataclass(frozen=True)
class BoxLook:
    """What decides how boxes look."""

    letters: Mapping[str, str]
    places: Mapping[str, int]
    """Of devices."""
    by: str
    """What the border shows."""
    wanted: Mapping[int, str]
    """Device that the operations of a submodel are to go to, by its index."""
    topology: Topology | None


def lay_out_submodels(split: Split, detail: int, room: tuple[int, int]) -> SubmodelBoxes:
    """Put the submodels of a split into bands.

    Args:
        split: What is shown.
        detail: 1 to MOST_DETAIL.
        room: Cells of the canvas.
    """
    order = tuple(sorted(split.submodels, key=lambda entry: entry.index))
    place = {entry.index: key for key, entry in enumerate(order)}
    between: dict[tuple[int, int], list[int]] = {}
    for at, cut in enumerate(split.cuts):
        if cut.source in place and cut.target in place:
            between.setdefault((place[cut.source], place[cut.target]), []).append(at)
    nodes = tuple(
        Node(key=key, name=clean(str(entry.index)), raw_name=RawName(str(entry.index)), id=RawName(str(entry.index)))
        for key, entry in enumerate(order)
    )
    graph = Graph(
        "submodels", clean("submodels"), nodes, tuple(Edge(source=source, target=target) for source, target in between)
    )
    timed = any(entry.time_ns >= 0 for entry in order)
    height = (3, 5 if timed else 4, (5 if timed else 4) + _NAMES)[detail - 1]
    looks = tuple((entry.device, len(entry.operations)) for entry in order)
    layout = lay_out_bands(graph, lambda _: (_WIDTHS[detail - 1], height), room, looks)
    return SubmodelBoxes(graph, order, tuple(tuple(cuts) for cuts in between.values()), layout, detail)


def best_boxes(split: Split, room: tuple[int, int]) -> SubmodelBoxes | None:
    """The largest boxes that fit without scrolling; None when none do, or when there are too many."""
    if len(split.submodels) > MOST_AT_ONCE:
        return None
    for detail in range(MOST_DETAIL - 1, 0, -1):
        boxes = lay_out_submodels(split, detail, room)
        layout, hidden = boxes.layout, len(boxes.layout.stubs) // 2
        if layout.width <= room[0] and layout.height <= room[1] and hidden * _FEW <= len(boxes.cuts):
            return boxes
    return None


def draw_submodels(boxes: SubmodelBoxes, split: Split, look: BoxLook, cut: int | None = None) -> Picture:
    """The picture; the edge of a cut is drawn live, and its ends are marked."""
    ends = {split.cuts[cut].source, split.cuts[cut].target} if cut is not None and cut < len(split.cuts) else set()
    longest = max((entry.time_ns for entry in boxes.submodels), default=0)
    width = _WIDTHS[boxes.detail - 1] - 2

    def face(key: int) -> Face:
        entry = boxes.submodels[key]
        found = _face(entry, boxes.detail, width, longest, look)
        return replace(found, title=f"▸{entry.index}") if entry.index in ends else found

    labels = {at: _label([split.cuts[place] for place in cuts]) for at, cuts in enumerate(boxes.cuts)}
    return Picture(boxes.layout, face, labels, boxes.edge_of(cut), lambda key: str(boxes.submodels[key].index))


def _face(entry: Submodel, detail: int, width: int, longest: int, look: BoxLook) -> Face:
    letter = look.letters.get(entry.device, "?")
    place = look.places.get(entry.device, 0) % 6
    wanted = look.wanted.get(entry.index, "")
    chip = Text(letter, str(1 + place))
    count, time = entry.count, _short_ms(entry.time_ns)
    share = entry.time_ns / longest if longest and entry.time_ns > 0 else 0.0
    if detail == 1:
        first = f"→{look.letters.get(wanted, '?')}" if wanted else f" {count:,}"
        line = (chip, Text(first, "w" if wanted else "m"), Text(time.rjust(width - 1 - len(first))))
        return Face((line,), _border(entry, look, place, share), str(entry.index))
    device = cellwise(cut_cells(f"→{wanted}" if wanted else entry.device, width - 7))
    words = "1 op" if count == 1 else f"{count:,} ops"
    right = words if len(device) + len(words) + 3 <= width else f"{count:,}"
    rest = width - 2 - len(device)
    lines: list[tuple[Text, ...]] = [
        (chip, Text(" "), Text(device, "w" if wanted else " "), Text(right.rjust(rest), "m"))
    ]
    if entry.time_ns >= 0:
        reorder = f"{says.REORDER}{_short_ms(entry.reorder_ns)}" if entry.reorder_ns > 0 else ""
        took = f"{time} ms"
        lines.append((Text(took), Text(reorder.rjust(width - len(took)), "w")))
        lines.append((Text("━" * round(width * share) or "╸", HEAT_ROLES[heat(share) - 1]),))
    if detail == MOST_DETAIL:
        lines += [(Text(name, "m"),) for name in _names(entry, look.topology, width)]
    return Face(tuple(lines), _border(entry, look, place, share), str(entry.index))


def _names(entry: Submodel, topology: Topology | None, width: int) -> list[str]:
    if topology is None:
        return []
    names = [str(topology.operations[key].name) for key in entry.operations]
    shown = names if len(names) <= _NAMES else names[: _NAMES - 1]
    lines = [cellwise(cut_cells(name, width)) for name in shown]
    return lines if len(shown) == len(names) else [*lines, f"and {len(names) - len(shown):,} more"]


def _border(entry: Submodel, look: BoxLook, place: int, share: float) -> str:
    if look.by == "time":
        return HEAT_ROLES[heat(share) - 1] if entry.time_ns > 0 else "n"
    if look.by == "reorders":
        return "w" if entry.reorder_ns > 0 else "n"
    if look.by == "submodel":
        return DEVICE_ROLES[entry.index % 6]
    return DEVICE_ROLES[place]


def _label(cuts: Sequence[Cut]) -> EdgeLabel:
    """Bytes and Reorders of all that goes from one submodel to another."""
    size = says.megabytes(sum(cut.size_bytes for cut in cuts))
    reorder_ns = sum(max(0, cut.reorder_ns) for cut in cuts)
    short = size.replace(" ", "")
    if short[-2:-1].isalpha():
        # `803k` says it all; `36B` would not without its unit.
        short = short.removesuffix("B")
    if not reorder_ns:
        return EdgeLabel(size, "m", (short,))
    reorder = f"{says.REORDER}{_short_ms(reorder_ns)}"
    return EdgeLabel(f"{size} {reorder}".strip(), "w", (reorder, short))


def _short_ms(ns: int) -> str:
    """Milliseconds in few cells: `.12`, `3.60`."""
    return f"{ns / 1e6:.2f}".removeprefix("0") if ns >= 0 else ""
