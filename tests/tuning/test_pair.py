"""One comparison from beginning to end, stepped by hand: when it looks, when it ends, and that all are let go."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from ovexplorer.analysis.paired import LOOKS
from ovexplorer.schema.contest import DriftMeasured, MeasureDrift, Prepare, Release, RunTurns
from ovexplorer.schema.drift import Drift
from ovexplorer.schema.protocol import ConfigurationReady, EngineDied, Failed, PhaseFinished, PhaseStarted
from ovexplorer.session.state import Contest
from ovexplorer.text import clean
from ovexplorer.tuning.pair import (
    PairPlan,
    estimate_contest,
    metric_of,
    remaining_s,
    run_pair,
    spent_s,
    too_slow,
)
from tests.session.contest_kit import Bench, bench, turn
from tests.session.session_kit import OTHER, SPEC, THIRD, ready, turns

PLAN = PairPlan(a=SPEC, b=OTHER)
SECOND = 1_000_000_000


class Stage:
    """A pair under way on a fake engine, which runs as many turns as a test lets it."""

    def __init__(self, made: Bench, plan: PairPlan) -> None:
        self.made = made
        self.now_ns = 0
        self.answered = 0
        self.task = asyncio.create_task(run_pair(made.session, plan))

    @property
    def contest(self) -> Contest:
        return self.made.session.state.contests[-1]

    async def asked(self, kind: type) -> object:
        """The next command of a kind."""

        def there() -> bool:
            return any(isinstance(command, kind) for command in self.made.engine.sent[self.answered :])

        await turns(lambda: there() or self.task.done())
        assert there(), f"no {kind} came"
        at = next(at for at, c in enumerate(self.made.engine.sent) if at >= self.answered and isinstance(c, kind))
        self.answered = at + 1
        return self.made.engine.sent[at]

    async def compile(self) -> None:
        await self.asked(Prepare)
        await self.asked(Prepare)
        await self.made.engine.emit(ready(self.contest.a.number), ready(self.contest.b.number))

    async def quads(self, a_ms: float, b_ms: float, *, spread: float = 0.0, most: int = 100) -> int:
        """Answer one RunTurns; returns how many quads were asked for."""
        command = await self.asked(RunTurns)
        assert isinstance(command, RunTurns)
        a, b = self.contest.a.number, self.contest.b.number
        count = len(command.turns) // 4
        assert command.turns == (a, b, b, a) * count
        for at in range(min(count, most)):
            # Every other quad says the opposite, each by another amount.
            shift = math.exp((1 if at % 2 else -1) * spread * (1 + at % 7))
            for side in (a, b, b, a):
                await self.turn(side, a_ms if side == a else b_ms * shift)
        return count

    async def turn(self, side: int, milliseconds: float) -> None:
        await self.made.engine.emit(turn(self.contest.number, side, milliseconds, self.now_ns))
        self.now_ns += round(milliseconds * 5e6)

    async def ended(self) -> Contest | None:
        return await asyncio.wait_for(self.task, 5)


@asynccontextmanager
async def stage(plan: PairPlan = PLAN, *, prepared: bool = True) -> AsyncIterator[Stage]:
    async with bench() as made:
        await made.live()
        held = Stage(made, plan)
        if prepared:
            await held.compile()
        yield held
        if not held.task.done():
            held.task.cancel()


def released(held: Stage) -> int:
    return sum(isinstance(command, Release) for command in held.made.engine.sent)


async def test_a_clear_difference_is_decided_at_the_first_look() -> None:
    async with stage() as held:
        assert await held.quads(20, 10) == LOOKS[0]
        contest = await held.ended()
        assert contest is not None
        assert contest.stopped == "decided"
        assert estimate_contest(contest).point == pytest.approx(2, rel=1e-3)
        assert released(held) == 1
        assert held.made.session.state.status == "live"


async def test_no_difference_is_precise_at_the_first_look() -> None:
    async with stage() as held:
        await held.quads(20, 20)
        contest = await held.ended()
        assert contest is not None
        assert (contest.stopped, estimate_contest(contest).verdict) == ("precise", "no_difference")
        assert released(held) == 1


async def test_it_looks_after_fixed_numbers_of_quads_and_then_gives_up() -> None:
    async with stage(plan_of(budget_s=10_000)) as held:
        asked = [await held.quads(20, 20, spread=0.1) for _ in LOOKS]
        assert [sum(asked[: at + 1]) for at in range(len(asked))] == list(LOOKS)
        contest = await held.ended()
        assert contest is not None
        assert contest.stopped == "budget"
        assert len(contest.turns) == 4 * LOOKS[-1]
        assert estimate_contest(contest).verdict == "no_difference"


async def test_turns_that_the_next_look_would_not_count_are_not_begun() -> None:
    # A quad takes 0.4 s: 17 quads come in time, 24 would be more than a quarter over the budget.
    async with stage(plan_of(budget_s=7.5)) as held:
        asked = [await held.quads(20, 20, spread=0.1) for _ in range(3)]
        contest = await held.ended()
        assert contest is not None
        assert (sum(asked), contest.stopped, len(contest.turns)) == (17, "budget", 4 * 17)


async def test_a_look_that_is_nearly_in_time_is_waited_for() -> None:
    async with stage(plan_of(budget_s=8)) as held:
        asked = [await held.quads(20, 20, spread=0.1) for _ in range(4)]
        assert sum(asked) == 24


async def test_between_looks_nothing_is_decided() -> None:
    async with stage() as held:
        await held.quads(20, 10, most=7)
        await settle(held)
        assert not held.task.done()
        assert held.contest.stopped is None


async def test_the_budget_ends_it_after_a_whole_quad() -> None:
    # A turn takes 0.4 s, a quad 1.6 s: at 5.4 s, a quarter over the budget, the fourth is under way.
    async with stage(plan_of(budget_s=4.3)) as held:
        await held.asked(RunTurns)
        a, b = held.contest.a.number, held.contest.b.number
        for side in (a, b, b, a) * 3 + (a, b, b):
            await held.turn(side, 80)
        await settle(held)
        assert spent_s(held.contest) == pytest.approx(6.0)
        assert remaining_s(held.contest) == 0
        assert not held.task.done()
        await held.turn(a, 80)
        contest = await held.ended()
        assert contest is not None
        assert (contest.stopped, len(contest.turns)) == ("budget", 16)
        assert estimate_contest(contest).low is None
        assert released(held) == 1


async def test_what_is_known_to_be_far_too_slow_is_given_up_before_a_turn() -> None:
    # The first inference took 40 s: 10 s each at best, 32 turns of five of them are 27 minutes.
    async with stage(prepared=False) as held:
        await held.asked(Prepare)
        a, b = held.contest.a.number, held.contest.b.number
        for side in (a, b):
            await held.made.engine.emit(
                PhaseStarted(phase="first_inference", segment=side, at_ns=0),
                PhaseFinished(phase="first_inference", segment=side, at_ns=0, duration_ns=40 * SECOND),
                ready(side),
            )
        contest = await held.ended()
        assert contest is not None
        assert (contest.stopped, contest.turns) == ("budget", ())
        assert not any(isinstance(command, RunTurns) for command in held.made.engine.sent)
        assert released(held) == 1


async def test_a_first_turn_that_shows_it_is_far_too_slow_ends_it() -> None:
    async with stage() as held:
        await held.asked(RunTurns)
        await held.turn(held.contest.a.number, 10_000)
        contest = await held.ended()
        assert contest is not None
        assert (contest.stopped, len(contest.turns)) == ("budget", 1)
        assert estimate_contest(contest).quads == 0


async def test_a_small_budget_does_not_make_fast_models_too_slow() -> None:
    async with stage(plan_of(budget_s=0.1)) as held:
        assert not too_slow(held.contest, 0.1)
        await held.quads(20, 20, most=1)
        contest = await held.ended()
        assert contest is not None
        assert (contest.stopped, len(contest.turns)) == ("budget", 4)


@pytest.mark.parametrize("side", ["a", "b"])
async def test_a_side_that_cannot_be_compiled_ends_it(side: str) -> None:
    async with stage(prepared=False) as held:
        await held.asked(Prepare)
        number = held.contest.a.number if side == "a" else held.contest.b.number
        await held.made.engine.emit(failure(number))
        contest = await held.ended()
        assert contest is not None
        assert contest.stopped == "failed"
        assert (contest.a.failed is not None, contest.b.failed is not None) == (side == "a", side == "b")
        assert released(held) == 1
        assert held.made.session.state.status == "live"


async def test_a_side_that_fails_in_its_turn_ends_it() -> None:
    async with stage() as held:
        await held.quads(20, 20, most=2)
        await held.made.engine.emit(failure(held.contest.b.number))
        contest = await held.ended()
        assert contest is not None
        assert (contest.stopped, len(contest.turns)) == ("failed", 8)
        assert released(held) == 1


async def test_cancelling_lets_them_go() -> None:
    async with stage() as held:
        await held.quads(20, 20, most=2)
        held.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await held.task
        assert held.contest.stopped == "user"
        assert released(held) == 1


async def test_a_toggle_meanwhile_ends_it_without_another_release() -> None:
    async with stage() as held:
        await held.made.session.change(THIRD)
        contest = await held.ended()
        assert contest is not None
        assert contest.stopped == "user"
        assert released(held) == 0


async def test_another_run_meanwhile_leaves_nothing() -> None:
    async with stage() as held:
        await held.made.session.start(THIRD)
        assert await held.ended() is None


async def test_the_end_of_the_run_meanwhile_ends_it() -> None:
    async with stage() as held:
        await held.made.session.stop()
        contest = await held.ended()
        assert contest is not None
        assert contest.stopped == "user"


async def test_the_death_of_the_engine_ends_it() -> None:
    async with stage() as held:
        await held.quads(20, 20, most=1)
        await held.made.engine.emit(EngineDied(exit_code=-11, while_doing="run", expected=False))
        contest = await held.ended()
        assert contest is not None
        assert contest.stopped == "failed"


async def test_the_end_of_the_session_ends_it() -> None:
    async with stage() as held:
        await held.asked(RunTurns)
        await held.made.session.close()
        contest = await held.ended()
        assert contest is not None
        assert contest.stopped == "failed"


async def test_drift_is_asked_for_before_the_turns() -> None:
    async with stage(plan_of(drift_against=SPEC, drift_s=1.5)) as held:
        command = await held.asked(MeasureDrift)
        assert isinstance(command, MeasureDrift)
        numbers = (held.contest.a.number, held.contest.b.number)
        assert (command.segments, command.against, command.seconds) == (numbers, SPEC, 1.5)
        assert not any(isinstance(command, RunTurns) for command in held.made.engine.sent)
        for number in numbers:
            drift = Drift(segment=number, state="unavailable", inputs=0, why=clean("no reference"))
            await held.made.engine.emit(DriftMeasured(drift=drift))
        await held.quads(20, 10)
        contest = await held.ended()
        assert contest is not None
        assert contest.stopped == "decided"
        assert contest.drift_b is not None


async def test_a_gate_is_passed_before_each_quad() -> None:
    passed = []

    async def gate() -> None:
        passed.append(len(passed))

    async with stage(plan_of(gate=gate)) as held:
        for _ in range(LOOKS[0]):
            assert await held.quads(20, 10) == 1
        contest = await held.ended()
        assert contest is not None
        assert (contest.stopped, len(contest.turns), len(passed)) == ("decided", 32, 8)


async def test_a_batch_counts_for_the_throughput() -> None:
    async with stage(plan_of(metric="throughput"), prepared=False) as held:
        await held.asked(Prepare)
        await held.made.engine.emit(ready(held.contest.a.number), batched(held.contest.b.number, 4))
        # One inference of four items takes as long as two of one.
        await held.quads(10, 20)
        contest = await held.ended()
        assert contest is not None
        assert contest.stopped == "decided"
        assert estimate_contest(contest).point == pytest.approx(2, rel=1e-3)


def test_the_metric_follows_the_callers() -> None:
    assert metric_of(SPEC, OTHER) == "latency"
    assert metric_of(SPEC, THIRD) == metric_of(THIRD, THIRD) == "throughput"


@pytest.mark.parametrize("pace", [{"load": "fixed"}, {"load": "poisson"}, {"max_rate_fps": 30.0}])
def test_the_throughput_of_a_paced_load_is_the_loads_so_latency_is_compared(pace: dict[str, object]) -> None:
    paced = msgspec.structs.replace(THIRD, **pace)
    assert metric_of(paced, THIRD) == metric_of(THIRD, paced) == metric_of(paced, paced) == "latency"


def plan_of(**changes: object) -> PairPlan:
    return PairPlan(**{"a": SPEC, "b": OTHER, **changes})


def batched(segment: int, batch: int) -> ConfigurationReady:
    return msgspec.structs.replace(ready(segment), batch=batch)


def failure(segment: int) -> Failed:
    return Failed(
        segment=segment, kind="compile_failed", phase="compile", what=clean("no"), hint=clean("do"), continues=1
    )


async def settle(held: Stage) -> None:
    """Let the pair see all that happened."""
    for _ in range(20):
        await asyncio.sleep(0)
    assert held.contest is not None
