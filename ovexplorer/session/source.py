"""Where events come from: one protocol, four kinds (process, SSH, replay, fake)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from ovexplorer.schema.protocol import AnyCommand
from ovexplorer.schema.recorded import StoredEvent


class Source(Protocol):
    """Brings events here and takes commands there."""

    def events(self) -> AsyncIterator[StoredEvent]:
        """Events in order, until the source is closed or its engine is gone (then `EngineDied` is the last).

        A replay also yields what the recorded session added itself, such as `Asked`.
        """
        ...

    async def send(self, command: AnyCommand) -> None:
        """Send a command; silently ignored once the engine is gone.

        Raises:
            ProtocolError: The command is larger than a frame may be.
        """
        ...

    async def kill(self) -> None:
        """End it at once, whatever it does, because the user asked for that: `EngineDied.expected` is set."""
        ...

    async def close(self) -> None:
        """End it and whatever it started, and wait until nothing is left. May be called twice."""
        ...

    def facts(self) -> dict[str, str]:
        """For `RunState.extra`: `speed`, `at` and `length` of a replay; empty otherwise."""
        ...
