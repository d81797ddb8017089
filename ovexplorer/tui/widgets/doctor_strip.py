"""The doctor in a few rows: sign and title of the worst findings. A click opens all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.widgets.canvas import Canvas
from ovexplorer.tui.widgets.cells import Line, Row, cut_cells


@dataclass(frozen=True)
class StripRow:
    """One finding."""

    sign: str
    role: str
    """Letter of the sign; see cells."""
    title: str


@dataclass(frozen=True)
class StripView:
    """What the widget shows."""

    rows: tuple[StripRow, ...] = ()
    """The worst first."""
    troubles: int = 0
    """Findings worth a look."""
    checks: int = 0
    """All findings."""


class DoctorStrip(Canvas):
    """Draws as many rows of a StripView as fit."""

    def __init__(self, glyphs: Glyphs, *, id: str | None = None) -> None:  # noqa: A002 Textual's name
        super().__init__(glyphs, id=id)
        self._view = StripView()
        self.key: object = None
        """What the view was made from; whoever shows it compares it to save the making."""

    def show(self, view: StripView) -> None:
        """Draw a view; nothing happens when it shows the same."""
        if view != self._view:
            self._view = view
            self.redraw()

    def build(self, width: int, height: int) -> Sequence[Row]:
        """See Canvas."""
        rows = []
        for entry in self._view.rows[:height]:
            line = Line(width)
            x = line.put(1, f"{entry.sign} ", entry.role) if entry.sign else 1
            line.put(x, cut_cells(entry.title, width - x), " " if entry.sign else "m")
            rows.append(line.row())
        return rows

    async def on_click(self) -> None:
        """All findings."""
        await self.app.run_action("doctor_open")
