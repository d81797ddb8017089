"""The widget of the timeline: shows a prepared view of lanes and says which keys were pressed on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from textual.binding import BindingType
from textual.message import Message

from ovexplorer.tui.actions import bindings_of
from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.widgets.canvas import Canvas
from ovexplorer.tui.widgets.cells import Line, Row, wrap
from ovexplorer.tui.widgets.lane_paint import LanesView, blank_row, paint


class Lanes(Canvas, can_focus=True):
    """Draws a LanesView."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_of(
        f"list.{name}" for name in ("down", "up", "left", "right", "first", "last")
    )

    class Moved(Message):
        """A key asks for another lane."""

        def __init__(self, by: int) -> None:
            super().__init__()
            self.by = by

    class Scrolled(Message):
        """A key asks for another time."""

        def __init__(self, to: Literal["back", "forward", "start", "now"]) -> None:
            super().__init__()
            self.to = to

    def __init__(self, glyphs: Glyphs, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 Textual's name
        super().__init__(glyphs, id=id, classes=classes)
        self._view = LanesView()

    def on_resize(self) -> None:
        """Build for the new size; lines that stay blank must be painted again too when only the height changed."""
        super().on_resize()
        self.refresh()

    def show(self, view: LanesView) -> None:
        """Draw a view; nothing happens when it shows the same."""
        if view != self._view:
            self._view = view
            self.redraw()

    def build(self, width: int, height: int) -> Sequence[Row]:
        """See Canvas."""
        if self._view.empty:
            rows = [blank_row(width)] * max(0, height // 2 - 1)
            for text, role in self._view.empty:
                for part in wrap(text, max(10, width - 4), 3):
                    line = Line(width)
                    line.put(2, part, role)
                    rows.append(line.row())
            return rows
        return paint(self._view, width, height, self.glyphs)

    def action_list_down(self) -> None:
        """Next lane."""
        self.post_message(self.Moved(1))

    def action_list_up(self) -> None:
        """Lane before."""
        self.post_message(self.Moved(-1))

    def action_list_left(self) -> None:
        """Back in time."""
        self.post_message(self.Scrolled("back"))

    def action_list_right(self) -> None:
        """Forward in time."""
        self.post_message(self.Scrolled("forward"))

    def action_list_first(self) -> None:
        """The oldest request kept."""
        self.post_message(self.Scrolled("start"))

    def action_list_last(self) -> None:
        """Now."""
        self.post_message(self.Scrolled("now"))
