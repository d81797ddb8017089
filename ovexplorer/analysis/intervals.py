"""The interval of one run's own figure, from 20 batches that are not independent.

x = the batches' figures; r = lag-1 autocorrelation cut to 0..0.95; n_eff = max(3, n (1 - r) / (1 + r)); mean +-
t(n_eff - 1) sd / sqrt(n_eff). On a noisy virtual machine the first half's 95 % interval held the whole run's median in
21 of 24 runs, plain batches in 11. It speaks for this run only, not for the next process.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

from ovexplorer.analysis.digest import Block, Digest, add_counts, smooth_median
from ovexplorer.analysis.student import t_quantile

BATCHES = 20
CONFIDENCE = 0.95

_LARGEST_CORRELATION = 0.95
_FEWEST_EFFECTIVE = 3.0


@dataclass(frozen=True)
class Interval:
    """A figure with its uncertainty."""

    low: float
    high: float

    @property
    def centre(self) -> float:
        """Middle of it."""
        return (self.low + self.high) / 2

    @property
    def half_width(self) -> float:
        """Half of its width, in its own unit."""
        return (self.high - self.low) / 2

    @property
    def relative(self) -> float:
        """Half width over centre; infinite around 0."""
        return abs(self.half_width / self.centre) if self.centre else math.inf


@dataclass(frozen=True)
class Batch:
    """One of the equal-count parts of a run."""

    count: int
    active_ns: int
    histogram: dict[int, int]
    median_ns: float

    @property
    def rate(self) -> float:
        """Inferences per second."""
        return self.count / (self.active_ns * 1e-9) if self.active_ns else 0.0


def batches_of(digest: Digest) -> tuple[Batch, ...]:
    """Cut a run into 20 parts of about equal counts, at the borders of blocks; empty when it is too coarse for that."""
    total = digest.total.count
    parts: list[Block] = [Block() for _ in range(BATCHES)]
    seen = 0
    for block in digest.blocks:
        middle = seen + block.count / 2
        parts[min(BATCHES - 1, int(middle / total * BATCHES))].join(block)
        seen += block.count
    if any(not part.count for part in parts):
        return ()
    return tuple(make_batch(part) for part in parts)


def make_batch(part: Block) -> Batch:
    """A block with its median."""
    return Batch(part.count, part.active_ns, part.histogram, smooth_median(part.histogram, part.count))


def join_batches(batches: Sequence[Batch]) -> Batch:
    """Several batches as one."""
    joined = Block()
    for batch in batches:
        joined.count += batch.count
        joined.active_ns += batch.active_ns
        add_counts(joined.histogram, batch.histogram.items())
    return make_batch(joined)


def lag_one(values: Sequence[float]) -> float:
    """Lag-1 autocorrelation; 0 for a constant series."""
    mean = fmean(values)
    total = sum((value - mean) ** 2 for value in values)
    if total <= 0:
        return 0.0
    return sum((a - mean) * (b - mean) for a, b in pairwise(values)) / total


def interval_of(values: Sequence[float], confidence: float = CONFIDENCE) -> Interval:
    """The interval of the mean of consecutive, correlated values.

    Raises:
        ValueError: There are fewer than three.
    """
    count = len(values)
    if count < _FEWEST_EFFECTIVE:
        raise ValueError("an interval needs at least three values")
    r = min(max(lag_one(values), 0.0), _LARGEST_CORRELATION)
    effective = max(_FEWEST_EFFECTIVE, count * (1 - r) / (1 + r))
    mean = fmean(values)
    deviation = math.sqrt(sum((value - mean) ** 2 for value in values) / (count - 1))
    # Rounded so that the quantile is found among those computed before.
    quantile = t_quantile((1 + confidence) / 2, round(effective - 1, 1))
    half = quantile * deviation / math.sqrt(effective)
    return Interval(mean - half, mean + half)
