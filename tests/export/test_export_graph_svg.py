"""Graphs as our own SVG: well-formed whatever names hold, everything in it, and small."""

import re
from xml.etree import ElementTree as ET

import pytest
from msgspec.structs import replace

from ovexplorer.export.graph_looks import cells_of, lines_of, looks_of, markup
from ovexplorer.export.graph_paper import BRIEF_FROM
from ovexplorer.export.graph_svg import draw_svg, graph_svg
from ovexplorer.graph.model import Graph
from ovexplorer.text import clean
from tests.export.hostile_graphs import NAMES, hostile_graph
from tests.graph.graph_kit import chain, cnn, fan, graph_of

SVG = "{http://www.w3.org/2000/svg}"


def parsed(text):
    return ET.fromstring(text.encode("utf-8"))  # noqa: S314 - what we have written ourselves


def drawn(graph, **how):
    return parsed(draw_svg(graph, **how).text)


def boxes(root):
    """Groups of nodes; the legend has no tooltips."""
    return [group for group in root.iter(f"{SVG}g") if group.get("class") and group.find(f"{SVG}title") is not None]


def titles(root):
    return [group.find(f"{SVG}title").text for group in boxes(root)]


def test_every_node_is_a_box_with_its_name_and_a_tooltip():
    graph = graph_of([(0, 1), (1, 2), (0, 2)], type="Relu", device="CPU", submodel=3, time_ns=2_000)
    root = drawn(graph)
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert {"op_0", "op_1", "op_2", "CPU", "CPU #3 · 2.00 µs"} <= set(texts)
    assert "op_1\ntype: Relu\ndevice: CPU\nsubmodel: 3\ntime: 2.00 µs" in titles(root)


def test_edges_tell_what_they_carry():
    graph = graph_of([(0, 1)])
    edge = replace(graph.edges[0], shape=clean("[1,8]"), precision=clean("f32"), size_bytes=32)
    root = drawn(Graph(graph.kind, graph.title, graph.nodes, (edge,)))
    assert "op_0 → op_1\nf32[1,8] 32.0 B" in [title.text for title in root.iter(f"{SVG}title")]


def test_hostile_names_stay_text():
    root = parsed(graph_svg(hostile_graph()))
    assert {element.tag.removeprefix(SVG) for element in root.iter()} == {
        "svg", "title", "style", "rect", "text", "g", "path"
    }  # fmt: skip
    assert {name for element in root.iter() for name in element.attrib} <= {
        "class", "d", "fill", "height", "role", "transform", "viewBox", "width", "x", "y",
    }  # fmt: skip
    told = "".join(titles(root))
    assert all(clean(name) in told for name in NAMES)


def test_no_style_comes_from_a_name():
    style = draw_svg(hostile_graph()).style
    assert re.fullmatch(r"[\w\s.:;{}#,()-]+", style)


@pytest.mark.parametrize("sign", ["\0", "\x1b", "\ufffe", "\ud800", "\x0b"])
def test_what_xml_cannot_hold_is_replaced(sign):
    assert parsed(f"<a b='{markup(sign)}'>{markup(sign)}</a>").text == "\ufffd"


@pytest.mark.parametrize(
    "graph",
    [graph_of([], 0), graph_of([], 5), graph_of([(0, 0)]), graph_of([(0, 1), (0, 1), (1, 0)]), chain(40), fan(300)],
    ids=["empty", "apart", "loop", "circle", "chain", "fan"],
)
def test_every_shape_of_graph_is_drawn(graph):
    assert len(boxes(drawn(graph))) == len(graph.nodes)


def test_edges_that_are_not_drawn_are_told_at_both_ends():
    graph = graph_of([*((key, key + 1) for key in range(60)), (0, 60)])
    told = {title.split("\n")[0]: title for title in titles(drawn(graph))}
    assert told["op_0"].endswith("to op_60 (not drawn)")
    assert told["op_60"].endswith("from op_0 (not drawn)")
    assert any(text.text == "to op_60" for text in drawn(graph).iter(f"{SVG}text"))


def test_ids_are_those_of_the_graph_and_only_when_asked_for():
    graph = graph_of([(0, 1), (1, 2)])
    ids = [element.get("id") for element in drawn(graph, told_apart=True).iter() if element.get("id")]
    assert sorted(ids) == ["e0", "e1", "n0", "n1", "n2"]
    assert not any(element.get("id") for element in drawn(graph).iter())


def test_large_graphs_cost_little_a_node():
    graph = cnn(BRIEF_FROM + 500)
    text = graph_svg(graph)
    assert len(boxes(parsed(text))) == len(graph.nodes)
    assert len(text.encode("utf-8")) < 250 * len(graph.nodes)


def test_devices_have_colours_of_their_own():
    graph = graph_of([(0, 1), (1, 2)])
    nodes = tuple(replace(node, device=device) for node, device in zip(graph.nodes, ("", "CPU", "GPU")))
    looks = looks_of(Graph(graph.kind, graph.title, nodes, graph.edges))
    assert list(looks) == ["", "CPU", "GPU"]
    assert len({look.fill for look in looks.values()}) == 3


def test_long_lines_are_cut_and_wide_signs_counted():
    node = graph_of([], 1).nodes[0]
    assert len(lines_of(replace(node, name=clean("x" * 300)))[0]) == 40
    assert cells_of("漢字") == 4
    assert cells_of("e\u0301") == 1
