"""`ovexplorer layers`: the time of each layer, what it adds up to, and why each Reorder is there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

import msgspec

from ovexplorer.analysis.align import outstanding_reorders
from ovexplorer.analysis.layer_filter import read_filter
from ovexplorer.analysis.layers import GroupField, analyse
from ovexplorer.cli import files
from ovexplorer.cli.console import Console
from ovexplorer.cli.interrupts import Interrupts, interrupts
from ovexplorer.cli.layers_compare import Against, Other, against_of, cpu_alone, print_comparison, print_outstanding
from ovexplorer.cli.layers_tables import View, print_profile
from ovexplorer.cli.line import CommandLine
from ovexplorer.cli.progress import counted_ns, progress_line
from ovexplorer.cli.recordings import recording
from ovexplorer.cli.request import Request, request_of
from ovexplorer.cli.run_tables import run_headline
from ovexplorer.cli.runner import Job, Step, failed_error, run_job
from ovexplorer.errors import EngineError, ExitCode, InterruptedRunError, UsageError
from ovexplorer.export.counters import counters_csv
from ovexplorer.export.layers import layers_document, reorder_document
from ovexplorer.export.layers_compare import compare_document
from ovexplorer.options.apply import headline
from ovexplorer.options.paths import anchored
from ovexplorer.schema.protocol import Failed, Profile
from ovexplorer.schema.recorded import StoredEvent
from ovexplorer.schema.results import LayerProfile
from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.process import ProcessSource
from ovexplorer.session.session import Connect, Session
from ovexplorer.session.state import RunState
from ovexplorer.session.tape import Recorder
from ovexplorer.text import clean

_BEFORE_NS = 0.2e9
"""Plain measuring before the profile: it leaves the first inferences behind."""

_NO_LIMIT_S, _NO_LIMIT = 1e7, 2**53
"""Where only one of -t and -niter is given."""

_GROUPS: tuple[GroupField, ...] = get_args(GroupField)


@dataclass(frozen=True)
class Asked:
    """What one command line asks for."""

    request: Request
    spec: RunSpec
    view: View
    against: Against | None
    peak: bool

    @property
    def other(self) -> RunSpec | None:
        """A second configuration that is profiled in the same engine."""
        if self.against is not None:
            return self.against.spec
        return cpu_alone(self.spec) if self.view.reorders else None


def layers(line: CommandLine, console: Console) -> int:
    """Run the command.

    Raises:
        OvexplorerError: It cannot be done.
    """
    asked = asked_of(line)
    for notice in asked.request.notices:
        console.notice(f"notice: {notice}")
    state, other, stopped = asyncio.run(_counted(asked, console))
    if state.profile is None:
        raise InterruptedRunError("interrupted before the layers were counted")
    for notice_event in state.notices:
        console.notice(f"notice: {notice_event.text}")
    if asked.request.csv is not None:
        write_counters(asked.request.csv, state.profile)
    if asked.against is not None and other is None:
        raise InterruptedRunError("interrupted before the other configuration was counted")
    report(console, asked, state, other)
    return ExitCode.INTERRUPTED if stopped else ExitCode.DONE


def asked_of(line: CommandLine) -> Asked:
    """What is to be done.

    Raises:
        UsageError: A value cannot be used.
    """
    request = request_of(line)
    request = replace(request, spec=anchored(request.spec, Path.cwd()))
    seconds = request.spec.duration_s if "duration" in line.values else 0.0
    group = line.values.get("group")
    if group is not None and group not in _GROUPS:
        raise UsageError(f"--group: {clean(group, 60)!r} is not a choice", f"choose {', '.join(_GROUPS)}")
    wanted = read_filter(line.values.get("filter", ""))
    if wanted.problem:
        raise UsageError(f"--filter: {clean(wanted.problem, 200)}", "such as 'type:Conv >1%' or '/conv[0-9]+/'")
    view = View(
        sort=request.sort,
        group=next((field for field in _GROUPS if field == group), None),
        wanted=wanted,
        everything="all" in line.switches,
        reorders="reorders" in line.switches,
    )
    return Asked(
        request=request,
        spec=msgspec.structs.replace(request.spec, duration_s=seconds),
        view=view,
        against=against_of(line),
        peak="peak" in line.switches,
    )


def report(console: Console, asked: Asked, state: RunState, other: Other | None) -> None:
    """Print what was measured."""
    profile, segment = state.profile, state.current
    if profile is None or segment is None:
        return
    if asked.against is not None and other is not None:
        made = other.aligned_with(profile if profile.spec else msgspec.structs.replace(profile, spec=asked.spec))
        if asked.request.json:
            specs = (other.spec, asked.spec) if other.file else (asked.spec, other.spec)
            console.json(compare_document(made, *specs))
        else:
            print_comparison(console, made, run_headline(state, segment), other, asked.view)
        return
    outstanding = outstanding_reorders(profile, other.profile) if other is not None else None
    if asked.request.json:
        accept = asked.view.accepts if asked.view.wanted.text else None
        document = layers_document(analyse(profile), asked.spec, state.peak, accept)
        if outstanding is not None:
            document["outstanding_reorders"] = [reorder_document(entry) for entry in outstanding]
        console.json(document)
        return
    print_profile(console, profile, run_headline(state, segment), asked.view, state.peak)
    if outstanding is not None and other is not None:
        print_outstanding(console, outstanding, profile, other.profile)


async def _counted(asked: Asked, console: Console) -> tuple[RunState, Other | None, bool]:
    title = headline(asked.spec)
    second = Second(asked.other)
    steps = (*((_peak_step(),) if asked.peak else ()), *second.steps)

    def watch(state: RunState) -> None:
        console.progress(progress_line(state, title))

    with interrupts() as stop, recording(asked.request.record) as recorder:
        job = Job(asked.spec, recorder=recorder, steps=steps, listener=second.listen)
        state = await profiled(job, stop, watch)
        stopped = stop.asked
    if asked.peak and state.peak is None and not stopped:
        console.notice("notice: what this machine reaches could not be measured")
    recorded = asked.against.recorded if asked.against is not None else None
    return state, recorded or second.found(state, stopped=stopped), stopped


def _peak_step() -> Step:
    def over(state: RunState) -> bool:
        return state.peak is not None or state.profile_failed is not None

    return Step(lambda session: session.counts.peak(), over)


class Second:
    """The profile of another configuration, asked for in the engine of the first.

    Args:
        spec: The other configuration; None asks for nothing.
    """

    def __init__(self, spec: RunSpec | None) -> None:
        self._spec = spec
        self._segment = 0
        self._failures: dict[int, Failed] = {}

    @property
    def steps(self) -> tuple[Step, ...]:
        """What is asked of the engine."""
        return (Step(self._ask, self._over),) if self._spec is not None else ()

    def listen(self, event: StoredEvent) -> None:
        """See why it failed: the run that it does not belong to goes on."""
        if isinstance(event, Failed):
            self._failures[event.segment] = event

    def found(self, state: RunState, *, stopped: bool) -> Other | None:
        """Its profile; None when nothing was asked for, or the user stopped before.

        Raises:
            OvexplorerError: It could not be measured.
        """
        if self._spec is None:
            return None
        profile = next((entry for entry in state.profiles if entry.segment == self._segment), None)
        if profile is not None:
            return Other(profile, self._spec)
        if stopped:
            return None
        failed = self._failures.get(self._segment) or state.profile_failed
        if failed is None:
            raise EngineError("the other configuration could not be counted", "try again with --debug")
        error = failed_error(failed)
        raise type(error)(f"{headline(self._spec)}: {error.what}", error.hint, error.detail)

    async def _ask(self, session: Session) -> None:
        if self._spec is not None:
            self._segment = await session.counts.other(self._spec)

    def _over(self, state: RunState) -> bool:
        return not state.profiling or self._segment in self._failures


def counting_of(spec: RunSpec) -> Profile:
    """How long to count: what the spec says of the two, a short while when it says nothing."""
    if not (spec.iterations or spec.duration_s):
        return Profile()
    return Profile(seconds=spec.duration_s or _NO_LIMIT_S, iterations=spec.iterations or _NO_LIMIT)


async def counted_layers(
    spec: RunSpec, stop: Interrupts, watch: Callable[[RunState], None], recorder: Recorder | None = None
) -> RunState:
    """Measure a spec in a fresh engine and profile it while it runs; the state holds no profile when interrupted.

    Raises:
        OvexplorerError: It cannot be measured or profiled.
    """
    return await profiled(Job(spec, recorder=recorder), stop, watch)


async def profiled(
    job: Job, stop: Interrupts, watch: Callable[[RunState], None], connect: Connect = ProcessSource.start
) -> RunState:
    """Run a job whose layers are profiled once it has measured for a moment.

    Raises:
        OvexplorerError: It cannot be measured or profiled.
    """

    def enough(state: RunState) -> bool:
        return state.measured is not None and counted_ns(state.measured) >= _BEFORE_NS

    # Only a run that goes on can be profiled, so the end is decided here and not by the engine.
    endless = msgspec.structs.replace(job.spec, duration_s=0.0, iterations=0, raw=False)
    job = replace(job, spec=endless, profile=counting_of(job.spec), enough=enough)
    state = await run_job(job, stop, watch, connect)
    if state.profile is None and not stop.asked:
        if state.profile_failed is not None:
            raise failed_error(state.profile_failed)
        raise EngineError("the layers could not be counted", "try again with --debug")
    return state


def write_counters(path: Path, profile: LayerProfile) -> None:
    """Write the rows in benchmark_app's format.

    Raises:
        UsageError: The file cannot be written.
    """
    files.write(path, counters_csv(profile.layers))


def print_layers(console: Console, state: RunState, sort: str) -> None:
    """Print rows, roll-ups and Reorders; an order other than by time lists also what was fused."""
    if state.profile is not None and state.current is not None:
        view = View(sort=sort, everything=sort == "order")
        print_profile(console, state.profile, run_headline(state, state.current), view)
