from __future__ import annotations

import random

import pytest
from analysis_kit import MS, run, steady, window

from ovexplorer.analysis.digest import digest_of
from ovexplorer.analysis.intervals import batches_of, interval_of, lag_one
from ovexplorer.analysis.stability import judge, mann_kendall, relative_trend


def codes(*args: object, **changes: object) -> list[str]:
    return [reason.code for reason in judge(run(*args, **changes)).reasons]  # type: ignore[arg-type]


def test_nothing_is_too_short() -> None:
    verdict = judge(())
    assert (verdict.verdict, verdict.seconds_needed) == ("too_short", None)
    assert verdict.p50_interval_ns is None


def test_too_few_inferences_say_how_long_it_takes() -> None:
    verdict = judge([window([10 * MS] * 40)])
    assert [reason.code for reason in verdict.reasons] == ["too_few_inferences"]
    assert verdict.reasons[0].text == "40 of the 100 inferences a verdict needs"
    assert verdict.seconds_needed == pytest.approx(0.6)


def test_a_few_large_windows_cannot_be_compared() -> None:
    verdict = judge([window([MS // 100] * 5_000, n * 50 * MS) for n in range(5)])
    assert [reason.code for reason in verdict.reasons] == ["too_few_windows"]
    assert verdict.seconds_needed == pytest.approx(16 * 0.05)


def test_a_slow_model_needs_fewer() -> None:
    at = 0
    made = []
    for number in range(25):
        made.append(window([1_500 * MS + number % 3 * MS], at))
        at = made[-1].end_ns
    assert judge(made[:19]).verdict == "too_short"
    assert judge(made).verdict == "valid"


@pytest.mark.parametrize("seed", range(6))
def test_a_steady_run_is_valid_and_its_interval_holds_the_truth(seed: int) -> None:
    verdict = judge(run(steady, seed=seed), batch=2)
    assert verdict.verdict == "valid"
    assert verdict.valid
    assert verdict.reasons == ()
    assert verdict.p50_interval_ns is not None
    assert verdict.fps_interval is not None
    # The histogram itself is off by up to 0.25 %.
    assert verdict.p50_interval_ns.low * 0.997 <= 5 * MS <= verdict.p50_interval_ns.high * 1.003
    assert verdict.p50_interval_ns.relative < 0.01
    assert verdict.fps_interval.centre == pytest.approx(400, rel=0.01)


def test_a_first_window_of_one_sample_does_not_matter() -> None:
    made = run(steady)
    assert judge([window([25 * MS], -25 * MS), *made]).verdict == "valid"


def test_a_level_shift_is_seen() -> None:
    found = codes(lambda at: 5.0 if at < 0.4 else 6.2)
    assert "level_shift" in found


def test_a_late_change_makes_the_windows_differ() -> None:
    verdict = judge(run(lambda at: 5.0 if at < 0.85 else 6.0))
    assert verdict.verdict == "unstable"
    assert "windows_differ" in [reason.code for reason in verdict.reasons]


def test_a_trend_is_seen_with_its_direction() -> None:
    rising = judge(run(lambda at: 5.0 * (1 + 0.08 * at)))
    falling = judge(run(lambda at: 5.0 * (1.08 - 0.08 * at)))
    assert any("rose" in reason.text for reason in rising.reasons if reason.code == "trend")
    assert any("fell" in reason.text for reason in falling.reasons if reason.code == "trend")


def test_wild_noise_is_a_wide_interval() -> None:
    dice = random.Random(1)
    levels = [dice.choice((3.0, 9.0)) for _ in range(21)]
    verdict = judge(run(lambda at: levels[int(at * 20)]))
    assert "wide_interval" in [reason.code for reason in verdict.reasons]


def test_a_pause_is_no_reason() -> None:
    made = run(steady, seconds=5)
    later = [window([5 * MS] * 20, 60_000 * MS + n * 100 * MS) for n in range(50)]
    assert judge([*made, *later]).verdict == "valid"


def test_batches_have_about_equal_counts() -> None:
    made = run(steady, seconds=47)
    batches = batches_of(digest_of(tuple(made)))
    assert len(batches) == 20
    counts = [batch.count for batch in batches]
    assert sum(counts) == sum(entry.count for entry in made)
    assert max(counts) < 1.4 * min(counts)


def test_autocorrelation_widens_an_interval() -> None:
    dice = random.Random(3)
    plain = [dice.gauss(100, 1) for _ in range(20)]
    ordered = sorted(plain)
    assert lag_one([1.0] * 20) == 0
    assert lag_one(ordered) > 0.5 > lag_one(plain)
    assert interval_of(ordered).half_width > 2 * interval_of(plain).half_width
    with pytest.raises(ValueError, match="three"):
        interval_of([1.0, 2.0])


def test_independent_batches_are_covered_as_often_as_promised() -> None:
    dice = random.Random(11)
    held = 0
    for _ in range(400):
        interval = interval_of([dice.gauss(50, 2) for _ in range(20)])
        held += interval.low <= 50 <= interval.high
    # Negative correlations are cut to 0, positive ones widen it: it may hold more often than 95 %.
    assert held / 400 > 0.92


def test_mann_kendall_and_theil_sen() -> None:
    rising = [float(n) for n in range(1, 21)]
    assert mann_kendall(rising) > 5
    assert mann_kendall(rising[::-1]) < -5
    assert mann_kendall([7.0] * 20) == 0
    assert relative_trend([100.0 + n for n in range(21)]) == pytest.approx(20 / 110)
    # A known value: s = 45 for ten rising values, variance 10 * 9 * 25 / 18 = 125.
    assert mann_kendall([float(n) for n in range(10)]) == pytest.approx(44 / 125**0.5)
