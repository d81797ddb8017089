import random
from itertools import pairwise

import pytest

from ovexplorer.graph.drawing.layers import put_in_layers
from ovexplorer.graph.drawing.ordering import count_crossings, order_layers
from tests.graph.graph_kit import cnn, dense, tangled, transformer


def by_hand(layers, links):
    """Crossings the slow way: every pair of links of a channel."""
    place = {slot: (number, at) for number, layer in enumerate(layers) for at, slot in enumerate(layer)}
    pairs = [(place[upper], place[lower]) for upper, lower, _ in links]
    return sum(
        first[0][0] == second[0][0] and first[0][1] < second[0][1] and first[1][1] > second[1][1]
        for first in pairs
        for second in pairs
    )


def random_layers(seed):
    dice = random.Random(seed)
    layers = [[number * 10 + at for at in range(dice.randint(1, 8))] for number in range(6)]
    links = [
        (upper, lower, 0)
        for above, below in pairwise(layers)
        for upper in above
        for lower in below
        if dice.random() < 0.3
    ]
    return layers, links


@pytest.mark.parametrize("seed", range(6))
def test_crossings_are_those_counted_by_hand(seed):
    layers, links = random_layers(seed)
    assert count_crossings(layers, links) == by_hand(layers, links)


@pytest.mark.parametrize("seed", range(6))
def test_nothing_gets_lost_and_crossings_never_grow(seed):
    layers, links = random_layers(seed)
    ordered = order_layers(layers, links)
    assert [sorted(layer) for layer in ordered] == [sorted(layer) for layer in layers]
    assert count_crossings(ordered, links) <= count_crossings(layers, links)


@pytest.mark.parametrize("graph", [transformer(400), cnn(400)], ids=["transformer", "cnn"])
def test_models_have_no_crossings(graph):
    layered = put_in_layers(graph)
    assert count_crossings(layered.layers, layered.links) == 0


def test_tangled_graphs_keep_few_crossings():
    # What medians alone leave: 1,375 and 281.
    for graph, most in ((dense(5, 12), 1_370), (tangled(300, 450, 2, 10), 210)):
        layered = put_in_layers(graph)
        assert count_crossings(layered.layers, layered.links) < most


def test_an_order_without_crossings_stays_as_it_is():
    layers = [[0, 1, 2], [3, 4, 5]]
    links = [(0, 3, 0), (1, 4, 1), (2, 5, 2)]
    assert order_layers(layers, links) == ((0, 1, 2), (3, 4, 5))
    assert order_layers([], []) == ()
