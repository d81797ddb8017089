"""The steps of a ladder as rows with bars: cursor, scrolling, and only the cells that changed are repainted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rich.cells import cell_len, set_cell_size
from textual.events import MouseDown, MouseScrollDown, MouseScrollUp
from textual.message import Message

from ovexplorer.tui.actions import bindings_of
from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.widgets.canvas import Canvas
from ovexplorer.tui.widgets.cells import Line, Row

DELTA = 14
"""Cells of the delta field; it never changes its width."""

DRIFT = 7
"""Cells of the drift column: `NaN x12`."""

NUMBERS = 5
"""Cells before the title: cursor, number, two blanks."""

VALUE = 7
NOTE = 30
FEWEST_BAR = 8
"""A bar shorter than this says nothing; the numbers stay."""

AHEAD = 2
"""Rows below the cursor that stay in view."""

RowKind = Literal["step", "heading", "axis", "note", "total"]


@dataclass(frozen=True)
class LadderRow:
    """One line of the list."""

    kind: RowKind
    index: int = -1
    """Which step; -1 for lines that hold no cursor."""
    number: str = ""
    title: str = ""
    title_role: str = " "
    value: str = ""
    value_role: str = " "
    bar: tuple[tuple[str, float], ...] = ()
    """Pieces of the bar, sign and length each, as fractions of the scale."""
    bar_role: str = "m"
    interval: tuple[float, float] | None = None
    """95 % interval as fractions of the scale."""
    ticks: tuple[tuple[float, str], ...] = ()
    """For an axis: fraction of the scale and label."""
    delta: str = ""
    delta_role: str = " "
    drift: str = ""
    drift_role: str = "m"
    note: str = ""
    text: str = ""
    """Stands in place of everything behind the title: why it was skipped or failed."""
    text_role: str = "m"


@dataclass(frozen=True)
class Columns:
    """Where the columns of a row are; 0 cells leave one out."""

    title: int
    bar: int
    drift: int
    note: int

    @property
    def value_end(self) -> int:
        """Column after the figure."""
        return NUMBERS + self.title + 1 + VALUE

    @property
    def bar_start(self) -> int:
        """First cell of the bar."""
        return self.value_end + 2

    @property
    def delta_start(self) -> int:
        """First cell of the delta field."""
        return self.bar_start + (self.bar + 1 if self.bar else 0)


def columns_of(width: int) -> Columns:
    """Share out a width: notes go first, then drift, then bars; numbers and deltas stay."""
    title = 18 if width < 76 else 20 if width < 100 else 30
    drift = DRIFT if width >= 72 else 0
    note = NOTE if width >= 140 else 0
    fixed = NUMBERS + title + 1 + VALUE + 2 + DELTA + (drift + 1 if drift else 0) + (note + 2 if note else 0)
    # A blank after the bar and one at the right edge.
    bar = width - fixed - 2
    return Columns(title, bar if bar >= FEWEST_BAR else 0, drift, note)


def bar_cells(row: LadderRow, width: int, glyphs: Glyphs) -> str:
    """The bar with the end of its interval: `▇▇▇▇┤`, or `▇▇├──┤` where the interval is wide."""
    cells = [" "] * width
    at, reached = 0, 0.0
    for sign, length in row.bar:
        reached += length
        end = min(width, max(round(reached * width), at + 1 if length > 0 else at))
        cells[at:end] = sign * (end - at)
        at = end
    if row.interval is not None:
        left, right = ("|", "|") if glyphs.ascii else ("├", "┤")
        low, high = (min(width - 1, max(0, int(edge * width))) for edge in row.interval)
        sign = row.bar[0][0] if row.bar else " "
        wide = high - low > 1
        full = low if wide else high
        cells = [sign] * full + [" "] * (width - full)
        if wide:
            cells[low] = left
            cells[low + 1 : high] = glyphs.rule * (high - low - 1)
        cells[high] = right
    return "".join(cells)


def paint(row: LadderRow, width: int, glyphs: Glyphs) -> Line:
    """One line without its cursor."""
    line = Line(width)
    if row.kind == "heading":
        line.put(0, glyphs.rule * width, "n")
        line.put(1, f" {row.title} ", "m")
        return line
    if row.kind == "note":
        line.put(NUMBERS, row.text, row.text_role)
        return line
    columns = columns_of(width)
    line.put_right(3, row.number, "m")
    line.put(NUMBERS, _cut(row.title, columns.title), row.title_role, columns.title)
    if row.text:
        start = NUMBERS + columns.title + 1
        line.put(start, _cut(row.text, width - start - 1), row.text_role)
        return line
    line.put_right(columns.value_end, row.value, row.value_role)
    if columns.bar:
        if row.kind == "axis":
            _put_ticks(line, row, columns)
        else:
            line.put(columns.bar_start, bar_cells(row, columns.bar, glyphs), row.bar_role)
    line.put(columns.delta_start, row.delta, row.delta_role, DELTA)
    if columns.drift:
        line.put_right(columns.delta_start + DELTA + 1 + columns.drift, row.drift, row.drift_role)
    if columns.note:
        line.put(width - columns.note - 1, _cut(row.note, columns.note), "m", columns.note)
    return line


def _cut(text: str, width: int) -> str:
    """A sentence loses its end, not its middle."""
    return text if cell_len(text) <= width else set_cell_size(text, max(0, width - 1)).rstrip() + "…"


def _put_ticks(line: Line, row: LadderRow, columns: Columns) -> None:
    end = columns.bar_start + columns.bar
    for fraction, label in row.ticks:
        start = columns.bar_start + int(fraction * columns.bar)
        if start + len(label) <= end:
            line.put(start, label, "m")


class LadderList(Canvas, can_focus=True):
    """Rows with a cursor. What they mean is the business of whoever makes them."""

    BINDINGS = bindings_of(
        (
            "list.down",
            "list.up",
            "list.first",
            "list.last",
            "list.half_down",
            "list.half_up",
            "list.page_down",
            "list.page_up",
            "list.activate",
        )
    )

    DEFAULT_CSS = """
    LadderList { height: 1fr; width: 1fr; }
    """

    @dataclass
    class Moved(Message):
        """The cursor stands on another step."""

        index: int

    @dataclass
    class Activated(Message):
        """Enter."""

        index: int

    def __init__(self, glyphs: Glyphs, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 Textual's name
        super().__init__(glyphs, id=id, classes=classes)
        self._lines: tuple[LadderRow, ...] = ()
        self._index = 0
        self._top = 0

    @property
    def index(self) -> int:
        """The step under the cursor."""
        return self._index

    @property
    def lines(self) -> tuple[LadderRow, ...]:
        """All rows, seen or not."""
        return self._lines

    def show(self, rows: Sequence[LadderRow]) -> None:
        """Draw these; the cursor stays on its step."""
        rows = tuple(rows)
        if rows == self._lines:
            return
        self._lines = rows
        steps = self._steps()
        if steps and self._index not in steps:
            self._index = min(steps, key=lambda step: abs(step - self._index))
        self.redraw()

    def move_to(self, index: int) -> None:
        """Put the cursor on a step, or on the nearest there is."""
        steps = self._steps()
        if not steps:
            return
        index = max(steps[0], min(steps[-1], index))
        if index != self._index:
            self._index = index
            self.redraw()
            self.post_message(self.Moved(index))

    def build(self, width: int, height: int) -> Sequence[Row]:
        """See Canvas."""
        self._keep_in_view(height)
        return [self._row(row, width) for row in self._lines[self._top : self._top + height]]

    def _row(self, row: LadderRow, width: int) -> Row:
        line = paint(row, width, self.glyphs)
        here = row.kind == "step" and row.index == self._index
        if here:
            line.put(0, self.glyphs.cursor, "l" if self.has_focus else "n")
        return line.row(selected=here and self.has_focus)

    def _steps(self) -> list[int]:
        return [row.index for row in self._lines if row.kind == "step"]

    def _keep_in_view(self, height: int) -> None:
        place = next((at for at, row in enumerate(self._lines) if row.kind == "step" and row.index == self._index), 0)
        # A heading stands with the step below it.
        first = place
        while first and self._lines[first - 1].kind != "step":
            first -= 1
        if first < self._top:
            self._top = first
        # What comes next is seen too.
        last = min(place + AHEAD, len(self._lines) - 1, first + height - 1)
        if last >= self._top + height:
            self._top = last - height + 1
        self._top = max(0, min(self._top, len(self._lines) - height))

    def on_focus(self) -> None:
        """The cursor is brighter with the focus."""
        self.redraw()

    def on_blur(self) -> None:
        """See on_focus."""
        self.redraw()

    def on_mouse_down(self, event: MouseDown) -> None:
        """A click puts the cursor; a click on it is enter."""
        offset = event.get_content_offset(self)
        at = self._top + offset.y if offset is not None else len(self._lines)
        if at < len(self._lines) and self._lines[at].kind == "step":
            if self._lines[at].index == self._index:
                self.action_list_activate()
            else:
                self.move_to(self._lines[at].index)

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Next steps."""
        event.stop()
        self.move_to(self._index + 3)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Steps before."""
        event.stop()
        self.move_to(self._index - 3)

    def action_list_down(self) -> None:
        """Next step."""
        self.move_to(self._index + 1)

    def action_list_up(self) -> None:
        """Step before."""
        self.move_to(self._index - 1)

    def action_list_first(self) -> None:
        """First step."""
        self.move_to(0)

    def action_list_last(self) -> None:
        """Last step."""
        self.move_to(len(self._lines))

    def action_list_half_down(self) -> None:
        """Half a page down."""
        self.move_to(self._index + max(1, self.content_size.height // 2))

    def action_list_half_up(self) -> None:
        """Half a page up."""
        self.move_to(self._index - max(1, self.content_size.height // 2))

    def action_list_page_down(self) -> None:
        """A page down."""
        self.move_to(self._index + max(1, self.content_size.height - 1))

    def action_list_page_up(self) -> None:
        """A page up."""
        self.move_to(self._index - max(1, self.content_size.height - 1))

    def action_list_activate(self) -> None:
        """Say that enter was pressed."""
        if self._lines:
            self.post_message(self.Activated(self._index))
