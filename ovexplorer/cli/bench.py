"""`ovexplorer bench`: one measurement, or several in fresh engines, as a table or as JSON."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TextIO

import msgspec

from ovexplorer.analysis.causes import verdict_with_causes
from ovexplorer.analysis.stability import Verdict, judge
from ovexplorer.cli import config_file, files, run_tables
from ovexplorer.cli.console import Console
from ovexplorer.cli.interrupts import Interrupts, interrupts
from ovexplorer.cli.layers import counted_layers, print_layers, write_counters
from ovexplorer.cli.line import CommandLine
from ovexplorer.cli.progress import counted_ns, progress_line
from ovexplorer.cli.rate import search_rate
from ovexplorer.cli.recordings import recording
from ovexplorer.cli.request import Request, request_of
from ovexplorer.cli.runner import Job, run_job
from ovexplorer.errors import ExitCode, InterruptedRunError, NotValidError
from ovexplorer.export.raw import RawWriter
from ovexplorer.export.report import report_csv, report_json
from ovexplorer.export.run import Measured, measured_of, run_document, runs_document
from ovexplorer.export.trace import trace_json
from ovexplorer.options.apply import headline
from ovexplorer.options.command import arguments
from ovexplorer.options.paths import anchored
from ovexplorer.schema.facts import ModelFacts
from ovexplorer.schema.protocol import SamplesTaken
from ovexplorer.schema.recorded import StoredEvent
from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.state import RunState
from ovexplorer.session.tape import Recorder

UNTIL_STABLE_FACTOR = 6
"""How many times -t a run may take until it is valid."""

_LEAST_STABLE_NS = 10e9


def bench(line: CommandLine, console: Console, default_model: str = "") -> int:
    """Run the command.

    Raises:
        OvexplorerError: It cannot be done.
    """
    request = request_of(line, default_model)
    request = replace(request, spec=anchored(request.spec, Path.cwd()))
    for notice in request.notices:
        console.notice(f"notice: {notice}")
    if request.find_rate_ms is not None:
        return search_rate(request, request.find_rate_ms, console)
    return asyncio.run(_bench(request, console))


async def _bench(request: Request, console: Console) -> int:
    with interrupts() as stop:
        with (
            files.writable(request.raw) as raw,
            files.writable(request.trace) as trace,
            recording(request.record) as recorder,
        ):
            runs = await _measure(request, console, stop, raw, recorder)
            if trace is not None and runs:
                _write_trace(trace, runs[-1], console)
        if not runs:
            raise InterruptedRunError("interrupted before anything was measured")
        _report(request, console, runs)
        if request.counters and not stop.asked:
            await _counters(request, console, stop)
    return _exit_code(request, runs, stop)


async def _measure(
    request: Request, console: Console, stop: Interrupts, raw: TextIO | None, recorder: Recorder | None
) -> list[Measured]:
    """Each run in an engine of its own."""
    writer = RawWriter(raw, run_column=request.runs > 1) if raw is not None else None
    runs: list[Measured] = []
    for number in range(1, request.runs + 1):
        if stop.asked:
            break
        job = Job(
            spec=_bounded(request),
            enough=_enough(request, console),
            listener=_samples(writer, number, console) if writer is not None else None,
            recorder=recorder,
            trace=request.trace is not None,
        )
        state = await run_job(job, stop, _watch(request, console, number))
        for notice in state.notices:
            console.notice(f"notice: {notice.text}")
        measured = measured_of(_without_windows(state) if request.compile_only else state)
        if measured is not None and request.mention_u8 and number == 1 and _feeds_images(state.model):
            console.notice("notice: images are fed in the model's own type; benchmark_app feeds u8, as -ip u8 does")
        # A run that was interrupted while it compiled has nothing to tell.
        if measured is not None and (measured.summary.iterations or (request.compile_only and not stop.asked)):
            runs.append(measured)
    return runs


def _write_trace(out: TextIO, run: Measured, console: Console) -> None:
    """The requests of the last run; a full disk is told and costs no result."""
    segment = run.segment
    made = trace_json(
        segment.spans,
        segment.ready.streams if segment.ready else 0,
        run_tables.run_headline(run.state, segment),
        run.summary.iterations,
    )
    try:
        out.write(made.text)
        out.flush()
    except OSError as error:
        console.notice(f"notice: --trace was not written whole: {error.strerror or error}")
        return
    if made.left_out:
        console.notice(f"notice: --trace has the last {made.requests:,} requests; {made.left_out:,} were left out")


def _without_windows(state: RunState) -> RunState:
    """What came in between compiling and stopping is no result."""
    return replace(state, segments=tuple(replace(segment, windows=()) for segment in state.segments))


def _feeds_images(model: ModelFacts | None) -> bool:
    """Whether benchmark_app would take an input for an image: a layout with channels, height and width."""
    ports = model.inputs if model is not None else ()
    return any({"C", "H", "W"} <= set(port.layout) and port.element_type != "u8" for port in ports)


def _bounded(request: Request) -> RunSpec:
    spec = request.spec
    if request.until_stable:
        return msgspec.structs.replace(spec, duration_s=spec.duration_s * UNTIL_STABLE_FACTOR)
    return spec


def _enough(request: Request, console: Console) -> Callable[[RunState], bool] | None:
    """What ends a run before its spec does."""
    if request.compile_only:
        return lambda state: state.current is not None and state.current.ready is not None
    if not request.until_stable:
        return None
    judged_at_ns = 0.0

    def stable(state: RunState) -> bool:
        nonlocal judged_at_ns
        segment = state.measured
        if segment is None or counted_ns(segment) < max(_LEAST_STABLE_NS, judged_at_ns + 1e9):
            return False
        judged_at_ns = counted_ns(segment)
        verdict = judge(segment.windows, segment.ready.batch if segment.ready else 1)
        if hopeless := _hopeless(verdict, judged_at_ns * 1e-9, request.spec.duration_s):
            console.notice(f"notice: {hopeless}")
            return True
        return verdict_with_causes(verdict, segment.loads).valid

    return stable


def _hopeless(verdict: Verdict, counted_s: float, asked_s: float) -> str:
    """Why the longest run that --until-stable allows would still be too short; empty when it may do."""
    needed_s = verdict.seconds_needed
    if needed_s is None or not asked_s or counted_s + needed_s <= asked_s * UNTIL_STABLE_FACTOR:
        return ""
    enough = math.ceil((counted_s + needed_s) / UNTIL_STABLE_FACTOR)
    return (
        f"too slow for a verdict: it needs {needed_s:.0f} s more, and --until-stable goes on for "
        f"{asked_s * UNTIL_STABLE_FACTOR:.0f} s at most; -t {enough} would do"
    )


def _samples(writer: RawWriter, number: int, console: Console) -> Callable[[StoredEvent], None]:
    def listen(event: StoredEvent) -> None:
        trouble = writer.write(event.samples, number) if isinstance(event, SamplesTaken) else ""
        if trouble:
            console.notice(f"notice: --raw stopped: {trouble}; {writer.count:,} latencies were written")

    return listen


def _watch(request: Request, console: Console, number: int) -> Callable[[RunState], None]:
    lead = f"run {number} of {request.runs}, " if request.runs > 1 else ""
    title = lead + headline(request.spec)

    def watch(state: RunState) -> None:
        line = progress_line(state, title)
        if line:
            console.progress(line)
        else:
            console.clear_progress()

    return watch


def _report(request: Request, console: Console, runs: list[Measured]) -> None:
    document = runs_document(runs) if len(runs) > 1 else run_document(runs[0])
    if request.json:
        console.json(document)
    else:
        _print(request, console, runs)
    if request.dump_config is not None:
        config_file.dump(request.dump_config, request.spec)
    if request.report_folder is not None:
        files.make_folder(request.report_folder)
        command = ["ovexplorer", "bench", *arguments(request.spec)]
        if request.json_stats:
            files.write(request.report_folder / "benchmark_report.json", report_json(document, command))
        else:
            files.write(request.report_folder / "benchmark_report.csv", report_csv(document, command))


def _print(request: Request, console: Console, runs: list[Measured]) -> None:
    if len(runs) > 1:
        console.table(run_tables.runs_table(runs))
        console.table(run_tables.between_table(runs))
    else:
        console.table(run_tables.result_table(runs[0], request.percentile))
    tables = [run_tables.difference_table(runs[-1])]
    if request.per_shape:
        tables.append(run_tables.shapes_table(runs[-1].segment))
    for table in tables:
        if table is not None:
            console.table(table)


async def _counters(request: Request, console: Console, stop: Interrupts) -> None:
    """Layer times from an engine of their own, so that counting cannot touch the figures above."""
    state = await counted_layers(request.spec, stop, _watch(request, console, 1))
    if state.profile is None:
        return
    if not request.json:
        print_layers(console, state, request.sort)
    if request.report_folder is not None:
        name = f"benchmark_{request.report_type or 'average_counters'}_report.csv"
        write_counters(request.report_folder / name, state.profile)


def _exit_code(request: Request, runs: list[Measured], stop: Interrupts) -> int:
    if stop.asked:
        return ExitCode.INTERRUPTED
    invalid = [run for run in runs if not run.verdict.valid]
    if request.require_valid and invalid:
        raise _not_valid(invalid[0])
    return ExitCode.DONE


def _not_valid(run: Measured) -> NotValidError:
    reasons = "; ".join(reason.text for reason in run.verdict.reasons)
    # Throttling may be the reason already; once is enough.
    named = any(reason.code == "throttled" for reason in run.verdict.reasons)
    causes = [cause.text for cause in run.causes if not (named and cause.code in ("throttled", "thermal"))]
    likely = f"; most likely cause: {causes[0]}" if causes else ""
    return NotValidError(
        f"the result is not valid: {reasons}{likely}",
        "measure longer (-t 30), quieten the machine (ovexplorer doctor), or --until-stable",
    )
