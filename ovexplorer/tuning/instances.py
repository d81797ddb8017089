"""Contenders outside the session's engine: other processes, several at once, or another framework.

Several engines share out the cores: each sets its affinity mask before it imports OpenVINO and is given no thread
count. All are told to run at the same moment, in turns of at least half a second, and their rates add; the first and
the last moments of a turn, in which not all of them run, are the smaller the longer it is. Against another contender
they run in quads A B B A with the same looks as inside one engine, never at the same time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from itertools import pairwise
from typing import Protocol

import msgspec

from ovexplorer.analysis import paired
from ovexplorer.analysis.paired import PairEstimate
from ovexplorer.errors import EngineError
from ovexplorer.schema.contest import DriftMeasured, MeasureDrift, Prepare, Release, RunTurns, TurnMeasured
from ovexplorer.schema.drift import Drift
from ovexplorer.schema.histogram import merge
from ovexplorer.schema.protocol import ConfigurationReady, EngineDied, Failed
from ovexplorer.schema.recorded import StoredEvent
from ovexplorer.schema.results import Turn, Window
from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.session import Session
from ovexplorer.session.source import Source

TOGETHER_S = 0.5
"""Least length of a turn of several engines at once."""

A, B = 1, 2
"""Segments that turns of both contenders carry."""


class StartEngine(Protocol):
    """Starts an engine; `ProcessSource.start` is one."""

    def __call__(self, *, cpus: tuple[int, ...] = (), framework: str = "") -> Awaitable[Source]:
        """An engine on these CPUs (empty: all that are allowed), of OpenVINO or of another framework."""
        ...


class Contender:
    """One more engine, with one configuration at a time.

    Args:
        start: Starts it.
        cpus: Its affinity mask; empty leaves it as it is.
        framework: `onnxruntime` or `pytorch`; empty for OpenVINO.
    """

    def __init__(self, start: StartEngine, *, cpus: tuple[int, ...] = (), framework: str = "") -> None:
        self._session = Session(lambda: start(cpus=cpus, framework=framework))
        self._session.listen(self._take)
        self._life: asyncio.Task[None] | None = None
        self._segment = 0
        self._contest = 0
        self._trouble: EngineError | None = None
        self._turns: list[Turn] = []
        self._drifts: list[Drift] = []
        self.ready: ConfigurationReady | None = None
        """The configuration that is held."""

    @property
    def broken(self) -> bool:
        """Whether something failed in it: what it answers from then on cannot be told from that."""
        return self._trouble is not None

    async def prepare(self, spec: RunSpec) -> None:
        """Compile and hold a configuration, instead of the one before.

        Raises:
            EngineError: It cannot be done.
        """
        if self._life is None:
            self._life = asyncio.create_task(self._session.run())
        if self._segment:
            await self._session.send(Release())
        self._segment, self.ready = self._session.next_segment(), None
        await self._session.send(Prepare(segment=self._segment, spec=spec))
        await self._until(lambda: self.ready is not None)

    async def turn(self, seconds: float, fewest: int) -> Turn:
        """Run one turn.

        Raises:
            EngineError: It failed.
        """
        self._turns.clear()
        self._contest += 1
        await self._session.send(
            RunTurns(contest=self._contest, turns=(self._segment,), seconds=seconds, fewest=fewest)
        )
        await self._until(lambda: bool(self._turns))
        return self._turns[-1]

    async def drift(self, against: RunSpec, seconds: float) -> Drift:
        """How far its outputs move from a reference.

        Raises:
            EngineError: It failed.
        """
        self._drifts.clear()
        await self._session.send(MeasureDrift(segments=(self._segment,), against=against, seconds=seconds))
        await self._until(lambda: bool(self._drifts))
        return self._drifts[-1]

    async def close(self) -> None:
        """End it; nothing of it is left."""
        await self._session.close()
        if self._life is not None:
            with suppress(asyncio.CancelledError):
                await self._life

    async def _until(self, done: Callable[[], bool]) -> None:
        await self._session.until(lambda _: done() or self._trouble is not None)
        if self._trouble is not None:
            raise self._trouble
        if not done():
            raise EngineError("the other engine ended")

    def _take(self, event: StoredEvent) -> None:
        match event:
            case ConfigurationReady() if event.segment == self._segment:
                self.ready = event
            case TurnMeasured() if event.contest == self._contest:
                self._turns.append(event.turn)
            case DriftMeasured() if event.drift.segment == self._segment:
                self._drifts.append(event.drift)
            case Failed():
                self._trouble = EngineError(event.what, event.hint, tuple(event.detail))
            case EngineDied() if not event.expected:
                lines = tuple(event.stderr)
                self._trouble = EngineError("the other engine died", "less memory or fewer processes may help", lines)
            case _:
                pass


class Crew:
    """Contenders that run the same at the same moment; a single one is a crew too."""

    def __init__(self, members: Sequence[Contender]) -> None:
        self._members = tuple(members)

    @property
    def ready(self) -> ConfigurationReady | None:
        """Of the first of them."""
        return self._members[0].ready

    @property
    def broken(self) -> bool:
        """Whether one of them is."""
        return any(member.broken for member in self._members)

    @property
    def least_s(self) -> float:
        """Least length of a turn."""
        return TOGETHER_S if len(self._members) > 1 else paired.TURN_S

    async def prepare(self, spec: RunSpec) -> None:
        """Compile and hold a configuration in each, one after the other: memory peaks do not add.

        Raises:
            EngineError: One of them cannot.
        """
        for member in self._members:
            await member.prepare(spec)

    async def turn(self) -> Turn:
        """Run one turn in all of them at once.

        Raises:
            EngineError: One of them failed.
        """
        tasks = [asyncio.create_task(m.turn(self.least_s, paired.FEWEST_IN_TURN)) for m in self._members]
        try:
            return pooled(await asyncio.gather(*tasks))
        finally:
            for task in tasks:
                task.cancel()

    async def drift(self, against: RunSpec, seconds: float) -> Drift:
        """Of the first of them: all compute the same."""
        return await self._members[0].drift(against, seconds)

    async def close(self) -> None:
        """End all of them."""
        for member in self._members:
            await member.close()


def pooled(turns: Sequence[Turn]) -> Turn:
    """Turns that ran at the same moment as one: counts and latencies together, and a length that makes rates add."""
    if len(turns) == 1:
        return turns[0]
    windows = [turn.window for turn in turns]
    rate = sum(w.count / (w.end_ns - w.start_ns) for w in windows)
    total = sum(w.count for w in windows)
    start_ns = windows[0].start_ns
    window = msgspec.structs.replace(
        windows[0],
        end_ns=start_ns + round(total / rate),
        count=total,
        sum_ns=sum(w.sum_ns for w in windows),
        min_ns=min(w.min_ns for w in windows),
        max_ns=max(w.max_ns for w in windows),
        median_ns=_middle(windows),
        histogram=merge(w.histogram for w in windows),
        host_ns=sum(w.host_ns for w in windows),
    )
    cpu_ns, dropped = sum(t.cpu_ns for t in turns), sum(t.dropped for t in turns)
    return Turn(window=window, cpu_ns=cpu_ns, dropped=dropped)


def _middle(windows: Sequence[Window]) -> int:
    """The median of medians, each as often as it has inferences."""
    ordered = sorted((window.median_ns, window.count) for window in windows)
    half, seen = sum(count for _, count in ordered) / 2, 0
    for value, count in ordered:
        seen += count
        if seen >= half:
            return value
    return ordered[-1][0]


def share_out(cpus: Sequence[int], count: int) -> tuple[tuple[int, ...], ...]:
    """Neighbouring CPUs for each of several processes, as evenly as it goes; none is left without one."""
    count = max(1, min(count, len(cpus)))
    ordered = sorted(cpus)
    edges = [len(ordered) * number // count for number in range(count + 1)]
    return tuple(tuple(ordered[start:end]) for start, end in pairwise(edges))


async def run_across(
    a: Crew,
    b: Crew,
    *,
    budget_s: float,
    judge: Callable[[tuple[Turn, ...]], PairEstimate],
    gate: Callable[[], Awaitable[None]],
    told: Callable[[tuple[Turn, ...]], None],
) -> tuple[Turn, ...]:
    """Quads A B B A over two crews until the same rule as inside one engine decides, or the budget is used up.

    Args:
        a: The first bar, prepared.
        b: What is asked about, prepared.
        budget_s: Counted time of all turns; at least one quad is run.
        judge: What turns say so far; they carry the segments `A` and `B`.
        gate: Awaited before each quad.
        told: Gets all turns after each quad.

    Raises:
        EngineError: One of them failed.
    """
    turns: list[Turn] = []
    look = paired.next_look(0)
    while look is not None:
        await gate()
        for segment, crew in ((A, a), (B, b), (B, b), (A, a)):
            turn = await crew.turn()
            turns.append(msgspec.structs.replace(turn, window=msgspec.structs.replace(turn.window, segment=segment)))
        so_far = tuple(turns)
        told(so_far)
        if counted_s(so_far) >= budget_s:
            break
        if len(so_far) == 4 * look:
            said = judge(so_far)
            if said.verdict != "no_difference" or said.precise:
                break
            look = paired.next_look(look)
    return tuple(turns)


def counted_s(turns: Sequence[Turn]) -> float:
    """Seconds that turns took together."""
    return sum(turn.window.end_ns - turn.window.start_ns for turn in turns) * 1e-9
