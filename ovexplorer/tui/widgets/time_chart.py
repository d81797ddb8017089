"""A live chart over time: zero-based labelled scale, one dot and one stroke a column, gaps that stay gaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from textual.message import Message

from ovexplorer.tui.actions import bindings_of
from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.widgets.canvas import Canvas
from ovexplorer.tui.widgets.cells import Line, Row
from ovexplorer.tui.widgets.chart_math import Column, Level, Scale, dots_per_cell, level_of, plot, scale_ticks
from ovexplorer.tui.widgets.mark_axis import Axis, axis_row, label_row, legend_row

_WIDE = 70
"""Cells from which the scale has a wider margin and the times a row of their own."""

HEADROOM = 2.0
"""The scale holds all medians, and strokes up to so many times the highest of them."""


@dataclass(frozen=True)
class ChartView:
    """What a chart shows now."""

    columns: tuple[Column | None, ...] = ()
    """Oldest first, as many as `TimeChart.columns_shown`."""
    live_from: int = 0
    """First column of the present configuration; those before are muted."""
    level: Level | None = None
    """The baseline."""
    axis: Axis = field(default_factory=Axis)
    now_ns: int = 0
    """When this was; the scale shrinks by it."""
    stale: bool = False
    """Whether nothing in it is of the present configuration."""
    empty: str = ""
    """Said in the middle while there are no columns at all."""


class TimeChart(Canvas, can_focus=True):
    """Draws a ChartView; owns its scale."""

    BINDINGS = bindings_of(("list.left", "list.right", "list.first", "list.last", "list.activate"))

    @dataclass
    class Scrolled(Message):
        """Another stretch of time was asked for."""

        to: Literal["back", "forward", "start", "now"]

    class Activated(Message):
        """The mark that was stepped to was chosen."""

    def __init__(self, glyphs: Glyphs, *, legend: bool, id: str | None = None) -> None:  # noqa: A002 Textual's name
        super().__init__(glyphs, id=id)
        self._legend = legend
        self._view = ChartView()
        self._scale = Scale()
        self._peak = 0.0

    @property
    def margin(self) -> int:
        """Cells that the scale takes."""
        return _margin(self.content_size.width)

    @property
    def plot_cells(self) -> int:
        """Cells of the plot."""
        return max(0, self.content_size.width - self.margin)

    @property
    def columns_shown(self) -> int:
        """How many columns a view must have."""
        return self.plot_cells * dots_per_cell(self.glyphs.chart)

    def show(self, view: ChartView) -> None:
        """Draw a view; nothing happens when it shows the same."""
        if view == self._view:
            return
        medians = [column.median for column in view.columns if column]
        if view.level:
            medians.append(view.level.value)
        if medians:
            self._peak = max((column.top for column in view.columns if column), default=0.0)
            # One straggler must not press everything else flat: strokes end at the edge, the peak is said in words.
            highest = max(medians)
            self._scale.fit(max(highest, min(self._peak, HEADROOM * highest)), view.now_ns)
        self._view = view
        self.redraw()

    @property
    def clipped_peak(self) -> float | None:
        """The largest value shown when it is beyond the scale."""
        return self._peak if self._peak > self._scale.top > 0 else None

    def reset_scale(self) -> None:
        """Fit the scale anew with the next view: another run or another window of time."""
        self._scale.reset()

    def action_list_left(self) -> None:
        """Back in time."""
        self.post_message(self.Scrolled("back"))

    def action_list_right(self) -> None:
        """Forward."""
        self.post_message(self.Scrolled("forward"))

    def action_list_first(self) -> None:
        """To the oldest moment."""
        self.post_message(self.Scrolled("start"))

    def action_list_last(self) -> None:
        """Back to now."""
        self.post_message(self.Scrolled("now"))

    def action_list_activate(self) -> None:
        """Return to the configuration of the mark."""
        self.post_message(self.Activated())

    def build(self, width: int, height: int) -> Sequence[Row]:
        """See Canvas."""
        view = self._view
        below = self._rows_below(width, height)
        rows = height - len(below)
        left = _margin(width)
        if not self._scale.top or not any(view.columns):
            return [*self._empty_plot(width, rows, left), *below]
        wanted = (width - left) * dots_per_cell(self.glyphs.chart)
        columns = view.columns[-wanted:]
        if len(columns) < wanted:
            # Between a change of size and the view made for it.
            columns = (None,) * (wanted - len(columns)) + columns
        texts = plot(columns, rows, self._scale.top, self.glyphs.chart)
        return [*self._plot_rows(texts, width, left), *below]

    def _rows_below(self, width: int, height: int) -> list[Row]:
        view, left = self._view, _margin(width)
        below = []
        if height >= 4:
            below.append(axis_row(view.axis, left, width))
        if self._legend and width >= _WIDE and height >= 9:
            below.append(label_row(view.axis, left, width))
        if self._legend and height >= 6:
            below.append(legend_row(view.axis.legend, width))
        return below

    def _empty_plot(self, width: int, rows: int, left: int) -> list[Row]:
        lines = [Line(width) for _ in range(rows)]
        for line in lines:
            line.put(left - 1, "│", "n")
        text = self._view.empty
        if text and rows:
            lines[(rows - 1) // 2].put(left + max(0, (width - left - len(text)) // 2), text, "m")
        return [line.row() for line in lines]

    def _plot_rows(self, texts: list[str], width: int, left: int) -> list[Row]:
        view, rows = self._view, len(texts)
        cells = width - left
        past = min(view.live_from // dots_per_cell(self.glyphs.chart), cells)
        now_role = "s" if view.stale else "l"
        roles = "m" * past + now_role * (cells - past)
        level_row = level_of(view.level.value, self._scale.top, rows * 4) // 4 if view.level else -1
        ticks = scale_ticks(self._scale.top, rows)
        out = []
        for y, text in enumerate(texts):
            label = ticks.get(y, "")
            axis = f"{label.rjust(left - 2)} " if len(label) <= left - 2 else label.rjust(left - 1)
            sign = "┤" if label else "│"
            cells_shown, cell_roles = text, roles
            if y == level_row and view.level:
                cells_shown, cell_roles = self._with_level(text, roles, view.level.text)
            out.append(Row(f"{axis[: left - 1]}{sign}{cells_shown}", "m" * (left - 1) + "n" + cell_roles))
        return out

    def _with_level(self, text: str, roles: str, name: str) -> tuple[str, str]:
        """Dash what is empty on the row of the baseline and end it in its name."""
        dash = self.glyphs.baseline
        shown = name if len(text) >= _WIDE else name[:1]
        end = len(text) - len(shown)
        dashed = "".join(dash if character == " " else character for character in text[:end])
        dashed_roles = "".join("n" if text[i] == " " else roles[i] for i in range(end))
        return dashed + shown, dashed_roles + "m" * len(shown)


def _margin(width: int) -> int:
    return 6 if width >= _WIDE else 5
