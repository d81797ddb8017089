"""How much faster one configuration is than another that ran before or after it in the same process.

This is a sequential comparison: what the machine did meanwhile is part of the difference. On a shared machine the
same configuration in consecutive runs differed by more than 5 % in 11 of 23 cases, so the interval speaks for the two
runs as they were, and screens say `seq`. Positive is always better.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from ovexplorer.analysis.intervals import Interval
from ovexplorer.analysis.stability import Verdict

Direction = Literal["faster", "slower", "same"]

_LOPSIDED = 1.2


@dataclass(frozen=True)
class Delta:
    """A speed-up old / new - 1 with its 95 % interval; fractions."""

    point: float
    low: float
    high: float

    @property
    def direction(self) -> Direction:
        """Faster or slower only when the interval excludes no change."""
        if self.low > 0:
            return "faster"
        return "slower" if self.high < 0 else "same"

    @property
    def detectable(self) -> float:
        """A difference above this would have been seen."""
        return max(abs(self.low), abs(self.high))

    def text(self) -> str:
        """`+38 % ±6`, `+38 % 35…44` when lopsided, `±1.4 %` when there is no difference; without glyphs."""
        if self.direction == "same":
            return f"±{_up(self.detectable)} %"
        sign = "+" if self.point >= 0 else "−"
        value = abs(self.point) * 100
        figure = f"{value:.0f}" if value >= 0.95 else f"{value:.1f}"
        below, above = self.point - self.low, self.high - self.point
        if max(below, above) > _LOPSIDED * min(below, above) and max(below, above) * 100 >= 1:
            ends = sorted((abs(self.low), abs(self.high)))
            return f"{sign}{figure} % {ends[0] * 100:.0f}…{ends[1] * 100:.0f}"
        return f"{sign}{figure} % ±{_up(max(below, above))}"


def _up(fraction: float) -> str:
    """Percent rounded up: one decimal below ten, none from there on."""
    percent = fraction * 100
    return f"{math.ceil(percent * 10 - 1e-9) / 10:.1f}" if percent < 1 else f"{math.ceil(percent - 1e-9)}"


def compare_times(old_ns: Interval, new_ns: Interval) -> Delta | None:
    """Speed-up from two intervals of a time; None when one of them reaches 0.

    Half widths are added in squares on the logarithmic scale, where a ratio is a difference.
    """
    if min(old_ns.low, new_ns.low) <= 0:
        return None
    point = math.log(old_ns.centre / new_ns.centre)
    half = math.hypot(_log_half(old_ns), _log_half(new_ns))
    return Delta(math.expm1(point), math.expm1(point - half), math.expm1(point + half))


def _log_half(interval: Interval) -> float:
    return math.log(interval.high / interval.low) / 2


def compare_latency(old: Verdict, new: Verdict) -> Delta | None:
    """Speed-up of the median; None while one of the two is too short to have an interval."""
    if old.p50_interval_ns is None or new.p50_interval_ns is None:
        return None
    return compare_times(old.p50_interval_ns, new.p50_interval_ns)
