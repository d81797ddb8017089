"""One measured run as the document `ovexplorer.run/1`: what `bench --json` prints, live or from a recording.

Units stand in the names. A figure that does not exist is null, and `reasons` beside it says why. Keys are public:
they may be added, never renamed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec

from ovexplorer.analysis.between_runs import BetweenRuns, between_runs
from ovexplorer.analysis.causes import Cause, causes_of, verdict_with_causes
from ovexplorer.analysis.intervals import CONFIDENCE, Interval
from ovexplorer.analysis.stability import Verdict, judge
from ovexplorer.analysis.summary import Arrivals, RunSummary, summarise
from ovexplorer.schema.codec import encode_hook
from ovexplorer.schema.results import MemoryUse, Phase
from ovexplorer.session.state import RunState, Segment

SCHEMA = "ovexplorer.run/1"

Document: TypeAlias = dict[str, Any]

_PHASES: tuple[Phase, ...] = ("import", "build", "read", "reshape", "compile", "first_inference", "warm_up")
_AFTER = {
    "start": "baseline",
    "read": "after_read",
    "compile": "after_compile",
    "first_inference": "after_first_inference",
    "run": "after_run",
}


@dataclass(frozen=True)
class Measured:
    """A segment with its figures, computed once."""

    state: RunState
    segment: Segment
    summary: RunSummary
    verdict: Verdict
    causes: tuple[Cause, ...] = ()
    """What was seen beside the run, the likeliest first."""


def measured_of(state: RunState, segment: Segment | None = None) -> Measured | None:
    """The newest measured segment (or a given one) with its figures; None when there is none."""
    segment = segment or state.measured or state.current
    if segment is None:
        return None
    batch = segment.ready.batch if segment.ready else 1
    verdict = verdict_with_causes(judge(segment.windows, batch), segment.loads)
    causes = causes_of(segment.loads, state.environment, segment.windows, verdict)
    return Measured(state, segment, summarise(segment.windows, batch), verdict, causes)


def run_document(run: Measured) -> Document:
    """The document of one run."""
    segment = run.segment
    return {
        "schema": SCHEMA,
        "spec": builtins_of(segment.spec),
        "effective": builtins_of(segment.ready.effective) if segment.ready else [],
        "configuration": _configuration(segment),
        "phases": _phases(run.state, segment),
        "result": _result(run.summary, run.verdict),
        "stability": {
            "verdict": run.verdict.verdict,
            "reasons": [{"code": reason.code, "text": reason.text} for reason in run.verdict.reasons],
            "causes": [
                {"code": cause.code, "text": cause.text, "figures": dict(cause.figures)} for cause in run.causes
            ],
        },
        "memory_mb": _memory(segment),
        "model": builtins_of(run.state.model) if run.state.model else None,
        "environment": _environment(run.state, segment),
        "notices": [{"code": notice.code, "text": str(notice.text)} for notice in run.state.notices],
        "finished": segment.finished,
    }


def builtins_of(data: object) -> Any:  # noqa: ANN401 - what JSON is made of
    """Typed data as mappings, lists, text and numbers, exactly as a reader of the JSON finds them."""
    return msgspec.json.decode(msgspec.json.encode(data, enc_hook=encode_hook))


def runs_document(runs: Sequence[Measured]) -> Document:
    """The document of several runs in fresh engines: the one of the middle median, all figures, and between them."""
    ranked = sorted(runs, key=lambda run: run.summary.p50_ns or 0.0)
    document = run_document(ranked[(len(ranked) - 1) // 2])
    document["runs"] = [
        {
            "iterations": run.summary.iterations,
            "p50_ms": _ms(run.summary.p50_ns),
            "mean_ms": _ms(run.summary.mean_ns),
            "fps": run.summary.fps,
            "compile_ms": _ms(run.segment.phase_ns("compile")),
            "verdict": run.verdict.verdict,
        }
        for run in runs
    ]
    medians, rates = figures_between(runs)
    document["between_runs"] = {
        "p50_ms": _between(medians, 1e-6),
        "fps": _between(rates, 1.0),
        "confidence": CONFIDENCE,
    }
    return document


def figures_between(runs: Sequence[Measured]) -> tuple[BetweenRuns | None, BetweenRuns | None]:
    """Medians in nanoseconds and FPS over several runs; None where no run has a figure."""
    medians = [run.summary.p50_ns for run in runs if run.summary.p50_ns is not None]
    rates = [run.summary.fps for run in runs if run.summary.fps is not None]
    return (between_runs(medians) if medians else None, between_runs(rates) if rates else None)


def _configuration(segment: Segment) -> Document | None:
    ready = segment.ready
    if ready is None:
        return None
    return {
        "requests": ready.requests,
        "streams": ready.streams,
        "batch": ready.batch,
        "execution_devices": [str(name) for name in ready.execution_devices],
        "kept": ready.kept,
    }


def _phases(state: RunState, segment: Segment) -> Document:
    phases: Document = {f"{phase}_ms": _ms(segment.phase_ns(phase)) for phase in _PHASES}
    phases["import_ms"] = _ms(state.import_ns or None)
    phases["loaded_from_cache"] = segment.ready.loaded_from_cache if segment.ready else None
    return phases


def _result(summary: RunSummary, verdict: Verdict) -> Document:
    percentiles = {_key(entry.name): entry for entry in summary.percentiles}
    return {
        "iterations": summary.iterations,
        "duration_s": summary.duration_ns / 1e9,
        "fps": summary.fps,
        "batch": summary.batch,
        "latency_ms": {
            "mean": _ms(summary.mean_ns),
            "min": _ms(summary.min_ns),
            "max": _ms(summary.max_ns),
            **{key: _ms(entry.value_ns) for key, entry in percentiles.items()},
        },
        "reasons": {key: entry.reason for key, entry in percentiles.items() if entry.value_ns is None},
        "host_ms_per_inference": _ms(summary.host_ns_per_inference),
        "arrivals": _arrivals(summary.arrivals),
        "intervals": {
            "p50_ms": _interval(verdict.p50_interval_ns, 1e-6),
            "fps": _interval(verdict.fps_interval, 1.0),
            "confidence": CONFIDENCE,
        },
    }


def _arrivals(arrivals: Arrivals | None) -> Document | None:
    """What an open load adds; null for a closed loop."""
    if arrivals is None:
        return None
    return {
        "service_ms": _ms(arrivals.service_ns),
        "queue_ms": _ms(arrivals.queue_ns),
        "late_share": arrivals.late_share,
        "late_max_ms": _ms(arrivals.late_max_ns),
    }


def _key(name: str) -> str:
    return name.replace(".", "_")


def _memory(segment: Segment) -> Document:
    """Per phase, from a fresh engine; others share what else the engine keeps, which `shared` says."""
    last: dict[str, MemoryUse] = {use.after: use for use in segment.memory}
    return {
        "rss": _by_phase(last, lambda use: use.rss_bytes),
        "pss": _by_phase(last, lambda use: use.pss_bytes),
        "peak_rss": max((use.peak_rss_bytes for use in segment.memory), default=0) / 1e6 or None,
        "shared": not segment.memory_fresh,
    }


def _by_phase(last: Mapping[str, MemoryUse], size: Callable[[MemoryUse], int]) -> Document:
    return {name: (size(last[after]) / 1e6 or None) if after in last else None for after, name in _AFTER.items()}


def _environment(state: RunState, segment: Segment) -> Document:
    facts: Document = builtins_of(state.environment) if state.environment else {}
    facts["model_sha256"] = state.model.sha256 if state.model else ""
    facts["seed"] = segment.spec.seed
    facts["steal"] = state.load.steal if state.load else None
    facts["involuntary_switches_per_s"] = state.load.involuntary_switches if state.load else None
    return facts


def _ms(ns: float | None) -> float | None:
    return None if ns is None else ns / 1e6


def _interval(interval: Interval | None, factor: float) -> list[float] | None:
    return None if interval is None else [interval.low * factor, interval.high * factor]


def _between(figure: BetweenRuns | None, factor: float) -> Document | None:
    if figure is None:
        return None
    return {
        "runs": figure.runs,
        "mean": figure.mean * factor,
        "smallest": figure.low * factor,
        "largest": figure.high * factor,
        "interval": _interval(figure.interval, factor),
    }
