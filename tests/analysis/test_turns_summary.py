from __future__ import annotations

import random

import pytest
from analysis_kit import MS, window

from ovexplorer.analysis.summary import summarise
from ovexplorer.analysis.turns import side_summary, side_verdict


def test_time_in_which_the_other_one_ran_is_not_counted() -> None:
    # A B B A: the turns of A end and begin with 50 ms of B in between, which is a short gap of a live run.
    turns = [window([10 * MS] * 10, 0), window([10 * MS] * 10, 150 * MS), window([10 * MS] * 10, 250 * MS)]
    summary = side_summary(turns, batch=4)
    assert summary.duration_ns == 300 * MS
    assert summary.fps == pytest.approx(30 * 4 / 0.3)
    assert summarise(turns, 4).duration_ns > summary.duration_ns


def test_percentiles_come_from_all_turns_with_the_usual_rules() -> None:
    turns = [window([(1 + number) * MS] * 50, number * 1_000 * MS) for number in range(3)]
    summary = side_summary(turns)
    assert (summary.iterations, summary.p50_ns) == (150, pytest.approx(2 * MS, rel=0.003))
    assert summary.percentile(90.0).value_ns == pytest.approx(3 * MS, rel=0.003)
    assert summary.percentile(99.0).value_ns is None


def test_nothing_was_counted_in_turns() -> None:
    assert (side_summary(()).iterations, side_summary(()).fps) == (0, None)
    assert side_verdict(()).verdict == "too_short"


def test_the_rate_of_steady_turns_has_an_interval_around_it() -> None:
    dice = random.Random(4)
    turns = [
        window([round(MS * dice.lognormvariate(0, 0.01)) for _ in range(100)], number * 200 * MS)
        for number in range(40)
    ]
    said = side_verdict(turns, batch=2)
    assert said.valid
    assert said.fps_interval is not None
    assert said.fps_interval.low < 2_000 < said.fps_interval.high
    assert said.fps_interval.relative < 0.02
