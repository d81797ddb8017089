"""Inputs of another framework's model: shapes from what was asked, values as the OpenVINO engine makes them.

The same seed and the same name of an input give the same values in both.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ovexplorer.engine.failure import EngineFailure
from ovexplorer.engine.fills import choose_filling
from ovexplorer.schema.spec import InputSpec, ModelSpec
from ovexplorer.text import clean

Array = npt.NDArray[np.generic]

_FLOOR = 2.0**-10
"""Smallest magnitude of a normal number, so that nothing becomes denormal in half precision."""
_MOST_ELEMENTS = 2 * 10**9
_FEW_CHANNELS = 4
_DIMENSION = re.compile(r"\?|-1|(\d*)(\.\.\d*)?")
_NUMPY_TYPES = {
    "f64": "float64",
    "f32": "float32",
    "f16": "float16",
    "i8": "int8",
    "i16": "int16",
    "i32": "int32",
    "i64": "int64",
    "u8": "uint8",
    "u16": "uint16",
    "u32": "uint32",
    "u64": "uint64",
    "boolean": "bool",
    "string": "object",
}


@dataclass(frozen=True)
class Port:
    """An input of a model."""

    name: str
    element_type: str
    """In OpenVINO's words: `f32`, `i64`, `boolean`, `string`."""
    sizes: tuple[int | None, ...]
    """None where the model leaves it open."""


def make_arrays(ports: Sequence[Port], model: ModelSpec, seed: int) -> list[Array]:
    """Fill every input.

    Raises:
        EngineFailure: A size is missing or does not fit, or the type cannot be filled.
    """
    return [_filled(port, _entry(model, index, port), model.batch, seed) for index, port in enumerate(ports)]


def batch_of(arrays: Sequence[Array]) -> int:
    """Items an inference counts for, by the shape of the first input, as the OpenVINO engine guesses it."""
    shape = arrays[0].shape if arrays else ()
    image = len(shape) == 4 and min(shape[1], shape[3]) <= _FEW_CHANNELS
    return max(1, shape[0]) if image or len(shape) == 2 else 1


def _entry(model: ModelSpec, index: int, port: Port) -> InputSpec:
    asked = {entry.name: entry for entry in model.inputs}
    return asked.get(port.name) or asked.get(str(index)) or asked.get("") or InputSpec()


def _filled(port: Port, entry: InputSpec, batch: int, seed: int) -> Array:
    shape = _shape(port, entry, batch)
    if port.element_type not in _NUMPY_TYPES:
        what = f"{clean(port.name, 80)} takes {clean(port.element_type, 40)}, which cannot be filled"
        raise EngineFailure("input_refused", what, "export the model with inputs of another type")
    if int(np.prod(shape, dtype=object)) > _MOST_ELEMENTS:
        what = f"an array of shape {list(shape)} for {clean(port.name, 80)} would not fit in memory"
        raise EngineFailure("input_refused", what, "choose smaller sizes")
    random = np.random.default_rng([seed, 0, zlib.crc32(port.name.encode("utf-8", "surrogatepass"))])
    return _values(port, entry, shape, random)


def _shape(port: Port, entry: InputSpec, batch: int) -> tuple[int, ...]:
    text = entry.data_shapes[0] if entry.data_shapes else entry.shape
    asked = _sizes(text) if text else tuple(None for _ in port.sizes)
    if len(asked) != len(port.sizes):
        what = f"{clean(port.name, 80)} has {len(port.sizes)} dimensions, not {len(asked)}"
        raise EngineFailure("shape_refused", what, "give one size for each dimension with -shape")
    found = [own if own is not None else wanted for own, wanted in zip(port.sizes, asked)]
    if any(own is not None and wanted not in (None, own) for own, wanted in zip(port.sizes, asked)):
        what = f"{clean(port.name, 80)} has the fixed shape {_told(port.sizes)}"
        raise EngineFailure("shape_refused", what, "only dimensions that are open in the file can be chosen here")
    if found and found[0] is None:
        found[0] = max(1, batch)
    if any(size is None for size in found):
        what = f"a shape is needed: {clean(port.name, 80)} {_told(port.sizes)} is dynamic"
        raise EngineFailure("shape_needed", what, "give a size for each dimension with -shape")
    return tuple(size for size in found if size is not None)


def _told(sizes: Sequence[int | None]) -> str:
    return "[" + ",".join("?" if size is None else str(size) for size in sizes) + "]"


def _sizes(text: str) -> tuple[int | None, ...]:
    """Sizes as asked; the smallest of a range, None for an open one."""
    inner = text.strip().removeprefix("[").removesuffix("]")
    sizes: list[int | None] = []
    for part in inner.split(",") if inner.strip() else []:
        match = _DIMENSION.fullmatch(part.strip())
        if match is None:
            raise EngineFailure("shape_refused", f"{clean(part, 40)!r} is not a size", "write 224, 1..8 or ?")
        sizes.append(int(match[1]) if match[1] else None)
    return tuple(sizes)


def _values(port: Port, entry: InputSpec, shape: tuple[int, ...], random: np.random.Generator) -> Array:
    kind = port.element_type
    dtype = np.dtype(_NUMPY_TYPES[kind])
    asked = "auto" if entry.fill == "file" else entry.fill
    filling = choose_filling(port.name, kind, asked, 0)
    values: Array
    if filling.kind == "texts":
        values = np.array(["one", "two words", "three short words"], dtype=object)[random.integers(0, 3, shape)]
    elif filling.kind == "normal":
        values = random.standard_normal(shape, dtype=np.float32)
        if dtype.kind == "f":
            values = np.where(np.abs(values) < _FLOOR, np.float32(_FLOOR), values)
        else:
            values = np.rint(values * 10)
            values = np.abs(values) if dtype.kind == "u" else values
    elif filling.kind in ("ones", "zeros"):
        values = np.full(shape, 1 if filling.kind == "ones" else 0)
    elif filling.kind == "positions":
        values = np.array(np.broadcast_to(np.arange(shape[-1] if shape else 1), shape or (1,))).reshape(shape)
    else:
        values = random.integers(0, 2 if filling.kind == "flags" else filling.below or 256, shape)
    return np.ascontiguousarray(values.astype(dtype)).reshape(shape)
