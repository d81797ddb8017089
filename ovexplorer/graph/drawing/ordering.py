"""The order inside the layers: few edges shall cross.

Each layer is sorted by where its neighbours are, down and up in turns, and adjacent slots change places where that
saves crossings. Graphs of models are done after the first pass, without any crossing. Tangled ones begin once more with
what hangs together side by side, and get as many passes as a fixed amount of work allows, so that a large graph does
not take longer than n log n.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence

Link = tuple[int, int, int]
"""Upper slot, lower slot, position of the edge."""

Neighbours = tuple[list[list[int]], list[list[int]]]
"""Of each slot: those above it, those below it."""

ROUNDS = 16
"""Passes at most."""

_FRESH = 2
"""Passes from the given order before it begins with another one."""

PATIENCE = 4
"""Passes without a gain before it stops."""

WORK = 60_000
"""Links that are looked at in all passes after the third; a pass looks at all of them."""

_EXCHANGES = 3
"""Times that a layer is gone through for exchanges."""

_WIDE = 400
"""Slots of a layer above which no exchanges are tried."""


def order_layers(layers: Sequence[Sequence[int]], links: Sequence[Link]) -> tuple[tuple[int, ...], ...]:
    """Slots of each layer from left to right.

    Args:
        layers: Slots in any order; the order is kept where nothing speaks against it.
        links: Always from one layer to the next.
    """
    near = _neighbours(layers, links)
    now = [list(layer) for layer in layers]
    place = [0] * len(near[0])
    _number(now, place)
    best, fewest, waited = [list(layer) for layer in now], _crossings(now, near[1], place), 0
    rounds = max(3, min(ROUNDS, WORK // max(1, len(links))))
    for number in range(rounds):
        if not fewest or waited > PATIENCE:
            break
        if number == _FRESH:
            now, waited = _side_by_side(layers, near), 0
            _number(now, place)
        _pass(now, near, place, number if number < _FRESH else number - _FRESH)
        found = _crossings(now, near[1], place)
        waited += 1
        if found < fewest:
            best, fewest, waited = [list(layer) for layer in now], found, 0
    return tuple(map(tuple, best))


def _side_by_side(layers: Sequence[Sequence[int]], near: Neighbours) -> list[list[int]]:
    """Order all layers by one walk that goes as deep as it can: what hangs together is met one after another."""
    met: dict[int, int] = {}
    for layer in layers:
        for start in layer:
            todo = [start]
            while todo:
                slot = todo.pop()
                if slot in met:
                    continue
                met[slot] = len(met)
                todo += [other for other in reversed((*near[1][slot], *near[0][slot])) if other not in met]
    return [sorted(layer, key=met.__getitem__) for layer in layers]


def count_crossings(layers: Sequence[Sequence[int]], links: Sequence[Link]) -> int:
    """Pairs of links that cross, over all layers; n log n.

    Args:
        layers: In their order.
        links: Always from one layer to the next.
    """
    near = _neighbours(layers, links)
    place = [0] * len(near[0])
    _number(layers, place)
    return _crossings(layers, near[1], place)


def _neighbours(layers: Sequence[Sequence[int]], links: Sequence[Link]) -> Neighbours:
    slots = 1 + max((slot for layer in layers for slot in layer), default=-1)
    near: Neighbours = ([[] for _ in range(slots)], [[] for _ in range(slots)])
    for upper, lower, _ in links:
        near[0][lower].append(upper)
        near[1][upper].append(lower)
    return near


def _crossings(layers: Sequence[Sequence[int]], down: Sequence[Sequence[int]], place: Sequence[int]) -> int:
    total = 0
    for layer in layers[:-1]:
        seen: list[int] = []
        for slot in layer:
            ends = sorted(place[lower] for lower in down[slot])
            for end in ends:
                total += len(seen) - bisect_right(seen, end)
            for end in ends:
                if seen and end < seen[-1]:
                    insort(seen, end)
                else:
                    seen.append(end)
    return total


def _number(layers: Sequence[Sequence[int]], place: list[int]) -> None:
    """Note the place of each slot in its layer."""
    for layer in layers:
        for at, slot in enumerate(layer):
            place[slot] = at


def _pass(layers: list[list[int]], near: Neighbours, place: list[int], number: int) -> None:
    """Go down or up once: sort every layer by the layer before, then exchange neighbours."""
    downwards = number % 2 == 0
    side = near[0] if downwards else near[1]
    # Means and medians get stuck at different places; so do equal ones in the one order and in the other.
    means, turned = number // 2 % 2 == 0, number // 4 % 2 == 1
    for layer in layers if downwards else reversed(layers):
        wanted = {slot: _wish(side[slot], place, means=means) for slot in layer}
        _sort(layer, wanted, turned=turned)
        _number((layer,), place)
        if number and len(layer) <= _WIDE:
            _exchange(layer, near, place, ties=number % 4 in (2, 3))
            _number((layer,), place)


def _wish(linked: Sequence[int], place: Sequence[int], *, means: bool) -> float | None:
    if not linked:
        return None
    if len(linked) == 1:
        return place[linked[0]]
    if means:
        return sum(place[other] for other in linked) / len(linked)
    places = sorted(place[other] for other in linked)
    half = len(places) // 2
    return places[half] if len(places) % 2 else (places[half - 1] + places[half]) / 2


def _sort(layer: list[int], wanted: dict[int, float | None], *, turned: bool) -> None:
    """Put slots in the order of their wishes; those without one keep their place."""
    moving = [slot for slot in layer if wanted[slot] is not None]
    if turned:
        moving.reverse()
    moving.sort(key=lambda slot: wanted[slot] or 0.0)
    if len(moving) == len(layer):
        layer[:] = moving
        return
    rest = iter(moving)
    layer[:] = [slot if wanted[slot] is None else next(rest) for slot in layer]


def _exchange(layer: list[int], near: Neighbours, place: Sequence[int], *, ties: bool) -> None:
    """Let adjacent slots change places as long as that saves crossings."""
    ends = {slot: [sorted(place[other] for other in side[slot]) for side in near] for slot in layer}
    for _ in range(_EXCHANGES):
        changed = False
        for at in range(len(layer) - 1):
            left, right = layer[at], layer[at + 1]
            gain = sum(_gain(ends[left][side], ends[right][side]) for side in (0, 1))
            if gain > 0 or (gain == 0 and ties):
                layer[at], layer[at + 1] = right, left
                changed = True
        if not changed:
            return


def _gain(left: Sequence[int], right: Sequence[int]) -> int:
    """Crossings saved when two slots with these ends, both sorted, change places."""
    if not left or not right:
        return 0
    if left[-1] < right[0]:
        # Nothing crosses now, and everything would.
        return -len(left) * len(right)
    now = then = 0
    for end in left:
        lower = bisect_right(right, end)
        then += len(right) - lower
        while lower and right[lower - 1] == end:
            lower -= 1
        now += lower
    return now - then
