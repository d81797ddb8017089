"""Events and helpers that the tests of this room share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ovexplorer.schema.facts import EnvironmentFacts
from ovexplorer.schema.histogram import histogram_of
from ovexplorer.schema.protocol import PROTOCOL_VERSION, ConfigurationReady, Hello, WindowMeasured
from ovexplorer.schema.results import Window
from ovexplorer.schema.spec import ModelSpec, RunSpec
from ovexplorer.text import CleanText, clean

SPEC = RunSpec(model=ModelSpec(path="demo:relu"), properties={"PERFORMANCE_HINT": "LATENCY"})
OTHER = RunSpec(model=ModelSpec(path="demo:relu"), properties={"PERFORMANCE_HINT": "THROUGHPUT"})
THIRD = RunSpec(model=ModelSpec(path="demo:relu"), api="async")

ENVIRONMENT = EnvironmentFacts(
    hostname=clean("host"),
    cpu_model=clean("cpu"),
    cpu_flags=(),
    logical_cpus=2,
    allowed_cpus=(0, 1),
    quota_cpus=0.0,
    memory_bytes=1,
    memory_limit_bytes=0,
    kernel=clean("Linux"),
    virtualisation=CleanText(""),
    governor=CleanText(""),
    openvino=clean("2026"),
    python=clean("3.11"),
)


def hello(pid: int = 7, clock_ns: int = 1_000) -> Hello:
    return Hello(
        protocol=PROTOCOL_VERSION,
        pid=pid,
        clock_ns=clock_ns,
        import_ns=5,
        openvino=clean("2026.4"),
        environment=ENVIRONMENT,
    )


def ready(segment: int, at_ns: int = 0) -> ConfigurationReady:
    return ConfigurationReady(
        segment=segment,
        at_ns=at_ns,
        effective=(),
        loaded_from_cache=None,
        kept=False,
        requests=1,
        streams=1,
        batch=1,
        execution_devices=(clean("CPU"),),
    )


def window(segment: int, start_ns: int = 0, latencies: tuple[int, ...] = (100, 110, 120), shape: int = 0) -> Window:
    ordered = sorted(latencies)
    return Window(
        segment=segment,
        start_ns=start_ns,
        end_ns=start_ns + sum(latencies),
        count=len(latencies),
        sum_ns=sum(latencies),
        min_ns=ordered[0],
        max_ns=ordered[-1],
        median_ns=ordered[(len(ordered) - 1) // 2],
        histogram=histogram_of(latencies),
        shape_index=shape,
    )


def measured(segment: int, start_ns: int = 0) -> WindowMeasured:
    return WindowMeasured(window=window(segment, start_ns))


async def turns(done: Callable[[], bool], most: int = 200) -> None:
    """Let other tasks go on until something holds."""
    for _ in range(most):
        if done():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never happened")
