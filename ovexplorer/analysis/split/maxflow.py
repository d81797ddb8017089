"""The cheapest way to cut a network in two: maximum flow after Dinic."""

from __future__ import annotations

from collections.abc import Iterable

SOURCE, SINK = 0, 1


class Network:
    """Nodes are numbers; `SOURCE` and `SINK` are there from the beginning."""

    def __init__(self) -> None:
        self._out: list[list[int]] = [[], []]
        self._head: list[int] = []
        self._free: list[int] = []

    def add_node(self) -> int:
        """Another node."""
        self._out.append([])
        return len(self._out) - 1

    def link(self, one: int, other: int, forth: int, back: int = 0) -> None:
        """Let so much through from one node to the other, and so much back."""
        if one == other or forth + back <= 0:
            return
        self._out[one].append(len(self._head))
        self._head.append(other)
        self._free.append(forth)
        self._out[other].append(len(self._head))
        self._head.append(one)
        self._free.append(back)

    def source_side(self) -> set[int]:
        """Nodes that stay with the source in a cheapest cut: the fewest of them, if there are several such cuts."""
        while True:
            level = self._levels()
            if level[SINK] < 0:
                return {node for node, at in enumerate(level) if at >= 0}
            self._push_all(level)

    def _levels(self) -> list[int]:
        level = [-1] * len(self._out)
        level[SOURCE] = 0
        front: Iterable[int] = [SOURCE]
        step = 0
        head, free = self._head, self._free
        while front:
            step += 1
            coming: list[int] = []
            for node in front:
                for link in self._out[node]:
                    if free[link] > 0 and level[head[link]] < 0:
                        level[head[link]] = step
                        coming.append(head[link])
            if level[SINK] >= 0:
                break
            front = coming
        return level

    def _push_all(self, level: list[int]) -> None:
        """Fill every shortest way."""
        out, head, free = self._out, self._head, self._free
        at = [0] * len(out)
        way: list[int] = []
        node = SOURCE
        while True:
            if node == SINK:
                least = min([free[link] for link in way])
                for link in way:
                    free[link] -= least
                    free[link ^ 1] += least
                # Go on from the first link that is full now.
                keep = next(index for index, link in enumerate(way) if not free[link])
                node = head[way[keep] ^ 1]
                del way[keep:]
                continue
            links = out[node]
            index = at[node]
            while index < len(links) and not (free[links[index]] > 0 and level[head[links[index]]] == level[node] + 1):
                index += 1
            at[node] = index
            if index < len(links):
                way.append(links[index])
                node = head[links[index]]
            elif way:
                node = head[way.pop() ^ 1]
                at[node] += 1
            else:
                return
