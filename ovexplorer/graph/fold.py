"""Makes graphs smaller: constants go into what uses them, groups of nodes become one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from ovexplorer.graph.model import Edge, Graph, Node
from ovexplorer.text import CleanText, RawName, clean


def fold_constants(graph: Graph) -> Graph:
    """Without constants; each consumer tells in its details what it takes: `constant 1: f32[64,3,7,7]`."""
    if not any(node.role == "constant" for node in graph.nodes):
        return graph
    constant = [node.role == "constant" for node in graph.nodes]
    taken: dict[int, list[tuple[CleanText, CleanText]]] = {}
    for edge in graph.edges:
        if constant[edge.source] and not constant[edge.target]:
            source = graph.nodes[edge.source]
            words = f"{edge.precision or source.precision}{edge.shape or source.shape} {source.name}"
            taken.setdefault(edge.target, []).append((clean(f"constant {edge.target_port}"), clean(words.strip(), 200)))
    kept = [node for node in graph.nodes if not constant[node.key]]
    place = {node.key: key for key, node in enumerate(kept)}
    nodes = tuple(
        replace(node, key=place[node.key], details=(*node.details, *taken.get(node.key, ()))) for node in kept
    )
    return Graph(graph.kind, graph.title, nodes, _moved(graph.edges, place), graph.problems)


def keep_only(graph: Graph, keys: Sequence[int]) -> Graph:
    """A part of a graph: these nodes, and the edges between them."""
    wanted = set(keys)
    kept = [node for node in graph.nodes if node.key in wanted]
    place = {node.key: key for key, node in enumerate(kept)}
    nodes = tuple(replace(node, key=place[node.key]) for node in kept)
    return Graph(graph.kind, graph.title, nodes, _moved(graph.edges, place), graph.problems)


def _moved(edges: Sequence[Edge], place: Mapping[int, int]) -> tuple[Edge, ...]:
    return tuple(
        replace(edge, source=place[edge.source], target=place[edge.target])
        for edge in edges
        if edge.source in place and edge.target in place
    )


def collapse(graph: Graph, group_of: Callable[[Node], str]) -> Graph:
    """One node for each group, with totals; edges inside a group vanish, equal ones between two become one.

    Args:
        graph: Not changed.
        group_of: Name of the group of a node; empty keeps it as it is.
    """
    place: dict[str, int] = {}
    groups: list[list[Node]] = []
    key_of: list[int] = []
    for node in graph.nodes:
        name = group_of(node)
        key = place.get(name) if name else None
        if key is None:
            key = len(groups)
            groups.append([])
            if name:
                place[name] = key
        groups[key].append(node)
        key_of.append(key)
    names = {key: name for name, key in place.items()}
    nodes = tuple(_grouped(key, members, names.get(key, "")) for key, members in enumerate(groups))
    edges: dict[tuple[int, int, str], Edge] = {}
    for edge in graph.edges:
        source, target = key_of[edge.source], key_of[edge.target]
        if source == target and groups[source][0].key != groups[source][-1].key:
            continue
        # One tensor is one edge, however many members of a group take it.
        known = (source, target, f"{edge.source}:{edge.source_port}")
        edges.setdefault(known, replace(edge, source=source, target=target))
    return Graph(graph.kind, graph.title, nodes, tuple(edges.values()), graph.problems)


def _grouped(key: int, members: Sequence[Node], name: str) -> Node:
    if not name or len(members) == 1:
        return replace(members[0], key=key)
    timed = [node.time_ns for node in members if node.time_ns >= 0]
    devices = list(dict.fromkeys(str(node.device) for node in members if node.device))
    submodels = {node.submodel for node in members}
    return Node(
        key=key,
        name=clean(name),
        raw_name=RawName(name),
        id=RawName(f"group {name}"),
        type=clean(f"{len(members):,} operations"),
        device=clean(devices[0], 80) if len(devices) == 1 else CleanText(""),
        submodel=submodels.pop() if len(submodels) == 1 else -1,
        time_ns=sum(timed) if timed else -1,
        block=clean(name, 120),
    )


def repeated_blocks(graph: Graph, least: int = 2) -> dict[str, tuple[str, ...]]:
    """Blocks whose operations have the same types in the same order, by the first of them.

    Args:
        graph: Nodes with blocks.
        least: Blocks that must be alike to count.
    """
    types: dict[str, list[str]] = {}
    for node in graph.nodes:
        if node.block and node.role == "operation":
            types.setdefault(str(node.block), []).append(str(node.type))
    alike: dict[tuple[str, ...], list[str]] = {}
    for block, kinds in types.items():
        if len(kinds) > 1:
            alike.setdefault(tuple(kinds), []).append(block)
    return {blocks[0]: tuple(blocks) for blocks in alike.values() if len(blocks) >= least}
