import pytest

from ovexplorer.graph.lanes import lane_rows
from tests.graph.graph_kit import chain, cnn, fan, graph_of, transformer


def texts(graph, most=5):
    return [row.text for row in lane_rows(graph, range(len(graph.nodes)), most)]


def test_a_chain_is_one_lane():
    assert texts(chain(4)) == ["●"] * 4


def test_what_skips_rows_goes_down_beside_the_chain():
    # Blocks of four with a sum at the end of each, as a residual model has them.
    graph = graph_of([*((key, key + 1) for key in range(8)), (0, 4), (4, 8)])
    assert texts(graph) == ["●╮", "●│", "●│", "●│", "●┤", "●│", "●│", "●│", "●╯"]


def test_an_input_that_is_wanted_later_stands_aside():
    assert texts(graph_of([(1, 2), (2, 3), (0, 3)])) == [" ●", "●│", "●│", "●╯"]


def test_a_lane_that_is_wanted_on_the_way_goes_on():
    # 0 goes to 1, and later to 2 and 3; 2 is beside the chain.
    assert texts(graph_of([(0, 1), (0, 2), (0, 3), (1, 3), (2, 3)])) == ["●╮", "●│", "│├●", "●╯╯"]


def test_a_cut_crosses_the_way_to_the_consumer_that_is_cut_off():
    row = lane_rows(graph_of([(0, 1), (1, 2), (0, 2)]), range(3))[0]
    assert (row.text, row.between, row.beyond) == ("●╮", "╪│", "│╪")


def test_tensors_without_a_lane_are_counted_until_they_are_used():
    graph = graph_of([(key, 9) for key in range(5)] + [(4, 5), (5, 6), (6, 7), (7, 8), (8, 9)])
    # The nodes 3 and 4 have no lane; from then on the chain 5 to 8 has none either.
    rows = lane_rows(graph, range(10), 3)
    assert all(len(row.text) <= 3 for row in rows)
    assert [row.hidden for row in rows] == [0, 0, 0, 1, 2, 3, 3, 3, 3, 0]


@pytest.mark.parametrize("graph", [transformer(300), cnn(300), fan(60)], ids=["transformer", "cnn", "fan"])
def test_every_row_has_one_dot_and_lanes_hang_together(graph):
    rows = lane_rows(graph, range(len(graph.nodes)))
    above = ""
    for row in rows:
        assert row.text.count("●") == 1
        # What passes or ends was there in the row above.
        for place, sign in enumerate(row.text):
            assert sign not in "│├╯" or above[place : place + 1].strip()
        above = row.between
    assert above == ""


def test_edges_up_the_list_and_to_the_node_itself_are_passed_over():
    assert texts(graph_of([(1, 0), (0, 0), (1, 1), (0, 1)])) == ["●", "●"]
    assert lane_rows(graph_of([], 0), ()) == ()


def test_another_order_moves_rows_not_meaning():
    graph = graph_of([(0, 1), (0, 2), (1, 3), (2, 3)])
    rows = lane_rows(graph, (0, 2, 1, 3))
    assert [row.text for row in rows] == ["●╮", "●│", "│●", "●╯"]
