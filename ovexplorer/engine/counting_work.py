"""Commands about layers: a profile of the live run, of another configuration, and layers told again and again."""

from __future__ import annotations

from ovexplorer.engine.configurations import Configuration, reserves_cores
from ovexplorer.engine.failure import EngineFailure
from ovexplorer.engine.layer_watch import LayerWatch, WatchSchedule
from ovexplorer.engine.loops import Gate
from ovexplorer.engine.profile import ProfileCancelled, measure_layers, profiled_spec
from ovexplorer.engine.reporter import Reporter
from ovexplorer.engine.run import LiveRun
from ovexplorer.engine.workload import Workload
from ovexplorer.engine.workshop import Workshop
from ovexplorer.schema.counting import ProfileOther, WatchLayers
from ovexplorer.schema.protocol import LayersMeasured, Profile
from ovexplorer.schema.spec import RunSpec


class CountingWork:
    """Handles the commands for it; nothing of the live run must be in flight."""

    def __init__(self, workshop: Workshop, reporter: Reporter, gate: Gate) -> None:
        self._workshop = workshop
        self._reporter = reporter
        self._gate = gate
        self._asked: WatchLayers | None = None
        """How layers are to be told again and again; None when they are not."""
        self._watch: LayerWatch | None = None
        self._counting: Workload | None = None
        """What is profiled now: a slow inference of it may be interrupted."""

    def interrupt(self) -> None:
        """Stop a slow inference for a command; called from the reader's thread."""
        counting, watch = self._counting, self._watch
        if counting is not None:
            counting.loop.cancel()
        if watch is not None:
            watch.cancel()

    # Once

    def profile(self, command: Profile, run: LiveRun | None) -> None:
        """Answer with LayersMeasured or Failed."""
        self._reporter.segment = run.segment if run is not None else 0
        if run is None:
            self._reporter.failed(
                EngineFailure("profile_failed", "nothing runs that could be profiled", "run a model first")
            )
            return
        configuration, spec = run.workload.configuration, run.workload.spec
        try:
            with self._reporter.phase("profile"):
                _refuse_alone(configuration.alone)
                made = self._workshop.configurations.make_apart(configuration.prepared, profiled_spec(spec))
                self._measure(command, run.segment, spec, made, configuration)
        except EngineFailure as failure:
            self._reporter.failed(failure, continues=run.segment)

    def profile_other(self, command: ProfileOther, run: LiveRun | None) -> None:
        """Answer with LayersMeasured or Failed, both with the segment of the command."""
        self._reporter.segment = command.segment
        running = run.workload.spec.model.path if run is not None else ""
        try:
            with self._reporter.phase("profile"):
                _refuse_alone(reserves_cores(command.spec) or (run is not None and run.workload.configuration.alone))
                made, kept = self._workshop.make_apart(command.spec, running=running)
                self._measure(command, command.segment, command.spec, made, kept)
        except EngineFailure as failure:
            self._reporter.failed(failure, continues=run.segment if run is not None else 0)

    def _measure(
        self,
        command: Profile | ProfileOther,
        segment: int,
        spec: RunSpec,
        made: Configuration,
        plain: Configuration | None,
    ) -> None:
        counted = profiled_spec(spec)
        self._counting = workload = Workload(made, counted)
        try:
            beside = Workload(plain, counted) if plain is not None else None
            result = measure_layers(workload, segment, spec, command, self._gate, beside)
        except ProfileCancelled:
            self._reporter.notice("profile_cancelled", "the layer times were not taken: something else was asked for")
            return
        finally:
            self._counting = None
        self._reporter.send(LayersMeasured(profile=result))

    # Again and again

    def watch(self, command: WatchLayers) -> None:
        """Tell layers from now on, or no more; nothing is compiled before `count_live`."""
        self._watch = None
        self._asked = command if command.enabled else None

    def end_watch(self) -> None:
        """The run is over: whoever wants the layers of the next one asks again."""
        self._watch = self._asked = None

    def release(self) -> None:
        """Another configuration is about to be compiled: let go of what is held for the one before."""
        self._watch = None

    def live_due(self, run: LiveRun) -> bool:
        """Whether layers of the live run are to be counted now."""
        if self._asked is None:
            return False
        return self._watch is None or self._watch.segment != run.segment or self._watch.due()

    def count_live(self, run: LiveRun) -> None:
        """Count for a while and tell; a failure ends it."""
        asked = self._asked
        if asked is None:
            return
        self._reporter.segment = run.segment
        try:
            if self._watch is None or self._watch.segment != run.segment:
                self._watch = self._new_watch(run, asked)
            profile = self._watch.count(self._gate)
        except EngineFailure as failure:
            self.end_watch()
            self._reporter.failed(failure, continues=run.segment)
            return
        if profile is not None:
            self._reporter.send(LayersMeasured(profile=profile))

    def _new_watch(self, run: LiveRun, asked: WatchLayers) -> LayerWatch:
        configuration, spec = run.workload.configuration, run.workload.spec
        _refuse_alone(configuration.alone)

        def compile_apart() -> Configuration:
            return self._workshop.configurations.make_apart(configuration.prepared, profiled_spec(spec))

        return LayerWatch(run.segment, spec, compile_apart, WatchSchedule(asked.every_s, asked.share))


def _refuse_alone(alone: bool) -> None:
    if alone:
        raise EngineFailure(
            "profile_failed",
            "a configuration that reserves its cores leaves none for counting",
            "switch CPU reservation off and look again",
        )
