"""A mergeable histogram of latencies with a bounded relative error.

Buckets grow by a constant factor, so a value read back is off by at most `RELATIVE_ERROR` whatever its size
(Masson, Rim, Lee: DDSketch, VLDB 2019, section 2.1). Two histograms are merged by adding counts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from ovexplorer.schema.base import Data

RELATIVE_ERROR = 0.0025
"""Largest relative error of a value read back; the issue of trust asks for 1 %."""

GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
"""Growth of a bucket; bucket i holds values in (GAMMA^(i-1), GAMMA^i] nanoseconds."""

LOG_GAMMA = math.log(GAMMA)


class Histogram(Data, frozen=True, kw_only=True):
    """Counts by bucket, sparse, sorted by bucket."""

    buckets: tuple[int, ...] = ()
    """Indices of non-empty buckets, ascending."""
    counts: tuple[int, ...] = ()
    """Samples in each of them; as long as `buckets`."""

    def __post_init__(self) -> None:
        """Refuse histograms that cannot be: recordings are untrusted."""
        if len(self.buckets) != len(self.counts):
            raise ValueError("histogram: buckets and counts differ in length")
        if any(count <= 0 for count in self.counts):
            raise ValueError("histogram: a count is not positive")
        if any(left >= right for left, right in zip(self.buckets, self.buckets[1:])):
            raise ValueError("histogram: buckets are not ascending")

    @property
    def total(self) -> int:
        """Number of samples."""
        return sum(self.counts)


def bucket_of(value_ns: float) -> int:
    """Index of the bucket of a value in nanoseconds; values of at most 1 ns share bucket 0."""
    return max(0, math.ceil(math.log(value_ns) / LOG_GAMMA)) if value_ns > 1 else 0


def value_of(bucket: int) -> float:
    """The value in nanoseconds that stands for a bucket, at most RELATIVE_ERROR from all in it."""
    return 2 * GAMMA**bucket / (GAMMA + 1)


def histogram_of(values_ns: Iterable[float]) -> Histogram:
    """Count values in nanoseconds."""
    counts: dict[int, int] = {}
    for value in values_ns:
        bucket = bucket_of(value)
        counts[bucket] = counts.get(bucket, 0) + 1
    ordered = sorted(counts.items())
    return Histogram(buckets=tuple(b for b, _ in ordered), counts=tuple(c for _, c in ordered))


def merge(histograms: Iterable[Histogram]) -> Histogram:
    """Add histograms up."""
    counts: dict[int, int] = {}
    for histogram in histograms:
        for bucket, count in zip(histogram.buckets, histogram.counts):
            counts[bucket] = counts.get(bucket, 0) + count
    ordered = sorted(counts.items())
    return Histogram(buckets=tuple(b for b, _ in ordered), counts=tuple(c for _, c in ordered))
