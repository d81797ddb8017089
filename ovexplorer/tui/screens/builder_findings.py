"""What the rules of thumb say, as a row or a list that opens: those that fail first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.strip import Strip

from ovexplorer.analysis.split.model import RuleFinding
from ovexplorer.tui.actions import bindings_of
from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.widgets.form import fitted
from ovexplorer.tui.widgets.ink import Ink
from ovexplorer.tui.widgets.lines import Line
from ovexplorer.tui.widgets.table_model import fit

_SHORT: Final = {
    "all_placed": "all have a device",
    "states_together": "states together",
    "shape_chains": "shapes with their consumer",
    "constants": "constants follow",
    "small_islands": "few tiny parts",
    "compile_time": "compile time",
}
"""What a rule is about, where there is one row for all of them."""

_LABEL: Final = 12
"""Cells of the label before a row."""
_LEAST: Final = 8
"""Cells under which another one is not begun."""

_ORDER: Final = {"bad": 0, "warn": 1, "good": 2}


def sign_of(finding: RuleFinding, glyphs: Glyphs) -> str:
    """The sign of its state."""
    return {"good": glyphs.good, "warn": glyphs.look, "bad": glyphs.bad}[finding.state]


def _in_short(finding: RuleFinding) -> str:
    """For a row of all: what a rule that holds is about, and of one that does not the words before the examples."""
    if finding.state == "good":
        return _SHORT.get(finding.code, str(finding.text))
    return str(finding.text).partition(": ")[0]


class Findings(Ink, can_focus=True):
    """Findings side by side in one row, or one below the other; enter opens the one under the cursor."""

    DEFAULT_CSS = """
    Findings { width: 1fr; height: 1; background: $background; color: $foreground; }
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings_of(
        ("list.left", "list.right", "list.down", "list.up", "list.activate")
    )

    @dataclass
    class Opened(Message):
        """Enter or a click on a finding."""

        finding: RuleFinding

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id, classes=classes)
        self._findings: tuple[RuleFinding, ...] = ()
        self._cursor = 0
        self._old = False
        self._top = 0

    @property
    def findings(self) -> tuple[RuleFinding, ...]:
        """As shown: those that fail first."""
        return self._findings

    def show(self, findings: tuple[RuleFinding, ...], *, old: bool) -> None:
        """Show these; old ones are dimmed."""
        ordered = tuple(sorted(findings, key=lambda finding: _ORDER[finding.state]))
        if (ordered, old) != (self._findings, self._old):
            self._findings, self._old = ordered, old
            self._cursor = min(self._cursor, max(0, len(ordered) - 1))
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """One finding, or all of them."""
        width, height = self.size.width, self.size.height
        if height <= 1:
            return self.row(self._in_a_row(width), width)
        self._top = max(0, min(self._top, self._cursor, len(self._findings) - height), self._cursor - height + 1)
        at = self._top + y
        if at >= len(self._findings):
            return self.row([], width)
        finding = self._findings[at]
        here = self.has_focus and at == self._cursor
        line: Line = (
            (self.glyphs.cursor if here else " ", "live"),
            (sign_of(finding, self.glyphs), self._role(finding)),
            (f" {fit(finding.text, max(1, width - 3), prose=True)}", self._text(here)),
        )
        return self.row(fitted(self, line, width), width, self.ink("cursor") if here else None)

    def _in_a_row(self, width: int) -> list[Segment]:
        room = width - _LABEL
        texts = [_in_short(finding) for finding in self._findings]
        # The one under the cursor is always in sight.
        first = 0
        while first < self._cursor and sum(cell_len(text) + 4 for text in texts[first : self._cursor + 1]) > room + 2:
            first += 1
        pieces: list[tuple[str, str]] = [(fit(" rules", _LABEL), "muted")]
        for at in range(first, len(self._findings)):
            here = self.has_focus and at == self._cursor
            text = fit(texts[at], min(cell_len(texts[at]), max(1, room - 2)), prose=True)
            room -= cell_len(text) + 4
            pieces.append((sign_of(self._findings[at], self.glyphs), self._role(self._findings[at])))
            pieces.append((f" {text}", "cursor" if here else self._text(here)))
            if room < _LEAST:
                break
            pieces.append(("  ", "text"))
        return fitted(self, tuple(pieces), width)

    def _role(self, finding: RuleFinding) -> str:
        return "line" if self._old else finding.state

    def _text(self, here: bool) -> str:
        return "line" if self._old else "text*" if here else "text"

    def _move(self, by: int) -> None:
        self._cursor = max(0, min(self._cursor + by, len(self._findings) - 1))
        self.refresh()

    def action_list_left(self) -> None:
        """The one before."""
        self._move(-1)

    def action_list_right(self) -> None:
        """The next one."""
        self._move(1)

    def action_list_up(self) -> None:
        """The one before."""
        self._move(-1)

    def action_list_down(self) -> None:
        """The next one."""
        self._move(1)

    def action_list_activate(self) -> None:
        """Open the one under the cursor."""
        if self._findings:
            self.post_message(self.Opened(self._findings[self._cursor]))

    def on_click(self, event: events.Click) -> None:
        """In a list the one that was clicked, in a row the one under the cursor."""
        if self.size.height > 1 and self._top + event.y < len(self._findings):
            self._cursor = self._top + event.y
        self.action_list_activate()

    def on_focus(self) -> None:
        """The cursor is seen now."""
        self.refresh()

    def on_blur(self) -> None:
        """It no longer is."""
        self.refresh()
