"""Ladders that the user interface runs: one at a time, in the background, also while another screen is shown.

Each kind keeps its last state until it is begun again or another model runs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final, Protocol

from ovexplorer.errors import OvexplorerError
from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.session import Session
from ovexplorer.tui.pairing import Pairing
from ovexplorer.tuning.steps import LadderKind, LadderState, Step, StepResult

COMPILE_S: Final = 2.0
"""What compiling a step is taken to need."""


class Runner(Protocol):
    """What runs a ladder."""

    @property
    def state(self) -> LadderState:
        """How it stands."""
        ...

    async def run(self) -> object:
        """Measure what waits, to the end."""
        ...

    def advance(self) -> None:
        """Go on with the next step in the guided mode."""
        ...

    def pause(self) -> None:
        """Stop between turns."""
        ...

    def resume(self) -> None:
        """Go on."""
        ...

    def stop(self) -> None:
        """End it; what was measured stays."""
        ...

    async def again(self, index: int) -> object:
        """Measure one step once more."""
        ...


Planner = Callable[[LadderKind, RunSpec, Session], tuple[Step, ...]]
"""Makes the steps for a configuration."""

MakeRunner = Callable[[Session, tuple[Step, ...], LadderKind, bool, Callable[[LadderState], None]], Runner]
"""Makes what runs them: session, steps, kind, guided, and what is told of every change."""


class Ladders:
    """Begins, keeps and ends ladders.

    Args:
        session: Where they run.
        pairing: Comparisons of the screens; a ladder ends the one under way.
        failed: Shows an error.
        planner: Makes steps; None plans those of the product.
        make: Makes runners; None makes those of the product.
    """

    def __init__(
        self,
        session: Session,
        pairing: Pairing,
        *,
        failed: Callable[[OvexplorerError], None],
        planner: Planner | None = None,
        make: MakeRunner | None = None,
    ) -> None:
        self._session = session
        self._pairing = pairing
        self._failed = failed
        self._planner = planner or plan_steps
        self._make = make or make_runner
        self._runners: dict[LadderKind, Runner] = {}
        self._plans: dict[LadderKind, tuple[RunSpec, LadderState]] = {}
        self._first_bar: RunSpec | None = None
        self._models: dict[LadderKind, object] = {}
        self._task: asyncio.Task[None] | None = None
        self._under_way: LadderKind | None = None
        self.changed: Callable[[], None] | None = None
        """Told when a ladder moved; the visible view sets it."""

    @property
    def running(self) -> LadderKind | None:
        """Which ladder is under way; None when none is."""
        return self._under_way if self._task is not None and not self._task.done() else None

    @property
    def base(self) -> RunSpec | None:
        """The configuration that ladders start from: the one set as first bar, else what runs."""
        asked = self._session.asked
        if self._first_bar is not None and asked is not None and self._first_bar.model.path == asked.model.path:
            return self._first_bar
        return asked

    def set_base(self, spec: RunSpec) -> None:
        """Make a configuration the one that ladders start from."""
        self._first_bar = spec

    def state(self, kind: LadderKind) -> LadderState | None:
        """A ladder as it stands, or its plan before it began; None before a model runs."""
        base = self.base
        runner = self._runners.get(kind)
        if runner is not None and (base is None or base.model == self._models[kind] or self.running == kind):
            return runner.state
        if base is None:
            return None
        known = self._plans.get(kind)
        if known is None or known[0] != base:
            known = (base, planned(kind, self._planner(kind, base, self._session)))
            self._plans[kind] = known
        return known[1]

    def estimate_s(self, ladder: LadderState) -> float:
        """About how long a ladder takes: what its turns may take, and compiling."""
        from ovexplorer.tuning.ladder import BUDGET_S
        from ovexplorer.tuning.startup import ESTIMATE_S, REPETITIONS

        measured = sum(result.status != "skipped" for result in ladder.results)
        return measured * (ESTIMATE_S * REPETITIONS if ladder.kind == "startup" else BUDGET_S + COMPILE_S)

    def spec(self, kind: LadderKind, index: int) -> RunSpec | None:
        """What a step measures; None when it is skipped."""
        ladder = self.state(kind)
        return ladder.results[index].step.spec if ladder is not None and index < len(ladder.results) else None

    def start(self, kind: LadderKind, *, guided: bool) -> None:
        """Begin a ladder from its first step; what is under way is ended for it."""
        base = self.base
        if base is None:
            return
        self.stop()
        self._pairing.stop()
        steps = self._planner(kind, base, self._session)
        runner = self._make(self._session, steps, kind, guided, self._moved)
        self._runners[kind], self._models[kind] = runner, base.model
        self._begin(kind, runner.run())

    def go_on(self, kind: LadderKind) -> bool:
        """Measure what a ladder that was stopped has left; False when nothing is."""
        runner = self._runners.get(kind)
        if runner is None or self.running is not None or not _waits(runner.state):
            return False
        self._pairing.stop()
        self._begin(kind, runner.run())
        return True

    def advance(self) -> None:
        """Go on with the next step in the guided mode."""
        if self.running is not None:
            self._runners[self.running].advance()

    def toggle_pause(self) -> None:
        """Pause between turns, or go on."""
        if self.running is not None:
            runner = self._runners[self.running]
            if runner.state.status == "paused":
                runner.resume()
            else:
                runner.pause()

    def stop(self) -> None:
        """End what is under way; what was measured stays."""
        if self.running is not None:
            self._runners[self.running].stop()

    async def close(self) -> None:
        """End what is under way and wait until its engines have ended."""
        self.changed = None
        self.stop()
        if self._task is not None:
            await asyncio.wait((self._task,))

    def again(self, kind: LadderKind, index: int) -> None:
        """Measure one step of a ladder once more; nothing happens while one is under way."""
        runner = self._runners.get(kind)
        if runner is not None and self.running is None:
            self._pairing.stop()
            self._begin(kind, runner.again(index))

    def _begin(self, kind: LadderKind, work: Coroutine[Any, Any, object]) -> None:
        before = self._task
        self._under_way = kind
        self._task = asyncio.create_task(self._carry_out(work, before))

    async def _carry_out(self, work: Coroutine[Any, Any, object], before: asyncio.Task[None] | None) -> None:
        # The one before ends between two turns: two ladders must not measure at the same time.
        if before is not None:
            await asyncio.wait((before,))
        try:
            await work
        except OvexplorerError as error:
            self._failed(error)
        finally:
            self._moved()

    def _moved(self, _state: LadderState | None = None) -> None:
        if self.changed is not None:
            self.changed()


def _waits(ladder: LadderState) -> bool:
    return any(result.status == "waiting" for result in ladder.results)


def plan_steps(kind: LadderKind, spec: RunSpec, session: Session) -> tuple[Step, ...]:
    """The steps for what is known of model, machine and devices now."""
    # Late: nothing of this is needed before someone looks at a ladder.
    from ovexplorer.tuning.frameworks import usable_frameworks
    from ovexplorer.tuning.ladder_plan import ladder_steps
    from ovexplorer.tuning.slower_plan import slower_steps
    from ovexplorer.tuning.startup import startup_steps

    state = session.state
    if kind == "ladder":
        return ladder_steps(spec, state.model, state.environment, state.devices, usable_frameworks())
    if kind == "slower":
        return slower_steps(spec, state.model)
    return startup_steps(spec)


def make_runner(
    session: Session,
    steps: tuple[Step, ...],
    kind: LadderKind,
    guided: bool,
    on_change: Callable[[LadderState], None],
) -> Runner:
    """What measures the steps."""
    from ovexplorer.tuning.ladder import LadderRunner

    return LadderRunner(session, steps, kind=kind, guided=guided, on_change=on_change)


def planned(kind: LadderKind, steps: tuple[Step, ...]) -> LadderState:
    """A ladder that has not begun."""
    results = tuple(
        StepResult(step, status="skipped", reason=step.skipped) if step.skipped else StepResult(step) for step in steps
    )
    return LadderState(kind, results)
