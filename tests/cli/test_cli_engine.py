"""The program itself, as a user starts it, on real models."""

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def environment(tmp_path):
    temp = tmp_path / "temp"
    temp.mkdir(exist_ok=True)
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH", "")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "TMPDIR": str(temp)}


def start(tmp_path, *words):
    return subprocess.Popen(
        [sys.executable, "-m", "ovexplorer", *words],
        cwd=tmp_path,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Whoever runs the tests with nohup hands an ignored SIGHUP down.
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # noqa: PLW1509  # no threads here
    )


def finished(process, tmp_path):
    out, err = process.communicate(timeout=90)
    assert "Traceback" not in err
    assert list((tmp_path / "temp").iterdir()) == []
    return process.returncode, out, err


def run(tmp_path, *words):
    return finished(start(tmp_path, *words), tmp_path)


def test_bench_json_raw_and_record_agree_with_the_replay(tmp_path):
    code, out, _ = run(
        tmp_path, "bench", "demo:relu", "-niter", "300", "--json", "--raw", "raw.csv", "--record", "run.ovx"
    )
    assert code == 0
    document = json.loads(out)
    assert document["schema"] == "ovexplorer.run/1"
    assert document["result"]["iterations"] == 300
    with (tmp_path / "raw.csv").open() as file:
        latencies = sorted(int(row["latency_ns"]) for row in csv.DictReader(file))
    assert len(latencies) == 300
    assert document["result"]["latency_ms"]["max"] == latencies[-1] / 1e6
    assert document["result"]["latency_ms"]["p50"] == pytest.approx(latencies[149] / 1e6, rel=0.01)
    code, again, _ = run(tmp_path, "replay", "run.ovx", "--json")
    assert code == 0
    assert json.loads(again) == document


def test_a_pasted_benchmark_app_line_writes_its_reports(tmp_path):
    words = (
        "-m demo:relu -d CPU -hint throughput -nireq 2 -niter 50 -pc -report_type average_counters -report_folder out"
    )
    code, out, err = run(tmp_path, "bench", *words.split(), "-json_stats")
    assert code == 0
    assert "notice: the throughput hint chooses the async API" in err
    assert "latency p50" in out
    report = json.loads((tmp_path / "out" / "benchmark_report.json").read_text())
    # What was in flight when the count was reached is counted too.
    assert 50 <= int(report["execution_results"]["total number of iterations"]) <= 52
    rows = (tmp_path / "out" / "benchmark_average_counters_report.csv").read_text().splitlines()
    assert rows[0].startswith("layerName;execStatus;layerType;execType;realTime (ms)")
    assert rows[-2].startswith("Total;")


def test_layers_add_up(tmp_path):
    code, out, _ = run(tmp_path, "layers", "demo:mobilenet", "-niter", "3", "--json", "--csv", "layers.csv")
    assert code == 0
    document = json.loads(out)
    assert document["schema"] == "ovexplorer.layers/1"
    assert any(row["type"] == "Convolution" and row["mean_us"] > 0 for row in document["rows"])
    assert sum(row["mean_us"] for row in document["rows"]) == pytest.approx(document["counted_us"])
    assert document["counted_us"] + document["gap_us"] == pytest.approx(document["latency_us"])
    assert (tmp_path / "layers.csv").exists()


def test_devices_lists_the_cpu_with_its_properties(tmp_path):
    code, out, _ = run(tmp_path, "devices", "--json")
    assert code == 0
    devices = {device["name"]: device for device in json.loads(out)["devices"]}
    assert devices["CPU"]["state"] == "usable"
    assert any(entry["name"] == "NUM_STREAMS" for entry in devices["CPU"]["properties"])
    code, _, err = run(tmp_path, "devices", "-d", "NOSUCH")
    assert code == 2
    assert "CPU" in err


def test_without_a_terminal_the_tui_measures_headless(tmp_path):
    code, out, err = run(tmp_path, "demo:relu", "-niter", "20")
    assert code == 0
    assert "latency p50" in out
    assert "not a terminal" in err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("bench", "nosuch.xml"), 3),
        (("bench", "garbage.onnx"), 3),
        (("bench", "demo:relu", "-d", "NOSUCH"), 2),
        (("replay", "garbage.onnx", "--json"), 2),
        (("bench", "demo:relu", "-niter", "5", "--require-valid"), 5),
        (("bench", "demo:relu", "--raw", "no/such/folder/raw.csv"), 2),
    ],
)
def test_errors_have_their_exit_code_and_two_lines(tmp_path, words, code):
    (tmp_path / "garbage.onnx").write_bytes(b"\x00garbage\x1b[31m" * 9)
    got, _, err = run(tmp_path, *words)
    assert got == code
    assert [line.partition(":")[0] for line in err.splitlines()][-2:] == ["error", "hint"]
    assert "\x1b" not in err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_end_the_run_with_what_was_measured_and_a_readable_recording(tmp_path, number):
    process = start(tmp_path, "bench", "demo:relu", "-t", "60", "--json", "--raw", "raw.csv", "--record", "run.ovx")
    raw = tmp_path / "raw.csv"
    while process.poll() is None and not (raw.exists() and raw.stat().st_size > 1000):
        os.sched_yield()
    process.send_signal(number)
    code, out, _ = finished(process, tmp_path)
    assert code == 130
    document = json.loads(out)
    assert document["finished"] == "stopped"
    assert document["result"]["iterations"] > 0
    code, again, _ = run(tmp_path, "replay", "run.ovx", "--json")
    assert code == 0
    assert json.loads(again)["result"] == document["result"]


def test_a_closed_pipe_is_quiet(tmp_path):
    process = start(tmp_path, "bench", "--help")
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait(30) in {0, 1}
