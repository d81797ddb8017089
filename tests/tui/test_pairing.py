from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ovexplorer.clock import ManualClock
from ovexplorer.errors import OvexplorerError
from ovexplorer.schema.contest import MeasureDrift, Prepare, Release, RunTurns
from ovexplorer.schema.protocol import RunPaused
from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.fake import FakeSource
from ovexplorer.session.session import Session
from ovexplorer.settings import Settings
from ovexplorer.tui.figures import RunFigures
from ovexplorer.tui.pairing import Pairing
from ovexplorer.tuning.pair import PairPlan
from tests.tui.compare_kit import A, B, counted, drift_of, finished, quads, ready_of
from tests.tui.conftest import HELLO


@dataclass
class Bench:
    session: Session
    source: FakeSource
    figures: RunFigures
    pairing: Pairing
    errors: list[OvexplorerError] = field(default_factory=list)

    async def emit(self, *events: Any) -> None:
        await self.source.emit(*events)
        await self.settle()

    async def settle(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)

    def sent(self, kind: type) -> list[Any]:
        return [command for command in self.source.sent if isinstance(command, kind)]

    async def live(self, spec: RunSpec, segment: int, seconds: int, latency_ns: int = 10_000_000) -> None:
        """Ask for a configuration and let it be counted."""
        await self.session.change(spec)
        await self.emit(ready_of(segment), *(counted(segment, segment * 100 + n, latency_ns) for n in range(seconds)))

    def name_baseline(self) -> None:
        self.figures.feed(self.session.state)
        assert self.figures.set_baseline(self.session.state.segments[0])


@asynccontextmanager
async def opened(**settings: Any) -> AsyncIterator[Bench]:
    source = FakeSource()

    async def connect() -> FakeSource:
        return source

    session = Session(connect, clock=ManualClock())
    figures = RunFigures()
    errors: list[OvexplorerError] = []
    pairing = Pairing(session, Settings(**settings), figures, here=Path("/models"), failed=errors.append)
    task = asyncio.create_task(session.run())
    try:
        await asyncio.sleep(0)
        await source.emit(HELLO)
        yield Bench(session, source, figures, pairing, errors)
    finally:
        pairing.stop()
        await session.close()
        await task


async def test_toggle_is_checked_against_the_baseline_after_two_seconds():
    async with opened() as bench:
        await bench.live(A, 1, 3)
        bench.name_baseline()
        await bench.live(B, 2, 1)
        assert not bench.sent(Prepare)
        await bench.emit(counted(2, 201))
        assert [command.spec for command in bench.sent(Prepare)] == [A, B]
        contest = bench.session.state.contest
        assert contest is not None
        assert (contest.kind, contest.metric) == ("check", "latency")


async def test_check_runs_to_its_verdict_and_is_not_repeated():
    async with opened() as bench:
        await bench.live(A, 1, 3)
        bench.name_baseline()
        await bench.live(B, 2, 2)
        contest = bench.session.state.contest
        assert contest is not None
        a, b = contest.a.number, contest.b.number
        await bench.emit(ready_of(a), ready_of(b))
        assert bench.sent(MeasureDrift)[0].against == A
        await bench.emit(drift_of(a), drift_of(b, 0.0))
        assert len(bench.sent(RunTurns)[0].turns) == 32
        await bench.emit(*quads(contest.number, a, b, 8), finished(contest.number))
        assert bench.session.state.contests[-1].stopped == "decided"
        assert len(bench.sent(Release)) == 1
        await bench.emit(*(counted(2, 300 + n) for n in range(5)))
        assert len(bench.session.state.contests) == 1
        assert not bench.pairing.running


async def test_toggle_ends_the_check_and_coming_back_checks_again():
    async with opened() as bench:
        await bench.live(A, 1, 3)
        bench.name_baseline()
        await bench.live(B, 2, 2)
        assert bench.session.state.contest is not None
        await bench.session.change(A)
        await bench.settle()
        assert bench.session.state.contests[-1].stopped == "user"
        assert not bench.pairing.running
        await bench.live(B, 6, 2)
        assert len(bench.session.state.contests) == 2


async def test_pause_ends_the_check_and_it_is_not_begun_again():
    async with opened() as bench:
        await bench.live(A, 1, 3)
        bench.name_baseline()
        await bench.live(B, 2, 2)
        await bench.emit(RunPaused(at_ns=9_000_000_000))
        assert bench.session.state.contests[-1].stopped == "user"
        assert len(bench.sent(Release)) == 1
        await bench.emit(*(counted(2, 300 + n) for n in range(5)))
        assert len(bench.session.state.contests) == 1


async def test_another_comparison_releases_the_first_before_it_prepares():
    async with opened() as bench:
        await bench.live(A, 1, 3)
        bench.name_baseline()
        await bench.live(B, 2, 2)
        bench.pairing.start(PairPlan(B, A))
        await bench.settle()
        kinds = [type(command).__name__ for command in bench.source.sent if isinstance(command, Prepare | Release)]
        assert kinds == ["Prepare", "Prepare", "Release", "Prepare", "Prepare"]
        assert bench.session.state.contest is not None
        assert bench.session.state.contest.kind == "ab"


async def test_new_run_is_checked_anew():
    async with opened() as bench:
        await bench.live(A, 1, 3)
        bench.name_baseline()
        await bench.live(B, 2, 2)
        await bench.session.start(A)
        await bench.emit(ready_of(5), *(counted(5, 500 + n) for n in range(3)))
        bench.name_baseline()
        await bench.live(B, 6, 2)
        assert len(bench.session.state.contests) == 1
        assert bench.session.state.contest is not None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"iterations": 500}, "ends by itself"),
        ({"load": "poisson"}, "paced load"),
        ({"properties": {"ENABLE_CPU_RESERVATION": "YES"}}, "reserves cores"),
    ],
)
async def test_what_cannot_be_checked_is_not_and_says_why(changes, words):
    async with opened() as bench:
        await bench.live(A, 1, 3)
        bench.name_baseline()
        await bench.live(msgspec.structs.replace(B, **changes), 2, 4)
        assert not bench.sent(Prepare)
        assert words in bench.pairing.reason_not(bench.session.state)


async def test_slow_model_is_left_to_the_user():
    async with opened() as bench:
        await bench.live(A, 1, 3, latency_ns=400_000_000)
        bench.name_baseline()
        await bench.live(B, 2, 4, latency_ns=300_000_000)
        assert not bench.sent(Prepare)
        assert bench.pairing.reason_not(bench.session.state) == "too slow for a check; x compares"


async def test_model_of_some_ten_milliseconds_gets_the_time_it_needs():
    async with opened() as bench:
        await bench.live(A, 1, 3, latency_ns=57_000_000)
        bench.name_baseline()
        await bench.live(B, 2, 2, latency_ns=41_000_000)
        contest = bench.session.state.contest
        assert contest is not None
        # 16 turns of each side, six inferences a turn.
        assert 16 * 6 * (0.057 + 0.041) < contest.budget_s < 20


async def test_nothing_is_checked_when_the_setting_says_so():
    async with opened(verify_toggle=False) as bench:
        await bench.live(A, 1, 3)
        bench.name_baseline()
        await bench.live(B, 2, 4)
        assert not bench.sent(Prepare)
        assert "verify_toggle" in bench.pairing.reason_not(bench.session.state)


async def test_nothing_is_checked_while_something_else_has_the_engine():
    async with opened() as bench:
        await bench.live(A, 1, 3)
        bench.name_baseline()
        bench.pairing.held = lambda: True
        await bench.live(B, 2, 3)
        assert not bench.sent(Prepare)
        bench.pairing.held = lambda: False
        await bench.emit(counted(2, 203))
        assert [command.spec for command in bench.sent(Prepare)] == [A, B]


async def test_without_a_baseline_there_is_nothing_to_check_against():
    async with opened() as bench:
        await bench.live(A, 1, 1)
        await bench.live(B, 2, 2)
        assert bench.pairing.reason_not(bench.session.state) == "no baseline yet"
        assert not bench.sent(Prepare)
