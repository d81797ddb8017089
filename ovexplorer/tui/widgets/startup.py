"""What the start cost: times and memory by phase; where there is little room, the load of the cores too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.widgets.bars import bar
from ovexplorer.tui.widgets.canvas import Canvas
from ovexplorer.tui.widgets.cells import Line, Row

_FULL = 6
"""Rows from which each phase has a bar of its own."""


@dataclass(frozen=True)
class Amount:
    """One phase, or the memory after it."""

    name: str
    """Over the whole width: `first infer`."""
    short: str
    """In one line with others: `first`; empty when it does not belong there."""
    value: str
    """`84`, `84 ms`, `◐` while it runs."""
    share: float = 0.0
    """0..1 of the largest of its kind."""


@dataclass(frozen=True)
class StartupView:
    """What the widget shows."""

    phases: tuple[Amount, ...] = ()
    memory: tuple[Amount, ...] = ()
    rss: str = ""
    """What is resident now; all the one-line form shows of the memory."""
    memory_note: str = ""
    """Why the memory is not this configuration's alone; empty when it is."""
    cores: tuple[tuple[int, float], ...] = ()
    """Number of the CPU and its load 0..1; only drawn where the cores have no panel of their own."""


class Startup(Canvas, can_focus=True):
    """Draws a StartupView: two rows at least."""

    def __init__(self, glyphs: Glyphs, *, id: str | None = None) -> None:  # noqa: A002 Textual's name
        super().__init__(glyphs, id=id)
        self._view = StartupView()

    def show(self, view: StartupView) -> None:
        """Draw a view; nothing happens when it shows the same."""
        if view != self._view:
            self._view = view
            self.redraw()

    def build(self, width: int, height: int) -> Sequence[Row]:
        """See Canvas."""
        return self._full(width, height) if height >= _FULL else self._short(width)

    def _short(self, width: int) -> list[Row]:
        view, line = self._view, Line(width)
        x = 1
        phases = [phase for phase in view.phases if phase.short][:3]
        for index, phase in enumerate(phases):
            x = line.put(x, f"{phase.short} ", "m")
            x = line.put(x, phase.value)
            x = line.put(x, " ms" if index == len(phases) - 1 else "", "m") + 2
        if view.rss:
            line.put(line.put(x, "RSS ", "m"), view.rss)
        return [line.row(), core_row(view.cores, width, self.glyphs)]

    def _full(self, width: int, height: int) -> list[Row]:
        view = self._view
        rows = [self._amount(phase, width, " ms") for phase in view.phases]
        if view.memory and height >= len(rows) + len(view.memory) + 1:
            if height >= len(rows) + len(view.memory) + 2:
                rows.append(Line(width).row())
            title = Line(width)
            title.put(1, view.memory_note or "memory, RSS after each phase", "m")
            rows += [title.row(), *(self._amount(entry, width, "") for entry in view.memory)]
        return rows

    def _amount(self, amount: Amount, width: int, unit: str) -> Row:
        line = Line(width)
        line.put(1, amount.name, "m", 12)
        start = line.put_right(width - 1, f"{amount.value}{unit if amount.value[:1].isdigit() else ''}")
        room = max(0, min(start, width - 10) - 14)
        line.put(13, bar(amount.share, room, self.glyphs), "n")
        return line.row()


def core_row(cores: Sequence[tuple[int, float]], width: int, glyphs: Glyphs) -> Row:
    """The load of the cores in one line: bars for a few, figures for more, the busiest and the mean for many."""
    line = Line(width)
    if not cores:
        return line.row()
    each = (width - 1) // len(cores)
    if each >= 16:
        for index, (number, load) in enumerate(cores):
            x = line.put(1 + index * each, f"cpu{number} ", "m")
            room = each - (x - 1 - index * each) - 8
            x = line.put(x, bar(load, room, glyphs), "n")
            line.put(x, f"{load * 100:4.0f} %")
        return line.row()
    mean = sum(load for _, load in cores) / len(cores)
    busiest, most = max(cores, key=lambda core: core[1])
    x = line.put(1, f"{len(cores)} cores ", "m")
    x = line.put(x, bar(mean, 12, glyphs), "n")
    x = line.put(x, f" {mean * 100:.0f} %")
    line.put(x, f"  busiest cpu{busiest} {most * 100:.0f} %", "m")
    return line.row()
