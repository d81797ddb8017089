"""Reading an option's value out of a run spec, and making the spec that has another one."""

from __future__ import annotations

import re
from ntpath import basename, splitext
from typing import cast

import msgspec

from ovexplorer.errors import UsageError
from ovexplorer.options import inputs, values
from ovexplorer.options.affinities import describe_affinities
from ovexplorer.options.catalogue import CATALOGUE, by_property, devices_of, is_virtual
from ovexplorer.options.model import AUTO, Option
from ovexplorer.schema.spec import DEMO_PREFIX, ModelSpec, RunSpec

_IMAGE_SIZE = re.compile(r"(\d{1,5})\s*[x×,]\s*(\d{1,5})")
_DEVICE = re.compile(r"[A-Za-z][\w.:,()\- ]{0,200}")


def default_spec(model: ModelSpec, device: str = "CPU") -> RunSpec:
    """A fresh run: latency hint, sync API, everything else left to the device."""
    return RunSpec(model=model, device=device, properties={"PERFORMANCE_HINT": "LATENCY"})


def read(option: Option, spec: RunSpec) -> str:
    """The value of an option in a spec, in the catalogue's spelling; the default's name when nothing is asked."""
    if option.property:
        return _read_property(option, spec)
    room, _, field = option.field.rpartition(".")
    if room == "inputs":
        return inputs.text_of(spec.model, cast("inputs.InputField", field)) or option.default
    value = getattr(spec.model if room == "model" else spec, field)
    if field == "image_size":
        return f"{value[0]}x{value[1]}" if all(value) else option.default
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return f"{value:g}" if value else option.default
    return values.shown(option, str(value))


def apply(option: Option, spec: RunSpec, value: str) -> RunSpec:
    """The spec with another value of an option.

    Args:
        option: From the catalogue or from `dynamic.options_of`.
        spec: The spec to start from.
        value: As in the catalogue, in OpenVINO's spelling, or `DEVICE:value,DEVICE:value` for the devices of a
            virtual one; `auto` or `default` takes back what was asked.

    Raises:
        UsageError: The option cannot have this value; the hint lists what it can have.
    """
    value = value.strip()
    if option.property:
        return _apply_property(option, spec, value)
    room, _, field = option.field.rpartition(".")
    removed = values.removes(option, value)
    if room == "inputs":
        text = "" if removed else value
        return msgspec.structs.replace(spec, model=inputs.set_field(spec.model, cast("inputs.InputField", field), text))
    kept: object = _default_of(room, field) if removed else _typed(option, field, value)
    if room == "model":
        return msgspec.structs.replace(spec, model=msgspec.structs.replace(spec.model, **{field: kept}))
    return msgspec.structs.replace(spec, **{field: kept})


def step(option: Option, spec: RunSpec, direction: int) -> str:
    """The next (direction above 0) or previous value for the panel.

    Choices go round; numbers stop at both ends. A value between two steps goes to the nearer one of the direction.
    """
    present = read(option, spec)
    steps = [choice.value for choice in option.choices]
    if option.nothing not in steps:
        steps.insert(0, option.nothing)
    if present not in steps:
        if option.kind in {"integer", "real"}:
            steps = sorted({*steps, present}, key=_size)
        else:
            steps.append(present)
    place = steps.index(present) + (1 if direction > 0 else -1)
    if option.kind in {"integer", "real"}:
        return steps[max(0, min(len(steps) - 1, place))]
    return steps[place % len(steps)]


def changed_options(spec: RunSpec) -> list[tuple[Option, str]]:
    """The options of the catalogue that a spec sets to something other than their default, with their values."""
    present = ((option, read(option, spec)) for option in CATALOGUE)
    return [(option, value) for option, value in present if value != option.default]


def other_properties(spec: RunSpec) -> dict[str, str]:
    """Asked properties for which the catalogue has no option."""
    return {key: value for key, value in spec.properties.items() if by_property(key) is None}


def describe_change(old: RunSpec, new: RunSpec) -> str:
    """What is different, in words: `Precision bf16→f32, Threads auto→2`; empty when nothing is."""
    changes = []
    if old.model.path != new.model.path:
        changes.append(f"model {model_name(old.model)}→{model_name(new.model)}")
    for option in CATALOGUE:
        before, after = read(option, old), read(option, new)
        if before != after:
            changes.append(f"{option.title} {before}→{after}")
    left, right = _uncatalogued(old), _uncatalogued(new)
    changes += [
        f"{name} {left.get(name, AUTO)}→{right.get(name, AUTO)}"
        for name in sorted({*left, *right})
        if left.get(name) != right.get(name)
    ]
    if old.stand_ins != new.stand_ins:
        changes.append(f"stand-ins {','.join(old.stand_ins) or 'none'}→{','.join(new.stand_ins) or 'none'}")
    changes += describe_affinities(old, new)
    if not changes and old != new:
        return "inputs" if old.model != new.model else "settings"
    return ", ".join(changes)


def headline(spec: RunSpec, name: str = "", precision: str = "") -> str:
    """The line that says what runs: `resnet50 · CPU · f32 · latency · sync`.

    Args:
        spec: What was asked.
        name: The model's name when it is known better than by its path.
        precision: What the device reads back, used where no precision was asked.
    """
    asked = spec.properties.get("INFERENCE_PRECISION_HINT", "") or precision
    hint = spec.properties.get("PERFORMANCE_HINT", "").lower()
    words = [name or model_name(spec.model), spec.device, asked, hint or "no hint", spec.api]
    if spec.api == "async" and spec.requests:
        words.append(f"{spec.requests} requests")
    if spec.load != "closed":
        words.append(f"{spec.load} {spec.rate_fps:g}/s")
    if spec.model.batch:
        words.append(f"batch {spec.model.batch}")
    return " · ".join(word for word in words if word)


def model_name(model: ModelSpec) -> str:
    """A short name from the path: the demo's name or the file's without its ending. Clean it before showing."""
    if model.path.startswith(DEMO_PREFIX):
        return model.path.removeprefix(DEMO_PREFIX)
    # ntpath takes both kinds of slashes, so that a recording reads the same everywhere.
    return splitext(basename(model.path.rstrip("/\\")))[0] or model.path


def _read_property(option: Option, spec: RunSpec) -> str:
    by_device = {
        device: properties[option.property]
        for device, properties in spec.device_properties.items()
        if option.property in properties
    }
    if by_device:
        return ",".join(f"{device}:{values.shown(option, kept)}" for device, kept in by_device.items())
    kept = spec.properties.get(option.property)
    return option.nothing if kept is None else values.shown(option, kept)


def _apply_property(option: Option, spec: RunSpec, value: str) -> RunSpec:
    properties = {key: kept for key, kept in spec.properties.items() if key != option.property}
    by_device = {
        device: {key: kept for key, kept in own.items() if key != option.property}
        for device, own in spec.device_properties.items()
    }
    for device, part in _by_device(option, spec, value).items():
        if values.removes(option, part):
            continue
        kept = values.stored(option, part)
        if device and is_virtual(spec.device) and not spec.device.startswith("BATCH"):
            by_device[device] = {**by_device.get(device, {}), option.property: kept}
        else:
            properties[option.property] = kept
    return msgspec.structs.replace(
        spec,
        properties=properties,
        device_properties={device: own for device, own in by_device.items() if own},
    )


def _by_device(option: Option, spec: RunSpec, value: str) -> dict[str, str]:
    """Values by device; the empty name stands for the device of the spec itself."""
    parts = [part.strip().partition(":") for part in value.split(",")]
    if not option.per_device or not all(colon and device and part for device, colon, part in parts):
        return {"": value}
    known = (spec.device.partition(":")[0], *devices_of(spec.device))
    result = {}
    for device, _, part in parts:
        # AUTO without a list may use any device, so any name is right there.
        if device not in known and spec.device not in {"AUTO", "MULTI"}:
            raise UsageError(
                f"{option.title}: {device!r} is not among the devices of {spec.device}", f"name {' or '.join(known)}"
            )
        result[device] = part
    return result


def _typed(option: Option, field: str, value: str) -> object:
    if field == "image_size":
        match = _IMAGE_SIZE.fullmatch(value)
        if match is None or not int(match[1]) or not int(match[2]):
            raise UsageError(f"{option.title}: {value!r} is not a size", "write height x width, such as 480x640")
        return int(match[1]), int(match[2])
    kept = values.stored(option, value)
    if field == "device":
        if not _DEVICE.fullmatch(kept):
            raise UsageError(f"{option.title}: {value!r} is not a device", "write CPU, GPU.0 or AUTO:GPU,CPU")
        return kept
    if option.kind == "boolean":
        return kept in {"yes", "YES"}
    if option.kind == "integer":
        return int(kept)
    if option.kind == "real":
        if float(kept) < 0 or (field == "rate_fps" and float(kept) == 0):
            raise UsageError(f"{option.title}: {value} is not above 0", f"write a rate such as 30, or {option.nothing}")
        return float(kept)
    return kept


def _default_of(room: str, field: str) -> object:
    owner = ModelSpec if room == "model" else RunSpec
    return next(entry.default for entry in msgspec.structs.fields(owner) if entry.name == field)


def _uncatalogued(spec: RunSpec) -> dict[str, str]:
    own = {
        f"{device}:{key}": value
        for device, properties in spec.device_properties.items()
        for key, value in properties.items()
        if by_property(key) is None
    }
    return {**other_properties(spec), **own}


def _size(value: str) -> float:
    try:
        return float(value)
    except ValueError:
        return -1.0
