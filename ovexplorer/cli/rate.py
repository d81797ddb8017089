"""`ovexplorer bench MODEL --find-rate MS`: the highest rate of arrivals with a percentile under a bound."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import msgspec

from ovexplorer.cli.console import Console
from ovexplorer.cli.interrupts import Interrupts, interrupts
from ovexplorer.cli.progress import progress_line
from ovexplorer.cli.recordings import recording
from ovexplorer.cli.request import Request
from ovexplorer.cli.run_tables import ms_text
from ovexplorer.cli.runner import headless, refuse_failure
from ovexplorer.cli.tables import Column, Table, pairs
from ovexplorer.errors import EngineError, ExitCode, InterruptedRunError
from ovexplorer.export.rate import rate_document
from ovexplorer.options.apply import headline
from ovexplorer.session.process import ProcessSource
from ovexplorer.session.session import Connect
from ovexplorer.session.state import RunState
from ovexplorer.session.tape import Recorder
from ovexplorer.text import clean
from ovexplorer.tuning.rate_search import BUDGET_S, Outcome, RatePlan, RateSearch, Trial, find_rate
from ovexplorer.units import duration, significant

_OUTCOMES: dict[Outcome, str] = {
    "passed": "passed",
    "failed": "over the bound",
    "failed_early": "over the bound, ended early",
    "line_grows": "the line grows",
    "generator_late": "over the bound, but the generator was late",
}


def search_rate(request: Request, bound_ms: float, console: Console) -> int:
    """Search and report.

    Raises:
        OvexplorerError: It cannot be done.
    """
    spec = request.spec
    plan = RatePlan(
        spec=msgspec.structs.replace(spec, load="closed"),
        bound_ms=bound_ms,
        percentile=request.rate_percentile,
        load="poisson" if spec.load == "closed" else spec.load,
        budget_s=request.search_s or BUDGET_S,
    )
    return asyncio.run(_search(request, plan, console))


async def _search(request: Request, plan: RatePlan, console: Console) -> int:
    with interrupts() as stop, recording(request.record) as recorder:
        search, state = await run_search(plan, stop, console.progress, recorder)
        interrupted = stop.asked
    console.clear_progress()
    if search is None:
        raise InterruptedRunError("interrupted before any rate was tried")
    if request.json:
        console.json(rate_document(search, state))
    else:
        console.table(trials_table(search))
        console.table(pairs("", [("result", sentence(search))]))
    return ExitCode.INTERRUPTED if interrupted else ExitCode.DONE


async def run_search(
    plan: RatePlan,
    stop: Interrupts,
    say: Callable[[str], None],
    recorder: Recorder | None = None,
    connect: Connect = ProcessSource.start,
) -> tuple[RateSearch | None, RunState]:
    """Search in a fresh engine; an early end keeps what was found until then.

    Raises:
        OvexplorerError: It cannot be done.
    """
    known: list[RateSearch] = []
    doing = ""
    title = clean(headline(plan.spec))

    def tell(search: RateSearch, following: str) -> None:
        nonlocal doing
        known.append(search)
        doing = following

    def watch(state: RunState) -> None:
        line = progress_line(state, title)
        if line:
            say(f"{line}; {doing}" if doing else line)

    async with headless(connect, watch, recorder) as session:
        searching = asyncio.create_task(find_rate(session, plan, tell))
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({searching, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            searching.cancel()
        with suppress(asyncio.CancelledError):
            try:
                known.append(await searching)
            except EngineError:
                # The state knows better what happened.
                refuse_failure(session.state)
                raise
        state = session.state
    if stop.asked and known:
        return replace(known[-1], stopped="interrupted"), state
    return (known[-1] if known else None), state


def trials_table(search: RateSearch) -> Table:
    """One row a trial, in the order they ran."""
    name = f"p{search.plan.percentile:g}"
    columns = (
        Column("arrivals/s", number=True),
        Column(name, number=True),
        Column("p50", number=True),
        Column("samples", number=True),
        Column("time", number=True),
        Column("outcome"),
        Column("verdict"),
    )
    title = (
        f"{clean(headline(search.plan.spec))} · {search.plan.load} · closed loop "
        f"{significant(search.capacity_fps)} a second"
    )
    return Table(columns, tuple(_row(trial) for trial in search.trials), title)


def _row(trial: Trial) -> tuple[str, ...]:
    early = "> " if trial.outcome == "failed_early" else ""
    return (
        significant(trial.rate_fps),
        f"{early}{ms_text(trial.value_ns)}",
        ms_text(trial.p50_ns),
        f"{trial.samples:,}",
        duration(round(trial.seconds * 1e9)),
        _OUTCOMES[trial.outcome],
        trial.verdict.verdict,
    )


def sentence(search: RateSearch) -> str:
    """What the search says, in words."""
    name = f"p{search.plan.percentile:g} under {search.plan.bound_ms:g} ms"
    passed, failed = search.passed_fps, search.failed_fps
    ended = {"budget": " (the time was up)", "interrupted": " (interrupted)"}.get(search.stopped or "", "")
    if passed is None and failed is None:
        return f"nothing was tried to the end{ended}"
    if passed is None:
        return f"no rate was found with {name}: {significant(failed or 0.0)} a second already failed{ended}"
    if failed is None:
        return f"{name} at {significant(passed)} a second; a rate that fails was not reached{ended}"
    return f"{name} at {significant(passed)} a second, no more at {significant(failed)}{ended}"
