"""Contestants in the real engine: compiled side by side, in turns, never at once, and the live run afterwards."""

from itertools import pairwise

from engine_client import of_kind, spec_of

from ovexplorer.schema.contest import (
    ContestantsReleased,
    Prepare,
    Release,
    RunTurns,
    TurnMeasured,
    TurnsFinished,
)
from ovexplorer.schema.protocol import (
    ChangeSpec,
    ConfigurationReady,
    Failed,
    Pause,
    PhaseStarted,
    Resume,
    RunPaused,
    SetLimits,
    StartRun,
    StopRun,
    WindowMeasured,
)
from ovexplorer.schema.spec import ModelSpec


def streams(number, **more):
    return spec_of("demo:relu", iterations=0, properties={"NUM_STREAMS": str(number)}, **more)


def prepared(engine, *specs, first=11):
    for number, spec in enumerate(specs, first):
        engine.send(Prepare(segment=number, spec=spec))
        engine.until((ConfigurationReady, Failed), 0, lambda event, number=number: event.segment == number)


def run_turns(engine, turns, seconds=0.02, contest=1, fewest=5):
    seen = len(engine.events)
    engine.send(RunTurns(contest=contest, turns=turns, seconds=seconds, fewest=fewest))
    engine.until((TurnsFinished, Failed), seen)
    return engine.events[seen:]


def taken(events):
    return [event.turn for event in of_kind(events, TurnMeasured)]


def test_turns_run_in_the_order_that_was_asked_for_and_never_overlap(engine):
    prepared(engine, streams(1), streams(2))
    told = run_turns(engine, (11, 12, 12, 11))
    turns = taken(told)
    assert [turn.window.segment for turn in turns] == [11, 12, 12, 11]
    assert all(a.window.end_ns <= b.window.start_ns for a, b in pairwise(turns))
    assert all(turn.window.count >= 5 and turn.dropped >= 1 for turn in turns)
    assert all(turn.window.end_ns - turn.window.start_ns >= 19_000_000 for turn in turns)
    assert of_kind(told, TurnsFinished)[0].complete


def test_nothing_compiles_while_turns_count(engine):
    prepared(engine, streams(1), streams(2))
    assert not of_kind(run_turns(engine, (11, 12, 12, 11)), PhaseStarted)


def test_several_requests_count_twice_as_many_as_are_in_flight(engine):
    prepared(engine, streams(2, api="async", requests=4))
    (turn,) = taken(run_turns(engine, (11,), seconds=0.0, fewest=1))
    assert turn.window.count >= 8
    assert turn.dropped >= 4


def test_the_live_run_waits_and_goes_on_after_release(engine):
    engine.send(StartRun(segment=1, spec=streams(1)))
    engine.until(WindowMeasured, 0)
    prepared(engine, streams(1), streams(2))
    seen = len(engine.events)
    run_turns(engine, (11, 12, 12, 11))
    assert not of_kind(engine.events[seen:], WindowMeasured)
    seen = len(engine.events)
    engine.send(Release())
    assert engine.until(ContestantsReleased, seen).segments == (11, 12)
    assert engine.until(WindowMeasured, seen).window.segment == 1


def test_the_same_configuration_is_compiled_once(engine):
    prepared(engine, streams(1), streams(1))
    ready = of_kind(engine.events, ConfigurationReady)
    assert [event.kept for event in ready] == [False, True]


def test_a_contestant_is_held_although_no_configuration_is_kept(engine):
    engine.send(SetLimits(kept_configurations=1))
    prepared(engine, streams(1), streams(2))
    assert len(taken(run_turns(engine, (11, 12, 12, 11)))) == 4


def test_a_command_in_between_is_obeyed_and_no_turn_is_lost(engine):
    engine.send(StartRun(segment=1, spec=streams(1)))
    engine.until(WindowMeasured, 0)
    prepared(engine, streams(1), streams(2))
    seen = len(engine.events)
    engine.send(RunTurns(contest=1, turns=(11, 12, 12, 11), seconds=0.1))
    engine.until(TurnMeasured, seen)
    engine.send(Pause())
    engine.until(RunPaused, seen)
    before = len(taken(engine.events[seen:]))
    engine.send(Resume())
    engine.until(TurnsFinished, seen)
    assert before < 4
    turns = taken(engine.events[seen:])
    assert [turn.window.segment for turn in turns] == [11, 12, 12, 11]
    assert all(turn.window.end_ns - turn.window.start_ns >= 99_000_000 for turn in turns)


def test_another_configuration_ends_the_comparison(engine):
    engine.send(StartRun(segment=1, spec=streams(1)))
    engine.until(WindowMeasured, 0)
    prepared(engine, streams(1), streams(2))
    seen = len(engine.events)
    engine.send(RunTurns(contest=1, turns=(11, 12, 12, 11) * 200, seconds=0.1))
    engine.until(TurnMeasured, seen)
    engine.send(ChangeSpec(segment=20, spec=streams(2)))
    assert not engine.until(TurnsFinished, seen).complete
    assert engine.until(WindowMeasured, seen).window.segment == 20
    assert of_kind(run_turns(engine, (11,)), Failed)[0].kind == "compare_refused"


def test_a_side_that_cannot_be_compiled_says_why_and_the_live_run_stays(engine):
    engine.send(StartRun(segment=1, spec=streams(1)))
    engine.until(WindowMeasured, 0)
    prepared(engine, spec_of("demo:relu", device="NONSENSE"))
    failed = of_kind(engine.events, Failed)[0]
    assert (failed.segment, failed.kind, failed.continues) == (11, "device_unusable", 1)
    engine.send(Release())
    assert engine.until(WindowMeasured, len(engine.events)).window.segment == 1


def test_reserved_cores_cannot_stand_beside_another(engine):
    prepared(engine, spec_of("demo:relu", properties={"ENABLE_CPU_RESERVATION": "YES"}))
    assert of_kind(engine.events, Failed)[0].kind == "compare_refused"


def test_two_models_stand_side_by_side(engine):
    prepared(engine, streams(1), spec_of("demo:branchy", iterations=0))
    small, large = taken(run_turns(engine, (11, 12)))
    assert small.window.median_ns < large.window.median_ns


def test_stop_drops_them(engine):
    prepared(engine, streams(1))
    engine.send(StopRun())
    assert of_kind(run_turns(engine, (11,)), Failed)


def test_a_missing_model_is_told_for_the_contestant(engine):
    prepared(engine, spec_of("/nowhere/model.onnx"))
    failed = of_kind(engine.events, Failed)[0]
    assert (failed.segment, failed.kind) == (11, "model_missing")
    assert ModelSpec(path="/nowhere/model.onnx").path in failed.what


def test_a_paused_run_is_paused_again_after_the_comparison(engine):
    engine.send(StartRun(segment=1, spec=streams(1)))
    engine.until(WindowMeasured, 0)
    engine.send(Pause())
    engine.until(RunPaused, 0)
    prepared(engine, streams(1), streams(2))
    run_turns(engine, (11, 12))
    seen = len(engine.events)
    engine.send(Release())
    engine.until(RunPaused, seen)
    assert not of_kind(engine.events[seen:], WindowMeasured)
    engine.send(Resume())
    assert engine.until(WindowMeasured, seen).window.segment == 1
