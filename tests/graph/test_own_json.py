"""Reading `ovexplorer.graph/1` that somebody else wrote."""

import json

import pytest

from ovexplorer.errors import UsageError
from ovexplorer.graph.own_json import MOST_PROBLEMS, looks_like_own_json, read_own_json


def document(**more):
    base = {"schema": "ovexplorer.graph/1", "nodes": [{"id": "a"}, {"id": "b"}], "edges": [["a", "b"]]}
    return json.dumps(base | more)


def test_what_the_contract_does_not_ask_for_may_be_missing():
    graph = read_own_json(document(), "file")
    assert [(node.name, node.submodel, node.time_ns, node.role) for node in graph.nodes] == [
        ("a", -1, -1, "operation"),
        ("b", -1, -1, "operation"),
    ]
    assert (graph.edges[0].source, graph.edges[0].target, graph.title, graph.kind) == (0, 1, "file", "graphviz")


def test_text_is_cleaned_for_showing_and_kept_for_joins():
    graph = read_own_json(document(nodes=[{"id": "a", "name": "\x1b[2J", "role": "king"}, {"id": "b"}], kind="x"))
    assert graph.nodes[0].raw_name == "\x1b[2J"
    assert "\x1b" not in graph.nodes[0].name
    assert graph.nodes[0].role == "operation"


def test_edges_and_nodes_that_cannot_be_are_told():
    graph = read_own_json(document(nodes=[{"id": "a"}, {"id": "a"}], edges=[["a", "a"], ["a", "zz"]]))
    assert len(graph.nodes) == 1
    assert len(graph.edges) == 1
    assert any("second node" in problem for problem in graph.problems)
    assert any("zz" in problem for problem in graph.problems)


def test_problems_are_bounded():
    graph = read_own_json(document(edges=[["a", "zz"]] * (3 * MOST_PROBLEMS)))
    assert len(graph.problems) == MOST_PROBLEMS


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"schema": "ovexplorer.graph/2", "nodes": [], "edges": []}',
        document(nodes=[{"name": "no id"}]),
        document(edges=[["a"]]),
        document(edges="ab"),
        document(nodes=[{"id": "a", "time_us": "soon"}]),
        document(nodes=[{"id": "a", "time_us": float("nan")}]),
        document(nodes=[{"id": "a", "submodel": 10**40}]),
        '{"schema": "ovexplorer.graph/1", "nodes": ' + "[" * 100_000,
        "9" * 10_000,
    ],
)
def test_what_is_no_such_document_is_refused(text):
    with pytest.raises(UsageError) as caught:
        read_own_json(text)
    assert caught.value.hint
    assert len(caught.value.what) < 400


def test_such_a_document_is_known_by_its_beginning():
    assert looks_like_own_json("\ufeff\n" + document())
    assert not looks_like_own_json('{"schema": "ovexplorer.run/1"}')
    assert not looks_like_own_json('digraph { a [label="ovexplorer.graph/1"] }')
