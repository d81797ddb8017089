"""`ovexplorer layers`: the time of each layer, what it adds up to, and why each Reorder is there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec

from ovexplorer.analysis.layers import Group, LayerAnalysis, LayerRow, analyse
from ovexplorer.cli import files
from ovexplorer.cli.console import Console
from ovexplorer.cli.interrupts import Interrupts, interrupts
from ovexplorer.cli.line import CommandLine
from ovexplorer.cli.progress import counted_ns, progress_line
from ovexplorer.cli.recordings import recording
from ovexplorer.cli.request import request_of
from ovexplorer.cli.run_tables import run_headline
from ovexplorer.cli.runner import Job, failed_error, run_job
from ovexplorer.cli.tables import Column, Table
from ovexplorer.errors import EngineError, ExitCode, InterruptedRunError
from ovexplorer.export.counters import counters_csv
from ovexplorer.export.layers import layers_document
from ovexplorer.options.apply import headline
from ovexplorer.options.paths import anchored
from ovexplorer.schema.protocol import Profile
from ovexplorer.schema.results import LayerProfile
from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.state import RunState
from ovexplorer.session.tape import Recorder
from ovexplorer.text import clean
from ovexplorer.units import NOT_AVAILABLE, share, significant

_BEFORE_NS = 0.2e9
"""Plain measuring before the profile: it leaves the first inferences behind."""

_NO_LIMIT_S, _NO_LIMIT = 1e7, 2**53
"""Where only one of -t and -niter is given."""

_WIDEST_NAME = 44
_MOST_REORDERS = 20

_STATUS = {"executed": "", "fused": "fused", "optimized_out": "optimized out", "below_resolution": "below 1 µs"}

_KEYS: dict[str, Callable[[LayerRow], tuple[object, ...]]] = {
    "time": lambda row: (-row.layer.mean_ns, row.layer.order < 0, row.layer.order),
    "order": lambda row: (row.layer.order < 0, row.layer.order),
    "executed": lambda row: (row.layer.order < 0, row.layer.order),
    "name": lambda row: (row.layer.name,),
    "type": lambda row: (row.layer.type, -row.layer.mean_ns),
    "primitive": lambda row: (row.layer.primitive, -row.layer.mean_ns),
}


def layers(line: CommandLine, console: Console) -> int:
    """Run the command.

    Raises:
        OvexplorerError: It cannot be done.
    """
    request = request_of(line)
    request = replace(request, spec=anchored(request.spec, Path.cwd()))
    for notice in request.notices:
        console.notice(f"notice: {notice}")
    seconds = request.spec.duration_s if "duration" in line.values else 0.0
    spec = msgspec.structs.replace(request.spec, duration_s=seconds)
    state, stopped = asyncio.run(_counted(spec, request.record, console))
    profile = state.profile
    if profile is None:
        raise InterruptedRunError("interrupted before the layers were counted")
    for notice_event in state.notices:
        console.notice(f"notice: {notice_event.text}")
    if request.csv is not None:
        write_counters(request.csv, profile)
    if "json" in line.switches:
        console.json(layers_document(analyse(profile), spec))
    else:
        print_layers(console, state, request.sort)
    return ExitCode.INTERRUPTED if stopped else ExitCode.DONE


async def _counted(spec: RunSpec, record: Path | None, console: Console) -> tuple[RunState, bool]:
    title = headline(spec)
    with interrupts() as stop, recording(record) as recorder:
        state = await counted_layers(spec, stop, lambda now: console.progress(progress_line(now, title)), recorder)
        return state, stop.asked


def _profile(spec: RunSpec) -> Profile:
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

    def enough(state: RunState) -> bool:
        return state.measured is not None and counted_ns(state.measured) >= _BEFORE_NS

    # Only a run that goes on can be profiled, so the end is decided here and not by the engine.
    endless = msgspec.structs.replace(spec, duration_s=0.0, iterations=0, raw=False)
    state = await run_job(Job(endless, profile=_profile(spec), enough=enough, recorder=recorder), stop, watch)
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
    """Print rows, roll-ups and Reorders."""
    if state.profile is None or state.current is None:
        return
    analysis = analyse(state.profile)
    console.table(layers_table(analysis, run_headline(state, state.current), sort))
    console.table(_groups_table("by type", analysis.by_type))
    if len(analysis.by_precision) > 1:
        console.table(_groups_table("by precision", analysis.by_precision))
    if analysis.reorders:
        console.table(_reorders_table(analysis))
    if state.profile.note:
        console.notice(f"notice: {state.profile.note}")


def layers_table(analysis: LayerAnalysis, title: str, sort: str) -> Table:
    """The rows with their sum, the gap and the latency below."""
    profile = analysis.profile
    rows = sorted(analysis.rows, key=_KEYS[sort])
    if sort == "executed":
        rows = [row for row in rows if row.layer.status == "executed"]
    elif sort == "time":
        # What was fused has no time of its own; the other orders list it.
        rows = [row for row in rows if row.layer.status in ("executed", "below_resolution")]
    columns = (
        Column("#", True),
        Column("layer"),
        Column("type"),
        Column("primitive"),
        Column("prec."),
        Column("mean µs", True),
        Column("share", True),
        Column("note"),
    )
    cells = [_cells(row) for row in rows]
    latency_ns = profile.latency_ns
    for label, time_ns in (("counted", analysis.counted_ns), ("gap", analysis.gap_ns), ("latency", latency_ns)):
        fraction = share(time_ns / latency_ns) if latency_ns else NOT_AVAILABLE
        cells.append(("", label, "", "", "", significant(time_ns / 1e3), fraction, ""))
    head = f"{title} · {profile.iterations:,} inferences counted · {analysis.executed} ran, {analysis.fused} fused"
    return Table(columns, tuple(cells), head, most_width=_WIDEST_NAME)


def _cells(row: LayerRow) -> tuple[str, ...]:
    layer = row.layer
    ran = layer.status == "executed"
    note = f"into {layer.fused_into}" if layer.fused_into else _STATUS[layer.status]
    return (
        str(layer.order) if layer.order >= 0 else "",
        layer.name,
        layer.type,
        layer.primitive,
        clean(layer.precision),
        significant(layer.mean_ns / 1e3) if ran else NOT_AVAILABLE,
        share(row.share) if ran else "",
        note,
    )


def _groups_table(title: str, groups: tuple[Group, ...]) -> Table:
    columns = (Column(title), Column("layers", True), Column("µs", True), Column("share", True))
    rows = tuple(
        (clean(group.name) or NOT_AVAILABLE, str(group.count), significant(group.time_ns / 1e3), share(group.share))
        for group in groups
    )
    return Table(columns, rows)


def _reorders_table(analysis: LayerAnalysis) -> Table:
    columns = (
        Column("Reorder between"),
        Column("and"),
        Column("converts"),
        Column("because of"),
        Column("µs", True),
        Column("share", True),
    )
    rows = tuple(
        (
            entry.producer or NOT_AVAILABLE,
            entry.consumer or NOT_AVAILABLE,
            clean(entry.changes),
            entry.cause.replace("_", " "),
            significant(entry.layer.mean_ns / 1e3),
            share(entry.share),
        )
        for entry in analysis.reorders[:_MOST_REORDERS]
    )
    left = len(analysis.reorders) - len(rows)
    title = f"{len(analysis.reorders)} Reorders, {significant(analysis.reorder_ns / 1e3)} µs"
    return Table(columns, rows, f"{title}; {left} cheaper ones not shown" if left else title, most_width=_WIDEST_NAME)
