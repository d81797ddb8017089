"""What was found: devices and their properties, the model, the machine."""

from __future__ import annotations

from typing import Literal

from ovexplorer.schema.base import Data
from ovexplorer.text import CleanText, RawName

PropertyKind = Literal["boolean", "integer", "real", "choice", "text", "set"]
DeviceState = Literal["usable", "stand_in", "virtual", "unusable"]


class PropertyFacts(Data, frozen=True, kw_only=True):
    """One property of a device as it stands."""

    name: str
    """OpenVINO's key."""
    access: Literal["RO", "RW", "WO"]
    """Whether it can be set."""
    kind: PropertyKind
    """Typed from its present value."""
    value: CleanText
    """Present value as text: `LATENCY`, `YES`, `bf16`, `0`."""
    choices: tuple[str, ...] = ()
    """All values of a choice, where they are known."""


class DeviceFacts(Data, frozen=True, kw_only=True):
    """One device that can or cannot be used here."""

    name: str
    """As OpenVINO spells it."""
    full_name: CleanText
    """Its own long name, or what it is in plain words."""
    state: DeviceState
    """`usable` only after a trial compile of a one-operation model."""
    reason: CleanText = CleanText("")
    """Why it is unusable; empty otherwise."""
    capabilities: tuple[str, ...] = ()
    """OPTIMIZATION_CAPABILITIES, such as BF16, INT8."""
    properties: tuple[PropertyFacts, ...] = ()
    """All readable properties."""


class PortFacts(Data, frozen=True, kw_only=True):
    """One input or output of the model."""

    index: int
    """Position among the inputs or outputs."""
    name: CleanText
    """First tensor name, or the node's name."""
    raw_name: RawName
    """The same as the model spells it: the key for InputSpec.name."""
    element_type: str
    """OpenVINO's short name: f32, i64, u8, string."""
    shape: str
    """`[1,3,224,224]`, with `?` for any size and `1..512` for bounds; `[...]` for a dynamic rank."""
    layout: str = ""
    """`NCHW`; empty when the model says none and none could be guessed."""
    guessed_layout: bool = False
    """Whether the layout is a guess from the shape."""
    proposed_shape: str = ""
    """Static shape proposed for a dynamic one; empty when the port is static."""
    ids_below: int = 0
    """Rows of the table that this input indexes; 0 when it indexes none that could be found."""
    fill: str = ""
    """What the input is filled with, in words: `normal numbers`, `ids 0…30521`."""


class ModelFacts(Data, frozen=True, kw_only=True):
    """What the model is."""

    path: str
    """As asked for."""
    name: CleanText
    """Short name for the screen: the file's name or the demo's."""
    format: str
    """OpenVINO IR, ONNX, TensorFlow, TensorFlow Lite, Paddle, compiled blob, demo."""
    size_bytes: int
    """Size of the file, with its weights file; 0 for a demo."""
    sha256: str
    """Of the model file alone; empty for a folder or a file over 2 GB."""
    identity: str
    """Changes when the file changes: path, size and modification time."""
    inputs: tuple[PortFacts, ...]
    """Inputs in order."""
    outputs: tuple[PortFacts, ...]
    """Outputs in order."""
    operations: dict[CleanText, int]
    """Number of operations by type, without Constant, Parameter and Result."""
    parameters: int
    """Elements of all constants that are weights; 0 for a blob."""
    weight_bytes: int
    """Bytes of these constants."""
    flop: int
    """Floating-point operations of one inference (a multiply-add is two); 0 when unknown."""
    flop_note: CleanText = CleanText("")
    """Why `flop` is a lower bound or unknown; empty when it covers the model."""
    dynamic: bool = False
    """Whether any input has a dynamic shape."""
    stateful: bool = False
    """Whether the model keeps state between inferences."""
    note: CleanText = CleanText("")
    """What it is in a few words, for a demo."""


class EnvironmentFacts(Data, frozen=True, kw_only=True):
    """The machine the engine runs on."""

    hostname: CleanText
    """Name of the host."""
    cpu_model: CleanText
    """From /proc/cpuinfo or the platform module."""
    cpu_flags: tuple[str, ...]
    """Vector extensions among avx2, avx512f, avx512_bf16, avx512_fp16, avx512_vnni, amx_tile, amx_bf16, amx_int8."""
    logical_cpus: int
    """CPUs of the machine."""
    allowed_cpus: tuple[int, ...]
    """The affinity mask."""
    quota_cpus: float
    """CPUs by cgroup quota; 0 means no quota."""
    memory_bytes: int
    """Physical memory."""
    memory_limit_bytes: int
    """By cgroup; 0 means no limit."""
    kernel: CleanText
    """Operating system and release."""
    virtualisation: CleanText
    """`kvm`, `container` …; empty when none was seen."""
    governor: CleanText
    """cpufreq governor; empty when there is none to read."""
    openvino: CleanText
    """Version and build."""
    python: CleanText
    """Version of the engine's Python."""
