"""Pre-processing in the graph and in Python is the same arithmetic."""

from contextlib import nullcontext

import numpy as np
import openvino as ov
import pytest
import tiny_models
from PIL import Image

from ovexplorer.engine.failure import EngineFailure
from ovexplorer.engine.inputs import host_preprocess, make_inputs, shared_tensor
from ovexplorer.engine.intake import load, prepare
from ovexplorer.schema.spec import InputSpec, ModelSpec

EXACT = {"INFERENCE_PRECISION_HINT": "f32"}


@pytest.fixture(scope="module")
def core():
    return ov.Core()


@pytest.fixture
def conv(tmp_path):
    return str(tiny_models.save_ir(tiny_models.conv_model((2, 3, 16, 24)), tmp_path / "conv.xml"))


def silent(phase):
    return nullcontext()


def prepared(core, path, *entries, **more):
    spec = ModelSpec(path=path, inputs=entries, **more)
    return prepare(load(core, spec, silent), spec, silent)


@pytest.mark.parametrize("size", [(0, 0), (31, 17), (8, 100)], ids=["same", "mixed", "stretched"])
def test_graph_and_host_agree(core, conv, size):
    entry = InputSpec(mean=(10.0, 20.0, 30.0), scale=(58.0, 57.0, 56.0))
    in_graph = prepared(core, conv, entry, preprocess="graph", image_size=size)
    height, width = size if any(size) else (16, 24)
    port = in_graph.facts.inputs[0]
    assert (port.element_type, port.shape, port.layout) == ("u8", f"[2,{height},{width},3]", "NHWC")
    on_host = prepared(core, conv, entry, preprocess="host", image_size=size)
    assert on_host.facts.inputs[0].element_type == "f32"
    assert on_host.facts.inputs[0].fill == f"{width}x{height} images, made ready in Python"
    compiled = core.compile_model(on_host.model, "CPU", EXACT)
    (made,) = make_inputs(on_host, compiled.inputs, 1, 3)
    (image,) = (step._source for step in made.steps)
    graph_result = core.compile_model(in_graph.model, "CPU", EXACT)([image])[0]
    assert np.allclose(compiled(list(made.arrays))[0], graph_result, atol=1e-3)


def test_each_call_on_the_host_fills_the_same_array(core, conv):
    ready = prepared(core, conv, preprocess="host", image_size=(20, 20))
    compiled = core.compile_model(ready.model, "CPU", EXACT)
    (made,) = make_inputs(ready, compiled.inputs, 1, 0)
    tensor = shared_tensor(made.arrays[0], compiled.inputs[0])
    expected = made.arrays[0].copy()
    made.arrays[0][:] = 0
    host_preprocess(made)()
    assert np.array_equal(tensor.data, expected)
    assert expected.std() > 1


def test_an_image_file_goes_through_the_host(core, conv, tmp_path):
    Image.new("RGB", (40, 30), (10, 20, 30)).save(tmp_path / "a.png")
    entry = InputSpec(fill="file", paths=(str(tmp_path / "a.png"),), mean=(10.0, 10.0, 10.0))
    ready = prepared(core, conv, entry, preprocess="host", image_size=(30, 40))
    (made,) = make_inputs(ready, ready.model.inputs, 1, 0)
    assert made.arrays[0][1, :, 5, 5].tolist() == [0, 10, 20]
    in_graph = prepared(core, conv, entry, preprocess="graph", image_size=(30, 40))
    (raw,) = make_inputs(in_graph, in_graph.model.inputs, 1, 0)
    assert raw.arrays[0][0, 0, 0].tolist() == [10, 20, 30]


def test_types_are_converted_in_the_graph(core, conv):
    ready = prepared(core, conv, InputSpec(element_type="u8"), output_type="FP16")
    assert (ready.facts.inputs[0].element_type, ready.facts.inputs[0].fill) == ("u8", "bytes 0…255")
    assert ready.facts.outputs[0].element_type == "f16"
    by_name = prepared(core, conv, InputSpec(element_type="u8"), port_types={"image": "i32"})
    assert by_name.facts.inputs[0].element_type == "i32"


def test_mean_and_scale_alone_are_built_in(core, conv):
    plain = prepared(core, conv)
    scaled = prepared(core, conv, InputSpec(mean=(2.0,), scale=(4.0,)))
    data = np.random.default_rng(0).standard_normal((2, 3, 16, 24), dtype=np.float32)
    first = core.compile_model(plain.model, "CPU", EXACT)([(data - 2) / 4])[0]
    assert np.allclose(core.compile_model(scaled.model, "CPU", EXACT)([data])[0], first, atol=1e-4)


def test_what_cannot_be_is_refused(core, conv, tmp_path):
    relu = str(tiny_models.save_ir(tiny_models.relu_model(), tmp_path / "relu.xml"))
    for where in ("graph", "host"):
        with pytest.raises(EngineFailure, match="needs an image"):
            prepared(core, relu, preprocess=where)
    with pytest.raises(EngineFailure, match="not an element type"):
        prepared(core, conv, output_type="f17")
    with pytest.raises(EngineFailure, match="does not fit the model"):
        prepared(core, conv, InputSpec(mean=(1.0, 2.0)), preprocess="graph")
    with pytest.raises(EngineFailure, match="mean"):
        prepared(core, conv, InputSpec(mean=(1.0, 2.0)), preprocess="host")
