"""Contests while they run: what the store changes in place and hands out frozen."""

from __future__ import annotations

from dataclasses import dataclass, field

from ovexplorer.schema.contest import DivergenceFound, DriftMeasured
from ovexplorer.schema.drift import Divergence, Drift
from ovexplorer.schema.recorded import Contested, Stopped
from ovexplorer.schema.results import Turn
from ovexplorer.session.drafts import SegmentDraft
from ovexplorer.session.state import Contest, PhaseTime

MOST_CONTESTS = 40


@dataclass
class ContestDraft:
    """A contest that may still change."""

    asked: Contested
    a: SegmentDraft
    b: SegmentDraft
    turns: list[Turn] = field(default_factory=list)
    drifts: dict[int, Drift] = field(default_factory=dict)
    divergence: Divergence | None = None
    stopped: Stopped | None = None
    given_up: bool = False
    """Whether the engine was asked for something that replaces it; it may prepare none of its sides any more."""
    _frozen: Contest | None = None

    def freeze(self) -> Contest:
        """The contest as it stands; the same object while nothing changes."""
        a, b = self.a.freeze(), self.b.freeze()
        frozen = self._frozen
        if frozen is None or frozen.a is not a or frozen.b is not b:
            asked = self.asked
            frozen = self._frozen = Contest(
                number=asked.contest,
                kind=asked.kind,
                metric=asked.metric,
                a=a,
                b=b,
                budget_s=asked.budget_s,
                started_ns=asked.at_ns,
                turns=tuple(self.turns),
                drift_a=self.drifts.get(a.number),
                drift_b=self.drifts.get(b.number),
                divergence=self.divergence,
                stopped=self.stopped,
            )
        return frozen

    def touch(self) -> None:
        """Forget the frozen copy, because something changed."""
        self._frozen = None


class ContestDrafts:
    """The contests of a run."""

    def __init__(self) -> None:
        self._drafts: list[ContestDraft] = []

    def clear(self) -> None:
        """Another run."""
        self._drafts.clear()

    def freeze(self) -> tuple[Contest, ...]:
        """All of them, oldest first."""
        return tuple(draft.freeze() for draft in self._drafts)

    @property
    def running(self) -> bool:
        """Whether a contest is under way."""
        return bool(self._drafts) and self._drafts[-1].stopped is None

    @property
    def running_phase(self) -> PhaseTime | None:
        """The phase under way of a contestant."""
        if not self.running:
            return None
        return self._drafts[-1].a.running_phase or self._drafts[-1].b.running_phase

    def contestant(self, segment: int) -> SegmentDraft | None:
        """The contestant with a number."""
        for draft in reversed(self._drafts):
            for side in (draft.a, draft.b):
                if side.number == segment:
                    return side
        return None

    def prepares(self, path: str) -> bool:
        """Whether a contestant of a model file is being prepared, also for a contest that was ended meanwhile."""
        last = self._drafts[-1] if self._drafts else None
        if last is None or last.given_up:
            return False
        return any(s.ready is None and s.failed is None and s.spec.model.path == path for s in (last.a, last.b))

    def give_up(self) -> None:
        """Another configuration of the run was asked for."""
        for draft in self._drafts:
            draft.given_up = True

    def begin(self, asked: Contested) -> None:
        """Two configurations are to be compared."""
        a = SegmentDraft(asked.a_segment, asked.a, "A")
        b = SegmentDraft(asked.b_segment, asked.b, "B")
        self._drafts.append(ContestDraft(asked, a, b))
        del self._drafts[:-MOST_CONTESTS]

    def take_turn(self, contest: int, turn: Turn) -> None:
        """A turn is over; one that was under way when the contest was ended is none of its looks."""
        draft = self._find(contest)
        if draft is None or draft.stopped is not None:
            return
        for side in (draft.a, draft.b):
            if side.number == turn.window.segment:
                draft.turns.append(turn)
                side.add_window(turn.window)
                draft.touch()

    def take_answer(self, event: DriftMeasured | DivergenceFound) -> None:
        """Drift of a contestant is known, or the first operation that moves (or that none does)."""
        segment = event.drift.segment if isinstance(event, DriftMeasured) else event.divergence.segment
        for draft in self._drafts:
            if segment not in (draft.a.number, draft.b.number):
                continue
            if isinstance(event, DriftMeasured):
                draft.drifts[segment] = event.drift
            else:
                draft.divergence = event.divergence
            draft.touch()

    def settle(self, contest: int, stopped: Stopped, at_ns: int) -> None:
        """A contest is over."""
        draft = self._find(contest)
        if draft is not None and draft.stopped is None:
            draft.stopped = stopped
            for side in (draft.a, draft.b):
                if side.running_phase:
                    side.end_phases(at_ns)
            draft.touch()

    def engine_died(self, at_ns: int) -> None:
        """Nobody measures any more."""
        self.give_up()
        for draft in self._drafts:
            self.settle(draft.asked.contest, "failed", at_ns)

    def _find(self, number: int) -> ContestDraft | None:
        return next((draft for draft in self._drafts if draft.asked.contest == number), None)
