"""Why data is moved: each Reorder, Convert and Transpose, what it changes, between whom, and what made it necessary.

CPU names a Reorder `<producer>_<in precision>_<in layout>_<out precision>_<out layout>_<consumer>` and leaves out the
part that does not change (`X_f32_bf16_Y`, `X_abcd_acdb_Y`). HETERO puts `subgraphN: ` before the name, and every border
between submodels is a `Parameter_<n>` or `Result_<n>` of its own that the run-time graph does not have. A Convert or
Transpose is an operation of the model, or was put in by the plugin; its neighbours tell what it changes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ovexplorer.analysis.layout_words import layout_words
from ovexplorer.schema.results import LayerTime
from ovexplorer.text import CleanText, clean

Move = Literal["reorder", "convert", "transpose", "layout"]
"""What moves the data; "layout" is a layer that computes and hands its result on in another layout."""
Cause = Literal["layout", "precision", "both", "submodel_entry", "submodel_exit", "model_input", "model_output"]

INPUT_TYPES = frozenset({"Input", "Parameter"})
OUTPUT_TYPES = frozenset({"Output", "Result"})

_MOVES: dict[str, Move] = {"Reorder": "reorder", "Convert": "convert", "Transpose": "transpose"}
_RAN = ("executed", "below_resolution")

_SUBMODEL = re.compile(r"subgraph(\d+): (.*)", re.DOTALL)
_PRECISION = r"(?:f64|f32|f16|bf16|i64|i32|i16|i8|i4|u64|u32|u16|u8|u4|u1|nf4|boolean|bool|string)"
_LAYOUT = r"(?:[a-fA-F]{1,6}(?:\d+[a-f])*)"
_BOTH = re.compile(rf"_({_PRECISION})_({_LAYOUT})_({_PRECISION})_({_LAYOUT})_")
_PRECISIONS = re.compile(rf"_({_PRECISION})_({_PRECISION})_")
_LAYOUTS = re.compile(rf"_({_LAYOUT})_({_LAYOUT})_")


@dataclass(frozen=True)
class Reorder:
    """One layer that moves or converts data, with its reason."""

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
    kind: Move = "reorder"
    shapes: tuple[str, str] = ("", "")
    """From and to, of a Transpose; empty otherwise."""

    @property
    def moved_bytes(self) -> int:
        """Read and written; 0 when unknown."""
        both = (self.layer.read_bytes, self.layer.written_bytes)
        return sum(both) if all(both) else 0

    @property
    def gbps(self) -> float | None:
        """10^9 bytes a second, read and written; None when bytes or time are unknown."""
        return self.moved_bytes / self.layer.mean_ns if self.moved_bytes and self.layer.mean_ns else None

    @property
    def asked_for(self) -> bool:
        """Whether it is an operation of the model, not one that the plugin put in."""
        return self.kind in ("convert", "transpose") and any(
            original == self.layer.name for original in self.layer.fused_from
        )

    @property
    def changes(self) -> str:
        """What it converts: `abcd → acdb`, `f32 → bf16`, both, or nothing known."""
        pairs = (self.precisions, self.layouts, self.shapes)
        return ", ".join(f"{pair[0]} → {pair[1]}" for pair in pairs if any(pair))


def is_reorder(layer: LayerTime) -> bool:
    """Whether a layer is a Reorder: put in by the plugin to change layout or precision."""
    return layer.type == "Reorder"


def is_move(layer: LayerTime) -> bool:
    """Whether a layer does nothing but move or convert data: Reorder, Convert, Transpose."""
    return layer.type in _MOVES


def explain_reorders(layers: Sequence[LayerTime], latency_ns: int) -> tuple[Reorder, ...]:
    """Every Reorder, Convert and Transpose that ran, the most expensive first."""
    by_key, consumers = _neighbours(layers)
    found = [
        _explain(layer, by_key, consumers, latency_ns)
        for layer in layers
        if is_move(layer) and layer.status in _RAN and not _is_view(layer)
    ]
    return tuple(sorted(found, key=lambda entry: -entry.layer.mean_ns))


def _is_view(layer: LayerTime) -> bool:
    """Whether a Reorder only gives the data another name: what is left of a Transpose that cancelled one out."""
    return layer.raw_name.endswith("_fake") and not layer.mean_ns


def layout_changes(layers: Sequence[LayerTime], latency_ns: int) -> tuple[Reorder, ...]:
    """Layers that compute and also give another layout than they take; what of their time that costs is not known."""
    by_key, consumers = _neighbours(layers)
    found = [
        entry
        for layer in layers
        if not is_move(layer)
        and layer.status in _RAN
        and layer.type not in INPUT_TYPES | OUTPUT_TYPES
        and any((entry := _explain(layer, by_key, consumers, latency_ns)).layouts)
        and len(layout_dimensions(entry.layouts[0])) == len(layout_dimensions(entry.layouts[1]))
    ]
    return tuple(sorted(found, key=lambda entry: -entry.layer.mean_ns))


def layout_dimensions(layout: str) -> str:
    """The dimensions of a layout, without its blocks: `aBcd16b` has `abcd`."""
    return "".join(sorted(re.sub(r"\d+[a-z]", "", layout).lower()))


def _neighbours(layers: Sequence[LayerTime]) -> tuple[dict[int, LayerTime], dict[int, list[LayerTime]]]:
    consumers: dict[int, list[LayerTime]] = {}
    for layer in layers:
        for key in layer.inputs:
            consumers.setdefault(key, []).append(layer)
    return {layer.key: layer for layer in layers}, consumers


def _explain(
    layer: LayerTime, by_key: Mapping[int, LayerTime], consumers: Mapping[int, list[LayerTime]], latency_ns: int
) -> Reorder:
    kind = _MOVES.get(layer.type, "layout")
    submodel, name = split_submodel(layer.raw_name)
    before = next((by_key[key] for key in layer.inputs if key in by_key), None)
    after = next(iter(consumers.get(layer.key, ())), None)
    # Only a Reorder is named after what it converts.
    producer, middle, consumer = (
        _split_name(name, before, after) if kind == "reorder" else (_bare(before), "", _bare(after))
    )
    precisions, layouts = _conversion(middle)
    if not any(precisions) and before is not None:
        precisions = _pair(before.output_precisions, layer.output_precisions)
    if not any(layouts) and before is not None:
        layouts = _pair(before.layouts, layer.layouts)
    shapes = _shape_pair(layer, before) if kind == "transpose" else ("", "")
    return Reorder(
        layer=layer,
        producer=clean(producer),
        consumer=clean(consumer),
        cause=_cause(submodel >= 0, (producer, before), (consumer, after), (precisions, layouts)),
        share=layer.mean_ns / latency_ns if latency_ns else 0.0,
        layouts=layouts,
        precisions=precisions,
        submodel=submodel,
        kind=kind,
        shapes=shapes,
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


def _shape_pair(layer: LayerTime, before: LayerTime | None) -> tuple[str, str]:
    """Of a Transpose, whose layouts stay as they are written."""
    own = (layer.input_shapes or (before.shapes if before is not None else ""), layer.shapes)
    first, second = (text.partition("]")[0] + "]" if "]" in text else "" for text in own)
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


def why_words(reorder: Reorder) -> tuple[str, ...]:
    """Two or three plain sentences: what comes in, what is wanted, and why the two differ."""
    producer, consumer = reorder.producer or "what comes before", reorder.consumer or "what comes after"
    given, wanted = _states(reorder)
    where = _where(reorder, consumer)
    if reorder.kind == "layout":
        own = f"{reorder.layer.name} takes its data {given} and gives it {wanted}."
        return (own, "It computes as well; what the change costs cannot be told apart.")
    if not given or not wanted:
        return (f"It moves data from {producer} to {consumer}; what it changes cannot be told.", *where)
    if reorder.kind == "transpose":
        return (f"{producer} gives {given}, {consumer} takes {wanted}.", *where)
    return (
        f"{producer} {'is given' if reorder.cause == 'model_input' else 'gives its result'} {given}.",
        f"{consumer} {'is handed out' if reorder.cause == 'model_output' else 'wants it'} {wanted}.",
        *where,
    )


def _states(reorder: Reorder) -> tuple[str, str]:
    """What comes in and what goes out: `as f32, channels first (abcd)`."""

    def words(side: int) -> str:
        parts = [f"as {reorder.precisions[side]}"] if reorder.precisions[side] else []
        if layout := reorder.layouts[side]:
            plain = layout_words(layout)
            parts.append(f"{plain} ({layout})" if plain else f"in layout {layout}")
        if reorder.shapes[side]:
            parts.append(f"as {reorder.shapes[side]}")
        return ", ".join(parts)

    return words(0), words(1)


def _where(reorder: Reorder, consumer: str) -> tuple[str, ...]:
    """Why it is there at all."""
    if reorder.cause == "submodel_entry":
        return (
            f"Submodel {reorder.submodel} takes over here: every cut passes through a host tensor in plain layout.",
        )
    if reorder.cause == "submodel_exit":
        return (f"Submodel {reorder.submodel} ends here: every cut passes through a host tensor in plain layout.",)
    if reorder.asked_for:
        return ("The model itself asks for it; no setting takes it away.",)
    if reorder.cause == "model_input":
        return ("The way the input is fed makes it necessary, once in every inference.",)
    if reorder.cause == "model_output":
        return ("The way the output is handed out makes it necessary, once in every inference.",)
    if reorder.cause in ("precision", "both"):
        return (f"{consumer} has no kernel for the precision before it, or was told to compute in another.",)
    return (f"{consumer} computes with a kernel made for another order of the data.",)
