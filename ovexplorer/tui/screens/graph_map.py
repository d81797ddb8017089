"""Map: the whole graph on the grid of cells, with an overview beside it. Large ones are laid out aside."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal

from ovexplorer.graph.drawing.layout import Layout, lay_out
from ovexplorer.graph.drawing.overview import overview
from ovexplorer.graph.drawing.picture import Face, Picture
from ovexplorer.graph.find import next_hit, read_query
from ovexplorer.graph.fold import collapse
from ovexplorer.graph.model import Graph
from ovexplorer.graph.paths import device_changes
from ovexplorer.session.state import RunState
from ovexplorer.tui.footers import Hint, hint
from ovexplorer.tui.graph_content import GraphContent
from ovexplorer.tui.screens import graph_words as says
from ovexplorer.tui.screens.graph_faces import cut_labels, face_of, palette_of, stub_name
from ovexplorer.tui.screens.graph_view import GraphViewContainer
from ovexplorer.tui.widgets.graph_canvas import GraphCanvas
from ovexplorer.tui.widgets.lines import Line, Lines

FOOTER = (
    hint("list.down", "along edges", "j k"),
    hint("list.left", "beside", "h l"),
    hint("list.activate", "focus"),
    hint("view.more", "detail", "+ -"),
    hint("view.next_landmark", "device change", "[ ]"),
    hint("graph.fold", "blocks"),
    hint("item.follow", "far end", wide=True),
    hint("list.find", wide=True),
    hint("graph.colour", wide=True),
    hint("list.page_down", "page", "pgup pgdn", wide=True),
    hint("view.next", wide=True),
    hint("item.export", wide=True),
)

SIZES = ((14, 1), (16, 3), (22, 4))
"""Width and height of a box at each level of detail."""

AT_ONCE = 800
"""Nodes up to which a graph is laid out at once: it takes less than a tenth of a second."""


@dataclass(frozen=True)
class _Made:
    """One layout and what it is of."""

    of: object
    graph: Graph
    whole: tuple[int, ...]
    """Whole key by key in `graph`."""
    layout: Layout


class MapView(GraphViewContainer):
    """One large canvas."""

    def __init__(self) -> None:
        super().__init__(id="map")
        self._content: GraphContent | None = None
        self._detail = 1
        self._blocks = False
        self._made: _Made | None = None
        self._laying: asyncio.Task[None] | None = None
        self._wanted: object = None
        self._look: object = None
        self._small: tuple[object, tuple[str, ...]] | None = None
        """The overview, and what it is of."""

    def compose(self) -> ComposeResult:
        """The picture beside its overview."""
        with Horizontal():
            yield GraphCanvas(self.frame.glyphs, id="map-canvas", classes="panel")
            yield Lines(id="map-overview", classes="panel right-panel")

    @property
    def canvas(self) -> GraphCanvas:
        """The picture."""
        return self.query_one("#map-canvas", GraphCanvas)

    # What is shown

    def show(self, content: GraphContent, state: RunState) -> None:  # noqa: ARG002 - the content has all
        """See GraphView."""
        self._content = content
        wanted = (id(content), self._detail, self._blocks)
        if self._made is None or self._made.of != wanted:
            self._make(content, wanted)
        self._draw()

    def reveal(self) -> None:
        """See GraphView."""
        made, wanted = self._made, self.selection.operation
        if made is not None and wanted in made.whole:
            self.canvas.select(made.whole.index(wanted), centre=True)
            self._show_panels()

    def hints(self) -> tuple[Hint, ...]:
        """See GraphView."""
        return FOOTER

    def back(self) -> bool:
        """Give up a layout that takes long; False when none is under way."""
        if self._laying is None:
            return False
        self._laying.cancel()
        self._laying = None
        self.frame.tell("given up; v shows another view")
        return True

    def _make(self, content: GraphContent, wanted: object) -> None:
        if self._laying is not None:
            if wanted == self._wanted:
                return
            self._laying.cancel()
            self._laying = None
        self._wanted = wanted
        if len(content.folded.nodes) <= AT_ONCE:
            self._made = self._laid_out(content, wanted, self._detail, blocks=self._blocks)
        else:
            self._laying = asyncio.create_task(self._make_aside(content, wanted))

    async def _make_aside(self, content: GraphContent, wanted: object) -> None:
        detail, blocks = self._detail, self._blocks
        made = await asyncio.to_thread(self._laid_out, content, wanted, detail, blocks=blocks)
        self._made, self._laying, self._look = made, None, None
        if self.is_attached:
            self._draw()
            self.reveal()

    @staticmethod
    def _laid_out(content: GraphContent, wanted: object, detail: int, *, blocks: bool) -> _Made:
        graph = content.folded
        whole = tuple(content.whole_key[node.key] for node in graph.nodes)
        if blocks:
            first: dict[str, int] = {}
            for node in graph.nodes:
                first.setdefault(str(node.block) or str(node.id), whole[node.key])
            graph = collapse(graph, lambda node: str(node.block))
            whole = tuple(first.get(str(node.block) or str(node.id), 0) for node in graph.nodes)
        return _Made(wanted, graph, whole, lay_out(graph, lambda _: SIZES[detail]))

    def _draw(self) -> None:
        content, made = self._content, self._made
        if content is None or made is None:
            self._show_panels()
            return
        hits = frozenset(read_query(self.selection.query).hits(made.graph))
        look = (made.of, self.selection.colour, frozenset(self.selection.marked), hits)
        if look != self._look:
            self._look = look
            palette = palette_of(content, made.graph, self.selection.colour)
            size = SIZES[self._detail]

            def face(key: int) -> Face:
                node = made.graph.nodes[key]
                return face_of(node, made.whole[key], palette, self.selection, size, lit=key in hits)

            labels = cut_labels(content, made.graph, made.whole) if size[1] > 1 and not self._blocks else {}
            selected = self.canvas.selected
            if selected is None or selected >= len(made.graph.nodes):
                wanted = self.selection.operation
                selected = made.whole.index(wanted) if wanted in made.whole else 0 if made.graph.nodes else None
            picture = Picture(made.layout, face, labels, name_of=lambda key: stub_name(made.graph.nodes[key]))
            self.canvas.show(made.graph, picture, selected)
        self._show_panels()

    def _show_panels(self) -> None:
        content, made = self._content, self._made
        panel = self.query_one("#map-overview", Lines)
        self.frame.title_panel(panel, "Overview")
        if content is None:
            return
        if self._laying is not None or made is None:
            glyph = self.frame.glyphs.working
            self.frame.title_panel(self.canvas, f"Map · {glyph} laying out {len(content.folded.nodes):,} operations")
            return
        count, layout = len(made.graph.nodes), made.layout
        stubs = f" · {len(layout.stubs) // 2:,} long edges not drawn" if layout.stubs else ""
        found = f" · {len(read_query(self.selection.query).hits(made.graph)):,} found" if self.selection.query else ""
        words = "blocks" if self._blocks else "operations"
        self.frame.title_panel(self.canvas, f"Map · {count:,} {words}{stubs}{found}", "pages pan · + - detail")
        panel.show(self._overview_lines(content, made, panel.size.width - 2, panel.size.height))

    def _overview_lines(self, content: GraphContent, made: _Made, width: int, height: int) -> tuple[Line, ...]:
        letters = says.letters_of(content.devices)
        chips = says.chips_of(content.devices)
        seen = (made.of, width, height)
        if self._small is None or self._small[0] != seen:
            signs = [letters.get(str(node.device), "·") for node in made.graph.nodes]
            self._small = (seen, overview(made.layout, signs, width, height))
        rows = self._small[1]
        roles = {letters[device]: chips[device] for device in content.devices}
        _, top, _, shown = self.canvas.window
        scale = len(rows) / max(1, made.layout.height)
        lines: list[Line] = []
        for y, row in enumerate(rows):
            here = int(top * scale) <= y <= int((top + shown) * scale)
            pieces = [("┃" if here else " ", "live")]
            pieces += [(sign, roles.get(sign, "muted") if sign != " " else "text") for sign in row]
            lines.append(tuple(pieces))
        return tuple(lines)

    # What is done

    @on(GraphCanvas.NodeChosen)
    def _node_chosen(self, event: GraphCanvas.NodeChosen) -> None:
        if self._made is not None and event.key < len(self._made.whole):
            self.selection.operation, self.selection.cut = self._made.whole[event.key], None
            self._show_panels()

    @on(GraphCanvas.NodeActivated)
    def _node_activated(self, event: GraphCanvas.NodeActivated) -> None:
        if self._made is not None and event.key < len(self._made.whole):
            self.frame.go_to_operation(self._made.whole[event.key], "focus")

    def action_view_more(self) -> None:
        """Larger boxes that say more."""
        self._set_detail(self._detail + 1)

    def action_view_less(self) -> None:
        """Smaller ones."""
        self._set_detail(self._detail - 1)

    def action_view_fit(self) -> None:
        """As it was at first."""
        self._set_detail(1)

    def _set_detail(self, detail: int) -> None:
        self._detail = max(0, min(len(SIZES) - 1, detail))
        self._again()

    def action_graph_fold(self) -> None:
        """One box for each block, or for each operation."""
        self._blocks = not self._blocks
        self._again()

    def _again(self) -> None:
        if self._content is not None:
            self.show(self._content, self.frame.state)
            self.reveal()

    def action_view_next_landmark(self) -> None:
        """The next change of device."""
        self._to(1)

    def action_view_previous_landmark(self) -> None:
        """The one before."""
        self._to(-1)

    def _to(self, by: int) -> None:
        made = self._made
        if made is not None:
            found = next_hit(sorted(device_changes(made.graph)), self.canvas.selected, by)
            self._select(found, "everything runs in one submodel")

    def action_item_follow(self) -> None:
        """Go to the far end of an edge that is too long to be drawn."""
        made, key = self._made, self.canvas.selected
        if made is None or key is None:
            return
        far = [stub.far for stub in made.layout.stubs if stub.node == key and stub.far != key]
        self._select(far[0] if far else None, "all its edges are drawn")

    def find_changed(self) -> None:
        """Light up what is found, and go there."""
        self._draw()
        self._to_hit(1)

    def marks_changed(self) -> None:
        """Draw marks."""
        self._draw()

    def colour_changed(self) -> None:
        """Draw in other colours."""
        self._draw()

    def action_list_next_hit(self) -> None:
        """The next one that was searched for."""
        self._to_hit(1)

    def action_list_previous_hit(self) -> None:
        """The one before."""
        self._to_hit(-1)

    def _to_hit(self, by: int) -> None:
        made = self._made
        if made is not None and self.selection.query:
            hits = read_query(self.selection.query).hits(made.graph)
            self._select(next_hit(hits, self.canvas.selected, by), "nothing is found")

    def _select(self, key: int | None, otherwise: str) -> None:
        made = self._made
        if key is None or made is None:
            self.frame.tell(otherwise)
            return
        self.canvas.select(key, centre=True)
        self.selection.operation = made.whole[key]
        self._show_panels()

    def action_item_copy(self) -> None:
        """Copy the name of what is selected."""
        made, key = self._made, self.canvas.selected
        if made is not None and key is not None:
            self.app.copy_to_clipboard(str(made.graph.nodes[key].name))
            self.frame.tell("copied the name")
