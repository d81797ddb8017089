"""The choices of one option: each with one line of help and its last measured latency."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.events import Key
from textual.screen import ModalScreen

from ovexplorer.tui.actions import bindings_of
from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.widgets.canvas import Canvas
from ovexplorer.tui.widgets.cells import Line, Row, cut_cells

DIGITS = frozenset("0123456789.")


@dataclass(frozen=True)
class ChoiceRow:
    """One value that can be taken."""

    value: str
    help: str
    measured: str = ""
    """Its last measured p50 with unit; empty when it was never measured."""


class ChoiceList(Canvas, can_focus=True):
    """The values with a cursor."""

    def __init__(self, glyphs: Glyphs, rows: Sequence[ChoiceRow], present: str, *, numeric: bool) -> None:
        super().__init__(glyphs, id="choice-list")
        self.typed = ""
        """A number typed instead of choosing."""
        self._numeric = numeric
        self.choices = tuple(rows)
        self.present = present
        self.cursor = next((i for i, row in enumerate(self.choices) if row.value == present), 0)
        self._top = 0

    def build(self, width: int, height: int) -> Sequence[Row]:
        """See Canvas."""
        self._top = max(0, min(self._top, self.cursor, len(self.choices) - height))
        self._top = max(self._top, self.cursor - height + 1)
        values = min(max((len(row.value) for row in self.choices), default=0) + 4, width // 2)
        seen = self.choices[self._top : self._top + height]
        return [self._row(row, index == self.cursor, values, width) for index, row in enumerate(seen, self._top)]

    def move(self, by: int) -> None:
        """Move the cursor."""
        self.cursor = min(max(self.cursor + by, 0), len(self.choices) - 1)
        self.redraw()

    def on_key(self, event: Key) -> None:
        """Digits are typed where a number is wanted; they are taken by enter like a choice."""
        if not self._numeric:
            return
        if event.key == "backspace":
            self.typed = self.typed[:-1]
        elif event.character is not None and event.character in DIGITS:
            self.typed = (self.typed + event.character)[:12]
        else:
            return
        event.stop()
        event.prevent_default()
        self.name_keys()

    def name_keys(self) -> None:
        """Say what enter does."""
        takes = f"enter takes {self.typed}" if self.typed else "enter takes it"
        also = " · digits type" if self._numeric and not self.typed else ""
        self.retitle(self._title, f"{takes}{also} · esc leaves it")

    def _row(self, row: ChoiceRow, under_cursor: bool, values: int, width: int) -> Row:
        line = Line(width)
        if under_cursor:
            line.put(0, "▌", "l")
        if row.value == self.present:
            line.put(1, self.glyphs.set_by_user, "l")
        line.put(3, cut_cells(row.value, values - 1), "B" if under_cursor else " ")
        end = line.put_right(width - 1, row.measured, "m") if row.measured else width
        # Two blanks: the figure is not a part of the sentence before it.
        room = end - 5 - values
        line.put(3 + values, cut_cells(row.help, room) if len(row.help) > room else row.help, "m")
        return line.row(under_cursor)


class ChoicesScreen(ModalScreen[str | None]):
    """Asks for a value; gives None when nothing was chosen, an empty text when one is to be typed."""

    CSS_PATH = "choices.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings_of(
            (
                "list.down",
                "list.up",
                "list.first",
                "list.last",
                "list.page_down",
                "list.page_up",
                "list.activate",
                "app.back",
            )
        )
    ]

    def __init__(
        self, glyphs: Glyphs, title: str, rows: Sequence[ChoiceRow], present: str, *, numeric: bool = False
    ) -> None:
        super().__init__()
        self._list = ChoiceList(glyphs, rows, present, numeric=numeric)
        self._title = title

    def compose(self) -> ComposeResult:
        """One box."""
        with Vertical(id="choices"):
            yield self._list

    def on_mount(self) -> None:
        """The box is as high as it needs to be."""
        self._list.styles.height = len(self._list.choices) + 2
        self.set_class(self._list.glyphs.ascii, "-ascii")
        self._list.retitle(self._title)
        self._list.name_keys()
        self._list.focus()

    def action_list_down(self) -> None:
        """Next value."""
        self._list.move(1)

    def action_list_up(self) -> None:
        """Value before."""
        self._list.move(-1)

    def action_list_first(self) -> None:
        """First value."""
        self._list.move(-len(self._list.choices))

    def action_list_last(self) -> None:
        """Last value."""
        self._list.move(len(self._list.choices))

    def action_list_page_down(self) -> None:
        """A page down."""
        self._list.move(max(1, self._list.content_size.height - 1))

    def action_list_page_up(self) -> None:
        """A page up."""
        self._list.move(-max(1, self._list.content_size.height - 1))

    def action_list_activate(self) -> None:
        """Take what was typed, or the value under the cursor."""
        self.dismiss(self._list.typed or self._list.choices[self._list.cursor].value)

    def action_app_back(self) -> None:
        """Take nothing."""
        self.dismiss(None)
