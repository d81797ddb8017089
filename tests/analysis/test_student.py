from __future__ import annotations

import random

import pytest

from ovexplorer.analysis.between_runs import between_runs
from ovexplorer.analysis.student import t_cdf, t_quantile


@pytest.mark.parametrize(
    ("probability", "freedom", "expected"),
    [
        (0.975, 1, 12.7062),
        (0.975, 2, 4.30265),
        (0.975, 5, 2.57058),
        (0.975, 19, 2.09302),
        (0.995, 10, 3.16927),
        (0.95, 30, 1.69726),
        (0.975, 1e6, 1.95997),
        (0.9995, 3, 12.9240),
    ],
)
def test_quantiles_of_the_tables(probability: float, freedom: float, expected: float) -> None:
    assert t_quantile(probability, freedom) == pytest.approx(expected, rel=1e-5)
    assert t_quantile(1 - probability, freedom) == pytest.approx(-expected, rel=1e-5)


def test_the_median_is_zero_and_fractions_lie_between() -> None:
    assert t_quantile(0.5, 7) == pytest.approx(0, abs=1e-9)
    assert t_quantile(0.975, 3) < t_quantile(0.975, 2.5) < t_quantile(0.975, 2)


@pytest.mark.parametrize("seed", range(5))
def test_the_quantile_is_the_inverse_of_the_distribution(seed: int) -> None:
    dice = random.Random(seed)
    probability, freedom = dice.uniform(0.001, 0.999), dice.uniform(0.7, 80)
    assert t_cdf(t_quantile(probability, freedom), freedom) == pytest.approx(probability, abs=1e-9)


@pytest.mark.parametrize(("probability", "freedom"), [(0, 5), (1, 5), (0.5, 0), (0.5, -1)])
def test_nonsense_is_refused(probability: float, freedom: float) -> None:
    with pytest.raises(ValueError, match="quantile"):
        t_quantile(probability, freedom)


def test_runs_are_combined_by_the_plain_interval() -> None:
    made = between_runs([10.0, 12.0, 11.0, 13.0])
    assert (made.runs, made.mean, made.low, made.high) == (4, 11.5, 10.0, 13.0)
    assert made.interval is not None
    # t(0.975, 3) = 3.18245; sd = 1.29099.
    assert made.interval.half_width == pytest.approx(3.18245 * 1.29099 / 2, rel=1e-4)


def test_one_run_has_no_interval_and_none_is_an_error() -> None:
    assert between_runs([5.0]).interval is None
    with pytest.raises(ValueError, match="no runs"):
        between_runs([])
