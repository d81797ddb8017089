"""What is read from merged histograms against the exact figures of the same run's raw latencies."""

import pytest
from engine_client import of_kind, spec_of

from ovexplorer.analysis.summary import PERCENTILES, summarise
from ovexplorer.schema.protocol import SamplesTaken, WindowMeasured


def nearest_rank(ordered, percent):
    # In whole thousandths: 0.999 x 20,000 is 19,980.000000000004 in floating point.
    return ordered[-(-round(percent * 1000) * len(ordered) // 100_000) - 1]


@pytest.mark.parametrize(
    "spec",
    [
        spec_of("demo:relu", iterations=20_000, raw=True),
        spec_of("demo:branchy", iterations=300, raw=True),
        spec_of("demo:relu", iterations=12_000, raw=True, api="async", requests=3),
    ],
    ids=["microseconds", "milliseconds", "async"],
)
def test_percentiles_agree_with_the_exact_ones_within_one_percent(engine, spec):
    events = engine.run(1, spec)
    exact = sorted(latency for event in of_kind(events, SamplesTaken) for latency in event.samples.latency_ns)
    run = summarise([event.window for event in of_kind(events, WindowMeasured)])
    assert run.iterations == len(exact) == spec.iterations
    shown = [entry for entry in run.percentiles if entry.value_ns is not None]
    assert len(shown) == sum(1 for percent in PERCENTILES if spec.iterations >= run.percentile(percent).needed) >= 3
    for entry in shown:
        assert entry.value_ns == pytest.approx(nearest_rank(exact, entry.percent), rel=0.01)
    assert run.mean_ns == pytest.approx(sum(exact) / len(exact), rel=1e-3)
    assert run.min_ns == pytest.approx(exact[0], abs=1)
    assert run.max_ns == pytest.approx(exact[-1], abs=1)
