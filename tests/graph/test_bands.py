import random

import pytest

from ovexplorer.graph.drawing.bands import lay_out_bands, repeated
from ovexplorer.graph.drawing.layout import lay_out
from ovexplorer.graph.drawing.picture import EdgeLabel, Face, Picture, Text
from tests.graph.graph_kit import chain, graph_of

SIZE = (12, 3)
BRANCHY = graph_of([*((key, key + 1) for key in range(20)), *((key, key + 4) for key in range(0, 20, 4))])
"""Submodels of residual blocks: a chain of 21, each block's input also taken by its end."""
BLOCKS = ["first", *["C1", "S2", "C1", "S3"] * 4, "C1", "S2", "C1", "last"]


def rows_of(graph, layout, labels=None, selected=None, name_of=None):
    faces = [Face(((Text(f"op_{key}"),),)) for key in range(len(graph.nodes))]
    picture = Picture(layout, faces, labels, name_of=name_of)
    return [picture.row(y, 0, layout.width, selected)[0].rstrip() for y in range(layout.height)]


def test_what_fits_is_not_folded():
    graph = chain(4)
    assert lay_out_bands(graph, lambda _: SIZE, (80, 15)) == lay_out(graph, lambda _: SIZE)


def test_two_bands_as_they_are_drawn():
    graph = graph_of([(0, 1), (1, 2), (2, 3), (0, 2)])
    layout = lay_out_bands(graph, lambda _: SIZE, (40, 8))
    assert rows_of(graph, layout, {1: EdgeLabel("8 kB"), 0: EdgeLabel("cut")}, selected=2) == [
        "╭──────────╮     ┏━━━━━━━━━━┓",
        "│op_0      ├─┬──►┃op_2      ┃",
        "╰─────┬────╯ │   ┗━━━━━┳━━━━┛",
        "      │ cut  │         │",
        "╭─────▼────╮ │   ╭─────▼────╮",
        "│op_1      ├─╯   │op_3      │",
        "╰──────────╯8 kB ╰──────────╯",
    ]


def test_boxes_with_more_rows_have_an_entrance_for_each():
    graph = graph_of([(0, 1), (1, 2), (2, 3), (0, 2)])
    layout = lay_out_bands(graph, lambda _: (12, 5), (40, 12))
    rows = rows_of(graph, layout)
    assert [row.count("►") for row in rows[:5]] == [0, 0, 1, 1, 0]
    assert rows[2].index("├────►│") == rows[8].index("├─╯")


def test_a_band_holds_whole_blocks_where_blocks_repeat():
    layout = lay_out_bands(BRANCHY, lambda _: SIZE, (118, 30), BLOCKS)
    starts = [key for key, box in enumerate(layout.boxes) if box.y == 0]
    assert starts == [0, 4, 8, 12, 16, 20]
    assert not layout.stubs
    # Two blocks stand below one another where the room is high but not wide.
    narrow = lay_out_bands(BRANCHY, lambda _: SIZE, (60, 40), BLOCKS)
    assert [key for key, box in enumerate(narrow.boxes) if box.y == 0] == [0, 8, 16]


def test_without_blocks_a_band_holds_what_fits():
    layout = lay_out_bands(BRANCHY, lambda _: SIZE, (118, 24))
    assert layout.height <= 24
    assert sum(box.y == 0 for box in layout.boxes) == 5


def test_keys_go_beside_from_band_to_band():
    layout = lay_out_bands(BRANCHY, lambda _: SIZE, (118, 30), BLOCKS)
    assert layout.layers[0] == (0, 4, 8, 12, 16, 20)
    assert layout.layers[3] == (3, 7, 11, 15, 19)


def test_an_edge_that_skips_a_band_is_told_at_both_ends():
    graph = graph_of([*((key, key + 1) for key in range(8)), (0, 7)])
    layout = lay_out_bands(graph, lambda _: SIZE, (118, 12))
    assert {(stub.node, stub.far, stub.down) for stub in layout.stubs} == {(0, 7, True), (7, 0, False)}
    assert any("→ n7" in row for row in rows_of(graph, layout, name_of=lambda key: f"n{key}"))


@pytest.mark.parametrize("seed", range(6))
def test_nothing_overlaps_and_no_edge_is_lost(seed):
    dice = random.Random(seed)
    edges = [(key, key + 1) for key in range(40) if dice.random() < 0.9]
    edges += [(key, min(41, key + dice.randint(2, 9))) for key in range(0, 40, 3)]
    graph = graph_of(sorted(set(edges)), 42)
    layout = lay_out_bands(graph, lambda node: (9 + node.key % 5, 3 + node.key % 3), (100, 25))
    taken = set()
    for box in layout.boxes:
        cells = {(x, y) for x in range(box.x, box.x + box.width) for y in range(box.y, box.y + box.height)}
        assert not cells & taken
        taken |= cells
    drawn = {way.edge for way in layout.ways} | {line.edge for line in layout.lines}
    assert drawn | {stub.edge for stub in layout.stubs} == set(range(len(graph.edges)))
    for line in layout.lines:
        source, target = (layout.boxes[key] for key in (graph.edges[line.edge].source, graph.edges[line.edge].target))
        assert line.points[0][0] == source.x + source.width - 1
        assert line.points[-1][0] == target.x - 1
        assert source.y < line.points[0][1] < source.y + source.height - 1
        assert target.y < line.points[-1][1] < target.y + target.height - 1
        # What lies between is the gutter: no box is crossed.
        path = {(x, line.points[0][1]) for x in range(line.points[0][0] + 1, line.points[1][0])}
        path |= {(x, line.points[-1][1]) for x in range(line.points[-2][0] + 1, target.x)}
        assert not path & taken


def test_blocks_are_found_by_what_repeats():
    assert repeated(BLOCKS) == 4
    assert repeated(["A", "B"] * 5) == 2
    assert repeated(["A"] * 9) == 0
    assert repeated([str(at) for at in range(9)]) == 0
    assert repeated([]) == 0


def test_an_empty_graph_is_nothing():
    assert lay_out_bands(graph_of([], 0), lambda _: SIZE, (10, 10)).boxes == ()
