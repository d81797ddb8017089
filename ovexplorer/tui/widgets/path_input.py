"""A field for a filter or a path; tab completes a path."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input

from ovexplorer.tui.model_files import complete_path


class PathInput(Input):
    """Printable keys are text; `tab` completes when the text is a path, else it goes to the next panel."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("tab", "complete", "complete", show=False, id="field.complete")]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  # Textual's own name
        super().__init__(placeholder="filter, or a path: tab completes, enter opens, esc closes", id=id)
        self.cursor_blink = False
        self.folder = Path()
        """Where relative paths begin."""

    def action_complete(self) -> None:
        """Complete the path as far as its candidates agree."""
        longer = complete_path(self.value, self.folder) if self.value else None
        if longer is None:
            self.screen.focus_next()
            return
        self.value = longer
        self.cursor_position = len(longer)
