"""How findings and suggestions about splits are worded."""

from __future__ import annotations

from collections.abc import Sequence

from ovexplorer.schema.topology import Topology
from ovexplorer.text import CleanText, clean

_NAME_WIDTH = 60


def counted(number: int, word: str, many: str = "") -> str:
    """`1 submodel`, `3 submodels`, `2 copies` with its own plural."""
    return f"{number:,} {word if number == 1 else many or word + 's'}"


def listed(topology: Topology, keys: Sequence[int], most: int = 3) -> CleanText:
    """The first names, and how many more there are."""
    names = [clean(topology.operations[key].raw_name, _NAME_WIDTH) for key in keys[:most]]
    more = len(keys) - most
    return CleanText(", ".join(names) + (f" and {more:,} more" if more > 0 else ""))


def kinds(topology: Topology, keys: Sequence[int], most: int = 3) -> CleanText:
    """The types of operations, the most frequent first."""
    found: dict[str, int] = {}
    for key in keys:
        found[topology.operations[key].type] = found.get(topology.operations[key].type, 0) + 1
    ordered = sorted(found, key=lambda name: (-found[name], name))
    return CleanText(", ".join(ordered[:most]) + (" and others" if len(ordered) > most else ""))
