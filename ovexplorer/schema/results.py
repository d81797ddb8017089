"""What was measured. All times are integers in nanoseconds, all sizes integers in bytes."""

from __future__ import annotations

from typing import Literal

from ovexplorer.schema.base import Data
from ovexplorer.schema.histogram import Histogram
from ovexplorer.schema.spec import RunSpec
from ovexplorer.text import CleanText, RawName

Phase = Literal[
    "import",
    "devices",
    "build",
    "read",
    "reshape",
    "compile",
    "first_inference",
    "warm_up",
    "profile",
    "split",
    "drift",
    "peak",
    "save",
]
EffectiveState = Literal["as_requested", "changed", "ignored", "default"]
LayerStatus = Literal["executed", "fused", "optimized_out", "below_resolution"]
FailureKind = Literal[
    "model_missing",
    "model_unreadable",
    "shape_needed",
    "shape_refused",
    "input_refused",
    "device_unusable",
    "property_refused",
    "compile_failed",
    "inference_failed",
    "profile_failed",
    "restart_needed",
    "compare_refused",
    "save_failed",
    "internal",
]


class Window(Data, frozen=True, kw_only=True):
    """A slice of a run: what completed in it."""

    segment: int
    """Which configuration of the run; see StartRun.segment."""
    start_ns: int
    """Engine clock when the slice began (for the first one: the first counted start)."""
    end_ns: int
    """Engine clock at the last completion counted in the slice."""
    count: int
    """Completed inferences."""
    sum_ns: int
    """Sum of their latencies."""
    min_ns: int
    """Smallest latency."""
    max_ns: int
    """Largest latency."""
    median_ns: int
    """Exact median (lower of the two middle ones)."""
    histogram: Histogram
    """All latencies of the slice."""
    host_ns: int = 0
    """Time spent in Python on pre-processing and input copies, outside the latency."""
    shape_index: int = 0
    """Which of InputSpec.data_shapes the slice ran with."""
    service_ns: int = 0
    """Sum of OpenVINO's own latencies where the latency counts from the intended start (open loads); 0 otherwise."""
    queue_ns: int = 0
    """Sum of the times from intended to real start; open loads only."""
    late_count: int = 0
    """Starts that were late through the generator itself, not for want of a free request; open loads only."""
    late_ns: int = 0
    """Sum of that lateness."""
    late_max_ns: int = 0
    """Largest of it."""


class Samples(Data, frozen=True, kw_only=True):
    """Every latency of a slice; only when RunSpec.raw."""

    segment: int
    """Which configuration."""
    start_ns: tuple[int, ...]
    """Engine clock at the start of each inference."""
    latency_ns: tuple[int, ...]
    """Latency of each."""


class EffectiveProperty(Data, frozen=True, kw_only=True):
    """One property of a compiled model: asked, got, why."""

    device: str
    """Device it belongs to."""
    property: str
    """OpenVINO's key, or `requests` for the number of requests in flight."""
    requested: CleanText | None
    """As asked, None when it was not asked."""
    effective: CleanText | None
    """As read back, None when the device does not tell."""
    state: EffectiveState
    """How the two relate."""
    why: CleanText = CleanText("")
    """The reason where they differ; empty when they agree."""


class MemoryUse(Data, frozen=True, kw_only=True):
    """Memory of the engine process after a phase."""

    after: Literal["start", "read", "compile", "first_inference", "run"]
    """The phase it was taken after."""
    rss_bytes: int
    """Resident set."""
    pss_bytes: int
    """Proportional set; 0 where the system does not tell."""
    peak_rss_bytes: int
    """Largest resident set since the phase began; 0 where the system does not tell."""


class Load(Data, frozen=True, kw_only=True):
    """What the machine did in the last second."""

    at_ns: int
    """Engine clock."""
    cores: tuple[tuple[int, float], ...]
    """Busy share 0..1 of each allowed CPU, by its number; empty where the system does not tell."""
    engine_cores: float
    """Cores that the engine used itself."""
    other_cores: float
    """Cores that everything else used."""
    steal: float
    """Share 0..1 of the time taken by the hypervisor."""
    involuntary_switches: int
    """Involuntary context switches of the engine a second, also where a sample is longer or shorter than one."""
    frequency_mhz: float
    """Mean frequency of the allowed CPUs; 0 where the system does not tell."""
    pressure: float = -1.0
    """Share 0..1 of the second in which some task waited for a CPU (PSI); -1 where the system does not tell."""
    throttled: float = -1.0
    """Share 0..1 of cgroup periods that were throttled; -1 where there is no quota or the system does not tell."""
    thermal_throttles: int = 0
    """Thermal throttle events of the allowed CPUs in this second."""


class Turn(Data, frozen=True, kw_only=True):
    """One contestant's turn in a comparison: a block of inferences, its first ones dropped."""

    window: Window
    """What was counted; its segment is the contestant."""
    cpu_ns: int = 0
    """CPU time of the contestant's process over the turn."""
    dropped: int = 0
    """Inferences left out at the beginning because they follow a switch."""


class LayerTime(Data, frozen=True, kw_only=True, gc=False):
    """One layer (a node of the runtime graph or a row of the profile).

    Tens of thousands of them live at once and none can be part of a cycle, so the collector passes them by.
    """

    key: int
    """Made by the engine; unique in one profile."""
    order: int
    """Execution order; -1 when it never ran."""
    name: CleanText
    """For showing."""
    raw_name: RawName
    """For joins."""
    type: CleanText
    """Convolution, Reorder …"""
    primitive: CleanText
    """exec_type, such as `brgconv_avx512_bf16`."""
    precision: str
    """Run-time precision: f32, bf16, u8."""
    input_precisions: str
    """Of the data inputs, comma separated; empty when unknown."""
    output_precisions: str
    """Comma separated."""
    layouts: str
    """Output layouts, comma separated: acdb, aBcd16b."""
    shapes: str
    """Output shapes: `[1,64,112,112]`, comma separated."""
    status: LayerStatus
    """What became of it."""
    mean_ns: int
    """Mean over the counted inferences; 0 unless executed."""
    fused_into: CleanText = CleanText("")
    """Layer that took it in; empty unless fused."""
    fused_from: tuple[CleanText, ...] = ()
    """Operations of the original model it stands for."""
    inputs: tuple[int, ...] = ()
    """Keys of the layers that feed it."""
    error_ns: int = 0
    """How far the mean can be off through the counters' whole microseconds."""
    flop: int = 0
    """Floating-point (or integer) operations of one inference, fused ones included; 0 when unknown."""
    read_bytes: int = 0
    """Data inputs and weights, each counted once; 0 when unknown."""
    written_bytes: int = 0
    """Outputs; 0 when unknown."""
    weights: str = ""
    """Shape and type of the largest weights: `[64,3,7,7] f32`; empty when there are none."""
    input_shapes: str = ""
    """Of the data inputs: `[1,3,224,224]`, comma separated; empty when unknown."""
    input_layouts: str = ""
    """Of the data inputs, comma separated; empty when unknown."""
    block: CleanText = CleanText("")
    """Part of the model it belongs to, from the names of its operations: `layer1.0`; empty when none can be told."""


class LayerProfile(Data, frozen=True, kw_only=True):
    """Times per layer of one separately compiled configuration with counters on."""

    segment: int
    """The configuration that was profiled."""
    iterations: int
    """Inferences the means cover."""
    warm_up_removed: bool
    """Whether the first inference was subtracted; not possible with several streams."""
    streams: int
    """Streams of the profiled compile."""
    latency_ns: int
    """Mean latency of the counted inferences of this compile."""
    layers: tuple[LayerTime, ...]
    """In execution order, those that never ran last."""
    note: CleanText = CleanText("")
    """What limits the figures, in words; empty when nothing does."""
    plain_latency_ns: int = 0
    """Mean latency without counters, in turns with the profiled compile; 0 when it was not measured."""
    overhead: tuple[float, float, float] | None = None
    """What counting costs as a fraction of the latency: point and 99 % interval; None when it was not measured."""
    truncation_ns: int = 0
    """What the counters' whole microseconds can hide at most, over all layers."""
    spec: RunSpec | None = None
    """What was profiled; None in recordings of older versions."""
    live: bool = False
    """Whether it covers only the inferences since the profile before it (see WatchLayers)."""
    at_ns: int = 0
    """Engine clock at its end."""
