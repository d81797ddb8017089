"""Magnitude bars of half-cell resolution. Pure."""

from __future__ import annotations

from ovexplorer.tui.glyphs import Glyphs


def bar(fraction: float, width: int, glyphs: Glyphs) -> str:
    """A bar of at most `width` cells, padded with blanks; anything above nothing shows at least half a cell."""
    halves = min(max(round(fraction * width * 2), 1 if fraction > 0 else 0), width * 2)
    text = glyphs.bar * (halves // 2) + (glyphs.bar_half if halves % 2 else "")
    return text.ljust(width)


def levels(counts: tuple[float, ...], rows: int, glyphs: Glyphs) -> list[str]:
    """A histogram in rows of eighth-blocks, top row first; anything above nothing shows at least one eighth."""
    most = max(counts, default=0.0)
    out = []
    eighths = [max(round(count / most * rows * 8), 1) if count > 0 else 0 for count in counts]
    for row in range(rows):
        floor = (rows - 1 - row) * 8
        out.append("".join(" " if e <= floor else glyphs.levels[min(e - floor, 8) - 1] for e in eighths))
    return out
