"""Times per layer, from a separate compile of the same configuration with counters on.

Counters never run while headline figures are taken: what is profiled is a compile of its own. What counting costs is
measured in turns with the configuration as it is. How counters become times is told in `counters`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from ovexplorer.engine import counters
from ovexplorer.engine.counters import Reading
from ovexplorer.engine.failure import EngineFailure, from_openvino
from ovexplorer.engine.layer_rows import LayerTable
from ovexplorer.engine.loops import Gate, Slice
from ovexplorer.engine.overhead import Overhead, measure_overhead
from ovexplorer.engine.workload import Workload
from ovexplorer.schema.counting import ProfileOther
from ovexplorer.schema.protocol import Profile
from ovexplorer.schema.results import LayerProfile, LayerTime
from ovexplorer.schema.spec import RunSpec
from ovexplorer.text import clean

_LEAST_INFERENCES = 2
_LEAST_A_STREAM = 200
_SLICE_S = 0.1
_CALL_NS = 200_000
"""A call around layers that take nothing never costs as much."""
_SEVERAL_AT_ONCE = ("MULTI", "BATCH")
"""Devices whose inferences are not those of one graph."""


class ProfileCancelled(Exception):
    """A command arrived that makes this profile unwanted."""


def profiled_spec(spec: RunSpec) -> RunSpec:
    """The same with counters on, back to back, without raw samples and limits."""
    return msgspec.structs.replace(
        spec,
        properties={**spec.properties, "PERF_COUNT": "YES"},
        raw=False,
        max_rate_fps=0.0,
        load="closed",
    )


@dataclass(frozen=True)
class Counted:
    """A profiled compile, its first reading, and what is known about its layers."""

    workload: Workload
    table: LayerTable
    first: Reading
    several: bool
    """Whether inferences a graph are not known, so that warm-up cannot be taken off."""

    def read(self, runs: int) -> Reading:
        """The counters now; nothing must be in flight.

        Raises:
            EngineFailure: The device reports none.
        """
        return counters.read(self._rows(), runs)

    def _rows(self) -> list[list[Any]]:
        rows = self.workload.profiling_rows()
        return rows if self.several else rows[:1]


def begin_counting(workload: Workload, gate: Gate) -> Counted:
    """The first inference of a profiled compile, and what its layers are.

    Raises:
        EngineFailure: The device reports no counters, or inference failed.
        ProfileCancelled: A command arrived.
    """
    try:
        runs = len(workload.infer_once().latencies_ms)
    except RuntimeError as error:
        raise inference_problem(error, gate) from error
    rows = workload.profiling_rows()
    if not any(rows):
        raise EngineFailure(
            "profile_failed", "this device reports no times per layer", "profile on another device; CPU and GPU do"
        )
    configuration = workload.configuration
    table = LayerTable(configuration.compiled, configuration.prepared.model, rows[0], workload.data_shapes)
    several = _several(workload)
    return Counted(workload, table, counters.read(rows if several else rows[:1], runs), several)


def _several(workload: Workload) -> bool:
    configuration, device = workload.configuration, workload.spec.device
    if device.partition(":")[0] in _SEVERAL_AT_ONCE:
        return True
    if device.startswith("AUTO") and len(configuration.execution_devices) > 1:
        return True
    return configuration.streams > 1 or (configuration.streams == 0 and workload.count > 1)


def measure_layers(
    workload: Workload,
    segment: int,
    spec: RunSpec,
    asked: Profile | ProfileOther,
    gate: Gate,
    plain: Workload | None = None,
) -> LayerProfile:
    """Run the profiled compile and read its counters.

    Args:
        workload: Over a configuration compiled with PERF_COUNT, fresh.
        segment: Carried by the result.
        spec: What it stands for, without PERF_COUNT; carried too.
        asked: How long to count.
        gate: Closed when a command arrives.
        plain: The same without counters, to take turns with; None leaves the cost of counting unknown.

    Raises:
        EngineFailure: The device reports no counters, or inference failed.
        ProfileCancelled: The gate closed.
    """
    counted = begin_counting(workload, gate)
    try:
        piece = _count(workload, asked, gate)
    except RuntimeError as error:
        raise inference_problem(error, gate) from error
    done = len(piece.latencies_ms)
    latency_ns = sum(piece.latencies_ms) / done * 1e6
    reading = counted.read(counted.first.runs + done)
    if counted.several or len(reading.means_ns) != len(counted.first.means_ns):
        means = counters.since_compile(reading, done)
        removed = False
    else:
        means = counters.between(counted.first, reading)
        removed = True
    layers = counted.table.timed(means)
    require_counted(layers, latency_ns)
    overhead = _overhead(workload, plain, gate, latency_ns)
    return LayerProfile(
        segment=segment,
        iterations=done,
        warm_up_removed=removed,
        streams=workload.configuration.streams,
        latency_ns=round(latency_ns),
        layers=layers,
        note=clean("; ".join(notes_of(counted, layers, warm_up_removed=removed))),
        plain_latency_ns=overhead.plain_latency_ns if overhead is not None else 0,
        overhead=overhead.interval if overhead is not None else None,
        truncation_ns=truncation_of(layers),
        spec=spec,
        at_ns=time.perf_counter_ns(),
    )


def inference_problem(error: RuntimeError, gate: Gate) -> Exception:
    """What OpenVINO's error means: a failure, or that a command stopped a slow inference."""
    if gate.closed and "cancel" in str(error).lower():
        return ProfileCancelled()
    return from_openvino("inference_failed", "inference failed", error, "try another device or shape")


def _count(workload: Workload, asked: Profile | ProfileOther, gate: Gate) -> Slice:
    streams = workload.configuration.streams
    least = _LEAST_INFERENCES if streams <= 1 else _LEAST_A_STREAM * streams
    most = max(least, asked.iterations)
    begin = time.perf_counter()
    total = Slice(begin, begin)
    while len(total.latencies_ms) < most:
        now = time.perf_counter()
        if now - begin >= asked.seconds and len(total.latencies_ms) >= least:
            break
        total.join(workload.loop.run(now + _SLICE_S, gate, most - len(total.latencies_ms)))
        if gate.closed:
            workload.loop.drain()
            raise ProfileCancelled
    total.join(workload.loop.drain())
    return total


def _overhead(workload: Workload, plain: Workload | None, gate: Gate, latency_ns: float) -> Overhead | None:
    if plain is None:
        return None
    try:
        plain.infer_once()
        found = measure_overhead(plain.loop, workload.loop, gate, latency_ns=latency_ns, flight=workload.count)
    except RuntimeError as error:
        raise inference_problem(error, gate) from error
    # A command that fell into the turns costs only this figure: the layers are known.
    return found


def truncation_of(layers: Sequence[LayerTime]) -> int:
    """What whole microseconds can hide at most: below resolution is less than two of them, as everything's error."""
    return sum(layer.error_ns for layer in layers)


def require_counted(layers: Sequence[LayerTime], latency_ns: float) -> None:
    """Refuse counters that were never on: zeros that cannot be whole microseconds cut off.

    Raises:
        EngineFailure: The device counted nothing although it was asked to.
    """
    if any(layer.status == "executed" for layer in layers):
        return
    if latency_ns > truncation_of(layers) + _CALL_NS:
        raise EngineFailure(
            "profile_failed",
            "this device counts nothing: all its times per layer are zero",
            "profile on another device; CPU and GPU count",
        )


def notes_of(counted: Counted, layers: Sequence[LayerTime], *, warm_up_removed: bool) -> list[str]:
    """What limits the figures."""
    workload, notes = counted.workload, []
    if not warm_up_removed:
        several = workload.configuration.streams > 1
        why = "several streams" if several else "how often each graph ran is not known"
        notes.append(f"{why}: the first inferences are contained in the means")
    if not counted.table.known:
        notes.append("the device does not give its runtime graph: shapes, layouts and precisions are unknown")
    if counted.table.hidden:
        notes.append(counted.table.hidden)
    if not any(layer.status == "executed" for layer in layers):
        notes.append("no layer takes a microsecond: nothing could be counted")
    if workload.takes_turns:
        notes.append("counted with the first of several inputs")
    return notes
