"""What goes wrong in a ladder must not spoil the steps after it, nor leave processes behind."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import msgspec
import pytest

from ovexplorer.schema.contest import Prepare, RunTurns
from ovexplorer.schema.protocol import EngineDied
from ovexplorer.tuning.ladder import LadderRunner
from ovexplorer.tuning.measuring import Measurer
from ovexplorer.tuning.slower_plan import slower_steps
from tests.tuning.ladder_kit import SPEC, AnsweringEngine, Engines, facts
from tests.tuning.test_ladder_runner import MS, by_id, on, steps, times

ONE_FRAMEWORK = {"onnxruntime": ""}


class _Mute(AnsweringEngine):
    """Takes what it is told and never answers."""

    def __init__(self, *rest):
        super().__init__(*rest)
        self.asked = asyncio.Event()

    async def send(self, command):
        if isinstance(command, Prepare):
            self.asked.set()


class _MuteBesideTheSession(Engines):
    def __init__(self, times):
        super().__init__(times)
        self.mute = _Mute(times, "onnxruntime")

    async def __call__(self, *, cpus=(), framework=""):
        self.started.append(self.mute if framework else AnsweringEngine(self.times))
        return self.started[-1]


class _DyingFirst(AnsweringEngine):
    """Of the other framework; dies in the first turn after the first bar alone."""

    def __init__(self, died, *rest):
        super().__init__(*rest)
        self._died = died

    async def send(self, command):
        asked = sum(isinstance(sent, RunTurns) for sent in self.sent)
        if isinstance(command, RunTurns) and asked >= 32 and not self._died:
            self._died.append(True)
            self._tell(EngineDied(exit_code=-9, while_doing="run", expected=False))
        else:
            await super().send(command)


class _FirstBarDies(Engines):
    def __init__(self, times):
        super().__init__(times)
        self.died = []

    async def __call__(self, *, cpus=(), framework=""):
        kind = (lambda *rest: _DyingFirst(self.died, *rest)) if framework else AnsweringEngine
        self.started.append(kind(self.times, framework))
        return self.started[-1]


async def test_stopping_while_the_first_bar_is_prepared_ends_its_process():
    engines = _MuteBesideTheSession(times)
    async with on(engines) as session:
        runner = LadderRunner(session, steps("onnxruntime", "ir_f32", frameworks=ONE_FRAMEWORK), connect=engines)
        running = asyncio.create_task(runner.run())
        await engines.mute.asked.wait()
        runner.stop()
        assert (await running).status == "stopped"
        assert engines.mute.closed


async def test_a_first_bar_that_dies_beside_a_step_is_started_anew_for_the_next():
    engines = _FirstBarDies(times)
    async with on(engines) as session:
        planned = steps("onnxruntime", "ir_f32", "ir_f16", frameworks=ONE_FRAMEWORK)
        results = by_id(await LadderRunner(session, planned, connect=engines).run())
    assert engines.died
    assert [result.status for result in results.values()] == ["done", "failed", "done"]
    assert results["ir_f32"].reason == "the other engine died"
    assert all(engine.closed for engine in engines.started)


async def test_what_was_compared_with_another_first_bar_is_not_told_of_the_new_one():
    refused = {"original"}

    def answer(spec):
        return "cannot be read" if spec.model.path.endswith(".onnx") and refused else times(spec)

    async with on(Engines(answer)) as session:
        runner = LadderRunner(session, steps("original", "ir_f32", "ir_f16"))
        before = by_id(await runner.run())
        assert before["ir_f16"].against_first is not None
        refused.clear()
        after = by_id(await runner.again(0))
        assert after["original"].status == "done"
        assert after["ir_f16"].against_first is after["ir_f16"].against_previous is None
        assert after["ir_f16"].latency_ms == before["ir_f16"].latency_ms
        again = by_id(await runner.again(2))
    assert again["ir_f16"].equals == "original"


async def test_measuring_the_first_bar_again_keeps_what_was_compared_with_it():
    async with on(Engines(times)) as session:
        runner = LadderRunner(session, steps("original", "ir_f32"))
        before = by_id(await runner.run())
        after = by_id(await runner.again(0))
    assert after["ir_f32"].against_first == before["ir_f32"].against_first is not None


async def test_arrivals_count_inferences_where_rates_count_items():
    spec = msgspec.structs.replace(SPEC, model=msgspec.structs.replace(SPEC.model, batch=4))
    async with on(Engines(lambda _: 100 * MS)) as session:
        planned = tuple(s for s in slower_steps(spec, facts()) if s.id in {"sync", "paced"})
        results = by_id(await LadderRunner(session, planned, kind="slower").run())
    assert results["sync"].fps == pytest.approx(40)
    assert results["paced"].step.spec.rate_fps == pytest.approx(7)


class _Compiling:
    """A session whose toggle is still being compiled; it is paused as soon as that is over."""

    def __init__(self):
        self.state = SimpleNamespace(status="working")
        self.told = []

    async def pause(self):
        self.told.append("pause")

    async def resume(self):
        self.told.append("resume")

    async def until(self, done):
        assert not done(self.state)
        self.state = SimpleNamespace(status="paused")
        assert done(self.state)


async def test_a_configuration_that_still_compiles_does_not_go_live_beside_other_processes():
    session = _Compiling()
    async with Measurer(session, Engines(times), asyncio.Event().wait, drift=False).live_run_held():
        assert session.told == ["pause"]
    assert session.told == ["pause", "resume"]
