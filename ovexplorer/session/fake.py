"""A source without an engine: tests say what happens and see what was sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from ovexplorer.schema.protocol import AnyCommand, EngineDied
from ovexplorer.schema.recorded import StoredEvent


class FakeSource:
    """Yields what `emit` is given and keeps what is sent.

    Attributes:
        sent: Commands, oldest first.
        closed: Whether it was closed or killed.
        killed: Whether it was killed.
    """

    def __init__(self) -> None:
        self.sent: list[AnyCommand] = []
        self.closed = False
        self.killed = False
        self._queue: asyncio.Queue[StoredEvent | None] = asyncio.Queue()

    async def emit(self, *events: StoredEvent) -> None:
        """Make events happen, and wait until they have been taken."""
        for event in events:
            self._queue.put_nowait(event)
        await self._queue.join()

    async def events(self) -> AsyncIterator[StoredEvent]:
        """See Source."""
        while True:
            event = await self._queue.get()
            if event is None:
                self._queue.task_done()
                return
            try:
                yield event
            finally:
                self._queue.task_done()
            if isinstance(event, EngineDied):
                return

    async def send(self, command: AnyCommand) -> None:
        """See Source."""
        if not self.closed:
            self.sent.append(command)

    async def kill(self) -> None:
        """See Source."""
        self.killed = True
        if not self.closed:
            self.closed = True
            self._queue.put_nowait(EngineDied(exit_code=-9, while_doing="run", expected=True))

    async def close(self) -> None:
        """See Source."""
        if not self.closed:
            self.closed = True
            self._queue.put_nowait(None)

    def facts(self) -> dict[str, str]:
        """See Source."""
        return {}
