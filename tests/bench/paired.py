"""Two ways of doing the same, measured in turns: quads A B B A, Hodges-Lehmann, exact signed-rank interval.

Consecutive runs on a shared machine differ by more than what is looked for; inside one process and in turns they do
not. See Hollander, Wolfe, Chicken: Nonparametric Statistical Methods, sections 3.1 to 3.3.
"""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ovexplorer.analysis.paired import CONFIDENCE, signed_rank_cut


@dataclass(frozen=True)
class Ratio:
    """B's rate divided by A's, with its interval."""

    point: float
    low: float
    high: float
    quads: int

    def __str__(self) -> str:
        return f"{self.point:.4f}  [{self.low:.4f} … {self.high:.4f}] at 99 %, {self.quads} quads"


def ratio_of(quads: Sequence[float]) -> Ratio:
    """From log differences of quads to a ratio."""
    walsh = sorted((quads[i] + quads[j]) / 2 for i in range(len(quads)) for j in range(i, len(quads)))
    cut = signed_rank_cut(len(quads), CONFIDENCE)
    low, high = walsh[max(0, cut - 1)], walsh[min(len(walsh) - 1, len(walsh) - cut)]
    return Ratio(math.exp(statistics.median(walsh)), math.exp(low), math.exp(high), len(quads))


def compare(a: Callable[[], float], b: Callable[[], float], quads: int) -> Ratio:
    """Rate of B against rate of A; each call runs one block and returns its rate."""
    differences = []
    for _ in range(quads):
        first, second, third, fourth = a(), b(), b(), a()
        differences.append((math.log(second) + math.log(third) - math.log(first) - math.log(fourth)) / 2)
    return ratio_of(differences)
