"""Runs the session under the app: starts it, feeds what it tells back, and ends it so that nothing is left."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ovexplorer.errors import OvexplorerError, RecordingError
from ovexplorer.schema.contest import TurnMeasured
from ovexplorer.schema.protocol import LoadMeasured, MemoryMeasured, Noticed, SamplesTaken, WindowMeasured
from ovexplorer.schema.recorded import StoredEvent
from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.session import Session
from ovexplorer.settings import Settings
from ovexplorer.tui.cost import Manners
from ovexplorer.tui.recents import Recents

QUIET_EVENTS = (WindowMeasured, SamplesTaken, LoadMeasured, MemoryMeasured, TurnMeasured)
"""Events that wait for the next tick; all others are drawn at once, and so is the first window of a segment."""


LOOK_SECONDS = 0.2
"""Length of the look at the machine that every session begins with."""


class SessionDriver:
    """Owns the task that listens to the engine; it outlives the app's own workers, which Textual cancels at will.

    Args:
        session: To be driven.
        recent: Gets what was measured.
        replay: Whether there is no engine.
        wake: Called when something is worth drawing at once.
        failed: Called when the session itself ended with an error.
    """

    def __init__(
        self,
        session: Session,
        recent: Recents,
        *,
        replay: bool,
        wake: Callable[[], object],
        failed: Callable[[OvexplorerError], object],
    ) -> None:
        self._session = session
        self._recent = recent
        self._replay = replay
        self._wake = wake
        self._failed = failed
        self._pump: asyncio.Task[None] | None = None
        self._manners = Manners()
        self._measured = 0

    @property
    def started(self) -> bool:
        """Whether the engine was asked for."""
        return self._pump is not None

    def start(self) -> None:
        """Listen from now on."""
        self._session.listen(self._arrived)
        self._pump = asyncio.create_task(self._listen())

    async def first_commands(self, spec: RunSpec | None, settings: Settings) -> None:
        """What is asked of every engine at the start."""
        if self._replay:
            return
        await self._session.limit(settings.kept_configurations, settings.keep_memory_mb * 1_000_000)
        if spec is None:
            await self._session.describe_devices()
            await self._session.examine(LOOK_SECONDS)
            return
        # Before the first compile: later a look would take time from what is measured.
        await self._session.examine(LOOK_SECONDS)
        await self._session.start(spec)
        await self._session.describe_devices()

    async def end(self) -> None:
        """End the engine; nothing is left running afterwards."""
        self._manners.restore()
        self.remember()
        await self._session.close()
        if self._pump is not None:
            await asyncio.gather(self._pump, return_exceptions=True)

    def remember(self) -> None:
        """Keep what was measured for the next session's list."""
        if not self._replay:
            self._recent.remember(self._session.state)

    async def _listen(self) -> None:
        try:
            await self._session.run()
        except OvexplorerError as error:
            self._failed(error)

    def _arrived(self, event: StoredEvent) -> None:
        if isinstance(event, Noticed) and event.code == "recording_stopped" and not self._replay:
            self._failed(RecordingError(str(event.text), "the run goes on; R records into another file"))
        if isinstance(event, WindowMeasured) and event.window.segment != self._measured:
            self._measured = event.window.segment
        elif isinstance(event, QUIET_EVENTS):
            return
        if self._session.state.status == "live":
            self._manners.lower()
        else:
            self._manners.restore()
        self._wake()
