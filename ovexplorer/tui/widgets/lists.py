"""A scrolling list with a cursor that draws only what is visible.

Subclasses say how many rows there are, which can hold the cursor, and how one looks. Rows are drawn from the subclass's
own frozen values; `changed_rows` repaints some, `changed` all.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from ovexplorer.tui.actions import bindings_of
from ovexplorer.tui.widgets.ink import Ink

MOVES = tuple(f"list.{way}" for way in ("down", "up", "first", "last", "half_down", "half_up", "page_down", "page_up"))
"""Movements every list has."""


class CursorList(Ink, ScrollView, can_focus=True, inherit_bindings=False):
    """Base of lists: cursor, scrolling, mouse."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_of((*MOVES, "list.activate"))

    DEFAULT_CSS = """
    CursorList {
        height: 1fr; width: 1fr; background: $background; color: $foreground;
        overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1;
    }
    """

    class Highlighted(Message):
        """The cursor moved."""

        def __init__(self, source: CursorList, row: int) -> None:
            self.source = source
            self.row = row
            super().__init__()

        @property
        def control(self) -> CursorList:
            """The list."""
            return self.source

    class Activated(Message):
        """Enter or a second click on the cursor row."""

        def __init__(self, source: CursorList, row: int) -> None:
            self.source = source
            self.row = row
            super().__init__()

        @property
        def control(self) -> CursorList:
            """The list."""
            return self.source

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002  # Textual's own name
        super().__init__(name=name, id=id, classes=classes)
        self.cursor = 0
        """Row that holds the cursor."""

    def row_count(self) -> int:
        """Number of rows."""
        raise NotImplementedError

    def draw_row(self, row: int, width: int) -> list[Segment]:
        """Segments of one row, one cell a character, without cursor and selection; column 0 is the cursor's."""
        raise NotImplementedError

    def can_hold(self, row: int) -> bool:
        """Whether the cursor may stand there; headings say no."""
        return 0 <= row < self.row_count()

    def changed(self) -> None:
        """The rows are others now: sizes, cursor and all lines are brought up to date."""
        self.virtual_size = Size(self.size.width, self.row_count())
        if self.row_count() and not self.can_hold(self.cursor):
            self.cursor = self._nearest(min(self.cursor, self.row_count() - 1))
        self.refresh()

    def changed_rows(self, rows: Iterable[int]) -> None:
        """Repaint some rows."""
        top = self.scroll_offset.y
        for row in rows:
            if 0 <= row - top < self.size.height:
                self.refresh(Region(0, row - top, self.size.width, 1))

    def move_to(self, row: int) -> None:
        """Put the cursor on a row, or the nearest that can hold it, and scroll there."""
        if not self.row_count():
            return
        target = self._nearest(max(0, min(row, self.row_count() - 1)))
        if target != self.cursor:
            old, self.cursor = self.cursor, target
            self.changed_rows((old, target))
            self.post_message(self.Highlighted(self, target))
        self.show_cursor()

    def show_cursor(self) -> None:
        """Scroll so that the cursor row is seen."""
        top, height = self.scroll_offset.y, self.size.height
        # The first row that can hold the cursor brings the headings above it into view.
        if not any(self.can_hold(row) for row in range(self.cursor)):
            self.scroll_to(y=0, animate=False, force=True, immediate=True)
        elif self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False, force=True, immediate=True)
        elif height and self.cursor >= top + height:
            self.scroll_to(y=self.cursor - height + 1, animate=False, force=True, immediate=True)

    def render_line(self, y: int) -> Strip:
        """One visible line."""
        row, width = y + self.scroll_offset.y, self.size.width
        if row >= self.row_count():
            return self.row([], width)
        segments = self.draw_row(row, width)
        if row != self.cursor or not self.shows_cursor:
            return self.row(segments, width)
        fill = self.ink("cursor")
        mark = self.row([Segment(self.glyphs.cursor, self.ink("live"))], 1, fill)
        return Strip.join([mark, self.row(segments, width, fill).crop(1)])

    @property
    def shows_cursor(self) -> bool:
        """Whether the cursor row is marked; a list that is not focused keeps it but may hide it."""
        return True

    def _nearest(self, row: int) -> int:
        count = self.row_count()
        for distance in range(count):
            for candidate in (row + distance, row - distance):
                if 0 <= candidate < count and self.can_hold(candidate):
                    return candidate
        return row

    def _step(self, by: int) -> None:
        row, step = self.cursor + by, 1 if by > 0 else -1
        while 0 <= row < self.row_count() and not self.can_hold(row):
            row += step
        if 0 <= row < self.row_count():
            self.move_to(row)
        else:
            self.move_to(self.row_count() - 1 if by > 0 else 0)

    def on_resize(self, event: events.Resize) -> None:
        """Keep the cursor in view."""
        self.virtual_size = Size(event.size.width, self.row_count())
        self.show_cursor()

    def on_click(self, event: events.Click) -> None:
        """Put the cursor there; a click on the cursor row activates it."""
        row = event.y + self.scroll_offset.y
        if not self.can_hold(row):
            return
        if row == self.cursor:
            self.action_list_activate()
        else:
            self.move_to(row)

    def action_list_down(self) -> None:
        """Next row."""
        self._step(1)

    def action_list_up(self) -> None:
        """Previous row."""
        self._step(-1)

    def action_list_first(self) -> None:
        """First row."""
        self.move_to(0)

    def action_list_last(self) -> None:
        """Last row."""
        self.move_to(self.row_count() - 1)

    def action_list_half_down(self) -> None:
        """Half a page down."""
        self._step(max(1, self.size.height // 2))

    def action_list_half_up(self) -> None:
        """Half a page up."""
        self._step(-max(1, self.size.height // 2))

    def action_list_page_down(self) -> None:
        """A page down."""
        self._step(max(1, self.size.height - 1))

    def action_list_page_up(self) -> None:
        """A page up."""
        self._step(-max(1, self.size.height - 1))

    def action_list_activate(self) -> None:
        """Say that the cursor row was chosen."""
        if self.can_hold(self.cursor):
            self.post_message(self.Activated(self, self.cursor))
