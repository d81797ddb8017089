"""Layers: where does the time go? A table of layers with roll-ups and the details of one.

Counters come from a separate compile of the same configuration, asked for on the first visit; the headline above stays
that of the run without them.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical

from ovexplorer.analysis.layer_filter import LayerFilter, read_filter
from ovexplorer.analysis.layers import Group, LayerAnalysis, LayerRow, analyse
from ovexplorer.analysis.summary import summarise
from ovexplorer.schema.results import LayerProfile
from ovexplorer.session.state import RunState, Segment
from ovexplorer.text import clean
from ovexplorer.tui.actions import bindings_for
from ovexplorer.tui.footers import Hint, hint
from ovexplorer.tui.screens import layers_view as view
from ovexplorer.tui.screens.base import OvxScreen
from ovexplorer.tui.widgets.ask import Ask
from ovexplorer.tui.widgets.form import words
from ovexplorer.tui.widgets.lines import Line, Lines
from ovexplorer.tui.widgets.table import Table

FOOTER = (
    hint("view.next"),
    hint("list.sort"),
    hint("list.find", "filter"),
    hint("run.again", "count again"),
    hint("view.zoom_panel"),
    hint("run.pause"),
    hint("list.reverse", wide=True),
    hint("list.next_hit", wide=True),
    hint("item.copy", wide=True),
    hint("app.palette", wide=True),
)


class LayersScreen(OvxScreen[None]):
    """The table of layers."""

    NAME = "layers"
    RATE = "table"
    CSS_PATH = "layers.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("layers")
    AUTO_FOCUS = "#layers-table"

    def __init__(self) -> None:
        super().__init__()
        self._profile: LayerProfile | None = None
        self._analysis: LayerAnalysis | None = None
        self._asked_for: set[int] = set()
        self._view: view.ViewName = "layers"
        self._filter = LayerFilter()
        self._p50_ns: float | None = None

    def body(self) -> ComposeResult:
        """Table over details, roll-ups beside them."""
        with Horizontal(id="layers"):
            with Vertical(id="layers-left"):
                yield Lines(id="layers-empty", classes="panel")
                table: Table[Any] = Table((), id="layers-table", classes="panel", key=hash)
                yield table
                yield Ask(id="layers-ask")
                yield Lines(id="layers-details", classes="panel")
            with Vertical(id="layers-right"):
                for name in ("types", "primitives", "precisions", "transitions"):
                    yield Lines(id=f"layers-{name}", classes="panel")

    # What is shown

    def on_tick(self, state: RunState) -> None:
        """Ask for counters on the first visit of a configuration, and show what is there."""
        segment = state.current
        profile = state.profile if segment and state.profile and state.profile.segment == segment.number else None
        if segment is not None and profile is None:
            self._ask_once(state, segment)
        if profile is not self._profile:
            self._profile = profile
            self._p50_ns = _p50(segment)
            self._analysis = analyse(profile) if profile is not None else None
            self._show_rows()
        self.set_class(self._analysis is None, "-empty")
        if self._analysis is None:
            self._show_empty(state)
        else:
            self._table.set_pinned(self._pinned(self._analysis))
            self._show_words()
            if self.focused is None:
                # It was hidden while there was nothing to show, so the first focus passed it by.
                self.call_after_refresh(self._table.focus)

    def hints(self, state: RunState) -> tuple[Hint, ...]:  # noqa: ARG002 - the same in every state
        """What works here."""
        return FOOTER

    def _ask_once(self, state: RunState, segment: Segment) -> None:
        if self.ovx.replay:
            return
        ready = segment.ready is not None and segment.failed is None and segment.windows
        if ready and state.status in ("live", "paused") and segment.number not in self._asked_for:
            self._asked_for.add(segment.number)
            self.ovx.do(self.session.profile())

    @property
    def _table(self) -> Table[Any]:
        return self.query_one("#layers-table", Table)

    def _pinned(self, analysis: LayerAnalysis) -> tuple[Any, ...]:
        return view.pinned_rows(analysis, self._p50_ns, self.glyphs)

    def _show_rows(self) -> None:
        analysis = self._analysis
        if analysis is None:
            return
        before = self._table.current_key
        if self._view == "layers":
            key, descending = self._table.sorted_by if self._table.columns else ("time", True)
            sort = key if key not in ("", "count") else "time"
            self._table.show(
                view.layer_columns(analysis),
                analysis.rows,
                _layer_key,
                sort=sort,
                descending=descending,
                accept=self._accepts,
            )
        else:
            groups = view.groups_of(analysis, self._view)
            columns = view.group_columns(groups, view.FIELDS[self._view])
            self._table.show(columns, groups, _group_key, sort="time", descending=True)
        self._table.move_to_key(before)

    def _accepts(self, row: LayerRow) -> bool:
        if not self._filter.text and self._analysis is not None and not view.any_ran(self._analysis):
            # Of a model whose layers all take less than the counters' microsecond, every row says what became of it.
            return True
        return self._filter.accepts(row.layer, row.share)

    def _show_words(self) -> None:
        analysis = self._analysis
        if analysis is None:
            return
        cost = view.cost_words(analysis, self._p50_ns)
        mean = f"mean of {analysis.profile.iterations:,}"
        subtitle = " · ".join(part for part in (f"{mean} inferences", cost, "v view · / filter") if part)
        self.title_panel(self._table, f"{self._title(analysis)} · {mean}", subtitle)
        self._show_details()
        if self.size.width >= 160:
            self._show_roll_ups(analysis)

    def _title(self, analysis: LayerAnalysis) -> str:
        title = view.TITLES[self._view]
        if self._view != "layers":
            return f"{title} · {len(self._table.shown):,}"
        if not self._filter.text:
            return f"{title} · {view.count_words(analysis)}"
        ran = sum(row.layer.status == "executed" for row in analysis.rows)
        return f"{title} · {len(self._table.shown):,} of {ran:,} · {clean(self._filter.text, 24)}"

    def _show_details(self) -> None:
        panel, row, analysis = self.query_one("#layers-details", Lines), self._table.current, self._analysis
        if analysis is None or row is None:
            self.title_panel(panel, "No layer")
            why = "nothing matches; esc clears the filter" if self._filter.text else "this model reported no layers"
            panel.show((words(f" {why}", "muted"),))
        elif isinstance(row, LayerRow):
            place = f"row {self._table.cursor_row + 1:,} of {len(self._table.shown):,}"
            self.title_panel(panel, clean(f"{row.layer.name} · {row.layer.type}", 60), f"{place} · y copies")
            panel.show(view.details(row, analysis, analysis.profile.latency_ns, max(3, panel.size.height)))
        else:
            self.title_panel(panel, clean(row.name or "not told", 60), "y copies")
            panel.show((words(f" enter shows its {row.count:,} layers", "muted"),))

    def _show_roll_ups(self, analysis: LayerAnalysis) -> None:
        for name, title in (("types", "By type"), ("primitives", "By primitive"), ("precisions", "By precision")):
            panel = self.query_one(f"#layers-{name}", Lines)
            groups = {"types": analysis.by_type, "primitives": analysis.by_primitive}.get(name, analysis.by_precision)
            self.title_panel(panel, title, "layers, ms, share of the latency")
            panel.show(view.roll_up(groups, panel.size.height, self.glyphs, panel.size.width))
        panel = self.query_one("#layers-transitions", Lines)
        self.title_panel(panel, "Precision transitions")
        panel.show(view.transition_lines(analysis, panel.size.height))

    def _show_empty(self, state: RunState) -> None:
        panel = self.query_one("#layers-empty", Lines)
        self.title_panel(panel, "Layers")
        lines: tuple[Line, ...]
        failed = state.profile_failed
        if state.current is None:
            lines = (words("  No run yet. 1 picks a model.", "muted"),)
        elif state.profiling and state.extra.get("speed") != "ended":
            said = "compiling with counters"
            lines = (
                ((f"  {self.glyphs.working} {said}", "warn"), ("   esc cancels; the run goes on after it", "muted")),
            )
        elif failed is not None:
            lines = (
                words(f"  {self.glyphs.bad} {failed.what}", "bad"),
                words(f"    {failed.hint}", "muted"),
                words("    r counts again", "muted"),
            )
        elif self.ovx.replay:
            lines = (words("  The recording holds no counters of this configuration, or not yet.", "muted"),)
        elif state.current.number in self._asked_for:
            lines = (words("  No counters: it was cancelled. r counts again.", "muted"),)
        else:
            lines = (words(f"  {self.glyphs.working} waiting for the first inference", "muted"),)
        panel.show(((), *lines))

    # What is done

    @on(Table.CursorMoved)
    def _cursor_moved(self) -> None:
        self._show_details()

    @on(Table.Activated)
    def _row_activated(self) -> None:
        row = self._table.current
        if row is None or isinstance(row, LayerRow):
            return
        word = row.name.partition(" ")[0]
        self._filter = read_filter(f"{view.FIELDS[self._view]}:{word}" if word else "")
        self._view = "layers"
        self._show_rows()
        self._show_words()

    @on(Table.HeadingPressed)
    def _heading_pressed(self, event: Table.HeadingPressed) -> None:
        if event.column == self._table.sorted_by[0]:
            self._table.sort_reverse()
        else:
            column = next(column for column in self._table.columns if column.id == event.column)
            self._table.set_sort(event.column, column.descending)

    @on(Ask.Changed)
    def _typed(self, event: Ask.Changed) -> None:
        self._set_filter(event.text)
        found = f"{len(self._table.shown):,} found" if event.text else "name, /regex/, type:Conv, >1%, !f32, fused"
        event.ask.say(self._filter.problem or found, "warn" if self._filter.problem else "muted")

    @on(Ask.Submitted)
    def _entered(self, event: Ask.Submitted) -> None:
        event.ask.close()

    def _set_filter(self, text: str) -> None:
        self._filter = read_filter(text)
        self._table.set_filter(self._accepts)
        self._show_words()

    # Actions of the registry

    def action_list_find(self) -> None:
        """Filter as you type."""
        if self._analysis is None:
            return
        if self._view != "layers":
            self._view = "layers"
            self._show_rows()
        ask = self.query_one(Ask)
        ask.open("filter", "Filter", self._filter.text)
        ask.say("name, /regex/, type:Conv, >1%, !f32, fused")

    def action_list_sort(self) -> None:
        """Sort by the next column."""
        self._table.sort_next()

    def action_list_reverse(self) -> None:
        """Turn the order round."""
        self._table.sort_reverse()

    def action_list_next_hit(self) -> None:
        """Next row; after the last one the first."""
        count = len(self._table.shown)
        self._table.move_to((self._table.cursor_row + 1) % count if count else 0)

    def action_list_previous_hit(self) -> None:
        """Previous row; before the first one the last."""
        count = len(self._table.shown)
        self._table.move_to((self._table.cursor_row - 1) % count if count else 0)

    def action_view_next(self) -> None:
        """Next roll-up."""
        self._turn(1)

    def action_view_previous(self) -> None:
        """Previous roll-up."""
        self._turn(-1)

    def _turn(self, by: int) -> None:
        self._view = view.VIEWS[(view.VIEWS.index(self._view) + by) % len(view.VIEWS)]
        self._show_rows()
        self._show_words()

    def action_view_zoom_panel(self) -> None:
        """The table fills the body; again: back."""
        self.toggle_class("-zoomed")
        self.call_after_refresh(self.redraw)

    def action_run_again(self) -> None:
        """Count again."""
        if self.state.current is not None and not self.state.profiling:
            self._asked_for.add(self.state.current.number)
            self.ovx.do(self.session.profile())

    def action_item_copy(self) -> None:
        """Copy the row under the cursor through the terminal."""
        text = clean(self._table.row_text().replace("\t", "  "), 4096)
        if text:
            self.app.copy_to_clipboard(text)
            self.tell("copied the row")

    def action_app_back(self) -> None:
        """Leave the field, clear the filter, go back to layers, or cancel the compile."""
        ask = self.query_one(Ask)
        if ask.is_open:
            ask.close()
            self._set_filter("")
        elif self._filter.text:
            self._set_filter("")
        elif self._view != "layers":
            self._view = "layers"
            self._show_rows()
            self._show_words()
        else:
            super().action_app_back()


def _layer_key(row: LayerRow) -> Hashable:
    return row.layer.key


def _group_key(row: Group) -> Hashable:
    return row.name


def _p50(segment: Segment | None) -> float | None:
    """Median of the run without counters, None before it was measured."""
    return summarise(segment.windows).p50_ns if segment is not None and segment.windows else None
