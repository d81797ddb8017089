"""Graphs to draw: small ones by name, large ones like the models people run."""

import random

from ovexplorer.graph.model import Edge, Graph, Node
from ovexplorer.text import RawName, clean


def node(key, name="", **fields):
    name = name or f"op_{key}"
    return Node(key=key, name=clean(name), raw_name=RawName(name), id=RawName(f"{name}_{key}"), **fields)


def graph_of(edges, count=None, **fields):
    """A graph from pairs of keys; `fields` are given to every node."""
    count = 1 + max((max(pair) for pair in edges), default=-1) if count is None else count
    nodes = tuple(node(key, **fields) for key in range(count))
    return Graph("model", clean("kit"), nodes, tuple(Edge(source=source, target=target) for source, target in edges))


def chain(count):
    return graph_of([(key, key + 1) for key in range(count - 1)], count)


def fan(count):
    """One producer of very many consumers, which one node collects."""
    out = [(0, key) for key in range(1, count + 1)]
    return graph_of([*out, *((key, count + 1) for key in range(1, count + 1))])


class _Maker:
    def __init__(self):
        self.edges = []
        self.count = 0

    def op(self, *sources):
        key, self.count = self.count, self.count + 1
        self.edges += [(source, key) for source in sources]
        return key


def transformer(count):
    """About so many operations: blocks of attention and MLP with residual sums; a mask that every block needs."""
    make = _Maker()
    mask, at = make.op(), make.op()
    while make.count < count:
        norm = make.op(make.op(at))
        query, key, value = (make.op(make.op(make.op(norm))) for _ in range(3))
        scores = make.op(make.op(make.op(query, make.op(key))), mask)
        mixed = make.op(make.op(make.op(make.op(scores), value)))
        at = make.op(at, make.op(mixed))
        hidden = make.op(make.op(make.op(at)))
        at = make.op(at, make.op(make.op(hidden)))
    return graph_of(make.edges, make.count)


def cnn(count):
    """About so many operations: residual blocks, and every fourth block four branches that are joined."""
    make = _Maker()
    at, block = make.op(), 0
    while make.count < count:
        block += 1
        if block % 4:
            inner = make.op(make.op(make.op(make.op(make.op(at)))))
            at = make.op(make.op(at, make.op(inner)))
        else:
            branches = [make.op(make.op(at)), make.op(make.op(make.op(make.op(at))))]
            branches += [make.op(make.op(make.op(make.op(make.op(make.op(at)))))), make.op(make.op(make.op(at)))]
            at = make.op(*branches)
    return graph_of(make.edges, make.count)


def dense(blocks, depth):
    """Every operation of a block takes what all before it gave."""
    make = _Maker()
    at = make.op()
    for _ in range(blocks):
        given = [at]
        for _ in range(depth):
            given.append(make.op(*given))
        at = make.op(given[-1])
    return graph_of(make.edges, make.count)


def tangled(count, edges, seed=1, reach=40):
    """Edges at random, each to an operation not far below."""
    dice = random.Random(seed)
    pairs = set()
    while len(pairs) < edges:
        source = dice.randrange(count - 1)
        pairs.add((source, min(count - 1, source + dice.randint(1, reach))))
    return graph_of(sorted(pairs), count)
