from __future__ import annotations

import pytest
from analysis_kit import MS, run, steady, window

from ovexplorer.analysis.compare import Delta, compare_latency, compare_times
from ovexplorer.analysis.intervals import Interval
from ovexplorer.analysis.series import columns
from ovexplorer.analysis.stability import judge


def test_a_speed_up_is_old_over_new() -> None:
    delta = compare_times(Interval(56.0, 58.0), Interval(41.0, 41.4))
    assert delta is not None
    assert delta.point == pytest.approx(57 / 41.2 - 1)
    assert delta.low < delta.point < delta.high
    assert delta.direction == "faster"
    assert delta.text() == "+38 % ±3"


def test_swapping_the_two_is_the_inverse() -> None:
    one = compare_times(Interval(90, 110), Interval(45, 50))
    other = compare_times(Interval(45, 50), Interval(90, 110))
    assert one is not None
    assert other is not None
    assert (1 + one.point) * (1 + other.point) == pytest.approx(1)
    assert (1 + one.low) * (1 + other.high) == pytest.approx(1)
    assert (one.direction, other.direction) == ("faster", "slower")
    assert other.text().startswith("−")


def test_no_difference_says_what_would_have_been_seen() -> None:
    delta = compare_times(Interval(99, 101), Interval(99.2, 100.9))
    assert delta is not None
    assert delta.direction == "same"
    assert delta.text() == "±2 %"
    assert Delta(0.0, -0.004, 0.0031).text() == "±0.4 %"


def test_a_lopsided_interval_shows_its_ends() -> None:
    assert Delta(0.38, 0.35, 0.44).text() == "+38 % 35…44"


def test_an_interval_down_to_zero_gives_no_delta() -> None:
    assert compare_times(Interval(-1, 5), Interval(1, 2)) is None


def test_verdicts_are_compared_when_both_have_intervals() -> None:
    slow, fast = judge(run(steady, seed=1)), judge(run(lambda _at: 4.0, seed=2))
    latency = compare_latency(slow, fast)
    assert latency is not None
    assert latency.point == pytest.approx(0.25, abs=0.01)
    assert compare_latency(slow, judge(())) is None


def test_the_same_configuration_twice_is_mostly_no_difference() -> None:
    seen = [compare_latency(judge(run(steady, seed=n)), judge(run(steady, seed=n + 50))) for n in range(12)]
    assert sum(delta is not None and delta.direction != "same" for delta in seen) <= 2


def test_columns_hold_median_spikes_and_rate_and_leave_gaps() -> None:
    made = [window([10 * MS] * 10, 0), window([10 * MS] * 8 + [20 * MS], 100 * MS), window([5 * MS] * 20, 300 * MS)]
    first, second, third, fourth = columns(made, 0, 400 * MS, 4)
    assert first is not None
    assert (first.median_ns, first.count, first.rate) == (10 * MS, 10, pytest.approx(100))
    assert second is not None
    assert second.max_ns == 20 * MS
    assert third is None
    assert fourth is not None
    assert fourth.rate == pytest.approx(200)


def test_the_median_of_a_column_weighs_windows_by_their_samples() -> None:
    made = [window([MS] * 100, 0), window([9 * MS], 100 * MS), window([8 * MS], 109 * MS)]
    assert columns(made, 0, 200 * MS, 1)[0].median_ns == MS  # type: ignore[union-attr]


def test_a_slow_inference_fills_the_columns_it_ran_in() -> None:
    made = [window([430 * MS], 0), window([370 * MS], 430 * MS)]
    assert [column is not None for column in columns(made, 0, 800 * MS, 8)] == [True] * 8


def test_windows_outside_the_chart_are_left_out() -> None:
    made = run(steady, seconds=3)
    found = columns(made, 1_000 * MS, 2_000 * MS, 10)
    assert all(found)
    assert columns(made, 50_000 * MS, 60_000 * MS, 5) == [None] * 5
    assert columns((), 0, 10, 3) == [None] * 3
    with pytest.raises(ValueError, match="columns"):
        columns(made, 5, 5, 3)
