"""What crosses each row of a layout, found out for the part that somebody looks at.

Items are sorted into blocks of rows at once, which is cheap; the rows of a block are put together when one of them is
asked for. So a drawing of ten thousand boxes begins to show as fast as one of ten.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from ovexplorer.graph.drawing.layout import Layout, Line, Way
from ovexplorer.text import cut_middle

UP, DOWN, LEFT, RIGHT = 1, 2, 4, 8

HEADS: Final[Mapping[int, str]] = {DOWN: "▼", UP: "▲", RIGHT: "►", LEFT: "◄"}
"""Arrow heads by where they point."""

BLOCK: Final = 32
"""Rows of a block."""

_BESIDE: Final = 24
"""Cells that a label may stick out of the drawing."""

_STUB: Final = 16
"""Longest name at a stub."""


@dataclass(frozen=True)
class EdgeLabel:
    """Words beside the end of an edge."""

    text: str
    role: str = "w"
    shorter: tuple[str, ...] = ()
    """What is said where there is no room for all, the longest first."""


class PutLabel(NamedTuple):
    """A label where it stands."""

    x: int
    text: str
    role: str


@dataclass
class Row:
    """What crosses one row, from left to right; all lists are sorted by column."""

    columns: list[int] = field(default_factory=list)
    """Of cells that are an end, a corner or part of a vertical line."""
    sides: list[int] = field(default_factory=list)
    """Sides to which each of them is linked."""
    starts: list[int] = field(default_factory=list)
    """First column of each horizontal line."""
    ends: list[int] = field(default_factory=list)
    """Last column of each of them; they do not touch one another."""
    lit: list[tuple[int, int]] = field(default_factory=list)
    """First and last column of what is drawn live."""
    lefts: list[int] = field(default_factory=list)
    """Left column of each box."""
    boxes: list[int] = field(default_factory=list)
    """Its node's key."""
    arrows: list[int] = field(default_factory=list)
    """Columns in which an edge arrives at the border of a box."""
    leaves: list[int] = field(default_factory=list)
    """Columns in which an edge leaves the border of a box."""
    heads: Mapping[int, str] = field(default_factory=dict)
    """Arrow heads before boxes, by column."""
    labels: list[PutLabel] = field(default_factory=list)

    def cells(self, first: int, last: int) -> Sequence[tuple[int, int]]:
        """Columns and sides between two columns, both included; inner cells of horizontal lines are left out."""
        begin, end = bisect_left(self.columns, first), bisect_right(self.columns, last)
        return tuple(zip(self.columns[begin:end], self.sides[begin:end]))

    def runs(self, first: int, last: int) -> Sequence[tuple[int, int]]:
        """Horizontal lines that reach between two columns."""
        begin, end = bisect_left(self.ends, first), bisect_right(self.starts, last)
        return tuple(zip(self.starts[begin:end], self.ends[begin:end]))

    def boxes_in(self, first: int, last: int) -> Sequence[int]:
        """Keys of the nodes whose boxes may reach between two columns."""
        begin = max(0, bisect_right(self.lefts, first) - 1)
        return self.boxes[begin : bisect_right(self.lefts, last)]


class _Words(NamedTuple):
    """Words that want a place in a row."""

    label: EdgeLabel
    columns: tuple[int, ...]
    """Where they may begin, the best first."""
    end: int | None = None
    """Before which they may end if they can begin nowhere."""
    air: int = 1
    """Cells on both sides that stay free."""
    stub: bool = False
    """Comes after all labels."""


@dataclass
class _Raw:
    """A row while it is put together."""

    cells: dict[int, int] = field(default_factory=dict)
    runs: list[tuple[int, int]] = field(default_factory=list)
    lit: list[tuple[int, int]] = field(default_factory=list)
    boxes: list[tuple[int, int]] = field(default_factory=list)
    arrows: set[int] = field(default_factory=set)
    leaves: set[int] = field(default_factory=set)
    heads: dict[int, str] = field(default_factory=dict)
    wanted: list[_Words] = field(default_factory=list)

    def add(self, x: int, sides: int, *, bright: bool) -> None:
        self.cells[x] = self.cells.get(x, 0) | sides
        if bright:
            self.lit.append((x, x))

    def add_run(self, start: int, end: int, *, bright: bool) -> None:
        left, right = min(start, end), max(start, end)
        self.runs.append((left, right))
        self.cells[left] = self.cells.get(left, 0) | RIGHT
        self.cells[right] = self.cells.get(right, 0) | LEFT
        if bright:
            self.lit.append((left, right))


class RowIndex:
    """The rows of a layout.

    Args:
        layout: Where things are.
        labels: Words at the end of edges, by position of the edge; left out where they would touch something.
        lit: Edges that are drawn live.
        name_of: What stubs call the node at the other end; None draws no stubs.
    """

    def __init__(
        self,
        layout: Layout,
        labels: Mapping[int, EdgeLabel],
        lit: frozenset[int],
        name_of: Callable[[int], str] | None = None,
    ) -> None:
        self._layout, self._labels, self._lit, self._name_of = layout, labels, lit, name_of
        self._stubs: dict[tuple[int, bool], list[int]] = {}
        self._boxes: dict[int, list[int]] = {}
        self._ways: dict[int, list[int]] = {}
        self._lines: dict[int, list[int]] = {}
        self._rows: dict[int, Row] = {}
        self._done: set[int] = set()
        for key, box in enumerate(layout.boxes):
            # The rows above and below hold the words of its stubs.
            for block in range((box.y - 1) // BLOCK, (box.y + box.height) // BLOCK + 1):
                self._boxes.setdefault(block, []).append(key)
        for stub in layout.stubs if name_of is not None else ():
            self._stubs.setdefault((stub.node, stub.down), []).append(stub.far)
        for at, way in enumerate(layout.ways):
            for block in range((way.start[1] - 1) // BLOCK, (way.end[1] + 1) // BLOCK + 1):
                self._ways.setdefault(block, []).append(at)
        for at, line in enumerate(layout.lines):
            rows = [y for _, y in line.points]
            for block in range(min(rows) // BLOCK, max(rows) // BLOCK + 1):
                self._lines.setdefault(block, []).append(at)

    def row(self, y: int) -> Row | None:
        """What crosses a row; None for nothing."""
        block = y // BLOCK
        if block not in self._done:
            self._done.add(block)
            self._put_together(block)
        return self._rows.get(y)

    def _put_together(self, block: int) -> None:
        first, last = block * BLOCK, block * BLOCK + BLOCK - 1
        raw = {y: _Raw() for y in range(first, last + 1)}
        boxes = self._layout.boxes
        for key in self._boxes.get(block, ()):
            box = boxes[key]
            for y in range(max(first, box.y), min(last, box.y + box.height - 1) + 1):
                raw[y].boxes.append((box.x, key))
            if self._stubs:
                self._add_stubs(key, raw)
        for at in self._ways.get(block, ()):
            self._add_way(self._layout.ways[at], raw, first, last)
        for at in self._lines.get(block, ()):
            self._add_line(self._layout.lines[at], raw)
        for y, entry in raw.items():
            if entry.cells or entry.boxes or entry.wanted:
                self._rows[y] = self._finished(entry)

    def _add_way(self, way: Way, raw: Mapping[int, _Raw], first: int, last: int) -> None:
        (start, top), (end, bottom), lane = way.start, way.end, way.lane
        bright = way.edge in self._lit
        if start == end:
            lane = bottom + 1
        for y in range(max(top, first), min(lane - 1, last) + 1):
            raw[y].add(start, UP | DOWN, bright=bright)
        if lane <= bottom:
            if first <= lane <= last:
                raw[lane].add(start, UP, bright=bright)
                raw[lane].add_run(start, end, bright=bright)
                raw[lane].add(end, DOWN, bright=bright)
            for y in range(max(lane + 1, first), min(bottom, last) + 1):
                raw[y].add(end, UP | DOWN, bright=bright)
        if top - 1 in raw:
            raw[top - 1].leaves.add(start)
        if way.last:
            if bottom + 1 in raw:
                raw[bottom + 1].arrows.add(end)
            if bottom in raw and way.edge in self._labels:
                raw[bottom].wanted.append(_Words(self._labels[way.edge], (end + 2,), end - 1))

    def _add_stubs(self, key: int, raw: Mapping[int, _Raw]) -> None:
        box = self._layout.boxes[key]
        for down, y in ((False, box.y - 1), (True, box.y + box.height)):
            far = self._stubs.get((key, down))
            if far and y in raw and self._name_of is not None:
                more = f" +{len(far) - 1}" if len(far) > 1 else ""
                name = cut_middle(self._name_of(far[0]), _STUB)
                words = f"{'→' if down else '←'} {name}{more}"
                raw[y].wanted.append(_Words(EdgeLabel(words, "m"), (box.x + box.width // 2 + 2, box.x + 1), stub=True))

    def _add_line(self, line: Line, raw: Mapping[int, _Raw]) -> None:
        """Add a line with any number of corners."""
        bright = line.edge in self._lit
        for (x, y), (to_x, to_y) in zip(line.points, line.points[1:]):
            if y == to_y:
                if y in raw:
                    raw[y].add_run(x, to_x, bright=bright)
                continue
            down = to_y > y
            for row in range(min(y, to_y), max(y, to_y) + 1):
                if row in raw:
                    sides = UP | DOWN
                    if row == y:
                        sides = DOWN if down else UP
                    elif row == to_y:
                        sides = UP if down else DOWN
                    raw[row].add(x, sides, bright=bright)
        (x, y), (to_x, to_y), (from_x, from_y) = line.points[0], line.points[-1], line.points[-2]
        if y in raw:
            raw[y].leaves.add(x)
        if to_y in raw:
            head = (RIGHT if to_x > from_x else LEFT) if to_y == from_y else (DOWN if to_y > from_y else UP)
            raw[to_y].heads[to_x] = HEADS[head]
        label = self._labels.get(line.edge)
        if label is not None and line.label is not None and line.label[1] in raw:
            raw[line.label[1]].wanted.append(_Words(label, (line.label[0],), air=0))

    def _finished(self, raw: _Raw) -> Row:
        cells = sorted(raw.cells)
        starts: list[int] = []
        ends: list[int] = []
        for left, right in sorted(raw.runs):
            if ends and left <= ends[-1]:
                ends[-1] = max(ends[-1], right)
            else:
                starts.append(left)
                ends.append(right)
        raw.boxes.sort()
        row = Row(
            cells,
            [raw.cells[x] for x in cells],
            starts,
            ends,
            sorted(raw.lit),
            [x for x, _ in raw.boxes],
            [key for _, key in raw.boxes],
            sorted(raw.arrows),
            sorted(raw.leaves),
            raw.heads,
        )
        for words in sorted(raw.wanted, key=lambda entry: (entry.stub, entry.columns)):
            self._put(row, words)
        return row

    def _put(self, row: Row, words: _Words) -> None:
        """Put words where they touch nothing, or leave them out."""
        label = words.label
        for text in (label.text, *label.shorter):
            ends = () if words.end is None else (words.end - len(text),)
            for x in (*words.columns, *ends):
                if not self._taken(row, x - words.air, x + len(text) - 1 + words.air):
                    row.labels.append(PutLabel(x, text, label.role))
                    return

    def _taken(self, row: Row, first: int, last: int) -> bool:
        """Whether anything is between two columns or the drawing is left."""
        if first < -1 or last > self._layout.width + _BESIDE or row.cells(first, last) or row.runs(first, last):
            return True
        if any(label.x <= last and first <= label.x + len(label.text) for label in row.labels):
            return True
        boxes = self._layout.boxes
        return any(boxes[key].x + boxes[key].width > first for key in row.boxes_in(first, last))
