"""Borders that keep data from leaving a part and coming back into it.

Each operation depends on borders: its own and those of everything before it. A set of borders is a whole number with a
bit for each, so that joining two sets of thousands is one step of the interpreter. As long as some operation depends on
a border that its own part produces for, the inputs at which the way out and the way back meet become borders too. The
rule for choosing them is OpenVINO's, and so is that each round looks at the state before it only.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ovexplorer.analysis.split.wiring import Wiring, join


@dataclass
class _Hubs:
    """Operations at which ways meet or begin; what lies in a chain behind one of them is left out.

    No border can appear inside such a chain, nor at a constant that one bound operation takes.
    """

    edges: list[tuple[tuple[int, int], ...]] = field(default_factory=list)
    """Of each hub: number of the input and the hub that produces it."""
    own: list[int] = field(default_factory=list)
    """Bit of a parameter or Constant itself, 0 for all others."""
    border_bit: dict[int, int] = field(default_factory=dict)
    """Bit of each border, by the number of the input."""
    bits: int = 0
    """How many were given out."""
    leaves: int = 0
    """Bits of parameters and Constants and of the borders right behind them."""

    def new_bit(self) -> int:
        """A bit that no border has yet."""
        self.bits += 1
        return 1 << (self.bits - 1)


@dataclass(frozen=True)
class _Sets:
    """What each hub depends on."""

    entries: list[int]
    """Borders into its own part."""
    returns: list[int]
    """Borders that its own part produces for."""
    suspects: list[int]
    """Borders that the places depend on where data leaves or enters again, of all parts."""


def split_feedback(wiring: Wiring) -> None:
    """Add the borders that break feedback, in rounds, until no round finds any."""
    hubs = _find_hubs(wiring)
    added = [at for edges in hubs.edges for at, _ in edges if wiring.border[at]]
    while added:
        for at in added:
            wiring.border[at] = 1
        _number(wiring, hubs, added)
        added = _one_round(wiring, hubs)


def _find_hubs(wiring: Wiring) -> _Hubs:
    hubs = _Hubs()
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
        own = hubs.new_bit() if wiring.is_source[key] else 0
        hubs.edges.append(tuple(edges))
        hubs.own.append(own)
        hubs.leaves |= own
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


def _number(wiring: Wiring, hubs: _Hubs, added: list[int]) -> None:
    new = set(added)
    for edges in hubs.edges:
        for at, _ in edges:
            if at in new:
                bit = hubs.new_bit()
                hubs.border_bit[at] = bit
                if wiring.is_source[wiring.producer_of[at]]:
                    hubs.leaves |= bit


def _one_round(wiring: Wiring, hubs: _Hubs) -> list[int]:
    """Inputs that must become borders."""
    border = wiring.border
    parts = join(
        len(hubs.edges),
        ((at_hub, hub) for at_hub, edges in enumerate(hubs.edges) for at, hub in edges if not border[at]),
    )
    sets = _dependencies(wiring, hubs, parts)
    return [
        at
        for hub, edges in enumerate(hubs.edges)
        if sets.returns[hub]
        for at, source in edges
        if not border[at]
        and parts[source] == parts[hub]
        and not sets.returns[hub] & sets.returns[source]
        and sets.suspects[hub] & sets.entries[source]
        and not _is_private_leaf(wiring, hubs, sets, at, source)
    ]


def _is_private_leaf(wiring: Wiring, hubs: _Hubs, sets: _Sets, at: int, source: int) -> bool:
    """Whether only this input takes a result that is computed from parameters and constants alone."""
    return (
        wiring.uses[at] == 1
        and not wiring.is_source[wiring.producer_of[at]]
        and not sets.returns[source]
        and not sets.entries[source] & ~hubs.leaves
    )


def _dependencies(wiring: Wiring, hubs: _Hubs, parts: list[int]) -> _Sets:
    into, out_of = _by_part(hubs, parts)
    everything: list[int] = []
    sets = _Sets([], [], [])
    for hub, edges in enumerate(hubs.edges):
        part = parts[hub]
        depends, suspects, enters = hubs.own[hub], 0, False
        for at, source in edges:
            depends |= everything[source]
            suspects |= sets.suspects[source]
            if wiring.border[at]:
                depends |= hubs.border_bit[at]
                # Where data leaves the producing part.
                suspects |= sets.entries[source]
                enters = enters or parts[source] != part
        entries = depends & into[part]
        everything.append(depends)
        sets.entries.append(entries)
        sets.returns.append(depends & out_of.get(part, 0))
        # Each of these sets holds entries of one part only, so all parts share one number.
        sets.suspects.append(suspects | entries if enters else suspects)
    return sets


def _by_part(hubs: _Hubs, parts: list[int]) -> tuple[dict[int, int], dict[int, int]]:
    """Borders into each part and borders that each part produces for."""
    into: dict[int, int] = {}
    out_of: dict[int, int] = {}
    for hub, edges in enumerate(hubs.edges):
        bits = hubs.own[hub]
        for at, source in edges:
            bit = hubs.border_bit.get(at, 0)
            if bit:
                bits |= bit
                out_of[parts[source]] = out_of.get(parts[source], 0) | bit
        into[parts[hub]] = into.get(parts[hub], 0) | bits
    return into, out_of
