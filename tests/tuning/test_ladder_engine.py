"""Ladders on the real engine."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import pytest

from ovexplorer.options.apply import default_spec
from ovexplorer.schema.spec import ModelSpec
from ovexplorer.session.process import ProcessSource
from ovexplorer.session.session import Session
from ovexplorer.tuning.ladder import LadderRunner
from ovexplorer.tuning.ladder_plan import ladder_steps
from ovexplorer.tuning.startup import startup_steps

SPEC = default_spec(ModelSpec(path="demo:branchy"))
RELU = default_spec(ModelSpec(path="demo:relu"))


@pytest.fixture(autouse=True)
def private_temp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = tmp_path / "temp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield
    assert not list(folder.iterdir())


async def climbed(kind, plan, spec, **options):
    session = Session(ProcessSource.start)
    life = asyncio.create_task(session.run())
    try:
        await session.describe_devices()
        await session.open_model(spec.model)
        facts = await session.until(lambda state: state.model is not None and state.devices_known)
        runner = LadderRunner(session, plan(facts), kind=kind, **options)
        return await runner.run()
    finally:
        await session.close()
        await life


async def test_tricks_with_files_another_batch_and_processes_of_their_own(monkeypatch):
    # On a machine that does much else a turn takes long; whether it is worth waiting for is not asked here.
    monkeypatch.setattr("ovexplorer.tuning.pair._SHORTEST_S", 600.0)
    wanted = {"ir_f16", "precision_f32", "batch", "processes"}

    def plan(facts):
        steps = ladder_steps(SPEC, facts.model, facts.environment, facts.devices, {})
        return tuple(step for step in steps if step.id in wanted)

    state = await climbed("ladder", plan, SPEC, budget_s=0.2)
    measured = [result for result in state.results if result.status == "done"]
    skipped = [result.step.id for result in state.results if result.status == "skipped"]
    assert [result.reason for result in state.results if result.status == "failed"] == []
    assert len(measured) + len(skipped) == len(wanted)
    assert set(skipped) <= {"processes"}
    assert all(result.latency_ms > 0 and result.fps > 0 and result.quads >= 1 for result in measured)
    by_id = {result.step.id: result for result in state.results}
    assert by_id["ir_f16"].drift.outputs[0].relative_l2 > by_id["precision_f32"].drift.outputs[0].relative_l2


async def test_start_up_loads_from_a_filled_cache_only():
    state = await climbed("startup", lambda _: startup_steps(RELU), RELU, repetitions=1)
    off, cold, warm = (result.startups[0] for result in state.results)
    assert [start.loaded_from_cache for start in (off, cold, warm)] == [False, False, True]
    assert off.cache_bytes == 0
    assert cold.cache_bytes > 1_000
    assert all(start.import_ns and start.read_ns and start.compile_ns and start.first_ns for start in (off, cold, warm))
