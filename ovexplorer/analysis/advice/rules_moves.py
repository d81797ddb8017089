"""Rules about data that is moved and converted instead of computed."""

from __future__ import annotations

import msgspec

from ovexplorer import units
from ovexplorer.analysis.advice.model import Evidence, Fact, Finding, NotTold, Outcome, Passed, Rule, Try, level_of
from ovexplorer.analysis.layers import LayerAnalysis
from ovexplorer.analysis.remedies import remedies
from ovexplorer.analysis.reorders import Cause, Reorder, is_reorder
from ovexplorer.options.catalogue import devices_of
from ovexplorer.options.entries import links
from ovexplorer.schema.spec import RunSpec

NO_LAYERS = "the layers are not counted yet"

_CONVERTERS = frozenset({"Reorder", "Convert"})
_WORDS: dict[Cause, str] = {
    "layout": "another layout",
    "precision": "another precision",
    "both": "layout and precision",
    "submodel_entry": "entering a submodel",
    "submodel_exit": "leaving a submodel",
    "model_input": "at a model input",
    "model_output": "at a model output",
}


def reorder_share(evidence: Evidence) -> Outcome:
    """Reorders take a visible part of the latency."""
    layers = evidence.layers
    if layers is None:
        return NotTold("reorder_share", NO_LAYERS)
    if not layers.reorder_ns:
        return Passed("reorder_share", "no Reorder takes time")
    count, spent = len(layers.reorders), layers.reorder_ns
    only = all(is_reorder(entry.layer) for entry in layers.reorders)
    what = _count(count, "reorder" if only else "move of data").replace("move of datas", "moves of data")
    share = spent / max(1, layers.profile.latency_ns)
    return Finding(
        "reorder_share",
        level_of(spent, layers.profile.latency_ns),
        f"{what} {'take' if count > 1 else 'takes'} {units.share(share)}",
        ", ".join(f"{number} {_WORDS[cause]}" for cause, number, _ in by_cause(layers.reorders)),
        spent,
        (
            *(Fact(_WORDS[cause], units.duration(ns), f"{number}") for cause, number, ns in by_cause(layers.reorders)),
            Fact("in total", units.duration(spent), f"{units.share(share)} of {_latency(layers)}"),
        ),
        "A Reorder moves data into the layout or type that the next layer wants. It computes nothing; each one can be "
        "looked at in the Reorder doctor.",
        _remedy_tries(evidence, layers),
        links.PREPROCESSING,
        "layers",
        "type:Reorder",
    )


def by_cause(reorders: tuple[Reorder, ...]) -> tuple[tuple[Cause, int, int], ...]:
    """Number and time of Reorders by cause, the most expensive first."""
    found: dict[Cause, tuple[int, int]] = {}
    for entry in reorders:
        count, ns = found.get(entry.cause, (0, 0))
        found[entry.cause] = (count + 1, ns + entry.layer.mean_ns)
    return tuple((cause, *both) for cause, both in sorted(found.items(), key=lambda item: -item[1][1]))


def _remedy_tries(evidence: Evidence, layers: LayerAnalysis) -> tuple[Try, ...]:
    """What the Reorder doctor proposes; an unknown gain is a question."""
    found = remedies(layers, evidence.spec, evidence.model, evidence.effective)
    return tuple(
        Try(entry.title, entry.spec, None if entry.expected_ns is None else float(entry.expected_ns), because=entry.why)
        for entry in found
        if entry.id != "one_device"
    )


def precision_conversions(evidence: Evidence) -> Outcome:
    """Layers that only convert between precisions."""
    layers = evidence.layers
    if layers is None:
        return NotTold("precision_conversions", NO_LAYERS)
    changes = [entry for entry in layers.transitions if entry.before != entry.after and entry.time_ns]
    spent = sum(entry.time_ns for entry in changes)
    if not changes:
        return Passed("precision_conversions", "no conversion between precisions")
    tries: tuple[Try, ...] = ()
    if "bf16" in {name for entry in changes for name in (entry.before, entry.after)}:
        spec = with_property(evidence.spec, "INFERENCE_PRECISION_HINT", "f32")
        tries = (Try("infer in f32", spec, None, "estimate", "no conversion is left, the layers change too"),)
    return Finding(
        "precision_conversions",
        level_of(spent, layers.profile.latency_ns),
        f"Conversions take {units.share(spent / max(1, layers.profile.latency_ns))}",
        ", ".join(f"{entry.before} → {entry.after}" for entry in changes[:3]),
        spent,
        tuple(
            Fact(f"{entry.before} → {entry.after}", units.duration(entry.time_ns), _count(entry.count, "layer"))
            for entry in changes
        ),
        "The model computes in several precisions, and data is converted wherever two of them meet. A conversion at "
        "the input goes when the input is given in the type the first layer wants.",
        tries,
        links.PRECISION,
        "layers",
        "type:Convert",
    )


def split_cost(evidence: Evidence) -> Outcome:
    """A model that HETERO splits pays at every cut."""
    spec, layers = evidence.spec, evidence.layers
    if not spec.device.startswith("HETERO"):
        return Passed("split_cost", "the model is not split")
    if layers is None:
        return NotTold("split_cost", NO_LAYERS)
    cuts = [entry for entry in layers.reorders if entry.cause in ("submodel_entry", "submodel_exit")]
    at_cuts, gap = sum(entry.layer.mean_ns for entry in cuts), max(0, layers.gap_ns)
    whole = next((entry for entry in _whole_tries(evidence)), None)
    known = evidence.against(whole.spec) if whole is not None else None
    point = known.estimate.point if known is not None and known.faster else None
    effect = evidence.latency_ns * (1 - 1 / point) if point else float(at_cuts + gap)
    share = effect / max(1.0, evidence.latency_ns)
    facts = [
        Fact("reorders at cuts", units.duration(at_cuts), _count(len(cuts), "reorder")),
        Fact("gap", units.duration(gap), "host copies and calls between submodels, and the call itself"),
    ]
    if point and whole is not None:
        alone = evidence.latency_ns / point
        facts.append(Fact("unsplit", units.duration(alone), f"{whole.title}, measured in turns"))
    return Finding(
        "split_cost",
        level_of(effect, evidence.latency_ns),
        f"The split costs {units.share(min(1.0, share))}",
        "measured in turns against one device" if point else "reorders at the cuts and the gap between submodels",
        effect,
        tuple(facts),
        "HETERO gives each submodel to its device in turn; between two of them data waits in a plain host tensor, and "
        "operations on both sides cannot be fused. A split is right when one device runs its part so much faster that "
        "it pays for the cuts.",
        _whole_tries(evidence),
        links.DEVICES,
        "layers",
        "type:Reorder",
    )


def _whole_tries(evidence: Evidence) -> tuple[Try, ...]:
    spec = evidence.spec
    return tuple(
        Try(
            f"run on {device} alone",
            msgspec.structs.replace(
                spec,
                device=device,
                device_properties={},
                properties={**spec.properties, **spec.device_properties.get(device, {})},
            ),
            None,
            "estimate",
            "no cut is left",
        )
        for device in reversed(devices_of(spec.device))
        if device not in spec.stand_ins
    )


def with_property(spec: RunSpec, key: str, value: str) -> RunSpec:
    """A spec that asks for a property; an empty value asks no more."""
    properties = {name: kept for name, kept in spec.properties.items() if name != key}
    if value:
        properties[key] = value
    by_device = {
        device: {name: kept for name, kept in own.items() if name != key}
        for device, own in spec.device_properties.items()
    }
    return msgspec.structs.replace(
        spec, properties=properties, device_properties={device: own for device, own in by_device.items() if own}
    )


def _latency(layers: LayerAnalysis) -> str:
    return units.duration(layers.profile.latency_ns)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


MOVE_RULES: tuple[Rule, ...] = (split_cost, reorder_share, precision_conversions)
