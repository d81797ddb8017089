"""Random inputs: the right type, the right range, always the same, never denormal."""

from contextlib import nullcontext

import numpy as np
import openvino as ov
import openvino.opset16 as op
import pytest
import tiny_models

from ovexplorer.engine.failure import EngineFailure
from ovexplorer.engine.inputs import make_inputs, shared_tensor
from ovexplorer.engine.intake import load, prepare
from ovexplorer.schema.spec import InputSpec, ModelSpec


@pytest.fixture(scope="module")
def core():
    return ov.Core()


def silent(phase):
    return nullcontext()


def prepared(core, path, *entries, **more):
    spec = ModelSpec(path=str(path), inputs=entries, **more)
    return prepare(load(core, spec, silent), spec, silent)


def sets_of(ready, count=1, seed=0):
    return make_inputs(ready, ready.model.inputs, count, seed)


@pytest.fixture
def embedding(tmp_path):
    return tiny_models.save_ir(tiny_models.embedding_model(shape=(2, 30)), tmp_path / "embedding.xml")


def saved(tmp_path, element_type, shape=(4, 1000)):
    data = op.parameter(list(shape), element_type, name="data")
    model = ov.Model([op.convert(data, "f32")], [data], "typed")
    return tiny_models.save_ir(model, tmp_path / "typed.xml")


@pytest.mark.parametrize("kind", ["f64", "f32", "f16"])
def test_real_numbers_are_normal_in_both_senses(core, tmp_path, kind):
    ready = prepared(core, saved(tmp_path, getattr(ov.Type, kind)))
    (values,) = sets_of(ready)[0].arrays
    assert values.dtype == np.dtype({"f64": "float64", "f32": "float32", "f16": "float16"}[kind])
    assert np.abs(values).min() >= np.finfo(np.float16).tiny
    assert abs(float(values.astype("f8").mean())) < 0.1
    assert abs(float(values.astype("f8").std()) - 1) < 0.1
    assert values.flags.c_contiguous
    assert values.flags.writeable


def test_bf16_is_rounded_and_reaches_the_device_as_bf16(core, tmp_path):
    ready = prepared(core, saved(tmp_path, ov.Type.bf16))
    compiled = core.compile_model(ready.model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    (bits,) = make_inputs(ready, compiled.inputs, 1, 0)[0].arrays
    tensor = shared_tensor(bits, compiled.inputs[0])
    assert (bits.dtype, str(tensor.element_type.get_type_name())) == (np.uint16, "bf16")
    expected = (bits.astype(np.uint32) << 16).view(np.float32)
    assert np.array_equal(compiled([tensor])[0], expected)
    assert abs(float(expected.std()) - 1) < 0.1


@pytest.mark.parametrize(
    ("kind", "least", "most"),
    [("u8", 0, 255), ("i8", 0, 9), ("i16", 0, 9), ("i32", 0, 9), ("i64", 0, 9), ("u32", 0, 9), ("boolean", 0, 1)],
)
def test_whole_numbers_fill_their_range(core, tmp_path, kind, least, most):
    (values,) = sets_of(prepared(core, saved(tmp_path, getattr(ov.Type, kind))))[0].arrays
    assert (int(values.min()), int(values.max())) == (least, most)


def test_ids_stay_inside_their_tables_and_names_are_understood(core, embedding):
    ready = prepared(core, embedding)
    assert [port.ids_below for port in ready.facts.inputs] == [50, 0, 2, 20]
    assert [port.fill for port in ready.facts.inputs][:3] == ["ids 0…49", "ones", "zeros"]
    ids, mask, types, positions = sets_of(ready)[0].arrays
    assert (ids.dtype, ids.shape) == (np.int64, (2, 30))
    assert 0 <= ids.min() < ids.max() < 50
    assert np.unique(ids).size > 20
    assert mask.all()
    assert not types.any()
    assert positions[1].tolist() == [*range(20), *range(10)]
    result = core.compile_model(ready.model, "CPU")([ids, mask, types, positions])[0]
    # A row read outside a table would be zero.
    assert np.abs(result).sum(axis=-1).min() > 0


@pytest.mark.parametrize(
    ("fill", "check"),
    [
        ("ones", lambda values: (values == 1).all()),
        ("zeros", lambda values: (values == 0).all()),
        ("ids", lambda values: values.max() < 50),
        ("normal", lambda values: values.min() < 0 < values.max()),
    ],
)
def test_an_asked_filling_wins(core, embedding, fill, check):
    assert check(sets_of(prepared(core, embedding, InputSpec(name="input_ids", fill=fill)))[0].arrays[0])


def test_equal_seeds_give_equal_sets_and_sets_differ(core, tmp_path):
    ready = prepared(core, saved(tmp_path, ov.Type.f32))
    first, second = sets_of(ready, 2, seed=7)
    again = sets_of(ready, 2, seed=7)[1]
    other = sets_of(ready, 2, seed=8)[1]
    assert np.array_equal(second.arrays[0], again.arrays[0])
    assert not np.array_equal(first.arrays[0], second.arrays[0])
    assert not np.array_equal(second.arrays[0], other.arrays[0])


def test_every_data_shape_is_fed_in_turn(core, tmp_path):
    path = tiny_models.save_ir(tiny_models.conv_model(), tmp_path / "conv.xml")
    entry = InputSpec(shape="[1..4,3,?,?]", data_shapes=("[1,3,8,8]", "[2,3,16,16]", "[4,3,8,16]"))
    made = sets_of(prepared(core, path, entry), 1)
    assert [one.arrays[0].shape for one in made] == [(1, 3, 8, 8), (2, 3, 16, 16), (4, 3, 8, 16)]
    assert [(one.shape_index, one.batch) for one in made] == [(0, 1), (1, 2), (2, 4)]


def test_strings_and_packed_types_are_filled(core, tmp_path):
    data = op.parameter([2, 3], ov.Type.string, name="text")
    texts = ov.Model([op.result(data)], [data], "texts")
    spec = ModelSpec(path=str(tiny_models.save_ir(texts, tmp_path / "texts.xml")))
    ready = prepare(load(core, spec, silent), spec, silent)
    (values,) = sets_of(ready)[0].arrays
    tensor = shared_tensor(values, ready.model.inputs[0])
    assert (values.shape, tensor.str_data.tolist()) == ((2, 3), values.tolist())
    assert ready.facts.inputs[0].fill == "short texts"
    packed = prepared(core, saved(tmp_path, ov.Type.u4, (3, 5)))
    (bits,) = sets_of(packed)[0].arrays
    assert (bits.dtype, bits.size) == (np.uint8, 8)
    assert shared_tensor(bits, packed.model.inputs[0]).element_type == ov.Type.u4


def test_a_type_that_cannot_be_filled_is_refused(core, tmp_path):
    ready = prepared(core, saved(tmp_path, ov.Type.f8e4m3))
    with pytest.raises(EngineFailure) as caught:
        sets_of(ready)
    assert caught.value.kind == "input_refused"
    assert "f8e4m3" in caught.value.what


def test_an_absurd_size_is_refused_before_memory_is_taken(core, tmp_path):
    path = tiny_models.save_ir(tiny_models.relu_model((1, 4)), tmp_path / "relu.xml")
    ready = prepared(core, path, InputSpec(shape="[2000000000,4]"))
    with pytest.raises(EngineFailure, match="would not fit"):
        sets_of(ready)


def test_a_shared_tensor_reads_the_array_in_place(core, tmp_path):
    ready = prepared(core, tiny_models.save_ir(tiny_models.relu_model(), tmp_path / "relu.xml"))
    compiled = core.compile_model(ready.model, "CPU")
    (one,) = make_inputs(ready, compiled.inputs, 1, 0)
    request = compiled.create_infer_request()
    request.set_input_tensor(0, shared_tensor(one.arrays[0], compiled.inputs[0]))
    one.arrays[0][:] = [[1, 2, 3, 4]]
    request.infer()
    assert request.get_output_tensor(0).data.tolist() == [[1, 2, 3, 4]]


def test_the_inputs_of_a_blob_come_from_its_ports(core, tmp_path):
    blob = tmp_path / "tiny.blob"
    blob.write_bytes(core.compile_model(tiny_models.relu_model(), "CPU").export_model().getvalue())
    spec = ModelSpec(path=str(blob))
    ready = prepare(load(core, spec, silent), spec, silent)
    compiled = core.import_model(blob.read_bytes(), "CPU")
    (one,) = make_inputs(ready, compiled.inputs, 1, 0)
    assert one.arrays[0].shape == (1, 4)
    assert np.isfinite(compiled(list(one.arrays))[0]).all()
