"""The progress line: what the engine does now, and how long it still takes."""

from __future__ import annotations

from ovexplorer.schema.results import Phase
from ovexplorer.session.state import RunState, Segment
from ovexplorer.units import duration, significant

_DOING: dict[Phase, str] = {
    "import": "starting OpenVINO",
    "devices": "looking at devices",
    "build": "building the demo",
    "read": "reading the model",
    "reshape": "reshaping",
    "compile": "compiling",
    "first_inference": "first inference",
    "warm_up": "warming up",
    "profile": "counting layers",
    "split": "asking the devices",
    "drift": "comparing outputs with f32",
    "peak": "measuring the machine's peak",
    "save": "saving the model",
}


def progress_line(state: RunState, headline: str) -> str:
    """One line for stderr; empty when there is nothing to wait for."""
    phase = state.phase
    if state.status == "starting":
        return f"{headline}: starting the engine"
    if phase is not None:
        return f"{headline}: {_DOING[phase.phase]} {_elapsed(state.now_ns - phase.started_ns)}".rstrip()
    segment = state.measured
    if segment is None or state.status not in {"live", "paused"}:
        return ""
    return f"{headline}: {_measuring(segment)}"


def counted_ns(segment: Segment) -> int:
    """Time that counting has taken so far, without pauses."""
    return sum(window.end_ns - window.start_ns for window in segment.windows)


def _measuring(segment: Segment) -> str:
    spec = segment.spec
    elapsed = counted_ns(segment) / 1e9
    median = segment.windows[-1].median_ns / 1e6
    words = [f"p50 {significant(median)} ms", f"{segment.count:,} inferences"]
    if spec.duration_s:
        words.append(f"{max(0.0, spec.duration_s - elapsed):.0f} s left")
    elif spec.iterations:
        words.append(f"{max(0, spec.iterations - segment.count):,} left")
    return ", ".join(words)


def _elapsed(ns: int) -> str:
    return duration(ns) if ns > 1e8 else ""
