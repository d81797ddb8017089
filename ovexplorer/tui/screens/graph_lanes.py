"""Lane list: which operation runs where, in order. Home of search, sort, marks and folding."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from ovexplorer.graph.find import next_hit, read_query
from ovexplorer.graph.fold import collapse
from ovexplorer.graph.model import Graph, Node
from ovexplorer.session.state import RunState
from ovexplorer.tui.footers import Hint, hint
from ovexplorer.tui.graph_content import GraphContent
from ovexplorer.tui.screens import graph_details as details
from ovexplorer.tui.screens import graph_words as says
from ovexplorer.tui.screens.graph_rows import CutRow, OperationRow, Row, RowLook, columns_of, row_key, rows_of
from ovexplorer.tui.screens.graph_view import GraphViewContainer
from ovexplorer.tui.widgets.lines import Lines
from ovexplorer.tui.widgets.table import Table

FOOTER = (
    hint("list.activate", "focus"),
    hint("view.next"),
    hint("graph.assign", "assign"),
    hint("list.find"),
    hint("view.next_landmark", "device change", "[ ]"),
    hint("list.mark"),
    hint("graph.colour", wide=True),
    hint("graph.fold", wide=True),
    hint("list.next_hit", "hits", "n N", wide=True),
    hint("advice.try", wide=True),
    hint("list.sort", wide=True),
    hint("item.export", wide=True),
    hint("graph.open", wide=True),
)


class LanesView(GraphViewContainer):
    """One table; what is under the cursor is told beside or below it."""

    def __init__(self) -> None:
        super().__init__(id="lanes")
        self._content: GraphContent | None = None
        self._graph: Graph | None = None
        self._whole: tuple[int, ...] = ()
        self._rows: tuple[Row, ...] = ()
        self._folded: frozenset[str] = frozenset()
        self._look: object = None
        self._totals_of: int | None = None
        """Width that the totals were drawn for; None when they are to be added up anew."""

    def compose(self) -> ComposeResult:
        """Table over details, totals beside them."""
        with Horizontal(id="lanes-all"):
            with Vertical(id="lanes-left"):
                table: Table[Any] = Table((), row_key, id="lanes-table", classes="panel")
                yield table
                yield Lines(id="lanes-details", classes="panel graph-details")
            with Vertical(id="lanes-right", classes="graph-right"):
                yield Lines(id="lanes-more", classes="panel")
                yield Lines(id="lanes-totals", classes="panel")

    @property
    def table(self) -> Table[Row]:
        """The table."""
        return self.query_one("#lanes-table", Table)

    # What is shown

    def show(self, content: GraphContent, state: RunState) -> None:  # noqa: ARG002 - the content has all
        """See GraphView."""
        if content is not self._content:
            self._content, self._graph = content, None
        self._show_rows()
        self._show_panels()

    def reveal(self) -> None:
        """See GraphView."""
        key = self.selection.operation
        shown = self._shown_key(key) if key is not None else None
        if shown is not None:
            self.table.move_to_key(("node", shown))
        elif self.selection.cut is not None:
            self.table.move_to_key(("cut", self.selection.cut))

    def hints(self) -> tuple[Hint, ...]:
        """See GraphView."""
        return FOOTER

    def _show_rows(self) -> None:
        content = self._content
        if content is None:
            return
        again = self._graph is None
        if again:
            self._graph, self._whole = self._graph_now(content)
            whole = self._graph is content.folded
            self._rows = content.rows if whole else rows_of(content, self._graph, self._whole)
            self._totals_of = None
        look = self._look_now(content)
        if again or look != self._look:
            self._look = look
            table = self.table
            columns = columns_of(
                look,
                devices=bool(content.devices),
                submodels=any(node.submodel >= 0 for node in content.graph.nodes),
                lanes=5 if len(self._rows) > 1 else 0,
            )
            key, (sort, descending) = table.current_key, table.sorted_by
            accept = None if look.ordered else lambda row: not isinstance(row, CutRow)
            table.show(columns, self._rows, row_key, sort=sort, descending=descending, accept=accept)
            table.move_to_key(key)

    def _graph_now(self, content: GraphContent) -> tuple[Graph, tuple[int, ...]]:
        """What is listed, and the whole key of each of its nodes."""
        whole = content.graph if self.selection.constants else content.folded
        keys = tuple(content.whole_key[node.key] for node in whole.nodes)
        if self.selection.constants:
            keys = tuple(range(len(whole.nodes)))
        if not self._folded:
            return whole, keys
        first: dict[str, int] = {}
        for node in whole.nodes:
            first.setdefault(self._group_of(node) or str(node.id), keys[node.key])
        graph = collapse(whole, self._group_of)
        return graph, tuple(first.get(str(node.name), first.get(str(node.id), 0)) for node in graph.nodes)

    def _group_of(self, node: Node) -> str:
        return str(node.block) if str(node.block) in self._folded else ""

    def _look_now(self, content: GraphContent) -> RowLook:
        graph = self._graph or content.folded
        affinities = self.frame.affinities
        pending = {key: affinities.placed[key] for key in affinities.moved} if affinities is not None else {}
        return RowLook(
            letters=says.letters_of(content.devices),
            chips=says.chips_of(content.devices),
            longest_ns=max((node.time_ns for node in graph.nodes), default=0),
            marked=frozenset(self.selection.marked),
            hits=frozenset(read_query(self.selection.query).hits(graph)),
            pending=pending,
            ordered=self.table.sorted_by[0] in ("", "order"),
        )

    def _show_panels(self) -> None:
        content, graph = self._content, self._graph
        if content is None or graph is None:
            return
        frame, row = self.frame, self.table.current
        frame.title_panel(self.table, details.list_title(content, graph, self.selection), details.LIST_KEYS)
        node = row.node if isinstance(row, OperationRow) else None
        lines = details.operation_lines(content, self.selection.operation) if node else details.cut_lines(content, row)
        title = str(node.name) if node is not None else "Cut" if isinstance(row, CutRow) else "Operation"
        below, beside = self.query_one("#lanes-details", Lines), self.query_one("#lanes-more", Lines)
        for panel in (below, beside):
            frame.title_panel(panel, title, "enter focuses it · y copies")
            panel.show(lines)
        totals = self.query_one("#lanes-totals", Lines)
        # Adding ten thousand operations up takes longer than a key may.
        if self._totals_of != totals.size.width:
            self._totals_of = totals.size.width
            frame.title_panel(totals, "Totals", "operations and time")
            totals.show(details.total_lines(content, graph, max(20, totals.size.width)))

    def _shown_key(self, whole: int) -> int | None:
        """Key of a row by the whole key of an operation."""
        return next((row.key for row in self._rows if isinstance(row, OperationRow) and row.whole == whole), None)

    # What is done

    @on(Table.CursorMoved)
    def _cursor_moved(self) -> None:
        row = self.table.current
        if isinstance(row, OperationRow):
            self.selection.operation, self.selection.cut = row.whole, None
            self.selection.submodel = row.node.submodel if row.node.submodel >= 0 else None
        elif isinstance(row, CutRow):
            self.selection.operation, self.selection.cut = None, row.cut
        self._show_panels()

    @on(Table.Activated)
    def _activated(self) -> None:
        row = self.table.current
        content = self._content
        if isinstance(row, OperationRow):
            if row.count == 1 and not str(row.node.id).startswith("group "):
                self.frame.go_to_operation(row.whole, "focus")
            else:
                self.action_graph_fold()
        elif isinstance(row, CutRow) and content is not None and content.split is not None:
            self.selection.cut = row.cut
            self.frame.show_view("submodels")

    @on(Table.HeadingPressed)
    def _heading_pressed(self, event: Table.HeadingPressed) -> None:
        if event.column == self.table.sorted_by[0]:
            self.table.sort_reverse()
        else:
            column = next(column for column in self.table.columns if column.id == event.column)
            self.table.set_sort(event.column, column.descending)
        self._show_rows()

    def find_changed(self) -> None:
        """Light up what is found, and go there."""
        self._show_rows()
        self._to_hit(1, stay=True)

    def marks_changed(self) -> None:
        """Draw marks."""
        self._show_rows()

    def action_list_next_hit(self) -> None:
        """The next one that was searched for."""
        self._to_hit(1)

    def action_list_previous_hit(self) -> None:
        """The one before."""
        self._to_hit(-1)

    def _to_hit(self, by: int, *, stay: bool = False) -> None:
        graph, row = self._graph, self.table.current
        if graph is None or not self.selection.query:
            return
        hits = read_query(self.selection.query).hits(graph)
        present = row.key if isinstance(row, OperationRow) else None
        if stay and present in hits:
            return
        found = next_hit(hits, present, by)
        if found is not None:
            self.table.move_to_key(("node", found))

    def action_list_sort(self) -> None:
        """By the next column; lanes and cuts come back with the running order."""
        self.table.sort_next()
        self._show_rows()

    def action_list_reverse(self) -> None:
        """Turn the order round."""
        self.table.sort_reverse()

    def action_view_next_landmark(self) -> None:
        """The next change of device."""
        self._to_change(1)

    def action_view_previous_landmark(self) -> None:
        """The one before."""
        self._to_change(-1)

    def _to_change(self, by: int) -> None:
        table = self.table
        shown = [row for row in table.shown if isinstance(row, OperationRow)]
        places = {row.key: place for place, row in enumerate(shown)}
        changes = [
            row.key
            for before, row in pairwise(shown)
            if (row.node.device, row.node.submodel) != (before.node.device, before.node.submodel)
        ]
        row = table.current
        if isinstance(row, CutRow):
            row = next((entry for entry in table.shown[table.cursor_row :] if isinstance(entry, OperationRow)), None)
        present = places.get(row.key, -1) if isinstance(row, OperationRow) else -1
        ordered = [places[key] for key in changes]
        found = next_hit(ordered, present, by)
        if found is None:
            self.frame.tell("everything runs in one submodel")
        else:
            table.move_to_key(("node", shown[found].key))

    def action_graph_fold(self) -> None:
        """Fold the block of this operation to one row, or unfold it; constants come and go with capital C."""
        row = self.table.current
        if not isinstance(row, OperationRow):
            return
        block = str(row.node.block)
        if not block:
            self.frame.tell("this operation belongs to no block")
            return
        self._folded = self._folded - {block} if block in self._folded else self._folded | {block}
        self._graph = None
        self._show_rows()
        self.table.move_to_key(("node", self._shown_key(row.whole)))
        self._show_panels()

    def action_item_copy(self) -> None:
        """Copy the row under the cursor through the terminal."""
        text = self.table.row_text().replace("\t", "  ")
        if text:
            self.app.copy_to_clipboard(text)
            self.frame.tell("copied the row")

    def back(self) -> bool:
        """Unfold everything; False when nothing was folded."""
        if not self._folded:
            return False
        self._folded, self._graph = frozenset(), None
        self._show_rows()
        return True
