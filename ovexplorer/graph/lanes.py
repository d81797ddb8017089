"""Lanes beside a list of nodes in running order, as logs of version control draw branches.

A row is one node. The way to the first consumer goes straight down from its dot; what later rows want of it goes down
in a lane beside. Only so many lanes are drawn; tensors without a lane are counted.
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
    """`●│╮`; `●` is the node, `│` passes, `╮` begins, `╯` ends here, `┤` and `├` are wanted here and go on, or end and
    another one begins."""
    between: str
    """The lanes on a row between this node and the next: `╪` where the way to its first consumer crosses a cut."""
    hidden: int
    """Tensors under way that have no lane."""
    beyond: str = ""
    """The same, `╪` where the way to its other consumers crosses."""


@dataclass
class _Lane:
    source: int
    rows: list[int]
    """Of its consumers, the last one first."""


def lane_rows(graph: Graph, order: Sequence[int], most: int = MOST_LANES) -> tuple[LaneRow, ...]:
    """Lanes of every row.

    Args:
        graph: Any; edges that go up the list are passed over.
        order: Keys of the nodes in the order of the rows.
        most: Lanes at most, the node's own included.
    """
    wanted = _consumers(graph, order)
    lanes: list[_Lane | None] = [None] * most
    hidden, fewer = 0, [0] * (len(order) + 1)
    rows: list[LaneRow] = []
    for row, key in enumerate(order):
        signs, ended = _pass_row(lanes, row)
        hidden -= fewer[row]
        below = wanted[row]
        far = bool(below) and below[0] > row + 1
        dot = ended[0] if ended else _free(lanes, far=far)
        for place in ended:
            lanes[place] = None
        at = most - 1 if dot is None else dot
        signs = ["├" if sign == "┤" and place < at else sign for place, sign in enumerate(signs)]
        signs[at] = "●"
        straight = 0
        if dot is not None and below:
            # An input that nobody wants yet stands aside, with all that want it later.
            straight = len(below) if far and not ended else 1
            lanes[dot] = _Lane(key, below[:straight][::-1])
        if others := below[straight:]:
            beside = _free(lanes, far=True, least=dot or 0)
            if beside is None:
                hidden += 1
                fewer[others[-1]] += 1
            else:
                signs[beside] = "┤" if signs[beside] == "╯" else "╮"
                lanes[beside] = _Lane(key, others[::-1])
        rows.append(LaneRow("".join(signs).rstrip(), _cut(lanes, key, 0), hidden, _cut(lanes, key, -1)))
    return tuple(rows)


def _consumers(graph: Graph, order: Sequence[int]) -> list[list[int]]:
    """Rows of the consumers of each row that come below it, each once, from above."""
    row_of = {key: row for row, key in enumerate(order)}
    found: list[list[int]] = []
    for row, key in enumerate(order):
        rows = {row_of.get(graph.edges[at].target, -1) for at in graph.outgoing[key]}
        found.append(sorted(entry for entry in rows if entry > row))
    return found


def _pass_row(lanes: Sequence[_Lane | None], row: int) -> tuple[list[str], list[int]]:
    """Signs of the lanes that reach a row, and the places of those that end there."""
    signs, ended = [" "] * len(lanes), []
    for place, lane in enumerate(lanes):
        if lane is None:
            continue
        signs[place] = "│"
        if lane.rows[-1] == row:
            lane.rows.pop()
            signs[place] = "┤" if lane.rows else "╯"
            if not lane.rows:
                ended.append(place)
    return signs, ended


def _free(lanes: Sequence[_Lane | None], *, far: bool, least: int = 0) -> int | None:
    """A place without a lane; the first one is kept for what goes on from row to row."""
    free = [place for place, lane in enumerate(lanes) if lane is None]
    beside = [place for place in free if place > least]
    return (beside or free)[0] if far and free else free[0] if free else None


def _cut(lanes: Sequence[_Lane | None], key: int, which: int) -> str:
    """The lanes below a node, with a cut across the first or the last of its own."""
    own = [place for place, lane in enumerate(lanes) if lane is not None and lane.source == key]
    signs = [" " if lane is None else "│" for lane in lanes]
    if own:
        signs[own[which]] = "╪"
    return "".join(signs).rstrip()
