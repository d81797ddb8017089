"""Layers beyond the profile of the live run: again and again, of another configuration, and the machine's roof."""

from __future__ import annotations

from typing import Protocol

from ovexplorer.schema.codec import spec_key
from ovexplorer.schema.counting import MeasurePeak, ProfileOther, WatchLayers
from ovexplorer.schema.protocol import AnyCommand
from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.state import RunState


class Counter(Protocol):
    """What counting needs of a session."""

    @property
    def state(self) -> RunState:
        """Everything known now."""
        ...

    @property
    def is_replay(self) -> bool:
        """Whether a recording is shown."""
        ...

    async def send(self, command: AnyCommand) -> None:
        """Give the engine a command."""
        ...

    def next_segment(self) -> int:
        """A number for a configuration."""
        ...

    def refuse_in_replay(self) -> None:
        """Raise while a recording is shown."""
        ...

    def expect_profile(self) -> None:
        """A profile is asked for."""
        ...

    def expect_layers(self, wanted: bool) -> None:
        """Layers are asked for again and again, or no more."""
        ...


class Counts:
    """Asks for counters."""

    def __init__(self, session: Counter) -> None:
        self._session = session

    async def other(self, spec: RunSpec, *, seconds: float = 2.0, iterations: int = 200) -> int:
        """Count the layers of a configuration that is not the live one, which is held meanwhile.

        Returns:
            The segment that its profile will carry.

        Raises:
            ReplayError: A recording is shown.
            UsageError: The spec holds a file name that cannot be sent.
        """
        session = self._session
        session.refuse_in_replay()
        spec_key(spec)
        segment = session.next_segment()
        session.expect_profile()
        await session.send(ProfileOther(segment=segment, spec=spec, seconds=seconds, iterations=iterations))
        return segment

    async def watch(self, wanted: bool) -> None:
        """Have the layers of the live run told again and again, or no more; nothing happens in a replay."""
        session = self._session
        if session.is_replay or session.state.watching == wanted:
            return
        session.expect_layers(wanted)
        await session.send(WatchLayers(enabled=wanted))

    async def peak(self, *, again: bool = False) -> None:
        """Have measured what the machine reaches at most, unless it is known; nothing happens in a replay."""
        if not self._session.is_replay:
            await self._session.send(MeasurePeak(again=again))
