"""What changes while layers are counted again and again: which values moved, and what they are held against. Pure.

A value moved when it differs from the one before by more than the counters can hide and by more than it usually does
from one refresh to the next.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ovexplorer.analysis.align import RELATIVE, RESOLUTION_NS, AlignedKind, AlignedRow, Alignment
from ovexplorer.schema.results import LayerProfile
from ovexplorer.schema.spec import RunSpec

FIRST_NOISE = 0.05
"""Part of a value that passes for noise before it is known how much it usually differs."""

USUAL_STEPS = 3.0
"""How many usual steps a value must make to have moved."""

RESORT = 0.1
"""Part by which a value may differ from the one its row is ordered by."""

SLOWNESS = 0.3
"""Weight of the newest step in the usual one."""

ReferenceKind = Literal["frozen", "baseline"]


@dataclass(frozen=True)
class Reference:
    """What the present profile is held against."""

    kind: ReferenceKind
    profile: LayerProfile
    title: str
    """`frozen 1:51`, or `A`."""


@dataclass
class Moves:
    """Follows the values of one configuration.

    Attributes:
        moved: Keys of the layers that moved with the last refresh.
        settled: A value by key that follows moves and larger differences, to order rows by: noise does not swap them.
    """

    moved: frozenset[int] = frozenset()
    settled: dict[int, int] = field(default_factory=dict)
    _before: dict[int, tuple[int, int]] = field(default_factory=dict)
    _steps: dict[int, float] = field(default_factory=dict)

    def begin(self, profile: LayerProfile) -> None:
        """Start anew with a profile: nothing has moved yet."""
        self.moved = frozenset()
        self._steps.clear()
        self._take(profile)
        self.settle(profile)

    def settle(self, profile: LayerProfile) -> None:
        """Order by the values as they are now."""
        self.settled = {layer.key: layer.mean_ns for layer in profile.layers}

    def feed(self, profile: LayerProfile) -> None:
        """Take in the next values of the same layers."""
        moved = set()
        for layer in profile.layers:
            known = self._before.get(layer.key)
            if known is None:
                self.settled[layer.key] = layer.mean_ns
                continue
            step = abs(layer.mean_ns - known[0])
            usual = self._steps.get(layer.key)
            noise = layer.error_ns + known[1]
            noise += round(known[0] * FIRST_NOISE if usual is None else usual * USUAL_STEPS)
            if step > noise:
                moved.add(layer.key)
            settled = self.settled.get(layer.key, 0)
            if layer.key in moved or abs(layer.mean_ns - settled) > RESORT * settled:
                self.settled[layer.key] = layer.mean_ns
            # A move counts as a large step, not as its whole length, or the next one would pass for noise.
            seen = min(step, noise)
            self._steps[layer.key] = seen if usual is None else usual + SLOWNESS * (seen - usual)
        self.moved = frozenset(moved)
        self._take(profile)

    def _take(self, profile: LayerProfile) -> None:
        self._before = {layer.key: (layer.mean_ns, layer.error_ns) for layer in profile.layers}


def follows(before: LayerProfile | None, now: LayerProfile) -> bool:
    """Whether a profile tells new values of the layers of the one before."""
    if before is None or before.segment != now.segment or len(before.layers) != len(now.layers):
        return False
    return all(old.key == new.key and old.raw_name == new.raw_name for old, new in zip(before.layers, now.layers))


def profile_of(profiles: tuple[LayerProfile, ...], spec: RunSpec) -> LayerProfile | None:
    """The newest profile of a configuration; None without one."""
    return next((profile for profile in reversed(profiles) if profile.spec == spec), None)


MOST_UNSURE_PERCENT = 10.0
"""Half width of the interval from which a bound would say more about the machine than about counting."""


def overhead_words(overhead: tuple[float, float, float] | None) -> str:
    """What counting costs: `counting costs 0.9 % ±0.4`."""
    if overhead is None:
        return ""
    point, low, high = overhead
    half = (high - low) / 2 * 100
    if half > MOST_UNSURE_PERCENT:
        return f"cost of counting known to ±{half:.0f} % only"
    if low <= 0 <= high:
        return f"counting costs nothing above {max(abs(low), abs(high)) * 100:.1f} %"
    return f"counting costs {point * 100:.1f} % ±{half:.1f}"


def align_same(before: LayerProfile, now: LayerProfile) -> Alignment:
    """The same layers at two moments beside each other, without finding out which belong together."""
    rows = [
        AlignedRow(
            names=new.fused_from or (new.name,),
            a=(old,),
            b=(new,),
            a_ns=old.mean_ns,
            b_ns=new.mean_ns,
            error_ns=(error := (old.error_ns or RESOLUTION_NS) + (new.error_ns or RESOLUTION_NS)),
            kind=_kind(old.mean_ns, new.mean_ns, error),
        )
        for old, new in zip(before.layers, now.layers)
        if old.mean_ns or new.mean_ns
    ]
    rows.sort(key=lambda row: -abs(row.b_ns - row.a_ns))
    counted = [sum(layer.mean_ns for layer in profile.layers) for profile in (before, now)]
    return Alignment(before, now, tuple(rows), counted[0], counted[1])


def _kind(before_ns: int, now_ns: int, error_ns: int) -> AlignedKind:
    if abs(now_ns - before_ns) <= max(error_ns, RELATIVE * max(before_ns, now_ns)):
        return "same"
    return "slower" if now_ns > before_ns else "faster"


def changes(before: Mapping[int, int], now: LayerProfile) -> dict[int, int]:
    """By how much the layers differ from values of the same keys, in nanoseconds."""
    return {layer.key: layer.mean_ns - before[layer.key] for layer in now.layers if layer.key in before}
