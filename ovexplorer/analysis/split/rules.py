"""Rules of thumb about a placement, checked before anything is compiled."""

from __future__ import annotations

from collections.abc import Sequence

from ovexplorer.analysis.split.model import RuleFinding, Split
from ovexplorer.schema.topology import DeviceSupport, Topology


def check(
    topology: Topology, placed: Sequence[str], support: Sequence[DeviceSupport], split: Split
) -> tuple[RuleFinding, ...]:
    """What each rule says, those that hold too, in a fixed order.

    Args:
        topology: The model.
        placed: Device of each operation by key; empty where there is none.
        support: What each device can run.
        split: The prediction for this placement.
    """
    raise NotImplementedError


def compile_seconds(submodels: int) -> float:
    """How long compiling so many submodels takes, roughly."""
    raise NotImplementedError
