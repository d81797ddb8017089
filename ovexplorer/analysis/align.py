"""Two profiles of nearly the same model, aligned by the operations of the original model.

Layers stand for operations (`fused_from`); where fusion differs, those that share an operation are one group, compared
as a group. Reorders stand for none: they are matched by who feeds them and whom they feed. A difference
counts only beyond what the counters can tell on both sides and beyond `RELATIVE`. Nothing is left out, so the times of
the rows add up to both counted sums.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ovexplorer.analysis.operations import OperationSets, operations_of, own_name
from ovexplorer.analysis.reorders import Reorder, explain_reorders, is_reorder
from ovexplorer.schema.base import Data
from ovexplorer.schema.results import LayerProfile, LayerTime
from ovexplorer.text import CleanText, clean

AlignedKind = Literal["same", "faster", "slower", "appeared", "vanished"]
Aspect = Literal["primitive", "precision", "layout", "fusion"]

RELATIVE = 0.05
"""Smallest relative difference that counts: medians of the same layer in two compiles differ by about as much."""

RESOLUTION_NS = 1_000
"""What a counter can hide where a profile does not say it."""

_RAN = ("executed", "below_resolution")
_BORDERS = ("Parameter_", "Result_")


class Change(Data, frozen=True, gc=False):
    """Something that is not the same on both sides."""

    what: Aspect
    before: CleanText
    after: CleanText


class AlignedRow(Data, frozen=True, gc=False):
    """Layers of both sides that stand for the same operations; A is the baseline."""

    names: tuple[CleanText, ...]
    """Operations of the original model; of a Reorder its own name."""
    a: tuple[LayerTime, ...]
    """Layers of A; empty where it has none that ran."""
    b: tuple[LayerTime, ...]
    a_ns: int
    b_ns: int
    error_ns: int
    """What both sides' counters can hide."""
    kind: AlignedKind
    changes: tuple[Change, ...] = ()
    by_shape: bool = False
    """Whether it was matched by type and shape for want of common names."""

    @property
    def delta_ns(self) -> int:
        """Time of B minus time of A."""
        return self.b_ns - self.a_ns

    @property
    def name(self) -> CleanText:
        """For showing: the layer that takes the longest."""
        return _longest(self.b or self.a).name if self.a or self.b else self.names[0]

    @property
    def type(self) -> CleanText:
        """Of the same layer."""
        return _longest(self.b or self.a).type


@dataclass(frozen=True)
class Alignment:
    """Two profiles beside each other."""

    a: LayerProfile
    b: LayerProfile
    rows: tuple[AlignedRow, ...]
    """The largest difference first."""
    a_counted_ns: int
    b_counted_ns: int
    by_shape: int = 0
    """Rows that were matched by type and shape."""
    note: str = ""
    """How far the alignment can be trusted; empty when by names alone."""

    @property
    def a_gap_ns(self) -> int:
        """Latency of A outside its layers."""
        return self.a.latency_ns - self.a_counted_ns

    @property
    def b_gap_ns(self) -> int:
        """Latency of B outside its layers."""
        return self.b.latency_ns - self.b_counted_ns

    def of_kind(self, kind: AlignedKind) -> tuple[AlignedRow, ...]:
        """Rows of one kind."""
        return tuple(row for row in self.rows if row.kind == kind)


class _Side:
    """The layers of one profile, sorted once by what they are; their operations are joined."""

    def __init__(self, profile: LayerProfile, sets: OperationSets) -> None:
        self.profile = profile
        self.workers: list[tuple[LayerTime, str]] = []
        """Layers that ran, each with one of the operations it stands for."""
        self.movers: list[LayerTime] = []
        """Reorders that ran and stand for no operation."""
        self.operation: dict[str, str] = {}
        """One of the operations of a layer, by the layer's own name."""
        for layer in profile.layers:
            counts = layer.status in _RAN or layer.mean_ns != 0
            if _is_mover(layer):
                if counts:
                    self.movers.append(layer)
                continue
            operations = operations_of(layer)
            sets.join(operations)
            self.operation.setdefault(own_name(layer), operations[0])
            if counts:
                self.workers.append((layer, operations[0]))


@dataclass(slots=True)
class _Pile:
    """Layers that will be one row."""

    # Tuples, because the collector soon leaves those alone that hold nothing it looks after.
    a: tuple[LayerTime, ...] = ()
    b: tuple[LayerTime, ...] = ()
    by_shape: bool = False

    def take(self, layer: LayerTime, *, of_b: bool) -> None:
        if of_b:
            self.b += (layer,)
        else:
            self.a += (layer,)


def align(a: LayerProfile, b: LayerProfile) -> Alignment:
    """Put two profiles beside each other; A is the baseline."""
    sets = OperationSets()
    sides = (_Side(a, sets), _Side(b, sets))
    piles = _by_operation(sets, sides)
    different = _are_different(a, b, piles)
    by_shape = _pair_by_shape(sets, piles) if different else 0
    rows = [_row(_names(pile), pile) for pile in piles.values()]
    rows += _reorder_rows(sets, sides)
    rows.sort(key=lambda row: -abs(row.delta_ns))
    return Alignment(
        a=a,
        b=b,
        rows=tuple(rows),
        a_counted_ns=sum(layer.mean_ns for layer in a.layers),
        b_counted_ns=sum(layer.mean_ns for layer in b.layers),
        by_shape=by_shape,
        note=_note(by_shape) if different else "",
    )


def outstanding_reorders(run: LayerProfile, cpu_only: LayerProfile) -> tuple[Reorder, ...]:
    """Reorders of a heterogeneous run that the CPU alone does not need, the most expensive first."""
    surplus: set[int] = set()
    for row in align(cpu_only, run).rows:
        movers = sorted((layer for layer in row.b if _is_mover(layer)), key=lambda layer: layer.mean_ns)
        # Which of several is one too many cannot be told: the cheapest ones, so that the sum is never overstated.
        needed = sum(_is_mover(layer) for layer in row.a)
        surplus.update(layer.key for layer in movers[: max(0, len(movers) - needed)])
    return tuple(entry for entry in explain_reorders(run.layers, run.latency_ns) if entry.layer.key in surplus)


def _is_mover(layer: LayerTime) -> bool:
    """Whether it stands for no operation: one that was inserted to convert data."""
    return is_reorder(layer) and not layer.fused_from


def _time(layers: Sequence[LayerTime]) -> int:
    return layers[0].mean_ns if len(layers) == 1 else sum(layer.mean_ns for layer in layers)


def _longest(layers: Sequence[LayerTime]) -> LayerTime:
    return layers[0] if len(layers) == 1 else max(layers, key=lambda layer: layer.mean_ns)


def _by_operation(sets: OperationSets, sides: tuple[_Side, _Side]) -> dict[str, _Pile]:
    piles: dict[str, _Pile] = {}
    for number, side in enumerate(sides):
        for layer, operation in side.workers:
            root = sets.root(operation)
            pile = piles.get(root)
            if pile is None:
                pile = piles[root] = _Pile()
            pile.take(layer, of_b=bool(number))
    return piles


def _are_different(a: LayerProfile, b: LayerProfile, piles: Mapping[str, _Pile]) -> bool:
    """Whether names alone may miss what belongs together: another file, or hardly a name in common."""
    if a.spec is not None and b.spec is not None:
        return a.spec.model.path != b.spec.model.path
    common = sum(bool(pile.a and pile.b) for pile in piles.values())
    return 2 * common < len(piles)


def _pair_by_shape(sets: OperationSets, piles: dict[str, _Pile]) -> int:
    """Pair what has no name in common by type and output shapes, in order of execution."""
    waiting: dict[Hashable, list[str]] = defaultdict(list)
    for root, pile in piles.items():
        if pile.a and not pile.b:
            waiting[_signature(pile.a)].append(root)
    for roots in waiting.values():
        roots.reverse()
    paired = 0
    for root, pile in list(piles.items()):
        roots = waiting.get(_signature(pile.b), []) if pile.b and not pile.a else []
        if not roots:
            continue
        other = piles.pop(roots.pop())
        del piles[root]
        sets.join((root, operations_of(other.a[0])[0]))
        piles[sets.root(root)] = _Pile(other.a, pile.b, by_shape=True)
        paired += 1
    return paired


def _signature(layers: Sequence[LayerTime]) -> Hashable:
    main = _longest(layers)
    return main.type, main.shapes


def _note(by_shape: int) -> str:
    how = "layers are aligned by the names both models have"
    return f"two models: {how}, {by_shape} more by type and shape in order" if by_shape else f"two models: {how}"


def _names(pile: _Pile) -> tuple[CleanText, ...]:
    """All operations that a row stands for."""
    if len(pile.a) == len(pile.b) == 1 and pile.a[0].fused_from == pile.b[0].fused_from != ():
        return pile.a[0].fused_from
    found = dict.fromkeys(name for layer in (*pile.a, *pile.b) for name in operations_of(layer))
    return tuple(CleanText(name) for name in found)


def _row(names: tuple[CleanText, ...], pile: _Pile) -> AlignedRow:
    a_ns, b_ns = _time(pile.a), _time(pile.b)
    error_ns = sum([layer.error_ns or RESOLUTION_NS for layer in (*pile.a, *pile.b)])
    return AlignedRow(
        names=names,
        a=pile.a,
        b=pile.b,
        a_ns=a_ns,
        b_ns=b_ns,
        error_ns=error_ns,
        kind=_kind(pile, b_ns - a_ns, max(error_ns, RELATIVE * max(a_ns, b_ns))),
        changes=_changes(pile),
        by_shape=pile.by_shape,
    )


def _kind(pile: _Pile, delta_ns: int, noise_ns: float) -> AlignedKind:
    if not pile.a:
        return "appeared"
    if not pile.b:
        return "vanished"
    if abs(delta_ns) <= noise_ns:
        return "same"
    return "slower" if delta_ns > 0 else "faster"


def _changes(pile: _Pile) -> tuple[Change, ...]:
    if not pile.a or not pile.b:
        return ()
    before, after = _longest(pile.a), _longest(pile.b)
    if _facts(before, pile.a) == _facts(after, pile.b):
        return ()
    pairs: tuple[tuple[Aspect, str, str], ...] = (
        ("primitive", before.primitive, after.primitive),
        ("precision", before.precision, after.precision),
        ("layout", before.layouts, after.layouts),
        ("fusion", _count(pile.a), _count(pile.b)),
    )
    return tuple([Change(what, clean(old), clean(new)) for what, old, new in pairs if old != new])


def _facts(layer: LayerTime, group: Sequence[LayerTime]) -> tuple[str, str, str, int]:
    return layer.primitive, layer.precision, layer.layouts, len(group)


def _count(layers: Sequence[LayerTime]) -> str:
    return f"{len(layers)} layers" if len(layers) > 1 else "1 layer"


# Reorders


def _reorder_rows(sets: OperationSets, sides: tuple[_Side, _Side]) -> list[AlignedRow]:
    piles: dict[Hashable, _Pile] = {}
    loose: dict[Hashable, list[Hashable]] = defaultdict(list)
    for number, side in enumerate(sides):
        profile = side.profile
        reasons = {entry.layer.key: entry for entry in explain_reorders(profile.layers, profile.latency_ns)}
        for layer in side.movers:
            reason = reasons.get(layer.key)
            ends = _ends(sets, reason, layer, side.operation)
            if number and ends not in piles:
                ends = _same_conversion(reason, ends, loose, piles)
            elif not number:
                for key in _half_keys(reason, ends):
                    loose[key].append(ends)
            piles.setdefault(ends, _Pile()).take(layer, of_b=bool(number))
    return [_row((_longest(pile.b or pile.a).name,), pile) for pile in piles.values()]


def _ends(sets: OperationSets, reason: Reorder | None, layer: LayerTime, names: Mapping[str, str]) -> tuple[str, str]:
    """The operations before and after it: the same on both sides whatever they are fused into."""
    if reason is None or not (reason.producer or reason.consumer):
        return own_name(layer), ""
    ends = (reason.producer, reason.consumer)
    before, after = (sets.root(names[name]) if name in names else str(name) for name in ends)
    return before, after


def _half_keys(reason: Reorder | None, ends: Hashable) -> list[Hashable]:
    """What it converts, with one of its ends: a border between submodels has no name on the other side."""
    if reason is None or not isinstance(ends, tuple):
        return []
    return [("before", ends[0], reason.changes), ("after", ends[1], reason.changes)]


def _same_conversion(
    reason: Reorder | None,
    ends: tuple[str, str],
    loose: Mapping[Hashable, list[Hashable]],
    piles: Mapping[Hashable, _Pile],
) -> tuple[str, str]:
    if reason is None:
        return ends
    before, after = _half_keys(reason, ends)
    wanted: list[Hashable] = []
    if reason.producer.startswith(_BORDERS):
        wanted.append(after)
    if reason.consumer.startswith(_BORDERS):
        wanted.append(before)
    for key in wanted:
        for found in loose.get(key, ()):
            if isinstance(found, tuple) and not piles[found].b:
                return found
    return ends
