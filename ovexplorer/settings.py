"""The user's settings: one TOML file, read strictly.

The file is `settings.toml` in the platform's configuration directory, or in `OVEXPLORER_CONFIG_DIR`. A key that is not
known, a value of the wrong type or out of range is an error that names the file, the line and the key.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from ovexplorer.errors import SettingsError
from ovexplorer.text import clean

CONFIG_VARIABLE: Final = "OVEXPLORER_CONFIG_DIR"
FILE_NAME: Final = "settings.toml"
LARGEST_FILE: Final = 256 * 1024
"""Bytes; a settings file is a page of text."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a user can set once and for all."""

    theme: str = "ovx-dark"
    """`ovx-dark`, `ovx-light` or a theme of Textual."""
    symbols: Literal["auto", "unicode", "blocks", "ascii"] = "auto"
    """Signs on screen; `auto` is ASCII where the locale is not UTF-8."""
    refresh_hz: Annotated[float, msgspec.Meta(ge=0, le=30)] = 0.0
    """Charts a second; 0 means 4, or 2 on two CPUs and under a 1 ms model."""
    kept_configurations: Annotated[int, msgspec.Meta(ge=1, le=64)] = 8
    """Compiled configurations that the engine keeps."""
    keep_memory_mb: Annotated[int, msgspec.Meta(ge=0)] = 0
    """Memory they may take, in 10^6 bytes; 0 means a share of what is there."""
    verify_toggle: bool = True
    """Whether a toggle is followed by a short comparison in turns with baseline A."""
    device: str = "CPU"
    """Device that Open chooses at first."""
    models: str = ""
    """Folder that Open lists; empty means the current one."""
    keymap: dict[str, str] = {}
    """Keys by action id: `"run.pause" = "p"`; several keys with commas."""


def config_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """Where the settings file lives."""
    if environ.get(CONFIG_VARIABLE):
        return Path(environ[CONFIG_VARIABLE])
    # platformdirs costs 5 ms and is not needed when the variable is set.
    import platformdirs

    return Path(platformdirs.user_config_dir("ovexplorer"))


def settings_path(environ: Mapping[str, str] = os.environ) -> Path:
    """The settings file, which need not exist."""
    return config_dir(environ) / FILE_NAME


def load_settings(path: Path | None = None) -> Settings:
    """Read the settings; a missing file means the defaults.

    Args:
        path: Another file than the user's own.

    Raises:
        SettingsError: The file cannot be read, is not TOML, or a key or value in it is not known.
    """
    file = path or settings_path()
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise SettingsError(f"{file}: larger than {LARGEST_FILE // 1024} kB", "this is not a settings file")
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: {clean(str(error), 120)}", "make it readable, or remove it") from error
    return parse_settings(text, file)


def parse_settings(text: str, file: Path) -> Settings:
    """Parse the text of a settings file.

    Raises:
        SettingsError: See load_settings.
    """
    # Late: most users have no settings file, and the first paint waits for every import.
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file}: not TOML: {clean(str(error), 160)}", "correct the line, or remove it") from error
    except RecursionError as error:
        raise SettingsError(f"{file}: nested too deeply", "this is not a settings file") from error
    try:
        return msgspec.convert(table, Settings)
    except msgspec.ValidationError as error:
        key, reason = _blame(str(error))
        raise SettingsError(
            f"{file}{line_of(text, key)}: {clean(key)}: {clean(reason, 160)}"
            if key
            else f"{file}: {clean(reason, 160)}",
            f"known keys: {', '.join(Settings.__struct_fields__)}",
        ) from error


def _blame(message: str) -> tuple[str, str]:
    """Split msgspec's sentence into the key and the reason."""
    unknown = re.search(r"unknown field `([^`]*)`", message)
    if unknown:
        return unknown.group(1), "there is no such setting"
    reason, _, where = message.partition(" - at `$.")
    return where.rstrip("`").split("[")[0], reason


def line_of(text: str, key: str) -> str:
    """`, line 3` of the first line that sets a key; empty when it is not found."""
    wanted = re.compile(rf"""^\s*(\[\s*)?["']?{re.escape(key)}["']?\s*(=|\])""") if key else None
    for number, line in enumerate(text.splitlines(), 1):
        if wanted and wanted.match(line):
            return f", line {number}"
    return ""
