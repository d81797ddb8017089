"""Small graphs as Mermaid: a line is a node, an edge, a frame or a colour, whatever names hold."""

import re

import pytest

from ovexplorer.errors import UsageError
from ovexplorer.export.graph_mermaid import MOST_NODES, escaped, graph_mermaid
from ovexplorer.text import clean
from tests.export.hostile_graphs import NAMES, hostile_graph
from tests.graph.graph_kit import chain, graph_of

LINE = re.compile(
    r'flowchart TD| +n\d+\["(?P<label>[^"]*)"\]:::d\d+| +n\d+ --> n\d+| +subgraph s\d+\["[^"]*"\]| +end'
    r"| +classDef d\d+ fill:#\w+,stroke:#\w+,color:#\w+"
)


def unescaped(text):
    return re.sub(r"#(\d+);", lambda found: chr(int(found[1])), text)


def test_every_line_is_one_of_ours():
    lines = graph_mermaid(hostile_graph()).splitlines()
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    assert sum("-->" in line for line in lines) == len(hostile_graph().edges)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_the_same_when_its_numbers_are_read(name):
    text = escaped(clean(name))
    assert unescaped(text) == clean(name)
    assert not set('"<>`;#&{}|\\') & set(re.sub(r"#\d+;", "", text))


def test_submodels_are_frames_that_close():
    lines = graph_mermaid(hostile_graph()).splitlines()
    assert (
        sum(line.strip().startswith("subgraph") for line in lines) == sum(line.strip() == "end" for line in lines) > 1
    )


def test_a_graph_of_submodels_has_no_frames():
    assert "subgraph" not in graph_mermaid(graph_of([], 1, submodel=3))


def test_large_graphs_are_refused_with_what_to_do():
    assert graph_mermaid(chain(MOST_NODES)).count("-->") == MOST_NODES - 1
    with pytest.raises(UsageError, match="small graphs only") as caught:
        graph_mermaid(chain(MOST_NODES + 1))
    assert "--select" in caught.value.hint


def test_more_edges_than_mermaid_takes_are_refused():
    with pytest.raises(UsageError, match="edges"):
        graph_mermaid(graph_of([(0, 1)] * 501))


def test_more_text_than_mermaid_takes_is_refused():
    with pytest.raises(UsageError, match="characters"):
        graph_mermaid(graph_of([], MOST_NODES, type=clean("→" * 80), device=clean("→" * 80)))
