"""The search for the highest rate, against a simulated device with one request that takes always the same time."""

import itertools
import random

import msgspec
import pytest

from ovexplorer.errors import EngineError, UsageError
from ovexplorer.schema.histogram import histogram_of
from ovexplorer.schema.protocol import Failed
from ovexplorer.schema.results import Window
from ovexplorer.schema.spec import ModelSpec, RunSpec
from ovexplorer.session.state import RunState, Segment
from ovexplorer.text import clean
from ovexplorer.tuning.rate_search import (
    RatePlan,
    RateSearch,
    find_rate,
    next_rate,
    refuse_too_long,
    seconds_per_trial,
)

SPEC = RunSpec(model=ModelSpec(path="demo:relu"))
SLICE_S = 0.2


class Device:
    """A session whose engine serves one request at a time, in simulated time."""

    def __init__(self, service_s=0.005, late=False, breaks_at=0):
        self.service_s = service_s
        self.late = late
        self.breaks_at = breaks_at
        self.asked = None
        self.tried = []
        self._segments = 0

    async def start(self, spec):
        await self.change(spec, "")

    async def change(self, spec, _title):
        self.asked = spec
        self.tried.append(spec)
        self._segments += 1

    async def until(self, done):
        windows = []
        for window in self._windows(self.asked):
            windows.append(window)
            segment = Segment(self._segments, self.asked, "", windows=tuple(windows))
            if self.breaks_at and len(self.tried) >= self.breaks_at:
                failed = Failed(
                    segment=1, kind="inference_failed", phase=None, what=clean("inference failed"), hint=clean("retry")
                )
                segment = broken(segment, failed)
            state = RunState(status="live", segments=(segment,), active=self._segments)
            if done(state):
                return state
        raise AssertionError("nothing ends the trial")

    def _windows(self, spec):
        latencies, begin, count = [], 0.0, 0
        for latency, done in itertools.islice(self._requests(spec), 200_000):
            latencies.append(latency * 1e9)
            if done - begin >= SLICE_S:
                yield self._window(latencies, begin, done, spec)
                count += len(latencies)
                latencies, begin = [], done

    def _window(self, latencies, begin, end, spec):
        ordered = sorted(latencies)
        return Window(
            segment=self._segments,
            start_ns=round(begin * 1e9),
            end_ns=round(end * 1e9),
            count=len(ordered),
            sum_ns=round(sum(ordered)),
            min_ns=round(ordered[0]),
            max_ns=round(ordered[-1]),
            median_ns=round(ordered[(len(ordered) - 1) // 2]),
            histogram=histogram_of(ordered),
            service_ns=0 if spec.load == "closed" else round(self.service_s * 1e9 * len(ordered)),
            late_count=len(ordered) if self.late and spec.load != "closed" else 0,
        )

    def _requests(self, spec):
        draw, due, free = random.Random(spec.seed), 0.0, 0.0
        while True:
            begin = free if spec.load == "closed" else max(due, free)
            free = begin + self.service_s
            yield free - (begin if spec.load == "closed" else due), free
            due += draw.expovariate(spec.rate_fps) if spec.load == "poisson" else 1 / spec.rate_fps


def broken(segment, failed):
    """A segment that failed."""
    return Segment(segment.number, segment.spec, "", windows=segment.windows, failed=failed)


async def search(device, **changes):
    told = []
    plan = RatePlan(**{"spec": SPEC, "bound_ms": 20.0, "budget_s": 600.0, **changes})
    found = await find_rate(device, plan, lambda state, text: told.append((state, text)))
    return found, told


async def test_the_rate_is_found_between_a_pass_and_a_failure():
    found, told = await search(Device())
    assert found.capacity_fps == pytest.approx(200, rel=0.01)
    assert found.stopped == "precise"
    # M/D/1 with a service time of 5 ms: p99 reaches 20 ms at a load of about 0.48, or 96 a second.
    assert 80 < found.passed_fps < 112
    assert found.passed_fps < found.failed_fps <= found.passed_fps * 1.05
    for trial in found.trials:
        assert trial.passed == (trial.value_ns <= 20e6)
        assert not trial.passed or trial.samples >= 1000
    assert "p99 needs 7 s per trial" in told[0][1]


async def test_what_is_tried_is_an_open_load_of_the_same_configuration():
    device = Device()
    asked = msgspec.structs.replace(SPEC, duration_s=3.0, max_rate_fps=5.0)
    await search(device, spec=asked)
    assert device.tried[0].load == "closed"
    assert all(spec.load == "poisson" and not spec.duration_s and not spec.max_rate_fps for spec in device.tried[1:])
    assert len({spec.rate_fps for spec in device.tried[1:]}) == len(device.tried) - 1


async def test_an_even_load_goes_up_to_the_capacity_and_no_further():
    found, _ = await search(Device(), load="fixed", percentile=95.0)
    assert 190 < found.passed_fps <= 201
    assert found.failed_fps < 215


async def test_a_bound_below_the_service_time_is_never_met():
    found, _ = await search(Device(), bound_ms=4.0)
    assert found.stopped == "nothing_passes"
    assert found.passed_fps is None
    assert found.failed_fps < 200 / 30
    assert {trial.outcome for trial in found.trials} == {"failed_early"}


async def test_a_failure_with_a_late_generator_is_told_apart():
    found, _ = await search(Device(late=True), bound_ms=4.0)
    assert {trial.outcome for trial in found.trials} == {"generator_late"}


async def test_a_line_that_grows_fails_below_the_bound():
    found, _ = await search(Device(), bound_ms=1e6, load="fixed")
    assert found.failed_fps is not None
    worst = max(found.trials, key=lambda trial: trial.rate_fps)
    assert worst.outcome == "line_grows"
    assert worst.value_ns < 1e12


async def test_the_budget_ends_it():
    found, _ = await search(Device(), budget_s=25.0)
    assert found.stopped == "budget"
    assert sum(trial.seconds for trial in found.trials) <= 26
    assert found.trials


async def test_a_percentile_that_takes_too_long_is_refused_with_another():
    with pytest.raises(UsageError) as refused:
        await search(Device(service_s=0.1), budget_s=90.0)
    assert "1,000 samples" in refused.value.what
    assert "--percentile 95" in refused.value.hint
    assert "-t " in refused.value.hint


async def test_a_failed_engine_ends_the_search():
    with pytest.raises(EngineError):
        await search(Device(breaks_at=2))


def test_trials_are_as_long_as_the_percentile_needs():
    assert seconds_per_trial(99, 10) == 100
    assert seconds_per_trial(95, 10) == 20
    assert seconds_per_trial(99, 1e6) == 4
    refuse_too_long(RatePlan(spec=SPEC, bound_ms=1, budget_s=90), 100)
    with pytest.raises(UsageError):
        refuse_too_long(RatePlan(spec=SPEC, bound_ms=1, percentile=99.9, budget_s=90), 100)


def test_the_first_rate_is_below_the_capacity():
    assert next_rate(RateSearch(RatePlan(spec=SPEC, bound_ms=1), 100.0)) == pytest.approx(70)
