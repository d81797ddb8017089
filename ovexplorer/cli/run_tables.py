"""The result of a run as tables for reading."""

from __future__ import annotations

from collections.abc import Sequence

from ovexplorer.analysis.digest import digest_of, nearest_rank
from ovexplorer.analysis.intervals import Interval
from ovexplorer.analysis.summary import Arrivals, Percentile, summarise
from ovexplorer.cli.tables import Column, Table, pairs
from ovexplorer.export.run import Measured, figures_between
from ovexplorer.options.apply import headline
from ovexplorer.schema.results import EffectiveProperty, Phase
from ovexplorer.schema.spec import InputSpec
from ovexplorer.session.state import RunState, Segment
from ovexplorer.text import CleanText, clean
from ovexplorer.units import NOT_AVAILABLE, duration, ms_number, share, significant, size

_VERDICTS = {"valid": "valid: steady over the whole run", "unstable": "unstable", "too_short": "too short"}
_SEEN = "seen beside it"
_MOST_CAUSES = 3
_PHASES: tuple[tuple[Phase, str], ...] = (
    ("build", "build"),
    ("read", "read"),
    ("reshape", "reshape"),
    ("compile", "compile"),
    ("first_inference", "first inference"),
)


def run_headline(state: RunState, segment: Segment) -> CleanText:
    """What was measured: `resnet50 · CPU · bf16 · latency · sync`."""
    effective = segment.ready.effective if segment.ready else ()
    precision = next((e.effective for e in effective if e.property == "INFERENCE_PRECISION_HINT" and e.effective), None)
    return clean(headline(segment.spec, state.model.name if state.model else "", precision or ""))


def result_table(run: Measured, percentile: int | None = None) -> Table:
    """The figures that matter, one a line."""
    title = run_headline(run.state, run.segment)
    rows = _figures(run, percentile) if run.summary.iterations else []
    rows += [("phases", _phases(run)), ("memory", _memory(run)), ("runs as", _runs_as(run))]
    return pairs(title, [(name, value) for name, value in rows if value])


def _figures(run: Measured, percentile: int | None) -> list[tuple[str, str]]:
    summary, verdict = run.summary, run.verdict
    rows = [
        ("latency p50", _with_interval(ms_text(summary.p50_ns), verdict.p50_interval_ns, 1e-6, "ms")),
        *((f"latency {entry.name}", _percentile(entry)) for entry in summary.percentiles if entry.percent > 50),
    ]
    if percentile is not None:
        rows.append((f"latency p{percentile}, as asked", ms_text(percentile_ns(run.segment, percentile))))
    return [
        *rows,
        ("latency mean", ms_text(summary.mean_ns)),
        ("latency min, max", f"{ms_text(summary.min_ns)}, {ms_text(summary.max_ns)}"),
        *_arrivals(summary.arrivals),
        ("throughput", _with_interval(_fps(summary.fps), verdict.fps_interval, 1.0, "FPS")),
        ("inferences", f"{summary.iterations:,} in {duration(summary.duration_ns)}"),
        ("verdict", _VERDICTS[verdict.verdict]),
        *(("", f"! {reason.text}") for reason in verdict.reasons),
        *((_SEEN if place == 0 else "", cause.text) for place, cause in enumerate(run.causes[:_MOST_CAUSES])),
    ]


def _arrivals(arrivals: Arrivals | None) -> list[tuple[str, str]]:
    """Where the latency of an open load comes from: it counts from the intended start."""
    if arrivals is None:
        return []
    waits = f"{ms_text(arrivals.queue_ns)} in line, {ms_text(arrivals.service_ns)} in OpenVINO, from the intended start"
    late = f"{share(arrivals.late_share)} of the starts, by up to {ms_text(arrivals.late_max_ns)}"
    return [("of the mean", waits), ("generator late", late)]


def difference_table(run: Measured) -> Table | None:
    """Asked properties that the device changed or ignored; None when there are none."""
    ready = run.segment.ready
    differing = [entry for entry in ready.effective if entry.state in {"changed", "ignored"}] if ready else []
    if not differing:
        return None
    columns = (Column("property"), Column("asked"), Column("got"), Column("why"))
    return Table(columns, tuple(_difference(entry) for entry in differing), "asked and got")


def shapes_table(segment: Segment) -> Table | None:
    """Latency by data shape (benchmark_app's -pcseq); None with a single shape."""
    by_shape = sorted({window.shape_index for window in segment.windows})
    if len(by_shape) < 2:
        return None
    columns = (Column("shape"), Column("inferences", True), Column("p50 ms", True), Column("max ms", True))
    rows = []
    for index in by_shape:
        windows = [window for window in segment.windows if window.shape_index == index]
        part = summarise(windows)
        shapes = [entry.data_shapes[index % len(entry.data_shapes)] for entry in _shaped(segment)]
        rows.append((clean(" ".join(shapes)), f"{part.iterations:,}", _number(part.p50_ns), _number(part.max_ns)))
    return Table(columns, tuple(rows), "latency by data shape")


def runs_table(runs: Sequence[Measured]) -> Table:
    """One line for each run in a fresh engine."""
    columns = (
        Column("run", True),
        Column("p50 ms", True),
        Column("FPS", True),
        Column("inferences", True),
        Column("compile ms", True),
        Column("verdict"),
    )
    rows = tuple(
        (
            str(number),
            _number(run.summary.p50_ns),
            significant(run.summary.fps) if run.summary.fps is not None else NOT_AVAILABLE,
            f"{run.summary.iterations:,}",
            _number(run.segment.phase_ns("compile")),
            run.verdict.verdict.replace("_", " "),
        )
        for number, run in enumerate(runs, 1)
    )
    return Table(columns, rows, f"{run_headline(runs[-1].state, runs[-1].segment)} · {len(runs)} fresh engines")


def between_table(runs: Sequence[Measured]) -> Table:
    """The mean of the runs and how far the next one may be from it."""
    medians, rates = figures_between(runs)
    rows = []
    if medians is not None:
        rows.append(("p50 over runs", _with_interval(ms_text(medians.mean), medians.interval, 1e-6, "ms")))
    if rates is not None:
        rows.append(("FPS over runs", _with_interval(_fps(rates.mean), rates.interval, 1.0, "FPS")))
    return pairs("", rows)


def ms_text(ns: float | None) -> str:
    """A time in milliseconds with its unit."""
    return NOT_AVAILABLE if ns is None else f"{ms_number(ns)} ms"


def percentile_ns(segment: Segment, percent: int) -> float | None:
    """Any percentile of a run by nearest rank; None when nothing was counted."""
    digest = digest_of(segment.windows)
    if not digest.total.count:
        return None
    value = nearest_rank(digest.total.histogram, percent / 100, digest.total.count)
    return min(max(value, digest.min_ns), digest.max_ns)


def _shaped(segment: Segment) -> list[InputSpec]:
    return [entry for entry in segment.spec.model.inputs if entry.data_shapes]


def _number(ns: float | None) -> str:
    return NOT_AVAILABLE if ns is None else ms_number(ns)


def _fps(fps: float | None) -> str:
    return NOT_AVAILABLE if fps is None else f"{significant(fps)} FPS"


def _percentile(entry: Percentile) -> str:
    return ms_text(entry.value_ns) if entry.value_ns is not None else f"{NOT_AVAILABLE} {entry.reason}"


def _with_interval(text: str, interval: Interval | None, factor: float, unit: str) -> str:
    if interval is None:
        return text
    low, high = significant(interval.low * factor, 4), significant(interval.high * factor, 4)
    return f"{text}   95 %: {low} to {high} {unit}"


def _difference(entry: EffectiveProperty) -> tuple[str, str, str, str]:
    return (clean(entry.property), entry.requested or NOT_AVAILABLE, entry.effective or NOT_AVAILABLE, entry.why)


def _phases(run: Measured) -> str:
    known = ((label, run.segment.phase_ns(phase)) for phase, label in _PHASES)
    text = ", ".join(f"{label} {duration(ns)}" for label, ns in known if ns is not None)
    ready = run.segment.ready
    return f"{text}, from the cache" if ready and ready.loaded_from_cache else text


def _memory(run: Measured) -> str:
    last = {use.after: use for use in run.segment.memory}
    names = (("read", "read"), ("compile", "compile"), ("first_inference", "first inference"))
    parts = [f"{size(last[key].rss_bytes)} after {label}" for key, label in names if key in last]
    peak = max((use.peak_rss_bytes for use in run.segment.memory), default=0)
    return ", ".join([*parts, f"peak {size(peak)}"] if peak else parts)


def _runs_as(run: Measured) -> str:
    ready = run.segment.ready
    if ready is None:
        return ""
    parts = [f"{ready.requests} request{'s' * (ready.requests != 1)}"]
    if ready.streams:
        parts.append(f"{ready.streams} stream{'s' * (ready.streams != 1)}")
    if ready.batch > 1:
        parts.append(f"batch {ready.batch}")
    if ready.execution_devices:
        parts.append("on " + ", ".join(ready.execution_devices))
    return ", ".join(parts)
