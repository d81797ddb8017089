"""How far outputs are from each other, added up over many inputs. Every figure is finite, whatever the outputs hold."""

from __future__ import annotations

import math
import sys

import numpy as np
import numpy.typing as npt
import openvino as ov

from ovexplorer.schema.drift import OutputDrift
from ovexplorer.text import clean

Array = npt.NDArray[np.generic]

_MOST = sys.float_info.max
_NO_NUMBERS = frozenset({"string", "u1", "u2", "u3", "u4", "u6", "i4", "nf4", "f4e2m1", "f8e4m3", "f8e5m2", "f8e8m0"})


def numbers_of(tensor: ov.Tensor) -> Array | None:
    """A copy of what a tensor holds, bf16 as f32; None for texts and for types numpy cannot tell apart."""
    kind = str(tensor.element_type.get_type_name())
    if kind in _NO_NUMBERS:
        return None
    return from_bf16(tensor.data.view(np.uint16)) if kind == "bf16" else tensor.data.copy()


def from_bf16(bits: Array) -> Array:
    """The numbers that bits of bf16 stand for."""
    return (bits.astype(np.uint32) << 16).view(np.float32)


class Deviation:
    """Differences between a reference and something else that should be the same."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.equal = True
        """Whether every element was the very same."""
        self.compared = False
        """Whether there was anything to compare."""
        self._max_abs = 0.0
        self._difference = self._reference = self._other = self._product = 0.0
        self._non_finite = 0
        self._rows = 0
        self._changed = 0

    def add(self, reference: Array, other: Array) -> None:
        """Take one result; both are of the same shape."""
        self.compared = True
        if _is_classes(reference):
            self._add_classes(reference, other)
        if np.array_equal(reference, other):
            left = right = reference.astype(np.float64).ravel()
            finite = np.isfinite(left)
        else:
            left, right = reference.astype(np.float64).ravel(), other.astype(np.float64).ravel()
            finite = np.isfinite(left) & np.isfinite(right)
            self._non_finite += int(np.count_nonzero(np.isfinite(left) & ~np.isfinite(right)))
            # The same NaN or infinity in both is no difference.
            same = np.array_equal(left, right, equal_nan=True)
            self.equal = self.equal and same
        if not finite.all():
            left, right = left[finite], right[finite]
        if not left.size:
            return
        with np.errstate(over="ignore"):
            difference = right - left
            self._max_abs = max(self._max_abs, float(np.max(np.abs(difference))))
            self._difference += float(difference @ difference)
            self._reference += float(left @ left)
            self._other += float(right @ right)
            self._product += float(left @ right)

    def _add_classes(self, reference: Array, other: Array) -> None:
        left = reference.reshape(reference.shape[0], -1)
        right = other.reshape(other.shape[0], -1)
        known = ~np.isnan(left).any(axis=1)
        left, right = left[known], right[known]
        rows = np.arange(left.shape[0])
        chosen = right[rows, left.argmax(axis=1)]
        # Not smaller than the largest means that it is among several largest: rounding has made a tie of it.
        kept = chosen >= right.max(axis=1)
        self._rows += left.shape[0]
        self._changed += int(np.count_nonzero(~kept))

    @property
    def relative_l2(self) -> float:
        """Norm of the difference over the norm of the reference; 1 where only the reference is all zeros."""
        if not self._difference:
            return 0.0
        return _finite(math.sqrt(self._difference) / math.sqrt(self._reference)) if self._reference else 1.0

    @property
    def max_abs(self) -> float:
        """Largest difference of an element that is finite in both."""
        return _finite(self._max_abs)

    def result(self) -> OutputDrift:
        """All of it as figures."""
        norms = math.sqrt(self._reference) * math.sqrt(self._other)
        cosine = min(1.0, max(-1.0, self._product / norms)) if norms else float(self._reference == self._other)
        return OutputDrift(
            name=clean(self._name),
            max_abs=self.max_abs,
            relative_l2=self.relative_l2,
            cosine=cosine if math.isfinite(cosine) else 0.0,
            non_finite=self._non_finite,
            top1_of=self._rows,
            top1_changed=self._changed,
        )


def _is_classes(array: Array) -> bool:
    """Whether rows look like scores of classes: [N,C] or [N,C,1,1], real, C of at least 2."""
    shape = array.shape
    flat = len(shape) == 2 or (len(shape) == 4 and shape[2:] == (1, 1))
    return flat and shape[0] > 0 and shape[1] >= 2 and array.dtype.kind == "f"


def _finite(value: float) -> float:
    return _MOST if math.isnan(value) else min(value, _MOST)
