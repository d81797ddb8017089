"""The engine of another framework: takes part in comparisons, one caller at a time, and does nothing else.

It speaks the part of the protocol that comparisons need (Prepare, RunTurns, Release) and refuses the rest in words.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from ovexplorer.engine.channel import Inbox, leave
from ovexplorer.engine.failure import EngineFailure, from_openvino
from ovexplorer.engine.frameworks.inputs import batch_of, make_arrays
from ovexplorer.engine.frameworks.models import FrameworkModel, check_file
from ovexplorer.engine.loops import Gate, Slice
from ovexplorer.engine.reporter import Reporter
from ovexplorer.engine.turns import take_turn
from ovexplorer.schema.contest import ContestantsReleased, Prepare, Release, RunTurns, TurnMeasured, TurnsFinished
from ovexplorer.schema.protocol import AnyCommand, ConfigurationReady, SetLimits, Shutdown, StopRun
from ovexplorer.text import clean

_WARM_UP_S = 0.05
_UNBOUNDED = 1 << 62


class CallLoop:
    """One caller, back to back; see `turns.TurnLoop`."""

    def __init__(self, infer: Callable[[], object], failures: tuple[type[Exception], ...]) -> None:
        self._infer = infer
        self.failures = failures

    def run(self, until_s: float, gate: Gate, at_most: int) -> Slice:
        """See TurnLoop; raises what the framework raises."""
        infer, clock = self._infer, time.perf_counter
        latencies: list[float] = []
        start = now = clock()
        while not gate.closed:
            begin = clock()
            infer()
            now = clock()
            latencies.append((now - begin) * 1e3)
            if now >= until_s or len(latencies) >= at_most:
                break
        return Slice(start, now, latencies)

    def drain(self) -> Slice:
        """See TurnLoop; nothing is ever in flight."""
        now = time.perf_counter()
        return Slice(now, now)


class FrameworkServer:
    """Owns the loaded models."""

    def __init__(self, framework: str, reporter: Reporter, inbox: Inbox, gate: Gate) -> None:
        self._framework = framework
        self._reporter = reporter
        self._inbox = inbox
        self._gate = gate
        self._held: dict[int, CallLoop] = {}
        self._asked: RunTurns | None = None
        self._waiting: deque[int] = deque()

    def serve(self) -> None:
        """Work until told to end."""
        while True:
            command = self._inbox.take(wait=not self._waiting)
            try:
                if command is not None:
                    self._reporter.segment = getattr(command, "segment", 0)
                    self._obey(command)
                elif self._asked is not None:
                    self._step(self._asked)
            except EngineFailure as failure:
                self._reporter.failed(failure)

    def _obey(self, command: AnyCommand) -> None:
        match command:
            case Prepare():
                self._over(complete=False)
                self._prepare(command)
            case RunTurns():
                self._ask(command)
            case Release():
                self._release(command.segments)
            case StopRun():
                self._over(complete=False)
            case SetLimits():
                pass  # Nothing is kept here for going back.
            case Shutdown():
                leave(0)
            case _:
                raise EngineFailure(
                    "compare_refused",
                    f"an engine of {self._framework} cannot do that: it only takes part in comparisons",
                    "use an engine of OpenVINO for it",
                )

    def _prepare(self, command: Prepare) -> None:
        spec = command.spec
        path = check_file(self._framework, spec.model.path)
        if any(entry.fill == "file" for entry in spec.model.inputs):
            self._reporter.notice("files_not_read", f"{self._framework} is fed random values: it reads no input files")
        with self._reporter.phase("read"):
            model: FrameworkModel
            if self._framework == "pytorch":
                from ovexplorer.engine.frameworks.pytorch import TorchModel

                model = TorchModel(path)
            else:
                from ovexplorer.engine.frameworks.onnx_runtime import OnnxModel

                model = OnnxModel(path)
        arrays = make_arrays(model.ports, spec.model, spec.seed)
        loop = CallLoop(model.bind(arrays), model.failures)
        with self._reporter.phase("first_inference"):
            self._run(loop, 0.0)
        with self._reporter.phase("warm_up"):
            self._run(loop, time.perf_counter() + _WARM_UP_S)
        self._held[command.segment] = loop
        self._reporter.send(
            ConfigurationReady(
                segment=command.segment,
                at_ns=time.perf_counter_ns(),
                effective=(),
                loaded_from_cache=None,
                kept=False,
                requests=1,
                streams=0,
                batch=batch_of(arrays),
                execution_devices=(clean("CPU"),),
            )
        )

    def _run(self, loop: CallLoop, until_s: float) -> None:
        try:
            loop.run(until_s, Gate(), _UNBOUNDED)
        except loop.failures as error:
            raise self._problem(error) from error

    def _problem(self, error: Exception) -> EngineFailure:
        return from_openvino(
            "inference_failed", f"{self._framework} failed", error, "try other inputs or another shape"
        )

    def _ask(self, command: RunTurns) -> None:
        self._over(complete=False)
        if not command.turns or not set(command.turns) <= set(self._held):
            raise EngineFailure("compare_refused", "there is no such contestant", "start the comparison again")
        self._asked = command
        self._waiting.extend(command.turns)

    def _step(self, asked: RunTurns) -> None:
        segment = self._reporter.segment = self._waiting[0]
        loop = self._held[segment]
        try:
            turn = take_turn(loop, segment, asked, self._gate)
        except loop.failures as error:
            self._over(complete=False)
            raise self._problem(error) from error
        if turn is None:
            return
        self._waiting.popleft()
        self._reporter.send(TurnMeasured(contest=asked.contest, turn=turn))
        if not self._waiting:
            self._over(complete=True)

    def _over(self, *, complete: bool) -> None:
        asked, self._asked = self._asked, None
        self._waiting.clear()
        if asked is not None:
            self._reporter.send(TurnsFinished(contest=asked.contest, complete=complete))

    def _release(self, segments: tuple[int, ...]) -> None:
        self._over(complete=False)
        gone = tuple(segment for segment in self._held if not segments or segment in segments)
        for segment in gone:
            del self._held[segment]
        self._reporter.send(ContestantsReleased(segments=gone, at_ns=time.perf_counter_ns()))
