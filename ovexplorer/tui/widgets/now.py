"""How fast it is now: large figures with their uncertainty, and what changed against the baseline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.widgets.bars import bar
from ovexplorer.tui.widgets.canvas import Canvas
from ovexplorer.tui.widgets.cells import Line, Row
from ovexplorer.tui.widgets.digits import big, big_width, doubled

NO_FIGURE = "──.─"
"""Stands where a figure will be."""

_WIDE = 100
"""Cells from which the 95th percentile has a field and the delta large figures."""


@dataclass(frozen=True)
class Figure:
    """One large figure."""

    label: str
    """With its unit: `p50 ms`."""
    value: str = NO_FIGURE
    half: str = ""
    """Half of its interval: `±0.1`; empty when it has none yet."""


@dataclass(frozen=True)
class Progress:
    """Work under way in place of the delta."""

    title: str
    """`compiling`."""
    elapsed: str
    """`0.3 of ~0.4 s`, or `0.3 s` without an estimate."""
    share: float | None = None
    """0..1 of the estimate; None when there is none, then there is no bar."""
    hint: str = ""
    """What esc does."""


@dataclass(frozen=True)
class Against:
    """The delta to the baseline."""

    title: str
    """`against A · bf16`, or what to do to have a baseline."""
    percent: str = ""
    """`+38`, large where there is room; empty when there is no figure."""
    half: str = ""
    """`±6`."""
    sign: str = ""
    """`▲`, `▼` or `≈`."""
    word: str = ""
    """`faster`, `slower`, `no difference`."""
    role: str = "m"
    """Role letter of the delta."""
    change: str = ""
    """`57.0 → 41.2`."""
    how: str = "seq"
    """`seq` for one after the other, `paired` for turns; `◐ paired` while these run."""
    drift: str = ""
    """`drift 0  (A 3e-3)`; empty before it is measured."""
    drift_role: str = "m"

    @property
    def words(self) -> str:
        """`+38 % ±6`; without a figure what is known instead."""
        return f"{self.percent} % {self.half}" if self.percent else self.half


@dataclass(frozen=True)
class NowView:
    """What the widget shows."""

    latency: Figure
    rate: Figure
    tail: Figure
    third: Against | Progress
    valid: bool = False
    """Whether the verdict is `valid`; other figures are quieter."""
    stale: bool = False
    """Whether the figures are of the configuration before."""


EMPTY = NowView(Figure("p50 ms"), Figure("FPS"), Figure("p95 ms"), Against(""))


class Now(Canvas, can_focus=True):
    """Draws a NowView in four rows; twice as large when it fills the screen."""

    DEFAULT_CSS = """
    Now { height: 4; }
    """

    def __init__(self, glyphs: Glyphs, *, id: str | None = None) -> None:  # noqa: A002 Textual's name
        super().__init__(glyphs, id=id)
        self._view = EMPTY

    def show(self, view: NowView) -> None:
        """Draw a view; nothing happens when it shows the same."""
        if view != self._view:
            self._view = view
            self.redraw()

    def on_focus(self) -> None:
        """The labels show the focus: there is no border at 80 columns."""
        self.redraw()

    def on_blur(self) -> None:
        """See on_focus."""
        self.redraw()

    def build(self, width: int, height: int) -> Sequence[Row]:
        """See Canvas."""
        if height >= 9 and not self.glyphs.ascii:
            return self._stage(width, height)
        lines = [Line(width) for _ in range(4)]
        columns = _columns(width)
        figures = [self._view.latency, self._view.rate, self._view.tail][: len(columns) - 1]
        for index, figure in enumerate(figures):
            self._put_figure(lines, columns[index], columns[index + 1] - columns[index] - 1, figure, index == 0)
        self._put_third(lines, columns[-1], width)
        return [line.row() for line in lines]

    def _put_figure(self, lines: list[Line], x: int, room: int, figure: Figure, hero: bool) -> None:
        label = f"was: {figure.label}" if self._view.stale else f"{figure.label} {figure.half}".rstrip()
        lines[0].put(x, label, "l" if self.has_focus else "m", room)
        value = _fitting(figure.value, room)
        role = self._value_role(hero)
        if self.glyphs.ascii:
            lines[2].put(x, value.replace("─", "-"), role.replace("l", "L").replace(" ", "B"), room)
            return
        for line, text in zip(lines[1:], big(value)):
            line.put(x, text, role, room)

    def _value_role(self, hero: bool) -> str:
        view = self._view
        if view.stale or view.latency.value == NO_FIGURE:
            return "s"
        if not view.valid and not hero:
            return "m"
        return "l" if hero else " "

    def _put_third(self, lines: list[Line], x: int, width: int) -> None:
        third = self._view.third
        if isinstance(third, Progress):
            lines[0].put(x, third.title, "w")
            lines[1].put(x, third.elapsed, " ")
            if third.share is not None:
                lines[2].put(x, bar(third.share, min(16, width - x - 1), self.glyphs), "w")
            lines[3].put(x, third.hint, "m")
            return
        lines[0].put(x, third.title, "l" if self.has_focus else "m")
        if not third.sign:
            lines[1].put(x, third.word, "m")
            lines[2].put(x, third.change, "m")
            lines[3].put(x, third.drift, third.drift_role)
        elif width < _WIDE or self.glyphs.ascii or not third.percent:
            strong = {"g": "G", "b": "D"}.get(third.role, "B")
            lines[1].put(x, f"{third.sign} {third.words}", strong)
            lines[2].put(x, f"{third.word} · {third.how}", third.role)
            lines[3].put(x, third.drift or third.change, third.drift_role if third.drift else "m")
        else:
            for line, text in zip(lines[1:], big(third.percent)):
                line.put(x, text, third.role)
            x += big_width(third.percent) + 1
            lines[1].put(x, f"% {third.half}", third.role)
            lines[2].put(x, f"{third.sign} {third.word} · {third.how}", third.role)
            lines[3].put(x, third.change, "m")
            if third.drift:
                lines[3].put(x + cell_len(third.change) + 3, third.drift, third.drift_role)

    def _stage(self, width: int, height: int) -> list[Row]:
        """The view for a stage: digits twice as large, one figure below the other."""
        view = self._view
        lines = [Line(width) for _ in range(height)]
        figures = [view.latency, view.rate] + ([view.tail] if height >= 30 else [])
        top = max(0, (height - 9 * len(figures) - 4) // 2)
        for index, figure in enumerate(figures):
            y = top + 9 * index
            if y + 7 > height:
                break
            rows = doubled(big(figure.value))
            x = max(1, (width - len(rows[0])) // 2)
            label = f"was: {figure.label}" if view.stale else f"{figure.label} {figure.half}".rstrip()
            lines[y].put(x, label, "l" if index == 0 else "m")
            for line, text in zip(lines[y + 1 :], rows):
                line.put(x, text, self._value_role(index == 0))
        y = top + 9 * len(figures)
        if y + 1 < height:
            self._put_words(lines[y], width)
        return [line.row() for line in lines]

    def _put_words(self, line: Line, width: int) -> None:
        third = self._view.third
        if isinstance(third, Progress):
            text, role = f"{third.title} {third.elapsed} · {third.hint}", "w"
        elif third.sign:
            text, role = (
                f"{third.title}   {third.sign} {third.words} {third.how}   {third.drift or third.change}",
                third.role,
            )
        else:
            text, role = " · ".join(part for part in (third.title, third.word) if part), "m"
        line.put(max(1, (width - cell_len(text)) // 2), text, role)


def _columns(width: int) -> tuple[int, ...]:
    """Where the fields begin; the last one is the third block."""
    if width >= _WIDE:
        return 2, 25, 44, 67
    return (2, 22, 44) if width >= 70 else (1, 17, 32)


def _fitting(value: str, room: int) -> str:
    """A figure short enough for its field: thousands lose their comma, then digits after the point go."""
    if big_width(value) > room:
        value = value.replace(",", "")
    while big_width(value) > room and "." in value:
        value = value[:-1].rstrip(".")
    return value
