from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from session_kit import OTHER, SPEC, THIRD, hello, measured, ready, turns

from ovexplorer.clock import ManualClock
from ovexplorer.errors import EngineDiedError
from ovexplorer.schema.protocol import (
    ChangeSpec,
    DescribeDevices,
    EngineDied,
    Failed,
    Hello,
    Pause,
    PhaseStarted,
    Profile,
    Resume,
    SetLimits,
    StartRun,
    StopRun,
)
from ovexplorer.schema.recorded import Asked, Recorded
from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.fake import FakeSource
from ovexplorer.session.session import Session
from ovexplorer.session.source import Source
from ovexplorer.text import clean


class Bench:
    """A session on fake engines."""

    def __init__(self) -> None:
        self.sources: list[FakeSource] = []
        self.kept: list[Recorded] = []
        self.full = ""
        self.clock = ManualClock(start_ns=500)
        self.session = Session(self._connect, clock=self.clock, recorder=self, describe=self._describe)

    async def _connect(self) -> Source:
        self.sources.append(FakeSource())
        return self.sources[-1]

    def _describe(self, old: RunSpec, new: RunSpec) -> str:
        return "" if old == new else f"{_word(old)}→{_word(new)}"

    def write(self, entry: Recorded) -> str | None:
        if self.full:
            return self.full
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


def _word(spec: RunSpec) -> str:
    return "async" if spec.api == "async" else spec.properties["PERFORMANCE_HINT"]


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


async def test_commands_given_before_the_engine_is_there_are_sent_to_it() -> None:
    made = Bench()
    await made.session.describe_devices(("CPU_SIM",))
    await made.session.start(SPEC)
    task = asyncio.create_task(made.session.run())
    await made.engines(1)
    assert made.engine.sent == [DescribeDevices(stand_ins=("CPU_SIM",)), StartRun(segment=1, spec=SPEC)]
    await made.session.close()
    await task
    assert len(made.sources) == 1


async def test_start_change_undo_redo() -> None:
    async with bench() as made:
        await made.live()
        await made.session.change(OTHER)
        await made.engine.emit(ready(2), measured(2))
        assert await made.session.undo()
        assert not await made.session.undo()
        await made.engine.emit(ready(3))
        assert made.session.asked == SPEC
        assert await made.session.redo()
        await made.engine.emit(ready(4))
        assert not await made.session.redo()
        assert made.session.asked == OTHER
        assert made.engine.sent == [
            StartRun(segment=1, spec=SPEC),
            ChangeSpec(segment=2, spec=OTHER),
            ChangeSpec(segment=3, spec=SPEC),
            ChangeSpec(segment=4, spec=OTHER),
        ]
        titles = [mark.text for mark in made.session.state.marks]
        assert titles == ["LATENCY→THROUGHPUT", "THROUGHPUT→LATENCY", "LATENCY→THROUGHPUT"]


async def test_a_change_after_an_undo_forgets_what_could_be_redone() -> None:
    async with bench() as made:
        await made.live()
        await made.session.change(OTHER)
        await made.session.undo()
        await made.session.change(THIRD)
        assert not made.session.can_redo
        assert made.session.can_undo


async def test_the_same_spec_is_no_change() -> None:
    async with bench() as made:
        await made.live()
        await made.session.change(SPEC)
        assert len(made.engine.sent) == 1


async def test_the_newest_toggle_wins_and_is_named_against_what_runs() -> None:
    async with bench() as made:
        await made.live()
        await made.session.change(OTHER)
        await made.session.change(THIRD)
        assert [mark.text for mark in made.session.state.marks] == ["LATENCY→async"]
        assert [segment.withdrawn for segment in made.session.state.segments] == [False, True, False]


async def test_the_time_of_a_key_press_is_on_the_clock_of_the_engine() -> None:
    async with bench() as made:
        await made.live()
        made.clock.advance(2)
        await made.session.change(OTHER)
        assert made.session.state.marks[0].at_ns == 1_000_500 + 2_000_000_000


async def test_a_refused_toggle_takes_the_asked_spec_back() -> None:
    async with bench() as made:
        await made.live()
        await made.session.change(OTHER)
        await made.engine.emit(
            Failed(segment=2, kind="compile_failed", phase="compile", what=clean("no"), hint=clean("x"), continues=1)
        )
        assert made.session.asked == SPEC
        assert not made.session.can_undo
        assert made.session.state.status == "live"


async def test_cancelling_a_compile_brings_the_last_good_configuration_back() -> None:
    async with bench() as made:
        await made.live()
        assert not await made.session.cancel()
        await made.session.change(OTHER)
        await made.engine.emit(PhaseStarted(phase="compile", segment=2, at_ns=3))
        assert await made.session.cancel()
        await made.engines(2)
        assert made.sources[0].killed
        assert made.engine.sent == [StartRun(segment=3, spec=SPEC)]
        await made.engine.emit(hello(pid=8), ready(3))
        state = made.session.state
        assert (state.status, state.died) == ("live", None)
        assert [mark.kind for mark in state.marks] == ["restart"]
        assert "lost" in state.notices[-1].text
        assert made.session.asked == SPEC


async def test_cancelling_the_first_compile_leaves_an_idle_engine() -> None:
    async with bench() as made:
        await made.session.start(SPEC)
        assert await made.session.cancel()
        await made.engines(2)
        await made.engine.emit(hello(pid=8))
        assert made.session.state.status == "idle"
        assert made.engine.sent == []
        assert made.session.asked is None


async def test_a_death_waits_for_a_restart() -> None:
    async with bench() as made:
        await made.live()
        await made.engine.emit(EngineDied(exit_code=-11, while_doing="run", expected=False))
        assert made.session.state.status == "died"
        await turns(lambda: made.sources[0].closed)
        assert len(made.sources) == 1
        await made.session.restart()
        await made.engines(2)
        assert made.engine.sent == [StartRun(segment=2, spec=SPEC)]
        await made.engine.emit(hello(pid=9), ready(2))
        assert made.session.state.status == "live"
        assert [segment.count for segment in made.session.state.segments] == [3, 0]


async def test_a_start_after_a_death_gets_a_new_engine() -> None:
    async with bench() as made:
        await made.engine.emit(EngineDied(exit_code=1, while_doing="idle", expected=False))
        await made.session.start(OTHER)
        await made.engines(2)
        assert made.engine.sent == [StartRun(segment=1, spec=OTHER)]


async def test_a_death_after_queued_commands_does_not_restart_by_itself() -> None:
    async with bench() as made:
        await made.session.start(SPEC)
        await made.engine.emit(EngineDied(exit_code=-9, while_doing="read", expected=False))
        await turns(lambda: made.sources[0].closed)
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(made.sources) == 1


async def test_an_engine_that_cannot_be_started_is_a_death() -> None:
    async def connect() -> Source:
        raise EngineDiedError("no python", "install it")

    session = Session(connect)
    await session.start(SPEC)
    task = asyncio.create_task(session.run())
    state = await session.until(lambda state: state.status == "died")
    assert state.died is not None
    assert state.died.stderr == ("no python",)
    await session.close()
    await task


async def test_everything_is_recorded_once() -> None:
    async with bench() as made:
        await made.live()
        await made.session.change(OTHER)
        await made.session.pause()
        made.session.note("look here")
        names = [type(entry.message).__name__ for entry in made.kept]
        assert names == ["Hello", "Asked", "ConfigurationReady", "WindowMeasured", "Asked", "Pause", "Noted"]
        assert isinstance(made.kept[1].message, Asked)
        assert made.kept[1].message.new_run


async def test_a_recorder_that_stops_is_a_notice_and_the_run_goes_on() -> None:
    async with bench() as made:
        made.full = "disk full"
        await made.live()
        notices = [notice for notice in made.session.state.notices if notice.code == "recording_stopped"]
        assert [notice.text for notice in notices] == ["disk full"]
        assert made.session.state.segments[0].count == 3


async def test_the_other_commands_are_passed_on() -> None:
    async with bench() as made:
        await made.live()
        await made.session.pause()
        await made.session.resume()
        await made.session.profile()
        await made.session.stop()
        assert [type(command) for command in made.engine.sent[1:]] == [Pause, Resume, Profile, StopRun]
        assert made.session.state.profiling


async def test_limits_hold_for_the_next_engine_too() -> None:
    async with bench() as made:
        await made.session.limit(2)
        await made.session.restart()
        await made.engines(2)
        assert made.engine.sent == [SetLimits(kept_configurations=2)]


async def test_a_change_after_the_end_of_a_run_starts_one() -> None:
    async with bench() as made:
        await made.session.start(SPEC)
        await made.engine.emit(
            Failed(segment=1, kind="compile_failed", phase="compile", what=clean("no"), hint=clean("x"))
        )
        await made.session.change(OTHER)
        assert made.engine.sent[-1] == StartRun(segment=2, spec=OTHER)


async def test_listeners_and_waiters_see_every_event() -> None:
    async with bench() as made:
        seen: list[object] = []
        made.session.listen(seen.append)
        waiting = asyncio.create_task(made.session.until(lambda state: bool(state.measured)))
        await made.live()
        assert (await waiting).measured is not None
        assert [type(event).__name__ for event in seen] == ["Asked", "ConfigurationReady", "WindowMeasured"]


async def test_a_waiter_is_let_go_when_the_session_ends() -> None:
    made = Bench()
    task = asyncio.create_task(made.session.run())
    await made.engines(1)
    waiting = asyncio.create_task(made.session.until(lambda state: state.status == "live"))
    await asyncio.sleep(0)
    await made.session.close()
    await task
    assert (await asyncio.wait_for(waiting, 5)).status != "live"


async def test_cancelling_run_closes_the_engine() -> None:
    made = Bench()
    task = asyncio.create_task(made.session.run())
    await made.engines(1)
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
    assert made.engine.closed
    assert not any(isinstance(entry.message, Hello) for entry in made.kept)


async def test_a_configuration_that_needs_a_new_engine_gets_one() -> None:
    async with bench() as made:
        await made.live()
        await made.session.change(OTHER)
        made.engine._queue.put_nowait(
            Failed(segment=2, kind="restart_needed", phase="compile", what=clean("cores kept"), hint=clean("x"))
        )
        await made.engines(2)
        await made.engine.emit(hello(pid=8), ready(3), measured(3))
        assert made.engine.sent == [StartRun(segment=3, spec=OTHER)]
        state = made.session.state
        assert (state.status, state.active) == ("live", 3)
        assert state.segments[1].withdrawn
        assert made.session.asked == OTHER
        assert "engine_replaced" in [notice.code for notice in state.notices]
