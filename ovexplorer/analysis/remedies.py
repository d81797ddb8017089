"""What can be done about data that is moved: configurations of which each takes a Reorder, Convert or Transpose away.

Only what a RunSpec can ask for is a remedy, so that each can be tried. How much it brings is known where it takes a
layer away; where it trades one cost for another, only measuring tells, and no figure is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from ovexplorer.analysis.layers import LayerAnalysis
from ovexplorer.analysis.layout_words import layout_words
from ovexplorer.analysis.reorders import Reorder
from ovexplorer.options.catalogue import devices_of
from ovexplorer.options.entries.model import ELEMENT_TYPES
from ovexplorer.schema.facts import ModelFacts, PortFacts
from ovexplorer.schema.results import EffectiveProperty
from ovexplorer.schema.spec import InputSpec, RunSpec

RemedyId = Literal[
    "channels_last",
    "channels_last_typed",
    "input_type",
    "own_type",
    "u8_image",
    "output_type",
    "precision",
    "one_device",
]

_PRECISION = "INFERENCE_PRECISION_HINT"
_SHORT = frozenset({"bf16", "f16"})
_ONE_COPY = "the whole cost of what goes away"


@dataclass(frozen=True)
class Remedy:
    """One configuration to try."""

    id: RemedyId
    title: str
    """What to do, in a few words: `feed image channels last`."""
    why: str
    """One sentence."""
    spec: RunSpec
    """The present configuration with the remedy in it."""
    expected_ns: float | None
    """Time it should save in one inference; None where it trades one cost for another."""
    sure: str
    """How sure that is, in words."""
    layer_keys: tuple[int, ...]
    """Layers of the profile that it is about."""


def remedies(
    analysis: LayerAnalysis,
    spec: RunSpec,
    model: ModelFacts | None = None,
    effective: Iterable[EffectiveProperty] = (),
) -> tuple[Remedy, ...]:
    """What to try, the largest expected gain first, those of unknown gain last.

    Args:
        analysis: Of a profile of this configuration.
        spec: What runs.
        model: Its facts; without them nothing about its inputs can be proposed.
        effective: Properties as they were read back.
    """
    moves = analysis.reorders
    entries = [entry for entry in moves if entry.cause == "model_input"]
    found: list[Remedy] = []
    if model is not None:
        found += _layouts(entries, spec, model)
        found += _input_types(entries, spec, model)
        found += _images(entries, spec, model)
        found += _outputs([entry for entry in moves if entry.cause == "model_output"], spec, model)
    found += _precision(moves, spec, effective)
    found += _one_device(moves, spec)
    cost = {entry.layer.key: entry.layer.mean_ns for entry in moves}
    return tuple(
        sorted(
            found,
            key=lambda remedy: (
                remedy.expected_ns is None,
                -(remedy.expected_ns or sum(cost.get(key, 0) for key in remedy.layer_keys)),
            ),
        )
    )


def remedies_for(reorder: Reorder, found: Iterable[Remedy]) -> tuple[Remedy, ...]:
    """Those that are about one move, in the order given."""
    return tuple(remedy for remedy in found if reorder.layer.key in remedy.layer_keys)


# Inputs


def _layouts(entries: Sequence[Reorder], spec: RunSpec, model: ModelFacts) -> list[Remedy]:
    """An image that the first layer wants channels last: fed that way, nothing is left to turn."""
    found = []
    for entry in entries:
        port = _port(entry, model)
        if port is None or spec.model.preprocess != "none" or not _turns(entry, port):
            continue
        own = _entry(spec, port)
        if own.tensor_layout:
            continue
        fed = port.layout.replace("C", "") + "C"
        turned = _with_input(spec, model, port, tensor_layout=fed)
        wanted = entry.precisions[1]
        typed = bool(wanted) and wanted in _SHORT
        found.append(
            Remedy(
                "channels_last",
                f"feed {port.name} channels last ({fed})",
                f"{entry.consumer or 'the first layer'} reads channels last; fed in that order the data is not turned.",
                turned,
                None if any(entry.precisions) else float(entry.layer.mean_ns),
                f"the turn goes, the conversion to {wanted} stays: only measuring tells" if wanted else _ONE_COPY,
                (entry.layer.key,),
            )
        )
        if typed:
            found.append(
                Remedy(
                    "channels_last_typed",
                    f"feed {port.name} channels last ({fed}) as {wanted}",
                    f"{entry.consumer or 'the first layer'} reads {wanted} channels last: nothing is left to convert.",
                    _with_input(spec, model, port, tensor_layout=fed, element_type=wanted),
                    float(entry.layer.mean_ns),
                    f"{_ONE_COPY}; whoever feeds it has to give {wanted}",
                    (entry.layer.key,),
                )
            )
    return found


def _turns(entry: Reorder, port: PortFacts) -> bool:
    first, last = layout_words(entry.layouts[0]), layout_words(entry.layouts[1])
    return {"C", "H", "W"} <= set(port.layout) and (first, last) == ("channels first", "channels last")


def _input_types(entries: Sequence[Reorder], spec: RunSpec, model: ModelFacts) -> list[Remedy]:
    """Inputs that are converted first thing: fed in the type that is computed with, they are not."""
    fed, keys, own_keys, spent = spec, [], [], 0
    kinds = set()
    for entry in entries:
        port, wanted = _port(entry, model), entry.precisions[1]
        if port is None or not wanted or any(entry.layouts) or wanted not in ELEMENT_TYPES:
            continue
        if _entry(spec, port).element_type or port.raw_name in spec.model.port_types:
            own_keys.append(entry.layer.key)
            continue
        fed = _with_input(fed, model, port, element_type=wanted)
        keys.append(entry.layer.key)
        kinds.add(wanted)
        spent += entry.layer.mean_ns
    found = []
    if keys:
        what = "the input" if len(keys) == 1 else f"{len(keys)} inputs"
        kind = "/".join(sorted(kinds))
        found.append(
            Remedy(
                "input_type",
                f"feed {what} as {kind}",
                f"The device computes with {kind} and converts what is fed; fed as {kind} there is nothing to convert.",
                fed,
                float(spent),
                f"{_ONE_COPY}; whoever feeds it has to give {kind}",
                tuple(keys),
            )
        )
    if own_keys:
        found.append(
            Remedy(
                "own_type",
                "feed the model's own type",
                "The type that is asked for is converted in the graph, at the cost of one more pass over the data.",
                _without_types(spec),
                None,
                "more bytes are fed instead: only measuring tells",
                tuple(own_keys),
            )
        )
    return found


def _images(entries: Sequence[Reorder], spec: RunSpec, model: ModelFacts) -> list[Remedy]:
    """A u8 image in the order cameras give, converted in the graph: a quarter of the bytes, but more steps."""
    if spec.model.preprocess != "none" or any(_asks(entry) for entry in spec.model.inputs):
        return []
    keys = [
        entry.layer.key
        for entry in entries
        if (port := _port(entry, model)) is not None
        and {"C", "H", "W"} <= set(port.layout)
        and port.element_type in ("f32", "f16")
    ]
    if not keys:
        return []
    changed = msgspec.structs.replace(spec.model, preprocess="graph")
    return [
        Remedy(
            "u8_image",
            "feed a u8 image, converted in the graph",
            "A u8 image is a quarter of the bytes of f32; conversion and turn become part of the compiled model.",
            msgspec.structs.replace(spec, model=changed),
            None,
            "the conversion costs steps of its own: only measuring tells",
            tuple(keys),
        )
    ]


def _asks(entry: InputSpec) -> bool:
    return bool(entry.element_type or entry.tensor_layout)


def _port(entry: Reorder, model: ModelFacts) -> PortFacts | None:
    """The input of the model that a move takes its data from."""
    if len(model.inputs) == 1:
        return model.inputs[0]
    return next((port for port in model.inputs if entry.producer in (port.name, port.raw_name)), None)


def _entry(spec: RunSpec, port: PortFacts) -> InputSpec:
    by_name = {entry.name: entry for entry in spec.model.inputs}
    return by_name.get(port.raw_name) or by_name.get(str(port.index)) or by_name.get("", InputSpec())


def _with_input(spec: RunSpec, model: ModelFacts, port: PortFacts, **fields: str) -> RunSpec:
    """The spec with other fields of one input; the entry for all is used where the model has only this input."""
    own = _entry(spec, port)
    name = own.name if own.name or len(model.inputs) == 1 else port.raw_name
    changed = msgspec.structs.replace(own, name=name, **fields)
    rest = tuple(entry for entry in spec.model.inputs if entry.name != name)
    inputs = tuple(sorted((*rest, changed), key=lambda entry: entry.name))
    return msgspec.structs.replace(spec, model=msgspec.structs.replace(spec.model, inputs=inputs))


def _without_types(spec: RunSpec) -> RunSpec:
    kept = tuple(msgspec.structs.replace(entry, element_type="") for entry in spec.model.inputs)
    used = tuple(entry for entry in kept if entry != InputSpec())
    model = msgspec.structs.replace(spec.model, inputs=used, port_types={})
    return msgspec.structs.replace(spec, model=model)


# Outputs, precision, devices


def _outputs(entries: Sequence[Reorder], spec: RunSpec, model: ModelFacts) -> list[Remedy]:
    """Results that are converted last thing: handed out as computed, they are not."""
    told = [entry for entry in entries if entry.precisions[0] in _SHORT and not entry.asked_for]
    kinds = {entry.precisions[0] for entry in told}
    if len(kinds) != 1 or spec.model.output_type or spec.model.port_types:
        return []
    (kind,) = kinds
    if any(port.element_type not in ("f32", "f64") for port in model.outputs):
        return []
    only_type = all(not any(entry.layouts) for entry in told)
    return [
        Remedy(
            "output_type",
            f"hand the outputs out as {kind}",
            f"The last layers compute in {kind}, and the results are widened for the caller.",
            msgspec.structs.replace(spec, model=msgspec.structs.replace(spec.model, output_type=kind)),
            float(sum(entry.layer.mean_ns for entry in told)) if only_type else None,
            f"{_ONE_COPY}; whoever reads the results has to take {kind}"
            if only_type
            else "the conversion goes, the turn stays: only measuring tells",
            tuple(entry.layer.key for entry in told),
        )
    ]


def _precision(moves: Sequence[Reorder], spec: RunSpec, effective: Iterable[EffectiveProperty]) -> list[Remedy]:
    """Conversions between f32 and a short type inside the model: with f32 all through there are none."""
    between = [
        entry
        for entry in moves
        if entry.precisions[0] in {*_SHORT, "f32"} and entry.precisions[1] in {*_SHORT, "f32"} and not entry.asked_for
    ]
    known = {row.effective for row in effective if row.property == _PRECISION}
    if not between or spec.properties.get(_PRECISION) == "f32" or (known and not known & _SHORT):
        return []
    count = len(between)
    return [
        Remedy(
            "precision",
            "compute in f32 all through",
            f"{count} {'layer' if count == 1 else 'layers'} convert between f32 and {_short_of(between)}; "
            "with one precision there is nothing to convert.",
            msgspec.structs.replace(spec, properties={**spec.properties, _PRECISION: "f32"}),
            None,
            "f32 may compute slower than the conversions cost: only measuring tells",
            tuple(entry.layer.key for entry in between),
        )
    ]


def _short_of(moves: Sequence[Reorder]) -> str:
    kinds = {kind for entry in moves for kind in entry.precisions if kind in _SHORT}
    return "/".join(sorted(kinds))


def _one_device(moves: Sequence[Reorder], spec: RunSpec) -> list[Remedy]:
    """Without cuts there is nothing to carry over them."""
    cuts = [entry for entry in moves if entry.cause in ("submodel_entry", "submodel_exit")]
    devices = devices_of(spec.device)
    if not cuts or not spec.device.startswith("HETERO") or not devices:
        return []
    device = "CPU" if "CPU" in devices else devices[0]
    return [
        Remedy(
            "one_device",
            f"run on {device} alone",
            f"{len(cuts)} of these exist only because the model is cut into submodels.",
            msgspec.structs.replace(
                spec,
                device=device,
                properties={**spec.properties, **spec.device_properties.get(device, {})},
                device_properties={},
            ),
            float(sum(entry.layer.mean_ns for entry in cuts)),
            f"the Reorders at the cuts alone; what {device} needs for the other's part is not in it",
            tuple(entry.layer.key for entry in cuts),
        )
    ]
