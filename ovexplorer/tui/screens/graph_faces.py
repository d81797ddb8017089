"""What the boxes of a graph show, and in which colour. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ovexplorer.graph.drawing.picture import EdgeLabel, Face, Text
from ovexplorer.graph.model import Graph, Node
from ovexplorer.tui.graph_content import GraphContent
from ovexplorer.tui.screens import graph_words as says
from ovexplorer.tui.screens.graph_view import ColourBy, Selection
from ovexplorer.tui.widgets.cells import cellwise, cut_cells
from ovexplorer.tui.widgets.table_model import heat

DEVICE_ROLES = "pqrtuv"
HEAT_ROLES = "efhij"


@dataclass(frozen=True)
class Palette:
    """How nodes are told apart."""

    by: ColourBy
    letters: Mapping[str, str]
    places: Mapping[str, int]
    """Of devices."""
    values: Mapping[str, int]
    """Place of each type or precision."""
    longest_ns: int
    cut_ends: frozenset[int]
    """Whole keys of operations at cuts with Reorders."""

    def border(self, node: Node, whole: int) -> str:
        """Role of a node's border."""
        if self.by == "device":
            return DEVICE_ROLES[self.places[str(node.device)] % 6] if str(node.device) in self.places else "n"
        if self.by == "submodel":
            return DEVICE_ROLES[node.submodel % 6] if node.submodel >= 0 else "n"
        if self.by == "time":
            return HEAT_ROLES[heat(node.time_ns / self.longest_ns) - 1] if node.time_ns > 0 and self.longest_ns else "n"
        if self.by == "reorders":
            return "w" if whole in self.cut_ends else "n"
        value = str(node.type if self.by == "type" else node.precision)
        return DEVICE_ROLES[self.values[value] % 6] if value in self.values else "n"

    def chip(self, node: Node) -> Text | None:
        """The letter of its device."""
        device = str(node.device)
        if device not in self.letters:
            return None
        return Text(self.letters[device], str(1 + self.places[device] % 6))


def palette_of(content: GraphContent, graph: Graph, by: ColourBy) -> Palette:
    """The palette for a graph."""
    devices = content.devices
    cuts = content.split.cuts if content.split is not None else ()
    ends = {key for cut in cuts if cut.reorder_ns > 0 for key in (cut.producer, *cut.consumers)}
    values = [str(node.type if by == "type" else node.precision) for node in graph.nodes]
    return Palette(
        by=by,
        letters=says.letters_of(devices),
        places={device: place for place, device in enumerate(devices)},
        values={value: place for place, value in enumerate(dict.fromkeys(value for value in values if value))},
        longest_ns=max((node.time_ns for node in graph.nodes), default=0),
        cut_ends=frozenset(ends),
    )


def face_of(
    node: Node, whole: int, palette: Palette, selection: Selection, size: tuple[int, int], *, lit: bool = False
) -> Face:
    """What a box of this size shows: name, and below it type and time; `lit` for what was searched for."""
    width, height = size
    room = width - 2 if height > 1 else width
    number = f"#{node.submodel}" if node.submodel >= 0 else ""
    chip = palette.chip(node)
    used = (1 if chip is not None else 0) + (len(number) + 1 if number else 0)
    mark = "●" if whole in selection.marked else ""
    name = cellwise(cut_cells(f"{mark}{node.name}", max(1, room - used)))
    first = [Text(name.ljust(room - used), "L" if mark or lit else " ")]
    if chip is not None:
        first.insert(0, chip)
    if number:
        first.append(Text(f" {number}", "m"))
    lines = [tuple(first)]
    if height >= 4:
        words = says.time_or_status(node)
        unit = " ms" if node.time_ns >= 0 and not node.status else ""
        lines.append((Text(cellwise(cut_cells(f"{node.type} {words}{unit}".strip(), room)), "m"),))
    return Face(tuple(lines), palette.border(node, whole))


def cut_labels(content: GraphContent, graph: Graph, whole: Sequence[int]) -> dict[int, EdgeLabel]:
    """Words beside edges that are cuts, by position in `graph.edges`."""
    split = content.split
    if split is None:
        return {}
    by_producer: dict[tuple[int, int], str] = {}
    for cut in split.cuts:
        parts = [f"cut {says.cut_ends(cut)}", says.megabytes(cut.size_bytes)]
        if cut.reorder_ns > 0:
            parts.append(f"{says.REORDER}{says.ms(cut.reorder_ns)}")
        for consumer in cut.consumers:
            by_producer[cut.producer, consumer] = " ".join(part for part in parts if part)
    found: dict[int, EdgeLabel] = {}
    for at, edge in enumerate(graph.edges):
        words = by_producer.get((whole[edge.source], whole[edge.target]))
        if words is not None:
            found[at] = EdgeLabel(words)
    return found


def stub_name(node: Node) -> str:
    """What a stub calls the node at its other end."""
    return cellwise(cut_cells(str(node.name), 16))
