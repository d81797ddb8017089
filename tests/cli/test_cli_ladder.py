import json
from dataclasses import replace
from io import StringIO

import msgspec
import pytest

from ovexplorer.analysis.intervals import Interval
from ovexplorer.analysis.paired import PairEstimate
from ovexplorer.cli.console import Console
from ovexplorer.cli.interrupts import Interrupts
from ovexplorer.cli.ladder import Plan, climb, climbing_line, plan_of
from ovexplorer.cli.ladder_tables import bar_of, ladder_tables
from ovexplorer.cli.main import main
from ovexplorer.cli.parser import parse
from ovexplorer.cli.tables import plain
from ovexplorer.errors import EngineError, InterruptedRunError, ModelError, UsageError
from ovexplorer.schema.protocol import DescribeDevices, DevicesDescribed, Failed, ModelOpened, OpenModel
from ovexplorer.schema.spec import ModelSpec
from ovexplorer.text import clean
from ovexplorer.tuning.steps import LadderState, Startup, Step, StepResult
from tests.tuning.ladder_kit import CPU, SPEC, AnsweringEngine, Engines, facts

MS = 1_000_000


class Machine(Engines):
    """Engines that also know devices and the model; `missing` is why the model cannot be read."""

    def __init__(self, times, missing=""):
        super().__init__(times)
        self.missing = missing

    async def __call__(self, *, cpus=(), framework=""):
        self.started.append(Knowing(self.times, framework, self.missing))
        return self.started[-1]


class Knowing(AnsweringEngine):
    def __init__(self, times, framework, missing):
        super().__init__(times, framework)
        self.missing = missing

    async def send(self, command):
        await super().send(command)
        if isinstance(command, DescribeDevices):
            self._tell(DevicesDescribed(devices=(CPU,)))
        elif isinstance(command, OpenModel) and self.missing:
            self._tell(Failed(segment=0, kind="model_missing", phase="read", what=clean(self.missing), hint=clean("x")))
        elif isinstance(command, OpenModel):
            self._tell(ModelOpened(facts=facts(), at_ns=1))


def plan(kind="slower", **more):
    return Plan(**{"spec": SPEC, "kind": kind, "budget_s": 8.0, "repetitions": 1, **more})


async def climbed(machine, asked, stop=None):
    console = Console(StringIO(), StringIO())
    return await climb(asked, stop or Interrupts(), console, connect=machine)


def test_flags_choose_the_ladder():
    asked = plan_of(parse(["ladder", "demo:relu", "--kind", "startup", "--runs", "5", "--budget", "2"]))
    assert (asked.kind, asked.repetitions, asked.budget_s) == ("startup", 5, 2.0)
    usual = plan_of(parse(["ladder", "demo:relu", "-d", "GPU"]))
    assert (usual.kind, usual.repetitions, usual.budget_s, usual.spec.device) == ("ladder", 3, 8.0, "GPU")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--kind", "steps"], "--kind: 'steps' is not a choice"),
        (["--budget", "much"], "--budget: 'much' is not a number"),
        (["--budget", "0"], "--budget: 0 is out of range"),
        (["--runs", "0"], "--runs: 0 is out of range"),
    ],
)
def test_values_that_cannot_be_used_are_refused(words, message):
    with pytest.raises(UsageError, match=message):
        plan_of(parse(["ladder", "demo:relu", *words]))


def test_a_ladder_needs_a_model(capsys):
    assert main(["ladder"]) == 2
    assert "no model is named" in capsys.readouterr().err


@pytest.mark.parametrize(("kind", "count"), [("ladder", 19), ("slower", 8), ("startup", 3)])
async def test_each_kind_is_measured_with_what_is_known_of_model_and_machine(kind, count):
    machine = Machine(lambda spec: 10 * MS)
    state, known = await climbed(machine, plan(kind))
    assert (len(state.results), state.status) == (count, "done")
    assert known.devices == (CPU,)
    assert all(engine.closed for engine in machine.started)


async def test_an_interrupt_keeps_what_was_measured():
    stop = Interrupts()

    def times(spec):
        if spec.inputs == "copy" and not stop.asked:
            stop.ask()
        return 10 * MS

    state, _ = await climbed(Machine(times), plan("slower"), stop)
    assert state.status == "stopped"
    assert {result.status for result in state.results[:3]} == {"done"}
    assert state.results[-1].status == "waiting"


async def test_an_interrupt_before_anything_was_measured_says_so():
    stop = Interrupts()
    stop.ask()
    with pytest.raises(InterruptedRunError):
        await climbed(Machine(lambda spec: 10 * MS), plan(), stop)


async def test_a_model_that_cannot_be_read_is_refused_before_any_step():
    with pytest.raises(ModelError, match="no such file"):
        await climbed(Machine(lambda spec: 10 * MS, missing="no such file"), plan())


@pytest.mark.parametrize("reason", ["", "not installed"])
async def test_an_exported_program_has_one_bar_where_pytorch_is_installed(monkeypatch, reason):
    monkeypatch.setattr("ovexplorer.cli.ladder.usable_frameworks", lambda: {"pytorch": reason})
    exported = msgspec.structs.replace(SPEC, model=ModelSpec(path="/models/net.pt2"))
    machine = Machine(lambda spec: 10 * MS, missing="only PyTorch reads it")
    if reason:
        with pytest.raises(ModelError, match="only PyTorch reads it"):
            await climbed(machine, plan("ladder", spec=exported))
        return
    state, _ = await climbed(machine, plan("ladder", spec=exported))
    assert [result.step.id for result in state.results if result.status == "done"] == ["pytorch"]


async def test_when_no_step_can_be_measured_the_first_reason_is_told():
    with pytest.raises(EngineError, match="no step could be measured: too large"):
        await climbed(Machine(lambda spec: "too large"), plan())


def step(name, part="latency"):
    return Step(id=name, title=name, part=part, metric="throughput" if part == "throughput" else "latency")


RESULTS = (
    StepResult(step("gone"), status="skipped", reason="not here"),
    StepResult(step("one"), status="done", latency_ms=10.0, fps=100.0),
    StepResult(
        step("two"), status="done", latency_ms=10.0, against_first=PairEstimate(8, 1.0, 0.99, 1.01), equals="one"
    ),
    StepResult(step("three"), status="done", latency_ms=5.0, against_first=PairEstimate(8, 2.0, 1.98, 2.02)),
    StepResult(step("four"), status="done", latency_ms=9.0, against_first=PairEstimate(2, 1.1, None, None)),
    StepResult(step("five"), status="failed", reason="too large"),
    StepResult(step("six", "throughput"), status="waiting"),
)


def test_tables_show_each_part_with_bars_reasons_and_the_best():
    latency, throughput = (
        plain(table) for table in ladder_tables(LadderState("ladder", RESULTS), "net · CPU", bar="#" * 24)
    )
    assert latency[0] == "net · CPU · latency ms, lower is better"
    assert latency[2].endswith("not here")
    assert "#" * 24 in latency[3]
    assert "first" in latency[3]
    assert "as step 2" in latency[4]
    assert "+100 % ±2 best" in latency[5]
    assert "#" * 12 in latency[5]
    assert "#" * 13 not in latency[5]
    assert "+10 %, 2 quads only" in latency[6]
    assert latency[7].endswith("failed: too large")
    assert throughput[2].endswith("not measured")


@pytest.mark.parametrize(("width", "length"), [(200, 24), (112, 12), (100, 0), (0, 0)])
def test_bars_take_the_room_that_is_left(width, length):
    assert bar_of("=", width) == "=" * length


def test_without_a_terminal_there_are_no_bars():
    for table in ladder_tables(LadderState("ladder", RESULTS), "net"):
        assert all("▇" not in line for line in plain(table))


def test_the_costs_of_an_application_show_what_each_adds_and_no_best():
    results = (
        StepResult(step("a", "slower"), status="done", latency_ms=4.0),
        StepResult(
            step("b", "slower"),
            status="done",
            latency_ms=8.0,
            added_ms=4.0,
            against_first=PairEstimate(8, 0.5, 0.49, 0.51),
        ),
        StepResult(
            step("c", "slower"),
            status="done",
            latency_ms=7.0,
            added_ms=-1.0,
            added_interval_ms=Interval(-2.0, 0.5),
            against_first=PairEstimate(8, 0.6, 0.5, 0.7),
        ),
    )
    (table,) = ladder_tables(LadderState("slower", results), "net")
    lines = plain(table)
    assert "+4.00" in lines[3]
    assert "−1.00 (−2.00 … +0.500)" in lines[4]
    assert "best" not in "".join(lines[2:])


def test_start_up_shows_medians_of_phases_and_the_size_of_the_cache():
    starts = tuple(Startup(ms * MS, 2 * MS, 3 * MS, 4 * MS, 5.0 * MS, True, 2_000_000) for ms in (1, 3, 2))
    results = (
        StepResult(step("cache_warm", "startup"), status="done", startups=starts, latency_ms=11.0, note="loaded"),
    )
    (table,) = ladder_tables(LadderState("startup", results), "net")
    assert table.title.endswith("median of 3 starts")
    assert table.rows == (("1", "cache_warm", "11.0", "2.00", "2.00", "3.00", "4.00", "5.00", "2.00 MB", "loaded"),)


def test_the_progress_line_says_how_far_it_is():
    state = LadderState("ladder", RESULTS, status="running", current=-1, remaining_s=12.4)
    assert climbing_line(state, "net") == "net: step 7 of 7, at most 12 s left"
    running = replace(RESULTS[3], status="running", quads=3)
    moving = replace(state, results=(*RESULTS[:3], running, *RESULTS[4:]), current=3)
    assert climbing_line(moving, "net") == "net: step 4 of 7, three, 3 quads, 5.00 ms, at most 12 s left"


def test_the_program_writes_json_and_csv(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    code = main(["ladder", "demo:relu", "--kind", "slower", "--budget", "0.05", "--json", "--csv", "out.csv"])
    document = json.loads(capsys.readouterr().out)
    assert code == 0
    assert document["schema"] == "ovexplorer.ladder/1"
    assert document["kind"] == "slower"
    done = [entry for entry in document["steps"] if entry["status"] == "done"]
    assert [entry["id"] for entry in done] == ["async_n", "async_1", "sync", "copy_in", "copy_out", "paced"]
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 1 + len(document["steps"])
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]
