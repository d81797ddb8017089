"""Ways of edges through the channel between two layers: down, along a lane of their own, and down again."""

from __future__ import annotations

from collections.abc import Sequence

MOST_LANES = 40
"""Lanes of one channel; what needs more shares the last one, as thousands of ways to one node do."""


class Net:
    """All links that leave one slot into the channel; they share a lane.

    Args:
        start: Column where it leaves the upper layer.
    """

    __slots__ = ("ends", "lane", "left", "right", "start")

    def __init__(self, start: int) -> None:
        self.start = start
        self.ends: list[tuple[int, int, bool]] = []
        """Column where a link enters the lower layer, position of its edge, whether it arrives there."""
        self.lane = 0
        self.left = self.right = start
        """First and last column."""

    def add(self, column: int, edge: int, *, arrives: bool) -> None:
        """Add a link."""
        self.ends.append((column, edge, arrives))
        self.left = min(self.left, column)
        self.right = max(self.right, column)

    @property
    def straight(self) -> bool:
        """Whether it needs no lane."""
        return self.left == self.right


def choose_lanes(nets: Sequence[Net]) -> int:
    """Give every net that bends a lane; gives the number of lanes.

    Two nets share a lane when they are apart. A net that leaves in the column where another one arrives lies above it,
    else the two would look joined; where that goes round in circles it cannot be helped.
    """
    bending = [net for net in nets if net.left != net.right]
    if not bending:
        return 0
    arrives: dict[int, list[Net]] = {}
    for net in bending:
        for column in {end[0] for end in net.ends}:
            arrives.setdefault(column, []).append(net)
    above: dict[int, list[Net]] = {}
    for net in bending:
        for other in arrives.get(net.start, ()):
            if other is not net:
                above.setdefault(id(other), []).append(net)
    done: dict[int, int] = {}
    lanes: list[list[tuple[int, int]]] = []
    for net in sorted(bending, key=lambda entry: (entry.left, entry.right)):
        _place(net, above, done, lanes)
    return len(lanes)


def _place(net: Net, above: dict[int, list[Net]], done: dict[int, int], lanes: list[list[tuple[int, int]]]) -> None:
    """Put a net, and first all that must lie above it, into lanes; circles are cut where they close."""
    todo: list[tuple[Net, bool]] = [(net, False)]
    under_way: set[int] = set()
    while todo:
        entry, ready = todo.pop()
        if id(entry) in done:
            continue
        first = above.get(id(entry), ())
        if not ready:
            under_way.add(id(entry))
            todo.append((entry, True))
            todo += [(other, False) for other in first if id(other) not in done and id(other) not in under_way]
            continue
        lowest = max((done[id(other)] + 1 for other in first if id(other) in done), default=0)
        entry.lane = done[id(entry)] = _free_lane(entry, lowest, lanes)


def _free_lane(net: Net, lowest: int, lanes: list[list[tuple[int, int]]]) -> int:
    for number in range(min(lowest, MOST_LANES - 1), len(lanes) - (len(lanes) == MOST_LANES)):
        if all(net.right + 1 < left or right + 1 < net.left for left, right in lanes[number]):
            lanes[number].append((net.left, net.right))
            return number
    if len(lanes) >= MOST_LANES:
        return MOST_LANES - 1
    while len(lanes) <= lowest:
        lanes.append([])
    if lanes[-1] and not all(net.right + 1 < left or right + 1 < net.left for left, right in lanes[-1]):
        lanes.append([])
    lanes[-1].append((net.left, net.right))
    return len(lanes) - 1
