"""Which steps the ladder of tricks has for a model on a device, in order, and why some do not apply. Pure.

Latency steps keep what the steps before them changed: IR with f16 weights, then all threads, then shared memory. Three
kinds of steps are side steps that nothing after them keeps: other frameworks, AUTO (another device), and the
precisions, which are alternatives. Throughput steps all begin from the IR with f16 weights and shared memory; the
fastest precision is carried over by `with_precision`, once it is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Literal

import msgspec

from ovexplorer.options.catalogue import is_virtual
from ovexplorer.schema.facts import DeviceFacts, EnvironmentFacts, ModelFacts
from ovexplorer.schema.spec import DEMO_PREFIX, ModelSpec, RunSpec
from ovexplorer.text import clean
from ovexplorer.tuning.ladder_texts import TEXTS
from ovexplorer.tuning.steps import Step, StepHow

LATENCY, THROUGHPUT = "latency", "throughput"
BATCH = 4
MOST_PROCESSES = 4

_PRECISIONS = (("f16", "FP16"), ("bf16", "BF16"), ("f32", "FP32"))
_PRECISION_KEY = "INFERENCE_PRECISION_HINT"

_DECIDED_BY_STEPS = frozenset(
    {
        "PERFORMANCE_HINT",
        "PERFORMANCE_HINT_NUM_REQUESTS",
        "EXECUTION_MODE_HINT",
        "NUM_STREAMS",
        "INFERENCE_NUM_THREADS",
        "AFFINITY",
        "PERF_COUNT",
        # One that reserves its cores cannot stand beside another in one process.
        "ENABLE_CPU_RESERVATION",
        _PRECISION_KEY,
    }
)

_KINDS = {
    ".xml": "OpenVINO IR",
    ".onnx": "ONNX",
    ".pt2": "PyTorch",
    ".pb": "TensorFlow",
    ".tflite": "TensorFlow Lite",
    ".pdmodel": "Paddle",
    ".blob": "compiled blob",
}

Save = Literal["", "f32", "f16"]


@dataclass(frozen=True)
class _Ground:
    """What the plan is made for."""

    spec: RunSpec
    facts: ModelFacts | None
    cpus: int
    """That the process may use; 0 when unknown."""
    device: DeviceFacts | None
    frameworks: Mapping[str, str]

    @property
    def kind(self) -> str:
        path = self.spec.model.path
        if path.startswith(DEMO_PREFIX):
            return "demo"
        known = _KINDS.get(PurePath(path).suffix.lower(), "")
        return known or (self.facts.format if self.facts is not None else "") or "model"

    @property
    def is_blob(self) -> bool:
        return self.kind == "compiled blob"

    @property
    def saved(self) -> Save:
        """What all steps after the first files measure: the IR with f16 weights, where one can be written."""
        return "" if self.is_blob else "f16"

    @property
    def is_cpu(self) -> bool:
        return "CPU" in self.spec.device and not is_virtual(self.spec.device)

    @property
    def has_streams(self) -> bool:
        return self.is_cpu or self.spec.device.startswith("GPU")


def ladder_steps(
    spec: RunSpec,
    facts: ModelFacts | None,
    environment: EnvironmentFacts | None,
    devices: Sequence[DeviceFacts],
    frameworks: Mapping[str, str],
) -> tuple[Step, ...]:
    """All steps in order, those that do not apply with the reason.

    Args:
        spec: Model, inputs and device; what the steps decide themselves is taken out of it.
        facts: Of the model; None while they are not known.
        environment: Of the machine; None while it is not known.
        devices: What is known of devices; empty while nothing is.
        frameworks: Why a framework cannot be used; empty text means that it can.
    """
    allowed = (len(environment.allowed_cpus) or environment.logical_cpus) if environment is not None else 0
    device = next((entry for entry in devices if entry.name == spec.device), None)
    ground = _Ground(base_spec(spec), facts, allowed, device, frameworks)
    steps = (*_latency_steps(ground), *_throughput_steps(ground))
    return tuple(map(_unread, steps)) if ground.kind == "PyTorch" else steps


def _unread(step: Step) -> Step:
    """A step for a file that only PyTorch reads: it is the one bar there is."""
    if step.framework or step.skipped:
        return step
    return replace(step, spec=None, skipped="OpenVINO reads no .pt2 file: convert it once")


def base_spec(spec: RunSpec) -> RunSpec:
    """Model, inputs and device as asked, nothing of what the steps decide; inputs are copied."""
    return msgspec.structs.replace(
        spec,
        properties=_kept(spec.properties),
        device_properties={name: _kept(own) for name, own in spec.device_properties.items() if _kept(own)},
        api="sync",
        requests=0,
        inputs="copy",
        call="preset",
        outputs="leave",
        max_rate_fps=0.0,
        load="closed",
        warm_up=True,
        raw=False,
        duration_s=0.0,
        iterations=0,
    )


def _kept(properties: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in properties.items() if key not in _DECIDED_BY_STEPS}


def with_path(spec: RunSpec, path: str) -> RunSpec:
    """The same of another model file."""
    return msgspec.structs.replace(spec, model=msgspec.structs.replace(spec.model, path=path))


def plain_model(model: ModelSpec) -> ModelSpec:
    """The file alone, as it is written as IR: shapes, types and pre-processing are asked again of the IR."""
    return ModelSpec(path=model.path, extensions=model.extensions)


def with_precision(steps: Sequence[Step], precision: str) -> tuple[Step, ...]:
    """The throughput steps in the precision that was the fastest."""
    return tuple(
        replace(step, spec=with_properties(step.spec, {_PRECISION_KEY: precision}))
        if step.part == THROUGHPUT and step.spec is not None
        else step
        for step in steps
    )


def with_properties(spec: RunSpec, added: Mapping[str, str]) -> RunSpec:
    """The spec with more properties."""
    return msgspec.structs.replace(spec, properties={**spec.properties, **added})


def make_step(
    step_id: str, title: str, part: str, *, spec: RunSpec | None, skipped: str = "", text: str = "", save: Save = ""
) -> Step:
    """A step with its sentences; one that is skipped has no spec."""
    said = TEXTS[text or step_id]
    return Step(
        id=step_id,
        title=title,
        part=part,
        metric="throughput" if part == THROUGHPUT else "latency",
        spec=None if skipped else spec,
        save=save,
        skipped=skipped,
        what=said.what,
        helps=said.helps,
        say=said.say,
    )


# Latency


def _latency_steps(ground: _Ground) -> Iterator[Step]:
    spec = ground.spec
    yield _framework_step(ground, "pytorch", "PyTorch eager", ("PyTorch",), "needs a PyTorch .pt2 file")
    yield _framework_step(ground, "onnxruntime", "ONNX Runtime", ("ONNX",), "needs an ONNX file")
    why = "a demo has no framework file" if ground.kind == "demo" else ""
    kind = "framework" if ground.kind == "demo" else ground.kind
    yield make_step("original", f"{kind} file, as it is", LATENCY, spec=spec, skipped=why)
    why = "a compiled blob cannot be written as IR" if ground.is_blob else ""
    already = "the file is IR already" if ground.kind == "OpenVINO IR" else ""
    yield make_step("ir_f32", "IR, f32 weights", LATENCY, spec=spec, skipped=why or already, save="f32")
    yield make_step("ir_f16", "IR, f16 weights", LATENCY, spec=spec, skipped=why, save="f16")
    threads = with_properties(spec, {"INFERENCE_NUM_THREADS": str(ground.cpus)})
    why = _no_threads(ground)
    title = f"all threads: {ground.cpus}" if ground.cpus else "all threads"
    yield make_step("threads", title, LATENCY, spec=threads, skipped=why, save=ground.saved)
    spec = spec if why else threads
    yield _auto_step(ground)
    spec = msgspec.structs.replace(spec, inputs="shared")
    yield make_step("shared", "shared memory", LATENCY, spec=spec, save=ground.saved)
    for precision, capability in _PRECISIONS:
        yield make_step(
            f"precision_{precision}",
            f"precision {precision}",
            LATENCY,
            spec=with_properties(spec, {_PRECISION_KEY: precision}),
            skipped=_no_precision(ground, capability),
            save=ground.saved,
        )


def _framework_step(ground: _Ground, name: str, title: str, kinds: tuple[str, ...], needs: str) -> Step:
    missing = f"not installed: pip install 'ovexplorer[{name}]'"
    why = "" if ground.kind in kinds else needs
    why = why or ground.frameworks.get(name, missing)
    how: StepHow = "framework"
    return replace(make_step(name, title, LATENCY, spec=ground.spec, skipped=why), how=how, framework=name)


def _no_threads(ground: _Ground) -> str:
    if ground.is_blob:
        return "a compiled blob keeps the threads it was compiled for"
    if not ground.is_cpu:
        return f"threads are a setting of the CPU, not of {clean(ground.spec.device, 40)}"
    return _one_cpu(ground)


def _one_cpu(ground: _Ground) -> str:
    if not ground.cpus:
        return "the number of CPUs is not known"
    return "there is one CPU only" if ground.cpus == 1 else ""


def _auto_step(ground: _Ground) -> Step:
    device = ground.spec.device
    why = ""
    if ground.is_blob:
        why = "a compiled blob belongs to its device"
    elif is_virtual(device):
        why = f"{clean(device, 40)} chooses devices already"
    elif ground.spec.stand_ins:
        why = "AUTO does not choose among stand-ins"
    spec = with_properties(msgspec.structs.replace(ground.spec, device="AUTO"), {"PERFORMANCE_HINT": "LATENCY"})
    return make_step("auto", "AUTO, latency hint", LATENCY, spec=spec, skipped=why, save=ground.saved)


def _no_precision(ground: _Ground, capability: str) -> str:
    device = clean(ground.spec.device, 40)
    if ground.is_blob:
        return "a compiled blob keeps the precision it was compiled for"
    if is_virtual(ground.spec.device):
        return f"each device of {device} has a precision of its own"
    if ground.device is not None and capability not in ground.device.capabilities:
        return f"{device} does not list {capability}"
    return ""


# Throughput


def _throughput_steps(ground: _Ground) -> Iterator[Step]:
    base = msgspec.structs.replace(ground.spec, inputs="shared")
    first = with_properties(base, {"NUM_STREAMS": "1"}) if _can_set_streams(ground) else base
    title = "1 stream, sync" if _can_set_streams(ground) else "1 request, sync"
    yield make_step("streams_1", title, THROUGHPUT, spec=first, text="one_stream", save=ground.saved)
    yield from _stream_steps(ground, base)
    hint = with_properties(base, {"PERFORMANCE_HINT": "THROUGHPUT"})
    why = "a compiled blob keeps its hint" if ground.is_blob else ""
    yield make_step("hint", "throughput hint, sync", THROUGHPUT, spec=hint, skipped=why, save=ground.saved)
    optimal = msgspec.structs.replace(base if ground.is_blob else hint, api="async")
    yield make_step("optimal", "async, optimal requests", THROUGHPUT, spec=optimal, save=ground.saved)
    yield _batch_step(ground, optimal)
    yield _auto_batch_step(ground, optimal)
    yield _processes_step(ground, base)


def _can_set_streams(ground: _Ground) -> bool:
    return ground.has_streams and not ground.is_blob


def _stream_steps(ground: _Ground, base: RunSpec) -> Iterator[Step]:
    why = "a compiled blob keeps its streams" if ground.is_blob else ""
    if not ground.has_streams:
        why = why or f"streams cannot be set on {clean(ground.spec.device, 40)}"
    if ground.is_cpu:
        why = why or _one_cpu(ground)
    if why:
        yield make_step("streams_2", "2 streams, async", THROUGHPUT, spec=None, skipped=why, text="streams")
        return
    for count in stream_counts(ground.cpus) if ground.is_cpu else (2,):
        spec = msgspec.structs.replace(with_properties(base, {"NUM_STREAMS": str(count)}), api="async", requests=count)
        title = f"{count} streams, async"
        yield make_step(f"streams_{count}", title, THROUGHPUT, spec=spec, text="streams", save=ground.saved)


def stream_counts(cpus: int) -> tuple[int, ...]:
    """2, 4, 8 and so on up to the number of CPUs, which is always one of them."""
    powers = [1 << bits for bits in range(1, cpus.bit_length()) if 1 << bits < cpus]
    return (*powers, cpus) if cpus > 1 else ()


def _batch_step(ground: _Ground, optimal: RunSpec) -> Step:
    size = BATCH * max(1, optimal.model.batch)
    spec = msgspec.structs.replace(optimal, model=msgspec.structs.replace(optimal.model, batch=size))
    why = ""
    if ground.is_blob:
        why = "a compiled blob keeps its batch"
    elif any(entry.data_shapes for entry in optimal.model.inputs):
        why = "the shapes of the inputs are given one by one"
    elif not _has_batch(ground):
        why = "no input has a batch dimension: N in its layout"
    return make_step("batch", f"batch {size}", THROUGHPUT, spec=spec, skipped=why, save=ground.saved)


def _has_batch(ground: _Ground) -> bool:
    asked = any("N" in entry.layout for entry in ground.spec.model.inputs)
    return asked or ground.facts is None or any("N" in port.layout for port in ground.facts.inputs)


def _auto_batch_step(ground: _Ground, optimal: RunSpec) -> Step:
    device = ground.spec.device
    spec = msgspec.structs.replace(optimal, device=f"BATCH:{device}")
    why = ""
    if ground.is_cpu:
        why = "needs a GPU: the CPU plugin has no auto-batching"
    elif not device.startswith("GPU"):
        why = "needs a GPU"
    elif ground.is_blob:
        why = "a compiled blob keeps its batch"
    return make_step("auto_batch", "auto-batching", THROUGHPUT, spec=spec, skipped=why, save=ground.saved)


def _processes_step(ground: _Ground, base: RunSpec) -> Step:
    count = min(MOST_PROCESSES, ground.cpus)
    why = "" if ground.is_cpu else "the cores that processes share out are those of the CPU"
    why = why or _one_cpu(ground)
    spec = base if ground.is_blob else with_properties(base, {"PERFORMANCE_HINT": "LATENCY"})
    title = f"{count} processes at once" if count > 1 else "several processes"
    step = make_step("processes", title, THROUGHPUT, spec=spec, skipped=why, save=ground.saved)
    return replace(step, how="processes", processes=max(1, count))
