"""benchmark_app's configuration files: `{"CPU": {"NUM_STREAMS": "3"}}`, read and written.

For a virtual device the properties of its devices are one text: `{CPU:{NUM_STREAMS:3},GPU:{NUM_STREAMS:5}}`.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec

from ovexplorer.errors import UsageError
from ovexplorer.options.catalogue import is_virtual
from ovexplorer.schema.spec import RunSpec
from ovexplorer.text import clean

LARGEST_FILE = 1024 * 1024
"""Bytes; such a file is a page of text."""

_DEVICE = re.compile(r"\s*,?\s*([^:{},]+?)\s*:\s*\{([^{}]*)\}")
_EXAMPLE = 'write {"CPU": {"NUM_STREAMS": "3"}}'


def load(path: Path, spec: RunSpec) -> RunSpec:
    """Add the properties of a file to a spec; what the spec already asks for wins.

    Raises:
        UsageError: The file cannot be read or is not of that form.
    """
    configured = _read(path)
    family = spec.device.partition(":")[0]
    properties: dict[str, str] = {}
    by_device: dict[str, dict[str, str]] = {}
    for device, own in configured.items():
        for key, value in own.items():
            if key == "DEVICE_PROPERTIES":
                for name, inner in parse_device_properties(value).items():
                    by_device.setdefault(name, {}).update(inner)
            elif device in {spec.device, family}:
                properties[key] = value
            elif is_virtual(spec.device):
                by_device.setdefault(device, {})[key] = value
    for device, own in spec.device_properties.items():
        by_device.setdefault(device, {}).update(own)
    return msgspec.structs.replace(spec, properties={**properties, **spec.properties}, device_properties=by_device)


def dump(path: Path, spec: RunSpec) -> None:
    """Write the properties a spec asks for.

    Raises:
        UsageError: The file cannot be written.
    """
    own = dict(spec.properties)
    if spec.device_properties:
        own["DEVICE_PROPERTIES"] = device_properties_text(spec.device_properties)
    try:
        path.write_text(json.dumps({spec.device.partition(":")[0]: own}, indent=4) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}", "name a file in a directory you own") from error


def parse_device_properties(text: str) -> dict[str, dict[str, str]]:
    """Read `{CPU:{NUM_STREAMS:3},GPU:{NUM_STREAMS:5}}`.

    Raises:
        UsageError: It is not of that form.
    """
    inner = text.strip()
    if not (inner.startswith("{") and inner.endswith("}")):
        raise UsageError(f"DEVICE_PROPERTIES {clean(text, 80)!r} cannot be understood", "write {CPU:{NUM_STREAMS:3}}")
    inner = inner[1:-1]
    result: dict[str, dict[str, str]] = {}
    position = 0
    while inner[position:].strip():
        match = _DEVICE.match(inner, position)
        if match is None:
            raise UsageError(
                f"DEVICE_PROPERTIES {clean(text, 80)!r} cannot be understood", "write {CPU:{NUM_STREAMS:3}}"
            )
        pairs = (part.partition(":") for part in match[2].split(",") if part.strip())
        result[match[1]] = {key.strip(): value.strip() for key, _, value in pairs}
        position = match.end()
    return result


def device_properties_text(by_device: dict[str, dict[str, str]]) -> str:
    """Write what `parse_device_properties` reads."""
    devices = (
        f"{device}:{{{','.join(f'{key}:{value}' for key, value in own.items())}}}" for device, own in by_device.items()
    )
    return f"{{{','.join(devices)}}}"


def _read(path: Path) -> dict[str, dict[str, str]]:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise UsageError(f"{path}: larger than {LARGEST_FILE // 1024} kB", "this is no configuration file")
        return msgspec.convert(
            msgspec.json.decode(path.read_bytes()), dict[str, dict[str, str]], strict=False, str_keys=True
        )
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", "check the name after -load_config") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{path} is no configuration file: {clean(str(error), 120)}", _EXAMPLE) from error
