"""Causes reach the document, the table and the verdict of a run."""

import msgspec
import pytest

from ovexplorer.cli.run_tables import result_table
from ovexplorer.export.run import measured_of, run_document
from ovexplorer.options.apply import default_spec
from ovexplorer.schema.histogram import histogram_of
from ovexplorer.schema.results import Load, Window
from ovexplorer.schema.spec import ModelSpec
from ovexplorer.session.state import RunState, Segment

SECOND = 1_000_000_000


def state(**beside):
    """A run as steady as can be, with something beside it in each second."""
    latency = 2_000_000
    windows = tuple(
        Window(
            segment=1,
            start_ns=number * SECOND // 10,
            end_ns=(number + 1) * SECOND // 10,
            count=50,
            sum_ns=50 * latency,
            min_ns=latency,
            max_ns=latency,
            median_ns=latency,
            histogram=histogram_of([latency] * 50),
        )
        for number in range(40)
    )
    quiet = Load(
        at_ns=0,
        cores=((0, 1.0),),
        engine_cores=1.0,
        other_cores=0.0,
        steal=0.0,
        involuntary_switches=30,
        frequency_mhz=0.0,
    )
    loads = tuple(msgspec.structs.replace(quiet, at_ns=number * SECOND, **beside) for number in range(1, 5))
    segment = Segment(number=1, spec=default_spec(ModelSpec(path="demo:relu")), title="", windows=windows, loads=loads)
    return RunState(segments=(segment,))


@pytest.mark.parametrize("beside", [{"throttled": 0.5}, {"thermal_throttles": 2}])
def test_a_steady_but_throttled_run_is_unstable_in_document_and_table(beside):
    run = measured_of(state(**beside))
    stability = run_document(run)["stability"]
    assert stability["verdict"] == "unstable"
    assert [reason["code"] for reason in stability["reasons"]] == ["throttled"]
    assert "unstable" in dict(result_table(run).rows)["verdict"]


def test_causes_are_told_beside_a_valid_verdict_too():
    run = measured_of(state(steal=0.1))
    stability = run_document(run)["stability"]
    assert stability["verdict"] == "valid"
    (cause,) = stability["causes"]
    assert (cause["code"], cause["figures"]["steal_share"]) == ("steal", pytest.approx(0.1))
    assert dict(result_table(run).rows)["seen beside it"] == cause["text"]
