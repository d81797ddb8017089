"""Help: keys of the screen below, what its signs mean, then the rest. Made from the registry of actions."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

from rich.segment import Segment
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input

from ovexplorer.tui.actions import BY_ID, EVERYWHERE, ScreenName, bindings_of
from ovexplorer.tui.screens.base import OvxScreen
from ovexplorer.tui.screens.help_rows import HelpRow, rows_for
from ovexplorer.tui.screens.palette import carry_out
from ovexplorer.tui.widgets.lists import CursorList

if TYPE_CHECKING:
    from ovexplorer.tui.app import OvexplorerApp

TITLES = {"builder": "Device builder", "shapes": "Shapes and inputs", "error": "Error"}


class HelpList(CursorList):
    """Lines of the help; signs hold the cursor too, so that all can be read."""

    rows: tuple[HelpRow, ...] = ()

    def show(self, rows: tuple[HelpRow, ...]) -> None:
        """Show these lines."""
        self.rows = rows
        self.cursor = 0
        self.changed()
        self.move_to(0)

    def row_count(self) -> int:
        """Lines."""
        return len(self.rows)

    def can_hold(self, row: int) -> bool:
        """Headings do not."""
        return 0 <= row < len(self.rows) and bool(self.rows[row].words)

    def draw_row(self, row: int, width: int) -> list[Segment]:  # noqa: ARG002  # lines are cut by the list
        """One line."""
        return [
            Segment(text, self.ink(role.rstrip("*"), bold=role.endswith("*") or None))
            for text, role in self.rows[row].pieces
        ]


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

    @property
    def ovx(self) -> OvexplorerApp:
        """The app, typed."""
        return cast("OvexplorerApp", self.app)

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
        self._fill()
        self.query_one(HelpList).focus()

    def _fill(self) -> None:
        box = self.query_one("#help")
        title = TITLES.get(self._shown, self._shown.capitalize())
        dot = self.ovx.glyphs.dot
        box.border_title = Content(f"Help {dot} {title}")
        box.border_subtitle = Content(f"esc closes {dot} / finds {dot} tab other screens {dot} enter does it")
        self.query_one(HelpList).show(rows_for(self._shown, self.ovx.glyphs, self.query_one(Input).value))

    @on(Input.Changed)
    def _filtered(self) -> None:
        self._fill()

    @on(Input.Submitted)
    def _entered(self) -> None:
        self.query_one(HelpList).focus()

    @on(CursorList.Activated)
    async def _do(self, event: CursorList.Activated) -> None:
        row = self.query_one(HelpList).rows[event.row]
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
