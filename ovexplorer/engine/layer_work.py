"""What one layer of a compiled model does: operations and bytes, from the operations it stands for.

Operations follow the formulas of `flops`, the operations fused into the layer included; an int8 layer is charged what
the real operation it replaces would cost. Bytes are the least that has to move, as in the roofline model (Williams,
Waterman, Patterson, "Roofline: an insightful visual performance model", CACM 52(4), 2009): every data input, all
weights and every output, each once. Activations have the size they have at run time; weights have the size they are
packed to (u4, i8 ...), or that of the precision they are converted to. What cannot be known is 0.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import openvino as ov

from ovexplorer.engine.flops import node_flop

_BITS = {
    "f64": 64,
    "i64": 64,
    "u64": 64,
    "f32": 32,
    "i32": 32,
    "u32": 32,
    "f16": 16,
    "bf16": 16,
    "i16": 16,
    "u16": 16,
    "i8": 8,
    "u8": 8,
    "f8e4m3": 8,
    "f8e5m2": 8,
    "f8e8m0": 8,
    "boolean": 8,
    "bool": 8,
    "i4": 4,
    "u4": 4,
    "nf4": 4,
    "f4e2m1": 4,
    "u2": 2,
    "u1": 1,
    "bin": 1,
}
_SHAPE = re.compile(r"\[([^\[\]]*)\]")
_INDEX_TYPES = frozenset({"i32", "i64", "u32", "u64", "boolean", "bool"})
_PACKED_BITS = 8
"""Weights of at most so many bits are kept as they are; wider ones are converted to what the layer computes in."""
_MOVES_ONLY = frozenset({"Reorder", "Convert", "Transpose", "Reshape", "Concat", "Split", "Gather", "Tile", "Pad"})
_CONVOLUTIONS = frozenset({"Convolution", "GroupConvolution", "DeformableConvolution"})
_TRANSPOSED = frozenset({"ConvolutionBackpropData", "GroupConvolutionBackpropData"})
_PRODUCTS = frozenset({"MatMul", "Einsum"})
_HEART = {
    "Convolution": _CONVOLUTIONS,
    "Deconvolution": _TRANSPOSED,
    "FullyConnected": _PRODUCTS,
    "MatMul": _PRODUCTS,
}
"""Operations without which a layer of the type is not understood: fusing may leave their name out."""
_NO_WORK = frozenset({"Input", "Output", "Const", "Parameter", "Result", "Constant"})
_READS_WHAT_IT_GIVES = frozenset(
    {"Gather", "GatherElements", "GatherND", "StridedSlice", "Slice", "EmbeddingBagOffsetsSum", "EmbeddingBagPackedSum"}
)
"""They touch no more of their data than they hand on."""


@dataclass(frozen=True)
class Work:
    """Of one inference of one layer."""

    flop: int = 0
    """Operations; 0 when there are none or they are unknown."""
    read_bytes: int = 0
    """Data inputs and weights; 0 when unknown."""
    written_bytes: int = 0
    """Outputs; 0 when unknown."""
    weights: str = ""
    """Shape and kept type of the largest weights, `[64,3,7,7] f32`; empty when there are none."""


@dataclass(frozen=True)
class _Weights:
    """One constant that a layer reads."""

    shape: tuple[int, ...]
    kind: str
    quantised: bool
    """Whether the model only simulates integers: real numbers that pass through a FakeQuantize."""

    @property
    def count(self) -> int:
        return math.prod(self.shape)

    def bytes_at(self, precision: str) -> int:
        """In a layer that computes in this precision."""
        bits = _BITS.get(self.kind, 0)
        running = _BITS.get(precision, bits)
        if bits > _PACKED_BITS and (running > _PACKED_BITS or self.quantised):
            bits = running
        return (self.count * bits + 7) // 8


class LayerWork:
    """Knows the operations of one model; asked once for each layer of its compiled form."""

    def __init__(
        self, model: ov.Model | None, data_shapes: Sequence[Sequence[int]] = (), claimed: Iterable[str] = ()
    ) -> None:
        """Look at a model.

        Args:
            model: As it was compiled, pre-processing included; None when it is not known (a blob).
            data_shapes: Static shapes of its inputs in their order, which a model with dynamic ones is counted for.
            claimed: Names that any layer of the compiled model stands for. With them, operations that were fused
                without being named (the MatMul below its bias) are found for every layer, not only for the heaviest.
        """
        self._claimed = frozenset(claimed)
        self._nodes: dict[str, ov.Node | None] = {}
        self._constant: set[str] = set()
        """Unique names of the nodes that depend on constants alone: they are computed when the model is compiled."""
        if model is None:
            return
        for node in _with_shapes(model, data_shapes).get_ordered_ops():
            name = node.get_friendly_name()
            # Two operations of one name cannot be told apart in the compiled model.
            self._nodes[name] = None if name in self._nodes else node
            sources = _sources(node)
            if node.get_type_name() == "Constant" or (
                sources and all(source.get_name() in self._constant for source in sources)
            ):
                self._constant.add(node.get_name())

    def of(
        self,
        originals: Iterable[str],
        runtime_type: str,
        output_precisions: str,
        output_shapes: str,
        input_precisions: str,
        input_shapes: str,
    ) -> Work:
        """The work of a layer.

        Args:
            originals: Names of the operations it stands for, as the model spells them.
            runtime_type: Convolution, Reorder ...
            output_precisions: At run time, comma separated.
            output_shapes: `[1,64,112,112]`, comma separated.
            input_precisions: Of the data inputs (not of constants), comma separated.
            input_shapes: Of the same.
        """
        if runtime_type in _NO_WORK:
            return Work()
        nodes = [node for name in originals if (node := self._nodes.get(name)) is not None]
        nodes = self._with_unnamed([node for node in nodes if node.get_name() not in self._constant], runtime_type)
        given, taken = _list_of(output_precisions), _list_of(input_precisions)
        written = _tensor_bytes(_shapes_of(output_shapes), given) or self._written(nodes, given)
        data = _tensor_bytes(_shapes_of(input_shapes), taken) or self._data(nodes, taken)
        weights = self._weights(nodes)
        largest = max(weights, key=lambda entry: entry.count, default=None)
        return Work(
            flop=_flop(nodes, runtime_type),
            read_bytes=_read(runtime_type, data, weights, _computes_in(taken, given), written),
            written_bytes=written,
            weights=f"[{','.join(map(str, largest.shape))}] {largest.kind}" if largest is not None else "",
        )

    def _with_unnamed(self, nodes: list[ov.Node], runtime_type: str) -> list[ov.Node]:
        """Add operations that no layer names and whose results only this group uses: they were fused into it."""
        heart = _HEART.get(runtime_type, frozenset())
        inside = {node.get_name(): node for node in nodes}
        waiting = list(nodes)
        while waiting:
            for source in _sources(waiting.pop()):
                kind = source.get_type_name()
                if source.get_name() in inside or source.get_name() in self._constant or kind == "Parameter":
                    continue
                # A missing heart is always its own; other names can only be missed where all are known.
                missing = kind in heart and not any(node.get_type_name() in heart for node in inside.values())
                unnamed = bool(self._claimed) and source.get_friendly_name() not in self._claimed
                if (missing or unnamed) and all(
                    target.get_node().get_name() in inside
                    for port in source.outputs()
                    for target in port.get_target_inputs()
                ):
                    inside[source.get_name()] = source
                    waiting.append(source)
        return list(inside.values())

    def _data(self, nodes: Sequence[ov.Node], precisions: Sequence[str]) -> int:
        """Bytes that enter a group of operations from outside, where the compiled model does not tell the shapes."""
        inside = {node.get_name() for node in nodes}
        ports = {}
        for node in nodes:
            for port in node.inputs():
                source = port.get_source_output()
                name = source.get_node().get_name()
                if name not in inside and name not in self._constant:
                    ports[name, source.get_index()] = source
        return _port_bytes(list(ports.values()), precisions)

    def _written(self, nodes: Sequence[ov.Node], precisions: Sequence[str]) -> int:
        """Bytes that leave a group of operations, where the compiled model does not tell the shapes."""
        inside = {node.get_name() for node in nodes}
        leaving = [
            port
            for node in nodes
            for port in node.outputs()
            if any(target.get_node().get_name() not in inside for target in port.get_target_inputs())
        ]
        return _port_bytes(leaving, precisions)

    def _weights(self, nodes: Iterable[ov.Node]) -> list[_Weights]:
        """Constants behind the inputs of a group: weights, scales and zero points, but no sizes or axes."""
        found: dict[str, _Weights] = {}
        for node in nodes:
            for source in _sources(node):
                if source.get_name() in self._constant:
                    found.update(_leaves(source))
        return list(found.values())


def _with_shapes(model: ov.Model, data_shapes: Sequence[Sequence[int]]) -> ov.Model:
    if not model.is_dynamic() or len(data_shapes) != len(model.inputs):
        return model
    copy = model.clone()
    try:
        copy.reshape({port: list(shape) for port, shape in zip(copy.inputs, data_shapes)})
    except RuntimeError:
        # The shapes do not fit: what depends on them stays unknown.
        return model
    return copy


def _sources(node: ov.Node) -> list[ov.Node]:
    return [port.get_source_output().get_node() for port in node.inputs()]


def _flop(nodes: Sequence[ov.Node], runtime_type: str) -> int:
    heart = _HEART.get(runtime_type)
    if runtime_type in _MOVES_ONLY or (heart and not any(node.get_type_name() in heart for node in nodes)):
        return 0
    counts = [node_flop(node) for node in nodes]
    # A sum without one of its parts would be a guess.
    return 0 if None in counts else sum(count or 0 for count in counts)


def _leaves(node: ov.Node) -> dict[str, _Weights]:
    """The constants from which constant data is computed: Convert, Subtract and Multiply unpack compressed weights."""
    found: dict[str, _Weights] = {}
    waiting = [(node, False)]
    seen: set[str] = set()
    while waiting:
        at, quantised = waiting.pop()
        name = at.get_name()
        if name in seen:
            continue
        seen.add(name)
        if at.get_type_name() == "Constant":
            kind = at.get_output_element_type(0)
            if kind.is_real() or _BITS.get(kind.to_string(), 99) <= _PACKED_BITS:
                found[name] = _Weights(tuple(at.get_output_shape(0)), kind.to_string(), quantised)
            continue
        simulated = at.get_type_name() == "FakeQuantize"
        waiting += [(source, quantised or (simulated and index == 0)) for index, source in enumerate(_sources(at))]
    return found


def _read(runtime_type: str, data: int, weights: Sequence[_Weights], precision: str, written: int) -> int:
    kept = sum(entry.bytes_at(precision) for entry in weights)
    if runtime_type == "ShapeOf":
        return 0
    if runtime_type in _READS_WHAT_IT_GIVES:
        return min(data + kept, data + written if kept else written)
    # Without the data the sum would be too small, which is worse than none.
    return data + kept if data else 0


def _computes_in(taken: Sequence[str], given: Sequence[str]) -> str:
    """The precision of the arithmetic; indices and masks are not what is computed with."""
    numbers = [precision for precision in (*taken[:1], *given[:1]) if precision not in _INDEX_TYPES]
    return numbers[0] if numbers else ""


def _list_of(precisions: str) -> list[str]:
    return [part.strip().lower() for part in precisions.split(",") if part.strip()]


def _shapes_of(text: str) -> list[tuple[int, ...]] | None:
    """`[1,3],[]` as numbers; None when one of them is dynamic or not a shape, or there is none."""
    shapes = []
    for inner in _SHAPE.findall(text.replace(" ", "")):
        numbers = inner.split(",") if inner else []
        if not all(number.isascii() and number.isdigit() for number in numbers):
            return None
        shapes.append(tuple(map(int, numbers)))
    return shapes or None


def _tensor_bytes(shapes: Sequence[tuple[int, ...]] | None, precisions: Sequence[str]) -> int:
    if not shapes or not precisions:
        return 0
    total = 0
    for index, shape in enumerate(shapes):
        bits = _BITS.get(precisions[min(index, len(precisions) - 1)])
        if bits is None:
            return 0
        total += (math.prod(shape) * bits + 7) // 8
    return total


def _port_bytes(ports: Sequence[ov.Output], precisions: Sequence[str]) -> int:
    if not all(port.get_partial_shape().is_static for port in ports):
        return 0
    own = [port.get_element_type().to_string() for port in ports]
    known = precisions if len(precisions) == len(ports) else own
    return _tensor_bytes([tuple(port.get_shape()) for port in ports], known)
