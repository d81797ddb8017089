"""Timeline: what does a request wait for?"""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from ovexplorer.tui.actions import bindings_for
from ovexplorer.tui.screens.base import OvxScreen


class TimelineScreen(OvxScreen[None]):
    """Not built yet."""

    NAME = "timeline"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("timeline")

    def body(self) -> ComposeResult:
        """Nothing yet."""
        return iter(())
