"""`ovexplorer hetero`: what a split over devices costs, cut by cut, and a better one found by trying."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from ovexplorer.cli.ab import comparing_line
from ovexplorer.cli.budget import budget_of
from ovexplorer.cli.console import Console
from ovexplorer.cli.hetero_before import say_before
from ovexplorer.cli.hetero_dump import is_dump, report_dump
from ovexplorer.cli.hetero_files import Keep, keep_of
from ovexplorer.cli.hetero_improve import print_improved, told_line
from ovexplorer.cli.hetero_tables import print_split
from ovexplorer.cli.interrupts import Interrupts, interrupts
from ovexplorer.cli.layers import counting_of
from ovexplorer.cli.line import CommandLine
from ovexplorer.cli.progress import progress_line
from ovexplorer.cli.recordings import recording
from ovexplorer.cli.request import Request, request_of
from ovexplorer.cli.runner import Watch, died_error, failed_error, headless
from ovexplorer.cli.split_flags import stand_ins_of
from ovexplorer.errors import EngineError, ExitCode, InterruptedRunError, UsageError
from ovexplorer.export.hetero import hetero_document
from ovexplorer.export.hetero_improve import improve_document
from ovexplorer.options.apply import headline
from ovexplorer.options.catalogue import by_id
from ovexplorer.options.paths import anchored
from ovexplorer.schema.placement import devices_in_order
from ovexplorer.schema.protocol import Profile
from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.process import ProcessSource
from ovexplorer.session.session import Connect, Session
from ovexplorer.session.state import RunState
from ovexplorer.session.tape import Recorder
from ovexplorer.text import clean
from ovexplorer.tuning.attempts import Improved
from ovexplorer.tuning.improve import BUDGET_S, improve
from ovexplorer.tuning.split_run import SplitStep, measure_split
from ovexplorer.tuning.splits import BASELINE, MeasuredSplit

_HINT = "such as -d HETERO:CPU_SIM,CPU --stand-in CPU_SIM"
_MANY_REQUESTS_S = 2.0
"""How long several requests are measured before layers are counted."""


@dataclass(frozen=True)
class Asked:
    """What one command line asks for."""

    request: Request
    spec: RunSpec
    counted: Profile
    """How long layers are counted."""
    keep: Keep
    improve_s: float | None
    """Time for improving; None only measures."""
    everything: bool


@dataclass
class Work:
    """What was done; it grows while it runs, so that whoever stops it has what is there."""

    found: MeasuredSplit | None = None
    improved: Improved | None = None
    doing: str = ""
    dumps: list[str] = field(default_factory=list)
    """Where dumps were kept."""


def hetero(line: CommandLine, console: Console) -> int:
    """Run the command.

    Raises:
        OvexplorerError: It cannot be done.
    """
    dump = is_dump(line)
    if dump is not None:
        return report_dump(line, dump, console)
    asked = asked_of(line)
    for notice in asked.request.notices:
        console.notice(f"notice: {notice}")
    return asyncio.run(_hetero(asked, console))


def asked_of(line: CommandLine) -> Asked:
    """What is to be done.

    Raises:
        UsageError: A value cannot be used, or no split is asked for.
    """
    request = request_of(with_device(line))
    request = replace(request, spec=anchored(request.spec, Path.cwd()))
    refuse_other_devices(request.spec)
    if "budget" in line.values and "improve" not in line.switches:
        raise UsageError("--budget is the time for --improve", "add --improve, or leave it out")
    seconds = request.spec.duration_s if "duration" in line.values else 0.0
    return Asked(
        request=request,
        spec=request.spec,
        counted=counting_of(msgspec.structs.replace(request.spec, duration_s=seconds)),
        keep=keep_of(line),
        improve_s=budget_of(line, BUDGET_S) if "improve" in line.switches else None,
        everything="all" in line.switches,
    )


def with_device(line: CommandLine) -> CommandLine:
    """The line with a device: where only stand-ins are named, they come first and the CPU takes the rest."""
    if any(option.id == "device" for option, _ in line.options):
        return line
    names = stand_ins_of(line).names
    if not names:
        raise UsageError("hetero splits a model over devices: none are named", f"name them, {_HINT}")
    device = f"HETERO:{','.join((*names, BASELINE))}"
    return replace(line, options=((by_id("device"), device), *line.options))


def refuse_other_devices(spec: RunSpec) -> None:
    """Only HETERO splits a model.

    Raises:
        UsageError: It is something else, or has no list.
    """
    devices = devices_in_order(spec.device)
    if len(devices) > 1 or (devices and (spec.affinities or spec.placements)):
        return
    if devices:
        raise UsageError(f"{clean(spec.device, 80)} is one device: nothing is split", f"name two, {_HINT}")
    raise UsageError(f"{clean(spec.device, 80)} does not split a model: HETERO does", f"name devices, {_HINT}")


async def _hetero(asked: Asked, console: Console) -> int:
    work = Work()
    with interrupts() as stop, recording(asked.request.record) as recorder:
        state = await measured(asked, work, stop, console, recorder)
        interrupted = stop.asked
    for notice in state.notices:
        console.notice(f"notice: {notice.text}")
    refuse_failed(work, state, interrupted=interrupted)
    report(asked, work, console, interrupted=interrupted)
    return ExitCode.INTERRUPTED if interrupted else ExitCode.DONE


async def measured(
    asked: Asked,
    work: Work,
    stop: Interrupts,
    console: Console,
    recorder: Recorder | None = None,
    connect: Connect = ProcessSource.start,
) -> RunState:
    """Do what is asked in a fresh engine; what is there is in `work`, also after an early end.

    Raises:
        OvexplorerError: It cannot be done.
    """
    async with headless(connect, _watch(console, asked, work), recorder) as session:
        doing = asyncio.create_task(_do(session, asked, work, console))
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({doing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            if not doing.done():
                doing.cancel()
        with suppress(asyncio.CancelledError):
            await doing
        return session.state


async def _do(session: Session, asked: Asked, work: Work, console: Console) -> None:
    def told(step: SplitStep) -> None:
        work.found = step.so_far
        work.doing = f"{step.doing} ({step.number} of {step.count})"

    def checked(found: MeasuredSplit) -> None:
        work.found = found
        say_before(console, found)

    many = asked.spec.api == "async"
    work.found = await measure_split(
        session,
        asked.spec,
        told=told,
        checked=checked,
        counted=asked.counted,
        plain_s=_MANY_REQUESTS_S if many else 0.0,
    )
    # Now, because the engine's directory goes with it.
    work.dumps, problem = asked.keep.write_dumps(work.found.dumps)
    if problem:
        console.notice(f"notice: {problem}")
    if asked.improve_s is not None and work.found.picture is not None:

        def tried(doing: str, so_far: Improved) -> None:
            fresh = work.improved is None or len(so_far.attempts) > len(work.improved.attempts)
            work.improved, work.doing = so_far, doing
            if fresh and so_far.attempts:
                console.notice(told_line(so_far.attempts[-1]))

        work.improved = await improve(session, work.found, budget_s=asked.improve_s, told=tried)
    work.doing = ""


def refuse_failed(work: Work, state: RunState, *, interrupted: bool) -> None:
    """Go on only when there is something to report.

    Raises:
        OvexplorerError: It failed, its engine died, or it was interrupted before anything was known.
    """
    found = work.found
    if state.died is not None and (found is None or found.picture is None):
        raise died_error(state.died)
    if found is not None and found.failed is not None and not interrupted:
        raise failed_error(found.failed)
    if found is None or found.topology is None:
        if interrupted:
            raise InterruptedRunError("interrupted before the operations were known")
        raise EngineError("the split could not be described", "try again with --debug")
    if found.picture is None and not interrupted:
        raise EngineError("the split could not be measured", "try again with --debug")


def report(asked: Asked, work: Work, console: Console, *, interrupted: bool = False) -> None:
    """Print what was found, and write the files that are asked for.

    Raises:
        UsageError: A file cannot be written.
    """
    found, improved = work.found, work.improved
    if found is None:
        return
    written = asked.keep.write_affinity(found, improved)
    for path in (*work.dumps, *written):
        console.notice(f"written: {path}")
    if asked.request.json:
        document = hetero_document(found, work.dumps, interrupted=interrupted)
        document["improve"] = improve_document(found.topology, improved) if improved is not None else None
        document["written"] = written
        console.json(document)
        return
    print_split(console, found, headline(found.spec, _name(found)), everything=asked.everything)
    if improved is not None:
        print_improved(console, improved)


def _name(found: MeasuredSplit) -> str:
    return str(found.topology.model) if found.topology is not None else ""


def _watch(console: Console, asked: Asked, work: Work) -> Watch:
    title = headline(asked.spec)

    def watch(state: RunState) -> None:
        contest = state.contest
        line = comparing_line(contest, title) if contest is not None and state.phase is None else ""
        line = line or progress_line(state, title)
        words = f"{work.doing}: {line.removeprefix(title).lstrip(': ')}".rstrip(": ") if work.doing else line
        if words:
            console.progress(words)
        else:
            console.clear_progress()

    return watch
