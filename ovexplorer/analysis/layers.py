"""Where the time of one inference goes, layer by layer.

share = layer time / mean latency of the profiled compile; gap = latency minus all counted time, spent in calls and
between layers, which may be negative.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import Literal

from ovexplorer.analysis.reorders import INPUT_TYPES, OUTPUT_TYPES, Reorder, explain_reorders, is_reorder
from ovexplorer.schema.base import Data
from ovexplorer.schema.results import LayerProfile, LayerTime

_RAN = ("executed", "below_resolution")
_CONVERTERS = frozenset({"Reorder", "Convert"})


class LayerRow(Data, frozen=True, gc=False):
    """A layer with its part of the latency."""

    layer: LayerTime
    share: float
    """Fraction of the latency."""
    cumulative: float
    """The same of this and all more expensive layers; 0 for layers that did not run."""


@dataclass(frozen=True, slots=True)
class Group:
    """Layers that have something in common."""

    name: str
    count: int
    time_ns: int
    share: float


@dataclass(frozen=True)
class Transition:
    """Layers that take one precision and give another, or the same."""

    before: str
    after: str
    count: int
    """Layers."""
    time_ns: int
    """Time of those that do nothing else (Reorder, Convert)."""


@dataclass(frozen=True)
class Gap:
    """Latency outside the counted layers, and how much of it the counters themselves explain. May be negative."""

    ns: int
    """Mean latency minus the sum of all layers."""
    share: float
    """Fraction of the latency."""
    truncation_ns: int
    """What the counters' whole microseconds can hide at most."""

    @property
    def hidden_ns(self) -> int:
        """The part that truncation can explain: 0 of a negative gap, never more than the gap."""
        return max(0, min(self.ns, self.truncation_ns))

    @property
    def rest_ns(self) -> int:
        """What remains for calls and for what lies between layers; negative when layers sum to more."""
        return self.ns - self.hidden_ns


GroupField = Literal["type", "primitive", "precision", "block"]


@dataclass(frozen=True)
class LayerAnalysis:
    """A profile, added up. What is not asked for is not computed: a live screen shows one roll-up at a time."""

    profile: LayerProfile
    rows: tuple[LayerRow, ...]
    """In the order of the profile, also those that did not run."""
    counted_ns: int
    """Sum of all layers."""
    gap_ns: int
    """Latency minus that."""

    @cached_property
    def ran(self) -> tuple[LayerTime, ...]:
        """Layers that ran."""
        return tuple([layer for layer in self.profile.layers if layer.status in _RAN])

    @cached_property
    def by_type(self) -> tuple[Group, ...]:
        """The most expensive first, as all groups."""
        return self.by("type")

    @cached_property
    def by_primitive(self) -> tuple[Group, ...]:
        """By the primitive that computes them."""
        return self.by("primitive")

    @cached_property
    def by_precision(self) -> tuple[Group, ...]:
        """By run-time precision."""
        return self.by("precision")

    @cached_property
    def by_block(self) -> tuple[Group, ...]:
        """By the part of the model they belong to; an empty name where none can be told."""
        return self.by("block")

    @cached_property
    def transitions(self) -> tuple[Transition, ...]:
        """The most frequent first."""
        return _transitions(self.ran, self.profile.layers)

    @cached_property
    def reorders(self) -> tuple[Reorder, ...]:
        """The most expensive first."""
        return explain_reorders(self.profile.layers, self.profile.latency_ns)

    @property
    def gap(self) -> Gap:
        """The gap with what explains it."""
        profile = self.profile
        return Gap(self.gap_ns, _share(self.gap_ns, profile.latency_ns), profile.truncation_ns)

    @property
    def executed(self) -> int:
        """Layers that ran."""
        return len(self.ran)

    @cached_property
    def fused(self) -> int:
        """Operations that became part of another layer."""
        return sum(layer.status == "fused" for layer in self.profile.layers)

    @property
    def reorder_ns(self) -> int:
        """Time of all Reorders."""
        return sum(entry.layer.mean_ns for entry in self.reorders)

    def by(self, field: GroupField) -> tuple[Group, ...]:
        """Layers that ran, grouped."""
        return group_layers(self.ran, field, self.profile.latency_ns)


def analyse(profile: LayerProfile) -> LayerAnalysis:
    """Add a profile up."""
    counted_ns = sum([layer.mean_ns for layer in profile.layers])
    return LayerAnalysis(
        profile=profile,
        rows=_rows(profile.layers, profile.latency_ns),
        counted_ns=counted_ns,
        gap_ns=profile.latency_ns - counted_ns,
    )


def group_layers(layers: Iterable[LayerTime], field: GroupField, latency_ns: int) -> tuple[Group, ...]:
    """Layers that have a field in common, the most expensive group first."""
    found: dict[str, list[int]] = {}
    name_of = attrgetter(field)
    for layer in layers:
        name = name_of(layer)
        if name in found:
            found[name].append(layer.mean_ns)
        else:
            found[name] = [layer.mean_ns]
    groups = [Group(name, len(times), sum(times), _share(sum(times), latency_ns)) for name, times in found.items()]
    return tuple(sorted(groups, key=lambda group: (-group.time_ns, group.name)))


def _share(time_ns: int, latency_ns: int) -> float:
    return time_ns / latency_ns if latency_ns else 0.0


def _rows(layers: Sequence[LayerTime], latency_ns: int) -> tuple[LayerRow, ...]:
    per_ns = 1 / latency_ns if latency_ns else 0.0
    cumulative: dict[int, float] = {}
    total = 0
    for layer in sorted(layers, key=attrgetter("mean_ns"), reverse=True):
        total += layer.mean_ns
        cumulative[layer.key] = total * per_ns if layer.status == "executed" else 0.0
    return tuple([LayerRow(layer, layer.mean_ns * per_ns, cumulative[layer.key]) for layer in layers])


def _transitions(ran: Iterable[LayerTime], layers: Sequence[LayerTime]) -> tuple[Transition, ...]:
    by_key = {layer.key: layer for layer in layers}
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for layer in ran:
        if layer.type in INPUT_TYPES or layer.type in OUTPUT_TYPES:
            continue
        before, after = _input_precision(layer, by_key), _first(layer.output_precisions) or layer.precision
        if not before or not after:
            continue
        count, time_ns = found.get((before, after), (0, 0))
        own_ns = layer.mean_ns if layer.type in _CONVERTERS or is_reorder(layer) else 0
        found[before, after] = (count + 1, time_ns + own_ns)
    made = [Transition(before, after, count, time_ns) for (before, after), (count, time_ns) in found.items()]
    return tuple(sorted(made, key=lambda entry: (-entry.count, entry.before, entry.after)))


def _input_precision(layer: LayerTime, by_key: dict[int, LayerTime]) -> str:
    """Of the first input that is data: weights are not in the profile."""
    for key in layer.inputs:
        if key in by_key and (precision := _first(by_key[key].output_precisions)):
            return precision
    return _first(layer.input_precisions)


def _first(precisions: str) -> str:
    return precisions.partition(",")[0].strip()
