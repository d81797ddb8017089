"""One line to type in, shown only while a screen asks for something."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from ovexplorer.tui.widgets.form import words
from ovexplorer.tui.widgets.lines import Lines

LONGEST = 4096
"""Most characters that can be typed: a path."""


_FIELD = 20
"""Cells that the field keeps."""


class Ask(Horizontal):
    """One line to type in, with what it is for before it and what is wrong with it behind."""

    DEFAULT_CSS = """
    Ask { height: 1; width: 1fr; display: none; background: $panel; }
    Ask.-open { display: block; }
    Ask > #ask-label { width: auto; min-width: 4; height: 1; background: $panel; }
    Ask > Input { width: 1fr; min-width: 16; }
    Ask > #ask-status { width: 50%; height: 1; background: $panel; }
    """

    @dataclass
    class Changed(Message):
        """Something was typed."""

        ask: Ask
        purpose: str
        text: str

    @dataclass
    class Submitted(Message):
        """Enter."""

        ask: Ask
        purpose: str
        text: str

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self._purpose = ""
        self._back: Widget | None = None

    def compose(self) -> ComposeResult:
        """Label, field, status."""
        yield Lines(id="ask-label")
        yield Input(id="ask-field", max_length=LONGEST, select_on_focus=False)
        yield Lines(id="ask-status")

    @property
    def is_open(self) -> bool:
        """Whether something is asked."""
        return self.has_class("-open")

    @property
    def purpose(self) -> str:
        """What is asked for, as the screen named it."""
        return self._purpose

    @property
    def text(self) -> str:
        """What was typed so far."""
        return self.query_one(Input).value

    def open(self, purpose: str, title: str, text: str = "") -> None:
        """Ask for something; the field has the focus until `close`."""
        self._purpose = purpose
        self._back = self.screen.focused if not self.is_open else self._back
        self.add_class("-open")
        shown = self.query_one("#ask-label", Lines)
        shown.styles.width = min(40, cell_len(title) + 3)
        shown.show((words(f" {title} ", "live*"),))
        field = self.query_one(Input)
        with field.prevent(Input.Changed):
            field.value = text
        field.cursor_position = len(text)
        field.focus()

    def close(self) -> None:
        """Ask no more; the focus goes back to where it was."""
        if self.is_open:
            self.remove_class("-open")
            if self._back is not None and self._back.is_attached:
                self._back.focus()

    def say(self, text: str, role: str = "muted") -> None:
        """What is right or wrong with what was typed."""
        status = self.query_one("#ask-status", Lines)
        # Half of the line, or more for a longer word: the field keeps room to be typed in.
        label = self.query_one("#ask-label").size.width
        status.styles.width = max(self.size.width // 2, min(cell_len(text) + 2, self.size.width - label - _FIELD))
        status.show((words(f" {text}", role),))

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Changed(self, self._purpose, event.value))

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Submitted(self, self._purpose, event.value))
