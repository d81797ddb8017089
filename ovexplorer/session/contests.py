"""Comparisons of two configurations in turns, as far as the session is concerned: numbers, commands, facts.

What is compared, in which order and for how long is decided by `tuning.pair`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ovexplorer.schema.codec import spec_key
from ovexplorer.schema.contest import FindDivergence, MeasureDrift, Prepare, Release, RunTurns
from ovexplorer.schema.protocol import AnyCommand
from ovexplorer.schema.recorded import Contested, ContestKind, Metric, Settled, Stopped, StoredEvent
from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.state import Contest, RunState


class Conductor(Protocol):
    """What contests need of a session."""

    @property
    def state(self) -> RunState:
        """Everything known now."""
        ...

    async def send(self, command: AnyCommand) -> None:
        """Give the engine a command."""
        ...

    def keep(self, event: StoredEvent) -> None:
        """Take a fact."""
        ...

    def engine_now(self) -> int:
        """The engine's clock."""
        ...

    def next_segment(self) -> int:
        """A number for a contestant."""
        ...

    def refuse_in_replay(self) -> None:
        """Raise while a recording is shown."""
        ...


class Contests:
    """Begins, drives and ends comparisons."""

    def __init__(self, session: Conductor) -> None:
        self._session = session
        self._last = 0

    @property
    def last(self) -> int:
        """Number of the last contest begun; 0 before the first."""
        return self._last

    @property
    def active(self) -> Contest | None:
        """The comparison under way."""
        return self._session.state.contest

    def of(self, number: int) -> Contest | None:
        """A comparison of this run."""
        return next((entry for entry in self._session.state.contests if entry.number == number), None)

    async def begin(self, a: RunSpec, b: RunSpec, *, kind: ContestKind, metric: Metric, budget_s: float) -> int:
        """Have both compiled and held; one that is under way is ended for it.

        Returns:
            The number of the contest.

        Raises:
            ReplayError: A recording is shown.
            UsageError: A spec holds a file name that cannot be sent.
        """
        session = self._session
        session.refuse_in_replay()
        for spec in (a, b):
            spec_key(spec)
        if self.active is not None:
            await self.end("user")
        self._last += 1
        first, second = session.next_segment(), session.next_segment()
        session.keep(
            Contested(
                contest=self._last,
                kind=kind,
                metric=metric,
                a_segment=first,
                a=a,
                b_segment=second,
                b=b,
                budget_s=budget_s,
                at_ns=session.engine_now(),
            )
        )
        await session.send(Prepare(segment=first, spec=a))
        await session.send(Prepare(segment=second, spec=b))
        return self._last

    async def run(self, number: int, turns: Sequence[int], *, seconds: float, fewest: int) -> None:
        """Have contestants run in turns; `TurnMeasured` for each and one `TurnsFinished` follow."""
        await self._session.send(RunTurns(contest=number, turns=tuple(turns), seconds=seconds, fewest=fewest))

    async def measure_drift(
        self, contest: Contest, against: RunSpec, *, inputs: int = 64, seconds: float = 2.0
    ) -> None:
        """Have the outputs of both compared with a reference."""
        segments = (contest.a.number, contest.b.number)
        await self._session.send(MeasureDrift(segments=segments, against=against, inputs=inputs, seconds=seconds))

    async def find_divergence(self, contest: Contest, against: RunSpec) -> None:
        """Have the first operation found whose result moves, in B unless only A moved.

        Raises:
            ReplayError: A recording is shown.
        """
        self._session.refuse_in_replay()
        side = contest.moved or contest.b
        await self._session.send(FindDivergence(segment=side.number, spec=side.spec, against=against))

    async def end(self, stopped: Stopped) -> None:
        """Let the contestants go; the live run goes on."""
        self.settle(stopped)
        await self._session.send(Release())

    def settle(self, stopped: Stopped) -> None:
        """Say that the contest under way is over; whatever is asked of the engine next ends it there too."""
        active = self.active
        if active is not None:
            self._session.keep(Settled(contest=active.number, stopped=stopped, at_ns=self._session.engine_now()))
