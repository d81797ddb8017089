"""Operations that compute shapes, from ShapeOf to the inputs that take a shape.

A device compiles such an input badly or not at all when the chain behind it is somewhere else: it then sees a shape
that could be anything. Once shapes are static and constants folded, there are no such chains any more.
"""

from __future__ import annotations

from collections.abc import Iterator

from ovexplorer.schema.topology import Operation, Topology

_SHAPES = frozenset({"ShapeOf"})
_WHOLE = frozenset({"i64", "i32", "u64", "u32"})
_DATA_FIRST = frozenset(
    {"Broadcast", "Interpolate", "Pad", "Reshape", "Slice", "Split", "StridedSlice", "Tile", "VariadicSplit"}
)
"""Types whose first input is data and whose others tell shapes, positions or lengths."""
_SHAPES_ONLY = frozenset({"ConstantOfShape", "RandomUniform", "Range", "Eye", "Zeros", "Ones"})


def shape_chains(topology: Topology) -> Iterator[tuple[int, int]]:
    """Producer and consumer of each tensor on such a chain, the last one into a shape input included."""
    computing = _chain(topology)
    for entry in topology.operations:
        for port, (producer, _) in enumerate(entry.inputs):
            if producer in computing and (entry.key in computing or _takes_shape(entry, port)):
                yield producer, entry.key


def _chain(topology: Topology) -> set[int]:
    """ShapeOf and whatever computes whole numbers from it and ends in a shape input."""
    after: set[int] = set()
    for entry in topology.operations:
        if entry.role != "operation":
            continue
        from_shape = any(producer in after for producer, _ in entry.inputs)
        if entry.type in _SHAPES or (from_shape and set(entry.types) <= _WHOLE):
            after.add(entry.key)
    wanted: set[int] = set()
    for entry in reversed(topology.operations):
        for port, (producer, _) in enumerate(entry.inputs):
            if producer in after and (entry.key in wanted or _takes_shape(entry, port)):
                wanted.add(producer)
    return wanted


def _takes_shape(entry: Operation, port: int) -> bool:
    return entry.type in _SHAPES_ONLY or (entry.type in _DATA_FIRST and port > 0)
