"""OpenVINO properties as text, and what a compiled model made of those asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import openvino as ov

from ovexplorer.schema.facts import PropertyFacts, PropertyKind
from ovexplorer.schema.results import EffectiveProperty, EffectiveState
from ovexplorer.schema.spec import RunSpec
from ovexplorer.text import CleanText, clean

_CHOICES: dict[str, tuple[str, ...]] = {
    "PERFORMANCE_HINT": ("LATENCY", "THROUGHPUT", "CUMULATIVE_THROUGHPUT"),
    "EXECUTION_MODE_HINT": ("PERFORMANCE", "ACCURACY"),
    "INFERENCE_PRECISION_HINT": ("f32", "bf16", "f16"),
    "SCHEDULING_CORE_TYPE": ("ANY_CORE", "PCORE_ONLY", "ECORE_ONLY"),
    "MODEL_PRIORITY": ("LOW", "MEDIUM", "HIGH"),
    "LOG_LEVEL": ("LOG_NONE", "LOG_ERROR", "LOG_WARNING", "LOG_INFO", "LOG_DEBUG", "LOG_TRACE"),
    "TBB_PARTITIONER": ("STATIC", "AUTO"),
    "SCHEDULE_POLICY": ("DEVICE_PRIORITY", "ROUND_ROBIN"),
    "CACHE_MODE": ("OPTIMIZE_SPEED", "OPTIMIZE_SIZE"),
    "KV_CACHE_PRECISION": ("u8", "f16", "bf16", "f32"),
    "KEY_CACHE_PRECISION": ("u8", "f16", "bf16", "f32"),
    "VALUE_CACHE_PRECISION": ("u8", "f16", "bf16", "f32"),
    "GPU_QUEUE_PRIORITY": ("LOW", "MEDIUM", "HIGH"),
    "GPU_QUEUE_THROTTLE": ("LOW", "MEDIUM", "HIGH"),
    "GPU_HOST_TASK_PRIORITY": ("LOW", "MEDIUM", "HIGH"),
    "WORKLOAD_TYPE": ("DEFAULT", "EFFICIENT"),
    "NPU_COMPILER_TYPE": ("PREFER_PLUGIN", "PLUGIN", "DRIVER"),
}
_LOG_LEVELS = {
    "NO": "LOG_NONE",
    "ERR": "LOG_ERROR",
    "WARNING": "LOG_WARNING",
    "INFO": "LOG_INFO",
    "DEBUG": "LOG_DEBUG",
    "TRACE": "LOG_TRACE",
}
_UNREADABLE = frozenset({"SUPPORTED_PROPERTIES", "COMPATIBILITY_CHECK", "DEVICE_PROPERTIES"})
"""The second fails to convert to Python in 2026.4; the others are read in their own way."""
_TOLD_ELSEWHERE = frozenset(
    {"NETWORK_NAME", "RUNTIME_REQUIREMENTS", "OPTIMAL_NUMBER_OF_INFER_REQUESTS", "EXECUTION_DEVICES"}
)


def as_text(value: Any) -> str:
    """One spelling for a property's value, whatever type the device returned it in.

    A core returns enumerations and booleans where a compiled model returns strings for the same key.
    """
    if isinstance(value, bool):
        return "YES" if value else "NO"
    if isinstance(value, ov.Type):
        return "undefined" if value == ov.Type.dynamic else str(value.to_string())
    if isinstance(value, (int, str)):
        text = str(value)
        return {"true": "YES", "false": "NO"}.get(text.lower(), text)
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Mapping):
        return ",".join(f"{key}:{as_text(entry)}" for key, entry in value.items())
    if isinstance(value, (list, tuple, set, frozenset)):
        entries = [as_text(entry) for entry in value]
        return ",".join(sorted(entries) if isinstance(value, (set, frozenset)) else entries)
    name = getattr(value, "name", None)
    if name == "???":
        # A value that the Python binding has no name for, such as an unset TBB_PARTITIONER.
        return "unset"
    if isinstance(name, str):
        return _LOG_LEVELS.get(name, name) if type(value).__name__ == "Level" else name
    return str(value)


def kind_of(name: str, value: Any) -> PropertyKind:
    """What kind of property this is, from its present value."""
    if name in _CHOICES:
        return "choice"
    if isinstance(value, bool) or (isinstance(value, str) and value.lower() in ("yes", "no", "true", "false")):
        return "boolean"
    if isinstance(value, int) or (isinstance(value, str) and value.lstrip("-").isdigit()):
        return "integer"
    if isinstance(value, float):
        return "real"
    if isinstance(value, (set, frozenset)):
        return "set"
    if isinstance(value, ov.Type):
        return "choice"
    return "text"


def device_properties(core: ov.Core, device: str) -> tuple[PropertyFacts, ...]:
    """All properties that a device lists, one by one: a single unreadable one must not hide the others."""
    facts = []
    for name, access in dict(core.get_property(device, "SUPPORTED_PROPERTIES")).items():
        if name in _UNREADABLE:
            continue
        value: Any = ""
        if access != "WO":
            try:
                value = core.get_property(device, name)
            except (RuntimeError, TypeError):
                continue
        facts.append(
            PropertyFacts(
                name=name,
                access=access,
                kind=kind_of(name, value),
                value=clean(as_text(value)),
                choices=_CHOICES.get(name, ("YES", "NO") if kind_of(name, value) == "boolean" else ()),
            )
        )
    return tuple(facts)


def compiled_properties(compiled: ov.CompiledModel) -> dict[str, dict[str, str]]:
    """Effective properties by device, as text; of a virtual device also those of its members."""
    own: dict[str, str] = {}
    names = list(compiled.get_property("SUPPORTED_PROPERTIES"))
    for name in names:
        if name in _UNREADABLE or name in _TOLD_ELSEWHERE:
            continue
        try:
            own[name] = as_text(compiled.get_property(name))
        except (RuntimeError, TypeError):
            continue
    found = {"": own}
    try:
        members = compiled.get_property("DEVICE_PROPERTIES") if "DEVICE_PROPERTIES" in names else _try_members(compiled)
    except (RuntimeError, TypeError):
        members = {}
    if isinstance(members, Mapping):
        for device, values in members.items():
            if isinstance(values, Mapping):
                found[str(device)] = {
                    str(key): as_text(value) for key, value in values.items() if key not in _TOLD_ELSEWHERE
                }
    return found


def _try_members(compiled: ov.CompiledModel) -> Any:
    # BATCH and HETERO answer although some releases do not list the key.
    return compiled.get_property("DEVICE_PROPERTIES")


def same_value(asked: str, got: str) -> bool:
    """Whether two spellings mean the same value."""
    left, right = asked.strip().lower(), got.strip().lower()
    for yes_no in (("yes", "true", "1"), ("no", "false", "0")):
        if left in yes_no and right in yes_no and not (left.isdigit() and right.isdigit()):
            return True
    if left == right:
        return True
    try:
        return float(left) == float(right)
    except ValueError:
        return False


_NOT_READ_BACK = {
    "CACHE_DIR": "the core uses it; it cannot be read back from a compiled model",
    "CACHE_MODE": "the core uses it; it cannot be read back from a compiled model",
    "ENABLE_MMAP": "the core uses it; it cannot be read back from a compiled model",
    "ALLOW_AUTO_BATCHING": "only a GPU, or BATCH named as the device, joins requests",
    "AUTO_BATCH_TIMEOUT": "only matters where requests are joined: on a GPU or with BATCH",
    "COMPILATION_NUM_THREADS": "this device compiles with its own number of threads",
}


def reason_for(name: str, asked: str | None, got: str, cpus: int) -> str:
    """Why a device took another value, in plain words, as far as it is known."""
    if asked is None:
        return "from the hint" if name in ("NUM_STREAMS", "requests", "PERFORMANCE_HINT_NUM_REQUESTS") else ""
    automatic = asked.upper() in ("AUTO", "0", "-1", "NUMA", "UNDEFINED", "DYNAMIC", "")
    if name in ("NUM_STREAMS", "INFERENCE_NUM_THREADS"):
        if automatic:
            return "the device chose"
        if asked.isdigit() and got.isdigit() and int(got) < int(asked):
            return f"only {cpus} CPUs here" if int(got) >= cpus else "limited by the threads it may use"
        return "rounded by the device to what fits its cores"
    known = {
        "ENABLE_HYPER_THREADING": "this CPU has no hyper-threads",
        "SCHEDULING_CORE_TYPE": "this CPU has one kind of core",
        "PERFORMANCE_HINT": "this device has its own hint",
        "INFERENCE_PRECISION_HINT": "the device chose" if automatic else "not supported by this device",
        "ENABLE_CPU_PINNING": "pinning is not possible here",
    }
    return known.get(name, "the device chose" if automatic else "the device took another value")


def compare(
    spec: RunSpec, compiled: Mapping[str, Mapping[str, str]], dropped: Mapping[str, str], cpus: int
) -> tuple[EffectiveProperty, ...]:
    """Asked against got, for every device.

    Args:
        spec: What was asked.
        compiled: From `compiled_properties`.
        dropped: Property to reason, for those that were refused and left out.
        cpus: CPUs this process may use.
    """
    family = spec.device.partition(":")[0]
    rows: list[EffectiveProperty] = []
    answered: set[str] = set()
    for member, values in compiled.items():
        device = member or family
        asked_here = {
            **spec.properties,
            **(spec.device_properties.get(device, {}) if member or len(compiled) == 1 else {}),
        }
        for name, got in values.items():
            answered.add(name)
            rows.append(_row(device, name, asked_here.get(name), got, cpus))
    everything = {**spec.properties}
    for asked_of_member in spec.device_properties.values():
        everything.update(asked_of_member)
    rows += _unanswered(family, {k: v for k, v in everything.items() if k not in answered}, dropped)
    return tuple(rows)


def requests_row(spec: RunSpec, made: int) -> tuple[EffectiveProperty, ...]:
    """What became of the number of requests; nothing for the sync API, which has one."""
    if spec.api == "sync":
        return ()
    asked = str(spec.requests) if spec.requests else None
    row = _row(spec.device.partition(":")[0], "requests", asked, str(made), 0)
    if row.state != "changed":
        return (row,)
    return (msgspec.structs.replace(row, why=clean(f"no more than {made:,} are made")),)


def _row(device: str, name: str, asked: str | None, got: str, cpus: int) -> EffectiveProperty:
    state: EffectiveState = "default"
    if asked is not None:
        state = "as_requested" if same_value(asked, got) else "changed"
    why = "" if state == "as_requested" else reason_for(name, asked, got, cpus)
    return EffectiveProperty(
        device=device,
        property=name,
        requested=None if asked is None else clean(asked),
        effective=clean(got),
        state=state,
        why=clean(why),
    )


def _unanswered(device: str, asked: Mapping[str, str], dropped: Mapping[str, str]) -> Iterable[EffectiveProperty]:
    for name, value in asked.items():
        refused = dropped.get(name)
        told = name in ("CACHE_DIR", "CACHE_MODE", "ENABLE_MMAP") and refused is None
        why = refused or _NOT_READ_BACK.get(name, "the device does not tell what it made of it")
        yield EffectiveProperty(
            device=device,
            property=name,
            requested=clean(value),
            effective=clean(value) if told else None,
            state="as_requested" if told else "ignored",
            why=CleanText("") if told else clean(why),
        )
