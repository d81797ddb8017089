"""Joins what was measured to a graph of operations: times, what became of each, layouts."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from ovexplorer.graph.model import Graph, Node
from ovexplorer.schema.results import LayerProfile, LayerTime
from ovexplorer.text import CleanText, clean

_WORDS = {
    "optimized_out": "optimized out",
    "below_resolution": "under what the counters resolve",
}


def with_times(graph: Graph, profile: LayerProfile) -> Graph:
    """The graph with the time of each operation, by its name.

    A layer that stands for several operations gives its time to the one it is named after, or else to the first; the
    others say what they were fused into. Reorders stand for no operation and are left out.
    """
    own, fused = _by_operation(profile)
    nodes = tuple(_timed(node, own.get(node.name), fused.get(node.name)) for node in graph.nodes)
    return Graph(graph.kind, graph.title, nodes, graph.edges, graph.problems)


def _by_operation(profile: LayerProfile) -> tuple[dict[str, LayerTime], dict[str, LayerTime]]:
    """The layer that carries the time of an operation, and the layer that took an operation in."""
    own: dict[str, LayerTime] = {}
    fused: dict[str, LayerTime] = {}
    for layer in profile.layers:
        name = _bare(layer)
        if layer.status not in ("executed", "below_resolution"):
            own.setdefault(name, layer)
            continue
        named = layer.fused_from or (clean(name),)
        first = name if name in named else named[0]
        own[first] = layer
        for other in named:
            if other != first:
                fused[other] = layer
    return own, fused


def _bare(layer: LayerTime) -> str:
    name = str(layer.name)
    if name.startswith("subgraph"):
        head, found, rest = name.partition(": ")
        if found and head[8:].isdecimal():
            return rest
    return name


def _timed(node: Node, own: LayerTime | None, fused: LayerTime | None) -> Node:
    if own is None and fused is None:
        return node
    if own is None or (fused is not None and own.status not in ("executed", "below_resolution")):
        into = fused if fused is not None else own
        return replace(node, status=clean(f"fused into {_bare(into)}", 200)) if into is not None else node
    if own.status == "fused" and own.fused_into:
        return replace(node, status=clean(f"fused into {own.fused_into}", 200))
    if own.status == "optimized_out":
        return replace(node, status=CleanText(_WORDS["optimized_out"]))
    return replace(
        node,
        time_ns=own.mean_ns,
        precision=clean(own.precision, 40) or node.precision,
        layout=clean(own.layouts.partition(",")[0], 40),
        status=CleanText(_WORDS.get(own.status, "")),
        details=(*node.details, (clean("primitive"), own.primitive)) if own.primitive else node.details,
    )


def with_submodels(graph: Graph, submodel: Mapping[int, int], device: Mapping[int, str]) -> Graph:
    """The graph with other submodels and devices, by key; nodes that are not named keep theirs."""
    nodes = tuple(
        replace(
            node,
            submodel=submodel.get(node.key, node.submodel),
            device=clean(device[node.key], 80) if node.key in device else node.device,
        )
        for node in graph.nodes
    )
    return Graph(graph.kind, graph.title, nodes, graph.edges, graph.problems)
