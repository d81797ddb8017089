"""The one formatter of times, rates, bytes, shares and of what is not available.

Figures carry three significant digits for times and rates, two for shares. Units stand in the heading or label, so the
functions that end in `_number` return the figure alone; the others add the unit.
"""

from __future__ import annotations

from dataclasses import dataclass

NOT_AVAILABLE = "—"
MINUS = "−"

_MS = 1e6
_S = 1e9


@dataclass(frozen=True)
class Unavailable:
    """A figure that does not exist, and why."""

    reason: str
    """Shown beside the dash, on the same line."""

    def __str__(self) -> str:
        return f"{NOT_AVAILABLE} {self.reason}"


def significant(value: float, digits: int = 3) -> str:
    """Write a figure with a number of significant digits, thousands separated, no exponent."""
    if value != value or value in (float("inf"), float("-inf")):
        return NOT_AVAILABLE
    magnitude = abs(value)
    if magnitude == 0:
        return "0"
    exponent = 0
    probe = magnitude
    while probe >= 10:
        probe /= 10
        exponent += 1
    while probe < 1:
        probe *= 10
        exponent -= 1
    decimals = max(0, digits - 1 - exponent)
    rounded = round(magnitude, decimals)
    # 9.996 becomes 10.00 with the decimals of 9.99: drop one.
    if decimals and rounded >= 10 ** (exponent + 1):
        decimals -= 1
    return f"{MINUS if value < 0 else ''}{rounded:,.{decimals}f}"


def ms_number(ns: float) -> str:
    """Nanoseconds as a figure in milliseconds."""
    return significant(ns / _MS)


def duration(ns: float) -> str:
    """Nanoseconds with the unit that fits: ns, µs, ms, s, min or h."""
    for unit, size in (("h", 3600 * _S), ("min", 60 * _S), ("s", _S), ("ms", _MS), ("µs", 1e3)):
        if abs(ns) >= size:
            return f"{significant(ns / size)} {unit}"
    return f"{significant(ns)} ns"


def stopwatch(seconds: float) -> str:
    """Elapsed time as 0:42 or 1:02:03."""
    whole = int(seconds)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def scaled(value: float, unit: str) -> str:
    """A figure with a decimal prefix, such as 8.2 GFLOP or 102 MB; MB = 10^6 bytes."""
    for prefix, size in (("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if abs(value) >= size:
            return f"{significant(value / size)} {prefix}{unit}"
    return f"{significant(value)} {unit}"


def size(count: float) -> str:
    """Bytes with a decimal prefix; MB = 10^6 bytes."""
    return scaled(count, "B")


def share(fraction: float) -> str:
    """A fraction 0..1 as a percentage with two significant digits, at most one decimal."""
    percent = fraction * 100
    return f"{percent:.0f} %" if abs(percent) >= 99.95 else f"{percent:.1f} %"


def signed_percent(fraction: float) -> str:
    """A relative change: no decimals from 1 % up, one below; always with a sign."""
    percent = fraction * 100
    sign = "+" if percent >= 0 else MINUS
    return f"{sign}{abs(percent):.0f} %" if abs(percent) >= 0.95 else f"{sign}{abs(percent):.1f} %"
