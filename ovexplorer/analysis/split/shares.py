"""Sharing things out between two sides at the least cost, when things that are linked would rather stay together.

The answer is a cheapest cut. Long chains with small preferences make finding it slow, so things that some best answer
has on one side are joined first: two of them, when whichever way they differ, one can go to the other at no loss.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ovexplorer.analysis.split.maxflow import SINK, SOURCE, Network

_PASSES = 12


def share_out(lean: Sequence[int], links: Iterable[tuple[Sequence[int], int]]) -> list[bool]:
    """Say for each thing whether it goes to the first side.

    Args:
        lean: What each thing costs more on the second side than on the first; negative where it costs less.
        links: Things, and what it costs when not all of them are on one side.
    """
    joined = _Joined(lean, links)
    joined.run()
    network = Network()
    node_of = {thing: network.add_node() for thing in range(len(lean)) if joined.root(thing) == thing}
    for thing, node in node_of.items():
        network.link(SOURCE, node, max(0, joined.lean[thing]))
        network.link(node, SINK, max(0, -joined.lean[thing]))
    for members, cost in joined.links():
        _connect(network, [node_of[thing] for thing in members], cost)
    first = network.source_side()
    # What nothing reaches from either end may be on either side; the second one is as good.
    return [node_of[joined.root(thing)] in first for thing in range(len(lean))]


def _connect(network: Network, nodes: Sequence[int], cost: int) -> None:
    if len(nodes) == 2:
        network.link(nodes[0], nodes[1], cost, cost)
        return
    # Paid once, however many are on the other side: all of them can pass what is between these two.
    into, out_of = network.add_node(), network.add_node()
    endless = 1 + cost
    network.link(into, out_of, cost)
    for node in nodes:
        network.link(node, into, endless)
        network.link(out_of, node, endless)


class _Joined:
    """Things that are known to be on one side, and what still links them."""

    def __init__(self, lean: Sequence[int], links: Iterable[tuple[Sequence[int], int]]) -> None:
        self.lean = list(lean)
        self._parent = list(range(len(lean)))
        self._members: list[set[int]] = []
        self._cost: list[int] = []
        self._of: list[set[int]] = [set() for _ in lean]
        """Links of each thing."""
        self._total = [0] * len(lean)
        """What all links of each thing cost."""
        for things, cost in links:
            members = set(things)
            if len(members) > 1 and cost > 0:
                for thing in members:
                    self._of[thing].add(len(self._cost))
                    self._total[thing] += cost
                self._members.append(members)
                self._cost.append(cost)

    def root(self, thing: int) -> int:
        """The thing that stands for all that it was joined with."""
        parent = self._parent
        while parent[thing] != thing:
            parent[thing] = thing = parent[parent[thing]]
        return thing

    def links(self) -> Iterable[tuple[list[int], int]]:
        """What still links different things."""
        for members, cost in zip(self._members, self._cost):
            if len(members) > 1:
                yield sorted(members), cost

    def run(self) -> None:
        """Join whatever can be joined."""
        for _ in range(_PASSES):
            count = 0
            for members in self._members:
                if len(members) == 2:
                    one, other = members
                    if self._belong(one, other):
                        self._join(one, other)
                        count += 1
            if not count:
                return

    def _belong(self, one: int, other: int) -> bool:
        """Whether some best answer has both on one side."""
        fewer, more = sorted((one, other), key=lambda thing: len(self._of[thing]))
        shared = [at for at in self._of[fewer] if at in self._of[more]]
        all_of_them = sum(self._cost[at] for at in shared)
        gain = sum(self._cost[at] for at in shared if len(self._members[at]) == 2)
        slack_one = gain - (self._total[one] - all_of_them)
        slack_other = gain - (self._total[other] - all_of_them)
        lean_one, lean_other = self.lean[one], self.lean[other]
        first_and_second = slack_other + lean_other >= 0 or slack_one - lean_one >= 0
        second_and_first = slack_one + lean_one >= 0 or slack_other - lean_other >= 0
        return first_and_second and second_and_first

    def _join(self, one: int, other: int) -> None:
        keep, gone = (one, other) if len(self._of[one]) >= len(self._of[other]) else (other, one)
        self._parent[gone] = keep
        self.lean[keep] += self.lean[gone]
        for at in self._of[gone]:
            members, cost = self._members[at], self._cost[at]
            members.discard(gone)
            if keep not in members:
                members.add(keep)
                self._of[keep].add(at)
                self._total[keep] += cost
            elif len(members) == 1:
                self._of[keep].discard(at)
                self._total[keep] -= cost
        self._of[gone] = set()
