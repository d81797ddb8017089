from __future__ import annotations

from itertools import pairwise

import msgspec
import pytest
from session_kit import OTHER, SPEC, THIRD, hello, measured, ready, window

from ovexplorer.schema.facts import ModelFacts
from ovexplorer.schema.protocol import (
    EngineDied,
    Failed,
    LayersMeasured,
    MemoryMeasured,
    ModelOpened,
    Noticed,
    PhaseFinished,
    PhaseStarted,
    RunFinished,
    RunPaused,
    RunResumed,
    WindowMeasured,
)
from ovexplorer.schema.recorded import Asked, Noted, Withdrew
from ovexplorer.schema.results import LayerProfile, MemoryUse
from ovexplorer.session import drafts
from ovexplorer.session.drafts import thin
from ovexplorer.session.store import MOST_NOTICES, Store
from ovexplorer.text import clean


def failed(segment: int, continues: int = 0, kind: str = "compile_failed") -> Failed:
    return msgspec.convert(
        {
            "type": "Failed",
            "segment": segment,
            "kind": kind,
            "phase": None if kind == "model_missing" else "compile",
            "what": "no",
            "hint": "do",
            "continues": continues,
        },
        Failed,
        dec_hook=lambda _kind, text: clean(text),
    )


def live() -> Store:
    """One configuration, measured."""
    store = Store()
    store.apply(hello())
    store.asked(1, SPEC, "", 2_000, new_run=True)
    store.apply(PhaseStarted(phase="compile", segment=1, at_ns=2_100))
    store.apply(PhaseFinished(phase="compile", segment=1, at_ns=2_500, duration_ns=400))
    store.apply(ready(1, 2_600))
    store.apply(measured(1, 3_000))
    return store


def test_a_store_begins_before_any_engine() -> None:
    assert Store().state.status == "starting"


def test_the_road_to_a_live_run() -> None:
    store = Store()
    seen = [store.state.status]
    store.apply(hello(pid=42))
    seen.append(store.state.status)
    store.asked(1, SPEC, "", 2_000, new_run=True)
    seen.append(store.state.status)
    store.apply(ready(1))
    seen.append(store.state.status)
    store.apply(RunFinished(segment=1, at_ns=9, reason="duration"))
    seen.append(store.state.status)
    assert seen == ["starting", "idle", "working", "live", "finished"]
    assert store.state.engine_pid == 42
    assert store.state.segments[0].finished == "duration"
    assert store.state.marks == ()


def test_a_state_is_the_same_object_until_something_changes() -> None:
    store = live()
    first = store.state
    assert store.state is first
    store.apply(RunPaused(at_ns=5_000))
    second = store.state
    assert second is not first
    assert second.revision > first.revision
    assert second.segments[0] is first.segments[0]
    assert second.now_ns == 5_000


def test_phases_have_their_durations() -> None:
    segment = live().state.segments[0]
    assert segment.phase_ns("compile") == 400
    assert segment.running_phase is None
    assert segment.count == 3


def test_a_toggle_leaves_a_mark_and_works_until_ready() -> None:
    store = live()
    store.asked(2, OTHER, "Hint latency→throughput", 7_000)
    state = store.state
    assert (state.status, state.active) == ("working", 2)
    assert [(mark.number, mark.kind, mark.segment, mark.at_ns) for mark in state.marks] == [(1, "toggle", 2, 7_000)]
    assert state.measured is not None
    assert state.measured.number == 1
    store.apply(ready(2))
    assert store.state.status == "live"


def test_a_toggle_during_a_compile_withdraws_the_earlier_one() -> None:
    store = live()
    store.asked(2, OTHER, "one", 7_000)
    store.apply(PhaseStarted(phase="compile", segment=2, at_ns=7_100))
    store.asked(3, THIRD, "two", 7_200)
    state = store.state
    assert [segment.withdrawn for segment in state.segments] == [False, True, False]
    assert [(mark.number, mark.text) for mark in state.marks] == [(1, "two")]
    assert state.segments[1].running_phase is None
    # What still comes of the earlier one changes nothing.
    store.apply(PhaseFinished(phase="compile", segment=2, at_ns=7_300, duration_ns=200))
    store.apply(failed(2))
    assert store.state.active == 3
    assert store.state.status == "working"
    store.apply(ready(3))
    assert store.state.status == "live"
    assert store.state.current is not None
    assert store.state.current.number == 3


def test_the_first_configuration_replaced_before_it_compiled_leaves_no_mark() -> None:
    store = Store()
    store.apply(hello())
    store.asked(1, SPEC, "", 1, new_run=True)
    store.asked(2, OTHER, "changed", 2)
    assert store.state.marks == ()


def test_a_failed_toggle_goes_back_to_the_one_before() -> None:
    store = live()
    store.asked(2, OTHER, "bad idea", 7_000)
    store.apply(PhaseStarted(phase="compile", segment=2, at_ns=7_100))
    store.apply(failed(2, continues=1))
    state = store.state
    assert (state.status, state.active) == ("live", 1)
    assert state.segments[1].failed is not None
    assert state.phase is None
    store.apply(measured(1, 8_000))
    assert store.state.segments[0].count == 6


def test_a_first_run_that_fails_is_finished() -> None:
    store = Store()
    store.apply(hello())
    store.asked(1, SPEC, "", 1, new_run=True)
    store.apply(failed(1))
    assert store.state.status == "finished"
    assert store.last_good() == 0


def test_a_failure_while_measuring_ends_the_run() -> None:
    store = live()
    store.apply(failed(1, kind="inference_failed"))
    store.apply(RunFinished(segment=1, at_ns=1, reason="failed"))
    assert store.state.status == "finished"
    assert store.state.segments[0].failed is not None


@pytest.mark.parametrize("kind", ["profile_failed", "inference_failed"])
def test_a_failed_profile_leaves_the_run_alone(kind: str) -> None:
    store = live()
    store.expect_profile()
    store.apply(PhaseStarted(phase="profile", segment=1, at_ns=4_000))
    assert store.state.status == "working"
    store.apply(failed(1, continues=1, kind=kind))
    state = store.state
    assert (state.status, state.profiling) == ("live", False)
    assert state.profile_failed is not None
    assert state.segments[0].failed is None


def test_a_profile_given_up_for_a_command_is_over() -> None:
    store = live()
    store.apply(PhaseStarted(phase="profile", segment=1, at_ns=4_000))
    assert store.state.profiling
    store.apply(Noticed(code="profile_cancelled", text=clean("x")))
    assert (store.state.status, store.state.profiling) == ("live", False)


def test_a_profile_is_kept() -> None:
    store = live()
    profile = LayerProfile(segment=1, iterations=2, warm_up_removed=True, streams=1, latency_ns=10, layers=())
    store.expect_profile()
    assert store.state.profiling
    store.apply(LayersMeasured(profile=profile))
    assert store.state.profile is profile
    assert not store.state.profiling


def test_death_while_compiling_keeps_what_was_measured() -> None:
    store = live()
    store.asked(2, OTHER, "t", 7_000)
    store.apply(PhaseStarted(phase="compile", segment=2, at_ns=7_100))
    store.apply(EngineDied(exit_code=-11, while_doing="compile", expected=False, at_ns=7_600))
    state = store.state
    assert state.status == "died"
    assert state.died is not None
    assert state.segments[0].count == 3
    assert state.segments[1].phases[0].duration_ns == 500
    assert state.engine_pid == 0


def test_an_expected_end_is_not_a_death_and_the_next_engine_goes_on() -> None:
    store = live()
    store.asked(2, OTHER, "t", 7_000)
    store.apply(Withdrew(segment=2))
    assert store.state.marks == ()
    store.apply(Asked(segment=3, spec=SPEC, title=clean("engine restarted"), at_ns=7_500, kind="restart"))
    store.apply(EngineDied(exit_code=-9, while_doing="compile", expected=True, at_ns=7_600))
    assert store.state.status == "starting"
    assert store.state.died is None
    store.apply(hello(pid=8, clock_ns=8_000))
    assert store.state.status == "working"
    store.apply(ready(3))
    state = store.state
    assert state.status == "live"
    assert [(mark.kind, mark.number) for mark in state.marks] == [("restart", 0)]
    assert [segment.number for segment in state.segments if not segment.withdrawn] == [1, 3]


def test_pauses_and_notes_are_marks() -> None:
    store = live()
    store.apply(RunPaused(at_ns=5_000))
    assert store.state.status == "paused"
    store.apply(RunResumed(at_ns=6_000))
    store.apply(Noted(text=clean("hello"), at_ns=6_100))
    assert store.state.status == "live"
    assert [(mark.kind, mark.at_ns, mark.number) for mark in store.state.marks] == [
        ("pause", 5_000, 0),
        ("note", 6_100, 0),
    ]


def test_a_new_run_forgets_the_old_one() -> None:
    store = live()
    store.asked(2, OTHER, "t", 7_000)
    store.apply(RunPaused(at_ns=7_100))
    store.asked(3, SPEC, "", 9_000, new_run=True)
    state = store.state
    assert [segment.number for segment in state.segments] == [3]
    assert state.marks == ()
    assert state.status == "working"


def test_events_of_forgotten_segments_are_ignored() -> None:
    store = live()
    store.asked(2, SPEC, "", 9_000, new_run=True)
    for event in (measured(1), ready(1), RunFinished(segment=1, at_ns=1, reason="stopped")):
        store.apply(event)
    assert [segment.count for segment in store.state.segments] == [0]


def test_memory_is_fresh_only_when_every_phase_was() -> None:
    store = live()
    use = MemoryUse(after="compile", rss_bytes=1, pss_bytes=0, peak_rss_bytes=0)
    store.apply(MemoryMeasured(segment=1, memory=use, fresh=True))
    assert store.state.segments[0].memory_fresh
    store.apply(MemoryMeasured(segment=1, memory=use, fresh=False))
    assert not store.state.segments[0].memory_fresh


def test_notices_are_bounded() -> None:
    store = Store()
    for number in range(MOST_NOTICES + 20):
        store.apply(Noticed(code=str(number), text=clean("x")))
    assert [notice.code for notice in store.state.notices] == [str(n) for n in range(20, MOST_NOTICES + 20)]


def test_opening_a_model_works_fails_and_succeeds() -> None:
    store = Store()
    store.apply(hello())
    store.apply(PhaseStarted(phase="read", segment=0, at_ns=1))
    assert store.state.status == "working"
    assert store.state.phase is not None
    store.apply(failed(0, kind="model_missing"))
    assert store.state.opening_failed is not None
    assert store.state.status == "idle"
    facts = ModelFacts(
        path="p",
        name=clean("p"),
        format="ONNX",
        size_bytes=1,
        sha256="",
        identity="",
        inputs=(),
        outputs=(),
        operations={},
        parameters=0,
        weight_bytes=0,
        flop=0,
    )
    store.apply(ModelOpened(facts=facts, at_ns=2))
    assert store.state.opening_failed is None
    assert store.state.model is facts


def test_windows_are_bounded_without_losing_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "MOST_WINDOWS", 64)
    store = live()
    at = 10_000
    for _ in range(1_000):
        store.apply(WindowMeasured(window=window(1, at)))
        at += 330
    windows = store.state.segments[0].windows
    assert len(windows) <= 65
    assert sum(w.count for w in windows) == 3 + 3 * 1_000
    assert sum(w.histogram.total for w in windows) == 3 + 3 * 1_000
    assert sum(w.sum_ns for w in windows) == 330 * 1_001
    assert all(a.end_ns <= b.start_ns for a, b in pairwise(windows))


def test_thinning_keeps_pauses_and_shapes_apart() -> None:
    pause = 1_000_000
    made = [window(1, 0), window(1, 330, shape=1), window(1, 660), window(1, 990, shape=1), window(1, pause)]
    kept = thin(made)
    assert [(w.shape_index, w.count) for w in kept] == [(0, 6), (1, 6), (0, 3)]
    assert kept[2].start_ns == pause
