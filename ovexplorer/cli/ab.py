"""`ovexplorer ab`: two configurations measured in turns, as a table or as JSON."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import cast, get_args

from ovexplorer.analysis.summary import Percentile
from ovexplorer.cli.budget import budget_of
from ovexplorer.cli.console import Console
from ovexplorer.cli.interrupts import Interrupts, interrupts
from ovexplorer.cli.line import CommandLine
from ovexplorer.cli.progress import progress_line
from ovexplorer.cli.recordings import recording
from ovexplorer.cli.run_tables import ms_text
from ovexplorer.cli.runner import died_error, failed_error, headless
from ovexplorer.cli.sides import side_of
from ovexplorer.cli.tables import Column, Table, pairs
from ovexplorer.errors import EngineError, ExitCode, InterruptedRunError, UsageError
from ovexplorer.export.ab import ab_document, drift_text, measured_side, models_of, sentence, top1_text
from ovexplorer.export.run import Measured
from ovexplorer.options.apply import describe_change, headline
from ovexplorer.options.paths import anchored
from ovexplorer.schema.contest import ContestantsReleased
from ovexplorer.schema.facts import ModelFacts
from ovexplorer.schema.protocol import ConfigurationReady, EngineDied, ModelOpened
from ovexplorer.schema.recorded import Metric, StoredEvent
from ovexplorer.session.process import ProcessSource
from ovexplorer.session.session import Connect
from ovexplorer.session.state import Contest, RunState
from ovexplorer.session.tape import Recorder
from ovexplorer.text import clean
from ovexplorer.tuning.pair import BUDGET_S, PairPlan, endless, estimate_contest, remaining_s, run_pair
from ovexplorer.units import NOT_AVAILABLE, duration, significant

_RELEASE_SECONDS = 3.0
"""Longest wait for the engine to let the contestants go; then it is ended."""


@dataclass(frozen=True)
class Compared:
    """A comparison that ran."""

    state: RunState
    contest: Contest | None
    """None when the session ended before it began."""
    models: dict[int, ModelFacts]
    """By contestant."""


def ab(line: CommandLine, console: Console) -> int:
    """Run the command.

    Raises:
        OvexplorerError: It cannot be done.
    """
    plan, notices = plan_of(line)
    for notice in notices:
        console.notice(f"notice: {notice}")
    record = Path(line.values["record"]) if line.values.get("record") else None
    return asyncio.run(_ab(line, plan, record, console))


def plan_of(line: CommandLine) -> tuple[PairPlan, tuple[str, ...]]:
    """What is compared, and what is to be said about it before.

    Raises:
        UsageError: A value cannot be used, or nothing is named that differs.
    """
    if not line.lists.get("a") and not line.lists.get("b"):
        raise UsageError("nothing is named to compare", 'say what differs, such as --b "precision=f32"')
    sides = {flag: side_of(line, flag) for flag in ("a", "b")}
    a, b = (endless(anchored(side.spec, Path.cwd())) for side in sides.values())
    said = [(flag.upper(), notice) for flag, side in sides.items() for notice in side.notices]
    both = {notice for _, notice in said if (("A", notice) in said) == (("B", notice) in said)}
    notices = [notice if notice in both else f"{flag}: {notice}" for flag, notice in said]
    metric = line.values.get("metric", "")
    if metric and metric not in get_args(Metric):
        raise UsageError(f"--metric: {clean(metric, 60)!r} is not a choice", f"choose {' or '.join(get_args(Metric))}")
    if metric == "throughput" and any(side.load != "closed" or side.max_rate_fps for side in (a, b)):
        raise UsageError(
            "--metric throughput: how much a paced load completes is up to the load",
            "compare its latency, or run without a load of its own",
        )
    plan = PairPlan(
        a=a,
        b=b,
        metric=cast("Metric", metric) if metric else None,
        budget_s=budget_of(line, BUDGET_S),
        drift_against=None if "no_drift" in line.switches else a,
    )
    return plan, tuple(dict.fromkeys(notices))


async def _ab(line: CommandLine, plan: PairPlan, record: Path | None, console: Console) -> int:
    with interrupts() as stop, recording(record) as recorder:
        compared = await compare(plan, stop, _watch(console, plan), recorder)
        interrupted = stop.asked
    contest = refuse_failed(compared, interrupted=interrupted)
    for notice in compared.state.notices:
        console.notice(f"notice: {notice.text}")
    report(console, compared, contest, as_json="json" in line.switches)
    return ExitCode.INTERRUPTED if interrupted else ExitCode.DONE


def report(console: Console, compared: Compared, contest: Contest, *, as_json: bool) -> None:
    """Print the result of a comparison, live or from a recording."""
    if as_json:
        console.json(ab_document(compared.state, contest, compared.models))
    else:
        console.table(result_table(compared, contest))
        console.table(pairs("", [("result", sentence(contest))]))


async def compare(
    plan: PairPlan,
    stop: Interrupts,
    watch: Callable[[RunState], None],
    recorder: Recorder | None = None,
    connect: Connect = ProcessSource.start,
) -> Compared:
    """Compare in a fresh engine; an early end keeps what was measured until then."""
    told: list[StoredEvent] = []
    released = asyncio.Event()

    def listen(event: StoredEvent) -> None:
        if isinstance(event, (ModelOpened, ConfigurationReady)):
            told.append(event)
        elif isinstance(event, (ContestantsReleased, EngineDied)):
            released.set()

    async with headless(connect, watch, recorder) as session:
        session.listen(listen)
        comparing = asyncio.create_task(run_pair(session, plan))
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({comparing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            comparing.cancel()
        # Its end is told by cancelling it, so the state has to be looked at afterwards.
        with suppress(asyncio.CancelledError):
            await comparing
        # What was under way is told before that, so that a recording comes to the same state.
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(released.wait(), _RELEASE_SECONDS)
        state = session.state
    return Compared(state, state.contests[-1] if state.contests else None, models_of(told))


def refuse_failed(compared: Compared, *, interrupted: bool) -> Contest:
    """The comparison when there is something to tell about it.

    Raises:
        OvexplorerError: A side failed, the engine died, or it was interrupted before the first turns.
    """
    state, contest = compared.state, compared.contest
    if state.died is not None:
        raise died_error(state.died)
    for name, side in (("A", contest.a), ("B", contest.b)) if contest is not None else ():
        if side.failed is not None:
            error = failed_error(side.failed)
            raise type(error)(f"{name}: {error.what}", error.hint, error.detail)
    if contest is None or not contest.turns:
        if interrupted:
            raise InterruptedRunError("interrupted before anything was compared")
        raise EngineError("the comparison ended before anything was measured", "try again with --debug")
    return contest


def _watch(console: Console, plan: PairPlan) -> Callable[[RunState], None]:
    title = headline(plan.a)

    def watch(state: RunState) -> None:
        contest = state.contests[-1] if state.contests else None
        text = comparing_line(contest, title) if contest is not None and state.phase is None else ""
        text = text or progress_line(state, title)
        if text:
            console.progress(text)
        else:
            console.clear_progress()

    return watch


def comparing_line(contest: Contest, title: str) -> str:
    """Quads so far, what they say, and the longest it can still take; empty before the first turn."""
    left = remaining_s(contest)
    if left is None or contest.stopped is not None:
        return ""
    said = estimate_contest(contest)
    words = [f"{said.quads} quads"]
    if said.point is not None:
        words.append(f"B {(said.point - 1) * 100:+.1f} %".replace("-", "−"))
    if said.low is not None and said.high is not None:
        words[-1] += f" ({(said.low - 1) * 100:+.1f} … {(said.high - 1) * 100:+.1f})".replace("-", "−")
    return f"{title}: {', '.join(words)}, at most {left:.0f} s left"


def result_table(compared: Compared, contest: Contest) -> Table:
    """Both sides beside each other."""
    a, b = (measured_side(compared.state, side, compared.models) for side in (contest.a, contest.b))
    rows = [
        ("latency p50", ms_text(a.summary.p50_ns), ms_text(b.summary.p50_ns)),
        ("latency p95", _percentile(a.summary.percentile(95.0)), _percentile(b.summary.percentile(95.0))),
        ("throughput", _fps(a), _fps(b)),
        ("inferences", f"{a.summary.iterations:,}", f"{b.summary.iterations:,}"),
        ("compile", _compile(a), _compile(b)),
        ("drift to f32", drift_text(contest.drift_a), drift_text(contest.drift_b)),
        ("top-1", top1_text(contest.drift_a), top1_text(contest.drift_b)),
    ]
    title = clean(f"A {headline(contest.a.spec)}   B {_difference(contest)}")
    columns = (Column(""), Column("A", number=True), Column("B", number=True))
    return Table(columns, tuple(row for row in rows if any(cell not in ("", NOT_AVAILABLE) for cell in row[1:])), title)


def _difference(contest: Contest) -> str:
    return describe_change(contest.a.spec, contest.b.spec) or "the same"


def _percentile(entry: Percentile) -> str:
    return ms_text(entry.value_ns) if entry.value_ns is not None else f"{NOT_AVAILABLE} {entry.reason}"


def _fps(side: Measured) -> str:
    return NOT_AVAILABLE if side.summary.fps is None else f"{significant(side.summary.fps)} FPS"


def _compile(side: Measured) -> str:
    compile_ns = side.segment.phase_ns("compile")
    return NOT_AVAILABLE if compile_ns is None else duration(compile_ns)
