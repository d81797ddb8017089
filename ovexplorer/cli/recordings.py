"""The recording that `--record FILE` asks for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path

from ovexplorer.history.recording import Recorder


@contextmanager
def recording(path: Path | None) -> Iterator[Recorder | None]:
    """A recorder that is closed however the run ends; None when no file was named.

    Raises:
        RecordingError: The file cannot be written.
    """
    if path is None:
        yield None
        return
    with Recorder(path, installed_version()) as recorder:
        yield recorder


def installed_version() -> str:
    """Of the installed package; `unknown` in a tree that is not installed."""
    try:
        return metadata.version("ovexplorer")
    except metadata.PackageNotFoundError:
        return "unknown"
