"""A graph as a file of any format: our own writers, and Graphviz for pictures, within limits.

Graphviz draws small graphs more beautifully and is the only one that makes PNG. A picture of 10,000 nodes takes it
131 s and 15 GB, so PNG has a limit; an SVG or PDF that it cannot make in time, or at all, is drawn by us.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal, get_args

from ovexplorer.errors import InterruptedRunError, UsageError
from ovexplorer.export.graph_dot import graph_dot
from ovexplorer.export.graph_html import graph_html
from ovexplorer.export.graph_json import graph_json
from ovexplorer.export.graph_mermaid import graph_mermaid
from ovexplorer.export.graph_pdf import graph_pdf
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
"""Nodes of a PNG, and of what Graphviz draws unless it is asked to."""

MOST_LINES: Final = 5_000
"""Edges of the same."""

MOST_PIXELS: Final = (3_840, 15_360)
"""Width and height of a PNG: 0.5 GB while it is drawn, and less than what viewers refuse."""

_DPI: Final = 96

_US: Final = "ovexplorer"

Run = Callable[..., bytes]
"""`run_dot` with its limits."""


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
        painter: Who draws SVG and PDF: `auto` takes Graphviz for small graphs where there is one.
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
            return Made(graph_html(graph).encode("utf-8"), _US)
        case "svg" | "pdf":
            return _drawn(graph, form, painter, partial(run_dot, cancel=cancel, longest_s=longest_s))
        case "png":
            return _png(graph, partial(run_dot, cancel=cancel, longest_s=longest_s))


def is_small(graph: Graph) -> bool:
    """Whether Graphviz draws a graph in little time."""
    return len(graph.nodes) <= MOST_IN_PICTURE and len(graph.edges) <= MOST_LINES


def _drawn(graph: Graph, form: Literal["svg", "pdf"], painter: Painter, run: Run) -> Made:
    """A drawing by Graphviz, or by us where it is not here, is not up to it, or is not wanted."""
    dot = find_dot()
    missing = ""
    if dot is None:
        missing = "Graphviz is not here: drawn by ovexplorer; the Python package graphviz-pure brings one"
    elif form == "pdf" and is_packaged(dot):
        missing = "PDF needs Graphviz itself, not the Python package: drawn by ovexplorer"
    if painter == "own" or (painter == "auto" and (missing or not is_small(graph))):
        return _own(graph, form)
    if missing:
        return _own(graph, form, missing)
    try:
        return Made(run(graph_dot(graph), form), dot.stem if dot is not None else "")
    except InterruptedRunError:
        raise
    except UsageError as error:
        return _own(graph, form, f"{error.what}: drawn by ovexplorer instead")


def _own(graph: Graph, form: Literal["svg", "pdf"], notice: str = "") -> Made:
    if form == "svg":
        return Made(graph_svg(graph).encode("utf-8"), _US, notice)
    pdf = graph_pdf(graph)
    signs = "signs that are in no font of PDF itself are shown as ?" if pdf.replaced else ""
    return Made(pdf.data, _US, "; ".join(part for part in (notice, signs) if part))


def _png(graph: Graph, run: Run) -> Made:
    dot = find_dot()
    if dot is None:
        raise UsageError("PNG needs Graphviz, which is not here", "install graphviz-pure or Graphviz; or write --svg")
    if not graph.nodes:
        raise UsageError("there is nothing to draw as PNG: the graph has no nodes", "--svg writes an empty drawing")
    if not is_small(graph):
        raise UsageError(
            f"{len(graph.nodes):,} nodes and {len(graph.edges):,} edges are too many for PNG: "
            f"at most {MOST_IN_PICTURE:,} and {MOST_LINES:,}",
            "write a part with --submodel N, --select QUERY or --view submodels, or --svg, --html, --pdf of all",
        )
    width, height = MOST_PIXELS
    settings = (f"-Gdpi={_DPI}", f"-Gsize={width // _DPI},{height // _DPI}")
    data = run(graph_dot(graph), "png", settings=settings)
    return Made(data, dot.stem, _scaled_down(data))


def _scaled_down(png: bytes) -> str:
    """What is said of a picture that was made to fit; its size stands in the header."""
    width, height = struct.unpack(">II", png[16:24]) if len(png) >= 24 else (0, 0)
    # Graphviz rounds.
    if width < MOST_PIXELS[0] - 1 and height < MOST_PIXELS[1] - 1:
        return ""
    return f"scaled down to {width:,} x {height:,} pixels, where text may be too small to read; SVG and HTML keep it"
