"""Opens the device builder and the shape editor from any screen, and does what they return."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ovexplorer.tui.screens.base import OvxScreen


def open_builder(screen: OvxScreen[None]) -> None:
    """Device builder; what it returns is run."""


def open_shapes(screen: OvxScreen[None]) -> None:
    """Shape editor; what it returns is run."""
