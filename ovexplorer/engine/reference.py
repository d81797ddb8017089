"""The reference that outputs are compared with: the model on CPU in f32 with the ACCURACY mode.

It is compiled for this alone and dropped at once; what stays are arrays, the inputs and what came out.
"""

from __future__ import annotations

import gc
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import openvino as ov

from ovexplorer.engine.deviation import Array, numbers_of
from ovexplorer.engine.failure import EngineFailure, from_openvino
from ovexplorer.engine.feeding import Feed
from ovexplorer.engine.inputs import shared_tensor
from ovexplorer.engine.intake import LoadedModel, PreparedModel, prepare, unreported
from ovexplorer.engine.loops import Gate
from ovexplorer.engine.plan import InputPlan
from ovexplorer.engine.shapes import port_name
from ovexplorer.schema.codec import spec_key
from ovexplorer.schema.spec import RunSpec

DEVICE = "CPU"
PROPERTIES = {
    "INFERENCE_PRECISION_HINT": "f32",
    "EXECUTION_MODE_HINT": "ACCURACY",
    "PERFORMANCE_HINT": "LATENCY",
}
IN_WORDS = "f32, accuracy mode, CPU"

MOST_BYTES = 256 * 10**6
"""Of arrays that are kept, over all references."""
_POLL_MS = 20
"""How soon a command ends a slow inference."""


class HaltedError(Exception):
    """A command arrived."""


class Trial:
    """A request of its own on a compiled model, with what it reads kept alive."""

    def __init__(self, compiled: ov.CompiledModel, gate: Gate) -> None:
        """Make the request.

        Raises:
            RuntimeError: OpenVINO's.
        """
        self._ports: Sequence[ov.Output] = compiled.inputs
        self.names = [port_name(port) for port in compiled.outputs]
        self._request = compiled.create_infer_request()
        self._stateful = bool(self._request.query_state())
        self._gate = gate

    def run(self, arrays: Sequence[Array]) -> list[Array | None]:
        """What comes out; None for what is no numbers.

        Raises:
            RuntimeError: OpenVINO's, when the inference fails.
            HaltedError: A command arrived.
        """
        self._go_on()
        request = self._request
        if self._stateful:
            request.reset_state()
        tensors = [shared_tensor(array, port) for array, port in zip(arrays, self._ports)]
        for index, tensor in enumerate(tensors):
            request.set_input_tensor(index, tensor)
        request.start_async()
        while not request.wait_for(_POLL_MS):
            try:
                self._go_on()
            except HaltedError:
                request.cancel()
                self._await_end()
                raise
        return [numbers_of(request.get_output_tensor(index)) for index in range(len(self.names))]

    def _go_on(self) -> None:
        if self._gate.closed:
            raise HaltedError

    def _await_end(self) -> None:
        try:
            self._request.wait()
        except RuntimeError:
            return  # It says that it was cancelled.


@dataclass(frozen=True)
class Reference:
    """What the reference takes and gives."""

    feed: Feed
    """Who drew the inputs."""
    names: tuple[str, ...]
    """Of the outputs."""
    inputs: tuple[tuple[Array, ...], ...]
    """As they were drawn."""
    outputs: tuple[tuple[Array | None, ...], ...]
    """One entry for each input."""

    @property
    def size(self) -> int:
        """Bytes of all arrays."""
        return sum(_bytes(entry) for entry in (*self.inputs, *self.outputs))


def _bytes(arrays: Sequence[Array | None]) -> int:
    return sum(array.nbytes for array in arrays if array is not None)


class References:
    """Computes references and keeps the last ones."""

    def __init__(self, core: ov.Core, gate: Gate) -> None:
        self._core = core
        self._gate = gate
        self._kept: OrderedDict[tuple[object, ...], Reference] = OrderedDict()
        self._fed: tuple[bytes, tuple[InputPlan, ...]] | None = None
        """Inputs of the last model that was asked about."""
        self.compiled_ever = 0

    def feed(self, loaded: LoadedModel, against: RunSpec) -> Feed:
        """What the reference takes.

        Raises:
            EngineFailure: It cannot be had in f32, or an input needs a shape.
        """
        key = _key(loaded, against)
        if self._fed is None or self._fed[0] != key:
            self._fed = key, self._prepare(loaded, against).inputs
        return Feed(against.model, self._fed[1], against.seed)

    def _prepare(self, loaded: LoadedModel, against: RunSpec) -> PreparedModel:
        """Made anew each time it is needed, so that no weights are kept for a model that is gone."""
        prepared = prepare(loaded, against.model, unreported)
        if prepared.model is None:
            what = "a model that is compiled already, or from its path, cannot be had in f32"
            raise EngineFailure("compare_refused", what, "give the model it was made from")
        return prepared

    def of(self, loaded: LoadedModel, against: RunSpec, drawer: Feed, most: int, seconds: float) -> Reference:
        """Run the reference, unless it was run before.

        Args:
            loaded: The model of `against`.
            against: Whose model it is.
            drawer: Who draws the inputs.
            most: Different inputs, at most.
            seconds: Time for running, at most; one input is tried in any case.

        Raises:
            EngineFailure: It cannot be compiled or run.
            MisfitError: It cannot take what was drawn.
            HaltedError: A command arrived before the first result.
        """
        key = (_key(loaded, against), drawer.key, drawer.seed, most)
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
            return kept
        own = self.feed(loaded, against)
        compiled = self._compile(self._prepare(loaded, against))
        try:
            made, complete = self._run(compiled, own, drawer, most, seconds)
        except RuntimeError as error:
            raise from_openvino("inference_failed", "the f32 reference fails", error, "compare without it") from error
        finally:
            del compiled
            gc.collect()
        if complete:
            self._keep(key, made)
        return made

    def _compile(self, prepared: PreparedModel) -> ov.CompiledModel:
        self.compiled_ever += 1
        try:
            return self._core.compile_model(prepared.model, DEVICE, PROPERTIES)
        except RuntimeError as error:
            hint = "compare without the drift"
            raise from_openvino("compile_failed", "no f32 reference can be compiled", error, hint) from error

    def _run(
        self, compiled: ov.CompiledModel, own: Feed, drawer: Feed, most: int, seconds: float
    ) -> tuple[Reference, bool]:
        trial = Trial(compiled, self._gate)
        inputs: list[tuple[Array, ...]] = []
        outputs: list[tuple[Array | None, ...]] = []
        until = time.perf_counter() + seconds
        size, complete = 0, True
        for number, drawn in enumerate(drawer.draw(most)):
            try:
                results = trial.run(own.fit(drawn, drawer, number))
            except HaltedError:
                if not inputs:
                    raise
                complete = False
                break
            inputs.append(drawn)
            outputs.append(tuple(results))
            size += _bytes(drawn) + _bytes(results)
            if time.perf_counter() >= until or size * (number + 2) > MOST_BYTES * (number + 1):
                break
        return Reference(drawer, tuple(trial.names), tuple(inputs), tuple(outputs)), complete

    def _keep(self, key: tuple[object, ...], made: Reference) -> None:
        self._kept[key] = made
        while len(self._kept) > 1 and sum(entry.size for entry in self._kept.values()) > MOST_BYTES:
            self._kept.popitem(last=False)


def _key(loaded: LoadedModel, against: RunSpec) -> bytes:
    return loaded.identity.encode("utf-8", "surrogateescape") + b"\0" + spec_key(against.model)
