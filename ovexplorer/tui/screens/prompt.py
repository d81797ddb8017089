"""A question with two answers, on a small surface over the screen."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from ovexplorer.tui.actions import bindings_of


class PromptScreen(ModalScreen[bool], inherit_bindings=False):
    """`enter` says yes, `esc` says no."""

    NAME = "prompt"
    CSS_PATH = "prompt.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings_of(("list.activate", "app.back")),
        Binding("space", "list_activate", show=False),
    ]

    def __init__(self, title: str, question: str, yes: str) -> None:
        super().__init__()
        self._title = title
        self._question = question
        self._yes = yes

    def compose(self) -> ComposeResult:
        """The question and its two keys."""
        with Vertical(id="prompt"):
            yield Static(self._question, markup=False)
            yield Static(f"enter {self._yes} · esc cancel", id="prompt-keys", markup=False)

    def on_mount(self) -> None:
        """Title."""
        self.query_one("#prompt").border_title = Content(self._title)

    def action_list_activate(self) -> None:
        """Yes."""
        self.dismiss(True)

    def action_app_back(self) -> None:
        """No."""
        self.dismiss(False)
