"""What boxes and edges say and which colours devices have: the same in every drawing that leaves the terminal."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from ovexplorer.analysis.split.words import counted
from ovexplorer.graph.model import Edge, Graph, Node
from ovexplorer.text import cut_middle
from ovexplorer.units import duration, size

WIDEST = 40
"""Characters of a line in a box; longer ones are cut in the middle, tooltips hold the whole."""

_LEGEND: Final = 24


@dataclass(frozen=True)
class Look:
    """Colours of one device."""

    device: str
    """Empty for nodes that name none."""
    fill: str
    border: str


_PLAIN: Final = Look("", "#f2f2f2", "#767676")
_COLOURS: Final = (
    ("#dcebfb", "#1f6fb5"),
    ("#fde6cf", "#b85c00"),
    ("#dff2df", "#2c7a2c"),
    ("#f6dff0", "#a02f82"),
    ("#fbf3c6", "#857000"),
    ("#d8f1f3", "#12757e"),
    ("#e7e1f8", "#6247aa"),
    ("#fadddd", "#b03030"),
)
"""Fill and border, dark text on each; devices beyond the last begin again, their names stand in the boxes."""


def looks_of(graph: Graph) -> dict[str, Look]:
    """Colours by device, in the order in which devices appear; nodes without one come under an empty name."""
    found: dict[str, Look] = {}
    for node in graph.nodes:
        device = str(node.device)
        if device not in found:
            count = len(found) - ("" in found)
            found[device] = Look(device, *_COLOURS[count % len(_COLOURS)]) if device else _PLAIN
    return found


def lines_of(node: Node, *, brief: bool = False, widest: int = WIDEST) -> tuple[str, ...]:
    """What a box says: the name, what it is, and where it runs.

    Args:
        node: Of the graph.
        brief: Whether it is said in two lines.
        widest: Characters of a line.
    """
    where = place_of(node)
    what = " ".join(part for part in (str(node.type), "" if brief else str(node.shape)) if part)
    rest = (" · ".join(part for part in (what, where) if part),) if brief else (what, where)
    return tuple(cut_middle(line, widest) for line in (str(node.name), *rest) if line)


def legend_word(device: str) -> str:
    """The name of a device in a legend."""
    return cut_middle(device, _LEGEND)


def place_of(node: Node) -> str:
    """Device, submodel and time: `CPU #4 · 0.12 ms`."""
    where = " ".join(part for part in (str(node.device), submodel_of(node)) if part)
    return " · ".join(part for part in (where, duration(node.time_ns) if node.time_ns >= 0 else "") if part)


def submodel_of(node: Node) -> str:
    """`#4`; empty for a node in no submodel."""
    return f"#{node.submodel}" if node.submodel >= 0 and node.name != f"#{node.submodel}" else ""


def told_of(node: Node) -> list[tuple[str, str]]:
    """All that is known of a node, as names and values."""
    tensor = " ".join(part for part in (str(node.precision), str(node.shape), str(node.layout)) if part)
    rows = [
        ("type", str(node.type)),
        ("output", tensor),
        ("device", str(node.device)),
        ("submodel", str(node.submodel) if node.submodel >= 0 else ""),
        ("time", duration(node.time_ns) if node.time_ns >= 0 else ""),
        ("status", str(node.status)),
        ("part", str(node.block)),
        *((str(name), str(value)) for name, value in node.details),
    ]
    return [(name, value) for name, value in rows if value]


def edge_words(edge: Edge) -> str:
    """What an edge carries: `f32[1,64,56,56] 0.8 MB`."""
    parts = (f"{edge.precision}{edge.shape}", size(edge.size_bytes) if edge.size_bytes else "")
    return " ".join(part for part in parts if part)


def headline_of(graph: Graph) -> str:
    """Title with what is drawn: `m · 1,234 nodes, 1,400 edges`."""
    counts = f"{counted(len(graph.nodes), 'node')}, {counted(len(graph.edges), 'edge')}"
    return f"{graph.title} · {counts}" if graph.title else counts


def cells_of(text: str) -> int:
    """Columns that a text takes in a font of fixed width."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else not unicodedata.combining(sign) for sign in text)


_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})


def markup(text: str) -> str:
    """A text inside elements and attributes of XML and HTML; what neither may hold becomes `�`."""
    if text.isalnum() and text.isascii():
        return text
    return _NOT_XML.sub("\ufffd", text).translate(_ENTITIES)
