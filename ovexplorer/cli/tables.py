"""Tables as data: what a command shows, before anybody decides how it looks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    title: str
    """Heading, with the unit: `mean µs`."""
    number: bool = False
    """Whether it is aligned to the right."""


@dataclass(frozen=True)
class Table:
    """Rows under headings."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    """Clean text; as many cells as there are columns."""
    title: str = ""
    """One line above; empty for none."""
    headings: bool = True
    """Whether the headings are shown; a list of names and values needs none."""
    most_width: int = 0
    """Widest cell of a text column on a terminal; longer ones are cut in the middle. 0 means whole."""


def pairs(title: str, rows: list[tuple[str, str]]) -> Table:
    """A list of names and values."""
    return Table((Column("what"), Column("value")), tuple(rows), title, headings=False)


def plain(table: Table) -> list[str]:
    """A table as aligned text without any decoration, for pipes and files."""
    grid = [tuple(column.title for column in table.columns)] if table.headings else []
    grid += list(table.rows)
    widths = [max((len(row[place]) for row in grid), default=0) for place in range(len(table.columns))]
    lines = [table.title] if table.title else []
    for row in grid:
        cells = [
            cell.rjust(width) if column.number else cell.ljust(width)
            for cell, width, column in zip(row, widths, table.columns)
        ]
        lines.append("  ".join(cells).rstrip())
    return lines
