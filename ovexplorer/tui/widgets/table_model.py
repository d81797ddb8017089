"""What a table shows, without a screen: columns that narrow, cells with a role, order and bars.

Everything here is arithmetic over plain values. Rows of any type stay as they are; a column says how one row becomes
a cell, and only the rows in sight are ever asked.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from rich.cells import cell_len, set_cell_size

Row = TypeVar("Row")

Role = str
"""What a cell means: a role of `ink`, or `bold`; empty is plain content."""

GAP = 1
"""Blank cells between columns."""

MARGIN = 1
"""Blank cells left of the first column; the cursor bar stands there."""


@dataclass(frozen=True)
class Cell:
    """One cell of a row: text, shown literally."""

    text: str
    """Cut in the middle when it is wider than its column."""
    role: Role = ""
    """How it looks."""
    span: bool = False
    """Whether it runs on over all columns to its right."""


@dataclass(frozen=True)
class Column(Generic[Row]):
    """One column of a table."""

    id: str
    """For sorting; unique in a table."""
    title: str
    """Heading; two cells longer when it carries the arrow."""
    width: int
    """Cells at least."""
    text: Callable[[Row], Cell | str]
    """What a row shows here."""
    sort: Callable[[Row], Any] | None = None
    """Key of the order; None for a column that cannot be sorted by."""
    right: bool = False
    """Whether cells stand at the right edge, as figures do."""
    drop: int = 0
    """When it is left out on a narrow screen: 1 goes first; 0 never."""
    most: int = 0
    """Cells at most when there is room to give; 0 keeps it at `width`."""
    descending: bool = False
    """Whether the first sort by it puts the largest on top."""
    prose: bool = False
    """Whether a text that is too long loses its end, as sentences do, instead of its middle."""
    bar: Callable[[Row], float] | None = None
    """Draws a bar of this length, 0..1, instead of text."""


@dataclass(frozen=True)
class Pinned:
    """A row that stays under the list: texts by column id."""

    cells: dict[str, Cell]
    """By column id; a column without one stays blank."""
    title: Cell | None = None
    """Written from the left edge over the columns up to the first one that has a cell."""


@dataclass(frozen=True)
class Placed(Generic[Row]):
    """A column that is shown, and where."""

    column: Column[Row]
    start: int
    """First cell, the margin included."""
    width: int


def place(columns: Sequence[Column[Row]], width: int) -> tuple[Placed[Row], ...]:
    """Choose the columns that fit and share what is left among those that may grow.

    Columns are left out in the order of `drop`; those with 0 stay and the last of them are cut by the screen's edge.
    Among equals the one farther right goes first.
    """
    shown = list(columns)
    while _needed(shown) > width:
        going = min((column for column in reversed(shown) if column.drop), key=lambda column: column.drop, default=None)
        if going is None:
            break
        shown.remove(going)
    widths = {column.id: column.width for column in shown}
    spare = width - _needed(shown)
    # The smallest wishes first, so that a long name does not take the last letters of a short type.
    for column in sorted(shown, key=lambda column: column.most - column.width):
        given = max(0, min(column.most - column.width, spare))
        widths[column.id] += given
        spare -= given
    placed: list[Placed[Row]] = []
    start = MARGIN
    for column in shown:
        placed.append(Placed(column, start, widths[column.id]))
        start += widths[column.id] + GAP
    return tuple(placed)


def _needed(columns: Sequence[Column[Row]]) -> int:
    return MARGIN + sum(column.width + GAP for column in columns)


def blank(_: object) -> str:
    """Text of a column that draws bars."""
    return ""


def as_cell(content: Cell | str) -> Cell:
    """A cell of what a column gave."""
    return content if isinstance(content, Cell) else Cell(content)


def fit(text: str, width: int, right: bool = False, prose: bool = False) -> str:
    """Make a text exactly `width` cells wide.

    A longer name is cut in the middle and keeps more of its end; prose loses its end.
    """
    if width <= 0:
        return ""
    if text.isascii():
        taken = len(text)
    else:
        # A name of ten thousand characters is measured no further than it can be shown.
        text = text if len(text) <= 4 * width else f"{text[: 2 * width]}{text[-2 * width :]}"
        taken = cell_len(text)
    if taken > width:
        head = width - 1 if prose else (width - 1) // 3
        text = f"{set_cell_size(text, head)}…{_tail(text, width - 1 - head)}" if width > 1 else "…"
        taken = cell_len(text)
    blank = " " * (width - taken)
    return blank + text if right else text + blank


def _tail(text: str, width: int) -> str:
    taken = 0
    start = len(text)
    while start:
        size = cell_len(text[start - 1])
        if taken + size > width:
            break
        taken += size
        start -= 1
    return " " * (width - taken) + text[start:]


def bar_halves(fraction: float, width: int) -> tuple[int, bool]:
    """Whole cells of a bar, and whether half a cell follows; anything above nothing shows at least a half."""
    if not fraction > 0:
        return 0, False
    halves = max(1, min(2 * width, round(fraction * 2 * width)))
    return halves // 2, bool(halves % 2)


def heat(fraction: float) -> int:
    """Step 1..5 of the heat scale for a share of the longest."""
    return min(5, max(1, 1 + int(fraction * 5)))


def ordered(rows: Sequence[Row], column: Column[Row] | None, descending: bool) -> list[Row]:
    """Rows in the order of a column; equal ones keep the order they came in, in both directions."""
    if column is None or column.sort is None:
        return list(rows)
    return sorted(rows, key=column.sort, reverse=descending)


def position_of(key: Hashable, keys: dict[Hashable, int], fallback: int, count: int) -> int:
    """Where a row stands now; where it stood before when it is gone, as far as there are rows."""
    found = keys.get(key)
    if found is not None:
        return found
    return max(0, min(fallback, count - 1))
