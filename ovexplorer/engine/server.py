"""The engine's main loop: commands in, work, events out. One thread does everything but reading commands."""

from __future__ import annotations

import time
from dataclasses import replace

import msgspec
import openvino as ov

from ovexplorer.engine import profile
from ovexplorer.engine.channel import Inbox, leave
from ovexplorer.engine.configurations import Configuration, Configurations, StandIns, configuration_key
from ovexplorer.engine.devices import describe_devices
from ovexplorer.engine.failure import EngineFailure
from ovexplorer.engine.intake import LoadedModel, describe, identity_of, load, prepare
from ovexplorer.engine.load import LoadSampler
from ovexplorer.engine.loops import Gate
from ovexplorer.engine.reporter import Reporter
from ovexplorer.engine.run import Cancelled, LiveRun
from ovexplorer.engine.workload import Workload
from ovexplorer.schema.facts import EnvironmentFacts
from ovexplorer.schema.protocol import (
    AnyCommand,
    ChangeSpec,
    ConfigurationReady,
    DescribeDevices,
    DevicesDescribed,
    LayersMeasured,
    LoadMeasured,
    ModelOpened,
    OpenModel,
    Pause,
    Profile,
    Reason,
    Resume,
    RunFinished,
    RunPaused,
    RunResumed,
    SetLimits,
    Shutdown,
    StartRun,
    StopRun,
)
from ovexplorer.schema.spec import DEMO_PREFIX, ModelSpec, RunSpec
from ovexplorer.text import clean


class Server:
    """Owns the core, the model, the kept configurations and the live run."""

    def __init__(self, reporter: Reporter, inbox: Inbox, gate: Gate, environment: EnvironmentFacts) -> None:
        self._reporter = reporter
        self._inbox = inbox
        self._gate = gate
        # One core per process: a second one has crashed with some GPU drivers.
        self._core = ov.Core()
        self._stand_ins = StandIns(self._core)
        cpus = len(environment.allowed_cpus) or environment.logical_cpus
        self._configurations = Configurations(self._core, cpus)
        self._load = LoadSampler(environment.allowed_cpus)
        self._loaded: LoadedModel | None = None
        self._extensions: set[str] = set()
        self._run: LiveRun | None = None
        self._paused = False
        self._given_up = 0
        """Segment whose preparation was cancelled and that has not been told to be over; 0 for none."""
        self._stale_told = ""
        inbox.on_arrival = self._interrupt

    def _interrupt(self, command: AnyCommand) -> None:
        """Stop a slow inference for a command; called from the reader's thread.

        While a run is being prepared, only what replaces or ends it is worth that: the others wait for it.
        """
        run = self._run
        if run is not None and (run.prepared or isinstance(command, (StartRun, ChangeSpec, StopRun))):
            run.interrupt()

    def serve(self) -> None:
        """Work until told to end."""
        while True:
            live = self._run is not None and not self._paused
            command = self._inbox.take(wait=not live)
            if command is not None:
                self._obey(command)
            elif self._run is not None:
                self._step(self._run)

    def _step(self, run: LiveRun) -> None:
        try:
            reason = run.step()
        except Cancelled:
            self._rebuild(run)
            return
        except EngineFailure as failure:
            self._reporter.segment = run.segment
            self._reporter.failed(failure)
            self._finish(run, "failed")
            return
        if reason is not None:
            self._finish(run, reason)
            return
        load_now = self._load.sample()
        if load_now is not None:
            self._reporter.send(LoadMeasured(load=load_now))
            self._watch_file(run.workload.spec.model.path)

    def _rebuild(self, run: LiveRun) -> None:
        """New requests after a cancelled inference: a queue with a cancelled request cannot be used again."""
        run.workload = Workload(run.workload.configuration, run.workload.spec)

    def _watch_file(self, path: str) -> None:
        if path.startswith(DEMO_PREFIX) or self._loaded is None:
            return
        try:
            identity = identity_of(path)
        except EngineFailure:
            identity = "gone"
        if identity not in (self._loaded.identity, self._stale_told):
            self._stale_told = identity
            gone = identity == "gone"
            self._reporter.notice(
                "model_changed",
                "the model file is gone; the run goes on with what was read"
                if gone
                else "the model file changed on disk; r reads it again",
            )

    def _finish(self, run: LiveRun, reason: Reason) -> None:
        self._run = None
        self._paused = False
        self._reporter.segment = run.segment
        self._reporter.memory("run", fresh=self._configurations.compiled_ever <= 1)
        self._tell_finished(run.segment, reason)

    def _tell_finished(self, segment: int, reason: Reason) -> None:
        self._given_up = 0
        self._reporter.send(RunFinished(segment=segment, at_ns=time.perf_counter_ns(), reason=reason))

    # Commands

    def _obey(self, command: AnyCommand) -> None:
        match command:
            case StartRun():
                self._begin(command.segment, command.spec)
            case ChangeSpec():
                self._begin(command.segment, command.spec)
            case Pause():
                self._pause()
            case Resume():
                self._resume()
            case StopRun():
                self._stop()
            case Profile():
                self._profile(command)
            case OpenModel():
                self._suspended()
                self._open(command.model)
            case DescribeDevices():
                self._suspended()
                self._describe(command.stand_ins)
            case SetLimits():
                self._configurations.limit = max(1, command.kept_configurations)
                self._configurations.limit_bytes = command.kept_bytes
            case Shutdown():
                leave(0)

    def _suspended(self) -> bool:
        """End the stretch of a live run, so that slow work is not counted; false when it could not be saved."""
        run = self._run
        if run is None:
            return True
        try:
            run.suspend()
        except Cancelled:
            self._rebuild(run)
        except EngineFailure as failure:
            self._reporter.segment = run.segment
            self._reporter.failed(failure)
            self._finish(run, "failed")
            return False
        return True

    def _pause(self) -> None:
        if self._run is not None and not self._paused and self._suspended():
            self._paused = True
            self._reporter.send(RunPaused(at_ns=time.perf_counter_ns()))

    def _resume(self) -> None:
        if self._run is not None and self._paused:
            self._paused = False
            self._reporter.send(RunResumed(at_ns=time.perf_counter_ns()))

    def _stop(self) -> None:
        run = self._run
        if run is not None and self._suspended():
            self._finish(run, "stopped")
        elif self._given_up:
            self._tell_finished(self._given_up, "stopped")

    def _describe(self, stand_ins: tuple[str, ...]) -> None:
        self._reporter.segment = 0
        try:
            with self._reporter.phase("devices"):
                self._stand_ins.register(stand_ins)
                devices = describe_devices(self._core, self._stand_ins.names)
            self._reporter.send(DevicesDescribed(devices=devices))
        except EngineFailure as failure:
            self._reporter.failed(failure)

    def _open(self, model: ModelSpec) -> None:
        self._reporter.segment = 0
        try:
            loaded = self._load_model(model)
            facts = describe(loaded, model)
            self._reporter.send(ModelOpened(facts=facts, at_ns=time.perf_counter_ns()))
        except EngineFailure as failure:
            self._reporter.failed(failure)

    def _load_model(self, model: ModelSpec) -> LoadedModel:
        """The model as read, read again only when its file changed."""
        for library in model.extensions:
            if library not in self._extensions:
                self._add_extension(library)
        wanted = model.compile_from_path
        have = self._loaded
        same = (
            have is not None
            and have.spec_path == model.path
            and (have.model is None) == (wanted or have.path is not None)
        )
        if have is not None and same and have.identity == identity_of(model.path):
            return have
        loaded = load(self._core, model, self._reporter.phase)
        if self._run is None or self._run.workload.spec.model.path == model.path:
            self._loaded = loaded
        return loaded

    def _add_extension(self, library: str) -> None:
        try:
            self._core.add_extension(library)
        except RuntimeError as error:
            raise EngineFailure(
                "model_unreadable",
                f"the extension {library} cannot be loaded",
                "give the path of a library built for this OpenVINO release",
                tuple(str(error).splitlines()),
            ) from error
        self._extensions.add(library)

    # Runs

    def _begin(self, segment: int, spec: RunSpec) -> None:
        previous = self._run
        if previous is not None and not self._suspended():
            previous = None
        self._run = None
        self._given_up = 0
        self._reporter.segment = segment
        if self._paused:
            self._paused = False
            self._reporter.send(RunResumed(at_ns=time.perf_counter_ns()))
        try:
            self._run = self._started(segment, spec)
        except Cancelled:
            self._run = None
            self._given_up = segment
        except EngineFailure as failure:
            self._run = None
            self._fall_back(failure, previous)

    def _fall_back(self, failure: EngineFailure, previous: LiveRun | None) -> None:
        """Tell the failure; the configuration that ran before goes on when it is still there."""
        kept = previous is not None and self._configurations.find(previous.workload.configuration.key) is not None
        if previous is None or not kept:
            self._reporter.failed(failure)
            return
        self._reporter.failed(failure, continues=previous.segment)
        self._run = previous

    def _started(self, segment: int, spec: RunSpec) -> LiveRun:
        fresh = self._configurations.compiled_ever == 0
        if fresh:
            self._reporter.memory("start", fresh=True)
        self._stand_ins.register(spec.stand_ins)
        configuration, kept = self._configuration(spec, fresh)
        workload = Workload(configuration, spec)
        run = LiveRun(segment, workload, self._reporter, self._gate)
        # From here on an arriving command may cancel a slow inference of this run.
        self._run = run
        run.prepare(kept=kept, note_first=fresh)
        self._tell_ready(segment, configuration, workload, kept)
        return run

    def _configuration(self, spec: RunSpec, fresh: bool) -> tuple[Configuration, bool]:
        loaded = self._load_model(spec.model)
        if fresh:
            self._reporter.memory("read", fresh=True)
        key = configuration_key(loaded.identity, spec)
        found = self._configurations.find(key)
        if found is not None:
            self._reporter.send(ModelOpened(facts=found.prepared.facts, at_ns=time.perf_counter_ns()))
            return found, True
        try:
            prepared = prepare(loaded, spec.model, self._reporter.phase)
        except EngineFailure as failure:
            if failure.kind == "shape_needed":
                # Whoever asks for the shape has to know what the inputs allow.
                facts = describe(loaded, spec.model)
                self._reporter.send(ModelOpened(facts=facts, at_ns=time.perf_counter_ns()))
            raise
        self._reporter.send(ModelOpened(facts=prepared.facts, at_ns=time.perf_counter_ns()))
        made = self._configurations.make(key, prepared, spec, self._reporter.phase)
        if made.prepared.facts != prepared.facts:
            self._reporter.send(ModelOpened(facts=made.prepared.facts, at_ns=time.perf_counter_ns()))
        if fresh:
            self._reporter.memory("compile", fresh=True)
        return made, False

    def _tell_ready(self, segment: int, configuration: Configuration, workload: Workload, kept: bool) -> None:
        self._reporter.send(
            ConfigurationReady(
                segment=segment,
                at_ns=time.perf_counter_ns(),
                effective=configuration.effective,
                loaded_from_cache=configuration.loaded_from_cache,
                kept=kept,
                requests=workload.count,
                streams=configuration.streams,
                batch=max(1, configuration.prepared.batch),
                execution_devices=tuple(clean(device) for device in configuration.execution_devices),
            )
        )

    def _profile(self, command: Profile) -> None:
        run = self._run
        if run is None or not self._suspended():
            if run is None:
                self._reporter.segment = 0
                self._reporter.failed(
                    EngineFailure("profile_failed", "nothing runs that could be profiled", "run a model first")
                )
            return
        self._reporter.segment = run.segment
        configuration, spec = run.workload.configuration, run.workload.spec
        counted = msgspec.structs.replace(spec, properties=profile.profiled_spec(spec), raw=False, max_rate_fps=0.0)
        try:
            with self._reporter.phase("profile"):
                if configuration.alone:
                    raise EngineFailure(
                        "profile_failed",
                        "a configuration that reserves its cores leaves none for counting",
                        "switch CPU reservation off and look again",
                    )
                compiled = self._configurations.compile_apart(configuration.prepared, counted)
                profiled = Workload(replace(configuration, compiled=compiled), counted)
                result = profile.measure_layers(
                    profiled, run.segment, command.seconds, command.iterations, self._gate, configuration.streams
                )
            self._reporter.send(LayersMeasured(profile=result))
        except profile.ProfileCancelled:
            self._reporter.notice("profile_cancelled", "the layer times were not taken: something else was asked for")
        except EngineFailure as failure:
            self._reporter.failed(failure, continues=run.segment)
