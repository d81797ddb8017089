"""Figures of a ladder's steps from their turns, and how steps relate to each other. Pure.

A step is compared with the first bar of its part only. What it gains over the step before follows from both
comparisons: points are divided, and the half widths of the intervals are added in squares on the logarithmic scale.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

import msgspec

from ovexplorer.analysis import paired
from ovexplorer.analysis.intervals import Interval, interval_of
from ovexplorer.analysis.paired import PairEstimate
from ovexplorer.schema.recorded import Metric
from ovexplorer.schema.results import Turn, Window
from ovexplorer.tuning.steps import StepResult

MOST_TO_EQUAL = 0.1
"""Steps equal each other only where a difference above this would have been seen."""

_FEWEST_FOR_INTERVAL = 3


@dataclass(frozen=True)
class OwnFigures:
    """What the turns of one step alone say."""

    latency_ms: float | None
    latency_interval_ms: Interval | None
    fps: float | None
    fps_interval: Interval | None


def own_figures(turns: Sequence[Turn], batch: int, *, caller: bool = False, arrivals: bool = False) -> OwnFigures:
    """Medians over the turns, with the 95 % interval of the turns among themselves.

    Args:
        turns: Of this step only.
        batch: Items an inference counts for.
        caller: Whether the latency is the caller's time for one inference, see `caller_ns`, and not OpenVINO's.
        arrivals: Whether inputs came by a clock.
    """
    counted = [turn.window for turn in turns if turn.window.count and turn.window.end_ns > turn.window.start_ns]
    times = [caller_ns(w, arrivals=arrivals) if caller else float(w.median_ns) for w in counted]
    latency, latency_interval = _middle([ns / 1e6 for ns in times])
    fps, fps_interval = _middle([w.count * max(1, batch) / ((w.end_ns - w.start_ns) * 1e-9) for w in counted])
    return OwnFigures(latency, latency_interval, fps, fps_interval)


def caller_ns(window: Window, *, arrivals: bool = False) -> float:
    """The caller's time for one inference: wall time over completions, which holds the work around the inference.

    With arrivals by a clock it is the mean time from when an input was due to its result.
    """
    return window.sum_ns / window.count if arrivals else (window.end_ns - window.start_ns) / window.count


def _middle(values: Sequence[float]) -> tuple[float | None, Interval | None]:
    if not values:
        return None, None
    middle = median(values)
    if len(values) < _FEWEST_FOR_INTERVAL:
        return middle, None
    found = interval_of(values)
    # The interval is that of the mean: a lopsided series may have its median outside.
    return middle, Interval(max(0.0, min(found.low, middle)), max(found.high, middle))


def estimate_steps(
    turns: Sequence[Turn], a_segment: int, metric: Metric, *, batches: tuple[int, int] = (1, 1), arrivals: bool = False
) -> PairEstimate:
    """What quads say about B against A.

    Args:
        turns: In the order A B B A.
        a_segment: Which of them A is.
        metric: What is compared.
        batches: Items an inference of A and of B counts for; only a throughput counts them.
        arrivals: Whether B's inputs came by a clock: then B is told by the time from when each was due.
    """
    if arrivals:
        turns = [turn if turn.window.segment == a_segment else _as_closed(turn) for turn in turns]
    differences = paired.quad_differences(turns, a_segment, metric)
    gain = math.log(max(1, batches[1]) / max(1, batches[0])) if metric == "throughput" else 0.0
    return paired.estimate([difference + gain for difference in differences])


def _as_closed(turn: Turn) -> Turn:
    """As long as its inferences took together, without the time in which nothing was due."""
    window = msgspec.structs.replace(turn.window, end_ns=turn.window.start_ns + turn.window.sum_ns)
    return msgspec.structs.replace(turn, window=window)


def between(older: PairEstimate, newer: PairEstimate) -> PairEstimate:
    """The newer step against the older one, from the comparisons of both with the same first bar."""
    quads = min(older.quads, newer.quads)
    if older.point is None or newer.point is None:
        return PairEstimate(quads, None, None, None)
    point = math.log(newer.point / older.point)
    if older.low is None or older.high is None or newer.low is None or newer.high is None:
        return PairEstimate(quads, math.exp(point), None, None)
    below = math.hypot(math.log(newer.point / newer.low), math.log(older.high / older.point))
    above = math.hypot(math.log(newer.high / newer.point), math.log(older.point / older.low))
    return PairEstimate(quads, math.exp(point), math.exp(point - below), math.exp(point + above))


def related(results: Sequence[StepResult]) -> tuple[StepResult, ...]:
    """The results with what each gains over the step before it, which earlier one it equals, and what it adds."""
    found: list[StepResult] = []
    for result in results:
        before = [r for r in found if r.step.part == result.step.part and r.status == "done"]
        found.append(_beside(result, before) if result.status == "done" else result)
    return tuple(found)


def _beside(result: StepResult, before: Sequence[StepResult]) -> StepResult:
    """One result beside those before it in its part, the first bar leading them."""
    gained = result.against_first
    if not before or gained is None:
        return replace(result, against_previous=None, equals="", added_ms=None, added_interval_ms=None)
    first, previous = before[0], before[-1]
    against = gained if previous is first else _against(previous, gained)
    equal = next((r for r in before if _equal(gained if r is first else _against(r, gained))), None)
    slower = result.step.part == "slower"
    return replace(
        result,
        against_previous=against,
        equals=equal.step.id if equal is not None else "",
        added_ms=_added_ms(first, previous, gained) if slower else None,
        added_interval_ms=_added_interval_ms(first, previous, against) if slower else None,
    )


def _against(older: StepResult, gained: PairEstimate) -> PairEstimate | None:
    return between(older.against_first, gained) if older.against_first is not None else None


def _equal(said: PairEstimate | None) -> bool:
    if said is None or said.detectable is None:
        return False
    return said.verdict == "no_difference" and said.detectable <= MOST_TO_EQUAL


def _added_ms(first: StepResult, previous: StepResult, gained: PairEstimate) -> float | None:
    """From the first bar's own time and both ratios to it: what the machine did between two steps cancels out."""
    before_ms = _before_ms(first, previous)
    return first.latency_ms / gained.point - before_ms if first.latency_ms and before_ms and gained.point else None


def _added_interval_ms(first: StepResult, previous: StepResult, against: PairEstimate | None) -> Interval | None:
    """The same from both ends of what the step is against the one before."""
    before_ms = _before_ms(first, previous)
    if before_ms is None or against is None or not against.low or not against.high:
        return None
    return Interval(before_ms / against.high - before_ms, before_ms / against.low - before_ms)


def _before_ms(first: StepResult, previous: StepResult) -> float | None:
    before = previous.against_first.point if previous.against_first is not None else 1.0
    return first.latency_ms / before if first.latency_ms is not None and before else None
