"""What a session knows that advice can be made from, as one value."""

from __future__ import annotations

from statistics import median

from ovexplorer.analysis.advice.model import Evidence, Measured
from ovexplorer.analysis.causes import causes_of, verdict_with_causes
from ovexplorer.analysis.layers import LayerAnalysis, analyse
from ovexplorer.analysis.paired import FEWEST_QUADS
from ovexplorer.analysis.requests import RequestAnalysis, analyse_requests, last_spans
from ovexplorer.analysis.stability import judge
from ovexplorer.analysis.summary import summarise
from ovexplorer.schema.results import LayerProfile
from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.state import RunState, Segment
from ovexplorer.tuning.pair import endless, estimate_contest

SPANS_S = 10.0
"""Of traced requests that are looked at."""


def evidence_of(state: RunState, segment: Segment, layers: LayerAnalysis | None = None) -> Evidence:
    """Everything known about a configuration of the present run.

    Args:
        state: Of the session.
        segment: One that has counted windows.
        layers: Its profile added up, for a caller that keeps it; made from the newest profile otherwise.
    """
    ready = segment.ready
    batch = ready.batch if ready else 1
    verdict = verdict_with_causes(judge(segment.windows, batch), segment.loads)
    profile = profile_of(state, segment.number)
    causes = () if verdict.valid else causes_of(segment.loads, state.environment, segment.windows)
    return Evidence(
        spec=segment.spec,
        figures=summarise(segment.windows, batch),
        verdict=verdict,
        layers=layers if layers is not None else analyse(profile) if profile is not None else None,
        peak=state.peak,
        model=state.model,
        environment=state.environment,
        effective=ready.effective if ready else (),
        execution_devices=tuple(ready.execution_devices) if ready else (),
        requests=ready.requests if ready else 0,
        streams=ready.streams if ready else 0,
        compile_ns=segment.phase_ns("compile"),
        first_inference_ns=segment.phase_ns("first_inference"),
        loaded_from_cache=ready.loaded_from_cache if ready else None,
        by_shape=_by_shape(segment),
        spans=_spans(segment),
        measured=measured_against(state, segment.spec),
        causes=tuple(cause.text for cause in causes),
    )


def profile_of(state: RunState, segment: int) -> LayerProfile | None:
    """The newest profile of a configuration."""
    return next(
        (entry for entry in reversed((*state.profiles, state.profile)) if entry and entry.segment == segment), None
    )


def measured_against(state: RunState, spec: RunSpec) -> tuple[Measured, ...]:
    """What was compared with a configuration in this run, the newest first; what was ended by hand is left out."""
    found = []
    own = endless(spec)
    for contest in reversed(state.contests):
        if contest.stopped not in ("decided", "precise", "budget") or len(contest.turns) < 4 * FEWEST_QUADS:
            continue
        a, b = endless(contest.a.spec), endless(contest.b.spec)
        if own not in (a, b) or a == b:
            continue
        said = estimate_contest(contest)
        other, tried, said = (contest.b, b, said) if own == a else (contest.a, a, said.turned)
        found.append(Measured(tried, said, _precision(other)))
    return tuple(found)


def _precision(side: Segment) -> str:
    told = side.ready.effective if side.ready is not None else ()
    return next((row.effective for row in told if row.property == "INFERENCE_PRECISION_HINT" and row.effective), "")


def _by_shape(segment: Segment) -> dict[int, float]:
    found: dict[int, list[int]] = {}
    for window in segment.windows:
        found.setdefault(window.shape_index, []).append(window.median_ns)
    return {index: median(medians) for index, medians in found.items()} if len(found) > 1 else {}


def _spans(segment: Segment) -> RequestAnalysis | None:
    if not segment.spans:
        return None
    return analyse_requests(last_spans(segment.spans, SPANS_S), segment.ready.streams if segment.ready else 0)
