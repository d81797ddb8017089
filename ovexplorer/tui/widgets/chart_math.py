"""Arithmetic of the charts: scales, levels and dots. Pure; values are plain floats in the unit of the chart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ovexplorer.tui.glyphs import ChartStyle

SHRINK_AFTER_NS = 10_000_000_000
"""How long three quarters of a scale must be unused before it shrinks."""

_STEPS = (1.0, 1.2, 1.6, 2.0, 2.4, 3.2, 4.0, 4.8, 6.0, 8.0)
"""Tops of scales, whose halves and quarters are short numbers."""

_BRAILLE = (" ", *(chr(0x2800 + mask) for mask in range(1, 256)))
_LEFT = (0x01, 0x02, 0x04, 0x40)
_RIGHT = (0x08, 0x10, 0x20, 0x80)
_EIGHTHS = " ▁▂▃▄▅▆▇█"


class Column(NamedTuple):
    """What one column of a chart shows."""

    median: float
    """Where the dot is."""
    top: float
    """Where the stroke ends; equal to the median when there is none."""


@dataclass(frozen=True)
class Level:
    """A horizontal line across a chart."""

    value: float
    text: str
    """Ends the line at the right."""


def nice_top(value: float) -> float:
    """The smallest top of a scale that holds a value."""
    if value <= 0 or not math.isfinite(value):
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    for step in _STEPS:
        if value <= step * power * (1 + 1e-9):
            return step * power
    return 10 * power


class Scale:
    """A zero-based scale that grows at once and shrinks late."""

    def __init__(self) -> None:
        self.top = 0.0
        self._roomy_since_ns: int | None = None

    def fit(self, largest: float, now_ns: int) -> float:
        """Take the largest value now shown into account; gives the top of the scale."""
        wanted = nice_top(largest)
        if wanted > self.top:
            self.top = wanted
            self._roomy_since_ns = None
        elif largest > self.top / 4:
            self._roomy_since_ns = None
        elif self._roomy_since_ns is None:
            self._roomy_since_ns = now_ns
        elif now_ns - self._roomy_since_ns >= SHRINK_AFTER_NS:
            self.top = wanted
            self._roomy_since_ns = None
        return self.top

    def reset(self) -> None:
        """Forget the past: another run, another unit."""
        self.top = 0.0
        self._roomy_since_ns = None


def scale_label(value: float) -> str:
    """A figure for a scale in at most four cells."""
    if value >= 999_500:
        return f"{value / 1e6:.3g}M"
    if value >= 9_995:
        return f"{value / 1e3:.0f}k"
    if value >= 999.5:
        return f"{value / 1e3:.2g}k"
    text = f"{value:.3g}"
    if "e" in text:
        text = f"{value:.4f}".rstrip("0").rstrip(".")
    return text[1:] if len(text) > 4 and text.startswith("0.") else text


def scale_ticks(top: float, rows: int) -> dict[int, str]:
    """Labels of a scale by row, top row first."""
    parts = 4 if rows >= 9 else 2 if rows >= 5 else 1
    last = rows - 1
    return {round(last * part / parts): scale_label(top * (parts - part) / parts) for part in range(parts + 1)}


def level_of(value: float, top: float, levels: int) -> int:
    """Which of so many levels a value is on, 0 the highest; values outside stay at the edge."""
    level = round((1 - value / top) * (levels - 1))
    return min(max(level, 0), levels - 1)


def dots_per_cell(style: ChartStyle) -> int:
    """Columns that share a cell."""
    return 2 if style == "braille" else 1


def plot(columns: Sequence[Column | None], rows: int, top: float, style: ChartStyle) -> list[str]:
    """Draw columns into rows of characters; a column without a value stays empty."""
    if style == "braille":
        return _plot_braille(columns, rows, top)
    return _plot_blocks(columns, rows, top) if style == "blocks" else _plot_ascii(columns, rows, top)


def _plot_braille(columns: Sequence[Column | None], rows: int, top: float) -> list[str]:
    width = (len(columns) + 1) // 2
    masks = [bytearray(width) for _ in range(rows)]
    last = rows * 4 - 1
    factor = last / top
    for index, column in enumerate(columns):
        if column is None:
            continue
        bits = _RIGHT if index & 1 else _LEFT
        low = min(max(round(last - column.median * factor), 0), last)
        high = low if column.top <= column.median else min(max(round(last - column.top * factor), 0), low)
        for level in range(high, low + 1):
            masks[level >> 2][index >> 1] |= bits[level & 3]
    return ["".join(map(_BRAILLE.__getitem__, row)) for row in masks]


def _plot_blocks(columns: Sequence[Column | None], rows: int, top: float) -> list[str]:
    """Filled columns up to the median, and a line above them up to the maximum."""
    lines = [[" "] * len(columns) for _ in range(rows)]
    for index, column in enumerate(columns):
        if column is None:
            continue
        filled = min(max(round(column.median / top * rows * 8), 1), rows * 8)
        for row in range(rows):
            eighths = filled - (rows - 1 - row) * 8
            lines[row][index] = _EIGHTHS[min(max(eighths, 0), 8)]
        for row in range(level_of(column.top, top, rows), level_of(column.median, top, rows)):
            if lines[row][index] == " ":
                lines[row][index] = "│"
    return ["".join(line) for line in lines]


def _plot_ascii(columns: Sequence[Column | None], rows: int, top: float) -> list[str]:
    """A sign by height in the cell for the median, bars up to the maximum."""
    lines = [[" "] * len(columns) for _ in range(rows)]
    for index, column in enumerate(columns):
        if column is None:
            continue
        level = level_of(column.median, top, rows * 3)
        for row in range(level_of(column.top, top, rows), level // 3):
            lines[row][index] = "|"
        lines[level // 3][index] = "'-_"[level % 3]
    return ["".join(line) for line in lines]
