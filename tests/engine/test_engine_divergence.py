"""Where outputs begin to diverge, and saving a model, both as the engine answers them."""

from pathlib import Path

import msgspec
import numpy as np
import openvino as ov
import openvino.opset16 as op
import pytest
from engine_client import spec_of
from tiny_models import conv_model, relu_model, save_ir

from ovexplorer.schema.contest import DivergenceFound, DriftMeasured, FindDivergence, MeasureDrift, Prepare
from ovexplorer.schema.protocol import (
    ConfigurationReady,
    Failed,
    ModelSaved,
    Pause,
    PhaseFinished,
    RunPaused,
    SaveModel,
    StartRun,
    WindowMeasured,
)
from ovexplorer.schema.spec import ModelSpec

F32 = {"INFERENCE_PRECISION_HINT": "f32"}
BF16 = {"INFERENCE_PRECISION_HINT": "bf16"}
STEPS = 40


def chain(path, changed=None, name="step"):
    """Forty operations in a row, one of them with another weight."""
    data = op.parameter(ov.PartialShape([1, 8]), ov.Type.f32, name="data")
    data.output(0).set_names({"data"})
    random = np.random.default_rng(7)
    node = data
    for step in range(STEPS):
        weights = random.standard_normal((8, 8), dtype=np.float32) / np.float32(3)
        if step == changed:
            weights[3, 3] += 1
        node = op.matmul(node, weights, False, True, name=f"{name}{step}")
    sizes = op.shape_of(node, "i64", name="sizes")
    last = op.reshape(node, sizes, False, name="last")
    return save_ir(ov.Model([last], [data], "chain"), path)


@pytest.fixture
def ask(engine):
    engine.hello()

    def ask(command, kind):
        seen = len(engine.events)
        engine.send(command)
        return engine.until(kind, seen)

    return ask


def find(ask, a, b, threshold=1e-3):
    return ask(FindDivergence(segment=2, spec=b, against=a, threshold=threshold), DivergenceFound).divergence


@pytest.mark.parametrize("changed", [0, 1, 22, STEPS - 1])
def test_the_very_operation_is_found_and_few_are_looked_at(ask, tmp_path, changed):
    a = spec_of(str(chain(tmp_path / "a.xml")), properties=F32)
    b = spec_of(str(chain(tmp_path / "b.xml", changed)), properties=F32)
    found = find(ask, a, b)
    assert (found.first.name, found.first.type, found.why) == (f"step{changed}", "MatMul", "")
    assert found.first.relative_l2 > 1e-3
    names = [layer.name for layer in found.path]
    assert names == sorted(names, key=lambda name: int(name.removeprefix("step") if name != "last" else STEPS))
    near = found.path[: names.index(f"step{changed}")]
    assert all(layer.relative_l2 < 1e-3 for layer in near)
    assert "sizes" not in names
    assert len(names) < STEPS


def test_nothing_moves_in_the_same_configuration(ask):
    same = spec_of("demo:branchy", properties=F32)
    found = find(ask, same, same)
    assert (found.first, found.why) == (None, "")
    assert found.path
    assert max(layer.relative_l2 for layer in found.path) == 0


def test_bf16_moves_from_the_first_convolution_on_and_later_with_a_higher_threshold(ask):
    a = spec_of("demo:branchy", properties=BF16)
    first = find(ask, a, a, 1e-3).first
    assert first.name == "stem.conv"
    later = find(ask, a, a, first.relative_l2 * 1.2)
    assert later.first is not None
    assert later.first.name != "stem.conv"


def test_models_that_share_nothing_say_so(ask, tmp_path):
    a = spec_of(str(chain(tmp_path / "a.xml")))
    b = spec_of(str(save_ir(conv_model(), tmp_path / "b.xml")))
    assert "share no operation" in find(ask, a, b).why


def test_a_model_that_cannot_be_looked_into_says_so(ask, tmp_path):
    there = spec_of(str(save_ir(relu_model(), tmp_path / "relu.xml")))
    from_path = msgspec.structs.replace(there, model=ModelSpec(path=there.model.path, compile_from_path=True))
    assert "nothing of its inside" in find(ask, there, from_path).why
    assert "there is no file" in find(ask, there, spec_of(str(tmp_path / "no.xml"))).why
    refused = spec_of(there.model.path, properties={"INFERENCE_PRECISION_HINT": "nonsense"})
    found = find(ask, there, refused)
    assert (found.first, bool(found.why)) == (None, True)


def test_drift_is_answered_for_each_contestant_while_a_run_waits(engine):
    engine.hello()
    live = spec_of("demo:branchy", iterations=0, properties=BF16)
    engine.send(StartRun(segment=1, spec=live))
    engine.until(WindowMeasured, 0)
    for number, properties in ((2, BF16), (3, F32)):
        seen = len(engine.events)
        engine.send(Prepare(segment=number, spec=spec_of("demo:branchy", properties=properties)))
        engine.until(ConfigurationReady, seen)
    seen = len(engine.events)
    engine.send(MeasureDrift(segments=(2, 3), against=live, inputs=4))
    rounded = engine.until(DriftMeasured, seen, lambda event: event.drift.segment == 2).drift
    same = engine.until(DriftMeasured, seen, lambda event: event.drift.segment == 3).drift
    assert (rounded.state, same.state, rounded.inputs) == ("measured", "reference", 4)
    told = [event.phase for event in engine.events[seen:] if isinstance(event, PhaseFinished)]
    assert told == ["drift"]


def test_a_model_that_was_read_is_not_read_again(ask, engine, tmp_path):
    there = spec_of(str(save_ir(relu_model(), tmp_path / "relu.xml")), properties=F32)
    find(ask, there, there)
    find(ask, there, there)
    assert [event.phase for event in engine.events if isinstance(event, PhaseFinished)].count("read") == 1


# Saving


def save(ask, name, path="demo:relu", **options):
    return ask(SaveModel(model=ModelSpec(path=str(path)), name=name, **options), (ModelSaved, Failed))


def test_a_saved_model_can_be_read_and_f16_is_smaller(ask, engine, tmp_path):
    whole = save(ask, "whole.xml", "demo:branchy")
    half = save(ask, "half.xml", "demo:branchy", compress_to_f16=True)
    assert Path(whole.path) == tmp_path / "engine" / "whole.xml"
    weights = Path(whole.path).with_suffix(".bin")
    assert whole.size_bytes == Path(whole.path).stat().st_size + weights.stat().st_size
    assert Path(half.path).with_suffix(".bin").stat().st_size < 0.6 * weights.stat().st_size
    model = ov.Core().read_model(whole.path)
    assert [port.get_any_name() for port in model.outputs] == ["probabilities"]
    assert [event.phase for event in engine.events if isinstance(event, PhaseFinished)].count("save") == 2


@pytest.mark.parametrize("name", ["../a.xml", "/srv/a.xml", "a.bin", ".xml", ".hidden.xml", "a b.xml", "", "a/b.xml"])
def test_only_plain_names_are_saved(ask, tmp_path, name):
    refused = save(ask, name)
    assert (refused.kind, refused.segment) == ("save_failed", 0)
    assert not list(tmp_path.glob("**/*.xml"))


def test_a_blob_and_a_missing_model_are_refused(ask, tmp_path):
    compiled = ov.Core().compile_model(relu_model(), "CPU")
    (tmp_path / "relu.blob").write_bytes(compiled.export_model().getvalue())
    assert save(ask, "a.xml", tmp_path / "relu.blob").kind == "save_failed"
    assert save(ask, "a.xml", tmp_path / "no.xml").kind == "model_missing"


def test_what_cannot_be_written_is_said_and_the_engine_goes_on(ask, tmp_path):
    (tmp_path / "engine" / "a.xml").mkdir()
    assert save(ask, "a.xml").kind == "save_failed"
    assert isinstance(save(ask, "b.xml"), ModelSaved)


def test_a_pause_survives_saving(engine, ask):
    engine.send(StartRun(segment=1, spec=spec_of("demo:relu", iterations=0)))
    engine.until(WindowMeasured, 0)
    ask(Pause(), RunPaused)
    assert isinstance(save(ask, "a.xml"), ModelSaved)
    seen = len(engine.events)
    assert isinstance(save(ask, "b.xml"), ModelSaved)
    assert not any(isinstance(event, WindowMeasured) for event in engine.events[seen:])
