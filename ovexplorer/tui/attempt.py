"""One try, as far as it is: what the turns say of it, and what became of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Literal

from ovexplorer.analysis.paired import PairEstimate, estimate
from ovexplorer.schema.drift import Drift
from ovexplorer.schema.recorded import Metric
from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.state import Contest
from ovexplorer.tui.paired_words import LARGE, worst
from ovexplorer.tuning.pair import BUDGET_S, differences_of

Outcome = Literal["measuring", "kept", "reverted", "failed"]


@dataclass(frozen=True)
class Attempt:
    """One try, under way or over."""

    title: str
    present: RunSpec
    """What runs."""
    spec: RunSpec
    """What is tried."""
    expected_ns: float | None
    """Time it should save per inference; None when nobody could tell."""
    metric: Metric | None = None
    budget_s: float = BUDGET_S
    after: int = 0
    """Its contest has a higher number."""
    earlier: tuple[Contest, ...] = ()
    """Comparisons of the same two whose quads count too."""
    contest: Contest | None = None
    """The last one; None until it began."""
    over: bool = False
    """Whether its turns are over."""
    outcome: Outcome = "measuring"
    reason: str = ""
    """Why it failed."""

    @property
    def contests(self) -> tuple[Contest, ...]:
        """All comparisons of these two."""
        return (*self.earlier, self.contest) if self.contest is not None else self.earlier

    @property
    def estimate(self) -> PairEstimate:
        """What all quads say about the try against what runs."""
        return estimate([difference for contest in self.contests for difference in differences_of(contest)])

    @property
    def drift(self) -> Drift | None:
        """Of the try; None before it is measured."""
        return next((entry.drift_b for entry in reversed(self.contests) if entry.drift_b is not None), None)

    @property
    def before_ns(self) -> float | None:
        """Median over the turns of what runs."""
        return _median(self.contests, tried=False)

    @property
    def after_ns(self) -> float | None:
        """The same of the try."""
        return _median(self.contests, tried=True)

    @property
    def saved_ns(self) -> tuple[float, float, float] | None:
        """Time saved per inference: point and interval."""
        said, before = self.estimate, self.before_ns
        if said.point is None or said.low is None or said.high is None or before is None:
            return None
        point, low, high = (before * (1 - 1 / ratio) for ratio in (said.point, said.low, said.high))
        return point, low, high

    @property
    def failed(self) -> bool:
        """Whether it could not be compiled or run."""
        return bool(self.reason)


def _median(contests: tuple[Contest, ...], *, tried: bool) -> float | None:
    medians = [
        turn.window.median_ns
        for contest in contests
        for turn in contest.turns
        if (turn.window.segment == contest.b.number) == tried
    ]
    return median(medians) if medians else None


def why_failed(contest: Contest) -> str:
    """Why one side could not be measured; empty when it could, or it is not known yet."""
    for side in (contest.b, contest.a):
        if side.failed is not None:
            return f"{side.failed.what}. {side.failed.hint}" if side.failed.hint else f"{side.failed.what}"
    return "the comparison was ended" if contest.stopped == "failed" and not contest.turns else ""


def worth_keeping(attempt: Attempt) -> bool:
    """Whether it is surely faster and its outputs are what they were."""
    if attempt.failed or attempt.estimate.verdict != "b_faster":
        return False
    drift = attempt.drift
    output = worst(drift) if drift is not None else None
    if output is None:
        return True
    return not output.non_finite and not output.top1_changed and output.relative_l2 < LARGE
