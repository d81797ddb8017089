"""The hot loops: infer, append a latency, nothing else.

A loop runs in slices. `run` returns when its time is over or when the gate closes (a command has arrived), and hands
over what completed. Asynchronous loops keep their requests in flight between slices; `drain` waits for them.

Latency is `InferRequest.latency`, taken inside the C++ binding: from just before the start to the end of the
inference, so with the async API it includes waiting for a stream.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    # For annotations only: engines of other frameworks share this module and never import openvino.
    import openvino as ov

_SPIN_S = 200e-6
"""time.sleep is late by 150 us at the median; the rest is spun."""

Before = Callable[[int], None]
"""Host work for request number i before each start: copies, pre-processing, state reset."""


@dataclass
class Gate:
    """Closed from another thread when a command arrives, so that a slice ends early."""

    closed: bool = False
    """Read once an inference: a plain attribute costs 10 ns, an Event 30 ns."""


@dataclass
class Slice:
    """What completed in a slice."""

    start_s: float
    """time.perf_counter at its beginning."""
    end_s: float
    """At the last completion seen."""
    latencies_ms: list[float] = field(default_factory=list)
    """As InferRequest.latency gives them."""
    starts_s: list[float] = field(default_factory=list)
    """Start of each, in the same order; only with raw samples."""
    host_s: float = 0.0
    """Time in Python outside the inference, where it was measured."""


class Loop(Protocol):
    """Runs inferences in slices."""

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
        if left > _SPIN_S:
            time.sleep(left - _SPIN_S)
        while time.perf_counter() < self._next_s:
            pass


class SyncLoop:
    """One request, back to back."""

    def __init__(
        self,
        request: ov.InferRequest,
        *,
        before: Before | None = None,
        passed: dict[int, Any] | None = None,
        share_inputs: bool = True,
        pace: Pace | None = None,
        raw: bool = False,
    ) -> None:
        self._request = request
        self._before = before
        self._passed = passed
        self._share = share_inputs
        self._pace = pace
        self._raw = raw

    def run(self, until_s: float, gate: Gate, at_most: int) -> Slice:
        """See Loop."""
        if self._before is None and self._passed is None and self._pace is None and not self._raw:
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
        request, clock, before, pace = self._request, time.perf_counter, self._before, self._pace
        piece = Slice(clock(), clock())
        while not gate.closed:
            if pace is not None:
                pace.wait()
            begin = clock()
            if before is not None:
                before(0)
            request.infer(self._passed, share_inputs=self._share, share_outputs=True)
            piece.end_s = clock()
            latency = request.latency
            piece.latencies_ms.append(latency)
            piece.host_s += piece.end_s - begin - latency * 1e-3
            if self._raw:
                piece.starts_s.append(piece.end_s - latency * 1e-3)
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
        *,
        before: Before | None = None,
        passed: Sequence[dict[int, Any]] | None = None,
        share_inputs: bool = True,
        pace: Pace | None = None,
        raw: bool = False,
    ) -> None:
        self._queue = queue
        # queue[i] makes a new Python wrapper at each access; these are the same native requests.
        self._requests = tuple(requests)
        self._flying = [False] * len(self._requests)
        self._started_s = [0.0] * len(self._requests)
        self._before = before
        self._passed = passed
        self._share = share_inputs
        self._pace = pace
        self._raw = raw

    def run(self, until_s: float, gate: Gate, at_most: int) -> Slice:
        """See Loop; what is in flight counts towards `at_most`, so that no more than asked for is ever started."""
        starts = at_most - sum(self._flying)
        if starts <= 0:
            return self.drain()
        if self._before is None and self._passed is None and self._pace is None and not self._raw:
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
        clock, before, pace = time.perf_counter, self._before, self._pace
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
            begin = clock()
            if before is not None:
                before(number)
            self._started_s[number] = clock()
            self._queue.start_async(self._passed[number] if self._passed else None, share_inputs=self._share)
            self._flying[number] = True
            starts -= 1
            piece.host_s += clock() - begin
        return piece

    def _take(self, number: int, piece: Slice) -> None:
        piece.latencies_ms.append(self._requests[number].latency)
        if self._raw:
            piece.starts_s.append(self._started_s[number])

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
