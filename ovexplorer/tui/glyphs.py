"""The signs of the screens and their twins for poorer terminals.

One sign is one cell in every set, so layouts never change. Code takes a sign from `Glyphs`, or writes the Unicode one
and passes the finished text through `Glyphs.show`, which replaces what the terminal cannot draw.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

Symbols = Literal["auto", "unicode", "blocks", "ascii"]
ChartStyle = Literal["braille", "blocks", "ascii"]


@dataclass(frozen=True)
class Glyphs:
    """One set of signs."""

    name: Literal["unicode", "blocks", "ascii"] = "unicode"
    chart: ChartStyle = "braille"
    """How line charts are drawn."""
    levels: str = "▁▂▃▄▅▆▇█"
    """Histogram, lowest first; eight signs."""
    bar: str = "━"
    """A whole cell of a magnitude bar."""
    bar_half: str = "╸"
    """The half cell at its end."""
    rule: str = "─"
    heavy_rule: str = "━"
    vertical: str = "│"
    baseline: str = "╌"
    """Level of the baseline in a chart."""
    composition: str = "█▒░"
    """Compute, reorder, gap."""
    stages: str = "░·█▒"
    """Capture, queue, infer, post."""
    due: str = "▾"
    """Intended start of a request."""
    axis: str = "└┴┤"
    """Corner and tick of a time axis, tick of a value axis."""
    set_by_user: str = "●"
    differs: str = "≠"
    ignored: str = "∅"
    better: str = "▲"
    worse: str = "▼"
    same: str = "≈"
    plus_minus: str = "±"
    good: str = "✓"
    bad: str = "✗"
    look: str = "!"
    working: str = "◐"
    paused: str = "‖"
    idle: str = "○"
    live: str = "●"
    cursor: str = "▌"
    """Left edge of the cursor row."""
    pointer: str = "▸"
    right: str = "→"
    left: str = "←"
    replay: str = "►"
    ellipsis: str = "…"
    dot: str = "·"
    missing: str = "—"
    pill: str = "▐▌"
    """Left and right end of the active tab."""
    twins: Mapping[int, str] = field(default_factory=dict)
    """What `show` replaces, by code point."""

    def show(self, text: str) -> str:
        """Replace the signs that this set does not have, and in ASCII whatever else a name may hold."""
        if not self.twins or text.isascii():
            return text
        return text.translate(self.twins).encode("ascii", "replace").decode("ascii")

    @property
    def ascii(self) -> bool:
        """Whether only ASCII can be drawn."""
        return self.name == "ascii"


_ASCII_TWINS: Final = {
    **dict(zip("╭╮╰╯┌┐└┘├┤┬┴┼", "+" * 13)),
    **dict(zip("┏┓┗┛┳┻┣┫╋╪", "+" * 10)),
    **dict(zip("│┃╷╵", "||||")),
    **dict(zip("─━╌┄╴╶╸", "-=.----")),
    **dict(zip("▁▂▃▄▅▆▇█", "..::++##")),
    **dict(zip("▓▒░", "%%:")),
    **dict(zip("●○◐‖►◄▸▌▐", "*o~=><>> ")),
    **dict(zip("≠∅▲▼≈±", "!x^v=~")),
    **dict(zip("✓✗→←↑↓", "+x><^v")),
    **dict(zip("…·—–−×µ‹›", ".,---xu<>")),
    **dict(zip("’‘“”", "''\"\"")),
}

UNICODE: Final = Glyphs()
BLOCKS: Final = Glyphs(name="blocks", chart="blocks")
ASCII: Final = Glyphs(
    name="ascii",
    chart="ascii",
    levels="..::++##",
    bar="=",
    bar_half="-",
    rule="-",
    heavy_rule="=",
    vertical="|",
    baseline=".",
    composition="#%:",
    stages=":.#%",
    due="v",
    axis="+++",
    set_by_user="*",
    differs="!",
    ignored="x",
    better="^",
    worse="v",
    same="=",
    plus_minus="~",
    good="+",
    bad="x",
    look="!",
    working="~",
    paused="=",
    idle="o",
    live="*",
    cursor=">",
    pointer=">",
    right=">",
    left="<",
    replay=">",
    ellipsis=".",
    dot=",",
    missing="-",
    pill="[]",
    twins={ord(sign): twin for sign, twin in _ASCII_TWINS.items()},
)


def pick_glyphs(symbols: Symbols, encoding: str) -> Glyphs:
    """Choose the set of signs.

    Args:
        symbols: The user's setting; `auto` looks at the encoding.
        encoding: Of the terminal, as the locale has it.

    Returns:
        ASCII when the setting says so or the terminal is not UTF-8.
    """
    if symbols == "auto":
        return UNICODE if encoding.lower().replace("-", "").replace("_", "") == "utf8" else ASCII
    return {"unicode": UNICODE, "blocks": BLOCKS, "ascii": ASCII}[symbols]
