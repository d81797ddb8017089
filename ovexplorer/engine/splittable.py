"""Makes a model ready to be split: unique names, known shapes and small constants computed, no constants shared.

A chain that computes a shape must not be cut from the operation that takes it: OpenVINO then refuses a "dynamic
rank". And while a Constant is copied into every submodel that uses it, what is computed from constants is not: when
feedback tears it from its consumer, weights are handed over as a tensor in every inference. So both are computed here,
as far as that undoes no compression: large weights and those behind a low-precision type stay as they are, and each of
their consumers gets its own copy of what is computed from them.
"""

from __future__ import annotations

import numpy as np
import openvino as ov
import openvino.opset16 as op
from openvino import passes

from ovexplorer.engine.topology import NEVER_CONSTANT, output_bytes, unique_names

_MOST_BYTES = 1_000_000
"""Size of a tensor up to which it is computed here."""
_COMPRESSED = frozenset({"i8", "u8", "i4", "u4", "u6", "u3", "u2", "u1", "nf4", "f4e2m1", "f8e4m3", "f8e5m2", "f8e8m0"})
"""Types of weights that the device has to see: it computes with them."""
_QUANTISING = frozenset({"FakeQuantize", "FakeConvert"})


def splittable(model: ov.Model) -> ov.Model:
    """A clone that affinities can be written into; what is given is not changed."""
    clone = model.clone()
    unique_names(clone)
    _put_shapes(clone)
    _compute(clone)
    _part_constants(clone)
    unique_names(clone)
    clone.validate_nodes_and_infer_types()
    return clone


def _put_shapes(model: ov.Model) -> None:
    """Replace each ShapeOf of a static shape by the shape."""
    for node in model.get_ordered_ops():
        if node.get_type_name() != "ShapeOf" or node.get_input_partial_shape(0).is_dynamic:
            continue
        kind = node.get_output_element_type(0).to_dtype()
        shape = op.constant(np.array(list(node.get_input_shape(0)), kind))
        shape.set_friendly_name(node.get_friendly_name())
        for target in node.output(0).get_target_inputs():
            target.replace_source_output(shape.output(0))


def _compute(model: ov.Model) -> None:
    """Compute what may be of all that depends on constants alone."""
    computed = _computed(model)
    kept: set[str] = set()
    ends: list[ov.Output] = []
    for name, node in computed.items():
        if _stays(node, kept):
            kept.add(name)
        else:
            ends += [output for output in node.outputs() if _leaves(output, computed, kept)]
    if ends:
        # A model of its own, so that nothing else is computed; its operations are those of the whole model.
        chains = ov.Model([op.result(end) for end in ends], [], "chains")
        manager = passes.Manager()
        manager.register_pass(passes.ConstantFolding())
        manager.run_passes(chains)


def _computed(model: ov.Model) -> dict[str, ov.Node]:
    """Operations that depend on constants alone by name, producers first; Constants themselves are not among them."""
    constants: set[str] = set()
    found: dict[str, ov.Node] = {}
    for node in model.get_ordered_ops():
        kind, name = node.get_type_name(), node.get_friendly_name()
        if kind == "Constant":
            constants.add(name)
        elif node.get_input_size() and kind not in NEVER_CONSTANT:
            sources = (value.get_node().get_friendly_name() for value in node.input_values())
            if all(source in constants or source in found for source in sources):
                found[name] = node
    return found


def _stays(node: ov.Node, kept: set[str]) -> bool:
    """Whether it is left to the device, as what it is computed from is."""
    return (
        node.get_type_name() in _QUANTISING
        or any(port.get_element_type().get_type_name() in _COMPRESSED for port in node.inputs())
        or any(output_bytes(output) > _MOST_BYTES for output in node.outputs())
        or any(value.get_node().get_friendly_name() in kept for value in node.input_values())
    )


def _leaves(output: ov.Output, computed: dict[str, ov.Node], kept: set[str]) -> bool:
    """Whether someone takes an output who is not computed here too."""
    names = [_name_of(target) for target in output.get_target_inputs()]
    return any(name not in computed or name in kept for name in names)


def _part_constants(model: ov.Model) -> None:
    """Give each consumer its own copy of what is still computed from constants."""
    computed = _computed(model)
    constants = {node.get_friendly_name(): node for node in model.get_ops() if node.get_type_name() == "Constant"}
    # Consumers first: a chain behind a chain is copied whole with the last one.
    for node in reversed(computed.values()):
        for output in node.outputs():
            targets = [target for target in output.get_target_inputs() if _name_of(target) not in computed]
            behind = len(output.get_target_inputs()) > len(targets)
            for target in targets if behind else targets[1:]:
                target.replace_source_output(_copy_of(output, constants))


def _copy_of(output: ov.Output, constants: dict[str, ov.Node]) -> ov.Output:
    """A copy of everything that an output is computed from, but for the constants themselves."""
    copy = ov.Model([op.result(output)], [], "chain").clone()
    for node in copy.get_ordered_ops():
        for port in node.inputs():
            source = port.get_source_output().get_node()
            if source.get_type_name() == "Constant":
                port.replace_source_output(constants[source.get_friendly_name()].output(0))
    return copy.get_results()[0].input_value(0)


def _name_of(target: ov.Input) -> str:
    return str(target.get_node().get_friendly_name())
