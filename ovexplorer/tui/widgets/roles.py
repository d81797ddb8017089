"""Roles of the screen design as Rich styles, made once a theme.

Component classes would say the same in CSS, but Textual matches each of them against every rule whenever a widget's
style changes: with 26 roles on twenty widgets that was half of the time of a test and a third of the first paint.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from rich.style import Style
from textual.app import App
from textual.color import Color, ColorParseError

from ovexplorer.tui.themes import role_defaults

_COLOURS = {
    "text": "foreground",
    **{role: f"ov-{role}" for role in ("live", "muted", "line", "good", "bad", "warn")},
    **{f"device-{number}": f"ov-device-{number}" for number in range(1, 7)},
    **{f"heat-{number}": f"ov-heat-{number}" for number in range(1, 6)},
}
"""Role to theme variable of its foreground."""

_FILLS = {
    "pill": ("background", "ov-live"),
    "cursor": (None, "ov-select"),
    **{f"chip-{number}": (f"ov-chip-{number}", f"ov-device-{number}") for number in range(1, 7)},
}
"""Role to theme variables of foreground and background."""

_BOLD = frozenset({"pill", "cursor"})

_WITHOUT_COLOUR = {
    "line": Style(dim=True),
    "muted": Style(dim=True),
    "good": Style(bold=True),
    "bad": Style(bold=True),
    "pill": Style(reverse=True),
    "cursor": Style(reverse=True),
    **{f"chip-{number}": Style(reverse=True) for number in range(1, 7)},
}
"""What tells roles apart under NO_COLOR."""


def role_style(app: App[Any], role: str) -> Style:
    """Style of a role in the app's present theme: colours that the role sets, and nothing else.

    Args:
        app: Any app; a theme without our variables gets their defaults.
        role: A name of the screen design, such as `live`, `device-1` or `pill`.
    """
    variables = app.theme_variables
    defaults = role_defaults(app.current_theme.dark)
    front, back = _FILLS.get(role) or (_COLOURS[role], None)
    style = _style(
        variables.get(front) or defaults.get(front, "") if front else "",
        variables.get(back) or defaults.get(back, "") if back else "",
        role in _BOLD,
    )
    return style + _WITHOUT_COLOUR.get(role, Style()) if app.no_color else style


@lru_cache(maxsize=256)
def _style(front: str, back: str, bold: bool) -> Style:
    return Style(color=_colour(front), bgcolor=_colour(back), bold=True if bold else None)


def _colour(value: str) -> Any:  # noqa: ANN401  # Rich's colour or None
    try:
        return Color.parse(value).rich_color if value else None
    except ColorParseError:
        return None
