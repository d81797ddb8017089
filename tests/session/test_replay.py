from __future__ import annotations

import asyncio
from datetime import datetime, timezone
from pathlib import Path

import pytest
from session_kit import OTHER, SPEC, hello, measured, ready, turns

from ovexplorer.clock import ManualClock
from ovexplorer.errors import ReplayError
from ovexplorer.history.recording import Recorder, Recording, RecordingHeader, read_recording
from ovexplorer.schema.protocol import EngineDied, Pause, Resume, RunFinished, StopRun, WindowMeasured
from ovexplorer.schema.recorded import Asked, Recorded, StoredEvent
from ovexplorer.session.fake import FakeSource
from ovexplorer.session.replay import ReplaySource, state_of
from ovexplorer.session.session import Session
from ovexplorer.session.source import Source
from ovexplorer.text import clean

SECOND = 1_000_000_000
MESSAGES = [
    hello(),
    Asked(segment=1, spec=SPEC, title=clean(""), at_ns=1_500, new_run=True),
    ready(1),
    measured(1, 2_000),
    Pause(),
    measured(1, 3_000),
]


def recording(step_ns: int = SECOND) -> Recording:
    entries = tuple(Recorded(at_ns=77 + n * step_ns, message=message) for n, message in enumerate(MESSAGES))
    header = RecordingHeader(started=datetime(2026, 1, 1, tzinfo=timezone.utc), version=clean("0"))
    return Recording(Path("x.ovx"), header, entries, cut_off=False)


async def everything(source: ReplaySource) -> list[StoredEvent]:
    return [event async for event in source.events()]


async def test_without_waiting_all_events_come_and_commands_do_not() -> None:
    source = ReplaySource(recording(), speed=0)
    assert await everything(source) == [message for message in MESSAGES if not isinstance(message, Pause)]
    assert source.facts() == {"speed": "ended", "at": "0:05", "length": "0:05"}


async def test_the_clock_and_the_speed_say_when_an_event_comes() -> None:
    clock = ManualClock()
    source = ReplaySource(recording(), speed=2, clock=clock)
    seen: list[StoredEvent] = []

    async def watch() -> None:
        nonlocal seen
        async for event in source.events():
            seen += [event]

    async def at(seconds: float) -> int:
        clock.advance(seconds)
        source.set_speed(source.speed)  # Wakes the waiting replay; its clock stands still otherwise.
        for _ in range(10):
            await asyncio.sleep(0)
        return len(seen)

    task = asyncio.create_task(watch())
    assert await at(0.0) == 1
    assert await at(0.4) == 1
    assert await at(0.1) == 2
    source.toggle_pause()
    assert await at(60.0) == 2
    assert source.facts()["speed"] == "paused"
    source.toggle_pause()
    assert await at(0.5) == 3
    source.set_speed(0.5)
    assert await at(1.9) == 3
    assert await at(0.1) == 4
    await source.send(Pause())
    await source.send(StopRun())
    assert source.paused
    await source.send(Resume())
    source.set_speed(100)
    assert await at(1.0) == 5
    await asyncio.wait_for(task, 5)


async def test_closing_ends_a_waiting_replay() -> None:
    source = ReplaySource(recording(3600 * SECOND), clock=ManualClock())
    task = asyncio.create_task(everything(source))
    await asyncio.sleep(0)
    await source.close()
    assert len(await asyncio.wait_for(task, 5)) == 1


@pytest.mark.timeout(20)
async def test_a_session_on_a_replay_shows_it_and_starts_nothing() -> None:
    made: list[ReplaySource] = []

    async def connect() -> Source:
        made.append(ReplaySource(recording(), speed=0))
        return made[-1]

    session = Session(connect)
    task = asyncio.create_task(session.run())
    state = await session.until(lambda state: bool(state.segments and state.segments[0].count == 6))
    assert state.extra["length"] == "0:05"
    assert session.asked == SPEC
    for refused in (session.start(OTHER), session.change(OTHER), session.restart(), session.undo(), session.profile()):
        with pytest.raises(ReplayError, match="a recording is shown"):
            await refused
    await session.stop()
    assert not await session.cancel()
    assert len(made) == 1
    assert session.state.segments == state.segments
    await session.close()
    await asyncio.wait_for(task, 5)


async def test_a_replay_comes_to_the_state_that_was_recorded(tmp_path: Path) -> None:
    path = tmp_path / "run.ovx"
    sources: list[FakeSource] = []

    async def connect() -> Source:
        sources.append(FakeSource())
        return sources[-1]

    with Recorder(path, "0.1") as recorder:
        session = Session(connect, recorder=recorder)
        task = asyncio.create_task(session.run())
        await turns(lambda: session._source is not None)
        await sources[0].emit(hello())
        await session.start(SPEC)
        await sources[0].emit(ready(1), measured(1))
        await session.change(OTHER, "Hint latency→throughput")
        session.note("here")
        assert await session.cancel()
        await turns(lambda: len(sources) == 2 and session._source is sources[1])
        await sources[1].emit(hello(pid=8), ready(3), measured(3), RunFinished(segment=3, at_ns=5, reason="stopped"))
        live = session.state
        await session.close()
        await task
    again = state_of(read_recording(path))
    assert again == live
    assert again.status == "finished"


async def test_a_death_in_the_middle_does_not_end_a_replay() -> None:
    header = recording().header
    messages = [hello(), EngineDied(exit_code=-11, while_doing="run", expected=False), hello(pid=9)]
    entries = tuple(Recorded(at_ns=n, message=message) for n, message in enumerate(messages))
    source = ReplaySource(Recording(Path("x"), header, entries, cut_off=False), speed=0)
    assert await everything(source) == messages


@pytest.mark.parametrize(("asked", "held"), [(1e9, 1_000.0), (0.001, 0.1), (-3, 0.0), (0, 0.0)])
def test_speeds_are_held_in_bounds(asked: float, held: float) -> None:
    source = ReplaySource(recording())
    source.set_speed(asked)
    assert source.speed == held


def test_the_state_of_a_recording() -> None:
    state = state_of(recording())
    assert state.segments[0].count == 6
    assert isinstance(MESSAGES[3], WindowMeasured)
