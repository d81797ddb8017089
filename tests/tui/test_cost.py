import pytest

from ovexplorer.clock import ManualClock
from ovexplorer.tui import cost


@pytest.fixture
def used(monkeypatch):
    """Seconds of CPU time that the process has used so far."""
    seconds = [0.0]
    monkeypatch.setattr(cost, "cpu_seconds", lambda: seconds[0])
    return seconds


def look(meter, clock, used, share, times=1):
    for _ in range(times):
        clock.advance(2.5)
        used[0] += 2.5 * share
        meter.look()


def test_share_and_bytes_are_of_the_time_since_the_last_look(used):
    clock, written = ManualClock(), cost.WrittenBytes()
    meter = cost.UiCost(clock, written)
    written.count = 20_000
    look(meter, clock, used, 0.014)
    assert meter.long == "ui 1.4 % 8.0 kB/s"


def test_a_steady_run_is_painted_less_often_until_the_budget_is_kept(used):
    clock = ManualClock()
    meter = cost.UiCost(clock, cost.WrittenBytes())
    look(meter, clock, used, 0.02, times=4)
    assert meter.steady_s == 2.0
    look(meter, clock, used, 0.02, times=40)
    assert meter.steady_s == cost.SLOWEST_S
    look(meter, clock, used, 0.001, times=40)
    assert meter.steady_s == cost.FASTEST_S


def test_the_pace_rests_where_one_step_faster_would_cost_too_much(used):
    clock = ManualClock()
    meter = cost.UiCost(clock, cost.WrittenBytes())
    look(meter, clock, used, 0.02, times=4)
    look(meter, clock, used, cost.BUDGET * 0.95, times=30)
    rested = meter.steady_s
    assert rested > cost.FASTEST_S
    look(meter, clock, used, cost.BUDGET * 0.95, times=10)
    assert meter.steady_s == rested
