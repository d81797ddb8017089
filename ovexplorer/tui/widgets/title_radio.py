"""A choice that stands in the title of its panel, so that it costs no row of its own."""

from __future__ import annotations

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip

from ovexplorer.tui.widgets.form import Radio, fitted


class TitleRadio(Radio):
    """The title of a panel with its choices behind it; drawn as a rule, or inside a box as a line.

    The panel has no border at its top where this is a rule, and calls `refresh` when its focus changes.
    """

    def __init__(self, title: str, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id, classes=classes)
        self._title = title
        self._ruled = True
        self._active = False

    def frame(self, *, ruled: bool, active: bool) -> None:
        """Say whether it is a rule, and whether the focus is somewhere in the panel."""
        if (ruled, active) != (self._ruled, self._active):
            self._ruled, self._active = ruled, active
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Title, choices, and what the chosen one does where there is room."""
        width = self.size.width
        if y:
            return self.row([], width)
        rule = self.glyphs.heavy_rule if self._active else self.glyphs.rule
        ink = self.ink("live" if self._active else "line")
        head = self._head
        segments = [Segment(f"{rule} ", ink)] if self._ruled else [Segment(" ")]
        if head:
            title = self.ink("text" if self._active else "muted", bold=self._active or None)
            segments.append(Segment(head, title))
        pieces: list[tuple[str, str]] = []
        for value, name, _ in self._choices:
            chosen = value == self._value
            sign = f"{self.glyphs.live if chosen else self.glyphs.idle} {name}"
            pieces.append((sign, ("live*" if self.has_focus else "text*") if chosen else "muted"))
            pieces.append(("  ", "text"))
        used = sum(segment.cell_length for segment in segments)
        segments += fitted(self, tuple(pieces), max(0, width - used))
        used = sum(segment.cell_length for segment in segments)
        if self._ruled and used < width:
            segments[-1] = Segment(" ", None)
            segments.append(Segment(rule * (width - used + 1), ink))
        elif not self._ruled:
            does = next((does for value, _, does in self._choices if value == self._value), "")
            segments += fitted(self, ((f" {does}", "muted"),), max(0, width - used))
        return self.row(segments, width)

    @property
    def _head(self) -> str:
        return f"{self._title} {self.glyphs.dot} " if self._ruled and self._title else ""

    def _starts(self) -> list[tuple[int, int]]:
        """Start and width of each choice."""
        x = (2 if self._ruled else 1) + cell_len(self._head)
        starts = []
        for _, name, _ in self._choices:
            starts.append((x, cell_len(name) + 4))
            x += cell_len(name) + 4
        return starts
