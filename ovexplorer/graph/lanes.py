"""Lanes beside a list of nodes in running order, as logs of version control draw branches.

A row is one node. A lane is a tensor that is still wanted by a later row; the node's own dot stands in the lane it
continues. Only so many lanes are drawn; what has no lane is told by a stub.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ovexplorer.graph.model import Graph

MOST_LANES = 5
"""Lanes that are drawn at most."""


@dataclass(frozen=True)
class LaneRow:
    """The lanes of one row, one sign a lane."""

    text: str
    """`●│╮`; `●` is the node, `│` passes, `╮` begins, `┤` or `╯` ends here."""
    between: str
    """The lanes on a row between this node and the next: `╪│` where a lane crosses a cut."""
    hidden: int
    """Tensors under way that have no lane."""


@dataclass
class _Lane:
    source: int
    last: int
    """Row of the last consumer."""


def lane_rows(graph: Graph, order: Sequence[int], most: int = MOST_LANES) -> tuple[LaneRow, ...]:
    """Lanes of every row.

    Args:
        graph: Any; edges that go up the list are passed over.
        order: Keys of the nodes in the order of the rows.
        most: Lanes at most, the node's own included.
    """
    row_of = {key: row for row, key in enumerate(order)}
    last_use = _last_uses(graph, order, row_of)
    lanes: list[_Lane | None] = [None] * most
    hidden: dict[int, int] = {}
    rows: list[LaneRow] = []
    for row, key in enumerate(order):
        sources = {graph.edges[at].source for at in graph.incoming[key]}
        signs = [" "] * most
        for place, lane in enumerate(lanes):
            if lane is not None:
                signs[place] = ("╯" if lane.last <= row else "┤") if lane.source in sources else "│"
        own = next((place for place, lane in enumerate(lanes) if lane is not None and lane.source in sources), None)
        for place, lane in enumerate(lanes):
            if lane is not None and lane.last <= row:
                lanes[place] = None
        hidden = {source: last for source, last in hidden.items() if last > row}
        _place_own(lanes, signs, own, key, (row, last_use[key]), hidden)
        between = "".join("╪" if lane is not None and lane.source == key else "│" if lane else " " for lane in lanes)
        rows.append(LaneRow("".join(signs).rstrip() or "●", between.rstrip(), len(hidden)))
    return tuple(rows)


def _last_uses(graph: Graph, order: Sequence[int], row_of: dict[int, int]) -> dict[int, int]:
    """The row of the last consumer of each node; −1 for none below it."""
    found: dict[int, int] = {}
    for key in order:
        rows = (row_of.get(graph.edges[at].target, -1) for at in graph.outgoing[key])
        found[key] = max((row for row in rows if row > row_of[key]), default=-1)
    return found


def _place_own(
    lanes: list[_Lane | None],
    signs: list[str],
    own: int | None,
    key: int,
    span: tuple[int, int],
    hidden: dict[int, int],
) -> None:
    """Put the node's dot into a lane, and its result into that lane, or another one when that goes on."""
    row, last = span
    dot = own if own is not None else next((place for place, lane in enumerate(lanes) if lane is None), len(lanes) - 1)
    signs[dot] = "●"
    if last <= row:
        return
    if lanes[dot] is None:
        lanes[dot] = _Lane(key, last)
        return
    free = next((place for place, lane in enumerate(lanes) if lane is None), None)
    if free is None:
        hidden[key] = last
    else:
        lanes[free] = _Lane(key, last)
        signs[free] = "╮"
