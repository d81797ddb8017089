"""Splits a model for HETERO by affinities of our own, so that what runs where is known before it is compiled.

OpenVINO takes affinities only when every operation has one, and then writes a single pair of dumps under the model's
name. Each device is asked once a model what it supports; stand-ins pretend to lack what they were told to.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import openvino as ov
from openvino import passes

from ovexplorer.engine.failure import EngineFailure, from_openvino
from ovexplorer.engine.intake import PreparedModel
from ovexplorer.engine.topology import topology_of, unique_names
from ovexplorer.errors import UsageError
from ovexplorer.schema.codec import spec_key
from ovexplorer.schema.placement import devices_in_order, resolve, unknown_placements
from ovexplorer.schema.spec import RunSpec
from ovexplorer.schema.topology import DeviceSupport, Topology
from ovexplorer.text import clean

_KEPT_MODELS = 4
_SHOWN = 3
_AFFINITY = "affinity"


@dataclass(frozen=True)
class Splittable:
    """A model that affinities can be written into, and what is known of it."""

    model: ov.Model
    """Never changed: affinities go into clones. Its names are unique, and what is constant is folded."""
    topology: Topology


@dataclass(frozen=True)
class SplitModel:
    """A model with an affinity for every operation."""

    model: ov.Model
    placed: Mapping[str, str]
    """Device by name."""


class Affinities:
    """Asks devices what they support and writes affinities; keeps the answers for the last few models.

    Args:
        core: Asks its devices; stand-ins are registered before.
    """

    def __init__(self, core: ov.Core) -> None:
        self._core = core
        self._known: OrderedDict[bytes, tuple[Splittable, dict[str, DeviceSupport]]] = OrderedDict()

    def describe(self, prepared: PreparedModel) -> Topology:
        """The operations of a model as it would be split.

        Raises:
            EngineFailure: It has no graph to look at.
        """
        return self._entry(prepared)[0].topology

    def support(
        self, prepared: PreparedModel, devices: Sequence[str], lacks: Mapping[str, Sequence[str]]
    ) -> tuple[DeviceSupport, ...]:
        """What each device says it can run; one that cannot be asked says why.

        Raises:
            EngineFailure: The model has no graph to look at.
        """
        return tuple(_pretended(self._asked(prepared, device), self.describe(prepared), lacks) for device in devices)

    def split(self, prepared: PreparedModel, spec: RunSpec) -> SplitModel:
        """A clone of the model with an affinity for every operation.

        Raises:
            EngineFailure: An affinity names something unknown, or no device takes an operation.
        """
        devices = devices_in_order(spec.device)
        splittable = self._entry(prepared)[0]
        topology = splittable.topology
        support = self.support(prepared, devices, spec.lacks)
        _refuse_unknown(topology, spec, devices)
        _refuse_silent(support)
        try:
            placed = resolve(topology, devices, support, spec.affinities, spec.placements)
        except UsageError as error:
            raise EngineFailure("property_refused", error.what, error.hint) from error
        _refuse_unplaced(topology, placed, support)
        by_name = {str(entry.raw_name): device for entry, device in zip(topology.operations, placed)}
        model = splittable.model.clone()
        for node in model.get_ops():
            node.get_rt_info()[_AFFINITY] = by_name[node.get_friendly_name()]
        return SplitModel(model, by_name)

    # Inside

    def _entry(self, prepared: PreparedModel) -> tuple[Splittable, dict[str, DeviceSupport]]:
        if prepared.model is None:
            raise EngineFailure(
                "compile_failed",
                f"{prepared.facts.name} cannot be split by affinities: there is no graph to look at",
                "give the model it was made from, or let OpenVINO split it with --splitter openvino",
            )
        key = prepared.facts.identity.encode("utf-8", "surrogateescape") + b"\0" + spec_key(prepared.spec)
        found = self._known.get(key)
        if found is None:
            model = _foldable(prepared.model)
            found = Splittable(model, topology_of(model, str(prepared.facts.name))), {}
            self._known[key] = found
            while len(self._known) > _KEPT_MODELS:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        return found

    def _asked(self, prepared: PreparedModel, device: str) -> DeviceSupport:
        splittable, answers = self._entry(prepared)
        if device not in answers:
            answer = self._ask(splittable, device)
            if answer.failed:
                # The next time it may be there.
                return answer
            answers[device] = answer
        return answers[device]

    def _ask(self, splittable: Splittable, device: str) -> DeviceSupport:
        try:
            taken = self._core.query_model(splittable.model, device)
        except RuntimeError as error:
            failure = from_openvino("device_unusable", f"{device} cannot be asked", error, "")
            return DeviceSupport(device=device, failed=failure.what)
        missing = (entry.key for entry in splittable.topology.operations if entry.raw_name not in taken)
        return DeviceSupport(device=device, missing=tuple(missing))


def _foldable(model: ov.Model) -> ov.Model:
    """A clone that can be split: unique names, and shapes that are known are constants.

    A chain that computes a shape must not be cut from the operation that takes it (OpenVINO refuses "dynamic rank"
    then); in a static model folding leaves no such chain.
    """
    clone = model.clone()
    unique_names(clone)
    if not clone.is_dynamic():
        manager = passes.Manager()
        manager.register_pass(passes.ConstantFolding())
        manager.run_passes(clone)
        unique_names(clone)
    return clone


def _pretended(answer: DeviceSupport, topology: Topology, lacks: Mapping[str, Sequence[str]]) -> DeviceSupport:
    """With the types that a stand-in is told to lack."""
    types = {kind.lower() for kind in lacks.get(answer.device, ())}
    if not types or answer.failed:
        return answer
    lacking = (entry.key for entry in topology.operations if entry.type.lower() in types)
    return DeviceSupport(device=answer.device, missing=tuple(sorted({*answer.missing, *lacking})))


def _refuse_unknown(topology: Topology, spec: RunSpec, devices: Sequence[str]) -> None:
    for device in [*(rule.device for rule in spec.affinities), *spec.placements.values()]:
        if device not in devices:
            raise EngineFailure(
                "property_refused",
                f"an affinity names {clean(device, 60)}, which is not in {clean(spec.device, 120)}",
                f"use one of {', '.join(devices)}, or add the device to the list",
            )
    unknown = unknown_placements(topology, spec.placements)
    if unknown:
        shown = ", ".join(clean(name, 60) for name in unknown[:_SHOWN])
        more = f" and {len(unknown) - _SHOWN:,} more" if len(unknown) > _SHOWN else ""
        raise EngineFailure(
            "property_refused",
            f"{len(unknown):,} of {len(spec.placements):,} affinities name operations that the model does not have: "
            f"{shown}{more}",
            "the affinities are of another model; write them anew with --write-affinity",
        )


def _refuse_silent(support: Sequence[DeviceSupport]) -> None:
    for entry in support:
        if entry.failed:
            raise EngineFailure(
                "device_unusable",
                f"{entry.device}: {entry.failed}",
                "see what is there with: ovexplorer devices; or take it out of the list",
            )


def _refuse_unplaced(topology: Topology, placed: Sequence[str], support: Sequence[DeviceSupport]) -> None:
    homeless = [entry for entry in topology.operations if not placed[entry.key]]
    if homeless:
        types = ", ".join(dict.fromkeys(str(entry.type) for entry in homeless[:20]))
        raise EngineFailure(
            "compile_failed",
            f"no device of the list takes {len(homeless):,} operations: {clean(types, 120)}",
            "add a device that supports them, such as CPU",
        )
    missing = {entry.device: frozenset(entry.missing) for entry in support}
    for entry in topology.operations:
        if entry.role == "operation" and entry.key in missing.get(placed[entry.key], frozenset()):
            raise EngineFailure(
                "property_refused",
                f"{placed[entry.key]} does not support {entry.type}, but an affinity puts {entry.name} there",
                "give it to another device",
            )
