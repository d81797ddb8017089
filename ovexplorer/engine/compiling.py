"""One compile: from a model, a device and what is asked of both to a compiled model, or a failure in words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import openvino as ov

from ovexplorer.engine import dumps
from ovexplorer.engine.affinity import Affinities, SplitModel
from ovexplorer.engine.failure import EngineFailure, from_openvino
from ovexplorer.engine.intake import PreparedModel
from ovexplorer.schema.placement import devices_in_order
from ovexplorer.schema.spec import RunSpec
from ovexplorer.text import clean

_MEMBERS: Final = re.compile(r"[:,()\s]+")

NO_CPU_LEFT: Final = "No CPU resources available"
"""What OpenVINO says when another model of this process has reserved the cores."""


@dataclass(frozen=True)
class Compiled:
    """What came out."""

    model: ov.CompiledModel
    dropped: dict[str, str]
    """Properties that were left out, with the reason."""
    placed: Mapping[str, str]
    """Device of every operation by name; empty unless we split the model."""
    dumps: dumps.Dumps
    note: str = ""
    """What of the affinities could not be followed; empty when all was."""


def _compile_config(spec: RunSpec) -> dict[str, object]:
    config: dict[str, object] = dict(spec.properties)
    family = spec.device.partition(":")[0]
    # A stand-in that is registered but not used must not give its own properties to another device.
    idle = set(spec.stand_ins) - set(_MEMBERS.split(spec.device))
    members = {
        device: dict(values) for device, values in spec.device_properties.items() if values and device not in idle
    }
    if family == "BATCH" or (":" not in spec.device and family not in ("AUTO", "MULTI", "HETERO")):
        # BATCH refuses DEVICE_PROPERTIES, and a plain device needs no wrapping.
        for values in members.values():
            config.update(values)
    elif members:
        config["DEVICE_PROPERTIES"] = members
    return config


def compile_prepared(core: ov.Core, affinities: Affinities, prepared: PreparedModel, spec: RunSpec) -> Compiled:
    """Compile, leaving out properties that the device does not know.

    Raises:
        EngineFailure: The device, a property, an affinity or the model was refused.
    """
    split = _split(affinities, prepared, spec)
    if split is None:
        _refuse_pretended(affinities, prepared, spec)
    hetero = spec.device.partition(":")[0] == "HETERO"
    if hetero:
        dumps.clear()
    model, dropped = _compile(core, prepared, spec, split)
    found = dumps.collect() if hetero else dumps.Dumps()
    if split is not None:
        return Compiled(model, dropped, split.placed, found, split.note)
    unused = hetero and bool(spec.affinities or spec.placements)
    return Compiled(model, dropped, {}, found, "OpenVINO splits by itself: affinities are left out" if unused else "")


def _split(affinities: Affinities, prepared: PreparedModel, spec: RunSpec) -> SplitModel | None:
    """The model with affinities; None for everything that is not split by us.

    Raises:
        EngineFailure: There is nothing to split over, or an affinity cannot be followed.
    """
    if spec.device.partition(":")[0] != "HETERO":
        return None
    if not devices_in_order(spec.device):
        raise EngineFailure(
            "device_unusable", "HETERO needs a list of devices", "name them in order of preference: HETERO:GPU,CPU"
        )
    if spec.splitter != "ours":
        return None
    return affinities.split(prepared, spec)


def _refuse_pretended(affinities: Affinities, prepared: PreparedModel, spec: RunSpec) -> None:
    """A stand-in that pretends to lack a type cannot run a model with it alone.

    Raises:
        EngineFailure: It was told to lack something that the model has.
    """
    types = spec.lacks.get(spec.device)
    if not types or prepared.model is None:
        return
    topology = affinities.describe(prepared)
    missing = affinities.support(prepared, (spec.device,), spec.lacks, spec.stand_ins)[0].missing
    kinds = ", ".join(dict.fromkeys(str(topology.operations[key].type) for key in missing))
    if kinds:
        raise EngineFailure(
            "compile_failed",
            f"the stand-in {spec.device} pretends not to support {clean(kinds, 120)}",
            f"split the model: -d HETERO:{spec.device},CPU",
        )


def _compile(
    core: ov.Core, prepared: PreparedModel, spec: RunSpec, split: SplitModel | None
) -> tuple[ov.CompiledModel, dict[str, str]]:
    config = _compile_config(spec)
    dropped: dict[str, str] = {}
    while True:
        try:
            return _compiled(core, prepared, split.model if split else None, spec.device, config), dropped
        except RuntimeError as error:
            name = _unsupported(str(error), config)
            if name is None:
                raise _compile_failure(prepared, spec, error, split.doubt if split else "") from error
            _without(config, name)
            dropped[name] = f"refused: {spec.device.partition(':')[0]} does not know this property"


def _compiled(
    core: ov.Core, prepared: PreparedModel, split: ov.Model | None, device: str, config: dict[str, object]
) -> ov.CompiledModel:
    if split is not None:
        return core.compile_model(split, device, config)
    if prepared.blob is not None:
        return core.import_model(prepared.blob.read_bytes(), device, config)
    return core.compile_model(prepared.path or prepared.model, device, config)


def _unsupported(message: str, config: dict[str, object]) -> str | None:
    """The asked property that a message calls unknown; None for every other refusal."""
    lowered = message.lower()
    if not any(
        words in lowered for words in ("unsupported property", "unsupported config key", "not supported property")
    ):
        return None
    nested = config.get("DEVICE_PROPERTIES")
    names = [key for key in config if key != "DEVICE_PROPERTIES"]
    if isinstance(nested, dict):
        names += [key for values in nested.values() for key in values]
    return next((name for name in sorted(names, key=len, reverse=True) if name in message), None)


def _without(config: dict[str, object], name: str) -> None:
    config.pop(name, None)
    nested = config.get("DEVICE_PROPERTIES")
    if isinstance(nested, dict):
        for values in nested.values():
            values.pop(name, None)


def _compile_failure(prepared: PreparedModel, spec: RunSpec, error: RuntimeError, doubt: str) -> EngineFailure:
    text = str(error)
    if prepared.model is None and "is not registered" not in text:
        return from_openvino(
            "model_unreadable",
            f"{prepared.facts.name} cannot be imported on {spec.device}",
            error,
            "a compiled blob runs only on the device and OpenVINO release that made it: export it again",
        )
    if "is not registered" in text or "Cannot load library" in text or "Failed to create plugin" in text:
        return from_openvino(
            "device_unusable",
            f"the device {spec.device} cannot be used here",
            error,
            "see what is there with: ovexplorer devices",
        )
    if "Wrong value" in text or "for property key" in text or "CACHE_DIR" in text or "create directory" in text:
        return from_openvino(
            "property_refused", "an option was refused", error, "choose another value; the option's help lists them"
        )
    if NO_CPU_LEFT in text:
        return from_openvino(
            "compile_failed",
            "no CPU is left",
            error,
            "another model in this process reserved the cores; switch that off",
        )
    return from_openvino(
        "compile_failed",
        f"{spec.device} cannot compile the model",
        error,
        f"{doubt}: give it to another device" if doubt else _hint(spec),
    )


def _hint(spec: RunSpec) -> str:
    if devices_in_order(spec.device):
        return "leave affinities out one after another, or give inputs static shapes"
    return "try another device or shape; HETERO gives a second device what the first cannot run"
