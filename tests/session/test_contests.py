"""Comparisons as the session keeps them: what is sent, what becomes of the events, how they end."""

from __future__ import annotations

import asyncio

import pytest

from ovexplorer.errors import ReplayError
from ovexplorer.schema.contest import (
    DivergenceFound,
    DriftMeasured,
    FindDivergence,
    MeasureDrift,
    Prepare,
    Release,
    RunTurns,
)
from ovexplorer.schema.drift import Divergence, Drift
from ovexplorer.schema.protocol import ChangeSpec, EngineDied, Failed, PhaseStarted, StopRun
from ovexplorer.schema.recorded import Contested, Settled
from ovexplorer.session.contest_drafts import MOST_CONTESTS
from ovexplorer.session.state import Contest
from ovexplorer.text import clean
from tests.session.contest_kit import Bench, bench, turn
from tests.session.session_kit import OTHER, SPEC, THIRD, hello, measured, ready


async def begun(made: Bench) -> Contest:
    """A contest beside a live run; its contestants are segments 2 and 3."""
    await made.live()
    await made.session.contests.begin(SPEC, OTHER, kind="ab", metric="latency", budget_s=20)
    contest = made.session.contests.active
    assert contest is not None
    return contest


def contest_of(made: Bench, number: int = 1) -> Contest:
    found = made.session.contests.of(number)
    assert found is not None
    return found


def failed(segment: int, continues: int = 0) -> Failed:
    return Failed(
        segment=segment,
        kind="compile_failed",
        phase="compile",
        what=clean("no"),
        hint=clean("do"),
        continues=continues,
    )


async def test_a_contest_is_recorded_and_both_are_prepared() -> None:
    async with bench() as made:
        contest = await begun(made)
        assert (contest.number, contest.a.number, contest.b.number, contest.stopped) == (1, 2, 3, None)
        assert made.engine.sent[-2:] == [Prepare(segment=2, spec=SPEC), Prepare(segment=3, spec=OTHER)]
        asked = [entry.message for entry in made.kept if isinstance(entry.message, Contested)]
        assert [(entry.a_segment, entry.b_segment, entry.budget_s) for entry in asked] == [(2, 3, 20)]
        # The engine's clock, as near as it is known.
        assert contest.started_ns == made.session.engine_now()


async def test_contestants_are_no_segments_of_the_run() -> None:
    async with bench() as made:
        await begun(made)
        await made.engine.emit(PhaseStarted(phase="compile", segment=2, at_ns=7))
        state = made.session.state
        assert state.status == "working"
        assert state.phase is not None
        assert state.phase.phase == "compile"
        await made.engine.emit(ready(2), ready(3), turn(1, 2), measured(1, 900))
        state = made.session.state
        assert [segment.number for segment in state.segments] == [1]
        assert len(state.segments[0].windows) == 2
        assert contest_of(made).ready


async def test_turns_drift_and_divergence_arrive_at_their_contest() -> None:
    async with bench() as made:
        contest = await begun(made)
        await made.engine.emit(ready(2), ready(3), turn(1, 2), turn(1, 3), turn(1, 3), turn(1, 2))
        await made.session.contests.run(1, (2, 3), seconds=0.5, fewest=9)
        assert made.engine.sent[-1] == RunTurns(contest=1, turns=(2, 3), seconds=0.5, fewest=9)
        await made.session.contests.measure_drift(contest, SPEC, inputs=3, seconds=1)
        assert made.engine.sent[-1] == MeasureDrift(segments=(2, 3), against=SPEC, inputs=3, seconds=1)
        await made.session.contests.find_divergence(contest, SPEC)
        assert made.engine.sent[-1] == FindDivergence(segment=3, spec=OTHER, against=SPEC)
        drift = Drift(segment=3, state="measured", inputs=3)
        divergence = Divergence(segment=3, threshold=0.001, first=None)
        await made.engine.emit(DriftMeasured(drift=drift), DivergenceFound(divergence=divergence))
        said = contest_of(made)
        assert [one.window.segment for one in said.turns] == [2, 3, 3, 2]
        assert (len(said.a.windows), len(said.b.windows)) == (2, 2)
        assert (said.drift_a, said.drift_b, said.divergence) == (None, drift, divergence)


async def test_turns_of_others_and_late_ones_are_left_out() -> None:
    async with bench() as made:
        await begun(made)
        await made.engine.emit(turn(1, 2), turn(9, 2), turn(1, 1), turn(1, 99))
        assert len(contest_of(made).turns) == 1
        await made.session.contests.end("decided")
        await made.engine.emit(turn(1, 3))
        assert len(contest_of(made).turns) == 1
        assert contest_of(made).b.windows == ()


async def test_an_unchanged_contest_stays_the_same_object() -> None:
    async with bench() as made:
        await begun(made)
        before = contest_of(made)
        await made.engine.emit(measured(1, 5_000))
        assert contest_of(made) is before
        await made.engine.emit(turn(1, 2))
        assert contest_of(made) is not before


async def test_the_end_is_recorded_and_lets_them_go() -> None:
    async with bench() as made:
        await begun(made)
        await made.engine.emit(PhaseStarted(phase="compile", segment=2, at_ns=7))
        await made.session.contests.end("precise")
        assert made.engine.sent[-1] == Release()
        assert contest_of(made).stopped == "precise"
        assert contest_of(made).a.running_phase is None
        assert made.session.contests.active is None
        assert made.session.state.status == "live"
        await made.session.contests.end("user")
        settled = [entry.message for entry in made.kept if isinstance(entry.message, Settled)]
        assert [(entry.contest, entry.stopped) for entry in settled] == [(1, "precise")]
        assert contest_of(made).stopped == "precise"


async def test_another_contest_ends_the_one_before() -> None:
    async with bench() as made:
        await begun(made)
        number = await made.session.contests.begin(OTHER, THIRD, kind="check", metric="latency", budget_s=6)
        assert number == 2
        assert contest_of(made).stopped == "user"
        assert made.engine.sent[-3:] == [Release(), Prepare(segment=4, spec=OTHER), Prepare(segment=5, spec=THIRD)]
        assert made.session.contests.active is contest_of(made, 2)


async def test_a_toggle_ends_it_and_numbers_do_not_meet() -> None:
    async with bench() as made:
        await begun(made)
        await made.session.change(THIRD)
        assert made.engine.sent[-1] == ChangeSpec(segment=4, spec=THIRD)
        assert contest_of(made).stopped == "user"
        assert [segment.number for segment in made.session.state.segments] == [1, 4]


async def test_another_run_forgets_contests() -> None:
    async with bench() as made:
        await begun(made)
        await made.session.start(OTHER)
        assert made.session.state.contests == ()
        await made.engine.emit(turn(1, 2), ready(2))
        assert made.session.state.contests == ()


async def test_the_end_of_the_run_ends_it() -> None:
    async with bench() as made:
        await begun(made)
        await made.session.stop()
        assert made.engine.sent[-1] == StopRun()
        assert contest_of(made).stopped == "user"


async def test_the_death_of_the_engine_ends_it() -> None:
    async with bench() as made:
        await begun(made)
        await made.engine.emit(EngineDied(exit_code=-9, while_doing="compile", expected=False))
        assert contest_of(made).stopped == "failed"
        assert made.session.contests.active is None


async def test_a_contestant_that_fails_leaves_the_run_alone() -> None:
    async with bench() as made:
        await begun(made)
        await made.engine.emit(PhaseStarted(phase="compile", segment=3, at_ns=7), failed(3, continues=1))
        state = made.session.state
        assert contest_of(made).b.failed == failed(3, continues=1)
        assert state.segments[0].failed is None
        assert (state.active, state.status) == (1, "live")
        assert made.session.asked == SPEC


async def test_only_so_many_are_kept() -> None:
    async with bench() as made:
        await made.live()
        for _ in range(MOST_CONTESTS + 3):
            await made.session.contests.begin(SPEC, OTHER, kind="check", metric="latency", budget_s=6)
        contests = made.session.state.contests
        assert len(contests) == MOST_CONTESTS
        assert contests[-1].number == MOST_CONTESTS + 3
        assert made.session.contests.of(1) is None


async def test_a_contest_without_an_engine_waits_for_one() -> None:
    made = Bench()
    await made.session.contests.begin(SPEC, OTHER, kind="ab", metric="latency", budget_s=20)
    task = asyncio.create_task(made.session.run())
    await made.engines(1)
    await made.engine.emit(hello())
    assert made.engine.sent == [Prepare(segment=1, spec=SPEC), Prepare(segment=2, spec=OTHER)]
    await made.session.close()
    await asyncio.wait_for(task, 5)


async def test_nothing_is_compared_in_a_replay(monkeypatch: pytest.MonkeyPatch) -> None:
    async with bench() as made:
        contest = await begun(made)
        monkeypatch.setattr(made.engine, "facts", lambda: {"speed": "1"})
        with pytest.raises(ReplayError):
            await made.session.contests.begin(SPEC, OTHER, kind="ab", metric="latency", budget_s=20)
        with pytest.raises(ReplayError):
            await made.session.contests.find_divergence(contest, SPEC)
