"""What a model is, in figures: ports, operations, weights, work, state."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import msgspec
import openvino as ov

from ovexplorer.engine.flops import FlopCount, count_flop
from ovexplorer.engine.formats import BLOB, OPENVINO_ERRORS
from ovexplorer.engine.plan import InputPlan
from ovexplorer.engine.shapes import guess_layout, layout_text, parse_shape, port_name, propose, shape_text
from ovexplorer.schema.facts import ModelFacts, PortFacts
from ovexplorer.text import CleanText, RawName, clean

MOST_HASHED_BYTES = 2 * 10**9
"""A larger file is told apart by size and time only."""

_NO_WORK = frozenset({"Parameter", "Result", "Constant"})
_SIZES = frozenset({"i64", "i32", "u64", "u32", "boolean", "string"})
"""Constants of these types are shapes, axes and tables, not weights."""


def model_facts(base: ModelFacts, model: ov.Model, plans: Sequence[InputPlan], *, proposed: bool = True) -> ModelFacts:
    """Fill in what the graph tells.

    Args:
        base: Path, name, format, size: what is known without the graph.
        model: As it will be compiled.
        plans: Its inputs.
        proposed: Whether work is counted for the proposed shapes when the model is dynamic.
    """
    counts: Counter[CleanText] = Counter()
    parameters = weight_bytes = 0
    for node in model.get_ops():
        kind = node.get_type_name()
        if kind not in _NO_WORK:
            counts[clean(kind, 80)] += 1
        elif kind == "Constant" and node.get_element_type().get_type_name() not in _SIZES:
            elements = ov.PartialShape(node.get_output_partial_shape(0)).get_shape()
            parameters += _product(elements)
            weight_bytes += -(-_product(elements) * node.get_element_type().bitwidth // 8)
    work = _work(model, plans, proposed=proposed)
    return msgspec.structs.replace(
        base,
        inputs=tuple(input_facts(plan, port) for plan, port in zip(plans, model.inputs)),
        outputs=tuple(output_facts(index, port) for index, port in enumerate(model.outputs)),
        operations=dict(counts.most_common()),
        parameters=parameters,
        weight_bytes=weight_bytes,
        flop=work.flop,
        flop_note=clean(work.note),
        dynamic=any(port.get_partial_shape().is_dynamic for port in model.inputs),
        stateful=bool(model.get_sinks()),
    )


def port_facts_only(base: ModelFacts, inputs: Sequence[ov.Output], outputs: Sequence[ov.Output]) -> ModelFacts:
    """Fill in the ports of a compiled model, for one that was never read as a graph."""
    described = []
    for index, port in enumerate(inputs):
        guessed = guess_layout(port.get_partial_shape())
        described.append(_port(index, port, layout=guessed, guessed=bool(guessed)))
    return msgspec.structs.replace(
        base,
        inputs=tuple(described),
        outputs=tuple(output_facts(index, port) for index, port in enumerate(outputs)),
        dynamic=any(port.get_partial_shape().is_dynamic for port in inputs),
    )


def unread_facts(path: str, name: CleanText, kind: str, size: int, sha256: str, identity: str) -> ModelFacts:
    """What is known of a model without its graph."""
    note = "work is unknown for a compiled blob" if kind == BLOB else "work is unknown for a model that was not read"
    return ModelFacts(
        path=path,
        name=name,
        format=kind,
        size_bytes=size,
        sha256=sha256,
        identity=identity,
        inputs=(),
        outputs=(),
        operations={},
        parameters=0,
        weight_bytes=0,
        flop=0,
        flop_note=clean(note),
    )


def input_facts(plan: InputPlan, port: ov.Output) -> PortFacts:
    """One input as it is planned to be fed."""
    shape = port.get_partial_shape()
    return PortFacts(
        index=plan.index,
        name=plan.name,
        raw_name=plan.raw_name,
        element_type=plan.element_type,
        shape=shape_text(shape),
        layout=plan.layout,
        guessed_layout=plan.guessed_layout,
        proposed_shape=propose(plan.raw_name, shape, plan.layout) if shape.is_dynamic else "",
        ids_below=plan.ids_below,
        fill=_fill_text(plan),
    )


def _fill_text(plan: InputPlan) -> str:
    if plan.filling.kind == "file":
        return clean(", ".join(Path(path).name for path in plan.paths[:3]), 80)
    return f"{plan.host.width}x{plan.host.height} images, made ready in Python" if plan.host else plan.filling.text


def output_facts(index: int, port: ov.Output) -> PortFacts:
    """One output."""
    node = port.get_node()
    return _port(index, port, layout=layout_text(node.get_layout()) if node.get_type_name() == "Result" else "")


def _port(index: int, port: ov.Output, *, layout: str, guessed: bool = False) -> PortFacts:
    name = port_name(port)
    return PortFacts(
        index=index,
        name=clean(name),
        raw_name=RawName(name),
        element_type=str(port.get_element_type().get_type_name()),
        shape=shape_text(port.get_partial_shape()),
        layout=layout,
        guessed_layout=guessed,
    )


def _work(model: ov.Model, plans: Sequence[InputPlan], *, proposed: bool) -> FlopCount:
    if not any(port.get_partial_shape().is_dynamic for port in model.inputs):
        return count_flop(model)
    if not proposed:
        return FlopCount(0, "unknown for dynamic shapes")
    sized = model.clone()
    shapes = {}
    for plan, port in zip(plans, sized.inputs):
        fed = ov.PartialShape(list(plan.shapes[0])) if plan.shapes else None
        own = port.get_partial_shape()
        shapes[port] = fed or parse_shape(
            propose(plan.raw_name, own, plan.layout) if own.is_dynamic else shape_text(own)
        )
    told = ", ".join(f"{plan.name} {shape_text(shape)}" for plan, shape in zip(plans, shapes.values()))
    try:
        sized.reshape(shapes)
    except OPENVINO_ERRORS:
        return FlopCount(0, f"unknown: the model does not fit {told}")
    counted = count_flop(sized)
    return FlopCount(counted.flop, "; ".join(filter(None, (f"for {told}", counted.note))))


def _product(sizes: Sequence[int]) -> int:
    total = 1
    for size in sizes:
        total *= int(size)
    return total


@lru_cache(maxsize=64)
def sha256_of(path: Path, identity: str) -> str:  # noqa: ARG001  # the identity is part of the key of the cache
    """Of a file; empty for a folder, one over the limit or one that cannot be read."""
    try:
        if not path.is_file() or path.stat().st_size > MOST_HASHED_BYTES:
            return ""
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    except OSError:
        return ""
    return digest.hexdigest()
