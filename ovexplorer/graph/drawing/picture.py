"""A laid-out graph as rows of cells, made only where somebody looks.

Every row knows what crosses it, so drawing a window costs what is in the window, however large the graph is. A cell is
a character and a role letter, as the widgets draw them: `n` lines, `m` muted, `l` live, `1`…`6` devices.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from ovexplorer.graph.drawing.layout import Box, Layout
from ovexplorer.graph.drawing.rows import DOWN, LEFT, RIGHT, UP, EdgeLabel, Row, RowIndex

__all__ = ["EdgeLabel", "Face", "Picture", "Text"]

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


class _Cells:
    """A part of a row while it is drawn; what lies outside is clipped."""

    def __init__(self, first: int, width: int) -> None:
        self.first, self.last = first, first + width - 1
        self.chars = [" "] * width
        self.roles = [" "] * width

    def put(self, x: int, text: str, role: str) -> None:
        """Write text at a column of the drawing."""
        start = max(0, self.first - x)
        for at, character in enumerate(text[start : max(start, self.last + 1 - x)], x + start - self.first):
            self.chars[at] = character
            self.roles[at] = role


class Picture:
    """Draws a layout.

    Args:
        layout: Where things are.
        faces: What each box shows: by node key, or asked for when a box is drawn.
        labels: Words at the end of edges, by position of the edge; left out where there is no room.
        lit: Edges that are drawn in the live role.
        name_of: What stubs call the node at their other end; None draws no stubs.
    """

    def __init__(
        self,
        layout: Layout,
        faces: Sequence[Face] | Callable[[int], Face],
        labels: Mapping[int, EdgeLabel] | None = None,
        lit: frozenset[int] = frozenset(),
        name_of: Callable[[int], str] | None = None,
    ) -> None:
        self.layout = layout
        self.width, self.height = layout.width, layout.height
        self._faces = faces
        self._asked: dict[int, Face] = {}
        self._rows = RowIndex(layout, labels or {}, lit, name_of)

    def face(self, key: int) -> Face:
        """What the box of a node shows."""
        if not callable(self._faces):
            return self._faces[key]
        face = self._asked.get(key)
        if face is None:
            face = self._asked[key] = self._faces(key)
        return face

    def row(self, y: int, x0: int, width: int, selected: int | None = None) -> tuple[str, str]:
        """Characters and roles of a part of a row.

        Args:
            y: Row of the drawing.
            x0: First column.
            width: Cells.
            selected: Key of the node that is drawn with a heavy border.
        """
        row = self._rows.row(y) if 0 <= y < self.height else None
        if row is None or not width:
            return " " * width, " " * width
        cells = _Cells(x0, width)
        self._draw_lines(row, cells)
        for x, text, role in row.labels:
            cells.put(x, text, role)
        for key in row.boxes_in(cells.first, cells.last):
            self._draw_box(key, y, row, cells, selected=key == selected)
        return "".join(cells.chars), "".join(cells.roles)

    @staticmethod
    def _draw_lines(row: Row, cells: _Cells) -> None:
        first, last, chars = cells.first, cells.last, cells.chars
        for start, end in row.runs(first, last):
            left, right = max(start + 1, first), min(end - 1, last)
            if left <= right:
                chars[left - first : right - first + 1] = "─" * (right - left + 1)
        for x, sides in row.cells(first, last):
            if chars[x - first] == "─":
                sides |= LEFT | RIGHT  # noqa: PLW2901 - the line that passes here has no cells of its own
            chars[x - first] = LINES.get(sides, " ")
        cells.roles[:] = ["n" if character != " " else " " for character in chars]
        for start, end in row.lit:
            for x in range(max(start, first), min(end, last) + 1):
                cells.roles[x - first] = "l"
        for x, head in row.heads.items():
            if first <= x <= last:
                chars[x - first] = head

    def _draw_box(self, key: int, y: int, row: Row, cells: _Cells, *, selected: bool) -> None:
        box, face = self.layout.boxes[key], self.face(key)
        if box.x + box.width <= cells.first:
            return
        role = "L" if selected else face.border
        at = y - box.y
        if box.height == 1:
            self._draw_line(face.lines[0] if face.lines else (), box, cells, "L" if selected else "")
        elif at in (0, box.height - 1):
            self._draw_border(box, face, row, cells, role, selected=selected, top=at == 0)
        else:
            left, right = box.x, box.x + box.width - 1
            side = "┃" if selected else "│"
            leaves = right in row.leaves
            cells.put(left, side + " " * (box.width - 2), role)
            if at - 1 < len(face.lines):
                self._draw_line(face.lines[at - 1], Box(left + 1, y, box.width - 2, 1), cells, "")
            cells.put(right, ("┣" if selected else "├") if leaves else side, role)

    @staticmethod
    def _draw_line(line: Sequence[Text], box: Box, cells: _Cells, over: str) -> None:
        x, end = box.x, box.x + box.width
        for text, role in line:
            shown = text[: end - x]
            cells.put(x, shown, over or role)
            x += len(shown)

    @staticmethod
    def _draw_border(box: Box, face: Face, row: Row, cells: _Cells, role: str, *, selected: bool, top: bool) -> None:
        corners = ("┏┓" if top else "┗┛") if selected else ("╭╮" if top else "╰╯")
        cells.put(box.x, corners[0] + ("━" if selected else "─") * (box.width - 2) + corners[1], role)
        marks = row.arrows if top else row.leaves
        sign = ARROW if top else ("┳" if selected else "┬")
        for x in marks[bisect_right(marks, box.x) : bisect_left(marks, box.x + box.width - 1)]:
            cells.put(x, sign, role)
        if top and face.title:
            title = face.title[: box.width - 6]
            cells.put(box.x + 3, title, role)
            for x in {box.x + 2, box.x + 3 + len(title)}.difference(marks):
                cells.put(x, " ", role)

    def box_at(self, x: int, y: int) -> int | None:
        """Key of the node at a cell; None where there is none."""
        row = self._rows.row(y) if 0 <= y < self.height else None
        for key in row.boxes_in(x, x) if row is not None else ():
            box = self.layout.boxes[key]
            if box.x <= x < box.x + box.width:
                return key
        return None
