"""Files a command writes: opened before the run, so that a wrong name costs no measurement."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TextIO

from ovexplorer.errors import UsageError
from ovexplorer.text import clean

_HINT = "name a file in a directory that exists and that you may write to"


def writable(path: Path | None) -> AbstractContextManager[TextIO | None]:
    """A text file to write to; nothing when no name was given.

    Raises:
        UsageError: It cannot be written.
    """
    return nullcontext(None) if path is None else _opened(path)


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    try:
        out = path.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise _refusal(path, error) from error
    with out:
        yield out


def write(path: Path, text: str) -> None:
    """Write a whole file.

    Raises:
        UsageError: It cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise _refusal(path, error) from error


def refuse_taken(path: Path, *, replaces: bool) -> None:
    """Refuse a file that cannot be written, before anything is worked out for it.

    Args:
        path: The file.
        replaces: Whether one that is there already is replaced.

    Raises:
        UsageError: It is there already, is a folder, or has no folder to be in.
    """
    shown = clean(str(path), 200)
    try:
        if path.is_dir():
            raise UsageError(f"{shown} is a folder", "name a file in it")
        if path.exists() and not replaces:
            raise UsageError(f"{shown} is there already", "name another file, or add --force to replace it")
        if not path.parent.is_dir():
            raise UsageError(f"{clean(str(path.parent), 200)} is no folder", "make it first")
    except OSError as error:
        # A name that is too long, or a folder that may not be looked into.
        raise _refusal(path, error) from error


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that is whole or not there: what it replaces stays until everything was written.

    Raises:
        UsageError: It cannot be written.
    """
    try:
        if path.exists() and not path.is_file():
            # A pipe or a device: nothing may take its place.
            path.write_bytes(data)
            return
        path = path.resolve()
        handle, name = tempfile.mkstemp(prefix=f".{path.name[:40]}.", suffix=".part", dir=path.parent)
    except OSError as error:
        raise _refusal(path, error) from error
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
        Path(name).chmod(_mode_of(path))
        Path(name).replace(path)
    except OSError as error:
        raise _refusal(path, error) from error
    finally:
        Path(name).unlink(missing_ok=True)


def _mode_of(path: Path) -> int:
    """Permissions that the file has, or that a new one would get."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def make_folder(path: Path) -> None:
    """Make a folder and those above it.

    Raises:
        UsageError: It cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _refusal(path, error) from error


def _refusal(path: Path, error: OSError) -> UsageError:
    return UsageError(f"{path} cannot be written: {error.strerror or error}", _HINT)
