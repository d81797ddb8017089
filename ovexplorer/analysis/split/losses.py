"""What a split loses against one device alone: Reorders, copies on the host, and fusion that cuts prevent.

The parts add up to the difference of the two latencies; each may be negative, where the split is the faster one.
"""

from __future__ import annotations

from ovexplorer.analysis.split.model import CostPicture, Side
from ovexplorer.schema.base import Data


class Losses(Data, frozen=True, kw_only=True):
    """A split's latency minus another side's, by where it goes."""

    against: str
    """Title of the other side: `CPU alone`."""
    total_ns: int
    reorder_ns: int
    """Reorders."""
    host_ns: int
    """The gap between counters and latency: calls, and copies between submodels."""
    compute_ns: int
    """Layers other than Reorders: what is not fused any more, smaller kernels, or a slower device."""
    share: float
    """Of the split's latency."""


def losses(picture: CostPicture, side: Side | None = None) -> Losses | None:
    """What the split loses against a side, the baseline unless another is named; None where there is none."""
    other = side or picture.baseline
    if other is None:
        return None
    main = picture.main
    total_ns = main.latency_ns - other.latency_ns
    return Losses(
        against=other.title,
        total_ns=total_ns,
        reorder_ns=main.reorder_ns - other.reorder_ns,
        host_ns=main.gap_ns - other.gap_ns,
        compute_ns=main.compute_ns - other.compute_ns,
        share=total_ns / main.latency_ns if main.latency_ns else 0.0,
    )
