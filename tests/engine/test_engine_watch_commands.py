"""Commands that fall into live counting, and counting that fails; on real compiled models in this process."""

import pytest
from counted_models import two_convolutions, workload_of

from ovexplorer.engine.failure import EngineFailure
from ovexplorer.engine.layer_watch import LayerWatch, WatchSchedule
from ovexplorer.engine.loops import Gate, SyncLoop
from ovexplorer.schema.spec import ModelSpec, RunSpec

SPEC = RunSpec(model=ModelSpec(path="model.xml"), properties={"PERFORMANCE_HINT": "LATENCY"})


class Compiles:
    """Compiles when asked to and counts how often."""

    def __init__(self, *, counted=True):
        self.times = 0
        self._counted = counted

    def __call__(self):
        self.times += 1
        return workload_of(two_convolutions(), counted=self._counted).configuration


def watch_of(compiles):
    return LayerWatch(1, SPEC, compiles, WatchSchedule(0.05, 0.5))


def test_what_was_counted_before_a_command_is_part_of_the_next_value():
    compiles, gate = Compiles(), Gate(closed=True)
    watch = watch_of(compiles)
    assert watch.count(gate) is None
    gate.closed = False
    profile = watch.count(gate)
    assert profile.iterations >= 2
    assert compiles.times == 1
    assert watch.count(gate).iterations >= 2
    assert compiles.times == 1


def test_a_slow_inference_is_stopped_for_a_command_and_its_counters_are_thrown_away(monkeypatch):
    compiles, gate = Compiles(), Gate()
    watch = watch_of(compiles)
    assert watch.count(gate) is not None
    run = SyncLoop.run

    def stopped(self, until_s, its_gate, at_most):
        gate.closed = True
        watch.slow = True
        watch.cancel()
        raise RuntimeError("Infer Request was canceled")

    monkeypatch.setattr(SyncLoop, "run", stopped)
    assert watch.count(gate) is None
    monkeypatch.setattr(SyncLoop, "run", run)
    gate.closed = False
    assert watch.count(gate).iterations >= 2
    assert compiles.times == 2


def test_an_inference_that_fails_is_told(monkeypatch):
    watch = watch_of(Compiles())
    watch.count(Gate())

    def broken(self, until_s, gate, at_most):
        raise RuntimeError("the device lost its memory")

    monkeypatch.setattr(SyncLoop, "run", broken)
    with pytest.raises(EngineFailure, match="lost its memory"):
        watch.count(Gate())


def test_a_device_that_counts_nothing_is_told_as_such(monkeypatch):
    watch = watch_of(Compiles(counted=False))
    monkeypatch.setattr("ovexplorer.engine.profile._CALL_NS", 0)
    monkeypatch.setattr("ovexplorer.engine.profile.truncation_of", lambda layers: 0)
    with pytest.raises(EngineFailure, match="counts nothing"):
        watch.count(Gate())
