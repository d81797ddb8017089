"""What the requests of a run say about its configuration, in plain words, with the change that it suggests."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import msgspec

from ovexplorer.analysis.requests import RequestAnalysis
from ovexplorer.schema.spec import RunSpec

FEWEST = 20
"""Requests below which nothing is said."""

_BUSY = 0.95
_QUEUE_SHARE = 0.15
_HOST_SHARE = 0.05
_HOST_NS = 100_000
"""Less than this is not worth the async API, which costs some 20 us itself."""
_LATE_SHARE = 0.01
_IDLE_SHARE = 0.05


@dataclass(frozen=True)
class Advice:
    """One thing worth saying."""

    code: str
    """`too_many_requests`, `sync_overlap`, `too_few_requests`, `generator_late`, `idle_streams`, `over_capacity` or
    `well_used`."""
    text: str
    """In plain words."""
    change: dict[str, int | str] = field(default_factory=dict)
    """Fields of RunSpec to set; empty where there is nothing to try."""

    def applied(self, spec: RunSpec) -> RunSpec:
        """The spec with the change."""
        return msgspec.structs.replace(spec, **self.change)


def advice_on(analysis: RequestAnalysis, spec: RunSpec) -> tuple[Advice, ...]:
    """What to say about the requests of a configuration, most important first.

    Args:
        analysis: Of its requests.
        spec: What ran.
    """
    if analysis.counted < FEWEST:
        return ()
    found = [
        _generator_late(analysis, spec),
        _over_capacity(analysis, spec),
        _idle_streams(analysis, spec),
        _too_many(analysis, spec),
        _sync(analysis, spec),
        _too_few(analysis, spec),
    ]
    return tuple(entry for entry in found if entry is not None) or (_well_used(analysis),)


def _generator_late(analysis: RequestAnalysis, spec: RunSpec) -> Advice | None:
    if spec.load == "closed" or analysis.late <= _LATE_SHARE:
        return None
    return Advice(
        "generator_late",
        f"The generator was late: {analysis.late * 100:.1f} % of the starts, by up to {_ms(analysis.late_max_ns)}. "
        "That much of the latency is its own fault; leave it a core, or ask for a lower rate.",
    )


def _over_capacity(analysis: RequestAnalysis, spec: RunSpec) -> Advice | None:
    if spec.load == "closed" or analysis.line_ns <= analysis.stages.infer.p50:
        return None
    return Advice(
        "over_capacity",
        f"{spec.rate_fps:g} arrivals a second are more than this configuration can do: every request waited at least "
        f"{_ms(analysis.line_ns)}, the line was never empty. Ask for a lower rate.",
    )


def _idle_streams(analysis: RequestAnalysis, spec: RunSpec) -> Advice | None:
    if spec.load == "closed" or analysis.idle_waiting <= _IDLE_SHARE or analysis.late > _LATE_SHARE:
        return None
    text = f"Requests wait although streams are idle, {analysis.idle_waiting * 100:.0f} % of the time: "
    if spec.api == "sync":
        wanted = max(2, analysis.streams + 1)
        text += f"one blocking caller takes them one by one; async with {wanted} requests would not."
        return Advice("idle_streams", text, {"api": "async", "requests": wanted})
    wanted = analysis.lanes * 2
    text += f"all {analysis.lanes} requests are taken; {wanted} would let them in."
    return Advice("idle_streams", text, {"requests": wanted})


def _too_many(analysis: RequestAnalysis, spec: RunSpec) -> Advice | None:
    stages, streams = analysis.stages, analysis.streams
    if spec.load != "closed" or analysis.busy_share < _BUSY or stages.queue.share < _QUEUE_SHARE:
        return None
    host = stages.capture.mean + stages.post.mean
    # As many as there are streams, and more only where the host's own work would leave a stream idle.
    exposed = host / (host + stages.infer.mean) if host else 0.0
    wanted = streams if exposed <= _QUEUE_SHARE else math.ceil(streams / (1 - exposed))
    if wanted >= analysis.lanes:
        return None
    left = (stages.total.mean - stages.queue.mean * (1 - _left_waiting(analysis, wanted))) / stages.total.mean
    half = "half the latency" if 0.42 <= left <= 0.58 else f"{left * 100:.0f} % of the latency"
    same = "the same FPS" if exposed <= 0.01 or wanted > streams else f"at worst {exposed * 100:.0f} % less FPS"
    joint = "give the same FPS at" if same == "the same FPS" else f"give {same} at"
    return Advice(
        "too_many_requests",
        f"{_count(analysis.lanes, 'request')} keep {_count(streams, 'stream')} busy "
        f"{analysis.busy_share * 100:.0f} % of the time. {_count(wanted, 'request')} would {joint} {half}.",
        {"requests": wanted, "api": "async"},
    )


def _left_waiting(analysis: RequestAnalysis, wanted: int) -> float:
    """Which part of the queueing stays with so many requests: it grows with those that have no stream."""
    waiting = analysis.lanes - analysis.streams
    return max(0, wanted - analysis.streams) / waiting if waiting > 0 else 0.0


def _sync(analysis: RequestAnalysis, spec: RunSpec) -> Advice | None:
    stages = analysis.stages
    host = stages.capture.p50 + stages.post.p50
    if spec.api != "sync" or spec.load != "closed" or host < max(_HOST_NS, _HOST_SHARE * stages.total.p50):
        return None
    what = "capture" if stages.capture.p50 >= stages.post.p50 else "taking the results"
    return Advice(
        "sync_overlap",
        f"sync: nothing overlaps. async with 2 requests would hide {_ms(host)} of {what} in each inference.",
        {"api": "async", "requests": 2},
    )


def _too_few(analysis: RequestAnalysis, spec: RunSpec) -> Advice | None:
    if spec.api != "async" or spec.load != "closed" or spec.max_rate_fps or analysis.busy_share >= _BUSY:
        return None
    stages = analysis.stages
    exposed = stages.capture.share + stages.post.share
    if exposed < _HOST_SHARE or stages.queue.share > exposed:
        return None
    return Advice(
        "too_few_requests",
        f"Streams are idle {100 - analysis.busy_share * 100:.0f} % of the time while the host works. "
        f"{analysis.lanes + 1} requests would fill the gaps.",
        {"requests": analysis.lanes + 1},
    )


def _well_used(analysis: RequestAnalysis) -> Advice:
    return Advice(
        "well_used",
        f"{_count(analysis.lanes, 'request')} and {_count(analysis.streams, 'stream')}, busy "
        f"{analysis.busy_share * 100:.0f} % of the time: nothing stands out.",
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _ms(ns: float) -> str:
    return f"{ns * 1e-6:.1f} ms" if ns >= 1e5 else f"{ns * 1e-3:.0f} µs"
