from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from ovexplorer.errors import InterruptedRunError, UsageError
from ovexplorer.session import graph_files, graphviz
from ovexplorer.session.graph_files import load_graph

DUMP = r"""digraph 
{
    Relu_1 [shape=box color=black label="a relu\nRelu_1\nopset1::Relu\nsubgraph=7\ndevice=CPU" fillcolor=b style=filled]
}
"""  # noqa: W291 - as OpenVINO writes it
EXEC = """<?xml version="1.0"?>
<net name="m" version="11"><layers>
<layer id="0" name="x" type="Input"><data execTimeMcs="not_executed"/><output><port id="0" precision="FP32">
<dim>1</dim><dim>8</dim></port></output></layer>
<layer id="1" name="x_reorder" type="Reorder"><data execTimeMcs="12" outputLayouts="ab" runtimePrecision="bf16"/>
<input><port id="0" precision="FP32"><dim>1</dim><dim>8</dim></port></input></layer>
</layers><edges><edge from-layer="0" from-port="0" to-layer="1" to-port="0"/></edges></net>
"""


def written(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def refused(path):
    with pytest.raises(UsageError) as caught:
        load_graph(path)
    assert caught.value.hint
    return caught.value.what


def test_a_dump_is_known_by_its_content(tmp_path):
    graph = load_graph(written(tmp_path, "x.txt", DUMP))
    assert (graph.kind, graph.nodes[0].name, graph.nodes[0].submodel) == ("submodels", "a relu", 7)


def test_any_graphviz_file_is_read_by_graphviz(tmp_path):
    text = 'digraph g { /* c */ a [label="first\\nnode" device=CPU]; a -> b; subgraph cluster_x { label=part; b; c } }'
    graph = load_graph(written(tmp_path, "g.gv", text))
    assert graph.kind == "graphviz"
    assert [(str(node.name), str(node.block)) for node in graph.nodes] == [
        ("first node", ""),
        ("b", "part"),
        ("c", "part"),
    ]
    assert graph.nodes[0].device == "CPU"
    assert [(edge.source, edge.target) for edge in graph.edges] == [(0, 1)]


def test_of_several_graphs_the_first_is_read_and_that_is_told(tmp_path):
    graph = load_graph(written(tmp_path, "two.gv", "digraph one { a -> b } digraph two { c }"))
    assert [str(node.id) for node in graph.nodes] == ["a", "b"]
    assert graph.problems == ("more graphs follow the first one: not shown",)


def test_labels_like_those_of_openvino_alone_make_no_dump(tmp_path):
    graph = load_graph(written(tmp_path, "cpp.dot", 'digraph {\n    a [shape=box label="std::vector"]\n}'))
    assert (graph.kind, graph.nodes[0].name) == ("graphviz", "std::vector")


def test_words_of_html_and_records_are_kept_without_their_marks(tmp_path):
    text = 'graph { a [label=<<B>bold</B> &amp; plain>]; b [shape=record label="{left|<port> right}"]; a -- b }'
    graph = load_graph(written(tmp_path, "g.dot", text))
    assert [str(node.name) for node in graph.nodes] == ["bold & plain", "left right"]


def test_an_execution_graph_has_times_and_sizes(tmp_path):
    graph = load_graph(written(tmp_path, "exec.xml", EXEC))
    assert graph.kind == "exec_xml"
    assert [(str(node.type), node.time_ns) for node in graph.nodes] == [("Input", -1), ("Reorder", 12_000)]
    assert graph.edges[0].size_bytes == 32


def test_our_own_document_comes_back(tmp_path):
    document = {"schema": "ovexplorer.graph/1", "nodes": [{"id": "a"}, {"id": "b"}], "edges": [["a", "b"]]}
    graph = load_graph(written(tmp_path, "g.json", json.dumps(document)))
    assert [str(node.id) for node in graph.nodes] == ["a", "b"]
    assert [(edge.source, edge.target) for edge in graph.edges] == [(0, 1)]


@pytest.mark.parametrize(
    "text", [DUMP, EXEC, "digraph { a }", '{"schema": "ovexplorer.graph/1", "nodes": [{"id": "a"}], "edges": []}']
)
def test_a_mark_of_the_encoding_is_passed_over(tmp_path, text):
    assert load_graph(written(tmp_path, "marked", b"\xef\xbb\xbf" + text.encode())).nodes


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("e.dot", b"", "is empty"),
        ("z.dot", b"digraph {\0}", "is no text"),
        ("t.dot", b"hello", "holds no graph"),
        ("s.dot", b"digraph { a -> ", "cannot read the graph"),
        ("x.xml", b"<net><layers>", "damaged"),
        ("n.xml", b"<html></html>", "no layers"),
        ("d.xml", b'<!DOCTYPE net [<!ENTITY a "b">]><net/>', "document type"),
        ("j.json", b"{]", ""),
    ],
)
def test_what_is_no_graph_is_told_apart_in_words(tmp_path, name, content, words):
    assert words in refused(written(tmp_path, name, content))


def test_what_is_not_there_or_no_file_is_told(tmp_path):
    assert "No such file" in refused(tmp_path / "gone.dot")
    assert "is a folder" in refused(tmp_path)
    if sys.platform != "win32":
        os.mkfifo(tmp_path / "pipe.dot")
        assert "is a pipe" in refused(tmp_path / "pipe.dot")
        (tmp_path / "link.dot").symlink_to(written(tmp_path, "real.dot", DUMP))
        assert load_graph(tmp_path / "link.dot").kind == "submodels"
        (tmp_path / "loop.dot").symlink_to(tmp_path / "loop.dot")
        assert "loop.dot" in refused(tmp_path / "loop.dot")


def test_a_file_over_the_limit_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(graph_files, "LARGEST", 1_000)
    assert "MB" in refused(written(tmp_path, "large.dot", b"x" * 1_001))


def test_a_file_that_grows_is_told(tmp_path):
    path = written(tmp_path, "grows.dot", DUMP)

    def grow(_count):
        with path.open("ab") as file:
            file.write(b"more")

    with pytest.raises(UsageError, match="was written to while it was read"):
        load_graph(path, progress=grow)


def test_reading_can_be_given_up(tmp_path):
    with pytest.raises(InterruptedRunError):
        load_graph(written(tmp_path, "x.dot", DUMP), cancel=lambda: True)


def test_graphviz_can_be_given_up_and_is_bounded_in_time():
    hard = "digraph {" + ";".join(f"n{a} -> n{b}" for a in range(120) for b in range(a + 1, 120)) + "}"
    with pytest.raises(InterruptedRunError):
        graphviz.run_dot(hard, "svg", cancel=lambda: True)
    with pytest.raises(UsageError, match="took more than"):
        graphviz.run_dot(hard, "svg", longest_s=0.0)


@pytest.mark.skipif(sys.platform == "win32", reason="pipes with names")
def test_a_graph_never_reads_another_file(tmp_path):
    # Whoever opens this pipe waits for ever: that it ends shows that nobody did.
    pipe = tmp_path / "secret"
    os.mkfifo(pipe)
    text = (
        f'digraph {{ a [image="{pipe}" shape=none]; b [shapefile="{pipe}" shape=custom];'
        f' c [label=<<TABLE><TR><TD><IMG SRC="{pipe}"/></TD></TR></TABLE>>] }}'
    )
    graph = load_graph(written(tmp_path, "reads.dot", text))
    assert [str(node.id) for node in graph.nodes] == ["a", "b", "c"]


def test_without_graphviz_the_way_to_get_it_is_told(monkeypatch):
    monkeypatch.setattr(graphviz, "find_dot", lambda: None)
    with pytest.raises(UsageError, match="Graphviz is not here") as caught:
        graphviz.run_dot("digraph {}", "svg")
    assert "graphviz-pure" in caught.value.hint


def test_the_packaged_program_writes_no_pdf(monkeypatch):
    monkeypatch.setattr(graphviz, "find_dot", lambda: Path("graphviz-pure"))
    with pytest.raises(UsageError, match="PDF needs Graphviz itself"):
        graphviz.run_dot("digraph {}", "pdf")
