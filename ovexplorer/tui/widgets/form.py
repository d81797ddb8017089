"""Parts of forms: a choice among a few, and a button. All text is literal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from ovexplorer.tui.actions import bindings_of
from ovexplorer.tui.widgets.ink import Ink
from ovexplorer.tui.widgets.lines import Line
from ovexplorer.tui.widgets.table_model import fit


def words(text: str, role: str = "text") -> Line:
    """A line of one piece."""
    return ((text, role),)


def label(name: str, *rest: tuple[str, str], width: int = 12) -> Line:
    """A line that begins with a muted label of a fixed width."""
    return ((f" {fit(name, width - 1)}", "muted"), *rest)


def fitted(widget: Ink, pieces: Line, width: int) -> list[Segment]:
    """Pieces as segments, at most `width` cells; the piece that reaches the edge is cut with an ellipsis."""
    segments: list[Segment] = []
    left = width
    for text, role in pieces:
        if left <= 0:
            break
        shown = widget.glyphs.show(text).encode("ascii", "replace").decode("ascii") if widget.glyphs.ascii else text
        size = cell_len(shown)
        if size > left:
            shown, size = fit(shown, left), left
        ink = widget.ink(role.rstrip("*") or "text", bold=True if role.endswith("*") else None)
        segments.append(Segment(shown, ink))
        left -= size
    return segments


class Radio(Ink, can_focus=True):
    """One of a few, side by side; left and right choose."""

    DEFAULT_CSS = """
    Radio { width: 1fr; height: 1; background: $background; color: $foreground; }
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings_of(("list.left", "list.right"))

    @dataclass
    class Chosen(Message):
        """Another one was chosen."""

        radio: Radio
        value: str

        @property
        def control(self) -> Radio:
            """The radio."""
            return self.radio

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id, classes=classes)
        self._choices: tuple[tuple[str, str, str], ...] = ()
        self._value = ""

    @property
    def value(self) -> str:
        """The chosen one."""
        return self._value

    def show(self, choices: Sequence[tuple[str, str, str]], value: str) -> None:
        """Show choices, each with its value, title and what it does."""
        if (tuple(choices), value) != (self._choices, self._value):
            self._choices, self._value = tuple(choices), value
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Titles on the first line, what they do on the second; with one line the chosen one's stands at the end."""
        width = self.size.width
        spread = self.size.height > 1
        pieces: list[tuple[str, str]] = [(" ", "text")]
        for start, (value, title, does) in zip(self._starts(), self._choices):
            chosen = value == self._value
            sign = f"{self.glyphs.live if chosen else self.glyphs.idle} {title}"
            text = sign if y == 0 else f"  {does}"
            role = ("live*" if self.has_focus else "text*") if chosen and y == 0 else "text" if y == 0 else "muted"
            pieces.append((fit(text, max(1, start[1] - 2)) + "  ", role))
        if not spread:
            does = next((does for value, _, does in self._choices if value == self._value), "")
            if sum(cell_len(text) for text, _ in pieces) + cell_len(does) + 1 <= width:
                pieces.append((f" {does}", "muted"))
        return self.row(fitted(self, tuple(pieces), width), width)

    def _starts(self) -> list[tuple[int, int]]:
        """Start and width of each choice."""
        spread = self.size.height > 1
        each = max(1, (self.size.width - 1) // max(1, len(self._choices)))
        starts, x = [], 1
        for _, title, _ in self._choices:
            width = each if spread else cell_len(title) + 4
            starts.append((x, width))
            x += width
        return starts

    def action_list_left(self) -> None:
        """The one before."""
        self._step(-1)

    def action_list_right(self) -> None:
        """The next one."""
        self._step(1)

    def on_click(self, event: events.Click) -> None:
        """The one that was clicked."""
        for (start, width), (value, _, _) in zip(self._starts(), self._choices):
            if start <= event.x < start + width:
                self.post_message(self.Chosen(self, value))

    def on_focus(self) -> None:
        """The chosen one is marked now."""
        self.refresh()

    def on_blur(self) -> None:
        """It no longer is."""
        self.refresh()

    def _step(self, by: int) -> None:
        values = [value for value, _, _ in self._choices]
        if values:
            place = values.index(self._value) if self._value in values else 0
            self.post_message(self.Chosen(self, values[(place + by) % len(values)]))


class Press(Ink, can_focus=True):
    """A button drawn as a pill; enter or space presses it."""

    DEFAULT_CSS = """
    Press { width: 1fr; height: 1; background: $background; color: $foreground; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings_of(("list.activate",)),
        Binding("space", "list_activate", "press", show=False),
    ]

    @dataclass
    class Pressed(Message):
        """It was pressed and is ready."""

        button: Press

        @property
        def control(self) -> Press:
            """The button."""
            return self.button

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id, classes=classes)
        self._title = ""
        self._ready = True
        self._hint = ""

    @property
    def title(self) -> str:
        """What it says."""
        return self._title

    @property
    def ready(self) -> bool:
        """Whether it can be pressed."""
        return self._ready

    def show(self, title: str, hint: str, ready: bool) -> None:
        """Say what it does, how else it is done, and whether it can be pressed."""
        if (title, hint, ready) != (self._title, self._hint, self._ready):
            self._title, self._hint, self._ready = title, hint, ready
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """The pill and the hint."""
        width = self.size.width
        if y:
            return self.row([], width)
        title = fit(self._title, min(cell_len(self._title), max(1, width - 6)))
        if self._ready:
            pill = self.ink("pill")
            plain = self.app.native_ansi_color or self.glyphs.ascii
            left, right = self.glyphs.pill[0], self.glyphs.pill[1]
            edge = pill if plain else self.ink("live")
            segments = [Segment(" "), Segment(left, edge), Segment(f" {title} ", pill), Segment(right, edge)]
        else:
            segments = [Segment(f" [ {title} ]", self.ink("line"))]
        if self.has_focus:
            segments[0] = Segment(self.glyphs.cursor, self.ink("live"))
            if not self._ready:
                segments.insert(1, Segment(f"[ {title} ]", self.ink("line")))
        used = sum(segment.cell_length for segment in segments)
        if used + cell_len(self._hint) + 2 <= width:
            segments += fitted(self, ((f"  {self._hint}", "muted"),), width - used)
        return self.row(segments, width)

    def action_list_activate(self) -> None:
        """Press it."""
        if self._ready:
            self.post_message(self.Pressed(self))

    def on_click(self) -> None:
        """Press it."""
        self.action_list_activate()

    def on_focus(self) -> None:
        """The cursor stands beside it."""
        self.refresh()

    def on_blur(self) -> None:
        """It has gone."""
        self.refresh()
