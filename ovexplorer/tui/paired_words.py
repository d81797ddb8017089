"""Deltas and drift in words, the same on every screen: `+38 % ±2 paired`, `drift 3e-3`. Pure."""

from __future__ import annotations

import math
from typing import TypeAlias

from ovexplorer.analysis.compare import Delta
from ovexplorer.analysis.paired import MOST_QUADS, PairEstimate
from ovexplorer.schema.drift import Drift, OutputDrift
from ovexplorer.tui.glyphs import Glyphs

Piece: TypeAlias = tuple[str, str]
"""Text and role."""

NOTABLE = 1e-3
"""Relative L2 from which drift is shown in the colour of content."""
LARGE = 1e-2
"""Relative L2 from which it warns."""


def shown_delta(estimate: PairEstimate) -> Delta | None:
    """The speed-up of B as screens show it: no difference unless the interval lies beyond half a percent."""
    delta = estimate.delta
    if delta is None or estimate.verdict != "no_difference" or delta.direction == "same":
        return delta
    # Shown to lie beyond 0, but by less than anybody cares for: a bound is all that is said.
    return Delta(delta.point, -delta.detectable, delta.detectable)


def delta_piece(estimate: PairEstimate, glyphs: Glyphs) -> Piece:
    """`▲ +38 % ±2`, `≈ ±1.4 %`, or how far the turns are."""
    delta = shown_delta(estimate)
    if delta is None:
        return quads_words(estimate.quads, glyphs), "muted"
    if delta.direction == "same":
        return f"{glyphs.same} {delta.text()}", "muted"
    better = delta.direction == "faster"
    return f"{glyphs.better if better else glyphs.worse} {delta.text()}", "good" if better else "bad"


def quads_words(quads: int, glyphs: Glyphs) -> str:
    """How many quads have run: `◐ 5 of 50`."""
    return f"{glyphs.working} {quads} of {MOST_QUADS}"


def worst(drift: Drift) -> OutputDrift | None:
    """The output that moved most; one that is not finite comes first, then one whose class changed."""
    return max(
        drift.outputs,
        key=lambda output: (output.non_finite > 0, output.top1_changed, output.relative_l2),
        default=None,
    )


def drift_figure(drift: Drift) -> Piece:
    """`0`, `3e-3`, `NaN x12`, `top-1 3 of 64`, or `—` where there is none."""
    if drift.state == "unavailable":
        return "—", "muted"
    output = worst(drift)
    if drift.state == "reference" or output is None or (not output.relative_l2 and not output.non_finite):
        return "0", "muted"
    if output.non_finite:
        return f"NaN x{output.non_finite:,}", "bad"
    if output.top1_changed:
        return f"{_one_digit(output.relative_l2)} top-1 {output.top1_changed} of {output.top1_of}", "bad"
    if output.relative_l2 >= LARGE:
        return _one_digit(output.relative_l2), "warn"
    return _one_digit(output.relative_l2), "text" if output.relative_l2 >= NOTABLE else "muted"


def drift_piece(drift: Drift | None, baseline: Drift | None = None) -> Piece:
    """`drift 3e-3`, with the baseline's in brackets: `drift 0  (A 3e-3)`; empty before it is measured."""
    if drift is None:
        return "", "muted"
    text, role = drift_figure(drift)
    beside = f"  (A {drift_figure(baseline)[0]})" if baseline is not None and baseline.state != "unavailable" else ""
    return f"drift {text}{beside}", role


def _one_digit(value: float) -> str:
    """`3e-3`."""
    if not math.isfinite(value):
        return "Inf"
    mantissa, _, exponent = f"{value:.0e}".partition("e")
    return f"{mantissa}e{int(exponent)}" if int(exponent) else mantissa
