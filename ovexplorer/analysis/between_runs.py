"""The interval over runs in fresh engines: what the next run may give, which no single run can tell."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from ovexplorer.analysis.intervals import CONFIDENCE, Interval
from ovexplorer.analysis.student import t_quantile


@dataclass(frozen=True)
class BetweenRuns:
    """One figure of several runs."""

    runs: int
    mean: float
    low: float
    """Smallest of the runs."""
    high: float
    """Largest of the runs."""
    interval: Interval | None
    """95 % t-interval of the mean; None with a single run."""


def between_runs(values: Sequence[float], confidence: float = CONFIDENCE) -> BetweenRuns:
    """Combine one figure a run, such as the medians of `--runs N`.

    Runs in fresh engines are taken as independent, so this is the plain t-interval.

    Raises:
        ValueError: There is none.
    """
    if not values:
        raise ValueError("there are no runs to combine")
    count, mean = len(values), fmean(values)
    interval = None
    if count > 1:
        half = t_quantile((1 + confidence) / 2, count - 1) * stdev(values) / math.sqrt(count)
        interval = Interval(mean - half, mean + half)
    return BetweenRuns(count, mean, min(values), max(values), interval)
