from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from ovexplorer.schema.contest import Prepare
from ovexplorer.schema.protocol import SaveModel
from ovexplorer.session.session import Session
from ovexplorer.tuning.ladder import LadderRunner
from ovexplorer.tuning.ladder_plan import ladder_steps
from ovexplorer.tuning.slower_plan import slower_steps
from ovexplorer.tuning.startup import startup_steps
from tests.session.session_kit import turns
from tests.tuning.ladder_kit import CPU, ENVIRONMENT, SPEC, Engines, facts

MS = 1_000_000


def times(spec):
    """10 ms, half with bf16; two requests make twice the rate."""
    time = 10 * MS
    if spec.properties.get("INFERENCE_PRECISION_HINT") == "bf16":
        time //= 2
    return time // 2 if spec.api == "async" else time


def steps(*wanted, frameworks=None):
    planned = ladder_steps(SPEC, facts(), ENVIRONMENT, (CPU,), frameworks or {})
    return tuple(step for step in planned if not wanted or step.id in wanted)


@asynccontextmanager
async def on(engines: Engines) -> AsyncIterator[Session]:
    session = Session(engines)
    life = asyncio.create_task(session.run())
    await session.until(lambda state: state.environment is not None)
    try:
        yield session
    finally:
        await session.close()
        await life


def by_id(state):
    return {result.step.id: result for result in state.results}


async def test_every_step_is_measured_against_the_first_bar_of_its_part():
    engines = Engines(times)
    async with on(engines) as session:
        runner = LadderRunner(session, steps(), connect=engines)
        results = by_id(await runner.run())
        state = runner.state
    assert (state.status, state.current, state.remaining_s) == ("done", -1, None)
    assert {r.status for r in state.results} == {"done", "skipped"}
    assert results["original"].against_first is None
    assert results["original"].latency_ms == pytest.approx(10)
    assert results["precision_bf16"].against_first.point == pytest.approx(2)
    assert results["precision_bf16"].against_first.verdict == "b_faster"
    assert results["ir_f32"].equals == "original"
    assert results["threads"].equals == "original"
    assert results["precision_f32"].against_previous.point == pytest.approx(0.5)
    assert results["ir_f16"].note == "10.0 MB on disk"
    assert results["ir_f16"].command.startswith("ovexplorer bench /models/net.onnx")
    assert all(contest.kind == "ladder" for contest in session.state.contests)


async def test_throughput_steps_keep_the_fastest_precision_and_a_batch_counts_its_items():
    engines = Engines(times)
    async with on(engines) as session:
        runner = LadderRunner(session, steps("shared", "precision_bf16", "streams_1", "optimal", "batch"))
        results = by_id(await runner.run())
    assert results["streams_1"].step.spec.properties["INFERENCE_PRECISION_HINT"] == "bf16"
    assert results["streams_1"].fps == pytest.approx(200)
    assert results["optimal"].against_first.point == pytest.approx(2)
    # The same time for four items instead of one.
    assert results["batch"].fps == pytest.approx(1600)
    assert results["batch"].against_first.point == pytest.approx(8)


async def test_files_are_written_once_under_names_of_their_own():
    engines = Engines(times)
    async with on(engines) as session:
        await LadderRunner(session, steps("ir_f32", "ir_f16", "threads", "shared")).run()
        await LadderRunner(session, steps("ir_f16", "shared")).run()
    sent = engines.started[0].sent
    saved = [command for command in sent if isinstance(command, SaveModel)]
    assert [command.compress_to_f16 for command in saved] == [False, True, True]
    assert len({command.name for command in saved}) == 3
    paths = {command.spec.model.path for command in sent if isinstance(command, Prepare)}
    assert paths == {f"/engine/{command.name}" for command in saved}


async def test_a_step_that_fails_keeps_its_row_and_the_ladder_goes_on():
    def refused(spec):
        return "no AUTO here" if spec.device == "AUTO" else times(spec)

    engines = Engines(refused)
    async with on(engines) as session:
        runner = LadderRunner(session, steps("ir_f32", "auto", "shared"))
        results = by_id(await runner.run())
    assert (results["auto"].status, results["auto"].reason) == ("failed", "no AUTO here")
    assert results["shared"].status == "done"
    assert runner.state.status == "done"


async def test_a_first_bar_that_fails_leaves_its_place_to_the_next():
    engines = Engines(lambda spec: "cannot be read" if spec.model.path.endswith(".onnx") else times(spec))
    async with on(engines) as session:
        results = by_id(await LadderRunner(session, steps("original", "ir_f32", "ir_f16")).run())
    assert [result.status for result in results.values()] == ["failed", "done", "done"]
    assert results["ir_f32"].against_first is None
    assert results["ir_f16"].equals == "ir_f32"


async def test_an_engine_that_dies_costs_one_step_and_files_are_written_again():
    def crash(spec):
        return None if spec.device == "AUTO" else times(spec)

    engines = Engines(crash)
    async with on(engines) as session:
        results = by_id(await LadderRunner(session, steps("ir_f32", "auto", "shared")).run())
    assert (results["auto"].status, results["auto"].reason) == ("failed", "the engine ended")
    assert results["shared"].status == "done"
    assert len(engines.started) == 2


async def test_the_budget_ends_a_step_that_cannot_be_decided():
    engines = Engines(lambda spec: 100 * MS)
    async with on(engines) as session:
        results = by_id(await LadderRunner(session, steps("ir_f32", "ir_f16"), budget_s=4.0).run())
    # One quad is four turns of ten inferences.
    assert results["ir_f16"].quads == 1
    assert results["ir_f16"].against_first.low is None
    assert results["ir_f16"].equals == ""


async def test_the_guided_mode_waits_for_the_key_before_each_step_but_the_first():
    engines = Engines(times)
    seen = []
    async with on(engines) as session:
        runner = LadderRunner(session, steps("ir_f32", "ir_f16", "shared"), guided=True, on_change=seen.append)
        running = asyncio.create_task(runner.run())
        await turns(lambda: runner.state.status == "waiting", 2_000)
        assert [r.status for r in runner.state.results] == ["done", "waiting", "waiting"]
        runner.advance()
        await turns(lambda: runner.state.results[1].status == "done" and runner.state.status == "waiting", 2_000)
        assert runner.state.results[2].status == "waiting"
        assert runner.state.remaining_s == 8.0
        runner.advance()
        await running
    assert runner.state.status == "done"
    assert {"running", "waiting", "done"} <= {state.status for state in seen}


async def test_a_pause_holds_between_quads_and_stopping_keeps_what_was_measured():
    engines = Engines(times)
    async with on(engines) as session:
        runner = LadderRunner(session, steps("ir_f32", "ir_f16", "shared"))
        running = asyncio.create_task(runner.run())
        await turns(lambda: runner.state.current == 1 and runner.state.results[1].quads >= 2, 2_000)
        runner.pause()
        sent = len(engines.started[0].sent)
        for _ in range(50):
            await asyncio.sleep(0)
        assert len(engines.started[0].sent) <= sent + 1
        assert runner.state.status == "paused"
        runner.resume()
        assert runner.state.status == "running"
        await turns(lambda: runner.state.current == 2, 2_000)
        runner.stop()
        await running
        assert session.state.contest is None
    assert runner.state.status == "stopped"
    assert [r.status for r in runner.state.results][:2] == ["done", "done"]
    assert runner.state.results[2].status == "waiting"


async def test_one_step_can_be_measured_again():
    slow = {"factor": 1}
    engines = Engines(lambda spec: times(spec) * slow["factor"] if spec.inputs == "shared" else times(spec))
    async with on(engines) as session:
        runner = LadderRunner(session, steps("ir_f32", "shared"))
        await runner.run()
        assert runner.state.results[1].equals == "ir_f32"
        slow["factor"] = 2
        await runner.again(1)
    assert runner.state.results[1].against_first.point == pytest.approx(0.5)
    assert runner.state.status == "done"


async def test_stopping_before_it_began_means_that_it_does_not_begin():
    engines = Engines(times)
    async with on(engines) as session:
        runner = LadderRunner(session, steps("ir_f32"))
        runner.stop()
        assert (await runner.run()).status == "stopped"
        assert not [command for command in engines.started[0].sent if isinstance(command, Prepare)]


async def test_another_framework_is_the_first_bar_and_runs_in_a_process_of_its_own():
    engines = Engines(lambda spec: 20 * MS if spec.model.path.endswith(".onnx") else 10 * MS)
    async with on(engines) as session:
        planned = steps("onnxruntime", "ir_f32", frameworks={"onnxruntime": ""})
        results = by_id(await LadderRunner(session, planned, connect=engines).run())
    assert results["onnxruntime"].latency_ms == pytest.approx(20)
    assert results["ir_f32"].against_first.point == pytest.approx(2)
    assert results["ir_f32"].drift is not None
    assert [engine.framework for engine in engines.started] == ["", "onnxruntime", ""]
    assert all(engine.closed for engine in engines.started)


async def test_processes_share_out_the_cpus_and_their_rates_add():
    engines = Engines(times)
    async with on(engines) as session:
        planned = steps("streams_1", "processes")
        results = by_id(await LadderRunner(session, planned, connect=engines).run())
    assert results["processes"].fps == pytest.approx(400)
    assert results["processes"].against_first.point == pytest.approx(4)
    # The session's engine, the first bar by itself, and four that share.
    assert engines.cpus == [(), (), (0,), (1,), (2,), (3,)]
    assert all(engine.closed for engine in engines.started)


async def test_the_costs_of_an_application_are_told_in_milliseconds_added():
    def cost(spec):
        time = 4 * MS if spec.api == "async" else 10 * MS
        return time + (2 * MS if spec.inputs == "copy" else 0) + (3 * MS if spec.outputs == "copy" else 0)

    engines = Engines(cost)
    async with on(engines) as session:
        planned = tuple(s for s in slower_steps(SPEC, facts()) if s.id in {"async_n", "sync", "copy_in", "copy_out"})
        runner = LadderRunner(session, planned, kind="slower", connect=engines)
        results = by_id(await runner.run())
    assert results["async_n"].latency_ms == pytest.approx(4)
    added = [results[name].added_ms for name in ("sync", "copy_in", "copy_out")]
    assert added == pytest.approx([6, 2, 3])
    assert all(contest.drift_b is None for contest in session.state.contests)


async def test_arrivals_are_slower_than_the_step_before_could_serve():
    engines = Engines(lambda spec: 100 * MS)
    async with on(engines) as session:
        planned = tuple(s for s in slower_steps(SPEC, facts()) if s.id in {"sync", "paced"})
        results = by_id(await LadderRunner(session, planned, kind="slower").run())
    assert results["paced"].step.spec.rate_fps == pytest.approx(7)
    assert results["paced"].note == "7.00 arrivals a second"


async def test_a_ladder_without_a_step_that_applies_is_over_at_once():
    engines = Engines(times)
    async with on(engines) as session:
        planned = tuple(replace(step, spec=None, skipped="no") for step in steps("ir_f32", "ir_f16"))
        state = await LadderRunner(session, planned).run()
    assert state.status == "done"
    assert [result.reason for result in state.results] == ["no", "no"]


async def test_start_up_is_kept_as_the_repetitions_come():
    engines = Engines(times)
    seen = []
    async with on(engines) as session:
        runner = LadderRunner(
            session, startup_steps(SPEC), kind="startup", repetitions=2, on_change=seen.append, connect=engines
        )
        results = by_id(await runner.run())
        assert [len(result.startups) for result in results.values()] == [2, 2, 2]
        assert results["cache_off"].latency_ms == pytest.approx(230)
        assert results["cache_warm"].note == "loaded from the cache"
        assert max(sum(len(r.startups) for r in state.results) for state in seen) == 6
        await runner.again(0)
    assert [len(result.startups) for result in runner.state.results] == [2, 2, 2]
    assert runner.state.status == "done"
