"""Floating-point operations of one inference, counted from the shapes in the graph.

A multiply-add counts as two. The formulas follow from the definitions of the operations in OpenVINO's operation sets
(https://docs.openvino.ai/2026/documentation/openvino-ir-format/operation-sets.html); convolutions as in Dumoulin and
Visin, "A guide to convolution arithmetic for deep learning" (arXiv:1603.07285), recurrent cells as in Hochreiter and
Schmidhuber (1997) and Cho et al. (arXiv:1406.1078). A transcendental function counts as one operation. Data movement
(Reshape, Transpose, Gather, Concat ...) counts nothing, and so do integer and boolean arithmetic: in a model as written
they compute sizes and positions. (Layers that run in int8 are real in the model and count in full.)
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import openvino as ov

Shape = tuple[int, ...]


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ONE_EACH = _names(
    "Add Subtract Multiply Divide Power SquaredDifference Maximum Minimum Mod FloorMod Negative Abs Sqrt Exp Log Erf "
    "Relu Sigmoid Tanh Sin Cos Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh Floor Ceiling Round Sign Clamp"
)
_PER_ELEMENT = {
    "PRelu": 2,
    "LeakyRelu": 2,
    "Elu": 3,
    "Selu": 4,
    "HSigmoid": 4,
    "HSwish": 5,
    "HardSigmoid": 4,
    "Swish": 2,
    "Mish": 4,
    "SoftPlus": 3,
    "SoftSign": 3,
    "Gelu": 5,
    "FakeQuantize": 6,
    "BatchNormInference": 2,
    "NormalizeL2": 4,
    "RMS": 4,
}
"""Operations for each element of the output: Swish is a sigmoid and a product, Gelu an erf and four others."""
_PER_INPUT_ELEMENT = {
    "ReduceSum": 1,
    "ReduceMean": 1,
    "ReduceMax": 1,
    "ReduceMin": 1,
    "ReduceProd": 1,
    "ReduceL1": 2,
    "ReduceL2": 2,
    "CumSum": 1,
    # Largest, difference, exponential, sum, quotient.
    "Softmax": 5,
    "LogSoftmax": 5,
    # Mean, difference, square, sum, product with the reciprocal root.
    "MVN": 5,
    "GroupNormalization": 7,
    "AdaptiveAvgPool": 1,
    "AdaptiveMaxPool": 1,
}
_GATES = {"LSTMSequence": 4, "LSTMCell": 4, "GRUSequence": 3, "GRUCell": 3, "RNNSequence": 1, "RNNCell": 1}
_NOTHING = _names(
    "Parameter Result Constant Reshape Transpose Squeeze Unsqueeze Concat Split VariadicSplit Gather GatherElements "
    "GatherND Slice StridedSlice ShapeOf Convert ConvertLike Broadcast Tile Pad Select Equal NotEqual Less LessEqual "
    "Greater GreaterEqual LogicalAnd LogicalOr LogicalNot LogicalXor Range NonZero OneHot ScatterUpdate "
    "ScatterElementsUpdate ScatterNDUpdate TopK ReadValue Assign SpaceToDepth DepthToSpace ShuffleChannels "
    "BatchToSpace SpaceToBatch ReverseSequence Reverse Roll EmbeddingBagOffsets EmbeddingBagPacked IsNaN IsInf "
    "IsFinite ReduceLogicalAnd ReduceLogicalOr Bucketize Unique Eye RandomUniform Identity"
)
_NAMES_IN_NOTE = 4


@dataclass(frozen=True)
class FlopCount:
    """The sum, and what it leaves out."""

    flop: int
    note: str
    """Empty when everything was counted."""


def count_flop(model: ov.Model) -> FlopCount:
    """Count a model; shapes that are dynamic leave their operations out."""
    total = 0
    unknown: Counter[str] = Counter()
    dynamic = 0
    for node in model.get_ops():
        kind = node.get_type_name()
        if kind in _NOTHING:
            continue
        if not _static(node):
            dynamic += 1
            continue
        counted = _count_node(node, kind)
        if counted is None:
            unknown[kind] += 1
        else:
            total += counted
    return FlopCount(total, _note(unknown, dynamic))


def node_flop(node: ov.Node) -> int | None:
    """Operations of a single node; None when it is of an unknown type or its shapes depend on data."""
    kind = node.get_type_name()
    if kind in _NOTHING:
        return 0
    return _count_node(node, kind) if _static(node) else None


def _note(unknown: Counter[str], dynamic: int) -> str:
    parts = []
    if unknown:
        names = ", ".join(kind for kind, _ in unknown.most_common(_NAMES_IN_NOTE))
        parts.append(f"without {names}" + (" and others" if len(unknown) > _NAMES_IN_NOTE else ""))
    if dynamic:
        parts.append(f"without {dynamic} operations whose shapes depend on data")
    return "; ".join(parts)


def _static(node: ov.Node) -> bool:
    ports = [*node.inputs(), *node.outputs()]
    return all(port.get_partial_shape().is_static for port in ports)


def _count_node(node: ov.Node, kind: str) -> int | None:
    formula = _FORMULAS.get(kind)
    if formula is None and kind not in _ONE_EACH and kind not in _PER_ELEMENT and kind not in _PER_INPUT_ELEMENT:
        return None
    # Sizes and positions are computed with integers; they are no floating-point work.
    if node.get_output_size() and not node.get_output_element_type(0).is_real():
        return 0
    if formula is not None:
        return formula(node)
    if kind in _PER_INPUT_ELEMENT:
        return _PER_INPUT_ELEMENT[kind] * math.prod(_input(node, 0))
    return _PER_ELEMENT.get(kind, 1) * math.prod(_output(node))


def _input(node: ov.Node, index: int) -> Shape:
    return tuple(node.input(index).get_shape())


def _output(node: ov.Node) -> Shape:
    return tuple(node.get_output_shape(0))


def _convolution(skipped: int) -> Callable[[ov.Node], int]:
    """Each output element is a sum over the rest of the weights: [out, in, kernel] or [group, out, in, kernel]."""
    return lambda node: 2 * math.prod(_output(node)) * math.prod(_input(node, 1)[skipped:])


def _transposed_convolution(skipped: int) -> Callable[[ov.Node], int]:
    """Each input element is multiplied into the rest of the weights: [in, out, kernel] or [group, in, out, kernel]."""
    return lambda node: 2 * math.prod(_input(node, 0)) * math.prod(_input(node, 1)[skipped:])


def _matmul(node: ov.Node) -> int:
    left = _input(node, 0)
    # The depth of the product is the last dimension of the left side, or the one before it when transposed.
    transposed = bool(node.get_attributes().get("transpose_a", False))
    depth: int = left[-2] if transposed and len(left) > 1 else left[-1]
    return 2 * math.prod(_output(node)) * depth


def _pool(node: ov.Node) -> int:
    kernel: Iterable[int] = node.get_attributes().get("kernel", ())
    return math.prod(_output(node)) * math.prod(kernel)


def _sequence(gates: int, *, cell: bool) -> Callable[[ov.Node], int]:
    """Gates times hidden size times (input + hidden), both for each step, and some ten element-wise a hidden unit."""

    def count(node: ov.Node) -> int:
        data = _input(node, 0)
        weights = _input(node, _weights_index(node))
        directions = 1 if cell else weights[0]
        width, hidden = weights[-1], weights[-2] // gates
        steps = data[0] if cell else data[0] * data[1]
        return steps * directions * (2 * gates * hidden * (width + hidden) + (2 * gates + 4) * hidden)

    return count


def _weights_index(node: ov.Node) -> int:
    """The first input after the states (and the sequence lengths) that is wide enough to hold all gates."""
    cell = node.get_type_name().endswith("Cell")
    states = 2 if node.get_type_name().startswith("LSTM") else 1
    return 1 + states + (0 if cell else 1)


def _attention(node: ov.Node) -> int:
    query, value = _input(node, 0), _input(node, 2)
    tokens, width = query[-2], query[-1]
    others, depth = value[-2], value[-1]
    heads = math.prod(query[:-2])
    return heads * tokens * others * (2 * width + 2 * depth + 5)


def _interpolate(node: ov.Node) -> int | None:
    """Nothing for the nearest pixel; three blends (difference, product, sum) a pixel for the linear modes."""
    mode = str(node.get_attributes().get("mode", ""))
    if mode == "nearest":
        return 0
    return 9 * math.prod(_output(node)) if mode.startswith("linear") else None


def _einsum(node: ov.Node) -> int:
    """Every combination of the letters is one product of all operands and one addition."""
    equation = str(node.get_attributes().get("equation", "")).replace(" ", "").split("->")[0]
    sizes: dict[str, int] = {}
    for index, letters in enumerate(equation.split(",")):
        sizes.update(zip(letters, _input(node, index)))
    return int(node.get_input_size()) * math.prod(sizes.values())


def _bag(node: ov.Node) -> int:
    return math.prod(_input(node, 1)) * math.prod(_input(node, 0)[1:])


_FORMULAS: dict[str, Callable[[ov.Node], int | None]] = {
    "Convolution": _convolution(1),
    "GroupConvolution": _convolution(2),
    "ConvolutionBackpropData": _transposed_convolution(1),
    "GroupConvolutionBackpropData": _transposed_convolution(2),
    # The second multiplication is with the mask of the offsets.
    "DeformableConvolution": lambda node: 2 * math.prod(_output(node)) * math.prod(_input(node, 2)[1:]),
    "MatMul": _matmul,
    "MaxPool": _pool,
    "AvgPool": _pool,
    "LRN": lambda node: math.prod(_output(node)) * 8,
    "Interpolate": _interpolate,
    "Einsum": _einsum,
    "ScaledDotProductAttention": _attention,
    "EmbeddingBagOffsetsSum": _bag,
    "EmbeddingBagPackedSum": _bag,
    **{kind: _sequence(gates, cell=kind.endswith("Cell")) for kind, gates in _GATES.items()},
}
