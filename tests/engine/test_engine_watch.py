"""Layers of the live run, again and again: a part of the time, beside a run that is never counted with counters on."""

import pytest
from engine_client import of_kind, spec_of, windows

from ovexplorer.engine.layer_watch import WatchSchedule
from ovexplorer.schema.contest import ContestantsReleased, Prepare, Release
from ovexplorer.schema.counting import WatchLayers
from ovexplorer.schema.protocol import (
    ChangeSpec,
    ConfigurationReady,
    Failed,
    LayersMeasured,
    Pause,
    PhaseStarted,
    Profile,
    Resume,
    RunFinished,
    RunPaused,
    StartRun,
    StopRun,
    WindowMeasured,
)

BRANCHY = spec_of("demo:branchy", iterations=0)
OFTEN = WatchLayers(enabled=True, every_s=0.1, share=0.5)


@pytest.fixture
def live(engine):
    engine.send(StartRun(segment=1, spec=BRANCHY))
    engine.until(WindowMeasured, 0)
    return engine


def watch(engine, number, command=OFTEN):
    """Layers told so often."""
    engine.send(command)
    return more(engine, number)


def more(engine, number):
    seen, found = len(engine.events), []
    for _ in range(number):
        event = engine.until(LayersMeasured, seen)
        seen = next(at for at in range(seen, len(engine.events)) if engine.events[at] is event) + 1
        found.append(event.profile)
    return found


# When


def test_counting_takes_its_share_of_fast_models():
    schedule = WatchSchedule(1.0, 0.25)
    assert schedule.due(0.0)
    assert schedule.budget_s == 0.25
    schedule.took(10.0, 10.2)
    assert not schedule.due(10.99)
    assert schedule.due(11.0)


def test_slow_counting_makes_the_time_between_longer():
    schedule = WatchSchedule(1.0, 0.25)
    schedule.took(10.0, 13.0)
    assert not schedule.due(21.9)
    assert schedule.due(22.0)


@pytest.mark.parametrize("share", [-1.0, 0.0, 5.0])
def test_senseless_shares_are_bounded(share):
    schedule = WatchSchedule(1.0, share)
    assert 0 < schedule.budget_s < 1.0


# In the engine


def test_values_cover_the_inferences_since_the_one_before(live):
    profiles = watch(live, 3)
    assert all(profile.live and profile.segment == 1 and profile.spec == BRANCHY for profile in profiles)
    assert all(profile.warm_up_removed and profile.iterations >= 2 for profile in profiles)
    assert all(profile.overhead is None for profile in profiles)
    counted = [sum(layer.mean_ns for layer in profile.layers) for profile in profiles]
    assert all(0.4 * p.latency_ns < ns < 1.3 * p.latency_ns for p, ns in zip(profiles, counted))
    assert profiles[0].at_ns < profiles[1].at_ns < profiles[2].at_ns
    assert not of_kind(live.events, Failed)


def test_the_error_grows_with_age_until_it_is_compiled_anew(live):
    profiles = watch(live, 8)
    errors = [max(layer.error_ns for layer in profile.layers) for profile in profiles]
    assert errors[0] <= 3000
    assert errors[1] > errors[0]
    note = next((profile.note for profile in profiles if "to keep the counters fine" in profile.note), "")
    assert note
    first = next(index for index, profile in enumerate(profiles) if profile.note == note)
    assert errors[first] < errors[first - 1]


def test_the_live_run_goes_on_between_and_never_during(live):
    seen = len(live.events)
    watch(live, 3)
    told = live.events[seen:]
    assert windows(told, 1)
    for profile in (event.profile for event in of_kind(told, LayersMeasured)):
        begun_ns = profile.at_ns - profile.iterations * profile.latency_ns
        middle_ns = (begun_ns + profile.at_ns) // 2
        assert not any(window.start_ns < middle_ns < window.end_ns for window in windows(told, 1))
    assert not of_kind(told, PhaseStarted)


def test_counting_keeps_to_its_share(live):
    seen = len(live.events)
    profiles = watch(live, 5, WatchLayers(enabled=True, every_s=0.1, share=0.3))
    spent_ns = sum(profile.iterations * profile.latency_ns for profile in profiles[1:])
    whole_ns = profiles[-1].at_ns - profiles[0].at_ns
    assert spent_ns < 0.45 * whole_ns
    assert sum(window.end_ns - window.start_ns for window in windows(live.events[seen:], 1)) > 0.3 * whole_ns


def test_several_streams_tell_means_since_the_compile(engine):
    spec = spec_of("demo:branchy", iterations=0, api="async", requests=2, properties={"NUM_STREAMS": "2"})
    engine.send(StartRun(segment=1, spec=spec))
    engine.until(WindowMeasured, 0)
    first, second = watch(engine, 2)
    assert not first.warm_up_removed
    assert "several streams" in first.note
    assert f"means over all {second.iterations} inferences since the compile" in second.note
    assert second.iterations > first.iterations


def test_switching_it_off_ends_it(live):
    watch(live, 1)
    seen = len(live.events)
    live.send(WatchLayers(enabled=False))
    live.send(Pause())
    live.until(RunPaused, seen)
    seen = len(live.events)
    live.send(Resume())
    for _ in range(4):
        at = len(live.events)
        live.until(WindowMeasured, at)
    assert not of_kind(live.events[seen:], LayersMeasured)


def test_a_pause_holds_it_and_a_resumed_run_goes_on(live):
    watch(live, 1)
    seen = len(live.events)
    live.send(Pause())
    live.until(RunPaused, seen)
    seen = len(live.events)
    with pytest.raises(AssertionError, match="LayersMeasured"):
        live.until(LayersMeasured, seen, patience_s=0.3)
    live.send(Resume())
    assert live.until(LayersMeasured, seen).profile.live


def test_another_configuration_is_watched_instead(live):
    watch(live, 1)
    seen = len(live.events)
    live.send(ChangeSpec(segment=2, spec=spec_of("demo:relu", iterations=0)))
    live.until(ConfigurationReady, seen)
    profile = live.until(LayersMeasured, seen, lambda event: event.profile.segment == 2).profile
    assert any(layer.raw_name == "relu" for layer in profile.layers)


def test_a_contest_holds_it(live):
    watch(live, 1)
    seen = len(live.events)
    live.send(Prepare(segment=11, spec=BRANCHY))
    ready = live.until(ConfigurationReady, seen)
    held = live.events.index(ready)
    with pytest.raises(AssertionError, match="LayersMeasured"):
        live.until(LayersMeasured, held, patience_s=0.3)
    live.send(Release())
    live.until(ContestantsReleased, held)
    assert live.until(LayersMeasured, held).profile.segment == 1


def test_a_profile_in_between_is_taken_and_watching_goes_on(live):
    watch(live, 1)
    seen = len(live.events)
    live.send(Profile(seconds=0.05, iterations=5))
    live.until(LayersMeasured, seen, lambda event: not event.profile.live)
    assert more(live, 1)[0].live


def test_a_new_run_is_not_watched_before_it_is_asked_for(live):
    watch(live, 1)
    seen = len(live.events)
    live.send(StartRun(segment=5, spec=spec_of("demo:relu", iterations=2000)))
    live.until(RunFinished, seen, lambda event: event.segment == 5)
    assert not [event for event in of_kind(live.events[seen:], LayersMeasured) if event.profile.segment == 5]


def test_the_end_of_the_run_ends_it(live):
    watch(live, 1)
    seen = len(live.events)
    live.send(StopRun())
    live.until(RunFinished, seen)
    live.send(Profile())
    assert live.until(Failed, seen).kind == "profile_failed"


def test_a_configuration_that_reserves_its_cores_is_refused_once(engine):
    spec = spec_of("demo:relu", iterations=0, properties={"ENABLE_CPU_RESERVATION": "YES"})
    engine.send(StartRun(segment=1, spec=spec))
    engine.until(WindowMeasured, 0)
    seen = len(engine.events)
    engine.send(OFTEN)
    failed = engine.until(Failed, seen)
    assert (failed.kind, failed.segment, failed.continues) == ("profile_failed", 1, 1)
    at = len(engine.events)
    for _ in range(3):
        engine.until(WindowMeasured, len(engine.events))
    assert not of_kind(engine.events[at:], Failed)
