"""Ways through graphs, also through those with circles, loops and repeated edges."""

import random

import pytest
from msgspec.structs import replace

from ovexplorer.graph.model import Graph
from ovexplorer.graph.paths import critical_path, device_changes, in_order, neighbourhood, neighbours, running_order
from ovexplorer.text import clean
from tests.graph.graph_kit import chain, fan, graph_of, node, tangled

CIRCLE = graph_of([(0, 1), (1, 2), (2, 1), (2, 3), (3, 3), (0, 1)])


def timed(graph, times):
    nodes = tuple(replace(entry, time_ns=time) for entry, time in zip(graph.nodes, times))
    return Graph(graph.kind, graph.title, nodes, graph.edges)


def shuffled(graph, seed):
    keys = list(range(len(graph.nodes)))
    random.Random(seed).shuffle(keys)
    return in_order(graph, keys)


@pytest.mark.parametrize("last_first", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_producers_come_before_consumers(seed, last_first):
    graph = shuffled(tangled(80, 200, seed), seed)
    place = {key: at for at, key in enumerate(running_order(graph, last_first=last_first))}
    assert len(place) == 80
    assert all(place[edge.source] < place[edge.target] for edge in graph.edges)


def test_an_order_that_is_right_already_stays():
    graph = tangled(80, 200)
    assert running_order(graph) == tuple(range(80))
    assert in_order(graph, running_order(graph)) is graph


def test_among_equals_the_order_of_the_graph_counts_and_dumps_begin_at_the_end():
    graph = graph_of([(0, 3), (1, 3), (2, 3)])
    assert running_order(graph) == (0, 1, 2, 3)
    assert running_order(graph, last_first=True) == (2, 1, 0, 3)


@pytest.mark.parametrize("last_first", [False, True])
def test_circles_come_to_an_end(last_first):
    assert sorted(running_order(CIRCLE, last_first=last_first)) == [0, 1, 2, 3]
    ring = graph_of([(key, (key + 1) % 50) for key in range(50)])
    assert sorted(running_order(ring, last_first=last_first)) == list(range(50))
    assert running_order(graph_of([], 0), last_first=last_first) == ()


def test_a_new_order_takes_edges_and_keys_along():
    graph = in_order(graph_of([(0, 1), (1, 2)]), (2, 1, 0))
    assert [(entry.key, str(entry.name)) for entry in graph.nodes] == [(0, "op_2"), (1, "op_1"), (2, "op_0")]
    assert [(edge.source, edge.target) for edge in graph.edges] == [(2, 1), (1, 0)]


# Neighbours


def test_neighbours_are_producers_then_consumers_each_once():
    assert neighbours(CIRCLE, 1) == (0, 2)
    assert neighbours(CIRCLE, 3) == (2, 3)


@pytest.mark.parametrize(("hops", "nodes"), [(0, (4,)), (1, (3, 4, 5)), (3, (1, 2, 3, 4, 5, 6, 7)), (99, range(9))])
def test_a_neighbourhood_grows_by_hops(hops, nodes):
    around = neighbourhood(chain(9), 4, hops)
    assert around.nodes == tuple(nodes)
    outside = 0 if hops == 99 else 1
    assert (around.above, around.below, around.cut_off) == (outside, outside, 0)


def test_a_fan_is_cut_off_and_each_node_that_is_left_out_counts_once():
    around = neighbourhood(fan(2_000), 0, 1, most=300)
    assert (len(around.nodes), around.cut_off) == (300, 1_701)
    # Both of the last layer want to bring in both of the next.
    graph = graph_of([(0, 1), (0, 2), (1, 3), (2, 3), (1, 4), (2, 4)])
    assert neighbourhood(graph, 0, 2, most=3).cut_off == 2


def test_repeated_edges_and_loops_are_counted_as_edges():
    around = neighbourhood(CIRCLE, 1, 0)
    assert (around.above, around.below) == (3, 1)


# The critical path


def test_the_way_with_the_most_time_goes_through_the_node():
    graph = timed(graph_of([(0, 1), (0, 2), (1, 3), (2, 3), (3, 4), (3, 5)]), (1, 5, 90, 1, 7, -1))
    assert critical_path(graph, 0) == critical_path(graph, 3)
    assert critical_path(graph, 0).nodes == (0, 2, 3, 4)
    assert critical_path(graph, 0).time_ns == 99
    assert critical_path(graph, 1).nodes == (0, 1, 3, 4)
    assert critical_path(graph, 5).nodes == (0, 2, 3, 5)


def test_without_times_the_most_nodes_count():
    graph = graph_of([(0, 3), (0, 1), (1, 2), (2, 3)])
    assert critical_path(graph, 3).nodes == (0, 1, 2, 3)
    assert critical_path(graph, 3).time_ns == 0


@pytest.mark.parametrize("through", range(4))
def test_a_circle_is_walked_once(through):
    way = critical_path(timed(CIRCLE, (1, 1, 1, 1)), through).nodes
    assert through in way
    assert len(set(way)) == len(way)


def test_a_chain_of_ten_thousand_is_one_way():
    graph = timed(chain(10_000), [2] * 10_000)
    assert critical_path(graph, 5_000).time_ns == 20_000
    assert len(neighbourhood(graph, 5_000, 10_000, most=20_000).nodes) == 10_000


# Devices


def placed(*where):
    graph = chain(len(where))
    nodes = tuple(replace(entry, device=clean(device), submodel=part) for entry, (device, part) in
                  zip(graph.nodes, where))  # fmt: skip
    return Graph(graph.kind, graph.title, nodes, graph.edges)


def test_a_change_is_another_device_or_another_submodel():
    graph = placed(("CPU", 1), ("CPU", 1), ("GPU", 2), ("GPU", 3), ("CPU", 3))
    assert device_changes(graph) == (2, 3, 4)
    assert device_changes(chain(4)) == ()


def test_nodes_without_a_device_change_nothing():
    assert device_changes(placed(("", -1), ("CPU", 1), ("", -1), ("CPU", 1), ("GPU", 2))) == (4,)
    graph = placed(("CPU", 1), ("", -1), ("CPU", 1))
    nodes = (graph.nodes[0], node(1, role="constant", device=clean("GPU"), submodel=2), graph.nodes[2])
    assert device_changes(Graph(graph.kind, graph.title, nodes, graph.edges)) == ()
