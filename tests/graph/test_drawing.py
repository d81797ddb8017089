from __future__ import annotations

import random

import pytest

from ovexplorer.graph.drawing.layers import put_in_layers
from ovexplorer.graph.drawing.layout import lay_out
from ovexplorer.graph.drawing.ordering import count_crossings
from ovexplorer.graph.drawing.overview import overview
from ovexplorer.graph.drawing.picture import EdgeLabel, Face, Picture, Text
from ovexplorer.graph.drawing.routing import Net, choose_lanes
from ovexplorer.graph.model import Edge, Graph, Node
from ovexplorer.text import RawName, clean

SIZE = (12, 3)


def graph_of(count, edges):
    nodes = tuple(
        Node(key=key, name=clean(f"n{key}"), raw_name=RawName(f"n{key}"), id=RawName(f"n{key}")) for key in range(count)
    )
    return Graph("graphviz", clean("g"), nodes, tuple(Edge(source=source, target=target) for source, target in edges))


def drawn(graph, labels=None, selected=None, lit=frozenset()):
    layout = lay_out(graph, lambda _: SIZE)
    picture = Picture(layout, [Face(((Text(str(node.name)),),)) for node in graph.nodes], labels, lit)
    return layout, [picture.row(y, 0, max(1, layout.width), selected)[0] for y in range(layout.height)]


def by_chance(seed, count=40):
    source = random.Random(seed)
    edges = [(source.randrange(count), source.randrange(count)) for _ in range(2 * count)]
    return graph_of(count, edges)


@pytest.mark.parametrize("seed", range(8))
def test_boxes_never_overlap_and_lie_inside(seed):
    layout = lay_out(by_chance(seed), lambda node: (6 + node.key % 9, 3 + node.key % 2))
    taken = set()
    for box in layout.boxes:
        cells = {(x, y) for x in range(box.x, box.x + box.width) for y in range(box.y, box.y + box.height)}
        assert not cells & taken
        assert box.x >= 0
        assert box.x + box.width <= layout.width
        assert box.y + box.height <= layout.height
        taken |= cells


@pytest.mark.parametrize("seed", range(8))
def test_every_edge_is_drawn_downwards_or_is_a_stub_at_both_ends(seed):
    graph = by_chance(seed)
    layout = lay_out(graph, lambda _: SIZE)
    stubs = {stub.edge for stub in layout.stubs}
    shown = {(graph.edges[way.edge].source, graph.edges[way.edge].target) for way in layout.ways}
    for at, edge in enumerate(graph.edges):
        assert at in stubs or (edge.source, edge.target) in shown
    for way in layout.ways:
        assert way.start[1] <= way.lane <= way.end[1] or way.start[0] == way.end[0]
        box = layout.boxes[graph.edges[way.edge].target]
        if way.last:
            assert way.end[1] == box.y - 1
            assert box.x < way.end[0] < box.x + box.width - 1
    assert sorted((stub.edge, stub.down) for stub in layout.stubs) == sorted(
        (at, down) for at in stubs for down in (False, True)
    )


def test_the_same_graph_is_drawn_the_same_way():
    assert lay_out(by_chance(3), lambda _: SIZE) == lay_out(by_chance(3), lambda _: SIZE)


def test_a_chain_is_straight_and_ends_in_arrows():
    _, rows = drawn(graph_of(3, [(0, 1), (1, 2)]))
    assert [row.strip() for row in rows] == [
        "╭──────────╮",
        "│n0        │",
        "╰─────┬────╯",
        "│",
        "╭─────▼────╮",
        "│n1        │",
        "╰─────┬────╯",
        "│",
        "╭─────▼────╮",
        "│n2        │",
        "╰──────────╯",
    ]


def test_a_fork_shares_one_lane_and_a_join_has_two_ports():
    _, rows = drawn(graph_of(4, [(0, 1), (0, 2), (1, 3), (2, 3)]))
    text = "\n".join(rows)
    assert text.count("▼") == 4
    assert text.count("┴") == 1


def test_the_selected_box_is_heavy_and_the_path_is_lit():
    graph = graph_of(2, [(0, 1)])
    layout = lay_out(graph, lambda _: SIZE)
    picture = Picture(layout, [Face(())] * 2, lit=frozenset({0}))
    assert picture.row(0, 0, 12, selected=0)[0].startswith("┏")
    assert "l" in picture.row(3, 0, 12)[1]


def test_words_stand_beside_an_edge_and_give_way_where_they_would_touch():
    graph = graph_of(2, [(0, 1)])
    _, rows = drawn(graph, {0: EdgeLabel("cut")})
    assert "│ cut" in rows[3]
    crowded = graph_of(30, [(0, key) for key in range(1, 30)])
    _, rows = drawn(crowded, {at: EdgeLabel("a long text beside every edge") for at in range(29)})
    assert not any("a long text beside every edgea" in row for row in rows)


def test_a_window_is_a_part_of_the_whole():
    graph = by_chance(1)
    layout = lay_out(graph, lambda _: SIZE)
    picture = Picture(layout, [Face(((Text(str(node.name)),),)) for node in graph.nodes])
    for y in (0, layout.height // 2, layout.height - 1):
        whole = picture.row(y, 0, layout.width)
        part = picture.row(y, 7, 20)
        assert part == (whole[0][7:27], whole[1][7:27])
    assert picture.row(-5, 0, 4) == ("    ", "    ")


def test_what_is_under_the_mouse_is_found():
    layout = lay_out(graph_of(1, []), lambda _: SIZE)
    picture = Picture(layout, [Face(())])
    assert picture.box_at(3, 1) == 0
    assert picture.box_at(40, 1) is None


@pytest.mark.parametrize(
    ("count", "edges"),
    [(0, []), (1, []), (1, [(0, 0)]), (3, [(0, 1), (1, 2), (2, 0)]), (2, [(0, 1), (0, 1), (0, 1)]), (5, [])],
)
def test_odd_graphs_are_drawn(count, edges):
    layout, rows = drawn(graph_of(count, edges))
    assert len(layout.boxes) == count
    assert sum(row.count("╭") for row in rows) >= (count > 0)


def test_a_long_chain_and_a_wide_fan_are_no_trouble():
    chain = lay_out(graph_of(3_000, [(key, key + 1) for key in range(2_999)]), lambda _: SIZE)
    assert chain.width == 12
    fan = lay_out(graph_of(801, [(0, key) for key in range(1, 801)]), lambda _: SIZE)
    assert len(fan.layers[1]) == 800
    into = lay_out(graph_of(801, [(key, 800) for key in range(800)]), lambda _: SIZE)
    assert into.height < 60


def test_edges_over_many_layers_become_stubs():
    graph = graph_of(30, [*((key, key + 1) for key in range(29)), (0, 29)])
    layout = lay_out(graph, lambda _: SIZE)
    assert [(stub.node, stub.far, stub.down) for stub in layout.stubs] == [(0, 29, True), (29, 0, False)]


def test_crossings_that_can_be_avoided_are():
    graph = graph_of(6, [(0, 5), (1, 4), (2, 3)])
    layered = put_in_layers(graph)
    assert count_crossings(layered.layers, layered.links) == 0


def test_the_overview_shows_most_of_what_is_there():
    layout = lay_out(graph_of(40, [(key, key + 1) for key in range(39)]), lambda _: SIZE)
    rows = overview(layout, "C" * 20 + "S" * 20, 10, 8)
    assert len(rows) == 8
    assert "C" in rows[0]
    assert "S" in rows[-1]
    assert overview(lay_out(graph_of(0, []), lambda _: SIZE), "", 5, 5) == ()


def test_stubs_name_the_other_end_and_say_how_many_there_are():
    graph = graph_of(31, [*((key, key + 1) for key in range(29)), (0, 28), (0, 29), (30, 30)])
    layout = lay_out(graph, lambda _: SIZE)
    picture = Picture(layout, [Face(())] * 31, name_of=lambda key: f"n{key}")
    rows = [picture.row(y, 0, layout.width + 24)[0] for y in range(layout.height)]
    below = layout.boxes[0].y + SIZE[1]
    assert "│ → n28 +1" in rows[below]
    assert "│ ← n0" in rows[layout.boxes[28].y - 1]
    # An edge to its own node is told above and below, for which the drawing has made room.
    assert "← n30" in rows[0]
    assert layout.boxes[0].y == 1


def test_only_boxes_in_sight_are_asked_what_they_show():
    asked = []

    def face(key):
        asked.append(key)
        return Face(())

    fan = lay_out(graph_of(401, [(0, key) for key in range(1, 401)]), lambda _: SIZE)
    picture = Picture(fan, face)
    for y in range(fan.height):
        picture.row(y, 300, 100)
    assert set(asked) == {key for key, box in enumerate(fan.boxes) if box.x < 400 and box.x + box.width > 300}
    assert len(asked) == len(set(asked))


def test_many_ways_in_one_lane_are_drawn_as_one_line():
    fan = lay_out(graph_of(41, [(0, key) for key in range(1, 41)]), lambda _: SIZE)
    picture = Picture(fan, [Face(())] * 41)
    lane = fan.ways[0].lane
    text = picture.row(lane, 0, fan.width)[0].strip()
    assert text[0] == "╭"
    assert text[-1] == "╮"
    assert set(text[1:-1]) == {"─", "┬", "┴"}
    assert text.count("┴") == 1


def test_two_ways_in_one_column_do_not_look_joined():
    # The way that leaves in the column where another one arrives is bent above it.
    early, late = Net(5), Net(20)
    early.add(12, 0, arrives=True)
    late.add(5, 1, arrives=True)
    assert choose_lanes([late, early]) == 2
    assert early.lane < late.lane
