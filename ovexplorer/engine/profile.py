"""Times per layer, from a separate compile of the same configuration with counters on.

CPU counters are running means since the compile, in whole microseconds, warm-up included, and belong to a stream's
graph, not to a request. With one stream the first inference is subtracted: (avg_N N - avg_1) / (N - 1). With several,
inferences per stream are not known, so warm-up stays in, at least 200 inferences a stream are taken, and it is said.
A layer below a microsecond reads NOT_RUN with 0.
"""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import openvino as ov

from ovexplorer.engine.failure import EngineFailure, from_openvino
from ovexplorer.engine.loops import Gate, Slice
from ovexplorer.engine.workload import Workload
from ovexplorer.schema.results import LayerProfile, LayerStatus, LayerTime
from ovexplorer.schema.spec import RunSpec
from ovexplorer.text import RawName, clean

_LEAST_INFERENCES = 2
_LEAST_A_STREAM = 200
_SLICE_S = 0.1
_NAME_LIMIT = 512


class ProfileCancelled(Exception):
    """A command arrived that makes this profile unwanted."""


@dataclass(frozen=True)
class _Node:
    """A node of the runtime graph, as far as it matters here."""

    name: str
    order: int
    type: str
    primitive: str
    precision: str
    output_precisions: str
    layouts: str
    shapes: str
    originals: tuple[str, ...]
    inputs: tuple[str, ...]


def measure_layers(
    workload: Workload, segment: int, seconds: float, iterations: int, gate: Gate, streams: int
) -> LayerProfile:
    """Run the profiled compile and read its counters.

    Args:
        workload: Over a configuration compiled with PERF_COUNT, fresh.
        segment: Carried by the result.
        seconds: Time to count for, at most.
        iterations: Inferences to count, at most.
        gate: Closed when a command arrives.
        streams: Of the compiled model.

    Raises:
        EngineFailure: The device reports no counters, or inference failed.
        ProfileCancelled: The gate closed.
    """
    try:
        workload.infer_once()
        first = _mean_times(workload.profiling_rows()[:1])
        counted = _count(workload, seconds, iterations, gate, streams)
        rows = workload.profiling_rows()
    except RuntimeError as error:
        raise from_openvino("inference_failed", "inference failed", error, "try another device or shape") from error
    if not any(rows):
        raise EngineFailure(
            "profile_failed", "this device reports no times per layer", "profile on another device; CPU and GPU do"
        )
    done = len(counted.latencies_ms)
    several = streams > 1
    means = _mean_times(rows if several else rows[:1])
    if not several:
        means = [(max(0.0, (mean * (done + 1) - before) / done)) for mean, before in zip(means, first)]
    return LayerProfile(
        segment=segment,
        iterations=done,
        warm_up_removed=not several,
        streams=streams,
        latency_ns=round(sum(counted.latencies_ms) / done * 1e6),
        layers=_layers(rows[0], means, _runtime_nodes(workload.configuration.compiled)),
        note=clean("several streams: the first inferences are contained in the means" if several else ""),
    )


def _count(workload: Workload, seconds: float, iterations: int, gate: Gate, streams: int) -> Slice:
    least = _LEAST_INFERENCES if streams <= 1 else _LEAST_A_STREAM * streams
    most = max(least, iterations)
    begin = time.perf_counter()
    total = Slice(begin, begin)
    while len(total.latencies_ms) < most:
        now = time.perf_counter()
        if now - begin >= seconds and len(total.latencies_ms) >= least:
            break
        piece = workload.loop.run(now + _SLICE_S, gate, most - len(total.latencies_ms))
        total.latencies_ms += piece.latencies_ms
        if gate.closed:
            workload.loop.drain()
            raise ProfileCancelled
    total.latencies_ms += workload.loop.drain().latencies_ms
    return total


def _mean_times(rows_of_requests: list[list[Any]]) -> list[float]:
    """Mean over requests, row by row, in nanoseconds; total_seconds because .microseconds drops whole seconds."""
    columns = zip(*rows_of_requests)
    return [sum(row.real_time.total_seconds() for row in column) / len(column) * 1e9 for column in columns]


def _text(info: Any, key: str) -> str:
    try:
        return str(info[key].astype(str)) if key in info else ""
    except (RuntimeError, TypeError):
        return ""


def _runtime_nodes(compiled: ov.CompiledModel) -> dict[str, list[_Node]]:
    """Nodes of the runtime graph by name; empty where the device cannot give it."""
    found: dict[str, list[_Node]] = defaultdict(list)
    try:
        ordered = compiled.get_runtime_model().get_ordered_ops()
    except RuntimeError:
        return found
    for node in ordered:
        info = node.get_rt_info()
        order = _text(info, "execOrder")
        found[node.get_friendly_name()].append(
            _Node(
                name=node.get_friendly_name(),
                order=int(order) if order.lstrip("-").isdigit() else -1,
                type=_text(info, "layerType") or node.get_type_name(),
                primitive=_text(info, "primitiveType"),
                precision=_text(info, "runtimePrecision"),
                output_precisions=_text(info, "outputPrecisions"),
                layouts=_text(info, "outputLayouts"),
                shapes=",".join(str(output.get_partial_shape()) for output in node.outputs()),
                originals=tuple(name for name in _text(info, "originalLayersNames").split(",") if name),
                inputs=tuple(source.get_source_output().get_node().get_friendly_name() for source in node.inputs()),
            )
        )
    return found


def _bare(name: str) -> str:
    """A row's name without the `subgraphN: ` that HETERO puts before it."""
    head, separator, rest = name.partition(": ")
    return rest if separator and head.startswith("subgraph") and head[8:].isdigit() else name


def _layers(rows: list[Any], means: list[float], nodes: dict[str, list[_Node]]) -> tuple[LayerTime, ...]:
    fused_into = {original: group[0].name for group in nodes.values() for original in group[0].originals}
    by_row: list[tuple[Any, float, _Node | None]] = []
    used: dict[str, int] = defaultdict(int)
    for row, mean in zip(rows, means):
        name = row.node_name if row.node_name in nodes else _bare(row.node_name)
        group = nodes.get(name, [])
        by_row.append((row, mean, group[min(used[name], len(group) - 1)] if group else None))
        used[name] += 1
    key_of: dict[str, int] = {}
    for key, (_, _, node) in enumerate(by_row):
        if node is not None:
            key_of.setdefault(node.name, key)
    layers = [_layer(key, row, mean, node, nodes, key_of, fused_into) for key, (row, mean, node) in enumerate(by_row)]
    return tuple(sorted(layers, key=lambda layer: (layer.order < 0, layer.order, layer.key)))


def _layer(
    key: int,
    row: Any,
    mean_ns: float,
    node: _Node | None,
    nodes: dict[str, list[_Node]],
    key_of: dict[str, int],
    fused_into: dict[str, str],
) -> LayerTime:
    name = row.node_name
    status = _status(row, mean_ns, node, _bare(name) in fused_into)
    into = fused_into.get(_bare(name), "") if status == "fused" else ""
    sources = [nodes[source][0] for source in node.inputs if source in nodes] if node else []
    return LayerTime(
        key=key,
        order=node.order if node and status in ("executed", "below_resolution") else -1,
        name=clean(name, _NAME_LIMIT),
        raw_name=RawName(name),
        type=clean(row.node_type, 80),
        primitive=clean(row.exec_type, 120),
        precision=clean(node.precision if node else "", 40),
        input_precisions=clean(",".join(source.output_precisions for source in sources), 120),
        output_precisions=clean(node.output_precisions if node else "", 120),
        layouts=clean(node.layouts if node else "", 200),
        shapes=clean(node.shapes if node else "", 300),
        status=status,
        mean_ns=round(mean_ns) if status == "executed" else 0,
        fused_into=clean(into),
        fused_from=tuple(clean(original) for original in (node.originals if node else ())),
        inputs=tuple(key_of[source.name] for source in sources if source.name in key_of),
    )


def _status(row: Any, mean_ns: float, node: _Node | None, is_fused: bool) -> LayerStatus:
    if mean_ns > 0:
        return "executed"
    if str(row.status).endswith("OPTIMIZED_OUT"):
        return "optimized_out"
    if node is not None and row.exec_type not in ("undef", "unknown", ""):
        return "below_resolution"
    return "fused" if is_fused else "optimized_out"


def profiled_spec(spec: RunSpec) -> dict[str, str]:
    """The asked properties with counters on."""
    return {**spec.properties, "PERF_COUNT": "YES"}
