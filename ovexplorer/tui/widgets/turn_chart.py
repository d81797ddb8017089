"""The turns of a comparison in the order they ran: blocks in two lines, or a chart of what each took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ovexplorer import units
from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.widgets.canvas import Canvas
from ovexplorer.tui.widgets.cells import Line, Row

_CELLS = 3
"""Of a turn."""
_LEFT = 8
"""Columns before the first turn."""
_CHART = 6
"""Rows from which there is a chart."""


@dataclass(frozen=True)
class TurnsView:
    """What is shown."""

    turns: tuple[tuple[str, float], ...] = ()
    """Side (`A` or `B`) and what it took, in the unit of the chart; oldest first."""
    names: tuple[tuple[str, str], ...] = ()
    """Side and its figure, for the two lines."""
    empty: str = ""
    """Said while there are none."""


class TurnChart(Canvas, can_focus=True):
    """Draws a TurnsView; what does not fit is left out at the beginning."""

    def __init__(self, glyphs: Glyphs, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 Textual's name
        super().__init__(glyphs, id=id, classes=classes)
        self.view = TurnsView()

    def show(self, view: TurnsView) -> None:
        """Draw a view; nothing happens when it shows the same."""
        if view != self.view:
            self.view = view
            self.redraw()

    def build(self, width: int, height: int) -> Sequence[Row]:
        """See Canvas."""
        if not self.view.turns:
            line = Line(width)
            line.put(2, self.view.empty, "m")
            return [line.row()]
        room = max(1, (width - _LEFT) // _CELLS)
        skipped = max(0, len(self.view.turns) - room)
        # Whole quads, so that the order A B B A is seen from its beginning.
        turns = self.view.turns[skipped + -skipped % 4 :]
        return self._chart(turns, width, height) if height >= _CHART else self._lines(turns, width)

    def _lines(self, turns: Sequence[tuple[str, float]], width: int) -> list[Row]:
        rows = []
        for side, figure in self.view.names:
            line = Line(width)
            line.put(2, side, _role(side).upper() if side == "B" else "M")
            line.put(4, figure, "m", width=_LEFT - 4)
            for index, (ran, _) in enumerate(turns):
                mine = ran == side
                line.put(_LEFT + index * _CELLS, "██" if mine else "··", _role(side) if mine else "n")
            rows.append(line.row())
        return rows

    def _chart(self, turns: Sequence[tuple[str, float]], width: int, height: int) -> list[Row]:
        values = [value for _, value in turns]
        low, high = min(values), max(values)
        air = (high - low) * 0.1 or high * 0.05 or 1.0
        low, high = max(0.0, low - air), high + air
        plot = height - 1
        lines = [Line(width) for _ in range(plot)]
        for y, line in enumerate(lines):
            if y % max(2, plot // 3) == 0:
                line.put_right(_LEFT - 2, units.significant(high - (high - low) * y / max(1, plot - 1)), "m")
                line.put(_LEFT - 2, "┤", "n")
            else:
                line.put(_LEFT - 2, "│", "n")
        order = Line(width)
        for index, (side, value) in enumerate(turns):
            x = _LEFT + index * _CELLS
            y = round((high - value) / (high - low) * (plot - 1))
            lines[min(max(y, 0), plot - 1)].put(x, side, _role(side))
            order.put(x, side, "m")
        return [*(line.row() for line in lines), order.row()]


def _role(side: str) -> str:
    return "l" if side == "B" else "m"
