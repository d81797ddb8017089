"""Which submodel is which: ids of a dump, N of profile rows and positions of a prediction, joined by names."""

from __future__ import annotations

from collections.abc import Sequence

from ovexplorer.analysis.split.model import Split
from ovexplorer.graph.model import Graph
from ovexplorer.schema.results import LayerProfile
from ovexplorer.schema.topology import Topology


def split_of_dump(topology: Topology, dump: Graph, devices: Sequence[str]) -> Split:
    """The split that a dump tells. `Submodel.index` is a running order, not yet the N of profile names."""
    raise NotImplementedError


def number_by_profile(split: Split, topology: Topology, profile: LayerProfile) -> Split:
    """Number submodels as the rows `subgraphN:` of a profile do; what matches none keeps a number behind them."""
    raise NotImplementedError
