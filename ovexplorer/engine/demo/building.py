"""Named operations with random, reproducible weights: what the demo models are put together from.

Weights are scaled as He et al. do (Delving Deep into Rectifiers, ICCV 2015, section 2.2): deviation gain / sqrt(fan
in), so that values neither vanish nor explode on their way through a deep network and outputs differ from each other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import openvino as ov
import openvino.opset16 as op

RELU_GAIN = math.sqrt(2)
"""Keeps the second moment through a ReLU."""
SILU_GAIN = 1.68
"""Keeps it through a SiLU: 1 / sqrt(E[silu(x)^2]) for normal x."""
LINEAR_GAIN = 1.0
"""Keeps it where no activation follows."""
BRANCH_GAIN = 0.5
"""For the last layer of a residual branch: sixteen blocks then grow by less than a factor of ten."""


class Builder:
    """Makes operations; every one gets the name it is asked for."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)

    def input(self, name: str, shape: Sequence[int], element_type: ov.Type = ov.Type.f32, layout: str = "") -> ov.Node:
        """An input whose tensor has the same name."""
        node = op.parameter(list(shape), element_type, name=name)
        node.output(0).set_names({name})
        if layout:
            node.set_layout(ov.Layout(layout))
        return node

    def weights(self, name: str, shape: Sequence[int], fan_in: int, gain: float) -> ov.Node:
        """Normal numbers of deviation gain / sqrt(fan_in)."""
        values = self._random.standard_normal(tuple(shape), dtype=np.float32)
        values *= np.float32(gain / math.sqrt(fan_in))
        return op.constant(values, name=name)

    def conv(
        self,
        source: ov.Node,
        name: str,
        channels: int,
        kernel: int = 3,
        stride: int = 1,
        groups: int = 1,
        gain: float = RELU_GAIN,
        pad: int = -1,
    ) -> ov.Node:
        """A convolution that keeps the size (before its stride), with its bias as an Add."""
        depth = source.get_output_shape(0)[1] // groups
        pads = [kernel // 2 if pad < 0 else pad] * 2
        fan_in = depth * kernel * kernel
        step = ([stride, stride], pads, pads, [1, 1])
        # By port: MaxPool has a second output, and an operation given as a whole offers them all.
        data = source.output(0)
        if groups == 1:
            weights = self.weights(f"{name}.weight", (channels, depth, kernel, kernel), fan_in, gain)
            node = op.convolution(data, weights, *step, name=name)
        else:
            shape = (groups, channels // groups, depth, kernel, kernel)
            weights = self.weights(f"{name}.weight", shape, fan_in, gain)
            node = op.group_convolution(data, weights, *step, name=name)
        return op.add(node, self.weights(f"{name}.offset", (1, channels, 1, 1), 100, 1.0), name=f"{name}.bias")

    def dense(self, source: ov.Node, name: str, width: int, gain: float = LINEAR_GAIN) -> ov.Node:
        """A matrix product over the last dimension, with its bias as an Add."""
        shape = source.get_output_shape(0)
        weights = self.weights(f"{name}.weight", (width, shape[-1]), shape[-1], gain)
        node = op.matmul(source, weights, False, True, name=name)
        offset_shape = (*([1] * (len(shape) - 1)), width)
        return op.add(node, self.weights(f"{name}.offset", offset_shape, 100, 1.0), name=f"{name}.bias")


def whole_numbers(values: Sequence[int], name: str) -> ov.Node:
    """A constant of sizes, axes or positions."""
    return op.constant(np.array(values, dtype=np.int64), name=name)


def whole_number(value: int, name: str) -> ov.Node:
    """A constant of one axis or position."""
    return op.constant(np.int64(value), name=name)


def model_of(name: str, inputs: Sequence[ov.Node], outputs: dict[str, ov.Node]) -> ov.Model:
    """A model whose outputs carry the given tensor names."""
    results = []
    for output_name, node in outputs.items():
        node.output(0).set_names({output_name})
        results.append(op.result(node, name=f"{output_name}/result"))
    return ov.Model(results, list(inputs), name)
