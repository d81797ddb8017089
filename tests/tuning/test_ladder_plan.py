from __future__ import annotations

import msgspec
import pytest

from ovexplorer.schema.spec import InputSpec, ModelSpec
from ovexplorer.tuning.ladder_plan import base_spec, ladder_steps, stream_counts, with_precision
from tests.tuning.ladder_kit import CPU, ENVIRONMENT, GPU, SPEC, facts

READY = {"onnxruntime": "", "pytorch": ""}


def steps_of(spec=SPEC, model=None, environment=ENVIRONMENT, devices=(CPU,), frameworks=READY):
    return {step.id: step for step in ladder_steps(spec, model or facts(), environment, devices, frameworks)}


def on(device, path="/models/net.onnx"):
    return msgspec.structs.replace(SPEC, device=device, model=ModelSpec(path=path))


def test_steps_stand_in_the_order_of_the_tricks():
    assert list(steps_of()) == [
        "pytorch",
        "onnxruntime",
        "original",
        "ir_f32",
        "ir_f16",
        "threads",
        "auto",
        "shared",
        "precision_f16",
        "precision_bf16",
        "precision_f32",
        "streams_1",
        "streams_2",
        "streams_4",
        "hint",
        "optimal",
        "batch",
        "auto_batch",
        "processes",
    ]


def test_latency_steps_keep_the_ones_before_them_but_not_auto_and_not_another_precision():
    steps = steps_of()
    assert steps["original"].spec.inputs == "copy"
    assert steps["original"].spec.properties == {}
    assert steps["threads"].spec.properties == {"INFERENCE_NUM_THREADS": "4"}
    assert steps["auto"].spec.device == "AUTO"
    assert steps["auto"].spec.properties == {"PERFORMANCE_HINT": "LATENCY"}
    assert steps["shared"].spec.device == "CPU"
    assert steps["shared"].spec.inputs == "shared"
    assert steps["shared"].spec.properties == {"INFERENCE_NUM_THREADS": "4"}
    for precision in ("bf16", "f32"):
        wanted = {"INFERENCE_NUM_THREADS": "4", "INFERENCE_PRECISION_HINT": precision}
        assert steps[f"precision_{precision}"].spec.properties == wanted
    saved = [steps[name].save for name in ("original", "ir_f32", "ir_f16", "threads", "streams_1")]
    assert saved == ["", "f32", "f16", "f16", "f16"]


def test_what_was_asked_besides_stays_and_what_steps_decide_goes():
    spec = msgspec.structs.replace(
        SPEC,
        properties={"PERFORMANCE_HINT": "THROUGHPUT", "NUM_STREAMS": "3", "CPU_DENORMALS_OPTIMIZATION": "YES"},
        api="async",
        requests=7,
        duration_s=10.0,
        raw=True,
    )
    base = base_spec(spec)
    assert base.properties == {"CPU_DENORMALS_OPTIMIZATION": "YES"}
    assert (base.api, base.requests, base.duration_s, base.raw) == ("sync", 0, 0.0, False)


def test_every_step_that_is_skipped_says_why_and_has_no_spec():
    for device, path in (("CPU", "/m.blob"), ("GPU", "/m.xml"), ("AUTO", "demo:relu"), ("NPU", "/m.tflite")):
        for step in ladder_steps(on(device, path), None, ENVIRONMENT, (CPU, GPU), {}):
            assert (step.spec is None) == bool(step.skipped), step.id
            assert step.what
            assert step.helps
            assert step.say


@pytest.mark.parametrize(
    ("step", "spec", "reason"),
    [
        ("pytorch", SPEC, "needs a PyTorch .pt2 file"),
        ("onnxruntime", on("CPU", "/m.xml"), "needs an ONNX file"),
        ("original", on("CPU", "demo:relu"), "a demo has no framework file"),
        ("ir_f32", on("CPU", "/m.xml"), "the file is IR already"),
        ("ir_f16", on("CPU", "/m.blob"), "a compiled blob cannot be written as IR"),
        ("threads", on("GPU"), "threads are a setting of the CPU, not of GPU"),
        ("auto", on("AUTO"), "AUTO chooses devices already"),
        ("precision_f16", SPEC, "CPU does not list FP16"),
        ("precision_bf16", on("GPU"), "GPU does not list BF16"),
        ("streams_2", on("AUTO"), "streams cannot be set on AUTO"),
        ("auto_batch", SPEC, "needs a GPU: the CPU plugin has no auto-batching"),
        ("processes", on("GPU"), "the cores that processes share out are those of the CPU"),
    ],
)
def test_reasons_are_plain(step, spec, reason):
    assert steps_of(spec, devices=(CPU, GPU))[step].skipped == reason


def test_frameworks_that_are_not_there_name_what_to_install():
    missing = steps_of(frameworks={})["onnxruntime"]
    assert missing.skipped == "not installed: pip install 'ovexplorer[onnxruntime]'"
    assert steps_of(frameworks={"onnxruntime": "broken"})["onnxruntime"].skipped == "broken"
    usable = steps_of()["onnxruntime"]
    assert (usable.skipped, usable.how, usable.framework) == ("", "framework", "onnxruntime")
    exported = steps_of(on("CPU", "/m.pt2"))
    assert exported["pytorch"].skipped == ""
    assert exported["onnxruntime"].skipped == "needs an ONNX file"
    assert exported["original"].skipped == "OpenVINO reads no .pt2 file: convert it once"
    assert [step.id for step in exported.values() if not step.skipped] == ["pytorch"]


def test_one_cpu_has_no_threads_streams_or_processes_to_add():
    alone = msgspec.structs.replace(ENVIRONMENT, allowed_cpus=(3,))
    steps = steps_of(environment=alone)
    for name in ("threads", "streams_2", "processes"):
        assert steps[name].skipped == "there is one CPU only"
    assert "INFERENCE_NUM_THREADS" not in steps["shared"].spec.properties
    unknown = steps_of(environment=None)
    assert unknown["threads"].skipped == "the number of CPUs is not known"


def test_a_batch_needs_a_dimension_and_multiplies_the_one_that_is_asked():
    assert steps_of()["batch"].spec.model.batch == 4
    assert "batch dimension" in steps_of(model=facts(layout=""))["batch"].skipped
    named = msgspec.structs.replace(SPEC, model=ModelSpec(path="/m.onnx", inputs=(InputSpec(layout="NC"),), batch=2))
    assert steps_of(named, facts(layout=""))["batch"].title == "batch 8"
    turns = msgspec.structs.replace(SPEC, model=ModelSpec(path="/m.onnx", inputs=(InputSpec(data_shapes=("[1]",)),)))
    assert "one by one" in steps_of(turns)["batch"].skipped


def test_processes_get_no_thread_count():
    step = steps_of()["processes"]
    assert (step.how, step.processes) == ("processes", 4)
    assert "INFERENCE_NUM_THREADS" not in step.spec.properties
    assert "NUM_STREAMS" not in step.spec.properties


def test_streams_double_up_to_the_number_of_cpus():
    assert [stream_counts(cpus) for cpus in (1, 2, 3, 4, 6)] == [(), (2,), (2, 3), (2, 4), (2, 4, 6)]


def test_the_fastest_precision_goes_into_throughput_steps_only():
    steps = {step.id: step for step in with_precision(tuple(steps_of().values()), "f32")}
    assert steps["hint"].spec.properties["INFERENCE_PRECISION_HINT"] == "f32"
    assert "INFERENCE_PRECISION_HINT" not in steps["shared"].spec.properties
    assert steps["auto_batch"].spec is None
