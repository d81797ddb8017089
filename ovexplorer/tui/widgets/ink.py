"""Roles as styles: what widgets that draw their own lines have in common.

`Ink` gives a widget `self.ink("live")`, the Rich style of a role in the present theme, kept until the theme changes.
Under `NO_COLOR` the roles differ by bold, dim and reverse instead of colour.
"""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from ovexplorer.tui.glyphs import UNICODE, Glyphs

INK_ROLES = (
    "text", "live", "muted", "line", "good", "bad", "warn",
    "device-1", "device-2", "device-3", "device-4", "device-5", "device-6",
    "heat-1", "heat-2", "heat-3", "heat-4", "heat-5",
)  # fmt: skip
"""Foreground roles."""

INK_FILLS = ("pill", "cursor", "chip-1", "chip-2", "chip-3", "chip-4", "chip-5", "chip-6")
"""Roles with a background of their own: active tab, cursor row, device chips."""


class Ink(Widget):
    """Base of widgets that draw with `render_line`."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"ink--{role}" for role in (*INK_ROLES, *INK_FILLS)}

    DEFAULT_CSS = """
    Ink {
        & > .ink--text { color: $foreground; }
        & > .ink--live { color: $ov-live; }
        & > .ink--muted { color: $ov-muted; }
        & > .ink--line { color: $ov-line; }
        & > .ink--good { color: $ov-good; }
        & > .ink--bad { color: $ov-bad; }
        & > .ink--warn { color: $ov-warn; }
        & > .ink--device-1 { color: $ov-device-1; }
        & > .ink--device-2 { color: $ov-device-2; }
        & > .ink--device-3 { color: $ov-device-3; }
        & > .ink--device-4 { color: $ov-device-4; }
        & > .ink--device-5 { color: $ov-device-5; }
        & > .ink--device-6 { color: $ov-device-6; }
        & > .ink--heat-1 { color: $ov-heat-1; }
        & > .ink--heat-2 { color: $ov-heat-2; }
        & > .ink--heat-3 { color: $ov-heat-3; }
        & > .ink--heat-4 { color: $ov-heat-4; }
        & > .ink--heat-5 { color: $ov-heat-5; }
        & > .ink--pill { color: $background; background: $ov-live; text-style: bold; }
        & > .ink--cursor { background: $ov-select; text-style: bold; }
        & > .ink--chip-1 { color: $ov-chip-1; background: $ov-device-1; }
        & > .ink--chip-2 { color: $ov-chip-2; background: $ov-device-2; }
        & > .ink--chip-3 { color: $ov-chip-3; background: $ov-device-3; }
        & > .ink--chip-4 { color: $ov-chip-4; background: $ov-device-4; }
        & > .ink--chip-5 { color: $ov-chip-5; background: $ov-device-5; }
        & > .ink--chip-6 { color: $ov-chip-6; background: $ov-device-6; }
    }
    Ink:nocolor {
        & > .ink--line { text-style: dim; }
        & > .ink--good { text-style: bold; }
        & > .ink--bad { text-style: bold; }
        & > .ink--pill { text-style: reverse; }
        & > .ink--cursor { text-style: reverse; }
        & > .ink--chip-1 { text-style: reverse; }
        & > .ink--chip-2 { text-style: reverse; }
        & > .ink--chip-3 { text-style: reverse; }
        & > .ink--chip-4 { text-style: reverse; }
        & > .ink--chip-5 { text-style: reverse; }
        & > .ink--chip-6 { text-style: reverse; }
    }
    """

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002  # Textual's own name
        super().__init__(name=name, id=id, classes=classes)
        self._inks: dict[str, Style] = {}

    def ink(self, role: str, *, bold: bool | None = None) -> Style:
        """Style of a role in the present theme.

        Args:
            role: One of INK_ROLES or INK_FILLS.
            bold: Makes it bold, or not.
        """
        key = f"{role}+{bold}"
        style = self._inks.get(key)
        if style is None:
            style = self.get_component_rich_style(f"ink--{role}", partial=True)
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
