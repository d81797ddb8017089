"""Which submodel is which: ids of a dump, N of profile rows and positions of a prediction, joined by names.

Nothing is guessed: what no name joins stays apart, and the picture tells it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from ovexplorer.analysis.split.model import Split, Submodel
from ovexplorer.analysis.split.names import Names, submodels_of
from ovexplorer.analysis.split.predict import split_of_parts
from ovexplorer.graph.model import Graph
from ovexplorer.schema.results import LayerProfile
from ovexplorer.schema.topology import Topology

_NO_PART = -1


def split_of_dump(topology: Topology, dump: Graph, devices: Sequence[str]) -> Split:
    """The split that a dump of submodels tells.

    A dump draws parameters and constants beside what takes them, so a parameter is counted to its first consumer.

    Args:
        topology: The model.
        dump: Of `hetero_subgraphs_*.dot`.
        devices: In the order of preference.

    Returns:
        Its `Submodel.index` is a running order, not yet the N of profile names. Operations that the dump does not have
        are in no submodel.
    """
    ids, placed = dump_ids(topology, dump)
    for entry in reversed(topology.operations):
        for producer, _ in entry.inputs:
            # From the end, so that the first consumer has the last word.
            if topology.operations[producer].role in ("parameter", "constant") and not placed[producer]:
                ids[producer], placed[producer] = ids[entry.key], placed[entry.key]
    split = split_of_parts(topology, ids, placed, devices)
    return with_dump_ids(split, ids)


def dump_ids(topology: Topology, dump: Graph) -> tuple[list[int], list[str]]:
    """The `subgraph=` id and the device of each operation by key; −1 and nothing where the dump does not say."""
    names = Names(topology)
    parts = [_NO_PART] * len(topology.operations)
    placed = [""] * len(topology.operations)
    for node in dump.nodes:
        key = names.raw(node.raw_name)
        if key is not None and node.submodel >= 0:
            parts[key], placed[key] = node.submodel, str(node.device)
    return parts, placed


def with_dump_ids(split: Split, ids: Sequence[int]) -> Split:
    """The same with the id that most operations of each submodel have in a dump."""
    submodels = []
    for submodel in split.submodels:
        found = Counter(ids[key] for key in submodel.operations if ids[key] >= 0)
        best = found.most_common(1)
        submodels.append(msgspec.structs.replace(submodel, dump_id=best[0][0] if best else -1))
    return msgspec.structs.replace(split, submodels=tuple(submodels))


def same_groups(split: Split, ids: Sequence[int]) -> bool:
    """Whether a dump groups the operations of a split as the split does."""
    seen: dict[int, int] = {}
    for submodel in split.submodels:
        found = {ids[key] for key in submodel.operations if ids[key] >= 0}
        if len(found) > 1 or any(seen.setdefault(part, submodel.index) != submodel.index for part in found):
            return False
    return True


def number_by_profile(split: Split, topology: Topology, profile: LayerProfile) -> Split:
    """Number submodels as the rows `subgraphN:` of a profile do.

    Returns:
        The same submodels in the order of N. What no row joins keeps a number behind all of these.
    """
    numbers = match_profile(split, topology, profile)
    taken = set(submodels_of(profile.layers)) | set(numbers.values())
    free = max(taken, default=-1) + 1
    index: dict[int, int] = {}
    for submodel in split.submodels:
        if submodel.index in numbers:
            index[submodel.index] = numbers[submodel.index]
        else:
            index[submodel.index] = free
            free += 1
    return renumbered(split, index)


def renumbered(split: Split, index: Mapping[int, int]) -> Split:
    """The same split with other numbers, its submodels in their order."""
    replace = msgspec.structs.replace
    submodels = [replace(submodel, index=index[submodel.index]) for submodel in split.submodels]
    cuts = [replace(cut, source=index[cut.source], target=index[cut.target]) for cut in split.cuts]
    return replace(
        split,
        submodels=tuple(sorted(submodels, key=lambda submodel: submodel.index)),
        cuts=tuple(sorted(cuts, key=lambda cut: (cut.producer, cut.port, cut.target))),
    )


def match_profile(split: Split, topology: Topology, profile: LayerProfile) -> dict[int, int]:
    """N of the profile for each submodel that most of its rows' operations belong to, by `Submodel.index`."""
    names = Names(topology)
    part_of = {key: submodel.index for submodel in split.submodels for key in submodel.operations}
    votes: Counter[tuple[int, int]] = Counter()
    numbers = submodels_of(profile.layers)
    for number, layer in zip(numbers, profile.layers):
        if number >= 0:
            votes.update((number, part_of[key]) for key in names.of_layer(layer) if key in part_of)
    found: dict[int, int] = {}
    used: set[int] = set()
    for (number, part), _ in sorted(votes.items(), key=lambda item: (-item[1], item[0])):
        if part not in found and number not in used:
            found[part] = number
            used.add(number)
    _by_elimination(split.submodels, set(numbers) - {-1}, found, used)
    return found


def _by_elimination(submodels: Sequence[Submodel], numbers: set[int], found: dict[int, int], used: set[int]) -> None:
    """The last number can only be that of the last submodel, whatever its rows are called."""
    left = [submodel.index for submodel in submodels if submodel.index not in found]
    free = numbers - used
    if len(left) == len(free) == 1 and len(numbers) == len(submodels):
        found[left[0]] = free.pop()
