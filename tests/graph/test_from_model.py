"""The operations of a model as a graph."""

from msgspec.structs import replace

from ovexplorer.graph.from_model import graph_of_topology
from ovexplorer.schema.topology import Topology
from ovexplorer.text import clean
from tests.analysis.split.topology_kit import Net


def small():
    net = Net()
    x = net.input("x")
    split = net.add("Split", x, name="split", shapes=("[1,2]", "[?,3]"), types=("f32", "i64"), sizes=(8, 0))
    net.add("Add", (split, 1), (split, 0), name="add")
    return net.topology()


def test_keys_are_those_of_the_topology_and_edges_tell_ports_and_sizes():
    graph = graph_of_topology(small())
    assert [(entry.key, str(entry.name), entry.role, entry.submodel) for entry in graph.nodes] == [
        (0, "x", "parameter", -1),
        (1, "split", "operation", -1),
        (2, "add", "operation", -1),
    ]
    assert [(e.source, e.source_port, e.target, e.target_port, e.shape, e.size_bytes) for e in graph.edges] == [
        (0, 0, 1, 0, "[1,16,8,8]", 4096),
        (1, 1, 2, 0, "[?,3]", 0),
        (1, 0, 2, 1, "[1,2]", 8),
    ]
    assert (graph.kind, graph.title) == ("model", "net")
    assert graph.nodes[1].shape == "[1,2]"


def test_devices_and_submodels_are_put_on():
    graph = graph_of_topology(small(), ("CPU", "GPU", "CPU"), {1: 5})
    assert [(str(entry.device), entry.submodel) for entry in graph.nodes] == [("CPU", -1), ("GPU", 5), ("CPU", -1)]


def test_states_and_bodies_are_told():
    plain = small()
    changed = replace(plain.operations[1], variable=clean("past"), bodies=2)
    topology = Topology(model=plain.model, operations=(plain.operations[0], changed, plain.operations[2]))
    assert graph_of_topology(topology).nodes[1].details == (("state", "past"), ("bodies", "2, not shown"))


def test_a_port_that_the_model_does_not_know_is_survived():
    plain = small()
    odd = replace(plain.operations[2], inputs=((0, 9),))
    graph = graph_of_topology(Topology(model=plain.model, operations=(*plain.operations[:2], odd)))
    assert (graph.edges[-1].shape, graph.edges[-1].size_bytes) == ("", 0)
