"""One headless run: start an engine, measure, stop, and leave nothing behind."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from ovexplorer.cli.interrupts import Interrupts
from ovexplorer.errors import EngineDiedError, EngineError, ModelError, OvexplorerError, UsageError
from ovexplorer.options.apply import describe_change
from ovexplorer.schema.protocol import EngineDied, Failed, PhaseStarted, Profile
from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.keeper import Listener
from ovexplorer.session.process import ProcessSource
from ovexplorer.session.session import Connect, Session
from ovexplorer.session.state import RunState
from ovexplorer.session.tape import Recorder

_STOP_SECONDS = 3.0
"""Longest wait for the inferences in flight after a stop; then the engine is ended."""

_TICK_SECONDS = 0.2

_MODEL_KINDS = frozenset({"model_missing", "model_unreadable", "shape_needed", "shape_refused", "compile_failed"})
_USAGE_KINDS = frozenset({"input_refused", "device_unusable", "property_refused"})

Watch = Callable[[RunState], None]


@dataclass(frozen=True)
class Step:
    """Something more that is asked of the engine while the run is under way."""

    ask: Callable[[Session], Awaitable[object]]
    over: Callable[[RunState], bool]
    """Whether it was answered."""

    def ended(self, state: RunState) -> bool:
        """Whether there is an answer, or nobody left to give one."""
        return state.status == "died" or self.over(state)


@dataclass(frozen=True)
class Job:
    """What a headless run does."""

    spec: RunSpec
    profile: Profile | None = None
    """How layers are profiled once the run has counted; None leaves it out."""
    enough: Callable[[RunState], bool] | None = None
    """Ends the run earlier than its spec does."""
    listener: Listener | None = None
    """Gets every event."""
    recorder: Recorder | None = None
    """Keeps every event and command."""
    trace: bool = False
    """Whether single requests are told."""
    steps: tuple[Step, ...] = ()
    """Done one after another once layers were profiled."""


async def run_job(job: Job, stop: Interrupts, watch: Watch, connect: Connect = ProcessSource.start) -> RunState:
    """Measure one spec in a fresh engine.

    Args:
        job: What to do.
        stop: Asks for an early end; what was measured until then comes back.
        watch: Called with the state a few times a second, for progress.
        connect: Where events come from.

    Raises:
        OvexplorerError: Nothing could be measured, or the engine died.
    """
    async with headless(connect, watch, job.recorder) as session:
        if job.listener is not None:
            session.listen(job.listener)
        if job.trace:
            await session.trace(True)
        await session.start(job.spec)
        state = await _until(session, stop, lambda now: _over(now) or bool(job.enough and job.enough(now)))
        if job.profile is not None and not stop.asked and _can_profile(state):
            await session.profile(job.profile)
            state = await _until(session, stop, lambda now: not now.profiling or now.status == "died")
        for step in job.steps:
            if not stop.asked and _can_profile(state):
                await step.ask(session)
                state = await _until(session, stop, step.ended)
        state = await _finish(session, state)
    refuse_failure(state, interrupted=stop.asked)
    return state


@asynccontextmanager
async def headless(connect: Connect, watch: Watch, recorder: Recorder | None = None) -> AsyncIterator[Session]:
    """A session that lives as long as the block; nothing is left behind, however it ends.

    Args:
        connect: Where events come from.
        watch: Called with the state a few times a second, for progress.
        recorder: Keeps every event and command.
    """
    session = Session(connect, recorder=recorder, describe=describe_change)
    # A phase is told at once: between two ticks a whole compile can pass.
    session.listen(lambda event: watch(session.state) if isinstance(event, PhaseStarted) else None)
    life = asyncio.create_task(session.run())
    ticking = asyncio.create_task(_tick(session, watch))
    try:
        yield session
    finally:
        ticking.cancel()
        await session.close()
        with suppress(asyncio.CancelledError):
            await ticking
        await life


async def _until(session: Session, stop: Interrupts, done: Callable[[RunState], bool]) -> RunState:
    """Wait for a state or for the user."""
    waiting = asyncio.create_task(session.until(done))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({waiting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        return waiting.result() if waiting.done() else session.state
    finally:
        for task in (waiting, stopping):
            task.cancel()


async def _finish(session: Session, state: RunState) -> RunState:
    """Stop what still runs and wait for the last windows; a compile is not waited for."""
    if state.status not in {"live", "paused"}:
        return session.state
    await session.stop()
    with suppress(asyncio.TimeoutError):
        return await asyncio.wait_for(session.until(_over), _STOP_SECONDS)
    return session.state


async def _tick(session: Session, watch: Watch) -> None:
    while True:
        watch(session.state)
        await asyncio.sleep(_TICK_SECONDS)


def _over(state: RunState) -> bool:
    return state.status in {"finished", "died"}


def _can_profile(state: RunState) -> bool:
    return state.status != "died" and state.measured is not None


def refuse_failure(state: RunState, *, interrupted: bool = False) -> None:
    """Raise what kept the run from being measured.

    Raises:
        OvexplorerError: It failed, or its engine died.
    """
    if state.died is not None:
        raise died_error(state.died)
    segment = state.current
    if segment is not None and segment.failed is not None:
        raise failed_error(segment.failed)
    if state.measured is None and not interrupted and segment is not None and segment.finished is None:
        raise EngineError("the run ended before anything was measured", "try again with --debug")


def failed_error(failed: Failed) -> OvexplorerError:
    """The error that a failure of the engine stands for."""
    kind: type[OvexplorerError] = EngineError
    if failed.kind in _MODEL_KINDS:
        kind = ModelError
    elif failed.kind in _USAGE_KINDS:
        kind = UsageError
    return kind(failed.what, failed.hint, tuple(failed.detail))


def died_error(died: EngineDied) -> EngineDiedError:
    """The error that a dead engine stands for, naming the signal and the phase."""
    doing = {"run": "measuring", "idle": "idle"}.get(died.while_doing, f"in the phase {died.while_doing}")
    if died.exit_code < 0:
        try:
            name = signal.Signals(-died.exit_code).name
        except ValueError:
            name = f"signal {-died.exit_code}"
        what = f"the engine was ended by {name} while {doing}"
    else:
        what = f"the engine ended with exit code {died.exit_code} while {doing}"
    hint = "run it again; --debug shows its last lines"
    if died.exit_code == -signal.SIGTERM:
        hint = "something else ended it; run it again"
    elif died.exit_code == -9:
        hint = "SIGKILL often means that memory ran out: a smaller model, batch or fewer streams need less"
    return EngineDiedError(what, hint, tuple(died.stderr))
