import asyncio

import pytest

from ovexplorer.cli.interrupts import Interrupts
from ovexplorer.cli.runner import Job, run_job
from ovexplorer.errors import EngineDiedError, EngineError, ModelError, UsageError
from ovexplorer.options.apply import default_spec
from ovexplorer.schema.facts import EnvironmentFacts
from ovexplorer.schema.histogram import histogram_of
from ovexplorer.schema.protocol import (
    PROTOCOL_VERSION,
    ConfigurationReady,
    EngineDied,
    Failed,
    Hello,
    RunFinished,
    StartRun,
    StopRun,
    WindowMeasured,
)
from ovexplorer.schema.results import Window
from ovexplorer.schema.spec import ModelSpec
from ovexplorer.session.fake import FakeSource
from ovexplorer.text import CleanText, clean

SPEC = default_spec(ModelSpec(path="demo:relu"))
NONE = CleanText("")
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
HELLO = Hello(protocol=PROTOCOL_VERSION, pid=1, clock_ns=0, import_ns=1, openvino=NONE, environment=ENVIRONMENT)
READY = ConfigurationReady(
    segment=1,
    at_ns=1,
    effective=(),
    loaded_from_cache=None,
    kept=False,
    requests=1,
    streams=1,
    batch=1,
    execution_devices=(),
)
WINDOW = Window(
    segment=1,
    start_ns=0,
    end_ns=300,
    count=3,
    sum_ns=300,
    min_ns=100,
    max_ns=100,
    median_ns=100,
    histogram=histogram_of([100, 100, 100]),
)


class Scripted(FakeSource):
    """Answers StartRun and StopRun with given events."""

    def __init__(self, on_start, on_stop=()):
        super().__init__()
        self.answers = {StartRun: (HELLO, *on_start), StopRun: on_stop}

    async def send(self, command):
        await super().send(command)
        for event in self.answers.get(type(command), ()):
            self._queue.put_nowait(event)


def connect(source):
    async def give():
        return source

    return give


async def run(source, stop=None, **job):
    return await run_job(Job(SPEC, **job), stop or Interrupts(), lambda _state: None, connect(source))


async def test_a_run_ends_with_its_figures_and_closes_the_engine():
    source = Scripted([READY, WindowMeasured(window=WINDOW), RunFinished(segment=1, at_ns=9, reason="duration")])
    state = await run(source)
    assert state.measured.count == 3
    assert source.closed


def failed(kind):
    return Failed(segment=1, kind=kind, phase="read", what=clean("no"), hint=clean("do"), detail=(clean("native"),))


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("model_missing", ModelError),
        ("shape_needed", ModelError),
        ("compile_failed", ModelError),
        ("device_unusable", UsageError),
        ("input_refused", UsageError),
        ("inference_failed", EngineError),
    ],
)
async def test_failures_become_errors_with_their_details(kind, error):
    source = Scripted([failed(kind)])
    with pytest.raises(error) as caught:
        await run(source)
    assert (caught.value.what, caught.value.hint, caught.value.detail) == ("no", "do", ("native",))
    assert source.closed


@pytest.mark.parametrize(("code", "word"), [(-11, "SIGSEGV"), (-9, "SIGKILL"), (3, "exit code 3")])
async def test_a_dead_engine_is_named(code, word):
    died = EngineDied(exit_code=code, while_doing="compile", expected=False, stderr=(clean("last words"),))
    with pytest.raises(EngineDiedError, match=word) as caught:
        await run(Scripted([died]))
    assert "compile" in caught.value.what
    assert caught.value.detail == ("last words",)


async def test_a_stop_keeps_what_was_measured():
    finished = RunFinished(segment=1, at_ns=9, reason="stopped")
    source = Scripted([READY, WindowMeasured(window=WINDOW)], [finished])
    stop = Interrupts()

    def stop_once_measured(event):
        if isinstance(event, WindowMeasured):
            stop.ask()

    state = await run(source, stop, listener=stop_once_measured)
    assert any(isinstance(command, StopRun) for command in source.sent)
    assert state.measured.finished == "stopped"


async def test_a_stop_while_compiling_does_not_wait_for_it():
    source = Scripted([])
    stop = Interrupts()
    stop.ask()
    state = await run(source, stop)
    assert state.measured is None
    assert source.closed


async def test_enough_ends_the_run():
    finished = RunFinished(segment=1, at_ns=9, reason="stopped")
    source = Scripted([READY, WindowMeasured(window=WINDOW)], [finished])
    state = await run(source, enough=lambda now: now.measured is not None and now.measured.count >= 3)
    assert state.measured.count == 3


async def test_a_second_interrupt_cancels():
    async def body():
        stop = Interrupts()
        stop.ask()
        asyncio.get_running_loop().call_soon(stop.ask)
        await asyncio.Event().wait()

    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(body())
