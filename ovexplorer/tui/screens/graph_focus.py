"""Focus: what is around this operation? Its neighbourhood as boxes, laid out afresh on every key."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from ovexplorer.errors import UsageError
from ovexplorer.graph.drawing.layout import lay_out
from ovexplorer.graph.drawing.picture import Picture
from ovexplorer.graph.fold import keep_only
from ovexplorer.graph.model import Graph
from ovexplorer.graph.paths import Neighbourhood, critical_path, neighbourhood
from ovexplorer.session.state import RunState
from ovexplorer.tui.footers import Hint, hint
from ovexplorer.tui.graph_content import GraphContent
from ovexplorer.tui.screens import graph_details as details
from ovexplorer.tui.screens import graph_words as says
from ovexplorer.tui.screens.graph_faces import cut_labels, face_of, palette_of, stub_name
from ovexplorer.tui.screens.graph_view import GraphViewContainer
from ovexplorer.tui.widgets.graph_canvas import GraphCanvas
from ovexplorer.tui.widgets.lines import Line, Lines

FOOTER = (
    hint("list.down", "along edges", "j k"),
    hint("list.left", "beside", "h l"),
    hint("list.activate", "centre"),
    hint("view.more", "hops", "+ -"),
    hint("graph.assign", "assign"),
    hint("list.parent", "back"),
    hint("list.mark", wide=True),
    hint("graph.colour", wide=True),
    hint("graph.path", wide=True),
    hint("item.follow", "far end", wide=True),
    hint("view.next", wide=True),
    hint("item.export", wide=True),
)

MOST_HOPS = 12
MOST_NODES = 300
"""Boxes at most: more are told, not drawn."""
_WIDE = 120


class FocusView(GraphViewContainer):
    """One canvas around one operation."""

    def __init__(self) -> None:
        super().__init__(id="focus")
        self._content: GraphContent | None = None
        self._centre: int | None = None
        """Key in the folded graph."""
        self._hops = 2
        self._history: list[int] = []
        self._part: Graph | None = None
        self._keys: tuple[int, ...] = ()
        """Folded key by key in the part."""
        self._around: Neighbourhood | None = None
        self._path: frozenset[int] = frozenset()
        """Folded keys on the critical path; empty when it is not shown."""
        self._path_words = ""
        self._drawn: object = None

    def compose(self) -> ComposeResult:
        """The picture beside what is known of its middle."""
        glyphs = self.frame.glyphs
        with Horizontal(id="focus-all"):
            with Vertical(id="focus-left"):
                yield GraphCanvas(glyphs, id="focus-canvas", classes="panel")
                yield Lines(id="focus-way", classes="panel")
            with Vertical(id="focus-right"):
                yield Lines(id="focus-details", classes="panel right-panel")
                yield Lines(id="focus-move", classes="panel right-panel")

    @property
    def canvas(self) -> GraphCanvas:
        """The picture."""
        return self.query_one("#focus-canvas", GraphCanvas)

    # What is shown

    def show(self, content: GraphContent, state: RunState) -> None:  # noqa: ARG002 - the content has all
        """See GraphView."""
        if content is not self._content:
            self._content = content
            self._part = None
            wanted = self.selection.operation
            known = content.folded_key.get(wanted) if wanted is not None else self._centre
            self._centre = known if known is not None and known < len(content.folded.nodes) else None
        if self._centre is None and content.folded.nodes:
            self._centre = content.folded_key.get(self.selection.operation or 0, 0)
        self._draw()
        self._show_panels()

    def reveal(self) -> None:
        """See GraphView."""
        content, wanted = self._content, self.selection.operation
        if content is not None and wanted is not None and wanted in content.folded_key:
            self._go_to(content.folded_key[wanted])

    def hints(self) -> tuple[Hint, ...]:
        """See GraphView."""
        return FOOTER

    def _draw(self) -> None:
        content, centre = self._content, self._centre
        if content is None or centre is None:
            return
        look = (centre, self._hops, self.selection.colour, frozenset(self.selection.marked), self._path, self._wide)
        if self._part is not None and look == self._drawn:
            return
        before = self._chosen()
        self._drawn = look
        folded = content.folded
        self._around = neighbourhood(folded, centre, self._hops, MOST_NODES)
        self._keys = self._around.nodes
        part = self._part = keep_only(folded, self._keys)
        size = (20, 4) if self._wide else (16, 3)
        palette = palette_of(content, folded, self.selection.colour)
        whole = tuple(content.whole_key[key] for key in self._keys)
        faces = [face_of(node, whole[node.key], palette, self.selection, size) for node in part.nodes]
        middle = self._keys.index(centre)
        faces[middle] = face_of(part.nodes[middle], whole[middle], palette, self.selection, size)
        lit = frozenset(
            at
            for at, edge in enumerate(part.edges)
            if self._keys[edge.source] in self._path and self._keys[edge.target] in self._path
        )
        layout = lay_out(part, lambda _: size)
        labels = cut_labels(content, part, whole)
        picture = Picture(layout, faces, labels, lit, lambda key: stub_name(part.nodes[key]))
        keep = self._keys.index(before) if before in self._keys else middle
        self.canvas.show(part, picture, keep)

    @property
    def _wide(self) -> bool:
        return self.frame.size.width >= _WIDE

    def _chosen(self) -> int | None:
        """Folded key of the selected box."""
        at = self.canvas.selected
        return self._keys[at] if at is not None and at < len(self._keys) else None

    def _show_panels(self) -> None:
        content, around, centre = self._content, self._around, self._centre
        if content is None or around is None or centre is None:
            return
        frame, folded = self.frame, content.folded
        left_out = f" · {around.cut_off:,} more within them" if around.cut_off else ""
        title = (
            f"Focus {folded.nodes[centre].name} · {self._hops} hops · {len(around.nodes):,} of {len(folded.nodes):,}"
        )
        frame.title_panel(self.canvas, title + left_out, "j k along edges · h l beside · + - hops · backspace back")
        chosen = self._chosen()
        key = content.whole_key[chosen if chosen is not None else centre]
        panel = self.query_one("#focus-details", Lines)
        frame.title_panel(panel, str(content.graph.nodes[key].name), "enter centres it")
        panel.show(details.operation_lines(content, key))
        way = self.query_one("#focus-way", Lines)
        frame.title_panel(way, "Way here", "backspace steps back · p critical path")
        way.show(self._way_lines(around))
        move = self.query_one("#focus-move", Lines)
        lines = self._move_lines(key)
        move.display = bool(lines)
        frame.title_panel(move, "If it moved", "a assigns · u undoes · t measures")
        move.show(lines)

    def _way_lines(self, around: Neighbourhood) -> tuple[Line, ...]:
        content = self._content
        if content is None:
            return ()
        before = " · ".join(str(content.folded.nodes[key].name) for key in reversed(self._history[-4:]))
        lines: list[Line] = [
            (
                (f" edges that leave: {around.above} above, {around.below} below", "text"),
                ("; + adds a hop, o goes to a far end", "muted"),
            )
        ]
        if before:
            lines.append(((f" before: {before}", "muted"),))
        if self._path_words:
            lines.append(((f" {self._path_words}", "live"),))
        return tuple(lines)

    def _move_lines(self, key: int) -> tuple[Line, ...]:
        """What it would come to on each other device: predicted, not measured."""
        affinities = self.frame.affinities
        if affinities is None:
            return ()
        lines: list[Line] = []
        now = affinities.prediction.split
        for device in affinities.devices:
            if device == affinities.placed[key]:
                continue
            try:
                then = affinities.assign((key,), device).prediction
            except UsageError as error:
                lines.append(((f" {device}: {error.what}", "muted"),))
                continue
            lines += [
                ((f" to {device}", "text*"), (", expected", "muted")),
                ((f" submodels {len(now.submodels):,} → {len(then.split.submodels):,}", "text"),),
                ((f" cuts      {len(now.cuts):,} → {len(then.split.cuts):,}", "text"),),
                ((f" bytes     {now.cut_bytes / 1e6:.1f} → {then.split.cut_bytes / 1e6:.1f} MB", "text"),),
            ]
        return tuple(lines)

    # What is done

    def _go_to(self, centre: int) -> None:
        if centre != self._centre:
            if self._centre is not None:
                self._history.append(self._centre)
            self._centre = centre
        self._draw()
        if self._part is not None and self._centre in self._keys:
            self.canvas.select(self._keys.index(self._centre), centre=True)
        self._show_panels()

    @on(GraphCanvas.NodeChosen)
    def _node_chosen(self, event: GraphCanvas.NodeChosen) -> None:
        content = self._content
        if content is not None and event.key < len(self._keys):
            self.selection.operation = content.whole_key[self._keys[event.key]]
            self.selection.cut = None
            self._show_panels()

    @on(GraphCanvas.NodeActivated)
    def _node_activated(self, event: GraphCanvas.NodeActivated) -> None:
        if event.key < len(self._keys):
            self._go_to(self._keys[event.key])

    def action_list_parent(self) -> None:
        """Back to what was in the middle before."""
        if not self._history:
            self.frame.tell("this is where it began")
            return
        self._centre = self._history.pop()
        content = self._content
        if content is not None:
            self.selection.operation = content.whole_key[self._centre]
        self._draw()
        self.canvas.select(self._keys.index(self._centre), centre=True)
        self._show_panels()

    def action_view_more(self) -> None:
        """One more hop."""
        self._set_hops(self._hops + 1)

    def action_view_less(self) -> None:
        """One hop fewer."""
        self._set_hops(self._hops - 1)

    def action_view_fit(self) -> None:
        """Two hops."""
        self._set_hops(2)

    def _set_hops(self, hops: int) -> None:
        self._hops = max(1, min(MOST_HOPS, hops))
        self._draw()
        self._show_panels()

    def action_graph_path(self) -> None:
        """Paint the critical path through what is selected, or no more."""
        content, chosen = self._content, self._chosen()
        if content is None or chosen is None:
            return
        if self._path:
            self._path, self._path_words = frozenset(), ""
        else:
            path = critical_path(content.folded, chosen)
            self._path = frozenset(path.nodes)
            time = f"{says.ms(path.time_ns)} ms, " if path.time_ns else ""
            name = content.folded.nodes[chosen].name
            self._path_words = f"critical path through {name}: {time}{len(path.nodes):,} operations"
        self._draw()
        self._show_panels()

    def action_item_follow(self) -> None:
        """Go to the far end of an edge that leaves the picture: the next one with each key."""
        content, chosen = self._content, self._chosen()
        if content is None or chosen is None:
            return
        folded, inside = content.folded, set(self._keys)
        far = [folded.edges[at].target for at in folded.outgoing[chosen]]
        far += [folded.edges[at].source for at in folded.incoming[chosen]]
        outside = [key for key in far if key not in inside]
        if outside:
            self._go_to(outside[0])
        else:
            self.frame.tell("all its edges end in this picture")

    def colour_changed(self) -> None:
        """Draw again."""
        self._draw()

    def marks_changed(self) -> None:
        """Draw again."""
        self._draw()

    def action_item_copy(self) -> None:
        """Copy the name of what is selected."""
        content, chosen = self._content, self._chosen()
        if content is not None and chosen is not None:
            self.app.copy_to_clipboard(str(content.folded.nodes[chosen].name))
            self.frame.tell("copied the name")
