"""One table for every list of the product: thousands of rows, only those in sight are drawn, and never a layout.

The cursor belongs to a row, not to a line: sorting, filtering and new values leave it where it was meant. Cells are
literal text.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from rich.segment import Segment
from textual import events
from textual.binding import BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from ovexplorer.tui.actions import bindings_of
from ovexplorer.tui.widgets.table_model import Column, Pinned, Placed, as_cell, ordered, place, position_of
from ovexplorer.tui.widgets.table_moves import TableMoves
from ovexplorer.tui.widgets.table_paint import TablePaint, different

if TYPE_CHECKING:
    from typing_extensions import Self

Row = TypeVar("Row")

_KEYS = ("down", "up", "left", "right", "first", "last", "half_down", "half_up", "page_down", "page_up", "activate")

LEAST_ROWS = 3
"""Rows of the list that pinned rows never take."""


class Table(TableMoves, TablePaint, Generic[Row], can_focus=True):
    """A virtual table with fixed columns, a cursor row, an order, a filter and pinned rows."""

    DEFAULT_CSS = """
    Table { width: 1fr; height: 1fr; background: $background; color: $foreground; }
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings_of(f"list.{key}" for key in _KEYS)

    @dataclass
    class CursorMoved(Message):
        """The cursor is on another row, or on none."""

        table: Table[Any]
        key: Hashable

    @dataclass
    class Activated(Message):
        """Enter or a second click on the cursor row."""

        table: Table[Any]
        key: Hashable

    @dataclass
    class Stepped(Message):
        """Left or right on the cursor row."""

        table: Table[Any]
        key: Hashable
        by: int

    @dataclass
    class HeadingPressed(Message):
        """A click on the heading of a column."""

        table: Table[Any]
        column: str

    def __init__(
        self,
        columns: Sequence[Column[Row]],
        key: Callable[[Row], Hashable],
        *,
        headings: bool = True,
        id: str | None = None,  # noqa: A002 - Textual's own word
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._columns = tuple(columns)
        self._key = key
        self._headings = headings
        self._rows: Sequence[Row] = ()
        self._shown: list[Row] = []
        self._positions: dict[Hashable, int] = {}
        self._pinned: tuple[Pinned, ...] = ()
        self._accept: Callable[[Row], bool] | None = None
        self._sort = ""
        self._descending = False
        self._cursor = 0
        self._top = 0
        self._placed: tuple[Placed[Row], ...] = ()
        self._painted: dict[int, Strip] = {}
        self._drawn: dict[int, Strip] = {}
        """Lines drawn already for the paint that was asked for last."""

    # What is shown

    @property
    def shown(self) -> Sequence[Row]:
        """Rows that pass the filter, in order."""
        return self._shown

    @property
    def columns(self) -> tuple[Column[Row], ...]:
        """All columns, also those left out for want of room."""
        return self._columns

    @property
    def current(self) -> Row | None:
        """The row under the cursor."""
        return self._shown[self._cursor] if self._shown else None

    @property
    def current_key(self) -> Hashable:
        """Its key; None when there is no row."""
        return None if self.current is None else self._key(self.current)

    @property
    def sorted_by(self) -> tuple[str, bool]:
        """Column of the order and whether the largest is on top; an empty name is the order rows came in."""
        return self._sort, self._descending

    @property
    def cursor_row(self) -> int:
        """Position of the cursor among the shown rows."""
        return self._cursor

    @property
    def last_row(self) -> int:
        """Position of the last shown row."""
        return len(self._shown) - 1

    @property
    def page_rows(self) -> int:
        """Rows of the list in sight."""
        return max(0, self.size.height - self._first_line - self._pinned_height())

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show other rows, or the same with new values; the cursor stays on its row."""
        if rows is not self._rows and rows != self._rows:
            self._rows = rows
            self._rebuild()

    def show(
        self,
        columns: Sequence[Column[Row]],
        rows: Sequence[Row],
        key: Callable[[Row], Hashable],
        *,
        sort: str = "",
        descending: bool = False,
        accept: Callable[[Row], bool] | None = None,
    ) -> None:
        """Show something else: other columns, rows of another kind, another order and filter."""
        self._shown = []
        self._columns, self._rows, self._key = tuple(columns), rows, key
        self._sort, self._descending, self._accept = sort, descending, accept
        self._placed = ()
        self._cursor = self._top = 0
        self._rebuild()

    def renew(self, columns: Sequence[Column[Row]], rows: Sequence[Row]) -> None:
        """Show new values: order, filter and cursor stay, and only cells that look different are repainted."""
        key = self.current_key
        self._columns, self._rows, self._placed = tuple(columns), rows, ()
        self._arrange(key)
        self._repaint()
        if self.current_key != key:
            self._tell(self.CursorMoved(self, self.current_key))

    def set_filter(self, accept: Callable[[Row], bool] | None) -> None:
        """Show only some of the rows."""
        self._accept = accept
        self._rebuild()

    def set_sort(self, column: str, descending: bool) -> None:
        """Order by a column; an empty name is the order rows came in."""
        self._sort, self._descending = column, descending
        self._rebuild()

    def sort_next(self) -> None:
        """Order by the next column that can be sorted by and is shown."""
        names = [placed.column.id for placed in self._places() if placed.column.sort is not None]
        if names:
            name = names[(names.index(self._sort) + 1) % len(names)] if self._sort in names else names[0]
            self.set_sort(name, self._column(name).descending)

    def sort_reverse(self) -> None:
        """Turn the order round."""
        self.set_sort(self._sort, not self._descending)

    def set_pinned(self, pinned: tuple[Pinned, ...]) -> None:
        """Rows under the list that do not scroll."""
        if len(pinned) != len(self._pinned):
            self._pinned = pinned
            self._scroll_to_cursor()
            self.refresh()
        elif pinned != self._pinned:
            self._pinned = pinned
            self._repaint(self._first_line + self.page_rows)

    def move_to(self, index: int) -> None:
        """Put the cursor on a row by position."""
        before, top = self._cursor, self._top
        self._cursor = max(0, min(index, len(self._shown) - 1))
        self._scroll_to_cursor()
        if self._cursor == before and self._top == top:
            return
        if self._top != top:
            self.refresh()
        else:
            self._refresh_row(before)
            self._refresh_row(self._cursor)
        if self._cursor != before:
            self._tell(self.CursorMoved(self, self.current_key))

    def move_to_key(self, key: Hashable) -> None:
        """Put the cursor on a row; nothing happens when it is not shown."""
        if key in self._positions:
            self.move_to(self._positions[key])

    def row_text(self) -> str:
        """The row under the cursor with all its columns, separated by tabs; empty when there is none."""
        row = self.current
        if row is None:
            return ""
        return "\t".join(as_cell(column.text(row)).text for column in self._columns if column.bar is None)

    # Drawing

    def render_line(self, y: int) -> Strip:
        """One line of the screen, remembered so that `renew` can tell which lines differ."""
        drawn = self._drawn.pop(y, None)
        strip = self._painted[y] = self._line(y) if drawn is None else drawn
        return strip

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """Ask for a paint; see Textual. What was drawn ahead may have become wrong."""
        self._drawn = {}
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def _line(self, y: int) -> Strip:
        """Heading, row, rule or pinned row."""
        width = self.size.width
        if self._headings and y == 0:
            return self.row(self.heading(self._places(), self._sort, self._descending), width)
        body = self.page_rows
        row = y - self._first_line
        if row < body:
            index = self._top + row
            if index >= len(self._shown):
                return self.row([], width)
            cells = self.cells(self._shown[index], self._places(), index == self._cursor, width)
            return self.row(cells, width)
        pinned = row - body - (self._pinned_height() - len(self._pinned))
        if pinned < 0:
            return self.row([Segment(self.glyphs.rule * width, self.style_of("line"))], width)
        return self.row(self.pinned_cells(self._pinned[pinned], self._places(), width), width)

    def on_resize(self) -> None:
        """Place the columns anew; Textual sends it after the size has changed."""
        self._placed = ()
        self._scroll_to_cursor()

    def on_focus(self) -> None:
        """The cursor row looks different now."""
        self.refresh()

    def on_blur(self) -> None:
        """The cursor row looks different now."""
        self.refresh()

    # Keys and mouse

    def action_list_left(self) -> None:
        """Previous value of the row."""
        self._tell(self.Stepped(self, self.current_key, -1))

    def action_list_right(self) -> None:
        """Next value of the row."""
        self._tell(self.Stepped(self, self.current_key, 1))

    def action_list_activate(self) -> None:
        """What enter does is the screen's affair."""
        if self._shown:
            self._tell(self.Activated(self, self.current_key))

    def on_click(self, event: events.Click) -> None:
        """The cursor goes to the row; a click on it again is enter; one on a heading sorts."""
        inside = event.get_content_offset(self)
        if inside is None:
            return
        if self._headings and inside.y == 0:
            for placed in self._places():
                if placed.start <= inside.x < placed.start + placed.width and placed.column.sort is not None:
                    self._tell(self.HeadingPressed(self, placed.column.id))
            return
        row = inside.y - self._first_line
        index = self._top + row
        if row < self.page_rows and index < len(self._shown):
            if index == self._cursor:
                self.action_list_activate()
            else:
                self.move_to(index)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Three rows down, without animation."""
        event.stop()
        self.move_to(self._cursor + 3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Three rows up."""
        event.stop()
        self.move_to(self._cursor - 3)

    # Helpers

    @property
    def _first_line(self) -> int:
        return 1 if self._headings else 0

    def _tell(self, message: Message) -> None:
        if self.is_attached:
            self.post_message(message)

    def _column(self, name: str) -> Column[Row]:
        return next(column for column in self._columns if column.id == name)

    def _places(self) -> tuple[Placed[Row], ...]:
        if not self._placed:
            # One cell at the right edge is kept for the position in a long list.
            self._placed = place(self._columns, self.size.width)
        return self._placed

    def _rebuild(self) -> None:
        key = self.current_key
        self._arrange(key)
        self.refresh()
        if self.current_key != key:
            self._tell(self.CursorMoved(self, self.current_key))

    def _arrange(self, key: Hashable) -> None:
        """Filter and order the rows, and put the cursor on the one with this key."""
        rows = self._rows if self._accept is None else [row for row in self._rows if self._accept(row)]
        column = next((column for column in self._columns if column.id == self._sort), None)
        self._shown = ordered(rows, column, self._descending)
        self._positions = {self._key(row): index for index, row in enumerate(self._shown)}
        self._cursor = position_of(key, self._positions, self._cursor, len(self._shown))
        self._scroll_to_cursor()

    def _repaint(self, first: int = 0) -> None:
        """Repaint the cells that look different by now, from a line on; they are drawn once, here."""
        drawn = {y: strip for y, strip in self._drawn.items() if y < first}
        regions = []
        for y, strip in self._painted.items():
            if first <= y < self.size.height:
                line = self._line(y)
                start, end = different(strip, line)
                if end > start:
                    regions.append(Region(start, y, end - start, 1))
                    drawn[y] = line
        if regions:
            self.refresh(*regions)
            self._drawn = drawn

    def _pinned_height(self) -> int:
        room = self.size.height - self._first_line - LEAST_ROWS
        count = len(self._pinned)
        if not count or room < count:
            return 0
        return count + 1 if room > count else count

    def _scroll_to_cursor(self) -> None:
        body = max(1, self.page_rows)
        if self._cursor < self._top:
            self._top = self._cursor
        elif self._cursor >= self._top + body:
            self._top = self._cursor - body + 1
        self._top = max(0, min(self._top, len(self._shown) - body))

    def _refresh_row(self, index: int) -> None:
        y = index - self._top + self._first_line
        if 0 <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))
