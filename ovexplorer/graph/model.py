"""A graph as it was read, whatever it was read from: a dump of HETERO, a Graphviz file, a run-time graph, a model."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from ovexplorer.schema.base import Data
from ovexplorer.text import CleanText, RawName

GraphKind = Literal["affinity", "submodels", "body", "graphviz", "runtime", "model", "exec_xml"]
NodeRole = Literal["operation", "constant", "parameter", "result"]

_NOTHING = CleanText("")


class Node(Data, frozen=True, kw_only=True, gc=False):
    """One node; tens of thousands of them live at once."""

    key: int
    """Its position in the graph: `graph.nodes[key].key == key`."""
    name: CleanText
    """For showing."""
    raw_name: RawName
    """For joins: the friendly name where the source has one."""
    id: RawName
    """What the source calls it; unique in the graph."""
    type: CleanText = _NOTHING
    """Convolution, Relu; empty where the source does not say."""
    role: NodeRole = "operation"
    device: CleanText = _NOTHING
    """Empty where the source does not say."""
    submodel: int = -1
    """As the source numbers it (a dump: its own ids, not the N of profile names); −1 where it does not say."""
    shape: CleanText = _NOTHING
    """Of the first output: `[1,64,112,112]`."""
    precision: CleanText = _NOTHING
    """Of the first output: f32."""
    layout: CleanText = _NOTHING
    time_ns: int = -1
    """Mean time of one inference; −1 where none was measured."""
    status: CleanText = _NOTHING
    """What became of it, in plain words: `fused into conv_6`; empty where nothing is known."""
    block: CleanText = _NOTHING
    """Prefix of its name that stands for a part of the model: `layer1.0`."""
    details: tuple[tuple[CleanText, CleanText], ...] = ()
    """Whatever else the source says: attribute and value."""


class Edge(Data, frozen=True, kw_only=True, gc=False):
    """One tensor from one node to another."""

    source: int
    """Key of the producer."""
    target: int
    """Key of the consumer."""
    source_port: int = 0
    target_port: int = 0
    shape: CleanText = _NOTHING
    precision: CleanText = _NOTHING
    size_bytes: int = 0
    """0 when unknown or dynamic."""


@dataclass(frozen=True)
class Graph:
    """Nodes and edges; edges may repeat, point at themselves and go round in circles."""

    kind: GraphKind
    title: CleanText
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    problems: tuple[CleanText, ...] = field(default=())
    """What could not be read, in words, with line numbers."""

    @cached_property
    def outgoing(self) -> tuple[tuple[int, ...], ...]:
        """Positions of the edges that leave each node."""
        return self._by_end("source")

    @cached_property
    def incoming(self) -> tuple[tuple[int, ...], ...]:
        """Positions of the edges that enter each node, by input port."""
        found = self._by_end("target")
        return tuple(tuple(sorted(at, key=lambda index: self.edges[index].target_port)) for at in found)

    @cached_property
    def by_name(self) -> dict[str, tuple[int, ...]]:
        """Keys of the nodes with a name (raw)."""
        found: dict[str, list[int]] = defaultdict(list)
        for node in self.nodes:
            found[node.raw_name].append(node.key)
        return {name: tuple(keys) for name, keys in found.items()}

    def _by_end(self, end: Literal["source", "target"]) -> tuple[tuple[int, ...], ...]:
        found: list[list[int]] = [[] for _ in self.nodes]
        for index, edge in enumerate(self.edges):
            found[edge.source if end == "source" else edge.target].append(index)
        return tuple(map(tuple, found))
