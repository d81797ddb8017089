"""The part of a graph that is shown or written: a submodel, what a query finds and what is around it, an overview."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from msgspec.structs import replace

from ovexplorer.graph.find import Query
from ovexplorer.graph.fold import collapse, fold_constants, keep_only
from ovexplorer.graph.model import Edge, Graph, Node
from ovexplorer.graph.paths import neighbours
from ovexplorer.graph.quotient import quotient
from ovexplorer.text import CleanText, RawName, clean

View = Literal["operations", "submodels", "outline"]

_SEPARATORS = "/."


@dataclass(frozen=True)
class Wanted:
    """What of a graph is wanted."""

    constants: bool = False
    """Whether constants are nodes; otherwise what takes them tells them in its details."""
    submodel: int | None = None
    """One submodel only, as the graph numbers it."""
    query: Query = field(default_factory=Query)
    """Only what it finds; an empty one wants all."""
    hops: int = 1
    """Neighbours that come along with what the query finds."""
    view: View = "operations"
    """`submodels` has a node for each submodel, `outline` for each first part of a name."""


def part_of(graph: Graph, wanted: Wanted) -> Graph:
    """The part that is wanted, as a graph of its own; it has no nodes when nothing is found."""
    part = graph if wanted.constants else fold_constants(graph)
    if wanted.submodel is not None:
        part = _kept(part, frozenset(node.key for node in part.nodes if node.submodel == wanted.submodel))
    if wanted.query.tests:
        part = _kept(part, around(part, wanted.query.hits(part), wanted.hops))
    if wanted.view == "submodels":
        return submodel_graph(part)
    return collapse(part, first_part) if wanted.view == "outline" else part


def around(graph: Graph, keys: Iterable[int], hops: int) -> frozenset[int]:
    """These nodes and all that are at most so many edges away."""
    found = dict.fromkeys(keys, 0)
    todo = deque(found)
    while todo:
        key = todo.popleft()
        if found[key] >= hops:
            continue
        for near in neighbours(graph, key):
            if near not in found:
                found[near] = found[key] + 1
                todo.append(near)
    return frozenset(found)


def first_part(node: Node) -> str:
    """The first part of a name that has several: `layers` of `layers.3.mlp`; empty for a name without."""
    name = str(node.raw_name).lstrip(_SEPARATORS)
    cut = min((at for at in map(name.find, _SEPARATORS) if at > 0), default=0)
    return name[:cut]


def submodel_graph(graph: Graph) -> Graph:
    """A node for each submodel with its totals, an edge for all that goes from one to another.

    Nodes in no submodel are left out, and the problems say how many.
    """
    whole = quotient(graph)
    nodes = tuple(
        Node(
            key=key,
            name=clean(f"#{part.number}"),
            raw_name=RawName(f"#{part.number}"),
            id=RawName(f"submodel {part.number}"),
            type=clean(f"{len(part.nodes):,} operation{'s' * (len(part.nodes) != 1)}"),
            device=part.device,
            submodel=part.number,
            time_ns=part.time_ns,
        )
        for key, part in enumerate(whole.parts)
    )
    edges = tuple(
        Edge(
            source=link.source,
            target=link.target,
            shape=clean(f"{link.tensors:,} tensor{'s' * (link.tensors != 1)}"),
            size_bytes=link.size_bytes,
        )
        for link in whole.links
    )
    outside = sum(node.submodel < 0 and node.role != "constant" for node in graph.nodes)
    words = "1 node is" if outside == 1 else f"{outside:,} nodes are"
    said = (clean(f"{words} in no submodel: left out"),) if outside and nodes else ()
    return Graph(graph.kind, graph.title, nodes, edges, (*graph.problems, *said))


def _kept(graph: Graph, keys: frozenset[int]) -> Graph:
    """These nodes; those at the border tell in their details what of them is not there."""
    if len(keys) == len(graph.nodes):
        return graph
    nodes = tuple(
        replace(node, details=(*node.details, *_outside(graph, node.key, keys))) if node.key in keys else node
        for node in graph.nodes
    )
    return keep_only(Graph(graph.kind, graph.title, nodes, graph.edges, graph.problems), tuple(keys))


def _outside(graph: Graph, key: int, keys: frozenset[int]) -> list[tuple[CleanText, CleanText]]:
    before = sum(graph.edges[at].source not in keys for at in graph.incoming[key])
    after = sum(graph.edges[at].target not in keys for at in graph.outgoing[key])
    said = []
    if before:
        said.append((clean("not shown before"), clean(f"{before:,} edge{'s' * (before != 1)}")))
    if after:
        said.append((clean("not shown after"), clean(f"{after:,} edge{'s' * (after != 1)}")))
    return said
