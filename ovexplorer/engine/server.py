"""The engine's main loop: commands in, work, events out. One thread does everything but reading commands."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from ovexplorer.engine.channel import Inbox, leave
from ovexplorer.engine.configurations import Configuration, reserves_cores
from ovexplorer.engine.contestants import Contestants
from ovexplorer.engine.counting_work import CountingWork
from ovexplorer.engine.devices import describe_devices
from ovexplorer.engine.examine import examine, viewpoint_of
from ovexplorer.engine.failure import EngineFailure
from ovexplorer.engine.handover import HandOver
from ovexplorer.engine.load import LoadSampler
from ovexplorer.engine.loops import Gate
from ovexplorer.engine.peak import answer_peak
from ovexplorer.engine.reporter import Reporter
from ovexplorer.engine.run import Cancelled, LiveRun
from ovexplorer.engine.side_work import SideWork
from ovexplorer.engine.splitting import Splitting
from ovexplorer.engine.workload import Workload
from ovexplorer.engine.workshop import Workshop
from ovexplorer.schema.contest import FindDivergence, MeasureDrift, Prepare, Release, RunTurns
from ovexplorer.schema.counting import MeasurePeak, ProfileOther, WatchLayers
from ovexplorer.schema.facts import EnvironmentFacts
from ovexplorer.schema.protocol import (
    AnyCommand,
    ChangeSpec,
    DescribeDevices,
    DevicesDescribed,
    Examine,
    LoadMeasured,
    MachineExamined,
    OpenModel,
    Pause,
    Profile,
    Reason,
    Resume,
    RunFinished,
    RunPaused,
    RunResumed,
    SaveModel,
    SetLimits,
    Shutdown,
    StartRun,
    StopRun,
    Trace,
)
from ovexplorer.schema.results import Load
from ovexplorer.schema.spec import RunSpec
from ovexplorer.schema.splitting import DescribeSplit, DescribeTopology


class Server:
    """Owns the core, the model, the kept configurations and the live run."""

    def __init__(self, reporter: Reporter, inbox: Inbox, gate: Gate, environment: EnvironmentFacts) -> None:
        self._reporter = reporter
        self._inbox = inbox
        self._gate = gate
        self._workshop = Workshop(reporter, gate, len(environment.allowed_cpus) or environment.logical_cpus)
        self._load = LoadSampler(environment.allowed_cpus)
        self._hand_over = HandOver()
        self._cpu_flags = environment.cpu_flags
        self._run: LiveRun | None = None
        self._contestants = Contestants(reporter, gate)
        self._side_work = SideWork(self._workshop, self._contestants, reporter, gate)
        self._counting = CountingWork(self._workshop, reporter, gate)
        self._splitting = Splitting(self._workshop, self._configuration_of, reporter)
        self._paused = False
        self._pause_again = False
        """Whether the run was paused when a comparison began: then it is paused again after it."""
        self._traced = False
        """Whether single requests of the live run are told."""
        self._given_up = 0
        """Segment whose preparation was cancelled and that has not been told to be over; 0 for none."""
        self._handlers = self._all_handlers()
        inbox.on_arrival = self._interrupt

    def _interrupt(self, command: AnyCommand) -> None:
        """Stop a slow inference for a command; called from the reader's thread.

        While a run is being prepared, only what replaces or ends it is worth that: the others wait for it.
        """
        self._counting.interrupt()
        run = self._contestants.current or self._run
        if run is not None and (run.prepared or isinstance(command, (StartRun, ChangeSpec, StopRun))):
            run.interrupt()

    def serve(self) -> None:
        """Work until told to end."""
        while True:
            turns, held = self._contestants.pending, self._contestants.holding
            live = (turns or (self._run is not None and not held)) and not self._paused
            command = self._inbox.take(wait=not live)
            if command is not None:
                self._handlers[type(command)](command)
                if not isinstance(command, RunTurns):
                    # What it did, or a pause it ended, is no part of what is counted.
                    self._load.restart()
            elif turns:
                self._turn()
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
        if handed := self._hand_over.look(run, time.perf_counter_ns()):
            self._reporter.send(handed)
        if self._tell_load(self._load.sample()):
            self._workshop.watch_file(run.workload.spec.model.path)
        if self._counting.live_due(run) and self._suspended():
            self._counting.count_live(run)

    def _tell_load(self, load: Load | None) -> bool:
        if load is not None:
            self._reporter.send(LoadMeasured(load=load))
        return load is not None

    def _turn(self) -> None:
        try:
            self._contestants.step()
        except EngineFailure as failure:
            self._reporter.failed(failure, continues=self._run.segment if self._run is not None else 0)
        self._tell_load(self._load.sample())

    def _rebuild(self, run: LiveRun) -> None:
        """New requests after a cancelled inference: a queue with a cancelled request cannot be used again."""
        run.workload = Workload(run.workload.configuration, run.workload.spec)

    def _finish(self, run: LiveRun, reason: Reason) -> None:
        self._run = None
        self._paused = False
        self._counting.end_watch()
        self._tell_load(self._load.rest())
        self._reporter.segment = run.segment
        self._reporter.memory("run", fresh=self._workshop.fresh)
        self._tell_finished(run.segment, reason)

    def _tell_finished(self, segment: int, reason: Reason) -> None:
        self._given_up = 0
        self._reporter.send(RunFinished(segment=segment, at_ns=time.perf_counter_ns(), reason=reason))

    # Commands

    def _all_handlers(self) -> dict[type, Callable[[Any], None]]:
        """One method a command; what is missing here is handled by the channel (Shutdown)."""
        return {
            StartRun: self._start,
            ChangeSpec: lambda command: self._begin(command.segment, command.spec),
            Pause: lambda _: self._pause(),
            Resume: lambda _: self._resume(),
            StopRun: lambda _: self._stop(),
            Profile: lambda command: self._count(self._counting.profile, command),
            ProfileOther: lambda command: self._count(self._counting.profile_other, command),
            WatchLayers: self._counting.watch,
            OpenModel: self._open,
            DescribeDevices: self._describe,
            Examine: self._examine,
            SetLimits: self._limit,
            Prepare: self._prepare,
            RunTurns: self._run_turns,
            MeasureDrift: lambda command: self._aside(self._side_work.measure_drift, command),
            FindDivergence: lambda command: self._aside(self._side_work.find_divergence, command),
            SaveModel: lambda command: self._aside(self._side_work.save, command),
            MeasurePeak: lambda command: self._aside(
                partial(answer_peak, self._workshop.core, self._reporter), command
            ),
            DescribeTopology: lambda command: self._aside(self._splitting.describe_topology, command),
            DescribeSplit: lambda command: self._aside(self._splitting.describe_split, command),
            Release: self._release,
            Trace: lambda command: self._trace(command.enabled),
            Shutdown: lambda _: leave(0),
        }

    def _limit(self, command: SetLimits) -> None:
        self._workshop.configurations.limit = max(1, command.kept_configurations)
        self._workshop.configurations.limit_bytes = command.kept_bytes

    def _configuration_of(self, segment: int) -> Configuration | None:
        work = self._contestants.workload(segment)
        if work is None and self._run is not None and self._run.segment == segment:
            work = self._run.workload
        return work.configuration if work is not None else None

    def _running_path(self) -> str:
        return self._run.workload.spec.model.path if self._run is not None else ""

    def _set_run(self, run: LiveRun) -> None:
        run.traced = self._traced
        self._run = run

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

    def _aside(self, work: Callable[[Any, str], None], command: AnyCommand) -> None:
        """Work that nobody counts."""
        self._suspended()
        work(command, self._running_path())

    def _pause(self) -> None:
        if self._run is not None and not self._paused and self._suspended():
            self._paused = True
            self._reporter.send(RunPaused(at_ns=time.perf_counter_ns()))

    def _resume(self) -> None:
        if self._run is not None and self._paused:
            self._paused = False
            self._reporter.send(RunResumed(at_ns=time.perf_counter_ns()))

    def _trace(self, enabled: bool) -> None:
        # What is in flight was begun without being watched: the stretch ends, nothing is compiled.
        self._traced = enabled
        if self._run is not None and self._run.traced != enabled and self._suspended():
            self._run.traced = enabled

    def _stop(self) -> None:
        self._contestants.drop()
        run = self._run
        if run is not None and self._suspended():
            self._finish(run, "stopped")
        elif self._given_up:
            self._tell_finished(self._given_up, "stopped")

    def _describe(self, command: DescribeDevices) -> None:
        self._suspended()
        self._reporter.segment = 0
        try:
            with self._reporter.phase("devices"):
                self._workshop.stand_ins.register(command.stand_ins)
                devices = describe_devices(self._workshop.core, self._workshop.stand_ins.names, command.lacks)
            self._reporter.send(DevicesDescribed(devices=devices))
        except EngineFailure as failure:
            self._reporter.failed(failure)

    def _open(self, command: OpenModel) -> None:
        self._suspended()
        self._reporter.segment = 0
        try:
            self._workshop.open(command.model, running=self._running_path())
        except EngineFailure as failure:
            self._reporter.failed(failure)

    def _examine(self, command: Examine) -> None:
        self._suspended()
        view = viewpoint_of(self._workshop.core, self._cpu_flags)
        self._reporter.send(MachineExamined(machine=examine(command.seconds, view)))

    # Runs

    def _start(self, command: StartRun) -> None:
        self._counting.end_watch()
        self._begin(command.segment, command.spec)

    def _begin(self, segment: int, spec: RunSpec) -> None:
        self._contestants.drop()
        self._pause_again = False
        self._counting.release()
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
            self._run = self._workshop.make_run(segment, spec, self._set_run)
        except Cancelled:
            self._run = None
            self._given_up = segment
        except EngineFailure as failure:
            self._run = None
            self._fall_back(failure, previous)

    def _fall_back(self, failure: EngineFailure, previous: LiveRun | None) -> None:
        """Tell the failure; the configuration that ran before goes on when it is still there."""
        kept = (
            previous is not None and self._workshop.configurations.find(previous.workload.configuration.key) is not None
        )
        if previous is None or not kept:
            self._reporter.failed(failure)
            return
        self._reporter.failed(failure, continues=previous.segment)
        self._run = previous

    def _prepare(self, command: Prepare) -> None:
        """Compile a contestant beside what runs; the live run waits until all of them are let go."""
        if not self._suspended():
            return
        self._pause_again |= self._paused
        self._resume()
        self._reporter.segment = command.segment
        try:
            if reserves_cores(command.spec):
                raise EngineFailure(
                    "compare_refused",
                    "a configuration that reserves its cores cannot stand beside another",
                    "compare without CPU reservation",
                )
            self._contestants.hold(
                self._workshop.make_run(
                    command.segment,
                    command.spec,
                    self._contestants.begin,
                    running=self._running_path(),
                )
            )
        except Cancelled:
            # What was asked for meanwhile begins another run and drops the contestants.
            return
        except EngineFailure as failure:
            told = failure
            if failure.kind == "restart_needed":
                # The session starts another engine only for what runs, never for a contestant.
                what = f"{failure.what}, so nothing can stand beside what runs"
                told = EngineFailure("compare_refused", what, "r starts another engine; then compare", failure.detail)
            self._reporter.failed(told, continues=self._run.segment if self._run is not None else 0)
        finally:
            self._contestants.current = None

    def _release(self, command: Release) -> None:
        self._contestants.release(command.segments)
        if self._pause_again and not self._contestants.holding:
            self._pause_again = False
            self._pause()

    def _run_turns(self, command: RunTurns) -> None:
        try:
            self._contestants.ask(command)
        except EngineFailure as failure:
            self._reporter.segment = command.turns[0] if command.turns else 0
            self._reporter.failed(failure, continues=self._run.segment if self._run is not None else 0)

    def _count(self, work: Callable[[Any, LiveRun | None], None], command: AnyCommand) -> None:
        """Layers, from a compile of its own, while the live run waits."""
        # A run that fails now is told to be over, and there may be other things to count.
        self._suspended()
        work(command, self._run)
