"""Runs a ladder: one step after the other, each in turns with the first bar of its part, kept as a `LadderState`.

The first bar that applies is compared with itself for a moment; its turns in the comparisons that follow are added to
its own, so its figures rest on all of them. A step ends by the rule of pairs or at its budget. One that fails keeps its
row with the reason, and the ladder goes on, also with another engine when one died. In the guided mode every step but
the first waits for `advance`. `pause` holds between two quads; `stop` keeps what was measured.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any

from ovexplorer.errors import EngineError, OvexplorerError
from ovexplorer.options.command import same_as
from ovexplorer.schema.results import Turn
from ovexplorer.session.process import ProcessSource
from ovexplorer.session.session import Session
from ovexplorer.tuning.figures import between, own_figures, related
from ovexplorer.tuning.instances import StartEngine
from ovexplorer.tuning.ladder_plan import LATENCY, THROUGHPUT, with_precision
from ovexplorer.tuning.measuring import Measurer, Outcome, is_paced
from ovexplorer.tuning.slower_plan import paced_spec
from ovexplorer.tuning.startup import ESTIMATE_S, REPETITIONS, measure_startups, middle_total_ms
from ovexplorer.tuning.steps import LadderKind, LadderState, LadderStatus, Startup, Step, StepResult

BUDGET_S = 8.0
"""Time for the turns of one step."""
FIRST_BAR_S = 2.0
"""Time for the first bar alone."""

_TOGETHER = 2
"""Several processes take longer turns: so many times the budget gives them the quads of an interval."""

OnChange = Callable[[LadderState], None]


class LadderRunner:
    """One ladder, from the first step to the last.

    Args:
        session: Whose engine measures; a live run waits meanwhile.
        steps: As planned.
        kind: Which ladder it is.
        guided: Whether each step waits for `advance`.
        budget_s: Time for the turns of one step.
        repetitions: Starts of each kind, for `startup`.
        on_change: Called with every new state.
        connect: Starts the engines beside the session's.
    """

    def __init__(
        self,
        session: Session,
        steps: Sequence[Step],
        *,
        kind: LadderKind = "ladder",
        guided: bool = False,
        budget_s: float = BUDGET_S,
        repetitions: int = REPETITIONS,
        on_change: OnChange | None = None,
        connect: StartEngine = ProcessSource.start,
    ) -> None:
        self._session = session
        self._budget_s = budget_s
        self._repetitions = repetitions
        self._on_change = on_change
        self._connect = connect
        self._results = [_waiting(step) for step in steps]
        self._turns: dict[int, tuple[Turn, ...]] = {}
        """Own turns by index, of a first bar also those beside other steps."""
        self._batches: dict[int, int] = {}
        self._beside: dict[int, int] = {}
        """The first bar that a step was compared with, by index."""
        self._go = asyncio.Event()
        self._go.set()
        self._key = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self._spent_s = 0.0
        self._starts_s: list[float] = []
        self._measurer = Measurer(session, connect, self._gate, drift=kind == "ladder")
        self._state = LadderState(kind, tuple(self._results), guided=guided)

    @property
    def state(self) -> LadderState:
        """How it stands."""
        return self._state

    # What it is told

    async def run(self) -> LadderState:
        """Measure every step that waits.

        Raises:
            ReplayError: A recording is shown.
        """
        return await self._carry_out(self._starts if self._state.kind == "startup" else self._all)

    async def again(self, index: int) -> LadderState:
        """Measure one step once more; all starts for start-up, because they take turns.

        Raises:
            ReplayError: A recording is shown.
        """
        if self._state.kind == "startup":
            self._results = [_waiting(result.step) for result in self._results]
            return await self._carry_out(self._starts)
        return await self._carry_out(lambda: self._step(index))

    def advance(self) -> None:
        """Go on with the next step in the guided mode."""
        self._key.set()

    def pause(self) -> None:
        """Hold between two quads."""
        if self._state.status in {"running", "waiting"}:
            self._go.clear()
            self._publish("paused")

    def resume(self) -> None:
        """Go on."""
        if self._state.status == "paused":
            self._go.set()
            self._publish("running")

    def stop(self) -> None:
        """End it; what was measured stays. Before it began, it will not begin."""
        self._stopping = self._state.status not in {"done", "stopped"}
        if self._task is not None:
            self._task.cancel()

    # Its life

    async def _carry_out(self, work: Callable[[], Coroutine[Any, Any, None]]) -> LadderState:
        self._session.refuse_in_replay()
        if self._stopping:
            self._stopping = False
            self._publish("stopped", -1)
            return self._state
        self._go.set()
        self._task = asyncio.create_task(work())
        self._publish("running")
        try:
            await self._task
        except asyncio.CancelledError:
            if not self._stopping:
                raise
        finally:
            self._task = None
            await self._measurer.close()
            self._settle()
            over = all(result.status not in {"waiting", "running"} for result in self._results)
            self._publish("done" if over and not self._stopping else "stopped", -1)
            self._stopping = False
        return self._state

    async def _all(self) -> None:
        begun = False
        for index, result in enumerate(self._results):
            if result.status == "waiting":
                if begun and self._state.guided:
                    await self._wait_for_key()
                begun = True
                await self._step(index)

    async def _wait_for_key(self) -> None:
        self._key.clear()
        self._publish("waiting", -1)
        await self._key.wait()

    async def _gate(self) -> None:
        await self._go.wait()

    async def _step(self, index: int) -> None:
        """Measure one step, whatever becomes of it."""
        step = self._prepared(index)
        if step.spec is None:
            return
        first = self._first_of(step.part, index)
        self._spent_s = 0.0
        self._turns.pop(index, None)
        self._results[index] = StepResult(step, status="running", command=_command(step))
        self._publish("running" if self._go.is_set() else "paused", index)
        await self._gate()
        try:
            outcome = await self._measured(index, first)
        except OvexplorerError as error:
            self._results[index] = replace(self._results[index], status="failed", reason=error.what)
        else:
            self._take(index, outcome)
            self._turns[index] = outcome.own
            if first is None:
                self._forget_others(index)
            else:
                self._beside[index] = first
                self._turns[first] = (*self._turns.get(first, ()), *outcome.first)
                self._refresh(first)
            self._results[index] = replace(self._results[index], status="done")
        self._publish(self._state.status, -1)

    async def _measured(self, index: int, first: int | None) -> Outcome:
        step = self._results[index].step

        def told(outcome: Outcome) -> None:
            self._take(index, outcome)
            self._publish(self._state.status, index)

        budget_s = self._budget_of(step)
        if first is None:
            return await self._measurer.alone(step, min(FIRST_BAR_S, budget_s), told)
        return await self._measurer.against(self._results[first].step, step, budget_s, told)

    def _prepared(self, index: int) -> Step:
        """The step with what is known only now: the fastest precision, and how many arrivals can be served."""
        step = self._results[index].step
        if step.spec is not None and is_paced(step):
            return replace(step, spec=paced_spec(step.spec, self._served(step.part, index)))
        if step.part == THROUGHPUT and self._first_of(THROUGHPUT, index) is None:
            precision = fastest_precision(self._results)
            if precision:
                steps = with_precision([result.step for result in self._results], precision)
                self._results = [replace(r, step=s) for r, s in zip(self._results, steps)]
        return self._results[index].step

    def _served(self, part: str, before: int) -> float | None:
        """Inferences a second of the last step that was measured: what arrives is an inference, not an item."""
        done = [i for i, r in enumerate(self._results[:before]) if r.step.part == part and r.status == "done"]
        fps = self._results[done[-1]].fps if done else None
        return fps / max(1, self._batches.get(done[-1], 1)) if fps else None

    def _first_of(self, part: str, before: int) -> int | None:
        """The first bar of a part; None when that is the step itself."""
        done = (i for i, r in enumerate(self._results[:before]) if r.step.part == part and r.status == "done")
        return next(done, None)

    # Start-up

    async def _starts(self) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()

        async def before(index: int) -> None:
            nonlocal began
            self._results[index] = replace(self._results[index], status="running")
            self._publish("running" if self._go.is_set() else "paused", index)
            await self._gate()
            began = loop.time()

        def told(index: int, startup: Startup | EngineError) -> None:
            self._starts_s.append(loop.time() - began)
            self._results[index] = _with_start(self._results[index], startup, self._repetitions)
            self._publish(self._state.status, -1)

        steps = [result.step for result in self._results]
        async with self._measurer.live_run_held():
            await measure_startups(steps, self._connect, repetitions=self._repetitions, before=before, told=told)

    # What it keeps

    def _take(self, index: int, outcome: Outcome) -> None:
        """What a step came to so far."""
        step = self._results[index].step
        own = own_figures(outcome.own, outcome.batch, caller=step.part == "slower", arrivals=is_paced(step))
        self._spent_s = outcome.spent_s
        self._batches[index] = outcome.batch
        self._results[index] = replace(
            self._results[index],
            latency_ms=own.latency_ms,
            latency_interval_ms=own.latency_interval_ms,
            fps=own.fps,
            fps_interval=own.fps_interval,
            against_first=outcome.against_first,
            drift=outcome.drift,
            quads=outcome.against_first.quads if outcome.against_first is not None else len(outcome.own) // 4,
            contest=outcome.contest,
            note=outcome.note,
        )

    def _refresh(self, first: int) -> None:
        """Figures of a first bar from all of its turns."""
        result = self._results[first]
        own = own_figures(self._turns[first], self._batches.get(first, 1), caller=result.step.part == "slower")
        self._results[first] = replace(
            result,
            latency_ms=own.latency_ms,
            latency_interval_ms=own.latency_interval_ms,
            fps=own.fps,
            fps_interval=own.fps_interval,
        )

    def _forget_others(self, first: int) -> None:
        """A step that failed may become the first bar later: what was compared with another one says nothing of it."""
        part = self._results[first].step.part
        for at, result in enumerate(self._results):
            if at != first and result.step.part == part and self._beside.get(at, first) != first:
                self._results[at] = replace(result, against_first=None)

    def _settle(self) -> None:
        """A step that was under way when it ended: with figures it counts, without it waits again."""
        for at, result in enumerate(self._results):
            if result.status == "running":
                kept = bool(result.startups) or result.quads > 0
                self._results[at] = replace(result, status="done") if kept else _waiting(result.step)

    def _publish(self, status: LadderStatus, current: int | None = None) -> None:
        self._state = replace(
            self._state,
            results=related(self._results),
            status=status,
            current=self._state.current if current is None else current,
            remaining_s=None if status in {"done", "stopped"} else self._remaining_s(),
        )
        if self._on_change is not None:
            self._on_change(self._state)

    def _remaining_s(self) -> float:
        """The longest that the turns can still take; compiling comes on top."""
        if self._state.kind == "startup":
            left = sum(self._repetitions - len(r.startups) for r in self._results if r.status in {"waiting", "running"})
            each = sum(self._starts_s) / len(self._starts_s) if self._starts_s else ESTIMATE_S
            return left * each
        waiting = sum(self._budget_of(r.step) for r in self._results if r.status == "waiting")
        running = sum(self._budget_of(r.step) for r in self._results if r.status == "running")
        return waiting + max(0.0, running - self._spent_s)

    def _budget_of(self, step: Step) -> float:
        return self._budget_s * (_TOGETHER if step.how == "processes" else 1)


def _waiting(step: Step) -> StepResult:
    if step.skipped:
        return StepResult(step, status="skipped", reason=step.skipped)
    return StepResult(step, command=_command(step))


def _command(step: Step) -> str:
    """The step by itself, where one command can do it; with the original file in place of a written one."""
    return same_as(step.spec) if step.spec is not None and step.how in {"engine", "fresh"} else ""


def _with_start(result: StepResult, startup: Startup | EngineError, wanted: int) -> StepResult:
    if isinstance(startup, EngineError):
        return replace(result, status="failed", reason=startup.what)
    startups = (*result.startups, startup)
    return replace(
        result,
        startups=startups,
        latency_ms=middle_total_ms(startups),
        status="done" if len(startups) == wanted else "running",
        note="loaded from the cache" if startup.loaded_from_cache else "",
    )


def fastest_precision(results: Sequence[StepResult]) -> str:
    """What the throughput steps keep: the fastest precision that beats the device's own choice; empty for none."""
    own = next((r for r in results if r.step.id == "shared" and r.status == "done"), None)
    best, speed = "", 0.0
    for result in results:
        gained = result.against_first
        if result.step.part != LATENCY or not result.step.id.startswith("precision_") or result.status != "done":
            continue
        if own is None or gained is None or not gained.point:
            continue
        beside = between(own.against_first, gained) if own.against_first is not None else gained
        if beside.verdict == "b_faster" and gained.point > speed:
            best, speed = result.step.id.removeprefix("precision_"), gained.point
    return best
