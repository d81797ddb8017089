"""What single requests spent their time on, worked out from the moments that the engine tells.

OpenVINO tells when an inference was handed over and when it ended, not when it began. Streams take requests in the
order they were handed over, so the beginning is derived: the later of the start and the moment the earliest stream
became free. Stream numbers are derived in the same way.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ovexplorer.schema.spans import Spans

STATISTICS_NS = 10_000_000_000
"""How far back from the last result the statistics look."""
NOBODY = -1
"""Stands for the number of a request where there is none."""


@dataclass(frozen=True)
class Request:
    """One request from the moment it was due to the moment its result was taken; engine clock in nanoseconds."""

    number: int
    """In its segment, counted from 0 in the order of completion."""
    lane: int
    """Which request object."""
    stream: int
    """Which stream ran it; derived."""
    due_ns: int
    begin_ns: int
    """When the host began to work for it."""
    start_ns: int
    """When it was handed to OpenVINO."""
    infer_ns: int
    """When the inference began; derived."""
    end_ns: int
    done_ns: int
    """When the host had taken the result."""
    waited_for: int = NOBODY
    """The request that held its stream when it was handed over; NOBODY when a stream was free."""

    @property
    def capture(self) -> int:
        """Host work before the inference."""
        return self.start_ns - self.begin_ns

    @property
    def queue(self) -> int:
        """Waiting: from due until the host began, and from the start until a stream was free."""
        return max(0, self.begin_ns - self.due_ns) + self.infer_ns - self.start_ns

    @property
    def infer(self) -> int:
        """The inference itself."""
        return self.end_ns - self.infer_ns

    @property
    def post(self) -> int:
        """From the end of the inference until the host had taken the result."""
        return self.done_ns - self.end_ns

    @property
    def total(self) -> int:
        """From due to done."""
        return self.capture + self.queue + self.infer + self.post


@dataclass(frozen=True)
class Stage:
    """One stage over the requests of the last ten seconds, in nanoseconds."""

    p50: int = 0
    p95: int = 0
    max: int = 0
    mean: float = 0.0
    share: float = 0.0
    """Of all time from due to done, 0..1."""


@dataclass(frozen=True)
class Stages:
    """Where the time of requests went."""

    capture: Stage = Stage()
    queue: Stage = Stage()
    infer: Stage = Stage()
    post: Stage = Stage()
    total: Stage = Stage()
    """From due to done; its share is 1."""


@dataclass(frozen=True)
class RequestAnalysis:
    """What can be said about a series of requests. Statistics cover the last ten seconds of it."""

    requests: tuple[Request, ...] = ()
    """All of them, by the time they were handed over."""
    lanes: int = 0
    """Request objects seen."""
    streams: int = 0
    """As told, or as many as there are lanes where the device does not tell."""
    counted: int = 0
    """Requests that the statistics cover."""
    dropped: int = 0
    """Requests that came too fast to be told one by one."""
    stages: Stages = Stages()
    busy: tuple[float, ...] = ()
    """Share of the time each stream was inferring, 0..1; derived."""
    hidden: float | None = None
    """Share of capture and post that ran while some inference was running; None when there was neither."""
    hidden_capture: float | None = None
    """The same for capture alone."""
    inferring: float = 0.0
    """Mean number of requests that were inferring."""
    waiting: float = 0.0
    """Mean number of requests that were due and waited, for the host or for a stream."""
    late: float = 0.0
    """Share of requests that the host began late although they were due and their lane was free."""
    late_max_ns: int = 0
    """The latest of them."""
    line_ns: int = 0
    """The least any request of the newer half waited: above 0 where the line was never empty."""
    idle_waiting: float = 0.0
    """Share of the time in which a due request waited while a stream was idle."""

    @property
    def busy_share(self) -> float:
        """Mean over the streams."""
        return sum(self.busy) / len(self.busy) if self.busy else 0.0


LATE_NS = 1_000_000
"""A start is late from here on, or from a tenth of its inference where that is more; as the engine counts it."""


def analyse_requests(spans: Sequence[Spans], streams: int) -> RequestAnalysis:
    """Work out stages, streams and statistics.

    Args:
        spans: Of one segment, oldest first.
        streams: As in ConfigurationReady; 0 where the device does not tell. With one lane only one is ever used.
    """
    rows = sorted(_rows(spans), key=lambda row: row[4])
    if not rows:
        return RequestAnalysis(streams=streams)
    lanes = 1 + max(row[1] for row in rows)
    used = min(streams or lanes, lanes)
    requests = _on_streams(rows, used)
    last_ns = max(request.done_ns for request in requests)
    counted = [request for request in requests if request.end_ns > last_ns - STATISTICS_NS]
    breaks = {entry.first for entry in spans if entry.dropped}
    pieces = list(_pieces(counted, breaks))
    period = sum(max(request.done_ns for request in piece) - piece[0].begin_ns for piece in pieces)
    busy = _busy(counted, used, period)
    hidden, hidden_capture = _hidden(counted)
    late = [ns for piece in pieces for ns in _lateness(piece)]
    return RequestAnalysis(
        requests=tuple(requests),
        lanes=lanes,
        streams=used,
        counted=len(counted),
        dropped=sum(entry.dropped for entry in spans),
        stages=_stages(counted),
        busy=busy,
        hidden=hidden,
        hidden_capture=hidden_capture,
        inferring=sum(busy),
        waiting=sum(request.queue for request in counted) / period if period else 0.0,
        late=len(late) / len(counted),
        late_max_ns=max(late, default=0),
        line_ns=min(request.queue for request in counted[len(counted) // 2 :]),
        idle_waiting=sum(_idle_waiting(piece, used) for piece in pieces) / period if period else 0.0,
    )


def last_spans(spans: Sequence[Spans], seconds: float, most: int = 20_000) -> tuple[Spans, ...]:
    """The newest spans, whole entries, back to so many seconds before the last result or to so many requests."""
    newest = max((max(entry.done_ns, default=0) for entry in spans[-2:]), default=0)
    taken: list[Spans] = []
    count = 0
    for entry in reversed(spans):
        if taken and (count + len(entry.lane) > most or max(entry.done_ns, default=0) < newest - seconds * 1e9):
            break
        taken.append(entry)
        count += len(entry.lane)
    return tuple(reversed(taken))


_Row = tuple[int, int, int, int, int, int, int]
"""Number, lane, due, begin, start, end, done."""


def _rows(spans: Iterable[Spans]) -> Iterable[_Row]:
    for entry in spans:
        columns = (entry.lane, entry.due_ns, entry.begin_ns, entry.start_ns, entry.end_ns, entry.done_ns)
        for offset, (lane, due, begin, start, end, done) in enumerate(zip(*columns)):
            # Clocks of two sources may disagree by a microsecond: no stage is ever negative.
            started = max(start, begin)
            ended = max(end, started)
            yield entry.first + offset, lane, min(due, begin), begin, started, ended, max(done, ended)


def _on_streams(rows: Sequence[_Row], streams: int) -> list[Request]:
    """Give each request, in the order of their starts, an idle stream or the one that is free first."""
    free = [-1] * streams
    holder = [NOBODY] * streams
    requests = []
    for number, lane, due, begin, start, end, done in rows:
        stream = next((at for at, since in enumerate(free) if since <= start), -1)
        waited_for = NOBODY
        if stream < 0:
            stream = min(range(streams), key=free.__getitem__)
            waited_for = holder[stream]
        infer = min(max(start, free[stream]), end)
        free[stream] = max(end, free[stream])
        holder[stream] = number
        requests.append(Request(number, lane, stream, due, begin, start, infer, end, done, waited_for))
    return requests


def _stages(counted: Sequence[Request]) -> Stages:
    total = sum(request.total for request in counted) or 1

    def stage(of: Callable[[Request], int]) -> Stage:
        values = sorted(of(request) for request in counted)
        summed = sum(values)
        return Stage(_rank(values, 0.5), _rank(values, 0.95), values[-1], summed / len(values), summed / total)

    return Stages(
        capture=stage(lambda request: request.capture),
        queue=stage(lambda request: request.queue),
        infer=stage(lambda request: request.infer),
        post=stage(lambda request: request.post),
        total=stage(lambda request: request.total),
    )


def _rank(ordered: Sequence[int], probability: float) -> int:
    return ordered[max(1, math.ceil(probability * len(ordered))) - 1]


def _pieces(counted: Sequence[Request], breaks: set[int]) -> Iterable[Sequence[Request]]:
    """Runs of requests none of which is missing: what went on in between is not known."""
    begin = 0
    for at, request in enumerate(counted):
        if request.number in breaks and at > begin:
            yield counted[begin:at]
            begin = at
    yield counted[begin:]


def _busy(counted: Sequence[Request], streams: int, period: int) -> tuple[float, ...]:
    busy = [0] * streams
    for request in counted:
        busy[request.stream] += request.infer
    return tuple(min(1.0, ns / period) if period else 0.0 for ns in busy)


class _Cover:
    """How much of any stretch of time is covered by intervals."""

    def __init__(self, intervals: Iterable[tuple[int, int]]) -> None:
        self._begins: list[int] = []
        self._ends: list[int] = []
        self._before: list[int] = []
        """Covered time before each interval."""
        covered = 0
        for begin, end in sorted(intervals):
            if self._ends and begin <= self._ends[-1]:
                covered += max(0, end - self._ends[-1])
                self._ends[-1] = max(self._ends[-1], end)
            else:
                self._before.append(covered)
                self._begins.append(begin)
                self._ends.append(end)
                covered += end - begin

    def _until(self, at: int) -> int:
        place = bisect_right(self._begins, at) - 1
        if place < 0:
            return 0
        return self._before[place] + min(at, self._ends[place]) - self._begins[place]

    def within(self, begin: int, end: int) -> int:
        """Covered time in a stretch."""
        return self._until(end) - self._until(begin)


def _hidden(counted: Sequence[Request]) -> tuple[float | None, float | None]:
    """Which share of the host's work ran while some inference was running."""
    cover = _Cover((request.infer_ns, request.end_ns) for request in counted)
    before = sum(request.capture for request in counted)
    after = sum(request.post for request in counted)
    hidden_before = sum(cover.within(request.begin_ns, request.start_ns) for request in counted)
    hidden_after = sum(cover.within(request.end_ns, request.done_ns) for request in counted)
    whole = (hidden_before + hidden_after) / (before + after) if before + after else None
    return whole, hidden_before / before if before else None


def _lateness(piece: Sequence[Request]) -> Iterable[int]:
    """How much later the late ones were begun than they could have been: due, and their lane free."""
    free: dict[int, int] = {}
    for request in piece:
        # Since when the lane of the very first one was free is not known.
        lateness = request.begin_ns - max(request.due_ns, free.get(request.lane, request.begin_ns))
        if lateness > max(LATE_NS, request.infer // 10):
            yield lateness
        free[request.lane] = request.done_ns


def _idle_waiting(piece: Sequence[Request], streams: int) -> int:
    """Time in which a request was due and not begun while fewer inferences ran than there are streams."""
    opened = piece[0].begin_ns
    steps: list[tuple[int, int, int]] = []
    for request in piece:
        steps += [(request.infer_ns, 1, 0), (request.end_ns, -1, 0)]
        due = max(opened, request.due_ns)
        if request.begin_ns > due:
            steps += [(due, 0, 1), (request.begin_ns, 0, -1)]
    steps.sort()
    idle = running = waiting = 0
    for (at, runs, waits), (following, _, _) in pairwise(steps):
        running += runs
        waiting += waits
        if waiting > 0 and running < streams:
            idle += following - at
    return idle
