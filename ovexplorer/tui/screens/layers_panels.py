"""The panels beside the table of layers: roll-ups, precision transitions, differences. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence

from ovexplorer import units
from ovexplorer.analysis.align import AlignedRow, Alignment
from ovexplorer.analysis.layers import Group, LayerAnalysis, Transition
from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.screens.layers_columns import decimals_of, ms, short_name
from ovexplorer.tui.widgets.form import words
from ovexplorer.tui.widgets.lines import Line
from ovexplorer.tui.widgets.table_model import bar_halves, fit, heat

ROLL_UP = 54
"""Cells of a panel beside the table."""

FROM = 12
"""Cells of the left column of the matrix of precisions."""

EACH = 9
"""Cells of one of its columns."""


def roll_up(groups: Sequence[Group], rows: int, glyphs: Glyphs, width: int = ROLL_UP) -> tuple[Line, ...]:
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
                (f" {group.count or '':>4} ", "muted"),
                (bar + " " * (bar_width - len(bar)), f"heat-{heat(group.time_ns / longest)}"),
                (f" {ms(group.time_ns, decimals):>7}", "text"),
                (f" {units.share(group.share):>7}", "text"),
            )
        )
    if len(groups) > rows > 0:
        lines.append(((f" {len(groups) - rows + 1} more · v shows them all", "muted"),))
    return tuple(lines)


def gap_group(analysis: LayerAnalysis) -> Group:
    """The gap as a row of a roll-up."""
    return Group("gap", 0, max(0, analysis.gap_ns), analysis.gap.share)


def conversions(transitions: Sequence[Transition]) -> tuple[int, int]:
    """Layers that change the precision, and the time of those that do nothing else."""
    changing = [entry for entry in transitions if entry.before != entry.after]
    return sum(entry.count for entry in changing), sum(entry.time_ns for entry in changing)


def transition_lines(
    analysis: LayerAnalysis, rows: int, before: tuple[str, LayerAnalysis] | None = None, width: int = ROLL_UP
) -> tuple[Line, ...]:
    """Which precision layers take (down) and give (across), and what conversions cost."""
    transitions = analysis.transitions
    counts = {(entry.before, entry.after): entry.count for entry in transitions}
    often: dict[str, int] = {}
    for entry in transitions:
        for name in (entry.before, entry.after):
            often[name] = often.get(name, 0) + entry.count
    names = sorted(often, key=lambda name: -often[name])
    shown = names[: max(1, min((width - FROM - 1) // EACH, rows - 3))]
    lines: list[Line] = [
        ((f" {'from ' + chr(92) + ' to':<{FROM}}", "muted"), *((f"{n:>{EACH}}", "muted") for n in shown))
    ]
    for taken in shown:
        cells = tuple(_matrix_cell(counts.get((taken, given), 0), taken == given) for given in shown)
        lines.append(((f" {fit(taken, FROM)}", "text"), *cells))
    count, time_ns = conversions(transitions)
    total = f"{count:,} layers convert, Reorders among them: {ms(time_ns, 3)} ms" if count else "no conversions"
    if len(names) > len(shown):
        total += f"; {len(names) - len(shown)} more precisions"
    lines.append(((f" {total}", "warn" if count else "muted"),))
    if before is not None:
        title, other = before
        count, time_ns = conversions(other.transitions)
        lines.append(((f" {title}: {count:,}, {ms(time_ns, 3)} ms", "muted"),))
    return tuple(lines[:rows])


def _matrix_cell(count: int, stays: bool) -> tuple[str, str]:
    return (f"{count:>{EACH},}" if count else f"{'·':>{EACH}}", "muted" if not count else "text" if stays else "warn")


def against_lines(alignment: Alignment, rows: int, glyphs: Glyphs, width: int = ROLL_UP) -> tuple[Line, ...]:
    """The largest differences to a reference, and how many are not shown."""
    telling = [row for row in alignment.rows if row.kind != "same"]
    if not telling:
        return (words(" no layer differs by more than noise", "muted"),)
    decimals = decimals_of(max(max(row.a_ns, row.b_ns) for row in telling))
    shown = telling if len(telling) <= rows else telling[: max(1, rows - 1)]
    lines = [_against(row, decimals, glyphs, width) for row in shown]
    if len(shown) < len(telling):
        lines.append(words(f" {len(telling) - len(shown)} more · v shows them all", "muted"))
    return tuple(lines)


def _against(row: AlignedRow, decimals: int, glyphs: Glyphs, width: int) -> Line:
    before = ms(row.a_ns, decimals) if row.a else "—"
    after = ms(row.b_ns, decimals) if row.b else "gone"
    change, role = "", "muted"
    if row.kind == "appeared":
        change, role = "new", "warn"
    elif row.kind in ("faster", "slower") and row.a_ns and row.b_ns:
        # As everywhere: time before / time now.
        sign = glyphs.better if row.kind == "faster" else glyphs.worse
        change, role = (
            f"{sign} {units.signed_percent(row.a_ns / row.b_ns - 1)}",
            "good" if row.kind == "faster" else "bad",
        )
    elif row.kind in ("faster", "slower"):
        change, role = row.kind, "good" if row.kind == "faster" else "bad"
    room = max(10, width - 32)
    return (
        (f" {fit(short_name(row.name), room)}", "text"),
        (f" {before:>7} → {after:>7} ", "text"),
        (f"{change:>9}", role),
    )
