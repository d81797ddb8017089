"""Messages between screens and the app. Facts, in the past participle."""

from __future__ import annotations

from textual.message import Message


class SessionFailed(Message):
    """The session itself ended with an error."""

    def __init__(self, what: str, hint: str) -> None:
        self.what = what
        self.hint = hint
        super().__init__()


class RunRequested(Message):
    """A run was started from a screen; the app shows Live."""
