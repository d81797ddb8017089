"""Whole command lines: benchmark_app's flags, documents, files, pipes and interrupts."""

import csv
import json
import re
import signal
import subprocess
from pathlib import Path

import pytest
from openvino.tools.benchmark import parameters
from terminal_kit import command
from test_e2e_bad_files import expect_refusal

from ovexplorer.cli.parser import parse
from ovexplorer.cli.request import request_of

RUN_KEYS = {"schema", "spec", "effective", "phases", "result", "stability", "memory_mb", "environment"}
RESULT_KEYS = {"iterations", "duration_s", "fps", "latency_ms", "intervals"}
LATENCY_KEYS = {"mean", "min", "max", "p50", "p90", "p95", "p99", "p99_9"}
MEMORY_KEYS = {"baseline", "after_read", "after_compile", "after_first_inference"}
LAYERS_KEYS = {"schema", "iterations", "latency_us", "counted_us", "gap_us", "rows", "by_type", "by_primitive"}
ROW_KEYS = {
    "order", "name", "type", "primitive", "precision", "layouts", "status", "mean_us", "share", "fused_from",
}  # fmt: skip

# A value for each flag of benchmark_app, by the name its own parser gives it.
VALUES = {
    "paths_to_input": "input.bin",
    "path_to_model": "demo:relu",
    "target_device": "CPU",
    "perf_hint": "throughput",
    "number_iterations": "10",
    "maximum_inference_rate": "100",
    "time": "1",
    "batch_size": "1",
    "shape": "[1,16]",
    "data_shape": "[1,16]",
    "layout": "[NC]",
    "extensions": "operations.so",
    "path_to_cldnn_config": "kernels.xml",
    "cache_dir": "cache",
    "load_from_file": None,
    "api_type": "async",
    "number_infer_requests": "2",
    "number_streams": "1",
    "inference_only": "true",
    "no_warmup": None,
    "infer_precision": "f32",
    "input_precision": "f32",
    "output_precision": "f32",
    "input_output_precision": "data:f32",
    "mean_values": "[1,2,3]",
    "scale_values": "[1,2,3]",
    "number_threads": "1",
    "infer_threads_pinning": "YES",
    "latency_percentile": "90",
    "report_type": "no_counters",
    "report_folder": "report",
    "json_stats": "true",
    "perf_counts": "true",
    "perf_counts_sort": "sort",
    "pcseq": "true",
    "exec_graph_path": "graph.xml",
    "dump_config": "config.json",
    "load_config": "loaded.json",
}


def flags_of_benchmark_app():
    actions = parameters.parse_args()._actions
    names = {action.dest: action for action in actions if action.dest != "help"}
    return {name: (tuple(action.option_strings), action.choices or ()) for name, action in names.items()}


FLAGS = flags_of_benchmark_app()


def test_every_flag_of_benchmark_app_has_a_value_here():
    assert set(FLAGS) == set(VALUES)


@pytest.mark.parametrize("name", FLAGS)
def test_benchmark_apps_flags_are_accepted_in_every_spelling(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "loaded.json").write_text('{"CPU": {"NUM_STREAMS": "1"}}')
    spellings, choices = FLAGS[name]
    values = [str(choice) for choice in choices] or [VALUES[name]]
    for spelling in spellings:
        for value in values:
            words = [spelling] if value is None else [spelling, value]
            model = [] if name == "path_to_model" else ["-m", "demo:relu"]
            assert request_of(parse(["bench", *model, *words])).spec.model.path == "demo:relu"


def test_a_whole_pasted_line_runs(home):
    # Those that need a file of their own, a library or another device are only parsed, above.
    left_out = {"paths_to_input", "extensions", "path_to_cldnn_config", "load_from_file", "number_iterations"}
    left_out |= {"mean_values", "scale_values", "shape"}
    words = []
    for name, value in VALUES.items():
        if name not in left_out:
            words += [FLAGS[name][0][0], *([] if value is None else [value])]
    (home.folder / "loaded.json").write_text('{"CPU": {"NUM_STREAMS": "1"}}')
    done = home.run("bench", *words)
    assert done.returncode == 0, done.stderr
    assert "throughput" in done.stdout
    assert set(done.stderr.splitlines()) == {line for line in done.stderr.splitlines() if line.startswith("notice: ")}
    assert (home.folder / "report" / "benchmark_report.json").exists()
    assert json.loads((home.folder / "config.json").read_text())


def test_documents_hold_the_public_keys_and_the_replay_is_the_same(home):
    done = home.run(
        "bench", "demo:relu", "-niter", "500", "--json", "--raw", "raw.csv", "--record", "run.ovx", "--prop", "FOO=1"
    )
    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    assert document["schema"] == "ovexplorer.run/1"
    assert set(document) >= RUN_KEYS
    assert set(document["result"]) >= RESULT_KEYS
    assert set(document["result"]["latency_ms"]) == LATENCY_KEYS
    assert set(document["result"]["intervals"]) == {"p50_ms", "fps", "confidence"}
    assert set(document["phases"]) >= {
        "read_ms", "reshape_ms", "compile_ms", "first_inference_ms", "loaded_from_cache",
    }  # fmt: skip
    assert document["stability"]["verdict"] in {"valid", "unstable", "too_short"}
    for kind in ("rss", "pss"):
        assert set(document["memory_mb"][kind]) >= MEMORY_KEYS
    unknown = next(row for row in document["effective"] if row["property"] == "FOO")
    assert set(unknown) >= {"device", "property", "requested", "effective", "state", "why"}
    assert (unknown["state"], unknown["requested"]) == ("ignored", "1")
    assert unknown["why"]
    with (home.folder / "raw.csv").open() as file:
        assert len(list(csv.DictReader(file))) == document["result"]["iterations"] == 500
    again = home.run("replay", "run.ovx", "--json")
    assert (again.returncode, again.stderr) == (0, "")
    assert json.loads(again.stdout) == document


def test_layers_and_devices_documents(home):
    done = home.run("layers", "demo:mobilenet", "-niter", "3", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    layers = json.loads(done.stdout)
    assert layers["schema"] == "ovexplorer.layers/1"
    assert layers["iterations"] == 3
    assert set(layers) >= {*LAYERS_KEYS, "by_precision", "transitions", "reorders"}
    assert set(layers["rows"][0]) >= ROW_KEYS
    assert {row["status"] for row in layers["rows"]} <= {"executed", "fused", "optimized_out", "below_resolution"}
    done = home.run("devices", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    devices = json.loads(done.stdout)["devices"]
    assert next(device for device in devices if device["name"] == "CPU")["properties"]
    unusable = [device["name"] for device in devices if device["state"] == "unusable"]
    # One of them is enough to see what a run on it says.
    for name in unusable[:1]:
        expect_refusal(home.run("bench", "demo:relu", "-d", name), 2, name, "ovexplorer devices")


def test_repeated_runs_have_an_interval_between_them(home):
    done = home.run("bench", "demo:relu", "-niter", "50", "--runs", "2", "--json")
    assert done.returncode == 0
    document = json.loads(done.stdout)
    assert len(document["runs"]) == 2
    low, high = document["between_runs"]["p50_ms"]["interval"]
    assert low <= document["between_runs"]["p50_ms"]["mean"] <= high


def test_a_short_run_is_not_valid_and_still_reported(home):
    done = home.run("bench", "demo:relu", "-niter", "5", "--require-valid", "--json")
    assert done.returncode == 5
    assert json.loads(done.stdout)["stability"]["verdict"] == "too_short"
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == ["error", "hint"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("bench",), 2, "model"),
        (("bench", "demo:relu", "--nosuch"), 2, "--nosuch"),
        (("bench", "demo:nosuch"), 3, "demo:resnet50"),
        (("bench", "demo:relu", "--record", "no/such/folder/run.ovx"), 2, "run.ovx"),
        (("bench", "demo:relu", "--raw", "no/such/folder/raw.csv"), 2, "raw.csv"),
        (("replay", "nosuch.ovx", "--json"), 2, "nosuch.ovx"),
    ],
)
def test_what_cannot_be_is_said_in_two_lines(home, words, code, said):
    expect_refusal(home.run(*words), code, said)


def test_a_full_disk_ends_the_files_and_not_the_run(home):
    done = home.run("bench", "demo:relu", "-niter", "5000", "--raw", "/dev/full", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["result"]["iterations"] == 5000
    assert re.fullmatch(r"notice: --raw stopped: .*\n", done.stderr)
    # 1 kB of recording, by the limit of the process.
    limited = ["sh", "-c", 'ulimit -f 2; exec "$@"', "sh", *command(("bench", "demo:relu", "-niter", "5000"))]
    done = subprocess.run(
        [*limited, "--record", "run.ovx", "--json"],
        cwd=home.folder,
        env=home.environment,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    assert done.returncode == 0
    assert json.loads(done.stdout)["result"]["iterations"] == 5000
    assert re.fullmatch(r"notice: recording stopped: .*run\.ovx is readable up to here\n", done.stderr)
    home.expect_nothing_left()


def test_a_full_stdout_is_said_and_a_closed_one_is_quiet(home):
    words = command(("bench", "demo:relu", "-niter", "5"))
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(words, cwd=home.folder, env=home.environment, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 2
    assert re.fullmatch(rb"error: stdout cannot be written: .*\nhint: .*\n", done.stderr)
    process = subprocess.Popen(
        words, cwd=home.folder, env=home.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.close()
    with process.stderr:
        assert process.stderr.read() == b""
    assert process.wait(30) == 0
    home.expect_nothing_left()


def test_without_a_terminal_the_same_is_measured_headless(home):
    done = home.run("demo:relu", "-niter", "20")
    assert done.returncode == 0
    assert "latency p50" in done.stdout
    assert len(done.stderr.splitlines()) == 1
    assert "not a terminal" in done.stderr


@pytest.mark.parametrize("form", ["--json", "--no-color"])
def test_ctrl_c_stops_a_long_run_at_once_and_reports_it(home, terminal, form):
    screen = terminal("bench", "demo:relu", "-t", "600", form)
    screen.until(re.compile(r"[1-9][\d,]* inferences|FPS"))
    screen.press("\x03")
    assert screen.ended(15) == 130
    written = screen.written().replace("\r\n", "\n")
    if form == "--json":
        document = json.loads(written[written.index("{") :])
        assert document["finished"] == "stopped"
        assert document["result"]["iterations"] > 0
    else:
        assert "latency p50" in written
    assert "Traceback" not in written
    home.expect_nothing_left()


def test_ctrl_c_while_compiling_ends_at_once(home, terminal):
    screen = terminal("bench", "demo:resnet50", "-t", "600")
    screen.until(re.compile("compil"))
    screen.signal(signal.SIGINT)
    assert screen.ended(15) == 130
    assert "Traceback" not in screen.written()
    home.expect_nothing_left()
