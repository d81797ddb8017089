"""Where a graph is written to: a path to edit, and a second enter before a file is replaced."""

from __future__ import annotations

from ovexplorer.tui.graph_content import GraphContent
from ovexplorer.tui.screens.graph_view import Selection
from ovexplorer.tui.widgets.ask import Ask


class GraphExport(Ask):
    """Asks for a path and writes the graph in the format of its ending."""

    def __init__(self) -> None:
        super().__init__(id="graph-export")

    def begin(self, content: GraphContent, selection: Selection) -> None:
        """Propose a name that is not taken yet."""
