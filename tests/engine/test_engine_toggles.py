"""Changing the configuration while the real engine measures: kept ones, refusals, the newest wins, pause."""

import pytest
from engine_client import of_kind, spec_of, windows

from ovexplorer.schema.protocol import (
    ChangeSpec,
    ConfigurationReady,
    Failed,
    Pause,
    PhaseFinished,
    PhaseStarted,
    Resume,
    RunFinished,
    RunPaused,
    RunResumed,
    SetLimits,
    StartRun,
    StopRun,
    WindowMeasured,
)
from ovexplorer.schema.spec import ModelSpec


def live(engine, spec, segment=1):
    engine.send(StartRun(segment=segment, spec=spec))
    engine.until(WindowMeasured, 0, lambda event: event.window.segment == segment)


def toggle(engine, segment, spec):
    """Change the configuration and return what came until its first window."""
    seen = len(engine.events)
    engine.send(ChangeSpec(segment=segment, spec=spec))
    engine.until(WindowMeasured, seen, lambda event: event.window.segment == segment)
    return engine.events[seen:]


def compiled(events):
    return [event for event in of_kind(events, PhaseFinished) if event.phase == "compile"]


def streams(number):
    return spec_of("demo:relu", iterations=0, properties={"NUM_STREAMS": str(number)})


def test_going_back_uses_the_kept_configuration(engine):
    live(engine, streams(1))
    assert compiled(toggle(engine, 2, streams(2)))
    back = toggle(engine, 3, streams(1))
    assert of_kind(back, ConfigurationReady)[-1].kept
    assert not compiled(back)
    seen = len(engine.events)
    engine.send(StopRun())
    assert engine.until(RunFinished, seen).reason == "stopped"


def test_another_api_needs_no_compile(engine):
    live(engine, streams(1))
    other = spec_of("demo:relu", iterations=0, api="async", requests=3, properties={"NUM_STREAMS": "1"})
    assert not compiled(toggle(engine, 2, other))


def test_the_oldest_kept_configuration_goes_first(engine):
    engine.send(SetLimits(kept_configurations=2))
    live(engine, streams(1))
    toggle(engine, 2, streams(2))
    toggle(engine, 3, spec_of("demo:relu", iterations=0, properties={"INFERENCE_PRECISION_HINT": "f32"}))
    assert not compiled(toggle(engine, 4, streams(2)))
    assert compiled(toggle(engine, 5, streams(1)))


def test_a_reserving_configuration_lives_alone(engine):
    alone = spec_of("demo:relu", properties={"ENABLE_CPU_RESERVATION": "YES"})
    engine.run(1, spec_of("demo:relu"))
    assert windows(engine.run(2, alone, ChangeSpec), 2)
    events = engine.run(3, spec_of("demo:relu"), ChangeSpec)
    # OpenVINO may keep cores that were reserved after another compile; then, and only then, a new engine is asked for.
    failed = of_kind(events, Failed)
    if failed:
        assert failed[0].kind == "restart_needed"
    else:
        assert windows(events, 3)
        assert not of_kind(events, ConfigurationReady)[0].kept


def test_a_refused_value_leaves_the_last_configuration_running(engine):
    live(engine, streams(1))
    seen = len(engine.events)
    bad = spec_of("demo:relu", iterations=0, properties={"INFERENCE_PRECISION_HINT": "i8"})
    engine.send(ChangeSpec(segment=2, spec=bad))
    failed = engine.until(Failed, seen)
    assert (failed.kind, failed.continues) == ("property_refused", 1)
    assert failed.hint
    engine.until(WindowMeasured, len(engine.events), lambda event: event.window.segment == 1)


def test_the_newest_of_several_toggles_wins(engine):
    live(engine, spec_of("demo:mobilenet", iterations=0))
    seen = len(engine.events)
    for segment, number in ((2, "1"), (3, "2"), (4, "1")):
        spec = spec_of("demo:mobilenet", iterations=0, properties={"NUM_STREAMS": number})
        engine.send(ChangeSpec(segment=segment, spec=spec))
    engine.until(WindowMeasured, seen, lambda event: event.window.segment == 4)
    assert 3 not in [event.segment for event in of_kind(engine.events[seen:], ConfigurationReady)]


def test_pause_ends_the_stretch_and_resume_begins_another(engine):
    live(engine, streams(1))
    engine.send(Pause())
    paused = engine.until(RunPaused, 0)
    before = windows(engine.events, 1)[-1]
    seen = len(engine.events)
    engine.send(Resume())
    resumed = engine.until(RunResumed, seen)
    after = engine.until(WindowMeasured, seen).window
    assert before.end_ns <= paused.at_ns <= resumed.at_ns <= after.start_ns


def test_a_toggle_while_paused_measures_again(engine):
    live(engine, streams(1))
    engine.send(Pause())
    engine.until(RunPaused, 0)
    assert of_kind(toggle(engine, 2, streams(2)), RunResumed)


@pytest.mark.parametrize("api", ["sync", "async"])
def test_a_slow_run_is_interrupted_for_a_toggle_without_any_failure(engine, api):
    model = ModelSpec(path="demo:resnet50", batch=16)
    slow = spec_of("", model=model, api=api, requests=3, iterations=0)
    live(engine, slow)
    for segment in range(2, 4):
        # Pauses and toggles at different moments of an inference.
        engine.send(Pause())
        engine.send(Resume())
        toggle(engine, segment, spec_of("", model=model, api=api, requests=segment, inputs="copy", iterations=0))
    assert not of_kind(engine.events, Failed)
    engine.send(StopRun())
    assert engine.until(RunFinished, 0).reason == "stopped"


def test_a_slow_first_inference_is_given_up_for_a_stop(engine):
    # 16 images at once take long enough to be caught in their first inference on any machine.
    model = ModelSpec(path="demo:resnet50", batch=16)
    engine.send(StartRun(segment=1, spec=spec_of("", model=model, iterations=0)))
    engine.until(PhaseStarted, 0, lambda event: event.phase == "first_inference")
    engine.send(Pause())
    engine.send(StopRun())
    finished = engine.until(RunFinished, 0)
    assert (finished.segment, finished.reason) == (1, "stopped")
    assert not of_kind(engine.events, WindowMeasured)
