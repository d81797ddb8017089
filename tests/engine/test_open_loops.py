"""Open loads: when requests are due, and what their latency is made of. Time stands still unless a fake moves it."""

import itertools
import random
import statistics
from collections import Counter

import pytest

from ovexplorer.engine.arrivals import Arrivals
from ovexplorer.engine.loops import MOST_SPANS, Gate, HostWork, Slice
from ovexplorer.engine.open_loops import LONGEST_S, OpenSyncLoop
from ovexplorer.engine.windows import spans_of, window_of

MANY = 1 << 30


def dues(load, rate, count, burst=1, seed=0):
    arrivals = Arrivals(load, rate, burst, seed)
    arrivals.restart(100.0)
    return [arrivals.advance() for _ in range(count)]


def test_a_fixed_rate_does_not_drift():
    found = dues("fixed", 30.0, 3001)
    assert found[0] == 100.0
    assert found[3000] == pytest.approx(200.0, abs=1e-9)


def test_poisson_gaps_have_the_mean_and_the_spread_of_a_poisson_process():
    gaps = [b - a for a, b in itertools.pairwise(dues("poisson", 50.0, 20_001, seed=7))]
    assert statistics.mean(gaps) == pytest.approx(1 / 50, rel=0.02)
    assert statistics.stdev(gaps) == pytest.approx(1 / 50, rel=0.03)
    in_a_second = Counter(int(due) for due in dues("poisson", 50.0, 20_001, seed=7))
    counts = [in_a_second[second] for second in range(100, 480)]
    # Mean and variance of the number in a second are the same for a Poisson process.
    assert statistics.variance(counts) / statistics.mean(counts) == pytest.approx(1, abs=0.2)


def test_the_same_seed_gives_the_same_arrivals():
    assert dues("poisson", 50.0, 100, seed=3) == dues("poisson", 50.0, 100, seed=3)
    assert dues("poisson", 50.0, 100, seed=3) != dues("poisson", 50.0, 100, seed=4)


def test_bursts_come_at_once_and_keep_the_mean_rate():
    found = dues("bursts", 40.0, 801, burst=8)
    assert Counter(found).most_common(1)[0][1] == 8
    assert found[8] - found[7] == pytest.approx(8 / 40)
    assert found[800] - found[0] == pytest.approx(20.0)


class Bench:
    """A clock, and a request that takes its time."""

    def __init__(self, service_s, oversleep_s=0.0):
        self.now = 10.0
        self.latency = service_s * 1e3
        self.oversleep_s = oversleep_s
        self.slept = []
        self.infers = 0
        self.gate = Gate()
        self.close_after = 0

    def clock(self):
        self.now += 1e-7
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds + self.oversleep_s
        if self.close_after and len(self.slept) >= self.close_after:
            self.gate.closed = True

    def infer(self, *_inputs, **_how):
        self.infers += 1
        self.now += self.latency * 1e-3

    def loop(self, rate, load="fixed", burst=1, **work):
        arrivals = Arrivals(load, rate, burst)
        return OpenSyncLoop(self, HostWork(**work), arrivals, clock=self.clock, sleep=self.sleep)

    def run(self, loop, seconds, at_most=MANY):
        return loop.run(self.now + seconds, self.gate, at_most)


def test_below_capacity_the_latency_is_the_service_time():
    bench = Bench(0.004)
    piece = bench.run(bench.loop(100.0), 1.0)
    assert 99 <= len(piece.latencies_ms) <= 102
    assert max(piece.latencies_ms) == pytest.approx(4.0, abs=0.01)
    assert piece.queue_s < 1e-4
    assert piece.late_count == 0
    assert piece.service_s == pytest.approx(0.004 * len(piece.latencies_ms))


def test_above_capacity_the_latency_grows_with_the_line():
    bench = Bench(0.02)
    piece = bench.run(bench.loop(100.0), 1.0)
    # Each one waits 10 ms longer than the one before; nobody is left out for it.
    waits = [latency - 20.0 for latency in piece.latencies_ms]
    assert waits == pytest.approx([10.0 * number for number in range(len(waits))], abs=0.1)
    assert piece.queue_s == pytest.approx(sum(waits) * 1e-3, abs=0.01)
    assert piece.late_count == 0


def test_the_last_of_a_burst_waits_for_all_before_it():
    bench = Bench(0.005)
    piece = bench.run(bench.loop(10.0, "bursts", 4), 0.3)
    assert piece.latencies_ms[:4] == pytest.approx([5.0, 10.0, 15.0, 20.0], abs=0.1)


def test_oversleeping_is_the_generators_own_lateness():
    bench = Bench(0.001, oversleep_s=0.003)
    piece = bench.run(bench.loop(100.0), 1.0)
    count = len(piece.latencies_ms)
    # The first one is due at once; the others are slept for, 0.2 ms short of their time.
    assert piece.late_count == count - 1
    assert piece.late_max_s == pytest.approx(0.0028, abs=1e-4)
    assert piece.latencies_ms[-1] == pytest.approx(3.8, abs=0.1)
    window = window_of(piece, 1, 0, 0)
    assert window.late_count == count - 1
    assert window.late_max_ns == pytest.approx(2.8e6, rel=0.05)
    assert window.service_ns == pytest.approx(count * 1e6, rel=0.01)


def test_a_millisecond_is_not_late_for_a_slow_inference():
    piece = Slice(0.0, 0.0)
    piece.count_open(due_s=1.0, free_s=0.0, begin_s=1.002, service_s=1.0, done_s=2.002)
    piece.count_open(due_s=1.0, free_s=0.0, begin_s=1.002, service_s=0.005, done_s=1.007)
    assert piece.late_count == 1
    assert piece.late_s == pytest.approx(0.004)


def test_waiting_sleeps_in_short_pieces_and_a_command_ends_it():
    bench = Bench(0.001)
    loop = bench.loop(0.1)
    bench.run(loop, 1.0, at_most=1)
    bench.slept.clear()
    bench.close_after = 3
    began = bench.now
    piece = bench.run(loop, 9.0)
    assert piece.latencies_ms == []
    assert max(bench.slept) <= LONGEST_S
    assert bench.now - began < 4 * LONGEST_S


def test_a_slice_without_arrivals_ends_in_time():
    bench = Bench(0.001)
    loop = bench.loop(0.1)
    bench.run(loop, 0.0)
    began = bench.now
    assert bench.run(loop, 0.2).latencies_ms == []
    assert bench.now - began == pytest.approx(0.2, abs=0.01)


def test_after_a_pause_arrivals_begin_anew():
    bench = Bench(0.001)
    loop = bench.loop(100.0)
    bench.run(loop, 0.1)
    loop.drain()
    bench.now += 60.0
    piece = bench.run(loop, 0.1)
    assert max(piece.latencies_ms) < 1.1
    assert len(piece.latencies_ms) <= 12


def test_raw_samples_start_when_they_were_due():
    bench = Bench(0.02)
    piece = bench.run(bench.loop(100.0, raw=True), 0.2)
    for at, (start, latency) in enumerate(zip(piece.starts_s, piece.latencies_ms)):
        assert start == pytest.approx(10.0 + at * 0.01, abs=1e-5)
        assert start + latency * 1e-3 == pytest.approx(10.0 + (at + 1) * 0.02, abs=1e-3)


def test_host_work_counts_for_the_caller_but_not_as_service():
    bench = Bench(0.004)

    def work(_number):
        bench.now += 0.001

    loop = bench.loop(100.0, before=work, after=work)
    loop.traced = True
    piece = bench.run(loop, 0.1)
    assert piece.latencies_ms[0] == pytest.approx(6.0, abs=0.01)
    assert piece.host_s == pytest.approx(0.002 * len(piece.latencies_ms), abs=1e-4)
    lane, due, begin, start, end, done = piece.spans[1]
    assert lane == 0
    assert (begin - due, start - begin, end - start, done - end) == pytest.approx((0, 1e-3, 4e-3, 1e-3), abs=1e-5)


def test_of_too_many_spans_the_last_are_kept():
    bench = Bench(1e-6)
    loop = bench.loop(1e6)
    loop.traced = True
    piece = bench.run(loop, 0.005)
    count = len(piece.latencies_ms)
    assert count > MOST_SPANS
    found = spans_of(piece, 3, before=50)
    assert len(found.lane) == MOST_SPANS
    assert found.dropped == count - MOST_SPANS
    assert found.first == 50 + found.dropped
    assert found.done_ns[-1] == round(piece.end_s * 1e9)


def test_slices_can_be_joined():
    draw = random.Random(1)
    pieces = [Slice(0.0, 1.0), Slice(1.0, 2.0)]
    for piece in pieces:
        due = draw.random()
        piece.count_open(due_s=due, free_s=0.0, begin_s=due + 0.01, service_s=0.001, done_s=due + 0.02)
    pieces[0].join(pieces[1])
    assert pieces[0].latencies_ms == pytest.approx([20.0, 20.0])
    assert pieces[0].late_count == 2
    assert pieces[0].late_s == pytest.approx(0.02)
    assert pieces[0].end_s == 2.0
