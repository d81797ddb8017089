"""Help: keys of the screen below, what its signs mean, then the rest. Made from the registry of actions."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

from rich.segment import Segment
from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widgets import Input

from ovexplorer.tui.actions import BY_ID, EVERYWHERE, ScreenName, bindings_of
from ovexplorer.tui.screens.base import WIDE, OvxScreen
from ovexplorer.tui.screens.help_rows import EMPTY, HelpRow, columns_for, rows_for
from ovexplorer.tui.screens.palette import carry_out
from ovexplorer.tui.widgets.lists import MOVES, CursorList

if TYPE_CHECKING:
    from ovexplorer.tui.host import Host

TITLES = {"builder": "Device builder", "shapes": "Shapes and inputs", "error": "Error"}


class HelpList(CursorList):
    """Lines of the help, in one column or two; signs hold the cursor too, so that all can be read."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_of((*MOVES, "list.left", "list.right", "list.activate"))

    lines: tuple[tuple[HelpRow, ...], ...] = ()
    column = 0
    """The one that holds the cursor."""

    def show(self, lines: tuple[tuple[HelpRow, ...], ...]) -> None:
        """Show these lines; each has one row a column."""
        self.lines = lines
        self.cursor = self.column = 0
        self.changed()
        self.move_to(0)

    def row_count(self) -> int:
        """Lines."""
        return len(self.lines)

    def can_hold(self, row: int) -> bool:
        """Headings do not."""
        return 0 <= row < len(self.lines) and bool(self.lines[row][self.column].words)

    @property
    def here(self) -> HelpRow:
        """The row under the cursor."""
        return self.lines[self.cursor][self.column]

    def draw_row(self, row: int, width: int) -> list[Segment]:
        """One line, all columns equally wide."""
        line = self.lines[row]
        each = width // len(line)
        return [segment for number, part in enumerate(line) for segment in self._cell(part, row, number, each)]

    def render_line(self, y: int) -> Strip:
        """One visible line; the mark in its first cell is taken away while the cursor is in another column."""
        strip = super().render_line(y)
        if not self.column or y + self.scroll_offset.y != self.cursor:
            return strip
        return Strip.join([self.row([], 1, self.ink("cursor")), strip.crop(1)])

    def _cell(self, part: HelpRow, row: int, number: int, width: int) -> list[Segment]:
        pieces = part.pieces
        if number and row == self.cursor and number == self.column and pieces:
            pieces = ((f"{self.glyphs.cursor}{pieces[0][0][1:]}", pieces[0][1]), *pieces[1:])
        segments, left = [], width
        for text, role in pieces:
            bold = role.endswith("*") or (row == self.cursor and number == self.column) or None
            shown = text if len(text) < left else f"{text[: max(0, left - 2)]}{self.glyphs.ellipsis} "[:left]
            segments.append(Segment(shown, self.ink(role.rstrip("*"), bold=bold)))
            left -= len(segments[-1].text)
        return [*segments, Segment(" " * left)]

    def action_list_left(self) -> None:
        """The column before."""
        self._to_column(self.column - 1)

    def action_list_right(self) -> None:
        """The next column."""
        self._to_column(self.column + 1)

    def _to_column(self, column: int) -> None:
        if self.lines and 0 <= column < len(self.lines[0]):
            self.column = column
            self.changed()
            self.show_cursor()

    def on_click(self, event: events.Click) -> None:
        """Put the cursor there, in its column; a click on it does it."""
        columns = len(self.lines[0]) if self.lines else 1
        column = min(columns - 1, event.x * columns // max(1, self.size.width))
        row = event.y + self.scroll_offset.y
        if column != self.column and row < len(self.lines) and self.lines[row][column].words:
            self.column = column
            self.move_to(row)
            self.changed()
            event.prevent_default()


class HelpScreen(ModalScreen[None], inherit_bindings=False):
    """Keys and signs; `/` filters, `tab` shows other screens, `enter` does the line under the cursor."""

    NAME = "help"
    CSS_PATH = "help.tcss"
    HORIZONTAL_BREAKPOINTS = OvxScreen.HORIZONTAL_BREAKPOINTS
    VERTICAL_BREAKPOINTS = OvxScreen.VERTICAL_BREAKPOINTS
    BINDINGS: ClassVar[list[BindingType]] = bindings_of(
        ("app.back", "app.help", "list.find", "focus.next", "focus.previous")
    )

    def __init__(self, screen: ScreenName) -> None:
        super().__init__()
        self._shown: ScreenName = screen
        self._were_two = False

    @property
    def ovx(self) -> Host:
        """The app, typed."""
        return cast("Host", self.app)

    def compose(self) -> ComposeResult:
        """A box with the list and a filter."""
        with Vertical(id="help"):
            yield HelpList(id="help-list")
            field = Input(placeholder="filter by key or word", id="help-find")
            field.cursor_blink = False
            yield field

    def on_mount(self) -> None:
        """Fill it."""
        self.set_class(self.ovx.glyphs.ascii, "-ascii")
        self._were_two = self._two_columns
        self._fill()
        self.query_one(HelpList).focus()

    @property
    def _two_columns(self) -> bool:
        return self.app.size.width >= WIDE

    def on_resize(self) -> None:
        """One column or two."""
        if self._two_columns != self._were_two:
            self._were_two = self._two_columns
            self._fill()

    def _fill(self) -> None:
        box = self.query_one("#help")
        title = TITLES.get(self._shown, self._shown.capitalize())
        dot = self.ovx.glyphs.dot
        box.border_title = Content(f"Help {dot} {title}")
        box.border_subtitle = Content(f"esc closes {dot} / finds {dot} tab other screens {dot} enter does it")
        wanted, glyphs, replay = self.query_one(Input).value, self.ovx.glyphs, self.ovx.replay
        if self._two_columns and not wanted.strip():
            self.query_one(HelpList).show(columns_for(self._shown, glyphs, replay=replay))
        else:
            rows = rows_for(self._shown, glyphs, wanted, replay=replay)
            self.query_one(HelpList).show(tuple((row,) for row in rows))

    @on(Input.Changed)
    def _filtered(self) -> None:
        self._fill()

    @on(Input.Submitted)
    def _entered(self) -> None:
        self.query_one(HelpList).focus()

    @on(CursorList.Activated)
    async def _do(self, event: CursorList.Activated) -> None:
        row = event.source.here if isinstance(event.source, HelpList) else EMPTY
        below = self.app.screen_stack[-2]
        works_here = self._shown == getattr(below, "NAME", "")
        if row.action and works_here and row.action not in ("app.help", "app.screen"):
            self.dismiss()
            self.app.call_later(partial(carry_out, BY_ID[row.action], below))

    def action_list_find(self) -> None:
        """Filter."""
        field = self.query_one(Input)
        field.add_class("-shown")
        field.focus()

    def action_focus_next(self) -> None:
        """The next screen's keys."""
        self._turn(1)

    def action_focus_previous(self) -> None:
        """The previous screen's keys."""
        self._turn(-1)

    def _turn(self, by: int) -> None:
        names = [name for name in EVERYWHERE if name not in ("help", "prompt")]
        self._shown = names[(names.index(self._shown) + by) % len(names)]
        self._fill()

    def action_app_help(self) -> None:
        """The same key closes it."""
        self.dismiss()

    def action_app_back(self) -> None:
        """Leave the field, else close."""
        field = self.query_one(Input)
        if field.has_class("-shown"):
            field.value = ""
            field.remove_class("-shown")
            self.query_one(HelpList).focus()
        else:
            self.dismiss()
