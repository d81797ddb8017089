"""The part of a graph that is wanted."""

import pytest
from msgspec.structs import replace

from ovexplorer.graph.find import read_query
from ovexplorer.graph.model import Graph
from ovexplorer.graph.part import Wanted, around, first_part, part_of, submodel_graph
from tests.graph.graph_kit import chain, fan, graph_of, node


def with_submodels(count, size):
    graph = chain(count)
    nodes = tuple(
        replace(entry, submodel=10 + entry.key // size, device=("A", "B")[entry.key // size % 2], time_ns=100)
        for entry in graph.nodes
    )
    edges = tuple(replace(edge, size_bytes=8, source_port=0) for edge in graph.edges)
    return Graph(graph.kind, graph.title, nodes, edges)


def names(graph):
    return [str(entry.name) for entry in graph.nodes]


def test_everything_is_wanted_unless_something_is_named():
    graph = with_submodels(6, 2)
    assert part_of(graph, Wanted()) == graph


def test_keys_of_a_part_are_its_own_positions():
    part = part_of(with_submodels(9, 3), Wanted(submodel=11))
    assert [entry.key for entry in part.nodes] == [0, 1, 2]
    assert names(part) == ["op_3", "op_4", "op_5"]
    assert [(edge.source, edge.target) for edge in part.edges] == [(0, 1), (1, 2)]


def test_what_is_left_out_is_told_at_the_border():
    part = part_of(with_submodels(9, 3), Wanted(submodel=11))
    assert [dict(entry.details) for entry in part.nodes] == [
        {"not shown before": "1 edge"},
        {},
        {"not shown after": "1 edge"},
    ]


@pytest.mark.parametrize(("hops", "count"), [(0, 1), (1, 3), (2, 5), (99, 9)])
def test_neighbours_come_along(hops, count):
    assert len(part_of(chain(9), Wanted(query=read_query("op_4"), hops=hops)).nodes) == count


def test_a_fan_of_thousands_is_reached_in_one_step():
    assert len(around(fan(2_000), [0], 1)) == 2_001


def test_nothing_found_is_a_graph_without_nodes():
    assert part_of(chain(3), Wanted(query=read_query("zzz"))).nodes == ()


def test_constants_are_folded_unless_they_are_wanted():
    graph = graph_of([(0, 1)])
    graph = Graph(graph.kind, graph.title, (replace(graph.nodes[0], role="constant"), graph.nodes[1]), graph.edges)
    assert names(part_of(graph, Wanted())) == ["op_1"]
    assert names(part_of(graph, Wanted(constants=True))) == ["op_0", "op_1"]


def test_submodels_become_nodes_with_totals():
    whole = submodel_graph(with_submodels(9, 3))
    assert [(entry.name, entry.device, entry.type, entry.time_ns) for entry in whole.nodes] == [
        ("#10", "A", "3 operations", 300),
        ("#11", "B", "3 operations", 300),
        ("#12", "A", "3 operations", 300),
    ]
    assert [(edge.source, edge.target, edge.shape, edge.size_bytes) for edge in whole.edges] == [
        (0, 1, "1 tensor", 8),
        (1, 2, "1 tensor", 8),
    ]


def test_nodes_in_no_submodel_are_counted():
    graph = with_submodels(4, 2)
    graph = Graph(graph.kind, graph.title, (*graph.nodes, node(4)), graph.edges)
    assert submodel_graph(graph).problems == ("1 node is in no submodel: left out",)


def test_first_parts_of_names_become_nodes():
    graph = graph_of([(0, 1), (1, 2)])
    named = ("layers.0.a", "/layers/1/b", "head")
    nodes = tuple(replace(entry, raw_name=name) for entry, name in zip(graph.nodes, named))
    graph = Graph(graph.kind, graph.title, nodes, graph.edges)
    assert [first_part(entry) for entry in nodes] == ["layers", "layers", ""]
    assert names(part_of(graph, Wanted(view="outline"))) == ["layers", "op_2"]
