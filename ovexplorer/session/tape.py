"""Where a session writes what happens; a recording begun late opens with what happened before."""

from __future__ import annotations

from typing import Protocol

from ovexplorer.clock import Clock
from ovexplorer.schema.protocol import (
    AnyCommand,
    DevicesDescribed,
    EngineDied,
    Hello,
    LoadMeasured,
    ModelOpened,
    SamplesTaken,
    WindowMeasured,
)
from ovexplorer.schema.recorded import Asked, Recorded, StoredEvent

MOST_EVENTS = 40_000
"""Kept for a recording that begins late; then the older half of the windows is dropped."""

_BEFORE_RUNS = (Hello, EngineDied, DevicesDescribed, ModelOpened)
"""Events that still hold when a new run begins."""


class Recorder(Protocol):
    """A recording under construction."""

    def write(self, entry: Recorded) -> str | None:
        """Keep an entry; a text says that nothing more is kept, and why."""
        ...


class Tape:
    """Hands everything to a recorder, and remembers the present run for one that comes later.

    Args:
        clock: Times of arrival.
        recorder: Gets everything from the start.
    """

    def __init__(self, clock: Clock, recorder: Recorder | None = None) -> None:
        self._clock = clock
        self._recorder = recorder
        self._events: list[StoredEvent] = []

    @property
    def recorder(self) -> Recorder | None:
        """Who is written to; None while nothing is recorded."""
        return self._recorder

    def begin(self, recorder: Recorder) -> str | None:
        """Record from now on, the present run from its beginning.

        Returns:
            Why nothing is recorded; None when it goes on.
        """
        self._recorder = recorder
        for event in self._events:
            trouble = self._write(event)
            if trouble is not None:
                return trouble
        return None

    def end(self) -> None:
        """Record nothing more."""
        self._recorder = None

    def take_event(self, event: StoredEvent) -> str | None:
        """Something happened.

        Returns:
            Why nothing more is recorded, once.
        """
        if isinstance(event, Asked) and event.new_run:
            self._forget_run()
        if not isinstance(event, SamplesTaken | LoadMeasured):
            self._events.append(event)
            if len(self._events) > MOST_EVENTS:
                self._thin()
        return self._write(event)

    def take_command(self, command: AnyCommand) -> str | None:
        """Something was asked of the engine; see take_event."""
        return self._write(command)

    def _write(self, message: StoredEvent | AnyCommand) -> str | None:
        if self._recorder is None:
            return None
        trouble = self._recorder.write(Recorded(at_ns=self._clock.monotonic_ns(), message=message))
        if trouble is not None:
            self._recorder = None
        return trouble

    def _forget_run(self) -> None:
        newest: dict[type, StoredEvent] = {type(e): e for e in self._events if isinstance(e, _BEFORE_RUNS)}
        self._events = [event for event in self._events if newest.get(type(event)) is event]

    def _thin(self) -> None:
        windows = [number for number, event in enumerate(self._events) if isinstance(event, WindowMeasured)]
        dropped = set(windows[: len(windows) // 2])
        self._events = [event for number, event in enumerate(self._events) if number not in dropped]
