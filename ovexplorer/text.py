"""Cleaning of text that came from outside: models, drivers, files, other processes.

A layer name may hold escape sequences, markup, bidi controls or ten thousand characters. `clean` makes it safe to
print; the type `CleanText` says that this was done, and the codec applies it to every field so declared when a frame
is decoded. Markup needs no treatment here: widgets show literal content only.
"""

from __future__ import annotations

import unicodedata
from typing import NewType

RawName = NewType("RawName", str)
"""A name as the model spells it: a key for joins, never shown."""

SHOWN_LIMIT = 512
"""Longest text kept for showing, in characters; the middle of a longer one is cut."""

_LINE_SEPARATORS = frozenset("\u2028\u2029")


class CleanText(str):
    """Text that went through `clean`: printable, one line, bounded in length."""

    __slots__ = ()


def _shown(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if unicodedata.category(character).startswith("C") or character in _LINE_SEPARATORS:
        return f"\\u{{{code:x}}}"
    return character


def clean(raw: str, limit: int = SHOWN_LIMIT) -> CleanText:
    r"""Make one line of foreign text safe to print.

    Args:
        raw: Any text.
        limit: Longest result in characters.

    Returns:
        The text with C0 controls and DEL as control pictures, every other control, format, surrogate, private or
        unassigned character and the Unicode line separators as `\u{hex}`, cut in the middle to `limit`.
    """
    # Cut first, so that ten megabytes of name cost no more than what is shown of them.
    bounded = raw if len(raw) <= limit else cut_middle(raw, limit)
    # Most names are plain, and a large profile holds tens of thousands of them.
    if bounded.isascii() and bounded.isprintable():
        return CleanText(bounded)
    return CleanText(cut_middle("".join(map(_shown, bounded)), limit))


def clean_lines(raw: str, most: int = 200, limit: int = SHOWN_LIMIT) -> tuple[CleanText, ...]:
    """Clean the last `most` non-empty lines of a longer text, such as a tail of stderr."""
    lines = [line.rstrip() for line in raw.splitlines() if line.strip()]
    return tuple(clean(line, limit) for line in lines[-most:])


def cut_middle(text: str, width: int) -> str:
    """Cut a text to `width` characters with an ellipsis in the middle, keeping more of the end than of the start."""
    if len(text) <= width:
        return text
    if width <= 1:
        return text[:width]
    head = (width - 1) // 3
    return f"{text[:head]}…{text[len(text) - (width - 1 - head) :]}"
