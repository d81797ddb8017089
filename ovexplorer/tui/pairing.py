"""Comparisons that the user interface runs: after a toggle, on `x`, and whatever a screen asks for.

One runs at a time; another one, a toggle, a pause or the end of the session ends it. The check after a toggle is
driven by what the session tells, so it happens whatever screen is shown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from ovexplorer.analysis.paired import FEWEST_IN_TURN, FEWEST_QUADS, TURN_S
from ovexplorer.errors import OvexplorerError
from ovexplorer.options.paths import anchored
from ovexplorer.schema.codec import spec_key
from ovexplorer.schema.protocol import RunPaused, WindowMeasured
from ovexplorer.schema.recorded import Asked, StoredEvent
from ovexplorer.schema.results import Window
from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.session import Session
from ovexplorer.session.state import RunState, Segment
from ovexplorer.settings import Settings
from ovexplorer.tui.figures import RunFigures
from ovexplorer.tuning.pair import CHECK_BUDGET_S, PairPlan, run_pair

AFTER_NS = 2_000_000_000
"""Counted time of a configuration before it is checked: the live figure comes first, then its proof."""

AGAIN_NS = 1_000_000_000
"""Counted time between two looks whether a check can begin."""

LONGEST_CHECK_S = 20.0
"""Nobody asked for the check, so the live run is not held longer; a slower model is compared on `x`."""

_ROOM = 1.25
"""The budget is larger than the quads need by this factor: turns get longer while the machine is disturbed."""

_RESERVES = "ENABLE_CPU_RESERVATION"

_Pair: TypeAlias = tuple[bytes, bytes]


class Pairing:
    """Runs one comparison at a time in the background.

    Args:
        session: Where it runs; checks are driven by its events.
        settings: `verify_toggle` says whether a toggle is checked.
        figures: Knows baseline A.
        here: Where relative names of files begin.
        failed: Shows an error.
    """

    def __init__(
        self,
        session: Session,
        settings: Settings,
        figures: RunFigures,
        *,
        here: Path,
        failed: Callable[[OvexplorerError], None],
    ) -> None:
        self._session = session
        self._settings = settings
        self._figures = figures
        self._here = here
        self._failed = failed
        self._task: asyncio.Task[None] | None = None
        self._checked: set[_Pair] = set()
        self._segment = 0
        self._counted_ns = 0
        self._look_at_ns = AFTER_NS
        self.held: Callable[[], bool] = lambda: False
        """Whether something else has the engine, such as a ladder between two steps: no check begins then."""
        session.listen(self._arrived)

    @property
    def running(self) -> bool:
        """Whether a comparison is under way."""
        return self._task is not None and not self._task.done()

    def start(self, plan: PairPlan) -> None:
        """Compare two configurations; what is under way is ended for it."""
        # The engine has a directory of its own.
        a, b = anchored(plan.a, self._here), anchored(plan.b, self._here)
        against = anchored(plan.drift_against, self._here) if plan.drift_against is not None else None
        self._begin(replace(plan, a=a, b=b, drift_against=against), None)

    def _begin(self, plan: PairPlan, pair: _Pair | None) -> None:
        before = self._task if self.running else None
        self.stop()
        self._task = asyncio.create_task(self._run(plan, pair, before))

    def stop(self) -> None:
        """End what is under way; the live run goes on."""
        if self._task is not None:
            self._task.cancel()

    async def finished(self) -> None:
        """Wait for the end of what is under way."""
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    def known(self, a: RunSpec, b: RunSpec) -> None:
        """These two were compared in another way: a change from one to the other needs no check."""
        self._checked.add((spec_key(a), spec_key(b)))

    def reason_not(self, state: RunState) -> str:
        """Why the configuration shown is not checked in turns; empty when it is, was, or will be."""
        segment = state.measured
        if self._session.is_replay or segment is None:
            return ""
        baseline = self._figures.baseline
        if baseline is None:
            return "no baseline yet"
        if baseline.spec == segment.spec:
            return ""
        if not self._settings.verify_toggle:
            return "verify_toggle is off; x compares"
        return _reason(_segment(state, baseline.segment) or segment, segment)

    async def _run(self, plan: PairPlan, pair: _Pair | None, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            # Its Release must not reach the contestants of this one.
            await asyncio.gather(before, return_exceptions=True)
        try:
            contest = await run_pair(self._session, plan)
            if pair is not None and contest is not None and contest.stopped == "user":
                # A toggle ended it, not the user's own stop: it is due again when this configuration comes back.
                self._checked.discard(pair)
        except OvexplorerError as error:
            self._failed(error)

    # The check after a toggle.

    def _arrived(self, event: StoredEvent) -> None:
        if isinstance(event, WindowMeasured):
            self._counted(event.window)
        elif isinstance(event, RunPaused) and self.running:
            self.stop()
        elif isinstance(event, Asked) and event.new_run:
            self._checked.clear()

    def _counted(self, window: Window) -> None:
        if window.segment != self._segment:
            self._segment, self._counted_ns, self._look_at_ns = window.segment, 0, AFTER_NS
        self._counted_ns += window.end_ns - window.start_ns
        if self._counted_ns >= self._look_at_ns:
            self._look_at_ns = self._counted_ns + AGAIN_NS
            self._check()

    def _check(self) -> None:
        state = self._session.state
        segment = state.current
        if self.running or self.held() or self._session.is_replay:
            return
        if state.status != "live" or state.contest is not None:
            return
        if segment is None or segment.number != self._segment:
            return
        self._figures.feed(state)
        baseline = self._figures.baseline
        if baseline is None or baseline.spec == segment.spec or self.reason_not(state):
            return
        pair = (spec_key(baseline.spec), spec_key(segment.spec))
        if pair not in self._checked:
            self._checked.add(pair)
            self._begin(check_plan(_segment(state, baseline.segment) or segment, segment), pair)


def _segment(state: RunState, number: int) -> Segment | None:
    return next((entry for entry in state.segments if entry.number == number), None)


def check_plan(a: Segment, b: Segment) -> PairPlan:
    """The check of a configuration against the baseline, with time enough for an interval."""
    budget_s = max(CHECK_BUDGET_S, needed_s(a, b) * _ROOM)
    return PairPlan(a=a.spec, b=b.spec, kind="check", budget_s=budget_s, drift_against=a.spec)


def needed_s(a: Segment, b: Segment) -> float:
    """Time for the fewest quads that give an interval."""
    # Two turns of each side make a quad.
    return 2 * FEWEST_QUADS * (_turn_s(a) + _turn_s(b))


def _turn_s(segment: Segment) -> float:
    if not segment.windows:
        return TURN_S
    # The first inference after a switch is dropped; with several requests twice as many as are in flight count.
    rounds = FEWEST_IN_TURN + 1 if segment.ready is None or segment.ready.requests == 1 else 3
    return max(TURN_S, rounds * segment.windows[-1].median_ns * 1e-9)


def _reason(a: Segment, b: Segment) -> str:
    for spec in (a.spec, b.spec):
        if spec.duration_s or spec.iterations:
            return "not in a run that ends by itself"
        if _reserves_cores(spec):
            return "it reserves cores: nothing can be compiled beside it"
        if spec.load != "closed" or spec.max_rate_fps:
            return "a paced load shows no speed-up"
    if needed_s(a, b) > LONGEST_CHECK_S:
        return "too slow for a check; x compares"
    return ""


def _reserves_cores(spec: RunSpec) -> bool:
    own = (spec.properties, *spec.device_properties.values())
    return any(properties.get(_RESERVES, "").upper() in ("YES", "TRUE") for properties in own)
