"""Outline: the parts of the model by the prefixes of its names, with totals of operations and time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal

from ovexplorer.graph.find import next_hit, read_query
from ovexplorer.graph.model import Node
from ovexplorer.graph.outline import Branch, visible
from ovexplorer.session.state import RunState
from ovexplorer.tui.footers import Hint, hint
from ovexplorer.tui.graph_content import GraphContent
from ovexplorer.tui.screens import graph_details as details
from ovexplorer.tui.screens import graph_words as says
from ovexplorer.tui.screens.graph_view import GraphViewContainer
from ovexplorer.tui.widgets.lines import Lines
from ovexplorer.tui.widgets.table import Table
from ovexplorer.tui.widgets.table_model import Cell, Column, blank

FOOTER = (
    hint("list.activate", "open, close"),
    hint("list.left", "close, open", "h l"),
    hint("view.next"),
    hint("list.find"),
    hint("graph.fold", "all, none"),
    hint("graph.assign", "assign"),
    hint("list.mark", wide=True),
    hint("list.next_hit", "hits", "n N", wide=True),
    hint("item.copy", wide=True),
    hint("item.export", wide=True),
)


@dataclass(frozen=True)
class OutlineRow:
    """A prefix, or one operation."""

    depth: int
    text: str
    prefix: str
    """Of a branch; empty for an operation."""
    whole: int
    """Whole key of the operation; −1 for a branch."""
    count: int
    time_ns: int
    """−1 where nothing was measured."""
    devices: tuple[tuple[str, int], ...]
    node: Node | None = None


class OutlineView(GraphViewContainer):
    """One table that opens and closes."""

    def __init__(self) -> None:
        super().__init__(id="outline")
        self._content: GraphContent | None = None
        self._root: Branch | None = None
        self._opened: frozenset[str] = frozenset()

    def compose(self) -> ComposeResult:
        """The tree, and beside it what is under the cursor."""
        with Horizontal():
            table: Table[Any] = Table((), _key, id="outline-table", classes="panel")
            yield table
            yield Lines(id="outline-more", classes="panel graph-right right-panel")

    @property
    def table(self) -> Table[OutlineRow]:
        """The tree."""
        return self.query_one("#outline-table", Table)

    def show(self, content: GraphContent, state: RunState) -> None:  # noqa: ARG002 - the content has all
        """See GraphView."""
        if content is not self._content:
            self._content, self._root = content, content.tree
            if not self._opened and len(self._root.branches) == 1:
                self._opened = frozenset(branch.prefix for branch in self._root.branches.values())
            key, (sort, descending) = self.table.current_key, self.table.sorted_by
            self.table.show(self._columns(content), self._rows(), _key, sort=sort, descending=descending)
            self.table.move_to_key(key)
        self._show_panels()

    def reveal(self) -> None:
        """See GraphView."""
        content, wanted = self._content, self.selection.operation
        if content is None or wanted is None or wanted not in content.folded_key:
            return
        node = content.folded.nodes[content.folded_key[wanted]]
        self._open_to(node)
        self.table.move_to_key(("node", wanted))

    def hints(self) -> tuple[Hint, ...]:
        """See GraphView."""
        return FOOTER

    def _columns(self, content: GraphContent) -> tuple[Column[OutlineRow], ...]:
        letters, chips = says.letters_of(content.devices), says.chips_of(content.devices)
        total = max(1, self._root.time_ns if self._root is not None else 1)

        def device(row: OutlineRow) -> Cell:
            if len(row.devices) == 1:
                name = row.devices[0][0]
                return Cell(letters.get(name, "?"), chips.get(name, ""))
            return Cell("".join(letters.get(name, "?") for name, _ in row.devices), "muted")

        columns: list[Column[OutlineRow]] = [
            Column("name", "part", 20, self._part_name, most=80),
            Column("count", "ops", 6, lambda row: f"{row.count:,}", lambda row: row.count, right=True, descending=True),
        ]
        if content.devices:
            columns.append(Column("device", "d", max(1, len(content.devices)), device))
        if self._root is not None and self._root.timed:
            columns += [
                Column("time", "ms", 7, lambda row: says.ms(row.time_ns), lambda row: row.time_ns, right=True,
                       descending=True),
                Column("bar", "", 10, blank, bar=lambda row: max(row.time_ns, 0) / total, drop=1, most=30),
            ]  # fmt: skip
        columns.append(Column("type", "type", 12, _type, drop=2, most=24))
        return tuple(columns)

    def _part_name(self, row: OutlineRow) -> Cell:
        glyphs = self.frame.glyphs
        sign = ("▾ " if not glyphs.ascii else "v ") if row.prefix in self._opened else f"{glyphs.pointer} "
        mark = f"{glyphs.live} " if row.whole in self.selection.marked else ""
        text = f"{'  ' * (row.depth - 1)}{sign if row.prefix else '  '}{mark}{row.text}"
        found = row.node is not None and read_query(self.selection.query).accepts(row.node)
        return Cell(text, "live" if found else "bold" if row.prefix else "")

    def _rows(self) -> tuple[OutlineRow, ...]:
        content, root = self._content, self._root
        if content is None or root is None:
            return ()
        rows: list[OutlineRow] = []
        depth = 1
        for entry in visible(root, self._opened):
            if isinstance(entry, Branch):
                depth = entry.depth + 1 if entry.prefix in self._opened else entry.depth
                time = entry.time_ns if entry.timed else -1
                devices = tuple(entry.devices.items())
                rows.append(OutlineRow(entry.depth, str(entry.name), entry.prefix, -1, entry.count, time, devices))
            else:
                node = content.folded.nodes[entry]
                devices = ((str(node.device), 1),) if node.device else ()
                rows.append(
                    OutlineRow(depth, str(node.name), "", content.whole_key[node.key], 1, node.time_ns, devices, node)
                )
        return tuple(rows)

    def _show_rows(self) -> None:
        self.table.set_rows(self._rows())
        self.table.refresh()

    def _show_panels(self) -> None:
        content, root = self._content, self._root
        if content is None or root is None:
            return
        row = self.table.current
        title = f"Outline · {root.count:,} operations" + (f" · {says.ms(root.time_ns)} ms" if root.timed else "")
        if self.selection.query:
            title += f" · {len(read_query(self.selection.query).hits(content.folded)):,} found"
        self.frame.title_panel(self.table, title, "enter opens and closes · f all, none")
        panel = self.query_one("#outline-more", Lines)
        node = row.node if row is not None else None
        self.frame.title_panel(panel, str(node.name) if node is not None else row.text if row is not None else "Part")
        panel.show(details.operation_lines(content, row.whole if row is not None else None) if node else _part(row))

    # What is done

    @on(Table.CursorMoved)
    def _cursor_moved(self) -> None:
        row = self.table.current
        self.selection.operation = row.whole if row is not None and row.whole >= 0 else None
        self.selection.submodel = self.selection.cut = None
        self._show_panels()

    @on(Table.Activated)
    def _activated(self) -> None:
        row = self.table.current
        if row is None:
            return
        if row.prefix:
            self._set_open(row.prefix, row.prefix not in self._opened)
        else:
            self.frame.go_to_operation(row.whole, "focus")

    @on(Table.Stepped)
    def _stepped(self, event: Table.Stepped) -> None:
        row = self.table.current
        if row is None:
            return
        if row.prefix and (event.by > 0) != (row.prefix in self._opened):
            self._set_open(row.prefix, event.by > 0)
        elif event.by < 0:
            above = [entry for entry in self.table.shown[: self.table.cursor_row] if entry.depth < row.depth]
            if above:
                self.table.move_to_key(_key(above[-1]))

    def _set_open(self, prefix: str, wanted: bool) -> None:
        self._opened = self._opened | {prefix} if wanted else self._opened - {prefix}
        self._show_rows()

    def _open_to(self, node: Node) -> None:
        todo = [self._root] if self._root is not None else []
        while todo:
            branch = todo.pop()
            if node.key in branch.nodes:
                parts = branch.prefix.split("/")
                self._opened |= {"/".join(parts[: count + 1]) for count in range(len(parts))}
                self._show_rows()
                return
            todo += branch.branches.values()

    def action_graph_fold(self) -> None:
        """Open everything, or close it."""
        if self._opened or self._root is None:
            self._opened = frozenset()
        else:
            found: list[str] = []
            todo = list(self._root.branches.values())
            while todo:
                branch = todo.pop()
                found.append(branch.prefix)
                todo += branch.branches.values()
            self._opened = frozenset(found)
        self._show_rows()

    def find_changed(self) -> None:
        """Light up what is found, and go there."""
        self._to_hit(1)

    def marks_changed(self) -> None:
        """Draw marks."""
        self._show_rows()

    def action_list_next_hit(self) -> None:
        """The next one that was searched for."""
        self._to_hit(1)

    def action_list_previous_hit(self) -> None:
        """The one before."""
        self._to_hit(-1)

    def _to_hit(self, by: int) -> None:
        content = self._content
        if content is None or not self.selection.query:
            self._show_rows()
            return
        hits = read_query(self.selection.query).hits(content.folded)
        present = content.folded_key.get(self.selection.operation) if self.selection.operation is not None else None
        found = next_hit(hits, present, by)
        if found is not None:
            self._open_to(content.folded.nodes[found])
            self.table.move_to_key(("node", content.whole_key[found]))
        self._show_rows()

    def action_list_sort(self) -> None:
        """By the next column."""
        self.table.sort_next()

    def action_list_reverse(self) -> None:
        """Turn the order round."""
        self.table.sort_reverse()

    def action_item_copy(self) -> None:
        """Copy the row under the cursor through the terminal."""
        text = self.table.row_text().replace("\t", "  ").strip()
        if text:
            self.app.copy_to_clipboard(text)
            self.frame.tell("copied the row")

    def operations_here(self) -> tuple[int, ...]:
        """All operations of the part under the cursor, for assigning them; none for an operation."""
        row, content = self.table.current, self._content
        if row is None or not row.prefix or content is None or self._root is None:
            return ()
        todo = [branch for branch in _all(self._root) if branch.prefix == row.prefix]
        keys = [key for top in todo for branch in _all(top) for key in branch.nodes]
        return tuple(sorted(content.whole_key[key] for key in keys))


def _all(branch: Branch) -> list[Branch]:
    found, todo = [], [branch]
    while todo:
        entry = todo.pop()
        found.append(entry)
        todo += entry.branches.values()
    return found


def _key(row: OutlineRow) -> tuple[str, object]:
    return ("branch", row.prefix) if row.prefix else ("node", row.whole)


def _type(row: OutlineRow) -> Cell:
    return Cell(str(row.node.type) if row.node is not None else "", "muted")


def _part(row: OutlineRow | None) -> tuple[tuple[tuple[str, str], ...], ...]:
    if row is None:
        return ()
    lines = [((f" {row.count:,} operations", "text"),)]
    if row.time_ns >= 0:
        lines.append(((f" {says.ms(row.time_ns)} ms", "text"),))
    lines += [((f" {name}: {count:,}", "muted"),) for name, count in row.devices]
    return tuple(lines)
