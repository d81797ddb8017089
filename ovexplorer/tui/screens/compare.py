"""Compare: is it really faster?"""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from ovexplorer.tui.actions import bindings_for
from ovexplorer.tui.screens.base import OvxScreen


class CompareScreen(OvxScreen[None]):
    """Not built yet."""

    NAME = "compare"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("compare")

    def body(self) -> ComposeResult:
        """Nothing yet."""
        return iter(())
