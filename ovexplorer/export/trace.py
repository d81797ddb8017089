"""Single requests as a trace in the Chrome trace event format, for chrome://tracing, Perfetto and Speedscope.

One track per request object with its stages as slices, one per stream with what it ran, and the waiting of requests
that were due before their request object was free as asynchronous slices, because those overlap.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ovexplorer.analysis.requests import NOBODY, Request, analyse_requests
from ovexplorer.schema.spans import Spans

MOST_REQUESTS = 50_000
"""Requests in a file; of more only the last ones are written."""

_LANES = 1
_STREAMS = 2
_DUE = 3

Event = dict[str, Any]


@dataclass(frozen=True)
class Trace:
    """A trace, ready to be written."""

    text: str
    """JSON."""
    requests: int
    """Requests in it."""
    left_out: int
    """Requests that came too fast to be told one by one, or were too many for the file."""


def trace_json(spans: Sequence[Spans], streams: int, title: str, total: int = 0) -> Trace:
    """The trace of a segment.

    Args:
        spans: Of one segment, oldest first.
        streams: As in ConfigurationReady; 0 where the device does not tell.
        title: Says what ran; clean text.
        total: Requests counted while they were traced; 0 takes what the spans tell.
    """
    analysis = analyse_requests(spans, streams)
    kept = analysis.requests[-MOST_REQUESTS:]
    left_out = max(total, len(analysis.requests) + analysis.dropped) - len(kept)
    origin_ns = min((request.due_ns for request in kept), default=0)
    events = [*_names(analysis.lanes, analysis.streams, title)]
    for request in kept:
        events += _events(request, origin_ns)
    document = {
        "traceEvents": events,
        "displayTimeUnit": "ms",
        "otherData": {
            "title": title,
            "requests": len(kept),
            "left_out": left_out,
            "note": "where an inference began and which stream ran it is derived from the order on the streams",
        },
    }
    return Trace(json.dumps(document, separators=(",", ":"), ensure_ascii=False), len(kept), left_out)


def _names(lanes: int, streams: int, title: str) -> Iterator[Event]:
    yield _name("process_name", _LANES, 0, f"requests · {title}")
    yield _name("process_name", _STREAMS, 0, "streams, derived")
    yield _name("process_name", _DUE, 0, "due and not begun")
    for lane in range(lanes):
        yield _name("thread_name", _LANES, lane, f"request {lane}")
    for stream in range(streams):
        yield _name("thread_name", _STREAMS, stream, f"stream {stream}")


def _name(kind: str, process: int, thread: int, name: str) -> Event:
    return {"ph": "M", "name": kind, "pid": process, "tid": thread, "args": {"name": name}}


def _events(request: Request, origin_ns: int) -> Iterator[Event]:
    def us(ns: int) -> float:
        return (ns - origin_ns) / 1000

    facts = {"number": request.number, "due_us": us(request.due_ns), "stream": request.stream}
    if request.waited_for != NOBODY:
        facts["waited_for"] = request.waited_for
    stages = (
        ("capture", request.begin_ns, request.start_ns),
        ("queue", request.start_ns, request.infer_ns),
        ("infer", request.infer_ns, request.end_ns),
        ("post", request.end_ns, request.done_ns),
    )
    for name, begin, end in stages:
        if end > begin:
            yield _slice(name, _LANES, request.lane, us(begin), (end - begin) / 1000, facts)
    infer_us = (request.end_ns - request.infer_ns) / 1000
    yield _slice(f"{request.number}", _STREAMS, request.stream, us(request.infer_ns), infer_us, {"lane": request.lane})
    if request.begin_ns > request.due_ns:
        common = {"cat": "due", "name": f"{request.number}", "id": request.number, "pid": _DUE, "tid": 0}
        yield {"ph": "b", "ts": us(request.due_ns), **common}
        yield {"ph": "e", "ts": us(request.begin_ns), **common}


def _slice(name: str, process: int, thread: int, ts: float, dur: float, args: dict[str, Any]) -> Event:
    return {
        "ph": "X",
        "name": name,
        "cat": "request",
        "ts": ts,
        "dur": dur,
        "pid": process,
        "tid": thread,
        "args": args,
    }
