"""An engine that answers the commands of comparisons at once, with times that a test chooses."""

from __future__ import annotations

from collections.abc import Callable

from ovexplorer.schema.contest import (
    ContestantsReleased,
    DriftMeasured,
    MeasureDrift,
    Prepare,
    Release,
    RunTurns,
    TurnMeasured,
    TurnsFinished,
)
from ovexplorer.schema.drift import Drift
from ovexplorer.schema.facts import DeviceFacts, EnvironmentFacts, ModelFacts, PortFacts
from ovexplorer.schema.histogram import histogram_of
from ovexplorer.schema.protocol import (
    PROTOCOL_VERSION,
    ConfigurationReady,
    EngineDied,
    Failed,
    Hello,
    ModelSaved,
    PhaseFinished,
    PhaseStarted,
    RunFinished,
    SaveModel,
    StartRun,
    WindowMeasured,
)
from ovexplorer.schema.results import Turn, Window
from ovexplorer.schema.spec import ModelSpec, RunSpec
from ovexplorer.session.fake import FakeSource
from ovexplorer.text import CleanText, RawName, clean

SPEC = RunSpec(model=ModelSpec(path="/models/net.onnx"), properties={"PERFORMANCE_HINT": "LATENCY"})
NOTHING = CleanText("")
ENVIRONMENT = EnvironmentFacts(
    hostname=clean("host"),
    cpu_model=clean("cpu"),
    cpu_flags=(),
    logical_cpus=4,
    allowed_cpus=(0, 1, 2, 3),
    quota_cpus=0.0,
    memory_bytes=1,
    memory_limit_bytes=0,
    kernel=clean("Linux"),
    virtualisation=NOTHING,
    governor=NOTHING,
    openvino=clean("2026"),
    python=clean("3.11"),
)
CPU = DeviceFacts(name="CPU", full_name=clean("a CPU"), state="usable", capabilities=("FP32", "BF16"))
GPU = DeviceFacts(name="GPU", full_name=clean("a GPU"), state="usable", capabilities=("FP32", "FP16"))


def facts(path: str = "/models/net.onnx", layout: str = "NCHW", element_type: str = "f32") -> ModelFacts:
    port = PortFacts(
        index=0,
        name=clean("x"),
        raw_name=RawName("x"),
        element_type=element_type,
        shape="[1,3,8,8]",
        layout=layout,
    )
    return ModelFacts(
        path=path,
        name=clean("net"),
        format="ONNX",
        size_bytes=1,
        sha256="",
        identity="",
        inputs=(port,),
        outputs=(port,),
        operations={},
        parameters=0,
        weight_bytes=0,
        flop=0,
    )


def ready(segment: int, spec: RunSpec) -> ConfigurationReady:
    return ConfigurationReady(
        segment=segment,
        at_ns=1,
        effective=(),
        loaded_from_cache=bool(spec.properties.get("CACHE_DIR")),
        kept=False,
        requests=2 if spec.api == "async" else 1,
        streams=2 if spec.api == "async" else 1,
        batch=max(1, spec.model.batch),
        execution_devices=(clean("CPU"),),
    )


def turn(segment: int, start_ns: int, time_ns: int, count: int = 10, gap_ns: int = 0) -> Turn:
    window = Window(
        segment=segment,
        start_ns=start_ns,
        end_ns=start_ns + count * (time_ns + gap_ns),
        count=count,
        sum_ns=count * time_ns,
        min_ns=time_ns,
        max_ns=time_ns,
        median_ns=time_ns,
        histogram=histogram_of([time_ns] * count),
    )
    return Turn(window=window)


class AnsweringEngine(FakeSource):
    """Takes `times(spec)` nanoseconds for an inference; a text instead is the reason of a failure, None a crash."""

    def __init__(self, times: Callable[[RunSpec], int | str | None], framework: str = "") -> None:
        super().__init__()
        self.framework = framework
        self._times = times
        self._specs: dict[int, RunSpec] = {}
        self._now_ns = 1_000
        self._tell(
            Hello(
                protocol=PROTOCOL_VERSION,
                pid=7,
                clock_ns=1_000,
                import_ns=200_000_000,
                openvino=clean("2026.4"),
                environment=ENVIRONMENT,
            )
        )

    def _tell(self, *events):
        for event in events:
            self._queue.put_nowait(event)

    async def send(self, command):
        await super().send(command)
        if self.closed:
            return
        match command:
            case Prepare():
                self._prepare(command)
            case RunTurns():
                for segment in command.turns:
                    self._turn(command.contest, segment)
                self._tell(TurnsFinished(contest=command.contest, complete=True))
            case MeasureDrift():
                for segment in command.segments:
                    self._tell(DriftMeasured(drift=Drift(segment=segment, state="reference", inputs=1)))
            case SaveModel():
                self._tell(ModelSaved(name=command.name, path=f"/engine/{command.name}", size_bytes=10_000_000))
            case Release():
                self._tell(ContestantsReleased(segments=(), at_ns=self._now_ns))
            case StartRun():
                self._start(command)
            case _:
                pass

    def _prepare(self, command):
        time = self._times(command.spec)
        if time is None:
            self._tell(EngineDied(exit_code=-11, while_doing="compile", expected=False))
        elif isinstance(time, str):
            self._tell(failed(command.segment, time))
        else:
            self._specs[command.segment] = command.spec
            self._tell(ready(command.segment, command.spec))

    def _turn(self, contest, segment):
        done = turn(segment, self._now_ns, self._times(self._specs[segment]))
        self._now_ns = done.window.end_ns
        self._tell(TurnMeasured(contest=contest, turn=done))

    def _start(self, command):
        time = self._times(command.spec)
        if isinstance(time, str):
            self._tell(failed(command.segment, time))
            return
        for phase in ("read", "compile", "first_inference"):
            began = PhaseStarted(phase=phase, segment=command.segment, at_ns=self._now_ns)
            self._now_ns += time
            over = PhaseFinished(phase=phase, segment=command.segment, at_ns=self._now_ns, duration_ns=time)
            self._tell(began, over)
        self._tell(
            ready(command.segment, command.spec),
            WindowMeasured(window=turn(command.segment, self._now_ns, time).window),
            RunFinished(segment=command.segment, at_ns=self._now_ns, reason="duration"),
        )


def failed(segment: int, what: str) -> Failed:
    return Failed(segment=segment, kind="compile_failed", phase="compile", what=clean(what), hint=clean("a hint"))


class Engines:
    """Starts answering engines and keeps them."""

    def __init__(self, times: Callable[[RunSpec], int | str | None]) -> None:
        self.times = times
        self.started: list[AnsweringEngine] = []
        self.cpus: list[tuple[int, ...]] = []

    async def __call__(self, *, cpus: tuple[int, ...] = (), framework: str = "") -> AnsweringEngine:
        self.started.append(AnsweringEngine(self.times, framework))
        self.cpus.append(cpus)
        return self.started[-1]
