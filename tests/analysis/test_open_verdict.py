"""The verdict on open loads: latencies are judged, arrivals are not, and the generator answers for its own lateness."""

import random

import msgspec
import pytest
from analysis_kit import MS, window

from ovexplorer.analysis.stability import judge
from ovexplorer.analysis.summary import summarise


def poisson_run(rate=30.0, seconds=20, late_every=0, grows=0.0):
    """Slices of a second with as many arrivals as a Poisson process brings; each takes 5 ms and its wait."""
    dice, made, number = random.Random(3), [], 0
    for second in range(seconds * 2):
        count = 0
        at = dice.expovariate(rate)
        while at < 0.5:
            count += 1
            at += dice.expovariate(rate)
        waits = [round((5 + grows * second + dice.random() * 0.02) * MS) for _ in range(max(1, count))]
        late = sum((number + place) % late_every == 0 for place in range(len(waits))) if late_every else 0
        number += len(waits)
        plain = window(waits, second * 500 * MS, (second + 1) * 500 * MS)
        made.append(
            msgspec.structs.replace(
                plain,
                service_ns=len(waits) * 5 * MS,
                queue_ns=max(1, plain.sum_ns - len(waits) * 5 * MS),
                late_count=late,
                late_max_ns=3 * MS if late else 0,
            )
        )
    return made


def test_uneven_arrivals_are_no_fault_of_the_device():
    assert judge(poisson_run()).verdict == "valid"
    closed = [msgspec.structs.replace(entry, service_ns=0) for entry in poisson_run()]
    assert "windows_differ" in [reason.code for reason in judge(closed).reasons]


@pytest.mark.parametrize(("every", "verdict"), [(20, "unstable"), (200, "valid")])
def test_a_late_generator_makes_it_unstable(every, verdict):
    found = judge(poisson_run(late_every=every))
    assert found.verdict == verdict
    if verdict == "unstable":
        assert [reason.code for reason in found.reasons] == ["generator_late"]
        assert "3.0 ms" in found.reasons[0].text


def test_a_growing_line_is_a_trend():
    found = judge(poisson_run(grows=2.0))
    assert found.verdict == "unstable"
    assert "trend" in [reason.code for reason in found.reasons]


def test_the_summary_says_what_the_latency_is_made_of():
    windows = poisson_run(late_every=20, grows=1.0)
    summary = summarise(windows)
    found = summary.arrivals
    assert found.service_ns == 5 * MS
    assert found.service_ns + found.queue_ns == pytest.approx(summary.mean_ns)
    assert found.late_share == pytest.approx(0.05, abs=0.002)
    assert found.late_max_ns == 3 * MS
    assert summarise([window([5 * MS] * 10)]).arrivals is None
