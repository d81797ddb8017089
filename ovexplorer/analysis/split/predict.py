"""How OpenVINO will split a model, told without compiling it: submodels and the cuts between them.

Same submodels as HETERO makes of written affinities, checked against OpenVINO itself in the tests. A Constant belongs
to no submodel, since every submodel that takes one has a copy; what is computed from constants alone is left out of a
submodel's operations too, unless there is nothing else in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ovexplorer.analysis.split.feedback import split_feedback
from ovexplorer.analysis.split.model import Cut, Split, Submodel
from ovexplorer.analysis.split.rings import break_rings
from ovexplorer.analysis.split.wiring import Wiring, is_constant
from ovexplorer.schema.topology import Topology


def predict(topology: Topology, placed: Sequence[str], devices: Sequence[str]) -> Split:
    """Split a model by the devices of its operations.

    Args:
        topology: The model.
        placed: Device of each operation by key; empty where none takes it, which makes a submodel of its own kind.
        devices: In the order of preference.

    Returns:
        Submodels without times, in an order in which they can run, and all cuts.
    """
    where = _with_results(topology, placed)
    wiring = Wiring(topology)
    wiring.separate(where)
    split_feedback(wiring)
    return split_of_parts(topology, break_rings(wiring), where, devices)


def _with_results(topology: Topology, placed: Sequence[str]) -> tuple[str, ...]:
    """A Result runs where its producer does, whatever was asked."""
    where = list(placed)
    for entry in topology.operations:
        if entry.role == "result" and entry.inputs:
            where[entry.key] = where[entry.inputs[0][0]]
    return tuple(where)


def split_of_parts(topology: Topology, parts: Sequence[int], placed: Sequence[str], devices: Sequence[str]) -> Split:
    """Make submodels and cuts of a grouping.

    Args:
        topology: The model.
        parts: The part each operation belongs to, by key, in any numbering; −1 belongs to none.
        placed: Device of each operation.
        devices: In the order of preference.

    Returns:
        Submodels in running order: those that wait for nothing first, then by what they wait for, then by key.
    """
    members = _members(topology, parts)
    borders = _crossings(topology, parts, members)
    order = _running_order(members, borders)
    index = {part: at for at, part in enumerate(order)}
    submodels = tuple(
        Submodel(
            index=at,
            device=placed[members[part][0]],
            operations=tuple(members[part]),
            ends=sum(topology.operations[key].role != "operation" for key in members[part]),
        )
        for part, at in index.items()
    )
    cuts = [
        _cut(topology, output, tuple(consumers), (index[source], index[target]), placed)
        for (output, source, target), consumers in borders.items()
    ]
    cuts.sort(key=lambda cut: (cut.producer, cut.port, cut.target))
    return Split(devices=tuple(devices), placed=tuple(placed), submodels=submodels, cuts=tuple(cuts))


_Border = tuple[tuple[int, int], int, int]


def _members(topology: Topology, parts: Sequence[int]) -> dict[int, list[int]]:
    """Operations of each part that OpenVINO makes a submodel of, constants left out where there is anything else."""
    members: dict[int, list[int]] = {}
    computed: dict[int, list[int]] = {}
    for entry in topology.operations:
        part = parts[entry.key]
        if part >= 0 and entry.role != "constant":
            members.setdefault(part, []).append(entry.key)
        elif part >= 0 and entry.inputs:
            computed.setdefault(part, []).append(entry.key)
    for part, keys in computed.items():
        members.setdefault(part, keys)
    return members


def _crossings(
    topology: Topology, parts: Sequence[int], members: Mapping[int, Sequence[int]]
) -> dict[_Border, list[int]]:
    """Consumers of each output that another part takes, with the producing and the consuming part."""
    found: dict[_Border, list[int]] = {}
    operations = topology.operations
    for entry in operations:
        target = parts[entry.key]
        for output in entry.inputs:
            source = parts[output[0]]
            if source != target and source in members and target in members and not is_constant(operations[output[0]]):
                consumers = found.setdefault((output, source, target), [])
                if not consumers or consumers[-1] != entry.key:
                    consumers.append(entry.key)
    return found


def _running_order(members: Mapping[int, Sequence[int]], borders: Mapping[_Border, object]) -> list[int]:
    before: dict[int, set[int]] = {part: set() for part in members}
    after: dict[int, set[int]] = {part: set() for part in members}
    for _, source, target in borders:
        before[target].add(source)
        after[source].add(target)
    order: list[int] = []
    left = {part: len(sources) for part, sources in before.items()}
    ready = [part for part, count in left.items() if not count]
    while ready:
        ready.sort(key=lambda part: members[part][0])
        order += ready
        coming: list[int] = []
        for part in ready:
            for follower in after[part]:
                left[follower] -= 1
                if not left[follower]:
                    coming.append(follower)
        ready = coming
    # A grouping read from a file may go round in circles; nothing of it is lost.
    return order + [part for part in members if left[part]]


def _cut(
    topology: Topology,
    output: tuple[int, int],
    consumers: tuple[int, ...],
    ends: tuple[int, int],
    placed: Sequence[str],
) -> Cut:
    producer, port = output
    entry = topology.operations[producer]
    return Cut(
        producer=producer,
        port=port,
        consumers=consumers,
        source=ends[0],
        target=ends[1],
        from_device=placed[producer],
        to_device=placed[consumers[0]],
        shape=entry.shapes[port] if port < len(entry.shapes) else "",
        element_type=entry.types[port] if port < len(entry.types) else "",
        size_bytes=entry.sizes[port] if port < len(entry.sizes) else 0,
    )
