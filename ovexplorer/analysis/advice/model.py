"""What advice is made from and of: evidence, findings, tries. Data only.

A rule looks at one idea and gives a `Finding`, says that it `Passed`, or why it is `NotTold`. An effect is an upper
bound, never more than what was measured, and effects of different findings overlap.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ovexplorer.analysis.layers import LayerAnalysis
from ovexplorer.analysis.paired import PairEstimate
from ovexplorer.analysis.requests import RequestAnalysis
from ovexplorer.analysis.stability import Verdict
from ovexplorer.analysis.summary import RunSummary
from ovexplorer.schema.facts import EnvironmentFacts, ModelFacts
from ovexplorer.schema.peak import PeakFacts
from ovexplorer.schema.recorded import Metric
from ovexplorer.schema.results import EffectiveProperty
from ovexplorer.schema.spec import RunSpec

Level = Literal["bad", "look", "note", "good"]
Sure = Literal["measured", "estimate"]
Place = Literal["", "layers", "live", "compare", "timeline", "doctor"]

LEVELS: tuple[Level, ...] = ("bad", "look", "note", "good")
"""The worst first."""


@dataclass(frozen=True)
class Measured:
    """Another configuration that was compared with the present one in this session."""

    spec: RunSpec
    estimate: PairEstimate
    """Of the other one against the present one: above 1 the other one is faster."""
    precision: str = ""
    """That the other one read back; empty where it does not tell."""

    @property
    def faster(self) -> bool:
        """Whether the other one is surely faster."""
        return self.estimate.verdict == "b_faster"

    @property
    def settled(self) -> bool:
        """Whether it is known not to be faster."""
        return self.estimate.verdict == "a_faster" or self.estimate.precise


@dataclass(frozen=True)
class Evidence:
    """Everything that rules look at. What is not known is None or empty."""

    spec: RunSpec
    """What runs, as asked for."""
    figures: RunSummary
    verdict: Verdict
    layers: LayerAnalysis | None = None
    """None until its layers were counted."""
    peak: PeakFacts | None = None
    model: ModelFacts | None = None
    environment: EnvironmentFacts | None = None
    effective: tuple[EffectiveProperty, ...] = ()
    """Properties as read back."""
    execution_devices: tuple[str, ...] = ()
    requests: int = 0
    """In flight."""
    streams: int = 0
    """0 where the device does not tell."""
    compile_ns: int | None = None
    first_inference_ns: int | None = None
    loaded_from_cache: bool | None = None
    by_shape: Mapping[int, float] = field(default_factory=dict)
    """Median latency by index of InputSpec.data_shapes, where shapes take turns."""
    spans: RequestAnalysis | None = None
    """None while requests are not traced."""
    measured: tuple[Measured, ...] = ()
    """The newest first."""
    causes: tuple[str, ...] = ()
    """What was seen beside an unstable run, the likeliest first."""

    @property
    def latency_ns(self) -> float:
        """Median latency; 0 when nothing was counted."""
        return self.figures.p50_ns or 0.0

    def read_back(self, key: str) -> str:
        """A property of the compiled model; empty when the device does not tell."""
        return next((entry.effective for entry in self.effective if entry.property == key and entry.effective), "")

    def against(self, spec: RunSpec) -> Measured | None:
        """What is known of another configuration."""
        return next((entry for entry in self.measured if entry.spec == spec), None)


@dataclass(frozen=True)
class Try:
    """A change that may help."""

    title: str
    spec: RunSpec
    expected_ns: float | None = None
    """Time saved per inference; below 0 it got slower, None when nobody can tell before it is measured."""
    sure: Sure = "estimate"
    because: str = ""
    """In a few words."""
    own_goal: bool = True
    """Whether it serves the same goal: going from latency to throughput does not, and is never tried unasked."""
    metric: Metric | None = None
    """What is compared; None takes what the two specs make sensible."""
    failed: bool = False
    """Whether it was measured and is not faster."""


@dataclass(frozen=True)
class Fact:
    """One line of evidence: a name, its figure with the unit, and what it means."""

    name: str
    figure: str
    text: str = ""


@dataclass(frozen=True)
class Finding:
    """Something that costs, risks or is worth knowing."""

    code: str
    """Public: a key of the JSON output."""
    level: Level
    title: str
    """Short enough for a list."""
    detail: str = ""
    """One more line for it."""
    effect_ns: float | None = None
    """What it costs per inference, at most; None when it cannot be told or is no cost of an inference."""
    evidence: tuple[Fact, ...] = ()
    why: str = ""
    """Why it happens, and when it is right as it is."""
    tries: tuple[Try, ...] = ()
    """The best first."""
    link: str = ""
    place: Place = ""
    """Where it can be seen."""
    at: str = ""
    """What to show there: a filter of the layers, an option."""
    settled: str = ""
    """What to say once all tries were measured and none is faster; empty where the finding stays."""


@dataclass(frozen=True)
class Passed:
    """Looked at and fine."""

    code: str
    title: str


@dataclass(frozen=True)
class NotTold:
    """What the rule needs is not known."""

    code: str
    reason: str


Outcome: TypeAlias = Finding | Passed | NotTold
Rule: TypeAlias = Callable[[Evidence], Outcome]

BAD_SHARE = 0.10
"""Part of the latency from which a finding is bad."""
LOOK_SHARE = 0.02
"""The same for one that is worth a look; below it is a note."""


def level_of(effect_ns: float, latency_ns: float) -> Level:
    """How much an effect matters."""
    share = effect_ns / latency_ns if latency_ns else 0.0
    return "bad" if share >= BAD_SHARE else "look" if share >= LOOK_SHARE else "note"
