"""Why each Reorder is there: what it converts, between whom, and what made it necessary.

CPU names one `<producer>_<in precision>_<in layout>_<out precision>_<out layout>_<consumer>` and leaves out the part
that does not change (`X_f32_bf16_Y`, `X_abcd_acdb_Y`). HETERO puts `subgraphN: ` before the name, and every border
between submodels is a `Parameter_<n>` or `Result_<n>` of its own that the run-time graph does not have.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ovexplorer.schema.results import LayerTime
from ovexplorer.text import CleanText, clean

Cause = Literal["layout", "precision", "both", "submodel_entry", "submodel_exit", "model_input", "model_output"]

INPUT_TYPES = frozenset({"Input", "Parameter"})
OUTPUT_TYPES = frozenset({"Output", "Result"})

_SUBMODEL = re.compile(r"subgraph(\d+): (.*)", re.DOTALL)
_PRECISION = r"(?:f64|f32|f16|bf16|i64|i32|i16|i8|i4|u64|u32|u16|u8|u4|u1|nf4|boolean|bool|string)"
_LAYOUT = r"(?:[a-fA-F]{1,6}(?:\d+[a-f])*)"
_BOTH = re.compile(rf"_({_PRECISION})_({_LAYOUT})_({_PRECISION})_({_LAYOUT})_")
_PRECISIONS = re.compile(rf"_({_PRECISION})_({_PRECISION})_")
_LAYOUTS = re.compile(rf"_({_LAYOUT})_({_LAYOUT})_")


@dataclass(frozen=True)
class Reorder:
    """One Reorder with its reason."""

    layer: LayerTime
    producer: CleanText
    """Name of the layer before it; empty when unknown."""
    consumer: CleanText
    """Name of the layer after it; empty when unknown."""
    cause: Cause
    share: float
    """Fraction of the latency."""
    layouts: tuple[str, str] = ("", "")
    """From and to; empty when the layout stays."""
    precisions: tuple[str, str] = ("", "")
    """From and to; empty when the precision stays."""
    submodel: int = -1
    """N of `subgraphN:`; −1 outside HETERO."""

    @property
    def changes(self) -> str:
        """What it converts: `abcd → acdb`, `f32 → bf16`, both, or nothing known."""
        return ", ".join(f"{pair[0]} → {pair[1]}" for pair in (self.precisions, self.layouts) if any(pair))


def is_reorder(layer: LayerTime) -> bool:
    """Whether a layer only moves or converts data."""
    return layer.type == "Reorder"


def explain_reorders(layers: Sequence[LayerTime], latency_ns: int) -> tuple[Reorder, ...]:
    """Every Reorder that ran, the most expensive first."""
    by_key = {layer.key: layer for layer in layers}
    consumers: dict[int, list[LayerTime]] = {}
    for layer in layers:
        for key in layer.inputs:
            consumers.setdefault(key, []).append(layer)
    found = [
        _explain(layer, by_key, consumers, latency_ns)
        for layer in layers
        if is_reorder(layer) and layer.status in ("executed", "below_resolution")
    ]
    return tuple(sorted(found, key=lambda entry: -entry.layer.mean_ns))


def _explain(
    layer: LayerTime, by_key: Mapping[int, LayerTime], consumers: Mapping[int, list[LayerTime]], latency_ns: int
) -> Reorder:
    submodel, name = split_submodel(layer.raw_name)
    before = next((by_key[key] for key in layer.inputs if key in by_key), None)
    after = next(iter(consumers.get(layer.key, ())), None)
    producer, middle, consumer = _split_name(name, before, after)
    precisions, layouts = _conversion(middle)
    if not any(precisions) and before is not None:
        precisions = _pair(before.output_precisions, layer.output_precisions)
    if not any(layouts) and before is not None:
        layouts = _pair(before.layouts, layer.layouts)
    return Reorder(
        layer=layer,
        producer=clean(producer),
        consumer=clean(consumer),
        cause=_cause(submodel >= 0, (producer, before), (consumer, after), (precisions, layouts)),
        share=layer.mean_ns / latency_ns if latency_ns else 0.0,
        layouts=layouts,
        precisions=precisions,
        submodel=submodel,
    )


def split_submodel(name: str) -> tuple[int, str]:
    """The submodel of a profiled name and the name without it; −1 outside HETERO."""
    match = _SUBMODEL.fullmatch(name)
    return (int(match[1]), match[2]) if match else (-1, name)


def _split_name(name: str, before: LayerTime | None, after: LayerTime | None) -> tuple[str, str, str]:
    """Producer, conversion (with its underscores) and consumer.

    Names of layers hold underscores themselves, so known neighbours are cut off first; what is left is searched.
    """
    producer = _bare(before)
    consumer = _bare(after)
    starts = bool(producer) and name.startswith(f"{producer}_")
    ends = bool(consumer) and name.endswith(f"_{consumer}")
    if starts and ends and len(name) >= len(producer) + len(consumer) + 2:
        return producer, name[len(producer) : len(name) - len(consumer)], consumer
    for pattern in (_BOTH, _PRECISIONS, _LAYOUTS):
        matches = list(pattern.finditer(name))
        if matches:
            match = matches[-1]
            return name[: match.start()], match[0], name[match.end() :]
    return producer, "", consumer


def _bare(layer: LayerTime | None) -> str:
    return split_submodel(layer.raw_name)[1] if layer is not None else ""


def _conversion(middle: str) -> tuple[tuple[str, str], tuple[str, str]]:
    none = ("", "")
    if match := _BOTH.fullmatch(middle):
        return (match[1], match[3]), (match[2], match[4])
    if match := _PRECISIONS.fullmatch(middle):
        return (match[1], match[2]), none
    if match := _LAYOUTS.fullmatch(middle):
        return none, (match[1], match[2])
    return none, none


def _pair(before: str, after: str) -> tuple[str, str]:
    first, second = before.partition(",")[0], after.partition(",")[0]
    return (first, second) if first and second and first != second else ("", "")


def _cause(
    in_submodel: bool,
    producer: tuple[str, LayerTime | None],
    consumer: tuple[str, LayerTime | None],
    changes: tuple[tuple[str, str], tuple[str, str]],
) -> Cause:
    (before_name, before), (after_name, after) = producer, consumer
    if before is not None and before.type in INPUT_TYPES and _bare(before) == before_name:
        return "model_input"
    if after is not None and after.type in OUTPUT_TYPES and _bare(after) == after_name:
        return "model_output"
    # The run-time graph has the model's own inputs and outputs, but not those between submodels.
    if in_submodel and before_name.startswith("Parameter_"):
        return "submodel_entry"
    if in_submodel and after_name.startswith("Result_"):
        return "submodel_exit"
    precisions, layouts = changes
    if any(precisions) and any(layouts):
        return "both"
    return "precision" if any(precisions) else "layout"
