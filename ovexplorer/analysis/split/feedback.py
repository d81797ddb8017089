"""Borders that keep data from leaving a part and coming back into it.

A hub is reached when data that left its part came back before it. Where a reached hub takes data that was not reached,
and both depend on a border into the part at which the way out starts or the way back ends, the input between them
becomes a border. The rule is OpenVINO's, which looks at all parts at once, round after round, until a round finds
nothing. What a round finds in one part depends on nothing that it finds in another, so here parts are looked at one by
one, and again only after they were torn; each piece is then a part of its own.

Sets of borders are whole numbers with a bit for each.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ovexplorer.analysis.split.hubs import Hubs, find_hubs
from ovexplorer.analysis.split.walks import Walks
from ovexplorer.analysis.split.wiring import Wiring, join


def split_feedback(wiring: Wiring) -> None:
    """Add the borders that break feedback."""
    splitting = _Splitting(wiring, find_hubs(wiring))
    todo = splitting.parts()
    while todo:
        part = todo.pop()
        found = splitting.find(part)
        for at, _, _ in found:
            wiring.border[at] = 1
        if found:
            todo += splitting.tear(part, {hub for _, *ends in found for hub in ends})


@dataclass
class _Part:
    """Hubs that are joined by inputs which are no borders."""

    label: int
    low: int
    """The first of them."""
    high: int
    """The last of them."""


@dataclass
class _Sets:
    """What each hub from the first of a part on depends on, told by the borders of that part."""

    low: int
    entries: list[int] = field(default_factory=list)
    """Borders into the part."""
    reached: list[bool] = field(default_factory=list)
    """Whether data that left the part came here."""
    suspects: list[int] = field(default_factory=list)
    """Borders that the places depend on where data left the part or came in."""
    leaves: int = 0
    """Bits of parameters and Constants and of the borders right behind them."""
    bits: int = 0
    """How many were given out."""

    def new_bit(self, *, leaf: bool) -> int:
        """A bit that no border has yet."""
        bit = 1 << self.bits
        self.bits += 1
        self.leaves |= bit if leaf else 0
        return bit


class _Splitting:
    def __init__(self, wiring: Wiring, hubs: Hubs) -> None:
        self._wiring = wiring
        self._border = wiring.border
        self._edges = hubs.edges
        self._is_source = hubs.is_source
        self._takers: list[list[tuple[int, int]]] = [[] for _ in hubs.edges]
        """Of each hub: number of the input and the hub that takes it."""
        for hub, edges in enumerate(hubs.edges):
            for at, source in edges:
                self._takers[source].append((at, hub))
        self._last_taker = [takers[-1][1] if takers else -1 for takers in self._takers]
        self._open_before = [-1]
        """The last hub that takes something from before each hub."""
        for taker in self._last_taker:
            self._open_before.append(max(self._open_before[-1], taker))
        self._beginnings = [hub for hub, edges in enumerate(hubs.edges) if not edges]
        self._label = join(len(hubs.edges), self._joined())
        self._labels = len(hubs.edges)

    def _joined(self) -> Iterator[tuple[int, int]]:
        for hub, edges in enumerate(self._edges):
            for at, source in edges:
                if not self._border[at]:
                    yield hub, source

    def parts(self) -> list[_Part]:
        """All parts that data may come back to."""
        found: dict[int, _Part] = {}
        left: dict[int, int] = {}
        for hub, label in enumerate(self._label):
            part = found.setdefault(label, _Part(label, hub, hub))
            part.high = hub
            for at, taker in self._takers[hub]:
                if self._border[at]:
                    left[label] = min(left.get(label, taker), taker)
        return [part for part in found.values() if left.get(part.label, part.high) < part.high]

    def find(self, part: _Part) -> list[tuple[int, int, int]]:
        """Inputs inside a part that have to become borders, each with the hubs at its ends."""
        sets = _Sets(part.low)
        found: list[tuple[int, int, int]] = []
        # Whoever takes nothing that was not reached was reached itself: behind the last such taker nothing is found.
        limit = max(self._open_before[part.low], self._last_beginning(part.high))
        for hub in range(part.low, part.high + 1):
            self._depend(hub, part.label, sets)
            if not sets.reached[-1]:
                limit = max(limit, self._last_taker[hub])
            elif self._label[hub] == part.label:
                found += [(at, source, hub) for at, source in self._edges[hub] if self._meet(at, source, sets)]
            if hub >= limit:
                break
        return found

    def _depend(self, hub: int, label: int, sets: _Sets) -> None:
        """Tell what a hub depends on, of the borders of a part."""
        border, labels, low = self._border, self._label, sets.low
        mine = labels[hub] == label
        depends, suspects, reached, enters = 0, 0, False, False
        for at, source in self._edges[hub]:
            place = source - low
            inner = place >= 0 and labels[source] == label
            if place >= 0:
                depends |= sets.entries[place]
                suspects |= sets.suspects[place]
                reached = reached or sets.reached[place]
            if border[at]:
                if inner:
                    # Here data leaves the part.
                    reached = True
                    suspects |= sets.entries[place]
                if mine:
                    depends |= sets.new_bit(leaf=bool(self._wiring.is_source[self._wiring.producer_of[at]]))
                    enters = enters or not inner
        if mine and self._is_source[hub]:
            depends |= sets.new_bit(leaf=True)
        sets.entries.append(depends)
        sets.reached.append(reached)
        sets.suspects.append(suspects | depends if enters else suspects)

    def _meet(self, at: int, source: int, sets: _Sets) -> bool:
        """Whether the last hub takes something in its part that was not reached, with a border that both depend on."""
        place = source - sets.low
        if self._border[at] or sets.reached[place] or not sets.suspects[-1] & sets.entries[place]:
            return False
        return not self._is_private_leaf(at, sets.entries[place] & ~sets.leaves)

    def _last_beginning(self, high: int) -> int:
        """The last hub up to there that nothing feeds."""
        at = bisect_right(self._beginnings, high)
        return self._beginnings[at - 1] if at else -1

    def _is_private_leaf(self, at: int, others: int) -> bool:
        """Whether only this input takes a result that is computed from parameters and constants alone."""
        wiring = self._wiring
        return not others and wiring.uses[at] == 1 and not wiring.is_source[wiring.producer_of[at]]

    def tear(self, part: _Part, ends: set[int]) -> list[_Part]:
        """Find the pieces that a part fell into, and label them.

        From the ends of all new borders at once one steps on, hub by hub, so that no more is walked than the pieces
        but the largest, about as often as there are ends.
        """
        walks = Walks(sorted(ends))
        pieces = []
        while walks.active > 1:
            for walk in list(walks.running()):
                hub = walks.next_hub(walk)
                if hub is not None:
                    for near in self._near(hub):
                        walks.visit(walk, near)
                elif walks.active > 1 and (piece := walks.end(walk)):
                    pieces.append(self._relabel(piece))
        labels = self._label
        while part.low < part.high and labels[part.low] != part.label:
            part.low += 1
        while part.low < part.high and labels[part.high] != part.label:
            part.high -= 1
        return [entry for entry in (*pieces, part) if entry.low < entry.high]

    def _near(self, hub: int) -> Iterator[int]:
        for links in (self._edges[hub], self._takers[hub]):
            for at, other in links:
                if not self._border[at]:
                    yield other

    def _relabel(self, hubs: Sequence[int]) -> _Part:
        self._labels += 1
        for hub in hubs:
            self._label[hub] = self._labels
        return _Part(self._labels, min(hubs), max(hubs))
