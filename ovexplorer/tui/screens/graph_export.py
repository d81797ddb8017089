"""Where a graph is written to: a path to edit, and a second enter before a file is replaced.

The whole is written, or what is marked, or what was searched for. Graphviz may take a while, so it runs aside.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from textual import on

from ovexplorer.errors import OvexplorerError
from ovexplorer.graph.find import read_query
from ovexplorer.graph.fold import keep_only
from ovexplorer.graph.model import Graph
from ovexplorer.text import clean
from ovexplorer.tui.graph_content import GraphContent
from ovexplorer.tui.screens.graph_view import Selection
from ovexplorer.tui.widgets.ask import Ask

MOST_NAMES = 1000


class GraphExport(Ask):
    """Asks for a path and writes the graph in the format of its ending."""

    def __init__(self) -> None:
        super().__init__(id="graph-export")
        self._warned = ""
        self._chosen: Graph | None = None
        self._given_up = False
        self._writing: asyncio.Task[None] | None = None

    def begin(self, content: GraphContent, selection: Selection) -> None:
        """Propose a name that is not taken yet, for what is marked, else what was found, else all."""
        self._warned = ""
        self._chosen, words = _part_of(content, selection)
        stem = f"graph-{clean(Path(str(content.graph.title)).stem, 40) or 'model'}".replace("/", "_")
        names = (f"{stem}.svg", *(f"{stem}-{number}.svg" for number in range(2, MOST_NAMES)))
        self.open("export", f"Export {words} to", next((name for name in names if not Path(name).exists()), names[0]))
        self.say(".svg .html .dot .json .mmd .png .pdf; enter writes")

    @property
    def writes(self) -> bool:
        """Whether a file is being made."""
        return self._writing is not None

    def give_up(self) -> None:
        """Stop making it."""
        self._given_up = True

    @on(Ask.Submitted)
    def _path_entered(self, event: Ask.Submitted) -> None:
        event.stop()
        # Late: only an export needs it.
        from ovexplorer.export.graph_render import ENDINGS

        path = Path(event.text.strip()).expanduser()
        if self._writing is not None or self._chosen is None:
            return
        if not event.text.strip() or path.is_dir():
            self.say("a file name is needed", "warn")
        elif path.suffix.lower() not in ENDINGS:
            self.say(f"the name must end in {' '.join(sorted(ENDINGS))}", "warn")
        elif path.exists() and self._warned != str(path):
            self._warned = str(path)
            self.say("it exists; enter again replaces it", "warn")
        else:
            self._given_up = False
            self.say("writing; esc gives up", "warn")
            self._writing = asyncio.create_task(self._write(path, self._chosen))

    async def _write(self, path: Path, graph: Graph) -> None:
        from ovexplorer.export.graph_render import ENDINGS, make

        try:
            form = ENDINGS[path.suffix.lower()]
            made = await asyncio.to_thread(make, graph, form, cancel=lambda: self._given_up)
            await asyncio.to_thread(path.write_bytes, made.data)
        except OvexplorerError as error:
            self.say(f"{error.what}: {error.hint}" if error.hint else error.what, "bad")
            return
        except OSError as error:
            self.say(str(error.strerror or "it cannot be written"), "bad")
            return
        finally:
            self._writing = None
        self.close()
        more = f"; {made.notice}" if made.notice else ""
        self.notify(clean(f"written: {path}{more}", 400), markup=False, timeout=6)


def _part_of(content: GraphContent, selection: Selection) -> tuple[Graph, str]:
    """What is written, and in words what it is."""
    graph = content.graph if selection.constants else content.folded
    keys = range(len(graph.nodes)) if selection.constants else [content.whole_key[node.key] for node in graph.nodes]
    if selection.marked:
        kept = [key for key, whole in enumerate(keys) if whole in selection.marked]
        return keep_only(graph, kept), f"{len(kept):,} marked"
    hits = read_query(selection.query).hits(graph)
    if hits:
        return keep_only(graph, hits), f"{len(hits):,} found"
    return graph, "all"
