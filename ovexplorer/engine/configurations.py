"""Compiled configurations: making them, reading back what they became, and keeping the last ones.

A kept configuration is found again by everything that went into its compile: the model file's identity, shapes,
device and properties. Requests and inputs are not part of it: they are made anew in a few milliseconds.
"""

from __future__ import annotations

import gc
from collections import OrderedDict
from dataclasses import dataclass, replace

import msgspec
import openvino as ov

from ovexplorer.engine import properties
from ovexplorer.engine.facts import port_facts_only
from ovexplorer.engine.failure import EngineFailure, PhaseReporter, from_openvino
from ovexplorer.engine.intake import PreparedModel
from ovexplorer.engine.memory import kept_bytes_allowed, resident_bytes
from ovexplorer.schema.codec import spec_key
from ovexplorer.schema.results import EffectiveProperty
from ovexplorer.schema.spec import InputSpec, RunSpec

_RESERVATION = "ENABLE_CPU_RESERVATION"
_CPU_PLUGIN = "openvino_intel_cpu_plugin"
_NO_CPU_LEFT = "No CPU resources available"


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
    compiled_by = RunSpec(
        model=model,
        device=spec.device,
        stand_ins=tuple(sorted(spec.stand_ins)),
        properties=spec.properties,
        device_properties=spec.device_properties,
    )
    return identity.encode("utf-8", "surrogateescape") + b"\0" + spec_key(compiled_by)


def reserves_cores(spec: RunSpec) -> bool:
    """Whether the compiled model would refuse others beside it."""
    asked = [spec.properties, *spec.device_properties.values()]
    return any(properties.same_value(values.get(_RESERVATION, "NO"), "YES") for values in asked)


class StandIns:
    """The CPU plugin under other names; registered once a name for the life of the core."""

    def __init__(self, core: ov.Core) -> None:
        self._core = core
        self._names: set[str] = set()

    @property
    def names(self) -> tuple[str, ...]:
        """Registered so far."""
        return tuple(sorted(self._names))

    def register(self, names: tuple[str, ...]) -> None:
        """Register what is not there yet.

        Raises:
            EngineFailure: The name cannot work: it must contain CPU and no dot.
        """
        for name in names:
            if name in self._names:
                continue
            if "CPU" not in name or name == "CPU" or not name.replace("_", "").isalnum() or not name.isascii():
                raise EngineFailure(
                    "device_unusable",
                    f"a stand-in device cannot be called {name}",
                    "use letters, digits and _ with CPU in it, such as CPU_SIM",
                )
            try:
                self._core.register_plugin(_CPU_PLUGIN, name)
            except RuntimeError as error:
                raise from_openvino(
                    "device_unusable", f"the stand-in {name} cannot be registered", error, "choose another name"
                ) from error
            self._names.add(name)


def _compile_config(spec: RunSpec) -> dict[str, object]:
    config: dict[str, object] = dict(spec.properties)
    family = spec.device.partition(":")[0]
    members = {device: dict(values) for device, values in spec.device_properties.items() if values}
    if family == "BATCH" or (":" not in spec.device and family not in ("AUTO", "MULTI", "HETERO")):
        # BATCH refuses DEVICE_PROPERTIES, and a plain device needs no wrapping.
        for values in members.values():
            config.update(values)
    elif members:
        config["DEVICE_PROPERTIES"] = members
    return config


def _compile(core: ov.Core, prepared: PreparedModel, spec: RunSpec) -> tuple[ov.CompiledModel, dict[str, str]]:
    """Compile, leaving out properties that the device does not know; returns them with the reason."""
    config = _compile_config(spec)
    dropped: dict[str, str] = {}
    while True:
        try:
            return _compiled(core, prepared, spec.device, config), dropped
        except RuntimeError as error:
            name = _unsupported(str(error), config)
            if name is None:
                raise _compile_failure(prepared, spec, error) from error
            _without(config, name)
            dropped[name] = f"refused: {spec.device.partition(':')[0]} does not know this property"


def _compiled(core: ov.Core, prepared: PreparedModel, device: str, config: dict[str, object]) -> ov.CompiledModel:
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


def _compile_failure(prepared: PreparedModel, spec: RunSpec, error: RuntimeError) -> EngineFailure:
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
    if _NO_CPU_LEFT in text:
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
        "try another device or shape; HETERO gives a second device what the first cannot run",
    )


class Configurations:
    """The kept ones, the newest used last."""

    def __init__(self, core: ov.Core, cpus: int) -> None:
        self._core = core
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
            compiled, dropped = self._compile(prepared, spec)
        self._reserved_ever |= reserves_cores(spec)
        self.compiled_ever += 1
        if prepared.model is None:
            # Only now are the inputs of a blob known.
            facts = port_facts_only(prepared.facts, compiled.inputs, compiled.outputs)
            prepared = replace(prepared, facts=facts)
        configuration = self._describe(key, compiled, prepared, spec, dropped)
        self._kept[key] = configuration
        return configuration

    def _compile(self, prepared: PreparedModel, spec: RunSpec) -> tuple[ov.CompiledModel, dict[str, str]]:
        try:
            return _compile(self._core, prepared, spec)
        except EngineFailure as failure:
            if self._reserved_ever and any(_NO_CPU_LEFT in line for line in failure.detail):
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
        """Compile without keeping, for a profile."""
        return _compile(self._core, prepared, spec)[0]

    def make_apart(self, prepared: PreparedModel, spec: RunSpec) -> Configuration:
        """Compile without keeping, and read back what it became.

        Raises:
            EngineFailure: The device, a property or the model was refused.
        """
        compiled, dropped = self._compile(prepared, spec)
        self.compiled_ever += 1
        return self._describe(b"", compiled, prepared, spec, dropped)

    def drop_all(self) -> None:
        """Forget every kept configuration and give its memory back."""
        self._kept.clear()
        gc.collect()

    def _make_room(self) -> None:
        allowed = kept_bytes_allowed(self.limit_bytes)
        while self._kept and (len(self._kept) >= self.limit or resident_bytes() > allowed):
            if len(self._kept) == 1 and self.limit > 1:
                break  # The running one is what we go back to when this compile fails.
            self._kept.popitem(last=False)
            gc.collect()

    def _describe(
        self, key: bytes, compiled: ov.CompiledModel, prepared: PreparedModel, spec: RunSpec, dropped: dict[str, str]
    ) -> Configuration:
        values = properties.compiled_properties(compiled)
        streams = [entry["NUM_STREAMS"] for entry in values.values() if entry.get("NUM_STREAMS", "").isdigit()]
        cached = _read(compiled, "LOADED_FROM_CACHE")
        devices = _read(compiled, "EXECUTION_DEVICES")
        optimal = _read(compiled, "OPTIMAL_NUMBER_OF_INFER_REQUESTS")
        return Configuration(
            key=key,
            compiled=compiled,
            prepared=prepared,
            effective=properties.compare(spec, values, dropped, self._cpus),
            loaded_from_cache=cached if isinstance(cached, bool) else None,
            streams=max((int(text) for text in streams), default=0),
            optimal_requests=max(1, optimal) if isinstance(optimal, int) else 1,
            execution_devices=tuple(str(device) for device in devices) if isinstance(devices, list) else (),
            alone=reserves_cores(spec),
        )


def _read(compiled: ov.CompiledModel, name: str) -> object:
    try:
        return compiled.get_property(name)
    except (RuntimeError, TypeError):
        return None
