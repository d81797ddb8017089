"""Profiles of models and devices that make counters lie: each is shown truthfully, on real compiled models."""

from dataclasses import replace

import numpy as np
import openvino as ov
import openvino.opset16 as op
import pytest
from counted_models import (
    BRIEF,
    named,
    parameter,
    profile_of,
    split_by_hetero,
    two_convolutions,
    with_if,
    with_loop,
    with_tensor_iterator,
    workload_of,
)

from ovexplorer.engine import counters
from ovexplorer.engine.failure import EngineFailure
from ovexplorer.engine.layer_rows import LayerTable
from ovexplorer.engine.loops import Gate
from ovexplorer.engine.profile import begin_counting, measure_layers, notes_of, require_counted, truncation_of
from ovexplorer.schema.spec import InputSpec

NASTY = 'a,b: "c"\'s\\\x1b[31m\n'


@pytest.mark.parametrize(
    ("make", "kind", "name"),
    [
        (with_if, "If", "choice"),
        (with_loop, "Loop", "again"),
        (with_tensor_iterator, "TensorIterator", "slices"),
    ],
)
def test_a_hidden_body_is_one_row_and_it_is_said(make, kind, name):
    profile = profile_of(make())
    assert named(profile, name).status == "executed"
    assert f"what runs inside is one row: {kind} {name}" in profile.note
    assert not any("hidden" in layer.raw_name for layer in profile.layers)
    assert sum(layer.mean_ns for layer in profile.layers) < 1.5 * profile.latency_ns


def test_many_hidden_bodies_are_not_all_named():
    workload = workload_of(with_loop())
    counted = begin_counting(workload, Gate())
    assert counted.table.hidden.endswith(": Loop again")
    table = LayerTable(workload.configuration.compiled, None, workload.profiling_rows()[0] * 5)
    assert table.hidden.endswith("Loop again and 2 more")


def test_equal_names_stay_rows_of_their_own():
    profile = profile_of(two_convolutions(first="same", relu="same", second="same", last="same"))
    names = [layer.raw_name for layer in profile.layers]
    assert len(set(names)) == len(names)
    assert len({layer.key for layer in profile.layers}) == len(names)
    assert sum(layer.type == "Convolution" and layer.status == "executed" for layer in profile.layers) == 2
    fused = [layer for layer in profile.layers if layer.status == "fused"]
    assert fused
    assert all(layer.fused_into in {other.name for other in profile.layers} for layer in fused)


def test_names_with_commas_are_not_taken_apart():
    profile = profile_of(two_convolutions(first="one,two", bias="bias,x", relu="re,lu,u"))
    layer = named(profile, "one,two")
    assert layer.fused_from == ("one,two", "bias,x", "re,lu,u")
    assert named(profile, "re,lu,u").fused_into == "one,two"


def test_equal_names_with_commas_are_found_with_their_number():
    profile = profile_of(two_convolutions(first="a,b", relu="a,b", second="a,b"))
    originals = [name for layer in profile.layers for name in layer.fused_from]
    assert "a" not in originals
    assert "b" not in originals
    assert {"a,b", "a,b_1", "a,b_2"} <= set(originals)


def test_colons_quotes_escapes_and_controls_are_kept_raw_and_shown_clean():
    profile = profile_of(two_convolutions(first=NASTY, second="subgraph7: mine"))
    layer = named(profile, NASTY)
    assert layer.status == "executed"
    assert "\x1b" not in layer.name
    assert "\n" not in layer.name
    assert "␛[31m" in layer.name
    assert layer.fused_from[0] == layer.name
    assert layer.weights == "[16,16,3,3] f32"
    assert named(profile, "subgraph7: mine").input_shapes == "[1,16,48,48]"


def test_nothing_above_a_microsecond_is_said_and_hides_at_most_two_each():
    data = parameter((1, 4))
    workload = workload_of(ov.Model([op.relu(data, name="relu")], [data], "tiny"))
    counted = begin_counting(workload, Gate())
    nothing = counters.Reading((0.0,) * len(counted.first.means_ns), 11)
    first = counters.Reading(nothing.means_ns, 1)
    layers = counted.table.timed(counters.between(first, nothing))
    require_counted(layers, 5_000)
    (layer,) = (layer for layer in layers if layer.raw_name == "relu")
    assert (layer.status, layer.mean_ns, layer.error_ns) == ("below_resolution", 0, 2100)
    assert layer.order >= 0
    assert "no layer takes a microsecond: nothing could be counted" in notes_of(counted, layers, warm_up_removed=True)
    assert truncation_of(layers) == 2100 * len(layers) == 2100 * 3


def test_auto_tells_nothing_before_its_first_inference_and_everything_after_it():
    asked = {"device": "AUTO:CPU_SIM,CPU", "stand_ins": ("CPU_SIM",)}
    workload = workload_of(two_convolutions(), **asked)
    with pytest.raises(EngineFailure, match="before its first inference") as problem:
        workload.profiling_rows()
    assert "let it run once" in problem.value.hint
    profile = measure_layers(workload, 1, workload.spec, BRIEF, Gate())
    assert named(profile, "conv").status == "executed"


def test_a_request_that_is_busy_is_no_device_without_counters():
    workload = workload_of(with_loop(rounds=200, size=256), api="async", requests=1)
    workload.loop.run(0.0, Gate(), 2)  # Leaves one in flight.
    with pytest.raises(EngineFailure, match="during an inference"):
        workload.profiling_rows()
    workload.loop.drain()
    assert workload.profiling_rows()[0]


def test_a_device_that_counts_nothing_is_refused_instead_of_calling_all_layers_quick():
    workload = workload_of(with_loop(rounds=50), counted=False)
    assert all(row.real_time.total_seconds() == 0 for row in workload.profiling_rows()[0])
    with pytest.raises(EngineFailure, match="counts nothing") as problem:
        measure_layers(workload, 1, workload.spec, BRIEF, Gate())
    assert problem.value.kind == "profile_failed"


def test_a_device_that_returns_no_rows_is_refused(monkeypatch):
    workload = workload_of(two_convolutions())
    monkeypatch.setattr(workload, "profiling_rows", lambda: [[]])
    with pytest.raises(EngineFailure, match="no times per layer"):
        measure_layers(workload, 1, workload.spec, BRIEF, Gate())


def test_a_device_without_a_runtime_graph_is_told_as_such(monkeypatch):
    workload = workload_of(two_convolutions())

    class Closed:
        """A compiled model that keeps its graph to itself."""

        inputs = workload.configuration.compiled.inputs

        def get_runtime_model(self):
            raise RuntimeError("Not Implemented")

    monkeypatch.setattr(workload, "configuration", replace(workload.configuration, compiled=Closed()))
    profile = measure_layers(workload, 1, workload.spec, BRIEF, Gate())
    assert "does not give its runtime graph" in profile.note
    assert named(profile, "conv").status == "executed"
    assert named(profile, "conv").shapes == ""


def test_rows_of_hetero_find_their_nodes_and_follow_each_other():
    # The affinities are in the model itself, which OpenVINO's own splitter takes.
    model = split_by_hetero(last="subgraph7: soft")
    profile = profile_of(model, device="HETERO:CPU_SIM,CPU", stand_ins=("CPU_SIM",), splitter="openvino")
    parts = [layer.raw_name[8] for layer in profile.layers if layer.order >= 0 and layer.shapes]
    assert set(parts) == {"0", "1"}
    assert parts == sorted(parts)
    orders = [layer.order for layer in profile.layers if layer.order >= 0]
    assert len(set(orders)) == len(orders)
    soft = named(profile, "subgraph1: subgraph7: soft")
    assert (soft.status, soft.shapes) == ("executed", "[1,16,48,48]")
    conv = named(profile, "subgraph0: conv")
    assert conv.fused_from[0] == "conv"
    fused = [layer for layer in profile.layers if layer.status == "fused"]
    assert all(layer.fused_into.startswith("subgraph") for layer in fused)


def test_a_batch_device_says_that_warm_up_is_in():
    profile = profile_of(two_convolutions(), device="BATCH:CPU(2)", api="async", requests=2)
    assert not profile.warm_up_removed
    assert "how often each graph ran is not known" in profile.note or "several streams" in profile.note


def test_a_dynamic_model_has_the_shapes_it_ran_with_where_they_are_known():
    data = parameter((-1, 64))
    weights = op.constant(np.ones((64, 32), np.float32))
    model = ov.Model([op.matmul(data, weights, False, False, name="product")], [data], "dynamic")
    asked = InputSpec(shape="[?,64]", data_shapes=("[128,64]",))
    layer = named(profile_of(model, inputs=(asked,)), "product")
    assert layer.flop == 2 * 128 * 64 * 32


def test_refusals_keep_openvinos_words():
    failure = counters.refused(RuntimeError("Exception from x.cpp:1:\nInfer Request is busy\n"))
    assert failure.what.endswith("during an inference: Infer Request is busy")
