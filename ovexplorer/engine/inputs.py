"""Input arrays: random but reproducible values by element type, or files; nothing is ever left uninitialised.

Arrays are C-contiguous and writeable, so that a tensor can share their memory. Types numpy does not have are kept as
their bits: bf16 in uint16, types of less than a byte packed in uint8; `shared_tensor` gives them their type back.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import openvino as ov

from ovexplorer.engine.failure import EngineFailure
from ovexplorer.engine.fills import REAL_TYPES
from ovexplorer.engine.input_files import files_of, read_items
from ovexplorer.engine.plan import InputPlan, layout_of, match_entries, plan_input, require_shapes
from ovexplorer.engine.preprocess import IMAGE_LAYOUT, HostStep, run_all
from ovexplorer.engine.shapes import sizes_text

if TYPE_CHECKING:
    from ovexplorer.engine.intake import PreparedModel

Array = npt.NDArray[np.generic]

_TYPES: dict[str, str] = {
    "f64": "float64",
    "f32": "float32",
    "f16": "float16",
    "bf16": "uint16",
    "i8": "int8",
    "i16": "int16",
    "i32": "int32",
    "i64": "int64",
    "u8": "uint8",
    "u16": "uint16",
    "u32": "uint32",
    "u64": "uint64",
    "boolean": "bool",
}
_PACKED_BITS = {"u1": 1, "u2": 2, "u4": 4, "i4": 4}
_FLOOR = 2.0**-10
"""Smallest magnitude of a random number: normal in every type, f16 included."""
_MOST_BYTES = 16 * 10**9
"""Of one array; more is a typing error in a shape."""
_WORDS = ("latency", "of the", "open vino", "measures", "a quick brown fox", "twelve")


@dataclass(frozen=True)
class InputSet:
    """One full set of inputs."""

    arrays: tuple[Array, ...]
    """One per input, in order."""
    shape_index: int = 0
    """Which of the data shapes it has."""
    batch: int = 1
    """Items in it, by the layout of the first input that has an N."""
    steps: tuple[HostStep, ...] = ()
    """What makes the arrays from raw images, with preprocess="host"; see `host_preprocess`."""


def sets_needed(prepared: PreparedModel) -> int:
    """How many sets it takes to feed every data shape and every file once."""
    counts = [max(1, len(plan.shapes)) for plan in prepared.inputs]
    counts += [-(-len(files_of(plan.paths)) // max(1, plan.batch())) for plan in prepared.inputs if plan.paths]
    return max(counts, default=1)


def make_inputs(prepared: PreparedModel, ports: Sequence[ov.Output], count: int, seed: int) -> list[InputSet]:
    """Make sets of inputs.

    Args:
        prepared: The model; a compiled blob has its inputs only in `ports`.
        ports: Inputs of the compiled model.
        count: Sets wanted; more are made when there are more data shapes, so that each is fed.
        seed: Of the random values; the same seed gives the same sets.

    Raises:
        EngineFailure: A shape is missing, a file does not fit, or a type cannot be filled.
    """
    plans = plans_of(prepared, ports)
    require_shapes(plans, ports)
    shapes = max((len(plan.shapes) for plan in plans), default=1)
    files = files_by_input(plans)
    return [make_set(plans, number, seed, files) for number in range(max(1, count, shapes))]


def plans_of(prepared: PreparedModel, ports: Sequence[ov.Output]) -> tuple[InputPlan, ...]:
    """The plan of each input; of a compiled blob from the ports of the compiled model.

    Raises:
        EngineFailure: What is asked for an input does not fit it.
    """
    return prepared.inputs or _plans_of_ports(prepared, ports)


def files_by_input(plans: Sequence[InputPlan]) -> dict[int, list[Path]]:
    """The files of each input that is filled from some.

    Raises:
        EngineFailure: One is missing, or of a kind that cannot be read.
    """
    return {plan.index: files_of(plan.paths) for plan in plans if plan.paths}


def make_set(plans: Sequence[InputPlan], number: int, seed: int, files: Mapping[int, list[Path]]) -> InputSet:
    """The set of a number: other random values, or the next files, for each.

    Raises:
        EngineFailure: A file does not fit, or a type cannot be filled.
    """
    made = [_one_input(plan, number, seed, files.get(plan.index, [])) for plan in plans]
    shapes = max((len(plan.shapes) for plan in plans), default=1)
    batch = next((plan.batch(number) for plan in plans if "N" in plan.layout), 1)
    steps = tuple(step for _, step in made if step is not None)
    return InputSet(tuple(array for array, _ in made), number % shapes, batch, steps)


def host_preprocess(input_set: InputSet) -> Callable[[], None]:
    """What to call before each inference to make the arrays of a set, in place, from its raw images."""
    return run_all(input_set.steps)


def shared_tensor(array: Array, port: ov.Output) -> ov.Tensor:
    """A tensor of the port's type that reads the array in place; strings are copied.

    The tensor does not keep the array alive for requests: the caller holds both.
    """
    kind = port.get_element_type()
    name = str(kind.get_type_name())
    if name == "bf16":
        return ov.Tensor(array, ov.Shape(list(array.shape)), kind)
    if name in _PACKED_BITS:
        return ov.Tensor(array, port.get_shape(), kind)
    return ov.Tensor(array, shared_memory=name != "string")


def _plans_of_ports(prepared: PreparedModel, ports: Sequence[ov.Output]) -> tuple[InputPlan, ...]:
    entries = match_entries(prepared.spec, ports)
    return tuple(
        plan_input(index, port, entry, layout=layout_of(port, entry))
        for index, (port, entry) in enumerate(zip(ports, entries))
    )


def _one_input(plan: InputPlan, number: int, seed: int, files: list[Path]) -> tuple[Array, HostStep | None]:
    shape = plan.shapes[number % len(plan.shapes)]
    # By name, so that one input keeps its values when another is added.
    random = np.random.default_rng([seed, number, zlib.crc32(plan.raw_name.encode("utf-8", "surrogatepass"))])
    if plan.host is None:
        return _values(plan, shape, number, random, files), None
    batch = (shape[0],) if "N" in plan.layout else ()
    image_shape = (*batch, plan.host.height, plan.host.width, shape[plan.layout.index("C")])
    if files:
        source = read_items(files, number, image_shape, np.dtype(np.uint8), IMAGE_LAYOUT if batch else IMAGE_LAYOUT[1:])
    else:
        source = random.integers(0, 256, image_shape, dtype=np.uint8)
    target = np.zeros(shape, dtype=_TYPES[plan.element_type])
    step = HostStep(plan, plan.host, source, target)
    step()
    return target, step


def _values(
    plan: InputPlan, shape: tuple[int, ...], number: int, random: np.random.Generator, files: list[Path]
) -> Array:
    kind, elements = plan.element_type, int(np.prod(shape, dtype=object))
    if elements * 8 > _MOST_BYTES:
        what = f"an array of shape {sizes_text(shape)} for {plan.name} would not fit in memory"
        raise EngineFailure("input_refused", what, "choose smaller sizes")
    if kind in _PACKED_BITS:
        return _packed(plan, elements, random)
    if kind not in _TYPES and kind != "string":
        what = f"{plan.name} takes {kind}, which cannot be filled"
        raise EngineFailure("input_refused", what, "convert it in the graph: -ip f32")
    if files:
        return _from_files(plan, shape, number, files)
    filling = plan.filling
    if filling.kind == "texts":
        words = np.array(_WORDS, dtype=np.str_)
        return words[random.integers(0, len(words), shape)]
    if filling.kind == "normal":
        return _normal(kind, shape, random)
    if filling.kind == "flags" or (kind == "boolean" and filling.kind in ("ids", "whole", "bytes")):
        return random.integers(0, 2, shape).astype(np.bool_)
    return stored(_whole(plan, shape, random), kind)


def _whole(plan: InputPlan, shape: tuple[int, ...], random: np.random.Generator) -> Array:
    filling = plan.filling
    if filling.kind in ("ones", "zeros"):
        return np.full(shape, 1 if filling.kind == "ones" else 0)
    if filling.kind == "positions":
        row = np.arange(shape[-1] if shape else 1)
        row = row % filling.below if filling.below else row
        return np.array(np.broadcast_to(row, shape)) if shape else row.reshape(())
    return random.integers(0, filling.below or 256, shape)


def _normal(kind: str, shape: tuple[int, ...], random: np.random.Generator) -> Array:
    values = random.standard_normal(shape, dtype=np.float32)
    if kind in REAL_TYPES:
        return stored(np.where(np.abs(values) < _FLOOR, np.float32(_FLOOR), values), kind)
    rounded = np.rint(values * 10)
    return stored(np.abs(rounded) if kind.startswith("u") else rounded, kind)


def stored(values: Array, kind: str) -> Array:
    """The values as a type keeps them: bits for bf16, rounded to nearest even."""
    if kind != "bf16":
        return np.ascontiguousarray(values.astype(_TYPES[kind])).reshape(values.shape)
    bits = np.ascontiguousarray(values.astype(np.float32)).reshape(values.shape).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


def _packed(plan: InputPlan, elements: int, random: np.random.Generator) -> Array:
    size = -(-elements * _PACKED_BITS[plan.element_type] // 8)
    if plan.filling.kind == "zeros":
        return np.zeros(size, dtype=np.uint8)
    return random.integers(0, 256, size, dtype=np.uint8)


def _from_files(plan: InputPlan, shape: tuple[int, ...], number: int, files: list[Path]) -> Array:
    if plan.element_type == "string":
        what = f"{plan.name} takes strings, which are not read from files"
        raise EngineFailure("input_refused", what, "leave it to be filled with short texts")
    return read_items(files, number, shape, np.dtype(_TYPES[plan.element_type]), plan.layout)
