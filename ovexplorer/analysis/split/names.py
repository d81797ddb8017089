"""Operations of a model by the names that layers and dumps give them."""

from __future__ import annotations

from collections.abc import Sequence

from ovexplorer.analysis.operations import operations_of
from ovexplorer.analysis.reorders import split_submodel
from ovexplorer.schema.results import LayerProfile, LayerTime
from ovexplorer.schema.topology import Topology
from ovexplorer.text import clean

_AMBIGUOUS = -1


class Names:
    """Finds operations by name; a name that two operations share once it is cleaned finds none."""

    def __init__(self, topology: Topology) -> None:
        self._raw: dict[str, int] = {entry.raw_name: entry.key for entry in topology.operations}
        self._shown: dict[str, int] = {}
        for entry in topology.operations:
            name = clean(entry.raw_name)
            self._shown[name] = _AMBIGUOUS if name in self._shown else entry.key

    def raw(self, name: str) -> int | None:
        """Key of the operation that the model calls so."""
        return self._raw.get(name)

    def shown(self, name: str) -> int | None:
        """Key of the operation whose name is shown so."""
        key = self._shown.get(name, _AMBIGUOUS)
        return None if key == _AMBIGUOUS else key

    def of_layer(self, layer: LayerTime) -> tuple[int, ...]:
        """Keys of the operations that a layer stands for; none for what the plugin put in."""
        found = [self.shown(name) for name in operations_of(layer)]
        return tuple([key for key in found if key is not None])


def submodels_of(layers: Sequence[LayerTime]) -> list[int]:
    """N of `subgraphN:` of each layer; 0 for all where no name has one, as without HETERO."""
    found = [split_submodel(layer.raw_name)[0] for layer in layers]
    return found if any(number >= 0 for number in found) else [0] * len(found)


def own_times(names: Names, profile: LayerProfile) -> dict[int, int]:
    """Time of each operation in ns, moved data left out: a layer's time is its own operation's.

    What became part of another layer takes 0; what is not in here did not run as a layer of its own or could not be
    joined.
    """
    times: dict[int, int] = {}
    for layer in profile.layers:
        if layer.type == "Reorder":
            continue
        keys = names.of_layer(layer)
        if not keys:
            continue
        own = names.shown(split_submodel(layer.name)[1])
        main = own if own in keys else keys[0]
        for key in keys:
            times.setdefault(key, 0)
        times[main if main is not None else keys[0]] += layer.mean_ns
    return times
