"""Everything known about one layer, as lines of a panel. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod

from ovexplorer import units
from ovexplorer.analysis.efficiency import Efficiency, efficiency
from ovexplorer.analysis.layer_filter import words_of
from ovexplorer.analysis.layers import LayerAnalysis, LayerRow
from ovexplorer.analysis.layout_words import layout_words
from ovexplorer.analysis.primitives import explain_primitive
from ovexplorer.analysis.reorders import Reorder, why_words
from ovexplorer.schema.peak import PeakFacts
from ovexplorer.schema.results import LayerTime
from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.screens.layers_columns import short_primitive
from ovexplorer.tui.screens.layers_fold import is_block
from ovexplorer.tui.widgets.form import label
from ovexplorer.tui.widgets.lines import Line, wrap
from ovexplorer.tui.widgets.table_model import bar_halves, fit

BITS = {
    "f64": 64, "f32": 32, "f16": 16, "bf16": 16, "i64": 64, "i32": 32, "i16": 16, "i8": 8, "u8": 8, "i4": 4, "u4": 4,
    "nf4": 4, "boolean": 8,
}  # fmt: skip
"""Bits of one weight."""

PEAK_BAR = 10
"""Cells of the bar that shows the share of the peak."""


@dataclass(frozen=True)
class Around:
    """What is known beside the layer itself."""

    feeding: tuple[LayerTime, ...]
    """Layers that feed it."""
    types: Mapping[str, str]
    """Type of operations that were taken in, by name, as far as it is known."""
    peak: PeakFacts | None
    latency_ns: int
    note: str
    move: Reorder | None = None
    """The same layer with its reason, when it only moves data."""


def around(row: LayerRow, analysis: LayerAnalysis, peak: PeakFacts | None, move: Reorder | None = None) -> Around:
    """Look round a layer."""
    feeding: list[LayerTime] = []
    types: dict[str, str] = {}
    wanted, keys = frozenset(row.layer.fused_from), frozenset(row.layer.inputs)
    for entry in analysis.profile.layers:
        if entry.key in keys:
            feeding.append(entry)
        # Only an operation that has a row of its own tells its type.
        if entry.name in wanted and entry.key != row.layer.key:
            types[entry.name] = entry.type
    if row.layer.name in wanted:
        types.setdefault(row.layer.name, row.layer.type)
    profile = analysis.profile
    return Around(tuple(feeding), types, peak, profile.latency_ns, profile.note, move)


def layout_with_words(layouts: str) -> str:
    """Layouts with what they mean: `acdb (channels last)`, `aBcd16b (blocks of 16 channels)`."""
    found: list[str] = []
    for part in layouts.split(","):
        layout = part.strip()
        meaning = layout_words(layout)
        found += [f"{layout} ({meaning})" if meaning else layout] if layout else []
    return ", ".join(found)


def details(row: LayerRow, known: Around, size: tuple[int, int], glyphs: Glyphs) -> tuple[Line, ...]:
    """Everything known about a layer, the most telling first.

    Args:
        row: The layer, or a block that is folded.
        known: What lies around it.
        size: Columns and rows of the panel; with few rows lines are shared by two things.
        glyphs: Signs that the terminal can draw.
    """
    width, rows = size
    judged = efficiency(row.layer, known.peak)
    lines = _long(row, known, judged, width) if rows > 4 else _short(row, known, judged, width, glyphs)
    return tuple(lines[: max(1, rows)])


def _shapes(layer: LayerTime, known: Around) -> tuple[str, str]:
    before = layer.input_shapes or _joined(entry.shapes for entry in known.feeding)
    return _plain_shapes(before), _plain_shapes(layer.shapes)


def _layouts(layer: LayerTime, known: Around) -> tuple[str, str]:
    return layer.input_layouts or _joined(entry.layouts for entry in known.feeding), layer.layouts


def _joined(values: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(value for value in values if value))


def _plain_shapes(shapes: str) -> str:
    """`[1,3,224,224]` as 1x3x224x224."""
    parts = [part.strip(" ,[]") for part in shapes.replace("],", "]\n").splitlines()]
    return ", ".join(part.replace(" ", "").replace(",", "x") or "scalar" for part in parts if part or "[" in shapes)


def _origin(layer: LayerTime, known: Around) -> str:
    """Operations of the original model, with types where they are known."""
    if not layer.fused_from:
        return "—" if layer.status in ("executed", "below_resolution") else words_of(layer)
    return ", ".join(f"{name} ({known.types[name]})" if name in known.types else name for name in layer.fused_from)


def does_words(layer: LayerTime, judged: Efficiency | None) -> str:
    """Work and rates: `0.24 GFLOP, 3.9 MB moved: 159 GFLOP/s, 2.6 GB/s`."""
    moved = layer.read_bytes + layer.written_bytes
    work = [units.scaled(layer.flop, "FLOP") if layer.flop else "", f"{units.size(moved)} moved" if moved else ""]
    rates: list[str] = []
    if judged is not None and judged.gflops is not None:
        rates.append(f"{units.significant(judged.gflops)} GFLOP/s")
    if judged is not None and judged.gbps is not None:
        rates.append(f"{units.significant(judged.gbps)} GB/s")
    words = ", ".join(part for part in work if part)
    return f"{words}: {', '.join(rates)}" if words and rates else words or "not known"


_BOUNDS = {
    "compute": "compute bound",
    "memory": "memory bound",
    "overhead": "neither: calls, waiting or too little work",
}


def limit_words(layer: LayerTime, judged: Efficiency | None, peak: PeakFacts | None) -> str:
    """What limits a layer, and how near it comes to the measured roof."""
    if layer.status == "below_resolution":
        return "too short to be timed"
    if judged is None:
        return "not known: no operations or bytes are told"
    if peak is None:
        return "peak not measured yet"
    if judged.bound == "unknown":
        return judged.sure or "not known"
    words = _BOUNDS[judged.bound]
    if judged.bound == "memory" and judged.memory_share is not None:
        words += (
            f", {judged.memory_share * 100:.0f} % of the {units.significant(peak.gbps)} GB/s measured on this machine"
        )
    elif judged.peak_share is not None and judged.peak_gflops is not None:
        roof = units.significant(judged.peak_gflops)
        words += f", {judged.peak_share * 100:.0f} % of the {roof} GFLOP/s measured on this machine"
    return f"{words}; {judged.sure}" if judged.sure else words


def _long(row: LayerRow, known: Around, judged: Efficiency | None, width: int) -> list[Line]:
    layer = row.layer
    before, after = _shapes(layer, known)
    layouts = _layouts(layer, known)
    kind = "mixed" if is_block(row) and layer.primitive == "mixed" else explain_primitive(layer.primitive)
    lines: list[Line] = [
        label("fused from", (_origin(layer, known), "text")),
        label("primitive", (kind or "—", "text")),
        label("shapes", (_change(before, after), "text")),
        label("layouts", (_both_layouts(*layouts), "text")),
        *_why(known.move, width),
        label("weights", (_weights(layer.weights) or "none", "text")),
        label("does", (does_words(layer, judged), "text")),
        *_wrapped("limit", limit_words(layer, judged, known.peak), width),
        label("status", (words_of(layer), "text"), *_measured(row, known.latency_ns)),
        label("precision", (_precisions(layer, known), "text")),
        label("fed by", (", ".join(entry.name for entry in known.feeding) or "—", "text")),
    ]
    if layer.block:
        lines.append(label("block", (layer.block, "text")))
    if known.note:
        lines.append(label("note", (known.note, "warn")))
    return lines


def _wrapped(name: str, text: str, width: int) -> list[Line]:
    parts = wrap(text, max(20, width - 13)) or ["—"]
    return [label(name if not number else "", (part, "text")) for number, part in enumerate(parts)]


def _short(row: LayerRow, known: Around, judged: Efficiency | None, width: int, glyphs: Glyphs) -> list[Line]:
    """Two things on a line, as 80 columns have room for."""
    layer = row.layer
    left = max(30, width // 2)
    before, after = _shapes(layer, known)
    into, out = _layouts(layer, known)
    weights = _weights(layer.weights)
    primitive = short_primitive(layer.primitive)
    second = ("weights", weights) if weights else ("primitive", primitive or "—")
    return [
        _pair(("fused from", _origin(layer, known)), second, left),
        _pair(("in → out", _change(before, after)), ("layout", _change(into, out)), left),
        (*_half("does", _brief(layer, judged, known.latency_ns), left), *_peak(layer, judged, known.peak, glyphs)),
        label("primitive", (explain_primitive(layer.primitive) or "—", "text")),
    ]


def _brief(layer: LayerTime, judged: Efficiency | None, latency_ns: int) -> str:
    if layer.status not in ("executed", "below_resolution"):
        return words_of(layer)
    if judged is None:
        return f"{units.duration(layer.mean_ns)} of {units.duration(latency_ns)}" if layer.mean_ns else words_of(layer)
    parts = []
    if layer.flop:
        parts.append(units.scaled(layer.flop, "FLOP"))
    if judged.gflops is not None:
        parts.append(f"{units.significant(judged.gflops)} GFLOP/s")
    elif judged.gbps is not None:
        parts += [units.size(layer.read_bytes + layer.written_bytes), f"{units.significant(judged.gbps)} GB/s"]
    return "  ".join(parts)


def _peak(layer: LayerTime, judged: Efficiency | None, peak: PeakFacts | None, glyphs: Glyphs) -> Line:
    """Share of the peak as a bar and in words."""
    if peak is None or judged is None or judged.bound == "unknown":
        words = "not measured yet" if peak is None and judged is not None else limit_words(layer, judged, peak)
        return ((fit("peak", 10), "muted"), (words, "muted"))
    share = {"compute": judged.peak_share, "memory": judged.memory_share}.get(judged.bound, judged.share) or 0.0
    whole, half = bar_halves(min(1.0, share), PEAK_BAR)
    bar = glyphs.bar * whole + (glyphs.bar_half if half else "")
    return ((fit("peak", 10), "muted"), (f"{bar:<{PEAK_BAR}} ", "heat-3"), (judged.words, "text"))


def _half(name: str, text: str, width: int) -> Line:
    return ((f" {fit(name, 11)}", "muted"), (fit(text, max(8, width - 14), prose=True) + "  ", "text"))


def _pair(first: tuple[str, str], second: tuple[str, str], width: int) -> Line:
    return (*_half(*first, width), (fit(second[0], 10), "muted"), (second[1], "text"))


def _why(move: Reorder | None, width: int) -> list[Line]:
    return _wrapped("why", " ".join(why_words(move)), width) if move is not None else []


def _weights(weights: str) -> str:
    """`[64,3,7,7] f32` as `64x3x7x7 f32, 37.6 kB`."""
    shape, bracket, rest = weights.partition("]")
    if not bracket:
        return weights
    sizes = [part.strip() for part in shape.strip(" [").split(",")]
    bits = BITS.get(rest.strip())
    if bits is None or not all(size.isdigit() for size in sizes):
        return f"{_plain_shapes(shape + bracket)}{rest}"
    count = prod(int(size) for size in sizes)
    return f"{_plain_shapes(shape + bracket)}{rest}, {units.size(count * bits / 8)}"


def _both_layouts(before: str, after: str) -> str:
    if not before or before == after:
        return layout_with_words(after) or "—"
    return f"in {layout_with_words(before)}, out {layout_with_words(after) or '—'}"


def _precisions(layer: LayerTime, known: Around) -> str:
    before = layer.input_precisions or _joined(entry.precision for entry in known.feeding)
    words = _change(before, layer.output_precisions or layer.precision)
    return f"{words}, computed in {layer.precision}" if layer.precision else words


def _measured(row: LayerRow, latency_ns: int) -> Line:
    if row.layer.status != "executed":
        return ()
    error = f" ±{units.duration(row.layer.error_ns)}" if row.layer.error_ns else ""
    return (
        ("   ", "text"),
        (f"{units.duration(row.layer.mean_ns)}{error}", "text*"),
        (f" of {units.duration(latency_ns)}, {units.share(row.share)}", "muted"),
    )


def _change(before: str, after: str) -> str:
    if not before or before == after:
        return after or "—"
    return f"{before} → {after or '—'}"
