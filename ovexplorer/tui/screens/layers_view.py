"""What the layers screen says of an analysis: views, titles, counts, and the rows under the table. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from ovexplorer import units
from ovexplorer.analysis.layers import Group, GroupField, LayerAnalysis
from ovexplorer.schema.results import LayerProfile
from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.screens.layers_columns import decimals_of, ms
from ovexplorer.tui.widgets.table_model import Cell, Pinned

ViewName = Literal["layers", "types", "primitives", "precisions", "blocks", "reorders", "difference"]

VIEWS: Final[tuple[ViewName, ...]] = (
    "layers", "types", "primitives", "precisions", "blocks", "reorders", "difference",
)  # fmt: skip

TITLES: Final[dict[ViewName, str]] = {
    "layers": "Layers",
    "types": "By type",
    "primitives": "By primitive",
    "precisions": "By precision",
    "blocks": "By block of the model",
    "reorders": "Reorder doctor",
    "difference": "Difference",
}

FIELDS: Final[dict[ViewName, str]] = {"types": "type", "primitives": "prim", "precisions": "prec", "blocks": "block"}
"""Field of the filter that stands for a row of a roll-up."""

_GROUPED: Final[dict[ViewName, GroupField]] = {
    "types": "type", "primitives": "primitive", "precisions": "precision", "blocks": "block",
}  # fmt: skip

APART: Final = 0.02
"""Difference of the counted run to the run without counters from which it is pointed out."""

NARROW: Final = 80
"""Columns of a screen below which there is no room for any."""

WIDE: Final = 120
"""Columns of a screen from which there is room for reasons."""


@dataclass(frozen=True)
class PlainRun:
    """The run without counters, as far as layers are held against it."""

    p50_ns: float = 0.0
    """0 before it was measured."""
    mean_ns: float = 0.0


def groups_of(analysis: LayerAnalysis, view: ViewName) -> tuple[Group, ...]:
    """Rows of a roll-up; nothing for a view that is none."""
    if view not in FIELDS:
        return ()
    groups = analysis.by(_GROUPED[view])
    # One group without a name: no part of the model can be told.
    return groups if any(group.name for group in groups) else ()


def pinned_rows(analysis: LayerAnalysis, run: PlainRun, glyphs: Glyphs, width: int) -> tuple[Pinned, ...]:
    """Gap and sum, with the tick that says whether they explain the run without counters."""
    latency = analysis.profile.latency_ns
    gap_share = analysis.gap_ns / latency if latency else 0.0
    decimals = decimals_of(max((row.layer.mean_ns for row in analysis.rows), default=0))
    sign, role = agreement(latency, run, glyphs)
    reason = apart_words(analysis.profile, run)
    total = f"{'   ' if width >= WIDE else '  '}sum of all rows + gap"
    if reason and width < NARROW:
        total = f"  sum {reason.partition(':')[0]}"
    elif reason:
        total = f"   sum + gap, {reason}" if width >= WIDE else f"  sum {reason}"
    elif analysis.profile.live:
        total += f", mean of {analysis.profile.iterations:,}"
    elif width >= WIDE and run.p50_ns:
        total += " = p50 of the run without counters"
    return (
        Pinned(
            {
                "time": Cell(ms(analysis.gap_ns, decimals)),
                "share": Cell(units.share(gap_share)),
                "cum": Cell("calls", "muted"),
            },
            Cell(f"{'   ' if width >= WIDE else '  '}{gap_words(analysis, decimals, width)}", "muted"),
        ),
        Pinned(
            {"time": Cell(ms(latency, decimals), "bold"), "share": Cell("100 %", "bold"), "cum": Cell(sign, role)},
            Cell(total, "warn" if reason else "bold"),
        ),
    )


def gap_words(analysis: LayerAnalysis, decimals: int, width: int) -> str:
    """What the gap is, and how much of it the counters' whole microseconds can explain."""
    words = "gap: latency minus counters"
    if width < WIDE and analysis.profile.truncation_ns:
        words = f"gap: latency {units.MINUS} counters"
    if width >= WIDE:
        words += ", in calls and between layers" if not analysis.profile.truncation_ns else ""
    hidden = analysis.profile.truncation_ns
    if not hidden:
        return words
    bound = ms(hidden, decimals)
    if width < NARROW:
        return f"gap, {bound} by whole µs"
    return f"{words}; whole µs hide {bound}" if width >= WIDE else f"{words}, {bound} by whole µs"


def _apart(latency_ns: float, run: PlainRun) -> float:
    return latency_ns / run.p50_ns - 1 if run.p50_ns else 0.0


def agreement(latency_ns: int, run: PlainRun, glyphs: Glyphs) -> tuple[str, str]:
    """Whether the counted run is as long as the one without counters: the words and their role."""
    if not run.p50_ns:
        return "", "muted"
    apart = _apart(latency_ns, run)
    if abs(apart) <= APART:
        return f"{glyphs.good} p50", "good"
    percent = f"{abs(apart) * 100:.0f} %"
    # The column has five cells.
    return f"{glyphs.look}{percent:>4}" if len(percent) <= 4 else percent, "warn"


def apart_words(profile: LayerProfile, run: PlainRun) -> str:
    """How far the counted run is from the one without counters and why, as far as it can be told; empty when near."""
    apart = _apart(profile.latency_ns, run)
    if abs(apart) <= APART:
        return ""
    words = f"{abs(apart) * 100:.1f} % {'over' if apart > 0 else 'under'} p50"
    if run.mean_ns and abs(profile.latency_ns / run.mean_ns - 1) <= APART:
        return f"{words}: a mean, slow inferences count"
    if profile.overhead is not None and profile.overhead[1] > APART / 2:
        return f"{words}: counting costs {profile.overhead[0] * 100:.1f} %"
    if profile.plain_latency_ns:
        return f"{words}: the machine ran otherwise then"
    return f"{words}: not at the same time"


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
