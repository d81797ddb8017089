"""A model as bare numbers, for the many passes that splitting it takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from ovexplorer.schema.topology import Operation, Topology


class Wiring:
    """Operations, their inputs and which of these are borders.

    A border is an input that does not join its operation to the producer. Inputs are numbered through the whole model.
    """

    def __init__(self, topology: Topology) -> None:
        operations = topology.operations
        self.count = len(operations)
        """Operations."""
        self.producers: list[tuple[int, ...]] = [tuple([key for key, _ in entry.inputs]) for entry in operations]
        """Of each operation, by input port."""
        self.first: list[int] = []
        """Number of the first input of each operation."""
        total = 0
        for producers in self.producers:
            self.first.append(total)
            total += len(producers)
        self.inputs = total
        """Inputs of all operations."""
        self.producer_of: list[int] = [key for producers in self.producers for key in producers]
        """By number of the input."""
        outputs = [output for entry in operations for output in entry.inputs]
        taken = Counter(outputs)
        self.uses: list[int] = [taken[output] for output in outputs]
        """How many inputs take the same output, by number of the input."""
        self.border = bytearray(total)
        """1 for each input that is a border."""
        self.is_source = bytearray(map(is_source, operations))
        """1 for parameters and Constants, where data begins for OpenVINO."""
        self.is_constant = bytearray(map(is_constant, operations))
        """1 for Constants, which every part has a copy of that needs one."""
        self.is_result = bytearray([entry.role == "result" for entry in operations])
        """1 for results."""

    def separate(self, placed: Sequence[str]) -> None:
        """Make every input from another device a border."""
        border, at = self.border, 0
        for own, producers in zip(placed, self.producers):
            for producer in producers:
                if placed[producer] != own:
                    border[at] = 1
                at += 1


def is_source(entry: Operation) -> bool:
    """Whether data begins here: a parameter or a Constant, but not what is computed from constants."""
    return entry.role == "parameter" or is_constant(entry)


def is_constant(entry: Operation) -> bool:
    """Whether it is a Constant itself."""
    return entry.role == "constant" and not entry.inputs


def join(count: int, pairs: Iterable[tuple[int, int]]) -> list[int]:
    """Number the connected parts of `count` things: each by the lowest position in it."""
    parent = list(range(count))
    for pair in pairs:
        one, other = _root(parent, pair[0]), _root(parent, pair[1])
        # The lower root stays, so that a part is known by the first of its members.
        if one < other:
            parent[other] = one
        else:
            parent[one] = other
    # A parent is never above its child, so one pass from below finds every root.
    for at, above in enumerate(parent):
        parent[at] = parent[above]
    return parent


def _root(parent: list[int], at: int) -> int:
    while parent[at] != at:
        parent[at] = at = parent[parent[at]]
    return at


def parts_of(wiring: Wiring) -> list[int]:
    """The part that each operation belongs to: the lowest key in it."""
    border, first = wiring.border, wiring.first
    return join(
        wiring.count,
        (
            (key, producer)
            for key, producers in enumerate(wiring.producers)
            for at, producer in enumerate(producers, first[key])
            if not border[at]
        ),
    )
