"""From a spec to a run that can be measured: the model as read, compiled or kept, with requests, warm."""

from __future__ import annotations

import time
from collections.abc import Callable

import openvino as ov

from ovexplorer.engine.configurations import Configuration, Configurations, configuration_key
from ovexplorer.engine.failure import EngineFailure, PhaseReporter
from ovexplorer.engine.formats import BLOB, DEMO
from ovexplorer.engine.intake import LoadedModel, describe, identity_of, load, prepare, unreported
from ovexplorer.engine.loops import Gate
from ovexplorer.engine.profile import profiled_spec
from ovexplorer.engine.properties import requests_row
from ovexplorer.engine.reporter import Reporter
from ovexplorer.engine.run import LiveRun
from ovexplorer.engine.shares import share_words
from ovexplorer.engine.stand_ins import StandIns
from ovexplorer.engine.workload import Workload
from ovexplorer.schema.protocol import ConfigurationReady, ModelOpened
from ovexplorer.schema.spec import DEMO_PREFIX, ModelSpec, RunSpec
from ovexplorer.text import clean


class Workshop:
    """Owns the core, the model that was read and the kept configurations."""

    def __init__(self, reporter: Reporter, gate: Gate, cpus: int) -> None:
        self._reporter = reporter
        self._gate = gate
        # One core per process: a second one has crashed with some GPU drivers.
        self.core = ov.Core()
        self.stand_ins = StandIns(self.core)
        self.configurations = Configurations(self.core, cpus)
        self._loaded: LoadedModel | None = None
        self._extensions: set[str] = set()
        self._stale_told = ""

    # Models

    def open(self, model: ModelSpec, *, running: str = "") -> None:
        """Read a model and tell its facts; see `load_model` for the arguments.

        Raises:
            EngineFailure: It cannot be read.
        """
        facts = describe(self.load_model(model, running=running), model)
        self._reporter.send(ModelOpened(facts=facts, at_ns=time.perf_counter_ns()))

    def load_model(self, model: ModelSpec, *, running: str = "", phases: PhaseReporter | None = None) -> LoadedModel:
        """The model as read, read again only when its file changed.

        Args:
            model: Which one.
            running: Path of the model that runs, which stays the one that is kept; empty when none does.
            phases: Where reading is told, when not as usual.

        Raises:
            EngineFailure: It cannot be read.
        """
        for library in model.extensions:
            if library not in self._extensions:
                self._add_extension(library)
        have = self._loaded
        same = (
            have is not None
            and have.spec_path == model.path
            and (have.model is None) == (have.format == BLOB or (model.compile_from_path and have.format != DEMO))
        )
        if have is not None and same and have.identity == identity_of(model.path):
            return have
        loaded = load(self.core, model, phases or self._reporter.phase)
        if running in ("", model.path):
            self._loaded = loaded
        return loaded

    def make_apart(self, spec: RunSpec, *, running: str = "") -> tuple[Configuration, Configuration | None]:
        """Compile a configuration with what is asked, beside all others and without a word.

        Args:
            spec: What is asked.
            running: See `load_model`.

        Returns:
            The configuration with counters on, which nobody keeps, and the one without when it is kept.

        Raises:
            EngineFailure: It cannot be read or compiled.
        """
        self.stand_ins.register(spec.stand_ins)
        loaded = self.load_model(spec.model, running=running, phases=unreported)
        kept = self.configurations.find(configuration_key(loaded.identity, spec))
        prepared = kept.prepared if kept is not None else prepare(loaded, spec.model, unreported)
        return self.configurations.make_apart(prepared, profiled_spec(spec)), kept

    def _add_extension(self, library: str) -> None:
        try:
            self.core.add_extension(library)
        except RuntimeError as error:
            raise EngineFailure(
                "model_unreadable",
                f"the extension {library} cannot be loaded",
                "give the path of a library built for this OpenVINO release",
                tuple(str(error).splitlines()),
            ) from error
        self._extensions.add(library)

    def watch_file(self, path: str) -> None:
        """Say once when the file of the running model changes."""
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

    # Runs

    @property
    def fresh(self) -> bool:
        """Whether nothing but one configuration was ever compiled, so that memory is its own."""
        return self.configurations.compiled_ever <= 1

    def make_run(self, segment: int, spec: RunSpec, begun: Callable[[LiveRun], None], *, running: str = "") -> LiveRun:
        """Compile or find a configuration, warm it, and tell that it is ready.

        Args:
            segment: Carried by all that is told.
            spec: What is asked.
            begun: Given the run before its first inference: from there on a command may cancel a slow one.
            running: See `load_model`.

        Raises:
            EngineFailure: It cannot be read, compiled or run.
            Cancelled: A command stopped a slow inference.
        """
        first = self.configurations.compiled_ever == 0
        if first:
            self._reporter.memory("start", fresh=True)
        self.stand_ins.register(spec.stand_ins)
        configuration, kept = self._configuration(spec, first, running)
        run = LiveRun(segment, Workload(configuration, spec), self._reporter, self._gate)
        begun(run)
        run.prepare(kept=kept, note_first=first)
        self._tell_ready(segment, configuration, run.workload, kept)
        if not kept:
            self._notice(spec, configuration)
        return run

    def _notice(self, spec: RunSpec, configuration: Configuration) -> None:
        if configuration.note:
            self._reporter.notice("affinities", configuration.note)
        if shares := share_words(spec, configuration):
            self._reporter.notice("device_shares", shares)

    def _configuration(self, spec: RunSpec, first: bool, running: str) -> tuple[Configuration, bool]:
        loaded = self.load_model(spec.model, running=running)
        if first:
            self._reporter.memory("read", fresh=True)
        key = configuration_key(loaded.identity, spec)
        found = self.configurations.find(key)
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
        made = self.configurations.make(key, prepared, spec, self._reporter.phase)
        if made.prepared.facts != prepared.facts:
            self._reporter.send(ModelOpened(facts=made.prepared.facts, at_ns=time.perf_counter_ns()))
        if first:
            self._reporter.memory("compile", fresh=True)
        return made, False

    def _tell_ready(self, segment: int, configuration: Configuration, workload: Workload, kept: bool) -> None:
        self._reporter.send(
            ConfigurationReady(
                segment=segment,
                at_ns=time.perf_counter_ns(),
                effective=(*configuration.effective, *requests_row(workload.spec, workload.count)),
                loaded_from_cache=configuration.loaded_from_cache,
                kept=kept,
                requests=workload.count,
                streams=configuration.streams,
                batch=max(1, configuration.prepared.batch),
                execution_devices=tuple(clean(device) for device in configuration.execution_devices),
            )
        )
