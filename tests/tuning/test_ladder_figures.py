from __future__ import annotations

import math

import pytest

from ovexplorer.analysis.paired import PairEstimate
from ovexplorer.tuning.figures import between, caller_ns, estimate_steps, own_figures, related
from ovexplorer.tuning.steps import Step, StepResult
from tests.tuning.ladder_kit import turn

MS = 1_000_000


def quads(count, a_ns, b_ns, gap_ns=0):
    return tuple(
        turn(segment, 0, a_ns if segment == 1 else b_ns, gap_ns=gap_ns if segment == 2 else 0)
        for _ in range(count)
        for segment in (1, 2, 2, 1)
    )


def done(name, said=None, latency_ms=10.0, part="latency"):
    step = Step(id=name, title=name, part=part, metric="latency")
    return StepResult(step, status="done", latency_ms=latency_ms, against_first=said)


def exact(point, half=0.002):
    return PairEstimate(12, point, point * math.exp(-half), point * math.exp(half))


def test_own_figures_are_medians_over_turns_with_their_interval():
    own = own_figures([turn(1, 0, time * MS) for time in (10, 11, 12, 11, 10)], batch=4)
    assert own.latency_ms == 11
    assert own.latency_interval_ms.low < 11 < own.latency_interval_ms.high
    assert own.fps == pytest.approx(4000 / 11)
    few = own_figures([turn(1, 0, MS)], batch=1)
    assert (few.latency_ms, few.latency_interval_ms) == (1, None)
    assert own_figures([], 1).fps is None


def test_the_callers_time_holds_the_work_around_the_inference():
    worked = turn(1, 0, 10 * MS, gap_ns=5 * MS)
    assert own_figures([worked], 1).latency_ms == 10
    assert own_figures([worked], 1, caller=True).latency_ms == 15
    assert caller_ns(worked.window, arrivals=True) == 10 * MS


def test_a_throughput_counts_items_and_a_latency_does_not():
    turns = quads(8, 10 * MS, 20 * MS)
    assert estimate_steps(turns, 1, "throughput", batches=(1, 4)).point == pytest.approx(2)
    assert estimate_steps(turns, 1, "latency", batches=(1, 4)).point == pytest.approx(0.5)


def test_with_arrivals_by_a_clock_waiting_for_them_is_no_cost():
    turns = quads(8, 10 * MS, 10 * MS, gap_ns=90 * MS)
    assert estimate_steps(turns, 1, "throughput").point == pytest.approx(0.1)
    assert estimate_steps(turns, 1, "throughput", arrivals=True).point == pytest.approx(1)


def test_two_steps_are_related_by_their_comparisons_with_the_same_first_bar():
    said = between(exact(2.0, 0.03), exact(3.0, 0.04))
    assert said.point == pytest.approx(1.5)
    assert math.log(said.high / said.point) == pytest.approx(0.05)
    assert math.log(said.point / said.low) == pytest.approx(0.05)
    without = between(PairEstimate(3, 2.0, None, None), exact(3.0))
    assert (without.point, without.low) == (pytest.approx(1.5), None)
    assert between(PairEstimate(0, None, None, None), exact(3.0)).point is None


def test_a_step_equals_the_earliest_one_it_cannot_be_told_from():
    results = related([done("a"), done("b", exact(1.5)), done("c", exact(1.5)), done("d", exact(1.0))])
    assert [result.equals for result in results] == ["", "", "b", "a"]
    assert results[2].against_previous.point == pytest.approx(1)
    assert results[1].against_previous is results[1].against_first


def test_a_wide_interval_is_no_equality():
    results = related([done("a"), done("b", exact(1.0, 0.3)), done("c", PairEstimate(2, 1.0, None, None))])
    assert [result.equals for result in results] == ["", "", ""]


def test_parts_and_steps_that_were_not_measured_do_not_mix():
    waiting = StepResult(done("w").step)
    results = related([done("a"), waiting, done("b", exact(2.0)), done("x", part="throughput")])
    assert results[1] is waiting
    assert results[2].against_previous.point == pytest.approx(2)
    assert results[3].against_previous is None


def test_added_milliseconds_come_from_the_first_bar_and_both_ratios():
    results = related(
        [
            done("a", latency_ms=4.0, part="slower"),
            done("b", exact(0.5), latency_ms=99.0, part="slower"),
            done("c", exact(0.4), latency_ms=1.0, part="slower"),
        ]
    )
    assert [result.added_ms for result in results] == [None, pytest.approx(4), pytest.approx(2)]


def test_added_milliseconds_have_the_interval_of_the_comparison_with_the_step_before():
    _, second, third, few = related(
        [
            done("a", latency_ms=4.0, part="slower"),
            done("b", exact(0.5, 0.01), part="slower"),
            done("c", exact(0.5, 0.01), part="slower"),
            done("d", PairEstimate(4, 0.4, None, None), part="slower"),
        ]
    )
    between_ms = second.added_interval_ms
    assert (between_ms.low, between_ms.high) == pytest.approx((8 * math.exp(-0.01) - 4, 8 * math.exp(0.01) - 4))
    # Nothing is added, and both comparisons are as unsure as each other.
    half_ms = 8 * (math.exp(math.hypot(0.01, 0.01)) - 1)
    assert third.added_ms == pytest.approx(0)
    assert third.added_interval_ms.high == pytest.approx(half_ms)
    assert third.added_interval_ms.low < 0 < third.added_interval_ms.high
    assert few.added_interval_ms is None
