"""What the option under the cursor is, when it helps and hurts, and what was asked and got."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.widgets.canvas import Canvas
from ovexplorer.tui.widgets.cells import Line, Row, cut_cells, wrap


@dataclass(frozen=True)
class HelpView:
    """What the widget shows."""

    text: str = ""
    """What it is."""
    helps: str = ""
    hurts: str = ""
    property: str = ""
    """OpenVINO's key."""
    asked: str = ""
    """`asked f32 · got f32`."""
    asked_role: str = "m"
    why: str = ""
    """Why asked and got differ."""
    choices: str = ""
    """`choices f32 bf16 f16`."""
    flag: str = ""
    """`CLI  -infer_precision f32`."""
    keys: str = "enter choices  o docs"


class OptionHelp(Canvas):
    """Draws a HelpView; what does not fit goes, what was asked and got stays."""

    def __init__(self, glyphs: Glyphs, *, id: str | None = None) -> None:  # noqa: A002 Textual's name
        super().__init__(glyphs, id=id)
        self._view = HelpView()

    def show(self, view: HelpView) -> None:
        """Draw a view; nothing happens when it shows the same."""
        if view != self._view:
            self._view = view
            self.redraw()

    def build(self, width: int, height: int) -> Sequence[Row]:
        """See Canvas."""
        view = self._view
        if not view.text:
            return []
        last = self._last(width, height)
        body: list[tuple[str, str]] = []
        left = height - len(last)
        body += [(text, " ") for text in wrap(view.text, width - 2, max(1, min(3, left)))]
        for lead, text in (("Helps: ", view.helps), ("Hurts: ", view.hurts)):
            room = left - len(body)
            if text and room > 0:
                body += [(line, "m") for line in wrap(lead + text, width - 2, min(room, 3))]
        if view.why and left - len(body) > 0:
            body += [(line, "w") for line in wrap(view.why, width - 2, min(left - len(body), 2))]
        return [_line(text, role, width) for text, role in (*body[:left], *last)]

    def _last(self, width: int, height: int) -> list[tuple[str, str]]:
        view = self._view
        if height < 7:
            return [(view.asked, view.asked_role), (view.keys, "n")][: max(1, height - 2)]
        asked = f"{view.asked} · {view.choices}" if view.choices else view.asked
        if len(asked) > width - 2:
            asked = view.asked
        entries = [(view.property, "m"), (asked, view.asked_role), (view.flag, "m")]
        return [entry for entry in entries if entry[0]]


def _line(text: str, role: str, width: int) -> Row:
    line = Line(width)
    line.put(1, cut_cells(text, width - 1), role)
    return line.row()
