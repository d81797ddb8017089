"""Element types of OpenVINO and how many bytes a tensor of them takes."""

from __future__ import annotations

import re
from typing import Final

BITS: Final = {
    "boolean": 8,
    "bf16": 16,
    "f16": 16,
    "f32": 32,
    "f64": 64,
    "f8e4m3": 8,
    "f8e5m2": 8,
    "f8e8m0": 8,
    "f4e2m1": 4,
    "nf4": 4,
    "i4": 4,
    "i8": 8,
    "i16": 16,
    "i32": 32,
    "i64": 64,
    "u1": 1,
    "u2": 2,
    "u3": 3,
    "u4": 4,
    "u6": 6,
    "u8": 8,
    "u16": 16,
    "u32": 32,
    "u64": 64,
}
"""Bits of one element; openvino src/core/include/openvino/core/type/element_type.hpp, release 2026.4."""

_STATIC = re.compile(r"\[\s*(?:\d{1,18}(?:\s*,\s*\d{1,18})*)?\s*\]", re.ASCII)


def size_in_bytes(element_type: str, shape: str) -> int:
    """Bytes of a tensor; 0 when the type is not known or the shape is dynamic.

    Args:
        element_type: `f32`.
        shape: `[1,64,112,112]`; `[]` is a scalar.
    """
    bits = BITS.get(element_type)
    if bits is None or not _STATIC.fullmatch(shape):
        return 0
    count = 1
    for part in shape.strip("[]").split(","):
        if part.strip():
            count *= int(part)
    return (count * bits + 7) // 8
