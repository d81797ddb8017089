"""Commands to the engine and events from it.

Commands are imperatives, events are facts. The first event is `Hello` and carries the version; anything that is not
in these unions is refused. Times are readings of the engine's monotonic clock in nanoseconds.

Version history:
    1 (2026-11): first.
    2 (2026-11): comparisons in turns, drift, request spans, the machine, saving a model; live layers, the roof.
    3 (2026-11): the operations of a model, affinities, how HETERO split it.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import field

from ovexplorer.schema.contest import (
    ContestantsReleased,
    DivergenceFound,
    DriftMeasured,
    FindDivergence,
    MeasureDrift,
    Prepare,
    Release,
    RunTurns,
    TurnMeasured,
    TurnsFinished,
)
from ovexplorer.schema.counting import MeasurePeak, PeakMeasured, ProfileOther, WatchLayers
from ovexplorer.schema.facts import DeviceFacts, EnvironmentFacts, ModelFacts
from ovexplorer.schema.machine import MachineFacts
from ovexplorer.schema.message import Command, Event
from ovexplorer.schema.results import (
    EffectiveProperty,
    FailureKind,
    LayerProfile,
    Load,
    MemoryUse,
    Phase,
    Samples,
    Window,
)
from ovexplorer.schema.spans import Spans
from ovexplorer.schema.spec import ModelSpec, RunSpec
from ovexplorer.schema.splitting import DescribeSplit, DescribeTopology, SplitDescribed, TopologyDescribed
from ovexplorer.text import CleanText

PROTOCOL_VERSION = 3

Reason = Literal["duration", "iterations", "stopped", "failed"]


class DescribeDevices(Command, frozen=True, kw_only=True):
    """List devices with their properties; each is tried with a one-operation model."""

    stand_ins: tuple[str, ...] = ()
    """Stand-ins to register first."""
    lacks: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """As in RunSpec; told with the stand-ins."""


class SetLimits(Command, frozen=True, kw_only=True):
    """How much the engine keeps for going back quickly."""

    kept_configurations: int = 4
    """Compiled configurations kept, the running one included; at least 1."""
    kept_bytes: int = 0
    """Resident memory above which kept ones are dropped, oldest first; 0 means half of what the machine allows."""


class OpenModel(Command, frozen=True, kw_only=True):
    """Read a model for its facts only."""

    model: ModelSpec


class StartRun(Command, frozen=True, kw_only=True):
    """Read (again if the file changed), compile and measure."""

    segment: int
    """Chosen by the sender, ascending; carried by all that follows from this command."""
    spec: RunSpec


class ChangeSpec(Command, frozen=True, kw_only=True):
    """Go on with another configuration; kept ones are used again. A compile that has not begun is skipped for it."""

    segment: int
    spec: RunSpec


class Pause(Command, frozen=True, kw_only=True):
    """Stop starting inferences until Resume."""


class Resume(Command, frozen=True, kw_only=True):
    """Go on measuring."""


class Profile(Command, frozen=True, kw_only=True):
    """Compile the present configuration with counters, measure it, and go on with the run."""

    seconds: float = 2.0
    """Time to count for, at most."""
    iterations: int = 200
    """Inferences to count, at most; at least two are taken whatever the time."""


class SaveModel(Command, frozen=True, kw_only=True):
    """Write the model as OpenVINO IR into the engine's private directory."""

    model: ModelSpec
    name: str
    """File name without directory, ending in .xml."""
    compress_to_f16: bool = False


class Trace(Command, frozen=True, kw_only=True):
    """Tell every single request of the live run (`SpansTaken`), or stop that."""

    enabled: bool


class Examine(Command, frozen=True, kw_only=True):
    """Look at the machine for a moment."""

    seconds: float = 0.5


class StopRun(Command, frozen=True, kw_only=True):
    """End the run; the engine stays."""


class Shutdown(Command, frozen=True, kw_only=True):
    """End the engine; closing its standard input does the same."""


class Hello(Event, frozen=True, kw_only=True):
    """The engine is there. Always first."""

    protocol: int
    pid: int
    clock_ns: int
    """Engine clock now."""
    import_ns: int
    """Time `import openvino` took."""
    openvino: CleanText
    environment: EnvironmentFacts


class DevicesDescribed(Event, frozen=True, kw_only=True):
    """Answers DescribeDevices."""

    devices: tuple[DeviceFacts, ...]


class ModelOpened(Event, frozen=True, kw_only=True):
    """The model was read."""

    facts: ModelFacts
    at_ns: int


class PhaseStarted(Event, frozen=True, kw_only=True):
    """Something that takes time began."""

    phase: Phase
    segment: int
    at_ns: int


class PhaseFinished(Event, frozen=True, kw_only=True):
    """It ended well."""

    phase: Phase
    segment: int
    at_ns: int
    duration_ns: int


class ConfigurationReady(Event, frozen=True, kw_only=True):
    """A configuration is compiled and warm; counting begins."""

    segment: int
    at_ns: int
    effective: tuple[EffectiveProperty, ...]
    loaded_from_cache: bool | None
    """None where the device does not tell."""
    kept: bool
    """Whether a kept compiled model was used again."""
    requests: int
    """In flight."""
    streams: int
    """0 where the device does not tell."""
    batch: int
    """Items an inference counts for."""
    execution_devices: tuple[CleanText, ...]


class WindowMeasured(Event, frozen=True, kw_only=True):
    """A slice of the run."""

    window: Window


class SamplesTaken(Event, frozen=True, kw_only=True):
    """Every latency of a slice; only when RunSpec.raw."""

    samples: Samples


class LayersMeasured(Event, frozen=True, kw_only=True):
    """Answers Profile."""

    profile: LayerProfile


class ModelSaved(Event, frozen=True, kw_only=True):
    """Answers SaveModel."""

    name: str
    path: str
    size_bytes: int
    """Of both files."""


class SpansTaken(Event, frozen=True, kw_only=True):
    """Single requests of a slice; only while Trace is on."""

    spans: Spans


class DevicesChanged(Event, frozen=True, kw_only=True):
    """AUTO has handed over to other devices."""

    segment: int
    at_ns: int
    execution_devices: tuple[CleanText, ...]


class MachineExamined(Event, frozen=True, kw_only=True):
    """Answers Examine."""

    machine: MachineFacts


class MemoryMeasured(Event, frozen=True, kw_only=True):
    """After a phase."""

    segment: int
    memory: MemoryUse
    fresh: bool
    """Whether this engine has compiled nothing else before."""


class LoadMeasured(Event, frozen=True, kw_only=True):
    """Once a second while a run is live."""

    load: Load


class RunPaused(Event, frozen=True, kw_only=True):
    """No inference is in flight."""

    at_ns: int


class RunResumed(Event, frozen=True, kw_only=True):
    """Counting goes on."""

    at_ns: int


class Noticed(Event, frozen=True, kw_only=True):
    """Worth telling, nothing failed."""

    code: str
    text: CleanText


class Failed(Event, frozen=True, kw_only=True):
    """Something asked for could not be done; the engine lives."""

    segment: int
    """0 when it did not belong to a run."""
    kind: FailureKind
    phase: Phase | None
    what: CleanText
    """One line."""
    hint: CleanText
    """One line that says what to do."""
    detail: tuple[CleanText, ...] = ()
    """OpenVINO's own lines."""
    continues: int = 0
    """Segment that goes on being measured instead; 0 when none does."""


class RunFinished(Event, frozen=True, kw_only=True):
    """The run ended."""

    segment: int
    at_ns: int
    reason: Reason


class EngineDied(Event, frozen=True, kw_only=True):
    """Made by the session, not by the engine: its process is gone."""

    exit_code: int
    """Negative for a signal, as subprocess has it."""
    while_doing: Phase | Literal["run", "idle"]
    expected: bool
    """Whether it was told to end or was killed to cancel a compile."""
    stderr: tuple[CleanText, ...] = ()
    """Its last lines."""
    at_ns: int = 0
    """Engine clock when it was noticed; 0 when unknown."""
    pid: int = 0
    """Which process it was; 0 when unknown."""


AnyCommand: TypeAlias = (
    DescribeDevices
    | SetLimits
    | OpenModel
    | StartRun
    | ChangeSpec
    | Pause
    | Resume
    | Profile
    | ProfileOther
    | WatchLayers
    | MeasurePeak
    | Prepare
    | RunTurns
    | MeasureDrift
    | FindDivergence
    | Release
    | SaveModel
    | DescribeTopology
    | DescribeSplit
    | Trace
    | Examine
    | StopRun
    | Shutdown
)
AnyEvent: TypeAlias = (
    Hello
    | DevicesDescribed
    | ModelOpened
    | PhaseStarted
    | PhaseFinished
    | ConfigurationReady
    | WindowMeasured
    | SamplesTaken
    | LayersMeasured
    | PeakMeasured
    | TurnMeasured
    | TurnsFinished
    | DriftMeasured
    | DivergenceFound
    | ContestantsReleased
    | ModelSaved
    | TopologyDescribed
    | SplitDescribed
    | SpansTaken
    | DevicesChanged
    | MachineExamined
    | MemoryMeasured
    | LoadMeasured
    | RunPaused
    | RunResumed
    | Noticed
    | Failed
    | RunFinished
    | EngineDied
)
