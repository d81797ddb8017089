"""Small models of every format, made on the fly: one ReLU on `data` [1,4], and a few with more in them.

TensorFlow, TensorFlow Lite and Paddle files are put together from bytes, since their frameworks are not at hand; the
field numbers are those of the public schemas (tensorflow/core/framework/*.proto, tensorflow/lite/schema.fbs,
paddle/fluid/framework/framework.proto).
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import onnx
import openvino as ov
import openvino.opset16 as op
from onnx import TensorProto, helper

SHAPE = (1, 4)


def relu_model(shape=SHAPE, element_type=ov.Type.f32):
    data = op.parameter(
        shape if isinstance(shape, ov.PartialShape) else ov.PartialShape(list(shape)), element_type, name="data"
    )
    data.output(0).set_names({"data"})
    return ov.Model([op.relu(data, name="relu")], [data], "tiny")


def conv_model(shape=(1, 3, 8, 8)):
    image = op.parameter(ov.PartialShape(list(shape)), ov.Type.f32, name="image")
    image.output(0).set_names({"image"})
    weights = op.constant(np.random.default_rng(1).standard_normal((4, 3, 3, 3), dtype=np.float32), name="w")
    conv = op.convolution(image, weights, [1, 1], [1, 1], [1, 1], [1, 1], name="conv")
    return ov.Model([conv], [image], "conv")


def embedding_model(rows=50, shape=(-1, -1)):
    """Ids through Convert and Unsqueeze into a table, as exporters write it."""
    inputs = []
    for name in ("input_ids", "attention_mask", "token_type_ids", "position_ids"):
        node = op.parameter(ov.PartialShape(list(shape)), ov.Type.i64, name=name)
        node.output(0).set_names({name})
        inputs.append(node)
    ids, mask, types, positions = inputs
    table = np.random.default_rng(2).standard_normal((rows, 8), dtype=np.float32)
    narrow = op.convert(op.unsqueeze(ids, op.constant(np.int64(1))), "i32")
    words = op.squeeze(op.gather(table, narrow, op.constant(np.int64(0))), op.constant(np.int64(1)))
    kinds = op.gather(table[:2], types, op.constant(np.int64(0)))
    places = op.gather(table[:20], positions, op.constant(np.int64(0)))
    weight = op.unsqueeze(op.convert(mask, "f32"), op.constant(np.int64(-1)))
    total = op.multiply(op.add(op.add(words, kinds), places), weight)
    return ov.Model([total], inputs, "embedding")


def stateful_model():
    data = op.parameter(ov.PartialShape([1, 4]), ov.Type.f32, name="data")
    data.output(0).set_names({"data"})
    state = op.read_value(op.constant(np.zeros((1, 4), np.float32)), "sum", ov.Type.f32, ov.PartialShape([1, 4]))
    total = op.add(state, data, name="total")
    return ov.Model([op.result(total)], [op.assign(total, "sum")], [data], "stateful")


def save_ir(model, path: Path) -> Path:
    ov.save_model(model, path, compress_to_fp16=False)
    return path


def save_onnx(path: Path, shape=(1, 4), kind="Relu", domain="") -> Path:
    node = helper.make_node(kind, ["data"], ["out"], name="relu", domain=domain)
    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in ("data", "out")]
    graph = helper.make_graph([node], "tiny", ports[:1], ports[1:])
    opsets = [helper.make_opsetid("", 17)] + ([helper.make_opsetid(domain, 1)] if domain else [])
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)
    return path


# Protocol buffers, as far as needed: an int is a varint, bytes have a length, a list repeats its field.


def _varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def message(*fields):
    out = b""
    for number, value in fields:
        for one in value if isinstance(value, list) else [value]:
            data = one.encode() if isinstance(one, str) else one
            if isinstance(data, int):
                out += _varint(number << 3) + _varint(data)
            else:
                out += _varint(number << 3 | 2) + _varint(len(data)) + data
    return out


def _graph_def(shape):
    dims = message((2, [message((1, size)) for size in shape]))
    kind = message((6, 1))
    place = message(
        (1, "data"),
        (2, "Placeholder"),
        (5, [message((1, "dtype"), (2, kind)), message((1, "shape"), (2, message((7, dims))))]),
    )
    relu = message((1, "relu"), (2, "Relu"), (3, "data"), (5, message((1, "T"), (2, kind))))
    return message((1, [place, relu]), (4, message((1, 1000))))


def save_tensorflow(path: Path, shape=SHAPE) -> Path:
    path.write_bytes(_graph_def(shape))
    return path


def save_saved_model(folder: Path, shape=SHAPE) -> Path:
    def port(name):
        dims = message((2, [message((1, size)) for size in shape]))
        return message((1, f"{name}:0"), (2, 1), (3, dims))

    signature = message(
        (1, message((1, "data"), (2, port("data")))),
        (2, message((1, "out"), (2, port("relu")))),
        (3, "tensorflow/serving/predict"),
    )
    meta = message(
        (1, message((4, "serve"))), (2, _graph_def(shape)), (5, message((1, "serving_default"), (2, signature)))
    )
    folder.mkdir()
    (folder / "saved_model.pb").write_bytes(message((1, 1), (2, meta)))
    return folder


def save_paddle(path: Path, shape=SHAPE) -> Path:
    real, tensor, feed, fetch = 5, 7, 9, 10

    def variable(name, kind, *, sized=False):
        described = message((3, message((1, message((1, real), (2, list(shape)))), (2, 0)))) if sized else b""
        return message((1, name), (2, message((1, kind)) + described), (3, 0 if sized else 1))

    def operation(kind, source, source_port, target, target_port, column=None):
        column_attribute = [] if column is None else [message((1, "col"), (2, 0), (3, column))]
        return message(
            (1, message((1, source_port), (2, source))),
            (2, message((1, target_port), (2, target))),
            (3, kind),
            (4, column_attribute),
        )

    variables = [variable("feed", feed), variable("fetch", fetch)]
    variables += [variable(name, tensor, sized=True) for name in ("data", "out")]
    operations = [
        operation("feed", "feed", "X", "data", "Out", 0),
        operation("relu", "data", "X", "out", "Out"),
        operation("fetch", "out", "X", "fetch", "Out", 0),
    ]
    block = message((1, 0), (2, -1), (3, variables), (4, operations))
    path.write_bytes(message((1, block), (4, message((1, 2006000)))))
    return path


# Flat buffers, written front to back: a child always stands behind the slot that points to it.


def _align(buffer):
    buffer.extend(b"\0" * (-len(buffer) % 4))


def _table(*fields):
    """Fields in schema order: None, a number, or a child."""

    def write(buffer):
        _align(buffer)
        used = [0 if field is None else 4 + 4 * index for index, field in enumerate(fields)]
        vtable = len(buffer)
        buffer.extend(struct.pack(f"<HH{len(used)}H", 4 + 2 * len(used), 4 + 4 * len(used), *used))
        _align(buffer)
        start = len(buffer)
        buffer.extend(struct.pack("<i", start - vtable) + b"\0" * 4 * len(used))
        for index, field in enumerate(fields):
            slot = start + 4 + 4 * index
            if isinstance(field, int):
                struct.pack_into("<i", buffer, slot, field)
            elif field is not None:
                struct.pack_into("<I", buffer, slot, field(buffer) - slot)
        return start

    return write


def _numbers(*values):
    def write(buffer):
        _align(buffer)
        start = len(buffer)
        buffer.extend(struct.pack(f"<I{len(values)}i", len(values), *values))
        return start

    return write


def _text(value):
    def write(buffer):
        _align(buffer)
        start = len(buffer)
        buffer.extend(struct.pack("<I", len(value)) + value.encode() + b"\0")
        return start

    return write


def _children(*children):
    def write(buffer):
        _align(buffer)
        start = len(buffer)
        buffer.extend(struct.pack("<I", len(children)) + b"\0" * 4 * len(children))
        for index, child in enumerate(children):
            slot = start + 4 + 4 * index
            struct.pack_into("<I", buffer, slot, child(buffer) - slot)
        return start

    return write


def save_tflite(path: Path, shape=SHAPE) -> Path:
    relu, real = 19, 0
    tensors = [_table(_numbers(*shape), real, buffer, _text(name)) for buffer, name in ((1, "data"), (2, "out"))]
    operator = _table(0, _numbers(0), _numbers(1))
    subgraph = _table(_children(*tensors), _numbers(0), _numbers(1), _children(operator), _text("main"))
    code = _table(relu, None, 1, relu)
    root = _table(3, _children(code), _children(subgraph), _text("tiny"), _children(*[_table(None)] * 3))
    buffer = bytearray(b"\0\0\0\0TFL3")
    struct.pack_into("<I", buffer, 0, root(buffer))
    path.write_bytes(buffer)
    return path
