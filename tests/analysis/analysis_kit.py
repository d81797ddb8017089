"""Windows with a known truth."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from ovexplorer.schema.histogram import histogram_of
from ovexplorer.schema.results import Window

MS = 1_000_000


def window(latencies_ns: Sequence[int], start_ns: int = 0, end_ns: int | None = None, shape: int = 0) -> Window:
    ordered = sorted(latencies_ns)
    return Window(
        segment=1,
        start_ns=start_ns,
        end_ns=start_ns + sum(latencies_ns) if end_ns is None else end_ns,
        count=len(ordered),
        sum_ns=sum(ordered),
        min_ns=ordered[0],
        max_ns=ordered[-1],
        median_ns=ordered[(len(ordered) - 1) // 2],
        histogram=histogram_of(ordered),
        shape_index=shape,
    )


def run(level: Callable[[float], float], seconds: float = 10.0, noise: float = 0.01, seed: int = 0) -> list[Window]:
    """A back-to-back run at ten windows a second; `level` gives the latency in ms at a time 0..1 of the run."""
    dice = random.Random(seed)
    made: list[Window] = []
    now, end = 0, round(seconds * 1e9)
    while now < end:
        start, latencies = now, []
        while now - start < 100 * MS:
            latency = round(level(now / end) * MS * dice.lognormvariate(0, noise))
            latencies.append(latency)
            now += latency
        made.append(window(latencies, start))
    return made


def steady(_at: float) -> float:
    return 5.0
