"""Borders that break rings of parts, each of which waits for the next.

A shared constant can join places that have nothing else to do with each other, and parts made of such places can end up
waiting for one another although no data goes round. OpenVINO then takes one operation after the other out of its part,
choosing by the rank that is written down here, until parts can run one after another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ovexplorer.analysis.split.wiring import Wiring, parts_of

_Rank = tuple[bool, bool, bool, bool, int, int]


def break_rings(wiring: Wiring) -> list[int]:
    """Add the borders that break rings.

    Returns:
        The part that each operation belongs to in the end.
    """
    takers: list[int] | None = None
    while True:
        parts = parts_of(wiring)
        members = in_rings(_followers(wiring, parts))
        if not members:
            return parts
        takers = takers or _takers(wiring)
        _isolate(wiring, parts, members, takers)


def _followers(wiring: Wiring, parts: Sequence[int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    border, producer_of = wiring.border, wiring.producer_of
    for key, first in enumerate(wiring.first):
        for at in range(first, first + len(wiring.producers[key])):
            if border[at]:
                source = parts[producer_of[at]]
                if source != parts[key]:
                    found.setdefault(source, set()).add(parts[key])
    return found


def in_rings(followers: Mapping[int, set[int]]) -> set[int]:
    """Everything that can reach itself (strongly connected sets of more than one, after Tarjan)."""
    index: dict[int, int] = {}
    lowest: dict[int, int] = {}
    waiting: list[int] = []
    on_way: set[int] = set()
    found: set[int] = set()
    for start in followers:
        if start in index:
            continue
        todo = [(start, iter(followers[start]))]
        index[start] = lowest[start] = len(index)
        waiting.append(start)
        on_way.add(start)
        while todo:
            at, rest = todo[-1]
            child = next(rest, None)
            if child is None:
                todo.pop()
                if todo:
                    above = todo[-1][0]
                    lowest[above] = min(lowest[above], lowest[at])
                if lowest[at] == index[at]:
                    _take(at, waiting, on_way, found)
            elif child not in index:
                index[child] = lowest[child] = len(index)
                waiting.append(child)
                on_way.add(child)
                todo.append((child, iter(followers.get(child, ()))))
            elif child in on_way:
                lowest[at] = min(lowest[at], index[child])
    return found


def _take(root: int, waiting: list[int], on_way: set[int], found: set[int]) -> None:
    taken: list[int] = []
    while not taken or taken[-1] != root:
        taken.append(waiting.pop())
    on_way.difference_update(taken)
    if len(taken) > 1:
        found.update(taken)


def _takers(wiring: Wiring) -> list[int]:
    """How many inputs take each operation's outputs, results left out."""
    counted = [0] * wiring.count
    for key, producers in enumerate(wiring.producers):
        if not wiring.is_result[key]:
            for producer in producers:
                counted[producer] += 1
    return counted


def _isolate(wiring: Wiring, parts: Sequence[int], members: set[int], takers: Sequence[int]) -> None:
    """Take the operation with the lowest rank out of its part: all inputs from inside become borders."""
    best: tuple[_Rank, list[int]] | None = None
    for key, part in enumerate(parts):
        if part in members:
            ranked = _rank(wiring, parts, members, takers, key)
            if ranked and (best is None or ranked[0] < best[0]):
                best = ranked
    # Parts of one operation each cannot wait in a ring, or the model itself would be one.
    for at in best[1] if best else ():
        wiring.border[at] = 1


def _rank(
    wiring: Wiring, parts: Sequence[int], members: set[int], takers: Sequence[int], key: int
) -> tuple[_Rank, list[int]] | None:
    part = parts[key]
    inner: list[int] = []
    from_ring = shared = leaf = False
    for at, producer in enumerate(wiring.producers[key], wiring.first[key]):
        if wiring.border[at]:
            from_ring = from_ring or (parts[producer] != part and parts[producer] in members)
        elif parts[producer] == part:
            inner.append(at)
            shared = shared or takers[producer] > 1
            leaf = leaf or _is_leaf(wiring, takers, producer)
    if not inner:
        return None
    linear = len(inner) == 1 and takers[key] <= 1
    return (not from_ring, not shared, leaf, linear, len(inner), key), inner


def _is_leaf(wiring: Wiring, takers: Sequence[int], key: int) -> bool:
    """Whether one operation takes it, and it takes parameters and constants only."""
    return (
        not wiring.is_source[key]
        and takers[key] == 1
        and all(wiring.is_source[producer] for producer in wiring.producers[key])
    )
