"""Ladders as they could have been measured: the figures of the drawn screens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import msgspec

from ovexplorer.analysis.intervals import Interval
from ovexplorer.analysis.paired import PairEstimate
from ovexplorer.options.apply import default_spec
from ovexplorer.schema.drift import Drift, OutputDrift
from ovexplorer.schema.recorded import Metric
from ovexplorer.schema.spec import ModelSpec
from ovexplorer.text import clean
from ovexplorer.tuning.startup import middle_total_ms
from ovexplorer.tuning.steps import LadderKind, LadderState, LadderStatus, Startup, Step, StepResult

SPEC = default_spec(ModelSpec(path="demo:resnet50"))


FASTER = msgspec.structs.replace(SPEC, properties={"INFERENCE_PRECISION_HINT": "f32"})


def step(step_id: str, title: str, part: str = "latency", **more) -> Step:
    metric: Metric = "throughput" if part in ("throughput", "slower") else "latency"
    return Step(
        step_id,
        title,
        part,
        metric,
        **{
            "spec": FASTER if step_id == "precision_f32" else SPEC,
            "what": f"What {title} does.",
            "helps": f"When {title} helps.",
            "say": f"Say {title} aloud.",
            **more,
        },
    )


def around(value: float, share: float = 0.01) -> Interval:
    return Interval(value * (1 - share), value * (1 + share))


def faster(point: float, half: float = 0.015, quads: int = 12) -> PairEstimate:
    return PairEstimate(quads, point, point * (1 - half), point * (1 + half))


def drift(relative: float, state: str = "measured", non_finite: int = 0, changed: int = 0) -> Drift:
    output = OutputDrift(
        name=clean("out"),
        max_abs=relative,
        relative_l2=relative,
        cosine=1.0,
        non_finite=non_finite,
        top1_of=64,
        top1_changed=changed,
    )
    return Drift(segment=1, state=state, inputs=64, outputs=(output,), reference=clean("f32, accuracy mode, CPU"))


def ms(step_id: str, title: str, value: float, **more) -> StepResult:
    made = {"drift": drift(3e-3), "quads": 12, "command": f"ovexplorer bench {step_id}", **more}
    return StepResult(step(step_id, title), "done", latency_ms=value, latency_interval_ms=around(value), **made)


def fps(step_id: str, title: str, value: float, **more) -> StepResult:
    made = {"status": "done", "drift": drift(0.0, "reference"), "quads": 12, "fps_interval": around(value), **more}
    return StepResult(step(step_id, title, "throughput"), fps=value, **made)


def skipped(step_id: str, title: str, reason: str, part: str = "latency") -> StepResult:
    return StepResult(step(step_id, title, part, spec=None, skipped=reason), "skipped", reason=reason)


def ladder(status: LadderStatus = "running", *, guided: bool = False) -> LadderState:
    """The drawn ladder: step 14 of 16 under way."""
    results = (
        skipped("pytorch", "PyTorch eager", "not installed: pip install ovexplorer[pytorch]"),
        skipped("onnxruntime", "ONNX Runtime", "not installed: pip install ovexplorer[onnxruntime]"),
        ms("original", "ONNX file", 58.9),
        ms("ir_f32", "IR, f32 weights", 57.4, against_first=faster(1.026), against_previous=faster(1.026)),
        ms("ir_f16", "IR, f16 weights", 57.2, against_first=faster(1.03), against_previous=faster(1.003)),
        ms("threads", "all threads: 2", 57.1, against_first=faster(1.03), equals="ir_f16"),
        ms("auto", "AUTO, latency hint", 57.3, against_first=faster(1.028), equals="ir_f16"),
        ms("shared", "shared memory", 56.9, against_first=faster(1.035), equals="ir_f16", note="saves a copy"),
        ms("precision_f16", "precision f16", 48.3, against_first=faster(1.22), drift=drift(4e-4)),
        ms("precision_f32", "precision f32", 41.2, against_first=faster(1.43), drift=drift(0.0, "reference")),
        fps("streams_1", "1 stream, sync", 24.2),
        fps("streams_2", "2 streams, async", 26.0, against_first=faster(1.07)),
        fps("hint", "throughput hint", 26.1, against_first=faster(1.078), equals="streams_2"),
        fps("batch", "batch 4", 25.4, status="running", quads=7, fps_interval=around(25.4, 0.06)),
        skipped("auto_batch", "auto-batching", "needs a GPU; CPU has no auto-batching", "throughput"),
        StepResult(step("processes", "2 processes", "throughput", how="processes", processes=2)),
    )
    return LadderState("ladder", results, status, current=13, guided=guided, remaining_s=18.0)


def finished() -> LadderState:
    state = ladder("done")
    results = list(state.results)
    results[13] = replace(results[13], status="done", quads=12, against_first=faster(1.05))
    results[15] = replace(results[15], status="failed", reason="an engine ended: out of memory")
    return replace(state, results=tuple(results), current=-1, remaining_s=None)


def slower() -> LadderState:
    def cost(step_id: str, title: str, rate: float, added: float | None, **more) -> StepResult:
        made = {"against_previous": faster(0.9) if added else None, **more}
        measured = StepResult(step(step_id, title, "slower"), "done", fps=rate, fps_interval=around(rate))
        return replace(measured, added_ms=added, **made)

    results = (
        cost("async_n", "async, optimal requests", 50.0, None),
        cost("async_1", "async, 1 request", 40.0, 5.0),
        cost("sync", "sync, latency hint", 40.1, -0.06, against_previous=faster(1.001)),
        cost("copy_in", "+ inputs copied in", 35.46, 3.2),
        skipped("host", "+ host pre-processing", "no input is an image", "slower"),
    )
    return LadderState("slower", results, "done")


def startup() -> LadderState:
    def launches(compile_ms: float, cache_bytes: int, loaded: bool | None) -> tuple[Startup, ...]:
        return tuple(
            Startup(
                import_ns=90_000_000,
                read_ns=12_000_000,
                compile_ns=round((compile_ms + extra) * 1e6),
                first_ns=71_000_000,
                steady_ns=41_200_000.0,
                loaded_from_cache=loaded,
                cache_bytes=cache_bytes,
            )
            for extra in (-2, 0, 3)
        )

    def started(step_id: str, title: str, startups: tuple[Startup, ...]) -> StepResult:
        return StepResult(
            step(step_id, title, "startup", how="fresh"),
            "done",
            startups=startups,
            latency_ms=middle_total_ms(startups),
        )

    results = (
        started("off", "cache off", launches(331, 0, None)),
        started("cold", "cache cold", launches(352, 51_000_000, False)),
        started("warm", "cache warm", launches(64, 51_000_000, True)),
    )
    return LadderState("startup", results, "done")


class ScriptedRunner:
    """Stands in for what measures: a test moves it on, and it notes what it was told."""

    def __init__(self, state: LadderState, on_change: Callable[[LadderState], None]) -> None:
        self.state = state
        self.told: list[str] = []
        self._on_change = on_change
        self._over = asyncio.Event()

    def become(self, state: LadderState) -> None:
        self.state = state
        self._on_change(state)

    def end(self) -> None:
        self._over.set()

    async def run(self) -> None:
        self.told.append("run")
        await self._over.wait()

    def advance(self) -> None:
        self.told.append("advance")

    def pause(self) -> None:
        self.told.append("pause")
        self.become(replace(self.state, status="paused"))

    def resume(self) -> None:
        self.told.append("resume")
        self.become(replace(self.state, status="running"))

    def stop(self) -> None:
        self.told.append("stop")
        self.become(replace(self.state, status="stopped", current=-1))
        self._over.set()

    async def again(self, index: int) -> None:
        self.told.append(f"again {index}")


def steps_of(state: LadderState) -> tuple[Step, ...]:
    return tuple(result.step for result in state.results)


STATES: dict[LadderKind, Callable[[], LadderState]] = {"ladder": finished, "slower": slower, "startup": startup}
