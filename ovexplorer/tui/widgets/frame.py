"""The three one-row widgets around every screen: tabs with the badge, the run line, the footer.

They draw a row only when its cells changed, and then only the columns that did.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from ovexplorer.tui.footers import Hint
from ovexplorer.tui.widgets.ink import Ink

Piece: TypeAlias = tuple[str, str]
"""A text and the role it is drawn in; a role that ends in `*` is bold."""


@dataclass(frozen=True)
class TabRow:
    """What row 1 says."""

    active: str = ""
    """Key of the active tab; empty when none is."""
    tabs: tuple[tuple[str, str], ...] = ()
    """Key and title."""
    badge: Piece = ("", "muted")
    recording: str = ""
    """Size of the recording; empty when nothing is recorded."""
    tail: str = ""
    """Clock, host and cost of the UI; only from 120 columns."""


@dataclass(frozen=True)
class RunRow:
    """What row 2 says."""

    left: tuple[Piece, ...] = ()
    right: tuple[tuple[Piece, ...], ...] = ()
    """Parts of the headline; dropped from the last on when there is no room."""


@dataclass(frozen=True)
class FooterRow:
    """What the last row says."""

    hints: tuple[Hint, ...] = ()
    cost: str = ""
    help: Hint | None = None


@dataclass
class _Line:
    """A line under construction."""

    pieces: list[Segment] = field(default_factory=list)
    width: int = 0

    def add(self, text: str, style: Style) -> None:
        self.pieces.append(Segment(text, style))
        self.width += len(text)


class OneRow(Ink):
    """A row that repaints the columns that changed."""

    DEFAULT_CSS = """
    OneRow { height: 1; width: 1fr; background: $background; color: $foreground; }
    """

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002  # Textual's own name
        super().__init__(name=name, id=id, classes=classes)
        self._strip: Strip | None = None

    def build(self, width: int) -> list[Segment]:
        """Segments of the row; every character is one cell."""
        raise NotImplementedError

    def changed(self) -> None:
        """Build the row again and repaint what differs."""
        if not self.is_attached or not self.size.width:
            return
        old, new = self._strip, self.row(self.build(self.size.width), self.size.width)
        self._strip = new
        if old is None or old.cell_length != new.cell_length:
            self.refresh()
            return
        span = difference(old, new)
        if span:
            self.refresh(Region(span[0], 0, span[1] - span[0], 1))

    def render_line(self, y: int) -> Strip:  # noqa: ARG002  # there is one row
        """The row as it stands."""
        if self._strip is None or self._strip.cell_length != self.size.width:
            self._strip = self.row(self.build(self.size.width), self.size.width)
        return self._strip

    def notify_style_update(self) -> None:
        """Build it again in the new theme."""
        self._strip = None
        super().notify_style_update()

    def paint(self, pieces: Sequence[Piece]) -> list[Segment]:
        """Pieces as segments."""
        return [self.segment(piece) for piece in pieces]

    def segment(self, piece: Piece) -> Segment:
        """A piece as a segment."""
        text, role = piece
        return Segment(text, self.ink(role.rstrip("*"), bold=role.endswith("*") or None))


def difference(old: Strip, new: Strip) -> tuple[int, int] | None:
    """First and last column, exclusive, in which two lines of one-cell characters differ; None when they are equal."""
    before, after = _cells(old), _cells(new)
    if before == after:
        return None
    low = 0
    while before[low] == after[low]:
        low += 1
    high = len(after)
    while before[high - 1] == after[high - 1]:
        high -= 1
    return low, high


def _cells(strip: Strip) -> list[tuple[str, Style | None]]:
    return [(character, style) for text, style, _ in strip for character in text]


class TabBar(OneRow):
    """Row 1: tabs on the left, badge on the right."""

    class Pressed(Message):
        """A tab was clicked."""

        def __init__(self, key: str) -> None:
            self.key = key
            super().__init__()

    def __init__(self) -> None:
        super().__init__(id="tabs")
        self._row = TabRow()
        self._spans: list[tuple[int, int, str]] = []

    def show(self, row: TabRow) -> None:
        """Show this; nothing is drawn when it is the same as before."""
        if row != self._row:
            self._row = row
            self.changed()

    def build(self, width: int) -> list[Segment]:
        """Tabs, a gap, the badge, from 120 columns also the tail."""
        wide = width >= 120
        right = self._right(wide)
        needed = sum(len(text) for text, _ in right) + 1
        line = self._tabs(wide=wide, tiny=width < 80)
        if line.width + needed > width:
            # A long badge, such as that of a replay: inactive tabs shrink to their digits.
            line = self._tabs(wide=wide, tiny=True)
        room = width - line.width - needed
        line.add(" " * max(1, room), self.ink("text"))
        return [*line.pieces, *self.paint(right)]

    def _tabs(self, *, wide: bool, tiny: bool) -> _Line:
        line, row = _Line(), self._row
        line.add(self._lead(wide), self.ink("bad" if row.recording and not wide else "muted"))
        self._spans = []
        for key, title in row.tabs:
            self._tab(line, key, title, wide=wide, tiny=tiny)
        return line

    def _lead(self, wide: bool) -> str:
        if wide:
            return " ovexplorer  "
        # In narrow rows the edges of the active tab are the blanks between tabs; column 0 is its left edge or blank.
        first = bool(self._row.tabs) and self._row.tabs[0][0] == self._row.active
        if self._row.recording:
            return self.glyphs.live
        return "" if first else " "

    def _tab(self, line: _Line, key: str, title: str, *, wide: bool, tiny: bool) -> None:
        start = line.width
        if key == self._row.active:
            left, right = self.glyphs.pill[0], self.glyphs.pill[1]
            plain = self.app.native_ansi_color or self.glyphs.ascii
            edge = self.ink("pill") if plain else self.ink("live")
            if not wide and line.pieces and line.pieces[-1].text.endswith(" "):
                blank = line.pieces.pop()
                line.width -= 1
                line.pieces.append(Segment(blank.text[:-1], blank.style))
            line.add(left, edge)
            line.add(f"{key} {title}", self.ink("pill"))
            line.add(right, edge)
        else:
            line.add(f" {key}" if wide else key, self.ink("live"))
            line.add(" " if tiny else f" {title} ", self.ink("muted"))
        self._spans.append((start, line.width, key))

    def _right(self, wide: bool) -> list[Piece]:
        row = self._row
        pieces: list[Piece] = []
        if wide and row.recording:
            pieces.append((f"{self.glyphs.live} REC {row.recording}  ", "bad"))
        pieces.append(row.badge)
        if wide and row.tail:
            pieces.append((f"   {row.tail}", "muted"))
        return pieces

    def on_click(self, event: events.Click) -> None:
        """Tell which tab was clicked."""
        for start, end, key in self._spans:
            if start <= event.x < end:
                self.post_message(self.Pressed(key))


class RunLine(OneRow):
    """Row 2: what runs on the left, the headline on the right."""

    def __init__(self) -> None:
        super().__init__(id="runline")
        self._row = RunRow()

    def show(self, row: RunRow) -> None:
        """Show this; nothing is drawn when it is the same as before."""
        if row != self._row:
            self._row = row
            self.changed()

    def build(self, width: int) -> list[Segment]:
        """Left part, a gap, as many parts of the headline as fit."""
        left = [(" ", "text"), *self._row.left]
        used = sum(len(text) for text, _ in left)
        parts = list(self._row.right)
        needed = min(used, width // 2)
        while len(parts) > 1 and _parts_width(parts) + needed + 2 > width:
            parts.pop()
        right = [piece for number, part in enumerate(parts) for piece in ((("  ", "text"),) if number else ()) + part]
        room = width - sum(len(text) for text, _ in right) - 1
        return [*self._left(left, room - 1), *self.paint(right)]

    def _left(self, pieces: list[Piece], room: int) -> list[Segment]:
        line = _Line()
        for text, role in pieces:
            shown = text[: max(0, room - line.width)]
            if len(shown) < len(text) and shown:
                shown = shown[:-1] + self.glyphs.ellipsis
            line.add(shown, self.ink(role.rstrip("*"), bold=role.endswith("*") or None))
        line.add(" " * max(0, room + 1 - line.width), self.ink("text"))
        return line.pieces


def _parts_width(parts: Sequence[Sequence[Piece]]) -> int:
    return sum(len(text) for part in parts for text, _ in part) + 2 * (len(parts) - 1)


class Footer(OneRow):
    """The last row: keys that work now."""

    class Pressed(Message):
        """A key of the footer was clicked."""

        def __init__(self, action: str) -> None:
            self.action = action
            super().__init__()

    HELP_WIDTH: ClassVar[int] = 7
    """`? help` and a blank at the end."""

    def __init__(self) -> None:
        super().__init__(id="footer")
        self._row = FooterRow()
        self._spans: list[tuple[int, int, str]] = []

    def show(self, row: FooterRow) -> None:
        """Show this; nothing is drawn when it is the same as before."""
        if row != self._row:
            self._row = row
            self.changed()

    def build(self, width: int) -> list[Segment]:
        """As many whole entries as fit, then the cost of the UI, then help."""
        line = _Line()
        line.add(" ", self.ink("text"))
        self._spans = []
        last = self._row.help
        tail = len(last.keys) + len(last.label) + 2 if last else 1
        for entry in self._row.hints:
            if entry.wide and width < 120:
                continue
            if line.width + len(entry.keys) + len(entry.label) + 3 + tail > width:
                break
            self._entry(line, entry)
            line.add("  ", self.ink("text"))
        cost = self._row.cost if width < 120 and line.width + len(self._row.cost) + 2 + tail <= width else ""
        line.add(" " * (width - line.width - tail - (len(cost) + 2 if cost else 0)), self.ink("text"))
        if cost:
            line.add(f"{cost}  ", self.ink("muted"))
        if last:
            self._entry(line, last)
        line.add(" ", self.ink("text"))
        return line.pieces

    def _entry(self, line: _Line, entry: Hint) -> None:
        start = line.width
        line.add(entry.keys, self.ink("live", bold=True))
        line.add(f" {entry.label}", self.ink("muted"))
        self._spans.append((start, line.width, entry.action))

    def on_click(self, event: events.Click) -> None:
        """Tell which key was clicked."""
        for start, end, action in self._spans:
            if start <= event.x < end:
                self.post_message(self.Pressed(action))
