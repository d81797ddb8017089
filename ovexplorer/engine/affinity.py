"""Splits a model for HETERO by affinities of our own, so that what runs where is known before it is compiled.

OpenVINO takes affinities only when every operation has one, and then writes a single pair of dumps under the model's
name. Each device is asked once a model what it supports; stand-ins pretend to lack what they were told to.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
import openvino as ov

from ovexplorer.engine.devices import short_reason
from ovexplorer.engine.failure import EngineFailure
from ovexplorer.engine.intake import PreparedModel
from ovexplorer.engine.splittable import splittable
from ovexplorer.engine.topology import topology_of
from ovexplorer.errors import UsageError
from ovexplorer.schema.codec import spec_key
from ovexplorer.schema.placement import devices_in_order, matching, resolve, unknown_placements
from ovexplorer.schema.spec import RunSpec
from ovexplorer.schema.topology import DeviceSupport, Operation, Topology
from ovexplorer.text import clean

_KEPT_MODELS = 4
_SHOWN = 3
_AFFINITY = "affinity"
_CPU = "CPU"


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
    note: str
    """What of the asked could not be followed; empty when all was."""
    doubt: str
    """Which operation its device says it does not support, in words; empty when there is none."""


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
        self,
        prepared: PreparedModel,
        devices: Sequence[str],
        lacks: Mapping[str, Sequence[str]],
        stand_ins: Sequence[str] = (),
    ) -> tuple[DeviceSupport, ...]:
        """What each device says it can run; one that cannot be asked says why.

        Args:
            prepared: The model.
            devices: To ask.
            lacks: Types that stand-ins pretend not to support.
            stand_ins: Those that are the CPU under another name, and are not asked a second time: OpenVINO takes half
                a second for a thousand operations.

        Raises:
            EngineFailure: The model has no graph to look at.
        """
        topology = self.describe(prepared)
        found = []
        for device in devices:
            answer = self._asked(prepared, _CPU if device in stand_ins else device)
            answer = msgspec.structs.replace(answer, device=device)
            found.append(_pretended(answer, topology, lacks))
        return tuple(found)

    def split(self, prepared: PreparedModel, spec: RunSpec) -> SplitModel:
        """A clone of the model with an affinity for every operation.

        Raises:
            EngineFailure: An affinity names something unknown, or no device takes an operation.
        """
        devices = devices_in_order(spec.device)
        whole = self._entry(prepared)[0]
        topology = whole.topology
        support = self.support(prepared, devices, spec.lacks, spec.stand_ins)
        _refuse_strange_devices(spec, devices)
        notes = [_unknown_names(topology, spec), _unknown_types(topology, spec)]
        _refuse_silent(support)
        try:
            placed = resolve(topology, devices, support, spec.affinities, spec.placements)
            notes.append(_idle_rules(topology, spec))
        except UsageError as error:
            raise EngineFailure("property_refused", error.what, error.hint) from error
        _refuse_homeless(topology, placed)
        _refuse_pretended(topology, placed, spec.lacks)
        _refuse_torn(topology, placed)
        by_name = {str(entry.raw_name): device for entry, device in zip(topology.operations, placed)}
        model = whole.model.clone()
        for node in model.get_ops():
            node.get_rt_info()[_AFFINITY] = by_name[node.get_friendly_name()]
        return SplitModel(model, by_name, "; ".join(filter(None, notes)), _doubt(topology, placed, support))

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
            model = splittable(prepared.model)
            found = Splittable(model, topology_of(model, str(prepared.facts.name))), {}
            self._known[key] = found
            while len(self._known) > _KEPT_MODELS:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        return found

    def _asked(self, prepared: PreparedModel, device: str) -> DeviceSupport:
        whole, answers = self._entry(prepared)
        if device not in answers:
            answer = self._ask(whole, device)
            if answer.failed:
                # The next time it may be there.
                return answer
            answers[device] = answer
        return answers[device]

    def _ask(self, whole: Splittable, device: str) -> DeviceSupport:
        try:
            taken = self._core.query_model(whole.model, device)
        except RuntimeError as error:
            return DeviceSupport(device=device, failed=short_reason(device, error))
        missing = (entry.key for entry in whole.topology.operations if entry.raw_name not in taken)
        return DeviceSupport(device=device, missing=tuple(missing))


def _pretended(answer: DeviceSupport, topology: Topology, lacks: Mapping[str, Sequence[str]]) -> DeviceSupport:
    """With the types that a stand-in is told to lack."""
    types = {kind.lower() for kind in lacks.get(answer.device, ())}
    if not types or answer.failed:
        return answer
    lacking = (entry.key for entry in topology.operations if entry.type.lower() in types)
    return DeviceSupport(device=answer.device, missing=tuple(sorted({*answer.missing, *lacking})))


def _refuse_strange_devices(spec: RunSpec, devices: Sequence[str]) -> None:
    for device in [*(rule.device for rule in spec.affinities), *spec.placements.values()]:
        if device not in devices:
            raise EngineFailure(
                "property_refused",
                f"an affinity names {clean(device, 60)}, which is not in {clean(spec.device, 120)}",
                f"use one of {', '.join(devices)}, or add the device to the list",
            )


def _unknown_names(topology: Topology, spec: RunSpec) -> str:
    """Which placements name nothing, in words; some may, since shapes decide what is folded away.

    Raises:
        EngineFailure: None of them names an operation of the model.
    """
    unknown = unknown_placements(topology, spec.placements)
    if not unknown:
        return ""
    shown = ", ".join(clean(name, 60) for name in unknown[:_SHOWN])
    more = f" and {len(unknown) - _SHOWN:,} more" if len(unknown) > _SHOWN else ""
    if len(unknown) == len(spec.placements):
        raise EngineFailure(
            "property_refused",
            f"no affinity names an operation of {topology.model}: they name {shown}{more}",
            "the affinities are of another model; write them anew with --write-affinity",
        )
    return (
        f"{len(unknown):,} of {len(spec.placements):,} affinities name operations that the model does not have: "
        f"{shown}{more}"
    )


def _idle_rules(topology: Topology, spec: RunSpec) -> str:
    """Which rules name no operation, in words."""
    idle = [rule.pattern for rule in spec.affinities if not matching(topology, rule.pattern)]
    if not idle:
        return ""
    more = f" and {len(idle) - _SHOWN:,} more" if len(idle) > _SHOWN else ""
    return f"no operation matches {', '.join(clean(pattern, 60) for pattern in idle[:_SHOWN])}{more}"


def _unknown_types(topology: Topology, spec: RunSpec) -> str:
    """Which types stand-ins pretend to lack that the model does not have, in words."""
    known = {entry.type.lower() for entry in topology.operations}
    strange = [kind for kinds in spec.lacks.values() for kind in kinds if kind.lower() not in known]
    return f"the model has no {clean(', '.join(strange[:_SHOWN]), 120)} to lack" if strange else ""


def _refuse_silent(support: Sequence[DeviceSupport]) -> None:
    for entry in support:
        if entry.failed:
            raise EngineFailure(
                "device_unusable",
                f"{entry.device} cannot be used: {entry.failed}",
                "see what is there with: ovexplorer devices; or take it out of the list",
            )


def _refuse_homeless(topology: Topology, placed: Sequence[str]) -> None:
    homeless = [entry for entry in topology.operations if not placed[entry.key]]
    if homeless:
        count = f"{len(homeless):,} operations" if len(homeless) > 1 else f"{clean(homeless[0].name, 60)}"
        raise EngineFailure(
            "compile_failed",
            f"no device of the list takes {count}: {_types(homeless)}",
            "add a device that supports them, such as CPU",
        )


def _refuse_pretended(topology: Topology, placed: Sequence[str], lacks: Mapping[str, Sequence[str]]) -> None:
    """A stand-in could run what it pretends to lack, and would then show a split that no real device has."""
    types = {device: {kind.lower() for kind in kinds} for device, kinds in lacks.items()}
    for entry in topology.operations:
        if entry.role == "operation" and entry.type.lower() in types.get(placed[entry.key], ()):
            raise EngineFailure(
                "property_refused",
                f"{placed[entry.key]} pretends to lack {entry.type}, but an affinity puts {entry.name} there",
                "give it to another device",
            )


def _refuse_torn(topology: Topology, placed: Sequence[str]) -> None:
    """OpenVINO says "unordered_map::at" only when it compiles a state that is on two devices."""
    devices: dict[str, set[str]] = {}
    for entry in topology.operations:
        if entry.variable:
            devices.setdefault(entry.variable, set()).add(placed[entry.key])
    torn = [name for name, found in devices.items() if len(found) > 1]
    if torn:
        names = ", ".join(clean(name, 60) for name in torn[:_SHOWN])
        raise EngineFailure(
            "property_refused",
            f"ReadValue and Assign of a state are on different devices: {names}",
            "give all operations of a state to one device",
        )


def _doubt(topology: Topology, placed: Sequence[str], support: Sequence[DeviceSupport]) -> str:
    missing = {entry.device: frozenset(entry.missing) for entry in support}
    refused = [
        entry
        for entry in topology.operations
        if entry.role == "operation" and entry.key in missing.get(placed[entry.key], ())
    ]
    return f"{placed[refused[0].key]} says it does not support {_types(refused)}" if refused else ""


def _types(operations: Sequence[Operation]) -> str:
    kinds = list(dict.fromkeys(str(entry.type) for entry in operations))
    return clean(", ".join(kinds[:_SHOWN]) + (f" and {len(kinds) - _SHOWN} more types" if kinds[_SHOWN:] else ""), 160)
