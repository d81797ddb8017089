"""Why an application is slower than benchmark_app: its costs added one by one. Pure.

Each step keeps all before it, so that the difference to the step before is one cost. What is compared is the caller's
time for one inference: wall time over completions, which holds the work around the inference that
`InferRequest.latency` leaves out, and which for the first step is what benchmark_app's FPS say. Only the last step,
paced arrivals, is told by the time from when an input was due to its result: between arrivals the caller does nothing.

Feeding real numbers comes before pre-processing in Python, because Python makes real numbers: the other way round two
costs would be added at once.
"""

from __future__ import annotations

import msgspec

from ovexplorer.schema.facts import ModelFacts, PortFacts
from ovexplorer.schema.spec import InputSpec, ModelSpec, RunSpec
from ovexplorer.tuning.ladder_plan import base_spec, make_step, with_properties
from ovexplorer.tuning.steps import Step

PART = "slower"
CAMERA_FPS = 30.0
SHARE_OF_CAPACITY = 0.7
"""Of what can be served, where that is less than a camera brings."""

_NO_IMAGE = "no input is an image"
_HOST_TYPES = ("f32", "f16", "f64")


def slower_steps(spec: RunSpec, facts: ModelFacts | None) -> tuple[Step, ...]:
    """All steps in order, those that do not apply with the reason.

    Args:
        spec: Model, inputs and device; how inferences are started is taken out of it.
        facts: Of the model; None while they are not known: then it has no image.
    """
    base = msgspec.structs.replace(base_spec(spec), inputs="shared")
    base = msgspec.structs.replace(base, model=msgspec.structs.replace(base.model, preprocess="none"))
    real = base.model
    images = image_ports(facts)
    byte = _fed_as_bytes(real, images)
    throughput = {"PERFORMANCE_HINT": "THROUGHPUT"}
    async_n = with_properties(msgspec.structs.replace(base, model=byte, api="async"), throughput)
    async_1 = msgspec.structs.replace(async_n, requests=1)
    sync = with_properties(msgspec.structs.replace(async_n, api="sync"), {"PERFORMANCE_HINT": "LATENCY"})
    copy_in = msgspec.structs.replace(sync, inputs="copy")
    copy_out = msgspec.structs.replace(copy_in, outputs="copy")
    fed_real = msgspec.structs.replace(copy_out, model=real)
    host = msgspec.structs.replace(fed_real, model=msgspec.structs.replace(real, preprocess="host"))
    paced = paced_spec(host if images else fed_real, None)
    no_image = "" if images else _NO_IMAGE
    return (
        make_step("async_n", "async, optimal requests", PART, spec=async_n),
        make_step("async_1", "async, 1 request", PART, spec=async_1),
        make_step("sync", "sync, latency hint", PART, spec=sync),
        make_step("copy_in", "+ inputs copied in", PART, spec=copy_in),
        make_step("copy_out", "+ results copied out", PART, spec=copy_out),
        make_step("real_input", "+ f32 input, not u8", PART, spec=fed_real, skipped=no_image),
        make_step("host", "+ host pre-processing", PART, spec=host, skipped=no_image),
        make_step("paced", "+ paced arrivals", PART, spec=paced),
    )


def image_ports(facts: ModelFacts | None) -> tuple[PortFacts, ...]:
    """Inputs that are images of real numbers."""
    ports = facts.inputs if facts is not None else ()
    return tuple(
        port
        for port in ports
        if {"C", "H", "W"} <= set(port.layout) and port.element_type in _HOST_TYPES and not port.proposed_shape
    )


def _fed_as_bytes(model: ModelSpec, images: tuple[PortFacts, ...]) -> ModelSpec:
    """Images fed as u8 and converted in the graph, as benchmark_app does."""
    general = next((entry for entry in model.inputs if not entry.name), InputSpec())
    entries = {entry.name: entry for entry in model.inputs}
    for port in images:
        own = entries.get(port.raw_name) or msgspec.structs.replace(general, name=str(port.raw_name))
        entries[port.raw_name] = msgspec.structs.replace(own, element_type="u8")
    return msgspec.structs.replace(model, inputs=tuple(entries.values()))


def paced_spec(spec: RunSpec, capacity_fps: float | None) -> RunSpec:
    """Arrivals by the clock: as a camera brings them, or slower where that is more than can be served.

    Args:
        spec: Of the step.
        capacity_fps: What the step before reached; None while it is not known.
    """
    rate = min(CAMERA_FPS, SHARE_OF_CAPACITY * capacity_fps) if capacity_fps else CAMERA_FPS
    return msgspec.structs.replace(spec, load="fixed", rate_fps=rate)
