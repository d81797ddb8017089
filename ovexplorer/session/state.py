"""What a session knows, as one frozen value. Screens, exports and analysis read this and nothing else.

`RunState` is made by `store.Store` from events. Windows are appended and never changed, so a state shares its
series with later states and is cheap to take.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ovexplorer.schema.drift import Divergence, Drift
from ovexplorer.schema.facts import DeviceFacts, EnvironmentFacts, ModelFacts
from ovexplorer.schema.machine import MachineFacts
from ovexplorer.schema.peak import PeakFacts
from ovexplorer.schema.protocol import ConfigurationReady, DevicesChanged, EngineDied, Failed, Noticed, Reason
from ovexplorer.schema.recorded import ContestKind, Metric, Stopped
from ovexplorer.schema.results import LayerProfile, Load, MemoryUse, Phase, Turn, Window
from ovexplorer.schema.spans import Spans
from ovexplorer.schema.spec import RunSpec
from ovexplorer.schema.splitting import SplitDescribed, TopologyDescribed
from ovexplorer.text import CleanText

Status = Literal["starting", "idle", "working", "live", "paused", "finished", "died"]
MarkKind = Literal["toggle", "pause", "restart", "note", "turns", "handover"]

_NOTHING = CleanText("")


@dataclass(frozen=True)
class PhaseTime:
    """A phase that ran or is running."""

    phase: Phase
    started_ns: int
    """Engine clock."""
    duration_ns: int | None
    """None while it runs."""


@dataclass(frozen=True)
class Segment:
    """One configuration of the run, from the moment it was asked for."""

    number: int
    """As in StartRun.segment."""
    spec: RunSpec
    """As asked for."""
    title: str
    """What changed against the segment before, in words: `Precision bf16→f32`; empty for the first."""
    phases: tuple[PhaseTime, ...] = ()
    """In order of start."""
    ready: ConfigurationReady | None = None
    """None until it is compiled and warm."""
    windows: tuple[Window, ...] = ()
    """Counted slices, oldest first."""
    failed: Failed | None = None
    """Why it could not be measured."""
    memory: tuple[MemoryUse, ...] = ()
    """After each phase."""
    memory_fresh: bool = True
    """Whether no other configuration lived in the engine when the memory was taken."""
    withdrawn: bool = False
    """Cancelled, or replaced before it was compiled."""
    finished: Reason | None = None
    """Why counting ended; None while it may go on."""
    loads: tuple[Load, ...] = ()
    """What the machine did in each second it was counted, oldest first; the last ten minutes."""
    spans: tuple[Spans, ...] = ()
    """Single requests, while they were traced; the last minute, at most 50,000 of them."""
    handovers: tuple[DevicesChanged, ...] = ()
    """When AUTO went over to other devices."""

    def phase_ns(self, phase: Phase) -> int | None:
        """Duration of a phase, None when it did not run or has not ended."""
        for entry in reversed(self.phases):
            if entry.phase == phase:
                return entry.duration_ns
        return None

    @property
    def running_phase(self) -> PhaseTime | None:
        """The phase under way."""
        return next((entry for entry in reversed(self.phases) if entry.duration_ns is None), None)

    @property
    def count(self) -> int:
        """Counted inferences."""
        return sum(window.count for window in self.windows)


@dataclass(frozen=True)
class Contest:
    """Two configurations compared in turns."""

    number: int
    kind: ContestKind
    metric: Metric
    a: Segment
    """The first contestant: the baseline. Its windows are its turns."""
    b: Segment
    """The second: what is asked about."""
    budget_s: float
    """Time for the turns."""
    started_ns: int
    """Engine clock when it was asked for."""
    turns: tuple[Turn, ...] = ()
    """In the order they ran."""
    drift_a: Drift | None = None
    """None until it is measured."""
    drift_b: Drift | None = None
    divergence: Divergence | None = None
    """Of B, once it was asked for."""
    stopped: Stopped | None = None
    """None while it runs."""

    @property
    def moved(self) -> Segment | None:
        """The side whose outputs moved from the reference, B first; None when neither did, or it is not known."""
        sides = ((self.b, self.drift_b), (self.a, self.drift_a))
        return next((side for side, drift in sides if drift is not None and drift.state == "measured"), None)

    @property
    def ready(self) -> bool:
        """Whether both are compiled."""
        return self.a.ready is not None and self.b.ready is not None


@dataclass(frozen=True)
class Mark:
    """A moment on the time axis."""

    number: int
    """Shown for a toggle (its last digit on the axis); 0 for the other kinds."""
    kind: MarkKind
    at_ns: int
    """Engine clock; of the key press for a toggle."""
    segment: int
    """Segment that began here; 0 for the other kinds."""
    text: str
    """For the legend."""


@dataclass(frozen=True)
class RunState:
    """Everything a screen can show at one moment."""

    status: Status = "starting"
    engine_pid: int = 0
    """0 before Hello."""
    openvino: CleanText = _NOTHING
    import_ns: int = 0
    environment: EnvironmentFacts | None = None
    devices: tuple[DeviceFacts, ...] = ()
    devices_known: bool = False
    """Whether DevicesDescribed has arrived."""
    model: ModelFacts | None = None
    """Of the last model opened or run."""
    opening_failed: Failed | None = None
    """Why the last OpenModel could not be done."""
    segments: tuple[Segment, ...] = ()
    """Of the present run; a new model begins a new tuple."""
    marks: tuple[Mark, ...] = ()
    """Oldest first, withdrawn ones removed."""
    profile: LayerProfile | None = None
    """The last profile of this run."""
    profiles: tuple[LayerProfile, ...] = ()
    """The last profile of each segment and of other configurations, the newest last, at most 16."""
    watching: bool = False
    """Whether layers are told again and again."""
    peak: PeakFacts | None = None
    """What this machine reaches at most; None until it is measured."""
    profile_failed: Failed | None = None
    """Why the last Profile could not be done; None after one that could."""
    profiling: bool = False
    topology: TopologyDescribed | None = None
    """The operations of the model described last, with what devices take of them."""
    topology_failed: Failed | None = None
    """Why the last question about operations or a split could not be answered; None after one that could."""
    splits: tuple[SplitDescribed, ...] = ()
    """How configurations of this run were split, the newest last, at most 8."""
    load: Load | None = None
    """The last second."""
    contests: tuple[Contest, ...] = ()
    """Comparisons of this run, oldest first, the last 40."""
    machine: MachineFacts | None = None
    """The last look at the machine."""
    tracing: bool = False
    """Whether single requests are told."""
    notices: tuple[Noticed, ...] = ()
    """Oldest first, the last 50."""
    died: EngineDied | None = None
    """Set while no engine is there because it ended unasked."""
    active: int = 0
    """Number of the segment that is worked on or measured: after a failed toggle the one that goes on; 0 when none."""
    phase: PhaseTime | None = None
    """The phase under way, also one that belongs to no segment (`devices`, `read` for OpenModel)."""
    now_ns: int = 0
    """Engine clock of the last event."""
    revision: int = 0
    """Grows with every event; equal means nothing changed."""
    extra: dict[str, str] = field(default_factory=dict)
    """Facts about a replay: `speed`, `at`, `length`; empty otherwise."""

    @property
    def contest(self) -> Contest | None:
        """The comparison under way."""
        return self.contests[-1] if self.contests and self.contests[-1].stopped is None else None

    @property
    def current(self) -> Segment | None:
        """The newest segment that was not withdrawn."""
        return next((segment for segment in reversed(self.segments) if not segment.withdrawn), None)

    @property
    def measured(self) -> Segment | None:
        """The newest segment that has counted windows and did not fail."""
        return next((s for s in reversed(self.segments) if s.windows and not s.withdrawn), None)
