"""Walks over a graph from several places at once, for finding small pieces without walking the large one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


class Walks:
    """Walks from several hubs that become one where they meet."""

    def __init__(self, starts: Sequence[int]) -> None:
        self._parent = list(range(len(starts)))
        self._seen: list[list[int]] = [[start] for start in starts]
        self._todo: list[list[int]] = [[start] for start in starts]
        self._walk_of = {start: walk for walk, start in enumerate(starts)}
        self._running = dict.fromkeys(range(len(starts)))

    @property
    def active(self) -> int:
        """Walks that are neither ended nor joined to another."""
        return len(self._running)

    def running(self) -> Iterator[int]:
        """Those walks."""
        return iter(self._running)

    def next_hub(self, walk: int) -> int | None:
        """Where a walk goes on from; None at its end, and for one that was joined to another meanwhile."""
        todo = self._todo[self._root(walk)]
        return todo.pop() if todo else None

    def visit(self, walk: int, hub: int) -> None:
        """Go to a hub; whoever was there before is one with this walk from now on."""
        own = self._root(walk)
        there = self._walk_of.get(hub)
        if there is None:
            self._walk_of[hub] = own
            self._seen[own].append(hub)
            self._todo[own].append(hub)
            return
        other = self._root(there)
        if other != own:
            self._parent[other] = own
            self._seen[own] += self._seen[other]
            self._todo[own] += self._todo[other]
            self._running.pop(other, None)

    def end(self, walk: int) -> list[int]:
        """All hubs of a walk that has nowhere to go; nothing when it was ended before."""
        own = self._root(walk)
        if own not in self._running:
            return []
        del self._running[own]
        return self._seen[own]

    def _root(self, walk: int) -> int:
        while self._parent[walk] != walk:
            walk = self._parent[walk]
        return walk
