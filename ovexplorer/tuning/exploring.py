"""What else can be tried when nothing promises a gain any more: costs are measured, and measured costs are off.

Counters were taken at different moments on a machine that does other things too, so a split that should be a little
slower may well be the faster one. Each device alone, and placements with fewer or more cuts than the costs ask for, are
worth a comparison as long as there is time for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from ovexplorer.analysis.split.costs import make_costs
from ovexplorer.analysis.split.gains import Judge
from ovexplorer.analysis.split.model import CostPicture, OperationTimes, Side, Suggestion
from ovexplorer.analysis.split.optimum import cheapest
from ovexplorer.schema.topology import DeviceSupport, Topology
from ovexplorer.text import clean

FAR = 0.25
"""Share of the latency by which a split may look slower and still be worth a comparison."""

_WEIGHTS = (8.0, 16.0, 0.25)
"""Of cuts, beside those that suggestions use."""


def explored(topology: Topology, picture: CostPicture, support: Sequence[DeviceSupport]) -> tuple[Suggestion, ...]:
    """Splits that should not be much slower than the one of a picture, the most promising first.

    Args:
        topology: The model.
        picture: Of the best split so far.
        support: What each device can run.
    """
    found = [*_alone(topology, picture, support), *_placed(topology, picture, support)]
    least_ns = -FAR * picture.main.latency_ns
    return tuple(sorted((entry for entry in found if entry.saving_ns >= least_ns), key=lambda entry: -entry.saving_ns))


def _alone(topology: Topology, picture: CostPicture, support: Sequence[DeviceSupport]) -> Iterator[Suggestion]:
    lacking = {entry.device for entry in support if entry.failed or entry.missing}
    for side in picture.alone:
        if side.device not in lacking:
            yield _on_one(topology, picture, side)


def _on_one(topology: Topology, picture: CostPicture, side: Side) -> Suggestion:
    split = picture.split
    return Suggestion(
        kind="alone",
        title=clean(f"run everything on {side.device}"),
        operations=tuple(entry.key for entry in topology.operations if split.placed[entry.key] != side.device),
        device=side.device,
        saving_ns=picture.main.latency_ns - side.latency_ns,
        reason=clean("it was measured alone, at another moment"),
        submodels=(len(split.submodels), 1),
        cuts=(len(split.cuts), 0),
    )


def _placed(topology: Topology, picture: CostPicture, support: Sequence[DeviceSupport]) -> Iterator[Suggestion]:
    if len(picture.split.devices) < 2:
        return
    costs = make_costs(topology, picture, support)
    judge = Judge(topology, picture, costs)
    for weight in _WEIGHTS:
        moved = judge.moved(cheapest(topology, costs, weight, picture.split.placed))
        if moved:
            yield judge.suggestion("move", moved)


def remembering(picture: CostPicture, before: CostPicture) -> CostPicture:
    """A picture that still knows what operations took on devices where they do not run any more.

    A device that cannot run the whole model is never measured alone: its times come from splits, one after another.
    """
    alone = {entry.device for entry in picture.times if entry.device}
    known: dict[str, list[int]] = {}
    for entry in before.times:
        if entry.device and entry.device not in alone:
            known[entry.device] = list(entry.ns)
    for entry in before.times:
        if entry.device:
            continue
        for key, (device, time_ns) in enumerate(zip(before.split.placed, entry.ns)):
            if device and device not in alone and time_ns >= 0:
                known.setdefault(device, [-1] * len(entry.ns))[key] = time_ns
    kept = tuple(OperationTimes(device=device, ns=tuple(ns)) for device, ns in known.items())
    return msgspec.structs.replace(picture, times=(*picture.times, *kept))
