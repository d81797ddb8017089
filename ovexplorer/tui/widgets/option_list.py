"""The list of everything that can be toggled: label, value, mark, reason; the cursor, a filter, edits in place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from textual.events import Key, MouseDown, MouseScrollDown, MouseScrollUp
from textual.message import Message

from ovexplorer.tui.actions import bindings_of
from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.widgets.canvas import Canvas
from ovexplorer.tui.widgets.cells import Line, Row, cut_cells

LABEL = 13
"""Cells of the label, with the blank after it."""

VALUE = 13
"""Cells of the value, with the blank after it."""

REASONS = 40
"""Width from which reasons stand beside the marks; label and value then have a cell less."""

EditKind = Literal["none", "digits", "text"]

_DIGITS = frozenset("0123456789.")


@dataclass(frozen=True)
class OptionRow:
    """One option as it stands."""

    id: str
    """Option id; empty for a heading."""
    label: str
    value: str = ""
    """`f32`, `auto → 1`, `64 → 2`."""
    role: str = " "
    """Role letter of the value."""
    mark: str = ""
    """`●`, `≠`, `∅`, `✗`, `◐`."""
    mark_role: str = "w"
    reason: str = ""
    """Where there is room, beside the mark."""
    edit: EditKind = "none"
    """Which characters the field in place takes."""
    asked: bool = False
    """Whether it is set to something other than its default."""

    def with_value(self, value: str, role: str, mark: str, mark_role: str, reason: str = "") -> OptionRow:
        """The same option with what became of it."""
        return replace(self, value=value, role=role, mark=mark, mark_role=mark_role, reason=reason)


class OptionList(Canvas, can_focus=True):
    """A list with a cursor. It knows rows only; what a change means is said by messages."""

    BINDINGS = bindings_of(
        (
            "list.down",
            "list.up",
            "list.left",
            "list.right",
            "list.first",
            "list.last",
            "list.half_down",
            "list.half_up",
            "list.page_down",
            "list.page_up",
            "list.activate",
        )
    )

    @dataclass
    class Moved(Message):
        """The cursor stands on another option."""

        option_id: str

    @dataclass
    class Stepped(Message):
        """The previous or next value was asked for."""

        option_id: str
        direction: int

    @dataclass
    class Opened(Message):
        """The choices were asked for."""

        option_id: str

    @dataclass
    class Edited(Message):
        """A value was typed in place."""

        option_id: str
        value: str

    def __init__(self, glyphs: Glyphs, *, id: str | None = None) -> None:  # noqa: A002 Textual's name
        super().__init__(glyphs, id=id)
        self._options: tuple[OptionRow, ...] = ()
        self._cursor = 0
        self._top = 0
        self._typed: str | None = None

    @property
    def current(self) -> OptionRow | None:
        """The option under the cursor."""
        return self._options[self._cursor] if self._cursor < len(self._options) else None

    @property
    def rows(self) -> tuple[OptionRow, ...]:
        """All rows, seen or not."""
        return self._options

    @property
    def editing(self) -> bool:
        """Whether a value is being typed."""
        return self._typed is not None

    @property
    def shown_range(self) -> str:
        """`1–21 of 41`, counting options; empty when all are seen."""
        height = self.content_size.height
        if len(self._options) <= height:
            return ""
        positions = [index for index, row in enumerate(self._options) if row.id]
        seen = [n for n, index in enumerate(positions, 1) if self._top <= index < self._top + height]
        return f"{seen[0]}–{seen[-1]} of {len(positions)}" if seen else ""

    def show(self, options: Sequence[OptionRow]) -> None:
        """Draw these options; the cursor stays on its option, or goes to the first one."""
        options = tuple(options)
        if options == self._options:
            return
        before = self.current
        self._options = options
        same = next((i for i, row in enumerate(options) if before and row.id and row.id == before.id), None)
        self._cursor = same if same is not None else self._near(min(self._cursor, len(options) - 1))
        self._keep_in_view()
        self.redraw()
        now = self.current
        if now and (before is None or now.id != before.id):
            self.post_message(self.Moved(now.id))

    def build(self, width: int, height: int) -> Sequence[Row]:
        """See Canvas."""
        self._keep_in_view()
        seen = self._options[self._top : self._top + height]
        return [self._row(row, index == self._cursor, width) for index, row in enumerate(seen, self._top)]

    def move_to(self, option_id: str) -> None:
        """Put the cursor on an option."""
        index = next((i for i, row in enumerate(self._options) if row.id == option_id), None)
        if index is not None:
            self._go(index)

    def cancel_edit(self) -> bool:
        """Leave the field in place without a change; False when there was none."""
        if self._typed is None:
            return False
        self._typed = None
        self.redraw()
        return True

    def on_focus(self) -> None:
        """The cursor is brighter with the focus."""
        self.redraw()

    def on_blur(self) -> None:
        """See on_focus; typing ends."""
        self._typed = None
        self.redraw()

    def on_key(self, event: Key) -> None:
        """Digits, or any text where text is wanted, go to the field in place."""
        row = self.current
        # Until enter opens a field, digits choose a tab and letters are actions.
        if row is None or row.edit == "none" or self._typed is None:
            return
        if event.key == "backspace":
            self._typed = self._typed[:-1]
        elif event.character is not None and event.is_printable:
            if row.edit == "digits" and event.character not in _DIGITS:
                return
            self._typed = (self._typed + event.character)[:120]
        else:
            return
        event.stop()
        event.prevent_default()
        self.redraw()

    def open_field(self, text: str) -> None:
        """Open the field in place with a text in it."""
        if self.current and self.current.edit != "none":
            self._typed = text
            self.redraw()

    def on_mouse_down(self, event: MouseDown) -> None:
        """A click puts the cursor; a click on it opens the choices."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        index = self._top + offset.y
        if index >= len(self._options) or not self._options[index].id:
            return
        if index == self._cursor:
            self.action_list_activate()
        else:
            self._go(index)

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """The wheel moves the cursor."""
        event.stop()
        self._move(3)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """See on_mouse_scroll_down."""
        event.stop()
        self._move(-3)

    def action_list_down(self) -> None:
        """Next option."""
        self._move(1)

    def action_list_up(self) -> None:
        """Option before."""
        self._move(-1)

    def action_list_half_down(self) -> None:
        """Half a page down."""
        self._move(max(1, self.content_size.height // 2))

    def action_list_half_up(self) -> None:
        """Half a page up."""
        self._move(-max(1, self.content_size.height // 2))

    def action_list_page_down(self) -> None:
        """A page down."""
        self._move(max(1, self.content_size.height - 1))

    def action_list_page_up(self) -> None:
        """A page up."""
        self._move(-max(1, self.content_size.height - 1))

    def action_list_first(self) -> None:
        """First option."""
        self._go(self._near(0))

    def action_list_last(self) -> None:
        """Last option."""
        self._go(self._near(len(self._options) - 1, -1))

    def action_list_left(self) -> None:
        """Previous value, at once."""
        self._step(-1)

    def action_list_right(self) -> None:
        """Next value, at once."""
        self._step(1)

    def action_list_activate(self) -> None:
        """Open the choices, or take what was typed."""
        row = self.current
        if row is None:
            return
        if self._typed is not None:
            typed, self._typed = self._typed.strip(), None
            self.redraw()
            if typed:
                self.post_message(self.Edited(row.id, typed))
        else:
            self.post_message(self.Opened(row.id))

    def _step(self, direction: int) -> None:
        row = self.current
        if row is not None and self._typed is None:
            self.post_message(self.Stepped(row.id, direction))

    def _move(self, by: int) -> None:
        step = 1 if by > 0 else -1
        self._go(self._near(min(max(self._cursor + by, 0), len(self._options) - 1), step))

    def _near(self, index: int, step: int = 1) -> int:
        """The nearest option from a place on: headings are skipped."""
        for direction in (step, -step):
            at = index
            while 0 <= at < len(self._options):
                if self._options[at].id:
                    return at
                at += direction
        return 0

    def _go(self, index: int) -> None:
        if index == self._cursor or not self._options:
            return
        self._typed = None
        self._cursor = index
        self.redraw()
        if self.current:
            self.post_message(self.Moved(self.current.id))

    def _keep_in_view(self) -> None:
        height = max(1, self.content_size.height)
        # The heading above the first option comes into view with it.
        first = self._cursor - 1 if self._cursor and not self._options[self._cursor - 1].id else self._cursor
        if first < self._top:
            self._top = first
        elif self._cursor >= self._top + height:
            self._top = self._cursor - height + 1
        self._top = max(0, min(self._top, len(self._options) - height))

    def _row(self, row: OptionRow, under_cursor: bool, width: int) -> Row:
        line = Line(width)
        if not row.id:
            line.put(1, row.label, "M")
            return line.row()
        if under_cursor:
            line.put(0, "▌", "l" if self.has_focus else "n")
        spare = 1 if width >= REASONS else 0
        line.put(1, cut_cells(row.label, LABEL - spare - 1), "B" if under_cursor else " ")
        x = 1 + LABEL - spare
        if under_cursor and self._typed is not None:
            shown = self._typed[-(VALUE - 2) :]
            end = line.put(x, shown, "L", VALUE - 1)
            line.put(end, "▏" if not self.glyphs.ascii else "_", "l")
            return line.row(True)
        mark_at = min(x + VALUE - spare, width - 2)
        line.put(x, cut_cells(row.value, mark_at - x - 1), row.role)
        line.put(mark_at, row.mark, row.mark_role)
        room = width - mark_at - 2
        if row.reason and spare:
            line.put(mark_at + 2, cut_end(row.reason, room), "m")
        return line.row(under_cursor and self.has_focus)


def cut_end(text: str, width: int) -> str:
    """Cut words at the end: of a reason the beginning says most."""
    return text if len(text) <= width else f"{text[: width - 1].rstrip()}…"
