"""Blocks of a model as single rows of the table of layers, and as a roll-up. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ovexplorer.analysis.layers import LayerAnalysis, LayerRow
from ovexplorer.schema.results import LayerTime
from ovexplorer.text import CleanText, RawName, clean

BLOCK = "block"
"""Stands where a layer has its type."""


def is_block(row: LayerRow) -> bool:
    """Whether a row stands for a block that is folded."""
    return row.layer.key < 0


def folded_rows(analysis: LayerAnalysis, blocks: frozenset[str]) -> tuple[LayerRow, ...]:
    """The rows, with one for each of these blocks in the place of its first layer."""
    if not blocks:
        return analysis.rows
    inside: dict[str, list[LayerTime]] = {}
    for row in analysis.rows:
        if row.layer.block in blocks:
            inside.setdefault(row.layer.block, []).append(row.layer)
    layers: list[LayerTime] = []
    done: set[str] = set()
    for row in analysis.rows:
        block = row.layer.block
        if block not in inside:
            layers.append(row.layer)
        elif block not in done:
            done.add(block)
            layers.append(_as_layer(-len(done), block, inside[block]))
    return _rows(layers, analysis.profile.latency_ns)


def _as_layer(key: int, block: CleanText, layers: Sequence[LayerTime]) -> LayerTime:
    ran = [layer for layer in layers if layer.status in ("executed", "below_resolution")]
    return LayerTime(
        key=key,
        order=min((layer.order for layer in ran), default=-1),
        name=clean(f"{block} · {len(ran):,} {'layer' if len(ran) == 1 else 'layers'}"),
        raw_name=RawName(block),
        type=CleanText(BLOCK),
        primitive=CleanText(_all(layer.primitive for layer in ran)),
        precision=_all(layer.precision for layer in ran),
        input_precisions="",
        output_precisions="",
        layouts="",
        shapes=ran[-1].shapes if ran else "",
        status="executed" if any(layer.status == "executed" for layer in ran) else "below_resolution",
        mean_ns=sum(layer.mean_ns for layer in ran),
        fused_from=tuple(name for layer in ran for name in layer.fused_from),
        error_ns=sum(layer.error_ns for layer in ran),
        flop=sum(layer.flop for layer in ran),
        read_bytes=sum(layer.read_bytes for layer in ran),
        written_bytes=sum(layer.written_bytes for layer in ran),
        input_shapes=ran[0].input_shapes if ran else "",
        block=block,
    )


def _all(values: Iterable[str]) -> str:
    """The one value they share, or `mixed`."""
    found = set(values)
    return found.pop() if len(found) == 1 else "mixed" if found else ""


def _rows(layers: Sequence[LayerTime], latency_ns: int) -> tuple[LayerRow, ...]:
    cumulative: dict[int, float] = {}
    total = 0
    for layer in sorted(layers, key=lambda layer: -layer.mean_ns):
        total += layer.mean_ns
        cumulative[layer.key] = total / latency_ns if latency_ns and layer.status == "executed" else 0.0
    return tuple(
        LayerRow(layer, layer.mean_ns / latency_ns if latency_ns else 0.0, cumulative[layer.key]) for layer in layers
    )
