"""Rows of cells: what the live widgets draw with. Pure; nothing here knows of Textual.

A `Row` is two strings of the same length, one character and one role letter a cell, so that comparing two rows and
finding what changed costs next to nothing. A character two cells wide is followed by a filler; characters without
width are dropped.

Role letters: blank content, `B` bold content, `m` muted, `M` muted bold, `n` line, `l` live, `L` live bold, `g` good,
`G` good bold, `b` bad, `D` bad bold, `w` warn, `W` warn bold, `s` stale; `1` … `6` chips of devices, `p` `q` `r` `t`
`u` `v` their colours, `e` `f` `h` `i` `j` heat from cold to hot.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rich.cells import cell_len, get_character_cell_size

FILLER = "\0"
"""Stands in the second cell of a wide character; never sent to the terminal."""

ROLES = " BmMnlLgGbDwWs123456pqrtuvefhij"
"""All role letters."""

NEAR = 12
"""Unchanged cells between two changed ones that are repainted too: a new span costs about 40 bytes of escapes."""


class Row(NamedTuple):
    """One finished line of cells."""

    text: str
    """One character a cell."""
    roles: str
    """One role letter a cell."""
    selected: bool = False
    """Whether it carries the background of the cursor row."""


class Line:
    """A row while it is put together; cells outside are clipped."""

    __slots__ = ("chars", "roles", "width")

    def __init__(self, width: int) -> None:
        self.width = width
        self.chars = [" "] * width
        self.roles = [" "] * width

    def put(self, x: int, text: str, role: str = " ", width: int | None = None) -> int:
        """Write text at a column, at most `width` cells of it; gives the column after it."""
        end = self.width if width is None else min(self.width, x + width)
        for character in cellwise(text):
            if x >= end:
                break
            if x >= 0:
                self.chars[x] = character
                self.roles[x] = role
            x += 1
        if 0 < x <= self.width and get_character_cell_size(self.chars[x - 1]) == 2:
            # The second half was clipped: half a character cannot be shown.
            self.chars[x - 1] = " "
        return x

    def put_right(self, end: int, text: str, role: str = " ") -> int:
        """Write text so that it ends before a column; gives the column where it began."""
        start = end - cell_len(text)
        self.put(start, text, role)
        return start

    def row(self, selected: bool = False) -> Row:
        """The finished row."""
        return Row("".join(self.chars), "".join(self.roles), selected)


def cellwise(text: str) -> str:
    """Text with exactly one character a cell."""
    if text.isascii() or (len(text) == cell_len(text) and all(map(get_character_cell_size, text))):
        return text
    out = []
    for character in text:
        width = get_character_cell_size(character)
        if width:
            out.append(character + FILLER * (width - 1))
    return "".join(out)


def cut_cells(text: str, width: int) -> str:
    """Cut a text to a width in cells with an ellipsis in the middle, keeping more of the end."""
    if cell_len(text) <= width:
        return text
    if width <= 1:
        return "…"[:width]
    head = (width - 1) // 3
    tail = width - 1 - head
    cells = cellwise(text)
    start = cells[:head]
    if start and get_character_cell_size(start[-1]) == 2:
        start = start[:-1] + " "
    end = cells[len(cells) - tail :]
    if end.startswith(FILLER):
        end = " " + end[1:]
    return f"{start}…{end}".replace(FILLER, "")


def wrap(text: str, width: int, most: int) -> list[str]:
    """Break a text at blanks into at most `most` lines of at most `width` cells; what is left ends in an ellipsis."""
    lines = [""]
    for word in text.split():
        piece = cut_cells(word, width)
        candidate = f"{lines[-1]} {piece}" if lines[-1] else piece
        if cell_len(candidate) <= width:
            lines[-1] = candidate
        elif len(lines) < most:
            lines.append(piece)
        else:
            last = lines[-1]
            lines[-1] = f"{last}…" if cell_len(last) < width else cut_cells(f"{last}…", width)
            break
    return lines if lines != [""] else []


def blank(width: int) -> Row:
    """An empty row."""
    return Row(" " * width, " " * width)


def runs(row: Row) -> Iterator[tuple[str, str]]:
    """Pieces of one role each, as (text, role). Blanks join whatever stands before them: their role shows nothing."""
    text, roles, _ = row
    start = 0
    current = roles[:1]
    for index, role in enumerate(roles):
        if role != current and text[index] != " ":
            if index > start:
                yield text[start:index].replace(FILLER, ""), current
            start, current = index, role
    if start < len(text):
        yield text[start:].replace(FILLER, ""), current


def changed_spans(old: Row, new: Row) -> list[tuple[int, int]]:
    """Half-open ranges of cells that differ between two rows; near ones are joined."""
    width = len(new.text)
    if len(old.text) != width or old.selected != new.selected:
        return [(0, width)]
    spans: list[tuple[int, int]] = []
    for index, (a, b, c, d) in enumerate(zip(old.text, new.text, old.roles, new.roles)):
        if a != b or (c != d and b != " "):
            if spans and index - spans[-1][1] <= NEAR:
                spans[-1] = (spans[-1][0], index + 1)
            else:
                spans.append((index, index + 1))
    return [_whole(span, old.text, new.text) for span in spans]


def _whole(span: tuple[int, int], old: str, new: str) -> tuple[int, int]:
    """Widen a span so that it cuts no wide character in half."""
    start, end = span
    if start and (new[start] == FILLER or old[start] == FILLER):
        start -= 1
    if end < len(new) and (new[end] == FILLER or old[end] == FILLER):
        end += 1
    return start, end
