"""Rows of the counters joined with the runtime graph: what each layer is, made once for a compiled model.

Only times and status change from one reading to the next. Rows and nodes belong together by name; a row without a
node is an operation that became part of another one, or was not needed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import openvino as ov

from ovexplorer.engine.counters import Means
from ovexplorer.engine.layer_names import KnownNames, blocks_of, row_names
from ovexplorer.engine.layer_nodes import RuntimeNode, runtime_graph
from ovexplorer.engine.layer_work import LayerWork
from ovexplorer.schema.results import LayerStatus, LayerTime
from ovexplorer.text import CleanText, RawName, clean

_NAME_LIMIT = 512
_NOTHING_RAN = frozenset({"undef", "unknown", ""})
"""exec_type of rows that stand for no node."""
_BODIES = frozenset({"If", "Loop", "TensorIterator"})
_BODIES_NAMED = 3


@dataclass(frozen=True)
class _Row:
    """One row of the counters."""

    name: str
    local: str
    """Without the part of HETERO."""
    part: int
    type: str
    primitive: str
    optimized_out: bool
    node: int | None
    """Its position in the runtime graph."""


class LayerTable:
    """The layers of one compiled model."""

    def __init__(
        self,
        compiled: ov.CompiledModel,
        model: ov.Model | None,
        rows: Sequence[Any],
        data_shapes: Sequence[Sequence[int]] = (),
    ) -> None:
        """Look at a compiled model that has run once; nothing must be in flight.

        Args:
            compiled: With counters on.
            model: What was compiled; None when it is not known.
            rows: Of its counters.
            data_shapes: Of the inputs that it runs with, in their order.
        """
        names = row_names([row.node_name for row in rows])
        own = [node.get_friendly_name() for node in model.get_ops()] if model is not None else []
        self._graph = runtime_graph(compiled, KnownNames([*own, *(entry.name for entry in names)]))
        used: dict[str, int] = defaultdict(int)
        self._rows: list[_Row] = []
        for raw, name in zip(rows, names):
            found = self._graph.at.get(name.name, [])
            # One name in several parts of HETERO, or twice in the model: the first row is the first node.
            position = found[used[name.name]] if used[name.name] < len(found) else None
            used[name.name] += 1
            self._rows.append(
                _Row(
                    raw.node_name,
                    name.name,
                    name.subgraph,
                    raw.node_type,
                    raw.exec_type,
                    str(raw.status).endswith("OPTIMIZED_OUT"),
                    position,
                )
            )
        self._key_of = {row.node: key for key, row in reversed(list(enumerate(self._rows))) if row.node is not None}
        self._fused_into = self._find_fused()
        claimed = [original for node in self._graph.nodes for original in node.originals]
        self._layers = self._all_layers(LayerWork(model, data_shapes, claimed))

    @property
    def known(self) -> bool:
        """Whether the device gave its runtime graph."""
        return bool(self._graph.nodes)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the rows, in their order."""
        return tuple(row.name for row in self._rows)

    @property
    def hidden(self) -> str:
        """Layers with a body that no device tells about, in words; empty when there are none."""
        found = [f"{row.type} {row.name}" for row in self._rows if row.type in _BODIES]
        if not found:
            return ""
        more = f" and {len(found) - _BODIES_NAMED} more" if len(found) > _BODIES_NAMED else ""
        return f"what runs inside is one row: {', '.join(found[:_BODIES_NAMED])}{more}"

    def timed(self, means: Means) -> tuple[LayerTime, ...]:
        """The layers with times, in execution order, those that never ran last.

        Args:
            means: In the order of the rows.
        """
        error_ns = round(means.error_ns)
        layers = []
        for layer, row, mean_ns in zip(self._layers, self._rows, means.ns):
            status = self._status(row, mean_ns)
            ran = status in ("executed", "below_resolution")
            layers.append(
                msgspec.structs.replace(
                    layer,
                    status=status,
                    order=layer.order if ran else -1,
                    mean_ns=round(mean_ns) if status == "executed" else 0,
                    error_ns=error_ns if ran else 0,
                    fused_into=_shown(self._fused_into.get((row.part, row.local), "") if status == "fused" else ""),
                )
            )
        return tuple(sorted(layers, key=lambda layer: (layer.order < 0, layer.order, layer.key)))

    def _status(self, row: _Row, mean_ns: float) -> LayerStatus:
        if mean_ns > 0:
            return "executed"
        if row.optimized_out:
            return "optimized_out"
        if row.primitive not in _NOTHING_RAN:
            return "below_resolution"
        return "fused" if (row.part, row.local) in self._fused_into else "optimized_out"

    def _find_fused(self) -> dict[tuple[int, str], str]:
        """Rows that took operations in, by part and name of these."""
        found: dict[tuple[int, str], str] = {}
        for row in self._rows:
            if row.node is not None:
                for original in self._graph.nodes[row.node].originals:
                    if original != row.local:
                        found.setdefault((row.part, original), row.name)
        return found

    def _all_layers(self, work: LayerWork) -> list[LayerTime]:
        nodes = [self._graph.nodes[row.node] if row.node is not None else None for row in self._rows]
        orders = self._orders(nodes)
        blocks = self._blocks(nodes)
        return [
            self._layer(key, row, node, orders[key], blocks[key], work)
            for key, (row, node) in enumerate(zip(self._rows, nodes))
        ]

    def _orders(self, nodes: Sequence[RuntimeNode | None]) -> list[int]:
        """Execution order over all parts of HETERO; each counts from 0."""
        parts = sorted({row.part for row in self._rows})
        if len(parts) <= 1:
            return [node.order if node is not None else _orderless(key) for key, node in enumerate(nodes)]
        ranked = sorted(
            (row.part, node.order, key) for key, (row, node) in enumerate(zip(self._rows, nodes)) if node is not None
        )
        rank = {key: number for number, (_, _, key) in enumerate(ranked)}
        return [rank.get(key, _orderless(key)) for key in range(len(nodes))]

    def _blocks(self, nodes: Sequence[RuntimeNode | None]) -> list[str]:
        """Of rows without operations of their own (a Reorder): that of their neighbours where these agree."""
        blocks = blocks_of([_originals(row, node) for row, node in zip(self._rows, nodes)])
        consumers = self._graph.consumers
        of_node = {row.node: block for row, block in zip(self._rows, blocks) if row.node is not None}
        for key, (row, node) in enumerate(zip(self._rows, nodes)):
            if node is None or row.node is None or node.originals:
                continue
            around = [*(source.node for source in node.sources), *consumers.get(row.node, [])]
            near = {of_node.get(position, "") for position in around}
            if len(near) == 1:
                blocks[key] = near.pop()
        return blocks

    def _layer(
        self, key: int, row: _Row, node: RuntimeNode | None, order: int, block: str, work: LayerWork
    ) -> LayerTime:
        layer = LayerTime(
            key=key,
            order=order,
            name=clean(row.name, _NAME_LIMIT),
            raw_name=RawName(row.name),
            type=clean(row.type, 80),
            primitive=clean(row.primitive, 120),
            precision="",
            input_precisions="",
            output_precisions="",
            layouts="",
            shapes="",
            status="optimized_out",
            mean_ns=0,
            block=clean(block, 120),
        )
        return layer if node is None else self._described(layer, node, work)

    def _described(self, layer: LayerTime, node: RuntimeNode, work: LayerWork) -> LayerTime:
        sources = node.sources
        taken = ",".join(source.precision for source in sources)
        taken_shapes = ",".join(source.shape for source in sources)
        done = work.of(node.originals, node.type, node.output_precisions, node.shapes, taken, taken_shapes)
        return msgspec.structs.replace(
            layer,
            precision=clean(node.precision, 40),
            input_precisions=clean(taken, 120),
            output_precisions=clean(node.output_precisions, 120),
            layouts=clean(node.layouts, 200),
            shapes=clean(node.shapes, 300),
            fused_from=tuple(map(_shown, node.originals)),
            inputs=tuple(self._key_of[source.node] for source in sources if source.node in self._key_of),
            flop=done.flop,
            read_bytes=done.read_bytes,
            written_bytes=done.written_bytes,
            weights=clean(done.weights or node.weights, 120),
            input_shapes=clean(taken_shapes, 300),
            input_layouts=clean(",".join(source.layout for source in sources), 200),
        )


def _shown(name: str) -> CleanText:
    return clean(name, _NAME_LIMIT)


def _orderless(key: int) -> int:
    """For rows without a node that ran nevertheless: after all others, as they are told."""
    return 1_000_000 + key


def _originals(row: _Row, node: RuntimeNode | None) -> tuple[str, ...]:
    if node is not None:
        return node.originals
    return (row.local,)
