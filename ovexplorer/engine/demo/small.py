"""The two small demo models: one operation for call overhead, and a branchy graph to split over devices."""

from __future__ import annotations

import openvino as ov
import openvino.opset16 as op

from ovexplorer.engine.demo.building import BRANCH_GAIN, LINEAR_GAIN, Builder, model_of, whole_numbers

_CHANNELS = 16
_BLOCKS = 5
_CLASSES = 1000


def build_relu() -> ov.Model:
    """One ReLU on sixteen numbers: what is left is the cost of a call."""
    data = Builder(seed=0).input("data", (1, 16), layout="NC")
    return model_of("relu", [data], {"output": op.relu(data, name="relu")})


def build_branchy() -> ov.Model:
    """Parallel branches, then residual blocks; the ten ReLU all stand in the blocks, so pinning them cuts a chain."""
    net = Builder(seed=63)
    features = net.input("features", (1, _CHANNELS, 112, 112), layout="NCHW")
    x = _branches(net, features)
    for index in range(_BLOCKS):
        name = f"block{index}"
        inner = net.conv(op.relu(x, name=f"{name}.relu1"), f"{name}.conv1", _CHANNELS)
        inner = net.conv(op.relu(inner, name=f"{name}.relu2"), f"{name}.conv2", _CHANNELS, gain=BRANCH_GAIN)
        x = op.add(inner, x, name=f"{name}.sum")
    pooled = op.reduce_mean(x, whole_numbers([2, 3], "mean.axes"), keep_dims=False, name="mean")
    weights = net.weights("classes.weight", (_CLASSES, _CHANNELS), _CHANNELS, LINEAR_GAIN)
    logits = op.matmul(pooled, weights, False, True, name="classes")
    return model_of("branchy", [features], {"probabilities": op.softmax(logits, 1, name="softmax")})


def _branches(net: Builder, features: ov.Node) -> ov.Node:
    stem = op.hswish(net.conv(features, "stem.conv", _CHANNELS), name="stem.hswish")
    gate = op.sigmoid(net.conv(stem, "gate.conv", _CHANNELS), name="gate.sigmoid")
    largest = op.max_pool(stem, [1, 1], [1, 1], [1, 1], [1, 1], [3, 3], name="largest.pool")
    largest = net.conv(largest, "largest.conv", _CHANNELS, gain=LINEAR_GAIN)
    deep = op.tanh(net.conv(stem, "deep.conv1", _CHANNELS), name="deep.tanh")
    deep = net.conv(deep, "deep.conv2", _CHANNELS, gain=LINEAR_GAIN)
    # Without its dilations this operation of opset 14 takes the CPU plugin of 2026.4 down while compiling.
    pooled = op.avg_pool(stem, [1, 1], [1, 1], [1, 1], [3, 3], True, dilations=[1, 1], name="smooth.pool")
    smooth = op.clamp(net.conv(pooled, "smooth.conv", _CHANNELS, gain=LINEAR_GAIN), -3.0, 3.0, name="smooth.clamp")
    direct = net.conv(stem, "direct.conv", _CHANNELS, gain=LINEAR_GAIN)
    joined = op.multiply(gate, largest, name="join.gate")
    for name, branch in (("deep", deep), ("smooth", smooth), ("direct", direct), ("stem", stem)):
        joined = op.add(joined, branch, name=f"join.{name}")
    return joined
