"""A session on fake engines, and turns of contestants, for tests of comparisons."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from ovexplorer.clock import ManualClock
from ovexplorer.schema.contest import TurnMeasured
from ovexplorer.schema.recorded import Recorded
from ovexplorer.schema.results import Turn
from ovexplorer.session.fake import FakeSource
from ovexplorer.session.session import Session
from ovexplorer.session.source import Source
from tests.session.session_kit import SPEC, hello, measured, ready, turns, window

MS = 1_000_000


class Bench:
    """A session, its engines and what it recorded."""

    def __init__(self) -> None:
        self.sources: list[FakeSource] = []
        self.kept: list[Recorded] = []
        self.session = Session(self._connect, clock=ManualClock(start_ns=500), recorder=self)

    async def _connect(self) -> Source:
        self.sources.append(FakeSource())
        return self.sources[-1]

    def write(self, entry: Recorded) -> str | None:
        self.kept.append(entry)
        return None

    @property
    def engine(self) -> FakeSource:
        return self.sources[-1]

    async def engines(self, count: int) -> None:
        await turns(lambda: len(self.sources) == count and self.session._source is self.engine)

    async def live(self) -> None:
        await self.session.start(SPEC)
        await self.engine.emit(ready(1), measured(1))


@asynccontextmanager
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    task = asyncio.create_task(made.session.run())
    await made.engines(1)
    await made.engine.emit(hello(clock_ns=1_000_500))
    try:
        yield made
    finally:
        await made.session.close()
        await asyncio.wait_for(task, 5)
        assert all(source.closed for source in made.sources)


def turn(contest: int, segment: int, milliseconds: float = 10.0, start_ns: int = 0, count: int = 5) -> TurnMeasured:
    """A turn of inferences that all took so long."""
    made = window(segment, start_ns, (round(milliseconds * MS),) * count)
    return TurnMeasured(contest=contest, turn=Turn(window=msgspec.structs.replace(made, segment=segment), dropped=1))
