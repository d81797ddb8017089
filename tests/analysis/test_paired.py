"""The paired statistics: exact where they can be counted, covered by simulation where they are statistics."""

from __future__ import annotations

import itertools
import math
import random

import msgspec
import pytest
from analysis_kit import MS, window

from ovexplorer.analysis import paired
from ovexplorer.analysis.paired import (
    LOOKS,
    PairEstimate,
    estimate,
    estimate_turns,
    last_look,
    next_look,
    quad_differences,
    signed_rank_cut,
    turn_value,
)
from ovexplorer.schema.results import Turn

A, B = 3, 8


def turn(segment, milliseconds, count=5, start_ns=0):
    """A turn whose median is exactly so long."""
    made = window([round(milliseconds * MS)] * count, start_ns)
    return Turn(window=msgspec.structs.replace(made, segment=segment))


def quad(a1, b1, b2, a2):
    return [turn(A, a1), turn(B, b1), turn(B, b2), turn(A, a2)]


# The exact null distribution


def brute_force_cut(count, confidence):
    """The largest k with 1 - 2 P(T < k) >= confidence, by going through all signs."""
    totals = [
        sum(rank for rank, sign in enumerate(signs, 1) if sign) for signs in itertools.product((0, 1), repeat=count)
    ]
    allowed = (1 - confidence) / 2
    return max(k for k in range(sum(range(count + 1)) + 2) if sum(t < k for t in totals) / 2**count <= allowed)


@pytest.mark.parametrize("count", range(5, 13))
@pytest.mark.parametrize("confidence", [0.8, 0.9, 0.95, 0.99])
def test_the_cut_is_that_of_all_signs(count, confidence):
    wanted = brute_force_cut(count, confidence)
    if wanted == 0:
        with pytest.raises(ValueError, match="cannot give an interval"):
            signed_rank_cut(count, confidence)
    else:
        assert signed_rank_cut(count, confidence) == wanted


# Critical values T of the two-sided test at 1 % from printed tables (Wilcoxon and Wilcox 1964); the cut is T + 1.
PRINTED = {8: 0, 9: 1, 10: 3, 11: 5, 12: 7, 13: 9, 14: 12, 15: 15, 16: 19, 17: 23, 18: 27, 19: 32, 20: 37, 25: 68}


@pytest.mark.parametrize(("count", "critical"), PRINTED.items())
def test_the_cut_is_that_of_printed_tables(count, critical):
    assert signed_rank_cut(count, 0.99) == critical + 1


def test_every_look_has_an_interval_and_fewer_quads_have_none():
    assert [signed_rank_cut(look, paired.CONFIDENCE) for look in LOOKS] == sorted(
        signed_rank_cut(look, paired.CONFIDENCE) for look in LOOKS
    )
    assert next_look(0) == paired.FEWEST_QUADS == 8
    with pytest.raises(ValueError, match="7 quads"):
        signed_rank_cut(7, paired.CONFIDENCE)


def test_looks_come_one_after_the_other_and_end():
    found, quads = [], 0
    while (look := next_look(quads)) is not None:
        found.append(look)
        quads = look
    assert tuple(found) == LOOKS
    assert next_look(9) == 12
    assert next_look(50) is None


# Point and interval


def test_point_and_interval_are_those_of_the_walsh_averages():
    differences = [0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.09]
    walsh = sorted((a + b) / 2 for i, a in enumerate(differences) for b in differences[i:])
    said = estimate(differences)
    assert said.quads == 8
    assert said.point == pytest.approx(math.exp((walsh[17] + walsh[18]) / 2))
    # With eight quads the interval at 99 % reaches from the smallest to the largest average.
    assert said.low == pytest.approx(math.exp(0.01))
    assert said.high == pytest.approx(math.exp(0.09))


def test_with_more_quads_one_wild_one_moves_nothing():
    calm = [0.02 + 0.0001 * number for number in range(17)]
    wild = [*calm[:-1], 3.0]
    assert estimate(wild).point == pytest.approx(estimate(calm).point, rel=1e-3)
    assert estimate(wild).low == pytest.approx(estimate(calm).low, rel=1e-3)
    assert estimate(wild).verdict == "b_faster"


@pytest.mark.parametrize("count", range(8))
def test_fewer_than_eight_quads_have_no_interval(count):
    said = estimate([0.5] * count)
    assert said.quads == count
    assert (said.low, said.high, said.detectable, said.delta) == (None, None, None, None)
    assert (said.point is None) == (count == 0)
    assert said.verdict == "no_difference"
    assert not said.precise


def test_the_sign_is_the_speed_up_of_b():
    b_twice_as_fast = [one for _ in range(8) for one in quad(10, 5, 5, 10)]
    said = estimate_turns(b_twice_as_fast, A, "latency")
    assert said.point == pytest.approx(2)
    assert said.verdict == "b_faster"
    assert said.delta.point == pytest.approx(1)
    swapped = estimate_turns(b_twice_as_fast, A, "throughput")
    assert swapped.point == pytest.approx(2)
    other_way = [one for _ in range(8) for one in quad(5, 10, 10, 5)]
    said = estimate_turns(other_way, A, "latency")
    assert said.point == pytest.approx(0.5)
    assert said.verdict == "a_faster"


# Verdicts at their limits


def between(low, high):
    return PairEstimate(20, math.exp((low + high) / 2), math.exp(low), math.exp(high))


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.0051, 0.02, "b_faster"),
        (0.0049, 0.02, "no_difference"),
        (-0.02, -0.0051, "a_faster"),
        (-0.02, -0.0049, "no_difference"),
        (-0.2, 0.2, "no_difference"),
    ],
)
def test_a_difference_lies_wholly_beyond_half_a_percent(low, high, verdict):
    assert between(low, high).verdict == verdict


@pytest.mark.parametrize(
    ("low", "high", "precise"),
    [(-0.0099, 0.0099, True), (-0.0101, 0.001, False), (-0.001, 0.0101, False), (0.006, 0.0099, True)],
)
def test_precise_lies_wholly_within_one_percent(low, high, precise):
    assert between(low, high).precise is precise


def test_detectable_is_the_further_end():
    assert between(-0.02, 0.01).detectable == pytest.approx(1 - math.exp(-0.02))
    assert between(-0.01, 0.03).detectable == pytest.approx(math.exp(0.03) - 1)


# Turns to quads


def test_quads_are_taken_in_order_and_a_torn_one_is_left_out():
    turns = quad(10, 8, 8, 10) + quad(10, 10, 10, 10) + quad(8, 10, 10, 8)[:3]
    found = quad_differences(turns, A, "latency")
    assert found == pytest.approx((math.log(10 / 8), 0.0))
    assert quad_differences(turns[:3], A, "latency") == ()
    assert quad_differences([], A, "latency") == ()


def test_a_drift_in_time_cancels_within_a_quad():
    # Everything gets 1 % slower with each turn: A and B alike stand at 1.5 on average.
    turns = [turn(segment, 10 * 1.01**at) for at, segment in enumerate([A, B, B, A] * 8)]
    assert quad_differences(turns, A, "latency") == pytest.approx((0.0,) * 8, abs=1e-6)


@pytest.mark.parametrize("order", [[B, A, A, B], [A, B, A, B], [A, A, B, B]])
def test_turns_in_another_order_are_no_quads(order):
    assert quad_differences([turn(segment, 10) for segment in order], A, "latency") == ()
    good = quad(10, 8, 8, 10)
    assert len(quad_differences(good + [turn(segment, 10) for segment in order] + good, A, "latency")) == 1


def test_throughput_counts_the_whole_turn():
    busy = window([4 * MS] * 10, 0, end_ns=10 * MS)
    assert turn_value(busy, "throughput") == pytest.approx(math.log(1 * MS))
    assert turn_value(busy, "latency") == pytest.approx(math.log(4 * MS))


def test_a_turn_without_length_is_refused_and_not_divided_by():
    empty = window([MS], 0, end_ns=0)
    with pytest.raises(ValueError, match="no value"):
        turn_value(empty, "throughput")
    nothing = Turn(window=msgspec.structs.replace(empty, segment=A))
    turns = [nothing, *quad(10, 5, 5, 10)[1:], *quad(10, 5, 5, 10)]
    assert quad_differences(turns, A, "throughput") == pytest.approx((math.log(2),))


def test_what_follows_the_last_look_is_not_used():
    # A recording is untrusted: the averages of all pairs grow with the square.
    turns = quad(10, 10, 10, 10) * LOOKS[-1] + quad(10, 5, 5, 10) * 1_000
    assert quad_differences(turns, A, "latency") == (0.0,) * LOOKS[-1]


# By simulation


def noise(dice, count, *, correlation, heavy):
    """Turn noise as on a shared machine: slow levels that last, and now and then a turn that is much slower."""
    level, made = 0.0, []
    for _ in range(count):
        level = correlation * level + dice.gauss(0, 0.01 * math.sqrt(1 - correlation**2))
        spike = dice.expovariate(1 / 0.15) if dice.random() < heavy else 0.0
        made.append(level + spike)
    return made


def contest(seed, effect, *, correlation=0.52, heavy=0.05):
    """One comparison with its looks; returns its last estimate."""
    dice = random.Random(seed)
    sides = [0.0, -effect, -effect, 0.0]
    raw = noise(dice, 4 * LOOKS[-1], correlation=correlation, heavy=heavy)
    values = [value + sides[at % 4] for at, value in enumerate(raw)]
    differences = []
    for at in range(0, len(values), 4):
        a1, b1, b2, a2 = values[at : at + 4]
        differences.append((a1 + a2 - b1 - b2) / 2)
    for look in LOOKS:
        said = estimate(differences[:look])
        if said.verdict != "no_difference" or said.precise:
            break
    return said


# 8 of 400 are 2 %. The seeds are fixed, so that what is seen is always the same.
@pytest.mark.parametrize(("correlation", "heavy"), [(0.0, 0.0), (0.52, 0.05), (0.8, 0.02), (0.2, 0.25)])
def test_a_against_a_raises_few_false_alarms(correlation, heavy):
    said = [contest(seed, 0.0, correlation=correlation, heavy=heavy) for seed in range(400)]
    assert sum(one.verdict != "no_difference" for one in said) <= 8


def test_a_true_difference_of_five_percent_is_found():
    said = [contest(seed, math.log(1.05)) for seed in range(200)]
    assert sum(one.verdict == "b_faster" for one in said) >= 196
    assert not any(one.verdict == "a_faster" for one in said)
    held = [one for one in said if one.low <= 1.05 <= one.high]
    # Stopping at the first clear look favours large estimates, so it holds a little less often than 99 %.
    assert len(held) >= 190


def test_the_interval_at_a_fixed_look_holds_the_truth():
    held = 0
    for seed in range(400):
        dice = random.Random(1_000 + seed)
        differences = [0.03 + dice.gauss(0, 0.01) for _ in range(17)]
        said = estimate(differences)
        held += said.low <= math.exp(0.03) <= said.high
    assert held >= 390


def test_what_came_after_the_last_look_is_left_out() -> None:
    clear, unclear = [0.05] * 12, [-3.0] * 4
    assert estimate([*clear, *unclear]) == estimate(clear)
    assert estimate([*clear, *unclear]).quads == 12
    assert estimate([*clear, *unclear, -3.0]).quads == 17
    assert [last_look(quads) for quads in (0, 7, 8, 11, 12, 49, 50, 70)] == [0, 7, 8, 8, 12, 34, 50, 50]
