"""Layers: where does the time go? A table of layers with roll-ups, the details of one, and why each Reorder is there.

Counters come from a separate compile of the same configuration, asked for on the first visit and refreshed while the
screen is open; the headline above stays that of the run without them.
"""

from __future__ import annotations

from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical

from ovexplorer.analysis.align import AlignedRow
from ovexplorer.analysis.layers import Group, LayerRow
from ovexplorer.analysis.reorders import Reorder
from ovexplorer.session.state import RunState
from ovexplorer.text import clean
from ovexplorer.tui.actions import bindings_for
from ovexplorer.tui.footers import FOOTERS, LAYERS_REORDERS, Hint
from ovexplorer.tui.screens import layers_view as view
from ovexplorer.tui.screens import layers_words as says
from ovexplorer.tui.screens.layers_board import Board, News, reorder_at
from ovexplorer.tui.screens.layers_export import LayersExport, shown_layers
from ovexplorer.tui.screens.layers_paint import SizedLines
from ovexplorer.tui.screens.layers_reference import LayersReference
from ovexplorer.tui.widgets.ask import Ask
from ovexplorer.tui.widgets.lines import Lines
from ovexplorer.tui.widgets.table import Table

FILTERS = "name, /regex/, type:Conv, >1%, !f32, fused"


class LayersScreen(LayersReference):
    """Turns keys into moves of a `Board`, and shows it."""

    NAME = "layers"
    RATE = "table"
    CSS_PATH = "layers.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("layers")
    AUTO_FOCUS = "#layers-table"

    def __init__(self) -> None:
        super().__init__()
        self.board = Board()
        self._seen: tuple[object, ...] = ()
        self._sizes: tuple[object, ...] = ()
        self._resized = False

    def body(self) -> ComposeResult:
        """Table over details, roll-ups beside them."""
        with Horizontal(id="layers"):
            with Vertical(id="layers-left"):
                yield Lines(id="layers-empty", classes="panel")
                table: Table[Any] = Table((), id="layers-table", classes="panel", key=hash)
                yield table
                yield Ask(id="layers-ask")
                yield LayersExport()
                yield SizedLines(id="layers-details", classes="panel")
                yield SizedLines(id="layers-remedy", classes="panel")
            with Vertical(id="layers-right"):
                for name in ("types", "blocks", "transitions", "doctor", "against"):
                    yield SizedLines(id=f"layers-{name}", classes="panel")

    # What is shown

    def on_tick(self, state: RunState) -> None:
        """Ask for what is missing, and show what is there."""
        segment = state.current
        known = state.profile
        profile = known if segment and known and known.segment == segment.number else None
        if not self._hidden:
            self.counting.follow(state, profile)
        self.take_baseline(state)
        alone = self.counting.alone(state, ask=self.board.view == "reorders" and not self._hidden)
        if profile is not self.board.profile:
            self.board.run = self._plain_run(state)
        self._show_news(self.board.take(profile))
        self.set_class(profile is None, "-empty")
        if profile is None:
            panel = self.query_one("#layers-empty", Lines)
            self.title_panel(panel, "Layers")
            asked = segment is not None and self.counting.was_asked(segment.number)
            panel.show(says.empty_lines(state, self.glyphs, replay=self.ovx.replay, asked=asked))
            return
        waiting = self.counting.waiting_for
        seen = (profile, state.peak, self.board.reference, alone.profile, alone.counting, waiting)
        sizes = (self.size, self.query_one("#layers-details", Lines).size)
        same = len(seen) == len(self._seen) and all(new is old for new, old in zip(seen, self._seen))
        if not same or sizes != self._sizes:
            self._seen, self._sizes = seen, sizes
            self.show_words(alone)
        if self.focused is None:
            # It was hidden while there was nothing to show, so the first focus passed it by.
            self.call_after_refresh(self.table.focus)

    def redraw(self) -> None:
        """Show the present state now, changed or not."""
        self._seen = ()
        super().redraw()

    @on(SizedLines.Resized)
    def _panel_resized(self) -> None:
        """What a panel shows depends on its size; several are resized at once."""
        if not self._resized:
            self._resized = True
            self.call_later(self._show_resized)

    def _show_resized(self) -> None:
        self._resized = False
        self.redraw()

    def on_screen_suspend(self) -> None:
        """Nobody looks: no more refreshes."""
        super().on_screen_suspend()
        self.counting.stop(self.state)

    def hints(self, state: RunState) -> tuple[Hint, ...]:  # noqa: ARG002 - the same in every state
        """What works here."""
        return LAYERS_REORDERS if self.board.view == "reorders" else FOOTERS["layers"]

    def _plain_run(self, state: RunState) -> view.PlainRun:
        self.ovx.figures.feed(state)
        figures = self.ovx.figures.of(state.current.number) if state.current is not None else None
        if figures is None:
            return view.PlainRun()
        return view.PlainRun(figures.summary.p50_ns or 0.0, figures.summary.mean_ns or 0.0)

    def _show_news(self, news: News) -> None:
        if news == "values":
            content = self.board.content()
            self.table.renew(content.columns, content.rows)
        elif news == "other":
            self.show_rows()

    def show_rows(self) -> None:
        """Fill the table anew; the cursor stays on its row, and the order where it can."""
        content, table = self.board.content(), self.table
        before = table.current_key
        wanted, descending = table.sorted_by
        ids = {column.id for column in content.columns if column.sort is not None}
        if self.board.view != "layers" or wanted not in ids or wanted == "count":
            wanted, descending = ("change" if self.board.view == "difference" else "time"), True
        sort = wanted if wanted in ids else ""
        table.show(content.columns, content.rows, content.key, sort=sort, descending=descending, accept=content.accept)
        table.move_to_key(before)

    def show_view(self, name: view.ViewName) -> None:
        """Another table."""
        self.board.view = name
        self.set_class(name == "reorders", "-doctor")
        self.board.settle()
        self.show_rows()
        self.redraw()

    # What is done

    @on(Table.CursorMoved)
    def _cursor_moved(self) -> None:
        self.show_details()

    @on(Table.Activated)
    def _row_activated(self) -> None:
        row = self.table.current
        if isinstance(row, Group):
            word = row.name.partition(" ")[0]
            self.board.set_filter(f"{view.FIELDS[self.board.view]}:{word}" if word else "")
            self.show_view("layers")
        elif isinstance(row, AlignedRow):
            if row.b:
                self.board.set_filter("")
                self.show_view("layers")
                self.table.move_to_key(row.b[0].key)
        elif row is not None:
            self.toggle_class("-detailed")

    @on(Table.HeadingPressed)
    def _heading_pressed(self, event: Table.HeadingPressed) -> None:
        self.board.settle()
        if event.column == self.table.sorted_by[0]:
            self.table.sort_reverse()
        else:
            column = next(column for column in self.table.columns if column.id == event.column)
            self.table.set_sort(event.column, column.descending)

    @on(Ask.Changed)
    def _typed(self, event: Ask.Changed) -> None:
        if event.purpose == "filter":
            self._set_filter(event.text)
            problem = self.board.filter.problem
            found = f"{len(self.table.shown):,} found" if event.text else FILTERS
            event.ask.say(problem or found, "warn" if problem else "muted")

    @on(Ask.Submitted)
    def _entered(self, event: Ask.Submitted) -> None:
        analysis = self.board.analysis
        if event.purpose == "filter":
            event.ask.close()
        elif isinstance(event.ask, LayersExport) and analysis is not None and self.state.current is not None:
            spec = analysis.profile.spec or self.state.current.spec
            done = event.ask.write(analysis, spec, shown_layers(analysis, self.table.shown), event.text)
            if done:
                self.tell(done)

    def show_only(self, text: str) -> None:
        """Show the layers that a filter picks, for a screen that leads here."""
        if self.board.view != "layers":
            self.show_view("layers")
        self._set_filter(text)

    def show_layer(self, key: int) -> None:
        """Put the cursor on a layer, for a screen that leads here."""
        self.show_view("layers")
        self._set_filter("")
        self.table.move_to_key(key)

    def _set_filter(self, text: str) -> None:
        self.board.set_filter(text)
        self.table.set_filter(self.board.accepts)
        self.redraw()

    # Actions of the registry

    def action_list_find(self) -> None:
        """Filter as you type."""
        if self.board.analysis is None:
            return
        if self.board.view != "layers":
            self.show_view("layers")
        ask = self.query_one("#layers-ask", Ask)
        ask.open("filter", "Filter", self.board.filter.text)
        ask.say(FILTERS)

    def action_list_sort(self) -> None:
        """Sort by the next column."""
        self.board.settle()
        self.table.sort_next()

    def action_list_reverse(self) -> None:
        """Turn the order round."""
        self.board.settle()
        self.table.sort_reverse()

    def action_list_next_hit(self) -> None:
        """Next row; after the last one the first."""
        count = len(self.table.shown)
        self.table.move_to((self.table.cursor_row + 1) % count if count else 0)

    def action_list_previous_hit(self) -> None:
        """Previous row; before the first one the last."""
        count = len(self.table.shown)
        self.table.move_to((self.table.cursor_row - 1) % count if count else 0)

    def action_view_next(self) -> None:
        """Next view."""
        self._turn(1)

    def action_view_previous(self) -> None:
        """Previous view."""
        self._turn(-1)

    def _turn(self, by: int) -> None:
        if self.board.analysis is not None:
            self.show_view(view.VIEWS[(view.VIEWS.index(self.board.view) + by) % len(view.VIEWS)])

    def action_view_next_landmark(self) -> None:
        """The next Reorder; after the last one the first."""
        self._to_reorder(1)

    def action_view_previous_landmark(self) -> None:
        """The one before."""
        self._to_reorder(-1)

    def _to_reorder(self, by: int) -> None:
        table, analysis = self.table, self.board.analysis
        if analysis is None:
            return
        if any(isinstance(row, Group) for row in table.shown[:1]):
            self.show_view("layers")
        found = [index for index, row in enumerate(table.shown) if reorder_at(row, analysis) is not None]
        if not found:
            self.tell("no Reorder is listed here")
        elif by > 0:
            table.move_to(next((index for index in found if index > table.cursor_row), found[0]))
        else:
            table.move_to(next((index for index in reversed(found) if index < table.cursor_row), found[-1]))

    def action_graph_fold(self) -> None:
        """Fold the block of this layer to one row, or unfold it."""
        row = self.table.current
        if not isinstance(row, LayerRow):
            return
        block = self.board.fold(row)
        if not block:
            self.tell("this layer belongs to no block")
            return
        self.show_rows()
        keys = [self.board.content().key(entry) for entry in self.table.shown if entry.layer.block == block]
        if keys:
            self.table.move_to_key(keys[0])
        self.redraw()

    def action_view_zoom_panel(self) -> None:
        """The table fills the body; again: back."""
        self.toggle_class("-zoomed")

    def action_run_again(self) -> None:
        """Count again."""
        if self.ovx.replay:
            self.tell("a recording is shown: nothing can be counted")
        elif self.state.current is not None and not self.state.profiling:
            self.counting.profile(self.state.current)

    def action_item_copy(self) -> None:
        """Copy the row under the cursor through the terminal."""
        text = clean(self.table.row_text().replace("\t", "  "), 4096)
        if text:
            self.app.copy_to_clipboard(text)
            self.tell("copied the row")

    def action_item_export(self) -> None:
        """Ask for the name of a file."""
        if self.board.analysis is None or self.state.current is None:
            self.tell("there are no layers to export yet")
        else:
            self.query_one(LayersExport).begin(self.state.current.spec)

    def action_item_follow(self) -> None:
        """The cut or the operation that the layer under the cursor stands for, in the graph."""
        row = self.table.current
        layer = row.layer if isinstance(row, LayerRow | Reorder) else None
        if layer is None:
            self.tell("select a layer first")
            return
        from ovexplorer.tui.screens.graph import GraphScreen

        self.ovx.action_app_screen("graph")
        screen = self.app.screen
        if isinstance(screen, GraphScreen):
            screen.call_after_refresh(screen.show_layer, layer)

    def action_advice_try(self) -> None:
        """Try the remedy of the Reorder under the cursor: measured in turns, then kept or taken back."""
        remedy = self.remedy_here()
        if self.ovx.replay:
            self.tell("a recording is shown: nothing can be tried")
        elif remedy is None:
            self.tell("there is no remedy to try for this row")
        else:
            refusal = self.ovx.trying.start(remedy.title, remedy.spec, remedy.expected_ns)
            if refusal:
                self.tell(refusal)

    def action_app_back(self) -> None:
        """Close exactly one thing: the field, the filter, larger details, the view; then what is under way."""
        ask, export = self.query_one("#layers-ask", Ask), self.query_one(LayersExport)
        if export.is_open:
            export.close()
        elif ask.is_open:
            ask.close()
            self._set_filter("")
        elif self.board.filter.text:
            self._set_filter("")
        elif self.has_class("-detailed"):
            self.remove_class("-detailed")
        elif self.board.view != "layers":
            self.show_view("layers")
        else:
            super().action_app_back()
