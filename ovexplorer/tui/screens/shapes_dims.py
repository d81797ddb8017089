"""Sizes of inputs as text: one dimension, a shape, and whether a wish fits what the model allows.

A dimension is written `128`, `1..128`, `4..` or `?`; a shape `[1,3,224,224]`, or `[...]` when even the number of
dimensions is open.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

ANY = "?"
"""Any size; `-1` is read as the same, as OpenVINO writes it."""

LARGEST = 2**31 - 1
"""Largest size that can be typed; far over what fits in memory."""

MOST_DIMS = 16
"""Most dimensions that can be typed."""

_NUMBER = re.compile(r"[0-9]{1,10}")
_BOUNDS = re.compile(r"([0-9]{0,10})\.\.([0-9]{0,10})")


@dataclass(frozen=True)
class Dim:
    """One dimension: a size, or the sizes it may have."""

    low: int
    """Smallest size."""
    high: int | None
    """Largest size; None when there is none."""

    @property
    def static(self) -> bool:
        """Whether it is one size."""
        return self.low == self.high

    def __str__(self) -> str:
        if self.static:
            return str(self.low)
        if self.high is None:
            return ANY if self.low <= 1 else f"{self.low}.."
        return f"{self.low}..{self.high}"

    def inside(self, allowed: Dim) -> bool:
        """Whether every size of this one is allowed by the other."""
        if self == ANY_SIZE:
            # "Stays dynamic" is always allowed: the model's own bounds go on holding.
            return not allowed.static
        if self.low < allowed.low:
            return False
        return allowed.high is None or (self.high is not None and self.high <= allowed.high)


ANY_SIZE = Dim(0, None)

Shape = tuple[Dim, ...]


def parse_dim(text: str) -> Dim | None:
    """Read one dimension, None when it is not one."""
    text = text.strip()
    if text in (ANY, "-1"):
        return ANY_SIZE
    if _NUMBER.fullmatch(text):
        value = int(text)
        return Dim(value, value) if value <= LARGEST else None
    bounds = _BOUNDS.fullmatch(text)
    if bounds is None:
        return None
    low = int(bounds[1] or 0)
    high = int(bounds[2]) if bounds[2] else None
    if low > LARGEST or (high is not None and not low <= high <= LARGEST):
        return None
    return Dim(low, high)


def parse_shape(text: str) -> Shape | None:
    """Read a shape in brackets; None when it is not one or its rank is open (`[...]`)."""
    text = text.strip()
    if not (text.startswith("[") and text.endswith("]")) or len(text) > 12 * MOST_DIMS:
        return None
    inner = text[1:-1].strip()
    if not inner:
        return ()
    dims = [parse_dim(part) for part in inner.split(",")]
    if len(dims) > MOST_DIMS:
        return None
    known = tuple(dim for dim in dims if dim is not None)
    return known if len(known) == len(dims) else None


def format_shape(shape: Shape) -> str:
    """Write a shape as options and specs carry it: `[1,3,?,1..512]`."""
    return f"[{','.join(map(str, shape))}]"


def spaced(shape: Shape) -> str:
    """The same for reading: `[1, 3, ?, 1..512]`."""
    return f"[{', '.join(map(str, shape))}]"


def is_static(shape: Shape) -> bool:
    """Whether every dimension is one size."""
    return all(dim.static for dim in shape)


def elements(shape: Shape) -> int:
    """Number of elements of a static shape."""
    product = 1
    for dim in shape:
        product *= dim.low
    return product


def problem_of(wanted: Shape, allowed: Shape | None) -> str:
    """Why a shape cannot be used, in words; empty when it fits.

    Args:
        wanted: The shape asked for.
        allowed: The model's own; None when its rank is open.
    """
    for position, dim in enumerate(wanted):
        if dim.high == 0:
            return f"dim {position} would be empty"
    if allowed is None:
        return ""
    if len(wanted) != len(allowed):
        return f"the model has {len(allowed)} dimensions, this has {len(wanted)}"
    for position, (dim, bound) in enumerate(zip(wanted, allowed)):
        if not bound.static and not dim.inside(bound):
            where = f" in dim {position}" if len(allowed) > 1 else ""
            return f"the model allows {bound}{where}"
    return ""


def warning_of(wanted: Shape, allowed: Shape | None) -> str:
    """What OpenVINO may refuse although it can be asked: another size where the model has exactly one."""
    if allowed is None or len(wanted) != len(allowed):
        return ""
    for position, (dim, bound) in enumerate(zip(wanted, allowed)):
        if bound.static and dim != bound:
            return f"dim {position} is {bound} in the model; OpenVINO may refuse {dim}"
    return ""
