"""Draws the lines of a table: heading, rows with bars, pinned rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from ovexplorer.tui.widgets.ink import Ink
from ovexplorer.tui.widgets.table_model import MARGIN, Cell, Column, Pinned, Placed, as_cell, bar_halves, fit, heat

Row = TypeVar("Row")


def different(old: Strip, new: Strip) -> tuple[int, int]:
    """The cells from the first to the last one in which two lines of a screen differ; an empty range when in none."""
    before, after = list(old), list(new)
    if before == after:
        return 0, 0
    width = max(old.cell_length, new.cell_length)
    start = _common(before, after)
    end = width - _common(before[::-1], after[::-1]) if old.cell_length == new.cell_length else width
    return start, max(start, end)


def _common(before: Sequence[Segment], after: Sequence[Segment]) -> int:
    """Cells of the pieces that two lines begin with."""
    cells = 0
    for first, second in zip(before, after):
        if first != second:
            break
        cells += first.cell_length
    return cells


class TablePaint(Ink):
    """What a table needs to draw itself."""

    def style_of(self, role: str, cursor: bool = False) -> Style:
        """Style of a cell; the cursor row of a table with the focus has a background."""
        style = self.ink("text", bold=True) if role == "bold" else self.ink(role or "text")
        # A chip keeps its own background on the cursor row.
        return self.ink("cursor") + style if cursor and self.has_focus else style

    def text_of(self, cell: Cell, width: int, right: bool, prose: bool = False) -> str:
        """A cell in signs the terminal has, as wide as its column."""
        text = cell.text
        if self.glyphs.ascii:
            text = self.glyphs.show(text).encode("ascii", "replace").decode("ascii")
        return fit(text, width, right, prose)

    def heading(self, places: Sequence[Placed[Row]], sort: str, descending: bool) -> list[Segment]:
        """Titles of the columns, with the arrow at the one of the order."""
        style = self.style_of("muted")
        segments = [Segment(" " * MARGIN, style)]
        for placed in places:
            column = placed.column
            title = f"{column.title} {self._arrow(descending)}" if column.id == sort else column.title
            chosen = self.style_of("bold") if column.id == sort else style
            segments.append(Segment(fit(title, placed.width, column.right) + " ", chosen))
        return segments

    def cells(self, row: Row, places: Sequence[Placed[Row]], cursor: bool, width: int) -> list[Segment]:
        """One row of the list."""
        plain = self.style_of("", cursor)
        mark = self.style_of("live" if self.has_focus else "line", cursor)
        segments = [Segment(self.glyphs.cursor, mark) if cursor else Segment(" ", plain)]
        for placed in places:
            column: Column[Row] = placed.column
            if column.bar is not None:
                segments += self._bar(column.bar(row), placed.width, cursor)
                continue
            cell = as_cell(column.text(row))
            if cell.span:
                room = max(0, width - placed.start - 1)
                segments.append(Segment(self.text_of(cell, room, False, True), self.style_of(cell.role, cursor)))
                break
            shown = self.text_of(cell, placed.width, column.right, column.prose)
            segments.append(Segment(shown, self.style_of(cell.role, cursor)))
            segments.append(Segment(" ", plain))
        used = sum(segment.cell_length for segment in segments)
        segments.append(Segment(" " * max(0, width - used), plain))
        return segments

    def pinned_cells(self, pinned: Pinned, places: Sequence[Placed[Row]], width: int) -> list[Segment]:
        """One row under the list."""
        plain = self.style_of("")
        segments = [Segment(" " * MARGIN, plain)]
        first = next((placed.start for placed in places if placed.column.id in pinned.cells), width)
        if pinned.title is not None:
            text = self.text_of(pinned.title, max(0, first - MARGIN - 1), False)
            segments.append(Segment(text + " ", self.style_of(pinned.title.role)))
        for placed in places:
            if pinned.title is not None and placed.start < first:
                continue
            cell = pinned.cells.get(placed.column.id, Cell(""))
            segments.append(Segment(self.text_of(cell, placed.width, placed.column.right), self.style_of(cell.role)))
            segments.append(Segment(" ", plain))
        return segments

    def _arrow(self, descending: bool) -> str:
        if self.glyphs.ascii:
            return "v" if descending else "^"
        return "▾" if descending else "▴"

    def _bar(self, fraction: float, width: int, cursor: bool) -> list[Segment]:
        whole, half = bar_halves(min(1.0, fraction), width)
        bar = self.glyphs.bar * whole + (self.glyphs.bar_half if half else "")
        return [
            Segment(bar, self.style_of(f"heat-{heat(fraction)}", cursor)),
            Segment(" " * (width - len(bar) + 1), self.style_of("", cursor)),
        ]
