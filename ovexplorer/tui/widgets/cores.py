"""What the machine does meanwhile: load by core, clock, steal, other load."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.widgets.bars import bar
from ovexplorer.tui.widgets.canvas import Canvas
from ovexplorer.tui.widgets.cells import Line, Row


@dataclass(frozen=True)
class CoresView:
    """What the widget shows."""

    cores: tuple[tuple[int, float], ...] = ()
    """Number of the CPU and its load 0..1."""
    facts: tuple[tuple[str, str], ...] = ()
    """Name and figure of what else is known: `clock`, `steal`."""
    empty: str = ""
    """Said while nothing is known."""


class Cores(Canvas, can_focus=True):
    """Draws a CoresView: a bar a core while they fit, then a sign a core."""

    def __init__(self, glyphs: Glyphs, *, id: str | None = None) -> None:  # noqa: A002 Textual's name
        super().__init__(glyphs, id=id)
        self._view = CoresView()

    def show(self, view: CoresView) -> None:
        """Draw a view; nothing happens when it shows the same."""
        if view != self._view:
            self._view = view
            self.redraw()

    def build(self, width: int, height: int) -> Sequence[Row]:
        """See Canvas."""
        view = self._view
        if view.empty:
            line = Line(width)
            line.put(1, view.empty, "m")
            return [line.row()]
        room = height - len(view.facts) - 1
        rows = self._bars(width) if len(view.cores) <= room else self._signs(width, max(room, 1))
        rows.append(Line(width).row())
        for name, value in view.facts[: max(0, height - len(rows))]:
            line = Line(width)
            line.put(1, name, "m")
            line.put(13, value)
            rows.append(line.row())
        return rows

    def _bars(self, width: int) -> list[Row]:
        rows = []
        for number, load in self._view.cores:
            line = Line(width)
            x = line.put(1, f"cpu{number}".ljust(6), "m")
            line.put(x, bar(load, width - x - 7, self.glyphs), "n")
            line.put_right(width - 1, f"{load * 100:.0f} %")
            rows.append(line.row())
        return rows

    def _signs(self, width: int, rows: int) -> list[Row]:
        """One eighth-block a core, in rows; what does not fit is counted."""
        signs = [self.glyphs.levels[min(7, int(load * 8))] for _, load in self._view.cores]
        per_row = max(1, width - 2)
        out = []
        for start in range(0, min(len(signs), rows * per_row), per_row):
            line = Line(width)
            line.put(1, "".join(signs[start : start + per_row]), "m")
            out.append(line.row())
        return out
