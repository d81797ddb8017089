"""The hot loops: infer, append a latency, nothing else.

A loop runs in slices. `run` returns when its time is over or when the gate closes (a command has arrived), and hands
over what completed. Asynchronous loops keep their requests in flight between slices; `drain` waits for them.

Latency is `InferRequest.latency`, taken inside the C++ binding: from just before the start to the end of the
inference, so with the async API it includes waiting for a stream.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    # For annotations only: engines of other frameworks share this module and never import openvino.
    import openvino as ov

SPIN_S = 200e-6
"""time.sleep is late by 150 us at the median; the rest is spun."""

Before = Callable[[int], None]
"""Host work for request number i before each start or after each end: copies, pre-processing, state reset."""

MOST_SPANS = 2000
"""Requests told one by one in a slice; of more only the last ones are."""

LATE_S = 1e-3
"""A start counts as late from here on ..."""
LATE_SHARE = 0.1
"""... or from so much of its inference where that is more: a millisecond does not matter to one that takes a second."""

Span: TypeAlias = tuple[int, float, float, float, float, float]
"""Lane, due, begin, start, end, done; see schema.spans."""


@dataclass
class Gate:
    """Closed from another thread when a command arrives, so that a slice ends early."""

    closed: bool = False
    """Read once an inference: a plain attribute costs 10 ns, an Event 30 ns."""


@dataclass(frozen=True)
class HostWork:
    """What the host does around each inference."""

    before: Before | None = None
    """Before each start."""
    after: Before | None = None
    """After each end."""
    passed: Sequence[dict[int, Any]] | None = None
    """Inputs passed with each call, by request; None when they are set once."""
    share_inputs: bool = True
    raw: bool = False
    """Whether the start of each inference is kept."""

    @property
    def none(self) -> bool:
        """Whether nothing but the inference happens."""
        return self.before is None and self.after is None and self.passed is None and not self.raw


@dataclass
class Slice:
    """What completed in a slice."""

    start_s: float
    """time.perf_counter at its beginning."""
    end_s: float
    """At the last completion seen."""
    latencies_ms: list[float] = field(default_factory=list)
    """As InferRequest.latency gives them; with open loads from the intended start to the end."""
    starts_s: list[float] = field(default_factory=list)
    """Start of each (with open loads the intended one), in the same order; only with raw samples."""
    host_s: float = 0.0
    """Time in Python outside the inference, where it was measured."""
    service_s: float = 0.0
    """Sum of InferRequest.latency; open loads only, as all that follows."""
    queue_s: float = 0.0
    """Sum of the times from the intended start to the moment the host began."""
    late_count: int = 0
    late_s: float = 0.0
    late_max_s: float = 0.0
    spans: deque[Span] = field(default_factory=lambda: deque(maxlen=MOST_SPANS))
    """The last requests, while they are traced."""
    spans_seen: int = 0
    """All of them."""

    def trace(self, span: Span) -> None:
        """Keep one request."""
        self.spans.append(span)
        self.spans_seen += 1

    def count_open(self, *, due_s: float, free_s: float, begin_s: float, service_s: float, done_s: float) -> None:
        """Count a request of an open load: its latency is from due to done, whatever it waited for.

        Args:
            due_s: The intended start.
            free_s: Since when its request object was free; a start before that would have been impossible.
            begin_s: When the host began to work for it.
            service_s: OpenVINO's own latency.
            done_s: When its result was there, or taken where it is copied out.
        """
        self.latencies_ms.append((done_s - due_s) * 1e3)
        self.service_s += service_s
        self.queue_s += max(0.0, begin_s - due_s)
        late = max(0.0, begin_s - max(due_s, free_s))
        self.late_s += late
        self.late_max_s = max(self.late_max_s, late)
        if late > max(LATE_S, LATE_SHARE * service_s):
            self.late_count += 1

    def join(self, other: Slice) -> None:
        """Take what completed in the slice that follows."""
        self.latencies_ms += other.latencies_ms
        self.starts_s += other.starts_s
        self.host_s += other.host_s
        self.service_s += other.service_s
        self.queue_s += other.queue_s
        self.late_count += other.late_count
        self.late_s += other.late_s
        self.late_max_s = max(self.late_max_s, other.late_max_s)
        self.spans.extend(other.spans)
        self.spans_seen += other.spans_seen
        self.end_s = max(self.end_s, other.end_s)


class Loop(Protocol):
    """Runs inferences in slices."""

    traced: bool
    """Whether single requests are kept; changed only while nothing is in flight."""

    def run(self, until_s: float, gate: Gate, at_most: int) -> Slice:
        """Run until a time, the gate closes, or so many were started or were in flight already.

        What is started may complete in the next slice or in `drain`.

        Raises:
            RuntimeError: OpenVINO's, when an inference fails or is cancelled.
        """
        ...

    def drain(self) -> Slice:
        """Wait for what is in flight and return it."""
        ...

    def cancel(self) -> None:
        """Stop what is in flight; the pending `run` or `drain` raises. May be called from another thread."""
        ...


class Pace:
    """Spaces starts evenly; sleeps, then spins."""

    def __init__(self, rate_fps: float) -> None:
        self._interval_s = 1.0 / rate_fps
        self._next_s = time.perf_counter()

    def wait(self) -> None:
        """Return when the next start is due; a late one is not made up for."""
        now = time.perf_counter()
        self._next_s = max(self._next_s + self._interval_s, now - self._interval_s)
        left = self._next_s - now
        if left > SPIN_S:
            time.sleep(left - SPIN_S)
        while time.perf_counter() < self._next_s:
            pass


class SyncLoop:
    """One request, back to back."""

    def __init__(self, request: ov.InferRequest, work: HostWork, *, pace: Pace | None = None) -> None:
        self._request = request
        self._work = work
        self._passed = work.passed[0] if work.passed else None
        self._pace = pace
        self._bare = work.none and pace is None
        self.traced = False

    def run(self, until_s: float, gate: Gate, at_most: int) -> Slice:
        """See Loop."""
        if self._bare and not self.traced:
            return self._run_bare(until_s, gate, at_most)
        return self._run_full(until_s, gate, at_most)

    def _run_bare(self, until_s: float, gate: Gate, at_most: int) -> Slice:
        request, clock = self._request, time.perf_counter
        infer = request.infer
        latencies: list[float] = []
        append = latencies.append
        left = at_most
        start = clock()
        now = start
        while not gate.closed:
            # Outputs stay in the request's memory: copying them out is not part of an inference.
            infer(share_outputs=True)
            append(request.latency)
            now = clock()
            left -= 1
            if now >= until_s or not left:
                break
        return Slice(start, now, latencies)

    def _run_full(self, until_s: float, gate: Gate, at_most: int) -> Slice:
        request, clock, pace = self._request, time.perf_counter, self._pace
        before, after, raw, share = self._work.before, self._work.after, self._work.raw, self._work.share_inputs
        piece = Slice(clock(), clock())
        while not gate.closed:
            if pace is not None:
                pace.wait()
            begin = clock()
            if before is not None:
                before(0)
            request.infer(self._passed, share_inputs=share, share_outputs=True)
            end = piece.end_s = clock()
            latency = request.latency
            if after is not None:
                after(0)
                piece.end_s = clock()
            piece.latencies_ms.append(latency)
            start = end - latency * 1e-3
            piece.host_s += piece.end_s - begin - latency * 1e-3
            if raw:
                piece.starts_s.append(start)
            if self.traced:
                piece.trace((0, begin, begin, start, end, piece.end_s))
            if piece.end_s >= until_s or len(piece.latencies_ms) >= at_most:
                break
        return piece

    def drain(self) -> Slice:
        """See Loop; nothing is ever in flight between slices."""
        now = time.perf_counter()
        return Slice(now, now)

    def cancel(self) -> None:
        """See Loop."""
        self._request.cancel()


class AsyncLoop:
    """Several requests in flight; the next start goes to the first that is idle."""

    def __init__(
        self,
        queue: ov.AsyncInferQueue,
        requests: Sequence[ov.InferRequest],
        work: HostWork,
        *,
        pace: Pace | None = None,
    ) -> None:
        self._queue = queue
        # queue[i] makes a new Python wrapper at each access; these are the same native requests.
        self._requests = tuple(requests)
        self._flying = [False] * len(self._requests)
        self._begun_s = [0.0] * len(self._requests)
        self._started_s = [0.0] * len(self._requests)
        self._work = work
        self._pace = pace
        self._bare = work.none and pace is None
        self.traced = False

    def run(self, until_s: float, gate: Gate, at_most: int) -> Slice:
        """See Loop; what is in flight counts towards `at_most`, so that no more than asked for is ever started."""
        starts = at_most - sum(self._flying)
        if starts <= 0:
            return self.drain()
        if self._bare and not self.traced:
            return self._run_bare(until_s, gate, starts)
        return self._run_full(until_s, gate, starts)

    def _run_bare(self, until_s: float, gate: Gate, starts: int) -> Slice:
        requests, flying, clock = self._requests, self._flying, time.perf_counter
        idle, start = self._queue.get_idle_request_id, self._queue.start_async
        latencies: list[float] = []
        append = latencies.append
        begin = clock()
        now = begin
        while starts and not gate.closed:
            number = idle()
            if flying[number]:
                append(requests[number].latency)
                now = clock()
            else:
                flying[number] = True
            start()
            starts -= 1
            if now >= until_s and latencies:
                break
        return Slice(begin, now, latencies)

    def _run_full(self, until_s: float, gate: Gate, starts: int) -> Slice:
        clock, work, pace = time.perf_counter, self._work, self._pace
        piece = Slice(clock(), clock())
        while starts and not gate.closed:
            number = self._queue.get_idle_request_id()
            if self._flying[number]:
                piece.end_s = clock()
                self._take(number, piece)
                # Counted; it flies again only once it has been started below.
                self._flying[number] = False
                if piece.end_s >= until_s:
                    break
            if pace is not None:
                pace.wait()
            begin = self._begun_s[number] = clock()
            if work.before is not None:
                work.before(number)
            self._started_s[number] = clock()
            self._queue.start_async(work.passed[number] if work.passed else None, share_inputs=work.share_inputs)
            started = clock()
            if work.passed:
                # The inputs were bound or copied in that call, before the inference was handed over.
                self._started_s[number] = started
            self._flying[number] = True
            starts -= 1
            piece.host_s += started - begin
        return piece

    def _take(self, number: int, piece: Slice) -> None:
        latency, seen = self._requests[number].latency, time.perf_counter()
        if self._work.after is not None:
            self._work.after(number)
            piece.end_s = time.perf_counter()
            piece.host_s += piece.end_s - seen
        piece.latencies_ms.append(latency)
        start = self._started_s[number]
        if self._work.raw:
            piece.starts_s.append(start)
        if self.traced:
            begin, end = self._begun_s[number], min(seen, start + latency * 1e-3)
            piece.trace((number, begin, begin, start, end, time.perf_counter()))

    def drain(self) -> Slice:
        """See Loop."""
        piece = Slice(time.perf_counter(), 0.0)
        self._queue.wait_all()
        piece.end_s = time.perf_counter()
        for number, flying in enumerate(self._flying):
            if flying:
                self._take(number, piece)
                self._flying[number] = False
        return piece

    def cancel(self) -> None:
        """See Loop."""
        for request in self._requests:
            request.cancel()
