"""`ovexplorer ladder`: tricks one after another, the costs of an application, or start-up, as tables, JSON or CSV."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path

from ovexplorer.cli import files
from ovexplorer.cli.budget import budget_of
from ovexplorer.cli.console import Console
from ovexplorer.cli.interrupts import Interrupts, interrupts
from ovexplorer.cli.ladder_tables import bar_of, ladder_tables
from ovexplorer.cli.line import CommandLine
from ovexplorer.cli.progress import progress_line
from ovexplorer.cli.recordings import recording
from ovexplorer.cli.request import request_of
from ovexplorer.cli.runner import died_error, failed_error, headless
from ovexplorer.errors import EngineError, ExitCode, InterruptedRunError, UsageError
from ovexplorer.export.ladder import ladder_csv, ladder_document
from ovexplorer.options.apply import model_name
from ovexplorer.options.paths import anchored
from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.process import ProcessSource
from ovexplorer.session.session import Session
from ovexplorer.session.state import RunState
from ovexplorer.session.tape import Recorder
from ovexplorer.text import clean
from ovexplorer.tuning.frameworks import SUFFIXES, usable_frameworks
from ovexplorer.tuning.instances import StartEngine
from ovexplorer.tuning.ladder import BUDGET_S, LadderRunner
from ovexplorer.tuning.ladder_plan import ladder_steps
from ovexplorer.tuning.slower_plan import slower_steps
from ovexplorer.tuning.startup import REPETITIONS, startup_steps
from ovexplorer.tuning.steps import LadderKind, LadderState, Step
from ovexplorer.units import significant

KINDS: dict[str, LadderKind] = {"tricks": "ladder", "slower": "slower", "startup": "startup"}
"""What `--kind` can be."""


@dataclass(frozen=True)
class Plan:
    """What the command line asks for."""

    spec: RunSpec
    kind: LadderKind
    budget_s: float
    repetitions: int


def ladder(line: CommandLine, console: Console) -> int:
    """Run the command.

    Raises:
        OvexplorerError: It cannot be done.
    """
    plan = plan_of(line)
    record = Path(line.values["record"]) if line.values.get("record") else None
    with files.writable(Path(line.values["csv"]) if line.values.get("csv") else None) as table:
        state, facts, stopped = asyncio.run(_ladder(plan, record, console))
        if table is not None:
            table.write(ladder_csv(state))
    for notice in facts.notices:
        console.notice(f"notice: {notice.text}")
    if "json" in line.switches:
        console.json(ladder_document(state, plan.spec, facts.environment))
    else:
        width = shutil.get_terminal_size().columns if console.interactive else 0
        bar = bar_of("=" if "ascii" in line.switches else "▇", width)
        for shown in ladder_tables(state, _title(plan.spec), bar=bar):
            console.table(shown)
    return ExitCode.INTERRUPTED if stopped else ExitCode.DONE


def plan_of(line: CommandLine) -> Plan:
    """What the command line asks for.

    Raises:
        UsageError: A value cannot be used.
    """
    request = request_of(line)
    kind = line.values.get("kind", "tricks")
    if kind not in KINDS:
        raise UsageError(f"--kind: {clean(kind, 60)!r} is not a choice", f"choose {', '.join(KINDS)}")
    repetitions = request.runs if "runs" in line.values else REPETITIONS
    return Plan(anchored(request.spec, Path.cwd()), KINDS[kind], budget_of(line, BUDGET_S), repetitions)


async def _ladder(plan: Plan, record: Path | None, console: Console) -> tuple[LadderState, RunState, bool]:
    with interrupts() as stop, recording(record) as recorder:
        state, facts = await climb(plan, stop, console, recorder)
        return state, facts, stop.asked


async def climb(
    plan: Plan,
    stop: Interrupts,
    console: Console,
    recorder: Recorder | None = None,
    connect: StartEngine = ProcessSource.start,
) -> tuple[LadderState, RunState]:
    """Measure in fresh engines; an early end keeps what was measured until then.

    Raises:
        OvexplorerError: The model cannot be read, or no step could be measured.
    """
    title = _title(plan.spec)
    runners: list[LadderRunner] = []

    def watch(state: RunState) -> None:
        moving = [runner.state for runner in runners]
        console.progress(climbing_line(moving[0], title) if moving else progress_line(state, title))

    async with headless(connect, watch, recorder) as session:
        facts = await _looked_at(session, plan, stop)
        runner = LadderRunner(
            session,
            steps_of(plan, facts),
            kind=plan.kind,
            budget_s=plan.budget_s,
            repetitions=plan.repetitions,
            connect=connect,
        )
        runners.append(runner)
        climbing = asyncio.create_task(runner.run())
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({climbing, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not climbing.done():
                runner.stop()
            await climbing
        finally:
            stopping.cancel()
            climbing.cancel()
        _refuse_empty(runner.state, interrupted=stop.asked)
        return runner.state, session.state


async def _looked_at(session: Session, plan: Plan, stop: Interrupts) -> RunState:
    """Facts about model and devices, which the plan needs.

    Raises:
        OvexplorerError: The model cannot be read, or the engine died.
    """
    await session.describe_devices(plan.spec.stand_ins)
    await session.open_model(plan.spec.model)
    looking = asyncio.create_task(session.until(_known))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({looking, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        looking.cancel()
        stopping.cancel()
    state = session.state
    if state.died is not None:
        raise died_error(state.died)
    if state.opening_failed is not None:
        if not _only_pytorch_reads(plan):
            raise failed_error(state.opening_failed)
    elif state.model is None:
        raise InterruptedRunError("interrupted before anything was measured")
    return state


def _only_pytorch_reads(plan: Plan) -> bool:
    """Whether there is one bar all the same: an exported program, and PyTorch to run it."""
    exported = plan.kind == "ladder" and plan.spec.model.path.endswith(SUFFIXES["pytorch"])
    return exported and not usable_frameworks()["pytorch"]


def _known(state: RunState) -> bool:
    return state.died is not None or state.model is not None or state.opening_failed is not None


def steps_of(plan: Plan, facts: RunState) -> tuple[Step, ...]:
    """The steps of the ladder that was asked for."""
    match plan.kind:
        case "slower":
            return slower_steps(plan.spec, facts.model)
        case "startup":
            return startup_steps(plan.spec)
        case _:
            return ladder_steps(plan.spec, facts.model, facts.environment, facts.devices, usable_frameworks())


def climbing_line(state: LadderState, title: str) -> str:
    """The progress line: which step, how far it is, and the longest that the rest can take."""
    over = sum(result.status in {"done", "skipped", "failed"} for result in state.results)
    words = [f"step {min(over + 1, len(state.results))} of {len(state.results)}"]
    if 0 <= state.current < len(state.results):
        result = state.results[state.current]
        words[0] = f"step {state.current + 1} of {len(state.results)}, {result.step.title}"
        if result.startups:
            words.append(f"{len(result.startups)} starts")
        elif result.quads:
            words.append(f"{result.quads} quads")
            value = result.fps if result.step.metric == "throughput" else result.latency_ms
            unit = "FPS" if result.step.metric == "throughput" else "ms"
            words += [f"{significant(value)} {unit}"] if value is not None else []
    if state.remaining_s is not None:
        words.append(f"at most {state.remaining_s:.0f} s left")
    return f"{title}: {', '.join(words)}"


def _refuse_empty(state: LadderState, *, interrupted: bool) -> None:
    """Raise when there is nothing to tell.

    Raises:
        OvexplorerError: No step was measured.
    """
    if any(result.status == "done" for result in state.results):
        return
    failed = next((result for result in state.results if result.status == "failed"), None)
    if failed is not None and not interrupted:
        raise EngineError(f"no step could be measured: {failed.reason}", "bench measures one configuration alone")
    if interrupted:
        raise InterruptedRunError("interrupted before anything was measured")
    raise EngineError("no step applies here", "bench measures one configuration alone")


def _title(spec: RunSpec) -> str:
    return clean(f"{model_name(spec.model)} · {spec.device}", 80)
