"""Drift against the f32 reference: what is counted, what is fed, and what is said when there is none."""

import math

import numpy as np
import openvino as ov
import openvino.opset16 as op
import pytest
from tiny_models import conv_model, relu_model, save_ir, stateful_model

from ovexplorer.engine.configurations import Configurations, configuration_key
from ovexplorer.engine.contestants import Contestants
from ovexplorer.engine.deviation import Deviation
from ovexplorer.engine.drift import DriftMeter
from ovexplorer.engine.failure import EngineFailure
from ovexplorer.engine.feeding import Feed, MisfitError, narrowest
from ovexplorer.engine.intake import load, prepare, unreported
from ovexplorer.engine.loops import Gate
from ovexplorer.engine.reference import References
from ovexplorer.engine.reporter import Reporter
from ovexplorer.engine.run import LiveRun
from ovexplorer.engine.workload import Workload
from ovexplorer.schema.contest import DriftMeasured, MeasureDrift
from ovexplorer.schema.protocol import PhaseFinished
from ovexplorer.schema.spec import InputSpec, ModelSpec, RunSpec

F32 = {"INFERENCE_PRECISION_HINT": "f32"}
BF16 = {"INFERENCE_PRECISION_HINT": "bf16"}


class Told:
    """Keeps what would be written."""

    def __init__(self):
        self.events = []

    def send(self, event):
        self.events.append(event)


class ClosesAfter(Gate):
    """Closed from the n-th look on, as if a command had arrived between two inferences."""

    def __init__(self, looks):
        self._looks = looks

    @property
    def closed(self):
        self._looks -= 1
        return self._looks < 0

    @closed.setter
    def closed(self, _value):
        raise AssertionError("only the channel closes a gate")


@pytest.fixture(scope="module")
def core():
    return ov.Core()


class Bench:
    """Contestants compiled in this process, and the meter."""

    def __init__(self, core, gate=None):
        self.core = core
        self.told = Told()
        reporter = Reporter(self.told)
        self._gate = gate or Gate()
        self.contestants = Contestants(reporter, Gate())
        self.references = References(core, self._gate)
        self._configurations = Configurations(core, 2)
        self._configurations.limit = 8
        self._reporter = reporter
        self.meter = DriftMeter(reporter, self.references, self.contestants, self._gate)

    def load(self, model):
        return load(self.core, model, unreported)

    def hold(self, segment, spec):
        loaded = self.load(spec.model)
        key = configuration_key(loaded.identity, spec)
        made = self._configurations.make(key, prepare(loaded, spec.model, unreported), spec, unreported)
        self.contestants.hold(LiveRun(segment, Workload(made, spec), self._reporter, Gate()))

    def drifts(self, against, *segments, inputs=8):
        self.told.events.clear()
        self.meter.measure(MeasureDrift(segments=segments, against=against, inputs=inputs), self.load)
        return [event.drift for event in self.told.events if isinstance(event, DriftMeasured)]


def spec(path, properties=F32, **model):
    return RunSpec(model=ModelSpec(path=str(path), **model), properties=properties)


def drift_of(core, a, b, **options):
    bench = Bench(core)
    bench.hold(1, b)
    return bench.drifts(a, 1, **options)[0]


# Figures


def figures(reference, other):
    deviation = Deviation("out")
    deviation.add(np.array(reference, np.float32), np.array(other, np.float32))
    return deviation, deviation.result()


def test_the_figures_of_a_known_difference():
    deviation, found = figures([[3.0, 4.0, 0.0]], [[3.0, 4.0, 1.0]])
    assert (found.max_abs, found.non_finite) == (1.0, 0)
    assert found.relative_l2 == pytest.approx(1 / 5)
    assert found.cosine == pytest.approx(25 / (5 * math.sqrt(26)))
    assert not deviation.equal


def test_figures_add_up_over_inputs_and_not_over_means():
    deviation = Deviation("out")
    deviation.add(np.ones((1, 4), np.float32), np.ones((1, 4), np.float32))
    deviation.add(np.zeros((1, 4), np.float32), np.full((1, 4), 2, np.float32))
    assert deviation.relative_l2 == pytest.approx(2.0)


def test_what_is_not_finite_here_alone_is_counted_and_left_out_of_the_rest():
    nan, inf = float("nan"), float("inf")
    deviation, found = figures([[1.0, 2.0, nan, inf, 5.0]], [[nan, 2.0, nan, inf, inf]])
    assert found.non_finite == 2
    assert (found.max_abs, found.relative_l2) == (0.0, 0.0)
    assert not deviation.equal


def test_the_same_nan_in_both_is_no_difference():
    deviation, found = figures([[1.0, float("nan")]], [[1.0, float("nan")]])
    assert deviation.equal
    assert (found.non_finite, found.cosine) == (0, 1.0)


@pytest.mark.parametrize(
    ("reference", "other", "l2", "cosine"),
    [([[0.0, 0.0]], [[0.0, 0.0]], 0.0, 1.0), ([[0.0, 0.0]], [[1.0, 0.0]], 1.0, 0.0), ([[]], [[]], 0.0, 1.0)],
)
def test_zeros_and_nothing_have_figures_too(reference, other, l2, cosine):
    found = figures(reference, other)[1]
    assert (found.relative_l2, found.cosine) == (l2, cosine)


def test_huge_numbers_stay_finite():
    deviation = Deviation("out")
    deviation.add(np.full((1, 3), 1e308), np.full((1, 3), -1e308))
    found = deviation.result()
    assert all(math.isfinite(value) for value in (found.max_abs, found.relative_l2, found.cosine))
    assert found.max_abs > 1e307


@pytest.mark.parametrize(
    ("other", "changed"),
    [
        ([[0.1, 0.9, 0.0], [0.8, 0.1, 0.1]], 0),
        ([[0.9, 0.1, 0.0], [0.8, 0.1, 0.1]], 1),
        # A tie made by rounding has not changed what the reference chose.
        ([[0.9, 0.9, 0.0], [0.8, 0.8, 0.8]], 0),
        ([[float("nan"), 0.9, 0.0], [0.8, 0.1, 0.1]], 1),
    ],
)
def test_top1_changes_of_a_classifier(other, changed):
    found = figures([[0.2, 0.7, 0.1], [0.6, 0.3, 0.1]], other)[1]
    assert (found.top1_of, found.top1_changed) == (2, changed)


@pytest.mark.parametrize("shape", [(4,), (2, 1), (1, 3, 8, 8), (0, 5)])
def test_other_shapes_are_no_classes(shape):
    deviation = Deviation("out")
    deviation.add(np.ones(shape, np.float32), np.ones(shape, np.float32))
    assert deviation.result().top1_of == 0


# Contestants


def test_bf16_drifts_f32_is_the_reference_and_the_second_time_compiles_nothing(core):
    bench = Bench(core)
    against = spec("demo:branchy", BF16)
    bench.hold(1, against)
    bench.hold(2, spec("demo:branchy"))
    rounded, same = bench.drifts(against, 1, 2)
    assert (rounded.state, rounded.inputs, rounded.why) == ("measured", 8, "")
    assert 1e-4 < rounded.outputs[0].relative_l2 < 5e-2
    assert 0.99 < rounded.outputs[0].cosine < 1
    assert rounded.outputs[0].top1_of == 8
    assert (same.state, same.outputs[0].max_abs, same.outputs[0].cosine) == ("reference", 0.0, 1.0)
    assert [event.phase for event in bench.told.events if isinstance(event, PhaseFinished)] == ["drift"]
    assert bench.drifts(against, 1, 2) == [rounded, same]
    assert bench.references.compiled_ever == 1


def test_a_model_that_makes_nan_is_counted(core, tmp_path):
    plain = save_ir(relu_model(), tmp_path / "plain.xml")
    data = op.parameter(ov.PartialShape([1, 4]), ov.Type.f32, name="data")
    data.output(0).set_names({"data"})
    broken = save_ir(ov.Model([op.log(data, name="relu")], [data], "broken"), tmp_path / "broken.xml")
    found = drift_of(core, spec(plain), spec(broken), inputs=16)
    assert found.state == "measured"
    # Half of all normal numbers have no logarithm.
    assert 10 < found.outputs[0].non_finite < 54
    assert math.isfinite(found.outputs[0].relative_l2)


def weighted(path, seed):
    data = op.parameter(ov.PartialShape([1, 4]), ov.Type.f32, name="data")
    data.output(0).set_names({"data"})
    weights = np.random.default_rng(seed).standard_normal((10, 4), dtype=np.float32)
    return save_ir(ov.Model([op.matmul(data, weights, False, True, name="m")], [data], "m"), path)


def test_another_model_changes_the_classes(core, tmp_path):
    found = drift_of(core, spec(weighted(tmp_path / "a.xml", 1)), spec(weighted(tmp_path / "b.xml", 2)), inputs=32)
    assert found.outputs[0].top1_of == 32
    assert found.outputs[0].top1_changed > 10
    assert found.outputs[0].relative_l2 > 0.5


def test_the_state_of_a_model_is_reset_between_inputs(core, tmp_path):
    path = save_ir(stateful_model(), tmp_path / "state.xml")
    bench = Bench(core)
    bench.hold(1, spec(path))
    bench.contestants.workload(1).infer_once()
    assert bench.drifts(spec(path), 1)[0].state == "reference"


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ({}, {"batch": 4}),
        ({"batch": 4}, {}),
        ({}, {"inputs": (InputSpec(element_type="u8", layout="NCHW"),)}),
        ({"inputs": (InputSpec(element_type="u8", layout="NCHW"),)}, {"inputs": (InputSpec(layout="NCHW"),)}),
        ({"inputs": (InputSpec(layout="NCHW"),)}, {"inputs": (InputSpec(layout="NCHW"),), "preprocess": "graph"}),
        ({"inputs": (InputSpec(layout="NCHW"),)}, {"inputs": (InputSpec(layout="NCHW"),), "preprocess": "host"}),
        ({}, {"output_type": "f16"}),
    ],
)
def test_models_that_take_their_inputs_differently_are_given_the_same(core, tmp_path, a, b):
    path = save_ir(conv_model(), tmp_path / "conv.xml")
    found = drift_of(core, spec(path, **a), spec(path, **b))
    assert (found.state in ("reference", "measured"), found.why, found.inputs) == (True, "", 8)
    # The device may choose another kernel for another layout or batch, and f16 rounds.
    assert found.outputs[0].relative_l2 < (1e-3 if b.get("output_type") else 1e-5)
    assert found.outputs[0].cosine > 0.999


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        ({}, {"inputs": (InputSpec(shape="[1,3,16,16]"),)}, "takes"),
        (
            {"inputs": (InputSpec(layout="NCHW"),)},
            {"inputs": (InputSpec(layout="NCHW", mean=(1.0, 2.0, 3.0)),), "preprocess": "graph"},
            "mean and scale",
        ),
    ],
)
def test_inputs_that_mean_something_else_are_said(core, tmp_path, a, b, words):
    path = save_ir(conv_model(), tmp_path / "conv.xml")
    found = drift_of(core, spec(path, **a), spec(path, **b))
    assert (found.state, found.inputs, found.outputs) == ("unavailable", 0, ())
    assert words in found.why


def test_files_and_constant_inputs_are_tried_once_each(core, tmp_path):
    path = save_ir(relu_model(), tmp_path / "relu.xml")
    names = []
    for number in range(3):
        names.append(str(tmp_path / f"{number}.npy"))
        np.save(names[-1], np.full((1, 4), number + 0.5, np.float32))
    files = spec(path, inputs=(InputSpec(paths=tuple(names)),))
    assert drift_of(core, files, files, inputs=64).inputs == 3
    ones = spec(path, inputs=(InputSpec(fill="ones"),))
    assert drift_of(core, ones, ones, inputs=64).inputs == 1


def test_a_compiled_blob_has_no_reference(core, tmp_path):
    compiled = core.compile_model(relu_model(), "CPU", F32)
    (tmp_path / "relu.blob").write_bytes(compiled.export_model().getvalue())
    found = drift_of(core, spec(tmp_path / "relu.blob"), spec(tmp_path / "relu.blob"))
    assert found.state == "unavailable"
    assert "compiled already" in found.why


def test_a_missing_reference_and_a_missing_contestant_are_said(core, tmp_path):
    bench = Bench(core)
    bench.hold(1, spec("demo:relu"))
    gone, there = bench.drifts(spec("demo:relu"), 7, 1)
    assert (gone.state, gone.why) == ("unavailable", "it is not held any more")
    assert there.state == "reference"
    assert "there is no file" in bench.drifts(spec(tmp_path / "no.xml"), 1)[0].why


# A command arrives


def test_a_command_before_the_first_result_ends_it(core):
    bench = Bench(core, Gate(closed=True))
    bench.hold(1, spec("demo:relu"))
    found = bench.drifts(spec("demo:relu"), 1)[0]
    assert (found.state, found.inputs) == ("unavailable", 0)
    assert found.why.startswith("interrupted")


def test_a_command_in_the_middle_keeps_what_was_tried_and_forgets_the_short_reference(core):
    against = spec("demo:relu")
    bench = Bench(core, ClosesAfter(3))
    bench.hold(1, against)
    assert bench.drifts(against, 1)[0].why.startswith("interrupted")
    bench = Bench(core, ClosesAfter(8 + 5))
    bench.hold(1, against)
    found = bench.drifts(against, 1)[0]
    assert (found.state, found.inputs, found.why) == ("reference", 5, "")


# Feeding


def feed(core, path, **model):
    asked = ModelSpec(path=str(path), **model)
    return Feed(asked, prepare(load(core, asked, unreported), asked, unreported).inputs)


def test_whoever_takes_whole_numbers_draws(core, tmp_path):
    path = save_ir(conv_model(), tmp_path / "conv.xml")
    real, bytes_ = feed(core, path), feed(core, path, inputs=(InputSpec(element_type="u8"),))
    assert narrowest([real, bytes_]) is bytes_
    assert narrowest([real, real]) is real
    drawn = next(bytes_.draw(1))
    given = real.fit(drawn, bytes_, 0)
    assert given[0].dtype == np.float32
    assert np.array_equal(given[0], drawn[0])
    assert len(np.unique(drawn[0])) > 20
    with pytest.raises(MisfitError, match="cannot be given as u8"):
        bytes_.fit(next(real.draw(1)), real, 0)


def test_an_image_is_turned_and_repeated(core, tmp_path):
    path = save_ir(conv_model(), tmp_path / "conv.xml")
    layout = (InputSpec(layout="NCHW"),)
    image = feed(core, path, inputs=layout, preprocess="graph")
    plain = feed(core, path, inputs=layout, batch=2)
    drawn = next(image.draw(1))
    given = plain.fit(drawn, image, 0)[0]
    assert (drawn[0].shape, given.shape) == ((1, 8, 8, 3), (2, 3, 8, 8))
    for item in given:
        assert np.array_equal(item, drawn[0][0].transpose(2, 0, 1))


def test_a_file_that_is_missing_is_a_failure(core, tmp_path):
    path = save_ir(relu_model(), tmp_path / "relu.xml")
    missing = feed(core, path, inputs=(InputSpec(paths=(str(tmp_path / "no.npy"),)),))
    with pytest.raises(EngineFailure, match="there is no file"):
        next(missing.draw(1))
