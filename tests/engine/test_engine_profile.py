"""Profiles by the real engine: of the live run and of other configurations, without touching what is measured."""

import pytest
from engine_client import of_kind, spec_of, windows

from ovexplorer.schema.counting import ProfileOther
from ovexplorer.schema.protocol import (
    ChangeSpec,
    ConfigurationReady,
    Failed,
    LayersMeasured,
    ModelOpened,
    Noticed,
    PhaseFinished,
    PhaseStarted,
    Profile,
    RunFinished,
    StartRun,
    StopRun,
    WindowMeasured,
)

BRANCHY = spec_of("demo:branchy", iterations=0)


@pytest.fixture
def live(engine):
    engine.send(StartRun(segment=1, spec=BRANCHY))
    engine.until(WindowMeasured, 0)
    return engine


def profile_by(engine, command):
    seen = len(engine.events)
    engine.send(command)
    answer = engine.until((LayersMeasured, Failed), seen)
    if isinstance(answer, LayersMeasured):
        # Told after the profile, and the engine is still busy until then.
        engine.until(PhaseFinished, seen, lambda event: event.phase == "profile")
    return engine.events[seen:]


def only_profile(events):
    (measured,) = of_kind(events, LayersMeasured)
    return measured.profile


def test_a_profile_says_what_it_is_of_what_it_can_miss_and_what_it_costs(live):
    profile = only_profile(profile_by(live, Profile(seconds=0.3, iterations=50)))
    assert profile.spec == BRANCHY
    assert not profile.live
    assert profile.warm_up_removed
    assert profile.at_ns > 0
    ran = [layer for layer in profile.layers if layer.order >= 0]
    assert profile.truncation_ns == sum(layer.error_ns for layer in ran) > 0
    assert {layer.error_ns for layer in ran} == {round(1000 * (profile.iterations + 1) / profile.iterations) + 1000}
    assert all(layer.error_ns == 0 for layer in profile.layers if layer.order < 0)
    if profile.overhead is not None:  # A machine under load may be too slow for eight quads.
        point, low, high = profile.overhead
        assert low <= point <= high
        assert -0.5 < point < 1.0
        assert profile.plain_latency_ns > 0


def test_layers_carry_work_inputs_weights_and_their_block(live):
    profile = only_profile(profile_by(live, Profile(seconds=0.1, iterations=10)))
    by_name = {layer.raw_name: layer for layer in profile.layers}
    conv = by_name["deep.conv2"]
    assert conv.block == "deep"
    assert conv.weights.startswith("[")
    assert conv.input_shapes.count("[") == len(conv.inputs) == conv.input_layouts.count(",") + 1
    assert conv.flop > 0
    assert conv.read_bytes > 0
    assert conv.written_bytes > 0
    assert "deep.conv2" in conv.fused_from
    reorder = next(layer for layer in profile.layers if layer.type == "Reorder")
    assert reorder.weights == ""
    assert len(reorder.inputs) == 1


def test_another_configuration_is_profiled_under_its_own_number(live):
    live.until(WindowMeasured, len(live.events))
    other = spec_of("demo:relu", iterations=0, properties={"NUM_STREAMS": "1"})
    told = profile_by(live, ProfileOther(segment=9, spec=other, seconds=0.05, iterations=20))
    profile = only_profile(told)
    assert (profile.segment, profile.spec) == (9, other)
    assert any(layer.raw_name == "relu" for layer in profile.layers)
    assert [event.segment for event in of_kind(told, PhaseStarted)] == [9]
    assert not of_kind(told, ModelOpened)
    assert not of_kind(told, ConfigurationReady)
    seen = len(live.events)
    window = live.until(WindowMeasured, seen).window
    assert window.segment == 1
    ended = max(window.end_ns for window in windows(live.events[: live.events.index(told[0])], 1))
    started = next(event for event in told if isinstance(event, PhaseStarted)).at_ns
    finished = next(event for event in told if isinstance(event, PhaseFinished))
    assert all(
        entry.end_ns <= started or entry.start_ns >= finished.at_ns - 1_000_000 for entry in windows(live.events, 1)
    )
    assert ended <= started


def test_going_on_after_another_profile_compiles_nothing(live):
    profile_by(live, ProfileOther(segment=9, spec=spec_of("demo:relu"), seconds=0.05, iterations=5))
    seen = len(live.events)
    live.send(ChangeSpec(segment=2, spec=BRANCHY))
    assert live.until(ConfigurationReady, seen).kept


def test_a_kept_configuration_tells_what_counting_costs(live):
    relu = spec_of("demo:relu", iterations=0)
    live.send(ChangeSpec(segment=2, spec=relu))
    live.until(WindowMeasured, 0, lambda event: event.window.segment == 2)
    profile = only_profile(profile_by(live, ProfileOther(segment=9, spec=relu, seconds=0.05, iterations=5)))
    assert profile.overhead is not None
    assert profile.plain_latency_ns > 0


def test_without_a_run_another_configuration_can_be_profiled(engine):
    told = profile_by(engine, ProfileOther(segment=3, spec=spec_of("demo:relu"), seconds=0.05, iterations=5))
    assert only_profile(told).segment == 3


@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        (spec_of("demo:nothing"), "model_missing"),
        (spec_of("demo:relu", device="NONSENSE"), "device_unusable"),
        (spec_of("demo:relu", properties={"ENABLE_CPU_RESERVATION": "YES"}), "profile_failed"),
    ],
)
def test_a_profile_that_fails_says_so_under_its_number(live, spec, kind):
    told = profile_by(live, ProfileOther(segment=9, spec=spec))
    (failed,) = of_kind(told, Failed)
    assert (failed.segment, failed.kind, failed.phase, failed.continues) == (9, kind, "profile", 1)
    assert failed.hint
    assert live.until(WindowMeasured, len(live.events)).window.segment == 1


def test_a_command_ends_a_profile_and_is_obeyed(live):
    seen = len(live.events)
    live.send(ProfileOther(segment=9, spec=spec_of("demo:resnet50"), seconds=60, iterations=100_000))
    live.until(PhaseStarted, seen)
    live.send(StopRun())
    assert live.until(RunFinished, seen).segment == 1
    told = live.events[seen:]
    assert not of_kind(told, LayersMeasured)
    assert of_kind(told, Noticed)[0].code == "profile_cancelled"
    assert of_kind(told, PhaseFinished)[-1].phase == "profile"


def test_nothing_to_profile_is_told(engine):
    (failed,) = of_kind(profile_by(engine, Profile()), Failed)
    assert (failed.kind, failed.segment) == ("profile_failed", 0)
