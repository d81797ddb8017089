"""What the layers screen shows of an analysis: columns, pinned rows, details, roll-ups. Pure functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

from ovexplorer import units
from ovexplorer.analysis.layer_filter import words_of
from ovexplorer.analysis.layers import Group, LayerAnalysis, LayerRow
from ovexplorer.schema.results import LayerTime
from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.widgets.form import label
from ovexplorer.tui.widgets.lines import Line
from ovexplorer.tui.widgets.table_model import Cell, Column, Pinned, bar_halves, blank, fit, heat

ViewName = Literal["layers", "types", "primitives", "precisions"]

VIEWS: Final[tuple[ViewName, ...]] = ("layers", "types", "primitives", "precisions")

TITLES: Final[dict[ViewName, str]] = {
    "layers": "Layers",
    "types": "By type",
    "primitives": "By primitive",
    "precisions": "By precision",
}

FIELDS: Final[dict[ViewName, str]] = {"types": "type", "primitives": "prim", "precisions": "prec"}
"""Field of the filter that stands for a row of a roll-up."""

APART: Final = 0.02
"""Difference of the counted run to the run without counters from which it is pointed out."""

ROLL_UP: Final = 54
"""Cells of a roll-up beside the table."""


def layer_columns(analysis: LayerAnalysis) -> tuple[Column[LayerRow], ...]:
    """Columns of the table of layers; bars are measured by the longest layer."""
    longest = max((row.layer.mean_ns for row in analysis.rows), default=0) or 1
    decimals = decimals_of(longest)

    def time(row: LayerRow) -> Cell:
        return Cell(ms(row.layer.mean_ns, decimals)) if _ran(row) else Cell(words_short(row.layer), "muted")

    return (
        Column("order", "#", 3, _order, sort=lambda row: _last(row.layer), right=True, drop=6, most=5),
        Column("name", "layer", 20, _named, sort=lambda row: row.layer.name.lower(), most=60),
        Column("type", "type", 11, lambda row: _soft(row, row.layer.type), sort=_by("type"), drop=5, most=16),
        Column("primitive", "primitive", 20, lambda row: _soft(row, row.layer.primitive), sort=_by("primitive"),
               drop=1, most=28),
        Column("precision", "prec", 5, lambda row: _soft(row, row.layer.precision), sort=_by("precision"), drop=4),
        Column("time", "ms", 7, time, sort=lambda row: row.layer.mean_ns, right=True, descending=True),
        Column("bar", "", 6, blank, drop=3, most=16, bar=lambda row: row.layer.mean_ns / longest),
        Column("share", "share", 7, _share, sort=lambda row: row.share, right=True, descending=True),
        Column("cum", "cum", 5, _cumulative, sort=lambda row: row.cumulative or 2, right=True, drop=2),
    )  # fmt: skip


def _by(field: str) -> Callable[[LayerRow], object]:
    return lambda row: (str(getattr(row.layer, field)).lower(), -row.layer.mean_ns)


def _last(layer: LayerTime) -> int:
    return layer.order if layer.order >= 0 else 1 << 40


def _ran(row: LayerRow) -> bool:
    return row.layer.status == "executed"


def _order(row: LayerRow) -> Cell:
    return Cell(str(row.layer.order) if row.layer.order >= 0 else "·", "muted")


def _named(row: LayerRow) -> Cell:
    return Cell(row.layer.name, "" if _ran(row) else "muted")


def _soft(row: LayerRow, text: str) -> Cell:
    reorder = _ran(row) and row.layer.type == "Reorder" and text == row.layer.type
    return Cell(text, "warn" if reorder else "muted")


def _share(row: LayerRow) -> Cell:
    return Cell(units.share(row.share)) if _ran(row) else Cell("—", "muted")


def _cumulative(row: LayerRow) -> Cell:
    return Cell(f"{row.cumulative * 100:.0f} %", "muted") if _ran(row) else Cell("", "muted")


def words_short(layer: LayerTime) -> str:
    """The status in at most seven cells."""
    return {"executed": "ran", "fused": "fused", "optimized_out": "out", "below_resolution": "< 1 µs"}[layer.status]


def decimals_of(longest_ns: float) -> int:
    """Decimals of a column of milliseconds, so that its longest row has three digits and all line up."""
    return 2 if longest_ns >= 1e6 else 3 if longest_ns >= 1e5 else 4


def ms(ns: float, decimals: int) -> str:
    """Milliseconds."""
    return f"{ns / 1e6:,.{decimals}f}".replace("-", units.MINUS)


def group_columns(groups: tuple[Group, ...], title: str) -> tuple[Column[Group], ...]:
    """Columns of a roll-up."""
    longest = max((group.time_ns for group in groups), default=0) or 1
    decimals = decimals_of(longest)
    return (
        Column("name", title, 20, lambda row: Cell(row.name or "not told"), sort=lambda row: row.name.lower(), most=70),
        Column("count", "layers", 7, lambda row: Cell(f"{row.count:,}", "muted"), sort=lambda row: row.count,
               right=True, descending=True, drop=2),
        Column("time", "ms", 8, lambda row: Cell(ms(row.time_ns, decimals)), sort=lambda row: row.time_ns, right=True,
               descending=True),
        Column("bar", "", 8, blank, drop=1, most=40, bar=lambda row: row.time_ns / longest),
        Column("share", "share", 7, lambda row: Cell(units.share(row.share)), sort=lambda row: row.share, right=True,
               descending=True),
    )  # fmt: skip


def groups_of(analysis: LayerAnalysis, view: ViewName) -> tuple[Group, ...]:
    """Rows of a roll-up."""
    return {
        "layers": (),
        "types": analysis.by_type,
        "primitives": analysis.by_primitive,
        "precisions": analysis.by_precision,
    }[view]


def pinned_rows(analysis: LayerAnalysis, p50_ns: float | None, glyphs: Glyphs) -> tuple[Pinned, ...]:
    """Gap and sum, with the tick that says whether they explain the run without counters."""
    latency = analysis.profile.latency_ns
    gap_share = analysis.gap_ns / latency if latency else 0.0
    decimals = decimals_of(max((row.layer.mean_ns for row in analysis.rows), default=0))
    sign, role = agreement(latency, p50_ns, glyphs)
    return (
        Pinned(
            {
                "time": Cell(ms(analysis.gap_ns, decimals)),
                "share": Cell(units.share(gap_share)),
                "cum": Cell("calls", "muted"),
            },
            Cell("     gap: latency minus counters", "muted"),
        ),
        Pinned(
            {"time": Cell(ms(latency, decimals), "bold"), "share": Cell("100 %", "bold"), "cum": Cell(sign, role)},
            Cell("     sum of all rows + gap", "bold"),
        ),
    )


def agreement(latency_ns: int, p50_ns: float | None, glyphs: Glyphs) -> tuple[str, str]:
    """Whether the counted run is as long as the one without counters: the words and their role."""
    if not p50_ns:
        return "", "muted"
    apart = latency_ns / p50_ns - 1
    if abs(apart) <= APART:
        return f"{glyphs.good} p50", "good"
    percent = f"{abs(apart) * 100:.0f} %"
    # The column has five cells.
    return f"{glyphs.look}{percent:>4}" if len(percent) <= 4 else percent, "warn"


def cost_words(analysis: LayerAnalysis, p50_ns: float | None) -> str:
    """How far the counted mean is from the p50 of the run without counters."""
    if not p50_ns:
        return ""
    apart = analysis.profile.latency_ns / p50_ns - 1
    if abs(apart) <= APART:
        return f"{units.signed_percent(apart)} from the run's p50"
    # The two were measured one after the other: how much of it counting costs cannot be told from this.
    return f"{units.signed_percent(apart)} from the run's p50, not measured at the same time"


def any_ran(analysis: LayerAnalysis) -> bool:
    """Whether any layer took long enough to be counted."""
    return any(row.layer.status == "executed" for row in analysis.rows)


def count_words(analysis: LayerAnalysis) -> str:
    """How many ran, and what is hidden."""
    ran = sum(row.layer.status == "executed" for row in analysis.rows)
    hidden = len(analysis.rows) - ran
    if not hidden:
        return f"{ran:,} ran"
    if not ran:
        return f"none took a microsecond, {hidden:,} listed"
    return f"{ran:,} ran, {hidden:,} {'fused ' if hidden == analysis.fused else ''}hidden"


def details(row: LayerRow, analysis: LayerAnalysis, latency_ns: int, rows: int) -> tuple[Line, ...]:
    """Everything known about a layer, the most telling first, in at most so many lines."""
    layer = row.layer
    before = [entry.layer for entry in analysis.rows if entry.layer.key in layer.inputs]
    into = ", ".join(dict.fromkeys(entry.layouts for entry in before if entry.layouts))
    shapes = ", ".join(dict.fromkeys(entry.shapes for entry in before if entry.shapes))
    fused = ", ".join(layer.fused_from) or ("—" if layer.status == "executed" else words_of(layer))
    input_precision = layer.input_precisions or ", ".join(dict.fromkeys(entry.precision for entry in before))
    lines = [
        label("fused from", (fused, "text")),
        label(
            "in → out", (_change(shapes, layer.shapes), "text"), ("   layout ", "muted"),
            (_change(into, layer.layouts), "text"),
        ),
        label(
            "primitive", (layer.primitive or "—", "text"), ("   precision ", "muted"),
            (_change(input_precision, layer.output_precisions or layer.precision), "text"),
        ),
        label("status", (words_of(layer), "text"), *_measured(row, latency_ns)),
        label("fed by", (", ".join(entry.name for entry in before) or "—", "text")),
        label("type", (layer.type, "text"), ("   run-time precision ", "muted"), (layer.precision or "—", "text")),
    ]  # fmt: skip
    if analysis.profile.note:
        lines.append(label("note", (analysis.profile.note, "warn")))
    return tuple(lines[:rows])


def _measured(row: LayerRow, latency_ns: int) -> tuple[tuple[str, str], ...]:
    if row.layer.status != "executed":
        return ()
    return (
        ("   ", "text"),
        (units.duration(row.layer.mean_ns), "text*"),
        (f" of {units.duration(latency_ns)}, {units.share(row.share)}", "muted"),
    )


def _change(before: str, after: str) -> str:
    if not before or before == after:
        return after or "—"
    return f"{before} → {after}"


def roll_up(groups: tuple[Group, ...], rows: int, glyphs: Glyphs, width: int = ROLL_UP) -> tuple[Line, ...]:
    """A roll-up as lines: name, layers, bar, ms, share; what does not fit is counted."""
    longest = max((group.time_ns for group in groups), default=0) or 1
    decimals = decimals_of(longest)
    name_width, bar_width = 21, width - 44
    lines: list[Line] = []
    for group in groups if len(groups) <= rows else groups[: rows - 1]:
        whole, half = bar_halves(group.time_ns / longest, bar_width)
        bar = glyphs.bar * whole + (glyphs.bar_half if half else "")
        lines.append(
            (
                (f" {fit(group.name or 'not told', name_width)}", "text"),
                (f" {group.count:>4,} ", "muted"),
                (bar + " " * (bar_width - len(bar)), f"heat-{heat(group.time_ns / longest)}"),
                (f" {ms(group.time_ns, decimals):>7}", "text"),
                (f" {units.share(group.share):>7}", "text"),
            )
        )
    if len(groups) > rows > 0:
        lines.append(((f" {len(groups) - rows + 1} more · v shows them all", "muted"),))
    return tuple(lines)


def transition_lines(analysis: LayerAnalysis, rows: int) -> tuple[Line, ...]:
    """Which precision layers take and give, and what conversions cost."""
    lines: list[Line] = [(((" takes → gives        layers  conversion ms"), "muted"),)]
    for entry in analysis.transitions[: max(0, rows - 2)]:
        stays = entry.before == entry.after
        cost = "·" if not entry.time_ns else ms(entry.time_ns, 3)
        lines.append(
            (
                (fit(f" {entry.before} → {entry.after}", 20), "text" if stays else "warn"),
                (f"{entry.count:>8,}", "text"),
                (f"{cost:>15}", "muted" if stays else "text"),
            )
        )
    return tuple(lines[:rows])
