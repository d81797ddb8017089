"""The highest rate of arrivals at which a percentile of the latency stays under a bound.

The capacity in a closed loop comes first: no rate above it can last. Then rates are tried one after the other in the
same engine, each for as long as the percentile needs (ten samples beyond it), and the gap between the highest that
passed and the lowest that failed is halved. A trial that cannot pass any more is ended early; one whose line grows
fails even where its percentile is still under the bound. Arrivals are inferences, not items of a batch.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import msgspec

from ovexplorer.analysis.digest import Digest, digest_of, nearest_rank
from ovexplorer.analysis.stability import LATE_SHARE, Verdict, verdict_of
from ovexplorer.analysis.summary import needed_for
from ovexplorer.errors import EngineError, UsageError
from ovexplorer.schema.histogram import value_of
from ovexplorer.schema.spec import LoadShape, RunSpec
from ovexplorer.session.session import Session
from ovexplorer.session.state import RunState, Segment

BUDGET_S = 90.0
"""Time for all trials."""
LEAST_TRIAL_S = 4.0
"""Shorter trials see no line that grows."""
CAPACITY_S = 2.0
"""Time for the closed loop."""
PRECISION = 0.05
"""The gap at which the search ends, relative to the rate that passed."""

_FIRST = 0.7
"""Of the capacity: where most services are run."""
_ABOVE = 1.15
_LOWEST = 1 / 64
_FEWEST_TRIALS = 3
_CAPACITY_COUNT = 20
_LONGEST_CAPACITY_S = 20.0
_LONGER = 1.5
"""How much longer than planned a trial may take when arrivals are not kept up with."""

Outcome = Literal["passed", "failed", "failed_early", "line_grows", "generator_late"]
Stopped = Literal["precise", "budget", "nothing_passes", "interrupted"]


@dataclass(frozen=True)
class RatePlan:
    """What is searched."""

    spec: RunSpec
    """The configuration; its load and rate are replaced."""
    bound_ms: float
    """From the intended start to the end."""
    percentile: float = 99.0
    load: LoadShape = "poisson"
    budget_s: float = BUDGET_S
    precision: float = PRECISION


@dataclass(frozen=True)
class Trial:
    """One rate that was tried."""

    rate_fps: float
    """Arrivals per second."""
    samples: int
    seconds: float
    """Counted."""
    value_ns: float
    """The percentile; of what was seen until then where the trial ended early."""
    p50_ns: float
    late_share: float
    """Of starts that the generator itself made late."""
    outcome: Outcome
    verdict: Verdict

    @property
    def passed(self) -> bool:
        """Whether the percentile stayed under the bound and the line did not grow."""
        return self.outcome == "passed"


@dataclass(frozen=True)
class RateSearch:
    """What a search came to."""

    plan: RatePlan
    capacity_fps: float
    """Inferences per second in a closed loop."""
    trials: tuple[Trial, ...] = ()
    """In the order they ran."""
    stopped: Stopped | None = None
    """None while it goes on."""

    @property
    def passed_fps(self) -> float | None:
        """The highest rate that passed; None when none did."""
        return max((trial.rate_fps for trial in self.trials if trial.passed), default=None)

    @property
    def failed_fps(self) -> float | None:
        """The lowest rate that failed; None when none did."""
        return min((trial.rate_fps for trial in self.trials if not trial.passed), default=None)


Tell = Callable[[RateSearch, str], None]
"""Told before each step: what is known, and what comes next in words."""


def seconds_per_trial(percentile: float, rate_fps: float) -> float:
    """How long a trial takes at a rate."""
    return max(LEAST_TRIAL_S, needed_for(percentile) / rate_fps)


async def find_rate(session: Session, plan: RatePlan, tell: Tell = lambda _search, _next: None) -> RateSearch:
    """Search in the session's engine; its run is replaced.

    Cancelling it ends the search; what `tell` was given last is known then.

    Raises:
        EngineError: Nothing could be measured; the state of the session says why.
        UsageError: The percentile would need more time than there is.
        ReplayError: A recording is shown.
    """
    closed = msgspec.structs.replace(plan.spec, load="closed", max_rate_fps=0.0, duration_s=0.0, iterations=0)
    await session.start(closed)
    search = RateSearch(plan, await _capacity(session))
    refuse_too_long(plan, search.capacity_fps)
    spent_s = 0.0
    while (rate := next_rate(search)) is not None:
        planned_s = seconds_per_trial(plan.percentile, rate)
        if search.trials and spent_s + planned_s > plan.budget_s:
            return _ended(search, "budget")
        tell(search, f"{rate:.4g} arrivals a second, p{plan.percentile:g} needs {planned_s:.0f} s per trial")
        trial = await _tried(session, plan, rate, planned_s)
        spent_s += trial.seconds
        search = RateSearch(plan, search.capacity_fps, (*search.trials, trial))
        tell(search, "")
    return _ended(search, "precise" if search.passed_fps is not None else "nothing_passes")


def _ended(search: RateSearch, stopped: Stopped) -> RateSearch:
    return RateSearch(search.plan, search.capacity_fps, search.trials, stopped)


def refuse_too_long(plan: RatePlan, capacity_fps: float) -> None:
    """Refuse a percentile for which the budget is too short to be of use.

    Raises:
        UsageError: So; the hint names one that would do, or the time it takes.
    """
    least_s = _FEWEST_TRIALS * seconds_per_trial(plan.percentile, _FIRST * capacity_fps)
    if least_s <= plan.budget_s:
        return
    lower = next((p for p in (95, 90) if p < plan.percentile and _affordable(plan, p, capacity_fps)), None)
    other = f", or --percentile {lower}" if lower is not None else ""
    raise UsageError(
        f"p{plan.percentile:g} needs {needed_for(plan.percentile):,} samples per trial: at {capacity_fps:.3g} "
        f"inferences a second that is more than {plan.budget_s:.0f} s for {_FEWEST_TRIALS} trials",
        f"give it -t {math.ceil(2 * least_s)}{other}",
    )


def _affordable(plan: RatePlan, percentile: float, capacity_fps: float) -> bool:
    return _FEWEST_TRIALS * seconds_per_trial(percentile, _FIRST * capacity_fps) <= plan.budget_s


def next_rate(search: RateSearch) -> float | None:
    """The rate to try next; None when the gap is small enough or nothing passes."""
    passed, failed, capacity = search.passed_fps, search.failed_fps, search.capacity_fps
    if passed is None:
        if failed is None:
            return _FIRST * capacity
        lower = failed / 2
        return lower if lower >= _LOWEST * capacity else None
    if failed is None:
        # From there to the capacity, and beyond it where the closed loop could not fill the device.
        return (passed + capacity) / 2 if passed < 0.9 * capacity else passed * _ABOVE
    if failed <= passed * (1 + search.plan.precision):
        return None
    return (passed + failed) / 2


async def _capacity(session: Session) -> float:
    def enough(segment: Segment) -> bool:
        seconds = digest_of(segment.windows).total.active_ns * 1e-9
        return seconds >= CAPACITY_S and (segment.count >= _CAPACITY_COUNT or seconds >= _LONGEST_CAPACITY_S)

    total = digest_of((await _until(session, session.asked, enough)).windows).total
    return total.count / (total.active_ns * 1e-9)


async def _tried(session: Session, plan: RatePlan, rate: float, planned_s: float) -> Trial:
    spec = msgspec.structs.replace(
        plan.spec, load=plan.load, rate_fps=rate, max_rate_fps=0.0, duration_s=0.0, iterations=0
    )
    await session.change(spec, f"{plan.load} {rate:.4g}/s")
    needed = needed_for(plan.percentile)

    def over(segment: Segment) -> bool:
        digest = digest_of(segment.windows)
        seconds = digest.total.active_ns * 1e-9
        if hopeless(digest, plan, max(needed, round(rate * planned_s))):
            return True
        return (digest.total.count >= needed and seconds >= planned_s) or seconds >= _LONGER * planned_s

    segment = await _until(session, spec, over)
    return judged(digest_of(segment.windows), plan, rate, planned_s)


def hopeless(digest: Digest, plan: RatePlan, planned: int) -> bool:
    """Whether so many were over the bound that the planned number of samples cannot pass any more."""
    allowed = max(planned, digest.total.count) * (1 - plan.percentile / 100)
    # A little more: trials end with a slice, not with the planned sample.
    return _over_bound(digest, plan) > 1.1 * allowed


def _over_bound(digest: Digest, plan: RatePlan) -> int:
    bound_ns = plan.bound_ms * 1e6
    return sum(count for bucket, count in digest.total.histogram.items() if value_of(bucket) > bound_ns)


def judged(digest: Digest, plan: RatePlan, rate: float, planned_s: float) -> Trial:
    """What a trial came to."""
    total = digest.total
    value_ns = nearest_rank(total.histogram, plan.percentile / 100, total.count)
    verdict = verdict_of(digest)
    late_share = digest.late_count / total.count
    return Trial(
        rate_fps=rate,
        samples=total.count,
        seconds=total.active_ns * 1e-9,
        value_ns=value_ns,
        p50_ns=nearest_rank(total.histogram, 0.5, total.count),
        late_share=late_share,
        outcome=_over(digest, late_share, planned_s)
        if value_ns > plan.bound_ms * 1e6
        else _under(digest, rate, verdict),
        verdict=verdict,
    )


def _over(digest: Digest, late_share: float, planned_s: float) -> Outcome:
    """What a trial over the bound is."""
    # Lateness only ever adds to a latency: it can excuse a failure, never a pass.
    if late_share > LATE_SHARE:
        return "generator_late"
    return "failed" if digest.total.active_ns * 1e-9 >= planned_s else "failed_early"


def _under(digest: Digest, rate: float, verdict: Verdict) -> Outcome:
    """What a trial under the bound is."""
    grows = any(reason.code == "trend" and "rose" in reason.text for reason in verdict.reasons)
    expected = rate * digest.total.active_ns * 1e-9
    # A fifth less than came, or four standard deviations of Poisson arrivals where those are more.
    short = digest.total.count < expected - max(0.2 * expected, 4 * math.sqrt(expected))
    return "line_grows" if grows or short else "passed"


async def _until(session: Session, spec: RunSpec | None, done: Callable[[Segment], bool]) -> Segment:
    """Wait for a state of the newest segment.

    Raises:
        EngineError: It failed, or its engine ended.
    """

    def over(state: RunState) -> bool:
        segment = state.current
        if state.status in {"died", "finished"} or (segment is not None and segment.failed is not None):
            return True
        return segment is not None and segment.spec == spec and bool(segment.windows) and done(segment)

    state = await session.until(over)
    segment = state.current
    if segment is None or segment.failed is not None or state.died is not None or not segment.windows:
        raise EngineError("the search ended before the rate was found", "look at what the engine said, or try --debug")
    return segment
