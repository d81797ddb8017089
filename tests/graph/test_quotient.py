"""A box for each submodel, and every tensor that crosses counted once."""

from ovexplorer.graph.model import Edge, Graph
from ovexplorer.graph.quotient import quotient
from ovexplorer.text import clean
from tests.graph.graph_kit import chain, node


def graph(parts, edges, **fields):
    """Nodes by submodel."""
    nodes = tuple(node(at, submodel=part, device=clean("AB"[part % 2]), **fields) for at, part in enumerate(parts))
    return Graph("submodels", clean("m"), nodes, tuple(edges))


def test_submodels_come_in_the_order_in_which_they_begin():
    found = quotient(graph([56, 1, 56, 29], [Edge(source=0, target=1), Edge(source=1, target=2)], time_ns=5))
    assert [(part.number, part.device, part.nodes, part.time_ns) for part in found.parts] == [
        (56, "A", (0, 2), 10),
        (1, "B", (1,), 5),
        (29, "B", (3,), 5),
    ]
    assert [(link.source, link.target, link.edges) for link in found.links] == [(0, 1, (0,)), (1, 0, (1,))]


def test_a_tensor_that_two_take_crosses_once():
    edges = [
        Edge(source=0, target=1, size_bytes=100),
        Edge(source=0, target=2, size_bytes=100),
        Edge(source=0, target=2, source_port=1, size_bytes=7),
        Edge(source=1, target=2, size_bytes=1_000),
    ]
    (link,) = quotient(graph([4, 5, 5], edges)).links
    assert (link.tensors, link.size_bytes, link.edges) == (2, 107, (0, 1, 2))


def test_constants_and_what_is_in_no_submodel_are_left_out():
    parts = graph([3, 3, 4], [Edge(source=0, target=2), Edge(source=1, target=2)])
    nodes = (parts.nodes[0], node(1, role="constant", submodel=3), parts.nodes[2], node(3))
    found = quotient(Graph("submodels", clean("m"), nodes, (*parts.edges, Edge(source=3, target=0))))
    assert [part.nodes for part in found.parts] == [(0,), (2,)]
    assert [(link.source, link.target, link.tensors) for link in found.links] == [(0, 1, 1)]


def test_without_submodels_there_is_nothing():
    assert quotient(chain(3)).parts == ()


def test_no_time_is_not_zero():
    assert [part.time_ns for part in quotient(graph([1], ())).parts] == [-1]
