"""Graph: which part runs where, and what does the split cost? Five views of one graph.

The graph is that of the open run (its operations with their submodels, or its layers) or of a file. The screen holds
what is selected and searched; a view draws and takes the keys that mean something there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widget import Widget

from ovexplorer.schema.results import LayerTime
from ovexplorer.session.state import RunState
from ovexplorer.tui.actions import bindings_for
from ovexplorer.tui.footers import FOOTERS, Hint
from ovexplorer.tui.graph_content import GraphContent
from ovexplorer.tui.graphing import Graphing
from ovexplorer.tui.screens.graph_changes import GraphChanges
from ovexplorer.tui.screens.graph_empty import empty_lines
from ovexplorer.tui.screens.graph_view import COLOURS, VIEWS, GraphView, GraphViewName, Selection
from ovexplorer.tui.widgets.ask import Ask
from ovexplorer.tui.widgets.lines import Lines


class GraphScreen(GraphChanges):
    """Shows one view at a time and hands it the keys."""

    NAME = "graph"
    RATE = "table"
    CSS_PATH = "graph.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("graph")

    def __init__(self) -> None:
        super().__init__()
        self.selection = Selection()
        self._active: GraphViewName | None = None
        self._views: dict[GraphViewName, Widget] = {}
        self._shown: object = None
        self._wanted: LayerTime | None = None
        """A layer to be shown once there is a graph."""

    @property
    def graphing(self) -> Graphing:
        """The graph that is shown."""
        return self.ovx.graphing

    @property
    def content(self) -> GraphContent | None:
        """What is shown; None before there is anything."""
        return self.graphing.content

    @property
    def view(self) -> GraphView | None:
        """The view that is visible; None before the first one."""
        return cast("GraphView", self._views[self._active]) if self._active is not None else None

    def body(self) -> ComposeResult:
        """One sentence until there is a graph; views are made when they are asked for."""
        yield Lines(id="graph-empty", classes="panel")
        yield Ask(id="graph-ask")
        yield from self.export_fields()

    # What is shown

    def on_tick(self, state: RunState) -> None:
        """Ask for what is missing, and show what is there."""
        if not self._hidden:
            self.graphing.follow(state)
        content = self.content
        self.set_class(content is None, "-empty")
        if content is None:
            panel = self.query_one("#graph-empty", Lines)
            self.title_panel(panel, "Graph")
            panel.show(empty_lines(state, self.graphing, self.glyphs))
            return
        self.take_content(content)
        if self._active is None or self._other_graph(content):
            self.show_view("submodels" if content.split is not None and len(content.split.submodels) > 1 else "lanes")
            self._show_wanted(content)
            return
        self._draw(content, state)

    def _other_graph(self, content: GraphContent) -> bool:
        """Whether nothing of what was selected can still be meant."""
        before = self._shown
        self._shown = (content.source, content.graph.title, len(content.graph.nodes))
        if before in (None, self._shown):
            return False
        self.selection.operation = self.selection.submodel = self.selection.cut = None
        self.selection.marked.clear()
        return True

    def _draw(self, content: GraphContent, state: RunState) -> None:
        view = self.view
        if view is not None and self._active is not None and self._views[self._active].is_mounted:
            view.show(content, state)

    def show_view(self, name: GraphViewName) -> None:
        """Make a view visible, show what is selected in it, and give it the focus."""
        self._active = name
        if name not in self._views:
            made = self._made(name)
            self._views[name] = made
            self.query_one("#body").mount(made, before="#graph-ask")
        for other, widget in self._views.items():
            widget.display = other == name
        self.call_after_refresh(self._entered)

    def _made(self, name: GraphViewName) -> Widget:
        # Late: only who looks at a view needs it.
        if name == "submodels":
            from ovexplorer.tui.screens.graph_submodels import SubmodelsView

            return SubmodelsView()
        if name == "lanes":
            from ovexplorer.tui.screens.graph_lanes import LanesView

            return LanesView()
        if name == "focus":
            from ovexplorer.tui.screens.graph_focus import FocusView

            return FocusView()
        if name == "map":
            from ovexplorer.tui.screens.graph_map import MapView

            return MapView()
        from ovexplorer.tui.screens.graph_outline import OutlineView

        return OutlineView()

    def view_mounted(self) -> None:
        """A view that was just made can be drawn."""
        self._entered()

    def _entered(self) -> None:
        widget = self._views.get(self._active) if self._active is not None else None
        if widget is None or not widget.is_mounted:
            return
        inside = self.focused is not None and widget in self.focused.ancestors_with_self
        panel = next((entry for entry in widget.query("*") if entry.focusable), None)
        if panel is not None and not inside:
            panel.focus()
        self.redraw()
        if self.view is not None:
            self.view.reveal()

    def hints(self, state: RunState) -> tuple[Hint, ...]:  # noqa: ARG002 - those of the view
        """What works here."""
        return self.view.hints() if self.view is not None and self.content is not None else FOOTERS["graph"]

    # Going from view to view

    def go_to_operation(self, key: int, view: GraphViewName = "focus") -> None:
        """Show an operation; the view that is visible stays when it can show it."""
        self.selection.operation = key
        if self._active == view:
            self.redraw()
            if self.view is not None:
                self.view.reveal()
        else:
            self.show_view(view)

    def show_in_layers(self, key: int) -> None:
        """Show a layer of the profile on the Layers screen."""
        from ovexplorer.tui.screens.layers import LayersScreen

        self.ovx.action_app_screen("layers")
        screen = self.app.screen
        if isinstance(screen, LayersScreen):
            screen.call_after_refresh(screen.show_layer, key)

    def show_layer(self, layer: LayerTime) -> None:
        """Show what a layer stands for: the cut that a Reorder belongs to, or an operation; once there is a graph."""
        self._wanted = layer
        if self.content is not None:
            self._show_wanted(self.content)

    def _show_wanted(self, content: GraphContent) -> None:
        layer, self._wanted = self._wanted, None
        if layer is None:
            return
        split = content.split
        for at, cut in enumerate(split.cuts if split is not None else ()):
            if layer.key in cut.reorders:
                self.selection.cut, self.selection.operation = at, None
                self.show_view("submodels")
                return
        names = layer.fused_from or (layer.name,)
        found = next((node.key for node in content.graph.nodes if node.name in names), None)
        if found is None:
            self.tell("this layer stands for no operation of the model")
        else:
            self.go_to_operation(found, "lanes")

    def action_view_next(self) -> None:
        """Next view."""
        self._turn(1)

    def action_view_previous(self) -> None:
        """Previous view."""
        self._turn(-1)

    def _turn(self, by: int) -> None:
        content = self.content
        if content is None or self._active is None:
            return
        names = [name for name, _ in VIEWS if name != "submodels" or content.split is not None]
        place = names.index(self._active) if self._active in names else 0
        self.show_view(names[(place + by) % len(names)])

    def operations_below(self) -> tuple[int, ...]:
        """See GraphChanges."""
        own = getattr(self.view, "operations_here", None)
        return tuple(own()) if own is not None else ()

    # Searching: the words are typed here, the view says what they find.

    @on(Ask.Changed)
    def _typed(self, event: Ask.Changed) -> None:
        if event.purpose == "find":
            self.selection.query = event.text
            self._forward("find_changed")
            self.redraw()

    @on(Ask.Submitted)
    def _entered_text(self, event: Ask.Submitted) -> None:
        event.stop()
        if event.purpose == "find":
            event.ask.close()
        elif event.purpose == "file":
            self.open_typed(event.ask, event.text)

    def action_list_find(self) -> None:
        """Search while typing."""
        if self.content is not None:
            ask = self.query_one("#graph-ask", Ask)
            ask.open("find", "Find", self.selection.query)
            ask.say("name, /regex/, type:Conv, dev:CPU, sub:4, >0.1ms")

    # Actions of the registry: the view's own, else nothing or what they do on every screen.

    def _forward(self, name: str, otherwise: Callable[[], None] | None = None) -> None:
        own = getattr(self.view, name, None)
        if own is not None and self.content is not None:
            own()
        elif otherwise is not None:
            otherwise()

    def action_list_next_hit(self) -> None:
        """Next one that was searched for."""
        self._forward("action_list_next_hit")

    def action_list_previous_hit(self) -> None:
        """The one before."""
        self._forward("action_list_previous_hit")

    def action_list_sort(self) -> None:
        """Next order."""
        self._forward("action_list_sort")

    def action_list_reverse(self) -> None:
        """Turn the order round."""
        self._forward("action_list_reverse")

    def action_list_parent(self) -> None:
        """Back to what was looked at before."""
        self._forward("action_list_parent")

    def action_view_more(self) -> None:
        """More detail."""
        self._forward("action_view_more")

    def action_view_less(self) -> None:
        """Less of it."""
        self._forward("action_view_less")

    def action_view_fit(self) -> None:
        """As it was at first."""
        self._forward("action_view_fit")

    def action_view_zoom_panel(self) -> None:
        """The graph fills the body; again: back."""
        self.toggle_class("-zoomed")
        self.call_after_refresh(self.redraw)

    def action_view_next_landmark(self) -> None:
        """Next cut, or next change of device."""
        self._forward("action_view_next_landmark")

    def action_view_previous_landmark(self) -> None:
        """The one before."""
        self._forward("action_view_previous_landmark")

    def action_graph_fold(self) -> None:
        """Fold or unfold."""
        self._forward("action_graph_fold")

    def action_graph_path(self) -> None:
        """The critical path."""
        self._forward("action_graph_path")

    def action_graph_colour(self) -> None:
        """Colour by something else."""
        place = COLOURS.index(self.selection.colour)
        self.selection.colour = COLOURS[(place + 1) % len(COLOURS)]
        self._forward("colour_changed")
        self.redraw()

    def action_item_follow(self) -> None:
        """The far end of an edge."""
        self._forward("action_item_follow")

    def action_item_copy(self) -> None:
        """Copy what is under the cursor."""
        self._forward("action_item_copy")

    def action_list_mark(self) -> None:
        """Mark or unmark the operation under the cursor."""
        key = self.selection.operation
        if key is None:
            self.tell("no operation is selected")
            return
        self.selection.marked ^= {key}
        self._forward("marks_changed")
        self.redraw()

    def action_run_again(self) -> None:
        """Ask for everything anew."""
        self.graphing.again()
        self.redraw()

    def action_app_back(self) -> None:
        """Close exactly one thing: a field, the search, the zoom, the view's own; then what is under way."""
        ask = self.query_one("#graph-ask", Ask)
        if self.close_fields():
            return
        if ask.is_open:
            ask.close()
        elif self.selection.query:
            self.selection.query = ""
            self._forward("find_changed")
        elif self.has_class("-zoomed"):
            self.action_view_zoom_panel()
        elif self.graphing.busy:
            self.graphing.cancel()
        elif not (self.view is not None and bool(getattr(self.view, "back", lambda: False)())):
            super().action_app_back()
            return
        self.redraw()
