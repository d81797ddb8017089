"""Times and what became of each operation, joined by names."""

from ovexplorer.graph.annotate import with_submodels, with_times
from ovexplorer.graph.model import Graph
from ovexplorer.text import clean
from tests.cli.layers_kit import HOSTILE, layer, profile
from tests.graph.graph_kit import node


def joined(names, *layers):
    """What each node says afterwards: time in µs and status."""
    nodes = tuple(node(at, name) for at, name in enumerate(names))
    graph = with_times(Graph("model", clean("m"), nodes, ()), profile(layers))
    return [(entry.time_ns // 1_000 if entry.time_ns >= 0 else -1, str(entry.status)) for entry in graph.nodes]


def test_an_operation_gets_the_time_of_its_layer_and_its_fused_ones_say_where_they_are():
    layers = layer(0, "conv", 500, origin=("conv", "relu")), layer(1, "relu", status="fused", into="conv")
    assert joined(("conv", "relu", "other"), *layers) == [(500, ""), (-1, "fused into conv"), (-1, "")]


def test_a_layer_with_a_name_of_its_own_gives_its_time_to_the_first_it_stands_for():
    assert joined(("a", "b"), layer(0, "fused_x", 30, origin=("a", "b"))) == [(30, ""), (-1, "fused into fused_x")]


def test_names_of_submodels_are_taken_off():
    assert joined(("conv",), layer(0, "subgraph12: conv", 7)) == [(7, "")]
    assert joined(("subgraph: conv", "subgraphs"), layer(0, "subgraph: conv", 7)) == [(7, ""), (-1, "")]


def test_what_did_not_run_says_why():
    layers = layer(0, "a", status="optimized_out"), layer(1, "b", 0, status="below_resolution")
    assert joined(("a", "b"), *layers) == [(-1, "optimized out"), (0, "under what the counters resolve")]


def test_reorders_are_nobody_s():
    assert joined(("conv",), layer(0, "conv_abcd_acdb_relu", 90, "Reorder")) == [(-1, "")]


def test_layout_precision_and_primitive_come_along():
    made = layer(0, "conv", 5, precision="bf16", layouts="acdb,abcd")
    nodes = (node(0, "conv", precision=clean("f32")), node(1, HOSTILE))
    graph = with_times(Graph("model", clean("m"), nodes, ()), profile([made, layer(1, HOSTILE, 3)]))
    assert (graph.nodes[0].precision, graph.nodes[0].layout) == ("bf16", "acdb")
    assert graph.nodes[0].details == (("primitive", "brgconv_avx512_bf16"),)
    assert graph.nodes[1].time_ns == 3_000


def test_other_submodels_and_devices_are_put_on_by_key():
    graph = Graph("model", clean("m"), (node(0, submodel=1, device=clean("CPU")), node(1)), ())
    found = with_submodels(graph, {1: 7}, {1: "GPU\x1b"})
    assert [(entry.submodel, str(entry.device)) for entry in found.nodes] == [(1, "CPU"), (7, "GPU␛")]
