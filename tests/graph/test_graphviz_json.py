"""What Graphviz makes of files, by hand; files themselves are read in tests of the session."""

import json

import pytest

from ovexplorer.errors import UsageError
from ovexplorer.graph import graphviz_json
from ovexplorer.graph.graphviz_json import read_json


def read(*objects, edges=(), title=""):
    numbered = [{"_gvid": at, **entry} for at, entry in enumerate(objects)]
    return read_json(json.dumps({"name": "g", "objects": numbered, "edges": list(edges)}), title)


def named(label, name="n1"):
    return str(read({"name": name, "label": label}).nodes[0].name)


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("\\N", "n1"),
        ("", "n1"),
        ("a \\N b", "a n1 b"),
        ("first\\nsecond\\lthird\\r", "first second third"),
        ("real\nbreak", "real break"),
        ("<b>bold</b> &amp; &lt;plain&gt;", "bold & <plain>"),
        ("<TABLE><TR><TD>x</TD><TD>y</TD></TR></TABLE>", "x y"),
        ("a < b > c", "a < b > c"),
        ("{left|<port> right|{a|b}}", "left right a b"),
        ("{no record}", "{no record}"),
        ("\x1b[2J", "␛[2J"),
    ],
)
def test_words_of_a_label(label, name):
    assert named(label) == name


def test_devices_submodels_and_types_are_taken_where_a_node_names_them():
    graph = read(
        {"name": "a", "device": "CPU", "submodel": "4", "type": "Relu", "friendly_name": "one\nname", "label": "x"},
        {"name": "b", "subgraph": "12"},
        {"name": "c", "submodel": "-3"},
        {"name": "d", "submodel": "9" * 30},
        {"name": "e", "submodel": "²"},
    )
    assert [node.submodel for node in graph.nodes] == [4, 12, -1, -1, -1]
    assert (graph.nodes[0].device, graph.nodes[0].type, graph.nodes[0].raw_name) == ("CPU", "Relu", "one\nname")


def test_other_attributes_are_details_and_looks_come_last():
    graph = read({"name": "a", "shape": "box", "pos": "1,2", "owner": "me", "device": "CPU", "nested": {"x": 1}})
    assert graph.nodes[0].details == (("owner", "me"), ("shape", "box"))
    many = read({"name": "a", **{f"k{at}": "v" for at in range(99)}})
    assert len(many.nodes[0].details) == 12


def test_clusters_are_blocks_and_no_nodes():
    graph = read(
        {"name": "cluster_0", "label": "part one", "nodes": [2, 3], "edges": [0]},
        {"name": "outer", "subgraphs": [0]},
        {"name": "a"},
        {"name": "b"},
        {"name": "c", "nodes": "an attribute called so"},
        edges=[{"tail": 2, "head": 3}, {"tail": 4, "head": 4, "label": "f32[1]"}],
    )
    assert [(str(node.id), str(node.block)) for node in graph.nodes] == [
        ("a", "part one"),
        ("b", "part one"),
        ("c", ""),
    ]
    assert [(edge.source, edge.target, str(edge.shape)) for edge in graph.edges] == [(0, 1, ""), (2, 2, "f32[1]")]


def test_the_title_is_that_of_the_file_or_of_the_graph():
    assert read(title="file.dot").title == "file.dot"
    assert read().title == "g"


def test_edges_that_point_nowhere_and_odd_entries_are_left_out():
    text = json.dumps(
        {"objects": [1, None, {"_gvid": 0, "name": "a"}, {"name": "no number"}, {"_gvid": 0, "name": "again"}],
         "edges": [{"tail": 0, "head": 7}, {"tail": "x"}, 5, {"tail": 0, "head": 0}]}
    )  # fmt: skip
    graph = read_json(text)
    assert [str(node.id) for node in graph.nodes] == ["a"]
    assert len(graph.edges) == 1


@pytest.mark.parametrize("text", ["", "[]", "3", "{", b"\xff", '{"objects": [' + "[" * 9_000])
def test_what_is_no_graph_is_told(text):
    with pytest.raises(UsageError) as caught:
        read_json(text)
    assert caught.value.hint


@pytest.mark.parametrize("text", ["{}", '{"objects": 3, "edges": {}}', '{"objects": null}'])
def test_nothing_is_an_empty_graph(text):
    assert (read_json(text).nodes, read_json(text).edges) == ((), ())


def test_more_nodes_than_can_be_shown_are_refused(monkeypatch):
    monkeypatch.setattr(graphviz_json, "MOST_NODES", 2)
    with pytest.raises(UsageError, match="3 nodes"):
        read({"name": "a"}, {"name": "b"}, {"name": "c"})
