"""What a ladder is made of: steps, what became of each, and the whole as one frozen value that screens show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ovexplorer.analysis.intervals import Interval
from ovexplorer.analysis.paired import PairEstimate
from ovexplorer.schema.drift import Drift
from ovexplorer.schema.recorded import Metric
from ovexplorer.schema.spec import RunSpec

LadderKind = Literal["ladder", "slower", "startup"]
"""The tricks one after another; why an application is slower than benchmark_app; start-up with and without a cache."""

StepHow = Literal["engine", "processes", "framework", "fresh"]
"""In the session's engine; in several engines at once; in another framework's process; in a fresh engine each time."""

StepStatus = Literal["waiting", "running", "done", "skipped", "failed"]

LadderStatus = Literal["idle", "running", "waiting", "paused", "done", "stopped"]
"""`waiting` for the key of the guided mode."""


@dataclass(frozen=True)
class Step:
    """One bar."""

    id: str
    """Public: `ir_f32`, `precision_f32`, `async_n`."""
    title: str
    """As in the list: `IR, f32 weights`."""
    part: str
    """Heading under which it stands: `latency`, `throughput`, `slower`, `startup`. Each part has a first bar."""
    metric: Metric
    how: StepHow = "engine"
    spec: RunSpec | None = None
    """What is measured; None when it is skipped."""
    framework: str = ""
    """`pytorch` or `onnxruntime` for `how="framework"`."""
    processes: int = 1
    """Engines at once for `how="processes"`."""
    save: Literal["", "f32", "f16"] = ""
    """Whether the model is written as IR first, and the IR is what is measured."""
    skipped: str = ""
    """Why it does not apply here; empty when it does."""
    what: str = ""
    """What it does, one sentence."""
    helps: str = ""
    """When it helps, one sentence."""
    say: str = ""
    """One sentence to say aloud."""


@dataclass(frozen=True)
class Startup:
    """Phases of one start-up, in nanoseconds; None where a phase did not run."""

    import_ns: int | None
    read_ns: int | None
    compile_ns: int | None
    first_ns: int | None
    steady_ns: float | None
    loaded_from_cache: bool | None
    cache_bytes: int
    """Size of the cache directory afterwards."""


@dataclass(frozen=True)
class StepResult:
    """What became of a step so far."""

    step: Step
    status: StepStatus = "waiting"
    reason: str = ""
    """Why it was skipped or failed."""
    latency_ms: float | None = None
    """Median of its own turns; of the caller's time for one inference (`slower`), to the first result (`startup`)."""
    latency_interval_ms: Interval | None = None
    """95 %, of these turns."""
    fps: float | None = None
    fps_interval: Interval | None = None
    against_first: PairEstimate | None = None
    """Against the first bar of its part; None for that bar itself and before the eighth quad."""
    against_previous: PairEstimate | None = None
    """Against the step before in its part, worked out from both comparisons with the first bar."""
    equals: str = ""
    """Id of an earlier step that it cannot be told from; empty otherwise."""
    added_ms: float | None = None
    """For `slower`: milliseconds it adds to the step before."""
    added_interval_ms: Interval | None = None
    """99 %, from the comparison with the step before; None without one."""
    drift: Drift | None = None
    quads: int = 0
    contest: int = 0
    """Number of its comparison in the session; 0 when it ran elsewhere."""
    startups: tuple[Startup, ...] = ()
    """For `startup`: each repetition."""
    note: str = ""
    """What it showed, in a few words: `chose 2 streams, 4 requests`."""
    command: str = ""
    """The same measured by itself: `ovexplorer bench ...`."""


@dataclass(frozen=True)
class LadderState:
    """A ladder as it stands."""

    kind: LadderKind
    results: tuple[StepResult, ...]
    status: LadderStatus = "idle"
    current: int = -1
    """Index of the step under way; -1 when none is."""
    guided: bool = False
    """Whether each step waits for a key."""
    remaining_s: float | None = None
    """The longest that the turns can still take, compiling comes on top; None before it began."""
