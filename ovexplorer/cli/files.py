"""Files a command writes: opened before the run, so that a wrong name costs no measurement."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TextIO

from ovexplorer.errors import UsageError

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
