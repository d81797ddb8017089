"""Models and devices that misbehave: each gives a sensible figure, verdict or message, and nothing hangs.

Slow inferences are played on a clock that the request itself moves, so that ten seconds cost nothing.
"""

from __future__ import annotations

import threading
import time

import openvino as ov
import pytest
from engine_client import effective_of, of_kind, spec_of, windows
from tiny_models import relu_model

from ovexplorer.analysis.digest import digest_of
from ovexplorer.analysis.stability import judge
from ovexplorer.analysis.summary import summarise
from ovexplorer.engine.configurations import Configurations, configuration_key
from ovexplorer.engine.failure import EngineFailure
from ovexplorer.engine.intake import load, prepare
from ovexplorer.engine.loops import Gate, HostWork, Slice, SyncLoop
from ovexplorer.engine.reporter import Reporter
from ovexplorer.engine.run import Cancelled, LiveRun
from ovexplorer.engine.turns import take_turn
from ovexplorer.engine.windows import window_of
from ovexplorer.engine.workload import Workload
from ovexplorer.schema.contest import RunTurns
from ovexplorer.schema.histogram import RELATIVE_ERROR, value_of
from ovexplorer.schema.protocol import ConfigurationReady, Failed, RunFinished, WindowMeasured
from ovexplorer.schema.spec import ModelSpec, RunSpec


class Quiet:
    """A phase reporter that tells nobody."""

    def __call__(self, phase):
        return self

    def __enter__(self):
        return None

    def __exit__(self, *problem):
        return None


class Listener:
    """Takes the events of a reporter."""

    def __init__(self):
        self.events = []

    def send(self, event):
        self.events.append(event)

    @property
    def windows(self):
        return [event.window for event in self.events if isinstance(event, WindowMeasured)]


class VirtualClock:
    """time.perf_counter as a number that only inferences move."""

    def __init__(self):
        self.now = 1_000.0

    def __call__(self):
        return self.now


class SlowRequest:
    """An inference of so many seconds; cancelled from another thread it raises as OpenVINO does."""

    def __init__(self, clock, seconds):
        self.clock = clock
        self.seconds = seconds
        self.latency = 0.0
        self.started = 0
        self.cancelled = threading.Event()
        self.on_start = lambda: None

    def infer(self, *_inputs, **_options):
        self.started += 1
        self.on_start()
        if self.cancelled.is_set():
            raise RuntimeError("Exception from src/inference.cpp:1:\nInfer Request was canceled")
        self.clock.now += self.seconds
        self.latency = self.seconds * 1e3

    def cancel(self):
        self.cancelled.set()


class FailingRequest:
    """A real request whose n-th inference fails."""

    def __init__(self, request, fails_at):
        self.request = request
        self.left = fails_at

    @property
    def latency(self):
        return self.request.latency

    def infer(self, *inputs, **options):
        self.left -= 1
        if self.left <= 0:
            raise RuntimeError("Exception from src/plugin.cpp:7:\nCheck 'ok' failed\nthe device lost its memory")
        return self.request.infer(*inputs, **options)


@pytest.fixture(scope="module")
def relu():
    core = ov.Core()
    model = ModelSpec(path="demo:relu")
    loaded = load(core, model, Quiet())
    spec = RunSpec(model=model)
    return Configurations(core, 2).make(
        configuration_key(loaded.identity, spec), prepare(loaded, model, Quiet()), spec, Quiet()
    )


@pytest.fixture
def clock(monkeypatch):
    made = VirtualClock()
    monkeypatch.setattr(time, "perf_counter", made)
    return made


def live_run(relu, loop_of, **spec):
    """A live run of a real workload with another loop, and what it tells."""
    workload = Workload(relu, RunSpec(model=ModelSpec(path="demo:relu"), **spec))
    workload.loop = workload._uncounted = loop_of(workload)
    listener = Listener()
    return LiveRun(1, workload, Reporter(listener), Gate()), listener


def slow_run(relu, clock, seconds=10.0, **spec):
    request = SlowRequest(clock, seconds)
    run, told = live_run(relu, lambda _: SyncLoop(request, HostWork()), **spec)
    return run, told, request


# Ten seconds an inference


def test_ten_seconds_an_inference_are_told_one_by_one(relu, clock):
    run, told, request = slow_run(relu, clock, duration_s=35.0)
    run.prepare(kept=False, note_first=False)
    assert request.started == 1  # A warm-up of a slow model would cost more than it is worth.
    reasons = [run.step() for _ in range(4)]
    assert reasons == [None, None, None, "duration"]
    assert [window.count for window in told.windows] == [1, 1, 1, 1]
    assert all(window.median_ns == 10_000_000_000 for window in told.windows)
    assert run.slow


def test_a_command_ends_a_slow_inference_at_once(relu, clock):
    run, told, request = slow_run(relu, clock)
    run.prepare(kept=True, note_first=False)
    assert run.step() is None
    request.on_start = run.interrupt
    with pytest.raises(Cancelled):
        run.step()
    assert len(told.windows) == 1


def test_the_verdict_on_ten_seconds_an_inference_is_too_short_with_the_time_to_go(relu, clock):
    run, told, _ = slow_run(relu, clock)
    for _ in range(3):
        run.step()
    verdict = judge(told.windows)
    assert verdict.verdict == "too_short"
    assert "3 of the 20" in verdict.reasons[0].text
    assert verdict.seconds_needed == pytest.approx(170)
    summary = summarise(told.windows)
    assert summary.fps == pytest.approx(0.1)
    for _ in range(17):
        run.step()
    # Twenty are enough for so slow a model; each is a part of its own.
    verdict = judge(told.windows)
    assert verdict.verdict == "valid"
    assert verdict.seconds_needed is None


def test_a_turn_of_a_slow_contestant_ends_with_its_fewest_inferences(relu, clock):
    request = SlowRequest(clock, 10.0)
    asked = RunTurns(contest=1, turns=(1,), seconds=0.1, fewest=5)
    turn = take_turn(SyncLoop(request, HostWork()), 1, asked, Gate())
    assert (turn.window.count, turn.dropped, request.started) == (5, 1, 6)
    assert turn.window.end_ns - turn.window.start_ns == 50_000_000_000


def test_a_command_in_a_slow_turn_is_waited_for_one_inference_at_most(relu, clock):
    request, gate = SlowRequest(clock, 10.0), Gate()

    def third():
        gate.closed = request.started >= 3

    request.on_start = third
    asked = RunTurns(contest=1, turns=(1,), seconds=0.1, fewest=5)
    assert take_turn(SyncLoop(request, HostWork()), 1, asked, gate) is None
    assert request.started == 3


# Three microseconds


def test_three_microseconds_an_inference_give_a_verdict():
    request = ov.Core().compile_model(relu_model(), "CPU").create_infer_request()
    loop, told, end_ns = SyncLoop(request, HostWork()), [], 0
    for _ in range(60):
        piece = loop.run(time.perf_counter() + 0.01, Gate(), 1 << 30)
        told.append(window_of(piece, 1, end_ns or round(piece.start_s * 1e9), 0))
        end_ns = told[-1].end_ns
    verdict, summary = judge(told), summarise(told)
    assert verdict.verdict in ("valid", "unstable")
    assert summary.fps > 1_000
    total = digest_of(told).total
    assert total.count == sum(window.count for window in told) > 1_000
    for window in told:
        assert window.histogram.total == window.count
        assert 0 < window.min_ns <= window.median_ns <= window.max_ns
        # Values read back from buckets are as near as promised, also of a few microseconds.
        lowest, highest = (value_of(window.histogram.buckets[end]) for end in (0, -1))
        assert abs(lowest - window.min_ns) <= RELATIVE_ERROR * 1.01 * window.min_ns + 1
        assert abs(highest - window.max_ns) <= RELATIVE_ERROR * 1.01 * window.max_ns + 1


@pytest.mark.parametrize("count", [1, 5, 63, 64, 5_000])
def test_latencies_below_the_clock_are_no_division_by_zero(count):
    window = window_of(Slice(0.0, 0.0, [0.0] * count), 1, 0, 0)
    assert (window.count, window.median_ns, window.end_ns) == (count, 0, 0)
    assert window.histogram.total == count
    told = [window] * 200
    summary = summarise(told)
    # No time has passed: there is no rate, and nothing that could be called valid is claimed of it.
    assert summary.fps is None
    assert judge(told).verdict in ("too_short", "unstable")


# The hundredth fails


def test_the_hundredth_inference_fails_in_words(relu):
    run, told = live_run(
        relu, lambda workload: SyncLoop(FailingRequest(workload._requests[0], 100), HostWork()), iterations=1_000
    )
    with pytest.raises(EngineFailure) as failed:
        all(run.step() is None for _ in range(1_000))
    assert failed.value.kind == "inference_failed"
    assert "the device lost its memory" in failed.value.what
    assert failed.value.hint
    assert sum(window.count for window in told.windows) <= 99
    assert judge(told.windows).verdict == "too_short"


def test_a_first_inference_that_fails_is_no_run(relu):
    run, told = live_run(relu, lambda workload: SyncLoop(FailingRequest(workload._requests[0], 1), HostWork()))
    with pytest.raises(EngineFailure, match="lost its memory"):
        run.prepare(kept=False, note_first=False)
    assert not run.prepared
    assert not told.windows


def test_a_turn_that_fails_raises_and_counts_nothing(relu):
    workload = Workload(relu, RunSpec(model=ModelSpec(path="demo:relu")))
    loop = SyncLoop(FailingRequest(workload._requests[0], 100), HostWork())
    asked = RunTurns(contest=1, turns=(1,), seconds=60.0, fewest=100)
    with pytest.raises(RuntimeError, match="lost its memory"):
        take_turn(loop, 1, asked, Gate())


# A device that takes nothing as asked


def test_a_device_that_clamps_everything_says_so_and_runs(engine):
    asked = {
        "INFERENCE_NUM_THREADS": "100000",
        "NUM_STREAMS": "5000",
        "PERF_COUNT": "NO",
        "NO_SUCH_KEY": "7",
    }
    spec = spec_of("demo:relu", properties=asked, api="async", requests=100_000, iterations=5_000)
    events = engine.run(1, spec)
    assert not of_kind(events, Failed)
    for name in ("INFERENCE_NUM_THREADS", "NUM_STREAMS", "requests"):
        row = effective_of(events, name)
        assert row.state == "changed"
        assert int(row.effective) < int(row.requested)
        assert row.why
    assert effective_of(events, "NO_SUCH_KEY").state == "ignored"
    ready = of_kind(events, ConfigurationReady)[0]
    assert effective_of(events, "requests").effective == str(ready.requests)
    assert sum(window.count for window in windows(events, 1)) == 5_000
    assert of_kind(events, RunFinished)[0].reason == "iterations"


@pytest.mark.parametrize(
    "properties",
    [{"NUM_STREAMS": "-5"}, {"INFERENCE_NUM_THREADS": "many"}, {"PERFORMANCE_HINT": "FASTEST"}],
    ids=str,
)
def test_values_that_cannot_be_clamped_are_refused_in_words(engine, properties):
    failed = of_kind(engine.run(1, spec_of("demo:relu", properties=properties)), Failed)
    assert [event.kind for event in failed] == ["property_refused"]
    assert failed[0].hint
