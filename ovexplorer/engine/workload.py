"""Requests with everything they read: input arrays, tensors, host work.

A request keeps neither the tensor nor the array it reads from alive: `set_input_tensor` of a temporary is a use after
free without any error. A `Workload` owns all of them until it is dropped, and is dropped only when nothing is in
flight.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import openvino as ov

from ovexplorer.engine import counters
from ovexplorer.engine.arrivals import Arrivals
from ovexplorer.engine.configurations import Configuration
from ovexplorer.engine.failure import EngineFailure, from_openvino
from ovexplorer.engine.inputs import InputSet, host_preprocess, make_inputs, sets_needed, shared_tensor
from ovexplorer.engine.loops import AsyncLoop, Gate, HostWork, Loop, Pace, Slice, SyncLoop
from ovexplorer.engine.open_loops import OpenAsyncLoop, OpenSyncLoop
from ovexplorer.schema.spec import RunSpec

_EXTRA_WARM_UP_S = 0.02
"""Fast models get more uncounted inferences: lazy packing and frequency settle; slow ones are warm after one."""
_MOST_REQUESTS = 1024
_MIN_RATE_FPS = 1e-3
_MAX_RATE_FPS = 1e6


class Workload:
    """What a loop runs: requests, their inputs and the work around them."""

    def __init__(self, configuration: Configuration, spec: RunSpec) -> None:
        """Make requests and inputs.

        Raises:
            EngineFailure: An input cannot be filled as asked.
        """
        self.configuration = configuration
        self.spec = spec
        self._ports: Sequence[ov.Output] = configuration.compiled.inputs
        self.count = self._request_count()
        wanted = max(self.count, sets_needed(configuration.prepared))
        self._sets = make_inputs(configuration.prepared, self._ports, wanted, spec.seed)
        self._queue: ov.AsyncInferQueue | None = None
        self._requests = self._make_requests()
        self._turns = self._all_turns()
        self._chosen: list[InputSet] = []
        self._tensors: list[list[ov.Tensor]] = []
        self.shape_index = -1
        self._stateful = _is_stateful(self._requests[0])
        self._pace = Pace(spec.max_rate_fps) if spec.max_rate_fps > 0 else None
        self._arrivals = self._make_arrivals()
        self._outputs = range(len(configuration.compiled.outputs))
        self._taken: list[list[np.ndarray[Any, Any]]] = [[] for _ in self._requests]
        """Outputs copied out last, by request."""
        self._turn = 0
        self._uncounted: Loop
        """Back to back, whatever the load: what is not counted has no reason to wait."""
        self.loop: Loop = self._take_turn(0)

    def _request_count(self) -> int:
        if self.spec.api == "sync":
            return 1
        return min(_MOST_REQUESTS, self.spec.requests or self.configuration.optimal_requests)

    def _make_requests(self) -> list[ov.InferRequest]:
        compiled = self.configuration.compiled
        try:
            if self.spec.api == "sync":
                return [compiled.create_infer_request()]
            self._queue = ov.AsyncInferQueue(compiled, self.count)
            return [self._queue[number] for number in range(self.count)]
        except RuntimeError as error:
            raise from_openvino(
                "inference_failed", "no request could be made", error, "ask for fewer requests"
            ) from error

    def _all_turns(self) -> list[tuple[InputSet, ...]]:
        """Sets that run together, one a request: all of one data shape; more than one turn when there are more."""
        turns = []
        for shape in sorted({entry.shape_index for entry in self._sets}):
            of_shape = [entry for entry in self._sets if entry.shape_index == shape]
            turns += [
                tuple(of_shape[(first + number) % len(of_shape)] for number in range(self.count))
                for first in range(0, len(of_shape), self.count)
            ]
        return turns

    @property
    def data_shapes(self) -> tuple[tuple[int, ...], ...]:
        """Of the inputs that run now, in their order."""
        return tuple(tuple(array.shape) for array in self._chosen[0].arrays)

    @property
    def takes_turns(self) -> bool:
        """Whether slices take several shapes or more files than requests in turn."""
        return len(self._turns) > 1

    def next_turn(self) -> None:
        """Go on with the next shape or files; nothing must be in flight."""
        if self.takes_turns:
            self.loop = self._take_turn((self._turn + 1) % len(self._turns))

    def _take_turn(self, turn: int) -> Loop:
        self._turn = turn
        self._chosen = list(self._turns[turn])
        self.shape_index = self._chosen[0].shape_index
        try:
            return self._make_loop()
        except (RuntimeError, ValueError) as error:
            raise from_openvino(
                "input_refused", "an input does not fit the model", error, "press i, or give -shape and -i"
            ) from error

    def _make_loop(self) -> Loop:
        spec = self.spec
        copied = spec.inputs == "copy"
        passed: list[dict[int, Any]] | None = None
        work: list[Callable[[int], None]] = []
        if self._stateful:
            work.append(self._reset_state)
        if spec.model.preprocess == "host":
            work.append(self._preprocess())
        self._tensors = []
        if spec.call == "pass":
            passed = [dict(enumerate(entry.arrays)) for entry in self._chosen]
        elif copied:
            work.append(self._copy_inputs())
        else:
            self._set_tensors()
        before = self._chain(work)
        share = not copied
        around = HostWork(before, self._take_outputs if spec.outputs == "copy" else None, passed, share, spec.raw)
        self._uncounted = self._closed_loop(around, None)
        if self._arrivals is not None:
            return self._open_loop(around, self._arrivals)
        return self._uncounted if self._pace is None else self._closed_loop(around, self._pace)

    def _closed_loop(self, around: HostWork, pace: Pace | None) -> Loop:
        if self._queue is None:
            return SyncLoop(self._requests[0], around, pace=pace)
        return AsyncLoop(self._queue, self._requests, around, pace=pace)

    def _open_loop(self, around: HostWork, arrivals: Arrivals) -> Loop:
        if self._queue is None:
            return OpenSyncLoop(self._requests[0], around, arrivals)
        return OpenAsyncLoop(self._queue, self._requests, around, arrivals)

    def _make_arrivals(self) -> Arrivals | None:
        spec = self.spec
        if spec.load == "closed":
            return None
        if not _MIN_RATE_FPS <= spec.rate_fps <= _MAX_RATE_FPS:
            raise EngineFailure(
                "property_refused",
                f"a load of {spec.rate_fps:g} arrivals a second cannot be made",
                "give a rate such as --rate 30",
            )
        return Arrivals(spec.load, spec.rate_fps, spec.burst, spec.seed)

    def _take_outputs(self, number: int) -> None:
        request = self._requests[number]
        self._taken[number] = [np.array(request.get_output_tensor(index).data) for index in self._outputs]

    @staticmethod
    def _chain(work: list[Callable[[int], None]]) -> Callable[[int], None] | None:
        if len(work) <= 1:
            return work[0] if work else None

        def everything(number: int) -> None:
            for piece in work:
                piece(number)

        return everything

    def _reset_state(self, number: int) -> None:
        # Without it the KV cache grows and latency drifts with it.
        self._requests[number].reset_state()

    def _preprocess(self) -> Callable[[int], None]:
        pieces = [host_preprocess(entry) for entry in self._chosen]

        def preprocess(number: int) -> None:
            pieces[number]()

        return preprocess

    def _copy_inputs(self) -> Callable[[int], None]:
        targets: list[list[np.ndarray[Any, Any]]] = []
        for request, entry in zip(self._requests, self._chosen):
            own = []
            for index, (array, port) in enumerate(zip(entry.arrays, self._ports)):
                tensor = request.get_input_tensor(index)
                if port.get_partial_shape().is_dynamic:
                    tensor.shape = ov.Shape(list(array.shape))
                own.append(tensor.data)
            targets.append(own)

        def copy(number: int) -> None:
            for target, array in zip(targets[number], self._chosen[number].arrays):
                np.copyto(target, array)

        return copy

    def _set_tensors(self) -> None:
        for request, entry in zip(self._requests, self._chosen):
            tensors = [shared_tensor(array, port) for array, port in zip(entry.arrays, self._ports)]
            self._tensors.append(tensors)
            for index, tensor in enumerate(tensors):
                request.set_input_tensor(index, tensor)

    def infer_once(self) -> Slice:
        """One inference on the first request.

        Raises:
            RuntimeError: OpenVINO's.
        """
        piece = self._uncounted.run(0.0, Gate(), 1)
        rest = self._uncounted.drain()
        piece.latencies_ms += rest.latencies_ms
        return piece

    def warm_up(self) -> None:
        """Run every stream, uncounted: all requests at once, more often when they are fast."""
        until = time.perf_counter() + _EXTRA_WARM_UP_S
        never = Gate()
        seen: set[int] = set()
        for turn, chosen in enumerate(self._turns):
            if chosen[0].shape_index in seen:
                continue
            seen.add(chosen[0].shape_index)
            if turn != self._turn:
                self.loop = self._take_turn(turn)
            if self._queue is not None or turn:
                self._uncounted.run(0.0, never, self.count)
            self._uncounted.run(until, never, 1 << 30)
            self._uncounted.drain()
        if self._turn:
            self.loop = self._take_turn(0)

    def outputs(self) -> list[np.ndarray[Any, Any]]:
        """Copies of the first request's outputs; nothing must be in flight."""
        request = self._requests[0]
        return [request.get_output_tensor(index).data.copy() for index in self._outputs]

    def profiling_rows(self) -> list[list[Any]]:
        """get_profiling_info of every request; nothing must be in flight.

        Raises:
            EngineFailure: The device reports no times per layer.
        """
        try:
            return [list(request.get_profiling_info()) for request in self._requests]
        except RuntimeError as error:
            raise counters.refused(error) from error


def _is_stateful(request: ov.InferRequest) -> bool:
    """Whether there is state to reset; virtual devices that do not implement the question keep none."""
    try:
        return bool(request.query_state())
    except RuntimeError:
        return False
