"""The runtime graph as far as layers need it: what each node is, what feeds it, which constants it reads.

Constants, and what is computed from constants alone (weights packed at compile time), are no layers: they have no rows
in the profile and count as the weights of what reads them.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import openvino as ov

from ovexplorer.engine.layer_names import KnownNames

_OUTSIDE = frozenset({"Input", "Parameter"})


@dataclass(frozen=True)
class Source:
    """A data input of a node: one output of another one."""

    node: int
    """Its position among the nodes."""
    precision: str
    layout: str
    shape: str


@dataclass(frozen=True)
class RuntimeNode:
    """A node of the runtime graph."""

    name: str
    order: int
    type: str
    primitive: str
    precision: str
    output_precisions: str
    layouts: str
    shapes: str
    originals: tuple[str, ...]
    sources: tuple[Source, ...]
    """What feeds it, without constants."""
    weights: str
    """Shape and type of the largest constant it reads; empty when there is none."""
    constant: bool
    """Whether it depends on constants alone."""


class RuntimeGraph:
    """The nodes in the order of the graph, and by name."""

    def __init__(self, nodes: Sequence[RuntimeNode]) -> None:
        self.nodes = tuple(nodes)
        self.at: dict[str, list[int]] = defaultdict(list)
        """Positions by name; HETERO may have a name in each of its parts."""
        for position, node in enumerate(self.nodes):
            self.at[node.name].append(position)

    @property
    def consumers(self) -> Mapping[int, list[int]]:
        """Who reads the node at a position."""
        found: dict[int, list[int]] = defaultdict(list)
        for position, node in enumerate(self.nodes):
            for source in node.sources:
                found[source.node].append(position)
        return found


def runtime_graph(compiled: ov.CompiledModel, known: KnownNames) -> RuntimeGraph:
    """Read it; empty where the device cannot give it. Waits for an inference that is in flight.

    Args:
        compiled: After its first inference, because AUTO has none before.
        known: Names of the operations of the model, and of the rows.
    """
    try:
        ordered = compiled.get_runtime_model().get_ordered_ops()
    except RuntimeError:
        return RuntimeGraph(())
    nodes: list[RuntimeNode] = []
    position_of: dict[str, int] = {}
    """By name: the last one, which is the right one, because a producer stands right before its consumers' part."""
    for raw in ordered:
        nodes.append(_node(raw, nodes, position_of, known))
        position_of[nodes[-1].name] = len(nodes) - 1
    return RuntimeGraph(nodes)


def _node(raw: ov.Node, nodes: Sequence[RuntimeNode], position_of: Mapping[str, int], known: KnownNames) -> RuntimeNode:
    info = raw.get_rt_info()
    order = _text(info, "execOrder")
    kind = _text(info, "layerType") or raw.get_type_name()
    sources: list[Source] = []
    constants: list[tuple[int, str]] = []
    for port in raw.inputs():
        output = port.get_source_output()
        position = position_of.get(output.get_node().get_friendly_name())
        if position is None:
            continue
        index, feeder = output.get_index(), nodes[position]
        shape = output.get_partial_shape()
        precision = _part(feeder.output_precisions, index)
        if feeder.constant:
            size = math.prod(shape.to_shape()) if shape.is_static else 0
            constants.append((size, f"{_packed(shape)} {precision}".strip()))
        else:
            sources.append(Source(position, precision, _part(feeder.layouts, index), _packed(shape)))
    largest = max(constants, default=(0, ""))
    return RuntimeNode(
        name=raw.get_friendly_name(),
        order=int(order) if order.lstrip("-").isdigit() else -1,
        type=kind,
        primitive=_text(info, "primitiveType"),
        precision=_text(info, "runtimePrecision"),
        output_precisions=_text(info, "outputPrecisions"),
        layouts=_text(info, "outputLayouts"),
        shapes=",".join(_packed(output.get_partial_shape()) for output in raw.outputs()),
        originals=known.split(_text(info, "originalLayersNames")),
        sources=tuple(sources),
        weights=largest[1] if largest[0] > 1 else "",
        constant=kind == "Const" or (bool(constants) and not sources and kind not in _OUTSIDE),
    )


def _packed(shape: ov.PartialShape) -> str:
    return str(shape).replace(" ", "")


def _part(listed: str, index: int) -> str:
    parts = listed.split(",")
    return parts[index] if index < len(parts) else parts[-1]


def _text(info: Any, key: str) -> str:
    try:
        return str(info[key].astype(str)) if key in info else ""
    except (RuntimeError, TypeError):
        return ""
