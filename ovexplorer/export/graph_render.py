"""A graph as a file of any format: our own writers, and Graphviz for pictures, within limits.

Graphviz draws small graphs more beautifully and is the only one that makes PNG and PDF. A picture of 10,000 nodes takes
it 131 s and 15 GB, so pictures have a limit; an SVG it cannot make in time is drawn by us.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from ovexplorer.errors import InterruptedRunError, UsageError
from ovexplorer.export.graph_dot import graph_dot
from ovexplorer.export.graph_html import graph_html
from ovexplorer.export.graph_json import graph_json
from ovexplorer.export.graph_mermaid import graph_mermaid
from ovexplorer.export.graph_svg import graph_svg
from ovexplorer.graph.model import Graph
from ovexplorer.session.graphviz import LONGEST_S, find_dot, is_packaged, run_dot

Form = Literal["svg", "png", "pdf", "html", "dot", "mermaid", "json"]
FORMS: Final[tuple[Form, ...]] = get_args(Form)
Painter = Literal["auto", "dot", "own"]
PAINTERS: Final[tuple[Painter, ...]] = get_args(Painter)

ENDINGS: Final[Mapping[str, Form]] = {
    ".svg": "svg",
    ".png": "png",
    ".pdf": "pdf",
    ".html": "html",
    ".htm": "html",
    ".dot": "dot",
    ".gv": "dot",
    ".mmd": "mermaid",
    ".json": "json",
}
"""Format by the ending of a file name."""

BINARY: Final[frozenset[Form]] = frozenset({"png", "pdf"})

MOST_IN_PICTURE: Final = 1_000
"""Nodes of a PNG or PDF."""

MOST_LINES: Final = 5_000
"""Edges of a PNG or PDF, and of an SVG that Graphviz draws unless it is asked to."""

MOST_PIXELS: Final = (3_840, 15_360)
"""Width and height of a PNG: 0.5 GB while it is drawn, and less than what viewers refuse."""

_DPI: Final = 96

_PART = "write a part with --submodel N, --select QUERY or --view submodels, or --svg or --html of the whole"


@dataclass(frozen=True)
class Made:
    """What was made of a graph."""

    data: bytes
    by: str = ""
    """Which program drew it; empty where nothing is drawn."""
    notice: str = ""
    """What is not as asked for, in words; empty when all is."""


def make(
    graph: Graph,
    form: Form,
    *,
    painter: Painter = "auto",
    cancel: Callable[[], bool] = lambda: False,
    longest_s: float = LONGEST_S,
) -> Made:
    """Make a file of a graph; it can take as long as `longest_s`.

    Args:
        graph: All of it is written.
        form: The format.
        painter: Who draws SVG: `auto` takes Graphviz for small graphs where there is one.
        cancel: Asked again and again while Graphviz draws.
        longest_s: Time that Graphviz may take.

    Raises:
        UsageError: The graph is too large for the format, or Graphviz is needed and is not here or fails.
        InterruptedRunError: `cancel` said so.
    """
    match form:
        case "json":
            return Made(graph_json(graph).encode("ascii"))
        case "dot":
            return Made(graph_dot(graph).encode("utf-8"))
        case "mermaid":
            return Made(graph_mermaid(graph).encode("utf-8"))
        case "html":
            return Made(graph_html(graph).encode("utf-8"), "ovexplorer")
        case "svg":
            return _svg(graph, painter, cancel, longest_s)
        case "png" | "pdf":
            return _picture(graph, form, cancel, longest_s)


def is_small(graph: Graph) -> bool:
    """Whether Graphviz draws a graph in little time."""
    return len(graph.nodes) <= MOST_IN_PICTURE and len(graph.edges) <= MOST_LINES


def _svg(graph: Graph, painter: Painter, cancel: Callable[[], bool], longest_s: float) -> Made:
    dot = find_dot()
    if painter == "own" or (painter == "auto" and (dot is None or not is_small(graph))):
        return Made(graph_svg(graph).encode("utf-8"), "ovexplorer")
    if dot is None:
        notice = "Graphviz is not here: drawn by ovexplorer; the Python package graphviz-pure brings one"
        return Made(graph_svg(graph).encode("utf-8"), "ovexplorer", notice)
    try:
        return Made(run_dot(graph_dot(graph), "svg", cancel=cancel, longest_s=longest_s), dot.stem)
    except InterruptedRunError:
        raise
    except UsageError as error:
        return Made(graph_svg(graph).encode("utf-8"), "ovexplorer", f"{error.what}: drawn by ovexplorer instead")


def _picture(graph: Graph, form: Literal["png", "pdf"], cancel: Callable[[], bool], longest_s: float) -> Made:
    dot = find_dot()
    name = form.upper()
    if dot is None:
        raise UsageError(f"{name} needs Graphviz, which is not here", "install graphviz-pure or Graphviz; or --svg")
    if form == "pdf" and is_packaged(dot):
        raise UsageError(
            "PDF needs Graphviz itself, the Python package cannot write it",
            "install it (apt install graphviz, brew install graphviz), or print what --html writes",
        )
    if not graph.nodes:
        raise UsageError(f"there is nothing to draw as {name}: the graph has no nodes", "look at it without --select")
    if not is_small(graph):
        raise UsageError(
            f"{len(graph.nodes):,} nodes and {len(graph.edges):,} edges are too many for {name}: "
            f"at most {MOST_IN_PICTURE:,} and {MOST_LINES:,}",
            _PART,
        )
    width, height = MOST_PIXELS
    settings = (f"-Gdpi={_DPI}", f"-Gsize={width // _DPI},{height // _DPI}") if form == "png" else ()
    data = run_dot(graph_dot(graph), form, cancel=cancel, longest_s=longest_s, settings=settings)
    return Made(data, dot.stem, _scaled_down(data) if form == "png" else "")


def _scaled_down(png: bytes) -> str:
    """What is said of a picture that was made to fit; its size stands in the header."""
    width, height = struct.unpack(">II", png[16:24]) if len(png) >= 24 else (0, 0)
    # Graphviz rounds.
    if width < MOST_PIXELS[0] - 1 and height < MOST_PIXELS[1] - 1:
        return ""
    return f"scaled down to {width:,} x {height:,} pixels, where text may be too small to read; SVG and HTML keep it"
