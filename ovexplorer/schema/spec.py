"""What is asked for: a model, its inputs, a device, options. `RunSpec` is one run, whole."""

from __future__ import annotations

from typing import Literal

from msgspec import field

from ovexplorer.schema.base import Data

Fill = Literal["auto", "normal", "ids", "ones", "zeros", "file"]
Api = Literal["sync", "async"]
InputMemory = Literal["shared", "copy"]
CallStyle = Literal["preset", "pass"]
Preprocessing = Literal["none", "graph", "host"]
LoadShape = Literal["closed", "fixed", "poisson", "bursts"]
OutputMemory = Literal["leave", "copy"]
Splitter = Literal["ours", "openvino"]

DEMO_PREFIX = "demo:"


class InputSpec(Data, frozen=True, kw_only=True):
    """What is asked for one input of the model, or for all of them."""

    name: str = ""
    """Name, node name or index of the input; empty means every input that has no entry of its own."""
    shape: str = ""
    """`[1,3,224,224]`, with `?` and `1..8` for dynamic dimensions; empty keeps the model's."""
    data_shapes: tuple[str, ...] = ()
    """Static shapes that requests take in turn while the model stays dynamic; empty means the shape itself."""
    layout: str = ""
    """`NCHW` or `N,C,H,W`; empty means guess."""
    tensor_layout: str = ""
    """Layout of the fed tensor, such as `NHWC`; turned to the model's in the graph. Empty means the model's own."""
    element_type: str = ""
    """Type of the fed tensor, such as `u8`; converted in the graph. Empty means the model's own."""
    fill: Fill = "auto"
    """How the input is filled; `auto` picks by element type and shape."""
    paths: tuple[str, ...] = ()
    """Files for `fill="file"`: .npy, .bin or images; taken in turn."""
    mean: tuple[float, ...] = ()
    """Subtracted per channel in pre-processing; empty means nothing."""
    scale: tuple[float, ...] = ()
    """Divides per channel in pre-processing; empty means nothing."""


class ModelSpec(Data, frozen=True, kw_only=True):
    """Which model, in which shapes."""

    path: str
    """A file, a SavedModel folder, a compiled blob or `demo:NAME`."""
    inputs: tuple[InputSpec, ...] = ()
    """What is asked of the inputs; at most one entry a name."""
    batch: int = 0
    """Batch size set through the layout's N; 0 keeps the model's."""
    preprocess: Preprocessing = "none"
    """Where a u8 image becomes the model's input: nowhere, in the graph, or in Python before each inference."""
    image_size: tuple[int, int] = (0, 0)
    """Height and width of the source image for pre-processing; zeros mean the model's own."""
    output_type: str = ""
    """Element type of all outputs, converted in the graph; empty means the model's own."""
    port_types: dict[str, str] = field(default_factory=dict)
    """Element type by name of input or output; wins over InputSpec.element_type and output_type."""
    extensions: tuple[str, ...] = ()
    """Libraries with extra operations, added to the core before reading."""
    compile_from_path: bool = False
    """Compile the file directly, without reading it first (benchmark_app's -lfile)."""


class AffinityRule(Data, frozen=True, kw_only=True):
    """Sends operations of the model to a device of HETERO; see `placement.resolve` for what a pattern can be."""

    pattern: str
    """A name, `/regex/`, `type:Relu`, `block:layer3`, `range:a..b` or `under:name`."""
    device: str
    """A device of the list, as OpenVINO spells it."""


class RunSpec(Data, frozen=True, kw_only=True):
    """One run: a model on a device with options. Compared and kept by value."""

    model: ModelSpec
    """The model and its inputs."""
    device: str = "CPU"
    """As OpenVINO spells it: `CPU`, `AUTO:GPU,CPU`, `HETERO:CPU_SIM,CPU`, `BATCH:CPU(4)`."""
    stand_ins: tuple[str, ...] = ()
    """Names under which the CPU plugin is registered a second time before compiling."""
    lacks: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Operation types that a stand-in pretends not to support, by its name; `Softmax`, `Add`."""
    affinities: tuple[AffinityRule, ...] = ()
    """Which operations HETERO runs where; later rules win. What none names goes to the first device that takes it."""
    placements: dict[str, str] = field(default_factory=dict)
    """Device of single operations of the model by their exact name; wins over all rules."""
    splitter: Splitter = "ours"
    """Who splits the model with HETERO: ours writes every affinity itself, so that there is one pair of dumps."""
    properties: dict[str, str] = field(default_factory=dict)
    """Asked OpenVINO properties, key to text (`PERFORMANCE_HINT`: `LATENCY`); passed through and read back."""
    device_properties: dict[str, dict[str, str]] = field(default_factory=dict)
    """Asked properties for each device of a virtual one; passed as DEVICE_PROPERTIES."""
    api: Api = "sync"
    """One blocking request, or several in flight."""
    requests: int = 0
    """Requests in flight with the async API; 0 means what the device calls optimal."""
    inputs: InputMemory = "shared"
    """Whether requests read the input arrays in place or a copy is made before each inference."""
    call: CallStyle = "preset"
    """Whether inputs are set once or passed with each call."""
    outputs: OutputMemory = "leave"
    """Whether results stay in the request's memory or are copied out after each inference."""
    max_rate_fps: float = 0.0
    """Starts per second at most in a closed loop; 0 means back to back."""
    load: LoadShape = "closed"
    """When inferences are due: as soon as a request is free, or by a clock of their own that waits for nobody."""
    rate_fps: float = 30.0
    """Mean arrivals per second of a load that is not closed."""
    burst: int = 8
    """Arrivals that are due at once with `load="bursts"`; the pause between bursts follows from the rate."""
    warm_up: bool = True
    """Whether every stream runs uncounted inferences first."""
    raw: bool = False
    """Whether every single latency is reported with its start time."""
    duration_s: float = 0.0
    """Ends the run after so much counted time; 0 means never."""
    iterations: int = 0
    """Ends the run after so many counted inferences; 0 means never."""
    seed: int = 0
    """Seed of the random inputs."""
