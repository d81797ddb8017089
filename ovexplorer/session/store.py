"""Reduces events to a frozen `RunState`.

`apply` is cheap and total: any order of events is taken, an event for a segment nobody asked for is ignored. `state`
is rebuilt only after something changed, and unchanged segments are shared between states.
"""

from __future__ import annotations

from functools import singledispatchmethod

from ovexplorer.schema.contest import DivergenceFound, DriftMeasured, TurnMeasured
from ovexplorer.schema.counting import PeakMeasured
from ovexplorer.schema.facts import DeviceFacts, EnvironmentFacts, ModelFacts
from ovexplorer.schema.machine import MachineFacts
from ovexplorer.schema.protocol import (
    ConfigurationReady,
    DevicesChanged,
    DevicesDescribed,
    EngineDied,
    Failed,
    Hello,
    LayersMeasured,
    LoadMeasured,
    MachineExamined,
    MemoryMeasured,
    ModelOpened,
    Noticed,
    PhaseFinished,
    PhaseStarted,
    RunFinished,
    RunPaused,
    RunResumed,
    SpansTaken,
    WindowMeasured,
)
from ovexplorer.schema.recorded import Asked, Contested, Noted, Settled, StoredEvent, Withdrew
from ovexplorer.schema.results import Load
from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.contest_drafts import ContestDrafts
from ovexplorer.session.drafts import SegmentDraft
from ovexplorer.session.profile_drafts import ProfileDrafts
from ovexplorer.session.run_drafts import RunDrafts
from ovexplorer.session.split_drafts import SplitDrafts
from ovexplorer.session.state import PhaseTime, RunState, Status
from ovexplorer.text import CleanText, clean

MOST_NOTICES = 50


class Store:
    """The one place where events become state."""

    def __init__(self) -> None:
        self._hello: Hello | None = None
        self._environment: EnvironmentFacts | None = None
        self._devices: tuple[DeviceFacts, ...] = ()
        self._devices_known = False
        self._model: ModelFacts | None = None
        self._opening_failed: Failed | None = None
        self._run = RunDrafts()
        self._contests = ContestDrafts()
        self._machine: MachineFacts | None = None
        self._tracing = False
        self._loose_phase: PhaseTime | None = None
        self._profiles = ProfileDrafts()
        self._splits = SplitDrafts()
        self._paused = False
        self._load: Load | None = None
        self._notices: list[Noticed] = []
        self._died: EngineDied | None = None
        self._now_ns = 0
        self._revision = 0
        self._state: RunState | None = None

    # What goes in

    def apply(self, event: StoredEvent) -> None:
        """Take one event."""
        self._now_ns = max(self._now_ns, getattr(event, "at_ns", 0))
        self._take(event)
        self._changed()

    def asked(self, segment_number: int, spec: RunSpec, title: str, at_ns: int, *, new_run: bool = False) -> None:
        """A configuration was asked for; see Asked."""
        self.apply(Asked(segment=segment_number, spec=spec, title=clean(title), at_ns=at_ns, new_run=new_run))

    def expect_profile(self) -> None:
        """Profile was sent; shown at once, before the engine answers."""
        self._profiles.expect()
        self._changed()

    def expect_layers(self, wanted: bool) -> None:
        """WatchLayers was sent; shown at once."""
        self._profiles.watching = wanted
        self._changed()

    def _changed(self) -> None:
        self._revision += 1
        self._state = None

    # What comes out

    @property
    def state(self) -> RunState:
        """Everything known now; the same object until something changes."""
        if self._state is None:
            hello = self._hello
            self._state = RunState(
                status=self._status(),
                engine_pid=hello.pid if hello else 0,
                openvino=hello.openvino if hello else CleanText(""),
                import_ns=hello.import_ns if hello else 0,
                environment=self._environment,
                devices=self._devices,
                devices_known=self._devices_known,
                model=self._model,
                opening_failed=self._opening_failed,
                segments=self._run.freeze(),
                marks=self._run.marks,
                profile=self._profiles.last,
                profiles=self._profiles.freeze(),
                profile_failed=self._profiles.failed,
                profiling=self._profiles.running,
                watching=self._profiles.watching,
                peak=self._profiles.peak,
                topology=self._splits.topology,
                topology_failed=self._splits.failed,
                splits=self._splits.freeze(),
                load=self._load,
                contests=self._contests.freeze(),
                machine=self._machine,
                tracing=self._tracing,
                notices=tuple(self._notices),
                died=self._died,
                active=self._run.active,
                phase=self._running_phase(),
                now_ns=self._now_ns,
                revision=self._revision,
            )
        return self._state

    def last_good(self, before: int = 0) -> int:
        """Number of the newest segment that was compiled (older than `before` when given); 0 when there is none."""
        return self._run.last_good(before)

    def expect_spans(self, wanted: bool) -> None:
        """Trace was sent; shown at once."""
        self._tracing = wanted
        self._changed()

    def _draft(self, segment: int) -> SegmentDraft | None:
        return self._run.find(segment) or self._contests.contestant(segment)

    def _running_phase(self) -> PhaseTime | None:
        draft = self._run.current
        return (draft.running_phase if draft else None) or self._contests.running_phase or self._loose_phase

    def _status(self) -> Status:
        if self._died is not None:
            return "died"
        if self._hello is None:
            return "starting"
        draft = self._run.current
        if self._running_phase() is not None or (draft is not None and draft.pending):
            return "working"
        if draft is None:
            return "finished" if self._run.any_measured else "idle"
        if draft.finished is not None or draft.failed is not None:
            return "finished"
        return "paused" if self._paused else "live"

    # One method a kind of event

    @singledispatchmethod
    def _take(self, event: object) -> None:
        """Events that change nothing here, such as SamplesTaken, and those about splits."""
        self._splits.take(event)

    @_take.register
    def _(self, event: Hello) -> None:
        self._hello = event
        self._environment = event.environment
        self._died = None
        self._now_ns = max(self._now_ns, event.clock_ns)

    @_take.register
    def _(self, event: DevicesDescribed) -> None:
        self._devices = event.devices
        self._devices_known = True

    @_take.register
    def _(self, event: ModelOpened) -> None:
        if self._of_contestant(event):
            return
        self._model = event.facts
        self._opening_failed = None

    def _of_contestant(self, event: ModelOpened) -> bool:
        """Whether it is the model of a contestant beside a run, which keeps its own: other files, other shapes."""
        draft = self._run.current
        runs = draft is not None and draft.ready is not None and draft.finished is None
        return runs and self._model is not None and self._contests.prepares(event.facts.path)

    @_take.register
    def _(self, event: Asked) -> None:
        if event.new_run:
            self._run.clear()
            self._profiles.clear()
            self._splits.begin_run()
            self._paused = False
            self._contests.clear()
            if self._model is not None and self._model.path != event.spec.model.path:
                self._model = None
        self._contests.give_up()
        self._run.ask(event, self._now_ns)

    @_take.register
    def _(self, event: Withdrew) -> None:
        self._run.withdraw(event.segment, self._now_ns)

    @_take.register
    def _(self, event: Noted) -> None:
        self._run.mark("note", event.at_ns, str(event.text))

    @_take.register
    def _(self, event: PhaseStarted) -> None:
        if event.phase == "profile":
            self._profiles.running = True
        draft = self._draft(event.segment)
        if draft is None:
            self._loose_phase = PhaseTime(event.phase, event.at_ns, None)
        else:
            draft.begin_phase(event.phase, event.at_ns)

    @_take.register
    def _(self, event: PhaseFinished) -> None:
        draft = self._draft(event.segment)
        if draft is not None:
            draft.end_phase(event.phase, event.duration_ns)
        elif self._loose_phase is not None and self._loose_phase.phase == event.phase:
            self._loose_phase = None

    @_take.register
    def _(self, event: ConfigurationReady) -> None:
        if draft := self._draft(event.segment):
            draft.ready = event
            draft.touch()

    @_take.register
    def _(self, event: WindowMeasured) -> None:
        self._now_ns = max(self._now_ns, event.window.end_ns)
        if draft := self._run.find(event.window.segment):
            draft.add_window(event.window)

    @_take.register
    def _(self, event: LayersMeasured) -> None:
        self._profiles.take(event.profile, of_run=self._run.find(event.profile.segment) is not None)

    @_take.register
    def _(self, event: PeakMeasured) -> None:
        self._profiles.peak = event.peak

    @_take.register
    def _(self, event: MemoryMeasured) -> None:
        if draft := self._draft(event.segment):
            draft.memory.append(event.memory)
            draft.memory_fresh = draft.memory_fresh and event.fresh
            draft.touch()

    @_take.register
    def _(self, event: LoadMeasured) -> None:
        self._load = event.load
        # What happened while a comparison ran says nothing about the run.
        if not self._contests.running and (draft := self._run.current):
            draft.add_load(event.load)
        self._now_ns = max(self._now_ns, event.load.at_ns)

    @_take.register
    def _(self, event: SpansTaken) -> None:
        if draft := self._run.find(event.spans.segment):
            draft.add_spans(event.spans)

    @_take.register
    def _(self, event: DevicesChanged) -> None:
        if draft := self._run.find(event.segment):
            draft.handovers.append(event)
            draft.touch()
            devices = ", ".join(event.execution_devices)
            self._run.mark("handover", event.at_ns, f"AUTO now on {devices}")

    @_take.register
    def _(self, event: MachineExamined) -> None:
        self._machine = event.machine

    @_take.register
    def _(self, event: Contested) -> None:
        self._contests.begin(event)
        if self._run:
            self._run.mark("turns", event.at_ns, "held for turns of A and B")

    @_take.register
    def _(self, event: TurnMeasured) -> None:
        self._now_ns = max(self._now_ns, event.turn.window.end_ns)
        self._contests.take_turn(event.contest, event.turn)

    @_take.register
    def _(self, event: DriftMeasured | DivergenceFound) -> None:
        self._contests.take_answer(event)

    @_take.register
    def _(self, event: Settled) -> None:
        self._contests.settle(event.contest, event.stopped, event.at_ns)

    @_take.register
    def _(self, event: RunPaused) -> None:
        self._paused = True
        self._run.mark("pause", event.at_ns, "paused")

    @_take.register
    def _(self, _event: RunResumed) -> None:
        self._paused = False

    @_take.register
    def _(self, event: Noticed) -> None:
        if event.code == "profile_cancelled":
            self._profiles.fail(None)
            if draft := self._run.current:
                draft.end_phases(self._now_ns)
        self._notices = [*self._notices, event][-MOST_NOTICES:]

    @_take.register
    def _(self, event: Failed) -> None:
        if contestant := self._contests.contestant(event.segment):
            contestant.failed = event
            contestant.end_phases(self._now_ns)
            return
        if self._splits.fails(event):
            self._loose_phase = None
            return
        draft = self._run.find(event.segment)
        loose = draft is None and event.phase in ("profile", "peak")
        if event.kind == "profile_failed" or loose or (draft is not None and event.continues == event.segment):
            # Whatever went wrong in a profile, the run it belongs to is sound.
            self._profiles.fail(event)
            self._loose_phase = None
            if draft is not None:
                draft.end_phases(self._now_ns)
        elif draft is None:
            self._loose_failure(event)
        else:
            self._run.fail(draft, event, self._now_ns)

    def _loose_failure(self, event: Failed) -> None:
        self._loose_phase = None
        if event.phase == "devices" or event.kind == "device_unusable":
            self._devices_known = True
            self._notices = [*self._notices, Noticed(code=event.kind, text=event.what)][-MOST_NOTICES:]
        elif event.segment == 0:
            self._opening_failed = event

    @_take.register
    def _(self, event: RunFinished) -> None:
        if draft := self._run.find(event.segment):
            draft.finished = event.reason
            draft.touch()
        self._paused = False

    @_take.register
    def _(self, event: EngineDied) -> None:
        self._run.engine_died(self._now_ns)
        self._hello = None
        self._contests.engine_died(self._now_ns)
        self._tracing = False
        self._loose_phase = None
        self._paused = False
        self._profiles.engine_died()
        self._load = None
        self._died = None if event.expected else event
