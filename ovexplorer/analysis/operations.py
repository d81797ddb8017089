"""Sets of operations that belong together because some layer stands for all of them."""

from __future__ import annotations

from collections.abc import Sequence

from ovexplorer.analysis.reorders import split_submodel
from ovexplorer.schema.results import LayerTime


def operations_of(layer: LayerTime) -> tuple[str, ...]:
    """Operations of the original model that a layer stands for; its own name where it tells none."""
    return layer.fused_from or (own_name(layer),)


def own_name(layer: LayerTime) -> str:
    """Its name without the submodel, cleaned as the names of operations are."""
    name = layer.name
    return split_submodel(name)[1] if name.startswith("subgraph") else name


class OperationSets:
    """Disjoint sets of names, joined one layer at a time."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def join(self, names: Sequence[str]) -> None:
        """All of these belong together from now on."""
        first = self.root(names[0])
        for name in names[1:]:
            other = self.root(name)
            if other != first:
                self._parent[other] = first

    def root(self, name: str) -> str:
        """The name that stands for the set; a new name is a set of its own."""
        parent = self._parent
        above = parent.setdefault(name, name)
        while above != name:
            # Every second name skips one on the way, which keeps ways short.
            parent[name] = above = parent[above]
            name, above = above, parent[above]
        return name
