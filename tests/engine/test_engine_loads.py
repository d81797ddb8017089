"""Open loads and traced requests in the real engine process."""

import time

import pytest
from engine_client import of_kind, spec_of, windows

from ovexplorer.analysis.requests import analyse_requests
from ovexplorer.analysis.stability import judge
from ovexplorer.schema.protocol import (
    ChangeSpec,
    ConfigurationReady,
    Failed,
    Pause,
    PhaseStarted,
    Resume,
    RunFinished,
    RunPaused,
    SpansTaken,
    StartRun,
    Trace,
    WindowMeasured,
)


def load_of(path="demo:relu", **changes):
    return spec_of(path, **{"iterations": 0, "duration_s": 1.0, **changes})


def total(measured, field):
    return sum(getattr(window, field) for window in measured)


@pytest.mark.parametrize("api", ["sync", "async"])
def test_a_low_fixed_rate_is_kept_and_waits_for_nothing(engine, api):
    measured = windows(engine.run(1, load_of(load="fixed", rate_fps=100.0, api=api, requests=2, duration_s=1.5)), 1)
    count = total(measured, "count")
    assert count == pytest.approx(150, abs=8)
    # Most of them cost what the inference costs: the rest is the machine's noise.
    typical = sorted(window.median_ns for window in measured)[len(measured) // 2]
    assert typical < 5_000_000
    assert total(measured, "service_ns") > 0
    assert total(measured, "sum_ns") >= total(measured, "service_ns")


@pytest.mark.parametrize("api", ["sync", "async"])
def test_a_rate_above_capacity_is_honest(engine, api):
    # A verdict compares 20 parts; on a busy machine slices differ so much that 30 of them may leave a part empty.
    spec = load_of(load="fixed", rate_fps=1e6, api=api, requests=2, duration_s=12.0)
    measured = windows(engine.run(1, spec), 1)
    assert total(measured, "count") < 6_000_000
    # Whoever was due at the beginning of the last slice has waited for almost all of the run.
    assert measured[-1].median_ns > 3 * measured[2].median_ns
    assert measured[-1].median_ns > 2e9
    assert total(measured, "queue_ns") > 0.8 * total(measured, "sum_ns")
    verdict = judge(measured)
    assert verdict.verdict == "unstable"
    assert "trend" in [reason.code for reason in verdict.reasons]


def test_bursts_queue_behind_each_other(engine):
    measured = windows(engine.run(1, load_of("demo:mobilenet", load="bursts", rate_fps=16.0, burst=8)), 1)
    assert total(measured, "queue_ns") > 2 * total(measured, "service_ns")


def test_a_command_ends_the_wait_for_an_arrival(engine):
    engine.send(StartRun(segment=1, spec=load_of(load="fixed", rate_fps=0.02, duration_s=0.0)))
    engine.until(WindowMeasured, 0)
    began = time.monotonic()
    engine.send(Pause())
    engine.until(RunPaused)
    assert time.monotonic() - began < 2


def test_a_run_ends_in_time_although_nothing_is_due(engine):
    began = time.monotonic()
    events = engine.run(1, load_of(load="fixed", rate_fps=0.01, duration_s=0.5))
    assert of_kind(events, RunFinished)[0].reason == "duration"
    assert total(windows(events, 1), "count") == 1
    assert time.monotonic() - began < 30


def test_a_pause_leaves_no_line_behind(engine):
    engine.send(StartRun(segment=1, spec=load_of(load="fixed", rate_fps=200.0, duration_s=0.0)))
    engine.until(WindowMeasured, 0)
    engine.send(Pause())
    paused = engine.until(RunPaused)
    engine.send(Resume())
    seen = len(engine.events)
    engine.until(WindowMeasured, seen)
    pause_ns = windows(engine.events, 1)[-1].start_ns - paused.at_ns
    assert pause_ns > 0
    assert windows(engine.events[seen:], 1)[0].start_ns > paused.at_ns


def test_a_load_without_a_rate_is_refused(engine):
    failed = of_kind(engine.run(1, load_of(load="poisson", rate_fps=0.0)), Failed)
    assert failed[0].kind == "property_refused"
    assert "--rate" in failed[0].hint


@pytest.mark.parametrize("api", ["sync", "async"])
@pytest.mark.parametrize("load", ["closed", "poisson"])
def test_traced_requests_tell_all_that_was_counted(engine, api, load):
    engine.send(Trace(enabled=True))
    spec = load_of("demo:mobilenet", api=api, requests=2, load=load, rate_fps=60.0, inputs="copy", outputs="copy")
    events = engine.run(1, spec)
    spans = [event.spans for event in of_kind(events, SpansTaken)]
    assert sum(len(entry.lane) + entry.dropped for entry in spans) == total(windows(events, 1), "count")
    assert [entry.first for entry in spans] == [sum(len(e.lane) for e in spans[:at]) for at in range(len(spans))]
    streams = of_kind(events, ConfigurationReady)[0].streams
    analysis = analyse_requests(spans, streams)
    assert {request.lane for request in analysis.requests} <= set(range(2 if api == "async" else 1))
    assert analysis.stages.capture.p50 > 0
    assert analysis.stages.post.p50 > 0
    if load == "closed":
        assert analysis.stages.infer.share > 0.2
    for request in analysis.requests:
        assert request.due_ns <= request.begin_ns <= request.start_ns <= request.end_ns <= request.done_ns


def test_tracing_can_be_switched_without_a_compile(engine):
    engine.send(StartRun(segment=1, spec=load_of(api="async", requests=3, duration_s=0.0)))
    engine.until(WindowMeasured, 0)
    assert not of_kind(engine.events, SpansTaken)
    engine.send(Trace(enabled=True))
    spans = engine.until(SpansTaken).spans
    # So fast a model is told in part, and says so.
    assert len(spans.lane) <= 2000
    engine.send(ChangeSpec(segment=2, spec=load_of(api="sync", duration_s=0.5)))
    engine.until(RunFinished)
    assert any(event.spans.segment == 2 for event in of_kind(engine.events, SpansTaken))
    engine.send(Trace(enabled=False))
    events = engine.run(3, load_of(duration_s=0.3))
    assert not of_kind(events, SpansTaken)
    assert sum(event.phase == "compile" for event in of_kind(engine.events, PhaseStarted)) == 1
