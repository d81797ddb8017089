"""The two themes, and the one place where colours are spelled.

Widgets and style sheets name roles (`$ov-live`, `$ov-muted` …); every theme, also a foreign one, has a value for each.
"""

from __future__ import annotations

from typing import Final

from textual.theme import Theme

DARK: Final = "ovx-dark"
LIGHT: Final = "ovx-light"

_DARK_ROLES: Final = {
    "ov-live": "#88E9FA",
    "ov-muted": "#93A1B2",
    "ov-line": "#5B6877",
    "ov-good": "#52CC92",
    "ov-bad": "#FB7067",
    "ov-warn": "#F3C256",
    "ov-select": "#263244",
    "ov-device-1": "#489CFA",
    "ov-device-2": "#EFA036",
    "ov-device-3": "#23C29A",
    "ov-device-4": "#F9E769",
    "ov-device-5": "#E8563F",
    "ov-device-6": "#DA91C9",
    "ov-heat-1": "#748698",
    "ov-heat-2": "#958ADD",
    "ov-heat-3": "#D394C4",
    "ov-heat-4": "#FEA26A",
    "ov-heat-5": "#FDDF8D",
    "ov-chip-1": "#0B0E13",
    "ov-chip-2": "#0B0E13",
    "ov-chip-3": "#0B0E13",
    "ov-chip-4": "#0B0E13",
    "ov-chip-5": "#0B0E13",
    "ov-chip-6": "#0B0E13",
}

_LIGHT_ROLES: Final = {
    "ov-live": "#501FAE",
    "ov-muted": "#566373",
    "ov-line": "#7D8998",
    "ov-good": "#006B48",
    "ov-bad": "#980F1C",
    "ov-warn": "#8A5C0B",
    "ov-select": "#DCE6F5",
    "ov-device-1": "#006FCE",
    "ov-device-2": "#A7805B",
    "ov-device-3": "#1D7659",
    "ov-device-4": "#8B840F",
    "ov-device-5": "#B03115",
    "ov-device-6": "#A34896",
    "ov-heat-1": "#5D6F84",
    "ov-heat-2": "#5E4FB9",
    "ov-heat-3": "#8B2183",
    "ov-heat-4": "#87073F",
    "ov-heat-5": "#4B0E14",
    "ov-chip-1": "#FFFFFF",
    "ov-chip-2": "#0B0E13",
    "ov-chip-3": "#FFFFFF",
    "ov-chip-4": "#0B0E13",
    "ov-chip-5": "#FFFFFF",
    "ov-chip-6": "#FFFFFF",
}

ROLES: Final = tuple(_DARK_ROLES)
"""Names of all roles, without the dollar sign."""


def role_defaults(dark: bool) -> dict[str, str]:
    """Values of the roles for a theme that does not define them."""
    return dict(_DARK_ROLES if dark else _LIGHT_ROLES)


def _theme(name: str, dark: bool, background: str, surface: str, panel: str, foreground: str) -> Theme:
    roles = role_defaults(dark)
    live = roles["ov-live"]
    return Theme(
        name=name,
        primary=live,
        secondary=roles["ov-muted"],
        accent=live,
        success=roles["ov-good"],
        warning=roles["ov-warn"],
        error=roles["ov-bad"],
        foreground=foreground,
        background=background,
        surface=surface,
        panel=panel,
        dark=dark,
        variables={
            **roles,
            "block-cursor-background": roles["ov-select"],
            "block-cursor-foreground": foreground,
            "block-cursor-text-style": "bold",
            "footer-key-foreground": live,
            "border": live,
            "border-blurred": roles["ov-line"],
            "scrollbar": roles["ov-line"],
            "scrollbar-hover": roles["ov-muted"],
            "scrollbar-active": live,
            "scrollbar-background": background,
            "scrollbar-background-hover": background,
            "scrollbar-background-active": background,
            "scrollbar-corner-color": background,
        },
    )


OVX_DARK: Final = _theme(DARK, True, "#0F131A", "#161C25", "#1F2733", "#D6DEE8")
OVX_LIGHT: Final = _theme(LIGHT, False, "#F7F8FA", "#EDF0F4", "#E1E6ED", "#1B2430")
