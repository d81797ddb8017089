"""Submodels: what does this split cost? Submodels with their cuts, and where the time of an inference goes."""

from __future__ import annotations

from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from ovexplorer.graph.find import next_hit
from ovexplorer.session.state import RunState
from ovexplorer.tui.footers import Hint, hint
from ovexplorer.tui.graph_content import GraphContent
from ovexplorer.tui.screens import graph_costs as costs
from ovexplorer.tui.screens import graph_words as says
from ovexplorer.tui.screens.graph_box_canvas import BoxCanvas
from ovexplorer.tui.screens.graph_split_rows import (
    CutEntry,
    SubmodelRow,
    cut_columns,
    cut_rows,
    submodel_columns,
    submodel_rows,
)
from ovexplorer.tui.screens.graph_view import GraphViewContainer
from ovexplorer.tui.widgets.graph_canvas import GraphCanvas
from ovexplorer.tui.widgets.lines import Lines
from ovexplorer.tui.widgets.table import Table

FOOTER = (
    hint("list.activate", "open"),
    hint("view.next"),
    hint("view.more", "detail", "+ -"),
    hint("graph.assign", "assign"),
    hint("advice.try"),
    hint("view.next_landmark", "next cut", "[ ]"),
    hint("focus.next", "cuts"),
    hint("item.follow", "its Reorders", wide=True),
    hint("graph.open", wide=True),
    hint("advice.improve", "improve", wide=True),
    hint("run.undo", wide=True),
    hint("item.copy", wide=True),
    hint("item.export", wide=True),
    hint("graph.colour", wide=True),
    hint("view.zoom_panel", wide=True),
)
TIMELESS = (
    hint("list.activate", "open"),
    hint("view.next"),
    hint("view.more", "detail", "+ -"),
    hint("view.next_landmark", "next cut", "[ ]"),
    hint("focus.next", "cuts"),
    hint("graph.open"),
    hint("item.copy", wide=True),
    hint("item.export", wide=True),
)


class SubmodelsView(GraphViewContainer):
    """Two lists that point at each other, with what both come to.

    Where there is room, boxes stand in the place of the list of submodels; the list, unseen, still knows which one is
    selected.
    """

    def __init__(self) -> None:
        super().__init__(id="submodels")
        self._content: GraphContent | None = None
        self._stand_ins: tuple[str, ...] = ()

    def compose(self) -> ComposeResult:
        """Submodels beside cuts and details; below, where the time goes."""
        with Horizontal(id="submodels-all"):
            parts: Table[Any] = Table((), lambda row: row.submodel.index, id="submodels-table", classes="panel")
            yield parts
            yield BoxCanvas(self.frame.glyphs, id="submodels-canvas", classes="panel")
            with Vertical(id="submodels-right"):
                yield Lines(id="submodels-details", classes="panel right-panel")
                cuts: Table[Any] = Table((), lambda row: row.at, id="submodels-cuts", classes="panel right-panel")
                yield cuts
                yield Lines(id="submodels-try", classes="panel right-panel")
        yield Lines(id="submodels-where", classes="panel")

    @property
    def parts(self) -> Table[SubmodelRow]:
        """The submodels."""
        return self.query_one("#submodels-table", Table)

    @property
    def canvas(self) -> BoxCanvas:
        """The submodels as boxes."""
        return self.query_one("#submodels-canvas", BoxCanvas)

    @property
    def cuts(self) -> Table[CutEntry]:
        """The cuts."""
        return self.query_one("#submodels-cuts", Table)

    # What is shown

    def show(self, content: GraphContent, state: RunState) -> None:
        """See GraphView."""
        again = content is not self._content
        self._content = content
        self._stand_ins = state.current.spec.stand_ins if state.current is not None and content.picture else ()
        self.set_class(content.picture is None, "-timeless")
        if content.split is None:
            return
        if again:
            letters, chips = says.letters_of(content.devices), says.chips_of(content.devices)
            self._fill(self.parts, submodel_columns(content.split, letters, chips))
            self._fill(self.cuts, cut_columns(content.split))
        self._show_rows()
        self._show_panels()

    @staticmethod
    def _fill(table: Table[Any], columns: tuple[Any, ...]) -> None:
        sort, descending = table.sorted_by
        key = table.current_key
        name = "index" if table.id == "submodels-table" else "at"
        ids = {column.id for column in columns}
        read = (lambda row: row.submodel.index) if name == "index" else (lambda row: row.at)
        table.show(columns, (), read, sort=sort if sort in ids else "", descending=descending)
        table.move_to_key(key)

    def _show_rows(self) -> None:
        content = self._content
        if content is None or content.split is None:
            return
        affinities, selection = self.frame.affinities, self.selection
        pending = {key: affinities.placed[key] for key in affinities.moved} if affinities is not None else {}
        rows = submodel_rows(content.split, selected=selection.submodel, cut=selection.cut, pending=pending)
        self.parts.set_rows(rows)
        self.cuts.set_rows(cut_rows(content.split, content.topology, selection.submodel))
        wanted = {row.submodel.index: row.wanted for row in rows if row.wanted}
        shown = self.canvas if self.has_class("-boxes") else self.parts
        room = shown.content_size.width, shown.content_size.height
        self._swap(self.canvas.show_split(content, selection, wanted, room))

    def _swap(self, boxes: bool) -> None:
        """Show boxes or the list; the focus moves along."""
        if boxes == self.has_class("-boxes"):
            return
        focused = (self.parts if boxes else self.canvas).has_focus
        self.set_class(boxes, "-boxes")
        if focused:
            (self.canvas if boxes else self.parts).focus()

    def _show_panels(self) -> None:
        content, frame = self._content, self.frame
        if content is None or content.split is None:
            return
        split = content.split
        for panel in (self.parts, self.canvas):
            frame.title_panel(panel, self._title(content), "enter opens its operations · + - detail · v view")
        frame.title_panel(self.cuts, f"Cuts {len(split.cuts):,} · {split.cut_bytes / 1e6:.1f} MB", "enter jumps")
        details, tries = self.query_one("#submodels-details", Lines), self.query_one("#submodels-try", Lines)
        row = self.parts.current
        index = row.submodel.index if row is not None else None
        title = f"Submodel {index} · {row.submodel.device}" if row is not None else "Submodel"
        frame.title_panel(details, title, "enter opens its operations")
        details.show(costs.submodel_lines(content, index, details.size.width))
        frame.title_panel(tries, "Try", "t measures it · tab, + - another")
        place = frame.suggestion % max(1, len(content.suggestions))
        proposed = frame.proposed
        tries.show(
            costs.try_lines(proposed, place, len(content.suggestions), frame.affinities, max(24, tries.size.width))
        )
        self._show_where(content)

    def _show_where(self, content: GraphContent) -> None:
        panel = self.query_one("#submodels-where", Lines)
        picture = content.picture
        if picture is None:
            return
        self.frame.title_panel(
            panel, f"Where {says.ms(picture.main.latency_ns)} ms go · █ compute ▒ Reorders ░ host gap",
            "times by counters, gap = latency minus counters",
        )  # fmt: skip
        panel.show(costs.where_lines(picture, panel.size.width, max(2, panel.size.height), self._stand_ins))

    def _title(self, content: GraphContent) -> str:
        split = content.split
        if split is None:
            return "Submodels"
        count: dict[str, int] = {}
        for entry in split.submodels:
            count[entry.device] = count.get(entry.device, 0) + 1
        per = " ".join(f"{number:,} {device}" for device, number in count.items())
        changes = self.frame.affinities.count if self.frame.affinities is not None else 0
        more = f" · {changes:,} changes" if changes else ""
        source = " · from a file, no times" if content.source == "file" else ""
        return f"Submodels {len(split.submodels):,} · {per}{more}{source}"

    def reveal(self) -> None:
        """See GraphView."""
        selection = self.selection
        if selection.cut is not None:
            self.cuts.move_to_key(selection.cut)
            self.cuts.focus()
        elif selection.submodel is not None:
            self.parts.move_to_key(selection.submodel)

    def hints(self) -> tuple[Hint, ...]:
        """See GraphView."""
        return FOOTER if self._content is not None and self._content.picture is not None else TIMELESS

    # What is done

    @on(Table.CursorMoved)
    def _cursor_moved(self, event: Table.CursorMoved) -> None:
        selection = self.selection
        if event.table is self.parts:
            row = self.parts.current
            selection.submodel = row.submodel.index if row is not None else None
            selection.operation = None
        elif self.cuts.has_focus:
            entry = self.cuts.current
            selection.cut = entry.at if entry is not None else None
        self._show_rows()
        self._show_panels()

    def on_descendant_focus(self) -> None:
        """A cut is selected while its list has the focus; what is not shown passes the focus on."""
        boxes = self.has_class("-boxes")
        if (self.parts if boxes else self.canvas).has_focus:
            (self.canvas if boxes else self.parts).focus()
        entry = self.cuts.current
        self.selection.cut = entry.at if self.cuts.has_focus and entry is not None else None
        self._show_rows()

    @on(GraphCanvas.NodeChosen)
    def _box_chosen(self, event: GraphCanvas.NodeChosen) -> None:
        index = self.canvas.index_of(event.key)
        if index is not None:
            self.parts.move_to_key(index)

    @on(GraphCanvas.NodeActivated)
    def _box_activated(self) -> None:
        self._open_submodel()

    def _open_submodel(self) -> None:
        row = self.parts.current
        if row is not None and row.submodel.operations:
            self.frame.go_to_operation(row.submodel.operations[0], "lanes")

    @on(Table.Activated)
    def _activated(self, event: Table.Activated) -> None:
        content = self._content
        if content is None or content.split is None:
            return
        if event.table is self.parts:
            self._open_submodel()
            return
        entry = self.cuts.current
        if entry is not None:
            self.frame.go_to_operation(entry.cut.producer, "focus")

    @on(Table.HeadingPressed)
    def _heading_pressed(self, event: Table.HeadingPressed) -> None:
        if event.column == event.table.sorted_by[0]:
            event.table.sort_reverse()
        else:
            column = next(column for column in event.table.columns if column.id == event.column)
            event.table.set_sort(event.column, column.descending)

    @property
    def _active_table(self) -> Table[Any]:
        return self.cuts if self.cuts.has_focus else self.parts

    def action_list_sort(self) -> None:
        """By the next column."""
        self._active_table.sort_next()

    def action_list_reverse(self) -> None:
        """Turn the order round."""
        self._active_table.sort_reverse()

    def action_view_next_landmark(self) -> None:
        """The next cut by cost."""
        self._to_cut(1)

    def action_view_previous_landmark(self) -> None:
        """The one before."""
        self._to_cut(-1)

    def _to_cut(self, by: int) -> None:
        table = self.cuts
        found = next_hit(range(len(table.shown)), table.cursor_row if self.selection.cut is not None else None, by)
        if found is None:
            self.frame.tell("nothing is cut: everything runs in one submodel")
            return
        table.focus()
        table.move_to(found)
        entry = table.current
        self.selection.cut = entry.at if entry is not None else None
        self._show_rows()

    def action_item_follow(self) -> None:
        """The Reorders of the cut, in the list of layers."""
        entry = self.cuts.current
        if entry is None or not self.cuts.has_focus:
            self.frame.tell("select a cut first: tab")
        elif not entry.cut.reorders:
            self.frame.tell("no Reorder was measured at this cut")
        else:
            self.frame.show_in_layers(entry.cut.reorders[0])

    def action_view_more(self) -> None:
        """Larger boxes; from the list of cuts, the next suggestion."""
        self._step(1)

    def action_view_less(self) -> None:
        """Smaller ones, then the list; from the list of cuts, the suggestion before."""
        self._step(-1)

    def _step(self, by: int) -> None:
        if self.cuts.has_focus:
            self.frame.next_suggestion(by)
        else:
            self.canvas.step(by)
            self._show_rows()

    def action_view_fit(self) -> None:
        """The largest boxes that fit, or the list."""
        self.canvas.fit()
        self._show_rows()

    def colour_changed(self) -> None:
        """Borders in other colours."""
        self._show_rows()

    def on_resize(self) -> None:
        """Boxes for the new size."""
        self.call_after_refresh(self._show_rows)

    def action_item_copy(self) -> None:
        """Copy the row under the cursor through the terminal."""
        text = self._active_table.row_text().replace("\t", "  ")
        if text:
            self.app.copy_to_clipboard(text)
            self.frame.tell("copied the row")
