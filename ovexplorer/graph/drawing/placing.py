"""Columns for the slots of a layered graph: near what they are linked to, never over one another."""

from __future__ import annotations

from collections.abc import Sequence

from ovexplorer.graph.drawing.layers import Layered

GAP = 3
"""Blank cells between two boxes."""

PASSES = 4
"""Down and up in turns."""

PULL = 0.03
"""Part of the way towards the middle that every slot is pulled, so that the drawing does not wander off."""


def columns_of(layered: Layered, widths: Sequence[int]) -> tuple[list[int], int]:
    """The left cell of every slot, and the width of the whole.

    Args:
        layered: In their order.
        widths: Of every slot in cells; dummies are one cell wide.
    """
    above: list[list[int]] = [[] for _ in widths]
    below: list[list[int]] = [[] for _ in widths]
    for upper, lower, _ in layered.links:
        below[upper].append(lower)
        above[lower].append(upper)
    middle = [0.0] * len(widths)
    for layer in layered.layers:
        x = 0.0
        for slot in layer:
            middle[slot] = x + widths[slot] / 2
            x += widths[slot] + GAP
        # Layers begin centred over one another.
        for slot in layer:
            middle[slot] -= x / 2
    for sweep in range(PASSES):
        near = above if sweep % 2 == 0 else below
        for layer in layered.layers if sweep % 2 == 0 else reversed(layered.layers):
            if len(layer) == 1:
                middle[layer[0]] = _wanted(layer[0], near, middle)
            else:
                _settle(layer, [_wanted(slot, near, middle) for slot in layer], widths, middle)
    left = min((middle[slot] - widths[slot] / 2 for layer in layered.layers for slot in layer), default=0.0)
    found = [round(middle[slot] - widths[slot] / 2 - left) for slot in range(len(widths))]
    _no_overlap(layered, widths, found)
    _straighten(layered, widths, found)
    return found, max((found[slot] + widths[slot] for layer in layered.layers for slot in layer), default=0)


def _wanted(slot: int, near: Sequence[Sequence[int]], middle: Sequence[float]) -> float:
    """The median of what a slot is linked to on the one side."""
    linked = near[slot]
    if not linked:
        return middle[slot]
    if len(linked) == 1:
        return middle[linked[0]] * (1 - PULL)
    values = sorted(middle[other] for other in linked)
    half = len(values) // 2
    wanted = values[half] if len(values) % 2 else (values[half - 1] + values[half]) / 2
    return wanted * (1 - PULL)


def _settle(layer: Sequence[int], wanted: Sequence[float], widths: Sequence[int], middle: list[float]) -> None:
    """Nearest places to the wanted ones in the given order, by pooling neighbours that would overlap."""
    offset = 0.0
    offsets: list[float] = []
    for at, slot in enumerate(layer):
        if at:
            offset += (widths[layer[at - 1]] + widths[slot]) / 2 + GAP
        offsets.append(offset)
    blocks: list[tuple[float, int]] = []
    for want, away in zip(wanted, offsets):
        total, count = want - away, 1
        while blocks and blocks[-1][0] / blocks[-1][1] > total / count:
            before, members = blocks.pop()
            total, count = total + before, count + members
        blocks.append((total, count))
    at = 0
    for total, count in blocks:
        for _ in range(count):
            middle[layer[at]] = total / count + offsets[at]
            at += 1


def _no_overlap(layered: Layered, widths: Sequence[int], left: list[int]) -> None:
    """Rounding may have taken a cell of the gap; put it back."""
    for layer in layered.layers:
        edge = None
        for slot in layer:
            if edge is not None and left[slot] < edge:
                left[slot] = edge
            edge = left[slot] + widths[slot] + 1


def _straighten(layered: Layered, widths: Sequence[int], left: list[int]) -> None:
    """Put the slots of each chain under one another where none of their neighbours is in the way.

    A chain is a row of slots that are linked to one another only; it may end at a slot with more links.
    """
    down: dict[int, list[int]] = {}
    up: dict[int, list[int]] = {}
    for upper, lower, _ in layered.links:
        down.setdefault(upper, []).append(lower)
        up.setdefault(lower, []).append(upper)
    beside = {
        slot: (layer[at - 1] if at else None, layer[at + 1] if at + 1 < len(layer) else None)
        for layer in layered.layers
        for at, slot in enumerate(layer)
    }
    done: set[int] = set()
    for layer in layered.layers:
        for slot in layer:
            if slot in done:
                continue
            chain = _chain(slot, down, up)
            done.update(chain)
            if len(chain) > 1:
                _align(chain, beside, widths, left)


def _chain(slot: int, down: dict[int, list[int]], up: dict[int, list[int]]) -> list[int]:
    chain = [slot]
    while len(below := down.get(chain[-1], [])) == 1 and len(up[below[0]]) == 1:
        chain.append(below[0])
    return chain


def _align(
    chain: Sequence[int],
    beside: dict[int, tuple[int | None, int | None]],
    widths: Sequence[int],
    left: list[int],
) -> None:
    """Move as long a part of the chain as possible under one column, from its top on."""
    start = 0
    while start < len(chain):
        end, low, high = start, -(1 << 30), 1 << 30
        while end < len(chain):
            least, most = _room(chain[end], beside, widths, left)
            if max(low, least) > min(high, most):
                break
            low, high, end = max(low, least), min(high, most), end + 1
        members = chain[start : max(end, start + 1)]
        middles = sorted(left[slot] + widths[slot] // 2 for slot in members)
        column = min(max(middles[len(middles) // 2], low), high) if end > start else middles[0]
        for slot in members:
            left[slot] = column - widths[slot] // 2
        start = max(end, start + 1)


def _room(
    slot: int, beside: dict[int, tuple[int | None, int | None]], widths: Sequence[int], left: Sequence[int]
) -> tuple[int, int]:
    """Columns that the middle of a slot may have."""
    before, after = beside[slot]
    half = widths[slot] // 2
    least = left[before] + widths[before] + 1 + half if before is not None else half
    most = left[after] - 1 - widths[slot] + half if after is not None else 1 << 30
    return least, most
