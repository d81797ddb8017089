"""Which stretch of time the charts show, and their views. Pure; the screen asks and passes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ovexplorer import units
from ovexplorer.session.state import Mark
from ovexplorer.tui.screens.live_series import LiveSeries
from ovexplorer.tui.widgets.chart_math import Level
from ovexplorer.tui.widgets.mark_axis import Axis, Piece
from ovexplorer.tui.widgets.time_chart import ChartView

_S = 1_000_000_000

WINDOWS_S = (15, 60, 300, 900, 0)
"""Lengths of the time axis; 0 is all."""

_DEFAULT = 1

MOVE_EVERY_NS = 2 * _S
"""Time between two moves of a chart that follows the present, about."""

_TICKS = {15: 5, 60: 10, 300: 60, 900: 180}
"""Seconds between two ticks."""


@dataclass(frozen=True)
class Stretch:
    """A stretch of time in whole columns."""

    first: int
    """Index of the first column since the start of the engine's clock."""
    columns: int
    column_ns: int
    cell_ns: int
    seconds: float
    """Length."""

    @property
    def end_ns(self) -> int:
        """Right edge."""
        return (self.first + self.columns) * self.column_ns

    def cell_of(self, at_ns: int) -> int:
        """Cell of a moment; negative before the first one."""
        return at_ns // self.cell_ns - self.first * self.column_ns // self.cell_ns


class TimeView:
    """Zoom and scroll of the time axis."""

    def __init__(self) -> None:
        self._zoom = _DEFAULT
        self._right_ns: int | None = None
        self.mark: Mark | None = None
        """The mark that was stepped to."""

    @property
    def behind(self) -> bool:
        """Whether it was scrolled back."""
        return self._right_ns is not None

    def title(self, now_ns: int, all_ns: int) -> str:
        """`last 60 s`, or how far behind it is."""
        if self._right_ns is not None:
            return f"{units.duration(max(0, now_ns - self._right_ns) // _S * _S)} behind · G now"
        return f"last {_length(self.seconds(all_ns))}"

    def seconds(self, all_ns: int) -> float:
        """Length of the axis; that of all doubles when it is full, so that it does not move with every look."""
        wanted = WINDOWS_S[self._zoom]
        if wanted:
            return wanted
        length = 60
        while length * _S < all_ns:
            length *= 2
        return length

    def stretch(self, now_ns: int, all_ns: int, columns: int, per_cell: int) -> Stretch:
        """What is shown now, ending in the cell of the right edge."""
        seconds = self.seconds(all_ns)
        column_ns = max(1, round(seconds * _S / max(columns, 1)))
        cell_ns = column_ns * per_cell
        right = self._right_ns if self._right_ns is not None else now_ns
        # A move repaints the whole plot, so it moves rarely and far; between moves only the newest cells change.
        move = max(1, round(MOVE_EVERY_NS / cell_ns)) if self._right_ns is None else 1
        last_cell = right // cell_ns // move * move + move - 1
        first = (last_cell + 1) * per_cell - columns
        return Stretch(first, columns, column_ns, cell_ns, seconds)

    def zoom(self, direction: int) -> bool:
        """Shorter (above 0) or longer; False at the end."""
        zoom = min(max(self._zoom - direction, 0), len(WINDOWS_S) - 1)
        changed = zoom != self._zoom
        self._zoom = zoom
        return changed

    def fit(self) -> None:
        """Back to the usual length, at now."""
        self._zoom = _DEFAULT
        self.to_now()

    def to_now(self) -> None:
        """Follow the present again."""
        self._right_ns = None
        self.mark = None

    def scroll(self, direction: int, now_ns: int, first_ns: int, all_ns: int) -> None:
        """A tenth of the axis back (below 0) or forward; past the end it follows the present again."""
        step = round(self.seconds(all_ns) * _S / 10)
        right = (self._right_ns if self._right_ns is not None else now_ns) + direction * step
        self._right_ns = max(right, first_ns + step) if right < now_ns else None

    def to_start(self, first_ns: int, now_ns: int, all_ns: int) -> None:
        """The oldest moment at the left edge."""
        right = first_ns + round(self.seconds(all_ns) * _S)
        self._right_ns = right if right < now_ns else None

    def step_mark(self, marks: Sequence[Mark], direction: int, now_ns: int, all_ns: int) -> Mark | None:
        """Go to the mark before or after the one stepped to, and centre on it; after the last one back to now."""
        if not marks:
            return None
        numbers = [mark.at_ns for mark in marks]
        at = numbers.index(self.mark.at_ns) if self.mark and self.mark.at_ns in numbers else len(marks)
        at += direction
        if at >= len(marks):
            self.to_now()
            return None
        self.mark = marks[max(at, 0)]
        right = self.mark.at_ns + round(self.seconds(all_ns) * _S / 2)
        self._right_ns = right if right < now_ns else None
        return self.mark


def axis_of(
    stretch: Stretch,
    now_ns: int,
    marks: Sequence[Mark],
    sign: Callable[[Mark], str],
    legend: tuple[tuple[Piece, ...], ...],
    *,
    cells: int,
) -> Axis:
    """Ticks, times and marks of a stretch."""
    tick_s = _TICKS.get(round(stretch.seconds), stretch.seconds / 6)
    count = round(stretch.seconds / tick_s)
    ticks = tuple(round((cells - 1) * index / count) for index in range(count + 1))
    behind_s = max(0.0, (now_ns - stretch.end_ns) / _S)
    labels = []
    for index, cell in enumerate(ticks):
        seconds = (count - index) * tick_s + behind_s
        labels.append((cell, f"−{_length(round(seconds), short=True)}" if seconds >= 0.5 else "now"))
    placed = [(stretch.cell_of(mark.at_ns), sign(mark)) for mark in marks]
    seen = any(0 <= cell < cells for cell, _ in placed)
    before = [text for cell, text in placed if cell < 0]
    return Axis(ticks, tuple(labels), tuple(placed), before[-1] if before and not seen else "", legend)


def chart_views(
    series: LiveSeries,
    stretch: Stretch,
    axis: Axis,
    *,
    live_from_ns: int,
    level: Level | None,
    now_ns: int,
    stale: bool,
    empty: str,
) -> tuple[ChartView, ChartView]:
    """Latency and throughput."""
    latency, rate = series.columns(stretch.first, stretch.columns, stretch.column_ns)
    live_from = min(max(live_from_ns // stretch.column_ns - stretch.first, 0), stretch.columns)
    # The scale is the only reader of the time, and it thinks in seconds: a view of the same second can be equal.
    second_ns = now_ns // _S * _S
    return (
        ChartView(latency, live_from, level, axis, second_ns, stale, empty),
        ChartView(rate, live_from, None, axis, second_ns, stale, ""),
    )


def _length(seconds: float, *, short: bool = False) -> str:
    if seconds < 100:
        return f"{seconds:.0f}s" if short else f"{seconds:.0f} s"
    if seconds < 6000:
        minutes = f"{seconds / 60:.1f}".removesuffix(".0")
        return f"{minutes}m" if short else f"{minutes} min"
    hours = f"{seconds / 3600:.1f}".removesuffix(".0")
    return f"{hours}h" if short else f"{hours} h"
