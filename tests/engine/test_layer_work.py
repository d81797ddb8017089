"""Operations and bytes by hand against those counted, on real compiled models."""

from __future__ import annotations

import numpy as np
import openvino as ov
import openvino.opset16 as op
import pytest

from ovexplorer.engine.demo.classifiers import build_mobilenet
from ovexplorer.engine.demo.small import build_branchy
from ovexplorer.engine.flops import count_flop
from ovexplorer.engine.layer_work import LayerWork, Work

DICE = np.random.default_rng(5)
F32 = {"INFERENCE_PRECISION_HINT": "f32"}


@pytest.fixture(scope="module")
def core():
    return ov.Core()


def text(node, key):
    return node.get_rt_info()[key].astype(str)


def works(core, model, data_shapes=(), **settings):
    """The work of each layer of a model compiled for the CPU, by name."""
    compiled = core.compile_model(model, "CPU", settings)
    nodes = compiled.get_runtime_model().get_ordered_ops()
    claimed = [name for node in nodes for name in text(node, "originalLayersNames").split(",")]
    counter = LayerWork(model, data_shapes, claimed)
    found = {}
    for node in nodes:
        sources = [port.get_source_output().get_node() for port in node.inputs()]
        data = [source for source in sources if text(source, "layerType") not in ("Const", "Reshape")]
        if text(node, "layerType") != "Const":
            found[node.get_friendly_name()] = counter.of(
                text(node, "originalLayersNames").split(","),
                text(node, "layerType"),
                text(node, "outputPrecisions"),
                ",".join(str(port.get_partial_shape()) for port in node.outputs()),
                ",".join(text(source, "outputPrecisions") for source in data),
                ",".join(str(source.output(0).get_partial_shape()) for source in data),
            )
    return found


def conv_net(groups=1):
    image = op.parameter([1, 8, 16, 16], ov.Type.f32, name="image")
    weights = DICE.standard_normal((16, 8, 3, 3)).astype(np.float32)
    if groups > 1:
        conv = op.group_convolution(
            image, weights.reshape(8, 2, 8, 3, 3)[:, :, :1].copy(), [1, 1], [1, 1], [1, 1], [1, 1], name="conv"
        )
    else:
        conv = op.convolution(image, weights, [1, 1], [1, 1], [1, 1], [1, 1], name="conv")
    bias = op.add(conv, np.ones((1, 16, 1, 1), np.float32), name="bias")
    return ov.Model([op.result(op.relu(bias, name="relu"))], [image], "conv")


def test_a_convolution_counts_what_is_fused_into_it(core):
    found = works(core, conv_net(), **F32)
    (conv,) = [work for name, work in found.items() if work.weights]
    outputs = 16 * 16 * 16
    assert conv.flop == 2 * outputs * 8 * 9 + 2 * outputs
    assert conv.read_bytes == 4 * (8 * 256 + 16 * 8 * 9 + 16)
    assert conv.written_bytes == 4 * outputs
    assert conv.weights == "[16,8,3,3] f32"


def test_a_grouped_convolution_sees_only_its_group(core):
    found = works(core, conv_net(groups=8), **F32)
    (conv,) = [work for work in found.values() if work.weights]
    outputs = 16 * 256
    assert conv.flop == 2 * outputs * 9 + 2 * outputs
    assert conv.weights == "[8,2,1,3,3] f32"


def test_reorders_move_bytes_and_compute_nothing(core):
    found = works(core, conv_net(), **F32)
    (reorder,) = [work for name, work in found.items() if "_abcd_acdb_" in name]
    assert reorder == Work(0, 4 * 8 * 256, 4 * 8 * 256, "")


@pytest.mark.parametrize("build", [build_branchy, build_mobilenet])
def test_layers_of_a_demo_add_up_to_the_whole_model(core, build):
    model = build()
    assert sum(work.flop for work in works(core, model).values()) == count_flop(model).flop


def attention():
    data = op.parameter([1, 8, 32], ov.Type.f32, name="data")
    dense = op.matmul(data, DICE.standard_normal((32, 32)).astype(np.float32), False, True, name="dense")
    biased = op.add(dense, np.ones((1, 1, 32), np.float32), name="dense.bias")
    return ov.Model([op.result(op.gelu(biased, "erf", name="gelu"))], [data], "attention")


def test_a_matrix_product_that_fusing_left_unnamed_is_found(core):
    found = works(core, attention(), **F32)
    (product,) = [work for work in found.values() if work.weights]
    assert product.weights == "[32,32] f32"
    assert product.flop == 2 * 8 * 32 * 32 + 8 * 32 + 5 * 8 * 32
    # Without the names of the other layers only the heart of the layer is looked for, and found as well.
    alone = LayerWork(attention()).of(["dense.bias", "gelu"], "FullyConnected", "f32", "[1,8,32]", "f32", "[1,8,32]")
    assert alone.flop == product.flop


def test_a_product_that_is_a_layer_of_its_own_is_not_counted_twice():
    counter = LayerWork(attention(), claimed=["dense", "dense.bias", "gelu"])
    after = counter.of(["dense.bias", "gelu"], "Subgraph", "f32", "[1,8,32]", "f32", "[1,8,32]")
    assert after.flop == 8 * 32 + 5 * 8 * 32


def quantised(value, limit, levels):
    low, high = op.constant(np.float32(-limit)), op.constant(np.float32(limit))
    return op.fake_quantize(value, low, high, low, high, levels)


def int8_net():
    data = op.parameter([1, 16, 32, 32], ov.Type.f32, name="data")
    first = op.convolution(
        quantised(data, 3, 256),
        quantised(op.constant(DICE.standard_normal((32, 16, 3, 3)).astype(np.float32)), 3, 255),
        [1, 1], [1, 1], [1, 1], [1, 1], name="first",
    )  # fmt: skip
    packed = op.constant(DICE.integers(-127, 127, (32, 32, 3, 3)).astype(np.int8))
    unpacked = op.multiply(op.convert(packed, "f32"), np.full((32, 1, 1, 1), 0.01, np.float32))
    second = op.convolution(quantised(op.relu(first), 3, 256), unpacked, [1, 1], [1, 1], [1, 1], [1, 1], name="second")
    return ov.Model([op.result(second)], [data], "int8")


def test_int8_layers_count_their_operations_and_bytes_of_eight_bits(core):
    found = works(core, int8_net())
    by_size = {work.weights: work for work in found.values() if work.weights.count(",") == 3}
    simulated, stored = by_size["[32,16,3,3] f32"], by_size["[32,32,3,3] i8"]
    assert stored.flop == 2 * 32 * 1024 * 32 * 9
    assert stored.read_bytes == 32 * 1024 + 32 * 32 * 9 + 4 * 32
    assert simulated.flop >= 2 * 32 * 1024 * 16 * 9
    # Weights that the model keeps in f32 and quantises are bytes when they run; scales are a few more.
    assert 0 <= simulated.read_bytes - (16 * 1024 + 32 * 16 * 9) <= 256


@pytest.mark.parametrize(("kind", "bits"), [("u4", 4), ("i4", 4), ("nf4", 4), ("u8", 8)])
def test_compressed_weights_count_in_their_compressed_size(core, kind, bits):
    rows, columns = 512, 256
    data = op.parameter([1, columns], ov.Type.f32, name="data")
    tensor = ov.Tensor(
        np.zeros(rows * columns * bits // 8, np.uint8), ov.Shape([rows, columns]), getattr(ov.Type, kind)
    )
    scaled = op.multiply(op.convert(op.constant(tensor), "f16"), np.full((rows, 1), 0.5, np.float16))
    product = op.matmul(data, op.convert(scaled, "f32"), False, True, name="product")
    found = works(core, ov.Model([op.result(product)], [data], "packed"), **F32)
    (layer,) = [work for work in found.values() if work.weights]
    assert layer.weights == f"[512,256] {kind}"
    assert layer.flop == 2 * rows * columns
    assert layer.read_bytes == pytest.approx(4 * columns + rows * columns * bits // 8, abs=4 * rows)


def test_wide_weights_count_as_what_they_are_converted_to():
    data = op.parameter([1, 64], ov.Type.f32, name="data")
    model = ov.Model([op.result(op.matmul(data, np.ones((32, 64), np.float32), False, True, name="mm"))], [data], "m")
    short = LayerWork(model).of(["mm"], "FullyConnected", "bf16", "[1,32]", "bf16", "[1,64]")
    assert (short.read_bytes, short.written_bytes) == (2 * 64 + 2 * 32 * 64, 64)


def test_a_table_is_read_in_the_rows_that_are_asked_for():
    ids = op.parameter([1, 4], ov.Type.i64, name="ids")
    rows = op.gather(op.constant(np.ones((1000, 8), np.float32)), ids, op.constant(np.int64(0)), name="rows")
    model = ov.Model([op.result(rows)], [ids], "table")
    made = LayerWork(model).of(["rows"], "Gather", "f32", "[1,4,8]", "i64", "[1,4]")
    assert made == Work(0, 4 * 8 + 4 * 8 * 4, 4 * 8 * 4, "[1000,8] f32")


def dynamic_net():
    data = op.parameter(ov.PartialShape([-1, 64]), ov.Type.f32, name="data")
    product = op.matmul(data, np.ones((32, 64), np.float32), False, True, name="mm")
    return ov.Model([op.result(op.relu(product, name="relu"))], [data], "dynamic")


def test_dynamic_shapes_count_for_the_data_that_runs(core):
    found = works(core, dynamic_net(), [(4, 64)], **F32)
    (layer,) = [work for work in found.values() if work.weights]
    assert layer.flop == 2 * 4 * 32 * 64 + 4 * 32
    assert (layer.read_bytes, layer.written_bytes) == (4 * (4 * 64 + 32 * 64), 4 * 4 * 32)


@pytest.mark.parametrize("data_shapes", [(), [(4, 63)], [(4, 64), (1, 1)]])
def test_unknown_shapes_are_not_guessed(data_shapes):
    made = LayerWork(dynamic_net(), data_shapes).of(["mm", "relu"], "FullyConnected", "f32", "[?,32]", "f32", "[?,64]")
    assert (made.flop, made.read_bytes, made.written_bytes) == (0, 0, 0)


def test_what_is_not_known_counts_nothing():
    data = op.parameter([1, 4], ov.Type.f32, name="data")
    twice = op.relu(op.relu(data, name="same"), name="same")
    counter = LayerWork(ov.Model([op.result(op.topk(twice, op.constant(2), 1, "max", "value").output(0))], [data], "m"))
    assert counter.of(["same"], "Eltwise", "f32", "[1,4]", "f32", "[1,4]").flop == 0
    assert counter.of(["gone", ""], "Convolution", "f32", "[1,4]", "f32", "[1,4]") == Work(0, 16, 16, "")
    assert counter.of(["data"], "Input", "f32", "[1,4]", "", "") == Work()
    assert LayerWork(None).of(["conv"], "Convolution", "f32", "[2]", "f32", "[2]") == Work(0, 8, 8, "")


@pytest.mark.parametrize("shapes", ["", "[", "]", "[1,-2]", "[1,²]", "[a]", "[1..8]", "junk"])
def test_shapes_that_are_none_count_nothing(shapes):
    assert LayerWork(None).of([], "Reorder", "f32", shapes, "f32", shapes) == Work()


def test_scalars_and_unknown_precisions():
    assert LayerWork(None).of([], "Reorder", "u4,u4", "[],[3]", "f32", "[5]") == Work(0, 20, 3, "")
    assert LayerWork(None).of([], "Reorder", "mystery", "[5]", "f32", "[5]") == Work(0, 20, 0, "")
