"""A panel of finished lines: pieces of text with roles, cut at the right edge."""

from __future__ import annotations

from typing import TypeAlias

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip

from ovexplorer.tui.widgets.frame import Piece
from ovexplorer.tui.widgets.ink import Ink

Line: TypeAlias = tuple[Piece, ...]


class Lines(Ink):
    """Shows lines; only those that differ are repainted."""

    DEFAULT_CSS = """
    Lines { height: 1fr; width: 1fr; background: $background; color: $foreground; }
    """

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002  # Textual's own name
        super().__init__(name=name, id=id, classes=classes)
        self._lines: tuple[Line, ...] = ()

    @property
    def lines(self) -> tuple[Line, ...]:
        """What is shown."""
        return self._lines

    def show(self, lines: tuple[Line, ...]) -> None:
        """Show these."""
        old, self._lines = self._lines, lines
        for number in range(max(len(old), len(lines))):
            if old[number : number + 1] != lines[number : number + 1]:
                # What stands before the first piece that differs stays as it is: a name in front of a figure.
                start = _same_cells(*old[number : number + 1], *lines[number : number + 1])
                self.refresh(Region(start, number, max(1, self.size.width - start), 1))

    def render_line(self, y: int) -> Strip:
        """One line, with an ellipsis where it is cut."""
        width = self.size.width
        if y >= len(self._lines):
            return self.row([], width)
        segments: list[Segment] = []
        used = 0
        for text, role in self._lines[y]:
            room = width - used
            shown = text if len(text) <= room else text[: max(0, room - 1)] + (self.glyphs.ellipsis if room > 0 else "")
            segments.append(Segment(shown, self.ink(role.rstrip("*"), bold=role.endswith("*") or None)))
            used += len(shown)
        return self.row(segments, width)


def _same_cells(*both: Line) -> int:
    """Cells of the pieces that two lines begin with; 0 when one of them is not there."""
    cells = 0
    for first, second in zip(*both) if len(both) == 2 else ():
        if first != second or not first[0].isascii():
            break
        cells += len(first[0])
    return cells


def wrap(text: str, width: int) -> list[str]:
    """Break a text at blanks into lines of a width."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [*lines, line] if line else lines
