"""How the latencies of two configurations spread, one over the other on one axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ovexplorer import units
from ovexplorer.schema.histogram import value_of
from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.widgets.bars import levels
from ovexplorer.tui.widgets.canvas import Canvas
from ovexplorer.tui.widgets.cells import Line, Row

_MARGIN = 4
_SHOWN = 0.995
"""Share of the samples of each side that the axis holds; what lies beyond stands in its last cell."""


@dataclass(frozen=True)
class SpreadsView:
    """Samples by bucket of each side."""

    a: tuple[tuple[int, int], ...] = ()
    b: tuple[tuple[int, int], ...] = ()
    names: tuple[str, str] = ("A", "B")
    empty: str = ""
    """Said while there are no samples."""


def binned(counts: Mapping[int, int], low: float, high: float, cells: int) -> tuple[float, ...]:
    """Samples by cell from one value to another; beyond them they count for the ends."""
    out = [0.0] * cells
    for bucket, count in counts.items():
        share = (value_of(bucket) - low) / (high - low) if high > low else 0.5
        out[min(max(int(share * cells), 0), cells - 1)] += count
    return tuple(out)


def reach(counts: Mapping[int, int], share: float) -> tuple[float, float]:
    """Smallest value, and the value below which a share of the samples lies."""
    total, seen = sum(counts.values()), 0
    last = min(counts)
    for bucket in sorted(counts):
        last = bucket
        seen += counts[bucket]
        if seen >= share * total:
            break
    return value_of(min(counts)), value_of(last)


class TwoSpreads(Canvas, can_focus=True):
    """Draws a SpreadsView; needs five rows."""

    def __init__(self, glyphs: Glyphs, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 Textual's name
        super().__init__(glyphs, id=id, classes=classes)
        self.view = SpreadsView()

    def show(self, view: SpreadsView) -> None:
        """Draw a view; nothing happens when it shows the same."""
        if view != self.view:
            self.view = view
            self.redraw()

    def build(self, width: int, height: int) -> Sequence[Row]:
        """See Canvas."""
        view, cells = self.view, width - 2 * _MARGIN
        sides = (dict(view.a), dict(view.b))
        if not all(sides) or cells < 10:
            line = Line(width)
            line.put(2, view.empty, "m")
            return [line.row()]
        ends = [reach(counts, _SHOWN) for counts in sides]
        low, high = min(end[0] for end in ends), max(end[1] for end in ends)
        bars = max(1, (height - 2) // 2)
        rows = []
        for counts, name, role in zip(sides, view.names, "ml"):
            texts = levels(binned(counts, low, high, cells), bars, self.glyphs)
            for number, text in enumerate(texts):
                line = Line(width)
                line.put(_MARGIN, text, role)
                if number == 0:
                    line.put(1, name, role.upper())
                rows.append(line.row())
        return [*rows, *_axis(low, high, cells, width)]


def _axis(low: float, high: float, cells: int, width: int) -> list[Row]:
    ruler, figures = Line(width), Line(width)
    ruler.put(_MARGIN, "─" * cells, "n")
    for number in range(5):
        x = _MARGIN + round(number * (cells - 1) / 4)
        label = units.ms_number(low + (high - low) * number / 4)
        ruler.put(x, "┴", "n")
        figures.put(min(max(0, x - len(label) // 2), width - len(label) - 1), label, "m")
    return [ruler.row(), figures.row()]
