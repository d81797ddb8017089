"""The lists of Open: models, and devices."""

from __future__ import annotations

from dataclasses import dataclass

from rich.segment import Segment

from ovexplorer.tui.screens.open_rows import OpenRow, draw
from ovexplorer.tui.widgets.frame import Piece
from ovexplorer.tui.widgets.lists import CursorList


class ModelList(CursorList):
    """Demo models, recent runs and files; one cursor runs through all of them."""

    rows: tuple[OpenRow, ...] = ()

    def show(self, rows: tuple[OpenRow, ...]) -> None:
        """Show these rows; the cursor stays on the same model where it is still there."""
        if rows == self.rows:
            return
        here = self.rows[self.cursor] if self.cursor < len(self.rows) else None
        self.rows = rows
        if here is not None:
            same = (number for number, row in enumerate(rows) if (row.path, row.kind) == (here.path, here.kind))
            self.cursor = next(same, self.cursor)
        self.changed()

    def row_count(self) -> int:
        """All rows, headings too."""
        return len(self.rows)

    def can_hold(self, row: int) -> bool:
        """Headings and notes do not."""
        return 0 <= row < len(self.rows) and self.rows[row].holds_cursor

    def draw_row(self, row: int, width: int) -> list[Segment]:
        """One row."""
        return [self._segment(piece) for piece in draw(self.rows[row], width)]

    def _segment(self, piece: Piece) -> Segment:
        text, role = piece
        return Segment(text, self.ink(role.rstrip("*"), bold=role.endswith("*") or None))

    @property
    def here(self) -> OpenRow | None:
        """Row under the cursor."""
        return self.rows[self.cursor] if self.can_hold(self.cursor) else None


@dataclass(frozen=True)
class DeviceRow:
    """A line of the device list."""

    device: str
    """Its name; empty for a line that is not a device."""
    left: tuple[Piece, ...]
    right: str = ""
    """State; empty when there is no room or nothing to say."""
    refusal: str = ""
    """Why it cannot be chosen; empty when it can."""


class DeviceList(CursorList):
    """Devices that a run can be started on."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002  # Textual's own name
        super().__init__(id=id, classes=classes)
        self.rows: tuple[DeviceRow, ...] = ()

    def show(self, rows: tuple[DeviceRow, ...]) -> None:
        """Show these rows."""
        if rows != self.rows:
            self.rows = rows
            self.changed()

    def row_count(self) -> int:
        """Devices and the lines under them."""
        return len(self.rows)

    def can_hold(self, row: int) -> bool:
        """Devices only."""
        return 0 <= row < len(self.rows) and bool(self.rows[row].device)

    def draw_row(self, row: int, width: int) -> list[Segment]:
        """One row."""
        entry = self.rows[row]
        used = sum(len(text) for text, _ in entry.left)
        segments: list[Segment] = []
        room = width - len(entry.right) - (1 if entry.right else 0)
        for text, role in entry.left:
            shown = text[: max(0, room)]
            if len(shown) < len(text) and shown:
                shown = shown[:-1] + self.glyphs.ellipsis
            room -= len(shown)
            segments.append(Segment(shown, self.ink(role.rstrip("*"), bold=role.endswith("*") or None)))
        if entry.right:
            gap = max(1, width - min(used, width - len(entry.right) - 1) - len(entry.right))
            segments += [Segment(" " * gap), Segment(entry.right, self.ink("muted"))]
        return segments

    @property
    def shows_cursor(self) -> bool:
        """Only while it is focused: the chosen device has its own sign."""
        return self.has_focus
