"""Checks the user's keymap against the registry of actions."""

from __future__ import annotations

from collections.abc import Mapping

from ovexplorer.errors import SettingsError
from ovexplorer.settings import line_of, settings_path
from ovexplorer.text import clean
from ovexplorer.tui.actions import ACTIONS, EVERYWHERE, TABS, Action

KEPT_BY_TERMINALS = frozenset(f"ctrl+{letter}" for letter in "abhijmsq")
"""Keys that terminals, tmux and screen need."""


def check_keymap(keymap: Mapping[str, str]) -> None:
    """Refuse what cannot work.

    Raises:
        SettingsError: An id is unknown, a key is kept by terminals, or two actions of one screen share a key.
    """
    owners = {
        **{action.id: action.where for action in ACTIONS},
        **{f"app.screen.{name}": EVERYWHERE for _, name, _ in TABS},
    }
    for action_id, keys in keymap.items():
        if action_id not in owners or action_id == "app.screen":
            raise _refusal(action_id, "there is no such action", f"known: {', '.join(sorted(owners))}")
        for key in split(keys):
            if key in KEPT_BY_TERMINALS:
                raise _refusal(action_id, f"{key} is needed by terminals", "choose another key")
        if not split(keys):
            raise _refusal(action_id, "no key is named", 'write a key, such as "p" or "ctrl+t"')
    _check_clashes(keymap)


def split(keys: str) -> tuple[str, ...]:
    """Keys of an entry."""
    return tuple(key.strip() for key in keys.split(",") if key.strip())


def _check_clashes(keymap: Mapping[str, str]) -> None:
    taken: dict[tuple[str, str], str] = {}
    for action_id, keys, where in _bound(keymap):
        for screen in where:
            for key in keys:
                other = taken.setdefault((screen, key), action_id)
                if other != action_id:
                    blamed = action_id if action_id in keymap else other
                    clash = other if blamed == action_id else action_id
                    raise _refusal(
                        blamed, f"{key} already belongs to {clash} on the screen {screen}", "choose another key"
                    )


def _bound(keymap: Mapping[str, str]) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    found: list[tuple[str, tuple[str, ...], tuple[str, ...]]] = []
    for action in ACTIONS:
        if action.id == "app.screen":
            found += [
                (f"app.screen.{name}", split(keymap.get(f"app.screen.{name}", key)), EVERYWHERE)
                for key, name, _ in TABS
            ]
        else:
            found.append((action.id, _keys(action, keymap), action.where))
    return found


def _keys(action: Action, keymap: Mapping[str, str]) -> tuple[str, ...]:
    return split(keymap[action.id]) if action.id in keymap else action.keys


def _refusal(action_id: str, why: str, hint: str) -> SettingsError:
    file = settings_path()
    try:
        line = line_of(file.read_text(encoding="utf-8"), action_id)
    except (OSError, UnicodeDecodeError):
        line = ""
    return SettingsError(f"{file}{line}: keymap: {clean(action_id, 60)}: {why}", hint)
