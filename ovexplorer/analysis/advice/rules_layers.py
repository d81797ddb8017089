"""Rules about what the layers compute and how."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ovexplorer import units
from ovexplorer.analysis.advice.model import Evidence, Fact, Finding, NotTold, Outcome, Passed, Rule, Try, level_of
from ovexplorer.analysis.advice.rules_moves import NO_LAYERS, with_property
from ovexplorer.analysis.efficiency import efficiency
from ovexplorer.options.entries import links
from ovexplorer.schema.peak import PeakFacts
from ovexplorer.schema.results import LayerTime

DOMINATES = 0.30
"""Part of the latency from which one layer is the model's problem."""
TINY_NS = 10_000
"""A layer below this takes not much longer than calling it."""
TINY_LAYERS = 20
TINY_SHARE = 0.10
GAP_SHARE = 0.05
GAP_NS = 20_000
"""What a call through Python and OpenVINO takes anyway."""
NEAR_MEMORY = 0.5
"""Part of the copy rate from which a layer waits for memory."""
MEMORY_SHARE = 0.25

_INT8 = frozenset({"i8", "u8"})
_HEAVY = frozenset({"Convolution", "Deconvolution", "GroupConvolution", "FullyConnected", "MatMul"})


def unquantised(evidence: Evidence) -> Outcome:
    """Heavy layers of a quantised model that still compute in floating point."""
    layers = evidence.layers
    if layers is None:
        return NotTold("unquantised", NO_LAYERS)
    heavy = [row.layer for row in layers.rows if row.layer.type in _HEAVY and row.layer.status == "executed"]
    quantised = any(layer.precision in _INT8 for layer in heavy)
    declared = evidence.model is not None and "FakeQuantize" in evidence.model.operations
    if not quantised and not declared:
        return Passed("unquantised", "not an INT8 model")
    left = [layer for layer in heavy if layer.precision not in _INT8]
    spent = sum(layer.mean_ns for layer in left)
    if not spent:
        return Passed("unquantised", "all convolutions and matrix products run in INT8")
    return Finding(
        "unquantised",
        level_of(spent, layers.profile.latency_ns),
        f"{len(left):,} of {len(heavy):,} heavy layers are not INT8",
        ", ".join(layer.name for layer in _heaviest(left, 3)),
        spent,
        tuple(_layer_fact(layer) for layer in _heaviest(left, 5)),
        "The model is quantised, yet these layers compute in floating point: nothing quantises their input or their "
        "weights, or the device has no INT8 kernel for them. Quantising them needs the model's own tools; their whole "
        "time is the most that can be won.",
        (),
        links.PRECISION,
        "layers",
        "!u8",
    )


def dominating_layer(evidence: Evidence) -> Outcome:
    """One layer takes most of the time."""
    layers = evidence.layers
    if layers is None:
        return NotTold("dominating_layer", NO_LAYERS)
    ran = [row for row in layers.rows if row.layer.status == "executed"]
    top = max(ran, key=lambda row: row.layer.mean_ns, default=None)
    if top is None:
        return NotTold("dominating_layer", "no layer took a microsecond")
    if top.share < DOMINATES or len(ran) < 3:
        return Passed("dominating_layer", f"no layer takes more than {units.share(top.share)}")
    layer = top.layer
    return Finding(
        "dominating_layer",
        "look",
        f"One layer takes {units.share(top.share)}",
        f"{layer.name}, {layer.type}",
        layer.mean_ns,
        (
            _layer_fact(layer),
            Fact("primitive", layer.primitive or "not told", f"{layer.precision} {layer.layouts}"),
            Fact("shapes", layer.shapes or "not told"),
        ),
        "Whatever is done to the rest changes little. Look whether its shape, precision or kind is what you meant: a "
        "reference primitive (ref) or a very large input are common causes.",
        (),
        links.GENERAL,
        "layers",
        layer.name,
    )


def tiny_layers(evidence: Evidence) -> Outcome:
    """Many layers so small that calling them costs as much as they do."""
    layers = evidence.layers
    if layers is None:
        return NotTold("tiny_layers", NO_LAYERS)
    ran = [row.layer for row in layers.rows if row.layer.status in ("executed", "below_resolution")]
    tiny = [layer for layer in ran if layer.mean_ns < TINY_NS]
    spent = sum(layer.mean_ns for layer in tiny) + max(0, layers.gap_ns)
    share = spent / max(1, layers.profile.latency_ns)
    if len(tiny) < max(TINY_LAYERS, len(ran) // 2) or share < TINY_SHARE:
        return Passed("tiny_layers", f"{len(tiny):,} of {len(ran):,} layers take less than {units.duration(TINY_NS)}")
    tries: tuple[Try, ...] = ()
    if evidence.spec.device == "CPU" and evidence.spec.properties.get("INFERENCE_NUM_THREADS") != "1":
        spec = with_property(evidence.spec, "INFERENCE_NUM_THREADS", "1")
        tries = (Try("run with 1 thread", spec, None, "estimate", "no threads to wake for each small layer"),)
    return Finding(
        "tiny_layers",
        level_of(spent, layers.profile.latency_ns),
        f"{len(tiny):,} tiny layers and calls take {units.share(share)}",
        f"each below {units.duration(TINY_NS)}",
        spent,
        (
            Fact("tiny layers", f"{len(tiny):,} of {len(ran):,}", units.duration(sum(x.mean_ns for x in tiny))),
            Fact("gap", units.duration(max(0, layers.gap_ns)), "calls and what counters cannot see"),
        ),
        "Starting a layer costs about a microsecond and more with several threads. Larger batches, fewer threads or a "
        "model exported with fused operations spend it less often.",
        tries,
        links.CPU_THREADS,
        "layers",
        "",
        f"{len(tiny):,} tiny layers, but fewer threads do not help",
    )


def gap_share(evidence: Evidence) -> Outcome:
    """Time of an inference that belongs to no layer."""
    layers = evidence.layers
    if layers is None:
        return NotTold("gap_share", NO_LAYERS)
    gap, latency = layers.gap_ns - layers.profile.truncation_ns, layers.profile.latency_ns
    if layers.profile.streams > 1 and layers.profile.latency_ns and layers.gap_ns < 0:
        return NotTold("gap_share", "several streams were counted together")
    if gap <= GAP_SHARE * latency + GAP_NS:
        return Passed("gap_share", f"layers add up to the latency but for {units.share(max(0, gap) / max(1, latency))}")
    tries: tuple[Try, ...] = ()
    if evidence.spec.call == "pass":
        spec = msgspec.structs.replace(evidence.spec, call="preset")
        tries = (Try("set the inputs once", spec, None, "estimate", "nothing is passed with each call"),)
    return Finding(
        "gap_share",
        level_of(gap, latency),
        f"{units.share(gap / latency)} of the time belongs to no layer",
        "calls, host copies and waiting between layers",
        gap,
        (
            Fact("latency", units.duration(latency), "of the compile with counters"),
            Fact("all layers", units.duration(layers.counted_ns)),
            Fact("gap", units.duration(layers.gap_ns)),
            Fact("of it rounding", units.duration(layers.profile.truncation_ns), "whole microseconds of the counters"),
        ),
        "Counters see layers only. The rest is the call itself, work between layers, submodels handing data over, and "
        "other programs that took the CPU away.",
        tries,
        links.LATENCY,
        "layers",
        "",
    )


def memory_bound(evidence: Evidence) -> Outcome:
    """Much of the time goes to layers that wait for memory."""
    layers, peak = evidence.layers, evidence.peak
    if layers is None:
        return NotTold("memory_bound", NO_LAYERS)
    if peak is None or not peak.gbps:
        return NotTold("memory_bound", "what this machine reaches is not measured")
    waiting = [row.layer for row in layers.rows if _waits(row.layer, peak)]
    spent, latency = sum(layer.mean_ns for layer in waiting), max(1, layers.profile.latency_ns)
    share = spent / latency
    if share < MEMORY_SHARE:
        return Passed("memory_bound", f"{units.share(share)} of the time goes to layers that wait for memory")
    return Finding(
        "memory_bound",
        "look",
        f"{units.share(share)} waits for memory",
        f"{len(waiting):,} layers near the copy rate of {peak.gbps:.0f} GB/s",
        spent,
        tuple(_rate_fact(layer) for layer in _heaviest(waiting, 5)),
        "These layers move data about as fast as the machine can copy: faster maths cannot help them. Fewer bytes do: "
        "compressed weights, a smaller type, a batch that reuses the weights.",
        _smaller_types(evidence),
        links.PRECISION,
        "layers",
        "",
    )


def _waits(layer: LayerTime, peak: PeakFacts) -> bool:
    known = efficiency(layer, peak)
    return known is not None and known.bound == "memory" and (known.memory_share or 0.0) >= NEAR_MEMORY


def _smaller_types(evidence: Evidence) -> tuple[Try, ...]:
    if evidence.read_back("INFERENCE_PRECISION_HINT").lower() != "f32":
        return ()
    spec = with_property(evidence.spec, "INFERENCE_PRECISION_HINT", "bf16")
    flags = evidence.environment.cpu_flags if evidence.environment else ()
    if evidence.spec.device != "CPU" or not {"avx512_bf16", "amx_bf16"} & set(flags):
        return ()
    return (Try("infer in bf16", spec, None, "estimate", "half the bytes; outputs move"),)


def _heaviest(layers: Sequence[LayerTime], most: int) -> list[LayerTime]:
    return sorted(layers, key=lambda layer: -layer.mean_ns)[:most]


def _layer_fact(layer: LayerTime) -> Fact:
    return Fact(layer.name, units.duration(layer.mean_ns), f"{layer.type} {layer.precision}".strip())


def _rate_fact(layer: LayerTime) -> Fact:
    rate = (layer.read_bytes + layer.written_bytes) / max(1, layer.mean_ns)
    return Fact(layer.name, units.duration(layer.mean_ns), f"{rate:.1f} GB/s")


LAYER_RULES: tuple[Rule, ...] = (unquantised, dominating_layer, tiny_layers, gap_share, memory_bound)
