"""The layers that ran as a graph."""

from ovexplorer.graph.from_profile import graph_of_profile
from tests.cli.layers_kit import HOSTILE, layer, profile


def test_only_what_ran_is_a_node_and_keys_are_places():
    graph = graph_of_profile(profile())
    assert [str(entry.name) for entry in graph.nodes][:3] == ["image", "image_abcd_acdb_conv", "conv"]
    assert [entry.key for entry in graph.nodes] == [0, 1, 2, 3]
    assert graph.nodes[3].raw_name == HOSTILE
    assert [(edge.source, edge.target) for edge in graph.edges] == [(0, 1), (1, 2), (2, 3)]
    assert graph.kind == "runtime"


def test_a_layer_tells_its_time_primitive_and_what_it_stands_for():
    conv = graph_of_profile(profile()).nodes[2]
    assert (conv.time_ns, conv.precision, conv.layout, conv.block) == (500_000, "bf16", "acdb", "one")
    assert ("stands for", "conv, relu") in conv.details
    assert ("primitive", "brgconv_avx512_bf16") in conv.details


def test_submodels_are_read_from_names():
    layers = [layer(0, "subgraph3: conv", 5), layer(1, "subgraph3x: relu", 5), layer(2, "subgraph: add", 5)]
    assert [(str(entry.name), entry.submodel) for entry in graph_of_profile(profile(layers)).nodes] == [
        ("conv", 3),
        ("subgraph3x: relu", -1),
        ("subgraph: add", -1),
    ]


def test_sources_that_did_not_run_leave_no_edge():
    layers = [layer(0, "a", status="optimized_out"), layer(1, "b", 5, inputs=(0, 7))]
    assert graph_of_profile(profile(layers)).edges == ()


def test_equal_names_are_nodes_of_their_own():
    nodes = graph_of_profile(profile([layer(0, "a", 1), layer(1, "a", 2)])).nodes
    assert len({entry.id for entry in nodes}) == 2
