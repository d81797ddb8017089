"""Better splits, ranked by what they should save."""

from __future__ import annotations

from collections.abc import Sequence

from ovexplorer.analysis.split.model import CostPicture, Suggestion
from ovexplorer.schema.spec import RunSpec
from ovexplorer.schema.topology import DeviceSupport, Topology


def suggest(topology: Topology, picture: CostPicture, support: Sequence[DeviceSupport]) -> tuple[Suggestion, ...]:
    """What to try, the largest expected saving first."""
    raise NotImplementedError


def apply_suggestion(spec: RunSpec, topology: Topology, suggestion: Suggestion) -> RunSpec:
    """The configuration that a suggestion leads to: other placements, or one device for kind `alone`."""
    raise NotImplementedError
