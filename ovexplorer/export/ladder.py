"""A ladder as the document `ovexplorer.ladder/1`: what `ladder --json` prints, for all three kinds, and as CSV.

speedup = time of the first bar that applies in the part / time of the step: above 1 the step is faster. Its interval is
the one of the comparison in turns (99 %), those of the figures are of the step's own turns (95 %). A figure that does
not exist is null, and `reason` or `note` says why. For start-up the speed-up is that of the medians, without interval.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from ovexplorer.analysis.intervals import CONFIDENCE, Interval
from ovexplorer.analysis.paired import CONFIDENCE as PAIR_CONFIDENCE
from ovexplorer.analysis.paired import PairEstimate, PairVerdict
from ovexplorer.export.ab import worst_output
from ovexplorer.export.run import Document, builtins_of
from ovexplorer.schema.facts import EnvironmentFacts
from ovexplorer.schema.spec import RunSpec
from ovexplorer.tuning.steps import LadderState, Startup, StepResult

SCHEMA = "ovexplorer.ladder/1"

_COLUMNS = (
    "id",
    "part",
    "title",
    "status",
    "latency_ms",
    "fps",
    "speedup",
    "speedup_low",
    "speedup_high",
    "speedup_previous",
    "added_ms",
    "added_ms_low",
    "added_ms_high",
    "drift",
    "quads",
    "note",
    "reason",
)


def ladder_document(
    state: LadderState, spec: RunSpec | None = None, environment: EnvironmentFacts | None = None
) -> Document:
    """The document of one ladder.

    Args:
        state: How it ended.
        spec: What was asked for; None takes that of the first step which applies.
        environment: Of the machine.
    """
    spec = spec or next((result.step.spec for result in state.results if result.step.spec is not None), None)
    return {
        "schema": SCHEMA,
        "kind": state.kind,
        "status": state.status,
        "spec": builtins_of(spec) if spec is not None else None,
        "confidence": {"speedup": PAIR_CONFIDENCE, "intervals": CONFIDENCE},
        "steps": [_step(result, first_of(state.results, result)) for result in state.results],
        "environment": builtins_of(environment) if environment is not None else {},
    }


def ladder_csv(state: LadderState) -> str:
    """The rows as CSV, with the keys of the document as headings."""
    out = io.StringIO()
    writer = csv.DictWriter(out, _COLUMNS, extrasaction="ignore")
    writer.writeheader()
    for result in state.results:
        writer.writerow(_step(result, first_of(state.results, result)))
    return out.getvalue()


def first_of(results: Sequence[StepResult], result: StepResult) -> StepResult | None:
    """The first bar of the same part that was measured; None when none was."""
    return next((r for r in results if r.step.part == result.step.part and r.status == "done"), None)


def best_of(results: Sequence[StepResult], part: str) -> StepResult | None:
    """The fastest step of a part, by the comparisons with its first bar; None when they do not show that it is."""
    done = [r for r in results if r.step.part == part and r.status == "done" and _speedup(r, first_of(results, r))]
    if len(done) < 2:
        return None
    first, *others = done
    best = max(done, key=lambda r: _speedup(r, first) or 0.0)
    if best is first:
        return best if all(_shown(r, "a_faster") or r.equals for r in others) else None
    return best if _shown(best, "b_faster") else None


def _shown(result: StepResult, verdict: PairVerdict) -> bool:
    """Whether the comparison says so; medians of start-ups have none and are taken as they are."""
    return result.against_first.verdict == verdict if result.against_first is not None else bool(result.startups)


def _speedup(result: StepResult, first: StepResult | None) -> float | None:
    if result.status != "done" or first is None:
        return None
    if result is first:
        return 1.0
    if result.against_first is not None:
        return result.against_first.point
    return first.latency_ms / result.latency_ms if first.latency_ms and result.latency_ms else None


def _step(result: StepResult, first: StepResult | None) -> Document:
    said = result.against_first or PairEstimate(0, None, None, None)
    previous = result.against_previous
    worst = worst_output(result.drift) if result.drift is not None else None
    return {
        "id": result.step.id,
        "part": result.step.part,
        "title": result.step.title,
        "status": result.status,
        "reason": result.reason,
        "latency_ms": result.latency_ms,
        "fps": result.fps,
        "speedup": _speedup(result, first),
        "speedup_low": said.low,
        "speedup_high": said.high,
        "speedup_previous": previous.point if previous is not None else None,
        "verdict": said.verdict if said.low is not None else None,
        "equals": result.equals,
        "added_ms": result.added_ms,
        "quads": result.quads,
        "drift": worst.relative_l2 if worst is not None else None,
        "drift_detail": builtins_of(result.drift) if result.drift is not None else None,
        "added_ms_low": result.added_interval_ms.low if result.added_interval_ms is not None else None,
        "added_ms_high": result.added_interval_ms.high if result.added_interval_ms is not None else None,
        "intervals": {"latency_ms": _ends(result.latency_interval_ms), "fps": _ends(result.fps_interval)},
        "startups": [_startup(startup) for startup in result.startups],
        "note": result.note,
        "command": result.command,
    }


def _ends(interval: Interval | None) -> list[float] | None:
    return None if interval is None else [interval.low, interval.high]


def _startup(startup: Startup) -> Document:
    return {
        "import_ms": _ms(startup.import_ns),
        "read_ms": _ms(startup.read_ns),
        "compile_ms": _ms(startup.compile_ns),
        "first_inference_ms": _ms(startup.first_ns),
        "steady_ms": _ms(startup.steady_ns),
        "loaded_from_cache": startup.loaded_from_cache,
        "cache_bytes": startup.cache_bytes,
    }


def _ms(ns: float | None) -> float | None:
    return None if ns is None else ns / 1e6
