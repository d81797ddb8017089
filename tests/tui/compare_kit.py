"""What tests of comparisons make happen: contestants that become ready, turns, drift."""

from __future__ import annotations

from ovexplorer.schema.contest import DriftMeasured, TurnMeasured, TurnsFinished
from ovexplorer.schema.drift import Drift, OutputDrift
from ovexplorer.schema.histogram import histogram_of
from ovexplorer.schema.protocol import ConfigurationReady, WindowMeasured
from ovexplorer.schema.results import Turn, Window
from ovexplorer.schema.spec import ModelSpec, RunSpec
from ovexplorer.text import clean

A = RunSpec(model=ModelSpec(path="demo:mobilenet"), properties={"PERFORMANCE_HINT": "LATENCY"})
B = RunSpec(model=A.model, properties={"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"})


def ready_of(segment: int, requests: int = 1) -> ConfigurationReady:
    """A contestant, or a configuration, that is compiled and warm."""
    return ConfigurationReady(
        segment=segment,
        at_ns=2_000_000_000,
        effective=(),
        loaded_from_cache=None,
        kept=False,
        requests=requests,
        streams=1,
        batch=1,
        execution_devices=(clean("CPU"),),
    )


def slice_of(segment: int, start_ns: int, latency_ns: int, count: int, length_ns: int) -> Window:
    """Equally long inferences."""
    return Window(
        segment=segment,
        start_ns=start_ns,
        end_ns=start_ns + length_ns,
        count=count,
        sum_ns=count * latency_ns,
        min_ns=latency_ns,
        max_ns=latency_ns,
        median_ns=latency_ns,
        histogram=histogram_of([latency_ns] * count),
    )


def counted(segment: int, second: int, latency_ns: int = 10_000_000) -> WindowMeasured:
    """One second of a live run."""
    start = 2_000_000_000 + second * 1_000_000_000
    return WindowMeasured(window=slice_of(segment, start, latency_ns, 100, 1_000_000_000))


def quads(
    contest: int, a: int, b: int, number: int, *, a_ns: int = 10_000_000, b_ns: int = 8_000_000, first: int = 0
) -> tuple[TurnMeasured, ...]:
    """Turns of whole quads, A B B A, a tenth of a second each; a little noise so that intervals have a width."""
    turns = []
    for index in range(first * 4, (first + number) * 4):
        segment = (a, b, b, a)[index % 4]
        latency = (a_ns if segment == a else b_ns) + 1_000 * (index * 7 % 11)
        start = 60_000_000_000 + index * 101_000_000
        turns.append(
            TurnMeasured(contest=contest, turn=Turn(window=slice_of(segment, start, latency, 10, 100_000_000)))
        )
    return tuple(turns)


def finished(contest: int) -> TurnsFinished:
    """All turns that were asked for ran."""
    return TurnsFinished(contest=contest, complete=True)


def drift_of(segment: int, relative_l2: float = 3e-3, non_finite: int = 0) -> DriftMeasured:
    """A classifier's drift; none of it makes it the reference."""
    output = OutputDrift(
        name=clean("output"),
        max_abs=relative_l2 * 7,
        relative_l2=relative_l2,
        cosine=0.999995,
        non_finite=non_finite,
        top1_of=64,
        top1_changed=0,
    )
    reference = clean("f32, accuracy mode, CPU")
    if not relative_l2:
        return DriftMeasured(
            drift=Drift(segment=segment, state="reference", inputs=64, outputs=(output,), reference=reference)
        )
    return DriftMeasured(
        drift=Drift(segment=segment, state="measured", inputs=64, outputs=(output,), reference=reference)
    )
