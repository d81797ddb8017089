"""A tree of the nodes by the parts of their names, with totals: `layers.0.mlp.up` lies in `layers`, `0`, `mlp`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ovexplorer.graph.model import Graph
from ovexplorer.text import CleanText, clean

DEEPEST = 12
"""Levels of a name that are told apart; what is below is one name."""

_PART = re.compile(r"[/.]+")


@dataclass
class Branch:
    """One prefix, with all that is below it."""

    name: CleanText
    """The last part of the prefix."""
    prefix: str
    """The whole of it, as names begin."""
    depth: int
    nodes: list[int] = field(default_factory=list)
    """Keys of the nodes that are right here."""
    branches: dict[str, Branch] = field(default_factory=dict)
    """By the next part."""
    count: int = 0
    """Operations here and below."""
    time_ns: int = 0
    """Sum of those that were measured."""
    timed: bool = False
    """Whether any was."""
    devices: dict[str, int] = field(default_factory=dict)
    """Operations by device."""


def outline(graph: Graph) -> Branch:
    """The tree of a graph; constants are left out."""
    root = Branch(clean(graph.title), "", 0)
    for node in graph.nodes:
        if node.role == "constant":
            continue
        # The last part is the operation itself.
        parts = [part for part in _PART.split(str(node.raw_name)) if part][:-1][:DEEPEST]
        branch = root
        _add(branch, node.time_ns, str(node.device))
        for part in parts:
            below = branch.branches.get(part)
            if below is None:
                prefix = f"{branch.prefix}/{part}" if branch.prefix else part
                below = branch.branches[part] = Branch(clean(part, 80), prefix, branch.depth + 1)
            branch = below
            _add(branch, node.time_ns, str(node.device))
        branch.nodes.append(node.key)
    return root


def _add(branch: Branch, time_ns: int, device: str) -> None:
    branch.count += 1
    if time_ns >= 0:
        branch.time_ns += time_ns
        branch.timed = True
    if device:
        branch.devices[device] = branch.devices.get(device, 0) + 1


def visible(root: Branch, opened: frozenset[str]) -> Iterator[Branch | int]:
    """Branches and nodes (by key) in the order of a tree whose branches are open or not; the root is not told."""
    todo: list[Branch | int] = [*reversed(root.nodes), *reversed(list(root.branches.values()))]
    while todo:
        entry = todo.pop()
        yield entry
        if isinstance(entry, Branch) and entry.prefix in opened:
            todo += [*reversed(entry.nodes), *reversed(list(entry.branches.values()))]
