"""What OpenVINO's counters say and how far they can be off; arithmetic only.

The CPU plugin keeps for each node the sum of its times and how often it ran since the compile (perf_count.h). Both the
time of each run and the mean that is handed out are cut to whole microseconds, so with A the mean of N runs that is
read and T the true sum: A N <= T < (A + 2) N, in microseconds. There is no reset.

* One stream, warm-up removed: (A_N N - A_1) / (N - 1). With n = N - 1 counted runs the true mean is less than
  (n + 1) / n above it for the mean's cut (1 / n below it) and less than 1 more for that of the runs.
* A window between two reads: (A_k N_k - A_j N_j) / n with n = N_k - N_j, off by less than N_k / n and 1 for the runs.
* Several streams: each has counters of its own and how often it ran is not known. The mean over the streams is taken
  as it is, warm-up included, off by less than 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ovexplorer.engine.failure import EngineFailure, from_openvino

UNIT_NS = 1000.0
"""The counters' whole microsecond."""


@dataclass(frozen=True)
class Reading:
    """Counters at one moment."""

    means_ns: tuple[float, ...]
    """Row by row; the mean over the requests where several are read."""
    runs: int
    """Inferences since the compile."""


@dataclass(frozen=True)
class Means:
    """Times per row with what they can be off."""

    ns: tuple[float, ...]
    error_ns: float
    """Of every row that ran."""
    runs: int
    """Inferences they cover."""


def read(rows_of_requests: Sequence[Sequence[Any]], runs: int) -> Reading:
    """Mean over requests, row by row; total_seconds because .microseconds drops whole seconds."""
    columns = zip(*rows_of_requests)
    return Reading(
        tuple(sum(row.real_time.total_seconds() for row in column) / len(column) * 1e9 for column in columns), runs
    )


def between(before: Reading, after: Reading) -> Means:
    """The mean time between two readings of one stream; see the module for its error."""
    runs = after.runs - before.runs
    times = [
        max(0.0, (late * after.runs - early * before.runs) / runs)
        for early, late in zip(before.means_ns, after.means_ns)
    ]
    return Means(tuple(times), UNIT_NS * after.runs / runs + UNIT_NS, runs)


def since_compile(reading: Reading, counted: int) -> Means:
    """As they are read, warm-up included; for several streams."""
    return Means(reading.means_ns, 2 * UNIT_NS, counted)


def refused(error: RuntimeError) -> EngineFailure:
    """Why counters could not be read."""
    text = str(error).lower()
    if "is busy" in text:
        return from_openvino(
            "profile_failed", "the times per layer were asked for during an inference", error, "count once more"
        )
    if "not implemented" in text:
        return from_openvino(
            "profile_failed",
            "this device tells no times per layer before its first inference, if at all",
            error,
            "let it run once, or profile on the device that AUTO or MULTI chose",
        )
    return from_openvino(
        "profile_failed",
        "this device reports no times per layer",
        error,
        "profile on another device; CPU and GPU report them",
    )
