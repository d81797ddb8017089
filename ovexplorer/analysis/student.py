"""Quantiles of Student's t and of the normal distribution, for real degrees of freedom, without scipy.

The distribution function comes from the regularised incomplete beta function by its continued fraction
(Abramowitz and Stegun 26.5.8, evaluated by the modified Lentz method); the quantile by safeguarded Newton steps.
"""

from __future__ import annotations

import math
from functools import lru_cache

_TINY = 1e-300
_MOST_TERMS = 500


def t_cdf(t: float, freedom: float) -> float:
    """Probability of a value of at most `t`."""
    tail = 0.5 * _beta_ratio(freedom / 2, 0.5, freedom / (freedom + t * t))
    return 1 - tail if t > 0 else tail


@lru_cache(maxsize=512)
def t_quantile(probability: float, freedom: float) -> float:
    """The value that a Student t variable stays below with a probability.

    Args:
        probability: Between 0 and 1, both excluded.
        freedom: Degrees of freedom, any positive number.
    """
    if not 0 < probability < 1 or freedom <= 0:
        raise ValueError("a quantile needs 0 < probability < 1 and positive degrees of freedom")
    if probability < 0.5:
        return -t_quantile(1 - probability, freedom)
    low, high = 0.0, 1.0
    while t_cdf(high, freedom) < probability:
        low, high = high, high * 2
    guess = (low + high) / 2
    while high - low > 1e-12 * max(1.0, high):
        error = t_cdf(guess, freedom) - probability
        low, high = (guess, high) if error < 0 else (low, guess)
        # Newton's step where it stays inside, the middle elsewhere: five evaluations instead of forty.
        step = guess - error / _density(guess, freedom)
        following = step if low < step < high else (low + high) / 2
        if abs(following - guess) <= 1e-13 * max(1.0, guess):
            return following
        guess = following
    return (low + high) / 2


def _density(t: float, freedom: float) -> float:
    half = (freedom + 1) / 2
    front = math.lgamma(half) - math.lgamma(freedom / 2) - 0.5 * math.log(freedom * math.pi)
    return math.exp(front - half * math.log1p(t * t / freedom))


def _beta_ratio(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function I_x(a, b)."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    # The fraction converges fast on one side of the mean only.
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(a, b, x) / a
    return 1 - front * _fraction(b, a, 1 - x) / b


def _fraction(a: float, b: float, x: float) -> float:
    c = 1.0
    d = 1 / _away_from_zero(1 - (a + b) * x / (a + 1))
    result = d
    for m in range(1, _MOST_TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / _away_from_zero(1 + even * d)
        c = _away_from_zero(1 + even / c)
        result *= d * c
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1 / _away_from_zero(1 + odd * d)
        c = _away_from_zero(1 + odd / c)
        change = d * c
        result *= change
        if abs(change - 1) < 1e-15:
            break
    return result


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
