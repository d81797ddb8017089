"""The tables of the README that are made from the code: keys from the registry of actions, options from the catalogue.

They stand between `<!-- keys -->` and `<!-- /keys -->`, and so on; `python screenshots/make.py --readme` writes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from ovexplorer.options.catalogue import CATALOGUE
from ovexplorer.options.model import Option
from ovexplorer.settings import Settings
from ovexplorer.tui.actions import ACTIONS, EVERYWHERE, FORMS, SCREENS, Action, key_name

README = Path(__file__).resolve().parents[1] / "README.md"


def rewrite() -> None:
    """Write all tables into the README."""
    README.write_text(current(README.read_text(encoding="utf-8")), encoding="utf-8")


def current(text: str) -> str:
    """The text of the README with its tables as they should be.

    Raises:
        ValueError: A marker is missing.
    """
    for name, table in TABLES.items():
        begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        head, found, rest = text.partition(begin)
        _, closed, tail = rest.partition(end)
        if not found or not closed:
            raise ValueError(f"README.md has no {begin} … {end}")
        text = f"{head}{begin}\n{table()}{end}{tail}"
    return text


def keys_table() -> str:
    """Every action with its keys and screens."""
    rows = ((_keys(action), action.id, action.help, _where(action)) for action in ACTIONS)
    return _table(("keys", "id", "does", "where"), rows)


def options_table() -> str:
    """Every option of the catalogue with its flag."""
    rows = (
        (option.title, f"`{option.flags[0]}`" if option.flags else "", _values(option), option.help)
        for option in CATALOGUE
    )
    return _table(("option", "flag", "values, default first", "what it is"), rows)


def settings_table() -> str:
    """Every key of the settings file with its default."""
    defaults = Settings()
    rows = (
        (f"`{field.encode_name}`", f"`{_toml(getattr(defaults, field.name))}`", _SETTINGS[field.name])
        for field in msgspec.structs.fields(Settings)
    )
    return _table(("key", "default", "what it is"), rows)


TABLES: dict[str, Callable[[], str]] = {"keys": keys_table, "options": options_table, "settings": settings_table}

_SETTINGS = {
    "theme": "`ovx-dark`, `ovx-light` or a theme of Textual",
    "symbols": "`auto`, `unicode`, `blocks` or `ascii`; `auto` is ASCII where the locale is not UTF-8",
    "refresh_hz": "charts a second; 0 means 4, or 2 on two CPUs and under a model faster than 1 ms",
    "kept_configurations": "compiled configurations that the engine keeps",
    "keep_memory_mb": "memory they may take, in 10^6 bytes; 0 means a share of what is there",
    "verify_toggle": "whether a toggle is followed by a short comparison in turns with baseline A",
    "device": "device that Open chooses at first",
    "models": "folder that Open lists; empty means the current one",
    "keymap": "other keys by action id, see the table of keys",
}


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [_row(heads), _row(("---",) * len(heads)), *(_row(row) for row in rows)]
    return "\n".join(lines) + "\n"


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _keys(action: Action) -> str:
    return " ".join(f"`{key_name(key)}`" for key in action.keys)


def _where(action: Action) -> str:
    places = [name for name in action.where if name not in FORMS] + (
        ["forms"] if set(FORMS) <= set(action.where) else []
    )
    places += [name for name in action.where if name in FORMS and not set(FORMS) <= set(action.where)]
    if set(EVERYWHERE) <= set(action.where):
        return "everywhere"
    if set(SCREENS) <= set(action.where):
        places = ["all screens", *(name for name in places if name not in SCREENS)]
    return ", ".join(places)


def _values(option: Option) -> str:
    values = [option.default, *(choice.value for choice in option.choices if choice.value != option.default)]
    listed = " ".join(f"`{value}`" for value in values)
    more = {"integer": "a number", "real": "a number", "text": "text", "path": "a folder"}.get(option.kind, "")
    return f"{listed}, {more}" if more else listed


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    return "{}" if value == {} else f"{value:g}"
