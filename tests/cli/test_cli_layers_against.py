import asyncio
import io
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from ovexplorer.cli.console import Console
from ovexplorer.cli.interrupts import Interrupts
from ovexplorer.cli.layers import Second, asked_of, profiled, report
from ovexplorer.cli.layers_compare import Other, cpu_alone, print_comparison, print_outstanding, recorded_profile
from ovexplorer.cli.layers_tables import View
from ovexplorer.cli.parser import parse
from ovexplorer.cli.runner import Job
from ovexplorer.errors import EngineDiedError, ModelError, RecordingError
from ovexplorer.history.recording import Recorder
from ovexplorer.schema.counting import MeasurePeak, PeakMeasured, ProfileOther
from ovexplorer.schema.facts import EnvironmentFacts
from ovexplorer.schema.histogram import histogram_of
from ovexplorer.schema.peak import PeakFacts
from ovexplorer.schema.protocol import (
    PROTOCOL_VERSION,
    ConfigurationReady,
    EngineDied,
    Failed,
    Hello,
    LayersMeasured,
    Profile,
    RunFinished,
    StartRun,
    StopRun,
    WindowMeasured,
)
from ovexplorer.schema.recorded import Asked, Recorded
from ovexplorer.schema.results import Window
from ovexplorer.session.fake import FakeSource
from ovexplorer.text import CleanText, clean
from tests.cli.layers_kit import HOSTILE, LAYERS, SPEC, layer, profile

ROOT = Path(__file__).resolve().parents[2]
NONE = CleanText("")
OTHER = msgspec.structs.replace(SPEC, properties={**SPEC.properties, "INFERENCE_PRECISION_HINT": "f32"})
ENVIRONMENT = EnvironmentFacts(
    hostname=NONE, cpu_model=NONE, cpu_flags=(), logical_cpus=1, allowed_cpus=(0,), quota_cpus=0.0, memory_bytes=1,
    memory_limit_bytes=0, kernel=NONE, virtualisation=NONE, governor=NONE, openvino=NONE, python=NONE,
)  # fmt: skip
READY = ConfigurationReady(
    segment=1, at_ns=1, effective=(), loaded_from_cache=None, kept=False, requests=1, streams=1, batch=1,
    execution_devices=(),
)  # fmt: skip
WINDOW = Window(
    segment=1, start_ns=0, end_ns=300_000_000, count=3, sum_ns=300_000_000, min_ns=1, max_ns=1, median_ns=1,
    histogram=histogram_of([100_000_000] * 3),
)  # fmt: skip
SLOWER = (*LAYERS[:2], layer(2, "conv", 900, origin=("conv", "relu"), precision="f32"), LAYERS[4])
PEAK = PeakFacts(
    gflops={"f32": 200.0}, gbps=20.0, threads=2, cpu_model=clean("x"), openvino=clean("1"), measured_at="2026"
)


class Engine(FakeSource):
    """Measures, profiles, and answers for another configuration what the test says."""

    def __init__(self, other):
        super().__init__()
        self.other = other

    async def send(self, command):
        await super().send(command)
        for event in self.answers(command):
            self._queue.put_nowait(event)

    def answers(self, command):
        match command:
            case StartRun():
                hello = Hello(
                    protocol=PROTOCOL_VERSION, pid=1, clock_ns=0, import_ns=1, openvino=NONE, environment=ENVIRONMENT
                )
                return hello, READY, WindowMeasured(window=WINDOW)
            case Profile():
                return (LayersMeasured(profile=profile()),)
            case ProfileOther():
                return self.other(command.segment)
            case MeasurePeak():
                return (PeakMeasured(peak=PEAK),)
            case StopRun():
                return (RunFinished(segment=1, at_ns=9, reason="stopped"),)
        return ()


async def counted(other, stop=None):
    second, source = Second(OTHER), Engine(other)

    async def connect():
        return source

    stop = stop or Interrupts()
    job = Job(SPEC, steps=second.steps, listener=second.listen)
    state = await profiled(job, stop, lambda _state: None, connect)
    assert source.closed
    return state, second.found(state, stopped=stop.asked), source


def measured(segment):
    return (LayersMeasured(profile=profile(SLOWER, 1_500, segment, spec=OTHER)),)


def failed(segment):
    what = {"what": clean("it does not compile"), "hint": clean("do"), "detail": (clean("native"),)}
    return (Failed(segment=segment, kind="compile_failed", phase="compile", **what),)


async def test_the_other_configuration_is_counted_in_the_same_engine():
    state, other, source = await counted(measured)
    (asked,) = [command for command in source.sent if isinstance(command, ProfileOther)]
    assert (asked.spec, asked.segment) == (OTHER, other.profile.segment)
    assert (state.profile.segment, other.spec) == (1, OTHER)
    rows = {row.name: row for row in other.aligned_with(state.profile).rows}
    assert (rows["conv"].kind, rows["conv"].delta_ns) == ("slower", 400_000)


async def test_a_configuration_that_does_not_compile_is_named_and_nothing_hangs():
    with pytest.raises(ModelError, match=r"f32.*it does not compile") as caught:
        await asyncio.wait_for(counted(failed), 10)
    assert caught.value.detail == ("native",)


async def test_an_engine_that_dies_over_it_is_named():
    died = EngineDied(exit_code=-11, while_doing="compile", expected=False)
    with pytest.raises(EngineDiedError, match="SIGSEGV"):
        await asyncio.wait_for(counted(lambda _segment: (died,)), 10)


async def test_an_interrupt_keeps_the_first_profile():
    stop = Interrupts()

    def interrupted(_segment):
        stop._asked.set()
        return ()

    state, other, _ = await asyncio.wait_for(counted(interrupted, stop), 10)
    assert (state.profile.segment, other) == (1, None)


# What is compared


def write(path, *events):
    with Recorder(path, "test") as recorder:
        for at, event in enumerate(events):
            recorder.write(Recorded(at_ns=at, message=event))
    return path


def recording(path, *events):
    asked = Asked(segment=1, spec=OTHER, title=NONE, at_ns=0, new_run=True, kind="toggle")
    return write(path, asked, READY, *events)


def test_a_recording_is_what_was_before(tmp_path):
    path = recording(tmp_path / "a.ovx", LayersMeasured(profile=profile(SLOWER, 1_500)))
    other = recorded_profile(path)
    assert (other.spec, other.file) == (OTHER, "a.ovx")
    made = other.aligned_with(profile(spec=SPEC))
    assert (made.a.latency_ns, made.note) == (1_500_000, "")
    assert {row.name: row.kind for row in made.rows}["conv"] == "faster"


def test_a_recording_without_layers_is_refused(tmp_path):
    with pytest.raises(RecordingError, match="no layers were counted"):
        recorded_profile(recording(tmp_path / "a.ovx"))


def test_what_to_compare_with_is_told_by_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    recording(tmp_path / "old.ovx", LayersMeasured(profile=profile(SLOWER)))
    assert asked_of(parse(["layers", "demo:relu", "--against", "old.ovx"])).against.recorded.file == "old.ovx"
    options = asked_of(parse(["layers", "demo:relu", "-hint", "none", "--against", "precision=f32,streams=2"])).against
    assert options.spec.properties == {"INFERENCE_PRECISION_HINT": "f32", "NUM_STREAMS": "2"}
    model = asked_of(parse(["layers", "demo:relu", "--against", "model=int8.xml"])).against
    assert model.spec.model.path == str(tmp_path / "int8.xml")


def test_cpu_alone_is_asked_for_heterogeneous_runs_only():
    run = msgspec.structs.replace(
        SPEC,
        device="HETERO:CPU_SIM,CPU",
        properties={"MODEL_DISTRIBUTION_POLICY": "PIPELINE_PARALLEL", "PERFORMANCE_HINT": "LATENCY"},
        device_properties={"CPU": {"INFERENCE_PRECISION_HINT": "f32"}, "CPU_SIM": {"NUM_STREAMS": "1"}},
    )
    alone = cpu_alone(run)
    assert (alone.device, alone.device_properties) == ("CPU", {})
    assert alone.properties == {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
    assert cpu_alone(SPEC) is None
    assert cpu_alone(msgspec.structs.replace(SPEC, device="AUTO:CPU")) is None


# What is printed


def compared(view=None, b=SLOWER):
    out = io.StringIO()
    made = Other(profile(b, 1_500, spec=OTHER), OTHER).aligned_with(profile(spec=SPEC))
    print_comparison(Console(out, io.StringIO()), made, "relu · CPU", Other(made.b, OTHER), view or View())
    return out.getvalue()


def test_what_differs_is_printed_with_what_it_adds_up_to():
    text = compared()
    assert "A relu · CPU   B Precision auto→f32 · 3 rows without a difference" in text
    conv = next(line for line in text.splitlines() if line.startswith("conv"))
    assert conv.split()[2:8] == ["500", "900", "+400", "+80", "%", "bf16"]
    assert [line.split()[1:3] for line in text.splitlines() if line.startswith(("counted", "gap", "latency"))] == [
        ["900", "1,300"],
        ["100", "200"],
        ["1,000", "1,500"],
    ]
    assert "1 slower (+400 µs)" in text


def test_everything_and_filters_hold_for_comparisons_too():
    from ovexplorer.analysis.layer_filter import read_filter

    assert "image_abcd_acdb_conv" in compared(View(everything=True))
    assert "conv  " not in compared(View(everything=True, wanted=read_filter("type:Eltwise")))
    hostile = compared(b=(*SLOWER[:3], layer(9, HOSTILE + "2", 50)))
    assert "vanished" in hostile
    assert "appeared" in hostile
    assert "\x1b" not in hostile


def test_outstanding_reorders_are_listed_with_what_they_cost():
    out = io.StringIO()
    run = profile(latency_us=1_000)
    from ovexplorer.analysis.align import outstanding_reorders

    found = outstanding_reorders(run, profile(LAYERS[2:]))
    print_outstanding(Console(out, io.StringIO()), found, run, profile(LAYERS[2:], 850))
    assert "1 Reorders that CPU alone does not need, 100 µs" in out.getvalue()
    assert "100 µs of 1.00 ms (10.0 %)" in out.getvalue()
    assert "850 µs" in out.getvalue()


async def test_json_of_a_recording_puts_it_first():
    state, _, _ = await counted(measured)
    out = io.StringIO()
    asked = asked_of(parse(["layers", "demo:relu", "--json", "--against", "precision=f32"]))
    for other, first in (
        (Other(profile(SLOWER, 1_500), OTHER, "a.ovx"), 1_500),
        (Other(profile(SLOWER), OTHER), 1_000),
    ):
        out = io.StringIO()
        report(Console(out, io.StringIO()), replace(asked, spec=SPEC), state, other)
        document = json.loads(out.getvalue())
        assert document["a"]["latency_us"] == first
        precision = [document[side]["spec"]["properties"].get("INFERENCE_PRECISION_HINT") for side in ("a", "b")]
        assert precision == (["f32", None] if other.file else [None, "f32"])


# The program itself


def start(tmp_path, *words):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    return subprocess.Popen(
        [sys.executable, "-m", "ovexplorer", "layers", *words],
        cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_two_precisions_of_a_real_model_add_up(tmp_path):
    process = start(tmp_path, "demo:mobilenet", "-niter", "20", "--against", "precision=f32", "--json")
    out, err = process.communicate(timeout=120)
    assert (process.returncode, "Traceback" in err) == (0, False)
    document = json.loads(out)
    for side in ("a", "b"):
        total = sum(row[f"{side}_us"] for row in document["rows"])
        assert total == pytest.approx(document[side]["counted_us"])
        assert total > 0
    matched = [row for row in document["rows"] if row["a_layers"] and row["b_layers"]]
    assert len(matched) >= 0.9 * len(document["rows"])


def test_control_c_ends_it_with_130(tmp_path):
    process = start(tmp_path, "demo:relu", "-t", "60", "--record", "run.ovx")
    recorded = tmp_path / "run.ovx"
    while process.poll() is None and not (recorded.exists() and b"Profile" in recorded.read_bytes()):
        try:
            process.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, "Traceback" in err) == (130, False)
    assert "interrupted before the layers were counted" in err
