"""What counting costs: two compiled models in turns, their ratio with an interval. Knows no runtime.

Turns are taken in quads A B B A, so that a slow drift of the machine takes both alike. A quad gives the difference of
the logarithms of the mean latencies. The estimate is that of Hodges and Lehmann with the exact interval of the
signed-rank test (Hollander, Wolfe, Chicken: Nonparametric Statistical Methods, 3.1 to 3.3); from eight quads on there
is one at 99 %.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

from ovexplorer.engine.loops import Gate
from ovexplorer.engine.turns import TurnLoop, take_turn
from ovexplorer.schema.contest import RunTurns
from ovexplorer.schema.results import Window

FEWEST_QUADS = 8
_MOST_QUADS = 40
_BUDGET_S = 1.0
_LONGEST_S = 1.5
"""Eight quads that would take longer are left out."""
_TURN = RunTurns(contest=0, turns=(), seconds=0.006, fewest=1)
_CONFIDENCE = 0.99


@dataclass(frozen=True)
class Overhead:
    """Of counting, as a fraction of the latency without it."""

    point: float
    low: float
    high: float
    plain_latency_ns: int
    """Mean latency without counters in these turns."""
    quads: int

    @property
    def interval(self) -> tuple[float, float, float]:
        """As the profile carries it."""
        return self.point, self.low, self.high


def measure_overhead(
    plain: TurnLoop, profiled: TurnLoop, gate: Gate, *, latency_ns: float, flight: int = 1
) -> Overhead | None:
    """Let two loops take turns.

    Args:
        plain: Without counters; nothing of it must be in flight.
        profiled: With counters; the same.
        gate: Closed when a command arrives.
        latency_ns: About what one inference takes.
        flight: How many are in flight at once.

    Returns:
        None when eight quads do not fit into about a second, or a command arrived.

    Raises:
        RuntimeError: OpenVINO's, when an inference fails.
    """
    least = flight + max(_TURN.fewest, 2 * flight if flight > 1 else 0)
    turn_s = max(_TURN.seconds, least * latency_ns / 1e9 / flight)
    if 4 * FEWEST_QUADS * turn_s > _LONGEST_S:
        return None
    differences: list[float] = []
    plain_windows: list[Window] = []
    end_s = time.perf_counter() + _BUDGET_S
    while len(differences) < FEWEST_QUADS or (time.perf_counter() < end_s and len(differences) < _MOST_QUADS):
        quad = [take_turn(loop, 0, _TURN, gate, flight=flight) for loop in (plain, profiled, profiled, plain)]
        windows = [turn.window for turn in quad if turn is not None]
        if len(windows) < len(quad):
            return None
        first, second, third, fourth = (math.log(max(1.0, window.sum_ns / window.count)) for window in windows)
        differences.append((second + third - first - fourth) / 2)
        plain_windows += [windows[0], windows[3]]
    point, low, high = (math.expm1(value) for value in estimate(differences))
    total = sum(window.sum_ns for window in plain_windows)
    mean_ns = round(total / sum(window.count for window in plain_windows))
    return Overhead(point, low, high, mean_ns, len(differences))


def estimate(differences: Sequence[float]) -> tuple[float, float, float]:
    """Point and 99 % interval of the middle of a symmetric distribution.

    Args:
        differences: At least eight.
    """
    count = len(differences)
    walsh = sorted((differences[i] + differences[j]) / 2 for i in range(count) for j in range(i, count))
    cut = _signed_rank_cut(count)
    return statistics.median(walsh), walsh[cut], walsh[-1 - cut]


def _signed_rank_cut(count: int) -> int:
    """How many Walsh averages to leave out at each end: exact null distribution of the signed-rank statistic."""
    ways = [1]
    for rank in range(1, count + 1):
        longer = [0] * (len(ways) + rank)
        for total, number in enumerate(ways):
            longer[total] += number
            longer[total + rank] += number
        ways = longer
    tail = (1 - _CONFIDENCE) / 2 * 2**count
    below = 0
    for total, number in enumerate(ways):
        below += number
        if below > tail:
            return max(0, total - 1)
    return 0
