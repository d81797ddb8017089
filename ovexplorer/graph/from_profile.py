"""The layers of a profile as a graph: what the device really runs, Reorders included."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ovexplorer.graph.element_types import size_in_bytes
from ovexplorer.graph.model import Edge, Graph, Node, NodeRole
from ovexplorer.schema.results import LayerProfile, LayerTime
from ovexplorer.text import CleanText, RawName, clean

_ROLES: Mapping[str, NodeRole] = {
    "Input": "parameter",
    "Parameter": "parameter",
    "Output": "result",
    "Result": "result",
}
_SUBMODEL = re.compile(r"subgraph(\d{1,9}): (.*)", re.DOTALL | re.ASCII)
_SHAPE = re.compile(r"\[[^\]]*\]")
_RAN = ("executed", "below_resolution")


def graph_of_profile(profile: LayerProfile) -> Graph:
    """Draw the layers that ran, in execution order; fused and optimized-out rows are no nodes."""
    ran = [layer for layer in profile.layers if layer.status in _RAN]
    place = {layer.key: key for key, layer in enumerate(ran)}
    nodes = tuple(_node(key, layer) for key, layer in enumerate(ran))
    edges = tuple(
        _edge(place[source], key, taken, layer)
        for key, layer in enumerate(ran)
        for taken, source in enumerate(layer.inputs)
        if source in place
    )
    return Graph("runtime", clean("layers"), nodes, edges)


def _node(key: int, layer: LayerTime) -> Node:
    match = _SUBMODEL.fullmatch(layer.raw_name)
    details = [("primitive", str(layer.primitive)), ("shapes", layer.shapes), ("block", str(layer.block))]
    if layer.fused_from:
        details.append(("stands for", ", ".join(layer.fused_from)))
    return Node(
        key=key,
        name=clean(match[2]) if match else layer.name,
        raw_name=RawName(match[2]) if match else layer.raw_name,
        id=RawName(f"{layer.key}: {layer.raw_name}"),
        type=layer.type,
        role=_ROLES.get(str(layer.type), "operation"),
        submodel=int(match[1]) if match else -1,
        shape=clean(_first(layer.shapes), 80),
        precision=clean(layer.precision, 40),
        layout=clean(layer.layouts.partition(",")[0], 40),
        time_ns=layer.mean_ns,
        status=CleanText("under what the counters resolve") if layer.status == "below_resolution" else CleanText(""),
        block=layer.block,
        details=tuple((clean(name), clean(value, 300)) for name, value in details if value),
    )


def _edge(source: int, target: int, taken: int, layer: LayerTime) -> Edge:
    shapes = _SHAPE.findall(layer.input_shapes)
    types = layer.input_precisions.split(",")
    shape = shapes[taken] if taken < len(shapes) else ""
    kind = types[taken] if taken < len(types) else ""
    return Edge(
        source=source,
        target=target,
        target_port=taken,
        shape=clean(shape, 80),
        precision=clean(kind, 20),
        size_bytes=size_in_bytes(kind, shape),
    )


def _first(shapes: str) -> str:
    found = _SHAPE.search(shapes)
    return found[0] if found else ""
