"""The live run: slices of one workload after another, as windows."""

from __future__ import annotations

import time

from ovexplorer.engine.failure import from_openvino
from ovexplorer.engine.loops import Gate, Slice
from ovexplorer.engine.reporter import Reporter
from ovexplorer.engine.windows import nanoseconds, samples_of, spans_of, window_of
from ovexplorer.engine.workload import Workload
from ovexplorer.schema.protocol import Reason, SamplesTaken, SpansTaken, WindowMeasured

_FIRST_SLICE_S = 0.1
"""Ten windows a second while the first figures are waited for."""
_SLICE_S = 0.2
"""Afterwards five: each costs a front end on the same cores a third of a millisecond."""
_FIRST_NS = 2_000_000_000
_SLOW_MS = 150.0
"""An inference that takes longer is cancelled when a command arrives, so that keys are answered."""
_WARM_AFTER_MS = 20.0
"""A single stream whose first inference took longer is warm: lazy packing is over, and a figure is waited for."""
_UNBOUNDED = 1 << 62


class Cancelled(Exception):
    """An inference was stopped because a command arrived."""


class LiveRun:
    """Measures one segment until it is ended or its budget is used up."""

    SLOW_NS = _SLOW_MS * 1e6
    """An inference that takes longer is worth interrupting."""

    def __init__(self, segment: int, workload: Workload, reporter: Reporter, gate: Gate) -> None:
        self.segment = segment
        self.workload = workload
        self._reporter = reporter
        self._gate = gate
        self._stretch_end_ns = 0
        """End of the window before; 0 at the start of a stretch."""
        self._counted_ns = 0
        self._count = 0
        self._first_ms = 0.0
        self.slow = True
        """Whether inferences are worth cancelling; true until the first has been timed."""
        self._interrupted = False
        """Whether requests were cancelled; whoever waits for one next is told so by OpenVINO, maybe much later."""
        self.prepared = False
        """Whether the uncounted inferences are over."""
        self.traced = False
        """Whether single requests are told; changed only while the run is suspended."""

    def prepare(self, *, kept: bool, note_first: bool) -> None:
        """Everything uncounted: the first inference and the warm-up of every stream.

        Args:
            kept: A configuration that ran before needs a single uncounted round.
            note_first: Tell memory after the first inference.

        Raises:
            EngineFailure: Inference failed.
            Cancelled: A command stopped it.
        """
        spec = self.workload.spec
        try:
            if kept:
                self._note_speed(self.workload.infer_once())
            else:
                with self._reporter.phase("first_inference"):
                    self._note_speed(self.workload.infer_once())
                if note_first:
                    self._reporter.memory("first_inference", fresh=True)
            if spec.warm_up and not (spec.api == "sync" and (kept or self._first_ms >= _WARM_AFTER_MS)):
                self._warm_up(kept)
        except RuntimeError as error:
            raise self.problem(error) from error
        self.prepared = True

    def _warm_up(self, kept: bool) -> None:
        if kept:
            self.workload.warm_up()
            return
        with self._reporter.phase("warm_up"):
            self.workload.warm_up()

    def _note_speed(self, piece: Slice) -> None:
        self._first_ms = piece.latencies_ms[-1] if piece.latencies_ms else 0.0
        self.slow = self._first_ms > _SLOW_MS

    def problem(self, error: RuntimeError) -> Exception:
        """What an error of OpenVINO's means here: `Cancelled`, or a failure to tell."""
        if self._interrupted and "cancel" in str(error).lower():
            self._interrupted = False
            return Cancelled()
        return from_openvino(
            "inference_failed", "inference failed", error, "try other inputs, another device or another shape"
        )

    def step(self) -> Reason | None:
        """Run one slice and tell it; the first one ends with its first inference, so that a figure is there at once.

        Returns:
            Why the run is over, None while it goes on.

        Raises:
            EngineFailure: Inference failed.
            Cancelled: A slow inference was stopped because a command arrived.
        """
        first = self._stretch_end_ns == 0
        now = time.perf_counter()
        length = _FIRST_SLICE_S if self._counted_ns < _FIRST_NS else _SLICE_S
        self.workload.loop.traced = self.traced
        try:
            piece = self.workload.loop.run(now if first and not self._count else now + length, self._gate, self._left())
        except RuntimeError as error:
            raise self.problem(error) from error
        self._tell(piece)
        reason = self._over()
        if self.workload.takes_turns or reason:
            self.suspend()
        if self.workload.takes_turns and not reason:
            self.workload.next_turn()
        return reason

    def _left(self) -> int:
        budget = self.workload.spec.iterations
        return max(1, budget - self._count) if budget else _UNBOUNDED

    def _over(self) -> Reason | None:
        spec = self.workload.spec
        if spec.iterations and self._count >= spec.iterations:
            return "iterations"
        if spec.duration_s and self._counted_ns + self._waited_ns() >= spec.duration_s * 1e9:
            return "duration"
        return None

    def _waited_ns(self) -> int:
        """Since the last completion of an open load: time in which nothing is due passes too."""
        if self.workload.spec.load == "closed" or not self._stretch_end_ns:
            return 0
        return max(0, time.perf_counter_ns() - self._stretch_end_ns)

    def _tell(self, piece: Slice) -> None:
        if piece.latencies_ms:
            # Latencies of an open load grow with the line; what can be cancelled is the inference.
            service_ms = piece.service_s * 1e3 / len(piece.latencies_ms)
            self.slow = (service_ms or piece.latencies_ms[-1]) > _SLOW_MS
        start_ns = self._stretch_end_ns or nanoseconds(piece.start_s)
        window = window_of(piece, self.segment, start_ns, self.workload.shape_index)
        if window is None:
            self._stretch_end_ns = self._stretch_end_ns or start_ns
            return
        self._stretch_end_ns = window.end_ns
        self._counted_ns += window.end_ns - window.start_ns
        spans = spans_of(piece, self.segment, self._count)
        self._count += window.count
        self._reporter.send(WindowMeasured(window=window))
        if spans is not None:
            self._reporter.send(SpansTaken(spans=spans))
        if self.workload.spec.raw:
            self._reporter.send(SamplesTaken(samples=samples_of(piece, self.segment)))

    def suspend(self) -> None:
        """Wait for what is in flight, count it, and end the stretch: time until the next slice is not counted.

        Raises:
            EngineFailure: Inference failed.
            Cancelled: A slow inference was stopped because a command arrived.
        """
        try:
            piece = self.workload.loop.drain()
        except RuntimeError as error:
            raise self.problem(error) from error
        finally:
            ended, self._stretch_end_ns = self._stretch_end_ns, 0
        if piece.latencies_ms and ended:
            self._stretch_end_ns = ended
            self._tell(piece)
            self._stretch_end_ns = 0

    def interrupt(self) -> None:
        """Stop a slow inference; called from the reader's thread."""
        if self.slow:
            self._interrupted = True
            self.workload.loop.cancel()
