"""--until-stable: ends when the result is valid, and at once when it cannot become valid in the time there is."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ovexplorer.cli.bench import UNTIL_STABLE_FACTOR, _bounded, _enough
from ovexplorer.schema.histogram import histogram_of
from ovexplorer.schema.results import Window
from ovexplorer.schema.spec import ModelSpec, RunSpec
from ovexplorer.session.state import RunState, Segment

MS = 1_000_000


def windows(latency_ms, each, count):
    latency = latency_ms * MS
    return tuple(
        Window(
            segment=1,
            start_ns=at * each * latency,
            end_ns=(at + 1) * each * latency,
            count=each,
            sum_ns=each * latency,
            min_ns=latency,
            max_ns=latency,
            median_ns=latency,
            histogram=histogram_of([latency] * each),
        )
        for at in range(count)
    )


class Told:
    def __init__(self):
        self.lines = []

    def notice(self, text):
        self.lines.append(text)


def ends(latency_ms, each, count, *, asked_s=10.0):
    request = SimpleNamespace(
        compile_only=False, until_stable=True, spec=RunSpec(model=ModelSpec(path="m"), duration_s=asked_s)
    )
    told = Told()
    segment = Segment(number=1, spec=request.spec, title="", windows=windows(latency_ms, each, count))
    return _enough(request, told)(RunState(segments=(segment,))), told.lines


def test_a_steady_run_ends_after_ten_seconds_and_not_before():
    assert ends(10, 10, 99) == (False, [])
    assert ends(10, 10, 101) == (True, [])


def test_a_model_too_slow_for_a_verdict_is_given_up_with_the_time_it_needs():
    over, lines = ends(10_000, 1, 1)
    assert over
    assert len(lines) == 1
    assert "it needs 190 s more" in lines[0]
    assert "goes on for 60 s at most; -t 34 would do" in lines[0]


def test_the_time_it_names_is_enough():
    assert ends(10_000, 1, 1, asked_s=34.0) == (False, [])
    assert ends(10_000, 1, 20, asked_s=34.0) == (True, [])


@pytest.mark.parametrize("asked_s", [0.0, 1e6])
def test_without_a_limit_it_goes_on(asked_s):
    assert ends(10_000, 1, 2, asked_s=asked_s) == (False, [])


def test_it_never_goes_on_for_ever():
    spec = RunSpec(model=ModelSpec(path="m"), duration_s=10.0)
    assert _bounded(SimpleNamespace(until_stable=True, spec=spec)).duration_s == 10.0 * UNTIL_STABLE_FACTOR
    assert _bounded(SimpleNamespace(until_stable=False, spec=spec)).duration_s == 10.0
