"""A laid-out graph as rows of cells, made only where somebody looks.

Every row knows what crosses it, so drawing a window costs what is in the window, however large the graph is. A cell is
a character and a role letter, as the widgets draw them: `n` lines, `m` muted, `l` live, `1`…`6` devices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from ovexplorer.graph.drawing.layout import Box, Layout

UP, DOWN, LEFT, RIGHT = 1, 2, 4, 8

LINES: Final[Mapping[int, str]] = {
    UP: "│",
    DOWN: "│",
    UP | DOWN: "│",
    LEFT: "─",
    RIGHT: "─",
    LEFT | RIGHT: "─",
    DOWN | RIGHT: "╭",
    DOWN | LEFT: "╮",
    UP | RIGHT: "╰",
    UP | LEFT: "╯",
    UP | DOWN | RIGHT: "├",
    UP | DOWN | LEFT: "┤",
    DOWN | LEFT | RIGHT: "┬",
    UP | LEFT | RIGHT: "┴",
    UP | DOWN | LEFT | RIGHT: "┼",
}
"""Signs by the sides that a cell is linked to."""

ARROW = "▼"


class Text(NamedTuple):
    """A piece of a line in a box."""

    text: str
    """One cell a character."""
    role: str = " "


@dataclass(frozen=True)
class Face:
    """What a box shows."""

    lines: tuple[tuple[Text, ...], ...]
    """Between its borders; what does not fit is cut."""
    border: str = "n"
    """Role of the border."""
    title: str = ""
    """In the upper border."""


@dataclass(frozen=True)
class Label:
    """Words beside the end of an edge."""

    text: str
    role: str = "w"


class _Run(NamedTuple):
    start: int
    end: int


@dataclass
class _Row:
    """What crosses one row."""

    cells: dict[int, int] = field(default_factory=dict)
    """Sides by column."""
    runs: list[_Run] = field(default_factory=list)
    boxes: list[int] = field(default_factory=list)
    """Keys of the nodes."""
    labels: list[tuple[int, str, str]] = field(default_factory=list)
    """Column, text, role."""


class Picture:
    """Draws a layout.

    Args:
        layout: Where things are.
        faces: What each box shows, by node key.
        labels: Words at the end of edges, by position of the edge; left out where there is no room.
        lit: Edges that are drawn in the live role.
    """

    def __init__(
        self,
        layout: Layout,
        faces: Sequence[Face],
        labels: Mapping[int, Label] | None = None,
        lit: frozenset[int] = frozenset(),
    ) -> None:
        self.layout = layout
        self.faces = faces
        self.width, self.height = layout.width, layout.height
        self._rows: dict[int, _Row] = {}
        self._lit: dict[int, set[int]] = {}
        self._arrows: dict[int, set[int]] = {}
        self._leaves: dict[int, set[int]] = {}
        self._index(lit)
        self._put_labels(labels or {})

    def _index(self, lit: frozenset[int]) -> None:
        for key, box in enumerate(self.layout.boxes):
            for y in range(box.y, box.y + box.height):
                self._row(y).boxes.append(key)
        for way in self.layout.ways:
            (start, top), (end, bottom), lane = way.start, way.end, way.lane
            bright = way.edge in lit
            self._leaves.setdefault(top - 1, set()).add(start)
            self._vertical(start, top, lane, bright, meets=start != end)
            if start != end:
                self._horizontal(lane, start, end, bright)
                self._vertical(end, lane, bottom, bright, meets=True, below=True)
            elif lane <= bottom:
                self._vertical(end, lane, bottom, bright)
            if way.last:
                self._arrows.setdefault(bottom + 1, set()).add(end)

    def _row(self, y: int) -> _Row:
        found = self._rows.get(y)
        if found is None:
            found = self._rows[y] = _Row()
        return found

    def _vertical(
        self, x: int, top: int, bottom: int, bright: bool, *, meets: bool = False, below: bool = False
    ) -> None:
        for y in range(top, bottom + 1):
            sides = UP | DOWN
            if meets and not below and y == bottom:
                sides = UP
            elif meets and below and y == top:
                sides = DOWN
            cells = self._row(y).cells
            cells[x] = cells.get(x, 0) | sides
            if bright:
                self._lit.setdefault(y, set()).add(x)

    def _horizontal(self, y: int, start: int, end: int, bright: bool) -> None:
        left, right = min(start, end), max(start, end)
        row = self._row(y)
        row.runs.append(_Run(left, right))
        row.cells[left] = row.cells.get(left, 0) | RIGHT
        row.cells[right] = row.cells.get(right, 0) | LEFT
        if bright:
            self._lit.setdefault(y, set()).update(range(left, right + 1))

    def _put_labels(self, labels: Mapping[int, Label]) -> None:
        """Beside the last cell above the node where an edge arrives, if nothing else is there."""
        done: set[int] = set()
        for way in self.layout.ways:
            label = labels.get(way.edge)
            if label is None or not way.last or way.edge in done:
                continue
            x, y = way.end
            row = self._row(y)
            end = x + 2 + len(label.text)
            if end > self.width + 24 or self._taken(row, x + 1, end):
                continue
            row.labels.append((x + 2, label.text, label.role))
            done.add(way.edge)

    @staticmethod
    def _taken(row: _Row, start: int, end: int) -> bool:
        crossed = any(start <= x <= end for x in row.cells) or any(
            run.start < end and start < run.end for run in row.runs
        )
        return crossed or any(x <= end and start <= x + len(text) + 1 for x, text, _ in row.labels)

    # Rows

    def row(self, y: int, x0: int, width: int, selected: int | None = None) -> tuple[str, str]:
        """Characters and roles of a part of a row.

        Args:
            y: Row of the drawing.
            x0: First column.
            width: Cells.
            selected: Key of the node that is drawn with a heavy border.
        """
        chars, roles = [" "] * width, [" "] * width
        row = self._rows.get(y)
        if row is None:
            return "".join(chars), "".join(roles)
        lit = self._lit.get(y, ())
        self._draw_lines(row, x0, width, chars)
        for at in range(width):
            if chars[at] != " ":
                roles[at] = "l" if at + x0 in lit else "n"
        for x, text, role in row.labels:
            _put(chars, roles, x - x0, text, role)
        for key in row.boxes:
            self._draw_box(key, y, x0, (chars, roles), key == selected)
        return "".join(chars), "".join(roles)

    @staticmethod
    def _draw_lines(row: _Row, x0: int, width: int, chars: list[str]) -> None:
        sides: dict[int, int] = {}
        for run in row.runs:
            for x in range(max(run.start + 1, x0), min(run.end, x0 + width)):
                sides[x] = sides.get(x, 0) | LEFT | RIGHT
        for x, value in row.cells.items():
            if x0 <= x < x0 + width:
                sides[x] = sides.get(x, 0) | value
        for x, value in sides.items():
            if x0 <= x < x0 + width:
                chars[x - x0] = LINES.get(value, " ")

    def _draw_box(self, key: int, y: int, x0: int, cells: tuple[list[str], list[str]], selected: bool) -> None:
        box = self.layout.boxes[key]
        if box.x >= x0 + len(cells[0]) or box.x + box.width <= x0:
            return
        face = self.faces[key]
        role = "L" if selected else face.border
        at = y - box.y
        if box.height == 1:
            self._draw_line(face.lines[0] if face.lines else (), box, x0, cells, "L" if selected else "")
            return
        if at in (0, box.height - 1):
            self._draw_border(key, y, x0, cells, role, selected=selected, top=at == 0)
            return
        side = "┃" if selected else "│"
        _put(*cells, box.x - x0, side, role)
        _put(*cells, box.x + 1 - x0, " " * (box.width - 2), " ")
        if at - 1 < len(face.lines):
            inner = Box(box.x + 1, y, box.width - 2, 1)
            self._draw_line(face.lines[at - 1], inner, x0, cells, "")
        _put(*cells, box.x + box.width - 1 - x0, side, role)

    @staticmethod
    def _draw_line(line: Sequence[Text], box: Box, x0: int, cells: tuple[list[str], list[str]], over: str) -> None:
        x, end = box.x, box.x + box.width
        for text, role in line:
            shown = text[: end - x]
            _put(*cells, x - x0, shown, over or role)
            x += len(shown)

    def _draw_border(
        self, key: int, y: int, x0: int, cells: tuple[list[str], list[str]], role: str, *, selected: bool, top: bool
    ) -> None:
        box, face = self.layout.boxes[key], self.faces[key]
        corners = ("┏┓" if top else "┗┛") if selected else ("╭╮" if top else "╰╯")
        rule = "━" if selected else "─"
        text = corners[0] + rule * (box.width - 2) + corners[1]
        _put(*cells, box.x - x0, text, role)
        if top and face.title:
            _put(*cells, box.x + 2 - x0, f" {face.title[: box.width - 6]} ", role)
        marks = self._arrows.get(y, ()) if top else self._leaves.get(y, ())
        for x in marks:
            if box.x < x < box.x + box.width - 1:
                _put(*cells, x - x0, ARROW if top else ("┳" if selected else "┬"), role)

    def box_at(self, x: int, y: int) -> int | None:
        """Key of the node at a cell; None where there is none."""
        row = self._rows.get(y)
        for key in row.boxes if row is not None else ():
            box = self.layout.boxes[key]
            if box.x <= x < box.x + box.width:
                return key
        return None


def _put(chars: list[str], roles: list[str], x: int, text: str, role: str) -> None:
    """Write into a row; cells outside are clipped."""
    start = max(0, -x)
    for offset, character in enumerate(text[start:], start):
        at = x + offset
        if at >= len(chars):
            return
        chars[at] = character
        roles[at] = role
