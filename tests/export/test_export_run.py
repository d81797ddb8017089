import json

import msgspec
import pytest

from ovexplorer.export.report import report_csv, report_json
from ovexplorer.export.run import measured_of, run_document, runs_document
from ovexplorer.options.apply import default_spec
from ovexplorer.schema.histogram import histogram_of
from ovexplorer.schema.protocol import ConfigurationReady
from ovexplorer.schema.results import EffectiveProperty, MemoryUse, Window
from ovexplorer.schema.spec import ModelSpec
from ovexplorer.session.state import PhaseTime, RunState, Segment
from ovexplorer.text import clean

MS = 1_000_000


def window(number, latencies):
    start = number * 100 * MS
    return Window(
        segment=1,
        start_ns=start,
        end_ns=start + 100 * MS,
        count=len(latencies),
        sum_ns=sum(latencies),
        min_ns=min(latencies),
        max_ns=max(latencies),
        median_ns=sorted(latencies)[len(latencies) // 2],
        histogram=histogram_of(latencies),
    )


def state(latency_ms=2, windows=40, batch=4):
    effective = EffectiveProperty(
        device="CPU",
        property="NUM_STREAMS",
        requested=clean("9"),
        effective=clean("2"),
        state="changed",
        why=clean("!"),
    )
    ready = ConfigurationReady(
        segment=1,
        at_ns=0,
        effective=(effective,),
        loaded_from_cache=True,
        kept=False,
        requests=1,
        streams=2,
        batch=batch,
        execution_devices=(clean("CPU"),),
    )
    segment = Segment(
        number=1,
        spec=default_spec(ModelSpec(path="demo:relu")),
        title="",
        phases=(PhaseTime("compile", 0, 12 * MS),),
        ready=ready,
        windows=tuple(window(number, [latency_ms * MS] * 50) for number in range(windows)),
        memory=(MemoryUse(after="compile", rss_bytes=5_000_000, pss_bytes=0, peak_rss_bytes=6_000_000),),
        finished="duration",
    )
    return RunState(segments=(segment,))


def test_the_document_has_the_keys_of_the_contract():
    document = run_document(measured_of(state()))
    assert document["schema"] == "ovexplorer.run/1"
    assert document["effective"][0] == {
        "device": "CPU",
        "property": "NUM_STREAMS",
        "requested": "9",
        "effective": "2",
        "state": "changed",
        "why": "!",
    }
    assert document["phases"]["compile_ms"] == 12
    assert document["phases"]["read_ms"] is None
    assert document["phases"]["loaded_from_cache"] is True
    result = document["result"]
    assert result["iterations"] == 2000
    assert result["duration_s"] == pytest.approx(4.0)
    assert result["fps"] == pytest.approx(2000 * 4 / 4.0)
    assert result["latency_ms"]["p50"] == pytest.approx(2.0, rel=0.01)
    assert result["latency_ms"]["p99_9"] is None
    assert "10,000" in result["reasons"]["p99_9"]
    assert result["intervals"]["confidence"] == 0.95
    assert document["stability"] == {"verdict": "valid", "reasons": [], "causes": []}
    assert document["memory_mb"]["rss"]["after_compile"] == 5
    assert document["memory_mb"]["pss"]["after_compile"] is None
    assert document["memory_mb"]["peak_rss"] == 6
    assert msgspec.json.decode(msgspec.json.encode(document)) == document


def test_nothing_counted_is_null_not_zero():
    result = run_document(measured_of(state(windows=0)))["result"]
    assert result["fps"] is None
    assert result["latency_ms"]["mean"] is None


def test_no_segment_is_no_document():
    assert measured_of(RunState()) is None


def test_several_runs_show_the_middle_one_and_the_interval_between_them():
    runs = [measured_of(state(latency_ms)) for latency_ms in (2, 8, 4)]
    document = runs_document(runs)
    assert document["result"]["latency_ms"]["p50"] == pytest.approx(4, rel=0.01)
    assert [entry["verdict"] for entry in document["runs"]] == ["valid"] * 3
    between = document["between_runs"]["p50_ms"]
    assert between["mean"] == pytest.approx(14 / 3, rel=0.01)
    assert between["interval"][0] < between["mean"] < between["interval"][1]


def test_reports_have_benchmark_apps_sections():
    document = run_document(measured_of(state()))
    text = report_csv(document, ["ovexplorer", "bench"])
    assert "Execution results\ntotal execution time (ms);4000.00\ntotal number of iterations;2000\n" in text
    report = json.loads(report_json(document, ["ovexplorer", "bench"]))
    assert report["configuration_setup"]["NUM_STREAMS"] == "2"
