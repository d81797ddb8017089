"""How the latencies spread: percentiles and a histogram since the last mark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.widgets.bars import levels
from ovexplorer.tui.widgets.canvas import Canvas
from ovexplorer.tui.widgets.cells import Line, Row

_FULL = 6
"""Rows from which there are three lines of figures and a histogram of several rows."""


@dataclass(frozen=True)
class Percentile:
    """One figure, or why there is none yet."""

    name: str
    """`p99`."""
    value: str
    """`42.4`, or `in 28 s`."""
    half: str = ""
    """`±0.3`."""
    known: bool = True


@dataclass(frozen=True)
class SpreadView:
    """What the widget shows."""

    percentiles: tuple[Percentile, ...] = ()
    """From p50 upwards."""
    extremes: tuple[tuple[str, str], ...] = ()
    """`min`, `mean`, `max` with their figures."""
    counts: tuple[float, ...] = ()
    """Samples by bin, as many as `Spread.bins`, from `low` to `high`."""
    low: str = ""
    high: str = ""
    stale: bool = False
    empty: str = ""
    """Said while there are no samples."""


class Spread(Canvas, can_focus=True):
    """Draws a SpreadView: two rows at least."""

    def __init__(self, glyphs: Glyphs, *, id: str | None = None) -> None:  # noqa: A002 Textual's name
        super().__init__(glyphs, id=id)
        self._view = SpreadView()

    @property
    def bins(self) -> int:
        """How many bins a view should have."""
        width, height = self.content_size
        return max(0, width - 2 if height >= _FULL else width - 15)

    def show(self, view: SpreadView) -> None:
        """Draw a view; nothing happens when it shows the same."""
        if view != self._view:
            self._view = view
            self.redraw()

    def build(self, width: int, height: int) -> Sequence[Row]:
        """See Canvas."""
        if self._view.empty:
            line = Line(width)
            line.put(1, self._view.empty, "m")
            return [line.row()]
        return self._full(width, height) if height >= _FULL else self._short(width, height)

    def _short(self, width: int, height: int) -> list[Row]:
        view = self._view
        rows = [self._figures(view.percentiles[:4], width, in_columns=False)]
        if height >= 2:
            line = Line(width)
            line.put(1, view.low, "m")
            line.put_right(width - 1, view.high, "m")
            for text in levels(view.counts, 1, self.glyphs):
                line.put(7, text, self._live)
            rows.append(line.row())
        return rows

    def _full(self, width: int, height: int) -> list[Row]:
        view = self._view
        third = max(14, (width - 1) // 3)
        first = Line(width)
        for index, (name, value) in enumerate(view.extremes):
            x = first.put(1 + index * third, f"{name} ", "m")
            first.put(x, value, self._plain)
        rows = [first.row()]
        rows += [self._figures(part, width, in_columns=True) for part in (view.percentiles[:3], view.percentiles[3:])]
        bars = height - len(rows) - 1
        for text in levels(view.counts, bars, self.glyphs):
            line = Line(width)
            line.put(1, text, self._live)
            rows.append(line.row())
        last = Line(width)
        last.put(1, f"{view.low} ms", "m")
        last.put_right(width - 1, view.high, "m")
        return [*rows, last.row()]

    @property
    def _live(self) -> str:
        return "s" if self._view.stale else "l"

    @property
    def _plain(self) -> str:
        return "s" if self._view.stale else " "

    def _figures(self, percentiles: Sequence[Percentile], width: int, *, in_columns: bool) -> Row:
        """Percentiles in a line; intervals only when all have room."""
        line = Line(width)
        lengths = [cell_len(f"{p.name} {p.value} {p.half}".rstrip()) for p in percentiles]
        step = max(14, (width - 1) // 3) if in_columns else 0
        with_half = max(lengths, default=0) < step if step else sum(lengths) + 2 * len(lengths) <= width - 1
        x = 1
        for index, entry in enumerate(percentiles):
            x = 1 + index * step if step else x
            x = line.put(x, f"{entry.name} ", "m")
            x = line.put(x, entry.value, self._plain if entry.known else "m")
            if with_half and entry.half:
                x = line.put(x, f" {entry.half}", "m")
            x += 2
        return line.row()
