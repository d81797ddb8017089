"""Loops of open loads: inferences start when they are due, and a free request takes the oldest one that is.

Latency counts from the intended start. With the sync API the one request serves a line of its own; with the async API
several do. What a request waited for because none was free is queueing; what it waited for although one was free is
the generator's own lateness, and is told apart.

Waiting sleeps in pieces of at most `LONGEST_S`, so that a command ends it at once, and spins the last 200 us.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ovexplorer.engine.arrivals import Arrivals
from ovexplorer.engine.loops import SPIN_S, Gate, HostWork, Slice

if TYPE_CHECKING:
    import openvino as ov

LONGEST_S = 0.05
"""Longest sleep, and least length of a slice in which nothing completes."""

Clock = Callable[[], float]
Sleep = Callable[[float], None]


class OpenSyncLoop:
    """One request that serves a line: whoever is due waits until those before it are done."""

    def __init__(
        self,
        request: ov.InferRequest,
        work: HostWork,
        arrivals: Arrivals,
        *,
        clock: Clock = time.perf_counter,
        sleep: Sleep = time.sleep,
    ) -> None:
        self._request = request
        self._work = work
        self._passed = work.passed[0] if work.passed else None
        self._arrivals = arrivals
        self._clock = clock
        self._sleep = sleep
        self._stretch = False
        """Whether arrivals go on from the slice before."""
        self._free_s = 0.0
        self.traced = False

    def run(self, until_s: float, gate: Gate, at_most: int) -> Slice:
        """See Loop; comes back empty when nothing was due until then."""
        now = self._clock()
        if not self._stretch:
            self._arrivals.restart(now)
            self._free_s = now
            self._stretch = True
        piece = Slice(now, now)
        limit_s = max(until_s, now + LONGEST_S)
        while not gate.closed and self._wait(limit_s, gate):
            self._one(self._arrivals.advance(), piece)
            if piece.end_s >= until_s or len(piece.latencies_ms) >= at_most:
                break
        return piece

    def _wait(self, limit_s: float, gate: Gate) -> bool:
        """Until the next one is due; false when the time is over or a command arrived before."""
        due_s, clock = self._arrivals.due_s, self._clock
        now = clock()
        while now < due_s:
            if gate.closed or now >= limit_s:
                return False
            rest(min(due_s, limit_s), now, clock, self._sleep)
            now = clock()
        return True

    def _one(self, due_s: float, piece: Slice) -> None:
        request, work, clock = self._request, self._work, self._clock
        begin = clock()
        if work.before is not None:
            work.before(0)
        request.infer(self._passed, share_inputs=work.share_inputs, share_outputs=True)
        end = done = clock()
        service_s = request.latency * 1e-3
        if work.after is not None:
            work.after(0)
            done = clock()
        piece.count_open(due_s=due_s, free_s=self._free_s, begin_s=begin, service_s=service_s, done_s=done)
        piece.host_s += done - begin - service_s
        piece.end_s = self._free_s = done
        if work.raw:
            piece.starts_s.append(due_s)
        if self.traced:
            piece.trace((0, due_s, begin, end - service_s, end, done))

    def drain(self) -> Slice:
        """See Loop; arrivals begin anew afterwards, and what was due and not begun is forgotten."""
        self._stretch = False
        now = self._clock()
        return Slice(now, now)

    def cancel(self) -> None:
        """See Loop."""
        self._request.cancel()


class OpenAsyncLoop:
    """Several requests; a free one takes the oldest arrival that is due."""

    def __init__(
        self,
        queue: ov.AsyncInferQueue,
        requests: Sequence[ov.InferRequest],
        work: HostWork,
        arrivals: Arrivals,
    ) -> None:
        self._queue = queue
        self._requests = tuple(requests)
        self._work = work
        self._arrivals = arrivals
        self._flying: dict[int, tuple[float, float, float]] = {}
        """Due, begin and start of what is in flight, by request, oldest first."""
        self._free_s = [0.0] * len(self._requests)
        self._stretch = False
        self.traced = False

    def run(self, until_s: float, gate: Gate, at_most: int) -> Slice:
        """See Loop; comes back empty when nothing completed until then."""
        starts = at_most - len(self._flying)
        if starts <= 0:
            return self.drain()
        now = time.perf_counter()
        if not self._stretch:
            self._arrivals.restart(now)
            self._free_s = [now] * len(self._requests)
            self._stretch = True
        piece = Slice(now, now)
        limit_s = max(until_s, now + LONGEST_S)
        while starts and not gate.closed:
            self._collect(piece)
            now = time.perf_counter()
            if now >= limit_s or (now >= until_s and piece.latencies_ms):
                break
            if now < self._arrivals.due_s:
                self._rest(min(self._arrivals.due_s, limit_s), now)
                continue
            # Waits for one when all are in flight; the others see to the line.
            number = self._queue.get_idle_request_id()
            if number in self._flying:
                self._take(number, piece)
            self._start(number, piece)
            starts -= 1
        return piece

    def _rest(self, wake_s: float, now: float) -> None:
        """Until something may be due, or the oldest inference in flight has ended."""
        left_ms = int((min(wake_s - now, LONGEST_S) - SPIN_S) * 1e3)
        if self._flying and left_ms > 0:
            self._requests[next(iter(self._flying))].wait_for(left_ms)
        else:
            rest(wake_s, now, time.perf_counter, time.sleep)

    def _start(self, number: int, piece: Slice) -> None:
        work, clock = self._work, time.perf_counter
        due_s = self._arrivals.advance()
        begin = clock()
        if work.before is not None:
            work.before(number)
        start = clock()
        self._queue.start_async(work.passed[number] if work.passed else None, share_inputs=work.share_inputs)
        started = clock()
        piece.host_s += started - begin
        # Inputs that are passed are bound or copied in that call, before the inference is handed over.
        self._flying[number] = (due_s, begin, started if work.passed else start)

    def _collect(self, piece: Slice) -> None:
        """Take what has completed, in the order of the starts."""
        while self._flying:
            oldest = next(iter(self._flying))
            if not self._requests[oldest].wait_for(0):
                return
            self._take(oldest, piece)

    def _take(self, number: int, piece: Slice) -> None:
        due_s, begin, start = self._flying.pop(number)
        seen = time.perf_counter()
        service_s = self._requests[number].latency * 1e-3
        # Known exactly, however late it is seen.
        end = min(seen, start + service_s)
        copied_s = 0.0
        if self._work.after is not None:
            self._work.after(number)
            copied_s = time.perf_counter() - seen
            piece.host_s += copied_s
        free_s, self._free_s[number] = self._free_s[number], end
        piece.count_open(due_s=due_s, free_s=free_s, begin_s=begin, service_s=service_s, done_s=end + copied_s)
        piece.end_s = max(piece.end_s, end)
        if self._work.raw:
            piece.starts_s.append(due_s)
        if self.traced:
            piece.trace((number, due_s, begin, start, end, seen + copied_s))

    def drain(self) -> Slice:
        """See Loop; arrivals begin anew afterwards, and what was due and not begun is forgotten."""
        now = time.perf_counter()
        piece = Slice(now, now)
        self._stretch = False
        self._queue.wait_all()
        for number in tuple(self._flying):
            self._take(number, piece)
        return piece

    def cancel(self) -> None:
        """See Loop."""
        for request in self._requests:
            request.cancel()


def rest(wake_s: float, now: float, clock: Clock, sleep: Sleep) -> None:
    """Sleep towards a moment, a piece at most; spin when it is near."""
    left = wake_s - now
    if left > SPIN_S:
        sleep(min(left - SPIN_S, LONGEST_S))
        return
    while clock() < wake_s:
        pass
