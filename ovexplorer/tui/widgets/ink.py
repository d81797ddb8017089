"""Roles as styles: what widgets that draw their own lines have in common.

`Ink` gives a widget `self.ink("live")`, the Rich style of a role in the present theme, kept until the theme changes.
Under `NO_COLOR` the roles differ by bold, dim and reverse instead of colour.
"""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from ovexplorer.tui.glyphs import UNICODE, Glyphs
from ovexplorer.tui.widgets.roles import role_style


class Ink(Widget):
    """Base of widgets that draw with `render_line`."""

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002  # Textual's own name
        super().__init__(name=name, id=id, classes=classes)
        self._inks: dict[str, Style] = {}

    def ink(self, role: str, *, bold: bool | None = None) -> Style:
        """Style of a role in the present theme.

        Args:
            role: A name of the screen design, such as `live` or `pill`; see roles.py.
            bold: Makes it bold, or not.
        """
        key = f"{role}+{bold}"
        style = self._inks.get(key)
        if style is None:
            style = role_style(self.app, role)
            if bold is not None:
                style += Style(bold=bold)
            self._inks[key] = style
        return style

    @property
    def glyphs(self) -> Glyphs:
        """The signs this terminal can draw."""
        return getattr(self.app, "glyphs", UNICODE)

    def notify_style_update(self) -> None:
        """Forget the styles of the old theme."""
        self._inks.clear()
        super().notify_style_update()

    def row(self, segments: list[Segment], width: int, under: Style | None = None) -> Strip:
        """Finished line: cut or filled to a width, in signs the terminal has.

        Args:
            segments: Text with roles.
            width: In cells.
            under: Fill between the widget's own background and the text, such as that of the cursor row.
        """
        if self.glyphs.twins:
            segments = [Segment(self.glyphs.show(text), style, control) for text, style, control in segments]
        return (
            Strip(segments).adjust_cell_length(width).apply_style(self.rich_style + under if under else self.rich_style)
        )


def seg(text: str, style: Style | None = None) -> Segment:
    """One piece of a line."""
    return Segment(text, style)
