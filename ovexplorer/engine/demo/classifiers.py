"""Two image classifiers: after ResNet-50 and after MobileNet v2, batch normalisation folded into the biases."""

from __future__ import annotations

import openvino as ov
import openvino.opset16 as op

from ovexplorer.engine.demo.building import BRANCH_GAIN, RELU_GAIN, Builder, model_of, whole_numbers

_IMAGE = (1, 3, 224, 224)
_CLASSES = 1000

_RESNET_STAGES = ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2))
"""Width, blocks and first stride of each stage (He et al., Deep Residual Learning, CVPR 2016, table 1)."""
_RESNET_EXPANSION = 4

_MOBILENET_STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
"""Expansion, channels, blocks and first stride (Sandler et al., MobileNetV2, CVPR 2018, table 2)."""


def build_resnet50() -> ov.Model:
    """53 convolutions in 16 bottleneck blocks."""
    net = Builder(seed=50)
    image = net.input("image", _IMAGE, layout="NCHW")
    x = op.relu(net.conv(image, "conv1", 64, kernel=7, stride=2), name="relu1")
    x = op.max_pool(x, [2, 2], [1, 1], [1, 1], [1, 1], [3, 3], name="maxpool")
    for stage, (width, blocks, stride) in enumerate(_RESNET_STAGES, start=1):
        for block in range(blocks):
            x = _bottleneck(net, x, f"layer{stage}.{block}", width, stride if block == 0 else 1)
    return _head(net, "resnet50", image, x)


def _bottleneck(net: Builder, x: ov.Node, name: str, width: int, stride: int) -> ov.Node:
    out = width * _RESNET_EXPANSION
    branch = op.relu(net.conv(x, f"{name}.conv1", width, kernel=1), name=f"{name}.relu1")
    branch = op.relu(net.conv(branch, f"{name}.conv2", width, stride=stride), name=f"{name}.relu2")
    branch = net.conv(branch, f"{name}.conv3", out, kernel=1, gain=BRANCH_GAIN)
    if x.get_output_shape(0)[1] != out:
        x = net.conv(x, f"{name}.downsample", out, kernel=1, stride=stride)
    return op.relu(op.add(branch, x, name=f"{name}.add"), name=f"{name}.relu3")


def build_mobilenet() -> ov.Model:
    """Depthwise separable convolutions in 17 inverted residual blocks."""
    net = Builder(seed=2)
    image = net.input("image", _IMAGE, layout="NCHW")
    x = _relu6(net.conv(image, "stem", 32, stride=2), "stem.relu6")
    number = 0
    for expansion, channels, blocks, stride in _MOBILENET_STAGES:
        for block in range(blocks):
            number += 1
            x = _inverted(net, x, f"block{number}", expansion, channels, stride if block == 0 else 1)
    x = _relu6(net.conv(x, "last", 1280, kernel=1), "last.relu6")
    return _head(net, "mobilenet", image, x)


def _inverted(net: Builder, x: ov.Node, name: str, expansion: int, channels: int, stride: int) -> ov.Node:
    depth = x.get_output_shape(0)[1]
    hidden = depth * expansion
    branch = x
    if expansion != 1:
        branch = _relu6(net.conv(x, f"{name}.expand", hidden, kernel=1), f"{name}.expand.relu6")
    branch = net.conv(branch, f"{name}.depthwise", hidden, stride=stride, groups=hidden)
    branch = _relu6(branch, f"{name}.depthwise.relu6")
    branch = net.conv(branch, f"{name}.project", channels, kernel=1, gain=RELU_GAIN)
    return op.add(branch, x, name=f"{name}.add") if stride == 1 and depth == channels else branch


def _relu6(x: ov.Node, name: str) -> ov.Node:
    return op.clamp(x, 0.0, 6.0, name=name)


def _head(net: Builder, name: str, image: ov.Node, x: ov.Node) -> ov.Model:
    pooled = op.reduce_mean(x, whole_numbers([2, 3], "avgpool.axes"), keep_dims=False, name="avgpool")
    return model_of(name, [image], {"logits": net.dense(pooled, "fc", _CLASSES)})
