"""Everything that may help, tried one after the other: the best first, kept when it is faster, for a minute at most."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ovexplorer.clock import Clock
from ovexplorer.errors import OvexplorerError
from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.session import Session
from ovexplorer.session.state import RunState
from ovexplorer.tui.attempt import Attempt, worth_keeping
from ovexplorer.tuning.pair import CHECK_BUDGET_S, endless

if TYPE_CHECKING:
    from ovexplorer.tui.trying import Trying

Propose = Callable[[], Attempt | None]
"""What promises most of what was not tried; asked again after each try."""

IMPROVE_S = 60.0
"""Time for all tries together."""
_LEAST_S = 3.0
"""With less time left no further try begins."""


@dataclass(frozen=True)
class Improvement:
    """Everything that may help, tried one after the other."""

    started_ns: int
    steps: int = 0
    kept: int = 0
    first_ns: float | None = None
    """Latency before it."""
    last_ns: float | None = None
    """What it comes to with all that was kept."""
    now: str = ""
    """What happens between two tries."""
    ended: str = ""
    """Why it is over; empty while it goes on."""
    ended_ns: int = 0


class Improving:
    """Repeats the best try until nothing helps.

    Args:
        trying: Runs each of them.
        session: Where they run.
        clock: Of the user interface.
    """

    def __init__(self, trying: Trying, session: Session, clock: Clock) -> None:
        self._trying = trying
        self._session = session
        self._clock = clock
        self._task: asyncio.Task[None] | None = None
        self._propose: Propose = self._advised
        self.known: Improvement | None = None
        """The one under way, or the last one."""

    @property
    def running(self) -> bool:
        """Whether it goes on."""
        return self.known is not None and not self.known.ended

    def spent_s(self) -> float:
        """Its time so far, or in all."""
        if self.known is None:
            return 0.0
        return ((self.known.ended_ns or self._clock.monotonic_ns()) - self.known.started_ns) * 1e-9

    def begin(self, propose: Propose | None = None) -> str:
        """Begin it.

        Args:
            propose: What is tried next; None takes what the advice proposes.

        Returns:
            Why it was not begun; empty when it was.
        """
        self._propose = propose or self._advised
        why = self._trying.refusal()
        if not why and self._propose() is None:
            why = "nothing is left to try"
        if not why:
            self.known = Improvement(self._clock.monotonic_ns())
            self._task = asyncio.create_task(self._run())
        return why

    def stop(self) -> None:
        """End it; what was kept stays, and so does the try under way when it is faster."""
        attempt = self._trying.current
        if self._task is not None:
            self._task.cancel()
        if attempt is not None and worth_keeping(attempt):
            self._trying.keep()
        elif attempt is not None:
            self._trying.revert()
        self._end("stopped by you")

    def forget(self) -> None:
        """Show the last one no more."""
        if not self.running:
            self.known = None

    async def _run(self) -> None:
        ended = "no finding is left to try"
        while (attempt := self._propose()) is not None:
            left_s = IMPROVE_S - self.spent_s()
            if left_s < _LEAST_S:
                ended = "the time is up"
                break
            self._note(step=1)
            measured = await self._trying.measured(replace(attempt, budget_s=min(CHECK_BUDGET_S, left_s)))
            if measured is None:
                ended = "another run began"
                break
            self._remember_latency(measured)
            if worth_keeping(measured):
                self._note(kept=1, now="counting the layers again")
                await self._trying.keep_now()
                await self._counted_again(measured.spec)
                self._note()
            else:
                self._trying.revert()
        self._end(ended)

    async def _counted_again(self, spec: RunSpec) -> None:
        """Wait for figures and layers of what was kept: the next findings are about them."""
        from ovexplorer.tuning.evidence import profile_of

        def is_measured(state: RunState) -> bool:
            segment = state.current
            if state.died is not None or segment is None or segment.spec != spec:
                return True
            return bool(segment.windows) or segment.failed is not None

        def is_counted(state: RunState) -> bool:
            segment = state.current
            if state.died is not None or segment is None or state.profile_failed is not None:
                return True
            return profile_of(state, segment.number) is not None

        segment = (await self._session.until(is_measured)).current
        if segment is None or segment.spec != spec or segment.failed is not None:
            return
        try:
            await self._session.profile()
        except OvexplorerError:
            # A replay took over: nothing more is proposed there.
            return
        await self._session.until(is_counted)

    def _advised(self) -> Attempt | None:
        """What promises most of what was not tried."""
        # Late: rules are needed only here and on the Advice screen.
        from ovexplorer.analysis.advice.advise import advise, best_try
        from ovexplorer.tuning.evidence import evidence_of

        state, asked = self._session.state, self._session.asked
        segment = state.measured
        if segment is None or asked is None or endless(asked) != endless(segment.spec):
            return None
        tried = [entry.spec for entry in self._trying.tried]
        found = best_try(advise(evidence_of(state, segment)), tried)
        if found is None:
            return None
        chosen = found.chosen
        return Attempt(chosen.title, endless(asked), endless(chosen.spec), chosen.expected_ns, chosen.metric)

    def _remember_latency(self, attempt: Attempt) -> None:
        """The latency before all, and what it comes to by the ratios that were kept.

        Turns of different tries are far apart in time, so their medians are not compared.
        """
        if self.known is None or attempt.before_ns is None:
            return
        first = self.known.first_ns if self.known.first_ns is not None else attempt.before_ns
        last = self.known.last_ns if self.known.last_ns is not None else first
        point = attempt.estimate.point
        if point and worth_keeping(attempt):
            last /= point
        self.known = replace(self.known, first_ns=first, last_ns=last)

    def _note(self, *, step: int = 0, kept: int = 0, now: str = "") -> None:
        if self.known is not None:
            self.known = replace(self.known, steps=self.known.steps + step, kept=self.known.kept + kept, now=now)

    def _end(self, why: str) -> None:
        if self.known is not None and not self.known.ended:
            self.known = replace(self.known, now="", ended=why, ended_ns=self._clock.monotonic_ns())
