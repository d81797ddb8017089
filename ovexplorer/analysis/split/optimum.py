"""The cheapest placement that measured costs promise, which single moves may never reach.

For two devices it is found exactly, as a cheapest cut through the model: each operation costs what it takes on its
device, each output what a cut costs for the other device that takes it. For more devices, pairs of them are settled one
after the other until nothing changes. What OpenVINO makes of a placement may have more cuts, where data leaves a part
and comes back; so each plan is predicted, and judged by its prediction.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from ovexplorer.analysis.split.costs import NEVER_NS, Costs, make_costs, outputs
from ovexplorer.analysis.split.gains import Judge, follow
from ovexplorer.analysis.split.model import CostPicture, Suggestion
from ovexplorer.analysis.split.shape_chains import shape_chains
from ovexplorer.analysis.split.shares import share_out
from ovexplorer.schema.topology import DeviceSupport, Topology

_WEIGHTS = (1.0, 2.0, 4.0, 0.5)
"""Of cuts, to try: measured costs are off, and fewer cuts are the safer bet."""
_ROUNDS = 5
"""Times that all pairs of three and more devices are settled."""


def plan_improvements(
    topology: Topology, picture: CostPicture, support: Sequence[DeviceSupport]
) -> tuple[Suggestion, ...]:
    """Placements of the whole model that promise a gain, the largest first.

    Args:
        topology: The model.
        picture: Of the present split, with times of the devices alone where they were measured.
        support: What each device can run.

    Returns:
        At most one for each weight of cuts; each moves everything that is elsewhere now. What puts all on one device
        that was measured alone is left out: that measurement says more.
    """
    devices = picture.split.devices
    if len(devices) < 2:
        return ()
    costs = make_costs(topology, picture, support)
    judge = Judge(topology, picture, costs)
    measured = {side.device for side in picture.alone}
    found: dict[tuple[str, ...], Suggestion] = {}
    for weight in _WEIGHTS:
        placed = cheapest(topology, costs, weight, picture.split.placed)
        used = {placed[entry.key] for entry in topology.operations if entry.role == "operation"}
        moved = judge.moved(placed)
        if placed in found or not moved or (len(used) == 1 and used <= measured):
            continue
        found[placed] = judge.suggestion("move", moved)
    return tuple(sorted((plan for plan in found.values() if plan.saving_ns > 0), key=lambda plan: -plan.saving_ns))


def cheapest(
    topology: Topology, costs: Costs, cut_weight: float = 1.0, start: Sequence[str] | None = None
) -> tuple[str, ...]:
    """Place every operation where all of it together costs least.

    Args:
        topology: The model.
        costs: Of operations and cuts.
        cut_weight: Cuts count so many times; more than 1 gives fewer and larger submodels.
        start: What operations keep where it makes no difference; three devices and more begin with it.

    Returns:
        Device of each operation by key. Constants are where their first consumer is, results where their producer is.
    """
    placed = list(start) if start is not None else [costs.devices[0]] * len(topology.operations)
    links = _links(topology, costs, cut_weight)
    ties = _ties(topology)
    pairs = list(combinations(costs.devices, 2))
    for _ in range(_ROUNDS if len(pairs) > 1 else 1):
        before = list(placed)
        for pair in pairs:
            _settle(topology, costs, pair, placed, links, ties, everything=len(pairs) == 1, stay=start)
        if placed == before:
            break
    return follow(topology, placed)


def placement_ns(topology: Topology, costs: Costs, placed: Sequence[str]) -> int:
    """What a placement costs, with each output cut once for each other device that takes it."""
    total = sum(
        costs.operation_ns[placed[entry.key]][entry.key]
        for entry in topology.operations
        if entry.role == "operation" and placed[entry.key] in costs.operation_ns
    )
    for (producer, port), consumers in outputs(topology).items():
        away = {placed[key] for key in consumers} - {placed[producer]}
        total += len(away) * costs.cut_ns.get((producer, port), 0)
        if topology.operations[producer].role == "operation":
            total += sum(costs.unfused_ns[key] for key in consumers if placed[key] != placed[producer])
    return total


_Link = tuple[int, tuple[int, ...], int]
"""Producer, consumers and what it costs when one of them is on another device."""


def _links(topology: Topology, costs: Costs, weight: float) -> list[_Link]:
    links: list[_Link] = []
    for (producer, port), consumers in outputs(topology).items():
        links.append((producer, tuple(consumers), round(weight * costs.cut_ns.get((producer, port), 0))))
        if topology.operations[producer].role == "operation":
            links += [(producer, (key,), round(weight * costs.unfused_ns[key])) for key in consumers]
    return [link for link in links if link[2] > 0]


def _ties(topology: Topology) -> list[tuple[int, int]]:
    """Operations that must be on one device: those of a state, and computed shapes with what uses them."""
    ties = list(shape_chains(topology))
    first: dict[str, int] = {}
    ties += [
        (first.setdefault(entry.variable, entry.key), entry.key) for entry in topology.operations if entry.variable
    ]
    return [pair for pair in ties if pair[0] != pair[1]]


def _settle(
    topology: Topology,
    costs: Costs,
    pair: tuple[str, str],
    placed: list[str],
    links: Sequence[_Link],
    ties: Sequence[tuple[int, int]],
    *,
    everything: bool,
    stay: Sequence[str] | None,
) -> None:
    """Share out the operations of two devices between these two; all others stay, and so do ties."""
    keys = [
        entry.key
        for entry in topology.operations
        if entry.role in ("operation", "parameter") and (everything or placed[entry.key] in pair)
    ]
    position = {key: at for at, key in enumerate(keys)}
    one, other = (costs.operation_ns[device] for device in pair)
    lean = [other[key] - one[key] if topology.operations[key].role == "operation" else 0 for key in keys]
    if stay is not None:
        lean = [ns + (stay[key] == pair[0]) - (stay[key] == pair[1]) for key, ns in zip(keys, lean)]
    # A producer on a third device is left out: what counts then is whether its consumers are together.
    inner = [([position[key] for key in (producer, *takers) if key in position], ns) for producer, takers, ns in links]
    inner += [([position[key] for key in tied if key in position], NEVER_NS * len(keys)) for tied in ties]
    for key, first in zip(keys, share_out(lean, inner)):
        placed[key] = pair[0] if first else pair[1]
