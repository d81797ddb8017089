"""Large figures of three rows, in the shapes of Textual's Digits."""

from __future__ import annotations

from rich.cells import cell_len

_SHAPES = {
    "0": ("╭─╮", "│ │", "╰─╯"),
    "1": ("╶╮ ", " │ ", "╶┴╴"),
    "2": ("╶─╮", "┌─┘", "╰─╴"),
    "3": ("╶─╮", " ─┤", "╶─╯"),
    "4": ("╷ ╷", "╰─┤", "  ╵"),
    "5": ("╭─╴", "╰─╮", "╶─╯"),
    "6": ("╭─╴", "├─╮", "╰─╯"),
    "7": ("╶─┐", "  │", "  ╵"),
    "8": ("╭─╮", "├─┤", "╰─╯"),
    "9": ("╭─╮", "╰─┤", "╶─╯"),
    "+": ("   ", "╶┼╴", "   "),
    "−": ("   ", "╶─╴", "   "),
    "─": ("   ", "╶─╴", "   "),
}


def big(text: str) -> tuple[str, str, str]:
    """A figure in three rows; points and other signs stand on the last row in one cell."""
    shapes = [_SHAPES.get(character) or (" ", " ", "•" if character == "." else character) for character in text]
    first, second, third = (map("".join, zip(*shapes))) if shapes else ("", "", "")
    return first, second, third


def big_width(text: str) -> int:
    """Cells that `big` takes."""
    return sum(3 if character in _SHAPES else cell_len(character) for character in text)


def doubled(rows: tuple[str, ...]) -> list[str]:
    """Digits at twice the width and height: each line drawing character becomes a two by two block of such."""
    out = []
    for row in rows:
        upper, lower = "", ""
        for character in row:
            top, bottom = _DOUBLED.get(character, ("  ", "  "))
            upper += top
            lower += bottom
        out += [upper, lower]
    return out


_DOUBLED = {
    " ": ("  ", "  "),
    "─": ("━━", "  "),
    "│": ("┃ ", "┃ "),
    "╭": ("┏━", "┃ "),
    "╮": ("┓ ", "┃ "),
    "╰": ("┗━", "  "),
    "╯": ("┛ ", "  "),
    "┌": ("┏━", "┃ "),
    "┐": ("┓ ", "┃ "),
    "└": ("┗━", "  "),
    "┘": ("┛ ", "  "),
    "├": ("┣━", "┃ "),
    "┤": ("┫ ", "┃ "),
    "┼": ("╋━", "┃ "),
    "┴": ("┻━", "  "),
    "╴": ("╸ ", "  "),
    "╶": ("╺━", "  "),
    "╷": ("╻ ", "┃ "),
    "╵": ("┃ ", "╹ "),
    "•": ("  ", "▪ "),
}
