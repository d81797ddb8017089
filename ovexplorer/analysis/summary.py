"""The figures of one run.

Definitions: fps = completed inferences x batch / time from the first counted start to the last counted completion,
without pauses and toggles (gaps of more than 0.1 s between two windows). Percentiles are nearest rank, read from the
merged histogram (at most 0.25 % off). A percentile is shown when ten samples lie beyond it: n (1 - p) >= 10; the
median is always shown.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ovexplorer.analysis.digest import Digest, digest_of, nearest_rank
from ovexplorer.schema.results import Window

PERCENTILES = (50.0, 90.0, 95.0, 99.0, 99.9)

_SAMPLES_BEYOND = 10


@dataclass(frozen=True)
class Percentile:
    """One percentile, or why there is none."""

    percent: float
    """50, 90, 95, 99 or 99.9."""
    value_ns: float | None
    """None while there are too few samples."""
    needed: int
    """Samples it needs."""
    reason: str = ""
    """Why there is none: `needs 1,000 samples`; empty otherwise."""
    seconds: float | None = None
    """Time until it can be shown at the present rate; None when it is shown or the rate is not known."""

    @property
    def name(self) -> str:
        """`p50`, `p99.9`."""
        return f"p{self.percent:g}"


@dataclass(frozen=True)
class Arrivals:
    """What an open load came to; its latencies count from the intended start."""

    service_ns: float
    """OpenVINO's own latency, mean."""
    queue_ns: float
    """From the intended start to the moment the host began, mean."""
    late_share: float
    """Of starts that the generator itself made late."""
    late_max_ns: int
    """The latest."""


@dataclass(frozen=True)
class RunSummary:
    """What a run came to. All figures but the counts are None when nothing was counted."""

    iterations: int
    duration_ns: int
    """Time counted, without pauses."""
    batch: int
    """Items an inference counts for."""
    fps: float | None
    mean_ns: float | None
    min_ns: int | None
    max_ns: int | None
    percentiles: tuple[Percentile, ...]
    """As in PERCENTILES."""
    host_ns_per_inference: float | None
    """Time in Python outside the latency."""
    arrivals: Arrivals | None = None
    """What an open load adds; None for a closed loop."""

    def percentile(self, percent: float) -> Percentile:
        """One of PERCENTILES."""
        return next(entry for entry in self.percentiles if entry.percent == percent)

    @property
    def p50_ns(self) -> float | None:
        """The median."""
        return self.percentile(50.0).value_ns


def needed_for(percent: float) -> int:
    """Samples from which on a percentile is shown."""
    if percent <= 50:
        return 1
    # Integers in thousandths: 10 / (1 - 0.999) is 10,000.0000000001 in floating point.
    beyond = 100_000 - round(percent * 1000)
    return math.ceil(_SAMPLES_BEYOND * 100_000 / beyond)


def summarise(windows: Sequence[Window], batch: int = 1) -> RunSummary:
    """The figures of a series of windows."""
    return summary_of(digest_of(windows), batch)


def summary_of(digest: Digest, batch: int = 1) -> RunSummary:
    """The figures of a digest."""
    count, active_ns = digest.total.count, digest.total.active_ns
    return RunSummary(
        iterations=count,
        duration_ns=active_ns,
        batch=batch,
        fps=count * batch / (active_ns * 1e-9) if count and active_ns else None,
        mean_ns=digest.sum_ns / count if count else None,
        min_ns=digest.min_ns if count else None,
        max_ns=digest.max_ns if count else None,
        percentiles=tuple(_percentile(digest, percent) for percent in PERCENTILES),
        host_ns_per_inference=digest.host_ns / count if count else None,
        arrivals=_arrivals(digest) if digest.service_ns else None,
    )


def _arrivals(digest: Digest) -> Arrivals:
    count = digest.total.count
    return Arrivals(
        service_ns=digest.service_ns / count,
        queue_ns=digest.queue_ns / count,
        late_share=digest.late_count / count,
        late_max_ns=digest.late_max_ns,
    )


def _percentile(digest: Digest, percent: float) -> Percentile:
    count, active_ns = digest.total.count, digest.total.active_ns
    needed = needed_for(percent)
    if count < needed:
        seconds = (needed - count) * active_ns * 1e-9 / count if count and active_ns else None
        samples = "sample" if needed == 1 else "samples"
        return Percentile(percent, None, needed, f"needs {needed:,} {samples}", seconds)
    value = nearest_rank(digest.total.histogram, percent / 100, count)
    return Percentile(percent, min(max(value, digest.min_ns), digest.max_ns), needed)
