"""What Live says of turns with the baseline: progress, delta, drift, and what it falls back to."""

from __future__ import annotations

from ovexplorer.schema.contest import DriftMeasured, TurnMeasured
from ovexplorer.schema.drift import Drift, OutputDrift
from ovexplorer.schema.histogram import histogram_of
from ovexplorer.schema.protocol import Failed
from ovexplorer.schema.recorded import Contested, Settled
from ovexplorer.schema.results import Turn, Window
from ovexplorer.text import clean
from ovexplorer.tui.figures import RunFigures
from ovexplorer.tui.glyphs import ASCII, UNICODE
from ovexplorer.tui.paired_words import drift_piece
from ovexplorer.tui.screens import live_views
from tests.tui.test_live_parts import F32, SPEC, state_of, two_segments

MS = 1_000_000


def contested(a=SPEC, b=F32, number: int = 1) -> Contested:
    return Contested(
        contest=number,
        kind="check",
        metric="latency",
        a_segment=11,
        a=a,
        b_segment=12,
        b=b,
        budget_s=6,
        at_ns=64_000 * MS,
    )


def turn(segment: int, at_ms: int, latency_ns: int) -> TurnMeasured:
    values = [latency_ns] * 5
    window = Window(
        segment=segment,
        start_ns=at_ms * MS,
        end_ns=(at_ms + 100) * MS,
        count=5,
        sum_ns=sum(values),
        min_ns=latency_ns,
        max_ns=latency_ns,
        median_ns=latency_ns,
        histogram=histogram_of(values),
    )
    return TurnMeasured(contest=1, turn=Turn(window=window, dropped=1))


def quads(count: int, a_ns: int = 57_000_000, b_ns: int = 41_200_000) -> list[TurnMeasured]:
    """Quads whose latencies move by a third of a percent from turn to turn."""
    order = (11, 12, 12, 11) * count
    return [
        turn(side, 65_000 + 110 * place, (a_ns if side == 11 else b_ns) + place % 3 * 100_000)
        for place, side in enumerate(order)
    ]


def drift(segment: int, l2: float, *, non_finite: int = 0, top1: int = 0) -> DriftMeasured:
    output = OutputDrift(
        name=clean("prob"),
        max_abs=l2,
        relative_l2=l2,
        cosine=1,
        non_finite=non_finite,
        top1_of=64,
        top1_changed=top1,
    )
    return DriftMeasured(
        drift=Drift(segment=segment, state="measured" if l2 else "reference", inputs=64, outputs=(output,))
    )


def against(*events, glyphs=UNICODE):
    state = state_of(*two_segments(), *events)
    live = RunFigures()
    live.feed(state)
    return live_views.against(state.segments[1], live, glyphs)


def test_before_the_check_the_delta_is_sequential():
    assert against().how == "seq"


def test_while_turns_run_their_number_stands_beside_the_sequential_delta():
    view = against(contested(), *quads(5))
    assert view.how == "seq ◐ 5 of 50"
    assert view.percent == "+38"


def test_from_the_eighth_quad_on_the_delta_is_that_of_the_turns():
    view = against(contested(), *quads(8))
    assert view.how == "◐ paired"
    assert (view.sign, view.word, view.percent) == ("▲", "faster", "+38")
    assert against(contested(), *quads(8), Settled(contest=1, stopped="decided", at_ns=1)).how == "paired"


def test_no_difference_says_what_would_have_been_seen():
    view = against(contested(), *quads(12, 57_000_000, 57_000_000))
    assert (view.sign, view.word) == ("≈", "no difference")
    assert view.words.startswith("±")


def test_a_comparison_the_other_way_round_counts_too():
    events = contested(F32, SPEC), *quads(8, 41_200_000, 57_000_000)
    assert against(*events).percent == "+38"


def test_a_comparison_that_was_stopped_too_early_leaves_the_sequential_delta():
    view = against(contested(), *quads(3), Settled(contest=1, stopped="user", at_ns=1))
    assert view.how == "seq"


def test_a_side_that_failed_leaves_the_sequential_delta():
    failed = Failed(segment=12, kind="compile_failed", phase="compile", what=clean("no"), hint=clean("h"), continues=2)
    assert against(contested(), failed, Settled(contest=1, stopped="failed", at_ns=1)).how == "seq"


def test_drift_stands_with_the_delta_and_the_baselines_in_brackets():
    view = against(contested(), drift(11, 3e-3), drift(12, 0), *quads(8))
    assert view.drift == "drift 0  (A 3e-3)"
    assert view.drift_role == "m"


def test_drift_that_changes_results_is_bad():
    assert against(contested(), drift(12, 0.5, non_finite=12), *quads(8)).drift == "drift NaN x12"
    changed = against(contested(), drift(12, 4e-3, top1=3), *quads(8))
    assert (changed.drift, changed.drift_role) == ("drift 4e-3 top-1 3 of 64", "b")
    assert against(contested(), drift(12, 0.02), *quads(8)).drift_role == "w"


def test_drift_that_cannot_be_told_is_a_dash():
    unavailable = Drift(segment=12, state="unavailable", inputs=0, why=clean("the inputs differ"))
    assert drift_piece(unavailable) == ("drift —", "muted")
    assert drift_piece(None) == ("", "muted")


def test_ascii_has_its_own_signs():
    assert against(contested(), *quads(8), glyphs=ASCII).sign == ASCII.better
