"""Graphs as `ovexplorer.graph/1`: what is written is read back whole, and stands in ASCII."""

import json

import pytest

from ovexplorer.export.graph_json import graph_json
from ovexplorer.graph.own_json import read_own_json
from tests.export.hostile_graphs import NAMES, hostile_graph
from tests.graph.graph_kit import graph_of


def test_the_document_has_the_keys_of_the_contract():
    document = json.loads(graph_json(graph_of([(0, 1), (1, 2)], submodel=7, device="CPU", type="Relu")))
    assert document["schema"] == "ovexplorer.graph/1"
    assert document["kind"] == "model"
    first = document["nodes"][0]
    assert {"id": "op_0_0", "name": "op_0", "type": "Relu", "device": "CPU", "submodel": 7}.items() <= first.items()
    assert document["edges"] == [["op_0_0", "op_1_1"], ["op_1_1", "op_2_2"]]
    assert len(document["edge_details"]) == 2
    assert document["submodels"] == [{"index": 7, "device": "CPU", "operations": 3, "time_us": None}]


def test_what_is_not_known_is_null():
    document = json.loads(graph_json(graph_of([(0, 1)])))
    assert document["nodes"][0]["time_us"] is None
    assert document["nodes"][0]["submodel"] is None
    assert document["edge_details"][0]["bytes"] is None
    assert document["submodels"] == []


def test_hostile_names_come_back_as_they_were():
    text = graph_json(hostile_graph())
    assert [node["name"] for node in json.loads(text)["nodes"]] == list(NAMES)
    assert all(sign == "\n" or sign.isprintable() for sign in text)
    assert text.isascii()


def test_reading_back_gives_the_same_graph():
    graph = hostile_graph()
    # A node without a name is called by its id.
    again = read_own_json(graph_json(graph))
    assert [node for node in again.nodes if node.raw_name in NAMES] == [node for node in graph.nodes if node.raw_name]
    assert again.edges == graph.edges
    assert (again.kind, again.title, again.problems) == (graph.kind, graph.title, graph.problems)


def test_an_empty_graph_is_a_document_too():
    assert read_own_json(graph_json(graph_of([], 0))).nodes == ()


@pytest.mark.parametrize("more", [{}, {"find": "x", "hits": ["op_0_0"]}])
def test_further_keys_do_not_hinder_reading(more):
    text = graph_json(graph_of([(0, 1)]), more)
    assert more.items() <= json.loads(text).items()
    assert len(read_own_json(text).nodes) == 2
