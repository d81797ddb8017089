"""What a session keeps: every event becomes state, goes to the recording and to whoever listens or waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeAlias

from ovexplorer.clock import Clock
from ovexplorer.schema.protocol import Noticed
from ovexplorer.schema.recorded import Noted, StoredEvent
from ovexplorer.session.state import RunState
from ovexplorer.session.store import Store
from ovexplorer.session.tape import Recorder, Tape
from ovexplorer.text import clean

Listener: TypeAlias = Callable[[StoredEvent], None]


class Keeper:
    """The lower half of a session: it knows no engine.

    Args:
        clock: Times of arrival and of key presses.
        recorder: Gets every event and command.
    """

    def __init__(self, clock: Clock, recorder: Recorder | None) -> None:
        self._clock = clock
        self._tape = Tape(clock, recorder)
        self._store = Store()
        self._wakers: set[asyncio.Event] = set()
        self._listeners: list[Listener] = []
        self._clock_offset_ns = 0
        self._ended = False

    @property
    def state(self) -> RunState:
        """Everything known now."""
        return self._store.state

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call a function with every event, after the state has taken it; what comes back ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def until(self, done: Callable[[RunState], bool]) -> RunState:
        """Wait for a state; also returns when the session has ended, so look at what comes back."""
        waker = asyncio.Event()
        self._wakers.add(waker)
        try:
            while not done(self.state) and not self._ended:
                waker.clear()
                await waker.wait()
            return self.state
        finally:
            self._wakers.discard(waker)

    @property
    def is_recording(self) -> bool:
        """Whether what happens is written down."""
        return self._tape.recorder is not None

    def start_recording(self, recorder: Recorder) -> None:
        """Write down what happens, the present run from its beginning; a failure becomes a notice."""
        self._say_trouble(self._tape.begin(recorder))

    def stop_recording(self) -> None:
        """Write nothing more; whoever made the recorder closes it."""
        self._tape.end()

    def note(self, text: str) -> None:
        """Leave a mark with words on the time axis."""
        self.keep(Noted(text=clean(text), at_ns=self.engine_now()))

    def expect_profile(self) -> None:
        """A profile is asked for; shown at once, before the engine answers."""
        self._store.expect_profile()
        self._wake()

    def expect_layers(self, wanted: bool) -> None:
        """Layers are asked for again and again, or no more."""
        self._store.expect_layers(wanted)
        self._wake()

    def engine_now(self) -> int:
        """The engine's clock, as far as it is known here."""
        return self._clock.monotonic_ns() + self._clock_offset_ns

    def keep(self, event: StoredEvent) -> None:
        """Take one event, wherever it comes from."""
        self._store.apply(event)
        trouble = self._tape.take_event(event)
        for listener in self._listeners:
            listener(event)
        self._say_trouble(trouble)
        self._wake()

    def _say_trouble(self, trouble: str | None) -> None:
        if trouble is not None:
            self.keep(Noticed(code="recording_stopped", text=clean(trouble)))

    def _wake(self) -> None:
        for waker in self._wakers:
            waker.set()
