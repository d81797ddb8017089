import asyncio
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from ovexplorer.cli.ab import compare, comparing_line, plan_of, refuse_failed, result_table
from ovexplorer.cli.interrupts import Interrupts
from ovexplorer.cli.parser import parse
from ovexplorer.cli.tables import plain
from ovexplorer.errors import EngineDiedError, InterruptedRunError, ModelError, UsageError
from ovexplorer.options.apply import default_spec
from ovexplorer.schema.contest import (
    ContestantsReleased,
    DriftMeasured,
    MeasureDrift,
    Prepare,
    Release,
    RunTurns,
    TurnMeasured,
    TurnsFinished,
)
from ovexplorer.schema.drift import Drift, OutputDrift
from ovexplorer.schema.facts import EnvironmentFacts
from ovexplorer.schema.histogram import histogram_of
from ovexplorer.schema.protocol import PROTOCOL_VERSION, ConfigurationReady, EngineDied, Failed, Hello
from ovexplorer.schema.results import Turn, Window
from ovexplorer.schema.spec import ModelSpec
from ovexplorer.session.fake import FakeSource
from ovexplorer.text import CleanText, clean
from ovexplorer.tuning.pair import PairPlan

MS = 1_000_000
ROOT = Path(__file__).resolve().parents[2]
NONE = CleanText("")
SPEC = default_spec(ModelSpec(path="demo:relu"))


def plan(*words):
    return plan_of(parse(["ab", *words]))


# Flags


def test_sides_are_the_command_line_with_some_options_replaced():
    found, notices = plan("demo:relu", "-b", "4", "--a", "hint=latency", "--b", "hint=latency,precision=f32")
    assert found.a.model == found.b.model
    assert found.a.model.batch == 4
    assert found.a.properties == {"PERFORMANCE_HINT": "LATENCY"}
    assert found.b.properties == {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
    assert (found.metric, found.budget_s, found.drift_against, notices) == (None, 20.0, found.a, ())
    assert (found.a.duration_s, found.a.iterations) == (0.0, 0)


@pytest.mark.parametrize(
    ("words", "device", "properties"),
    [
        (["--b", "device=AUTO:GPU,CPU,hint=latency"], "AUTO:GPU,CPU", {"PERFORMANCE_HINT": "LATENCY"}),
        (["--b", "device=AUTO:GPU,CPU", "--b", "hint=none"], "AUTO:GPU,CPU", {}),
        (["--b", "hint=none,SNIPPETS_MODE=DISABLE"], "CPU", {"SNIPPETS_MODE": "DISABLE"}),
        (["--b", "hint=none, NUM_STREAMS = 2"], "CPU", {"NUM_STREAMS": "2"}),
    ],
)
def test_a_comma_that_begins_no_key_belongs_to_the_value(words, device, properties):
    found, _ = plan("demo:relu", *words)
    assert (found.b.device, found.b.properties) == (device, properties)
    assert found.a.device == "CPU"


def test_an_option_of_a_side_wins_over_the_one_of_both():
    found, _ = plan("demo:relu", "-hint", "throughput", "--a", "hint=latency")
    assert found.a.properties["PERFORMANCE_HINT"] == "LATENCY"
    assert (found.a.api, found.b.api) == ("sync", "async")


def test_two_models_are_compared_and_both_are_anchored(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found, _ = plan("f32.xml", "--b", "model=int8.xml", "--no-drift", "--metric", "throughput", "--budget", "3.5")
    assert (found.a.model.path, found.b.model.path) == (str(tmp_path / "f32.xml"), str(tmp_path / "int8.xml"))
    assert (found.drift_against, found.metric, found.budget_s) == (None, "throughput", 3.5)


def test_a_model_may_be_named_by_the_sides_alone():
    found, _ = plan("--a", "model=demo:relu", "--b", "model=demo:branchy")
    assert (found.a.model.path, found.b.model.path) == ("demo:relu", "demo:branchy")


def test_a_notice_of_one_side_names_it_and_one_of_both_is_said_once():
    assert plan("demo:relu", "--b", "hint=throughput")[1] == (
        "B: the throughput hint chooses the async API; -api sync keeps one request",
    )
    both = plan("demo:relu", "-hint", "throughput", "--b", "streams=2")[1]
    assert both == ("the throughput hint chooses the async API; -api sync keeps one request",)


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["demo:relu"], "nothing is named"),
        (["demo:relu", "--b", "precison=f32"], "--b: there is no option precison"),
        (["demo:relu", "--a", "precision=f3"], "--a: "),
        (["demo:relu", "--b", "precision"], "is not KEY=VALUE"),
        (["demo:relu", "--b", "=f32"], "is not KEY=VALUE"),
        (["demo:relu", "--b", "precision="], "is not KEY=VALUE"),
        (["demo:relu", "--b", ""], "is not KEY=VALUE"),
        (["--b", "precision=f32"], "no model is named"),
        (["demo:relu", "--b", "api=async", "--metric", "speed"], "--metric"),
        (["demo:relu", "--b", "load=poisson", "--metric", "throughput"], "--metric throughput"),
        (["demo:relu", "--b", "api=async", "--budget", "0"], "--budget"),
        (["demo:relu", "--b", "api=async", "--budget", "nan"], "--budget"),
        (["demo:relu", "--b", "api=async", "--budget", "soon"], "--budget"),
        (["demo:relu", "--b", "a\x1b[31m=1"], "there is no option"),
    ],
)
def test_what_cannot_be_used_is_refused(words, what):
    with pytest.raises(UsageError) as caught:
        plan(*words)
    assert what in caught.value.what
    assert caught.value.hint
    assert "\x1b" not in caught.value.what + caught.value.hint


# In a session


ENVIRONMENT = EnvironmentFacts(
    hostname=NONE,
    cpu_model=NONE,
    cpu_flags=(),
    logical_cpus=1,
    allowed_cpus=(0,),
    quota_cpus=0.0,
    memory_bytes=1,
    memory_limit_bytes=0,
    kernel=NONE,
    virtualisation=NONE,
    governor=NONE,
    openvino=NONE,
    python=NONE,
)


class Engine(FakeSource):
    """Two contestants whose latencies are known; turns stop coming after so many."""

    def __init__(self, latencies_ms, turns=10_000):
        super().__init__()
        self.latencies_ms = latencies_ms
        self.turns_left = turns
        self.now_ns = 0
        self.sides = []
        self.failure = {}
        self.commands = []
        self.put(
            Hello(protocol=PROTOCOL_VERSION, pid=1, clock_ns=0, import_ns=1, openvino=NONE, environment=ENVIRONMENT)
        )

    def put(self, event):
        self._queue.put_nowait(event)

    async def send(self, command):
        await super().send(command)
        self.commands.append(command)
        if isinstance(command, Prepare):
            self.sides.append(command.segment)
            self.put(self.failure.get(len(self.sides)) or ready(command.segment))
        elif isinstance(command, MeasureDrift):
            for segment in command.segments:
                out = OutputDrift(name=clean("out"), max_abs=0.1, relative_l2=3e-3, cosine=1.0, non_finite=0)
                self.put(DriftMeasured(drift=Drift(segment=segment, state="measured", inputs=4, outputs=(out,))))
        elif isinstance(command, RunTurns):
            for segment in command.turns:
                self.turn(command.contest, segment)
            self.put(TurnsFinished(contest=command.contest, complete=True))
        elif isinstance(command, Release):
            self.put(ContestantsReleased(segments=tuple(self.sides), at_ns=self.now_ns))

    def turn(self, contest, segment):
        if self.turns_left <= 0:
            return
        self.turns_left -= 1
        latency = round(self.latencies_ms[self.sides.index(segment)] * MS)
        count = 100 * MS // latency
        window = Window(
            segment=segment,
            start_ns=self.now_ns,
            end_ns=self.now_ns + latency * count,
            count=count,
            sum_ns=latency * count,
            min_ns=latency,
            max_ns=latency,
            median_ns=latency,
            histogram=histogram_of([latency] * count),
        )
        self.now_ns = window.end_ns
        self.put(TurnMeasured(contest=contest, turn=Turn(window=window)))


def ready(segment):
    return ConfigurationReady(
        segment=segment,
        at_ns=1,
        effective=(),
        loaded_from_cache=None,
        kept=False,
        requests=1,
        streams=1,
        batch=1,
        execution_devices=(),
    )


async def compared(engine, stop=None, watch=lambda _state: None, **changes):
    async def connect():
        return engine

    asked = PairPlan(**{"a": SPEC, "b": SPEC, "drift_against": SPEC, **changes})
    return await compare(asked, stop or Interrupts(), watch, connect=connect)


async def test_it_ends_by_itself_once_it_is_decided_and_shows_both_sides():
    engine = Engine((10, 5))
    found = await compared(engine)
    contest = refuse_failed(found, interrupted=False)
    assert (contest.stopped, len(contest.turns)) == ("decided", 32)
    assert isinstance(engine.commands[-1], Release)
    assert engine.closed
    text = "\n".join(plain(result_table(found, contest)))
    assert "10.0 ms" in text
    assert "200 FPS" in text
    assert "drift to f32" in text
    assert "3e-3" in text
    assert "top-1" not in text


async def test_a_slow_model_ends_with_the_budget_and_with_whole_quads():
    contest = refuse_failed(await compared(Engine((90, 90), turns=16), budget_s=1.0), interrupted=False)
    assert (contest.stopped, len(contest.turns)) == ("budget", 16)


async def test_without_drift_none_is_asked_for():
    engine = Engine((10, 5))
    found = await compared(engine, drift_against=None)
    assert not any(isinstance(command, MeasureDrift) for command in engine.commands)
    assert "drift" not in "\n".join(plain(result_table(found, found.contest)))


async def test_ctrl_c_keeps_what_is_there():
    stop = Interrupts()
    engine = Engine((10, 10), turns=6)

    def watch(state):
        if state.contests and len(state.contests[-1].turns) == 6:
            stop.ask()

    found = await asyncio.wait_for(compared(engine, stop, watch), 20)
    contest = refuse_failed(found, interrupted=True)
    assert (contest.stopped, len(contest.turns)) == ("user", 6)
    assert engine.closed


async def test_ctrl_c_before_the_first_turn_has_nothing_to_tell():
    stop = Interrupts()
    stop.ask()
    with pytest.raises(InterruptedRunError):
        refuse_failed(await compared(Engine((10, 10), turns=0), stop), interrupted=True)


async def test_a_side_that_fails_is_named_and_keeps_its_kind():
    engine = Engine((10, 10))
    engine.failure[2] = Failed(
        segment=2, kind="compile_failed", phase="compile", what=clean("no"), hint=clean("do"), detail=(clean("x"),)
    )
    with pytest.raises(ModelError) as caught:
        refuse_failed(await compared(engine), interrupted=False)
    assert (caught.value.what, caught.value.hint, caught.value.detail) == ("B: no", "do", ("x",))


async def test_a_dead_engine_is_an_error():
    engine = Engine((10, 10))
    engine.failure[1] = EngineDied(exit_code=-11, while_doing="compile", expected=False)
    with pytest.raises(EngineDiedError, match="SIGSEGV"):
        refuse_failed(await compared(engine), interrupted=False)


async def test_progress_tells_quads_the_estimate_and_the_time_left():
    lines = []

    def watch(state):
        if state.contests:
            lines.append(comparing_line(state.contests[-1], "relu"))

    found = await compared(Engine((10, 10), turns=39), watch=watch, budget_s=5.0)
    assert found.contest.stopped == "precise"
    shown = comparing_line(replace(found.contest, stopped=None), "relu")
    assert shown == "relu: 8 quads, B +0.0 % (+0.0 … +0.0), at most 2 s left"
    early = replace(found.contest, stopped=None, turns=found.contest.turns[:9])
    assert comparing_line(early, "relu") == "relu: 2 quads, B +0.0 %, at most 4 s left"
    assert comparing_line(replace(found.contest, turns=()), "relu") == ""


# The program itself


def start(tmp_path, *words):
    (tmp_path / "temp").mkdir(exist_ok=True)
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH", "")])]
    return subprocess.Popen(
        [sys.executable, "-m", "ovexplorer", *words],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "TMPDIR": str(tmp_path / "temp")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(process, tmp_path):
    out, err = process.communicate(timeout=90)
    assert "Traceback" not in err
    assert list((tmp_path / "temp").iterdir()) == []
    return process.returncode, out, err


def test_json_of_a_real_comparison(tmp_path):
    words = ["demo:branchy", "--a", "precision=bf16", "--b", "precision=f32", "--budget", "2", "--json"]
    code, out, err = finished(start(tmp_path, "ab", *words, "--record", "ab.ovx"), tmp_path)
    assert (code, err) == (0, "")
    document = json.loads(out)
    code, again, err = finished(start(tmp_path, "replay", "ab.ovx", "--json"), tmp_path)
    assert (code, err) == (0, "")
    assert json.loads(again) == document
    assert document["schema"] == "ovexplorer.ab/1"
    assert document["quads"] >= 1
    assert document["stopped"] in ("decided", "precise", "budget")
    assert document["drift"]["a"]["state"] == "measured"
    assert 1e-4 < document["drift"]["a"]["outputs"][0]["relative_l2"] < 1e-1
    assert document["drift"]["b"]["state"] == "reference"
    for side in ("a", "b"):
        result = document[side]["result"]
        assert result["iterations"] == sum(entry["iterations"] for entry in document["turns"] if entry["side"] == side)
        assert result["fps"] == pytest.approx(result["iterations"] / result["duration_s"])
        assert document[side]["model"]["name"] == "branchy"


def test_a_table_of_a_real_comparison_of_throughput(tmp_path):
    words = [
        "ab",
        "demo:relu",
        "--a",
        "api=async,requests=2",
        "--b",
        "api=async,requests=2,input_type=u8",
        "--budget",
        "1",
    ]
    code, out, _ = finished(start(tmp_path, *words), tmp_path)
    assert code == 0
    assert "B Input type model→u8" in out
    assert "FPS" in out
    assert out.splitlines()[-1].startswith("result  ")


def test_sigint_ends_it_with_130_and_leaves_nothing(tmp_path):
    process = start(tmp_path, "ab", "demo:branchy", "--b", "precision=f32", "--record", "ab.ovx", "--budget", "60")
    recording = tmp_path / "ab.ovx"
    while process.poll() is None and not (recording.exists() and recording.stat().st_size > 500):
        os.sched_yield()
    process.send_signal(signal.SIGINT)
    assert finished(process, tmp_path)[0] == 130


def test_a_missing_model_names_its_side(tmp_path):
    code, out, err = finished(start(tmp_path, "ab", "demo:relu", "--b", "model=no.xml"), tmp_path)
    assert (code, out) == (3, "")
    assert err.startswith("error: B: ")
