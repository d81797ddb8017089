"""When requests of an open load are due: a clock of their own that waits for nobody."""

from __future__ import annotations

import random

from ovexplorer.schema.spec import LoadShape


class Arrivals:
    """Intended starts, one after the other.

    A due time depends on the ones before it and never on when a request could really start, so a slow inference
    cannot thin out the load that would have shown how slow it is (coordinated omission).

    Attributes:
        due_s: The next intended start, on the clock given to `restart`.

    Args:
        load: `fixed`, `poisson` or `bursts`.
        rate_fps: Mean arrivals per second.
        burst: Arrivals that are due at once with `bursts`.
        seed: Of the Poisson gaps; the same seed gives the same arrivals.
    """

    def __init__(self, load: LoadShape, rate_fps: float, burst: int = 1, seed: int = 0) -> None:
        self._load = load
        self._rate_fps = rate_fps
        self._burst = max(1, burst) if load == "bursts" else 1
        self._random = random.Random(seed)  # noqa: S311 - a load, not a secret
        self._origin_s = 0.0
        self._count = 0
        self.due_s = 0.0

    def restart(self, now_s: float) -> None:
        """Begin anew: the next one is due now, and nothing is left of what was due before."""
        self._origin_s = self.due_s = now_s
        self._count = 0

    def advance(self) -> float:
        """Take the present one; returns when it was due."""
        due_s = self.due_s
        self._count += 1
        if self._load == "poisson":
            self.due_s += self._random.expovariate(self._rate_fps)
        else:
            # From the origin, so that rounding does not add up.
            self.due_s = self._origin_s + (self._count // self._burst) * self._burst / self._rate_fps
        return due_s
