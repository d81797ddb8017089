"""A detector after YOLOv5n at 640x480, with its boxes decoded in the graph.

Layers, widths and anchors follow models/yolov5n.yaml of github.com/ultralytics/yolov5 (v6: depth 0.33, width 0.25).
"""

from __future__ import annotations

import numpy as np
import openvino as ov
import openvino.opset16 as op

from ovexplorer.engine.demo.building import LINEAR_GAIN, SILU_GAIN, Builder, model_of, whole_number, whole_numbers

_CLASSES = 80
_VALUES = _CLASSES + 5
_ANCHORS = (
    ((10, 13), (16, 30), (33, 23)),
    ((30, 61), (62, 45), (59, 119)),
    ((116, 90), (156, 198), (373, 326)),
)
_STRIDES = (8, 16, 32)


def build_yolov5n() -> ov.Model:
    """CSP backbone, path aggregation neck, three detection heads."""
    net = _Yolo(Builder(seed=5))
    image = net.builder.input("images", (1, 3, 480, 640), layout="NCHW")
    x = net.conv(image, "stem", 16, kernel=6, stride=2, pad=2)
    x = net.csp(net.conv(x, "down2", 32, stride=2), "csp2", 32, 1)
    fine = net.csp(net.conv(x, "down3", 64, stride=2), "csp3", 64, 2)
    middle = net.csp(net.conv(fine, "down4", 128, stride=2), "csp4", 128, 3)
    x = net.csp(net.conv(middle, "down5", 256, stride=2), "csp5", 256, 1)
    top = net.conv(net.pyramid_pool(x, "sppf", 256), "lateral5", 128, kernel=1)
    x = net.csp(net.join([net.double(top, "up5"), middle], "join4"), "neck4", 128, 1, shortcut=False)
    lateral = net.conv(x, "lateral4", 64, kernel=1)
    small = net.csp(net.join([net.double(lateral, "up4"), fine], "join3"), "neck3", 64, 1, shortcut=False)
    x = net.join([net.conv(small, "down_neck4", 64, stride=2), lateral], "join_neck4")
    medium = net.csp(x, "out4", 128, 1, shortcut=False)
    x = net.join([net.conv(medium, "down_neck5", 128, stride=2), top], "join_neck5")
    large = net.csp(x, "out5", 256, 1, shortcut=False)
    heads = [net.head(level, f"detect{index}", index) for index, level in enumerate((small, medium, large))]
    return model_of("yolov5n", [image], {"boxes": op.concat(heads, 1, name="detect")})


class _Yolo:
    """The blocks of the network."""

    def __init__(self, builder: Builder) -> None:
        self.builder = builder

    def conv(self, x: ov.Node, name: str, channels: int, kernel: int = 3, stride: int = 1, pad: int = -1) -> ov.Node:
        node = self.builder.conv(x, name, channels, kernel, stride, gain=SILU_GAIN, pad=pad)
        return op.swish(node, op.constant(np.float32(1), name=f"{name}.beta"), name=f"{name}.silu")

    def join(self, parts: list[ov.Node], name: str) -> ov.Node:
        return op.concat(parts, 1, name=name)

    def csp(self, x: ov.Node, name: str, channels: int, repeats: int, *, shortcut: bool = True) -> ov.Node:
        """Half of the channels go through the residual bottlenecks, half around them."""
        hidden = channels // 2
        deep = self.conv(x, f"{name}.cv1", hidden, kernel=1)
        for index in range(repeats):
            inner = self.conv(deep, f"{name}.m{index}.cv1", hidden, kernel=1)
            inner = self.conv(inner, f"{name}.m{index}.cv2", hidden)
            deep = op.add(deep, inner, name=f"{name}.m{index}.add") if shortcut else inner
        around = self.conv(x, f"{name}.cv2", hidden, kernel=1)
        return self.conv(self.join([deep, around], f"{name}.join"), f"{name}.cv3", channels, kernel=1)

    def pyramid_pool(self, x: ov.Node, name: str, channels: int) -> ov.Node:
        levels = [self.conv(x, f"{name}.cv1", channels // 2, kernel=1)]
        for index in range(3):
            pool = op.max_pool(levels[-1].output(0), [1, 1], [1, 1], [2, 2], [2, 2], [5, 5], name=f"{name}.pool{index}")
            levels.append(pool)
        joined = op.concat([level.output(0) for level in levels], 1, name=f"{name}.join")
        return self.conv(joined, f"{name}.cv2", channels, kernel=1)

    def double(self, x: ov.Node, name: str) -> ov.Node:
        scales = op.constant(np.array([2, 2], dtype=np.float32), name=f"{name}.scales")
        axes = whole_numbers([2, 3], f"{name}.axes")
        return op.interpolate(
            x,
            scales,
            "nearest",
            "scales",
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
            axes=axes,
            name=name,
        )

    def head(self, x: ov.Node, name: str, level: int) -> ov.Node:
        """Boxes of one level: centre and size in pixels, objectness and classes as probabilities."""
        _, _, rows, columns = x.get_output_shape(0)
        anchors = len(_ANCHORS[level])
        raw = self.builder.conv(x, name, anchors * _VALUES, kernel=1, gain=LINEAR_GAIN)
        shape = whole_numbers([1, anchors, _VALUES, rows, columns], f"{name}.split_shape")
        raw = op.reshape(raw, shape, False, name=f"{name}.split")
        raw = op.transpose(raw, whole_numbers([0, 1, 3, 4, 2], f"{name}.order"), name=f"{name}.transpose")
        raw = op.sigmoid(raw, name=f"{name}.sigmoid")
        lengths = whole_numbers([2, 2, _VALUES - 4], f"{name}.lengths")
        axis = whole_number(4, f"{name}.axis")
        parts = op.variadic_split(raw, axis, lengths, name=f"{name}.parts")
        centre, size, rest = parts.output(0), parts.output(1), parts.output(2)
        boxes = [self._centre(centre, name, rows, columns, level), self._size(size, name, level), rest]
        joined = op.concat(boxes, 4, name=f"{name}.boxes")
        return op.reshape(joined, whole_numbers([1, -1, _VALUES], f"{name}.flat_shape"), False, name=f"{name}.flat")

    def _centre(self, value: ov.Output, name: str, rows: int, columns: int, level: int) -> ov.Node:
        across, down = np.meshgrid(np.arange(columns), np.arange(rows))
        grid = (np.stack([across, down], axis=-1) - 0.5).astype(np.float32)[None, None]
        stride = np.float32(_STRIDES[level])
        scaled = op.multiply(value, op.constant(2 * stride, name=f"{name}.stride"), name=f"{name}.centre_scale")
        return op.add(scaled, op.constant(grid * stride, name=f"{name}.grid"), name=f"{name}.centre")

    def _size(self, value: ov.Output, name: str, level: int) -> ov.Node:
        anchors = np.array(_ANCHORS[level], dtype=np.float32).reshape(1, -1, 1, 1, 2)
        squared = op.power(value, op.constant(np.float32(2), name=f"{name}.two"), name=f"{name}.size_square")
        return op.multiply(squared, op.constant(4 * anchors, name=f"{name}.anchors"), name=f"{name}.size")
