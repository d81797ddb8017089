"""How far outputs move from a reference: the f32 model with the ACCURACY mode on the same inputs."""

from __future__ import annotations

from typing import Literal

from ovexplorer.schema.base import Data
from ovexplorer.text import CleanText

DriftState = Literal["measured", "reference", "unavailable"]


class OutputDrift(Data, frozen=True, kw_only=True):
    """One output over all inputs that were tried."""

    name: CleanText
    """Of the model's output."""
    max_abs: float
    """Largest absolute difference of an element that is finite in both."""
    relative_l2: float
    """Norm of the difference over the norm of the reference, over all finite elements."""
    cosine: float
    """Cosine of the angle between both; 1 where both are all zeros."""
    non_finite: int
    """Elements that are NaN or Inf here and finite in the reference."""
    top1_of: int = 0
    """Rows of a classifier's output that were compared; 0 when the output is no classifier's."""
    top1_changed: int = 0
    """How many of them have another largest class."""


class Drift(Data, frozen=True, kw_only=True):
    """Drift of one contestant."""

    segment: int
    """The contestant."""
    state: DriftState
    """`reference` when it computes the very same: f32 with ACCURACY, or bit-equal outputs."""
    inputs: int
    """Different inputs that were tried."""
    outputs: tuple[OutputDrift, ...] = ()
    """In the model's order; the worst one is what screens show."""
    reference: CleanText = CleanText("")
    """What it is compared with, in words: `f32, accuracy mode, CPU`."""
    why: CleanText = CleanText("")
    """Why there is none; empty otherwise."""


class LayerDrift(Data, frozen=True, kw_only=True):
    """How far one tensor inside the model moved."""

    name: CleanText
    """Operation of the original model."""
    type: CleanText
    relative_l2: float
    max_abs: float


class Divergence(Data, frozen=True, kw_only=True):
    """The first operation from which outputs differ."""

    segment: int
    """The contestant."""
    threshold: float
    """Relative L2 above which an operation counts as moved."""
    first: LayerDrift | None
    """None when nothing moves above the threshold."""
    path: tuple[LayerDrift, ...] = ()
    """Operations that were looked at, in the order of the model."""
    why: CleanText = CleanText("")
    """Why it could not be found; empty otherwise."""
