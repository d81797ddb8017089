"""Layers of the live run, again and again: a profiled compile is held beside it and takes a part of the time.

The live run is suspended meanwhile and is never counted with counters on. With one stream every value is the mean
since the value before; because its error grows with the age of the compile (see `counters`), the compile is made anew
when the error is too large for the layers that matter, those that make up half of the time. With several streams a
value is the mean since the compile.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from ovexplorer.engine import counters
from ovexplorer.engine.configurations import Configuration
from ovexplorer.engine.counters import Means, Reading
from ovexplorer.engine.loops import Gate
from ovexplorer.engine.profile import (
    Counted,
    ProfileCancelled,
    begin_counting,
    inference_problem,
    notes_of,
    profiled_spec,
    require_counted,
    truncation_of,
)
from ovexplorer.engine.workload import Workload
from ovexplorer.schema.results import LayerProfile, LayerTime
from ovexplorer.schema.spec import RunSpec
from ovexplorer.text import clean

_LEAST_INFERENCES = 2
_MOST_ERROR_NS = 2000.0
_MOST_ERROR_SHARE = 0.02
_THAT_MATTER = 0.5
_SHARES = (0.01, 0.9)
_UNBOUNDED = 1 << 62
_SLOW_NS = 150e6


class WatchSchedule:
    """When to count next, so that counting takes no more than its share of the time; knows no clock."""

    def __init__(self, every_s: float, share: float) -> None:
        self.every_s = max(0.0, every_s)
        self.share = min(max(share, _SHARES[0]), _SHARES[1])
        self._next_s = 0.0

    def due(self, now_s: float) -> bool:
        """Whether it is time."""
        return now_s >= self._next_s

    @property
    def budget_s(self) -> float:
        """How long to count for, at most, when inferences are fast."""
        return self.every_s * self.share

    def took(self, begin_s: float, end_s: float) -> None:
        """Counting took so long, compiling included: what is left of the share says when it may be again."""
        spent = end_s - begin_s
        self._next_s = begin_s + max(self.every_s, spent / self.share)


class LayerWatch:
    """Holds the profiled compile of one configuration of the run."""

    def __init__(
        self, segment: int, spec: RunSpec, compile_apart: Callable[[], Configuration], schedule: WatchSchedule
    ) -> None:
        """Nothing is compiled yet.

        Args:
            segment: Of the live run.
            spec: What it runs.
            compile_apart: Makes the profiled compile.
            schedule: When to count.
        """
        self.segment = segment
        self._spec = spec
        self._compile = compile_apart
        self._schedule = schedule
        self._counted: Counted | None = None
        self._told: Reading | None = None
        """The reading at the last value."""
        self._runs = 0
        """Inferences since the compile."""
        self._latency_ms = 0.0
        """Sum since the last value."""
        self._since = 0
        """Inferences since the last value."""
        self._compiles = 0
        self._error_too_large = False
        self._active = False
        self.slow = False
        """Whether an inference is worth cancelling for a command."""

    def due(self) -> bool:
        """Whether it is time to count."""
        return self._schedule.due(time.perf_counter())

    def cancel(self) -> None:
        """Stop a slow inference; called from the reader's thread."""
        counted = self._counted
        if counted is not None and self._active and self.slow:
            counted.workload.loop.cancel()

    def count(self, gate: Gate) -> LayerProfile | None:
        """Count for a while and tell; the live run must be suspended.

        Returns:
            None when a command fell into it: what was counted so far is part of the next value.

        Raises:
            EngineFailure: It cannot be compiled or run, or the device reports no counters.
        """
        begin_s = time.perf_counter()
        self._active = True
        try:
            return self._count(gate)
        except ProfileCancelled:
            # Some nodes ran once more than others: these counters say nothing any more.
            self._counted = None
            return None
        finally:
            self._active = False
            self._schedule.took(begin_s, time.perf_counter())

    def _count(self, gate: Gate) -> LayerProfile | None:
        counted = self._fresh(gate) if self._counted is None or self._error_too_large else self._counted
        try:
            self._run(counted.workload, gate)
        except RuntimeError as error:
            raise inference_problem(error, gate) from error
        if self._since < _LEAST_INFERENCES or self._told is None:
            return None
        reading = counted.read(self._runs)
        return self._profile(counted, reading, self._told)

    def _fresh(self, gate: Gate) -> Counted:
        # Only one is held: the old one goes first.
        self._counted = self._told = None
        self.slow = True
        workload = Workload(self._compile(), profiled_spec(self._spec))
        self._counted = counted = begin_counting(workload, gate)
        self._told, self._runs = counted.first, counted.first.runs
        self._latency_ms, self._since = 0.0, 0
        self._compiles += 1
        self._error_too_large = False
        return counted

    def _run(self, workload: Workload, gate: Gate) -> None:
        until_s = time.perf_counter() + self._schedule.budget_s
        while not gate.closed and (self._since < _LEAST_INFERENCES or time.perf_counter() < until_s):
            piece = workload.loop.run(until_s, gate, _UNBOUNDED)
            piece.join(workload.loop.drain())
            done = len(piece.latencies_ms)
            self._runs += done
            self._since += done
            self._latency_ms += sum(piece.latencies_ms)
            if done:
                self.slow = max(piece.latencies_ms) * 1e6 > _SLOW_NS

    def _profile(self, counted: Counted, reading: Reading, told: Reading) -> LayerProfile:
        several = counted.several or len(reading.means_ns) != len(told.means_ns)
        done, latency_ns = self._since, self._latency_ms / self._since * 1e6
        if several:
            means = counters.since_compile(reading, self._runs)
        else:
            means = counters.between(told, reading)
            self._told = reading
        self._latency_ms, self._since = 0.0, 0
        layers = counted.table.timed(means)
        require_counted(layers, latency_ns)
        self._error_too_large = not several and too_coarse(means, layers)
        notes = notes_of(counted, layers, warm_up_removed=not several)
        if several:
            notes.append(f"means over all {self._runs} inferences since the compile")
        elif self._compiles > 1:
            notes.append(f"compiled {self._compiles} times to keep the counters fine")
        return LayerProfile(
            segment=self.segment,
            iterations=means.runs if several else done,
            warm_up_removed=not several,
            streams=counted.workload.configuration.streams,
            latency_ns=round(latency_ns),
            layers=layers,
            note=clean("; ".join(notes)),
            truncation_ns=truncation_of(layers),
            spec=self._spec,
            live=True,
            at_ns=time.perf_counter_ns(),
        )


def too_coarse(means: Means, layers: Sequence[LayerTime]) -> bool:
    """Whether the mean's cut alone hides too much of one of the layers that make up half of the time."""
    error_ns = means.error_ns - counters.UNIT_NS
    if error_ns <= _MOST_ERROR_NS:
        return False
    heaviest = sorted((layer.mean_ns for layer in layers), reverse=True)
    left = sum(heaviest) * _THAT_MATTER
    for mean_ns in heaviest:
        if left <= 0 or not mean_ns:
            return False
        if error_ns > _MOST_ERROR_SHARE * mean_ns:
            return True
        left -= mean_ns
    return False
