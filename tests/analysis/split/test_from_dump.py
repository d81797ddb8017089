"""The operations of a dump that is all there is: producers first, devices, circles, repeated names."""

from ovexplorer.analysis.split.from_dump import devices_of_graph, placed_of_graph, topology_of_graph
from ovexplorer.graph.model import Edge, Graph, Node
from ovexplorer.text import RawName, clean


def node(key, name, device="", role="operation", submodel=-1):
    return Node(
        key=key,
        name=clean(name),
        raw_name=RawName(name),
        id=RawName(f"{name}_{key}"),
        type=clean("Relu"),
        role=role,
        device=clean(device),
        submodel=submodel,
        shape=clean("[1,8]"),
        precision=clean("f32"),
    )


def graph(nodes, edges):
    return Graph("submodels", clean("m"), tuple(nodes), tuple(Edge(source=a, target=b, **more) for a, b, more in edges))


def test_producers_come_first_whatever_the_file_says():
    made = graph([node(0, "c"), node(1, "a"), node(2, "b")], [(2, 0, {}), (1, 2, {})])
    topology = topology_of_graph(made)
    assert [entry.raw_name for entry in topology.operations] == ["a", "b", "c"]
    assert [entry.key for entry in topology.operations] == [0, 1, 2]
    assert [entry.inputs for entry in topology.operations] == [(), ((0, 0),), ((1, 0),)]


def test_circles_and_edges_to_itself_are_left_out():
    made = graph([node(0, "start"), node(1, "a"), node(2, "b")], [(0, 1, {}), (1, 2, {}), (2, 1, {}), (0, 0, {})])
    topology = topology_of_graph(made)
    assert [entry.raw_name for entry in topology.operations] == ["start", "a", "b"]
    assert [entry.inputs for entry in topology.operations] == [(), ((0, 0),), ((1, 0),)]


def test_what_an_edge_says_of_a_port_wins():
    more = {"source_port": 1, "shape": clean("[2,2]"), "precision": clean("i64"), "size_bytes": 32}
    made = graph([node(0, "a"), node(1, "b")], [(0, 1, more), (0, 1, {})])
    first, second = topology_of_graph(made).operations
    assert first.shapes == ("[1,8]", "[2,2]")
    assert first.types == ("f32", "i64")
    assert first.sizes == (0, 32)
    assert second.inputs == ((0, 1), (0, 0))


def test_constants_follow_what_they_are_for():
    made = graph(
        [node(0, "k", role="constant"), node(1, "a", "CPU_SIM"), node(2, "b", "CPU")], [(0, 1, {}), (1, 2, {})]
    )
    topology = topology_of_graph(made)
    assert devices_of_graph(made) == ("CPU_SIM", "CPU")
    assert placed_of_graph(made, topology) == ("CPU_SIM", "CPU_SIM", "CPU")


def test_an_empty_graph_has_no_operations():
    assert topology_of_graph(graph([], [])).operations == ()
    assert devices_of_graph(graph([], [])) == ()
