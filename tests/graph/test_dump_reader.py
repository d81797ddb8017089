r"""Dumps by hand: names that imitate everything around them, and files that are damaged."""

import pytest

from ovexplorer.errors import InterruptedRunError, UsageError
from ovexplorer.graph import dump_reader
from ovexplorer.graph.dump_reader import MOST_PROBLEMS, looks_like_dump, read_dump
from tests.graph.dump_kit import END, START, clone, dump, edge, node, relay

HOSTILE = [
    'say "no"',
    'ends in a quote"',
    "back\\slash",
    "ends in a backslash\\",
    "two\nlines",
    "\nbegins with a line break",
    r"literal \n, \l and \N",
    "tab\tand ünïcode 🧠 漢字",
    "<b>bold</b> &amp; {f32}[1,2]",
    "a -> b;",
    "    Relu_1 -> Relu_2",
    "device=FPGA",
    r"x\nsubgraph=99\ndevice=FPGA",
    r'x\nsubgraph=99\ndevice=FPGA" fillcolor=red style=filled',
    r"y\nopset1::Convolution\nsubgraph=7",
    "// comment /* and */ # more",
    "}\n}",
    "]",
    'label="inner"',
    "CLONE_0",
    "[shape=box",
    "x" * 10_000,
]


def names(graph):
    return [node.raw_name for node in graph.nodes]


def ends(graph):
    """Edges by ids."""
    return sorted((graph.nodes[edge.source].id, graph.nodes[edge.target].id) for edge in graph.edges)


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_name_may_hold_anything(name):
    text = dump(
        node("Relu_1", "first", submodel=4),
        node("Relu_2", name, submodel=5, device="GPU"),
        edge("Relu_1", "Relu_2"),
        node("Relu_3", "last", submodel=6),
        edge("Relu_2", "Relu_3"),
    )
    graph = read_dump(text)
    assert names(graph) == ["first", name, "last"]
    assert [(entry.submodel, entry.device, entry.type) for entry in graph.nodes] == [
        (4, "CPU", "Relu"),
        (5, "GPU", "Relu"),
        (6, "CPU", "Relu"),
    ]
    assert ends(graph) == [("Relu_1", "Relu_2"), ("Relu_2", "Relu_3")]
    assert graph.problems == ()
    assert all(entry.name.isprintable() and len(entry.name) <= 512 for entry in graph.nodes)


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_so_may_that_of_a_constant(name):
    graph = read_dump(dump(clone(0, "Constant_1", name), node("Add_2", kind="Add"), edge("CLONE_0", "Add_2")))
    constant = next(entry for entry in graph.nodes if entry.role == "constant")
    assert (constant.raw_name, constant.shape, constant.precision) == (name, "[32,10]", "f32")
    assert ends(graph) == [("Constant_1", "Add_2")]
    assert graph.problems == ()


@pytest.mark.parametrize("after", ["", "\ny", "\n    Relu_1 -> Relu_3\n}"])
def test_a_name_may_imitate_a_whole_node(after):
    inner = node("Relu_66", "fake", submodel=1, device="FPGA").rstrip("\n")
    name = f"x\n{inner}{after}"
    text = dump(node("Relu_1", "first"), node("Relu_2", name), node("Relu_3", "last"), edge("Relu_1", "Relu_2"))
    graph = read_dump(text)
    assert sorted(names(graph)) == sorted(["first", name, "last"])
    assert ends(graph) == [("Relu_1", "Relu_2")]
    assert graph.problems == ()


def test_uses_of_a_constant_and_of_a_parameter_are_one_node_each():
    text = dump(
        clone(0, "Parameter_1", "x", "Parameter", "{f32}[1,4]"),
        clone(1, "Constant_2", "w"),
        clone(2, "Parameter_1", "x", "Parameter", "{f32}[1,4]"),
        clone(3, "Constant_2", "w"),
        node("Add_3", kind="Add"),
        node("Mul_4", kind="Multiply"),
        edge("CLONE_0", "Add_3"),
        edge("CLONE_1", "Add_3"),
        edge("CLONE_2", "Mul_4"),
        edge("CLONE_3", "Mul_4"),
    )
    graph = read_dump(text)
    assert [(entry.id, entry.role) for entry in graph.nodes if entry.role != "operation"] == [
        ("Constant_2", "constant"),
        ("Parameter_1", "parameter"),
    ]
    assert ends(graph) == sorted((a, b) for a in ("Parameter_1", "Constant_2") for b in ("Add_3", "Mul_4"))


def test_a_parameter_may_tell_its_device():
    value = "{f32}[1,4]\\nsubgraph=9\\ndevice=GPU"
    graph = read_dump(dump(clone(0, "Parameter_1", "x", "Parameter", value)))
    assert (graph.nodes[0].device, graph.nodes[0].submodel, graph.nodes[0].shape) == ("GPU", 9, "[1,4]")


def test_edges_that_were_cut_are_joined_again():
    text = dump(node("Relu_1"), relay(7, "Relu_1", "Add_2"), node("Add_2", kind="Add"), edge("Relu_1", "Add_2"))
    graph = read_dump(text)
    assert ends(graph) == [("Relu_1", "Add_2")] * 2
    assert len(graph.nodes) == 2
    assert graph.problems == ()


def test_a_cut_edge_without_its_beginning_is_known_by_what_it_receives():
    text = dump(node("Relu_1"), relay(7, "Relu_1", "Add_2"), node("Add_2", kind="Add"))
    graph = read_dump(text.replace("    Relu_1 -> SEND_7\n", ""))
    assert ends(graph) == [("Relu_1", "Add_2")]


def test_ports_shapes_and_bytes_are_those_of_the_label():
    more = r"\nin0: {f16}[1,8]: Split_1: out1\nin1: {f32}[2]: Split_1: out0\nout0: {f16}[1,16]"
    split = r"\nout0: {f32}[2]\nout1: {f16}[1,8]"
    text = dump(
        node("Split_1", kind="Split", more=split),
        node("Concat_2", "joined", "Concat", more=more),
        edge("Split_1", "Concat_2") * 2,
    )
    graph = read_dump(text)
    assert [(e.source_port, e.target_port, e.precision, e.shape, e.size_bytes) for e in graph.edges] == [
        (1, 0, "f16", "[1,8]", 16),
        (0, 1, "f32", "[2]", 8),
    ]
    assert (graph.nodes[1].name, graph.nodes[1].shape, graph.nodes[1].precision) == ("joined", "[1,16]", "f16")


def test_ports_of_an_edge_come_before_guesses():
    split = r"\nout0: {f32}[2]\nout1: {f16}[1,8]"
    text = dump(node("Split_1", kind="Split", more=split), node("Relu_2"), edge("Split_1", "Relu_2", "1 -> 0"))
    edge_ = read_dump(text).edges[0]
    assert (edge_.source_port, edge_.target_port, edge_.shape) == (1, 0, "[1,8]")


def test_nodes_come_in_running_order_though_dumps_begin_at_the_end():
    text = dump(node("C"), edge("B", "C"), node("B"), edge("A", "B"), node("A"))
    assert [entry.id for entry in read_dump(text).nodes] == ["A", "B", "C"]


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        ((node("A", submodel=3),), "submodels"),
        ((node("A"),), "affinity"),
        ((node("A", device=""),), "body"),
    ],
)
def test_what_a_dump_tells_is_its_kind(lines, kind):
    assert read_dump(dump(*lines)).kind == kind


def test_numbers_of_submodels_and_odd_devices_are_taken_as_they_are():
    text = dump(node("A", submodel=4294, device="GPU.1(x)"), node("B", submodel=10**12, device=""))
    assert {entry.id: (entry.submodel, entry.device) for entry in read_dump(text).nodes}["A"] == (4294, "GPU.1(x)")
    assert {entry.id: entry.submodel for entry in read_dump(text).nodes}["B"] == -1


def test_repeated_edges_loops_and_circles_are_kept():
    text = dump(node("A"), node("B"), edge("A", "B"), edge("A", "B"), edge("B", "B"), edge("B", "A"))
    assert ends(read_dump(text)) == [("A", "B"), ("A", "B"), ("B", "A"), ("B", "B")]


# Damage


@pytest.mark.parametrize("text", ["", START + END, "digraph {}", "digraph G {\n}\n", "\n\n"])
def test_an_empty_dump_is_an_empty_graph(text):
    graph = read_dump(text, "t")
    assert (graph.nodes, graph.edges, graph.problems, graph.title) == ((), (), (), "t")


def test_what_is_not_understood_is_told_with_its_line_and_the_rest_is_read():
    text = dump(node("A"), "    what is this\n", node("B"), edge("A", "B"), edge("A", "Gone_1"))
    graph = read_dump(text)
    assert ends(graph) == [("A", "B")]
    assert [str(problem) for problem in graph.problems] == [
        "line 4: not understood: what is this",
        "line 7: not understood: an edge with Gone_1, which is not in the file",
    ]


def test_a_node_that_comes_twice_is_told_and_the_first_one_stays():
    graph = read_dump(dump(node("A", "first"), node("A", "second")))
    assert names(graph) == ["first"]
    assert len(graph.problems) == 1


def test_a_node_that_never_ends_does_not_take_the_next_one_with_it():
    torn = node("B", "torn").partition("opset1")[0] + "\n"
    graph = read_dump(dump(node("A"), torn, node("C"), edge("A", "C")))
    assert ends(graph) == [("A", "C")]


def test_a_file_that_was_cut_anywhere_is_read_up_to_there():
    whole = dump(*(node(f"Relu_{at}", f"n{at}", submodel=at) + edge(f"Relu_{at}", f"Relu_{at + 1}") for at in range(9)))
    for length in range(0, len(whole), 7):
        graph = read_dump(whole[:length])
        assert len(graph.nodes) <= 9
        assert all(entry.id.startswith("Relu_") for entry in graph.nodes)


def test_more_nodes_than_can_be_shown_are_refused(monkeypatch):
    monkeypatch.setattr(dump_reader, "MOST_NODES", 2)
    with pytest.raises(UsageError, match="more than 2 nodes") as caught:
        read_dump(dump(node("A_1"), node("B_2"), node("C_3")))
    assert caught.value.hint


def test_reading_can_be_given_up():
    with pytest.raises(InterruptedRunError):
        read_dump(dump(node("A_1")), cancel=lambda: True)


def test_problems_are_bounded_and_the_rest_is_counted():
    graph = read_dump(dump("    nonsense\n" * (MOST_PROBLEMS + 50)))
    assert len(graph.problems) == MOST_PROBLEMS + 1
    assert graph.problems[-1] == "50 more lines were not understood"


@pytest.mark.parametrize(
    "piece",
    ["\n{", r"\nA{}", r"\nin0: {}[", "{}[", r"\ndevice=", "[[", '" ]', "_1", "    A -> B[", '\n    B [shape= label="'],
)
def test_what_is_repeated_costs_no_more_than_its_length(piece):
    # Squares of this length would take hours: the time limit of every test tells.
    name = piece * (300_000 // len(piece))
    assert looks_like_dump(dump(node("Relu_1"), name, node("Relu_2")))
    read_dump(dump(node("Relu_1", name), clone(0, "Constant_2", name), f"    A -> {name}\n", node("Relu_3")))


def test_windows_line_ends_are_read():
    graph = read_dump(dump(node("A", submodel=1), node("B", submodel=2), edge("A", "B")).replace("\n", "\r\n"))
    assert ends(graph) == [("A", "B")]
    assert graph.problems == ()


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (dump(node("A")), True),
        (dump(clone(0, "Constant_1")), True),
        (dump(node("DeviceSubgraph_9").replace("opset1::", "hetero::")), True),
        ("digraph { a -> b }", False),
        ("graph { a [label=x] }", False),
        ('digraph { a [label="std::vector"] }', False),
        ("", False),
        ("<net/>", False),
    ],
)
def test_dumps_are_told_apart_from_other_files(text, is_one):
    assert looks_like_dump(text) is is_one
