"""The file that a session is recorded to: begun with `--record` or by a key, ended by the key or with the program."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from ovexplorer.clock import Clock
from ovexplorer.errors import ReplayError
from ovexplorer.schema.spec import DEMO_PREFIX
from ovexplorer.session.session import Session

if TYPE_CHECKING:
    from ovexplorer.history.recording import Recorder

LONGEST_NAME = 40
"""Characters of the model's name in the name of a file."""


class Recordings:
    """Begins and ends recordings of one session.

    Args:
        session: To be recorded.
        clock: Dates the files.
        folder: Where files are made.
        recorder: One that the session was made with.
    """

    def __init__(self, session: Session, clock: Clock, folder: Path, recorder: Recorder | None = None) -> None:
        self._session = session
        self._clock = clock
        self._folder = folder
        self._recorder = recorder

    @property
    def path(self) -> Path | None:
        """The file being written; None when nothing is recorded, also after the disk was full."""
        return self._recorder.path if self._recorder is not None and self._session.is_recording else None

    @property
    def newest(self) -> Path | None:
        """The file written last, whether or not it is finished."""
        return self._recorder.path if self._recorder is not None else None

    def size(self) -> str:
        """Size of the file being written; empty when nothing is recorded."""
        if self._recorder is None or self.path is None:
            return ""
        return f"{self._recorder.size_bytes / 1e6:.1f} MB"

    def toggle(self) -> str:
        """End the recording, or begin one.

        Returns:
            What was done, in words.

        Raises:
            RecordingError: The file cannot be written.
            ReplayError: What is shown is a recording.
        """
        if self._session.is_replay:
            raise ReplayError("a recording is shown already", "copy its file to keep it")
        going = self.path
        if going is not None:
            self._session.stop_recording()
            self.close()
            return f"recorded: {going}"
        # Late: only recordings need it.
        from ovexplorer.history.recording import Recorder

        self._recorder = Recorder(self._free_name(), installed_version())
        self._session.start_recording(self._recorder)
        return f"recording to {self._recorder.path}; R stops it"

    def close(self) -> None:
        """Write out what is left; may be called twice."""
        if self._recorder is not None:
            self._recorder.close()

    def _free_name(self) -> Path:
        spec = self._session.asked
        model = spec.model.path.removeprefix(DEMO_PREFIX) if spec is not None else "session"
        stem = re.sub(r"[^A-Za-z0-9_.-]+", "-", Path(model).stem).strip(".-")[:LONGEST_NAME] or "model"
        when = self._clock.now().astimezone().strftime("%Y%m%d-%H%M%S")
        first = self._folder / f"ovexplorer-{stem}-{when}.ovx"
        others = (first.with_stem(f"{first.stem}-{number}") for number in range(2, 1000))
        return first if not first.exists() else next((path for path in others if not path.exists()), first)


def installed_version() -> str:
    """Of the installed package; `unknown` in a tree that is not installed."""
    # 15 ms that the first paint need not wait for.
    from importlib import metadata

    try:
        return metadata.version("ovexplorer")
    except metadata.PackageNotFoundError:
        return "unknown"
