"""Remedies on a real engine: each compiles, runs, and what it was to take away is gone."""

from __future__ import annotations

import numpy as np
import openvino as ov
import openvino.opset16 as op
import pytest

from ovexplorer.analysis.layers import analyse
from ovexplorer.analysis.remedies import remedies
from ovexplorer.engine.preprocess import build_in_graph
from ovexplorer.schema.protocol import ConfigurationReady, Failed, LayersMeasured, ModelOpened, Profile, StartRun
from ovexplorer.schema.spec import InputSpec, ModelSpec, RunSpec

DICE = np.random.default_rng(3)


def has_bf16():
    return "BF16" in ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


needs_bf16 = pytest.mark.skipif(not has_bf16(), reason="this CPU does not compute in bf16")


def image_net(seed=3):
    dice = np.random.default_rng(seed)
    image = op.parameter([1, 3, 64, 64], ov.Type.f32, name="picture")
    image.output(0).set_names({"image"})
    value = image
    for index, (given, taken) in enumerate(((32, 3), (32, 32), (32, 32))):
        weights = (dice.standard_normal((given, taken, 3, 3)) / 10).astype(np.float32)
        value = op.relu(op.convolution(value, weights, [1, 1], [1, 1], [1, 1], [1, 1], name=f"conv{index}"))
    return ov.Model([op.result(value)], [image], "image")


def ids_net():
    ids = op.parameter([1, 128], ov.Type.i64, name="ids")
    ids.output(0).set_names({"ids"})
    table = DICE.standard_normal((500, 64)).astype(np.float32)
    rows = op.gather(op.constant(table), ids, op.constant(np.int64(0)))
    product = op.matmul(rows, DICE.standard_normal((64, 64)).astype(np.float32), False, True, name="product")
    return ov.Model([op.result(op.relu(product))], [ids], "ids")


def packed_net():
    data = op.parameter([1, 256], ov.Type.f32, name="data")
    packed = op.constant(ov.Tensor(np.full(512 * 128, 0x35, np.uint8), ov.Shape([512, 256]), ov.Type.u4))
    weights = op.multiply(op.convert(packed, "f16"), np.full((512, 1), 0.01, np.float16))
    product = op.matmul(data, op.convert(weights, "f32"), False, True, name="product")
    return ov.Model([op.result(op.relu(product, name="relu"))], [data], "packed")


class Doctor:
    """Profiles a configuration on an engine, looks for remedies, and profiles with one of them."""

    def __init__(self, engine):
        self._engine = engine
        self._segment = 0

    def look(self, spec):
        """The layers of a configuration, and what there is to try."""
        self._segment += 1
        seen = len(self._engine.events)
        self._engine.send(StartRun(segment=self._segment, spec=spec))
        ready = self._engine.until((ConfigurationReady, Failed), seen)
        assert isinstance(ready, ConfigurationReady), ready
        self._engine.send(Profile(seconds=0.1, iterations=10))
        told = self._engine.until((LayersMeasured, Failed), seen)
        assert isinstance(told, LayersMeasured), told
        opened = [event for event in self._engine.events if isinstance(event, ModelOpened)][-1]
        analysis = analyse(told.profile)
        return analysis, {entry.id: entry for entry in remedies(analysis, spec, opened.facts, ready.effective)}


@pytest.fixture
def doctor(engine):
    engine.hello()
    return Doctor(engine)


def saved(model, folder):
    path = folder / "model.xml"
    ov.save_model(model, path, compress_to_fp16=False)
    return str(path)


def asked(path, precision, **inputs):
    entries = (InputSpec(**inputs),) if inputs else ()
    return RunSpec(
        model=ModelSpec(path=path, inputs=entries), properties={"INFERENCE_PRECISION_HINT": precision}, requests=1
    )


def at_input(analysis):
    return [entry.changes for entry in analysis.reorders if entry.cause == "model_input"]


def precisions(analysis):
    return [entry for entry in analysis.reorders if "bf16" in entry.precisions]


def test_an_image_fed_channels_last_needs_no_reorder(doctor, tmp_path):
    spec = asked(saved(image_net(), tmp_path), "f32")
    before, found = doctor.look(spec)
    assert at_input(before) == ["abcd → acdb"]
    remedy = found["channels_last"]
    assert remedy.expected_ns == before.reorders[[e.cause for e in before.reorders].index("model_input")].layer.mean_ns
    after, left = doctor.look(remedy.spec)
    assert at_input(after) == []
    assert "channels_last" not in left


@pytest.mark.parametrize("mean", [(), (1.0, 2.0, 3.0)])
def test_a_turned_input_gives_the_same_results(mean):
    core = ov.Core()
    image = DICE.standard_normal((1, 3, 64, 64)).astype(np.float32)
    results = []
    for order, fed in (("", image), ("NHWC", image.transpose(0, 2, 3, 1).copy())):
        spec = ModelSpec(path="x", inputs=(InputSpec(tensor_layout=order, mean=mean),))
        model = build_in_graph(image_net(seed=1), spec, ["NCHW"])
        assert list(model.input(0).shape) == list(fed.shape)
        results.append(core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})([fed])[0])
    np.testing.assert_allclose(*results, rtol=1e-4, atol=1e-4)


@needs_bf16
def test_what_is_fed_as_it_is_computed_is_not_converted(doctor, tmp_path):
    spec = asked(saved(image_net(), tmp_path), "bf16")
    before, found = doctor.look(spec)
    assert at_input(before) == ["f32 → bf16, abcd → acdb"]
    turned, _ = doctor.look(found["channels_last"].spec)
    assert at_input(turned) == ["f32 → bf16"]
    typed, _ = doctor.look(found["channels_last_typed"].spec)
    assert at_input(typed) == []


@needs_bf16
def test_one_precision_leaves_nothing_to_convert(doctor, tmp_path):
    before, found = doctor.look(asked(saved(ids_net(), tmp_path), "bf16"))
    assert [(entry.cause, entry.precisions) for entry in precisions(before)] == [("precision", ("f32", "bf16"))]
    assert found["precision"].expected_ns is None
    after, left = doctor.look(found["precision"].spec)
    assert precisions(after) == []
    assert "precision" not in left


@needs_bf16
def test_results_handed_out_as_computed_are_not_widened(doctor, tmp_path):
    before, found = doctor.look(asked(saved(packed_net(), tmp_path), "bf16"))
    assert [e.precisions for e in before.reorders if e.cause == "model_output"] == [("bf16", "f32")]
    after, _ = doctor.look(found["output_type"].spec)
    assert not [entry for entry in after.reorders if entry.cause == "model_output"]


def test_ids_fed_as_the_device_computes_are_not_converted(doctor, tmp_path):
    spec = asked(saved(ids_net(), tmp_path), "f32")
    before, found = doctor.look(spec)
    (convert,) = [entry for entry in before.reorders if entry.kind == "convert"]
    assert (convert.cause, convert.changes) == ("model_input", "i64 → i32")
    after, _ = doctor.look(found["input_type"].spec)
    assert not [entry for entry in after.reorders if entry.kind == "convert"]


def test_a_u8_image_changes_what_happens_at_the_input(doctor, tmp_path):
    before, found = doctor.look(asked(saved(image_net(), tmp_path), "f32"))
    after, left = doctor.look(found["u8_image"].spec)
    assert at_input(after) != at_input(before)
    assert "u8_image" not in left


def test_a_layout_that_is_no_order_of_the_model_is_refused(engine, tmp_path):
    engine.hello()
    seen = len(engine.events)
    spec = asked(saved(image_net(), tmp_path), "f32", tensor_layout="NHWD")
    engine.send(StartRun(segment=1, spec=spec))
    failed = engine.until(Failed, seen)
    assert failed.kind == "input_refused"
    assert "NCHW" in failed.what
