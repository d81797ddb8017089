"""The models that were measured last: a small JSON file in the platform's state directory.

A damaged file is kept aside as `recent.json.damaged` and never overwritten; a file that cannot be written costs the
list, not the run.
"""

from __future__ import annotations

import os
import tempfile
from datetime import datetime
from pathlib import Path

import msgspec
import platformdirs

from ovexplorer.schema.base import Data
from ovexplorer.schema.codec import decode_hook, encode_hook
from ovexplorer.schema.spec import RunSpec
from ovexplorer.text import CleanText

MOST = 20
STATE_VARIABLE = "OVEXPLORER_STATE_DIR"

_NAME = "recent.json"
_MAX_BYTES = 1_000_000
_VERSION = 1


class RecentModel(Data, frozen=True):
    """One model on one device with one set of options, as measured last."""

    path: str
    """As asked for, absolute unless it is a demo."""
    device: str
    options: CleanText
    """In words: `f32 · latency`."""
    p50_ns: float
    fps: float
    when: datetime
    """UTC."""
    spec: RunSpec | None = None
    """The whole configuration, to run it again; None in files of earlier versions."""


class _File(Data, frozen=True):
    version: int
    models: tuple[RecentModel, ...]


def state_directory() -> Path:
    """Where ovexplorer keeps what it remembers; `OVEXPLORER_STATE_DIR` overrides the platform's place."""
    asked = os.environ.get(STATE_VARIABLE, "")
    return Path(asked) if asked else Path(platformdirs.user_state_dir("ovexplorer", appauthor=False))


def load_recent(directory: Path | None = None) -> tuple[RecentModel, ...]:
    """The list, newest first; empty when there is none or it cannot be used."""
    path = (directory or state_directory()) / _NAME
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except OSError:
        return ()
    try:
        if len(data) > _MAX_BYTES:
            raise ValueError("too large")
        found = msgspec.json.decode(data, type=_File, dec_hook=decode_hook)
        if found.version != _VERSION:
            raise ValueError("of another version")
    except (ValueError, RecursionError):
        # msgspec's errors are ValueErrors.
        _keep_aside(path)
        return ()
    return found.models[:MOST]


def remember(model: RecentModel, directory: Path | None = None) -> bool:
    """Put a model first, in place of an older figure of the same path, device and options; False when it failed."""
    kept = [entry for entry in load_recent(directory) if _key(entry) != _key(model)]
    return _save((model, *kept)[:MOST], directory)


def forget(model: RecentModel, directory: Path | None = None) -> bool:
    """Take a model off the list; False when it failed."""
    return _save(tuple(entry for entry in load_recent(directory) if _key(entry) != _key(model)), directory)


def _key(model: RecentModel) -> tuple[str, str, str]:
    return model.path, model.device, str(model.options)


def _save(models: tuple[RecentModel, ...], directory: Path | None) -> bool:
    folder = directory or state_directory()
    data = msgspec.json.encode(_File(version=_VERSION, models=models), enc_hook=encode_hook)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=_NAME, dir=folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(msgspec.json.format(data, indent=1))
            Path(name).replace(folder / _NAME)
        except OSError:
            Path(name).unlink(missing_ok=True)
            return False
    except OSError:
        return False
    return True


def _keep_aside(path: Path) -> None:
    for number in range(100):
        aside = path.with_name(f"{_NAME}.damaged{f'.{number}' if number else ''}")
        if not aside.exists():
            try:
                path.rename(aside)
            except OSError:
                return
            return
