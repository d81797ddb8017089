"""Memory layouts in plain words: `abcd` is the order of the dimensions in memory, a capital is split into blocks."""

from __future__ import annotations

import re

_BLOCK = re.compile(r"(\d+)([a-z])")
_NAMES = {"a": "batch", "b": "channels"}


def layout_words(layout: str) -> str:
    """`acdb` as "channels last", `aBcd16b` as "blocks of 16 channels"; empty for an empty or unknown one."""
    first = layout.partition(",")[0].strip()
    plain = re.sub(r"\d+[a-z]", "", first)
    if not plain.isalpha() or sorted(plain.lower()) != [chr(ord("a") + place) for place in range(len(plain))]:
        return ""
    blocks = _BLOCK.findall(first)
    if blocks:
        sizes = [
            f"{size} {_NAMES.get(letter, letter) if letter in 'ab' else f'of dimension {letter}'}"
            for size, letter in blocks
        ]
        return "blocks of " + " by ".join(sizes)
    if plain == "".join(sorted(plain)):
        return "channels first" if len(plain) >= 4 else "plain order"
    if len(plain) >= 4 and plain == "a" + "".join(sorted(plain[1:-1])) + "b":
        return "channels last"
    return "turned order"
