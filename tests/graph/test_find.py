"""What is typed to search a graph."""

import pytest

from ovexplorer.graph.find import LONGEST, next_hit, read_query
from ovexplorer.graph.model import Graph
from ovexplorer.text import clean
from tests.graph.graph_kit import node

NODES = (
    node(0, "layers.0.conv", type=clean("Convolution"), device=clean("CPU"), submodel=4, time_ns=200_000),
    node(1, "layers.1.Conv[2]", type=clean("Convolution"), device=clean("GPU"), submodel=41, precision=clean("f16")),
    node(2, "relu a/b", type=clean("Relu"), device=clean("CPU"), submodel=4, time_ns=0),
    node(3, "type:x", type=clean("Result")),
)
GRAPH = Graph("model", clean("m"), NODES, ())


@pytest.mark.parametrize(
    ("text", "hits"),
    [
        ("", ()),
        ("   ", ()),
        ("conv", (0, 1)),
        ("CONV layers.1", (1,)),
        ("conv[2]", (1,)),
        ("type:conv", (0, 1)),
        ("type:con dev:cpu", (0,)),
        ("dev:CP", ()),
        ("sub:4", (0, 2)),
        ("prec:F16", (1,)),
        (">0.1ms", (0,)),
        (">199us", (0,)),
        (">200us", ()),
        ("<1ms", (0, 2)),
        ("<1", (0, 2)),
        (">100µs", (0,)),
        (r"/layers\.\d+\.conv/", (0, 1)),
        ("/a b/", ()),
        ("/relu a/", (2,)),
        (r"/a\/b/", (2,)),
        ("/^relu$|result/", ()),
        ("type:", (3,)),
        ("other:x", ()),
        ("//", ()),
        ("/", (2,)),
    ],
)
def test_a_query_finds(text, hits):
    query = read_query(text)
    assert query.problem == ""
    assert query.hits(GRAPH) == hits


@pytest.mark.parametrize(
    ("text", "says"), [("/(/", "no regular expression"), ("sub:four", "four is not the number"), ("/*/", "expression")]
)
def test_what_is_not_understood_is_told_and_the_rest_counts(text, says):
    query = read_query(f"conv {text}")
    assert says in query.problem
    assert query.hits(GRAPH) == (0, 1)


def test_only_so_much_of_a_query_is_read():
    assert len(read_query("a " * LONGEST * 10).tests) == LONGEST // 2
    assert "\x1b" not in read_query("/(\x1b/").problem


@pytest.mark.parametrize(
    ("present", "by", "hit"),
    [(None, 1, 2), (None, -1, 9), (2, 1, 5), (5, -1, 2), (9, 1, 2), (2, -1, 9), (3, 1, 5), (3, -1, 2), (99, 1, 2)],
)
def test_hits_go_round(present, by, hit):
    assert next_hit((2, 5, 9), present, by) == hit
    assert next_hit((), present, by) is None
