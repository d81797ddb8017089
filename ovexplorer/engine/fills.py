"""What an input is filled with: chosen from its name, its element type and the tables it indexes.

Ids outside their table would silently read zeros, so the rows of the tables an input leads to are looked up in the
graph.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ovexplorer.schema.spec import Fill

if TYPE_CHECKING:
    # For annotations only: engines of other frameworks share this module and never import openvino.
    import openvino as ov

FillKind = Literal["normal", "bytes", "flags", "ids", "whole", "ones", "zeros", "positions", "texts", "file"]

REAL_TYPES = frozenset({"f64", "f32", "f16", "bf16", "f8e4m3", "f8e5m2", "f8e8m0", "f4e2m1", "nf4"})
WHOLE_BELOW = 10
"""Integers that index nothing we know of stay below this: small enough for most meanings."""

_PASSED_THROUGH = frozenset(
    {
        "Convert",
        "Squeeze",
        "Unsqueeze",
        "Reshape",
        "Slice",
        "StridedSlice",
        "Transpose",
        "Concat",
        "Broadcast",
        "Tile",
        "Split",
    }
    | {"VariadicSplit", "ConvertLike", "Clamp", "Maximum", "Minimum", "Select"}
)
"""Operations that hand ids on as they are."""
_MOST_STEPS = 200
"""Of the search, so that a hostile graph costs little."""
_TABLE_INPUT = {"EmbeddingBagOffsetsSum": 1, "EmbeddingBagPackedSum": 1, "EmbeddingSegmentsSum": 1}


@dataclass(frozen=True)
class Filling:
    """How an input is filled."""

    kind: FillKind
    below: int = 0
    """For ids and whole numbers: the first number that is too large."""

    @property
    def text(self) -> str:
        """In words, for a screen."""
        return {
            "normal": "normal numbers",
            "bytes": "bytes 0…255",
            "flags": "true and false",
            "ids": f"ids 0…{self.below - 1}",
            "whole": f"whole numbers 0…{self.below - 1}",
            "ones": "ones",
            "zeros": "zeros",
            "positions": "positions 0, 1, 2 …",
            "texts": "short texts",
            "file": "files",
        }[self.kind]


def choose_filling(name: str, element_type: str, asked: Fill, ids_below: int) -> Filling:
    """Pick a filling; what was asked wins."""
    if asked in ("ones", "zeros", "file"):
        return Filling(asked)
    if element_type == "string":
        return Filling("texts")
    if asked == "ids":
        return Filling("ids", ids_below or WHOLE_BELOW)
    if asked == "normal" and element_type != "boolean":
        return Filling("normal")
    return _automatic(name.lower(), element_type, ids_below)


def _automatic(name: str, element_type: str, ids_below: int) -> Filling:
    if "mask" in name:
        return Filling("ones")
    if element_type in REAL_TYPES:
        return Filling("normal")
    if element_type == "boolean":
        return Filling("flags")
    if "token_type" in name or "segment" in name:
        return Filling("zeros")
    if "position" in name or "beam" in name:
        return Filling("positions", ids_below)
    if ids_below:
        return Filling("ids", ids_below)
    return Filling("bytes") if element_type == "u8" else Filling("whole", WHOLE_BELOW)


def rows_indexed_by(parameter: ov.Node) -> int:
    """Rows of the smallest table that an input indexes, 0 when none was found."""
    found: list[int] = []
    queue: list[ov.Output] = [parameter.output(0)]
    seen: set[str] = set()
    while queue and len(seen) < _MOST_STEPS:
        for target in queue.pop().get_target_inputs():
            node = target.get_node()
            kind = node.get_type_name()
            rows = _table_rows(node, kind, target.get_index())
            if rows:
                found.append(rows)
            elif kind in _PASSED_THROUGH and node.get_friendly_name() not in seen:
                seen.add(node.get_friendly_name())
                queue.extend(node.outputs())
    return min(found, default=0)


def _table_rows(node: ov.Node, kind: str, index: int) -> int:
    if kind == "Gather" and index == 1:
        axis = _constant_axis(node.input_value(2).get_node())
        return _size(node.input_value(0).get_partial_shape(), axis)
    if kind in _TABLE_INPUT and index == _TABLE_INPUT[kind]:
        return _size(node.input_value(0).get_partial_shape(), 0)
    return 0


def _constant_axis(node: ov.Node) -> int | None:
    if node.get_type_name() != "Constant":
        return None
    values: Iterable[int] = node.data.reshape(-1).tolist()
    return next(iter(values), None)


def _size(shape: ov.PartialShape, axis: int | None) -> int:
    if axis is None or shape.rank.is_dynamic or not -len(shape) <= axis < len(shape):
        return 0
    dimension = shape[axis]
    return int(dimension.get_length()) if dimension.is_static else 0
