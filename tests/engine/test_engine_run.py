"""The real engine process on real models: runs, inputs, read-back, profiles, devices."""

import pytest
from engine_client import effective_of, of_kind, spec_of, windows

from ovexplorer.schema.histogram import merge
from ovexplorer.schema.protocol import (
    ConfigurationReady,
    DescribeDevices,
    DevicesDescribed,
    Failed,
    LayersMeasured,
    MemoryMeasured,
    ModelOpened,
    OpenModel,
    PhaseFinished,
    Profile,
    RunFinished,
    SamplesTaken,
    StartRun,
    WindowMeasured,
)
from ovexplorer.schema.spec import InputSpec, ModelSpec


def test_hello_is_first_and_tells_the_machine(engine):
    hello = engine.hello()
    assert engine.events[0] is hello
    assert hello.pid == engine.process.pid
    assert hello.import_ns > 1_000_000
    assert hello.environment.allowed_cpus
    assert hello.environment.memory_bytes > 1 << 28


def test_sync_run_counts_exactly_what_was_asked(engine):
    events = engine.run(1, spec_of("demo:relu", iterations=500))
    measured = windows(events, 1)
    assert sum(window.count for window in measured) == 500
    assert merge(window.histogram for window in measured).total == 500
    for window in measured:
        assert window.min_ns <= window.median_ns <= window.max_ns
        assert window.start_ns <= window.end_ns
        assert window.min_ns * window.count <= window.sum_ns <= window.max_ns * window.count
    assert of_kind(events, RunFinished)[0].reason == "iterations"


def test_first_window_holds_the_first_inference(engine):
    assert windows(engine.run(1, spec_of("demo:mobilenet", iterations=5)), 1)[0].count == 1


def test_async_run_drains_and_counts_what_was_in_flight(engine):
    spec = spec_of("demo:relu", api="async", requests=4, iterations=300, properties={"PERFORMANCE_HINT": "THROUGHPUT"})
    events = engine.run(1, spec)
    ready = of_kind(events, ConfigurationReady)[0]
    assert ready.requests == 4
    assert ready.streams >= 1
    assert sum(window.count for window in windows(events, 1)) == 300


def test_duration_budget_is_counted_time(engine):
    measured = windows(engine.run(1, spec_of("demo:relu", iterations=0, duration_s=0.3)), 1)
    counted_s = sum(window.end_ns - window.start_ns for window in measured) / 1e9
    assert counted_s == pytest.approx(0.3, abs=0.25)


@pytest.mark.parametrize("api", ["sync", "async"])
@pytest.mark.parametrize(("inputs", "call"), [("copy", "preset"), ("shared", "pass"), ("copy", "pass")])
def test_every_way_to_hand_over_inputs_runs(engine, api, inputs, call):
    events = engine.run(1, spec_of("demo:relu", api=api, inputs=inputs, call=call, iterations=50))
    assert sum(window.count for window in windows(events, 1)) == 50
    assert sum(window.host_ns for window in windows(events, 1)) > 0


def test_raw_samples_agree_with_the_windows(engine):
    events = engine.run(1, spec_of("demo:relu", raw=True, iterations=100))
    samples = [entry.samples for entry in of_kind(events, SamplesTaken)]
    latencies = [value for entry in samples for value in entry.latency_ns]
    starts = [value for entry in samples for value in entry.start_ns]
    assert len(latencies) == len(starts) == 100
    assert starts == sorted(starts)
    assert sum(latencies) == pytest.approx(sum(window.sum_ns for window in windows(events, 1)), rel=1e-4)


def test_phases_and_memory_are_told_once_in_order(engine):
    events = engine.run(1, spec_of("demo:relu"))
    phases = [event.phase for event in of_kind(events, PhaseFinished)]
    assert phases[-2:] == ["first_inference", "warm_up"]
    assert "compile" in phases
    taken = [event.memory.after for event in of_kind(events, MemoryMeasured)]
    assert taken == ["start", "read", "compile", "first_inference", "run"]
    assert all(event.memory.rss_bytes > 1 << 24 for event in of_kind(events, MemoryMeasured))


def test_a_clamped_value_is_read_back_with_its_reason(engine):
    asked = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": "512", "INFERENCE_PRECISION_HINT": "f32"}
    events = engine.run(1, spec_of("demo:relu", properties=asked))
    threads = effective_of(events, "INFERENCE_NUM_THREADS")
    assert (threads.requested, threads.state) == ("512", "changed")
    assert int(threads.effective) < 512
    assert threads.why
    assert effective_of(events, "INFERENCE_PRECISION_HINT").state == "as_requested"
    assert effective_of(events, "ENABLE_CPU_PINNING").state == "default"


def test_an_unknown_property_is_left_out_and_said(engine):
    events = engine.run(1, spec_of("demo:relu", properties={"NO_SUCH_KEY": "1"}))
    row = effective_of(events, "NO_SUCH_KEY")
    assert (row.state, row.effective) == ("ignored", None)
    assert "refused" in row.why
    assert windows(events, 1)


@pytest.mark.parametrize("device", ["HETERO:CPU_SIM,CPU", "AUTO:CPU", "MULTI:CPU"])
def test_hint_and_fine_knobs_pass_through_virtual_devices(engine, device):
    member = "CPU_SIM" if "SIM" in device else "CPU"
    spec = spec_of(
        "demo:relu",
        device=device,
        stand_ins=("CPU_SIM",),
        properties={"PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": "1"},
        device_properties={member: {"INFERENCE_PRECISION_HINT": "f32"}},
    )
    events = engine.run(1, spec)
    assert effective_of(events, "NUM_STREAMS", member).effective == "1"
    assert effective_of(events, "INFERENCE_PRECISION_HINT", member).state == "as_requested"


def test_batch_device_takes_its_timeout(engine):
    spec = spec_of(
        "demo:relu",
        device="BATCH:CPU(4)",
        api="async",
        requests=8,
        properties={"AUTO_BATCH_TIMEOUT": "5", "PERFORMANCE_HINT": "THROUGHPUT"},
    )
    events = engine.run(1, spec)
    assert effective_of(events, "AUTO_BATCH_TIMEOUT", "BATCH").effective == "5"


def test_layers_cover_the_latency_and_keep_the_run(engine):
    engine.send(StartRun(segment=1, spec=spec_of("demo:mobilenet", iterations=0)))
    engine.until(WindowMeasured, 0)
    seen = len(engine.events)
    engine.send(Profile(seconds=0.5, iterations=40))
    profile = engine.until(LayersMeasured, seen).profile
    executed = [layer for layer in profile.layers if layer.status == "executed"]
    counted = sum(layer.mean_ns for layer in executed)
    assert profile.warm_up_removed
    assert 0.5 * profile.latency_ns < counted < 1.2 * profile.latency_ns
    assert any(layer.type == "Convolution" and layer.primitive and layer.layouts for layer in executed)
    assert any(layer.status == "fused" and layer.fused_into for layer in profile.layers)
    assert len({layer.key for layer in profile.layers}) == len(profile.layers)
    engine.until(WindowMeasured, len(engine.events))


def test_layers_of_several_streams_say_that_warm_up_is_in(engine):
    spec = spec_of("demo:relu", api="async", iterations=0, properties={"PERFORMANCE_HINT": "THROUGHPUT"})
    engine.send(StartRun(segment=1, spec=spec))
    engine.until(WindowMeasured, 0)
    engine.send(Profile(seconds=0.1, iterations=10))
    profile = engine.until(LayersMeasured, 0).profile
    if profile.streams > 1:
        assert not profile.warm_up_removed
        assert profile.note
        assert profile.iterations >= 200 * profile.streams
    else:
        assert profile.warm_up_removed


def test_devices_are_tried_and_the_missing_ones_say_why(engine):
    engine.send(DescribeDevices(stand_ins=("CPU_SIM",)))
    devices = {device.name: device for device in engine.until(DevicesDescribed, 0).devices}
    assert devices["CPU"].state == "usable"
    assert devices["CPU_SIM"].state == "stand_in"
    assert {"AUTO", "HETERO", "MULTI", "BATCH", "GPU", "NPU"} <= set(devices)
    assert all(device.reason for device in devices.values() if device.state == "unusable")
    streams = next(entry for entry in devices["CPU"].properties if entry.name == "NUM_STREAMS")
    assert (streams.access, streams.kind) == ("RW", "integer")


def test_opening_a_model_tells_its_facts_without_running_it(engine):
    engine.send(OpenModel(model=ModelSpec(path="demo:mobilenet")))
    facts = engine.until(ModelOpened, 0).facts
    assert facts.parameters > 3_000_000
    assert facts.operations["GroupConvolution"] > 10
    assert facts.inputs[0].shape == "[1,3,224,224]"


@pytest.mark.parametrize("preprocess", ["graph", "host"])
def test_preprocessing_in_the_graph_and_on_the_host(engine, preprocess):
    model = ModelSpec(
        path="demo:mobilenet",
        preprocess=preprocess,
        inputs=(InputSpec(mean=(123.7, 116.3, 103.5), scale=(58.4, 57.1, 57.4)),),
        image_size=(256, 320),
    )
    events = engine.run(1, spec_of("demo:mobilenet", model=model, iterations=5))
    host_ns = sum(window.host_ns for window in windows(events, 1))
    assert (host_ns > 0) == (preprocess == "host")
    assert sum(window.count for window in windows(events, 1)) == 5


def test_several_shapes_take_turns_and_are_never_mixed(engine, tmp_path):
    import openvino as ov
    from openvino import opset13 as ops

    data = ops.parameter(ov.PartialShape("?,64"), ov.Type.f32, name="x")
    ov.save_model(ov.Model([ops.relu(data)], [data], "any"), tmp_path / "any.xml")
    model = ModelSpec(path=str(tmp_path / "any.xml"), inputs=(InputSpec(data_shapes=("[1,64]", "[8,64]")),))
    events = engine.run(1, spec_of("", model=model, iterations=0, duration_s=0.5))
    assert {window.shape_index for window in windows(events, 1)} == {0, 1}


def test_a_compiled_blob_tells_its_inputs_and_runs(engine, tmp_path):
    import openvino as ov
    from openvino import opset13 as ops

    data = ops.parameter([1, 64], ov.Type.f32, name="x")
    compiled = ov.Core().compile_model(ov.Model([ops.relu(data)], [data], "tiny"), "CPU")
    path = tmp_path / "tiny.blob"
    path.write_bytes(compiled.export_model().getvalue())
    events = engine.run(1, spec_of(str(path)))
    facts = of_kind(events, ModelOpened)[-1].facts
    assert facts.inputs[0].shape == "[1,64]"
    assert sum(window.count for window in windows(events, 1)) == 20


def test_a_garbage_blob_is_refused_with_a_hint(engine, tmp_path):
    path = tmp_path / "bad.blob"
    path.write_bytes(b"no blob at all" * 100)
    failed = of_kind(engine.run(1, spec_of(str(path))), Failed)[0]
    assert failed.kind == "model_unreadable"
    assert failed.hint
