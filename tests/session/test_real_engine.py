"""The session on the real engine: what is measured, and that nothing stays behind."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from ovexplorer.history.recording import Recorder, read_recording
from ovexplorer.schema.spec import ModelSpec, RunSpec
from ovexplorer.session.process import ProcessSource
from ovexplorer.session.replay import state_of
from ovexplorer.session.session import Session
from ovexplorer.session.state import RunState

pytestmark = pytest.mark.usefixtures("private_temp")

SPEC = RunSpec(model=ModelSpec(path="demo:relu"), properties={"PERFORMANCE_HINT": "LATENCY"})
OTHER = msgspec.structs.replace(SPEC, api="async", requests=2)


def left_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


class Driver:
    """A session and what it started."""

    def __init__(self, recorder: Recorder | None = None) -> None:
        self.session = Session(ProcessSource.start, recorder=recorder)
        self.pids: set[int] = set()

    async def until(self, done: Callable[[RunState], bool]) -> RunState:
        state = await asyncio.wait_for(self.session.until(done), 30)
        if state.engine_pid:
            self.pids.add(state.engine_pid)
        assert done(state), state
        return state

    async def measured(self, segment: int) -> RunState:
        return await self.until(lambda state: any(s.number == segment and s.count > 10 for s in state.segments))


@asynccontextmanager
async def driver(recorder: Recorder | None = None) -> AsyncIterator[Driver]:
    made = Driver(recorder)
    task = asyncio.create_task(made.session.run())
    try:
        yield made
    finally:
        await made.session.close()
        await asyncio.wait_for(task, 30)
    for pid in made.pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


async def test_start_change_pause_and_finish(tmp_path: Path) -> None:
    path = tmp_path / "run.ovx"
    with Recorder(path, "test") as recorder:
        async with driver(recorder) as made:
            await made.session.start(SPEC)
            state = await made.measured(1)
            assert state.status == "live"
            assert state.segments[0].phase_ns("compile")
            assert state.model is not None
            await made.session.change(OTHER, "API sync→async")
            state = await made.measured(2)
            assert [mark.text for mark in state.marks] == ["API sync→async"]
            assert state.marks[0].at_ns <= state.segments[1].windows[0].start_ns
            assert state.segments[0].windows[-1].end_ns <= state.segments[1].windows[0].start_ns
            await made.session.pause()
            await made.until(lambda state: state.status == "paused")
            await made.session.resume()
            await made.until(lambda state: state.status == "live")
            await made.session.stop()
            live = await made.until(lambda state: state.status == "finished")
    again = state_of(read_recording(path))
    assert again.segments == live.segments
    assert again.marks == live.marks


async def test_a_refused_toggle_leaves_the_run_alive() -> None:
    async with driver() as made:
        await made.session.start(SPEC)
        await made.measured(1)
        await made.session.change(msgspec.structs.replace(SPEC, device="NO_SUCH_DEVICE"))
        state = await made.until(lambda state: any(segment.failed for segment in state.segments))
        before = state.segments[0].count
        state = await made.until(lambda state: state.segments[0].count > before)
        assert (state.status, state.active) == ("live", 1)
        assert made.session.asked == SPEC


async def test_a_cancelled_compile_comes_back_by_itself() -> None:
    async with driver() as made:
        await made.session.start(SPEC)
        first = (await made.measured(1)).engine_pid
        await made.session.change(msgspec.structs.replace(SPEC, model=ModelSpec(path="demo:resnet50")))
        assert await made.session.cancel()
        state = await made.measured(3)
        assert state.engine_pid not in (0, first)
        assert state.died is None
        assert state.segments[1].withdrawn
        assert made.session.asked == SPEC


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
async def test_a_killed_engine_is_told_and_can_be_restarted(number: signal.Signals, private_temp: Path) -> None:
    async with driver() as made:
        await made.session.start(SPEC)
        pid = (await made.measured(1)).engine_pid
        assert len(left_in(private_temp)) == 1
        os.kill(pid, number)
        state = await made.until(lambda state: state.died is not None)
        assert state.died is not None
        assert (state.died.exit_code, state.died.while_doing, state.died.expected) == (-number, "run", False)
        assert left_in(private_temp) == []
        await made.session.restart()
        state = await made.measured(2)
        assert state.status == "live"
        assert state.segments[0].count > 10


async def test_layers_are_measured_beside_the_run() -> None:
    async with driver() as made:
        await made.session.start(SPEC)
        await made.measured(1)
        await made.session.profile()
        state = await made.until(lambda state: state.profile is not None)
        assert state.profile is not None
        assert state.profile.layers
        count = state.segments[0].count
        await made.until(lambda state: state.status == "live" and state.segments[0].count > count)


async def test_cores_that_were_not_given_back_cost_an_engine_and_not_the_run() -> None:
    reserving = msgspec.structs.replace(SPEC, properties={"ENABLE_CPU_RESERVATION": "YES"})
    async with driver() as made:
        await made.session.start(SPEC)
        await made.measured(1)
        await made.session.change(reserving)
        await made.measured(2)
        await made.session.change(OTHER)
        state = await made.until(lambda state: state.measured is not None and state.measured.spec == OTHER)
        assert state.died is None
        assert made.session.asked == OTHER


OWNER = """
import asyncio, os, signal, sys, tempfile
tempfile.tempdir = sys.argv[1]
from ovexplorer.session.process import ProcessSource

async def main():
    source = await ProcessSource.start()
    async for event in source.events():
        print(event.pid, flush=True)
        {end}

asyncio.run(main())
"""


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="waiting for somebody else's process needs Linux")
@pytest.mark.parametrize("end", ["os.kill(os.getpid(), signal.SIGKILL)", "sys.exit(3)", "raise RuntimeError('defect')"])
def test_an_engine_does_not_outlive_its_owner(end: str, private_temp: Path) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER.format(end=end), str(private_temp)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert owner.stdout is not None
    with owner.stdout:
        pid = int(owner.stdout.readline())
        assert owner.wait(30) != 0
    try:
        watched = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        assert select.select([watched], [], [], 10)[0], "the engine is still there"
    finally:
        os.close(watched)
