"""Tries: a change is measured in turns against what runs, then the user keeps it or lets it go.

Nothing is kept without the user's word, except while everything that helps is tried on one key. One try runs at a
time; what runs goes on unless a try is kept, also when it cannot be compiled.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

from ovexplorer.clock import Clock
from ovexplorer.errors import OvexplorerError
from ovexplorer.schema.recorded import Metric
from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.session import Session
from ovexplorer.tui.attempt import Attempt, Outcome, why_failed
from ovexplorer.tui.improving import Improving, Propose
from ovexplorer.tui.laddering import Ladders
from ovexplorer.tui.pairing import Pairing
from ovexplorer.tuning.pair import PairPlan, endless

LONGEST_S = 160.0
"""Turns of a try that is measured longer and longer never take more."""


class Trying:
    """Runs tries.

    Args:
        session: Where they run.
        pairing: Compares.
        ladders: A ladder under way has the engine.
        clock: Of the user interface.
        show: Opens the prompt.
        failed: Shows an error.
    """

    def __init__(
        self,
        session: Session,
        pairing: Pairing,
        ladders: Ladders,
        clock: Clock,
        *,
        show: Callable[[], None],
        failed: Callable[[OvexplorerError], None],
    ) -> None:
        self._session = session
        self._pairing = pairing
        self._ladders = ladders
        self._show = show
        self._failed = failed
        self._attempt: Attempt | None = None
        self._tried: list[Attempt] = []
        self._changes: set[asyncio.Task[None]] = set()
        self._run = 0
        self.improving = Improving(self, session, clock)
        """Everything that may help."""

    # What is known

    @property
    def current(self) -> Attempt | None:
        """The try under way or to be decided, as far as it is by now."""
        self._look()
        return self._attempt

    @property
    def tried(self) -> tuple[Attempt, ...]:
        """Tries of this run that were decided, the newest first."""
        self._look()
        return tuple(reversed(self._tried))

    def is_undone(self, attempt: Attempt) -> bool:
        """Whether a try that was kept was taken back."""
        kept = [entry for entry in self._tried if entry.outcome == "kept"]
        asked = self._session.asked
        return bool(kept) and attempt is kept[-1] and asked is not None and endless(asked) == endless(attempt.present)

    def refusal(self) -> str:
        """Why nothing can be tried now; empty when it can."""
        session, state = self._session, self._session.state
        if session.is_replay:
            return "a recording is shown: nothing can be tried"
        if session.asked is None or state.died is not None:
            return "nothing runs that could be changed: 1 picks a model"
        if self._attempt is not None or self.improving.running:
            return "a try is under way"
        if self._ladders.running is not None:
            return "a ladder runs: 5 goes there, esc stops it"
        if state.contest is not None and state.contest.kind == "ab":
            return "a comparison runs: 5 goes there, esc stops it"
        if state.status in ("working", "starting") and state.contest is None:
            return "it is not compiled yet: t again once it runs"
        return ""

    # What is done

    def start(self, title: str, spec: RunSpec, expected_ns: float | None = None, metric: Metric | None = None) -> str:
        """Measure a change against what runs, and ask whether to keep it.

        Args:
            title: What it is, in a few words.
            spec: What is tried.
            expected_ns: Time it should save per inference.
            metric: What is compared; None takes what the two specs make sensible.

        Returns:
            Why it was not begun, for a toast; empty when it was.
        """
        why = self.refusal()
        present = self._session.asked
        if not why and present is not None and endless(present) == endless(spec):
            why = "that runs already"
        if why or present is None:
            return why
        self.improving.forget()
        self._begin(Attempt(title, endless(present), endless(spec), expected_ns, metric))
        self._show()
        return ""

    def _begin(self, attempt: Attempt) -> None:
        contests = self._session.state.contests
        self._run = self._first_segment()
        self._attempt = replace(attempt, after=contests[-1].number if contests else 0)
        self._pairing.start(
            PairPlan(
                a=attempt.present,
                b=attempt.spec,
                kind="try",
                metric=attempt.metric,
                budget_s=attempt.budget_s,
                # Drift is known already when the same two are measured longer.
                drift_against=None if attempt.drift is not None else attempt.present,
            )
        )

    def keep(self) -> bool:
        """Go on with what was tried; False while there is no figure yet."""
        attempt = self.current
        if attempt is None or attempt.failed or attempt.estimate.low is None:
            return False
        self._decide("kept")
        task = asyncio.create_task(self._change(attempt))
        self._changes.add(task)
        task.add_done_callback(self._changes.discard)
        return True

    async def keep_now(self) -> None:
        """The same, and wait until it was asked for."""
        attempt = self.current
        if attempt is not None:
            self._decide("kept")
            await self._change(attempt)

    async def measured(self, attempt: Attempt) -> Attempt | None:
        """Measure a try to its end; None when another run began meanwhile."""
        self._begin(attempt)
        await self._pairing.finished()
        return self.current

    async def _change(self, attempt: Attempt) -> None:
        self._pairing.known(attempt.present, attempt.spec)
        try:
            await self._session.change(attempt.spec, attempt.title)
        except OvexplorerError as error:
            self._failed(error)

    def revert(self) -> None:
        """Let it go; what ran before goes on."""
        attempt = self.current
        if attempt is not None:
            self._decide("failed" if attempt.failed else "reverted")

    def longer(self) -> bool:
        """Measure the same two again with twice the time, all quads counted; False while it measures or failed."""
        attempt = self.current
        if attempt is None or not attempt.over or attempt.failed or attempt.contest is None or self.improving.running:
            return False
        budget_s = min(LONGEST_S, 2 * attempt.budget_s)
        self._begin(replace(attempt, earlier=attempt.contests, contest=None, over=False, budget_s=budget_s))
        return True

    def close(self) -> None:
        """End what is under way, for good."""
        if self.improving.running:
            self.improving.stop()
        self.revert()

    def improve(self, propose: Propose | None = None) -> str:
        """Try what promises most again and again, and keep what is faster.

        Args:
            propose: What is tried next; None takes what the advice proposes.

        Returns:
            Why it was not begun, for a toast; empty when it was.
        """
        why = self.improving.begin(propose)
        if not why:
            self._show()
        return why

    # Inside

    def _decide(self, outcome: Outcome) -> None:
        attempt, self._attempt = self._attempt, None
        if attempt is None:
            return
        if self._pairing.running and not attempt.over:
            self._pairing.stop()
        self._tried.append(replace(attempt, outcome=outcome, over=True))

    def _first_segment(self) -> int:
        segments = self._session.state.segments
        return segments[0].number if segments else 0

    def _look(self) -> None:
        """Take in what the session knows of the try by now; another run forgets all."""
        if self._first_segment() != self._run:
            self._run = self._first_segment()
            self._attempt = None
            self._tried.clear()
            return
        attempt = self._attempt
        if attempt is None or attempt.over:
            return
        contest = next((entry for entry in self._session.state.contests if entry.number > attempt.after), None)
        over = contest is not None and contest.stopped is not None
        reason = why_failed(contest) if contest is not None else ""
        if not self._pairing.running and not over:
            over, reason = True, reason or "it could not begin"
        self._attempt = replace(attempt, contest=contest, over=over, reason=reason)
