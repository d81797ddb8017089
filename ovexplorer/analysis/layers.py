"""Where the time of one inference goes, layer by layer.

share = layer time / mean latency of the profiled compile; gap = latency minus all counted time, spent in calls and
between layers, which may be negative.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ovexplorer.analysis.reorders import INPUT_TYPES, OUTPUT_TYPES, Reorder, explain_reorders, is_reorder
from ovexplorer.schema.results import LayerProfile, LayerTime

_CONVERTERS = frozenset({"Reorder", "Convert"})


@dataclass(frozen=True)
class LayerRow:
    """A layer with its part of the latency."""

    layer: LayerTime
    share: float
    """Fraction of the latency."""
    cumulative: float
    """The same of this and all more expensive layers; 0 for layers that did not run."""


@dataclass(frozen=True)
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
class LayerAnalysis:
    """A profile, added up."""

    profile: LayerProfile
    rows: tuple[LayerRow, ...]
    """In the order of the profile, also those that did not run."""
    by_type: tuple[Group, ...]
    """The most expensive first, as all groups."""
    by_primitive: tuple[Group, ...]
    by_precision: tuple[Group, ...]
    transitions: tuple[Transition, ...]
    """The most frequent first."""
    reorders: tuple[Reorder, ...]
    """The most expensive first."""
    counted_ns: int
    """Sum of all layers."""
    gap_ns: int
    """Latency minus that."""

    @property
    def executed(self) -> int:
        """Layers that ran."""
        return sum(row.layer.status in ("executed", "below_resolution") for row in self.rows)

    @property
    def fused(self) -> int:
        """Operations that became part of another layer."""
        return sum(row.layer.status == "fused" for row in self.rows)

    @property
    def reorder_ns(self) -> int:
        """Time of all Reorders."""
        return sum(entry.layer.mean_ns for entry in self.reorders)


def analyse(profile: LayerProfile) -> LayerAnalysis:
    """Add a profile up."""
    layers, latency_ns = profile.layers, profile.latency_ns
    counted_ns = sum(layer.mean_ns for layer in layers)
    ran = [layer for layer in layers if layer.status in ("executed", "below_resolution")]

    def groups(of: Callable[[LayerTime], str]) -> tuple[Group, ...]:
        return _group(ran, of, latency_ns)

    return LayerAnalysis(
        profile=profile,
        rows=_rows(layers, latency_ns),
        by_type=groups(lambda layer: layer.type),
        by_primitive=groups(lambda layer: layer.primitive),
        by_precision=groups(lambda layer: layer.precision),
        transitions=_transitions(ran, layers),
        reorders=explain_reorders(layers, latency_ns),
        counted_ns=counted_ns,
        gap_ns=latency_ns - counted_ns,
    )


def _share(time_ns: int, latency_ns: int) -> float:
    return time_ns / latency_ns if latency_ns else 0.0


def _rows(layers: Sequence[LayerTime], latency_ns: int) -> tuple[LayerRow, ...]:
    cumulative: dict[int, float] = {}
    total = 0
    for layer in sorted(layers, key=lambda layer: -layer.mean_ns):
        total += layer.mean_ns
        cumulative[layer.key] = _share(total, latency_ns) if layer.status == "executed" else 0.0
    return tuple(LayerRow(layer, _share(layer.mean_ns, latency_ns), cumulative[layer.key]) for layer in layers)


def _group(layers: Iterable[LayerTime], of: Callable[[LayerTime], str], latency_ns: int) -> tuple[Group, ...]:
    found: dict[str, tuple[int, int]] = {}
    for layer in layers:
        count, time_ns = found.get(of(layer), (0, 0))
        found[of(layer)] = (count + 1, time_ns + layer.mean_ns)
    groups = [Group(name, count, time_ns, _share(time_ns, latency_ns)) for name, (count, time_ns) in found.items()]
    return tuple(sorted(groups, key=lambda group: (-group.time_ns, group.name)))


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
