"""A text encoder after BERT base (Devlin et al., NAACL 2019): 12 layers, 768 wide, 12 heads, 128 tokens."""

from __future__ import annotations

import math

import numpy as np
import openvino as ov
import openvino.opset16 as op

from ovexplorer.engine.demo.building import LINEAR_GAIN, RELU_GAIN, Builder, model_of, whole_number, whole_numbers

_TOKENS = 128
_LAYERS = 12
_WIDTH = 768
_HEADS = 12
_INNER = 3072
_VOCABULARY = 30522
_POSITIONS = 512
_TYPES = 2
_EPSILON = 1e-12
_MASKED = -10000.0
"""Added to the scores of masked tokens; within the range of f16."""


def build_bert() -> ov.Model:
    """Embeddings, encoder layers and the pooler; the input is static so that it runs without being asked a shape."""
    net = Builder(seed=12)
    names = ("input_ids", "attention_mask", "token_type_ids")
    ids, mask, types = (net.input(name, (1, _TOKENS), ov.Type.i64, layout="NC") for name in names)
    x = _embeddings(net, ids, types)
    bias = _mask_bias(mask)
    for index in range(_LAYERS):
        x = _layer(net, x, bias, f"layer{index}")
    where = (whole_number(0, "pooler.first.index"), whole_number(1, "pooler.first.axis"))
    first = op.gather(x, *where, name="pooler.first")
    pooled = op.tanh(net.dense(first, "pooler.dense", _WIDTH), name="pooler.tanh")
    return model_of("bert", [ids, mask, types], {"last_hidden_state": x, "pooler_output": pooled})


def _embeddings(net: Builder, ids: ov.Node, types: ov.Node) -> ov.Node:
    # Deviation 1 for words and less for the rest: what the normalisation after it sees is led by the words.
    tables = (("word", _VOCABULARY, ids, 1.0), ("token_type", _TYPES, types, 0.3))
    parts = []
    for name, rows, index, gain in tables:
        table = net.weights(f"embeddings.{name}.weight", (rows, _WIDTH), 1, gain)
        parts.append(op.gather(table, index, whole_number(0, f"embeddings.{name}.axis"), name=f"embeddings.{name}"))
    positions = net.weights("embeddings.position.weight", (_POSITIONS, _WIDTH), 1, 0.3)
    order = whole_numbers([*range(_TOKENS)], "embeddings.position.ids")
    axis = whole_number(0, "embeddings.position.axis")
    parts.append(op.gather(positions, order, axis, name="embeddings.position"))
    x = op.add(parts[0], parts[1], name="embeddings.add_type")
    x = op.add(x, parts[2], name="embeddings.add_position")
    return _normalise(net, x, "embeddings.norm")


def _mask_bias(mask: ov.Node) -> ov.Node:
    wide = op.unsqueeze(mask, whole_numbers([1, 2], "mask.axes"), name="mask.unsqueeze")
    # This operation drops the name it is given.
    wide.set_friendly_name("mask.unsqueeze")
    real = op.convert(wide, "f32", name="mask.convert")
    absent = op.subtract(op.constant(np.float32(1), name="mask.one"), real, name="mask.invert")
    return op.multiply(absent, op.constant(np.float32(_MASKED), name="mask.size"), name="mask.bias")


def _layer(net: Builder, x: ov.Node, bias: ov.Node, name: str) -> ov.Node:
    attended = net.dense(_attention(net, x, bias, f"{name}.attention"), f"{name}.attention.output", _WIDTH)
    x = _normalise(net, op.add(attended, x, name=f"{name}.attention.add"), f"{name}.attention.norm")
    inner = net.dense(x, f"{name}.intermediate", _INNER)
    inner = op.gelu(inner, "erf", name=f"{name}.gelu")
    out = net.dense(inner, f"{name}.output", _WIDTH, gain=RELU_GAIN)
    return _normalise(net, op.add(out, x, name=f"{name}.add"), f"{name}.norm")


def _attention(net: Builder, x: ov.Node, bias: ov.Node, name: str) -> ov.Node:
    query, key, value = (_heads(net, x, f"{name}.{part}") for part in ("query", "key", "value"))
    scores = op.matmul(query, key, False, True, name=f"{name}.scores")
    scale = op.constant(np.float32(1 / math.sqrt(_WIDTH // _HEADS)), name=f"{name}.factor")
    scores = op.add(op.multiply(scores, scale, name=f"{name}.scale"), bias, name=f"{name}.mask")
    context = op.matmul(op.softmax(scores, 3, name=f"{name}.softmax"), value, False, False, name=f"{name}.context")
    context = op.transpose(context, whole_numbers([0, 2, 1, 3], f"{name}.order"), name=f"{name}.transpose")
    shape = whole_numbers([0, 0, _WIDTH], f"{name}.merge_shape")
    return op.reshape(context, shape, True, name=f"{name}.merge")


def _heads(net: Builder, x: ov.Node, name: str) -> ov.Node:
    shape = whole_numbers([0, 0, _HEADS, _WIDTH // _HEADS], f"{name}.split_shape")
    split = op.reshape(net.dense(x, name, _WIDTH, gain=LINEAR_GAIN), shape, True, name=f"{name}.split")
    return op.transpose(split, whole_numbers([0, 2, 1, 3], f"{name}.order"), name=f"{name}.transpose")


def _normalise(net: Builder, x: ov.Node, name: str) -> ov.Node:
    """Layer normalisation as PyTorch exports it, with a weight and a bias near one and zero."""
    axes = whole_numbers([2], f"{name}.axes")
    x = op.mvn(x, axes, True, _EPSILON, "inside_sqrt", name=name)
    one = op.constant(np.ones((1, 1, _WIDTH), dtype=np.float32), name=f"{name}.weight")
    x = op.multiply(x, one, name=f"{name}.scale")
    return op.add(x, net.weights(f"{name}.offset", (1, 1, _WIDTH), 100, 1.0), name=f"{name}.bias")
