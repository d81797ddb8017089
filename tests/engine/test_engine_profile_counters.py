"""What counters say and how far they can be off, and what counting costs; arithmetic and loops without a runtime."""

import math
from datetime import timedelta
from types import SimpleNamespace

import pytest

from ovexplorer.engine import counters
from ovexplorer.engine.counters import Means, Reading
from ovexplorer.engine.layer_watch import too_coarse
from ovexplorer.engine.loops import Gate, Slice
from ovexplorer.engine.overhead import estimate, measure_overhead


def row(seconds):
    return SimpleNamespace(real_time=timedelta(seconds=seconds))


class Counter:
    """As the CPU plugin counts: whole microseconds of each run, whole microseconds of the mean."""

    def __init__(self):
        self.total_us, self.runs, self.true_ns = 0, 0, 0.0

    def add(self, ns):
        self.total_us += int(ns // 1000)
        self.true_ns += ns
        self.runs += 1

    def reading(self):
        return Reading((float(self.total_us // self.runs * 1000),), self.runs)


def test_whole_seconds_are_not_lost():
    assert counters.read([[row(2.5), row(0.000003)]], 1).means_ns == (2_500_000_000, pytest.approx(3000))


def test_several_requests_are_averaged_row_by_row():
    reading = counters.read([[row(0.002), row(0)], [row(0.004), row(0)]], 7)
    assert reading.means_ns == (3_000_000, 0)
    assert counters.since_compile(reading, 7).error_ns == 2000


@pytest.mark.parametrize("middle_ns", [800.0, 1999.9, 5400.0, 123_456.7])
@pytest.mark.parametrize("inferences", [2, 3, 17, 200])
def test_without_warm_up_the_error_holds(middle_ns, inferences):
    counter = Counter()
    counter.add(40 * middle_ns)
    first = counter.reading()
    wave = [middle_ns * (1 + 0.3 * math.sin(number)) for number in range(inferences)]
    for ns in wave:
        counter.add(ns)
    means = counters.between(first, counter.reading())
    assert means.error_ns == pytest.approx(1000 * (inferences + 1) / inferences + 1000)
    truth = sum(wave) / inferences
    assert abs(truth - means.ns[0]) <= means.error_ns
    assert means.runs == inferences


def test_windows_lose_precision_with_age_and_say_so():
    counter = Counter()
    counter.add(50_000.0)
    before, errors = counter.reading(), []
    for window in range(1, 30):
        truth = 5_000.0 + 300 * window + 0.77
        for _ in range(10):
            counter.add(truth)
        after = counter.reading()
        means = counters.between(before, after)
        assert abs(truth - means.ns[0]) <= means.error_ns
        errors.append(means.error_ns)
        before = after
    assert errors == sorted(errors)
    assert errors[-1] > 10 * errors[0] / 2


def test_a_mean_is_never_negative():
    assert counters.between(Reading((5000.0,), 1), Reading((1000.0,), 2)).ns == (0.0,)


def layers(*means_ns):
    return [SimpleNamespace(mean_ns=mean_ns) for mean_ns in means_ns]


def test_an_error_of_two_microseconds_never_needs_a_new_compile():
    assert not too_coarse(Means((), 3000.0, 1), layers(3000, 2000))


def test_large_layers_bear_more_error_than_small_ones():
    means = Means((), 6000.0, 1)
    assert not too_coarse(means, layers(800_000, 700_000, 10_000))
    assert too_coarse(means, layers(80_000, 70_000, 10_000))


def test_layers_that_do_not_matter_ask_for_no_new_compile():
    assert not too_coarse(Means((), 6000.0, 1), layers(900_000, *[3000] * 100))
    assert not too_coarse(Means((), 6000.0, 1), layers(0, 0))


# What counting costs


class Played:
    """A loop whose inferences take what is played, without taking it."""

    def __init__(self, latencies_ms):
        self.latencies_ms, self.runs = latencies_ms, 0
        self.end_s = 0.0

    def run(self, until_s, gate, at_most):
        latency_ms = self.latencies_ms(self.runs)
        self.runs += 1
        return Slice(0.0, until_s + 1.0, [latency_ms])

    def drain(self):
        return Slice(0.0, 0.0)


def test_what_counting_costs_is_the_ratio_of_the_means():
    plain, profiled = Played(lambda _: 10.0), Played(lambda _: 10.3)
    found = measure_overhead(plain, profiled, Gate(), latency_ns=1e6)
    assert found.point == pytest.approx(0.03)
    assert (found.low, found.high) == (pytest.approx(0.03), pytest.approx(0.03))
    assert found.plain_latency_ns == 10_000_000
    assert found.quads >= 8


def test_a_slow_drift_takes_both_sides_alike():
    time_ms = iter(range(1, 1_000_000))

    def drifting(_):
        return 10.0 * 1.001 ** next(time_ms)

    found = measure_overhead(Played(drifting), Played(drifting), Gate(), latency_ns=1e6)
    assert found.point == pytest.approx(0.0, abs=1e-6)


def test_slow_models_are_left_out():
    loop = Played(lambda _: 100.0)
    assert measure_overhead(loop, loop, Gate(), latency_ns=100e6) is None
    assert loop.runs == 0


def test_a_command_ends_the_turns():
    gate = Gate()

    def closing(run):
        gate.closed = run > 20
        return 1.0

    assert measure_overhead(Played(closing), Played(lambda _: 1.0), gate, latency_ns=1e6) is None


def test_the_interval_of_eight_quads_is_their_range_and_of_more_is_narrower():
    eight = [0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08]
    assert estimate(eight) == (pytest.approx(0.045), 0.01, 0.08)
    point, low, high = estimate([*eight, *eight, *eight])
    assert point == pytest.approx(0.045)
    assert 0.01 < low < point < high < 0.08
