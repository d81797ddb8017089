"""The time axis under a chart: ticks, the numbers of the marks, and their legend. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from ovexplorer.tui.widgets.cells import Line, Row

Piece = tuple[str, str]
"""Text and role letter."""


@dataclass(frozen=True)
class Axis:
    """What the axis of a chart shows, in cells of its plot."""

    ticks: tuple[int, ...] = ()
    """Cells with a tick."""
    labels: tuple[tuple[int, str], ...] = ()
    """Cell and text of what is written under the ticks."""
    marks: tuple[tuple[int, str], ...] = ()
    """Cell and sign, oldest first; of two in one cell the newer is seen."""
    hidden: str = ""
    """Sign of the newest mark that lies before the plot; empty when none does or a mark is seen."""
    legend: tuple[tuple[Piece, ...], ...] = ()
    """One entry a mark, oldest first."""


def axis_row(axis: Axis, left: int, width: int) -> Row:
    """The axis itself; `left` is where the plot begins."""
    line = Line(width)
    plot = width - left
    line.put(left - 1, "└" + "─" * plot, "n")
    for cell in axis.ticks:
        if 0 <= cell < plot:
            line.put(left + cell, "┴", "n")
    for cell, sign in axis.marks:
        if 0 <= cell < plot:
            line.put(left + cell, sign, "W")
    if axis.hidden:
        line.put(left, f"‹{axis.hidden}", "W")
    return line.row()


def label_row(axis: Axis, left: int, width: int) -> Row:
    """The times under the ticks."""
    line = Line(width)
    for cell, text in axis.labels:
        start = left + cell - cell_len(text) // 2
        line.put(min(max(start, left), width - cell_len(text)), text, "m")
    return line.row()


def legend_row(legend: Sequence[tuple[Piece, ...]], width: int, most: int = 3) -> Row:
    """The last marks that fit, newest at the right."""
    gap = 7 if width >= 70 else 2
    chosen = list(legend[-most:])
    lengths = [sum(cell_len(text) for text, _ in entry) for entry in chosen]
    while len(chosen) > 1 and sum(lengths) + gap * (len(lengths) - 1) > width - 2:
        if gap > 2:
            gap = 2
            continue
        chosen.pop(0)
        lengths.pop(0)
    line = Line(width)
    x = 1
    for entry in chosen:
        for text, role in entry:
            x = line.put(x, text, role)
        x += gap
    return line.row()
