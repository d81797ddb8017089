"""The operations that matter for feedback: where ways meet or begin. What lies in a chain behind one of them does not.

A border can appear neither inside such a chain nor at a constant that one operation takes which depends on another
border of its part. Most models are mostly chains and weights, so a few thousand hubs stand for ten thousand operations.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ovexplorer.analysis.split.wiring import Wiring


@dataclass
class Hubs:
    """Hubs in topological order, known by their position."""

    edges: list[tuple[tuple[int, int], ...]] = field(default_factory=list)
    """Of each hub: number of the input and the hub that produces it."""
    is_source: list[bool] = field(default_factory=list)
    """Whether it begins with a parameter or a Constant."""


def find_hubs(wiring: Wiring) -> Hubs:
    """Leave out chains and constants that decide nothing, by the borders that are there now."""
    hubs = Hubs()
    skipped = _bound_constants(wiring)
    hub_of = [-1] * wiring.count
    for key, producers in enumerate(wiring.producers):
        if skipped[key]:
            continue
        edges = [
            (at, hub_of[producer]) for at, producer in enumerate(producers, wiring.first[key]) if not skipped[producer]
        ]
        if edges and len({hub for _, hub in edges}) == 1 and not any(wiring.border[at] for at, _ in edges):
            hub_of[key] = edges[0][1]
            continue
        hub_of[key] = len(hubs.edges)
        hubs.edges.append(tuple(edges))
        hubs.is_source.append(bool(wiring.is_source[key]))
    return hubs


def _bound_constants(wiring: Wiring) -> bytearray:
    """1 for each Constant that only one operation takes which depends on another border of the same part.

    Whatever depends on such a constant depends on that border too, so it decides nothing. Most constants are weights,
    and there are as many as operations.
    """
    takers = [0] * wiring.count
    for producer in wiring.producer_of:
        takers[producer] += 1
    border = wiring.border
    bound, skipped = bytearray(wiring.count), bytearray(wiring.count)
    for key, producers in enumerate(wiring.producers):
        if not producers:
            alone = wiring.is_constant[key] and takers[key] == 1
            bound[key] = wiring.is_source[key] and not alone
            continue
        first = wiring.first[key]
        if any(border[at] or bound[producer] for at, producer in enumerate(producers, first)):
            bound[key] = 1
            for at, producer in enumerate(producers, first):
                if not border[at] and wiring.is_constant[producer] and takers[producer] == 1:
                    skipped[producer] = 1
        else:
            bound[key] = any(wiring.is_constant[producer] for producer in producers)
    return skipped
