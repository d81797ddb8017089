"""A sentence and, under it, an interval on an axis that always contains 0."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from rich.cells import cell_len

from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.widgets.canvas import Canvas
from ovexplorer.tui.widgets.cells import Line, Row, cut_cells

Piece: TypeAlias = tuple[str, str]
"""Text and role letter of `cells`."""

_LEFT = 4
"""Column of the first tick."""
_STEPS = (1.0, 2.0, 5.0, 10.0)
_ROWS = 3
"""Of the plot: interval, axis, figures."""


@dataclass(frozen=True)
class IntervalView:
    """What is shown."""

    lines: tuple[tuple[Piece, ...], ...] = ()
    """Sentences above the plot, the most important first."""
    point: float | None = None
    """In percent; None draws no plot."""
    low: float | None = None
    """None draws the axis with the point alone."""
    high: float | None = None
    role: str = "m"
    """Of the interval."""
    ends: tuple[str, str] = ("B slower", "B faster")


@dataclass(frozen=True)
class Axis:
    """Ticks with the same distance, in percent."""

    first: float
    step: float
    ticks: int

    @property
    def last(self) -> float:
        """The rightmost tick."""
        return self.first + self.step * (self.ticks - 1)

    def at(self, value: float, width: int) -> int:
        """Column of a value in a plot of so many cells."""
        share = (value - self.first) / (self.last - self.first)
        return round(min(max(share, 0.0), 1.0) * (width - 1))

    def labels(self) -> list[str]:
        """Words under the ticks: `−10`, `0`, `+10`."""
        decimals = max(0, -math.floor(math.log10(self.step) + 1e-9))
        out = []
        for number in range(self.ticks):
            value = self.first + number * self.step
            text = f"{abs(value):.{decimals}f}"
            zero = abs(value) < self.step / 2
            out.append("0" if zero else f"{'+' if value > 0 else '−'}{text}")
        return out


def axis_of(low: float, high: float, most: int = 7) -> Axis:
    """An axis of at most `most` ticks that holds 0 and an interval with room on both sides."""
    low, high = min(low, 0.0), max(high, 0.0)
    span = max(high - low, 0.2)
    power = 10.0 ** math.floor(math.log10(span / most))
    for factor in (*_STEPS, *(10 * step for step in _STEPS)):
        step = factor * power
        # Half a step of air, so that an end on a tick does not touch the edge.
        first, last = math.floor(low / step - 0.5), math.ceil(high / step + 0.5)
        if last - first + 1 <= most:
            return Axis(first * step, step, last - first + 1)
    return Axis(math.floor(low), 1.0, most)


class IntervalPlot(Canvas, can_focus=True):
    """Draws an IntervalView."""

    def __init__(self, glyphs: Glyphs, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 Textual's name
        super().__init__(glyphs, id=id, classes=classes)
        self.view = IntervalView()

    def show(self, view: IntervalView) -> None:
        """Draw a view; nothing happens when it shows the same."""
        if view != self.view:
            self.view = view
            self.redraw()

    def build(self, width: int, height: int) -> Sequence[Row]:
        """See Canvas."""
        view = self.view
        plot = _ROWS if view.point is not None and height > _ROWS else 0
        room = height - plot
        rows = [_sentence(pieces, width) for pieces in _fitted(view.lines, width, room)]
        if not plot:
            return rows
        air = (room - len(rows)) // 2
        blank = Line(width).row()
        return [*[blank] * min(air, 1), *rows, *[blank] * (1 if air else 0), *self._plot(width)]

    def _plot(self, width: int) -> list[Row]:
        view = self.view
        point = view.point or 0.0
        low = point if view.low is None else view.low
        high = point if view.high is None else view.high
        cells = max(10, width - 2 * _LEFT)
        axis = axis_of(low, high, most=7 if cells >= 60 else 5)
        return [self._interval_row(axis, low, high, cells, width), *_axis_rows(axis, cells, width)]

    def _interval_row(self, axis: Axis, low: float, high: float, cells: int, width: int) -> Row:
        view, line = self.view, Line(width)
        left, right = view.ends
        start, end, at = (_LEFT + axis.at(value, cells) for value in (low, high, view.point or 0.0))
        if start > len(left) + 4:
            line.put(2, left, "m")
        if end < width - len(right) - 4:
            line.put_right(width - 2, right, "m")
        line.put(_LEFT + axis.at(0.0, cells), "│", "n")
        if view.low is not None:
            line.put(start, "─" * (end - start + 1), view.role)
            line.put(start, "├", view.role)
            line.put(end, "┤", view.role)
        line.put(at, "●", view.role)
        return line.row()


def _fitted(lines: Sequence[tuple[Piece, ...]], width: int, room: int) -> list[tuple[Piece, ...]]:
    """The lines; where one is too long its details go below it, as far as there is room."""
    out: list[tuple[Piece, ...]] = []
    for number, pieces in enumerate(lines[:room]):
        left = room - len(out) - (len(lines) - number)
        if sum(cell_len(text) for text, _ in pieces) > width - 3 and len(pieces) > 1 and left > 0:
            out += [pieces[:1], tuple((text.lstrip(" ,"), role) for text, role in pieces[1:])]
        else:
            out.append(pieces)
    return out[:room]


def _sentence(pieces: Sequence[Piece], width: int) -> Row:
    line, x = Line(width), 2
    for text, role in pieces:
        room = width - 1 - x
        if room <= 0:
            break
        x = line.put(x, text if cell_len(text) <= room else cut_cells(text, room), role)
    return line.row()


def _axis_rows(axis: Axis, cells: int, width: int) -> list[Row]:
    ruler, figures = Line(width), Line(width)
    ruler.put(_LEFT, "─" * cells, "n")
    for number, label in enumerate(axis.labels()):
        x = _LEFT + axis.at(axis.first + number * axis.step, cells)
        ruler.put(x, "┴", "n")
        # The sign stands left of the tick, so that the figures stand under it.
        figures.put(max(0, x - len(label) // 2), label, "m")
    return [ruler.row(), figures.row()]
