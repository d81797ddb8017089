"""What a split costs: dumps, counters and the model joined into one picture."""

from __future__ import annotations

from collections.abc import Sequence

from ovexplorer.analysis.split.model import CostPicture, Split
from ovexplorer.graph.model import Graph
from ovexplorer.schema.results import LayerProfile
from ovexplorer.schema.topology import Topology


def make_picture(
    topology: Topology,
    split: Split,
    profile: LayerProfile,
    alone: Sequence[tuple[str, LayerProfile]] = (),
    dump: Graph | None = None,
) -> CostPicture:
    """Join everything that is known about a split.

    Args:
        topology: The model.
        split: As predicted; the dump corrects it where there is one.
        profile: Counters of the split configuration.
        alone: Counters of the same model on one device each, CPU first.
        dump: The `hetero_subgraphs_*.dot` of this configuration.
    """
    raise NotImplementedError
