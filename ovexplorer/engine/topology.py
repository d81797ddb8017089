"""The operations of a model as data: how they hang together, what they give, which are computed at compile time."""

from __future__ import annotations

import math
from collections import Counter

import openvino as ov

from ovexplorer.engine.layer_names import blocks_of
from ovexplorer.schema.topology import Operation, OperationRole, Topology
from ovexplorer.text import CleanText, RawName, clean

_ROLES: dict[str, OperationRole] = {"Constant": "constant", "Parameter": "parameter", "Result": "result"}
_STATEFUL = frozenset({"ReadValue", "Assign"})
_WITH_BODIES = {"If": 2, "Loop": 1, "TensorIterator": 1}
NEVER_CONSTANT = frozenset({"RandomUniform", "Multinomial", "ReadValue", "Assign", "Result", *_WITH_BODIES})
"""Operations that give something else each time, whatever they are given, and those that may hide one."""


def unique_names(model: ov.Model) -> None:
    """Give operations that share a friendly name a number of their own, in place: affinities go by name."""
    count = Counter(node.get_friendly_name() for node in model.get_ops())
    if len(count) == sum(count.values()):
        return
    seen: Counter[str] = Counter()
    # In an order that is the same each time the model is read: affinity files name these.
    for node in model.get_ordered_ops():
        name = node.get_friendly_name()
        if count[name] == 1:
            continue
        seen[name] += 1
        if seen[name] > 1:
            number = seen[name]
            while f"{name}#{number}" in count:
                number += 1
            count[f"{name}#{number}"] += 1
            node.set_friendly_name(f"{name}#{number}")


def topology_of(model: ov.Model, name: str) -> Topology:
    """Describe a model whose names are unique.

    Args:
        model: Not changed.
        name: What to call it.
    """
    nodes = model.get_ordered_ops()
    names = [node.get_friendly_name() for node in nodes]
    types = [node.get_type_name() for node in nodes]
    place = {own: key for key, own in enumerate(names)}
    blocks = blocks_of([(own,) for own in names])
    operations: list[Operation] = []
    for key, node in enumerate(nodes):
        inputs = tuple(
            (place[source.get_node().get_friendly_name()], source.get_index())
            for source in (port.get_source_output() for port in node.inputs())
        )
        shapes, element_types, sizes = _outputs(node)
        operations.append(
            Operation(
                key=key,
                name=clean(names[key]),
                raw_name=RawName(names[key]),
                type=clean(types[key], 80),
                role=_role(types[key], inputs, operations),
                inputs=inputs,
                shapes=shapes,
                types=element_types,
                sizes=sizes,
                variable=_variable(node, types[key]),
                block=clean(blocks[key], 120),
                bodies=_WITH_BODIES.get(types[key], 0),
            )
        )
    return Topology(model=clean(name), operations=tuple(operations), dynamic=model.is_dynamic())


def _role(kind: str, inputs: tuple[tuple[int, int], ...], before: list[Operation]) -> OperationRole:
    role = _ROLES.get(kind, "operation")
    if role != "operation" or not inputs or kind in NEVER_CONSTANT:
        return role
    # Computed from constants alone: the device does it once, while it compiles.
    return "constant" if all(before[producer].role == "constant" for producer, _ in inputs) else role


def _outputs(node: ov.Node) -> tuple[tuple[str, ...], tuple[str, ...], tuple[int, ...]]:
    shapes: list[str] = []
    types: list[str] = []
    sizes: list[int] = []
    for port in node.outputs():
        partial, kind = port.get_partial_shape(), port.get_element_type()
        shapes.append(str(partial).replace(" ", "") if partial.is_dynamic else _shape(list(partial.to_shape())))
        types.append(kind.get_type_name())
        sizes.append(output_bytes(port))
    return tuple(shapes), tuple(types), tuple(sizes)


def _shape(dimensions: list[int]) -> str:
    return f"[{','.join(map(str, dimensions))}]"


def output_bytes(output: ov.Output) -> int:
    """Size of a tensor; 0 where its shape is dynamic."""
    partial = output.get_partial_shape()
    if partial.is_dynamic:
        return 0
    bits = int(math.prod(partial.to_shape()) * output.get_element_type().bitwidth)
    return (bits + 7) // 8


def _variable(node: ov.Node, kind: str) -> CleanText:
    if kind not in _STATEFUL:
        return CleanText("")
    try:
        return clean(str(node.get_attributes().get("variable_id", "")), 120)
    except RuntimeError:
        return CleanText("")
