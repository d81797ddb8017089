"""Constants go into what uses them; groups become one node; nothing else is lost."""

from msgspec.structs import replace

from ovexplorer.graph.fold import collapse, fold_constants, keep_only, repeated_blocks
from ovexplorer.graph.model import Edge, Graph
from ovexplorer.text import clean
from tests.graph.graph_kit import chain, graph_of, node


def made(nodes, edges):
    return Graph("model", clean("m"), tuple(nodes), tuple(edges), (clean("a problem"),))


def ends(graph):
    return [(edge.source, edge.target) for edge in graph.edges]


def conv():
    """Input, weights and bias of a convolution; the weights are used twice."""
    nodes = (
        node(0, "x", role="parameter"),
        node(1, "w", role="constant", precision=clean("f32"), shape=clean("[64,3,7,7]")),
        node(2, "conv"),
        node(3, "b", role="constant"),
        node(4, "again"),
    )
    edges = (
        Edge(source=0, target=2),
        Edge(source=1, target=2, target_port=1),
        Edge(source=3, target=2, target_port=2, precision=clean("f16"), shape=clean("[64]")),
        Edge(source=2, target=4),
        Edge(source=1, target=4, target_port=1),
    )
    return made(nodes, edges)


def test_constants_are_told_by_what_takes_them():
    folded = fold_constants(conv())
    assert [str(entry.name) for entry in folded.nodes] == ["x", "conv", "again"]
    assert [entry.key for entry in folded.nodes] == [0, 1, 2]
    assert ends(folded) == [(0, 1), (1, 2)]
    assert folded.nodes[1].details == (("constant 1", "f32[64,3,7,7] w"), ("constant 2", "f16[64] b"))
    assert folded.nodes[2].details == (("constant 1", "f32[64,3,7,7] w"),)
    assert folded.problems == ("a problem",)


def test_a_graph_without_constants_stays_itself():
    graph = chain(3)
    assert fold_constants(graph) is graph


def test_constants_of_constants_vanish_too():
    nodes = (node(0, "c", role="constant"), node(1, "converted", role="constant"), node(2, "add"))
    folded = fold_constants(made(nodes, (Edge(source=0, target=1), Edge(source=1, target=2))))
    assert [entry.details for entry in folded.nodes] == [(("constant 0", "converted"),)]


def test_a_part_keeps_only_edges_inside_it():
    part = keep_only(graph_of([(0, 1), (1, 2), (2, 3), (0, 3)]), (3, 0, 1, 99))
    assert [str(entry.name) for entry in part.nodes] == ["op_0", "op_1", "op_3"]
    assert ends(part) == [(0, 1), (0, 2)]


def test_a_group_is_one_node_with_totals():
    graph = chain(6)
    nodes = [
        replace(entry, time_ns=entry.key * 10 if entry.key else -1, device=clean("AB"[entry.key // 4]), submodel=1)
        for entry in graph.nodes
    ]
    small = collapse(made(nodes, graph.edges), lambda entry: "block" if 1 <= entry.key <= 4 else "")
    assert [(str(entry.name), entry.time_ns) for entry in small.nodes] == [("op_0", -1), ("block", 100), ("op_5", 50)]
    group = small.nodes[1]
    assert (group.type, group.device, group.submodel, group.block) == ("4 operations", "", 1, "block")
    assert ends(small) == [(0, 1), (1, 2)]
    assert [entry.key for entry in small.nodes] == [0, 1, 2]


def test_groups_of_one_device_tell_it_and_others_of_two_submodels_tell_none():
    graph = chain(4)
    nodes = [replace(entry, device=clean("CPU"), submodel=entry.key // 2) for entry in graph.nodes]
    assert [(entry.device, entry.submodel) for entry in collapse(made(nodes, graph.edges), lambda _: "all").nodes] == [
        ("CPU", -1)
    ]


def test_a_group_of_one_stays_that_node():
    assert collapse(chain(2), lambda entry: str(entry.key)).nodes == chain(2).nodes


def test_one_tensor_into_a_group_is_one_edge_and_two_tensors_are_two():
    edges = [Edge(source=0, target=1), Edge(source=0, target=2), Edge(source=0, target=2, source_port=1)]
    small = collapse(made([node(0), node(1), node(2)], edges), lambda entry: "g" if entry.key else "")
    assert ends(small) == [(0, 1), (0, 1)]


def test_loops_stay_where_nothing_was_grouped():
    graph = made([node(0), node(1), node(2)], [Edge(source=0, target=0), Edge(source=1, target=2)])
    assert ends(collapse(graph, lambda entry: "g" if entry.key else "")) == [(0, 0)]


def test_blocks_that_are_alike_are_told_by_the_first():
    kinds = [("a", "Conv"), ("a", "Relu"), ("b", "Conv"), ("b", "Relu"), ("c", "Conv"), ("c", "Add"), ("d", "Relu")]
    nodes = [node(at, block=clean(block), type=clean(kind)) for at, (block, kind) in enumerate(kinds)]
    nodes.append(node(7, block=clean("b"), type=clean("Constant"), role="constant"))
    assert repeated_blocks(made(nodes, ())) == {"a": ("a", "b")}
    assert repeated_blocks(made(nodes, ()), least=3) == {}
