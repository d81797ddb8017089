"""Graphs as Graphviz: `dot` itself reads every name back, and long edges do not keep it busy."""

import json
import re

import pytest
from msgspec.structs import replace

from ovexplorer.export.graph_dot import LARGE, graph_dot, quoted
from ovexplorer.export.graph_looks import lines_of
from ovexplorer.graph.dump_reader import looks_like_dump
from ovexplorer.graph.model import Graph
from ovexplorer.session.graph_files import load_graph
from ovexplorer.session.graphviz import run_dot
from tests.export.hostile_graphs import NAMES, hostile_graph
from tests.graph.graph_kit import chain, graph_of


def read_by_dot(graph, **how):
    """Objects and edges as `dot` understood them."""
    document = json.loads(run_dot(graph_dot(graph, **how), "json0", engine="patchwork"))
    return document.get("objects", []), document.get("edges", [])


def shown(text):
    r"""What `dot` shows for a label: its escapes and entities taken back."""
    text = re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], text)
    return text.replace("&amp;", "&")


def test_every_hostile_name_is_read_back():
    graph = hostile_graph()
    objects, edges = read_by_dot(graph, longest=None)
    labels = {entry["name"]: entry["label"] for entry in objects if entry["name"].startswith("n")}
    assert {name: shown(label) for name, label in labels.items()} == {
        f"n{node.key}": "\n".join(lines_of(node)) for node in graph.nodes
    }
    assert len(edges) == len(graph.edges)


def test_it_is_drawn():
    assert run_dot(graph_dot(hostile_graph()), "svg").count(b"<svg") == 1


def test_our_own_reader_takes_it_back(tmp_path):
    graph = graph_of([(0, 1), (1, 2)], device="CPU", type="Relu", submodel=4)
    path = tmp_path / "g.dot"
    path.write_text(graph_dot(graph), encoding="utf-8")
    again = load_graph(path)
    assert again.kind == "graphviz"
    assert [(node.name, node.type, node.device, node.submodel) for node in again.nodes] == [
        ("op_0", "Relu", "CPU", 4),
        ("op_1", "Relu", "CPU", 4),
        ("op_2", "Relu", "CPU", 4),
    ]
    assert [(edge.source, edge.target) for edge in again.edges] == [(0, 1), (1, 2)]


def test_it_is_not_taken_for_a_dump():
    graph = graph_of([(0, 1)], details=(("operation set", "opset1::Relu"),))
    assert not looks_like_dump(graph_dot(graph))


def test_submodels_are_frames():
    graph = graph_of([(0, 1), (1, 2)])
    nodes = tuple(replace(node, submodel=node.key // 2, device=f"D{node.key // 2}") for node in graph.nodes)
    objects, _ = read_by_dot(Graph(graph.kind, graph.title, nodes, graph.edges))
    assert {entry["label"] for entry in objects if "nodes" in entry} == {"#0 D0", "#1 D1"}
    objects, _ = read_by_dot(Graph(graph.kind, graph.title, nodes, graph.edges), clusters="none")
    assert not [entry for entry in objects if "nodes" in entry]


def test_long_edges_become_stubs_that_name_the_other_end():
    graph = graph_of([*((key, key + 1) for key in range(40)), (0, 35), (0, 40)])
    objects, edges = read_by_dot(graph)
    assert len(edges) == 40 + 3
    labels = {entry["label"] for entry in objects}
    assert {"to op_35 and 1 more", "from op_0"} <= labels
    assert len(read_by_dot(graph, longest=None)[1]) == 42


def test_an_input_is_near_what_takes_it_first():
    graph = graph_of([*((key, key + 1) for key in range(30)), (31, 30)], 32)
    assert "to31" not in graph_dot(graph)


def test_circles_and_loops_are_written():
    text = graph_dot(graph_of([(0, 1), (1, 0), (1, 1)]))
    assert {"n0 -> n1;", "n1 -> n0;", "n1 -> n1;"} <= {line.strip() for line in text.splitlines()}


def test_large_graphs_ask_for_fewer_rounds():
    assert "nslimit=0.1 mclimit=0.1 splines=line" in graph_dot(chain(LARGE + 1))
    assert "nslimit" not in graph_dot(chain(10))


@pytest.mark.parametrize("text", NAMES)
def test_a_quoted_text_has_no_quote_inside(text):
    inner = quoted(text)[1:-1]
    assert not re.search(r'(?<!\\)(?:\\\\)*"', inner)
    assert not re.search(r"(?<!\\)(?:\\\\)*\\$", inner)
    assert "\n" not in inner
    assert "\0" not in inner
