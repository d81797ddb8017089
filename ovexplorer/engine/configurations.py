"""Compiled configurations: making them, reading back what they became, and keeping the last ones.

A kept configuration is found again by everything that went into its compile: the model file's identity, shapes,
device and properties. Requests and inputs are not part of it: they are made anew in a few milliseconds.
"""

from __future__ import annotations

import gc
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import msgspec
import openvino as ov

from ovexplorer.engine import dumps, properties
from ovexplorer.engine.affinity import Affinities
from ovexplorer.engine.compiling import NO_CPU_LEFT, Compiled, compile_prepared
from ovexplorer.engine.facts import port_facts_only
from ovexplorer.engine.failure import EngineFailure, PhaseReporter
from ovexplorer.engine.intake import PreparedModel
from ovexplorer.engine.memory import kept_bytes_allowed, resident_bytes
from ovexplorer.schema.codec import spec_key
from ovexplorer.schema.results import EffectiveProperty
from ovexplorer.schema.spec import InputSpec, RunSpec

_RESERVATION = "ENABLE_CPU_RESERVATION"


@dataclass(frozen=True)
class Configuration:
    """A compiled model with what is known about it."""

    key: bytes
    compiled: ov.CompiledModel
    prepared: PreparedModel
    effective: tuple[EffectiveProperty, ...]
    loaded_from_cache: bool | None
    streams: int
    """0 where the device does not tell."""
    optimal_requests: int
    """At least 1."""
    execution_devices: tuple[str, ...]
    alone: bool
    """Reserves its cores: nothing else can be compiled while it lives."""
    placed: Mapping[str, str] = field(default_factory=dict)
    """Device of every operation by name, as it was written; empty where OpenVINO split it, or nobody did."""
    dumps: dumps.Dumps = field(default_factory=dumps.Dumps)
    """What HETERO wrote."""
    note: str = ""
    """What of the affinities could not be followed; empty when all was."""


def configuration_key(identity: str, spec: RunSpec) -> bytes:
    """Equal for specs that share a compiled model."""
    inputs = tuple(
        msgspec.structs.replace(entry, fill="auto", paths=(), data_shapes=())
        if not entry.data_shapes
        else msgspec.structs.replace(entry, fill="auto", paths=())
        for entry in spec.model.inputs
    )
    inputs = tuple(entry for entry in inputs if entry != InputSpec(name=entry.name))
    model = msgspec.structs.replace(spec.model, inputs=inputs)
    splits = spec.device.startswith("HETERO")
    compiled_by = RunSpec(
        model=model,
        device=spec.device,
        stand_ins=tuple(sorted(spec.stand_ins)),
        lacks=spec.lacks,
        # Kept in specs of other devices for going back to; they change nothing there.
        affinities=spec.affinities if splits else (),
        placements=spec.placements if splits else {},
        splitter=spec.splitter if splits else "ours",
        properties=spec.properties,
        device_properties=spec.device_properties,
    )
    return identity.encode("utf-8", "surrogateescape") + b"\0" + spec_key(compiled_by)


def reserves_cores(spec: RunSpec) -> bool:
    """Whether the compiled model would refuse others beside it."""
    asked = [spec.properties, *spec.device_properties.values()]
    return any(properties.same_value(values.get(_RESERVATION, "NO"), "YES") for values in asked)


class Configurations:
    """The kept ones, the newest used last."""

    def __init__(self, core: ov.Core, cpus: int) -> None:
        self._core = core
        self.affinities = Affinities(core)
        """Splits models for HETERO."""
        self._cpus = cpus
        self._kept: OrderedDict[bytes, Configuration] = OrderedDict()
        self._reserved_ever = False
        self.compiled_ever = 0
        self.limit = 4
        self.limit_bytes = 0

    def find(self, key: bytes) -> Configuration | None:
        """A kept one, now the newest."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def make(self, key: bytes, prepared: PreparedModel, spec: RunSpec, phases: PhaseReporter) -> Configuration:
        """Compile and keep.

        Raises:
            EngineFailure: The device, a property or the model was refused.
        """
        if reserves_cores(spec) or any(kept.alone for kept in self._kept.values()):
            self.drop_all()
        self._make_room()
        with phases("compile"):
            compiled = self._compile(prepared, spec)
        self._reserved_ever |= reserves_cores(spec)
        self.compiled_ever += 1
        if prepared.model is None:
            # Only now are the inputs of a blob known.
            facts = port_facts_only(prepared.facts, compiled.model.inputs, compiled.model.outputs)
            prepared = replace(prepared, facts=facts)
        configuration = self._describe(key, compiled, prepared, spec)
        self._kept[key] = configuration
        return configuration

    def _compile(self, prepared: PreparedModel, spec: RunSpec) -> Compiled:
        try:
            return compile_prepared(self._core, self.affinities, prepared, spec)
        except EngineFailure as failure:
            if self._reserved_ever and any(NO_CPU_LEFT in line for line in failure.detail):
                # OpenVINO 2026.4.1: cores reserved after another compile in the same process are never given back,
                # not even when the plugin is unloaded.
                raise EngineFailure(
                    "restart_needed",
                    "OpenVINO did not give the reserved cores back",
                    "the engine is started again for this configuration",
                    failure.detail,
                ) from failure
            raise

    def compile_apart(self, prepared: PreparedModel, spec: RunSpec) -> ov.CompiledModel:
        """Compile a model that was changed in the engine, such as one with more outputs, without keeping anything."""
        # What is known of the model as it was would be split and compiled otherwise.
        compiled = compile_prepared(self._core, Affinities(self._core), prepared, spec)
        dumps.discard(compiled.dumps)
        return compiled.model

    def make_apart(self, prepared: PreparedModel, spec: RunSpec) -> Configuration:
        """Compile without keeping, and read back what it became.

        Raises:
            EngineFailure: The device, a property or the model was refused.
        """
        compiled = self._compile(prepared, spec)
        # The same as those of the configuration that is measured without counters.
        dumps.discard(compiled.dumps)
        self.compiled_ever += 1
        return self._describe(b"", compiled, prepared, spec)

    def drop_all(self) -> None:
        """Forget every kept configuration and give its memory back."""
        for kept in self._kept.values():
            dumps.discard(kept.dumps)
        self._kept.clear()
        gc.collect()

    def _make_room(self) -> None:
        allowed = kept_bytes_allowed(self.limit_bytes)
        while self._kept and (len(self._kept) >= self.limit or resident_bytes() > allowed):
            if len(self._kept) == 1 and self.limit > 1:
                break  # The running one is what we go back to when this compile fails.
            _, gone = self._kept.popitem(last=False)
            dumps.discard(gone.dumps)
            gc.collect()

    def _describe(self, key: bytes, made: Compiled, prepared: PreparedModel, spec: RunSpec) -> Configuration:
        compiled = made.model
        values = properties.compiled_properties(compiled)
        streams = [entry["NUM_STREAMS"] for entry in values.values() if entry.get("NUM_STREAMS", "").isdigit()]
        cached = _read(compiled, "LOADED_FROM_CACHE")
        devices = _read(compiled, "EXECUTION_DEVICES")
        optimal = _read(compiled, "OPTIMAL_NUMBER_OF_INFER_REQUESTS")
        return Configuration(
            key=key,
            compiled=compiled,
            prepared=prepared,
            effective=properties.compare(spec, values, made.dropped, self._cpus),
            loaded_from_cache=cached if isinstance(cached, bool) else None,
            streams=max((int(text) for text in streams), default=0),
            optimal_requests=max(1, optimal) if isinstance(optimal, int) else 1,
            execution_devices=tuple(str(device) for device in devices) if isinstance(devices, list) else (),
            alone=reserves_cores(spec),
            placed=made.placed,
            dumps=made.dumps,
            note=made.note,
        )


def _read(compiled: ov.CompiledModel, name: str) -> object:
    try:
        return compiled.get_property(name)
    except (RuntimeError, TypeError):
        return None
