"""Whether a run's figures can be trusted: valid, unstable, or too short, with the reasons in plain words.

`valid` means steady, not repeatable: of 24 runs of 15 s on a shared machine 9 were valid, 8 of them within 3 % of the
grand median and one, which ran whole in a slow phase, 32 % off. Repeatable needs several fresh engines
(`between_runs`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median
from typing import Literal

from ovexplorer.analysis.digest import Digest, digest_of
from ovexplorer.analysis.intervals import BATCHES, Batch, Interval, batches_of, interval_of, join_batches
from ovexplorer.schema.results import Window

VerdictWord = Literal["valid", "unstable", "too_short"]

FEWEST = 100
"""Inferences for a verdict."""
FEWEST_SLOW = 20
"""The same for models slower than `SLOW_NS`."""
SLOW_NS = 1_000_000_000

WINDOW_RATIO = 1.10
"""Largest max/min of the last three parts of a steady run."""
LEVEL_RATIO = 1.15
"""Largest max/min of the rolling median of five batches."""
TREND_Z = 2.58
TREND_CHANGE = 0.05
HALF_WIDTH = 0.05

LATE_SHARE = 0.01
"""Largest share of starts that the generator of an open load may make late."""

_PARTS = ((8, 12), (12, 16), (16, 20))
"""Batches 9-12, 13-16, 17-20."""
_ROLLING = 5


@dataclass(frozen=True)
class Reason:
    """Why a run is not valid."""

    code: Literal[
        "too_few_inferences",
        "too_few_windows",
        "windows_differ",
        "level_shift",
        "trend",
        "wide_interval",
        "throttled",
        "generator_late",
    ]
    """Public: a key of the JSON output."""
    text: str
    """In plain words."""


@dataclass(frozen=True)
class Verdict:
    """What can be said about a run."""

    verdict: VerdictWord
    reasons: tuple[Reason, ...] = ()
    """Empty when valid."""
    p50_interval_ns: Interval | None = None
    """95 %, of this run; None while it is too short."""
    fps_interval: Interval | None = None
    """The same for items per second."""
    seconds_needed: float | None = None
    """Estimated time until it is no longer too short; None when it is not, or nothing was counted yet."""

    @property
    def valid(self) -> bool:
        """Whether it is valid."""
        return self.verdict == "valid"


def judge(windows: Sequence[Window], batch: int = 1) -> Verdict:
    """The verdict on a series of windows.

    Args:
        windows: Of one segment, oldest first.
        batch: Items an inference counts for, as in ConfigurationReady.batch.
    """
    return verdict_of(digest_of(windows), batch)


def verdict_of(digest: Digest, batch: int = 1) -> Verdict:
    """The verdict on a digest."""
    count, active_s = digest.total.count, digest.total.active_ns * 1e-9
    slow = bool(count) and digest.sum_ns / count > SLOW_NS
    fewest = FEWEST_SLOW if slow else FEWEST
    if count < fewest:
        text = f"{count:,} of the {fewest} inferences a verdict needs"
        seconds = (fewest - count) * active_s / count if count and active_s else None
        return Verdict("too_short", (Reason("too_few_inferences", text),), seconds_needed=seconds)
    batches = batches_of(digest)
    if not batches:
        text = f"too few slices of the run to compare its {BATCHES} parts"
        missing = max(1, BATCHES + 1 - digest.total.windows)
        return Verdict(
            "too_short",
            (Reason("too_few_windows", text),),
            seconds_needed=missing * active_s / digest.total.windows,
        )
    latency = interval_of([part.median_ns for part in batches])
    rate = interval_of([part.rate for part in batches])
    # How many arrive in a part of an open load is up to the load: only latencies are judged.
    reasons = (*_reasons(batches, latency, paced=digest.service_ns > 0), *_generator(digest))
    return Verdict(
        "unstable" if reasons else "valid",
        reasons,
        latency,
        Interval(rate.low * batch, rate.high * batch),
    )


def _generator(digest: Digest) -> tuple[Reason, ...]:
    share = digest.late_count / digest.total.count
    if share <= LATE_SHARE:
        return ()
    worst = f"{digest.late_max_ns * 1e-6:.1f} ms"
    text = f"the generator itself started {_percent(share)} of the requests late, by up to {worst}"
    return (Reason("generator_late", text),)


def _reasons(batches: Sequence[Batch], latency: Interval, *, paced: bool = False) -> list[Reason]:
    medians = [part.median_ns for part in batches]
    reasons: list[Reason] = []
    parts = [join_batches(batches[begin:end]) for begin, end in _PARTS]
    by_median, by_rate = (
        _spread([part.median_ns for part in parts]),
        0.0 if paced else _spread([part.rate for part in parts]),
    )
    if max(by_median, by_rate) > WINDOW_RATIO:
        what = "latency" if by_median >= by_rate else "throughput"
        text = f"{what} of the last three fifths differs by {_percent(max(by_median, by_rate) - 1)} between parts"
        reasons.append(Reason("windows_differ", text))
    rolling = [median(medians[at : at + _ROLLING]) for at in range(len(medians) - _ROLLING + 1)]
    if _spread(rolling) > LEVEL_RATIO:
        reasons.append(Reason("level_shift", f"latency moved between levels {_percent(_spread(rolling) - 1)} apart"))
    change = relative_trend(medians)
    if abs(mann_kendall(medians)) > TREND_Z and abs(change) > TREND_CHANGE:
        word = "rose" if change > 0 else "fell"
        reasons.append(Reason("trend", f"latency {word} steadily, {_percent(abs(change))} over the run"))
    if latency.relative > HALF_WIDTH:
        reasons.append(Reason("wide_interval", f"the median is known only to ±{_percent(latency.relative)}"))
    return reasons


def mann_kendall(values: Sequence[float]) -> float:
    """The z of the Mann-Kendall test: how surely a series rises (positive) or falls."""
    count = len(values)
    s = sum((later > earlier) - (later < earlier) for earlier, later in combinations(values, 2))
    ties: dict[float, int] = {}
    for value in values:
        ties[value] = ties.get(value, 0) + 1
    variance = (count * (count - 1) * (2 * count + 5) - sum(t * (t - 1) * (2 * t + 5) for t in ties.values())) / 18
    if variance <= 0 or s == 0:
        return 0.0
    return (s - math.copysign(1, s)) / math.sqrt(variance)


def relative_trend(values: Sequence[float]) -> float:
    """Theil-Sen change from the first to the last value, relative to the median of all."""
    slopes = [
        (values[later] - values[earlier]) / (later - earlier) for earlier, later in combinations(range(len(values)), 2)
    ]
    middle = median(values)
    return median(slopes) * (len(values) - 1) / middle if slopes and middle else 0.0


def _spread(values: Sequence[float]) -> float:
    low = min(values)
    return max(values) / low if low > 0 else math.inf


def _percent(fraction: float) -> str:
    return f"{fraction * 100:.0f} %" if fraction >= 0.095 else f"{fraction * 100:.1f} %"
