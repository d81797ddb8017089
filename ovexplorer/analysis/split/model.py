"""How a model is split over devices and what that costs, as frozen values."""

from __future__ import annotations

from typing import Literal

from ovexplorer.schema.base import Data
from ovexplorer.text import CleanText

SuggestionKind = Literal["move", "merge", "convert_there", "alone"]
RuleState = Literal["good", "warn", "bad"]


class Submodel(Data, frozen=True, kw_only=True):
    """A connected part that one device runs at a stretch."""

    index: int
    """N of the profile names `subgraphN:`; in a prediction its position in running order."""
    device: str
    operations: tuple[int, ...]
    """Keys in the topology, in running order; constants left out."""
    ends: int = 0
    """How many of them are Parameters, Results and constants: they compute nothing."""
    time_ns: int = -1
    """Sum of its counters, Reorders included; −1 when not measured."""
    reorder_ns: int = -1
    """Reorders among it."""
    reorders: tuple[int, ...] = ()
    """Keys of the profile's layers that are Reorders in it."""
    dump_id: int = -1
    """Its `subgraph=` id in the dump; −1 when not joined."""

    @property
    def count(self) -> int:
        """Operations that compute something."""
        return len(self.operations) - self.ends


class Cut(Data, frozen=True, kw_only=True):
    """One output of a producer that one other submodel consumes; its bytes are counted once."""

    producer: int
    """Key in the topology."""
    port: int
    consumers: tuple[int, ...]
    """Keys of all operations in the consuming submodel that take it."""
    source: int
    """Index of the producing submodel."""
    target: int
    """Index of the consuming submodel."""
    from_device: str
    to_device: str
    shape: str
    element_type: str
    size_bytes: int
    """0 when dynamic."""
    reorder_ns: int = -1
    """Of the Reorders that it makes necessary on both sides; −1 when not measured. One that several cuts share is
    shared out evenly."""
    reorders: tuple[int, ...] = ()
    """Keys of these layers in the profile."""


class Split(Data, frozen=True, kw_only=True):
    """Submodels and the cuts between them."""

    devices: tuple[str, ...]
    """In the order of preference."""
    placed: tuple[str, ...]
    """Device of each operation by key."""
    submodels: tuple[Submodel, ...]
    cuts: tuple[Cut, ...]

    @property
    def cut_bytes(self) -> int:
        """Of all cuts, for one inference."""
        return sum(cut.size_bytes for cut in self.cuts)


class Side(Data, frozen=True, kw_only=True):
    """One configuration's time for one inference: this split, or one device alone."""

    title: str
    """`HETERO:CPU_SIM,CPU`, `CPU alone`."""
    device: str
    latency_ns: int
    """Mean of the profiled compile."""
    counted_ns: int
    """Sum of all counters."""
    reorder_ns: int
    reorder_count: int

    @property
    def gap_ns(self) -> int:
        """Latency minus counters; may be negative."""
        return self.latency_ns - self.counted_ns

    @property
    def compute_ns(self) -> int:
        """Counters without Reorders."""
        return self.counted_ns - self.reorder_ns


class OperationTimes(Data, frozen=True, kw_only=True):
    """What each operation takes in one configuration."""

    device: str
    """The device it ran on alone; empty for the split itself."""
    ns: tuple[int, ...]
    """By key, Reorders left out: 0 for what became part of another layer, −1 where it is not known."""


class CostPicture(Data, frozen=True, kw_only=True):
    """What a split costs, joined from dumps, counters and the model."""

    split: Split
    """With times."""
    main: Side
    alone: tuple[Side, ...] = ()
    """The same model on one device each, CPU first."""
    model_reorder_ns: int = 0
    """Reorders that belong to the model's own structure, not to a cut."""
    model_reorders: tuple[int, ...] = ()
    """Keys of these layers."""
    unjoined: tuple[CleanText, ...] = ()
    """Layers that no submodel or operation could be found for."""
    notes: tuple[CleanText, ...] = ()
    times: tuple[OperationTimes, ...] = ()
    """Of the split, then of each device alone; what suggestions are reckoned from."""

    @property
    def baseline(self) -> Side | None:
        """The CPU alone, or else the first device alone."""
        return self.alone[0] if self.alone else None


class Suggestion(Data, frozen=True, kw_only=True):
    """A better split, with what it should save."""

    kind: SuggestionKind
    title: CleanText
    """`move relu_29 from CPU to CPU_SIM`."""
    operations: tuple[int, ...]
    """Keys that go elsewhere."""
    device: str
    """Where to."""
    saving_ns: int
    """Expected; positive is faster."""
    parts: tuple[tuple[str, int], ...] = ()
    """What the saving is made of: (`reorders`, ns), (`host gap`, ns), (`compute`, ns)."""
    reason: CleanText = CleanText("")
    submodels: tuple[int, int] = (0, 0)
    """Before and after, predicted."""
    cuts: tuple[int, int] = (0, 0)
    placements: tuple[tuple[int, str], ...] = ()
    """Key and device of each operation that moves, when they go to more than one device; empty otherwise."""


class RuleFinding(Data, frozen=True, kw_only=True):
    """What a rule of thumb says about a placement before it is compiled."""

    code: str
    """`all_placed`, `states_together`, `shape_chains`, `constants`, `bare_parts`, `small_islands`,
    `feedback`, `compile_time`."""
    state: RuleState
    text: CleanText
    operations: tuple[int, ...] = ()
    """Which ones it is about."""
    fix: CleanText = CleanText("")
    """What to do; empty when nothing is needed."""
