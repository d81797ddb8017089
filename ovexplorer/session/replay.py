"""A recording as a source: the same events at any speed, and the state they come to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import get_args

from ovexplorer import units
from ovexplorer.clock import Clock, SystemClock
from ovexplorer.history.recording import Recording
from ovexplorer.schema.protocol import AnyCommand, AnyEvent, EngineDied, Pause, Resume
from ovexplorer.schema.recorded import SessionFact, StoredEvent
from ovexplorer.session.state import RunState
from ovexplorer.session.store import Store

SLOWEST, FASTEST = 0.1, 1_000.0

_LONGEST_WAIT_NS = 250_000_000
"""A wait is cut into pieces, so that a clock that jumps is followed."""
_EVENTS_A_TURN = 64
"""Without waiting, others get their turn after so many events."""
_STORED = (*get_args(AnyEvent), *get_args(SessionFact))


class ReplaySource:
    """Yields the events of a recording as they came, or faster, or slower.

    Args:
        recording: Read by `read_recording`.
        speed: 1 is as recorded; 0 means without any waiting.
        clock: What the waiting is measured by.
    """

    def __init__(self, recording: Recording, speed: float = 1.0, clock: Clock | None = None) -> None:
        self._entries = recording.entries
        self._length_ns = recording.length_ns
        self._clock = clock or SystemClock()
        self._speed = _checked(speed)
        self._paused = False
        self._at_ns = 0
        self._since_ns = self._clock.monotonic_ns()
        self._changed = asyncio.Event()
        self._closed = False
        self._ended = False

    @property
    def speed(self) -> float:
        """Times as fast as recorded; 0 means without any waiting."""
        return self._speed

    @property
    def paused(self) -> bool:
        """Whether it stands still."""
        return self._paused

    @property
    def ended(self) -> bool:
        """Whether all of it was shown."""
        return self._ended

    @property
    def at_ns(self) -> int:
        """Position in the recording, from its first entry."""
        self._advance()
        return min(self._at_ns, self._length_ns)

    def set_speed(self, speed: float) -> None:
        """Go on at another speed, held between 0.1 and 1,000; 0 means without any waiting."""
        self._advance()
        self._speed = _checked(speed)
        self._changed.set()

    def toggle_pause(self) -> None:
        """Stand still, or go on."""
        self._advance()
        self._paused = not self._paused
        self._changed.set()

    async def events(self) -> AsyncIterator[StoredEvent]:
        """See Source; ends with the recording, without an EngineDied that was not recorded."""
        self._since_ns = self._clock.monotonic_ns()
        for number, entry in enumerate(self._entries):
            if number % _EVENTS_A_TURN == _EVENTS_A_TURN - 1:
                await asyncio.sleep(0)
            await self._reach(entry.at_ns - self._entries[0].at_ns)
            if self._closed:
                return
            if isinstance(entry.message, _STORED):
                yield entry.message
        self._ended = True

    async def send(self, command: AnyCommand) -> None:
        """Pause and Resume act on the replay; a recorded engine takes no other command."""
        if isinstance(command, Pause | Resume) and self._paused != isinstance(command, Pause):
            self.toggle_pause()

    async def kill(self) -> None:
        """See Source."""
        await self.close()

    async def close(self) -> None:
        """See Source."""
        self._closed = True
        self._changed.set()

    def facts(self) -> dict[str, str]:
        """See Source."""
        speed = f"{self._speed:g}x" if self._speed else "at once"
        return {
            "speed": "ended" if self._ended else "paused" if self._paused else speed,
            "at": units.stopwatch(self.at_ns * 1e-9),
            "length": units.stopwatch(self._length_ns * 1e-9),
        }

    def _advance(self) -> None:
        """Bring the position up to the clock."""
        now = self._clock.monotonic_ns()
        if not self._paused and self._speed:
            self._at_ns += round((now - self._since_ns) * self._speed)
        self._since_ns = now

    async def _reach(self, position_ns: int) -> None:
        while not self._closed:
            self._advance()
            if not self._paused and (not self._speed or self._at_ns >= position_ns):
                self._at_ns = max(self._at_ns, position_ns)
                return
            self._changed.clear()
            left_ns = (position_ns - self._at_ns) / self._speed if self._speed else 0
            try:
                timeout = None if self._paused else min(left_ns, _LONGEST_WAIT_NS) * 1e-9
                await asyncio.wait_for(self._changed.wait(), timeout)
            except asyncio.TimeoutError:
                continue


def _checked(speed: float) -> float:
    return min(max(speed, SLOWEST), FASTEST) if speed > 0 else 0.0


def while_alive(recording: Recording) -> Recording:
    """Without the end of an engine that was told to end: it takes with it what was known of it."""
    entries = recording.entries
    if entries and isinstance(entries[-1].message, EngineDied) and entries[-1].message.expected:
        entries = entries[:-1]
    return replace(recording, entries=entries)


def stored_events(recording: Recording) -> tuple[StoredEvent, ...]:
    """All that changes the state, without the commands."""
    return tuple(entry.message for entry in recording.entries if isinstance(entry.message, _STORED))


def state_of(recording: Recording) -> RunState:
    """What the session knew at the end of a recording."""
    store = Store()
    for event in stored_events(recording):
        store.apply(event)
    return store.state
