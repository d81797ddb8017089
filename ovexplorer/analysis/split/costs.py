"""What each operation costs on each device and what a cut costs, from measured numbers.

An operation's time on a device is the one it took there alone, or else in the split; where it never ran there, its time
elsewhere is scaled by how the two devices compare over all operations that ran on both. A cut costs its Reorders and an
even part of the host gap that the split has over a device alone: both fitted as a fixed time and one for each byte.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ovexplorer.analysis.split.model import CostPicture, Cut
from ovexplorer.schema.topology import DeviceSupport, Topology

NEVER_NS = 10**15
"""Cost of an operation on a device that does not support it: more than anything else together."""

_FIXED_NS, _NS_A_BYTE = 20_000.0, 0.25
"""Of a cut where none was measured: as on two cores of a small machine."""
_UNFUSED_NS_A_BYTE = 0.15
"""Of an elementwise operation that stands alone, where it was never measured so."""


@dataclass(frozen=True)
class CutCost:
    """What a tensor costs that goes from one submodel to another."""

    fixed_ns: float
    ns_a_byte: float
    gap_ns: float
    """Host gap among the fixed time."""
    measured_ns: Mapping[tuple[int, int], float]
    """Reorders of the cuts that were measured, by output: the mean over its consumers."""

    def reorders_ns(self, output: tuple[int, int], size_bytes: int) -> float:
        """Its Reorders: as measured, or as other cuts of its size."""
        return self.measured_ns.get(output, max(0.0, self.fixed_ns - self.gap_ns + self.ns_a_byte * size_bytes))

    def total_ns(self, output: tuple[int, int], size_bytes: int) -> float:
        """Its Reorders and its part of the host gap."""
        return self.reorders_ns(output, size_bytes) + self.gap_ns


@dataclass(frozen=True)
class Costs:
    """All that a placement is reckoned from."""

    devices: tuple[str, ...]
    operation_ns: Mapping[str, Sequence[int]]
    """By device, then key; `NEVER_NS` where the device does not support it."""
    cut: CutCost
    unfused_ns: Sequence[int]
    """What an operation costs more, by key, when it is not on the device of its producer and so cannot join it."""
    sizes: Mapping[tuple[int, int], int]
    """Bytes of each output."""

    @cached_property
    def cut_ns(self) -> dict[tuple[int, int], int]:
        """Of each output, for each other device that takes it."""
        return {output: round(self.cut.total_ns(output, size)) for output, size in self.sizes.items()}


def make_costs(topology: Topology, picture: CostPicture, support: Sequence[DeviceSupport]) -> Costs:
    """Costs on every device of the split.

    Args:
        topology: The model.
        picture: With times; without any, operations cost nothing and only cuts count.
        support: What each device can run; one that is not in here runs everything.
    """
    known = _known_times(picture)
    devices = picture.split.devices
    missing = {entry.device: frozenset(entry.missing) for entry in support}
    failed = {entry.device for entry in support if entry.failed}
    count = len(topology.operations)
    table: dict[str, Sequence[int]] = {}
    for device in devices:
        lacks = missing.get(device, frozenset())
        times = _on(device, devices, known, count)
        table[device] = [
            NEVER_NS if (key in lacks or device in failed) and topology.operations[key].role == "operation" else ns
            for key, ns in enumerate(times)
        ]
    return Costs(
        devices=devices,
        operation_ns=table,
        cut=fit_cuts(picture),
        unfused_ns=_unfused(topology, picture),
        sizes={(entry.key, port): size for entry in topology.operations for port, size in enumerate(entry.sizes)},
    )


def outputs(topology: Topology) -> dict[tuple[int, int], list[int]]:
    """Consumers of each output that is no constant's, results left out."""
    found: dict[tuple[int, int], list[int]] = {}
    for entry in topology.operations:
        if entry.role in ("result", "constant"):
            continue
        for output in entry.inputs:
            if topology.operations[output[0]].role != "constant":
                consumers = found.setdefault(output, [])
                if entry.key not in consumers:
                    consumers.append(entry.key)
    return found


def _known_times(picture: CostPicture) -> dict[str, dict[int, int]]:
    """Measured times by device and key: alone, and where there is none, in the split."""
    known: dict[str, dict[int, int]] = {}
    for entry in picture.times:
        if entry.device:
            known[entry.device] = {key: ns for key, ns in enumerate(entry.ns) if ns >= 0}
    for entry in picture.times:
        if not entry.device:
            for key, ns in enumerate(entry.ns):
                if ns >= 0:
                    known.setdefault(picture.split.placed[key], {}).setdefault(key, ns)
    return known


def _on(device: str, devices: Sequence[str], known: Mapping[str, Mapping[int, int]], count: int) -> list[int]:
    own = known.get(device, {})
    times = [own.get(key, -1) for key in range(count)]
    for other in (*devices, *known):
        theirs = known.get(other, {})
        if other == device or not theirs:
            continue
        both = [key for key in own.keys() & theirs.keys() if own[key] and theirs[key]]
        elsewhere = sum(theirs[key] for key in both)
        ratio = sum(own[key] for key in both) / elsewhere if elsewhere else 1.0
        times = [round(theirs.get(key, -1) * ratio) if ns < 0 and key in theirs else ns for key, ns in enumerate(times)]
    return [max(0, ns) for ns in times]


def _unfused(topology: Topology, picture: CostPicture) -> list[int]:
    """For what is part of another layer on a device alone: what it takes by itself, measured or by its bytes."""
    alone = next((entry.ns for entry in picture.times if entry.device), None)
    split = next((entry.ns for entry in picture.times if not entry.device), None)
    if alone is None:
        return [0] * len(topology.operations)
    found = []
    for entry in topology.operations:
        fused = entry.role == "operation" and alone[entry.key] == 0
        measured = split[entry.key] if split is not None else 0
        own = measured if measured > 0 else round(sum(entry.sizes) * _UNFUSED_NS_A_BYTE)
        found.append(own if fused else 0)
    return found


def fit_cuts(picture: CostPicture) -> CutCost:
    """Fit what cuts cost."""
    cuts = [cut for cut in picture.split.cuts if cut.reorder_ns >= 0]
    if not cuts:
        return CutCost(_FIXED_NS, _NS_A_BYTE, _FIXED_NS, {})
    usual_ns = picture.baseline.gap_ns if picture.baseline is not None else 0
    gap_ns = max(0.0, (picture.main.gap_ns - max(0, usual_ns)) / len(cuts))
    fixed, slope = _line([(cut.size_bytes, cut.reorder_ns) for cut in cuts])
    return CutCost(fixed + gap_ns, slope, gap_ns, _means(cuts))


def _means(cuts: Sequence[Cut]) -> dict[tuple[int, int], float]:
    found: dict[tuple[int, int], list[int]] = {}
    for cut in cuts:
        found.setdefault((cut.producer, cut.port), []).append(cut.reorder_ns)
    return {output: sum(times) / len(times) for output, times in found.items()}


def _line(points: Sequence[tuple[int, int]]) -> tuple[float, float]:
    """Fixed part and slope of the line nearest to the points, neither of them negative."""
    count = len(points)
    mean_x, mean_y = sum(x for x, _ in points) / count, sum(y for _, y in points) / count
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else -1.0
    fixed = mean_y - slope * mean_x
    if slope >= 0 and fixed >= 0 and spread:
        return fixed, slope
    if slope < 0 and spread:
        return mean_y, 0.0
    squares = sum(x * x for x, _ in points)
    return (0.0, sum(x * y for x, y in points) / squares) if squares else (mean_y, 0.0)
