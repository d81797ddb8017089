"""Which devices are here, what they can do, and why the others cannot be used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import openvino as ov
from openvino import opset13 as ops

from ovexplorer.engine import properties
from ovexplorer.engine.failure import from_openvino
from ovexplorer.schema.facts import DeviceFacts, DeviceState
from ovexplorer.text import CleanText, clean

_VIRTUAL = {
    "AUTO": "OpenVINO picks",
    "MULTI": "spreads the requests",
    "HETERO": "splits the model",
    "BATCH": "joins the requests",
}
_PHYSICAL = ("CPU", "GPU", "NPU")
_STAND_IN_NOTE = "stand-in: the CPU plugin under another name"


def _trial_model() -> ov.Model:
    data = ops.parameter([1, 8], np.float32, name="x")
    return ov.Model([ops.relu(data, name="y")], [data], "trial")


def describe_devices(
    core: ov.Core, stand_ins: tuple[str, ...], lacks: Mapping[str, Sequence[str]]
) -> tuple[DeviceFacts, ...]:
    """All devices that could be named, usable or not, physical ones first.

    A listed device counts as usable only after a one-operation model has been compiled on it: drivers list devices
    that cannot run anything.
    """
    listed = [name for name in core.available_devices if name not in stand_ins]
    missing = [name for name in _PHYSICAL if not any(found.partition(".")[0] == name for found in listed)]
    model = _trial_model()
    facts = [_physical(core, name, model) for name in listed]
    facts += [_missing(core, name) for name in missing]
    facts += [_stand_in(core, name, model, lacks.get(name, ())) for name in stand_ins]
    facts += [_virtual(core, name) for name in _VIRTUAL]
    return tuple(facts)


def _physical(core: ov.Core, name: str, model: ov.Model) -> DeviceFacts:
    try:
        core.compile_model(model, name)
    except RuntimeError as error:
        return _unusable(name, error)
    return _usable(core, name, "usable", "")


def _stand_in(core: ov.Core, name: str, model: ov.Model, lacks: Sequence[str]) -> DeviceFacts:
    try:
        core.compile_model(model, name)
    except RuntimeError as error:
        return _unusable(name, error)
    pretence = f"; pretends to lack {', '.join(lacks)}" if lacks else ""
    return _usable(core, name, "stand_in", f"{_STAND_IN_NOTE}{pretence}")


def _usable(core: ov.Core, name: str, state: DeviceState, note: str) -> DeviceFacts:
    try:
        capabilities = tuple(str(entry) for entry in core.get_property(name, "OPTIMIZATION_CAPABILITIES"))
        full_name = str(core.get_property(name, "FULL_DEVICE_NAME"))
    except (RuntimeError, TypeError):
        capabilities, full_name = (), name
    return DeviceFacts(
        name=name,
        full_name=clean(note or full_name),
        state=state,
        capabilities=capabilities,
        properties=properties.device_properties(core, name),
    )


def _missing(core: ov.Core, name: str) -> DeviceFacts:
    try:
        listed = list(core.get_property(name, "AVAILABLE_DEVICES"))
    except RuntimeError as error:
        return _unusable(name, error)
    reason = "listed by its driver only" if listed else "no device found: the driver lists none"
    return DeviceFacts(name=name, full_name=clean(name), state="unusable", reason=clean(reason))


def _unusable(name: str, error: RuntimeError) -> DeviceFacts:
    return DeviceFacts(name=name, full_name=clean(name), state="unusable", reason=short_reason(name, error))


def short_reason(name: str, error: RuntimeError) -> CleanText:
    """Why a device cannot be used: the library that is missing, where that is it; OpenVINO's sentence otherwise."""
    what = from_openvino("device_unusable", name, error, "").what
    for word in what.replace(":", " ").split():
        if word.startswith("lib") and ".so" in word and "openvino" not in word:
            return clean(f"no {word}: install the driver")
    return clean(what.partition(": ")[2] or what, 200)


def _virtual(core: ov.Core, name: str) -> DeviceFacts:
    try:
        found = properties.device_properties(core, name)
    except RuntimeError:
        found = ()
    return DeviceFacts(name=name, full_name=clean(_VIRTUAL[name]), state="virtual", properties=found)
