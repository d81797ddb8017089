"""The lines of the help, made from the registry of actions. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from ovexplorer.tui.actions import ACTIONS, BY_ID, FOOTERS, SCREENS, Action, Hint, ScreenName, actions_on
from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.widgets.frame import Piece

COMMON = frozenset({"app", "focus", "list"})
"""Rooms of actions that mean the same everywhere."""


@dataclass(frozen=True)
class HelpRow:
    """One line of the help."""

    pieces: tuple[Piece, ...]
    action: str = ""
    """Id of the action that enter carries out; empty for headings and signs."""
    words: str = ""
    """What the filter looks at."""


def signs(glyphs: Glyphs) -> tuple[tuple[str, str], ...]:
    """What the signs mean."""
    return (
        (glyphs.set_by_user, "set by you"),
        (f"a {glyphs.right} b", "you asked a (or auto), the device took b"),
        (glyphs.differs, "the device took another value; the reason is beside it"),
        (glyphs.ignored, "the device ignored it"),
        (f"{glyphs.better} +38 %", "38 % faster than baseline A"),
        (f"{glyphs.worse} {'-' if glyphs.ascii else '−'}27 %", "slower"),
        (glyphs.same, "no difference"),
        (f"{glyphs.good} valid", "steady and long enough; otherwise the reason stands there"),
        ("p99 in 28 s", "not enough samples yet for this percentile"),
        ("1 2 3", "on the time axis: where you toggled something"),
        (glyphs.working, "work under way; esc cancels"),
    )


WORDS = (
    ("run", "one configuration measured"),
    ("window", "a slice of a run"),
    ("layer", "a node of the compiled graph; operation: a node of your model"),
    ("stand-in", "the CPU plugin registered a second time under another name"),
)


def rows_for(screen: ScreenName, glyphs: Glyphs, wanted: str = "") -> tuple[HelpRow, ...]:
    """All lines for one screen, its own keys first; filtered when words are given."""
    footer = {entry.action: entry for entry in reversed(FOOTERS[screen])}
    here = [BY_ID[name] for name in dict.fromkeys(entry.action for entry in FOOTERS[screen])]
    here += [action for action in actions_on(screen) if not is_common(action) and action not in here]
    common = [action for action in actions_on(screen) if action not in here]
    rows = [_heading("ON THIS SCREEN"), *(_action_row(action, footer.get(action.id)) for action in here)]
    rows += [_heading("EVERYWHERE"), *map(_action_row, common)]
    rows += [_heading("WHAT YOU SEE"), *(_text_row(*sign) for sign in signs(glyphs))]
    rows += [_heading("WORDS"), *(_text_row(*word) for word in WORDS)]
    words = wanted.lower().split()
    if not words:
        return tuple(rows)
    return tuple(row for row in rows if row.words and all(word in row.words for word in words))


def is_common(action: Action) -> bool:
    """Whether an action means the same on all screens."""
    return action.id.split(".")[0] in COMMON or set(SCREENS) <= set(action.where)


def table() -> list[tuple[str, str, str, str]]:
    """Keys, title, help and id of every action, for the README."""
    return [(action.keys_shown, action.title, action.help, action.id) for action in ACTIONS]


def _heading(text: str) -> HelpRow:
    return HelpRow(((f"  {text}", "muted*"),))


def _action_row(action: Action, entry: Hint | None = None) -> HelpRow:
    title = entry.label if entry else action.title
    return HelpRow(
        ((f"  {action.keys_shown:<12}", "live"), (f"{title:<15}", "text"), (action.help, "muted")),
        action.id,
        f"{action.keys_shown} {title} {action.help}".lower(),
    )


def _text_row(sign: str, text: str) -> HelpRow:
    return HelpRow(((f"  {sign:<12}", "text"), (text, "muted")), "", f"{sign} {text}".lower())
